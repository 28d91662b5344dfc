/* Booking: two small comforts. The pages work without this file. */
(() => {
  "use strict";

  /* The button at the bottom of a phone's screen leads to the form first, while nothing has been typed yet. */
  const form = document.getElementById("booking");
  for (const button of document.querySelectorAll(".book-bar button")) {
    button.addEventListener("click", (event) => {
      const empty = form && [form.elements.name, form.elements.email].filter((input) => !input.value.trim());
      if (!empty || empty.length < 2) return;
      event.preventDefault();
      form.scrollIntoView();
      empty[0].focus({ preventScroll: true });
    });
  }

  /* Until reservations open: counts down, then asks for the page again. The server decides; this only saves a tap. */
  const opens = document.querySelector("[data-opens]");
  const line = document.querySelector("[data-countdown]");
  if (!opens || !line) return;
  const ahead = Date.parse(opens.dataset.now) - Date.now();
  const until = Date.parse(opens.dateTime);
  const two = (number) => String(number).padStart(2, "0");

  const show = () => {
    const left = Math.ceil((until - Date.now() - ahead) / 1000);
    if (left <= 0) {
      line.textContent = line.dataset.open;
      setTimeout(() => location.reload(), Math.random() * 1500); /* not everybody in the same instant */
      return;
    }
    const days = Math.floor(left / 86400);
    const time = `${Math.floor(left / 3600) % 24}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
    line.textContent = line.dataset.words.replace("{time}", days ? `${line.dataset.days.replace("{days}", days)} ${time}` : time);
    line.hidden = false;
    setTimeout(show, 1000 - (Date.now() % 1000));
  };
  show();
})();
