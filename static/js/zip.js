// "Download all" of an album: has the zip packed, says so meanwhile, and downloads it when it is there.

import { percent } from "./format.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;

/** @param {HTMLElement} place holds the form or, after it was sent without JavaScript, the words */
export function wireZip(place) {
  const form = place.querySelector("form");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    pack(place, { thenDownload: true });
  });
  if (place.hasAttribute("data-packing")) pack(place, { thenDownload: false });
}

async function pack(place, { thenDownload }) {
  const hash = place.dataset.zip;
  const words = document.createElement("p");
  words.className = "quiet";
  words.role = "status";
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", "Packed");
  place.replaceChildren(words, bar);
  words.textContent = "Packing";
  try {
    await untilPacked(hash, (share) => {
      words.textContent = `Packing, ${percent(share)}`;
      bar.value = share;
    });
  } catch (error) {
    words.textContent = error.message;
    bar.remove();
    return;
  }
  const link = document.createElement("a");
  Object.assign(link, { className: "quiet", href: `/download/${hash}.zip`, download: "", textContent: "Download all" });
  place.replaceChildren(link);
  if (thenDownload) link.click();
}

/** Asks until the zip is there. Throws an Error with the site's sentence where it cannot be made. */
async function untilPacked(hash, onProgress) {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 1.3)) {
    const { status, message, progress } = await ask(hash);
    if (status === "done") return;
    if (message) throw new Error(message);
    if (progress) onProgress(progress);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function ask(hash) {
  try {
    const answer = await fetch("/api/album/zip", { method: "POST", body: new URLSearchParams({ hash }) });
    return await answer.json();
  } catch {
    return {}; // no network, or a proxy's page: the next try may do better
  }
}
