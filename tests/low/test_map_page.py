"""The map in a browser, under the content policy of every page, with names that want to be script."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from eventapp.maps import Pin, as_json, build_map

STATIC = Path(__file__).parents[2] / "static"
POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'"
EVIL = "旋盤 </script><img src=x onerror=alert(1)>${alert(1)}`"
PINS = [
    Pin(
        "AAAA",
        35.560,
        139.716,
        EVIL,
        url="/f/a",
        craft="press",
        craft_name="プレス",
        icon="press",
        lines=(EVIL,),
    ),
    Pin("BBBB", 35.560, 139.716, "同じ建物", craft="glass", craft_name="ガラス"),
    Pin("CCCC", 35.565, 139.720, "町名だけ", approximate=True, number="3"),
]
STREETS = {"roads": {"type": "LineString", "coordinates": [[139.71, 35.56], [139.72, 35.57]]}}
PAGE = """<!doctype html><html lang="ja"><title>map</title><link rel="stylesheet" href="/static/vendor/{leaflet}/leaflet.css">
<link rel="stylesheet" href="/static/css/map.css">
<section data-map data-pins="/map.json" data-base="/base.json" data-icons="/static/img/icons.svg"
  data-word-about="このあたり" data-word-zoom-in="拡大" data-word-zoom-out="縮小" data-word-close="閉じる"
  data-word-failed="読み込めません" data-word-here="現在地です" data-word-nowhere="分かりません">{div}
  <button data-locate hidden>現在地</button><p role="status"></p></section>
<ul><li data-pin="AAAA"><button data-show-pin="AAAA">A</button></li></ul>
<script defer src="/static/vendor/{leaflet}/leaflet.js"></script><script defer src="/static/js/map.js"></script>
<script defer src="/map-script.js"></script>"""
KINDS = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
}


@pytest.fixture
def served():
    """What the site answers, by path; a test may take something away."""
    parts = build_map(PINS, base=STREETS, credit="© 測量 <b>")
    leaflet = next(path.name for path in (STATIC / "vendor").glob("leaflet-*"))
    return {
        "/": PAGE.format(leaflet=leaflet, div=parts.div),
        "/map-script.js": parts.script,
        "/map.json": as_json(parts.data),
        "/base.json": as_json(parts.base),
    }


@pytest.fixture
def map_page(page, served):
    """The page in a browser whose every request is answered here; `page.foreign` and `page.faults` are noted."""
    page.foreign, page.faults = [], []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("dialog", lambda dialog: page.faults.append(dialog.message))
    page.on(
        "console", lambda line: page.faults.append(line.text) if "Content Security" in line.text else None
    )

    def answer(route):
        host, path = re.match(r"http://([^/]+)([^?#]*)", route.request.url).groups()
        if host != "localhost":
            page.foreign.append(route.request.url)
        kind = KINDS.get(Path(path).suffix, "text/html")
        if path in served:
            body = served[path].encode()
        elif path.startswith("/static/") and (STATIC.parent / path[1:]).is_file():
            body = (STATIC.parent / path[1:]).read_bytes()
        else:
            return route.fulfill(status=404, body="")
        return route.fulfill(
            body=body, content_type=f"{kind}; charset=utf-8", headers={"Content-Security-Policy": POLICY}
        )

    page.route("**/*", answer)
    page.set_viewport_size({"width": 390, "height": 844})
    return page


@pytest.mark.e2e
def test_names_are_text_and_nothing_foreign_is_asked(map_page):
    map_page.goto("http://localhost/")
    map_page.wait_for_selector("[data-map-ready]")

    pins = map_page.locator(".pin")
    assert [pin.get_attribute("aria-label") for pin in pins.all()] == [
        f"{EVIL} / 同じ建物",
        "町名だけ (このあたり)",
    ]
    assert map_page.locator(".leaflet-control-zoom-in").get_attribute("aria-label") == "拡大"
    assert map_page.locator(".leaflet-control-attribution").inner_text() == "© 測量 <b>"
    map_page.click("[data-show-pin=AAAA]")
    assert map_page.locator(".pin-popup .pin-name").all_inner_texts() == [EVIL, "同じ建物"]
    assert (map_page.foreign, map_page.faults) == ([], [])


@pytest.mark.e2e
def test_list_and_map_lead_to_each_other_from_the_keyboard(map_page):
    map_page.goto("http://localhost/")
    map_page.wait_for_selector("[data-map-ready]")

    map_page.focus(".pin >> nth=0")
    map_page.keyboard.press("Enter")
    map_page.wait_for_selector(".leaflet-popup")
    assert map_page.evaluate("document.activeElement.getAttribute('href')") == "/f/a"
    assert "is-on-map" in map_page.locator("[data-pin=AAAA]").get_attribute("class")
    map_page.keyboard.press("Escape")

    assert "pin" in map_page.evaluate("document.activeElement.className").split()
    assert "is-on-map" not in map_page.locator("[data-pin=AAAA]").get_attribute("class")


@pytest.mark.e2e
def test_the_visitors_place_is_asked_for_only_after_a_tap(map_page):
    map_page.context.grant_permissions(["geolocation"], origin="http://localhost")
    map_page.context.set_geolocation({"latitude": 35.561, "longitude": 139.717})
    map_page.add_init_script(
        "document.addEventListener('kouba:located', (e) => { document.title = `at ${e.detail.lat}` })"
    )
    map_page.goto("http://localhost/")
    map_page.wait_for_selector("[data-map-ready]")
    assert map_page.title() == "map"

    map_page.click("[data-locate]")

    expect(map_page).to_have_title("at 35.561")
    expect(map_page.locator("[role=status]")).to_have_text("現在地です")


@pytest.mark.e2e
def test_a_map_without_its_data_says_so(map_page, served):
    del served["/map.json"]

    map_page.goto("http://localhost/")

    expect(map_page.locator("[role=status]")).to_have_text("読み込めません")
