// A picture on its page, looked at closely: wheel, pinch, double click, keys and buttons zoom; drags and arrows pan.
// Without it the picture is a link to the original, which it stays for whoever opens it in another tab.

const STEP = 1.4;
const PAN_PX = 80;
const DRAG_PX = 4; // a hand that clicks is not still
const AGAIN_MS = 350; // what comes sooner is the same double click, the same turn of the wheel
const GLIDE_MS = 450;
const LEAST_MOST = 8;
const PIXELS_ENLARGED = 2;
const GLYPHS = { out: "M6 12h12", in: "M6 12h12M12 6v12", open: "M10 5H5v14h14v-5M14 5h5v5M19 5l-8 8" };

let last = new AbortController(); // ends what was wired for the picture that stood there before

/** @param {HTMLElement} stage holds one player; nothing is done unless that is a picture's */
export function wireZoom(stage) {
  last.abort();
  last = new AbortController();
  stage.classList.remove("has-zoom", "is-zoomed");
  const link = stage.querySelector(".is-image a.fill");
  if (link) new Zoom(stage, link, last.signal);
}

class Zoom {
  #scale = 1; // 1: as large as fits
  #x = 0; // pixels from the middle of the stage
  #y = 0;
  #pointers = new Map();
  #hasMoved = false;
  #lastClick = 0;
  #heldUntil = 0; // the wheel that zoomed out must not scroll the page at once

  constructor(stage, link, signal) {
    this.stage = stage;
    this.link = link;
    this.image = link.querySelector("img");
    link.draggable = this.image.draggable = false;
    link.removeAttribute("title");
    stage.classList.add("has-zoom");
    this.#addBar();
    this.#listen(signal);
    this.#show();
  }

  get isZoomed() {
    return this.#scale > 1;
  }

