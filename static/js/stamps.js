/*
 * The visitor's stamp cards on this phone, and what every page of the rally begins with. Two more files stand on it
 * (`Stamps`), each on the pages that need it: stamp-capture.js stamps, stamp-book.js shows what there is.
 *
 * A card is made here, with a random code and secret; the server hears of it with the first stamp. A capture is stored
 * (offline.js) before it is shown, and shown before it is sent. What the page shows is the server's last answer and
 * what still waits in the outbox, laid over each other.
 */
(() => {
  "use strict";

  const holder = document.getElementById("stamps-data");
  if (!holder || !window.Kouba) return;
  const page = JSON.parse(holder.textContent);
  const { store, outbox, listen, keep } = window.Kouba;
  const words = page.words;
  const language = document.documentElement.lang;
  const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const MOST_CARDS = 8;
  const ANSWER_WITHIN = 6000; /* ms that the page waits before it says "kept, we will see to it" */

  const plural = new Intl.PluralRules(language);
  const one = (text, count) => (typeof text === "string" ? text : text[plural.select(count)] || text.other);
  const fill = (text, values) => one(text, values.count).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const said = (texts) => (texts && (texts[language] || texts.ja || texts.en)) || "";
  const draw = (letters) => [...crypto.getRandomValues(new Uint8Array(letters))].map((byte) => ALPHABET[byte & 31]).join("");
  const clock = (moment) => new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit", hour12: false }).format(moment);
  const day = (moment) => new Intl.DateTimeFormat(language, { month: "short", day: "numeric", weekday: "short" }).format(moment);

  /* As tokens.py reads them: any case, O for 0, I and L for 1, hyphens and spaces left out. */
  const normal = (token) => token.toUpperCase().replace(/[-\s]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");

  /* Empty where the browser does no such sums: on a page without https, when somebody tries the rally in their own network. */
  const digest = async (token) => {
    if (!crypto.subtle) return "";
    const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
    return [...new Uint8Array(bytes).slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  /* --- rallies: what the phone knows of them without a signal ------------------------------------------------ */

  const rallyOf = (key) => store.get(`rally:${key}`);

  const refreshRally = async (paths) => {
    const known = page.rally && (await rallyOf(page.rally));
    try {
      const headers = known && known.etag ? { "If-None-Match": known.etag } : {};
      const answer = await fetch(paths.manifest, { headers, cache: "no-store", credentials: "same-origin" });
      if (answer.status === 304 || !answer.ok) return known;
      if (!(answer.headers.get("Content-Type") || "").startsWith("application/json")) return known;
      const found = await answer.json();
      if (found.schema !== "kouba.rally.1") return known;
      found.etag = answer.headers.get("ETag");
      await store.set(`rally:${found.key}`, found);
      await store.update("rallies", (old) => [found.key, ...(old || []).filter((one) => one !== found.key)]);
      return found;
    } catch {
      return known;
    }
  };

  /* Where a token belongs, from what is on the phone: {rally, station} or null. A display's code says only its place
     here; whether it was fresh is the server's to say. */
  const lookUp = async (token) => {
    const mark = await digest(token);
    const keys = new Set([page.rally, ...((await store.get("rallies")) || [])].filter(Boolean));
    for (const key of keys) {
      const rally = await rallyOf(key);
      const code = rally && (rally.posters[mark] || (token[0] === "1" && rally.displays[token.slice(1, 6)]));
      const station = code && rally.stations.find((one) => one.code === code);
      if (station) return { rally, station };
    }
    return null;
  };

  /* --- cards --------------------------------------------------------------------------------------------------- */

  const cardsOf = async (key) => (await store.get(`cards:${key}`)) || [];

  const makeCard = async (key, sync, { code = draw(16), secret = draw(26), label = "" } = {}) => {
    const card = { code, secret, label, device: draw(12) };
    await store.update(`cards:${key}`, (old) => [...(old || []).filter((one) => one.code !== code), card].slice(0, MOST_CARDS));
    await outbox.address(code, { url: sync, envelope: { card: code, secret, device: card.device } });
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => {});
    return card;
  };

  /* Cards that this browser's cookie names but its storage has lost. */
  const adopt = async () => {
    const cards = await cardsOf(page.rally);
    const missing = (page.cookie || []).some((code) => !cards.some((one) => one.code === code));
    if (!missing || !page.paths.here) return;
    try {
      const answer = await ask(page.paths.here, {});
      const found = await answer.json();
      for (const one of found.cards) {
        if (!cards.some((card) => card.code === one.code)) await makeCard(page.rally, page.paths.sync, one);
      }
      outbox.send(found.cards.map((one) => one.code));
    } catch {
      /* The cookie stays; the next visit asks again. */
    }
  };

  const ask = (url, body) =>
    fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Kouba": "outbox" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout ? AbortSignal.timeout(ANSWER_WITHIN) : undefined,
    });

  /* Opened from the home screen, or out of LINE: the address brought letters that name the card of the other storage. */
  const takeAlong = async () => {
    const found = /^#open=([0-9A-Z]{46})$/.exec(location.hash);
    if (found) {
      history.replaceState(null, "", location.pathname + location.search); /* whoever shares this page shares no card */
      await store.update(`along:${page.rally}`, (old) => (old && old.done.includes(found[1]) ? old : { letters: found[1], done: old ? old.done : [] }));
    }
    const along = await store.get(`along:${page.rally}`);
    if (!along || !along.letters || !page.paths.take_along) return;
    const [card] = [...(await cardsOf(page.rally)), null];
    const mine = card || (await makeCard(page.rally, page.paths.sync));
    try {
      const answer = await ask(page.paths.take_along, { card: mine.code, secret: mine.secret, device: mine.device, handoff: along.letters });
      if (!answer.ok && ![403, 404].includes(answer.status)) return;
      await store.set(`along:${page.rally}`, { letters: "", done: [...along.done, along.letters].slice(-20) });
      if (answer.ok) await outbox.send([mine.code]);
    } catch {
      /* No signal: the next visit asks again. */
    }
  };

  /* The way out of LINE takes the card along: its letters stand in the web manifest. */
  const leadOut = async () => {
    const hint = document.querySelector("[data-line-hint] a");
    if (!isLine || !hint || !page.paths.web_manifest) return;
    try {
      const found = await (await fetch(page.paths.web_manifest, { credentials: "same-origin", cache: "no-store" })).json();
      hint.href = hint.getAttribute("href").split("#")[0] + new URL(found.start_url, location).hash;
    } catch {
      /* The link works without it. */
    }
  };

  /* What a card shows: {stations: {code: {at, status}}, prizes, waiting, notes}. */
  const viewOf = async (card) => {
    const answer = await store.get(`answer:${card.code}`);
    const waiting = await outbox.pending(card.code);
    const stations = {};
    for (const one of waiting) {
      if (one.local.station && !stations[one.local.station]) stations[one.local.station] = { at: one.local.at, status: "waiting" };
    }
    const told = (answer && answer.card) || { stamps: [], progress: [] };
    for (const stamp of told.stamps) stations[stamp.station] = { at: stamp.t, status: stamp.status };
    return { stations, prizes: told.progress, waiting: waiting.length, isKnown: Boolean(answer || waiting.length) };
  };

  const currentCard = async () => {
    const cards = await cardsOf(page.rally);
    const chosen = await store.get(`current:${page.rally}`);
    return { cards, card: cards.find((one) => one.code === chosen) || cards[0] || null };
  };

  /* --- on every page ----------------------------------------------------------------------------------------------- */

  /* What stamp-book.js does, where it is. */
  const shown = { begin: async () => {}, render: async () => {}, cards: () => {}, counts: () => {}, certificates: async () => {} };

  const isInApp = () => /\bLine\/|FBAN|FBAV|Instagram|MicroMessenger|Twitter/i.test(navigator.userAgent);
  const isLine = /\bLine\//i.test(navigator.userAgent);

  const metres = ([lat1, lon1], [lat2, lon2]) => {
    const rad = Math.PI / 180;
    const x = (lon2 - lon1) * rad * Math.cos(((lat1 + lat2) / 2) * rad);
    return Math.hypot(x, (lat2 - lat1) * rad) * 6371000;
  };

  /* After the first stamp the phone keeps what it needs to go on without a signal. */
  let prepared = false;
  const prepare = async (key) => {
    const rally = await rallyOf(key);
    if (!rally || prepared) return;
    prepared = true;
    const { paths } = rally;
    const shell = (path) => ({ at: path, url: `${path}?shell=1` });
    keep({
      pages: [shell(paths.home), shell(paths.scan), shell(paths.claim)],
      files: [...rally.stations.map((one) => one.art), ...rally.files],
    });
  };

  /* What was earned, for a desk without a signal. */
  const fetchCertificates = async (card) => {
    const view = await viewOf(card);
    const earnedNow = view.prizes.filter((one) => one.state === "earned").map((one) => one.code);
    const kept = ((await store.get(`certificates:${card.code}`)) || []).filter((one) => earnedNow.includes(one.prize));
    if (kept.length === earnedNow.length || !page.paths.certificates) return store.set(`certificates:${card.code}`, kept);
    try {
      const answer = await ask(page.paths.certificates, { card: card.code, secret: card.secret, device: card.device });
      const found = await answer.json();
      return store.set(`certificates:${card.code}`, found.certificates || []);
    } catch {
      return false; /* The next visit asks again. */
    }
  };

  /* Cards that ended on the server leave the phone too. */
  const forgetCard = async (key, code) => {
    await store.update(`cards:${key}`, (old) => (old || []).filter((one) => one.code !== code));
    for (const name of ["answer", "notes", "held", "to", "seq", "certificates"]) await store.remove(`${name}:${code}`);
  };

  const forget = async () => {
    for (const code of page.gone.filter(Boolean)) {
      await outbox.drop(code, (await outbox.pending(code)).map((one) => one.id));
      await forgetCard(page.rally, code);
    }
  };

  /* A card that the server no longer opens: what it still wanted to send goes onto a new one, and nothing is lost. */
  const replaceCard = async (code) => {
    for (const key of new Set([page.rally, ...((await store.get("rallies")) || [])].filter(Boolean))) {
      const old = (await cardsOf(key)).find((one) => one.code === code);
      if (!old) continue;
      const waiting = await outbox.pending(code);
      const to = await store.get(`to:${code}`);
      if (waiting.length) {
        const fresh = await makeCard(key, to.url, { label: old.label });
        for (const { id, item, local } of waiting) await outbox.add(fresh.code, { id, item, local });
      }
      await forgetCard(key, code);
    }
    shown.render();
  };

  /* --- begin ------------------------------------------------------------------------------------------------------ */

  const onPoster = async () => {
    const found = /^\/s\/([^/]+)$/.exec(location.pathname);
    const token = page.token || (found && decodeURIComponent(found[1]));
    const [newest] = (await store.get("rallies")) || [];
    if (!token) {
      location.replace(newest ? (await rallyOf(newest)).paths.home : "/");
      return;
    }
    const place = await lookUp(normal(token));
    const home = place ? place.rally.paths.home : page.paths.home;
    history.replaceState(null, "", home || "/s/"); /* whoever shares this page shares no poster */
    if (document.prerendering) await new Promise((resolve) => document.addEventListener("prerenderingchange", resolve, { once: true }));
    if (page.rally) await adopt();
    if (page.rally) refreshRally(page.paths).then(() => prepare(page.rally));
    await window.Stamps.capture({ token, method: "deeplink", station: page.station });
    location.replace(home || (await rallyOf(page.rally)).paths.home);
  };

  const afterAnswer = async (code) => {
    const card = (await cardsOf(page.rally)).find((one) => one.code === code);
    if (card) await fetchCertificates(card);
    await shown.certificates();
  };

  for (const hint of document.querySelectorAll("[data-line-hint]")) hint.hidden = !isLine;
  for (const hint of document.querySelectorAll("[data-scripted]")) hint.hidden = false;

  listen((news) => {
    if (news.kind === "refused") replaceCard(news.group);
    if (news.kind === "answered" || news.kind === "added") shown.render();
    if (news.kind !== "answered") return;
    afterAnswer(news.group);
    shown.counts();
  });

  const begin = async () => {
    await forget();
    if (page.poster) {
      await onPoster();
      return;
    }
    if (!page.rally) return;
    await shown.begin();
    await adopt();
    await shown.render();
    await takeAlong();
    leadOut();
    shown.cards();
    const cards = await cardsOf(page.rally);
    await refreshRally(page.paths);
    if (cards.length) prepare(page.rally);
    await shown.render();
    if (cards.length) outbox.send(cards.map((one) => one.code));
    shown.certificates();
  };

  window.Stamps = {
    page, words, store, outbox, listen, shown, draw, normal, fill, said, clock, day, metres, isInApp, lookUp, rallyOf, prepare,
    MOST_CARDS, ANSWER_WITHIN, cardsOf, makeCard, currentCard, viewOf,
    ready: new Promise((resolve) => document.addEventListener("DOMContentLoaded", () => resolve(begin()))), /* the other files are there then */
  };
})();
