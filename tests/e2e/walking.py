"""What the walks through all pages share: whose pages there are, and what is wrong with the one on the screen."""

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask
from playwright.sync_api import Page

from tests.visiting import Visitor
from tests.world import World, fill, rules

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ASK_AXE = """async tags => {
  const found = await axe.run({runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']});
  return found.violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.target} ${node.html.slice(0, 160)}`));
}"""
# What opens is opened, so that axe sees it; menus stay shut, for they lie over other things.
OPEN = "() => document.querySelectorAll('details:not(.menu)').forEach(one => { one.open = true })"
MEASURE = """() => ({
  language: document.documentElement.lang,
  wide: document.scrollingElement.scrollWidth - innerWidth,
  widest: [...document.body.querySelectorAll('*')].filter(one => one.getBoundingClientRect().right > innerWidth + 1
    && !one.closest('.table-scroll, .timetable-scroll, [tabindex="0"], .leaflet-container')).slice(0, 3).map(one => one.outerHTML.slice(0, 120)),
  pictures: [...document.images].filter(one => !one.hasAttribute('alt') || !one.getAttribute('width') || !one.getAttribute('height'))
    .filter(one => !one.closest('.leaflet-container')).map(one => one.outerHTML.slice(0, 160)),
  title: document.title,
  headings: document.querySelectorAll('h1').length,
})"""


def addresses(app: Flask, world: World, who: str) -> Iterator[str]:
    """The address of every HTML page that a `visitor`, a factory's `member` or the committee's `owner` gets as 200."""
    starts = {"member": ("/factory/", "/account/"), "owner": ("/manage/",)}
    visitor = Visitor(app)
    if who != "visitor":
        visitor.sign_in(getattr(world, who))
    for rule in rules(app):
        mine = (
            rule.rule.startswith(starts[who])
            if who in starts
            else not rule.rule.startswith(("/manage/", "/factory/"))
        )
        address = fill(world, rule) if mine and "GET" in (rule.methods or set()) else None
        if address is not None:
            answer = visitor.send("GET", address, follow=False).response
            if answer.status_code == 200 and answer.mimetype == "text/html":
                yield address


def faults_for_eyes(page: Page, language: str) -> list[str]:
    """The language that is announced, what is wider than the screen, pictures without words or sizes, headings."""
    seen: dict[str, Any] = page.evaluate(MEASURE)
    faults = [f"picture: {one}" for one in seen["pictures"]]
    if seen["language"] != language:
        faults.append(f"lang={seen['language']}")
    if seen["wide"] > 0:
        faults.append(f"{seen['wide']} px too wide: {seen['widest']}")
    if not seen["title"] or seen["headings"] != 1:
        faults.append(f"title {seen['title']!r}, {seen['headings']} h1")
    return faults


def faults_for_readers(page: Page) -> list[str]:
    """What axe finds (WCAG 2.2 AA and its good practice), with everything that opens open."""
    page.emulate_media(reduced_motion="reduce")  # a colour that is still changing is no colour yet
    page.evaluate(OPEN)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(ASK_AXE, TAGS)
    return found
