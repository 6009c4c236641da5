// The view page: the player, or the waiting state that becomes the player, the share panel, the owner's ways to change it.

import { fetchHTML, followStatus } from "./api.js";
import { wireOwner } from "./owner.js";
import { startPlayer } from "./player.js";
import { wireShare } from "./share.js";
import { followWaiting } from "./waiting.js";
import { wireZoom } from "./zoom.js";

const stage = document.getElementById("stage");
const about = document.getElementById("about");
const { hash } = about.dataset;

startPlayer(stage);
wireZoom(stage);
wireShare(about);
wireOwner(about, { hash, words: () => about.querySelector(".facts"), onSaved: showChanged });
const outcome = await followWaiting(stage);
if (outcome === "player") {
  wireZoom(stage);
  await refresh();
}
if (outcome === "failed") about.querySelector(".share").remove(); // its links lead nowhere
else if (!about.querySelector("[download]")) await refreshWhenOver();

/** The original and the cover of a song are published after it can be played. */
async function refreshWhenOver() {
  const { failure } = await followStatus(hash, () => {}, undefined, ({ isOver }) => isOver);
  if (!failure) await refresh();
}

/** Size, duration, how much smaller it became, and where the files are: known only now. */
async function refresh() {
  try {
    take(new DOMParser().parseFromString(await fetchHTML(location.pathname), "text/html"));
  } catch {
    // The player is there, which is what matters.
  }
}

/** @param {Document} page this page, fresh */
function take(page) {
  for (const part of [".facts", ".deeds", ".ways-all", ".cover"]) {
    document.querySelector(part)?.replaceWith(page.querySelector(part));
  }
  document.title = page.title;
}

/** What the owner changed. A player that shall behave otherwise is another one. */
function showChanged(page, isShownOtherwise) {
  if (isShownOtherwise) {
    stage.replaceChildren(...page.getElementById("stage").children);
    startPlayer(stage);
    wireZoom(stage);
  }
  take(page);
}
