// What this browser uploaded: a list that nobody else has.

const KEY = "uploads";
const MOST = 1000;

/** @typedef {{hash: string, name: string}} Remembered */

/** @returns {Remembered[]} the newest first; none where the browser keeps nothing */
export function remembered() {
  try {
    const list = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(list) ? list.filter(({ hash, name } = {}) => hash && name) : [];
  } catch {
    return [];
  }
}

/** @param {Remembered} upload */
export function remember(upload) {
  keep([upload, ...remembered().filter(({ hash }) => hash !== upload.hash)].slice(0, MOST));
}

/** @param {Set<string>} hashes */
export function forget(hashes) {
  keep(remembered().filter(({ hash }) => !hashes.has(hash)));
}

function keep(list) {
  try {
    localStorage.setItem(KEY, JSON.stringify(list));
  } catch {
    // A browser that keeps nothing, as its user wishes.
  }
}
