/*
 * The rotating display: every 15 seconds another code, made here from the key of the day, with or without a signal.
 *
 * The time is ours, not the phone's: what the server said when the page was loaded, and from then on a clock that nobody
 * can set. What is wrong all the same, the server learns from scans.
 */
(() => {
  "use strict";

  const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const MAC_LETTERS = 12;
  const QUIET = 4;
  const ASK_EVERY = 10 * 60 * 1000;
  const { store, keep } = window.Kouba;
  const box = document.getElementById("display");
  const words = JSON.parse(document.getElementById("display-words").textContent);
  const [picture, left, trouble] = ["code", "left", "trouble"].map((id) => document.getElementById(id));
  let day = JSON.parse(document.getElementById("display-data").textContent);
  const name = `display:${day.head}`;

  const complain = (text) => {
    trouble.hidden = !text;
    trouble.textContent = text || "";
    picture.toggleAttribute("hidden", Boolean(text));
  };

  if (!window.crypto || !crypto.subtle) {
    complain(words.unsafe);
    return;
  }

  /* --- the time ------------------------------------------------------------------------------------------------ */

  let ahead = 0; /* ours minus the phone's, in ms */
  let base = { wall: 0, steady: 0 };
  const anchor = () => {
    base = { wall: Date.now() + ahead, steady: performance.now() };
  };
  const now = () => base.wall + (performance.now() - base.steady);

  /* A page from the phone's own store tells an old time; then what was learnt last counts. */
  const start = async () => {
    const known = await store.get(name);
    const isFresh = !known || day.now > known.day.now;
    if (isFresh) await learn(day, performance.timeOrigin + (performance.getEntriesByType("navigation")[0]?.responseStart || performance.now()));
    else {
      day = known.day;
      ahead = known.ahead;
      anchor();
    }
  };

  const learn = async (fresh, receivedAt) => {
    day = fresh;
    ahead = fresh.now - receivedAt;
    anchor();
    await store.set(name, { day, ahead });
  };

  const ask = async () => {
    try {
      const answer = await fetch(box.dataset.keyUrl, { cache: "no-store", credentials: "same-origin" });
      const receivedAt = Date.now();
      if (answer.status === 404) return complain(words.locked);
      const fresh = answer.ok && (await answer.json());
      if (fresh && fresh.head) await learn(fresh, receivedAt);
    } catch {
      /* No signal: the key of the day is enough. */
    }
  };

  /* --- the code ------------------------------------------------------------------------------------------------ */

  let key = { text: "", ready: null };
  const dayKey = () => {
    if (key.text !== day.key) {
      const bytes = Uint8Array.from(atob(day.key), (letter) => letter.charCodeAt(0));
      key = { text: day.key, ready: crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]) };
    }
    return key.ready;
  };

  const letters = (number, count) => {
    let text = "";
    for (let rest = number; text.length < count; rest = Math.floor(rest / 32)) text = ALPHABET[rest % 32] + text;
    return text;
  };

  const leftmost = (bytes, count) => {
    let bits = "";
    for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
    return Array.from({ length: count }, (_, at) => ALPHABET[parseInt(bits.slice(at * 5, at * 5 + 5), 2)]).join("");
  };

  const tokenOf = async (step) => {
    const message = day.head + letters(step % 2 ** 25, 5);
    const signed = await crypto.subtle.sign("HMAC", await dayKey(), new TextEncoder().encode(`OFS1${message}`));
    return message + leftmost(new Uint8Array(signed), MAC_LETTERS);
  };

  const draw = (text) => {
    const rows = window.KoubaQr(text);
    const side = rows.length + 2 * QUIET;
    let path = "";
    rows.forEach((row, y) =>
      row.forEach((isDark, x) => {
        if (isDark) path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
      }),
    );
    const made = document.createElementNS("http://www.w3.org/2000/svg", "path");
    made.setAttribute("d", path);
    picture.setAttribute("viewBox", `0 0 ${side} ${side}`);
    picture.replaceChildren(made);
  };

  let shown = -1;
  const turn = async () => {
    const moment = now();
    if (moment < day.begins || moment >= day.ends) {
      complain(words.old);
      picture.replaceChildren();
      shown = -1;
      return;
    }
    const step = Math.floor((moment - day.epoch) / day.step);
    left.max = day.step;
    left.value = day.step - ((moment - day.epoch) % day.step);
    if (step === shown) return;
    shown = step;
    complain("");
    const token = await tokenOf(step);
    picture.dataset.token = token;
    draw(day.address + token);
  };

  /* --- staying awake --------------------------------------------------------------------------------------------- */

  const stayAwake = () => {
    if (!document.hidden && navigator.wakeLock) navigator.wakeLock.request("screen").catch(() => {});
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    anchor(); /* the steady clock may have stood still while the phone slept */
    stayAwake();
    ask();
  });
  window.addEventListener("online", ask);

  start().then(() => {
    stayAwake();
    turn();
    setInterval(turn, 250);
    setInterval(ask, ASK_EVERY);
    const at = location.pathname;
    keep({ pages: [{ at, url: at }], files: [...document.querySelectorAll("link[rel=stylesheet], script[src]")].map((one) => new URL(one.href || one.src).pathname + new URL(one.href || one.src).search) });
  });
})();
