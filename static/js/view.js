// The view page: the player, or the waiting state that becomes the player, and the share panel.

import { fetchHTML } from "./api.js";
import { wireCopyButtons } from "./copy.js";
import { startPlayer } from "./player.js";
import { followWaiting } from "./waiting.js";

const stage = document.getElementById("stage");
const about = document.getElementById("about");

startPlayer(stage);
wireCopyButtons(about);
const outcome = await followWaiting(stage);
if (outcome === "player") await refreshFacts();
if (outcome === "failed") about.querySelector(".share").remove(); // its links lead nowhere

/** Size, duration and how much smaller it became are known only now. */
async function refreshFacts() {
  try {
    const page = new DOMParser().parseFromString(await fetchHTML(location.pathname), "text/html");
    about.querySelector(".facts").replaceWith(page.querySelector("#about .facts"));
    document.title = page.title;
  } catch {
    // The player is there, which is what matters.
  }
}
