/*
 * The one service worker. /sw.js gives it with a line in front: `self.KOUBA = {version, files, pages}`, so that a new
 * release is a new worker.
 *
 * It touches little: hashed files it has are answered from the phone; a page that some room asked to keep is shown
 * when the network fails; a poster's address is answered at once from the kept page, for the page itself knows what
 * to do; everything else goes to the network as if there were no worker. Nothing that was typed, booked or posted
 * passes through here.
 */
"use strict";

importScripts(self.KOUBA.offline);

const SHELL = `kouba-shell-${self.KOUBA.version}`;
const KEPT = "kouba-kept";
const PATIENCE = 4000; /* ms until a page that is kept is shown instead of waiting on */
const POSTER = "/s/";
const DESK = "/desk/"; /* after a staff phone's day no page opens here that could send what still waits in it */

const fetched = async (url) => {
  const answer = await fetch(url, { cache: "no-cache", credentials: "same-origin" });
  if (!answer.ok || answer.redirected) throw new Error(url);
  return answer;
};

/* Kept one by one: a file that cannot be had now is no reason to keep none of the others. */
const put = async (cacheName, key, url) => {
  try {
    const cache = await caches.open(cacheName);
    await cache.put(key, await fetched(url));
  } catch {
    /* The next visit asks again. */
  }
};

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(SHELL);
      await cache.addAll(self.KOUBA.files);
      for (const page of self.KOUBA.pages) await cache.put(page.at, await fetched(page.url));
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith("kouba-shell-") && name !== SHELL) await caches.delete(name);
      }
      await self.clients.claim();
    })(),
  );
});

/* pages: [{at, url}]: at is the address under which it is found again; files: addresses that carry a hash. */
const keep = async ({ pages = [], files = [] }) => {
  const cache = await caches.open(KEPT);
  for (const { at, url } of pages) await put(KEPT, at, url);
  for (const url of files) if (!(await cache.match(url))) await put(KEPT, url, url);
  const mentioned = new Set(files.map((url) => new URL(url, location).pathname));
  for (const request of await cache.keys()) {
    const { pathname, search } = new URL(request.url);
    const isOld = search && mentioned.has(pathname) && !files.includes(pathname + search);
    if (isOld) await cache.delete(request);
  }
};

self.addEventListener("message", (event) => {
  if (event.data && event.data.kind === "keep") event.waitUntil(keep(event.data));
});

self.addEventListener("sync", (event) => {
  if (event.tag !== self.Kouba.TAG) return;
  const all = (sent) => sent || Promise.reject(new Error("something waits")); /* the browser then calls again, later */
  event.waitUntil(self.Kouba.outbox.send().then(all));
});

const kept = (url) => caches.match(url.pathname + url.search).then((found) => found || caches.match(url.pathname));

const lateness = () => new Promise((_, reject) => setTimeout(reject, PATIENCE));

/* The network; else the page that is kept for this address; else the page that says there is no signal. */
const page = async (request, url) => {
  const spare = await kept(url);
  try {
    const network = fetch(request);
    network.catch(() => {});
    return await (spare ? Promise.race([network, lateness()]) : network);
  } catch {
    return spare || (await caches.match("/offline")) || Response.error();
  }
};

/* A poster: the kept page is there in a moment and does the same with a signal as without. */
const poster = async (request) => (await caches.match(POSTER)) || fetch(request).catch(() => caches.match("/offline"));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname.startsWith(DESK)) event.waitUntil(self.Kouba.outbox.send());
    const isPoster = url.pathname.startsWith(POSTER) && url.pathname.length > POSTER.length && !url.search;
    event.respondWith(isPoster ? poster(request) : page(request, url));
  } else if (url.searchParams.has("v")) {
    event.respondWith(caches.match(url.pathname + url.search).then((found) => found || fetch(request)));
  }
});
