"""Stamps drawn from name and craft, and the picture that grows."""

import io
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from eventapp import paper
from eventapp.factories.models import Craft
from eventapp.stamps import overlay, wrapping
from eventapp.stamps.art import INKS, Subject, draw_stamp, fit_lines, frame_picture, split_lines, width_of

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "<script>alert(1)</script>&amp;\"'",
    "]]><!-- x",
    "a\x00b\x1bc\ud800",
    "@@@",
    "🎉" * 60,
    "",
    "長" * 60,
    "W" * 60,
]


def raster(svg, width=120.0):
    return Image.open(
        io.BytesIO(paper.compile_png("raster", {"svg": svg, "width": width}, ppi=72)[0])
    ).convert("L")


@pytest.mark.parametrize("craft", list(Craft))
def test_every_craft_has_a_mark_of_its_own(craft):
    svg = draw_stamp(Subject("試作工場", "Trial Works", craft.value))

    assert svg != draw_stamp(Subject("試作工場", "Trial Works", "unknown")) or craft == Craft.OTHER
    dark = sum(raster(svg).histogram()[:128])
    assert 0.08 < dark / (340 * 340) < 0.6  # something is drawn, and paper shines through


def test_same_name_and_craft_give_the_same_stamp_for_ever():
    subject = Subject("鈴砥刃物製作所", "Suzuto Blade Works", "blades", "KOUBA 2026", 7)

    assert draw_stamp(subject) == draw_stamp(subject)


def test_number_and_year_change_neither_ink_nor_outline():
    def look(svg):
        return re.sub(r"<text.*?</text>|s[0-9a-f]{8}", "", svg)

    this_year = draw_stamp(Subject("鈴砥刃物製作所", "Suzuto", "blades", "2026", 7))

    assert look(this_year) == look(draw_stamp(Subject("鈴砥刃物製作所", "Suzuto", "blades", "2027", 31)))


def test_neighbours_look_different():
    stamps = {
        re.sub(
            r"s[0-9a-f]{8}|<text.*?</text>|<title.*?</title>",
            "",
            draw_stamp(Subject(f"工場{n}", craft="wood")),
        )
        for n in range(30)
    }

    assert len(stamps) == 30


def test_wanted_ink_is_taken():
    assert {"#123456"} == set(re.findall(r"#[0-9a-f]{6}", draw_stamp(Subject("匠"), ink="#123456")))
    assert set(re.findall(r"#[0-9a-f]{6}", draw_stamp(Subject("匠")))) <= set(INKS)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text_and_the_stamp_a_picture(name):
    svg = draw_stamp(Subject(name, name, "glass", name, 3))

    root = ElementTree.fromstring(svg)
    assert not [
        element.tag
        for element in root.iter()
        if element.tag.rpartition("}")[2] in ("script", "style", "foreignObject")
    ]
    assert "style=" not in re.sub(r">[^<]*<", "><", svg)
    raster(svg)


@pytest.mark.parametrize(
    "name", ["長" * 60, "W" * 60, "The Extraordinarily Long Named Precision Machining Works Ltd."]
)
def test_long_names_fit_the_ribbon(name):
    lines, size = fit_lines(name, width=182, height=38, largest=30)

    assert "".join("".join(lines).split()) == "".join(name.split())
    assert max(width_of(line) for line in lines) * size <= 182.01
    assert len(lines) * size * 1.12 <= 38.01


@given(st.text(max_size=70), st.integers(1, 3))
def test_lines_keep_every_letter(text, lines):
    plain = " ".join(text.split())

    assert "".join("".join(split_lines(plain, lines)).split()) == "".join(plain.split())


def test_uploaded_picture_becomes_a_round_stamp():
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "black").save(out, "PNG")

    picture = raster(frame_picture(out.getvalue(), "png", 'a "picture" <b>'))

    assert picture.getpixel((170, 170)) < 40
    assert picture.getpixel((4, 4)) > 250  # the corner is clear


def test_uploaded_picture_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="kind of picture"):
        frame_picture(b"", 'svg+xml" onload="x', "")


@settings(deadline=None)
@given(st.integers(1, overlay.MOST_PIECES), st.text(max_size=8))
def test_pieces_cover_the_picture_without_gap_or_overlap(count, seed):
    pieces = overlay.divide(count, seed)

    assert len(pieces) == count
    assert sum(overlay.area(piece) for piece in pieces) == pytest.approx(overlay.WIDTH * overlay.HEIGHT)
    assert all(0 <= x <= overlay.WIDTH and 0 <= y <= overlay.HEIGHT for piece in pieces for x, y in piece)


@settings(deadline=None)
@given(st.integers(2, 200))
def test_pieces_are_of_a_size(count):
    sizes = [overlay.area(piece) for piece in overlay.divide(count, "rally")]

    assert max(sizes) <= 3.5 * min(sizes)


@pytest.mark.parametrize("count", [0, overlay.MOST_PIECES + 1])
def test_impossible_numbers_of_pieces_are_refused(count):
    with pytest.raises(ValueError, match="pieces"):
        overlay.divide(count, "rally")


def test_every_piece_has_a_cover_of_its_outline_with_the_number_inside():
    pieces, covers = overlay.divide(12, "rally"), overlay.covers(12, "rally")

    assert len({one.path for one in covers}) == 12
    for piece, cover in zip(pieces, covers, strict=True):
        assert cover.path.count("L") == len(piece) - 1
        assert min(x for x, _ in piece) < cover.x < max(x for x, _ in piece)
        assert min(y for _, y in piece) < cover.y < max(y for _, y in piece)


def test_quilt_has_a_patch_for_every_station_and_stays_as_it_is():
    crafts = [craft.value for craft in Craft]
    quilt = overlay.draw_quilt(crafts, "rally")

    found = re.findall(r'<path fill="#[0-9a-f]{6}" d="(M[^"]+)"/><path fill="url', quilt)
    assert found == [cover.path for cover in overlay.covers(len(crafts), "rally")]
    assert quilt == overlay.draw_quilt(crafts, "rally")
    raster(quilt)


def test_a_prize_has_a_cloth_of_its_own():
    drawn = {code: wrapping.draw_prize(code) for code in ("a7xk2mqp", "b8yl3nrq", "c9zm4psr")}

    assert len(set(drawn.values())) == 3
    assert drawn["a7xk2mqp"] == wrapping.draw_prize("a7xk2mqp")
    for svg in drawn.values():
        raster(svg)
