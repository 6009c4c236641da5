// Small stills of a film, for looking for a place in it.

const CUE = /^(?:(\d+):)?(\d\d):(\d\d\.\d+) --> .*\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm;

export class Storyboard {
  #stills = null; // in order, once somebody looked for a place

  /** @param {string | undefined} address of the WebVTT whose cues name places on a sheet; undefined: there is none */
  constructor(address) {
    this.address = address;
  }

  /**
   * Shows in an element the still of a moment, as soon as it can.
   * @param {HTMLElement} element
   * @param {number} time in seconds
   */
  async show(element, time) {
    if (!this.address) return;
    this.wanted = time; // the pointer may have moved on meanwhile
    this.#stills ??= readStills(this.address);
    const stills = await this.#stills;
    const still = stills.findLast(({ start }) => start <= this.wanted) ?? stills[0];
    if (!still) return;
    const { sheet, x, y, width, height } = still;
    Object.assign(element.style, {
      width: `${width}px`,
      height: `${height}px`,
      backgroundImage: `url("${sheet}")`,
      backgroundPosition: `${-x}px ${-y}px`,
    });
  }
}

async function readStills(address) {
  try {
    const text = await (await fetch(address)).text();
    return [...text.matchAll(CUE)].map(([, hours = 0, minutes, seconds, sheet, x, y, width, height]) => ({
      start: Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds),
      sheet: new URL(sheet, new URL(address, location.href)).href,
      ...{ x, y, width, height },
    }));
  } catch {
    return []; // without stills there is still the time
  }
}
