// The queue and the transfer of each file. Nothing here touches the page.

import { sendDigest } from "./api.js";
import { sha256Of } from "./digest.js";

const AT_ONCE = 3;

// What is smaller is sent in the time that asking for it takes.
const ASKED_FOR_BYTES = 65_536;
// A digest that takes longer is waited for while the file is on its way.
const HEAD_START_MS = 1500;

const WORKING = new Set(["queued", "looking", "sending", "storing"]);

// A retry with the same bytes would be refused again.
const FINAL_CODES = new Set([413, 415]);

/**
 * @typedef {"queued" | "looking" | "sending" | "storing" | "accepted" | "failed" | "cancelled"} UploadState
 * looking: whether the server has it already. storing: every byte is sent, the answer has not come yet.
 */

/** One file on its way, or one that the server fetches. Change it only through its queue. */
export class Upload {
  /**
   * @param {File | {name: string, size: number, type: string}} file
   * @param {string | null} [address] where the server finds it
   */
  constructor(file, address = null) {
    this.file = file;
    this.address = address;
    this.reset();
  }

  reset() {
    /** @type {UploadState} */
    this.state = "queued";
    this.sent = 0;
    this.speed = null; // bytes a second, once it can be told
    this.answer = null; // the server's JSON, once accepted
    this.wasHere = false; // the server knew these bytes
    this.problem = null; // a sentence, once failed
    this.canRetry = false;
  }

  get isWorking() {
    return WORKING.has(this.state);
  }

  /** @returns {number | null} seconds */
  get timeLeft() {
    return this.speed ? (this.file.size - this.sent) / this.speed : null;
  }
}

/** Sends a few files at a time and keeps the rest waiting, in order. */
export class UploadQueue {
  #waiting = [];
  #attempts = new Map(); // upload: the AbortController of what is being done for it
  #greeting = null; // settles when the server knows this browser

  /**
   * @param {object} options
   * @param {number} options.maxBytes
   * @param {string} options.maxText maxBytes as people read it
   * @param {boolean} options.canDigest
   * @param {(upload: Upload) => void} options.onChange
   */
  constructor({ maxBytes, maxText, canDigest, onChange }) {
    this.maxBytes = maxBytes;
    this.maxText = maxText;
    this.canDigest = canDigest;
    this.onChange = onChange;
  }

  /** @param {Upload} upload */
  add(upload) {
    const { size } = upload.file;
    if (size === 0 && !upload.address) {
      this.#refuse(upload, "This file is empty.");
    } else if (size > this.maxBytes) {
      this.#refuse(upload, `This file is larger than the ${this.maxText} that this site takes.`);
    } else {
      this.#waiting.push(upload);
      this.onChange(upload);
      this.#next();
    }
  }

  /**
   * @param {Upload} upload
   * @param {string} problem
   */
  #refuse(upload, problem) {
    this.#settle(upload, { state: "failed", problem });
  }

  /** @param {Upload} upload */
  cancel(upload) {
    if (!upload.isWorking) return;
    this.#waiting = this.#waiting.filter((other) => other !== upload);
    this.#settle(upload, { state: "cancelled", canRetry: true });
  }

  /** @param {Upload} upload */
  retry(upload) {
    upload.reset();
    this.add(upload);
  }

  /** Not before the browser has its owner cookie: each of the first few files would be given another one. */
  async #next() {
    this.#greeting ??= fetch("/mine", { method: "HEAD" }).catch(() => {});
    await this.#greeting;
    while (this.#attempts.size < AT_ONCE && this.#waiting.length > 0) this.#start(this.#waiting.shift());
  }

  async #start(upload) {
    const attempt = new AbortController();
    this.#attempts.set(upload, attempt);
    if (this.canDigest && upload.file.size >= ASKED_FOR_BYTES) {
      upload.state = "looking";
      this.onChange(upload);
      const search = this.#lookFor(upload, attempt);
      await Promise.race([search, new Promise((resolve) => setTimeout(resolve, HEAD_START_MS))]);
    }
    if (!attempt.signal.aborted) this.#send(upload, attempt);
  }

  /** Ends the attempt where the server has the file, however much of it is sent by then. */
  async #lookFor(upload, attempt) {
    const sha256 = await sha256Of(upload.file, attempt.signal);
    if (!sha256 || attempt.signal.aborted) return;
    const answer = await sendDigest(sha256, attempt.signal);
    if (answer) this.#settle(upload, { state: "accepted", answer, wasHere: true }, attempt);
  }

  #send(upload, attempt) {
    const request = new XMLHttpRequest(); // fetch() cannot tell how much has been sent
    const measure = speedometer();
    const form = upload.address ? new URLSearchParams({ url: upload.address }) : new FormData();
    if (!upload.address) form.append("file", upload.file);

    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable || upload.state !== "sending") return;
      // The total counts the form around the file too.
      upload.sent = Math.round((event.loaded / event.total) * upload.file.size);
      upload.speed = measure(upload.sent);
      this.onChange(upload);
    });
    request.upload.addEventListener("load", () => {
      if (upload.state !== "sending") return;
      upload.state = "storing";
      upload.sent = upload.file.size;
      this.onChange(upload);
    });
    request.addEventListener("load", () => this.#settle(upload, outcome(request), attempt));
    request.addEventListener("error", () =>
      this.#settle(
        upload,
        { state: "failed", problem: "The connection was lost before all of it was sent.", canRetry: true },
        attempt,
      ),
    );
    attempt.signal.addEventListener("abort", () => request.abort());

    upload.state = upload.address ? "storing" : "sending";
    this.onChange(upload);
    request.open("POST", upload.address ? "/api/upload/url" : "/api/upload/file");
    request.send(form);
  }

  /** What an attempt comes to counts while it is the upload's own, and ends all else that it does. */
  #settle(upload, change, attempt = this.#attempts.get(upload)) {
    if (attempt !== this.#attempts.get(upload)) return;
    this.#attempts.delete(upload);
    attempt?.abort();
    Object.assign(upload, change);
    this.onChange(upload);
    this.#next();
  }
}

/** @param {XMLHttpRequest} request */
function outcome(request) {
  let answer = {};
  try {
    answer = JSON.parse(request.responseText);
  } catch {
    // A proxy's error page: the code below has to do.
  }
  if (answer.hash && (request.status === 200 || request.status === 409)) {
    return { state: "accepted", answer, wasHere: request.status === 409 };
  }
  return {
    state: "failed",
    problem: answer.message || `The server did not take it (${request.status}).`,
    canRetry: !FINAL_CODES.has(request.status),
  };
}

/** @returns {(sent: number) => number | null} bytes a second over the last few seconds */
function speedometer() {
  const samples = [];
  return (sent) => {
    const now = performance.now();
    samples.push({ now, sent });
    while (samples.length > 2 && now - samples[0].now > 4000) samples.shift();
    const elapsed = (now - samples[0].now) / 1000;
    // The first moment only fills the socket's buffer and says nothing.
    return elapsed > 0.8 ? (sent - samples[0].sent) / elapsed : null;
  };
}
