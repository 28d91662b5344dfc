"""One's own account: name, password, second step, signed-in browsers."""

import pyotp
import pytest

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.links import one_time_token
from eventapp.people import accounts, attempts, one_time, passwords
from eventapp.people.models import Person, Purpose
from tests.builders import make_person
from tests.visiting import Visitor

PASSWORD = "a quiet lathe at dawn"
NEW = "another lathe at dusk"


@pytest.fixture
def person(app):
    return make_person("Keiko", email="keiko@example.jp", password_hash=passwords.hashed(PASSWORD))


@pytest.fixture
def desk(visit, person):
    return visit.sign_in(person)


def fresh(person) -> Person:
    return db.session.get_one(Person, person.id, populate_existing=True)


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).at(int(clock.now().timestamp()))


@pytest.mark.parametrize("path", ["", "profile", "password", "second-step", "second-step/qr.svg", "sign-ins"])
def test_strangers_are_asked_to_sign_in(visit, path):
    assert visit(f"/account/{path}").path == "/account/sign-in"


def test_name_and_language_are_saved(desk, person):
    page = desk("/account/profile").submit(name="佐藤 恵子", language="ja")

    assert (fresh(person).name, fresh(person).language) == ("佐藤 恵子", "ja")
    assert page.html.html["lang"] == "ja"
    assert page.alerts == ["保存しました。"]


@pytest.mark.parametrize("name", ["", " ", "\u200f", "x" * 101, "a\0b"])
def test_a_name_that_cannot_be_kept_comes_back(desk, person, name):
    assert desk("/account/profile").submit(name=name).status == 422
    assert fresh(person).name == "Keiko"


def test_a_password_changes_only_with_the_present_one(desk, person):
    assert desk("/account/password").submit(password="wrong", new_password=NEW).status == 422
    elsewhere = Visitor(desk.app).sign_in(person)
    with transaction():
        links = [one_time.make(person, purpose) for purpose in Purpose]

    page = desk("/account/password").submit(password=PASSWORD, new_password=NEW)

    assert page.alerts == ["The password is changed. All other browsers are signed out."]
    assert passwords.fits(fresh(person).password_hash, NEW)
    assert elsewhere.send("GET", "/account/", follow=False).status == 303
    assert [one_time.find(one_time_token(nonce)) for nonce in links] == [None] * len(links)


def test_the_present_password_cannot_be_guessed_without_end(desk, person):
    for _turn in range(attempts.FAST):
        desk("/account/password").submit(password="wrong", new_password=NEW)

    assert "too many tries" in desk("/account/password").submit(password=PASSWORD, new_password=NEW).main
    assert passwords.fits(fresh(person).password_hash, PASSWORD)


def test_somebody_with_links_only_sets_a_first_password(visit):
    person = make_person("Links only")

    visit.sign_in(person)("/account/password").submit(new_password=NEW)

    assert passwords.fits(fresh(person).password_hash, NEW)


def test_the_second_step_is_switched_on_with_a_code_and_off_again(desk, person):
    page = desk("/account/second-step")
    secret = page.html.select_one("b.figure").get_text().replace(" ", "")
    picture = desk("/account/second-step/qr.svg").response
    assert (picture.mimetype, b"<svg" in picture.data) == ("image/svg+xml", True)

    assert page.submit(code="000000").status == 422
    assert "asks for a code" in desk("/account/second-step").submit(code=code_of(secret)).alerts[0]
    assert fresh(person).totp_secret == secret
    assert desk("/account/second-step/qr.svg").status == 404

    with clock.stopped_at(clock.now().replace(minute=5)):
        page = desk("/account/second-step").submit(action="off", password=PASSWORD, code=code_of(secret))
    assert page.alerts == ["The second step is switched off."]
    assert fresh(person).totp_secret is None


def test_a_short_password_must_grow_before_the_second_step_ends(visit):
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    person = make_person(password_hash=passwords.hashed("k7!pQ2zw"), totp_secret=secret)
    desk = visit.sign_in(person)

    page = desk("/account/second-step").submit(action="off", password="k7!pQ2zw", code=code_of(secret))
    assert "needs 15 characters" in page.main

    desk("/account/password").submit(password="k7!pQ2zw", new_password="8 gears!")
    assert passwords.fits(fresh(person).password_hash, "8 gears!")


def test_the_second_step_does_not_end_without_password_and_code(visit):
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    person = make_person(password_hash=passwords.hashed(PASSWORD), totp_secret=secret)
    desk = visit.sign_in(person)

    for typed in (
        {"password": "some other long one", "code": code_of(secret)},
        {"password": PASSWORD, "code": "000000"},
    ):
        assert desk("/account/second-step").submit(action="off", **typed).status == 422

    assert fresh(person).totp_secret == secret


def test_sign_ins_are_listed_and_ended(desk, person):
    second, third = (Visitor(desk.app).sign_in(person) for _number in range(2))
    page = desk("/account/sign-ins")
    assert len(page.html.select(".row-item")) == 3

    page = page.submit(button="Sign out", action="/end")
    assert page.alerts == ["That browser is signed out."]
    assert len(accounts.list_sign_ins(person)) == 2

    page.submit(button="Sign out all others")
    assert [visitor.send("GET", "/account/", follow=False).status for visitor in (desk, second, third)] == [
        200,
        303,
        303,
    ]


def test_somebody_elses_sign_in_cannot_be_ended(desk):
    stranger = make_person("Stranger")
    other = Visitor(desk.app).sign_in(stranger)
    code = accounts.list_sign_ins(stranger)[0].code
    token = desk("/account/").html.find("input", {"name": "csrf_token"})["value"]

    assert desk.post(f"/account/sign-ins/{code}/end", csrf_token=token).status == 404
    assert other.send("GET", "/account/", follow=False).status == 200


def test_buttons_without_token_do_nothing(desk, person):
    other = Visitor(desk.app).sign_in(person)

    desk.post("/account/sign-ins/end-others")

    assert other.send("GET", "/account/", follow=False).status == 200


def test_home_says_what_to_do_where_one_belongs_nowhere(desk):
    assert "invite keiko@example.jp" in desk("/account/").main
