// Your uploads: the list that this browser keeps, as far as it is still here.

import { createAlbum, fetchInfo } from "./api.js";
import { GLYPHS } from "./glyphs.js";
import { forget, remember, remembered } from "./history.js";

const AT_ONCE = 50; // hashes in one question
const STILLS = ["preview", "poster", "cover"];
const KINDS = { image: "Picture", video: "Film", audio: "Sound", album: "Album" };

const form = document.getElementById("mine");
const list = document.getElementById("list");
const template = document.getElementById("upload");
const makeAlbum = form.querySelector("button");

async function show() {
  const uploads = remembered();
  for (let start = 0; start < uploads.length; start += AT_ONCE) await showSome(uploads.slice(start, start + AT_ONCE));
  const isEmpty = list.childElementCount === 0;
  document.getElementById("nothing").hidden = !isEmpty;
  document.getElementById("actions").hidden = isEmpty;
}

async function showSome(uploads) {
  const found = await fetchInfo(uploads.map(({ hash }) => hash));
  const gone = uploads.filter(({ hash }) => !found[hash]);
  forget(new Set(gone.map(({ hash }) => hash)));
  list.append(...uploads.filter(({ hash }) => found[hash]).map((upload) => makeRow(upload, found[upload.hash])));
}

function makeRow({ hash, name }, media) {
  const row = template.content.firstElementChild.cloneNode(true);
  const find = (selector) => row.querySelector(selector);
  const isAlbum = media.blob_type === "album";
  find(".row-name").textContent = name;
  find(".row-name").href = `/${hash}`;
  find(".row-facts").textContent = isAlbum ? `Album of ${media.files.length}` : KINDS[media.blob_type];
  find("path").setAttribute("d", GLYPHS[media.blob_type]);
  find("[data-do]").href = `/${hash}/delete`;
  find("[data-do]").setAttribute("aria-label", `Delete ${name}`);
  const box = find("input");
  box.value = hash;
  box.hidden = isAlbum; // albums hold no albums
  box.setAttribute("aria-label", `Choose ${name}`);
  showStill(find(".thumb"), isAlbum ? media.files[0] : media);
  return row;
}

function showStill(thumb, { blob_type, extras, files, flags }) {
  const url = STILLS.map((name) => extras.find((extra) => extra.name === name)?.url).find(Boolean);
  const src = url ?? (blob_type === "image" ? files[0]?.url : undefined);
  if (!src) return;
  const image = Object.assign(new Image(), { src, alt: "", loading: "lazy", decoding: "async" });
  image.classList.toggle("is-blurred", flags.nsfw);
  thumb.append(image);
}

const chosen = () => [...list.querySelectorAll("input:checked")].map(({ value }) => value);

form.addEventListener("change", () => (makeAlbum.disabled = chosen().length === 0));
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const hash = await createAlbum(chosen());
    remember({ hash, name: "Album" });
    location.assign(`/${hash}`);
  } catch (error) {
    document.getElementById("problem").textContent = error.message;
  }
});
document.getElementById("forget").addEventListener("click", () => {
  forget(new Set(remembered().map(({ hash }) => hash)));
  list.replaceChildren();
  show();
});

try {
  await show();
} catch (error) {
  document.getElementById("problem").textContent = error.message;
}
