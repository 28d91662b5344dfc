/*
 * The visitor's stamp cards on this phone: capture, the moment of the stamp, the card page.
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
  const quiet = window.matchMedia("(prefers-reduced-motion: reduce)");
  const MOST_CARDS = 8;
  const ANSWER_WITHIN = 6000; /* ms that the page waits before it says "kept, we will see to it" */
  const HIT = 430; /* ms from the start of the movement until the stamp touches the paper */

  const plural = new Intl.PluralRules(language);
  const one = (text, count) => (typeof text === "string" ? text : text[plural.select(count)] || text.other);
  const fill = (text, values) => one(text, values.count).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const said = (texts) => (texts && (texts[language] || texts.ja || texts.en)) || "";
  const draw = (letters) => [...crypto.getRandomValues(new Uint8Array(letters))].map((byte) => ALPHABET[byte & 31]).join("");
  const clock = (moment) => new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit", hour12: false }).format(moment);
  const day = (moment) => new Intl.DateTimeFormat(language, { month: "short", day: "numeric", weekday: "short" }).format(moment);

  /* As tokens.py reads them: any case, O for 0, I and L for 1, hyphens and spaces left out. */
  const normal = (token) => token.toUpperCase().replace(/[-\s]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");

  const digest = async (token) => {
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
  const saveCards = (key, cards) => store.set(`cards:${key}`, cards);

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

  /* --- the moment ---------------------------------------------------------------------------------------------- */

  const moment = document.getElementById("moment");
  const inMoment = (name) => moment.querySelector(`[data-part="${name}"]`);
  let sound = null;

  const wakeSound = () => {
    try {
      sound ||= new AudioContext();
      if (sound.state === "suspended") sound.resume();
    } catch {
      sound = null;
    }
  };

  /* A wooden thump and the breath of paper under it, made here and now. */
  const thump = () => {
    if (!sound || sound.state !== "running") return;
    const now = sound.currentTime;
    const body = sound.createOscillator();
    const level = sound.createGain();
    body.frequency.setValueAtTime(150, now);
    body.frequency.exponentialRampToValueAtTime(48, now + 0.13);
    level.gain.setValueAtTime(0.7, now);
    level.gain.exponentialRampToValueAtTime(0.001, now + 0.22);
    body.connect(level).connect(sound.destination);
    body.start(now);
    body.stop(now + 0.24);
    const length = Math.floor(sound.sampleRate * 0.09);
    const noise = sound.createBuffer(1, length, sound.sampleRate);
    const samples = noise.getChannelData(0);
    for (let place = 0; place < length; place += 1) samples[place] = (Math.random() * 2 - 1) * (1 - place / length) ** 3;
    const paper = sound.createBufferSource();
    const soft = sound.createBiquadFilter();
    soft.type = "lowpass";
    soft.frequency.value = 1800;
    paper.buffer = noise;
    paper.connect(soft).connect(sound.destination);
    paper.start(now + 0.01);
  };

  const press = () => {
    const sheet = inMoment("sheet");
    sheet.style.setProperty("--tilt", `${(Math.random() * 16 - 8).toFixed(1)}deg`);
    sheet.style.setProperty("--ink", (0.86 + Math.random() * 0.14).toFixed(2));
    sheet.classList.remove("pressed");
    void sheet.offsetWidth; /* so that the movement starts anew */
    sheet.classList.add("pressed");
    setTimeout(
      () => {
        thump();
        const touched = !navigator.userActivation || navigator.userActivation.hasBeenActive;
        if (touched && navigator.vibrate) navigator.vibrate([28, 30, 12]);
      },
      quiet.matches ? 0 : HIT,
    );
  };

  /* kind: new, again, held, kept (not known yet what it is), refused. */
  const show = ({ kind, station, at, text, cards = 1 }) => {
    moment.dataset.kind = kind;
    inMoment("title").textContent = station ? said(station.name) : words.kinds[kind];
    inMoment("what").textContent = text || words.kinds[kind];
    inMoment("what").hidden = !station && !text;
    const art = inMoment("art");
    art.hidden = !station;
    if (station && art.getAttribute("src") !== station.art) art.src = station.art;
    inMoment("place").textContent = station
      ? fill(words.line, { day: day(at), time: clock(at), number: station.number }) + (cards > 1 ? ` · ${fill(words.cards, { count: cards })}` : "")
      : "";
    if (!moment.open) {
      moment.showModal();
      inMoment("title").focus();
      if (station) press();
    }
  };

  if (moment) {
    inMoment("sheet").addEventListener("click", () => {
      wakeSound();
      if (!inMoment("art").hidden) press();
    });
    moment.addEventListener("click", (event) => event.target === moment && moment.close());
    for (const button of moment.querySelectorAll("[data-close]")) button.addEventListener("click", () => moment.close());
  }

  const closed = () => new Promise((resolve) => (moment.open ? moment.addEventListener("close", resolve, { once: true }) : resolve()));

  /* --- capture ------------------------------------------------------------------------------------------------- */

  const inApp = () => /\bLine\/|FBAN|FBAV|Instagram|MicroMessenger|Twitter/i.test(navigator.userAgent);
  const isLine = /\bLine\//i.test(navigator.userAgent);

  /* The distance is counted here, and only a word about it is ever sent. */
  let fix = null;
  const metres = ([lat1, lon1], [lat2, lon2]) => {
    const rad = Math.PI / 180;
    const x = (lon2 - lon1) * rad * Math.cos(((lat1 + lat2) / 2) * rad);
    return Math.hypot(x, (lat2 - lat1) * rad) * 6371000;
  };
  const nearness = (station) => {
    if (!fix || Date.now() - fix.at > 120000 || !station || station.lat === null) return "none";
    const away = Math.max(0, metres(fix.point, [station.lat, station.lon]) - fix.accuracy);
    return away < 150 ? "near" : away < 1500 ? "mid" : "far";
  };

  /* Resolves with the answer about one item, or null when none came in time. */
  const answerTo = (id, within) =>
    new Promise((resolve) => {
      const stop = listen((news) => {
        const found = news.kind === "answered" && news.results.find((one) => one.id === id);
        if (!found) return;
        stop();
        resolve(found);
      });
      setTimeout(() => {
        stop();
        resolve(null);
      }, within);
    });

  const toward = async (body) => {
    const key = body.rally ? body.rally.key : page.rally;
    const sync = body.rally ? body.rally.paths.sync : page.paths.sync;
    let cards = (await cardsOf(key)).filter((one) => !one.rests);
    if (!cards.length) cards = [await makeCard(key, sync)];
    return { key, cards };
  };

  /* Store it for every card that is along, say so, send it. Resolves when the visitor has seen it. */
  const capture = async ({ token = "", short = "", method, station: given = null }) => {
    const plain = normal(token);
    const place = (plain && (await lookUp(plain))) || (given && page.rally ? { rally: null, station: given } : null);
    if (!place && !page.rally) {
      const [newest] = (await store.get("rallies")) || [];
      if (!newest) {
        location.replace(`/s/${plain}?open`);
        return;
      }
      page.rally = newest;
      page.paths = (await rallyOf(newest)).paths;
    }
    const { key, cards } = await toward(place || {});
    const at = Date.now();
    const station = place && place.station;
    const first = await viewOf(cards[0]);
    const had = station && first.stations[station.code];
    const ids = [];
    let stored = true;
    for (const card of cards) {
      const id = draw(26);
      ids.push(id);
      const last = await store.get(`answer:${card.code}`);
      const item = { scan_id: id, t_client: at, after: last ? last.server_time : null, method, geo: nearness(station), in_app: inApp() };
      if (plain) item.token = plain;
      else item.short_code = short;
      const record = await outbox.add(card.code, { id, item, local: { station: station && station.code, at, rally: key } });
      stored &&= record.stored;
    }
    const answer = answerTo(ids[0], ANSWER_WITHIN);
    await tellOn(await rallyOf(key), cards[0], station);
    if (station) show({ kind: had ? "again" : "new", station, at: had ? had.at : at, cards: cards.length, text: stored ? "" : words.fleeting });
    outbox.send();
    const told = answer.then((found) => tellVerdict(found, { station, at, had, cards: cards.length, card: cards[0], rally: place && place.rally }));
    if (!station) await told; /* only the answer knows what it was */
    await closed();
    prepare(key);
    render();
  };

  /* How many there are now, and how far it is to the next prize that is given for a number of stamps. A stamp that is
     still being checked counts for the first prize alone, as on the server. */
  const tellOn = async (rally, card, station, isHeld = false) => {
    const view = await viewOf(card);
    if (station && !view.stations[station.code]) view.stations[station.code] = { status: "waiting" };
    const all = Object.values(view.stations).filter((one) => one.status !== "void");
    const firm = all.filter((one) => one.status !== "held").length;
    const prizes = (rally && rally.prizes) || [];
    const first = Math.min(...prizes.map((one) => one.position));
    const have = (one) => (one.position === first ? all.length : firm);
    const next = prizes
      .filter((one) => one.kind === "count" && (one.needed > have(one) || (one.needed === have(one) && (!isHeld || one.position === first))))
      .sort((one, other) => one.needed - other.needed)[0];
    const line = inMoment("on");
    line.hidden = !rally || !all.length;
    const left = next ? next.needed - have(next) : 0;
    const about = !next ? "" : left ? fill(words.onward, { count: left, prize: said(next.name) }) : fill(words.reached, { prize: said(next.name) });
    line.textContent = [fill(words.of, { count: all.length, total: rally ? rally.stations.length : 0 }), about].filter(Boolean).join(" · ");
  };

  const tellVerdict = async (found, { station, at, had, cards, card, rally }) => {
    if (!found) {
      if (!station) show({ kind: "kept" });
      return;
    }
    const { verdict, text } = found;
    if (station && !moment.open && verdict !== "rejected") return; /* seen and closed: nothing new to say */
    const known = rally || (await rallyOf(page.rally)) || { stations: [] };
    const place = station || known.stations.find((one) => one.code === found.station) || null;
    if (verdict !== "rejected") await tellOn(known.prizes ? known : null, card, place, verdict === "held");
    if (verdict === "rejected") {
      inMoment("on").hidden = true;
      show({ kind: "refused", station: null, text });
    } else if (verdict === "duplicate") {
      const mine = had || (place && (await viewOf(card)).stations[place.code]); /* it may have come from another phone */
      show({ kind: "again", station: place, at: mine ? mine.at : found.t, cards });
    } else if (verdict === "held") show({ kind: "held", station: place, at: found.t, cards, text });
    else show({ kind: "new", station: place, at: found.t, cards });
    for (const one of await cardsOf(page.rally)) await store.update(`notes:${one.code}`, (old) => (old || []).filter((it) => it.id !== found.id));
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

  /* --- the card page -------------------------------------------------------------------------------------------- */

  const root = document.getElementById("rally");
  const inRally = (name) => root && root.querySelector(`[data-part="${name}"]`);

  const renderStations = (view) => {
    let count = 0;
    for (const item of root.querySelectorAll("[data-station]")) {
      const stamp = view.stations[item.dataset.station];
      item.dataset.state = stamp ? stamp.status : "";
      if (stamp) count += 1;
      const when = item.querySelector("[data-part=when]");
      when.textContent = stamp
        ? { waiting: words.waiting, held: words.held, void: words.void }[stamp.status] || `${day(stamp.at)} ${clock(stamp.at)}`
        : "";
    }
    for (const piece of root.querySelectorAll("[data-piece]")) {
      const stamp = view.stations[piece.dataset.piece];
      piece.classList.toggle("piece-open", Boolean(stamp) && stamp.status !== "void");
    }
    return count;
  };

  const earned = (prize, view, count) => {
    const told = view.prizes.find((one) => one.code === prize.dataset.prize);
    const needed = Number(prize.dataset.needed);
    /* What the server counts, for it knows which stamps are still being checked, and what it has not heard of yet. */
    const unsent = Object.values(view.stations).filter((one) => one.status === "waiting").length;
    const have = (told ? told.have : 0) + (prize.dataset.kind === "count" ? (told ? unsent : count) : 0);
    return { have: Math.min(have, needed), needed, state: told ? told.state : "" };
  };

  const renderPrizes = (view, count) => {
    for (const prize of root.querySelectorAll("[data-prize]")) {
      const { have, needed, state } = earned(prize, view, count);
      prize.dataset.state = state || (have >= needed ? "reached" : "");
      const bar = prize.querySelector("progress");
      bar.max = needed;
      bar.value = have;
      prize.querySelector("[data-part=left]").textContent =
        words.prize[state] || (have >= needed ? words.prize.reached : fill(words.more, { count: needed - have }));
    }
  };

  const openNow = (station, now) => !station.hours.length || station.hours.some(([from, until]) => from <= now && now < until);

  /* Not yet stamped, open now, near where the visitor is or last was. */
  /* By how much this phone's clock is wrong, as the last page from the server told. */
  let shift = 0;
  const learnShift = async () => {
    if (page.now) await store.set("shift", page.now - Date.now());
    const found = (await store.get("shift")) || 0;
    shift = Math.abs(found) > 60000 ? found : 0;
  };

  const renderNext = (rally, view) => {
    const box = inRally("next");
    const list = inRally("next-list");
    if (!box || !rally) return;
    const now = Date.now() + shift;
    const open = rally.stations.filter((one) => !view.stations[one.code] && openNow(one, now));
    const last = Object.entries(view.stations).sort(([, one], [, other]) => other.at - one.at)[0];
    const here = last && rally.stations.find((one) => one.code === last[0]);
    const from = fix ? fix.point : here && here.lat !== null ? [here.lat, here.lon] : null;
    const away = (one) => (from && one.lat !== null ? metres(from, [one.lat, one.lon]) : Infinity);
    const near = open.sort((one, other) => away(one) - away(other) || one.number - other.number).slice(0, 3);
    box.hidden = !near.length;
    list.replaceChildren(
      ...near.map((one) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = one.url || `#station-${one.code}`;
        link.textContent = said(one.name);
        const how = document.createElement("span");
        const until = one.hours.find(([start, end]) => start <= now && now < end);
        const parts = [];
        if (away(one) < Infinity) parts.push(fill(words.away, { metres: Math.max(50, Math.round(away(one) / 50) * 50) }));
        if (until) parts.push(fill(words.until, { time: clock(until[1]) }));
        how.textContent = parts.join(" · ");
        item.append(link, how);
        return item;
      }),
    );
  };

  const renderFamily = (cards, current) => {
    const box = inRally("family");
    box.hidden = cards.length < 2;
    box.replaceChildren(
      ...cards.map((card, place) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "chip";
        button.textContent = card.label || fill(words.nameless, { number: place + 1 });
        button.setAttribute("aria-pressed", String(card.code === current.code));
        button.addEventListener("click", async () => {
          await store.set(`current:${page.rally}`, card.code);
          render();
        });
        return button;
      }),
    );
  };

  const renderNotes = async (card) => {
    const box = inRally("notes");
    const notes = (await store.get(`notes:${card.code}`)) || [];
    box.hidden = !notes.length;
    inRally("notes-list").replaceChildren(
      ...notes.map((note) => {
        const line = document.createElement("li");
        line.textContent = `${day(note.local.at)} ${clock(note.local.at)}: ${note.text || words.kinds.refused}`;
        return line;
      }),
    );
  };

  const currentCard = async () => {
    const cards = await cardsOf(page.rally);
    const chosen = await store.get(`current:${page.rally}`);
    return { cards, card: cards.find((one) => one.code === chosen) || cards[0] || null };
  };

  const render = async () => {
    if (!root) return;
    const { cards, card } = await currentCard();
    const rally = await rallyOf(page.rally);
    const view = card ? await viewOf(card) : { stations: {}, prizes: [], waiting: 0 };
    /* Until this phone has heard of its card, what the server drew by the cookie stands. */
    if ((card && view.isKnown) || !page.cookie.length) {
      const count = renderStations(view);
      inRally("count").textContent = count;
      root.dataset.count = count;
      renderPrizes(view, count);
    }
    renderNext(rally, view);
    if (card) {
      renderFamily(cards, card);
      await renderNotes(card);
      inRally("keep").hidden = Object.keys(view.stations).length < 2 || Boolean(await store.get(`coded:${page.rally}`));
      const waiting = inRally("waiting");
      waiting.hidden = !view.waiting;
      inRally("waiting-text").textContent = fill(words.wait, { count: view.waiting });
    }
  };

  const onCardPage = () => {
    const near = inRally("near");
    if (near && navigator.geolocation) {
      near.hidden = false;
      near.addEventListener("click", () =>
        navigator.geolocation.getCurrentPosition(
          ({ coords, timestamp }) => {
            fix = { point: [coords.latitude, coords.longitude], accuracy: coords.accuracy, at: timestamp };
            render();
          },
          () => {
            near.hidden = true;
          },
          { timeout: 10000, maximumAge: 60000 },
        ),
      );
    }
    inRally("keep-done").addEventListener("click", async () => {
      await store.set(`coded:${page.rally}`, true);
      inRally("keep").hidden = true;
    });
    inRally("notes-done").addEventListener("click", async () => {
      const { card } = await currentCard();
      await store.remove(`notes:${card.code}`);
      render();
    });
  };

  /* --- what was earned, for a desk without a signal -------------------------------------------------------------- */

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

  const certified = document.getElementById("certificates");

  const renderCertificates = async () => {
    const list = certified.querySelector("[data-part=list]");
    const model = certified.querySelector("template");
    const all = [];
    for (const card of await cardsOf(page.rally)) all.push(...((await store.get(`certificates:${card.code}`)) || []));
    certified.hidden = !all.length;
    list.replaceChildren(
      ...all.map((one) => {
        const row = model.content.cloneNode(true);
        row.querySelector("[data-part=name]").textContent = said(one.name);
        row.querySelector("[data-part=picture]").src = one.picture;
        return row;
      }),
    );
  };

  /* --- "my cards": what only this phone knows ------------------------------------------------------------------ */

  const family = document.getElementById("family");

  const renderCards = async () => {
    const cards = await cardsOf(page.rally);
    const list = family.querySelector("[data-part=list]");
    const model = family.querySelector("template");
    list.replaceChildren(
      ...(await Promise.all(
        cards.map(async (card, place) => {
          const row = model.content.cloneNode(true);
          const part = (name) => row.querySelector(`[data-part="${name}"]`);
          const view = await viewOf(card);
          const label = part("label");
          label.value = card.label;
          label.placeholder = fill(words.nameless, { number: place + 1 });
          label.setAttribute("aria-label", words.label);
          part("count").textContent = fill(words.count, { count: Object.keys(view.stations).length });
          const along = part("along");
          along.checked = !card.rests;
          const change = (values) =>
            store.update(`cards:${page.rally}`, (old) => old.map((one) => (one.code === card.code ? { ...one, ...values } : one)));
          label.addEventListener("change", () => change({ label: label.value.trim().slice(0, 20) }));
          along.addEventListener("change", () => change({ rests: !along.checked }));
          return row;
        }),
      )),
    );
    family.querySelector("[data-part=add]").disabled = cards.length >= MOST_CARDS;
  };

  const onFamilyPage = () => {
    family.hidden = false;
    if (document.getElementById("move-code")) store.set(`coded:${page.rally}`, true);
    family.querySelector("[data-part=add]").addEventListener("click", async () => {
      const cards = await cardsOf(page.rally);
      if (!cards.length) await makeCard(page.rally, page.paths.sync);
      const fresh = await makeCard(page.rally, page.paths.sync);
      await outbox.send([fresh.code]);
      renderCards();
    });
    /* A form about one card says which; the server asks the cookie whether it may. */
    for (const select of document.querySelectorAll("select[data-cards]")) {
      currentCard().then(({ cards, card }) => {
        for (const option of select.options) {
          const mine = cards.find((one) => one.code === option.value);
          if (mine && mine.label) option.textContent = mine.label;
          if (card && option.value === card.code) option.selected = true;
        }
      });
    }
    renderCards();
  };

  /* Cards that ended on the server leave the phone too. */
  const forgetCard = async (key, code) => {
    await store.update(`cards:${key}`, (old) => (old || []).filter((one) => one.code !== code));
    for (const name of ["answer", "notes", "held", "to", "seq", "certificates"]) await store.remove(`${name}:${code}`);
  };

  const forget = async () => {
    for (const code of page.gone) {
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
    render();
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
    await capture({ token, method: "deeplink", station: page.station });
    location.replace(home || (await rallyOf(page.rally)).paths.home);
  };

  const typed = document.querySelector("form[data-short-code]");
  if (typed) {
    typed.addEventListener("submit", (event) => {
      const short = typed.elements.code.value.trim();
      if (!short || !page.rally) return;
      event.preventDefault();
      typed.reset();
      capture({ short, method: "short" });
    });
  }

  const afterAnswer = async (code) => {
    const card = (await cardsOf(page.rally)).find((one) => one.code === code);
    if (card) await fetchCertificates(card);
    if (certified) await renderCertificates();
  };

  for (const hint of document.querySelectorAll("[data-line-hint]")) hint.hidden = !isLine;
  for (const hint of document.querySelectorAll("[data-scripted]")) hint.hidden = false;

  listen((news) => {
    if (news.kind === "refused") replaceCard(news.group);
    if (news.kind === "answered" || news.kind === "added") {
      render();
      if (news.kind === "answered") afterAnswer(news.group);
      if (family && news.kind === "answered") renderCards();
    }
  });

  const begin = async () => {
    await forget();
    if (page.poster) {
      await onPoster();
      return;
    }
    if (!page.rally) return;
    await learnShift();
    if (root) onCardPage();
    await adopt();
    await render();
    await takeAlong();
    leadOut();
    if (family) onFamilyPage();
    const cards = await cardsOf(page.rally);
    await refreshRally(page.paths);
    if (cards.length) prepare(page.rally);
    await render();
    if (cards.length) outbox.send(cards.map((one) => one.code));
    if (certified) renderCertificates();
  };

  window.Stamps = { capture, wakeSound, ready: begin() };
})();
