// The choice among a film's subtitles.

/**
 * @param {HTMLMediaElement} media
 * @param {HTMLElement} picker hidden, holds a `<select>`; shown where there is a choice
 * @returns {{toggle: () => void}} toggle: off, or on with those that were chosen last
 */
export function wireSubtitles(media, picker) {
  const select = picker.querySelector("select");
  const tracks = [...media.textTracks].filter(({ kind }) => kind === "subtitles" || kind === "captions");
  const names = tracks.map(name);
  select.replaceChildren(new Option("No subtitles", -1), ...names.map((words, n) => new Option(words, n)));
  picker.hidden = tracks.length === 0;
  let last = 0;
  const show = () => {
    const chosen = Number(select.value);
    if (chosen >= 0) last = chosen;
    tracks.forEach((track, n) => (track.mode = n === chosen ? "showing" : "disabled"));
    picker.classList.toggle("is-on", chosen >= 0);
  };
  select.addEventListener("change", show);
  // A browser may turn some on by itself, as its user wishes.
  select.value = tracks.findIndex(({ mode }) => mode === "showing");
  show();
  return {
    toggle() {
      if (tracks.length === 0) return;
      select.value = Number(select.value) >= 0 ? -1 : last;
      show();
    },
  };
}

function name({ label, language }, n) {
  return label || languageName(language) || `Subtitles ${n + 1}`;
}

function languageName(language) {
  if (!language || language === "und") return null;
  try {
    return new Intl.DisplayNames(undefined, { type: "language" }).of(language);
  } catch {
    return language; // no tag that the browser knows
  }
}
