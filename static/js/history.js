// The links that this browser made, kept in it and nowhere else.

const KEY = "history";
const OFF_KEY = "history-off";
const MOST = 24;

/**
 * @typedef {object} Entry
 * @property {string} hash
 * @property {string} name of the file, as it was called here
 */

/** @returns {Entry[]} newest first */
export function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return kept.filter(({ hash, name }) => /^[\w-]{12}$/.test(hash) && typeof name === "string");
  } catch {
    return []; // storage is blocked, or somebody wrote something else there
  }
}

/** @param {Entry} entry */
export function remember({ hash, name }) {
  if (isOn()) keep([{ hash, name }, ...remembered().filter((other) => other.hash !== hash)].slice(0, MOST));
}

/** @param {string} hash */
export function forget(hash) {
  keep(remembered().filter((entry) => entry.hash !== hash));
}

export function forgetAll() {
  keep([]);
}

/** @returns {boolean} whether anything is remembered from now on */
export function isOn() {
  try {
    return localStorage.getItem(OFF_KEY) === null;
  } catch {
    return false;
  }
}

/** Switched off, it forgets what it has. @param {boolean} on */
export function setOn(on) {
  try {
    if (on) localStorage.removeItem(OFF_KEY);
    else localStorage.setItem(OFF_KEY, "1");
  } catch {
    return;
  }
  if (!on) forgetAll();
}

function keep(entries) {
  try {
    if (entries.length > 0) localStorage.setItem(KEY, JSON.stringify(entries));
    else localStorage.removeItem(KEY);
  } catch {
    // No room, or storage is blocked: then it is not remembered.
  }
}
