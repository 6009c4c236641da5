// The controls of a film or a sound. Where this does not run, the browser's own stay.

import { Chapters } from "./chapters.js";
import { clock } from "./format.js";
import { wireKeys } from "./keys.js";
import { Storyboard } from "./storyboard.js";
import { wireSubtitles } from "./subtitles.js";
import { drawWaveform } from "./waveform.js";

const GLYPHS = {
  play: "M8 5l11 7-11 7z",
  pause: "M8 5v14M16 5v14",
  loud: "M4 9.5v5h3.5L12 19V5L7.5 9.5zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  muted: "M4 9.5v5h3.5L12 19V5L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5",
  full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  window: "M9 4v5H4M15 4v5h5M9 20v-5H4M15 20v-5h5",
  inset: "M4 5h16v14H4zM12 12h5v4h-5z",
  subtitles: "M4 5h16v14H4zM7.5 12h4M14.5 12h2M7.5 15.5h2M12.5 15.5h4",
};

const glyph = (name) =>
  `<svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false"><path d="${GLYPHS[name]}"/></svg>`;
const button = (deed, name) => `<button type="button" class="control" data-deed="${deed}">${glyph(name)}</button>`;

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
const HTML = `
  ${button("play", "play")}
  <div class="seek">
    <div class="rail"></div>
    <input type="range" min="0" max="0" step="any" value="0" aria-label="Position" data-seek>
    <div class="peek" hidden><div class="still"></div><p></p></div>
  </div>
  <p class="times"><span data-now>0:00</span> / <span data-length></span></p>
  <p class="chapter" data-chapter></p>
  <label class="control pick" data-for="subtitles" hidden>${glyph("subtitles")}<select aria-label="Subtitles"></select></label>
  <label class="control pick" data-for="speed"><span aria-hidden="true">1×</span><select aria-label="Speed">${SPEEDS.map(
    (speed) => `<option value="${speed}"${speed === 1 ? " selected" : ""}>${speed}×</option>`,
  ).join("")}</select></label>
  ${button("mute", "loud")}
  <input class="volume" type="range" min="0" max="1" step="any" aria-label="Volume">
  ${button("inset", "inset")}
  ${button("full", "full")}`;

const IDLE_MS = 2500;
const THUMB_PX = 14; // as in controls.css: the knob's middle never reaches the rail's ends

/**
 * Puts our controls in the place of the browser's.
 * @param {HTMLMediaElement} media with `controls`
 * @param {Document | Element} listensTo whose keys move it: the document where it is the only one
 */
export function dress(media, listensTo) {
  const player = new Controls(media);
  wireKeys(player, listensTo);
}

/** What keys.js moves too. */
class Controls {
  constructor(media) {
    this.media = media;
    this.isFilm = media.localName === "video";
    this.box = media.closest(".box, .sleeve");
    this.bar = document.createElement("div");
    this.bar.className = "controls";
    this.bar.role = "group";
    this.bar.ariaLabel = "Player";
    this.bar.innerHTML = HTML;
    const find = (selector) => this.bar.querySelector(selector);
    this.seekRange = find("[data-seek]");
    this.volumeRange = find(".volume");
    this.peek = find(".peek");
    this.deeds = Object.fromEntries([...this.bar.querySelectorAll("[data-deed]")].map((node) => [node.dataset.deed, node]));
    this.now = find("[data-now]");
    this.length = find("[data-length]");
    this.chapter = find("[data-chapter]");
    this.speed = find('[data-for="speed"] select');

    this.chapters = new Chapters(media, () => this.#showChapters());
    this.storyboard = new Storyboard(media.dataset.storyboard);
    this.subtitles = wireSubtitles(media, find('[data-for="subtitles"]'));
    this.#leaveOut();
    this.#wire();
    media.controls = false;
    media.tabIndex = -1;
    media.after(this.bar);
    this.box.classList.add("is-dressed");
    if (media.dataset.waveform) drawWaveform(find(".rail"), media.dataset.waveform);
    this.#showLength();
    this.#showState();
    this.#showVolume();
    this.#showPlace();
  }

  /** For the keys that follow. */
  focus() {
    (this.isFilm ? this.media : this.deeds.play).focus({ preventScroll: true });
  }

  toggle() {
    if (this.media.paused) this.media.play().catch(() => {});
    else this.media.pause();
  }

  /** @param {number} seconds */
  seek(seconds) {
    this.media.currentTime = Math.min(Math.max(0, seconds), this.duration || 0);
    this.#showPlace();
    this.wake();
  }

  /** @param {number} volume 0 to 1 */
  setVolume(volume) {
    this.media.volume = Math.min(1, Math.max(0, volume));
    this.media.muted = this.media.volume === 0;
    this.wake();
  }

  toggleSound() {
    const { media } = this;
    media.muted = !media.muted;
    if (!media.muted && media.volume === 0) media.volume = 0.5;
    this.wake();
  }

  toggleFull() {
    if (this.deeds.full.hidden) return;
    if (document.fullscreenElement) document.exitFullscreen();
    else if (document.fullscreenEnabled) this.box.requestFullscreen().catch(() => {});
    else this.media.webkitEnterFullscreen(); // phones by Apple know films only
  }

  toggleSubtitles() {
    this.subtitles.toggle();
    this.wake();
  }

  /** Seconds; what the site measured, until the browser knows. */
  get duration() {
    const { duration } = this.media;
    return Number.isFinite(duration) ? duration : Number(this.media.dataset.duration ?? 0);
  }

  /** Shows the controls; a film that plays hides them again after a while. */
  wake() {
    this.box.classList.remove("is-idle");
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => {
      const inUse = this.bar.matches(":has(:focus-visible)") || (canHover.matches && this.bar.matches(":hover"));
      if (!this.media.paused && !inUse) this.#sleep();
    }, IDLE_MS);
  }

