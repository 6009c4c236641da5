// The pages of what this browser uploaded: links are copied, films play while they are pointed at, several are chosen.

import { wireCopyButtons } from "./copy.js";
import { forget } from "./history.js";

const main = document.getElementById("main");
const announcer = document.getElementById("announcer");
const boxes = [...main.querySelectorAll("[name='hash'][type='checkbox']")];
const sure = main.querySelector("[data-sure]");

wireCopyButtons(main, (sentence) => (announcer.textContent = sentence));

// A film plays in its tile while the pointer is on it, or the keyboard's focus in it.
if (matchMedia("(prefers-reduced-motion: no-preference)").matches) {
  for (const link of main.querySelectorAll("[data-film]")) {
    const tile = link.closest(".tile");
    for (const name of ["pointerenter", "focusin"]) tile.addEventListener(name, () => play(link));
    for (const name of ["pointerleave", "focusout"]) tile.addEventListener(name, () => stop(tile, link));
  }
}

function play(link) {
  if (link.querySelector("video")) return;
  // What stood there stays until the first frame does.
  const poster = link.querySelector("img")?.src ?? "";
  const settings = { muted: true, loop: true, autoplay: true, playsInline: true, poster, src: link.dataset.film };
  link.append(Object.assign(document.createElement("video"), settings));
}

function stop(tile, link) {
  if (tile.matches(":hover, :focus-within")) return;
  const video = link.querySelector("video");
  video?.removeAttribute("src"); // nothing more of it is loaded
  video?.load();
  video?.remove();
}

const all = main.querySelector("[data-all]");
if (all) {
  const box = all.querySelector("input");
  const count = main.querySelector("[data-count]");
  const show = () => {
    const chosen = boxes.filter(({ checked }) => checked).length;
    box.checked = chosen === boxes.length;
    box.indeterminate = chosen > 0 && !box.checked;
    count.textContent = chosen > 0 ? `${chosen} chosen` : "";
  };
  all.hidden = false;
  box.addEventListener("change", () => {
    for (const one of boxes) one.checked = box.checked;
    show();
  });
  for (const one of boxes) one.addEventListener("change", show);
  addEventListener("pageshow", show); // a browser that comes back has them checked as they were
}

// What goes from the list goes from the recent links of this browser too.
sure?.addEventListener("submit", () => {
  for (const { value } of sure.querySelectorAll("[name='hash']")) forget(value);
});
