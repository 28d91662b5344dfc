"""Signing in as people do it: a password, a mailed link, a code; and what a stranger learns from it."""

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from eventapp import clock, links
from eventapp.db import db, transaction
from eventapp.festivals.models import Role
from eventapp.outbox import Mail
from eventapp.people import accounts, attempts, invitations, one_time, passwords
from eventapp.people.models import OneTimeLink, Person, Purpose, SignIn
from tests.builders import make_edition, make_factory, make_festival, make_member, make_organizer, make_person
from tests.conftest import NOW
from tests.visiting import Visitor

PASSWORD = "a quiet lathe at dawn"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOT_RIGHT = "E-mail and password do not fit together"


def keiko(**values):
    return make_person("Keiko", email="keiko@example.jp", password_hash=passwords.hashed(PASSWORD), **values)


def enter(visit, *, email="keiko@example.jp", password=PASSWORD, path="/account/sign-in", **values):
    return visit(path).submit(button="Sign in", email=email, password=password, **values)


def mailed_link(template: str) -> str:
    """The path of the newest link that was mailed."""
    mail = db.session.scalars(select(Mail).where(Mail.template == template).order_by(Mail.id.desc())).first()
    return "/account/link/" + links.one_time_token(mail.values["one_time"])


def code_now() -> str:
    return pyotp.TOTP(SECRET).at(int(clock.now().timestamp()))


def is_in(visit) -> bool:
    return visit.send("GET", "/account/", follow=False).status == 200


def test_password_signs_in_and_shows_where_one_belongs(visit):
    person = keiko()
    make_organizer(make_festival("ota"), Role.STAFF, person)
    make_member(make_factory(), person)

    page = enter(visit, email="Keiko@Example.JP")

    assert page.path == "/account/"
    assert "Trial Factory Festival" in page.main and "Staff" in page.main and "Yamada Works" in page.main
    assert page.links("/manage/ota/")


def test_the_only_place_is_reached_at_once(visit):
    make_organizer(make_festival("ota"), Role.OWNER, keiko())

    assert enter(visit).path.startswith("/manage/ota/")


def test_a_wish_is_followed_but_not_out_of_the_house(visit):
    keiko()

    assert enter(visit, path="/account/sign-in?next=/account/sign-ins").path == "/account/sign-ins"
    visit("/account/").submit(action="sign-out")
    assert enter(visit, path="/account/sign-in?next=//evil.example").path == "/account/"
    visit("/account/").submit(action="sign-out")
    assert enter(visit, next="/\\evil.example").path == "/account/"


def test_known_and_unknown_addresses_get_the_same_answer(visit):
    keiko()
    make_person("Links only", email="links@example.jp")

    pages = [
        enter(visit, email=email, password="not the password")
        for email in ("keiko@example.jp", "links@example.jp", "nobody@example.jp")
    ]

    assert {page.status for page in pages} == {422}
    assert all(NOT_RIGHT in page.main for page in pages)
    words = {page.main for page in pages}
    assert len(words) == 1


def test_an_unknown_address_costs_the_same_hashing(visit, monkeypatch):
    keiko()
    asked = []
    fits = passwords.fits
    monkeypatch.setattr(passwords, "fits", lambda kept, typed: asked.append(typed) or fits(kept, typed))

    enter(visit, password="one")
    enter(visit, email="nobody@example.jp", password="two")

    assert asked == ["one", "two"]


def test_the_sixth_try_is_refused_even_with_the_right_password(visit):
    keiko()
    for _turn in range(attempts.FAST):
        enter(visit, password="wrong")

    assert NOT_RIGHT in enter(visit).main
    with clock.stopped_at(NOW + timedelta(seconds=31)):
        assert enter(visit).path == "/account/"


def test_a_mailed_link_opens_after_a_hundred_wrong_tries(visit):
    person = keiko(failures=attempts.MOST)
    visit("/account/sign-in").submit(button="Mail me a link", email="keiko@example.jp")

    visit(mailed_link("people/sign_in")).submit(button="Sign in")

    assert is_in(visit)
    assert db.session.get(Person, person.id).failures == 0


