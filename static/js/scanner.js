/*
 * The scanner in the page: the camera, and three other ways beside it. Loaded on its own page only.
 * What was read is handed to stamps.js, which keeps it before it says so.
 */
(() => {
  "use strict";

  const box = document.getElementById("scanner");
  if (!box) return;
  const words = JSON.parse(document.getElementById("scanner-words").textContent);
  const part = (name) => box.querySelector(`[data-part="${name}"]`);
  const [video, start, torch, zoom] = ["video", "start", "torch", "zoom"].map(part);
  const line = document.getElementById("scanner-line");

  const PAUSE = 100; /* ms between two pictures: ten a second are plenty, and the phone stays cool */
  const LARGEST = 720; /* pixels of the square that is read */
  const DARK = 14;
  const DARK_FOR = 30; /* pictures */
  const AGAIN_AFTER = 3500; /* ms until the same code counts as shown anew */

  /* --- the reader, beside the page ------------------------------------------------------------------------- */

  let reader = null;
  const answers = new Map();
  let number = 0;

  const startReader = () => {
    reader ||= new Promise((resolve, reject) => {
      const worker = new Worker(box.dataset.worker);
      worker.onerror = () => reject(new Error("worker"));
      worker.onmessage = ({ data }) => {
        if (data.kind === "ready") resolve(worker);
        else if (data.kind === "broken") reject(new Error("wasm"));
        else if (answers.has(data.number)) {
          answers.get(data.number)(data);
          answers.delete(data.number);
        }
      };
      worker.postMessage({ kind: "start", library: box.dataset.library, wasm: box.dataset.wasm });
    });
    reader.catch(() => {
      reader = null;
    });
    return reader;
  };

  const read = async (picture) => {
    const worker = await startReader();
    number += 1;
    const mine = number;
    return new Promise((resolve) => {
      answers.set(mine, resolve);
      worker.postMessage({ kind: "frame", number: mine, picture }, [picture.data.buffer]);
    });
  };

  /* --- what was read ----------------------------------------------------------------------------------------- */

  const say = (text, kind = "") => {
    if (line.textContent !== text) line.textContent = text;
    line.dataset.kind = kind;
  };

  const shown = { token: "", at: 0 };
  let busy = false;

  /* A token of ours, or "" for every other code in the world, whose address is never opened. */
  const tokenIn = (text) => {
    try {
      const url = new URL(text);
      const ours = url.host === location.host || url.host === box.dataset.host;
      const found = ours && /^\/s\/([0-9A-Za-z-]{20,140})$/.exec(url.pathname);
      return found ? found[1].toUpperCase() : "";
    } catch {
      return "";
    }
  };

  const accept = async (texts, method) => {
    const token = texts.map(tokenIn).find(Boolean);
    if (!token) {
      say(words.foreign, "warning");
      return false;
    }
    if (token === shown.token && Date.now() - shown.at < AGAIN_AFTER) {
      shown.at = Date.now();
      return false;
    }
    shown.token = token;
    shown.at = Date.now();
    busy = true;
    try {
      await window.Stamps.capture({ token, method });
    } finally {
      busy = false;
      shown.at = Date.now();
    }
    say(words.next);
    return true;
  };

  /* --- the camera -------------------------------------------------------------------------------------------- */

  let stream = null;
  let wanted = false;
  let retried = false;
  let dark = 0;
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });

  const track = () => stream && stream.getVideoTracks()[0];

  const stop = () => {
    if (stream) for (const one of stream.getTracks()) one.stop();
    stream = null;
    video.srcObject = null;
    box.dataset.state = wanted ? "waiting" : "off";
  };

  const offer = () => {
    const can = (track() && track().getCapabilities && track().getCapabilities()) || {};
    torch.hidden = !can.torch;
    zoom.hidden = !(can.zoom && can.zoom.max >= 2);
    torch.setAttribute("aria-pressed", "false");
    zoom.setAttribute("aria-pressed", "false");
  };

  const openCamera = async () => {
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) throw new DOMException("", "NotFoundError");
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    track().onended = () => wanted && retry(new DOMException("", "NotReadableError"));
    video.srcObject = stream;
    await video.play();
  };

  const refusal = (trouble) => {
    if (trouble.name === "NotAllowedError" || trouble.name === "SecurityError") return words.denied;
    if (trouble.name === "NotFoundError" || trouble.name === "OverconstrainedError") return words.absent;
    if (trouble.message === "wasm" || trouble.message === "worker") return words.broken;
    return words.stuck;
  };

  const giveUp = (trouble) => {
    wanted = false;
    stop();
    start.hidden = false;
    say(refusal(trouble), "warning");
    box.dataset.state = "failed";
    document.getElementById("other-ways").scrollIntoView({ block: "nearest" });
  };

  /* Cameras fail once for no reason, most of all inside other applications: one more try, then the other ways. */
  const retry = (trouble) => {
    stop();
    if (retried || trouble.name === "NotAllowedError" || trouble.name === "NotFoundError") {
      giveUp(trouble);
      return;
    }
    retried = true;
    setTimeout(run, 800);
  };

  const run = async () => {
    wanted = true;
    start.hidden = true;
    box.dataset.state = "waiting";
    say(words.opening);
    try {
      await openCamera();
      if (!wanted || document.hidden) {
        stop();
        return;
      }
      await startReader();
    } catch (trouble) {
      retry(trouble);
      return;
    }
    retried = false;
    offer();
    box.dataset.state = "on";
    say(words.look);
    look(stream);
  };

  /* The square in the middle, as large as it is worth reading. */
  const picture = () => {
    const side = Math.min(video.videoWidth, video.videoHeight);
    const size = Math.min(LARGEST, side);
    canvas.width = canvas.height = size;
    const [left, top] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
    pen.drawImage(video, left, top, side, side, 0, 0, size, size);
    return pen.getImageData(0, 0, size, size);
  };

  const look = async (mine) => {
    while (stream === mine && mine) {
      if (!busy && video.videoWidth) {
        const { texts, light } = await read(picture());
        if (stream !== mine) return;
        dark = light < DARK ? dark + 1 : 0;
        if (dark === DARK_FOR) say(torch.hidden ? words.dark : words.darkTorch, "warning");
        if (texts.length) await accept(texts, "camera");
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  };

  start.addEventListener("click", () => {
    if (window.Stamps) window.Stamps.wakeSound();
    run();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stop();
    else if (wanted) run();
  });
  window.addEventListener("pagehide", stop);

  const toggle = (button, setting) =>
    button.addEventListener("click", async () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      try {
        await track().applyConstraints({ advanced: [setting(on)] });
        button.setAttribute("aria-pressed", String(on));
      } catch {
        button.hidden = true;
      }
    });
  toggle(torch, (on) => ({ torch: on }));
  toggle(zoom, (on) => ({ zoom: on ? 2 : 1 }));

  /* --- a photo ------------------------------------------------------------------------------------------------ */

  const inPhoto = async (file, largest) => {
    const image = await createImageBitmap(file);
    const scale = Math.min(1, largest / Math.max(image.width, image.height));
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    return read(pen.getImageData(0, 0, canvas.width, canvas.height));
  };

  const photo = document.getElementById("photo");
  photo.addEventListener("change", async () => {
    const [file] = photo.files;
    if (!file) return;
    const told = document.getElementById("photo-line");
    told.textContent = words.reading;
    let texts = [];
    try {
      for (const largest of [1600, 900, 2600]) if (!texts.length) ({ texts } = await inPhoto(file, largest));
    } catch {
      /* No picture, or none that this phone can open: said below. */
    }
    told.textContent = texts.length ? "" : words.nothing;
    photo.value = "";
    if (texts.length && !(await accept(texts, "photo"))) told.textContent = line.textContent;
  });

  /* Where the camera may be used already, it opens by itself. */
  if (navigator.permissions && navigator.permissions.query) {
    navigator.permissions.query({ name: "camera" }).then(
      (answer) => answer.state === "granted" && !wanted && run(),
      () => {},
    );
  }
})();
