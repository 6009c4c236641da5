// The one script that a page waits for: what must be known before anything is drawn, so that nothing changes its
// colours or its place afterwards. Classic, since modules run later; small, since nothing runs sooner.
(() => {
  const PAPER = { light: "#fbfcfb", dark: "#111312" };
  const root = document.documentElement;

  /** What this browser keeps; null where it keeps nothing at all. */
  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // storage is blocked
    }
  };

  /** @param {string | null} theme "light", "dark", or what the system prefers */
  function show(theme) {
    document.querySelector("[data-paper]")?.remove();
    if (Object.hasOwn(PAPER, theme)) {
      root.dataset.theme = theme;
      // The colour of the browser's own frame: of several, the first one counts.
      const meta = Object.assign(document.createElement("meta"), { name: "theme-color", content: PAPER[theme] });
      meta.dataset.paper = "";
      document.head.prepend(meta);
    } else {
      delete root.dataset.theme;
    }
    const chosen = document.querySelector(`[name="theme"][value="${root.dataset.theme ?? "system"}"]`);
    if (chosen) chosen.checked = true;
  }

  const restore = () => show(kept("theme"));
  restore();
  root.classList.toggle("has-history", (kept("history") ?? "[]") !== "[]");

  document.addEventListener("DOMContentLoaded", restore); // now the switch is there
  document.addEventListener("change", ({ target }) => {
    if (target.name !== "theme") return;
    try {
      localStorage.setItem("theme", target.value);
    } catch {
      // It lasts as long as the page.
    }
    show(target.value);
  });
  // Chosen in another tab, or before one came back to this page.
  addEventListener("storage", restore);
  addEventListener("pageshow", ({ persisted }) => persisted && restore());
})();
