// The pages of an album: its player where it shows one media, animations that play in sight where it shows all, its zip.

import { startPlayer } from "./player.js";
import { wireTurning } from "./turn.js";
import { followWaiting } from "./waiting.js";
import { wireZip } from "./zip.js";

const stage = document.getElementById("stage");

/** Like on their own page, but only while somebody can see them. */
function playInSight(animations) {
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) target.play().catch(() => (target.controls = true));
      else target.pause();
    }
  });
  for (const video of animations) {
    video.controls = false;
    // Behind one that can be seen through, the poster would show.
    video.addEventListener("playing", () => video.parentElement.querySelector("img")?.remove(), { once: true });
    observer.observe(video);
  }
}

wireZip(document.querySelector("[data-zip]"));
wireTurning();
if (stage) {
  startPlayer(stage);
  followWaiting(stage);
} else if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
  playInSight(document.querySelectorAll("video[data-animation]"));
}