  #sleep() {
    if (this.isFilm) this.box.classList.add("is-idle");
  }

  /** What this media or this browser has no use for. */
  #leaveOut() {
    const canBeFull = document.fullscreenEnabled || "webkitEnterFullscreen" in this.media;
    this.deeds.full.hidden = !this.isFilm || !canBeFull;
    this.deeds.inset.hidden = !this.isFilm || !document.pictureInPictureEnabled;
    const isSilent = this.media.hasAttribute("data-silent");
    this.deeds.mute.hidden = this.volumeRange.hidden = isSilent;
  }

  #wire() {
    const { media, bar, deeds, seekRange } = this;
    deeds.play.addEventListener("click", () => this.toggle());
    deeds.mute.addEventListener("click", () => this.toggleSound());
    deeds.full.addEventListener("click", () => this.toggleFull());
    deeds.inset.addEventListener("click", () => {
      if (document.pictureInPictureElement) document.exitPictureInPicture();
      else media.requestPictureInPicture().catch(() => {});
    });
    this.volumeRange.addEventListener("input", () => this.setVolume(Number(this.volumeRange.value)));
    this.speed.addEventListener("change", () => (media.playbackRate = Number(this.speed.value)));

    // While one seek is under way another would only make the browser start over.
    seekRange.addEventListener("input", () => {
      this.#peekAt(Number(seekRange.value));
      if (!media.seeking) this.seek(Number(seekRange.value));
    });
    seekRange.addEventListener("change", () => {
      this.seek(Number(seekRange.value));
      this.peek.hidden = true;
    });
    seekRange.addEventListener("pointermove", (event) => this.#peekAt(this.#timeUnder(event)));
    for (const name of ["pointerleave", "blur"]) seekRange.addEventListener(name, () => (this.peek.hidden = true));

    for (const name of ["play", "pause", "ended"]) media.addEventListener(name, () => this.#showState());
    for (const name of ["timeupdate", "seeking", "progress"]) media.addEventListener(name, () => this.#showPlace());
    for (const name of ["loadedmetadata", "durationchange"]) media.addEventListener(name, () => this.#showLength());
    media.addEventListener("volumechange", () => this.#showVolume());
    media.addEventListener("ratechange", () => {
      this.speed.value = media.playbackRate;
      this.speed.previousElementSibling.textContent = `${media.playbackRate}×`;
    });
    for (const name of ["waiting", "seeking"]) media.addEventListener(name, () => this.box.classList.add("is-buffering"));
    for (const name of ["playing", "seeked", "pause", "error"]) {
      media.addEventListener(name, () => this.box.classList.remove("is-buffering"));
    }
    if (this.isFilm) this.#wirePointer();
    bar.addEventListener("focusin", () => this.wake());
    document.addEventListener("fullscreenchange", () => this.#showState());
  }

  /** A mouse plays and pauses by a click on the film; a finger first brings the controls back. */
  #wirePointer() {
    const { media, box } = this;
    media.addEventListener("click", (event) => {
      if (event.pointerType === "touch" && !media.paused) {
        if (box.classList.contains("is-idle")) this.wake();
        else this.#sleep();
      } else {
        this.toggle();
      }
    });
    media.addEventListener("dblclick", () => this.toggleFull());
    box.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "touch") this.wake();
    });
    box.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch" && !media.paused) this.#sleep();
    });
  }

  #showState() {
    const { media, deeds } = this;
    const isFull = document.fullscreenElement === this.box;
    setDeed(deeds.play, media.paused ? "play" : "pause", media.paused ? "Play" : "Pause", "k");
    setDeed(deeds.full, isFull ? "window" : "full", isFull ? "Leave full screen" : "Full screen", "f");
    setDeed(deeds.inset, "inset", "Picture in picture");
    if (!media.paused) this.box.classList.add("is-started");
    if (!media.paused) this.#tick();
    this.wake();
  }

  /** The browser says four times a second where it is; an eye sees more. */
  #tick() {
    if (this.media.paused || this.isTicking) return;
    this.isTicking = true;
    requestAnimationFrame(() => {
      this.isTicking = false;
      this.#showPlace();
      this.#tick();
    });
  }

  #showPlace() {
    const { media, duration, seekRange } = this;
    const time = media.currentTime;
    const share = duration ? Math.min(1, time / duration) : 0;
    this.bar.style.setProperty("--played", share);
    this.bar.style.setProperty("--loaded", duration ? loadedUntil(media) / duration : 0);
    seekRange.value = time;
    const words = clock(time);
    if (this.now.textContent === words) return;
    this.now.textContent = words;
    const title = this.chapters.at(time)?.title ?? "";
    if (this.chapter.textContent !== title) this.chapter.textContent = title;
    seekRange.setAttribute("aria-valuetext", `${words} of ${clock(duration)}${title && `, ${title}`}`);
  }

  #showLength() {
    this.seekRange.max = this.duration;
    this.length.textContent = clock(this.duration);
    this.#showChapters();
    this.#showPlace();
  }

  #showVolume() {
    const { muted, volume } = this.media;
    setDeed(this.deeds.mute, muted ? "muted" : "loud", muted ? "Sound on" : "Mute", "m");
    this.volumeRange.value = muted ? 0 : volume;
    this.volumeRange.style.setProperty("--played", muted ? 0 : volume);
  }

  #showChapters() {
    if (!this.duration) return;
    const marks = this.chapters.starts.map((start) => {
      const mark = document.createElement("i");
      mark.style.setProperty("--at", start / this.duration);
      return mark;
    });
    for (const old of this.bar.querySelectorAll(".rail i")) old.remove();
    this.bar.querySelector(".rail").append(...marks);
    this.now.textContent = ""; // so that the chapter's name is shown
    this.#showPlace();
  }

  #timeUnder({ clientX }) {
    const { left, width } = this.seekRange.getBoundingClientRect();
    const share = (clientX - left - THUMB_PX / 2) / (width - THUMB_PX);
    return Math.min(1, Math.max(0, share)) * this.duration;
  }

  /** What is at a place before anybody goes there. */
  #peekAt(time) {
    if (!this.duration) return;
    this.peek.hidden = false;
    this.peek.style.setProperty("--at", time / this.duration);
    const title = this.chapters.at(time)?.title;
    this.peek.querySelector("p").textContent = title ? `${clock(time)} · ${title}` : clock(time);
    this.storyboard.show(this.peek.querySelector(".still"), time);
  }
}

const canHover = matchMedia("(hover: hover)");

function setDeed(node, name, words, key) {
  node.querySelector("path").setAttribute("d", GLYPHS[name]);
  node.setAttribute("aria-label", words);
  node.title = key ? `${words} (${key})` : words;
}

function loadedUntil({ buffered, currentTime }) {
  for (let n = 0; n < buffered.length; n += 1) {
    if (buffered.start(n) <= currentTime && currentTime <= buffered.end(n)) return buffered.end(n);
  }
  return 0;
}
