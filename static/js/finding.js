/* "Near me": reckoned on this device alone. The position is sent nowhere and kept nowhere. */
(() => {
  "use strict";

  const box = document.querySelector("[data-near]");
  const lists = [...document.querySelectorAll("[data-hosts]")];
  if (!box || !navigator.geolocation || !lists.some((list) => list.querySelector("[data-at]"))) return;

  const button = box.querySelector("button");
  const limit = box.querySelector("select");
  const status = document.querySelector("[data-count]");
  const before = new Map(lists.map((list) => [list, [...list.children]]));
  const told = status ? status.innerHTML : "";
  const METRES_A_MINUTE = 75;
  const DETOUR = 1.3; // streets are not straight
  let here = null;

  const metres = (a, b) => {
    const radians = Math.PI / 180;
    const x = (b[1] - a[1]) * radians * Math.cos(((a[0] + b[0]) / 2) * radians);
    return 6371000 * Math.hypot(x, (b[0] - a[0]) * radians);
  };
  const minutes = (item) => {
    if (!item.dataset.at) return Infinity;
    return Math.max(1, Math.ceil((metres(here, item.dataset.at.split(",").map(Number)) * DETOUR) / METRES_A_MINUTE));
  };
  const walk = (item, number) => {
    let line = item.querySelector(".host-walk");
    if (!line) {
      line = document.createElement("span");
      line.className = "host-walk";
      item.querySelector(".host-facts")?.prepend(line);
    }
    line.textContent = box.dataset.wordWalk.replace("{n}", number);
  };
  const apply = () => {
    const most = limit.value ? Number(limit.value) : Infinity;
    let shown = 0;
    for (const [list, items] of before) {
      const reached = items.map((item) => [item, minutes(item)]).sort((a, b) => a[1] - b[1]);
      for (const [item, number] of reached) {
        const fits = number <= most && (most === Infinity || number !== Infinity);
        item.hidden = !fits;
        if (fits) shown += 1;
        if (number !== Infinity) walk(item, number);
      }
      list.replaceChildren(...reached.map(([item]) => item));
    }
    if (status) status.textContent = box.dataset.wordFound.replace("{n}", shown);
  };
  const stop = () => {
    here = null;
    for (const [list, items] of before) {
      for (const item of items) {
        item.hidden = false;
        item.querySelector(".host-walk")?.remove();
      }
      list.replaceChildren(...items);
    }
    if (status) status.innerHTML = told; // our own words, as the page came
    button.setAttribute("aria-pressed", "false");
    limit.parentElement.hidden = true;
  };
  const start = ({ lat, lon }) => {
    here = [lat, lon];
    button.setAttribute("aria-pressed", "true");
    limit.parentElement.hidden = false;
    apply();
  };

  box.hidden = false;
  button.addEventListener("click", () => {
    if (here) return stop();
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => start({ lat: coords.latitude, lon: coords.longitude }),
      () => {
        if (status) status.textContent = box.dataset.wordNowhere;
      },
      { timeout: 15000, maximumAge: 30000 },
    );
  });
  limit.addEventListener("change", apply);
  document.addEventListener("kouba:located", (event) => start(event.detail));
})();
