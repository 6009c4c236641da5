// /<hash>/frame and /<hash>/direct: the media alone, on anybody's page. Must work in a sandbox without an origin, so
// nothing is stored here, and messages are sent to whoever embeds us.

import { parseOptions, play, startPlayer } from "./player.js";
import { wireTurning } from "./turn.js";
import { followWaiting } from "./waiting.js";

const stage = document.getElementById("stage");
const outer = new Set([window.parent, window.top].filter((other) => other !== window));

// What a page that embeds us should give to things without a size of their own (frame.css fits them to it).
const CARD_SIZE = { width: 560, height: 168 };
const WAITING_SIZE = { width: 480, height: 270 };

let told = "";

/** Tells the embedding page how large the media is, each size once. */
function tellSize() {
  const { width, height } = measure();
  const size = `${width}x${height}`;
  if (!width || !height || size === told) return;
  told = size;
  for (const other of outer) other.postMessage({ width, height, media: document.body.dataset.hash }, "*");
}

function measure() {
  const { width, height } = document.body.dataset;
  if (width && height) return { width: Number(width), height: Number(height) };
  if (stage.querySelector(".sleeve")) return CARD_SIZE;
  const video = stage.querySelector("video");
  if (video) return { width: video.videoWidth, height: video.videoHeight };
  const image = stage.querySelector("img");
  if (image) return { width: image.naturalWidth, height: image.naturalHeight };
  return WAITING_SIZE;
}

function watchSize() {
  tellSize();
  stage.querySelector("video")?.addEventListener("loadedmetadata", tellSize);
  stage.querySelector("img")?.addEventListener("load", tellSize);
}

function openOriginalOutside() {
  if (outer.size > 0) stage.querySelector("[data-original]")?.setAttribute("target", "_blank");
}

addEventListener("message", (event) => {
  if (!outer.has(event.source)) return;
  const media = stage.querySelector("video, audio");
  if (event.data?.action === "play" && media) play(media);
  if (event.data?.action === "pause") media?.pause();
});

if (parseOptions(location.hash).nobrand) document.getElementById("brand")?.remove();
startPlayer(stage);
wireTurning(stage);
openOriginalOutside();
watchSize();
if ((await followWaiting(stage)) === "player") {
  openOriginalOutside();
  watchSize();
}
