/*
 * Pins of the festival map that would cover each other. Seen from far above the pins are small; those that meet move a
 * little apart, and where there is no room even for that, several stand as one pin with their number ("×7"). A tap on it
 * comes nearer until they stand alone. What is no factory and no venue (a toilet, a stop) waits until there is room for it.
 *
 *   koubaGroups(map, markers, { word, inList(marker, members), popup(members) }) -> { draw(), alone(marker, least) -> zoom }
 */
(() => {
  "use strict";

  /* Sizes in pixels; `drift` is how far a pin may stand from its place. Squares of this size never overlap: a finger needs 24. */
  const FULL = { size: 34, drift: 14 };
  const SMALL = { size: 24, drift: 26 };
  const CROWDED = 0.12; /* with more than this share of pins meeting, all are small */

  const GROUP = 26;
  const PILE = 30; /* several as one, with the edges of the cards under it */
  const ROUNDS = 80;

  const width = (node, { size }) => (node.members.length > 1 ? Math.max(size, PILE) : size);
  const wanted = (a, b, kind) => (width(a, kind) + width(b, kind)) / 2 + 1;
  const apart = (a, b) => Math.max(Math.abs(b.at.x - a.at.x), Math.abs(b.at.y - a.at.y));
  const meets = (a, b, kind) => apart(a, b) < wanted(a, b, kind) - 1;

  /* Push those that meet away from each other, up and down or to the sides, whichever is nearer. */
  const moveApart = (nodes, kind) => {
    nodes.forEach((node) => (node.at = node.home));
    for (let round = 0, isClose = true; round < ROUNDS && isClose; round += 1) {
      isClose = false;
      nodes.forEach((one, number) => {
        for (const other of nodes.slice(number + 1)) {
          const [x, y] = [other.at.x - one.at.x, other.at.y - one.at.y];
          const missing = wanted(one, other, kind) - Math.max(Math.abs(x), Math.abs(y));
          if (missing <= 0) continue;
          isClose = true;
          const half = missing / 2;
          const push = Math.abs(x) > Math.abs(y) ? [x < 0 ? -half : half, 0] : [0, y < 0 ? -half : half];
          one.at = within(one.home, one.at.subtract(push), kind.drift);
          other.at = within(other.home, other.at.add(push), kind.drift);
        }
      });
    }
  };
  const within = (home, at, drift) => {
    const far = Math.hypot(at.x - home.x, at.y - home.y);
    return far <= drift ? at : home.add(at.subtract(home).multiplyBy(drift / far));
  };

  /* The two that are nearest become one, as many pairs at once as do not share a pin; answers whether any did. */
  const join = (nodes, kind) => {
    const pairs = [];
    nodes.forEach((one, number) => nodes.slice(number + 1).forEach((other) => meets(one, other, kind) && pairs.push([apart(one, other), one, other])));
    const joined = new Set();
    for (const [, one, other] of pairs.sort((a, b) => a[0] - b[0])) {
      if (joined.has(one) || joined.has(other)) continue;
      joined.add(one).add(other);
      const [here, there] = [one.members.length, other.members.length];
      one.home = one.home.multiplyBy(here).add(other.home.multiplyBy(there)).divideBy(here + there);
      one.members = [...one.members, ...other.members];
      nodes.splice(nodes.indexOf(other), 1);
    }
    return joined.size > 0;
  };

  const isPlace = (marker) => marker.feature.properties.kind === "place";

  window.koubaGroups = (map, markers, { word, inList, popup }) => {
    const [places, hosts] = [markers.filter(isPlace), markers.filter((marker) => !isPlace(marker))];
    const shown = new Map(); /* markers that stand for several, by whom they stand for */

    /* Who stands where at a zoom: nodes with their members, and the places for which there is room. */
    const arrange = (zoom) => {
      const node = (marker) => {
        const home = map.project(marker.getLatLng(), zoom);
        return { members: [marker], home, at: home };
      };
      const nodes = hosts.map(node);
      const meeting = nodes.filter((one) => nodes.some((other) => other !== one && meets(one, other, FULL))).length;
      const kind = meeting > Math.max(4, nodes.length * CROWDED) ? SMALL : FULL;
      do moveApart(nodes, kind);
      while (join(nodes, kind));
      for (const place of places.map(node)) if (!nodes.some((other) => meets(place, other, kind))) nodes.push(place);
      return { nodes, kind };
    };

    const stand = (element, size, move) => {
      element.classList.toggle("pin-small", size < FULL.size);
      element.style.width = element.style.height = `${size}px`;
      element.style.marginLeft = `${Math.round(move.x - size / 2)}px`;
      element.style.marginTop = `${Math.round(move.y - size / 2)}px`;
    };

    /* A pin for several: what is true of all of them it shows as they do, else it is plain. */
    const together = ({ members, home }, zoom) => {
      const features = members.map((marker) => marker.feature.properties);
      const has = (mark) => features.some((one) => (one.marks || []).includes(mark));
      const shapes = new Set(features.map((one) => one.shape));
      const isStamped = members.every((marker) => marker.getElement().classList.contains("pin-is-stamped"));
      const number = features.reduce((sum, one) => sum + one.items.length, 0);
      const inside = document.createElement("span");
      inside.className = "pin-inside";
      inside.textContent = `×${number}`;
      const className = ["pin", "pin-group", `pin-shape-${shapes.size === 1 ? [...shapes][0] : 0}`, has("open") && "pin-is-open",
        has("places") && "pin-is-places", isStamped && "pin-is-stamped"].filter(Boolean).join(" "); // prettier-ignore
      const said = [has("open") && word("Open"), has("places") && word("Places")].filter(Boolean).join(", ");
      const names = features.flatMap((one) => one.items.map((item) => item.name)).join(" / ");
      const title = `${word("Group").replace("{n}", number)}: ${names}${said ? ` (${said})` : ""}`;
      const icon = L.divIcon({ html: inside, className, iconSize: [34, 34], popupAnchor: [0, -14] });
      const marker = L.marker(map.unproject(home, zoom), { icon, title, alt: title, riseOnHover: true, keyboard: true });
      inList(marker, members);
      marker.on("click keypress", ({ type, originalEvent }) => (type === "click" || originalEvent?.key === "Enter") && open(marker, members));
      return marker;
    };

    const standsFor = (zoom, marker) => arrange(zoom).nodes.find((node) => node.members.includes(marker)).members.length;
    const open = (marker, members) => {
      const bounds = L.latLngBounds(members.map((member) => member.getLatLng()));
      let zoom = Math.floor(map.getZoom()) + 1;
      while (zoom <= map.getMaxZoom() && members.some((member) => standsFor(zoom, member) > 1)) zoom += 1;
      if (zoom > map.getMaxZoom() && map.getZoom() < map.getMaxZoom()) zoom = map.getMaxZoom();
      if (zoom > map.getMaxZoom()) {
        marker.bindPopup(() => popup(members), { maxHeight: 260, minWidth: 180 }).openPopup(); /* door by door: nothing would part them */
        return;
      }
      map.setView(bounds.getCenter(), zoom, { animate: false });
      const pile = [...shown].find(([own]) => own.includes(members[0]));
      (pile ? pile[1] : members[0]).getElement().focus({ preventScroll: true });
    };

    const draw = () => {
      const zoom = map.getZoom();
      const { nodes, kind } = arrange(zoom);
      shown.forEach((marker) => marker.remove());
      shown.clear();
      markers.forEach((marker) => (marker.getElement().hidden = true));
      for (const node of nodes) {
        const marker = node.members.length > 1 ? together(node, zoom).addTo(map) : node.members[0];
        if (node.members.length > 1) shown.set(node.members, marker);
        const element = marker.getElement();
        element.hidden = false;
        stand(element, node.members.length > 1 ? GROUP : kind.size, node.at.subtract(node.home));
      }
    };
    /* The first zoom from `least` on at which the pin stands for itself; the last there is, if it never does. */
    const alone = (marker, least) => {
      let zoom = Math.max(least, map.getZoom());
      while (zoom < map.getMaxZoom() && (isPlace(marker) ? !isRoom(zoom, marker) : standsFor(zoom, marker) > 1)) zoom = Math.floor(zoom) + 1;
      return Math.min(zoom, map.getMaxZoom());
    };
    const isRoom = (zoom, place) => arrange(zoom).nodes.some((node) => node.members[0] === place);
    map.on("zoomend", draw);
    return { draw, alone };
  };
})();
