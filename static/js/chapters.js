// The chapter of a film that is on, from its `<track kind="chapters">`; media-chrome shows where each begins.

/**
 * @param {HTMLMediaElement} media
 * @param {HTMLElement | null} place for its name
 */
export function wireChapters(media, place) {
  const element = media.querySelector('track[kind="chapters"]');
  if (!element || !place) return;
  const show = () => {
    const cue = [...(element.track.cues ?? [])].findLast(({ startTime }) => startTime <= media.currentTime);
    const title = cue?.getCueAsHTML().textContent ?? "";
    if (place.textContent !== title) place.textContent = title;
  };
  element.addEventListener("load", show);
  for (const name of ["timeupdate", "seeking"]) media.addEventListener(name, show);
  show();
}
