/*
 * What there is: the stamp book, the cards of this phone, what a desk checks without a signal.
 */
(() => {
  "use strict";

  if (!window.Stamps) return;
  const { page, words, store, outbox, shown, fill, said, clock, day, metres } = window.Stamps;
  const { MOST_CARDS, rallyOf, cardsOf, makeCard, currentCard, viewOf } = window.Stamps;
  let fix = null; /* where the visitor is, after "near me" */

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
    const isOn = rally.opens <= now && now < rally.closes && rally.state === "running";
    const open = (isOn ? rally.stations : []).filter((one) => !view.stations[one.code] && openNow(one, now));
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

  Object.assign(shown, {
    begin: async () => {
      await learnShift();
      if (root) onCardPage();
    },
    render,
    cards: () => family && onFamilyPage(),
    counts: () => family && renderCards(),
    certificates: async () => certified && renderCertificates(),
  });
})();
