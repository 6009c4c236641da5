// The home page: files come in by drop, choice or paste, and each becomes a row that ends in a link.

import { createAlbum } from "./api.js";
import { wireCopyButtons } from "./copy.js";
import { remember } from "./history.js";
import { Row } from "./row.js";
import { Upload, UploadQueue } from "./upload.js";

const zone = document.getElementById("zone");
const input = document.getElementById("file");
const list = document.getElementById("rows");
const catcher = document.getElementById("catcher");
const announcer = document.getElementById("announcer");
const together = document.getElementById("together");

const rows = new Map();
const queue = new UploadQueue({
  maxBytes: Number(zone.dataset.maxBytes),
  maxText: zone.dataset.maxText,
  onChange: (upload) => {
    rows.get(upload)?.update();
    showTogether();
  },
});

/** @param {Iterable<{file: File, problem?: string}>} arrivals in order; the newest batch goes on top */
function take(arrivals) {
  const batch = Array.from(arrivals, ({ file, problem }) => ({ upload: new Upload(file), problem }));
  if (batch.length === 0) return;
  for (const { upload } of batch) {
    rows.set(upload, new Row(upload, { onRetry: (again) => queue.retry(again), onRemove: remove, announce }));
  }
  list.prepend(...batch.map(({ upload }) => rows.get(upload).element));
  showList();
  for (const { upload, problem } of batch) {
    if (problem) queue.refuse(upload, problem);
    else queue.add(upload);
  }
}

/** The first press ends the transfer and leaves the row, which offers to try again; the second takes the row away. */
function remove(upload) {
  if (upload.isWorking) {
    queue.cancel(upload);
    return;
  }
  const row = rows.get(upload);
  const neighbour = row.element.nextElementSibling || row.element.previousElementSibling;
  row.dispose();
  rows.delete(upload);
  showList();
  // Keyboards go on from where they were.
  (neighbour?.querySelector('[data-do="remove"]') || input).focus();
}

function showList() {
  document.getElementById("uploads").hidden = rows.size === 0;
  document.body.classList.toggle("has-rows", rows.size > 0);
  showTogether();
}

/** In the order in which they came. */
function accepted() {
  return [...rows.keys()].filter(({ state }) => state === "accepted").map(({ answer }) => answer.hash);
}

function showTogether() {
  together.hidden = accepted().length < 2;
}

together.querySelector("button").addEventListener("click", async () => {
  try {
    const hash = await createAlbum(accepted());
    remember({ hash, name: "Album" });
    location.assign(`/${hash}`);
  } catch (error) {
    together.querySelector(".problem").textContent = error.message;
  }
});

function announce(sentence) {
  announcer.textContent = sentence;
}

function fromFiles(files) {
  return Array.from(files, (file) => ({ file }));
}

/** A folder looks like a file until it is read, and would fail as a lost connection. */
function fromDrop(transfer) {
  return Array.from(transfer.items)
    .filter((item) => item.kind === "file")
    .map((item) => ({
      file: item.getAsFile(),
      problem: item.webkitGetAsEntry?.()?.isDirectory ? "This is a folder. Drop the files in it instead." : undefined,
    }))
    .filter(({ file }) => file);
}

input.multiple = true; // the plain form sends one
input.addEventListener("change", () => {
  take(fromFiles(input.files));
  input.value = "";
});

// The whole zone opens the chooser; the input and its label do so by themselves.
zone.addEventListener("click", (event) => {
  if (!event.target.closest("label, input, button")) input.click();
});

// dragenter and dragleave come for every element crossed: the count is 0 only outside the window.
let depth = 0;
const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
const setDragging = (dragging) => catcher.classList.toggle("is-on", dragging);

addEventListener("dragenter", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  depth += 1;
  setDragging(true);
});
addEventListener("dragleave", (event) => {
  if (!hasFiles(event)) return;
  depth = Math.max(0, depth - 1);
  if (depth === 0) setDragging(false);
});
addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
});
addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  depth = 0;
  setDragging(false);
  take(fromDrop(event.dataTransfer));
});

addEventListener("paste", (event) => {
  if (!event.clipboardData?.files.length) return;
  event.preventDefault();
  take(fromFiles(event.clipboardData.files));
});

addEventListener("beforeunload", (event) => {
  if ([...rows.keys()].some((upload) => upload.isWorking)) {
    event.preventDefault();
    event.returnValue = true; // older browsers ask only for this
  }
});

wireCopyButtons(list, announce);
