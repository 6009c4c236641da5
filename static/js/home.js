// The home page: files come in by drop, choice, paste or microphone, and each becomes a row that ends in a link.

import { createAlbum } from "./api.js";
import { wireCopyButtons } from "./copy.js";
import { droppedFiles, filesOfFolder } from "./folders.js";
import { remember } from "./history.js";
import { showRecent } from "./recent.js";
import { makeReorderable } from "./reorder.js";
import { Row } from "./row.js";
import { Upload, UploadQueue } from "./upload.js";

const zone = document.getElementById("zone");
const input = document.getElementById("file");
const list = document.getElementById("rows");
const catcher = document.getElementById("catcher");
const announcer = document.getElementById("announcer");
const albumBar = document.getElementById("album");
const addressForm = document.getElementById("address");

const rows = new Map();
const queue = new UploadQueue({
  maxBytes: Number(zone.dataset.maxBytes),
  maxText: zone.dataset.maxText,
  canDigest: "canDigest" in zone.dataset,
  onChange: (upload) => {
    rows.get(upload)?.update();
    if (upload.state === "accepted") remember({ hash: upload.answer.hash, name: upload.file.name });
    showAlbumBar();
    guardUploads();
  },
});

/** @param {Iterable<File>} files in order */
function take(files) {
  start(Array.from(files, (file) => new Upload(file)));
}

/** @param {string[]} addresses where the server finds a file each, in order */
function takeAddresses(addresses) {
  const named = (address) => {
    const { host, pathname } = new URL(address);
    return { name: pathname.split("/").findLast(Boolean) || host, size: 0, type: "" };
  };
  start(addresses.map((address) => new Upload(named(address), address)));
}

/** @param {Upload[]} batch the newest goes on top */
function start(batch) {
  if (batch.length === 0) return;
  for (const upload of batch) {
    rows.set(upload, new Row(upload, { onRetry: (again) => queue.retry(again), onRemove: remove, announce }));
  }
  list.prepend(...batch.map((upload) => rows.get(upload).element));
  showList();
  for (const upload of batch) queue.add(upload);
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
  showAlbumBar();
  // Keyboards go on from where they were.
  (neighbour?.querySelector('[data-do="remove"]') || input).focus();
}

function showList() {
  document.getElementById("uploads").hidden = rows.size === 0;
  document.body.classList.toggle("has-rows", rows.size > 0);
  for (const grip of list.querySelectorAll("[data-grip]")) grip.disabled = rows.size < 2;
}

/** Leaving the page is asked about while something would be lost, and only then. */
function guardUploads() {
  const isAtWork = [...rows.keys()].some((upload) => upload.isWorking);
  if (isAtWork) addEventListener("beforeunload", askBeforeLeaving);
  else removeEventListener("beforeunload", askBeforeLeaving);
}

function askBeforeLeaving(event) {
  event.preventDefault();
  event.returnValue = true; // older browsers ask only for this
}

/** What is accepted, in the order of the page. */
function accepted() {
  const order = new Map(Array.from(list.children, (element, place) => [element, place]));
  return Array.from(rows)
    .filter(([upload]) => upload.state === "accepted")
    .sort(([, a], [, b]) => order.get(a.element) - order.get(b.element))
    .map(([upload]) => upload.answer.hash);
}

/** Several links are better sent as one. */
function showAlbumBar() {
  albumBar.hidden = new Set(accepted()).size < 2;
}

albumBar.addEventListener("submit", async (event) => {
  event.preventDefault();
  const problem = albumBar.querySelector("[data-problem]");
  const button = albumBar.querySelector("button");
  button.disabled = true;
  try {
    location.assign(`/${await createAlbum([...new Set(accepted())])}`);
  } catch (error) {
    problem.textContent = error.message;
  } finally {
    button.disabled = false;
  }
});

/** @param {string} text @returns {string | null} the address that all of the text is */
function addressIn(text) {
  const trimmed = text.trim();
  return /^https?:\/\/\S+$/i.test(trimmed) && URL.canParse(trimmed) ? trimmed : null;
}

function openAddressField() {
  zone.querySelector("[data-open]").hidden = true;
  zone.querySelector(".address").classList.add("is-open");
  addressForm.elements.url.focus();
}

