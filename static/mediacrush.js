/*! MediaCrush for any page: <div class="mediacrush" data-media="HASH#options"></div> and this script. No dependencies. */
(() => {
  "use strict";

  // Each text to paste brings this script along: the first of them renders for all.
  if (window.MediaCrush?.version) return;

  const script = document.currentScript;
  const POLL_MS = 1000;
  const HASH_LENGTH = 12;
  // Hashes asked for at once: their line is far below the 4,094 bytes that gunicorn reads of one.
  const LIST_LENGTH = 200;
  const FINISHED = new Set(["ready", "done", "error", "timeout", "unrecognised", "internal_error", "not found"]);
  const GONE = "This media was deleted, or its address is mistyped.";
  const UNREACHABLE = "This media cannot be loaded right now.";
  // What a frame gets until it has said how large its media is.
  const FIRST_SIZE = { width: 640, height: 360 };

  /** Frames by their windows: only they may say how large they want to be. */
  const frames = new WeakMap();

  /** Elements that wait for an answer: they are not asked for a second time. */
  const waiting = new WeakSet();

  const api = (path, options) => fetch(MediaCrush.domain + "api/" + path, options).then((answer) => answer.json());

  /** The same with the real status in `x-status`: browsers print every other one into the page's console. */
  const ask = (path, options = {}) => api(path, { ...options, headers: { "X-CORS-Status": "1", ...options.headers } });

  const form = (fields) => ({ method: "POST", body: new URLSearchParams(fields) });

  /** Calls back soon and alone, so that a mistake in it is the page's own and not taken for a failed request. */
  const tell = (callback, ...values) => callback && setTimeout(callback, 0, ...values);

  /** The File or Album of the API, with what a page does to it. */
  function makeMedia(hash, facts, ownToken) {
    const media = {
      update: (callback) => load(hash).then((fresh) => tell(callback, Object.assign(media, fresh))),
      wait: (callback) => poll(hash).then((fresh) => tell(callback, Object.assign(media, fresh))),
      delete: (callback, token = ownToken) => MediaCrush.delete(hash, callback, token),
    };
    return Object.assign(media, facts, { hash, url: MediaCrush.domain + hash });
  }

  async function load(hash) {
    const answer = await ask(hash + "/status").catch(() => ({}));
    const { status, progress, message } = answer;
    if (answer["x-status"] === 200) return { ...answer[hash], status, progress, message };
    if (answer["x-status"] === 404) return { status: "not found" };
    // An album has no status: it is there, or it is not.
    if (answer["x-status"] !== 415) return { status: "unreachable" };
    const album = await ask(hash).catch(() => ({}));
    return album["x-status"] === 200 ? { ...album, status: "done" } : { status: "not found" };
  }

  /** The File, Album or null of each hash, by hash. Rejected where the site does not answer, or not with that. */
  async function info(hashes) {
    const asked = [...new Set(hashes)].filter((hash) => /^[\w-]{12}$/.test(hash));
    const byHash = Object.fromEntries(hashes.map((hash) => [hash, null]));
    for (let start = 0; start < asked.length; start += LIST_LENGTH) {
      const content = await api("info?list=" + asked.slice(start, start + LIST_LENGTH).join(","));
      if (content.error) throw new Error(content.message || UNREACHABLE);
      for (const hash of asked) if (content[hash]) byHash[hash] = makeMedia(hash, content[hash]);
    }
    return byHash;
  }

  async function poll(hash) {
    for (;;) {
      const facts = await load(hash);
      if (FINISHED.has(facts.status)) return facts;
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }

  /** `HASH#autoplay,loop` as the hash and the words. */
  function parse(text) {
    const [, words = ""] = text.slice(HASH_LENGTH).split("#");
    return { hash: text.slice(0, HASH_LENGTH), words: words.split(",").filter((word) => /^[a-z]+$/.test(word)) };
  }

  function fit(width, height, room) {
    const most = (limit, other) => (limit > 0 ? Math.min(limit, other) : other);
    const maxWidth = most(MediaCrush.maxMediaWidth, room || Infinity);
    const maxHeight = most(MediaCrush.maxMediaHeight, Infinity);
    if (!MediaCrush.preserveAspectRatio) return [Math.min(width, maxWidth), Math.min(height, maxHeight)];
    const scale = Math.min(1, maxWidth / width, maxHeight / height);
    return [Math.round(width * scale), Math.round(height * scale)];
  }

  /** The size as attributes; a page that becomes narrower shrinks it further. */
  function size(node, width, height, keepsRatio) {
    [node.width, node.height] = [width, height];
    node.style.maxWidth = "100%";
    node.style.height = keepsRatio ? "auto" : height + "px";
    node.style.aspectRatio = keepsRatio ? width + " / " + height : "";
  }

  function say(element, sentence) {
    const line = document.createElement("p");
    line.textContent = sentence;
    element.replaceChildren(line);
  }

  function showImage(element, media) {
    const image = new Image();
    const { width, height } = media.metadata?.dimensions ?? {};
    const file = media.files.find((one) => one.type.startsWith("image/"));
    if (width && height) size(image, ...fit(width, height, element.clientWidth), MediaCrush.preserveAspectRatio);
    image.alt = media.title || "";
    image.src = file.url;
    element.replaceChildren(image);
    return new Promise((done) => (image.onload = image.onerror = done));
  }

  function showFrame(element, media, words) {
    const frame = document.createElement("iframe");
    frame.src = MediaCrush.domain + media.hash + "/frame" + (words.length ? "?" + words.join("&") : "");
    frame.title = media.title || "MediaCrush";
    frame.allow = "autoplay; fullscreen";
    frame.allowFullscreen = true;
    frame.style.border = "0";
    const { width, height } = media.metadata?.dimensions ?? FIRST_SIZE;
    const { preserveAspectRatio } = MediaCrush;
    const isSound = media.blob_type === "audio"; // its card is as high on a narrow page
    const resize = (width, height) => {
      const [fitWidth, fitHeight] = fit(width, height, element.clientWidth);
      size(frame, fitWidth, isSound ? height : fitHeight, preserveAspectRatio && !isSound);
    };
    resize(width, height);
    element.replaceChildren(frame);
    const loaded = new Promise((done) => (frame.onload = done));
    frames.set(frame.contentWindow, { resize, loaded });
    return loaded;
  }

  async function show(element, media, words) {
    element.classList.remove("mediacrush");
    element.classList.add("mediacrush-processed");
    if (!media) return say(element, GONE);
    const still = media.blob_type === "image" && media.files.some((one) => one.type.startsWith("image/"));
    return still ? showImage(element, media) : showFrame(element, media, words);
  }

  /** The media shown in each element, null for a sentence; never rejected. */
  async function renderEach(elements) {
    elements.forEach((element) => waiting.add(element));
    const wanted = elements.map((element) => parse(element.getAttribute("data-media") || ""));
    const byHash = await info(wanted.map(({ hash }) => hash)).catch(() => null);
    return Promise.all(
      elements.map(async (element, n) => {
        const { hash, words } = wanted[n];
        waiting.delete(element);
        const media = byHash && byHash[hash];
        await (byHash ? show(element, media, words) : say(element, UNREACHABLE));
        return media;
      }),
    );
  }

  const frameOf = (element) => element.querySelector("iframe")?.contentWindow;

  /** Sent when the frame is there to hear it. Its origin is none in a sandbox, so any will do. */
  function command(element, action) {
    const frame = frameOf(element);
    frames.get(frame)?.loaded.then(() => frame.postMessage({ action }, "*"));
  }

  addEventListener("message", ({ source, data }) => {
    const frame = source && frames.get(source);
    if (frame && data && data.width > 0 && data.height > 0) frame.resize(Number(data.width), Number(data.height));
  });

  const MediaCrush = (window.MediaCrush = {
    version: 1,
    domain: new URL("/", script?.src || location.href).href,
    maxMediaWidth: -1,
    maxMediaHeight: -1,
    preserveAspectRatio: true,

    /** One hash: callback(media), null for none. Several: callback(array, byHash). */
    async get(hash, callback) {
      const hashes = [].concat(hash);
      const byHash = await info(hashes);
      if (Array.isArray(hash)) tell(callback, hashes.map((name) => byHash[name]), byHash);
      else tell(callback, byHash[hash]);
      return byHash;
    },

    /** callback(true or false) */
    exists: (hash, callback) => ask(hash + "/exists").then(({ exists }) => tell(callback, exists === true)),

    /** callback(media), with its `status` of this moment */
    checkStatus: (hash, callback) => load(hash).then((facts) => tell(callback, makeMedia(hash, facts))),

    /** callback(true when it was deleted); `token` is the upload's delete_token. */
    delete(hash, callback, token) {
      const headers = token ? { "X-Delete-Token": token } : {};
      return ask(hash, { method: "DELETE", headers }).then((answer) => tell(callback, answer.status === "success"));
    },

    /** A File or an address. callback(media, answer); onprogress(event) while a file is sent. */
    upload(file, callback, onprogress) {
      const finish = (answer) => {
        const { hash, delete_token: token } = answer;
        tell(callback, hash ? makeMedia(hash, { status: "pending", ...answer[hash] }, token) : null, answer);
      };
      const breakOff = () => finish({ error: 0, message: "The upload broke off." });
      if (typeof file === "string") return ask("upload/url", form({ url: file })).then(finish, breakOff);
      const body = new FormData();
      body.append("file", file);
      const request = new XMLHttpRequest();
      request.open("POST", MediaCrush.domain + "api/upload/file");
      if (onprogress) request.upload.onprogress = onprogress;
      request.responseType = "json";
      request.onload = () => finish(request.response || { error: request.status });
      request.onerror = breakOff;
      request.send(body);
    },

    /** Shows what `data-media` of the element names; callback(media) when it is there, callback(null) when it is not. */
    async render(element, callback) {
      tell(callback, (await renderEach([element]))[0]);
    },

    /** Every div.mediacrush of the page, asked for in one request. */
    renderAll() {
      const elements = [...document.querySelectorAll("div.mediacrush[data-media]")];
      return renderEach(elements.filter((element) => !waiting.has(element)));
    },

    play: (element) => command(element, "play"),
    pause: (element) => command(element, "pause"),
  });

  function start() {
    if (window.preventMediaCrushAutoload) return;
    window.beforeMediaCrushLoad?.();
    MediaCrush.renderAll();
  }
  if (document.readyState === "complete") start();
  else addEventListener("load", start);
})();
