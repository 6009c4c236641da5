// Subtitles in ASS, drawn over a film with their styles and fonts by JASSUB. Its worker runs WebAssembly, which the policy of
// its own file allows; until it draws, and where it does not, the plain subtitles show.

import JASSUB from "../vendor/jassub/dist/jassub.js";

const FILES = new URL("../vendor/jassub/dist/", import.meta.url);

/** @param {HTMLVideoElement} video with a `<track data-script>`, and `data-fonts`, addresses apart by blanks */
export function drawScripts(video) {
  // The library would compile a module to find out, which pages may not; this one every browser runs.
  JASSUB._supportsSIMD = false;
  const elements = [...video.querySelectorAll("track[data-script]")];
  let drawn = null; // the track that is drawn
  let renderer = null; // a promise of it

  const show = async () => {
    const wanted = elements.find(({ track }) => track.mode === "showing") ?? null;
    if (wanted === drawn) return;
    drawn = wanted;
    try {
      const text = wanted ? await fetched(wanted.dataset.script, "text") : "";
      if (wanted) renderer ??= start(video, text);
      const jassub = await renderer;
      if (drawn !== wanted) return;
      if (wanted) await jassub?.renderer.setTrack(text);
      else await jassub?.renderer.freeTrack();
      await jassub?.resize(true);
      video.classList.toggle("has-script", wanted !== null);
    } catch (error) {
      console.warn("Subtitles without their styles:", error);
      video.classList.remove("has-script");
    }
  };
  video.textTracks.addEventListener("change", show);
  show();
}

async function start(video, subContent) {
  if (!("requestVideoFrameCallback" in video)) throw new Error("this browser does not say which frame it shows");
  const fonts = (video.dataset.fonts ?? "").split(" ").filter(Boolean);
  const canvas = Object.assign(document.createElement("canvas"), { className: "script", slot: "media" });
  video.after(canvas);
  const jassub = new JASSUB({
    video,
    canvas,
    subContent,
    fonts: await Promise.all(fonts.map(async (address) => new Uint8Array(await fetched(address, "arrayBuffer")))),
    wasmUrl: new URL("wasm/jassub-worker.wasm", FILES).href,
    queryFonts: false,
  });
  await jassub.ready;
  if (!jassub.renderer) throw new Error("the renderer did not start");
  return jassub;
}

async function fetched(address, how) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer[how]();
}
