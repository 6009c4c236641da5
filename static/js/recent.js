// The shelf of recent links on the home page. early.js has kept its place before it is filled.

import { fetchInfo } from "./api.js";
import * as history from "./history.js";

const SHOWN = 12;
const STILLS = ["preview", "poster", "cover"];

const section = document.getElementById("recent");
const list = section.querySelector("ol");
const template = document.getElementById("recent-item");

/** Shows what is remembered, once; what has gone from the site is forgotten. */
export async function showRecent() {
  section.querySelector("[data-clear]").addEventListener("click", clear);
  const remember = section.querySelector("[name='remember']");
  remember.checked = history.isOn();
  remember.addEventListener("change", () => {
    history.setOn(remember.checked);
    if (!remember.checked) clear();
  });

  const entries = history.remembered().slice(0, SHOWN);
  if (entries.length === 0) {
    clear(); // what is no entry must not keep its place either
    return;
  }
  list.replaceChildren(...entries.map(item));
  const found = await fetchInfo(entries.map(({ hash }) => hash)).catch(() => null);
  for (const { hash } of found ? entries : []) {
    if (found[hash]) showStill(hash, found[hash]);
    else drop(hash);
  }
}

function item({ hash, name }) {
  const element = template.content.firstElementChild.cloneNode(true);
  element.dataset.hash = hash;
  element.querySelector("a").href = `/${hash}`;
  element.querySelector("bdi").textContent = name;
  const copy = element.querySelector("[data-copy]");
  copy.dataset.copy = `${location.origin}/${hash}`;
  copy.setAttribute("aria-label", `Copy link to ${name}`);
  const remove = element.querySelector("[data-forget]");
  remove.setAttribute("aria-label", `Forget ${name}`);
  remove.addEventListener("click", () => {
    const neighbour = element.nextElementSibling ?? element.previousElementSibling;
    history.forget(hash);
    drop(hash);
    (neighbour?.querySelector("[data-forget]") ?? section.querySelector("[name='remember']")).focus();
  });
  return element;
}

function showStill(hash, { blob_type: kind, flags, extras = [], files }) {
  const still = extras.find(({ name }) => STILLS.includes(name)) ?? (kind === "image" ? files[0] : null);
  if (!still || flags?.nsfw) return;
  const image = Object.assign(new Image(), { src: still.url, alt: "", loading: "lazy", decoding: "async" });
  list.querySelector(`[data-hash="${hash}"] .still`).append(image);
}

function drop(hash) {
  history.forget(hash);
  list.querySelector(`[data-hash="${hash}"]`)?.remove();
  if (list.children.length === 0) clear();
}

function clear() {
  history.forgetAll();
  list.replaceChildren();
  document.documentElement.classList.remove("has-history");
}
