// The waiting state of a page: keeps the progress moving and puts the player in its place when there is one.

import { fetchHTML, followStatus } from "./api.js";
import { percent, waitingFor } from "./format.js";
import { startPlayer } from "./player.js";

/**
 * @param {HTMLElement} stage holds the waiting state, then the player
 * @returns {Promise<"player" | "failed" | "nothing">} what came of it; nothing: nothing was waiting
 */
export async function followWaiting(stage) {
  const waiting = stage.querySelector("[data-waiting]");
  if (!waiting) return "nothing";
  const hash = waiting.dataset.waiting;
  const setMark = (progress) => waiting.style.setProperty("--progress", progress);
  setMark(waiting.dataset.progress);

  const status = await followStatus(hash, ({ status, progress, ahead }) => {
    const processing = status === "processing";
    setText(waiting, "[data-phase]", phase(status, ahead));
    setText(waiting, "[data-percent]", processing ? percent(progress) : "");
    const bar = waiting.querySelector("progress");
    if (processing) bar.value = progress;
    else bar.removeAttribute("value");
    if (status !== "unreachable") setMark(processing ? progress : 0);
  });

  if (status.failure) {
    fail(waiting, status.failure);
    return "failed";
  }
  setMark(1);
  try {
    await putPlayer(stage, await fetchHTML(`/${hash}/fragment${location.search}`));
    return "player";
  } catch {
    location.reload(); // the page itself knows the player too
    return "nothing";
  }
}

function phase(status, ahead) {
  if (status === "unreachable") return "No answer, trying again";
  return status === "processing" && ahead === 0 ? "Processing" : waitingFor(ahead);
}

async function putPlayer(stage, html) {
  const player = new DOMParser().parseFromString(html, "text/html").body;
  const nodes = [...player.children].map((node) => document.importNode(node, true));
  for (const node of nodes) node.classList.add("is-new");
  stage.style.minHeight = `${stage.offsetHeight}px`; // what is below may move down, never up
  stage.replaceChildren(...nodes);
  startPlayer(stage);
}

function fail(waiting, sentence) {
  waiting.classList.add("is-failed");
  for (const gone of waiting.querySelectorAll("progress, .words")) gone.remove();
  const failure = waiting.querySelector("[data-failure]");
  failure.hidden = false;
  failure.querySelector("p").textContent = sentence;
}

/** Only when it changed: a live region reads every write aloud. A new node, because changed text counts as moved. */
function setText(root, selector, text) {
  const element = root.querySelector(selector);
  if (element.textContent !== text) element.replaceChildren(document.createTextNode(text));
}
