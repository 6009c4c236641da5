// Copy buttons: [data-copy] copies the text field beside it, [data-copy="text"] that text, and says so.

const SHOWN_MS = 2000;
const words = new WeakMap(); // what a button says when it is at rest
const timers = new WeakMap();

/**
 * Wires every copy button inside root, those added later too.
 * @param {HTMLElement} root
 * @param {(sentence: string) => void} [announce] for a live region
 */
export function wireCopyButtons(root, announce = () => {}) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = button.dataset.copy;
    const copied = text ? await copyText(text, button) : await copyField(button.parentElement.querySelector("input"));
    show(button, copied ? "Copied" : "Not copied");
    announce(copied ? "Link copied" : "The browser did not copy the link");
  });
  // A click into the field means the whole link.
  root.addEventListener("focusin", (event) => {
    if (event.target.matches(".copy input")) event.target.select();
  });
}

async function copyField(field) {
  if (await write(field.value)) return true;
  field.focus();
  field.select();
  return document.execCommand("copy");
}

/** The field for browsers that copy only what is selected stands there for a moment. */
async function copyText(text, button) {
  if (await write(text)) return true;
  const field = document.createElement("textarea");
  field.className = "sr";
  field.value = text;
  button.after(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  button.focus();
  return copied;
}

async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no clipboard API without https, nor in a frame that was not given it
  }
}

function show(button, word) {
  const place = button.querySelector("[data-word]") ?? button;
  if (!words.has(button)) words.set(button, place.textContent);
  place.textContent = word;
  clearTimeout(timers.get(button));
  const rest = () => (place.textContent = words.get(button));
  timers.set(button, setTimeout(rest, SHOWN_MS));
}
