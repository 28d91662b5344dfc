"""Documents: data stays data, fonts are found and embedded, the same data gives the same pages."""

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from eventapp import clock, paper

HOSTILE = [
    "#evil[x] $x$ `raw` *bold* _it_ <label> @ref // comment",
    '"quotes" \\ #panic("no") ] } ) #read("poster.typ")',
    "髙﨑①〜ｶﾅ Ünïcödé",
]
NOON = datetime(2026, 10, 1, 3, 0, tzinfo=UTC)


def a_card(**values):
    card = {
        "qr": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" width="1" height="1"><path d="M0 0h1v1z"/></svg>',
        "serial": "000001", "festival": {"ja": "ためし", "en": "Trial"}, "domain": "kojo.example.jp", "boxes": 12,
        "accent": "#b4451f", "on_accent": "#ffffff", "soft": "#ffeedd",
    }  # fmt: skip
    return card | values


def letters_of(pdf):
    with pypdfium2.PdfDocument(pdf) as document:
        return "".join(document[0].get_textpage().get_text_range().split())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text):
    pdf = paper.compile("paper_card", {"cards": [a_card(festival={"ja": text, "en": ""})]})

    assert "".join(text.split()) in letters_of(pdf)


@pytest.mark.parametrize("text", ["🎉 祭", "a\ud800b", "a\x00b\x07c", "‮abc", "﷽" * 20])
def test_letters_without_a_shape_do_not_stop_the_press(text):
    assert paper.compile("paper_card", {"cards": [a_card(serial=text)]}).startswith(b"%PDF")


def test_pdf_is_tagged_and_embeds_the_japanese_font():
    pdf = paper.compile("paper_card", {"cards": [a_card()]})

    assert b"pdfuaid" in pdf
    assert b"NotoSansJP" in pdf
    assert b"/FontFile" in pdf


def test_same_data_gives_the_same_bytes():
    with clock.stopped_at(NOON):
        first = paper.compile("paper_card", {"cards": [a_card()]})
        second = paper.compile("paper_card", {"cards": [a_card()]})

    assert first == second


def test_time_of_making_is_the_clocks():
    with clock.stopped_at(NOON + timedelta(days=365)):
        pdf = paper.compile("paper_card", {"cards": [a_card()]})

    assert b"D:20271001030000" in pdf


def test_pictures_have_a_page_each():
    data = {"cards": [a_card() for _ in range(11)]}

    svgs, pngs = paper.compile_svg("paper_card", data), paper.compile_png("paper_card", data, ppi=30)

    assert (len(svgs), len(pngs)) == (2, 2)
    assert Image.open(io.BytesIO(pngs[0])).size == (248, 351)
    assert b"<text" not in svgs[0]  # letters are outlines


def test_fonts_come_from_the_configured_folder_first(tmp_path):
    vendored = next(paper.VENDORED.glob("noto-sans-jp-*"))
    (tmp_path / "mine.ttf").write_bytes((vendored / "NotoSansJP_700Bold.ttf").read_bytes())

    fonts, family = paper.find_fonts(str(tmp_path))

    assert family == "Noto Sans JP"
    assert [Path(font.path).name for font in fonts.fonts() if font.path] == ["mine.ttf"]


def test_fonts_of_an_empty_folder_are_replaced_by_ours(tmp_path):
    fonts, _ = paper.find_fonts(str(tmp_path))

    assert {Path(font.path).parent.name.rpartition("-")[0] for font in fonts.fonts() if font.path} == {
        "noto-sans-jp"
    }


def test_missing_fonts_are_said(monkeypatch, tmp_path):
    monkeypatch.setattr(paper, "VENDORED", tmp_path)
    monkeypatch.setattr(paper, "FAMILIES", ())
    paper.find_fonts.cache_clear()

    with pytest.raises(paper.PaperError, match="EVENTAPP_PAPER_FONTS"):
        paper.find_fonts("")

    paper.find_fonts.cache_clear()


def test_broken_template_is_an_error_that_names_it(monkeypatch, tmp_path):
    (tmp_path / "broken.typ").write_text("#nothing_of_this_name")
    monkeypatch.setattr(paper, "TEMPLATES", tmp_path)

    with pytest.raises(paper.PaperError, match="broken: unknown variable"):
        paper.compile("broken", {})


def test_templates_ask_for_no_package():
    """A package would be fetched from a foreign host when it is first used."""
    assert not [
        path.name
        for path in paper.TEMPLATES.glob("*.typ")
        if re.search(r"#import|@preview", path.read_text("utf-8"))
    ]
