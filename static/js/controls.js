// The controls of a film or a sound, made of media-chrome's elements. Where they do not arrive, the browser's own stay.

import "../vendor/media-chrome/dist/iife/all.js";
import { wireChapters } from "./chapters.js";
import { wireKeys } from "./keys.js";
import { wireRenditions } from "./renditions.js";
import { drawWaveform } from "./waveform.js";

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
const SPEED_KEY = "mediacrush.speed";
const IDLE_S = 2;

const submenu = (words, menu, attributes = "") => `
  <media-settings-menu-item data-for="${menu}">${words}
    <media-${menu}-menu slot="submenu" hidden ${attributes}><div slot="title">${words}</div></media-${menu}-menu>
  </media-settings-menu-item>`;

const FILM = `
  <media-loading-indicator slot="centered-chrome" noautohide></media-loading-indicator>
  <media-settings-menu hidden anchor="auto">
    <span slot="header" hidden></span>
    ${submenu("Quality", "rendition")}
    ${submenu("Speed", "playback-rate", `rates="${SPEEDS.join(" ")}"`)}
    ${submenu("Subtitles", "captions")}
    <media-chrome-menu-item type="checkbox" data-loop>Loop</media-chrome-menu-item>
  </media-settings-menu>
  <div class="controls">
    <media-time-range></media-time-range>
    <media-play-button></media-play-button>
    <media-mute-button></media-mute-button>
    <media-volume-range></media-volume-range>
    <media-time-display showduration notoggle></media-time-display>
    <p class="chapter"></p>
    <media-captions-button></media-captions-button>
    <media-settings-menu-button></media-settings-menu-button>
    <media-airplay-button></media-airplay-button>
    <media-pip-button></media-pip-button>
    <media-fullscreen-button></media-fullscreen-button>
  </div>`;

const SOUND = `
  <div class="controls">
    <media-play-button></media-play-button>
    <div class="seek"><div class="rail"></div><media-time-range></media-time-range></div>
    <media-time-display showduration notoggle></media-time-display>
    <media-mute-button></media-mute-button>
    <button type="button" class="control" data-speed></button>
    <button type="button" class="control" data-loop aria-label="Loop" title="Loop"><svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false"><path d="M17 3l3 3-3 3M20 6H8a4 4 0 0 0-4 4v1M7 21l-3-3 3-3M4 18h12a4 4 0 0 0 4-4v-1"/></svg></button>
  </div>`;

/**
 * Puts our controls in the place of the browser's, which stay until all of them are there.
 * @param {HTMLMediaElement} media with `controls`, in a `<media-controller>`
 * @param {Document | Element} listensTo whose keys move it: the document where it is the only one
 */
export async function dress(media, listensTo) {
  const isFilm = media.localName === "video";
  const player = media.closest("media-controller");
  wireRenditions(media);
  nameTracks(media);
  // It looked at the media when there was no list yet.
  player.mediaUnsetCallback(media);
  player.mediaSetCallback(media);
  const made = document.createElement("template");
  made.innerHTML = isFilm ? FILM : SOUND;
  // A sound's are few, and its card would move if something of them were there before the rest.
  if (isFilm) await appendInSteps(player, made.content);
  else player.append(made.content);
  // Ours are the keys, since letters must not act from anywhere, and the taps.
  for (const name of ["nohotkeys", "gesturesdisabled"]) player.setAttribute(name, "");
  player.setAttribute("autohide", IDLE_S);
  player.setAttribute("role", "group");
  player.setAttribute("aria-label", "Player");
  player.tabIndex = -1;
  // It says whether it is on, which no plain button may.
  player.querySelector("media-captions-button")?.setAttribute("role", "switch");
  leaveOut(media, player);
  wireLoop(media, player.querySelector("[data-loop]"));
  wireSpeed(media, player.querySelector("[data-speed]"));
  wireStoryboard(media, player.querySelector("media-time-range"));
  wireChapters(media, player.querySelector(".chapter"));
  if (isFilm) wirePointer(media, player);
  if (media.dataset.waveform) drawWaveform(media, player.querySelector(".rail"));
  if (media.querySelector("[data-script]")) drawStyled(media);
  wireKeys(media, player, listensTo);
  media.controls = false;
  media.closest(".box, .sleeve").classList.add("is-dressed");
}

