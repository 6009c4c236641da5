// From one media of an album to the next: by the arrow keys, with a finger, by a link.

const OWN_ARROWS = "input, textarea, select, video, audio, .is-dressed";
const SWIPE_PX = 60;

/**
 * Wires the links of the page that lead to the previous and the next media.
 * @param {HTMLElement} stage what a finger moves
 */
export function wireTurning(stage) {
  if (!document.querySelector(".turn a")) return;
  keepOptions();
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // A player that has the focus uses them to seek.
    if (event.target.closest?.(OWN_ARROWS)) return;
    follow({ ArrowLeft: "prev", ArrowRight: "next" }[event.key]);
  });
  wireSwipes(stage);
}

/** Player options behind # hold for every media. */
export function keepOptions() {
  for (const link of document.querySelectorAll(".turn a, .strip a")) link.hash = location.hash;
}

function follow(rel) {
  document.querySelector(`.turn a[rel="${rel}"]`)?.click();
}

/** The media follows a finger that goes sideways, and from far enough to the next. A zoomed one is panned instead. */
function wireSwipes(stage) {
  let start = null;
  const shift = (pixels) => {
    const player = stage.firstElementChild;
    if (player) player.style.transform = pixels ? `translateX(${pixels}px)` : "";
  };
  stage.addEventListener("pointerdown", (event) => {
    const isFree = event.pointerType === "touch" && event.isPrimary && !stage.classList.contains("is-zoomed");
    start = isFree && !event.target.closest("input, button, .controls") ? event : null;
  });
  stage.addEventListener("pointermove", (event) => {
    if (start?.pointerId === event.pointerId) shift(event.clientX - start.clientX);
    else if (!event.isPrimary) end(); // two fingers zoom
  });
  stage.addEventListener("pointerup", (event) => {
    const moved = start ? event.clientX - start.clientX : 0;
    end();
    if (Math.abs(moved) > SWIPE_PX) follow(moved < 0 ? "next" : "prev");
  });
  stage.addEventListener("pointercancel", end);

  function end() {
    if (start) shift(0);
    start = null;
  }
}
