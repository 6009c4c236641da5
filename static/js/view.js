// The view page: the player, or the waiting state that becomes the player, and the share panel.

import { fetchHTML, followStatus } from "./api.js";
import { wireCopyButtons } from "./copy.js";
import { startPlayer } from "./player.js";
import { followWaiting } from "./waiting.js";

const stage = document.getElementById("stage");
const about = document.getElementById("about");

startPlayer(stage);
wireCopyButtons(about, (sentence) => (document.getElementById("announcer").textContent = sentence));
const outcome = await followWaiting(stage);
if (outcome === "player") await refresh();
if (outcome === "failed") about.querySelector(".share").remove(); // its links lead nowhere
else if (!about.querySelector("[download]")) await refreshWhenOver();

/** The original and the cover of a song are published after it can be played. */
async function refreshWhenOver() {
  const { hash } = about.dataset;
  const { failure } = await followStatus(hash, () => {}, undefined, ({ isOver }) => isOver);
  if (!failure) await refresh();
}

/** Size, duration, how much smaller it became, and where the files are: known only now. */
async function refresh() {
  try {
    const page = new DOMParser().parseFromString(await fetchHTML(location.pathname), "text/html");
    for (const part of [".facts", ".deeds", ".cover"]) {
      document.querySelector(part)?.replaceWith(page.querySelector(part));
    }
    document.title = page.title;
  } catch {
    // The player is there, which is what matters.
  }
}