/** Each element builds a tree of its own when it is put in, all of them at once held a phone for a quarter of a second. */
async function appendInSteps(parent, made) {
  for (const child of made.children) {
    await nextTask();
    const isGroup = child.matches(".controls, media-settings-menu");
    const put = document.importNode(child, !isGroup);
    parent.append(put);
    if (isGroup) await appendInSteps(put, child);
  }
}

/** What waits for the browser, as a click does, goes first. */
function nextTask() {
  return globalThis.scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));
}

/** Subtitles without a name are called as their language is in the reader's, as in a menu. */
function nameTracks(media) {
  const names = new Intl.DisplayNames(undefined, { type: "language", fallback: "none" });
  for (const [n, track] of media.querySelectorAll('track[kind="subtitles"]:not([label])').entries()) {
    const known = track.srclang && track.srclang !== "und" ? names.of(track.srclang) : undefined;
    track.label = known ?? `Subtitles ${n + 1}`;
  }
}

/** What this media has no use for. */
function leaveOut(media, player) {
  const silent = media.hasAttribute("data-silent");
  const unneeded = {
    "media-mute-button, media-volume-range": silent,
    '[data-for="rendition"]': !media.videoRenditions.length,
    '[data-for="captions"], media-captions-button': !media.querySelector('track[kind="subtitles"]'),
  };
  for (const [selector, isUnneeded] of Object.entries(unneeded)) {
    if (isUnneeded) for (const control of player.querySelectorAll(selector)) control.remove();
  }
}

function wireLoop(media, control) {
  const name = control.localName === "button" ? "aria-pressed" : "aria-checked";
  const show = () => control.setAttribute(name, media.loop);
  const toggle = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation(); // a menu would choose it, and tell nobody when that turns it off
    media.loop = !media.loop;
    show();
  };
  control.addEventListener("click", toggle);
  if (control.localName !== "button") control.addEventListener("keydown", toggle);
  show();
}

/** The speed that was chosen last, on whatever plays in this browser. A sound has a button that goes through all. */
function wireSpeed(media, button) {
  const show = () => {
    if (!button) return;
    button.textContent = `${media.playbackRate}×`;
    button.setAttribute("aria-label", `Speed ${media.playbackRate}×`);
  };
  button?.addEventListener("click", () => {
    media.playbackRate = SPEEDS.find((speed) => speed > media.playbackRate) ?? SPEEDS[0];
  });
  media.addEventListener("ratechange", show);
  try {
    media.playbackRate = Number(localStorage.getItem(SPEED_KEY)) || 1;
    media.addEventListener("ratechange", () => localStorage.setItem(SPEED_KEY, media.playbackRate));
  } catch {
    // A page in a sandbox has nowhere to keep it.
  }
  show();
}

/** Stills for looking for a place: not loaded before somebody looks. */
function wireStoryboard(media, range) {
  const stills = media.querySelector('track[label="thumbnails"]');
  if (!stills) return;
  const load = () => (stills.track.mode = "hidden");
  for (const name of ["pointerenter", "focusin"]) range.addEventListener(name, load, { once: true });
}

/** A mouse plays and pauses by a click on the film; a finger plays it, and while it plays the controls come and go. */
function wirePointer(media, player) {
  media.addEventListener("click", ({ pointerType }) => {
    if (media.paused) media.play().catch(() => {});
    else if (pointerType !== "touch") media.pause();
  });
  media.addEventListener("dblclick", () => player.querySelector("media-fullscreen-button").click());
}

/** Subtitles with their styles; without them the plain ones stay. */
async function drawStyled(media) {
  try {
    const { drawScripts } = await import("./scripts.js");
    drawScripts(media);
  } catch {
    // The words are there.
  }
}
