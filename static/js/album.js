// The pages of an album: its player where it shows one media, films that play in their place where it shows all, its zip.

import { dress, play, startPlayer } from "./player.js";
import { wireTurning } from "./turn.js";
import { followWaiting } from "./waiting.js";
import { wireZip } from "./zip.js";

const stage = document.getElementById("stage");

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
function playInSight(boxes) {
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const film = target.querySelector("video") ?? (isIntersecting ? putFilm(target) : null);
      if (!film) continue;
      if (film.controls) makeToggle(film);
      if (isIntersecting) film.play().catch(() => {});
      else film.pause();
    }
  });
  for (const box of boxes) observer.observe(box);
}

wireZip(document.querySelector("[data-zip]"));
wireTurning();
if (stage) {
  startPlayer(stage);
  followWaiting(stage);
} else {
  playOnClick(document.querySelector(".items"));
  for (const sound of document.querySelectorAll(".item audio")) dress(sound, sound.closest(".item"));
  const wantsStillness = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (!wantsStillness) playInSight(document.querySelectorAll('[data-film="animation"]'));
}
