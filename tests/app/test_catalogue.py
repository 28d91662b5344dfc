"""English in the sources, Japanese in the catalogue, and nothing between the two."""

import os
import re
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from bs4 import Tag
from flask import Flask
from wtforms import SelectField, StringField, TimeField
from wtforms.validators import InputRequired, Length, NumberRange

from eventapp.forms import BaseForm, WholeNumber
from eventapp.web.language import compile_catalogues
from tests.visiting import Visitor
from tests.world import fill, make_world, rules
from tools import translations

ROOT = Path(__file__).parents[2]
JAPANESE = re.compile("[ぁ-ゖァ-ヺ一-鿿々]+")
# A language is called by its own name; a reading is shown by example; one screen is for a Japanese passer-by to read.
MEANT = {"日本語", "やまだせいさくしょ", "こちらまでお願いします"}


@pytest.fixture(scope="module")
def sources() -> Catalog:
    return translations.extract()


def japanese() -> Catalog:
    return translations.read(ROOT / "translations/ja/LC_MESSAGES/messages.po")


def test_every_text_has_its_japanese(sources: Catalog) -> None:
    """None missing, none unsure, none left over, the same placeholders on both sides."""
    assert translations.find_problems(ROOT / "translations/ja/LC_MESSAGES/messages.po", sources) == []
    assert len(sources) > 1000


@pytest.mark.parametrize(("id", "string", "flags", "found"), [
    ("Book", "予約する", (), False),
    ("Book", "", (), True),
    ("Book", "予約する", ("fuzzy",), True),
    ("%(name)s is full.", "満席です。", (), True),
    ("Full.", "%(name)sは満席です。", (), True),
    (("%(num)d seat", "%(num)d seats"), ("%(num)d席",), (), False),
])  # fmt: skip
def test_a_slip_is_noticed(id: str, string: str, flags: tuple[str, ...], found: bool) -> None:
    assert bool(translations.problem_of(Message(id, string, flags=flags), known=True)) == found


def test_catalogues_are_compiled_into_the_instance_where_the_program_may_not_be_written(
    tmp_path: Path,
) -> None:
    ours, instance = tmp_path / "translations", tmp_path / "instance"
    catalogue = ours / "ja/LC_MESSAGES/messages.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Book"\nmsgstr "予約する"\n'
    )

    assert compile_catalogues(ours, instance) == ours
    assert not instance.exists()

    compiled = catalogue.with_suffix(".mo")
    compiled.unlink()
    compiled.with_suffix(
        f".mo.{os.getpid()}"
    ).mkdir()  # stands in the way, as a folder of somebody else's would

    assert compile_catalogues(ours, instance) == instance / "translations"
    with (instance / "translations/ja/LC_MESSAGES/messages.mo").open("rb") as file:
        assert GNUTranslations(file).gettext("Book") == "予約する"


class LibraryForm(BaseForm):
    name = StringField("name", [InputRequired(), Length(max=3)])
    age = WholeNumber("age", [NumberRange(0, 99)])
    craft = SelectField("craft", choices=["a"])
    start = TimeField("start")


@pytest.mark.parametrize(("language", "said"), [
    ("ja", ["3文字以内で入力してください。", "0から99までの数で入力してください。", "選択肢から選び直してください。", "時刻は「10:00」のように入力してください。"]),
    ("en", ["Field cannot be longer than 3 characters.", "Number must be between 0 and 99.", "Not a valid choice.", "Not a valid time value."]),
])  # fmt: skip
def test_the_form_library_speaks_as_we_do(app: Flask, language: str, said: list[str]) -> None:
    typed = {"name": "long", "age": "100", "craft": "b", "start": "noon"}
    with app.test_request_context(f"/?lang={language}", method="POST", data=typed):
        form = LibraryForm(meta={"csrf": False})
        form.validate()

        assert [one for field in form for one in field.errors] == said


def test_what_is_translated_is_english(sources: Catalog) -> None:
    assert [
        one.id for one in sources if any(JAPANESE.search(text) for text in translations.strings(one.id))
    ] == []


def test_japanese_is_written_in_no_template() -> None:
    """Printed paper (.typ) apart: one sheet speaks to everybody, so both languages stand side by side there."""
    wrong = [
        (str(page.relative_to(ROOT)), word)
        for page in sorted((ROOT / "templates").rglob("*"))
        if page.suffix in {".html", ".txt", ".xml"}
        for word in JAPANESE.findall(page.read_text())
        if word not in MEANT
    ]
    assert wrong == []


def test_scripts_bring_no_words_of_their_own() -> None:
    """What a script says comes from the page, which is translated."""
    scripts = (ROOT / "static/js").glob("*.js")
    assert [(page.name, word) for page in scripts for word in JAPANESE.findall(page.read_text())] == []


def left_in_japanese(main: Tag) -> set[str]:
    """Words outside whatever is marked as Japanese."""
    for marked in main.select("[lang=ja]"):
        marked.decompose()
    return {word for text in main.stripped_strings for word in JAPANESE.findall(text)}


def test_english_pages_are_english(app: Flask) -> None:
    world, visitor, wrong, walked = make_world(app), Visitor(app, language="en"), [], 0
    for rule in rules(app):
        address = fill(world, rule)
        if (
            address is None
            or "GET" not in (rule.methods or set())
            or rule.rule.startswith(("/manage/", "/factory/", "/r/"))
        ):
            continue
        page = visitor.send("GET", address, follow=False)
        if page.status == 200 and page.response.mimetype == "text/html" and page.html.body is not None:
            walked += 1
            wrong += [(address, word) for word in left_in_japanese(page.html.body) - MEANT]
    assert wrong == []
    assert walked > 12
