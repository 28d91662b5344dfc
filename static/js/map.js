/*
 * Our side of the map. maps/script.py has folium write the Leaflet calls; they end in koubaMap.start(). What people typed
 * comes as JSON and goes on the page as text only.
 *
 *   <section data-map data-pins="map.json" data-base="base.json" data-icons="/static/img/icons.svg"
 *            data-word-about=".." data-word-zoom-in=".." data-word-zoom-out=".." data-word-close=".."
 *            data-word-failed=".." data-word-here=".." data-word-nowhere=".." data-word-open=".." data-word-places=".."
 *            data-word-stamped=".." data-word-group="{n} together">
 *     <div class="folium-map" id="map_festival"></div> <button data-locate hidden>..</button> <p role="status"></p>
 *   </section>
 *   <button data-show-pin="K7X2M9QA">  anywhere: show this one on the map.  [data-pin="K7X2M9QA"]: its entry in the list.
 */
(() => {
  "use strict";

  const markers = new Map();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let map, frame, groups;

  const make = (tag, text, className) => {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    if (className) element.className = className;
    return element;
  };
  const word = (name) => frame.dataset["word" + name] || "";
  const say = (text) => {
    const status = frame.querySelector('[role="status"]');
    if (status) status.textContent = text;
  };
  const escaped = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`); // Leaflet takes HTML there
  const names = (feature) => feature.properties.items.map((item) => item.name).join(" / ");

  /* A pin: shape and colour tell the craft, the text or picture inside is the same as in the list. */
  const picture = (name) => {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(space, "use");
    use.setAttribute("href", `${frame.dataset.icons}#${name}`);
    svg.append(use);
    return svg;
  };
  const pin = (feature, point) => {
    const it = feature.properties;
    const inside = make("span", it.text, "pin-inside");
    if (!it.text && it.icon && frame.dataset.icons) inside.append(picture(it.icon));
    const marks = it.marks || [];
    const className = ["pin", `pin-${it.kind}`, `pin-shape-${it.shape}`, it.about ? "pin-about" : "", ...marks.map((mark) => `pin-is-${mark}`)].filter(Boolean).join(" ");
    const icon = L.divIcon({ html: inside, className, iconSize: [34, 34], popupAnchor: [0, -14] });
    const said = [it.about ? word("About") : "", ...marks.map((mark) => word(mark === "open" ? "Open" : "Places"))].filter(Boolean);
    const title = said.length ? `${names(feature)} (${said.join(", ")})` : names(feature);
    return L.marker(point, { icon, title, alt: title, riseOnHover: true, keyboard: true });
  };

  const entry = (item, about) => {
    const box = make("div", "", "pin-entry");
    const name = make(item.url ? "a" : "strong", item.name, "pin-name");
    if (item.url) name.href = item.url;
    if (item.lang) name.lang = item.lang;
    box.append(name, ...[item.craft, ...item.lines].filter(Boolean).map((line) => make("p", line)));
    if (about && word("About")) box.append(make("p", word("About"), "pin-note"));
    return box;
  };
  const markInList = (marker, items) => {
    const mark = (on) =>
      items.forEach((item) => document.querySelector(`[data-pin="${CSS.escape(item.code)}"]`)?.classList.toggle("is-on-map", on));
    marker.on("mouseover", () => mark(true)).on("mouseout", () => mark(marker.isPopupOpen()));
    marker.on("popupopen", () => mark(true)).on("popupclose remove", () => mark(false));
    marker.on("add", () => marker.getElement().setAttribute("aria-label", marker.options.title));
  };
  const describe = (feature, marker) => {
    const { items } = feature.properties;
    items.forEach((item) => markers.set(item.code, marker));
    marker.bindPopup(() => content([marker]), { maxHeight: 260, minWidth: 180 });
    markInList(marker, items);
  };
  const content = (pins) => {
    const box = make("div", "", "pin-popup");
    for (const { feature } of pins) box.append(...feature.properties.items.map((item) => entry(item, feature.properties.about)));
    return box;
  };
  const GROUPED = { word, popup: content, inList: (marker, pins) => markInList(marker, pins.flatMap((one) => one.feature.properties.items)) };

  /* From the keyboard the popup is entered when it opens and left to its pin when it closes. */
  const keepFocus = () => {
    map.on("popupopen", ({ popup }) => {
      const close = popup.getElement().querySelector(".leaflet-popup-close-button");
      if (close) close.setAttribute("aria-label", word("Close"));
      if (document.activeElement === popup._source?.getElement?.()) popup.getElement().querySelector("a")?.focus({ preventScroll: true });
    });
    map.on("popupclose", ({ popup }) => {
      if (popup.getElement()?.contains(document.activeElement)) popup._source?.getElement?.()?.focus({ preventScroll: true });
    });
    document.addEventListener("keydown", (event) => event.key === "Escape" && map.closePopup());
  };
  const show = (code) => {
    const marker = markers.get(code);
    if (!marker) return;
    const zoom = groups ? groups.alone(marker, 16) : Math.max(map.getZoom(), 16);
    map.setView(marker.getLatLng(), zoom, { animate: !calm && zoom === map.getZoom() }); /* a pin that is still hidden takes no focus */
    map.getContainer().scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
    marker.getElement().focus({ preventScroll: true });
    marker.openPopup();
  };

  /* Where the visitor is: only after a tap, drawn on this device, sent nowhere. */
  const locate = (button) => {
    let spot;
    button.hidden = !navigator.geolocation;
    button.addEventListener("click", () => map.locate({ timeout: 15000, maximumAge: 30000 }));
    map.on("locationerror", () => say(word("Nowhere")));
    map.on("locationfound", ({ latlng }) => {
      spot?.remove();
      spot = L.circleMarker(latlng, { radius: 9, color: "#fff", weight: 3, fillColor: "#1c4f80", fillOpacity: 1, interactive: false }).addTo(map);
      map.setView(latlng, Math.max(map.getZoom(), 15), { animate: !calm });
      say(word("Here"));
      document.dispatchEvent(new CustomEvent("kouba:located", { detail: { lat: latlng.lat, lon: latlng.lng } }));
    });
  };

  /* Streets grow with the map; at first sight they are thin. */
  const widen = (drawings) => {
    const draw = () => drawings.forEach((drawing) => drawing.setStyle({ weight: drawing.options.weight * 2 ** Math.max(-1, (map.getZoom() - 15) / 1.5) }));
    map.on("zoomend", draw);
    draw();
  };
  /* A way in its order: lines with an arrow in the middle of each; what is only estimated is dashed, a ride is dotted. */
  const DASHES = { estimated: "2 10", ride: "10 8", unreachable: "1 14" };
  const arrow = (line) => {
    const apart = (a, b) => Math.hypot(b[1] - a[1], (b[0] - a[0]) * Math.cos((a[1] * Math.PI) / 180));
    let left = line.slice(1).reduce((sum, point, at) => sum + apart(line[at], point), 0) / 2;
    const at = Math.max(0, line.slice(1).findIndex((point, before) => (left -= apart(line[before], point)) <= 0));
    const [a, b] = [line[at], line[at + 1]];
    const turn = (Math.atan2((b[0] - a[0]) * Math.cos((a[1] * Math.PI) / 180), b[1] - a[1]) * 180) / Math.PI;
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "-8 -8 16 16");
    svg.setAttribute("aria-hidden", "true");
    const shape = document.createElementNS(space, "path");
    shape.setAttribute("d", "M0-7 6 6 0 3-6 6Z");
    shape.setAttribute("transform", `rotate(${turn.toFixed(0)})`);
    svg.append(shape);
    const icon = L.divIcon({ html: svg, className: "route-arrow", iconSize: [18, 18] });
    return L.marker([(a[1] + b[1]) / 2, (a[0] + b[0]) / 2], { icon, interactive: false, keyboard: false, zIndexOffset: -500 });
  };
  /* Stops close together stand beside each other, so that each number can be read and touched. */
  const APART = 37;
  const spread = (pins) => {
    const draw = () => {
      const spots = pins.map((pin) => ({ pin, from: map.latLngToLayerPoint(pin.getLatLng()), at: map.latLngToLayerPoint(pin.getLatLng()) }));
      let isClose = true;
      for (let round = 0; round < 60 && isClose; round += 1) {
        isClose = false;
        spots.forEach((one, number) =>
          spots.slice(number + 1).forEach((other) => {
            const [x, y] = [other.at.x - one.at.x || 0.1, other.at.y - one.at.y];
            const apart = Math.hypot(x, y);
            if (apart >= APART) return;
            isClose = true;
            const push = (APART + 0.5 - apart) / 2 / apart;
            one.at = one.at.subtract([x * push, y * push]);
            other.at = other.at.add([x * push, y * push]);
          }),
        );
      }
      spots.forEach(({ pin, from, at }) => {
        const { style } = pin.getElement();
        style.marginLeft = `${Math.round(at.x - from.x) - 17}px`;
        style.marginTop = `${Math.round(at.y - from.y) - 17}px`;
      });
    };
    map.on("zoomend", draw);
    draw();
  };
  const drawRoute = (route) => {
    const color = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim() || "#a3361b";
    const style = (under) => (feature) => ({
      color: under ? "#fff" : color, weight: under ? 8 : 4, opacity: 1, interactive: false, dashArray: under ? null : DASHES[feature.properties.kind] || null,
    });
    const lines = [true, false].map((under) => L.geoJSON(route, { style: style(under), interactive: false }).addTo(map));
    route.features.filter((one) => one.geometry.coordinates.length > 1).forEach((one) => arrow(one.geometry.coordinates).addTo(map));
    return lines;
  };
  /* Paper is wider than a phone: the map is laid out for it, and back again. White streets need ink there. */
  const printable = (base) => {
    const streets = ["roads", "main_roads"].flatMap((name) => base[name] || []);
    const lay = (isPaper) => {
      const seen = map.getBounds();
      streets.forEach((drawing) => drawing.setStyle({ color: isPaper ? "#c4bcad" : drawing.options.color }));
      map.getContainer().classList.toggle("on-paper", isPaper);
      map.invalidateSize({ pan: false, animate: false });
      map.fitBounds(seen, { animate: false });
    };
    window.addEventListener("beforeprint", () => lay(true));
    window.addEventListener("afterprint", () => lay(false));
  };
  const load = async (address) => {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return answer.json();
  };
  /* Whose stamp is on a card of this phone (js/stamps.js keeps them): read only, and asked of nobody. */
  const stampedPages = async () => {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open("kouba", 1);
      request.onupgradeneeded = () => request.transaction.abort(); /* there is none, and none is made */
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
    });
    const pages = new Set();
    if (!database) return pages;
    const get = (key) =>
      new Promise((resolve) => {
        const asked = database.transaction("kept").objectStore("kept").get(key);
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => resolve(undefined);
      });
    for (const key of (await get("rallies")) || []) {
      const pageOf = new Map(((await get(`rally:${key}`))?.stations || []).map((one) => [one.code, one.url]));
      for (const card of (await get(`cards:${key}`)) || []) {
        const told = await get(`answer:${card.code}`);
        for (const stamp of told?.card?.stamps || []) if (stamp.status !== "void") pages.add(pageOf.get(stamp.station) || "");
      }
    }
    database.close();
    return pages;
  };
  const markStamped = async (features) => {
    const pages = await stampedPages();
    const path = (url) => url && new URL(url, location).pathname;
    for (const { properties } of features) {
      const own = properties.items.find((item) => item.url && pages.has(path(item.url)));
      const pinned = own && markers.get(own.code)?.getElement();
      if (!pinned || pinned.classList.contains("pin-is-stamped")) continue;
      pinned.classList.add("pin-is-stamped");
      pinned.title = `${pinned.title} (${word("Stamped")})`;
    }
  };
  const start = async (started, layers) => {
    map = started;
    frame = map.getContainer().closest("[data-map]");
    map.attributionControl.setPrefix(false);
    L.control.scale({ imperial: false, position: "topleft" }).addTo(map); /* below, the credit would cover it on a phone */
    for (const [part, text] of [["in", word("ZoomIn")], ["out", word("ZoomOut")]]) {
      const button = map.getContainer().querySelector(`.leaflet-control-zoom-${part}`);
      if (button && text) button.setAttribute("aria-label", (button.title = text));
    }
    keepFocus();
    printable(layers.base);
    const button = frame.querySelector("[data-locate]");
    if (button) locate(button);
    document.addEventListener("click", (event) => {
      const asked = event.target.closest?.("[data-show-pin]");
      if (asked) show(asked.dataset.showPin);
    });
    try {
      const data = await load(frame.dataset.pins);
      if (data.bounds) map.fitBounds(data.bounds, { padding: [32, 32], maxZoom: 16, animate: false });
      if (data.credit) map.attributionControl.addAttribution(escaped(data.credit));
      if (layers.tiles) layers.tiles.addTo(map);
      layers.about.addData({ ...data, features: data.features.filter((feature) => feature.properties.about) });
      layers.pins.addData(data);
      if (window.koubaGroups) groups = koubaGroups(map, [...new Set(markers.values())], GROUPED);
      groups?.draw();
      if (word("Stamped")) markStamped(data.features).then(() => groups?.draw(), () => {});
      const route = data.route ? drawRoute(data.route) : [];
      if (data.route) spread([...new Set(markers.values())]);
      if (location.hash.startsWith("#pin-")) show(decodeURIComponent(location.hash.slice(5)));
      const base = frame.dataset.base && !layers.tiles ? await load(frame.dataset.base) : {};
      for (const [name, drawings] of Object.entries(layers.base)) {
        if (base[name]) drawings.forEach((drawing) => drawing.addData(base[name]));
      }
      widen(Object.values(layers.base).flat().filter((drawing) => drawing.options.weight));
      layers.about.bringToFront();
      route.forEach((lines) => lines.bringToFront());
      frame.dataset.mapReady = "";
    } catch (error) {
      say(word("Failed"));
      throw error;
    }
  };

  window.koubaMap = { pin, describe, start };
})();
