/*
 * Reads QR codes beside the page, so that the picture stays smooth. Served by its own address with the permission to
 * run WebAssembly; the reader is zxing-wasm (static/vendor), and never asked from a foreign host.
 *
 * in:  {kind: "start", library, wasm, sample}    {kind: "frame", number, picture: ImageData}
 * out: {kind: "ready"}   {kind: "broken"}        {kind: "read", number, texts, light}
 */
"use strict";

const EVERY_FOURTH = 4;

const start = async ({ library, wasm }) => {
  importScripts(library);
  ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => wasm } });
  await ZXingWASM.getZXingModule();
  postMessage({ kind: "ready" });
};

/* How bright the picture is on the whole, 0 to 255, from a few hundred points of it. */
const lightOf = ({ data }) => {
  const step = Math.max(4, Math.floor(data.length / 400 / 4) * 4);
  let sum = 0;
  let points = 0;
  for (let place = 0; place < data.length; place += step) {
    sum += (data[place] + 2 * data[place + 1] + data[place + 2]) / 4;
    points += 1;
  }
  return sum / points;
};

/* The usual way is right for most pictures; every fourth one is read another way, for light that falls badly. */
const read = async ({ number, picture }) => {
  const found = await ZXingWASM.readBarcodes(picture, {
    formats: ["QRCode"],
    tryHarder: true,
    maxNumberOfSymbols: 2,
    binarizer: number % EVERY_FOURTH === EVERY_FOURTH - 1 ? "GlobalHistogram" : "LocalAverage",
  });
  const texts = found.filter((one) => one.isValid).map((one) => one.text);
  postMessage({ kind: "read", number, texts, light: lightOf(picture) });
};

onmessage = async ({ data }) => {
  try {
    if (data.kind === "start") await start(data);
    else await read(data);
  } catch {
    if (data.kind === "start") postMessage({ kind: "broken" });
    else postMessage({ kind: "read", number: data.number, texts: [], light: 128 });
  }
};
