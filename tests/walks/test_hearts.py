"""Hearts: kept without an account, shared by a link, changed by the device that made them."""

import pytest

from eventapp.db import NotThere, transaction
from eventapp.walks import hearts
from eventapp.walks.asking import MOST_WISHES
from tests.builders import make_edition, make_programme
from tests.walks.festival import factory, make_trail

pytestmark = pytest.mark.usefixtures("app", "english")


def test_hearts_are_kept_found_and_changed() -> None:
    edition, entries = make_trail(2)
    programme = make_programme(entries[1])
    with transaction():
        saved = hearts.create(
            edition, [factory(entries[0]), factory(entries[0]), "slot:X", "factory:<b>", "rubbish"]
        )
        assert hearts.toggle(saved.list, f"programme:{programme.code}")
        assert not hearts.toggle(saved.list, factory(entries[0]))

    found = hearts.get(edition, saved.list.code)

    assert found.keys == [f"programme:{programme.code}"]
    assert hearts.may_change(found, saved.key)
    assert not hearts.may_change(found, "guess")
    assert [(wish.name.text("en"), wish.factory, wish.is_there) for wish in hearts.wishes(found)] == [
        ("Factory tour", entries[1].factory.slug, True)
    ]


def test_what_is_gone_is_said_to_be_gone() -> None:
    edition, _entries = make_trail(1)
    with transaction():
        saved = hearts.create(edition, ["factory:GONE2345"])

    assert [wish.is_there for wish in hearts.wishes(saved.list)] == [False]


def test_a_list_belongs_to_its_edition_and_has_an_end() -> None:
    edition, _entries = make_trail(1)
    with transaction():
        saved = hearts.create(edition, [f"factory:{number}" for number in range(MOST_WISHES + 50)])

    assert len(saved.list.keys) == MOST_WISHES
    with pytest.raises(NotThere):
        hearts.get(make_edition(), saved.list.code)
    with pytest.raises(NotThere):
        hearts.get(edition, "x" * 500)
