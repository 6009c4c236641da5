// The keys that move a player, as people know them from elsewhere.

const STEP_S = 5;
const LEAP_S = 10;
const LOUDER = 0.1;
const FASTER = 0.25;
const SLOWEST = 0.25;
const FASTEST = 2;
const FRAME_S = 1 / 25; // browsers do not say how long one is

const SEEK = { ArrowLeft: -STEP_S, ArrowRight: STEP_S, j: -LEAP_S, l: LEAP_S };
const VOLUME = { ArrowUp: LOUDER, ArrowDown: -LOUDER };
const SPEED = { "<": -FASTER, ">": FASTER };
const FRAME = { ",": -FRAME_S, ".": FRAME_S };

/**
 * @param {HTMLMediaElement} media
 * @param {HTMLElement} player its `<media-controller>`
 * @param {Document | Element} listensTo
 */
export function wireKeys(media, player, listensTo) {
  const press = (name) => player.querySelector(`media-${name}-button`)?.click();
  const toggle = () => (media.paused ? media.play().catch(() => {}) : media.pause());
  const between = (low, value, high) => Math.min(high, Math.max(low, value));
  const seek = (seconds) => {
    if (media.duration) media.currentTime = between(0, seconds, media.duration);
  };
  const deeds = {
    " ": toggle,
    k: toggle,
    m: () => press("mute"),
    f: () => press("fullscreen"),
    c: () => press("captions"),
  };
  const each = (steps, deed) => {
    for (const [key, step] of Object.entries(steps)) deeds[key] = () => deed(step);
  };
  each(SEEK, (seconds) => seek(media.currentTime + seconds));
  each(VOLUME, (step) => (media.volume = between(0, media.volume + step, 1)));
  each(SPEED, (step) => (media.playbackRate = between(SLOWEST, media.playbackRate + step, FASTEST)));
  each(FRAME, (seconds) => {
    if (media.paused) seek(media.currentTime + seconds);
  });
  for (let tenth = 0; tenth < 10; tenth += 1) deeds[tenth] = () => seek((media.duration * tenth) / 10);

  listensTo.addEventListener("keydown", (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const deed = deeds[key];
    if (!deed || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.shiftKey && !(key in SPEED)) return;
    if (belongsElsewhere(event, media, player)) return;
    event.preventDefault();
    const isFilm = media.localName === "video";
    if (!player.contains(event.target)) (isFilm ? media : player.querySelector("media-play-button")).focus({ preventScroll: true });
    deed();
  });
}

/** Nobody plays what has left the page. Words are typed in fields, space presses what has the focus, arrows move a menu
 *  or a slider, scroll the page and turn an album. Outside of the player only space and the arrows that seek are its own:
 *  who speaks to a browser says many a letter (WCAG 2.1.4). */
function belongsElsewhere({ key, target }, media, player) {
  if (!media.isConnected || media.closest("[inert]")) return true;
  if (target.closest("input, select, textarea, [role='menu']")) return true;
  if (key === " " && target.closest("a, button, summary, [role='button']")) return true;
  if (target.localName === "media-volume-range") return key.startsWith("Arrow");
  if (player.contains(target) || key === " ") return false;
  return !key.startsWith("Arrow") || key in VOLUME || document.querySelector(".turn") !== null;
}
