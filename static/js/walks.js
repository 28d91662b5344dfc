/*
 * Hearts, the planner and the plan. Nothing here is needed: without it a ♡ leads to the list's page, and forms are sent.
 *
 * Hearts live on this device ("kouba.hearts:/town/2026/"); pages that are the same for everyone draw them from there:
 *     <a class="heart" href="/town/2026/hearts/?add=factory:K7X2M9QA" aria-label="..">♡</a>
 * The page of the list tells the server what the device has, so that the list can be shared by its link.
 */
(() => {
  "use strict";

  /* --- hearts on this device --------------------------------------------------------------------------------- */

  const base = (path) => new URL(path, location).pathname.split("/").slice(0, 3).join("/") + "/";
  const place = (path) => `kouba.hearts:${base(path)}`;
  const readHearts = (path) => {
    try {
      const kept = JSON.parse(localStorage.getItem(place(path)));
      return Array.isArray(kept) ? kept.filter((key) => typeof key === "string") : null;
    } catch {
      return null;
    }
  };
  const writeHearts = (path, keys) => {
    try {
      localStorage.setItem(place(path), JSON.stringify([...new Set(keys)].slice(0, 200)));
      return true;
    } catch {
      return false; /* a private window: the link works as without script */
    }
  };

  const keyOf = (heart) => new URL(heart.href).searchParams.get("add");
  const drawHeart = (heart) => {
    const on = (readHearts(heart.href) || []).includes(keyOf(heart));
    heart.setAttribute("role", "button");
    heart.setAttribute("aria-pressed", String(on));
    heart.classList.toggle("is-on", on);
  };
  const drawHearts = () => document.querySelectorAll("a.heart").forEach(drawHeart);
  const toggle = (heart) => {
    const keys = readHearts(heart.href) || [];
    const key = keyOf(heart);
    return writeHearts(heart.href, keys.includes(key) ? keys.filter((one) => one !== key) : [...keys, key]);
  };
  document.addEventListener("click", (event) => {
    const heart = event.target.closest?.("a.heart");
    if (!heart || event.metaKey || event.ctrlKey || event.shiftKey || !toggle(heart)) return;
    event.preventDefault();
    drawHearts();
  });
  document.addEventListener("keydown", (event) => {
    const heart = event.target.closest?.("a.heart");
    if (heart && event.key === " ") {
      event.preventDefault();
      heart.click();
    }
  });
  window.addEventListener("storage", drawHearts);
  window.addEventListener("pageshow", drawHearts);
  drawHearts();

  /* --- parts of a page that are asked for again ---------------------------------------------------------------- */

  const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");
  const swap = (id, page) => {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (!old || !fresh || old.contains(document.activeElement)) return null;
    old.replaceWith(fresh);
    return fresh;
  };
  const get = async (url) => {
    const answer = await fetch(url, { credentials: "same-origin" });
    return answer.ok ? parsed(answer) : null;
  };

  /* --- the list of hearts -------------------------------------------------------------------------------------- */

  const shownKeys = (box) => (box.dataset.keys || "").split(" ").filter(Boolean);
  const sync = async () => {
    const box = document.getElementById("hearts");
    if (!box) return;
    const kept = readHearts(location.href);
    if (kept === null) {
      writeHearts(location.href, shownKeys(box));
      return;
    }
    if (kept.join(" ") === shownKeys(box).join(" ")) return;
    const body = new URLSearchParams({ csrf_token: box.dataset.token, keys: kept.join(" ") || " " });
    const answer = await fetch(location.pathname, { method: "POST", body, credentials: "same-origin" });
    if (!answer.ok) return;
    const fresh = swap("hearts", await parsed(answer));
    if (fresh) writeHearts(location.href, shownKeys(fresh));
  };
  document.addEventListener("submit", (event) => {
    const { remove, add } = event.target.dataset;
    const keys = readHearts(location.href) || [];
    if (remove) writeHearts(location.href, keys.filter((key) => key !== remove));
    if (add) writeHearts(location.href, [...keys, add]);
  });
  sync().catch(() => {});

  const copyHearts = document.querySelector("[data-hearts-copy]");
  copyHearts?.addEventListener("click", () => {
    const kept = readHearts(location.href) || [];
    if (!writeHearts(location.href, [...kept, ...copyHearts.dataset.heartsCopy.split(" ").filter(Boolean)])) return;
    const done = document.querySelector("[data-hearts-done]");
    if (done) done.hidden = false;
  });
  if (copyHearts) copyHearts.hidden = false;

  /* --- the planner --------------------------------------------------------------------------------------------- */

  /* What this device has marked goes into the form, where the address did not say. */
  const planner = document.querySelector("form[data-planner]");
  const fillWishes = async () => {
    const kept = readHearts(location.href) || [];
    const box = document.getElementById("wishes");
    const missing = box && kept.some((key) => !box.querySelector(`[data-wish="${CSS.escape(key)}"]`));
    if (!missing || planner.dataset.planner === "asked") return;
    const page = await get(`${location.pathname}?${new URLSearchParams(kept.map((key) => ["wish", `want:${key}`]))}`);
    if (page) swap("wishes", page);
  };
  const think = async () => {
    const box = document.getElementById("proposals");
    if (!box?.dataset.better) return;
    const page = await get(box.dataset.better);
    const fresh = page && page.getElementById("proposals")?.querySelector(".proposal") ? swap("proposals", page) : null;
    if (fresh) delete fresh.dataset.better;
  };
  const showOwnPoint = () => {
    const start = planner.querySelector('select[name="start"]');
    const own = planner.querySelector("[data-own-point]");
    const draw = () => {
      own.hidden = start.value !== "own";
    };
    start.addEventListener("change", draw);
    draw();
    const locate = own.querySelector("[data-locate-me]");
    locate.hidden = !navigator.geolocation;
    locate.addEventListener("click", () =>
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          /* Four places after the point: ten metres, enough to find the street. */
          own.querySelector("input").value = `${coords.latitude.toFixed(4)}, ${coords.longitude.toFixed(4)}`;
        },
        () => {
          own.querySelector('[role="status"]').textContent = locate.dataset.wordNowhere;
        },
        { timeout: 15000, maximumAge: 60000 },
      ),
    );
  };
  if (planner) {
    showOwnPoint();
    fillWishes().catch(() => {});
    think().catch(() => {});
  }

  /* --- a plan: kept on the phone, told when there is no signal --------------------------------------------------- */

  const day = document.querySelector("[data-day]");
  const tellSignal = () => {
    const note = document.querySelector("[data-no-signal]");
    if (note) note.hidden = navigator.onLine;
  };
  if (day) {
    tellSignal();
    window.addEventListener("online", tellSignal);
    window.addEventListener("offline", tellSignal);
    const files = JSON.parse(document.getElementById("day-files")?.textContent || "[]");
    const at = day.dataset.day; /* after a refused booking the address is another one */
    if (navigator.onLine) window.Kouba?.keep({ pages: [{ at, url: at }], files });
  }
})();