/** Takes what is in the field for addresses, or says what is wrong with it. */
function takeField() {
  const field = addressForm.elements.url;
  const address = addressIn(field.value);
  field.setCustomValidity(address ? "" : "Give a whole address, beginning with https:// or http://.");
  if (!field.reportValidity()) return;
  takeAddresses([address]);
  field.value = "";
}

zone.querySelector("[data-open]").addEventListener("click", openAddressField);
addressForm.noValidate = true; // ours says more
addressForm.addEventListener("submit", (event) => {
  event.preventDefault();
  takeField();
});
addressForm.elements.url.addEventListener("input", ({ target }) => target.setCustomValidity(""));

function announce(sentence) {
  announcer.textContent = sentence;
}

input.multiple = true; // the plain form sends one
input.addEventListener("change", () => {
  take(input.files);
  input.value = "";
});

const folder = document.getElementById("folder");
zone.querySelector("[data-folder]").addEventListener("click", () => folder.click());
folder.addEventListener("change", () => {
  take(filesOfFolder(folder.files));
  folder.value = "";
});

zone.querySelector("[data-record]").addEventListener("click", async () => {
  const { recordSound } = await import("./record.js");
  const file = await recordSound();
  if (file) take([file]);
});

// The whole zone opens the chooser; the input and its label do so by themselves.
zone.addEventListener("click", (event) => {
  if (!event.target.closest("label, input, button")) input.click();
});

// What is dragged from a place on this page to another is no upload.
let isOwnDrag = false;
addEventListener("dragstart", () => (isOwnDrag = true));
addEventListener("dragend", () => (isOwnDrag = false));

/** Whether this drag may bring an upload: files, links, or text, which is typed where it is dropped on a field. */
function isForUs({ dataTransfer, target }) {
  if (isOwnDrag || !dataTransfer) return false;
  const { types } = dataTransfer;
  const isText = types.includes("text/uri-list") || types.includes("text/plain");
  return types.includes("Files") || (isText && !target.closest?.("input[type='text']"));
}

// dragenter and dragleave come for every element crossed: the count is 0 only outside the window.
let depth = 0;
const setDragging = (dragging) => catcher.classList.toggle("is-on", dragging);

addEventListener("dragenter", (event) => {
  if (!isForUs(event)) return;
  event.preventDefault();
  depth += 1;
  setDragging(true);
});
addEventListener("dragleave", (event) => {
  if (!isForUs(event)) return;
  depth = Math.max(0, depth - 1);
  if (depth === 0) setDragging(false);
});
addEventListener("dragover", (event) => {
  if (!isForUs(event)) return;
  event.preventDefault();
  if (event.dataTransfer.types.includes("Files")) event.dataTransfer.dropEffect = "copy";
});
addEventListener("drop", async (event) => {
  depth = 0;
  setDragging(false);
  if (!isForUs(event)) return;
  event.preventDefault();
  const { dataTransfer } = event;
  const [links, text] = ["text/uri-list", "text/plain"].map((type) => dataTransfer.getData(type).trim());
  const files = await droppedFiles(dataTransfer); // after this the browser shows nothing of it any more
  const addresses = links.split(/\r?\n/).map(addressIn).filter(Boolean);
  if (files.length > 0) take(files);
  else if (addresses.length > 0) takeAddresses(addresses);
  else if (addressIn(text)) takeAddresses([addressIn(text)]);
  else if (text) complainOf(text);
});

/** Words that are no address, in the field where they can be made one. */
function complainOf(text) {
  openAddressField();
  addressForm.elements.url.value = text.slice(0, addressForm.elements.url.maxLength);
  takeField();
}

addEventListener("paste", (event) => {
  const { files } = event.clipboardData ?? { files: [] };
  const address = event.target.closest("input") ? null : addressIn(event.clipboardData?.getData("text/plain") ?? "");
  if (files.length === 0 && !address) return;
  event.preventDefault();
  if (files.length > 0) take(files);
  else takeAddresses([address]);
});

makeReorderable(list, {
  handle: "[data-grip]",
  onMove: (item, place, count) => announce(`${item.querySelector(".row-name").textContent}: ${place} of ${count}`),
});
wireCopyButtons(document.getElementById("main"), announce);
showRecent();
