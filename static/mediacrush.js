/*! MediaCrush for any page: <div class="mediacrush" data-media="HASH#options"></div> and this script. No dependencies. */
(() => {
  "use strict";

  const script = document.currentScript;
  const POLL_MS = 1000;
  const HASH_LENGTH = 12;
  const FINISHED = new Set(["ready", "done", "error", "timeout", "unrecognised", "internal_error"]);
  const GONE = "This media was deleted, or its address is mistyped.";
  const UNREACHABLE = "This media cannot be loaded right now.";
  // What a frame gets until it has said how large its media is.
  const FIRST_SIZE = { width: 640, height: 360 };

  /** Frames by their windows: only they may say how large they want to be. */
  const frames = new Map();

  const api = (path, options) =>
    fetch(MediaCrush.domain + "api/" + path, options).then((answer) => answer.json().then((content) => ({ answer, content })));

  const form = (fields) => ({ method: "POST", body: new URLSearchParams(fields) });

  /** Calls back soon and alone, so that a mistake in it is the page's own and not taken for a failed request. */
  const tell = (callback, ...values) => callback && setTimeout(callback, 0, ...values);

  /** The File or Album of the API, with what a page does to it. */
  function makeMedia(hash, facts) {
    const media = {
      update: (callback) => load(hash).then((fresh) => tell(callback, Object.assign(media, fresh))),
      wait: (callback) => poll(hash).then((fresh) => tell(callback, Object.assign(media, fresh))),
      delete: (callback, token) => MediaCrush.delete(hash, callback, token),
    };
    return Object.assign(media, facts, { hash, url: MediaCrush.domain + hash });
  }

  async function load(hash) {
    const { answer, content } = await api(hash + "/status").catch(() => ({}));
    if (!answer) return { status: "unreachable" };
    if (answer.status === 415) return { ...(await api(hash)).content, status: "done" };
    return { ...content[hash], status: answer.ok ? content.status : "not found", progress: content.progress };
  }

  async function poll(hash) {
    for (;;) {
      const facts = await load(hash);
      if (FINISHED.has(facts.status) || facts.status === "not found") return facts;
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

  function say(element, sentence) {
    const line = document.createElement("p");
    line.textContent = sentence;
    element.replaceChildren(line);
  }

  function showImage(element, media) {
    const image = new Image();
    const { width, height } = media.metadata?.dimensions ?? {};
    const file = media.files.find((one) => one.type.startsWith("image/"));
    if (width && height) [image.width, image.height] = fit(width, height, element.clientWidth);
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
    const size = media.metadata?.dimensions ?? FIRST_SIZE;
    const resize = (width, height) => {
      const audio = media.blob_type === "audio";
      const [fitWidth, fitHeight] = fit(width, height, element.clientWidth);
      frame.width = fitWidth;
      frame.height = audio ? height : fitHeight;
    };
    resize(size.width, size.height);
    element.replaceChildren(frame);
    frames.set(frame.contentWindow, resize);
    return new Promise((done) => (frame.onload = done));
  }

  async function show(element, media, words) {
    element.classList.remove("mediacrush");
    element.classList.add("mediacrush-processed");
    if (!media) return say(element, GONE);
    const still = media.blob_type === "image" && media.files.some((one) => one.type.startsWith("image/"));
    return still ? showImage(element, media) : showFrame(element, media, words);
  }

  const frameOf = (element) => element.querySelector("iframe")?.contentWindow;
  const command = (element, action) => frameOf(element)?.postMessage({ action }, "*");

  addEventListener("message", ({ source, data }) => {
    const resize = frames.get(source);
    if (resize && data && data.width > 0 && data.height > 0) resize(Number(data.width), Number(data.height));
  });

  const MediaCrush = (window.MediaCrush = {
    version: 1,
    domain: new URL("/", script?.src || location.href).href,
    maxMediaWidth: -1,
    maxMediaHeight: -1,
    preserveAspectRatio: true,

    /** One hash: callback(media), null for none. Several: callback(array, byHash). */
    get(hash, callback) {
      const hashes = [].concat(hash);
      return api("info?list=" + hashes.join(",")).then(({ content }) => {
        const byHash = {};
        for (const name of hashes) byHash[name] = content[name] ? makeMedia(name, content[name]) : null;
        if (Array.isArray(hash)) tell(callback, hashes.map((name) => byHash[name]), byHash);
        else tell(callback, byHash[hash]);
        return byHash;
      });
    },

    /** callback(true or false) */
    exists(hash, callback) {
      return api(hash + "/exists").then(({ content }) => tell(callback, content.exists === true));
    },

    /** callback(media), with its `status` of this moment */
    checkStatus(hash, callback) {
      return load(hash).then((facts) => tell(callback, makeMedia(hash, facts)));
    },

    /** callback(true when it was deleted); `token` is the upload's delete_token. */
    delete(hash, callback, token) {
      const headers = token ? { "X-Delete-Token": token } : {};
      return api(hash, { method: "DELETE", headers }).then(({ answer }) => tell(callback, answer.ok));
    },

    /** A File or an address. callback(media, answer); onprogress(event) while a file is sent. */
    upload(file, callback, onprogress) {
      const finish = (answer) => tell(callback, answer.hash ? makeMedia(answer.hash, { status: "pending", ...answer[answer.hash] }) : null, answer);
      if (typeof file === "string") return api("upload/url", form({ url: file })).then(({ content }) => finish(content));
      const body = new FormData();
      body.append("file", file);
      const request = new XMLHttpRequest();
      request.open("POST", MediaCrush.domain + "api/upload/file");
      if (onprogress) request.upload.onprogress = onprogress;
      request.responseType = "json";
      request.onload = () => finish(request.response || { error: request.status });
      request.onerror = () => finish({ error: 0, message: "The upload broke off." });
      request.send(body);
    },

    /** Shows what `data-media` of the element names; callback(media or null) when it is there. */
    render(element, callback) {
      const { hash, words } = parse(element.getAttribute("data-media") || "");
      return MediaCrush.get(hash).then(
        (byHash) => show(element, byHash[hash], words).then(() => tell(callback, byHash[hash])),
        () => say(element, UNREACHABLE),
      );
    },

    /** Every div.mediacrush of the page, asked for in one request. */
    renderAll() {
      const elements = [...document.querySelectorAll("div.mediacrush[data-media]")];
      const wanted = elements.map((element) => parse(element.getAttribute("data-media")));
      if (elements.length === 0) return Promise.resolve();
      return MediaCrush.get([...new Set(wanted.map(({ hash }) => hash))]).then(
        (byHash) => Promise.all(elements.map((element, n) => show(element, byHash[wanted[n].hash], wanted[n].words))),
        () => elements.forEach((element) => say(element, UNREACHABLE)),
      );
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
