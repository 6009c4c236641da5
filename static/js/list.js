// An album as a list: more of it comes as one scrolls, films play in their place, what is not ready yet becomes so.

import { fetchHTML, fetchStatuses } from "./api.js";
import { percent } from "./format.js";
import { dress, play } from "./player.js";

const AHEAD = "300%"; // of the window: what is nearer than this is fetched
const LOOK_AGAIN_MS = 2000;
const WORDS = { pending: "Waiting for a free worker", processing: "Processing" };

/** @param {HTMLElement} items */
export function wireList(items) {
  playOnClick(items);
  const wantsStillness = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const inSight = wantsStillness ? null : playInSight();
  start(items, inSight);
  bringMore(items, (arrived) => start(arrived, inSight));
  followPending(items, (arrived) => start(arrived, inSight));
}

/** Wires what stands in this part of the list. */
function start(part, inSight) {
  for (const sound of part.querySelectorAll("audio")) dress(sound, sound.closest(".item"));
  for (const box of part.querySelectorAll('[data-film="animation"]')) inSight?.observe(box);
}

/** @returns {HTMLVideoElement} the film, in the place of the picture that stood for it */
function putFilm(box) {
  const player = document.importNode(box.querySelector("template").content, true).firstElementChild;
  box.querySelector(".play").replaceWith(player);
  return box.querySelector("video");
}

/** A click on its picture plays a film where it is. One that is to open elsewhere does. */
function playOnClick(items) {
  items.addEventListener("click", (event) => {
    const picture = event.target.closest(".play");
    if (!picture || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const film = putFilm(picture.closest("[data-film]"));
    if (!film.hasAttribute("data-animation")) dress(film, film.closest(".item"));
    film.focus();
    play(film);
  });
}

/** A click stops an animation, another one starts it. */
function makeToggle(film) {
  film.controls = false;
  film.addEventListener("click", () => (film.paused ? play(film) : film.pause()));
}

/** Animations play by themselves as on their own page, but only while somebody can see them. */
function playInSight() {
  return new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const film = target.querySelector("video") ?? (isIntersecting ? putFilm(target) : null);
      if (!film) continue;
      if (film.controls) makeToggle(film);
      if (isIntersecting) film.play().catch(() => {});
      else film.pause();
    }
  });
}

/** The link to what follows is followed before anybody reaches it. Where that fails it stays to be clicked. */
function bringMore(items, onArrived) {
  const link = document.querySelector('.further a[rel="next"]');
  if (!link) return;
  const place = link.parentElement;
  place.classList.add("is-coming");
  const observer = new IntersectionObserver(
    async ([{ isIntersecting }]) => {
      if (!isIntersecting) return;
      observer.disconnect();
      try {
        const page = await fetchPage(link.href);
        const part = document.createDocumentFragment();
        part.append(...page.querySelectorAll(".items > .item"));
        const arrived = [...part.children];
        items.append(part);
        for (const item of arrived) onArrived(item);
        const next = page.querySelector('.further a[rel="next"]');
        if (!next) return void place.remove();
        link.href = next.href;
        observer.observe(link);
      } catch {
        place.classList.remove("is-coming"); // no network: the link is there to be clicked
      }
    },
    { rootMargin: AHEAD },
  );
  observer.observe(link);
}

/** What is still being processed, however many: one question for all of them. */
async function followPending(items, onArrived) {
  for (;;) {
    const waiting = [...items.querySelectorAll("[data-pending]")];
    if (waiting.length === 0 && !document.querySelector('.further a[rel="next"]')) return;
    if (waiting.length > 0) await look(items, waiting, onArrived).catch(() => {}); // the next look may do better
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

async function look(items, waiting, onArrived) {
  const statuses = await fetchStatuses(waiting.map(({ dataset }) => dataset.hash));
  for (const item of waiting) {
    const found = statuses[item.dataset.hash];
    if (!item.isConnected) continue; // came with one before it
    if (found?.status in WORDS) show(item, found);
    else if (found?.status === "ready" || found?.status === "done") await replaceFrom(items, item, onArrived);
    else item.remove(); // it failed, and is no part of the album any more
  }
}

function show(item, { status, progress }) {
  const isMoving = status === "processing";
  item.querySelector("[data-phase]").textContent = WORDS[status];
  item.querySelector("[data-percent]").textContent = isMoving ? percent(progress) : "";
  if (isMoving) item.querySelector("progress").value = progress;
  item.querySelector(".waiting").style.setProperty("--progress", isMoving ? progress : 0);
}

/** This item and those after it, as far as they are ready and on one page of the list. */
async function replaceFrom(items, item, onArrived) {
  const place = items.start + [...items.children].indexOf(item);
  const page = await fetchPage(`${location.pathname}${items.dataset.query}${place}`);
  for (const fresh of page.querySelectorAll(".item:not([data-pending])")) {
    const waiting = items.querySelector(`[data-pending][data-hash="${fresh.dataset.hash}"]`);
    if (!waiting) continue;
    fresh.classList.add("is-new");
    waiting.replaceWith(fresh);
    onArrived(fresh);
  }
}

async function fetchPage(address) {
  return new DOMParser().parseFromString(await fetchHTML(address), "text/html");
}
