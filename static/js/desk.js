/*
 * Staff phones: a scanned card is stamped, looked up, or (without a signal) its certificate is checked here.
 *
 * A stamp is stored on the phone before anybody is told so, and sent when there is a signal; the same outbox as the
 * visitors' (offline.js). What was sent is kept for the day too: should the server ever have lost some of it, it is sent
 * once more; the server knows every number it has seen. What is refused only then, when the visitor has long gone, stays
 * on the page with its reason until somebody puts it aside.
 */
(() => {
  "use strict";

  const holder = document.getElementById("desk-data");
  if (!holder || !window.Kouba) return;
  const page = JSON.parse(holder.textContent);
  const { store, outbox, listen, keep } = window.Kouba;
  const words = page.words;
  const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const STAMPS = `desk:${page.device}`;
  const PRIZES = `away:${page.device}`;
  const KEPT = `given:${page.device}`;
  const [PAPER, CLAIM, CERTIFICATE] = ["4", "2", "5"];
  const CERTIFICATE_LETTERS = 137;
  const ANSWER_WITHIN = 4000;
  const MOST_NAMES = 8;

  const result = document.getElementById("desk-result");
  const waiting = document.getElementById("desk-waiting");
  const typed = document.getElementById("typed");
  const station = document.querySelector("[name=station]");
  const draw = (count) => [...crypto.getRandomValues(new Uint8Array(count))].map((byte) => ALPHABET[byte & 31]).join("");
  const language = document.documentElement.lang;
  const plural = new Intl.PluralRules(language);
  const formOf = (text, count) => (typeof text === "string" ? text : text[plural.select(count)] || text.other);
  const fill = (text, values) => formOf(text, values.count).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

  const say = (text, kind) => {
    if (!result) return;
    result.textContent = text;
    result.dataset.kind = kind;
    if (navigator.vibrate) navigator.vibrate(kind === "good" ? 60 : [60, 80, 60]);
  };

  /* Enrolled again for another day, a phone still has what it kept under its older names. */
  const groups = async () => ((await store.get("desks")) || [page.device]).flatMap((device) => [`desk:${device}`, `away:${device}`]);

  const showWaiting = async () => {
    if (!waiting) return;
    const mine = new Set(await groups());
    const count = (await outbox.pending()).filter((one) => mine.has(one.group)).length;
    waiting.textContent = count ? fill(words.waiting, { count }) : waiting.dataset.had ? words.none : "";
    if (count) waiting.dataset.had = "1";
    waiting.dataset.kind = count ? "care" : "good";
  };

  /* --- what was kept, and refused when it was sent ------------------------------------------------------------------ */

  const notes = document.getElementById("desk-notes");
  const said = new Set(); /* told on this page, to whoever stood there */
  let turn = 0;

  const moment = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", weekday: "short", hour: "numeric", minute: "2-digit", hour12: false });

  /* What a code that staff scanned is called: a paper card by the number that is printed on it. */
  const nameOf = (shown) => {
    const token = shown.toUpperCase().replace(/[-\s]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
    if (token[0] !== PAPER || token.length !== 22) return words.card;
    const serial = [...token.slice(3, 10)].reduce((sum, letter) => sum * 32 + ALPHABET.indexOf(letter), 0);
    return fill(words.paper, { serial: String(serial).padStart(6, "0") });
  };

  const noteRow = (group, { id, text, local }) => {
    const row = notes.querySelector("template").content.cloneNode(true);
    const part = (name) => row.querySelector(`[data-part="${name}"]`);
    const what = [local.at ? moment.format(local.at) : "", local.where, local.what].filter(Boolean).join(" · ");
    part("what").textContent = what;
    part("which").textContent = ` ${what}`;
    part("why").textContent = text;
    part("aside").addEventListener("click", async () => {
      await putAside(group, id);
      (notes.querySelector("li button") || result || waiting)?.focus();
    });
    return row;
  };

  const showNotes = async () => {
    if (!notes) return;
    turn += 1;
    const mine = turn;
    const rows = [];
    for (const group of await groups()) {
      for (const note of (await store.get(`notes:${group}`)) || []) if (!said.has(note.id)) rows.push(noteRow(group, note));
    }
    if (mine !== turn) return;
    notes.hidden = !rows.length;
    notes.querySelector("[data-part=title]").textContent = fill(words.notes, { count: rows.length });
    notes.querySelector("[data-part=list]").replaceChildren(...rows);
  };

  const putAside = async (group, id) => {
    await store.update(`notes:${group}`, (old) => (old || []).filter((one) => one.id !== id));
    await showNotes();
  };

  /* --- stamping -------------------------------------------------------------------------------------------------- */

  const answers = new Map();
  const answerTo = (id) =>
    new Promise((resolve) => {
      answers.set(id, resolve);
      setTimeout(() => resolve(null), ANSWER_WITHIN);
    });

  let latest = ""; /* whose answer the line under the scanner still waits for */
  const tell = ({ text, verdict }) => say(text, { rejected: "bad", held: "care" }[verdict] || "good");

  const stampCard = async (shown) => {
    const last = await store.get(`answer:${STAMPS}`);
    const id = draw(26);
    const item = { scan_id: id, shown, station: station.value, t_client: Date.now() };
    if (last && last.server_time) item.after = last.server_time;
    const local = { item, at: item.t_client, what: nameOf(shown), where: (station.selectedOptions ? station.selectedOptions[0] : station).dataset.name };
    const told = answerTo(id);
    const { stored } = await outbox.add(STAMPS, { id, item, local });
    await store.update(KEPT, (old) => ({ ...old, [id]: local }));
    outbox.send();
    const found = await told;
    answers.delete(id);
    if (!found) {
      latest = id;
      say(stored ? words.kept : words.fleeting, "care");
      return;
    }
    latest = "";
    tell(found);
    if (found.notice) await putAside(STAMPS, id);
  };

  /* What the server has said it knows, against what this phone has stamped today and is not still waiting to send. */
  const lookBack = async (answer, settled) => {
    const refused = [...settled, ...((await store.get(`notes:${STAMPS}`)) || [])].filter((one) => one.verdict === "rejected");
    const gone = new Set(refused.map((one) => one.id));
    const open = new Set((await outbox.pending(STAMPS)).map((one) => one.id));
    const all = Object.entries((await store.get(KEPT)) || {}).filter(([id]) => !gone.has(id));
    if (gone.size) await store.update(KEPT, (old) => Object.fromEntries(Object.entries(old || {}).filter(([id]) => !gone.has(id))));
    const sent = all.filter(([id]) => !open.has(id));
    if (typeof answer.known !== "number" || answer.known >= sent.length) return;
    for (const [id, local] of sent) await outbox.add(STAMPS, { id, item: local.item, local });
    outbox.send();
  };

  listen((news) => {
    if (news.kind === "answered") {
      for (const one of news.results) {
        if (one.id === latest) tell(one);
        if (!answers.has(one.id)) continue;
        said.add(one.id);
        answers.get(one.id)(one);
      }
      if (news.group === STAMPS) lookBack(news.answer, news.results);
      if (news.group === PRIZES) settleGone();
      showNotes();
    }
    showWaiting();
  });

  /* --- the prize desk: looking a card up --------------------------------------------------------------------------- */

  const lookUp = async (shown) => {
    typed.querySelector("[name=code]").value = shown;
    typed.requestSubmit();
  };

  /* --- without a signal ---------------------------------------------------------------------------------------------- */

  const bytesOf = (text, length) => {
    const out = new Uint8Array(length);
    let [bits, count, at] = [0, 0, 0];
    for (const letter of text) {
      bits = (bits << 5) | ALPHABET.indexOf(letter);
      count += 5;
      if (count >= 8 && at < length) {
        count -= 8;
        out[at] = (bits >> count) & 255;
        at += 1;
      }
      bits &= (1 << count) - 1;
    }
    return out;
  };

  const numberAt = (bytes, at) => new DataView(bytes.buffer).getUint32(at);

  /* The prize and the award of a good certificate of this rally, else null. As certificates.py makes them. */
  const readCertificate = async (token) => {
    const bytes = bytesOf(token.slice(1), 85);
    const [payload, signature] = [bytes.slice(0, 21), bytes.slice(21)];
    const key = await crypto.subtle.importKey("jwk", page.public_key, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    const prefix = new TextEncoder().encode("OFS1/certificate");
    const signed = new Uint8Array([...prefix, ...payload]);
    const good = await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, signed);
    if (!good || payload[0] !== 1 || numberAt(payload, 1) !== page.rally) return null;
    return { prize: numberAt(payload, 5) };
  };

  const leftOf = async (escrow) => {
    const gone = (await store.get(`gone:${page.device}`)) || {};
    const isCounted = (one) => one.told && one.told < page.made; /* the page knew of it: its number is without it */
    return escrow.left - Object.values(gone).filter((one) => one.escrow === escrow.code && !isCounted(one)).length;
  };

  const showLeft = async () => {
    for (const escrow of page.escrows) {
      const line = document.querySelector(`[data-escrow="${escrow.code}"] [data-left]`);
      if (line) line.textContent = fill(words.left, { count: await leftOf(escrow) });
    }
  };

  const handOver = async (token) => {
    if (!crypto.subtle) return say(words.unsafe, "bad");
    const read = await readCertificate(token).catch(() => null);
    if (!read) return say(words.notOurs, "bad");
    const escrow = page.escrows.find((one) => one.prize === read.prize);
    if (!escrow) return say(words.noPrize, "bad");
    const gone = (await store.get(`gone:${page.device}`)) || {};
    if (gone[token]) return say(words.twice, "bad");
    if ((await leftOf(escrow)) < 1) return say(words.empty, "bad");
    const id = draw(26);
    const item = { scan_id: id, escrow: escrow.code, certificate: token, t_client: Date.now() };
    const { stored } = await outbox.add(PRIZES, { id, item, local: { at: item.t_client, what: escrow.name } });
    await store.update(`gone:${page.device}`, (old) => ({ ...old, [token]: { escrow: escrow.code, id } }));
    say(fill(words.handed, { prize: escrow.name }) + (stored ? "" : ` ${words.fleeting}`), stored ? "good" : "care");
    await showLeft();
    return outbox.send();
  };

  /* When the server had entered what was handed over, by its own clock and at the latest: a page that the phone kept from
     before knows nothing of it yet, also where the service worker has sent it meanwhile. */
  const settleGone = async () => {
    const open = new Set((await outbox.pending(PRIZES)).map((one) => one.id));
    const last = await store.get(`answer:${PRIZES}`);
    const told = (one) => one.told || (!open.has(one.id) && last ? last.server_time : 0);
    await store.update(`gone:${page.device}`, (old) =>
      Object.fromEntries(Object.entries(old || {}).map(([token, one]) => [token, { ...one, told: told(one) }])),
    );
  };

  /* --- the scanner hands its codes here -------------------------------------------------------------------------------- */

  const capture = async ({ token }) => {
    if (page.public_key) {
      return token[0] === CERTIFICATE && token.length === CERTIFICATE_LETTERS ? handOver(token) : say(words.notOurs, "bad");
    }
    if (token[0] !== CLAIM && token[0] !== PAPER) return say(words.notCard, "bad");
    return page.for_prizes ? lookUp(token) : stampCard(token);
  };

  window.Stamps = { capture, wakeSound: () => {} };

  for (const part of document.querySelectorAll("[data-scripted]")) part.hidden = false;
  if (typed && !page.for_prizes && station) {
    typed.addEventListener("submit", (event) => {
      const code = typed.querySelector("[name=code]");
      if (!code.value.trim()) return;
      event.preventDefault();
      stampCard(code.value.trim().split("/s/").pop());
      code.value = "";
    });
    typed.removeAttribute("data-once");
  }

  const begin = async () => {
    await store.update("desks", (old) => [page.device, ...(old || []).filter((one) => one !== page.device)].slice(0, MOST_NAMES));
    await outbox.address(STAMPS, { url: page.sync, envelope: {} });
    await outbox.address(PRIZES, { url: page.upload, envelope: {} });
    if (page.public_key) {
      await settleGone();
      await showLeft();
    }
    await showWaiting();
    await showNotes();
    outbox.send(station ? [STAMPS] : []);
    const here = location.pathname;
    const files = [...document.querySelectorAll("link[rel=stylesheet], script[src]")].map((one) => new URL(one.href || one.src));
    const scanner = document.getElementById("scanner");
    const parts = scanner ? [scanner.dataset.worker, scanner.dataset.library, scanner.dataset.wasm] : [];
    keep({ pages: scanner ? [{ at: here, url: here }] : [], files: [...files.map((one) => one.pathname + one.search), ...parts] });
  };
  begin();
})();
