// The chapters of a film or a sound, from its `<track kind="chapters">`.

export class Chapters {
  /**
   * @param {HTMLMediaElement} media
   * @param {() => void} onLoad called when there are some
   */
  constructor(media, onLoad) {
    this.chapters = [];
    const element = media.querySelector('track[kind="chapters"]');
    if (!element) return;
    const read = () => {
      this.chapters = [...element.track.cues].map(({ startTime, text }) => ({ start: startTime, title: plain(text) }));
      onLoad();
    };
    element.addEventListener("load", read);
    element.track.mode = "hidden"; // loads it
    if (element.readyState === HTMLTrackElement.LOADED) read();
  }

  /** Where one follows another, in seconds. */
  get starts() {
    return this.chapters.slice(1).map(({ start }) => start);
  }

  /**
   * @param {number} time in seconds
   * @returns {{start: number, title: string} | undefined}
   */
  at(time) {
    return this.chapters.findLast(({ start }) => start <= time);
  }
}

/** A cue's text is markup: `&amp;` stands for `&`. */
function plain(text) {
  return new DOMParser().parseFromString(text, "text/html").body.textContent;
}
