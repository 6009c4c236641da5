// The pages of an album: one media at a time or a list, the share panel, its zip, its owner's ways to change it.

import { wireFocus } from "./focus.js";
import { wireList } from "./list.js";
import { wireOwner } from "./owner.js";
import { wireShare } from "./share.js";
import { wireZip } from "./zip.js";

const about = document.getElementById("about");
const stage = document.getElementById("stage");
const items = document.querySelector(".items");
const { hash } = about.dataset;

function announce(sentence) {
  document.getElementById("announcer").textContent = sentence;
}

async function arrange() {
  const { arrange } = await import("./arrange.js");
  await arrange(hash, [items, ...document.querySelectorAll(".further")], announce);
}

function takeWords(page) {
  about.querySelector(".album-words").replaceWith(page.querySelector(".album-words"));
  document.title = page.title;
}

wireShare(about);
wireZip(about.querySelector("[data-zip]"));
if (stage) wireFocus(stage, announce);
else wireList(items);
await wireOwner(about, { hash, words: () => about.querySelector(".album-words"), onSaved: takeWords });
if (items) {
  about.querySelector('[data-do="arrange"]').addEventListener("click", (event) => {
    event.preventDefault();
    if (!document.querySelector(".arranging")) arrange();
  });
  if (location.hash === "#arrange" && about.classList.contains("is-own")) arrange();
}
