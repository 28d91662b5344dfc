"""What every page is made of: the icons exist, the colours can be read, the files stay small."""

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STYLES = (ROOT / "static/css/app.css").read_text()
ICONS = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/img/icons.svg").read_text()))
COLOURS = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", STYLES))

READ_TOGETHER = [
    ("ink", "paper"), ("ink-2", "paper"), ("ink-3", "paper"), ("ink-2", "paper-2"), ("ink-3", "card"),
    ("accent", "paper"), ("accent", "card"), ("accent", "accent-soft"), ("accent", "accent-ink"), ("ink-2", "accent-soft"),
    ("good", "good-soft"), ("care", "care-soft"), ("bad", "bad-soft"), ("calm", "calm-soft"), ("good", "paper"), ("care", "paper"),
]  # fmt: skip


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(COLOURS[one]), luminance(COLOURS[other])), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("text", "ground"), READ_TOGETHER)
def test_text_can_be_read_on_its_ground(text: str, ground: str) -> None:
    assert contrast(text, ground) >= 4.5


def test_edges_of_inputs_can_be_seen() -> None:
    assert min(contrast("line-2", ground) for ground in ("paper", "card")) >= 3


def test_every_icon_named_in_a_template_is_drawn() -> None:
    named = {
        (name, page.name)
        for page in (ROOT / "templates").rglob("*.html")
        for name in re.findall(
            r"""(?:\bicon\(|\bicon_name=|icons\.svg'\) \}\}#)['"]?([a-z][a-z_-]+)(?=['"])""", page.read_text()
        )
    }

    assert named
    assert {(name, page) for name, page in named if name not in ICONS} == set()


def test_what_every_visitor_page_loads_is_small() -> None:
    files = ["vendor/bootstrap-5.3.8/bootstrap.min.css", "css/app.css", "js/app.js", "img/icons.svg"]

    assert sum(len(gzip.compress((ROOT / "static" / file).read_bytes())) for file in files) < 60_000
