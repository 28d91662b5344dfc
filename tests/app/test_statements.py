"""How many SQL statements the pages that everybody asks for cost, whatever the number of rows (docs/performance.md)."""

import re
from typing import Any

import pytest
from flask import Flask

from eventapp.tours.models import Slot
from tests.builders import make_edition, make_entry, make_festival, make_programme, make_slot

pytestmark = pytest.mark.usefixtures("app")
PLACE = "/f/2026/"
VALUE = re.compile(r'name="(csrf_token|request_key)"[^>]*value="([^"]+)"')


@pytest.fixture
def edition() -> Any:
    return make_edition(make_festival("f"))


def fill(edition: Any, factories: int) -> list[Slot]:
    """So many factories with a slot each."""
    return [make_slot(make_programme(make_entry(edition))) for _number in range(factories)]


def ask(app: Flask, count_statements: Any, path: str) -> int:
    with count_statements() as seen:
        assert app.test_client().get(path).status_code == 200
    return len(seen)


def test_list_costs_the_same_whatever_its_length(app: Flask, edition: Any, count_statements: Any) -> None:
    fill(edition, 1)
    ask(app, count_statements, f"{PLACE}whats-on/")
    fill(edition, 1)
    few = ask(app, count_statements, f"{PLACE}whats-on/")
    fill(edition, 6)
    many = ask(app, count_statements, f"{PLACE}whats-on/")

    assert few == many <= 3


def test_list_that_did_not_change_costs_one(app: Flask, edition: Any, count_statements: Any) -> None:
    fill(edition, 3)
    ask(app, count_statements, f"{PLACE}whats-on/")

    assert ask(app, count_statements, f"{PLACE}whats-on/") == 1


def test_pages_that_did_not_change_cost_one_or_two(app: Flask, edition: Any, count_statements: Any) -> None:
    (slot,) = fill(edition, 1)
    entry = slot.programme.entry
    assert entry is not None
    factory = f"{PLACE}factories/{entry.factory.slug}/"
    for path in (factory, f"{PLACE}slots/{slot.code}"):
        ask(app, count_statements, path)

    assert ask(app, count_statements, factory) == 2
    assert ask(app, count_statements, f"{PLACE}slots/{slot.code}") == 1


def test_booking_costs_at_most_eight(app: Flask, edition: Any, count_statements: Any) -> None:
    (slot,) = fill(edition, 1)
    client = app.test_client()
    page = f"{PLACE}slots/{slot.code}"
    typed = dict(VALUE.findall(client.get(page).get_data(as_text=True)))
    typed |= {"party_size": "2", "name": "花山 花子", "email": "hana@example.jp", "consent": "y"}

    with count_statements() as seen:
        answer = client.post(f"{page}/book", data=typed)

    assert answer.status_code == 303
    assert len(seen) <= 8, "\n".join(seen)
