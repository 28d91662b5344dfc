"""Rules of a profile: made, found, given a place in addresses."""

import pytest

from eventapp.db import db, transaction
from eventapp.factories import profiles
from eventapp.factories.models import Craft, Factory
from eventapp.factories.profiles import ProfileError
from eventapp.factories.slugs import latin, make_slug, romaji
from eventapp.i18n import Translated
from tests.builders import make_edition, make_entry, make_factory, make_festival, texts

pytestmark = pytest.mark.usefixtures("app")


@pytest.mark.parametrize(
    ("kana", "letters"),
    [("やまだせいさくしょ", "yamadaseisakusho"), ("とうきょう", "tokyo"), ("ちょっかく", "chokkaku"), ("しんぶん", "shimbun"),
     ("マッチ", "matchi"), ("じゅうきゅう", "jukyu"), ("ﾈｼﾞ", "neji")],
)  # fmt: skip
def test_kana_become_hepburn(kana: str, letters: str) -> None:
    assert romaji(kana) == letters


def test_latin_leaves_out_what_companies_have_in_common() -> None:
    assert latin("Café Müller Co., Ltd.") == "cafe-muller"
    assert latin("Takahashi's Works") == "takahashis-works"
    assert (latin("山田"), len(latin("very long " * 20)) <= 48) == ("", True)


def test_slug_is_unique_in_its_festival_only() -> None:
    festival, other = make_festival(), make_festival()
    with transaction():
        made = [
            profiles.create(each, {"name": {"ja": "山田"}, "kana": "やまだ"}, by="test").slug
            for each in (festival, festival, other)
        ]

    assert made == ["yamada", "yamada-2", "yamada"]
    assert make_slug(festival.id, name_en="New").startswith("new-")
    assert make_slug(festival.id).startswith("factory-")


def test_create_asks_for_a_name_alone() -> None:
    festival = make_festival()

    with transaction():
        factory = profiles.create(festival, {"name": Translated({"ja": "青木ガラス"})}, by="test")

    assert (factory.craft, factory.version, bool(factory.story)) == (Craft.OTHER, 1, False)
    with pytest.raises(ProfileError), transaction():
        profiles.create(festival, {"name": {}}, by="test")


def test_unknown_columns_are_a_mistake_of_the_programmer() -> None:
    factory = make_factory()

    with pytest.raises(ValueError, match="slug"), transaction():
        profiles.edit(factory, {"slug": "x"}, by="test")


def test_search_finds_kanji_half_width_kana_and_the_word_of_a_craft() -> None:
    festival = make_festival()
    with transaction():
        found = profiles.create(
            festival,
            {"name": {"ja": "髙木ネジ"}, "products": {"ja": "旋盤加工"}, "craft": "press"},
            by="test",
        )
        profiles.create(festival, {"name": {"ja": "青木"}}, by="test")

    for query in ("旋盤", "ﾈｼﾞ", "press", "高木", "ねじ 旋盤", "PRESS work"):
        assert profiles.search(festival.id, query) == [found], query
    assert profiles.search(festival.id, "%") == []


def test_search_leaves_out_who_is_in_the_edition() -> None:
    edition = make_edition()
    there = make_entry(edition).factory
    away = make_factory(edition.festival, name=texts("よそ"))

    assert there not in profiles.search(edition.festival_id, "", not_in=edition)
    assert away in profiles.search(edition.festival_id, "", not_in=edition)


def test_edit_keeps_before_and_after() -> None:
    factory = make_factory()

    with transaction():
        changed = profiles.edit(factory, {"kana": "あ", "craft": Craft.CUTTING, "min_age": 6}, by="test")

    assert changed == {"kana": ["やまだせいさくしょ", "あ"], "min_age": [None, 6]}
    assert db.session.get_one(Factory, factory.id).version == 2
