// SHA-256 of files, one after the other and in constant memory. A classic worker, as its library is a classic script.

importScripts("../vendor/hash-wasm/dist/sha256.umd.min.js");

const BLOCK_BYTES = 4 * 1024 * 1024;
const cancelled = new Set();
let last = Promise.resolve();

onmessage = ({ data: { id, file } }) => {
  if (!file) cancelled.add(id);
  else last = last.then(async () => postMessage({ id, sha256: await digest(id, file) }));
};

/** @returns {Promise<string | null>} hexadecimal; null where nobody waits for it any more, or the file cannot be read */
async function digest(id, file) {
  try {
    const sha256 = await hashwasm.createSHA256();
    sha256.init();
    for (let start = 0; start < file.size; start += BLOCK_BYTES) {
      if (cancelled.delete(id)) return null;
      sha256.update(new Uint8Array(await file.slice(start, start + BLOCK_BYTES).arrayBuffer()));
    }
    return sha256.digest("hex");
  } catch {
    return null; // it was moved or changed since it was chosen: sending it will say so
  }
}
