// How loud a sound is at each moment, drawn where its place is chosen.

const BARS = 160;
const HEIGHT = 100;
const SVG = "http://www.w3.org/2000/svg";

/**
 * Draws it as soon as the rail is in sight; without it the rail stays a line.
 * @param {HTMLMediaElement} media `data-waveform` is the address of the JSON with `peaks`, 0 to 1
 * @param {HTMLElement} rail
 */
export function drawWaveform(media, rail) {
  const { duration: measured, waveform } = media.dataset;
  const show = () => rail.style.setProperty("--played", media.currentTime / (media.duration || measured));
  for (const name of ["timeupdate", "seeking"]) media.addEventListener(name, show);
  const observer = new IntersectionObserver(async (entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    try {
      const { peaks } = await (await fetch(waveform)).json();
      if (peaks.length === 0) return;
      // Twice: all of it, and over it what was played, cut off where that ends (controls.css).
      rail.append(draw(peaks, "wave"), draw(peaks, "wave is-played"));
      rail.classList.add("has-wave");
    } catch {
      // The line does.
    }
  });
  observer.observe(rail);
}

function draw(peaks, className) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", className);
  svg.setAttribute("viewBox", `0 0 ${BARS} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", bars(peaks));
  svg.append(path);
  return svg;
}

/** The loudest of it reaches the edge, silence is a dot. */
function bars(peaks) {
  const loudest = Math.max(...peaks) || 1;
  const count = Math.min(BARS, peaks.length);
  const width = BARS / count;
  return Array.from({ length: count }, (_, n) => {
    const part = peaks.slice(Math.floor((n * peaks.length) / count), Math.ceil(((n + 1) * peaks.length) / count));
    const height = Math.max(4, (Math.max(...part) / loudest) * HEIGHT);
    const [left, top] = [((n + 0.2) * width).toFixed(2), ((HEIGHT - height) / 2).toFixed(1)];
    return `M${left} ${top}h${(0.6 * width).toFixed(2)}v${height.toFixed(1)}h${(-0.6 * width).toFixed(2)}z`;
  }).join("");
}
