// The server's JSON. Nothing here touches the page.

const PLAYABLE = new Set(["ready", "done"]);

// Used only where the server sent no sentence of its own.
const FAILURES = {
  error: "This could not be processed.",
  timeout: "This took too long to process.",
  unrecognised: "This is not a photo, song or film that we can read.",
  internal_error: "Something went wrong on our side. Please try again.",
  gone: "This is no longer here.",
};

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 2000;
const LONGEST_WAIT_FOR_EXTRAS_MS = 10_000;

/**
 * @typedef {object} Status
 * @property {string} status a status word of the API; "gone" where the hash is unknown, "unreachable" where nobody answers
 * @property {number} progress 0 to 1
 * @property {number} ahead how many others are known to wait before it
 * @property {boolean} isPlayable
 * @property {boolean} hasThumbnail there is a still picture of it now
 * @property {boolean} isOver nothing more will come
 * @property {string | null} failure the sentence to show, null while all is well
 */

/**
 * Follows a media until it can be played, or what else is asked for is there, or it has failed.
 * @param {string} hash
 * @param {(status: Status) => void} onUpdate called for every answer
 * @param {AbortSignal} [signal] stops the polling; the promise then never settles
 * @param {(status: Status) => boolean} [isEnough]
 * @returns {Promise<Status>} the last status
 */
export async function followStatus(hash, onUpdate, signal, isEnough = ({ isPlayable }) => isPlayable) {
  let wait = FIRST_WAIT_MS;
  for (;;) {
    const status = await fetchStatus(hash, signal);
    if (signal?.aborted) return new Promise(() => {});
    onUpdate(status);
    if (isEnough(status) || status.isOver) return status;
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(status.isPlayable ? LONGEST_WAIT_FOR_EXTRAS_MS : LONGEST_WAIT_MS, wait * 1.15);
  }
}

async function fetchStatus(hash, signal) {
  try {
    const response = await fetch(`/api/${hash}/status`, { signal, cache: "no-store" });
    if (response.status === 404) return describe({ status: "gone" });
    if (response.ok) return describe(await response.json(), hash);
  } catch {
    // No network, or a proxy's page in place of JSON: the next try may do better.
  }
  return describe({ status: "unreachable" });
}

function describe({ status, progress = 0, ahead = 0, message = null, ...answer }, hash) {
  const failed = status in FAILURES;
  const file = answer[hash];
  return {
    status,
    progress,
    ahead,
    isPlayable: PLAYABLE.has(status),
    hasThumbnail: file?.blob_type === "image" || Boolean(file?.extras.some(({ type }) => type.startsWith("image/"))),
    isOver: failed || status === "done",
    failure: failed ? message || FAILURES[status] : null,
  };
}

/**
 * @param {string} path
 * @returns {Promise<string>} the HTML at a path of this site
 */
export async function fetchHTML(path) {
  const response = await fetch(path, { cache: "no-store" });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.text();
}

/**
 * Asks for a file by its digest before it is sent.
 * @param {string} sha256 hexadecimal
 * @param {AbortSignal} [signal]
 * @returns {Promise<object | null>} the answer of an upload; null where the file must be sent
 */
export async function sendDigest(sha256, signal) {
  try {
    // With this header "not here" is an answer, not an error in the browser's console.
    const options = { method: "POST", headers: { "X-CORS-Status": "1" }, body: new URLSearchParams({ sha256 }), signal };
    const answer = await (await fetch("/api/upload/known", options)).json();
    return answer.hash ? answer : null;
  } catch {
    return null;
  }
}

/**
 * @param {string[]} hashes
 * @returns {Promise<Object<string, object | null>>} the File or Album of each; null for what is not here
 */
export async function fetchInfo(hashes) {
  return ask(`/api/info?${new URLSearchParams({ list: hashes.join(",") })}`);
}

/**
 * @param {string[]} hashes in the album's order
 * @returns {Promise<string>} the album's hash
 */
export async function createAlbum(hashes) {
  const answer = await ask("/api/album/create", { method: "POST", body: new URLSearchParams({ list: hashes.join(",") }) });
  return answer.hash;
}

/** @param {string} hash @returns {Promise<object>} the Album of the API */
export async function fetchAlbum(hash) {
  return ask(`/api/${hash}`);
}

/** @param {string} hash of an album @param {string[]} hashes what shall be in it, in this order */
export async function orderAlbum(hash, hashes) {
  await ask(`/api/${hash}/order`, { method: "POST", body: new URLSearchParams({ list: hashes.join(",") }) });
}

/**
 * @param {string[]} hashes
 * @returns {Promise<Object<string, {status: string, progress: number} | null>>} of each; null for what is not here
 */
export async function fetchStatuses(hashes) {
  return ask(`/api/status?${new URLSearchParams({ list: hashes.join(",") })}`);
}

/**
 * @param {string} hash of a media or album
 * @returns {Promise<boolean>} whether this browser may change it; not where nobody answers
 */
export async function isOwn(hash) {
  try {
    return (await ask(`/api/${hash}/owner`, { cache: "no-store" })).is_owner;
  } catch {
    return false;
  }
}

/** The answer's JSON. Throws an Error with a sentence for people. */
async function ask(address, options) {
  let answer = {};
  try {
    const response = await fetch(address, options);
    answer = await response.json();
    if (response.ok) return answer;
  } catch {
    // No network, or a proxy's page in place of JSON.
  }
  throw new Error(answer.message ?? "The site does not answer. Please try again in a moment.");
}
