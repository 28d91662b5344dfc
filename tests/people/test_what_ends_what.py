"""What ends what: a new password, a second step, a place that is gone; and what goes on untouched."""

from datetime import timedelta

import pyotp
import pytest

from eventapp import clock
from eventapp.audit import Line
from eventapp.db import db, transaction
from eventapp.i18n import Translated
from eventapp.links import one_time_token
from eventapp.outbox import Mail
from eventapp.people import accounts, erasing, invitations, one_time, passwords, second_step
from eventapp.people.models import OneTimeLink, Person, Purpose, SignIn
from tests.builders import make_festival, make_person
from tests.visiting import Visitor

PASSWORD = "a quiet lathe at dawn"
NEW = "another lathe at dusk"


@pytest.fixture
def person(app):
    return make_person("Keiko", email="keiko@example.jp", password_hash=passwords.hashed(PASSWORD))


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).at(int(clock.now().timestamp()))


def is_in(visit) -> bool:
    return visit.send("GET", "/account/", follow=False).status == 200


def enter(visit, person, password=PASSWORD):
    return visit("/account/sign-in").submit(button="Sign in", email=person.email, password=password)


def test_a_new_password_leaves_one_signed_in_here_tells_by_mail_and_stands_in_the_history(visit, person):
    here = visit.sign_in(person)

    here("/account/password").submit(password=PASSWORD, new_password=NEW)

    assert is_in(here)
    assert [(mail.template, mail.to_address) for mail in db.session.query(Mail)] == [
        ("people/password_changed", "keiko@example.jp")
    ]
    assert db.session.query(Line).filter_by(action="person.password_changed", by="Keiko").count() == 1


def test_switching_the_second_step_on_signs_out_every_other_browser(visit, person):
    here, elsewhere = visit.sign_in(person), Visitor(visit.app).sign_in(person)
    page = here("/account/second-step")
    secret = page.html.select_one("b.figure").get_text().replace(" ", "")

    page.submit(code=code_of(secret))

    assert (is_in(here), is_in(elsewhere)) == (True, False)


def test_the_code_that_proved_the_app_does_not_sign_in_as_well(visit, person):
    here = visit.sign_in(person)
    page = here("/account/second-step")
    secret = page.html.select_one("b.figure").get_text().replace(" ", "")
    code = code_of(secret)
    page.submit(code=code)

    other = Visitor(visit.app)
    assert enter(other, person).submit(code=code).status == 422
    assert not is_in(other)


def test_a_password_changed_while_it_was_being_checked_lets_nobody_in(visit, person, monkeypatch):
    right = passwords.fits

    def changed_meanwhile(password_hash, password):
        fitted, other = right(password_hash, password), passwords.hashed(NEW)
        with transaction():
            db.session.get_one(Person, person.id).password_hash = other
        return fitted

    monkeypatch.setattr(passwords, "fits", changed_meanwhile)

    assert enter(visit, person).status == 422
    assert not is_in(visit)


def test_who_never_answered_the_invitation_has_no_password_to_forget(visit):
    invited = make_person("Ken", email="ken@example.jp")
    with transaction():
        invited.accepted_at = None

    visit("/account/forgotten").submit(email="ken@example.jp")

    assert db.session.query(Mail).filter_by(template="people/reset").count() == 0


def test_a_recovery_is_worth_nothing_once_a_second_step_was_set_up_anew(person):
    with transaction():
        token = one_time_token(one_time.make(person, Purpose.RECOVERY))
    assert one_time.find(token) is not None

    with transaction():
        second_step.switch_on(person, second_step.new_secret(), 1)

    assert one_time.find(token) is None


# --- invitations


def invite(person, path, festival):
    with transaction():
        return one_time_token(
            invitations.send(person, place=Translated({"ja": "会場"}), next_path=path, by="test", festival_id=festival.id)
        )  # fmt: skip


@pytest.fixture
def invited(app):
    """Somebody who was asked into two places and has answered neither."""
    person, festival = make_person("Ken", email="ken@example.jp"), make_festival()
    with transaction():
        person.accepted_at = None
    return person, [invite(person, path, festival) for path in ("/manage/a/", "/manage/b/")]


def test_an_invitation_into_a_second_place_leaves_the_first_open(invited):
    _person, tokens = invited

    assert all(one_time.find(token) is not None for token in tokens)


def test_a_place_that_is_gone_leaves_the_way_to_the_other_open(invited):
    person, (first, second) = invited

    with transaction():
        invitations.withdraw(person, "/manage/a/")

    assert one_time.find(first) is None
    assert one_time.find(second) is not None


# --- forgetting


def test_what_was_used_or_signed_out_is_forgotten_thirty_days_later(person):
    with transaction():
        accounts.start_sign_in(person)
        token = one_time_token(one_time.make(person, Purpose.INVITATION))
    with transaction():
        one_time.use(token)
        accounts.end_sign_ins(person)

    for days, left in ((30, 1), (31, 0)):
        with clock.stopped_at(clock.now() + timedelta(days=days)), transaction():
            erasing.sweep()
        assert [db.session.query(table).count() for table in (SignIn, OneTimeLink)] == [left, left]
