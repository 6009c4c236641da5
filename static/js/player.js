// A player on its page: options in the address, controls, click to pause an animation, the veil, trouble.

/**
 * @typedef {object} Options
 * @property {boolean} [autoplay]
 * @property {boolean} [loop]
 * @property {boolean} [mute]
 * @property {boolean} [nobrand]
 */

const WORDS = new Map([
  ["autoplay", { autoplay: true }],
  ["noautoplay", { autoplay: false }],
  ["loop", { loop: true }],
  ["noloop", { loop: false }],
  ["mute", { mute: true }],
  ["nomute", { mute: false }],
  ["nobrand", { nobrand: true }],
]);

/**
 * @param {string} fragment "#autoplay,noloop"
 * @returns {Options} only what was said; words we do not know are left out
 */
export function parseOptions(fragment) {
  return Object.assign({}, ...fragment.slice(1).split(",").map((word) => WORDS.get(word)));
}

/** @param {HTMLElement} root holds one player, or none yet */
export function startPlayer(root) {
  const player = root.querySelector("[data-player]");
  if (!player) return;
  const media = player.querySelector("video, audio");
  watchForTrouble(player, media);
  if (media) {
    applyOptions(media, parseOptions(location.hash));
    if (media.hasAttribute("data-animation")) makeToggle(player, media);
    else dress(media, document);
    if (media.autoplay) play(media);
  }
  player.querySelector("[data-show]")?.addEventListener("click", (event) => {
    event.preventDefault();
    liftVeil(player, media);
  });
}

/**
 * Browsers forbid sound before the first click: then it plays in silence.
 * @param {HTMLMediaElement} media
 */
export async function play(media) {
  try {
    await media.play();
  } catch (error) {
    if (error.name !== "NotAllowedError" || media.muted) return;
    media.muted = true;
    media.play().catch(() => {});
  }
}

/**
 * Gives a film or a sound our controls; without them it keeps the browser's. Pictures do not load them.
 * @param {HTMLMediaElement} media
 * @param {Document | Element} listensTo whose keys move it: the document where it is the only one
 */
export async function dress(media, listensTo) {
  // Where nothing may be stored, as in a sandbox, no language of subtitles is remembered: asked to, it would fail.
  if (!canStore()) media.closest("media-controller")?.setAttribute("nosubtitleslangpref", "");
  await posterIsPainted(media);
  try {
    const controls = await import("./controls.js");
    await controls.dress(media, listensTo);
  } catch {
    media.controls = true;
  }
}

/** Making the controls keeps a phone busy, and what one came to see goes first. */
async function posterIsPainted({ poster, crossOrigin }) {
  if (!poster) return;
  const still = Object.assign(new Image(), { crossOrigin, src: poster });
  await still.decode().catch(() => {}); // without it there is nothing to wait for
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

function canStore() {
  try {
    return Boolean(localStorage);
  } catch {
    return false;
  }
}

function applyOptions(media, { autoplay, loop, mute }) {
  if (loop !== undefined) media.loop = loop;
  if (mute !== undefined) media.muted = mute;
  if (autoplay === undefined) return;
  if (media.closest(".is-veiled")) {
    media.toggleAttribute("data-autoplay", autoplay);
    return;
  }
  media.autoplay = autoplay;
  if (!autoplay) media.pause();
}

function makeToggle(player, video) {
  const button = player.querySelector("[data-toggle]");
  const box = video.parentElement;
  const toggle = () => (video.paused ? play(video) : video.pause());
  const show = () => {
    box.classList.toggle("is-paused", video.paused);
    button.setAttribute("aria-label", video.paused ? "Play" : "Pause");
  };
  video.addEventListener("click", toggle);
  button.addEventListener("click", toggle);
  video.addEventListener("play", show);
  video.addEventListener("pause", show);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    video.autoplay = false;
    video.removeAttribute("data-autoplay");
    video.pause();
    show();
  } else if (!video.autoplay) {
    show();
  }
}

function liftVeil(player, media) {
  player.classList.remove("is-veiled");
  player.querySelector(".veil").remove();
  const shown = player.querySelector("[inert]");
  shown.inert = false;
  shown.querySelector("a, button")?.focus();
  if (media?.hasAttribute("data-autoplay")) play(media);
}

function watchForTrouble(player, media) {
  const trouble = player.querySelector("[data-trouble]");
  const show = () => (trouble.hidden = false);
  // A media element says nothing itself when none of its sources will do: the last source does.
  const image = media ? null : player.querySelector("img");
  const last = image || media.querySelector("source:last-of-type");
  last?.addEventListener("error", show);
  media?.addEventListener("error", show);
  // It may have happened before we came.
  if (image?.complete && image.naturalWidth === 0) show();
  // A player that was put in just now has no source either, until it has looked at the first.
  const hasNoSource = () => media?.networkState === HTMLMediaElement.NETWORK_NO_SOURCE;
  if (hasNoSource()) setTimeout(() => hasNoSource() && show());
}
