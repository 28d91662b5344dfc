/*
 * A point on a small map, the entrance of a factory or a committee's place: tap, drag the pin, or stand at the door and press the button. What counts is the
 * text field below it, where coordinates or a map link can be typed without this script.
 *
 *   <div data-entrance data-input="point_text" data-base="base.json" data-lat=".." data-lon=".." data-word-*=".." hidden>
 *     <div class="entrance-map"></div> <button data-here>..</button> <p role="status"></p>
 *   </div>
 */
(() => {
  "use strict";

  const frame = document.querySelector("[data-entrance]");
  const input = frame && document.getElementById(frame.dataset.input);
  if (!frame || !input || !window.L) return;

  const JAPAN = [36.2, 138.2];
  const LAYERS = [
    ["water", { color: "#b9d7e6", weight: 3, fillColor: "#b9d7e6", fillOpacity: 1 }],
    ["green", { stroke: false, fillColor: "#d5e3c4", fillOpacity: 1 }],
    ["buildings", { stroke: false, fillColor: "#e2dacb", fillOpacity: 1 }],
    ["roads", { color: "#ffffff", weight: 4, fill: false, opacity: 1 }],
    ["main_roads", { color: "#fdf3dc", weight: 7, fill: false, opacity: 1 }],
    ["railway", { color: "#6b645a", weight: 4, fill: false, opacity: 1 }],
  ];
  const word = (name) => frame.dataset["word" + name] || "";
  const say = (text) => {
    frame.querySelector('[role="status"]').textContent = text;
  };
  const typed = () => {
    const found = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(input.value.normalize("NFKC"));
    const point = found && [Number(found[1]), Number(found[2])];
    return point && Math.abs(point[0]) <= 85 && Math.abs(point[1]) <= 180 ? point : null;
  };

  frame.hidden = false;
  const place = frame.querySelector(".entrance-map");
  const middle = frame.dataset.lat ? [Number(frame.dataset.lat), Number(frame.dataset.lon)] : null;
  const map = L.map(place, { preferCanvas: true, maxZoom: 19, minZoom: 4 });
  map.attributionControl.setPrefix(false);
  place.setAttribute("role", "application");
  place.setAttribute("aria-label", word("Map"));
  for (const [part, text] of [["in", word("ZoomIn")], ["out", word("ZoomOut")]]) {
    const button = place.querySelector(`.leaflet-control-zoom-${part}`);
    button.setAttribute("aria-label", (button.title = text));
  }
  L.control.scale({ imperial: false }).addTo(map);
  const credit = document.createElement("span");
  credit.textContent = frame.dataset.credit || ""; /* Leaflet takes HTML: a plain name stays plain */
  if (frame.dataset.tiles) L.tileLayer(frame.dataset.tiles, { attribution: credit.innerHTML, maxZoom: 19 }).addTo(map);
  else if (credit.innerHTML) map.attributionControl.addAttribution(credit.innerHTML);

  const inside = document.createElement("span");
  inside.className = "pin-inside";
  const icon = L.divIcon({ html: inside, className: "pin pin-shape-1", iconSize: [34, 34] });
  let pin;
  const show = (point) => {
    if (!pin) {
      pin = L.marker(point, { icon, draggable: true, autoPan: true, title: word("Pin"), alt: word("Pin") }).addTo(map);
      pin.on("dragend", () => set(pin.getLatLng()));
    }
    pin.setLatLng(point);
  };
  const set = (latlng) => {
    const { lat, lng } = L.latLng(latlng).wrap();
    input.value = `${lat.toFixed(5)}, ${lng.toFixed(5)}`;
    show([lat, lng]);
    say(word("Set"));
  };

  const start = typed();
  map.setView(start || middle || JAPAN, start ? 17 : middle ? 14 : 5);
  if (start) show(start);
  map.on("click", ({ latlng }) => set(latlng));
  input.addEventListener("input", () => {
    const point = typed();
    if (!point) return;
    show(point);
    map.setView(point, Math.max(map.getZoom(), 16), { animate: false });
  });

  const here = frame.querySelector("[data-here]");
  here.hidden = !navigator.geolocation;
  here.addEventListener("click", () => map.locate({ enableHighAccuracy: true, timeout: 15000, maximumAge: 0 }));
  map.on("locationerror", () => say(word("Nowhere")));
  map.on("locationfound", ({ latlng }) => {
    set(latlng);
    map.setView(latlng, 18, { animate: false });
    say(word("Here"));
  });

  const widen = (drawings) => {
    const draw = () => drawings.forEach(([drawing, weight]) => drawing.setStyle({ weight: weight * 2 ** Math.max(-1, (map.getZoom() - 15) / 1.5) }));
    map.on("zoomend", draw);
    draw();
  };
  const ground = async () => {
    try {
      const answer = await fetch(frame.dataset.base, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const base = await answer.json();
      const drawn = LAYERS.filter(([name]) => base[name]).map(([name, style]) => [
        L.geoJSON(base[name], { style, interactive: false }).addTo(map), style.weight]);
      widen(drawn.filter(([, weight]) => weight));
      /* An empty ground shows nobody where a door is. */
      if (!drawn.length && !frame.dataset.tiles) place.hidden = true;
      if (!start && !middle && drawn.length) map.fitBounds(L.featureGroup(drawn.map(([layer]) => layer)).getBounds());
      frame.dataset.ready = "";
    } catch {
      say(word("Failed"));
    }
  };
  ground();
})();
