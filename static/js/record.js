// Recording from the microphone, in a dialog: how loud, how long, and then a file like any other.

import { clock } from "./format.js";

const KINDS = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const EXTENSIONS = { "audio/webm": "webm", "audio/ogg": "ogg", "audio/mp4": "m4a" };
const LOUDNESS = 4; // a voice at a usual distance fills about half of the bar

const REFUSALS = {
  NotAllowedError: "The microphone is closed to this site. Allow it beside the address, then record again.",
  NotFoundError: "There is no microphone here.",
  NotReadableError: "Another program holds the microphone.",
};

const dialog = document.getElementById("recorder");
const state = dialog.querySelector("[data-state]");
const time = dialog.querySelector("[data-time]");
const level = dialog.querySelector("meter");
const stop = dialog.querySelector("[data-stop]");
const leave = dialog.querySelector("[data-leave]");

/** @returns {Promise<File | null>} null where nothing was recorded, or it was thrown away */
export async function recordSound() {
  show("Waiting for the microphone", false);
  dialog.showModal();
  const closed = new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    try {
      return dialog.open ? await record(stream, closed) : null;
    } finally {
      for (const track of stream.getTracks()) track.stop();
    }
  } catch (error) {
    show(REFUSALS[error.name] ?? "This browser gives no microphone to this page.", false);
    dialog.classList.add("is-refused");
    leave.textContent = "Close";
    await closed;
    return null;
  }
}

async function record(stream, closed) {
  const kind = KINDS.find((one) => MediaRecorder.isTypeSupported(one));
  const recorder = new MediaRecorder(stream, kind ? { mimeType: kind } : {});
  const parts = [];
  recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
  const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
  recorder.start();
  show("Recording", true);
  const endMeter = measure(stream);
  await Promise.race([closed, ended]); // it ends by itself where the microphone is pulled out
  endMeter();
  if (recorder.state !== "inactive") recorder.stop();
  await ended;
  if (dialog.open) dialog.close("keep");
  if (dialog.returnValue !== "keep") return null;
  const type = recorder.mimeType.split(";")[0];
  return new File(parts, `Recording ${now()}.${EXTENSIONS[type] ?? "webm"}`, { type });
}

/** Shows how loud and how long it is. @returns {() => void} what ends that */
function measure(stream) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const start = performance.now();
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    level.value = LOUDNESS * Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    time.textContent = clock((performance.now() - start) / 1000);
  }, 50);
  return () => {
    clearInterval(timer);
    context.close();
  };
}

function show(words, isRecording) {
  dialog.returnValue = "";
  dialog.classList.remove("is-refused");
  leave.textContent = "Throw away";
  state.textContent = words;
  time.textContent = clock(0);
  level.value = 0;
  stop.disabled = !isRecording;
}

/** "2026-11-26 14.05": no colon, which names of files cannot have everywhere. */
function now() {
  const local = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16).replace("T", " ").replace(":", ".");
}
