"""Links that work once: by whom they are used, when they die, and that no row gives one away."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from eventapp import clock, links
from eventapp.db import db, transaction
from eventapp.outbox import Mail
from eventapp.people import one_time
from eventapp.people.models import OneTimeLink, Purpose
from eventapp.people.one_time import LinkError
from tests.builders import make_person
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("app")


def made(person, purpose=Purpose.SIGN_IN, **values) -> str:
    """The token of a fresh link."""
    with transaction():
        return links.one_time_token(one_time.make(person, purpose, **values))


def use(token: str):
    with transaction():
        return one_time.use(token)


def test_a_link_works_once():
    person = make_person()
    token = made(person)

    assert use(token).person.id == person.id
    with pytest.raises(LinkError):
        use(token)
    assert one_time.find(token) is None


def test_looking_uses_nothing_up():
    token = made(make_person())

    for _scanner in range(5):
        assert one_time.find(token) is not None

    assert use(token)


@pytest.mark.parametrize(
    ("purpose", "life"),
    [(Purpose.SIGN_IN, timedelta(minutes=30)), (Purpose.RESET, timedelta(minutes=30)), (Purpose.RECOVERY, timedelta(hours=24)),
     (Purpose.INVITATION, timedelta(days=14))],
)  # fmt: skip
def test_a_link_dies_of_age(purpose, life):
    token = made(make_person(), purpose)

    with clock.stopped_at(NOW + life - timedelta(seconds=1)):
        assert one_time.find(token) is not None
    with clock.stopped_at(NOW + life), pytest.raises(LinkError):
        use(token)


@pytest.mark.parametrize(
    "change", [lambda token: token[:-1], lambda token: token[::-1], lambda _token: "", lambda _token: "é\0"]
)
def test_an_altered_link_is_none(change):
    token = made(make_person())

    with pytest.raises(LinkError):
        use(change(token))


@pytest.mark.parametrize("purpose", [Purpose.RESET, Purpose.RECOVERY])
def test_a_reset_is_worth_nothing_once_the_password_has_changed(purpose):
    person = make_person(password_hash="before")
    token = made(person, purpose)
    with transaction():
        person.password_hash = "after"

    with pytest.raises(LinkError):
        use(token)


def test_links_can_be_revoked_by_where_they_lead():
    person = make_person()
    here, there = made(person, next_path="/manage/ota/"), made(person, next_path="/manage/tsubame/")

    with transaction():
        one_time.revoke(person, *Purpose, next_path="/manage/ota/")

    assert one_time.find(here) is None
    assert one_time.find(there) is not None


def test_no_row_gives_the_link_away():
    person = make_person()
    with transaction():
        one_time.mail_sign_in(person)

    mail, link = db.session.scalars(select(Mail)).one(), db.session.scalars(select(OneTimeLink)).one()
    token = links.one_time_token(mail.values["one_time"])

    assert one_time.find(token).id == link.id
    assert token not in f"{mail.values} {link.token_hash}"
    assert len(token) == 43  # 256 bits


def test_nobodys_mailbox_is_flooded():
    person = make_person()
    for _press in range(9):
        with transaction():
            one_time.mail_sign_in(person)
            one_time.mail_reset(person)

    assert db.session.scalar(select(func.count(Mail.id))) == one_time.MOST_MAILS
    with clock.stopped_at(NOW + one_time.MAILS_WITHIN), transaction():
        one_time.mail_sign_in(person)
    assert db.session.scalar(select(func.count(Mail.id))) == one_time.MOST_MAILS + 1


def test_old_links_are_forgotten():
    person = make_person()
    made(person)

    with clock.stopped_at(NOW + timedelta(days=31)):
        made(person)

    assert db.session.scalar(select(func.count(OneTimeLink.id))) == 1