  /** How many times larger than fitted the picture is when each of its pixels is one of the page's. */
  get #whole() {
    return (Number(this.image.getAttribute("width")) || this.image.naturalWidth || 1) / (this.link.offsetWidth || 1);
  }

  /** @param {number} scale @param {{x: number, y: number}} [at] what stays where it is, from the middle of the stage */
  zoom(scale, at = { x: 0, y: 0 }) {
    const next = Math.min(Math.max(1, scale), Math.max(LEAST_MOST, PIXELS_ENLARGED * this.#whole));
    const grown = next / this.#scale;
    this.#scale = next;
    this.pan(at.x - grown * (at.x - this.#x) - this.#x, at.y - grown * (at.y - this.#y) - this.#y);
    // What is left has every pixel; the browser shows what it has until that is there.
    if (this.isZoomed) this.link.querySelector("source[sizes]")?.remove();
  }

  pan(right, down) {
    const most = (size, room) => Math.max(0, (size * this.#scale - room) / 2);
    const [mostX, mostY] = [
      most(this.link.offsetWidth, this.stage.clientWidth),
      most(this.link.offsetHeight, this.stage.clientHeight),
    ];
    this.#x = Math.min(mostX, Math.max(-mostX, this.#x + right));
    this.#y = Math.min(mostY, Math.max(-mostY, this.#y + down));
    this.#show();
  }

  /** Between as large as fits and each pixel its own; a small picture becomes larger than it is. */
  toggle(at) {
    const whole = this.#whole;
    this.#glide(() => this.zoom(this.isZoomed ? 1 : whole > 1.2 ? whole : 2, at));
  }

  #show() {
    const moved = this.isZoomed ? `translate(${this.#x}px, ${this.#y}px) scale(${this.#scale})` : "";
    this.link.style.transform = moved;
    this.stage.classList.toggle("is-zoomed", this.isZoomed);
    const percent = Math.round((100 * this.#scale) / this.#whole);
    this.percent.textContent = `${percent} %`;
    this.percent.setAttribute("aria-label", this.isZoomed ? `Fit, now at ${percent} %` : `Full size, now at ${percent} %`);
  }

  /** A step is shown as a movement, a hand's own movement is not delayed. */
  #glide(step) {
    this.link.classList.add("is-gliding");
    step();
    setTimeout(() => this.link.classList.remove("is-gliding"), GLIDE_MS);
  }

  #from({ clientX, clientY }) {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
  }

  #addBar() {
    const bar = document.createElement("div");
    bar.className = "zoom-bar";
    const button = (label, glyph, deed) => {
      const made = document.createElement(deed ? "button" : "a");
      if (deed) made.type = "button";
      if (deed) made.addEventListener("click", deed);
      if (label) made.setAttribute("aria-label", (made.title = label));
      if (glyph) {
        made.innerHTML = `<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path d="${glyph}"/></svg>`;
      }
      bar.append(made);
      return made;
    };
    button("Zoom out", GLYPHS.out, () => this.#glide(() => this.zoom(this.#scale / STEP)));
    this.percent = button("", "", () => this.toggle());
    button("Zoom in", GLYPHS.in, () => this.#glide(() => this.zoom(this.#scale * STEP)));
    button("Open the original", GLYPHS.open).href = this.link.href;
    this.stage.append(bar);
  }

  #listen(signal) {
    const { link, stage } = this;
    link.addEventListener("click", (event) => this.#click(event));
    link.addEventListener("dragstart", (event) => event.preventDefault());
    link.addEventListener("pointerdown", (event) => this.#press(event));
    link.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      link.addEventListener(end, ({ pointerId }) => this.#pointers.delete(pointerId));
    }
    // Two fingers are ours, one scrolls the page as long as there is nothing to pan.
    link.addEventListener("touchstart", (event) => event.touches.length > 1 && event.preventDefault(), { passive: false });
    stage.addEventListener("wheel", (event) => this.#turn(event), { passive: false, signal });
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    addEventListener("resize", () => this.zoom(1), { signal });
  }

  get #isVeiled() {
    return this.link.closest("[inert]") !== null;
  }

  #click(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.link.focus({ preventScroll: true });
    const isKey = event.detail === 0;
    if (this.#hasMoved && !isKey) return;
    const isSecond = event.timeStamp - this.#lastClick < AGAIN_MS;
    this.#lastClick = event.timeStamp;
    if (!isSecond) this.toggle(isKey ? undefined : this.#from(event));
  }

  #press(event) {
    this.#hasMoved = this.#pointers.size > 0; // two fingers make no click
    this.#pointers.set(event.pointerId, event);
    if (this.isZoomed) this.link.setPointerCapture(event.pointerId);
  }

  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const [right, down] = [event.clientX - before.clientX, event.clientY - before.clientY];
    const other = [...this.#pointers.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    if (!other && !this.#hasMoved && Math.hypot(right, down) < DRAG_PX) return;
    this.#hasMoved = true;
    this.#pointers.set(event.pointerId, event);
    if (!other) {
      if (this.isZoomed) this.pan(right, down);
      return;
    }
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
    const middle = { clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 };
    this.zoom(this.#scale * (apart(event) / apart(before)), this.#from(middle));
    this.pan(right / 2, down / 2);
  }

  /** The page scrolls by the wheel as any page does, but at its top, where up means nothing, up is closer. */
  #turn(event) {
    if (this.#isVeiled) return;
    const isPinch = event.ctrlKey;
    if (!isPinch && !this.isZoomed && event.timeStamp < this.#heldUntil) event.preventDefault();
    if (!isPinch && !this.isZoomed && (event.deltaY >= 0 || scrollY > 0)) return;
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 20 : event.deltaY;
    this.zoom(this.#scale * Math.exp(-pixels / (isPinch ? 100 : 400)), this.#from(event));
    this.#heldUntil = event.timeStamp + AGAIN_MS;
  }

  /** Signs belong to the picture while it has the focus: who speaks to a browser says many a sign (WCAG 2.1.4). */
  #key(event) {
    const { key, target } = event;
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || this.#isVeiled) return;
    if (target.matches("input, textarea, select") || document.querySelector("dialog[open]")) return;
    const signs = { "+": STEP, "=": STEP, "-": 1 / STEP, 0: 0 };
    const arrows = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (this.isZoomed && key in arrows) this.#glide(() => this.pan(...arrows[key].map((way) => way * PAN_PX)));
    else if (this.isZoomed && key === "Escape") this.#glide(() => this.zoom(1));
    else if (key in signs && this.stage.contains(target)) this.#glide(() => this.zoom(this.#scale * signs[key]));
    else return;
    event.preventDefault();
  }
}