def test_signing_in_begins_a_fresh_session_and_ends_the_one_before(visit):
    keiko()
    enter(visit)
    old = visit.client.get_cookie("kouba").value
    visit.send("GET", "/account/sign-in", follow=False)
    visit(make_link()).submit(button="Sign in")
    assert visit.client.get_cookie("kouba").value != old

    replay = Visitor(visit.app)
    replay.client.set_cookie("kouba", old)

    assert not is_in(replay)


def make_link(purpose: Purpose = Purpose.SIGN_IN) -> str:
    with transaction():
        return "/account/link/" + links.one_time_token(
            one_time.make(accounts.find_person("keiko@example.jp"), purpose)
        )


def test_signing_out_ends_the_cookie_for_good(visit):
    keiko()
    enter(visit)
    old = visit.client.get_cookie("kouba").value

    page = visit("/account/").submit(action="sign-out")

    assert page.alerts == ["You are signed out."]
    replay = Visitor(visit.app)
    replay.client.set_cookie("kouba", old)
    assert not is_in(replay)


def test_signing_out_needs_the_token(visit):
    visit.sign_in(keiko())

    assert "Please press the button once more." in visit.post("/account/sign-out").alerts[0]
    assert is_in(visit)


def test_a_stale_form_comes_back_with_the_address(visit):
    keiko()

    page = visit("/account/sign-in").submit(
        button="Sign in", email="keiko@example.jp", password=PASSWORD, csrf_token="old"
    )

    assert page.status == 422
    assert "Nothing is lost" in page.main
    assert page.html.find(id="email")["value"] == "keiko@example.jp"
    assert page.html.find(id="password").get("value", "") == ""


# --- mailed links


def test_a_link_signs_in_once_and_only_by_its_button(visit):
    keiko()
    page = visit("/account/sign-in?next=/account/sign-ins").submit(
        button="Mail me a link", email="keiko@example.jp"
    )
    assert "If keiko@example.jp is known here" in page.main
    path = mailed_link("people/sign_in")

    for _scanner in range(3):
        assert "sign in as Keiko" in visit(path).main
    assert not is_in(visit)
    assert visit(path).submit(button="Sign in").path == "/account/sign-ins"

    again = Visitor(visit.app)(path)
    assert (again.status, again.main.startswith("This link does not work any more")) == (410, True)


def test_two_people_with_one_link_are_let_in_once(visit):
    keiko()
    path = make_link()
    first, second = visit(path), Visitor(visit.app)
    page = second(path)

    assert first.submit(button="Sign in").status == 200
    assert page.submit(button="Sign in").status == 410
    assert not is_in(second)


def test_an_unknown_address_gets_the_same_page_and_no_mail(visit):
    page = visit("/account/sign-in").submit(button="Mail me a link", email="nobody@example.jp")

    assert (page.path, "If nobody@example.jp is known here" in page.main) == ("/account/link-sent", True)
    assert db.session.scalars(select(Mail)).all() == []


def test_link_pages_are_kept_nowhere_and_tell_nobody(visit):
    keiko()

    headers = visit(make_link()).response.headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("token", ["x", "%00", "a" * 5000, "%ED%A0%80", "..%2f..", "工場"])
def test_an_altered_link_says_what_to_do(visit, token):
    page = visit(f"/account/link/{token}")

    assert page.status in {404, 410}
    assert "Traceback" not in page.text


def test_a_link_for_somebody_else_says_who_will_be_signed_out(visit):
    visit.sign_in(make_person("Ken"))
    keiko()

    assert "Ken is signed in here and will be signed out." in visit(make_link()).alerts


# --- invitations


def invited(language: str = "en") -> str:
    with transaction():
        person = invitations.find_or_add_person("New@Example.jp", language=language)
        nonce = invitations.send(
            person, place=make_festival("ota").name, next_path="/account/sign-ins", by="Keiko", festival_id=1
        )
    return "/account/link/" + links.one_time_token(nonce)


def test_an_invitation_is_answered_with_a_name_alone(visit):
    page = visit(invited()).submit(button="Begin", name="Newcomer", language="en")

    person = accounts.find_person("new@example.jp")
    assert page.path == "/account/sign-ins"
    assert (person.name, person.password_hash, person.accepted_at) == ("Newcomer", None, NOW)


