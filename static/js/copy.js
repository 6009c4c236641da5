// Copy buttons: each [data-copy] copies the text field beside it and says so.

const SHOWN_MS = 2000;
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
    const field = button.parentElement.querySelector("input");
    const copied = await copy(field);
    show(button, copied ? "Copied" : "Select it");
    announce(copied ? "Link copied" : "Not copied: the link is selected, copy it yourself");
  });
  // A click into the field means the whole link.
  root.addEventListener("focusin", (event) => {
    if (event.target.matches(".copy input")) event.target.select();
  });
}

async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // No clipboard API without https, nor in a frame that was not given it.
    field.focus();
    field.select();
    return document.execCommand("copy");
  }
}

function show(button, word) {
  button.textContent = word;
  clearTimeout(timers.get(button));
  timers.set(button, setTimeout(() => (button.textContent = "Copy"), SHOWN_MS));
}
