// The share panel: links are copied, or handed to an app where the browser can.

import { wireCopyButtons } from "./copy.js";

/** @param {HTMLElement} root holds the panel, and the page's live region #announcer stands beside it */
export function wireShare(root) {
  const announcer = document.getElementById("announcer");
  wireCopyButtons(root, (sentence) => (announcer.textContent = sentence));
  if (!navigator.share) return;
  root.classList.add("can-send");
  root.addEventListener("click", async (event) => {
    if (!event.target.closest("[data-send]")) return;
    try {
      await navigator.share({ title: document.title, url: root.querySelector("#link").value });
    } catch (error) {
      // Whoever closed the list of apps knows that they did.
      if (error.name !== "AbortError") announcer.textContent = "The browser did not share the link";
    }
  });
}
