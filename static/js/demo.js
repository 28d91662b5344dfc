/* The demo bar. Without this file its links lead to /demo/, where the same things are buttons. */
(() => {
  "use strict";

  // In the phone-sized frame the bar of the page around it is enough.
  if (window.top !== window.self) {
    document.documentElement.classList.add("in-frame");
    return;
  }

  /* "A scan without a signal": for a quarter of a minute nothing that is posted leaves this browser. */
  const SILENCE = 15000;
  const silentUntil = Number(sessionStorage.getItem("demo-silent")) || 0;
  if (silentUntil > Date.now()) {
    const real = window.fetch;
    window.fetch = (address, options) =>
      options && options.method === "POST" && Date.now() < silentUntil ? Promise.reject(new TypeError("no signal")) : real(address, options);
  }

  document.addEventListener("DOMContentLoaded", () => {
    const bar = document.querySelector(".demo-bar");
    if (!bar) return;
    const actions = [...bar.querySelectorAll("[data-post]")];

    // The page is the same for everyone; whose browser this is, a small page that is never kept knows.
    const ask = async () => {
      const answer = await fetch(bar.dataset.state, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (!answer.ok) throw new Error(answer.statusText);
      return answer.json();
    };

    const mark = (state) => {
      for (const action of actions) {
        const { name, value } = action.dataset;
        if (name && state[name] === value) action.setAttribute("aria-current", "true");
        else action.removeAttribute("aria-current");
      }
    };

    const send = (action, token) => {
      const form = document.createElement("form");
      form.method = "post";
      form.action = action.dataset.post;
      const values = { csrf_token: token, next: bar.dataset.path };
      if (action.dataset.name) values[action.dataset.name] = action.dataset.value;
      for (const [name, value] of Object.entries(values)) {
        const field = document.createElement("input");
        field.type = "hidden";
        field.name = name;
        field.value = value;
        form.append(field);
      }
      document.body.append(form);
      form.submit();
    };

    bar.querySelector("details").addEventListener("toggle", (event) => {
      if (event.target.open) ask().then(mark, () => {});
    });

    bar.addEventListener("click", async (event) => {
      const action = event.target instanceof Element && event.target.closest("[data-post]");
      if (!action) return;
      event.preventDefault();
      if (action.hasAttribute("aria-busy")) return;
      action.setAttribute("aria-busy", "true");
      if (action.dataset.busy) action.lastChild.textContent = action.dataset.busy;
      try {
        const state = await ask();
        if (!state.here) throw new Error("another machine");
        if (action.dataset.value === "silent") sessionStorage.setItem("demo-silent", String(Date.now() + SILENCE));
        send(action, state.token);
      } catch {
        location.href = action.href;
      }
    });
  });
})();
