/* Small comforts. Every page works without this file. */
(() => {
  "use strict";

  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const found = event.target instanceof Element && event.target.closest(selector);
      if (found) act(found, event);
    });

  /* A word said to people who cannot see what changed. */
  const live = document.createElement("div");
  live.className = "visually-hidden";
  live.setAttribute("role", "status");
  const say = (text) => {
    live.textContent = text;
  };

  /* data-copy="text" or data-copy-from="#id"; data-done="Copied" is what is said afterwards. */
  on("click", "[data-copy], [data-copy-from]", async (button) => {
    const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
    const text = source ? source.value || source.textContent.trim() : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      if (source && source.select) source.select();
      return;
    }
    button.classList.add("copied");
    if (button.dataset.done) {
      const before = [...button.childNodes];
      button.replaceChildren(button.dataset.done);
      say(button.dataset.done);
      setTimeout(() => button.replaceChildren(...before), 2000);
    }
    setTimeout(() => button.classList.remove("copied"), 2000);
  });

  /* data-share: the phone's own share sheet; the button stays hidden where there is none. */
  for (const button of document.querySelectorAll("[data-share]")) button.hidden = !navigator.share;
  on("click", "[data-share]", (button) => {
    navigator.share({ title: document.title, url: button.dataset.share || location.href }).catch(() => {});
  });

  on("click", "[data-print]", () => window.print());
  on("click", "a[data-back]", (link, event) => {
    if (history.length > 1 && document.referrer.startsWith(location.origin)) {
      event.preventDefault();
      history.back();
    }
  });

  /* data-once: a second click does nothing; coming back with the back button frees the form again. */
  on("submit", "form[data-once]", (form, event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }
  });

  on("change", "[data-autosubmit]", (input) => input.form && input.form.requestSubmit());

  /* Number of people: minus and plus. */
  for (const box of document.querySelectorAll("[data-stepper]")) {
    const input = box.querySelector("input");
    const buttons = [...box.querySelectorAll("[data-step]")];
    const update = () => {
      for (const button of buttons) {
        const limit = Number(button.dataset.step) < 0 ? input.min : input.max;
        button.disabled = limit !== "" && Number(input.value) === Number(limit);
      }
    };
    for (const button of buttons) {
      button.hidden = false;
      button.addEventListener("click", () => {
        if (Number(button.dataset.step) > 0) input.stepUp();
        else input.stepDown();
        input.dispatchEvent(new Event("change", { bubbles: true }));
        update();
      });
    }
    input.addEventListener("input", update);
    update();
  }

  /* Menus close with Escape or a tap elsewhere. */
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary").focus();
    }
  });

  /* <time data-since datetime="...">: "5 minutes ago"; what the server wrote stays as the tooltip. */
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  const tell = (root) => {
    for (const time of root.querySelectorAll("time[data-since]")) {
      const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
      if (Number.isNaN(seconds)) continue;
      const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) || ["minute", 60];
      if (!time.title) time.title = time.textContent.trim();
      time.textContent = words.format(Math.round(seconds / size), unit);
    }
  };
  tell(document);
  if (document.querySelector("time[data-since]")) setInterval(() => tell(document), 60000);

  /* data-refresh="10" with an id: the same part of the same page is fetched again while the page is looked at. */
  const refresh = async (id, seconds) => {
    const old = document.getElementById(id);
    if (!old) return;
    if (!document.hidden && !old.contains(document.activeElement)) {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-cache" });
        const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
        if (answer.ok && !fresh) return location.reload(); /* the work is over, and the page has become another */
        if (fresh) {
          old.replaceWith(fresh);
          tell(fresh);
          if (!fresh.dataset.refresh) return;
        }
      } catch {
        /* No network for the moment: the next turn tries again. */
      }
    }
    setTimeout(refresh, seconds * 1000, id, seconds);
  };
  for (const part of document.querySelectorAll("[data-refresh][id]")) {
    const seconds = Math.max(2, Number(part.dataset.refresh) || 10);
    setTimeout(refresh, seconds * 1000, part.id, seconds);
  }

  document.body.append(live);
  const summary = document.querySelector("[data-focus]");
  if (summary) {
    summary.focus();
    addEventListener("load", () => setTimeout(() => { /* an address that ends in #form takes the focus away once all is loaded */
      if (document.activeElement === document.body) summary.focus();
    }));
  }
})();
