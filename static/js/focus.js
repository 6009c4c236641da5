// An album one at a time: the next media takes the place of the last one, and the page stays.

import { fetchHTML } from "./api.js";
import { startPlayer } from "./player.js";
import { keepOptions, wireTurning } from "./turn.js";
import { followWaiting } from "./waiting.js";
import { wireZoom } from "./zoom.js";

const REPLACED = [".turn", ".item-page", ".strip"];
const near = new Map(); // pages that may be wanted next, by address

/**
 * @param {HTMLElement} stage
 * @param {(sentence: string) => void} announce
 */
export function wireFocus(stage, announce) {
  let turns = 0;
  const show = async (address, isNew) => {
    const turn = (turns += 1);
    let page;
    try {
      page = await (near.get(address) ?? fetchPage(address));
    } catch {
      location.assign(address);
      return;
    }
    if (turn !== turns) return; // somebody was faster than the network
    near.delete(address); // what it holds moves into this page
    if (isNew) history.pushState(null, "", address);
    put(stage, page);
    announce(document.querySelector(".place").textContent);
    start(stage);
  };
  document.querySelector(".turning").addEventListener("click", (event) => {
    const link = event.target.closest(".turn a, .strip a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link.href, true);
  });
  addEventListener("popstate", () => show(location.href, false));
  wireTurning(stage);
  start(stage);
}

function start(stage) {
  startPlayer(stage);
  wireZoom(stage);
  followWaiting(stage).then((outcome) => outcome === "player" && wireZoom(stage));
  centre();
  lookAhead();
}

function put(stage, page) {
  const rel = document.activeElement?.rel;
  stage.querySelector("video, audio")?.pause();
  stage.replaceChildren(...page.getElementById("stage").children);
  for (const part of REPLACED) document.querySelector(part)?.replaceWith(page.querySelector(part));
  document.title = page.title;
  keepOptions();
  if (rel) document.querySelector(`.turn a[rel="${rel}"]`)?.focus({ preventScroll: true });
}

/** What is shown stands in the middle of the strip. */
function centre() {
  const strip = document.querySelector(".strip");
  const shown = strip?.querySelector("[aria-current]");
  if (shown) strip.scrollLeft = shown.offsetLeft - (strip.clientWidth - shown.offsetWidth) / 2;
}

/** The pages to either side, and the pictures on them: a turn is at once. */
function lookAhead() {
  const addresses = [...document.querySelectorAll(".turn a")].map(({ href }) => href);
  for (const address of near.keys()) if (!addresses.includes(address)) near.delete(address);
  for (const address of addresses) {
    if (near.has(address)) continue;
    const page = fetchPage(address);
    near.set(address, page);
    page.then(warm, () => near.delete(address));
  }
}

/** A picture that is part of this document is loaded, shown or not. */
function warm(page) {
  const picture = page.querySelector("#stage picture");
  if (picture) document.importNode(picture, true);
}

async function fetchPage(address) {
  return new DOMParser().parseFromString(await fetchHTML(address), "text/html");
}
