/*
 * A scan becomes a stamp: kept, shown, sent. For the pages with the moment (a poster's, the scanner).
 */
(() => {
  "use strict";

  if (!window.Stamps) return;
  const { page, words, store, outbox, listen, draw, normal, fill, said, clock, day, metres, isInApp } = window.Stamps;
  const { ANSWER_WITHIN, lookUp, rallyOf, prepare, cardsOf, makeCard, viewOf } = window.Stamps;
  const quiet = window.matchMedia("(prefers-reduced-motion: reduce)");
  const FIX_WITHIN = 700; /* ms that a stamp waits for the phone to know where it is */
  const HIT = 430; /* ms from the start of the movement until the stamp touches the paper */

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

  /* The distance is counted here, and only a word about it is ever sent. Nobody is asked at a poster: the phone looks
     where it is only if its visitor has allowed that before ("near me" in the book), and no stamp waits for it long. */
  let fix = null;
  const findFix = async () => {
    try {
      if ((await navigator.permissions.query({ name: "geolocation" })).state !== "granted") return;
      await new Promise((resolve) => {
        setTimeout(resolve, FIX_WITHIN);
        navigator.geolocation.getCurrentPosition(
          ({ coords, timestamp }) => {
            fix = { point: [coords.latitude, coords.longitude], accuracy: coords.accuracy, at: timestamp };
            resolve();
          },
          resolve,
          { timeout: FIX_WITHIN, maximumAge: 60000 },
        );
      });
    } catch {
      /* This browser does not tell. */
    }
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
    const at = Date.now();
    const { key, cards } = await toward(place || {});
    await findFix();
    const station = place && place.station;
    const first = await viewOf(cards[0]);
    const had = station && first.stations[station.code];
    const ids = [];
    let stored = true;
    for (const card of cards) {
      const id = draw(26);
      ids.push(id);
      const last = await store.get(`answer:${card.code}`);
      const item = { scan_id: id, t_client: at, after: last ? last.server_time : null, method, geo: nearness(station), in_app: isInApp() };
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

  Object.assign(window.Stamps, { capture, wakeSound });
})();
