"""Signed-in browsers: found, listed, ended."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from eventapp import clock
from eventapp.db import NotThere, db, transaction
from eventapp.people import accounts
from eventapp.people.models import SignIn
from tests.builders import make_person
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("app")


def signed_in(person, browser: str = "") -> str:
    with transaction():
        return accounts.start_sign_in(person, browser)


@pytest.mark.parametrize("typed", ["Hana@Example.jp", " ｈａｎａ@example.jp "])
def test_a_person_is_found_however_the_address_is_typed(typed):
    person = make_person(email="hana@example.jp")

    assert accounts.find_person(typed).id == person.id


def test_no_address_finds_nobody():
    assert accounts.find_person("not an address") is None


def test_a_sign_in_ends_after_idle_days_and_after_a_fortnight():
    key = signed_in(make_person())

    with clock.stopped_at(NOW + accounts.IDLE - timedelta(seconds=1)):
        assert accounts.find_sign_in(key) is not None
        with transaction():
            accounts.note_seen(accounts.find_sign_in(key))
    with clock.stopped_at(NOW + accounts.IDLE):
        assert accounts.find_sign_in(key) is not None
    with clock.stopped_at(NOW + 2 * accounts.IDLE):
        assert accounts.find_sign_in(key) is None


def test_a_sign_in_in_daily_use_ends_after_a_fortnight():
    key = signed_in(make_person())
    for day in range(14):
        with clock.stopped_at(NOW + timedelta(days=day)), transaction():
            accounts.note_seen(accounts.find_sign_in(key))

    with clock.stopped_at(NOW + accounts.LONGEST):
        assert accounts.find_sign_in(key) is None


def test_sign_ins_are_listed_and_ended_one_by_one_or_all_but_one():
    person, other = make_person(), make_person()
    first, second, third = (
        signed_in(person, name) for name in ("Firefox, Android", "Safari, iPhone", "Edge, Windows")
    )
    stranger = signed_in(other)

    with transaction():
        accounts.end_sign_in(accounts.find_sign_in(first))
    assert [row.browser for row in accounts.list_sign_ins(person)] == ["Edge, Windows", "Safari, iPhone"]

    with transaction():
        accounts.end_sign_ins(person, keep=accounts.find_sign_in(third))
    assert [row.browser for row in accounts.list_sign_ins(person)] == ["Edge, Windows"]
    assert accounts.find_sign_in(second) is None
    assert accounts.find_sign_in(stranger) is not None


def test_somebody_elses_sign_in_is_not_there():
    signed_in(stranger := make_person())
    code = accounts.list_sign_ins(stranger)[0].code

    with pytest.raises(NotThere):
        accounts.get_sign_in(make_person(), code)


def test_the_table_keeps_no_key_and_forgets_old_rows():
    person = make_person()
    key = signed_in(person)
    assert key not in db.session.scalars(select(SignIn.key_hash)).one()

    with clock.stopped_at(NOW + accounts.LONGEST + accounts.KEPT + timedelta(days=1)):
        signed_in(person)

    assert db.session.scalar(select(func.count(SignIn.id))) == 1


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36 Line/15.1.0", "LINE, Android"),
        ("curl/8", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_browsers_have_names_their_owners_know(agent, name):
    assert accounts.describe_browser(agent) == name
