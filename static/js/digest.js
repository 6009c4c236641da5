// Digests of files, made where they hold up nothing.

let worker = null;
let lastId = 0;
const waiting = new Map(); // id: what to call with the digest

/**
 * @param {File} file
 * @param {AbortSignal} signal
 * @returns {Promise<string | null>} SHA-256 in hexadecimal; null where it cannot be had or is not wanted any more
 */
export function sha256Of(file, signal) {
  worker ??= start();
  const id = (lastId += 1);
  return new Promise((resolve) => {
    const settle = (sha256) => {
      waiting.delete(id);
      resolve(sha256);
    };
    waiting.set(id, settle);
    signal.addEventListener("abort", () => {
      worker.postMessage({ id });
      settle(null);
    });
    worker.postMessage({ id, file });
  });
}

function start() {
  const started = new Worker(new URL("./digest-worker.js", import.meta.url));
  started.addEventListener("message", ({ data: { id, sha256 } }) => waiting.get(id)?.(sha256));
  started.addEventListener("error", () => {
    for (const settle of [...waiting.values()]) settle(null);
  });
  return started;
}
