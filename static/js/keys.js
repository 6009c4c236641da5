// The keys that move a player, as people know them from elsewhere.

const STEP_S = 5;
const LEAP_S = 10;
const LOUDER = 0.1;

const SEEK = { ArrowLeft: -STEP_S, ArrowRight: STEP_S, j: -LEAP_S, l: LEAP_S };
const VOLUME = { ArrowUp: LOUDER, ArrowDown: -LOUDER };

/**
 * @param {object} controls of controls.js
 * @param {Document | Element} listensTo
 */
export function wireKeys(controls, listensTo) {
  const deeds = {
    " ": () => controls.toggle(),
    k: () => controls.toggle(),
    m: () => controls.toggleSound(),
    f: () => controls.toggleFull(),
    c: () => controls.toggleSubtitles(),
  };
  for (const [key, seconds] of Object.entries(SEEK)) {
    deeds[key] = () => controls.seek(controls.media.currentTime + seconds);
  }
  for (const [key, step] of Object.entries(VOLUME)) deeds[key] = () => controls.setVolume(controls.media.volume + step);
  for (let tenth = 0; tenth < 10; tenth += 1) deeds[tenth] = () => controls.seek((controls.duration * tenth) / 10);

  listensTo.addEventListener("keydown", (event) => {
    const deed = deeds[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!deed || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (belongsElsewhere(event, controls)) return;
    event.preventDefault();
    if (!controls.box.contains(event.target)) controls.focus();
    deed();
  });
}

/** Nobody plays what has left the page. Words are typed in fields, space presses what has the focus, arrows scroll the
 *  page and turn an album. Outside of the player only space and the arrows that seek are its own: who speaks to a
 *  browser says many a letter (WCAG 2.1.4). */
function belongsElsewhere({ key, target }, { box, media }) {
  if (!media.isConnected || media.closest("[inert]")) return true;
  if (target.matches("select, textarea, input:not([type='range'])")) return true;
  if (key === " " && target.closest("a, button, summary")) return true;
  if (target.matches(".volume")) return key.startsWith("Arrow");
  if (box.contains(target) || key === " ") return false;
  return !key.startsWith("Arrow") || key in VOLUME || document.querySelector(".turn") !== null;
}
