// Putting the items of a list in another order: by dragging a handle, or with the arrow keys while it has the focus.

const EDGE_PX = 80; // nearer to an edge of the window than this, the page moves along
const STEP_PX = 12; // a frame
const LED_PX = 8; // a hand that goes sideways is not that straight
const STEPS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

/**
 * @param {HTMLElement} list its children are the items, one below the other or in rows
 * @param {object} options
 * @param {string} options.handle selector of a button in each item
 * @param {(item: HTMLElement, place: number, count: number) => void} options.onMove the item stands at `place`, from 1
 */
export function makeReorderable(list, { handle, onMove }) {
  const say = (item) => onMove(item, [...list.children].indexOf(item) + 1, list.children.length);

  list.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest(handle);
    if (!grip || grip.disabled || event.button !== 0) return;
    event.preventDefault();
    grip.focus();
    follow(itemOf(list, grip), grip, event, say);
  });
  list.addEventListener("keydown", (event) => {
    const grip = event.target.closest(handle);
    if (!grip || !(event.key in STEPS)) return;
    event.preventDefault();
    const item = itemOf(list, grip);
    if (move(item, STEPS[event.key])) say(item);
  });
}

function follow(item, grip, { pointerId, clientY: startY }, say) {
  const first = item.previousElementSibling;
  grip.setPointerCapture(pointerId);
  item.classList.add("is-dragged");
  const ends = new AbortController();
  let pointer = null;
  const place = () => {
    const { clientX, clientY } = pointer;
    while (isPast(clientX, clientY, item.previousElementSibling, -1) && move(item, -1));
    while (isPast(clientX, clientY, item.nextElementSibling, 1) && move(item, 1));
  };
  const onDrag = (event) => {
    pointer = event;
    place();
  };
  /** The page moves along for as long as the pointer is held at an edge that it was led to. */
  const roll = () => {
    if (ends.signal.aborted) return;
    const way = pointer ? edgeAt(pointer.clientY, startY) : 0;
    if (way) {
      scrollBy({ top: way * STEP_PX, behavior: "instant" });
      place();
    }
    requestAnimationFrame(roll);
  };
  const onEnd = () => {
    ends.abort();
    item.classList.remove("is-dragged");
    if (item.previousElementSibling !== first) say(item);
  };
  grip.addEventListener("pointermove", onDrag, { signal: ends.signal });
  for (const name of ["pointerup", "pointercancel"]) grip.addEventListener(name, onEnd, { signal: ends.signal });
  requestAnimationFrame(roll);
}

/** -1 at the upper edge of the window, 1 at the lower one, 0 elsewhere; what began there may stay there. */
function edgeAt(y, startY) {
  if (y < EDGE_PX && y < startY - LED_PX) return -1;
  if (y > innerHeight - EDGE_PX && y > startY + LED_PX) return 1;
  return 0;
}

/** The neighbour steps over, since an item that leaves its place loses the pointer and the focus. */
function move(item, step) {
  const neighbour = step < 0 ? item.previousElementSibling : item.nextElementSibling;
  if (!neighbour) return false;
  if (step < 0) item.after(neighbour);
  else item.before(neighbour);
  return true;
}

/** Whether a place is past the middle of a neighbour in this direction, as one reads: along a row, then down. */
function isPast(x, y, neighbour, step) {
  if (!neighbour) return false;
  const { left, top, width, height } = neighbour.getBoundingClientRect();
  const isAlone = width > neighbour.parentElement.clientWidth / 2;
  if (isAlone) return step * (y - top - height / 2) > 0;
  const isInRow = y >= top && y <= top + height;
  return isInRow ? step * (x - left - width / 2) > 0 : step * (y - top) > 0;
}

function itemOf(list, node) {
  return [...list.children].find((item) => item.contains(node));
}
