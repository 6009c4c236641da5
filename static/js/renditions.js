// What a film can be played from, and the choice among it. Nobody chose: what the browser takes, or the ladder where it
// needs help with that. media-chrome's menu asks for the list as `media.videoRenditions`.

/** A list as media-chrome knows it: items with `id`, `width`, `height`, `bitrate`; -1 is "auto". */
class Renditions extends EventTarget {
  #selected = -1;

  /**
   * @param {{id: string, width: number, height: number, bitrate?: number}[]} items
   * @param {(item: object | undefined) => void} choose
   */
  constructor(items, choose) {
    super();
    Object.assign(this, { ...items, length: items.length });
    this.items = items;
    this.choose = choose;
  }

  [Symbol.iterator]() {
    return this.items[Symbol.iterator]();
  }

  get selectedIndex() {
    return this.#selected;
  }

  set selectedIndex(index) {
    this.#selected = index;
    this.choose(this.items[index]);
    this.dispatchEvent(new Event("change"));
  }
}

const MANIFEST = "application/vnd.apple.mpegurl";

/** @param {HTMLMediaElement} media its `<source>`s say their size and rate, `data-rungs` those of the ladder */
export function wireRenditions(media) {
  const sources = [...media.querySelectorAll("source")];
  const manifest = sources.find(({ type }) => type.startsWith(MANIFEST));
  const files = sources.filter((source) => source.dataset.size && media.canPlayType(source.type)).map(asFile);
  const rungs = manifest && canBeFed() ? (media.dataset.rungs ?? "").split(" ").filter(Boolean).map(asRung) : [];
  const known = new Set(files.map(size));
  const items = [...files, ...rungs.filter((rung) => !known.has(size(rung)))];
  const player = new Player(media, sources, manifest?.src);
  media.videoRenditions = new Renditions(items.length > 1 ? items : [], (item) => player.choose(item));
  if (rungs.length > 0 && needsHelp(media, sources, manifest)) media.addEventListener("play", () => player.adapt(), { once: true });
}

const size = ({ width, height }) => Math.min(width, height);

function asFile({ dataset, src }) {
  const [width, height] = dataset.size.split("x").map(Number);
  return { id: src, width, height, bitrate: Number(dataset.bitrate) || undefined };
}

function asRung(words) {
  const [width, height] = words.split("x").map(Number);
  return { id: `rung-${height}`, width, height };
}

/** Whether a script may give this browser the pieces of a film. */
const canBeFed = () => "MediaSource" in window || "ManagedMediaSource" in window;

/** Whether the ladder would serve it best, yet it cannot play one by itself. */
function needsHelp(media, sources, manifest) {
  if (media.canPlayType(MANIFEST)) return false;
  return !sources.slice(0, sources.indexOf(manifest)).some(({ type }) => media.canPlayType(type));
}

async function loadHls() {
  try {
    return (await import("../vendor/hls.js/dist/hls.min.js")).default;
  } catch {
    return null;
  }
}

/** Plays one or the other, and goes on where it was. */
class Player {
  #ladder = null; // hls.js, while it feeds the film

  constructor(media, sources, manifest) {
    this.media = media;
    this.manifest = manifest;
    this.adapts = false;
  }

  /** From now on "auto" is the ladder, of which hls.js chooses by what arrives in time. */
  async adapt() {
    this.adapts = true;
    if (this.media.videoRenditions.selectedIndex === -1) await this.choose(undefined);
  }

  async choose(item) {
    const isRung = item ? item.id.startsWith("rung-") : this.adapts;
    if (isRung) {
      await this.#climb(item);
      return;
    }
    this.#goOn(() => {
      this.#ladder?.destroy();
      this.#ladder = null;
      if (item) this.media.src = item.id;
      else this.media.removeAttribute("src");
      this.media.load();
    });
  }

  async #climb(rung) {
    const Hls = await loadHls();
    if (!Hls) return; // what plays goes on
    const level = () => (rung ? this.#ladder.levels.findIndex(({ height }) => height === rung.height) : -1);
    if (this.#ladder) {
      this.#ladder.currentLevel = level();
      return;
    }
    this.#goOn(() => {
      // A worker made of a blob is against our policy, and there is nothing to remux.
      this.#ladder = new Hls({ enableWorker: false, startPosition: this.media.currentTime });
      this.#ladder.on(Hls.Events.ERROR, (_, { fatal }) => {
        if (fatal) this.#giveUp();
      });
      this.#ladder.on(Hls.Events.MANIFEST_PARSED, () => (this.#ladder.currentLevel = level()));
      this.#ladder.loadSource(this.manifest);
      this.#ladder.attachMedia(this.media);
    });
  }

  /** Back to what the browser plays by itself. */
  #giveUp() {
    this.adapts = false;
    this.media.videoRenditions.selectedIndex = -1;
  }

  #goOn(change) {
    const { media } = this;
    const { currentTime, paused, playbackRate } = media;
    change();
    media.addEventListener(
      "loadedmetadata",
      () => {
        Object.assign(media, { currentTime, playbackRate });
        if (!paused) media.play().catch(() => {});
      },
      { once: true },
    );
  }
}