def test_an_invitation_takes_a_password_and_goes_on_in_the_chosen_language(visit):
    page = visit(invited()).submit(button="Begin", name="新人", language="ja", new_password=PASSWORD)

    assert page.html.html["lang"] == "ja"
    assert passwords.fits(accounts.find_person("new@example.jp").password_hash, PASSWORD)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "at least 15"),
        ("passwordpassword", "made of password"),
        ("new example new example", "made of"),
    ],
)
def test_a_refused_password_leaves_the_invitation_open(visit, password, reason):
    page = visit(invited()).submit(button="Begin", name="Newcomer", language="en", new_password=password)

    assert (page.status, reason in page.main) == (422, True)
    assert page.html.find(id="name")["value"] == "Newcomer"
    assert page.submit(button="Begin").status == 200


def test_who_never_answered_gets_the_invitation_again_by_asking_for_a_link(visit):
    invited()
    visit("/account/sign-in").submit(button="Mail me a link", email="new@example.jp")

    page = visit(mailed_link("people/sign_in"))

    assert "Tell us your name" in page.main


# --- a new password


def test_a_reset_sets_the_password_and_ends_every_sign_in(visit):
    keiko()
    elsewhere = Visitor(visit.app).sign_in(accounts.find_person("keiko@example.jp"))
    visit("/account/forgotten").submit(email="keiko@example.jp")
    path = mailed_link("people/reset")

    page = visit(path).submit(button="Save", new_password="another lathe at dusk")

    assert page.path == "/account/"
    assert not is_in(elsewhere)
    assert is_in(visit)
    person = accounts.find_person("keiko@example.jp")
    assert passwords.fits(person.password_hash, "another lathe at dusk")
    assert visit(path).status == 410
    assert db.session.scalar(select(Mail).where(Mail.template == "people/password_changed")) is not None


def test_a_reset_ends_the_other_links(visit):
    keiko()
    reset, *others = [make_link(purpose) for purpose in (Purpose.RESET, *Purpose)]

    visit(reset).submit(button="Save", new_password="another lathe at dusk")

    assert {visit(other).status for other in others} == {410}  # an invitation is good for a fortnight


def test_forgotten_says_the_same_for_unknown_addresses(visit):
    page = visit("/account/forgotten").submit(email="nobody@example.jp")

    assert "If nobody@example.jp is known here" in page.main
    assert db.session.scalars(select(OneTimeLink)).all() == []


def test_recovery_takes_the_second_step_away(visit):
    person = keiko(totp_secret=SECRET)

    page = visit(make_link(Purpose.RECOVERY)).submit(button="Save", new_password="")

    person = db.session.get(Person, person.id)
    assert (person.totp_secret, person.password_hash) == (None, None)
    assert page.path == "/account/"


def test_recovery_asks_for_the_long_password_again(visit):
    keiko(totp_secret=SECRET)

    page = visit(make_link(Purpose.RECOVERY)).submit(button="Save", new_password="k7!pQ2zw")

    assert "at least 15" in page.main


# --- the second step


def test_the_code_is_asked_after_the_password_and_counts_once(visit):
    keiko(totp_secret=SECRET)

    page = enter(visit, path="/account/sign-in?next=/account/sign-ins")
    assert (page.path, is_in(visit)) == ("/account/code", False)
    assert page.submit(code="000000").status == 422
    assert visit("/account/code").submit(code=code_now()).path == "/account/sign-ins"

    other = Visitor(visit.app)
    assert enter(other).submit(code=code_now()).status == 422
    assert not is_in(other)


def test_the_code_is_asked_after_a_link_too(visit):
    keiko(totp_secret=SECRET)

    page = visit(make_link()).submit(button="Sign in")

    assert page.path == "/account/code"
    assert page.submit(code=code_now()).path == "/account/"


def test_codes_cannot_be_tried_without_end(visit):
    keiko(totp_secret=SECRET)
    page = enter(visit)
    for _turn in range(attempts.FAST):
        page = page.submit(code="000000")

    assert page.submit(code=code_now()).status == 422
    again = enter(Visitor(visit.app))  # the password alone begins nothing anew
    assert (again.path, again.submit(code=code_now()).status) == ("/account/code", 422)
    with clock.stopped_at(NOW + attempts.FIRST_PAUSE):
        assert visit("/account/code").submit(code=code_now()).path == "/account/"


