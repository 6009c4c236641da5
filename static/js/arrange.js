// An album in another order, by its owner: every item as a tile that is dragged, or moved by the arrow keys, or taken out.

import { fetchAlbum, orderAlbum } from "./api.js";
import { makeReorderable } from "./reorder.js";

const CROSS = "M7 7l10 10M17 7L7 17";
const BACK = "M9 6L4.5 10.5 9 15M5 10.5h9a5 5 0 0 1 0 10h-3";
const GRIP = "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01";

/**
 * Shows the tiles where the list is, until they are saved or given up.
 * @param {string} hash of the album
 * @param {HTMLElement[]} replaced what the tiles stand in place of
 * @param {(sentence: string) => void} announce
 */
export async function arrange(hash, replaced, announce) {
  const { files } = await fetchAlbum(hash);
  const section = document.createElement("section");
  section.className = "arranging";
  section.setAttribute("aria-label", "Arrange");
  section.innerHTML = `
    <div class="arranging-bar">
      <p class="muted">Drag the pictures, or move them with the arrow keys.</p>
      <p class="problem" role="alert" hidden></p>
      <p class="actions"><button class="button primary" type="button">Save</button><button class="quiet" type="button">Cancel</button></p>
    </div>
    <ol class="tiles-dragged"></ol>`;
  const list = section.querySelector("ol");
  list.append(...files.map((file, index) => tile(file, index + 1)));
  makeReorderable(list, {
    handle: ".piece-grip",
    onMove: (item, place, count) => announce(`${place} of ${count}`),
  });

  const close = () => {
    section.remove();
    for (const element of replaced) element.hidden = false;
  };
  const [save, cancel] = section.querySelectorAll(".actions button");
  cancel.addEventListener("click", close);
  save.addEventListener("click", async () => {
    const kept = [...list.querySelectorAll(".piece:not(.is-out)")].map(({ dataset }) => dataset.hash);
    save.disabled = true;
    try {
      await orderAlbum(hash, kept);
      location.assign(`/${hash}`);
    } catch (error) {
      const problem = section.querySelector(".problem");
      problem.hidden = false;
      problem.textContent = error.message;
      save.disabled = false;
    }
  });
  for (const element of replaced) element.hidden = true;
  replaced[0].before(section);
  list.querySelector(".piece-grip").focus({ preventScroll: true });
}

function tile(file, place) {
  const name = `${place}: ${file.title ?? file.metadata.title ?? file.blob_type}`;
  const item = document.createElement("li");
  item.className = "piece";
  item.dataset.hash = file.hash;
  const grip = button("piece-grip", `Move ${name}`, GRIP);
  const still = stillOf(file);
  // Lazy before it has an address: an album may hold a thousand.
  if (still) grip.prepend(Object.assign(new Image(), { alt: "", loading: "lazy", decoding: "async", draggable: false, src: still }));
  else grip.prepend(Object.assign(document.createElement("span"), { textContent: name }));
  const out = button("piece-out", `Take out ${name}`, CROSS);
  out.addEventListener("click", () => {
    const isOut = item.classList.toggle("is-out");
    out.setAttribute("aria-label", `${isOut ? "Put back" : "Take out"} ${name}`);
    out.querySelector("path").setAttribute("d", isOut ? BACK : CROSS);
  });
  item.append(grip, out);
  return item;
}

/** The smallest picture there is of it; none of what is not for everybody's eyes. */
function stillOf({ blob_type, extras, files, flags }) {
  if (flags.nsfw) return null;
  const pictures = extras.filter(({ type, name }) => type.startsWith("image/") && !name.startsWith("storyboard"));
  const smallest = pictures.sort((a, b) => (a.width ?? Infinity) - (b.width ?? Infinity))[0];
  return (smallest ?? (blob_type === "image" ? files[0] : null))?.url ?? null;
}

function button(className, label, glyph) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className, title: label });
  made.setAttribute("aria-label", label);
  made.innerHTML = `<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path d="${glyph}"/></svg>`;
  return made;
}
