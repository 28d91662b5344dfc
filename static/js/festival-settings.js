/* The accent is shown while it is chosen, with its contrast on paper. The server checks it again on saving. */
(() => {
  "use strict";

  const luminance = (colour) => {
    const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
    const [red, green, blue] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (first, second) => {
    const [dark, light] = [luminance(first), luminance(second)].sort((one, other) => one - other);
    return (light + 0.05) / (dark + 0.05);
  };

  for (const input of document.querySelectorAll("[data-accent]")) {
    const preview = document.querySelector(input.dataset.accent);
    const show = () => {
      const colour = input.value.trim().toLowerCase();
      if (!/^#[0-9a-f]{6}$/.test(colour)) return;
      const ratio = contrast(colour, preview.dataset.paper);
      preview.style.setProperty("--accent", colour);
      preview.style.setProperty("--accent-ink", contrast(colour, "#ffffff") >= 4.5 ? "#ffffff" : "#1d1b18");
      const words = ratio >= 4.5 ? preview.dataset.good : preview.dataset.bad;
      preview.querySelector("[data-ratio]").textContent = words.replace("{ratio}", ratio.toFixed(1));
    };
    input.addEventListener("input", show);
    show();
  }
})();
