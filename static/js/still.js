// A picture of a film that is in the browser only.

const WIDTH_PX = 160;
const LONGEST_WAIT_MS = 5000;
let last = Promise.resolve(); // a decoder is dear: one film after the other

/**
 * @param {File} file
 * @returns {Promise<string | null>} an object URL; null where this browser does not play it
 */
export function stillOf(file) {
  last = last.then(() => draw(file).catch(() => null));
  return last;
}

async function draw(file) {
  const source = URL.createObjectURL(file);
  const video = Object.assign(document.createElement("video"), { muted: true, preload: "auto", src: source });
  try {
    await event(video, "loadedmetadata");
    video.currentTime = Math.min(1, video.duration / 4 || 0); // the very first picture is often black
    await event(video, "seeked");
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH_PX;
    canvas.height = Math.max(1, Math.round((WIDTH_PX * video.videoHeight) / video.videoWidth));
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
    return URL.createObjectURL(blob);
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(source);
  }
}

function event(video, name) {
  return new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true });
    video.addEventListener("error", reject, { once: true });
    setTimeout(reject, LONGEST_WAIT_MS);
  });
}