def test_a_stranger_who_guesses_without_end_keeps_nobody_out(visit):
    """Not even somebody with a second step: the mailed link opens, and the code is still heard."""
    keiko(totp_secret=SECRET)
    stranger = Visitor(visit.app)
    page = visit(make_link()).submit(button="Sign in")
    for _turn in range(attempts.FAST + 1):
        enter(stranger, password="wrong")

    assert page.submit(code=code_now()).path == "/account/"

    with transaction():
        db.session.scalars(select(Person)).one().failures = attempts.MOST
    other = Visitor(visit.app)
    with clock.stopped_at(NOW + timedelta(minutes=1)):
        page = other(make_link()).submit(button="Sign in")
        assert page.submit(code=code_now()).path == "/account/"
        assert is_in(other)


def test_the_code_must_follow_soon(visit):
    keiko(totp_secret=SECRET)
    page = enter(visit)

    with clock.stopped_at(NOW + timedelta(minutes=6)):
        page = page.submit(code=code_now())

    assert (page.path, is_in(visit)) == ("/account/sign-in", False)


def test_nobody_reaches_the_code_without_a_password(visit):
    assert visit("/account/code").path == "/account/sign-in"


# --- demo persons


@pytest.mark.parametrize(("surroundings", "lets_in"), [
    ({}, True),
    ({"REMOTE_ADDR": "192.0.2.7"}, False),
    ({"HTTP_X_FORWARDED_FOR": "192.0.2.7"}, False),
])  # fmt: skip
def test_demo_persons_come_from_this_machine_only(visit, surroundings, lets_in):
    keiko(is_demo=True)
    path = make_link()
    visit.client.environ_base.update(surroundings)

    assert visit(path).status == (200 if lets_in else 410)
    enter(visit)

    assert is_in(visit) is lets_in


# --- what is noted


def test_reading_notes_nothing_and_sending_notes_once_an_hour(visit, count_statements):
    person = keiko()
    visit.sign_in(person)

    with clock.stopped_at(NOW + timedelta(hours=2)):
        with count_statements() as seen:
            visit("/account/profile")
        assert not [one for one in seen if one.startswith(("UPDATE", "INSERT", "DELETE"))]
        assert db.session.scalars(select(SignIn)).one().seen_at == NOW

        visit("/account/profile").submit(name="Keiko S.")
        assert db.session.scalars(select(SignIn)).one().seen_at == NOW + timedelta(hours=2)


def test_a_post_without_token_is_no_sign_of_life(visit):
    visit.sign_in(keiko())

    with clock.stopped_at(NOW + timedelta(hours=2)):
        visit.post("/account/profile", name="x")

    assert db.session.scalars(select(SignIn)).one().seen_at == NOW


def test_an_organizer_left_alone_for_half_a_day_signs_in_again_and_a_factory_after_three_days(visit):
    organizer, member = make_person(), make_person()
    make_organizer(make_festival("ota"), Role.READER, organizer)
    make_member(make_factory(), member)
    at_factory = Visitor(visit.app).sign_in(member)
    visit.sign_in(organizer)

    with clock.stopped_at(NOW + timedelta(hours=12) - timedelta(seconds=1)):
        assert (is_in(visit), is_in(at_factory)) == (True, True)
    with clock.stopped_at(NOW + timedelta(hours=12)):
        assert (is_in(visit), is_in(at_factory)) == (False, True)
    with clock.stopped_at(NOW + timedelta(days=3)):
        assert not is_in(at_factory)


def test_what_was_typed_is_not_lost_when_the_sign_in_has_run_out(visit):
    festival = make_festival("ota")
    make_edition(festival)
    organizer = make_organizer(festival, Role.STAFF)
    page = visit.sign_in(organizer)("/manage/ota/2026/notices/new")

    with clock.stopped_at(NOW + timedelta(hours=13)):
        kept = page.submit(action="notices/new", **{"title-ja": "バスが遅れています"})
        assert (
            kept.status,
            "バスが遅れています" in kept.main,
            "/account/sign-in" in kept.links("sign-in")[0],
        ) == (403, True, True)
        again = visit.sign_in(organizer) and kept.submit(button="Send it once more")
    assert again.status in {200, 422}
    assert "バスが遅れています" in str(again.html)
    assert (
        Visitor(visit.app).send("POST", "/manage/ota/2026/notices/new", data={"title-ja": "x"}).path
        == "/account/sign-in"
    )
