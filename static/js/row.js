// One upload on the home page, as a row: what it is, how far it is, its link.

import { followStatus } from "./api.js";
import { bytes, percent, roughTime, waitingFor } from "./format.js";
import { stillOf } from "./still.js";

const template = document.getElementById("row");

const GLYPHS = {
  image: "M4 5h16v14H4zM4 16l5-5 4 4 2.5-2.5L20 17",
  video: "M4 5h16v14H4zM10 9l5 3-5 3z",
  audio: "M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0M19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0",
  other: "M6 3h8l4 4v14H6zM14 3v4h4",
};

// A thumbnail is decoded at full size by the browser: above this the glyph does.
const LARGEST_PREVIEW = 30_000_000;

export class Row {
  #following = new AbortController();
  #preview = null; // an object URL

  /**
   * @param {import("./upload.js").Upload} upload
   * @param {object} hooks
   * @param {(upload: import("./upload.js").Upload) => void} hooks.onRetry
   * @param {(upload: import("./upload.js").Upload) => void} hooks.onRemove
   * @param {(sentence: string) => void} hooks.announce
   */
  constructor(upload, { onRetry, onRemove, announce }) {
    this.upload = upload;
    this.announce = announce;
    this.element = template.content.firstElementChild.cloneNode(true);
    const find = (selector) => this.element.querySelector(selector);
    this.facts = find(".row-facts");
    this.transfer = this.element.querySelectorAll(".row-transfer span");
    this.problem = find(".row-problem p");
    this.retry = find('[data-do="retry"]');
    this.remove = find('[data-do="remove"]');
    this.link = find(".copy input");
    this.open = find(".copy a");
    this.bar = find("progress");

    find(".row-name").textContent = upload.file.name;
    find(".row-name").title = upload.file.name;
    find("[data-grip]").setAttribute("aria-label", `Move ${upload.file.name}`);
    this.link.setAttribute("aria-label", `Link to ${upload.file.name}`);
    this.open.title = "Open";
    this.open.setAttribute("aria-label", `Open ${upload.file.name}`);
    this.bar.setAttribute("aria-label", `Progress of ${upload.file.name}`);
    this.retry.addEventListener("click", () => {
      onRetry(upload);
      this.remove.focus(); // the button pressed is gone
    });
    this.remove.addEventListener("click", () => onRemove(upload));
    this.#showKind();
  }

  /** Shows the upload as it is now. */
  update() {
    const { upload } = this;
    const { file, state } = upload;
    this.#show(state);
    if (state === "sending") {
      const left = upload.timeLeft;
      this.facts.textContent = `${bytes(upload.sent)} of ${bytes(file.size)}`;
      this.transfer[0].textContent = percent(upload.sent / file.size);
      this.transfer[1].textContent = upload.speed
        ? `${bytes(upload.speed)}/s${left > 0.5 ? `, ${roughTime(left)} left` : ""}`
        : "";
      this.#setBar(upload.sent / file.size);
    } else if (state === "storing") {
      this.#say(upload.address ? "Being fetched" : "Sent, waiting for the answer");
      this.#setBar(null);
    } else if (state === "looking") {
      this.#say("Looking whether it is here already");
      this.#setBar(null);
    } else if (state === "queued") {
      this.#say("Waiting for its turn");
      this.#setBar(0);
    } else if (state === "failed" || state === "cancelled") {
      this.problem.textContent = upload.problem || "Cancelled.";
      this.retry.hidden = !upload.canRetry;
      this.announce(`${file.name}: ${this.problem.textContent}`);
    } else {
      this.#showLink();
    }
  }

  /** Takes the row off the page and ends all it had going. */
  dispose() {
    this.#following.abort();
    URL.revokeObjectURL(this.#preview);
    this.element.remove();
  }

  #show(state) {
    this.element.dataset.state = state;
    const working = this.upload.isWorking;
    this.facts.textContent = this.#size;
    const verb = working ? "Cancel" : "Remove from this list";
    this.remove.title = verb;
    this.remove.setAttribute("aria-label", `${verb}: ${this.upload.file.name}`);
  }

  /** Nobody knows the size of what the server fetches. */
  get #size() {
    const { file, address } = this.upload;
    return address ? new URL(address).host : bytes(file.size);
  }

  #showFacts(words) {
    this.facts.textContent = `${this.#size}, ${words}`;
  }

  #say(words) {
    this.transfer[0].textContent = words;
    this.transfer[1].textContent = "";
  }

  /** @param {number | null} fraction null: under way, nobody knows how far */
  #setBar(fraction) {
    if (fraction === null) this.bar.removeAttribute("value");
    else this.bar.value = fraction;
  }

  async #showLink() {
    const { upload } = this;
    const url = `${location.origin}/${upload.answer.hash}`;
    this.link.value = url;
    this.open.href = url;
    this.#setBar(null);
    this.announce(`${upload.file.name}: the link is there`);

    const status = await followStatus(upload.answer.hash, (now) => this.#showStatus(now), this.#following.signal);
    if (status.failure) {
      // Sending the same bytes again makes the server try again.
      Object.assign(upload, { state: "failed", problem: status.failure, canRetry: status.status !== "unrecognised" });
      this.update();
    } else if (!this.element.querySelector(".thumb img")) {
      // The still of a film and the cover of a song are made after it can be played.
      const isThere = ({ hasThumbnail }) => hasThumbnail;
      const later = await followStatus(upload.answer.hash, () => {}, this.#following.signal, isThere);
      if (later.hasThumbnail) this.#showThumbnail(upload.answer.thumbnail_url);
    }
  }

  #showStatus({ status, progress, ahead, isPlayable }) {
    if (isPlayable) {
      this.element.dataset.state = "playable";
      this.#showFacts(this.upload.wasHere ? "already here" : "ready");
      return;
    }
    const processing = status === "processing";
    if (status === "unreachable") this.#showFacts("no answer, trying again");
    else if (processing && ahead === 0) this.#showFacts(`processing ${percent(progress)}`);
    else this.#showFacts(waitingFor(ahead).toLowerCase());
    this.#setBar(processing ? progress : null);
  }

  #showKind() {
    const { file } = this.upload;
    const kind = file.type.split("/")[0];
    this.element.querySelector(".thumb path").setAttribute("d", GLYPHS[kind] || GLYPHS.other);
    if (kind === "image" && file.size > 0 && file.size < LARGEST_PREVIEW) {
      this.#showPreview(URL.createObjectURL(file));
    } else if (kind === "video" && file.size > 0) {
      stillOf(file).then((still) => this.#showPreview(still));
    }
  }

  #showPreview(url) {
    this.#preview = url;
    if (url && this.#following.signal.aborted) URL.revokeObjectURL(url);
    else this.#showThumbnail(url);
  }

  /** Keeps what is shown where the picture cannot be had. @param {string | null | undefined} url */
  async #showThumbnail(url) {
    if (!url || this.element.querySelector(".thumb img")) return;
    const image = new Image();
    image.alt = "";
    image.src = url;
    try {
      await image.decode();
      this.element.querySelector(".thumb").append(image);
    } catch {
      // A format this browser does not show: the glyph stays.
    }
  }
}
