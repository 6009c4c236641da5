// What only the owner of a media or album can do from its page: change words and settings in place, delete. The page is
// the same for everybody, so a browser that ever sent something asks whether this is its own. All goes by the forms
// that browsers without JavaScript get as pages.

import { fetchHTML, isOwn } from "./api.js";

/**
 * @param {HTMLElement} root holds the links that only an owner sees, [data-do="edit"] and [data-do="delete"]
 * @param {object} hooks
 * @param {string} hooks.hash
 * @param {() => HTMLElement} hooks.words what the form stands in place of while it is filled in
 * @param {(page: Document, isShownOtherwise: boolean) => void} hooks.onSaved with the fresh page
 */
export async function wireOwner(root, { hash, words, onSaved }) {
  if (!document.cookie.includes("has_uploads=") || !(await isOwn(hash))) return;
  root.classList.add("is-own");
  wire(root, "edit", (sheet) => edit(sheet, { words: words(), onSaved, back: () => root.querySelector('[data-do="edit"]') }));
  wire(root, "delete", confirm);
}

/** A click opens, in place, what its link leads to; where that cannot be had the link is followed. */
function wire(root, name, open) {
  root.addEventListener("click", async (event) => {
    const link = event.target.closest(`[data-do="${name}"]`);
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      open(parse(await fetchHTML(link.getAttribute("href"))).querySelector(".sheet"), link);
    } catch {
      location.assign(link.href);
    }
  });
}

function edit(sheet, { words, onSaved, back }) {
  if (words.parentElement.querySelector(".in-place")) return;
  const form = document.importNode(sheet.querySelector("form"), true);
  form.classList.add("in-place");
  words.hidden = true;
  words.after(form);
  form.querySelector("input, textarea").focus();
  const flags = () => [...form.querySelectorAll("[type='checkbox']")].map(({ checked }) => checked).join();
  const before = flags();
  const close = () => {
    form.remove();
    words.hidden = false;
    back().focus({ preventScroll: true });
  };
  form.querySelector(".actions a").addEventListener("click", (event) => {
    event.preventDefault();
    close();
  });
  form.addEventListener("keydown", (event) => event.key === "Escape" && close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector(".actions button");
    button.disabled = true;
    try {
      const page = await send(form);
      onSaved(page, flags() !== before);
      close();
    } catch (error) {
      complain(form, error.message);
      button.disabled = false;
    }
  });
}

/** @returns {Promise<Document>} the page after the change; throws an Error with the site's sentence */
async function send(form) {
  let page;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    page = parse(await answer.text());
    if (answer.ok) return page;
  } catch {
    // No network: there is no page to take a sentence from.
  }
  const sentence = page?.querySelector(".problem, .sheet h1 + p")?.textContent;
  throw new Error(sentence ?? "The site does not answer. Please try again in a moment.");
}

function complain(form, sentence) {
  const problem = form.querySelector(".problem") ?? document.createElement("p");
  Object.assign(problem, { className: "problem", role: "alert", textContent: sentence });
  form.querySelector(".actions").before(problem);
}

function confirm(sheet, link) {
  const dialog = document.createElement("dialog");
  dialog.className = "asking";
  dialog.append(document.importNode(sheet, true));
  dialog.setAttribute("aria-labelledby", (dialog.querySelector("h1").id = "asking"));
  dialog.addEventListener("click", (event) => {
    // Beside it, which counts as on it: the sheet fills it.
    if (event.target !== dialog && !event.target.closest(".actions a")) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

function parse(html) {
  return new DOMParser().parseFromString(html, "text/html");
}
