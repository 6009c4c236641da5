// From one media of an album to the next, by the arrow keys.

const OWN_ARROWS = "input, textarea, select, video, audio, .is-dressed";

/** Wires the links of the page that lead to the previous and the next media. */
export function wireTurning() {
  const links = document.querySelectorAll(".turn a");
  // Player options behind # hold for every media.
  for (const link of links) link.hash = location.hash;
  if (links.length === 0) return;
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // A player that has the focus uses them to seek.
    if (event.target.closest?.(OWN_ARROWS)) return;
    const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    document.querySelector(`.turn a[rel="${rel}"]`)?.click();
  });
}
