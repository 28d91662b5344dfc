"""The committee: invited, given roles, removed; one owner always stays."""

import threading

import pytest
from sqlalchemy import select

from eventapp import links
from eventapp.audit import Line
from eventapp.db import db, transaction
from eventapp.festivals import access, committee, founding
from eventapp.festivals.committee import CommitteeError
from eventapp.festivals.models import Festival, Organizer, Role
from eventapp.outbox import Mail
from eventapp.people import accounts, one_time, passwords
from eventapp.people.models import Person
from eventapp.web import frames
from tests.builders import make_edition, make_festival, make_organizer, make_person, texts
from tests.visiting import Visitor


@pytest.fixture
def festival(app):
    festival = make_festival("ota", name=texts("おおたオープンファクトリー", "Ota Open Factory"))
    make_edition(festival)
    return festival


@pytest.fixture
def owner(festival):
    return make_organizer(festival, Role.OWNER, make_person("Keiko", email="keiko@example.jp"))


def invite(festival, owner, email="ken@example.jp", role=Role.STAFF, language="en"):
    with transaction():
        return committee.invite(festival, email=email, role=role, by=owner, language=language)


def place_of(festival, person) -> Organizer:
    return committee.get_organizer(festival, person.code)


def roles(festival) -> list[tuple[str, str]]:
    db.session.expire_all()
    return [(row.person.name, row.role.value) for row in committee.list_organizers(festival)]


# --- the rules


def test_invite_gives_a_place_and_mails_a_link_that_leads_to_the_desk(festival, owner):
    invited = invite(festival, owner, "Ken@Example.jp")

    mail = db.session.scalars(select(Mail)).one()
    link = one_time.find(links.one_time_token(invited.nonce))
    assert (mail.template, mail.to_address, mail.festival_id) == (
        "people/invited",
        "Ken@Example.jp",
        festival.id,
    )
    assert (link.next_path, link.person.email_key) == ("/manage/ota/", "ken@example.jp")
    assert mail.values["place"] == "Ota Open Factory"
    assert roles(festival) == [("Keiko", "owner"), ("Ken@Example.jp", "staff")]


def test_invite_tells_somebody_with_an_account_without_a_link(festival, owner):
    known = make_person("Ken", email="ken@example.jp")

    assert invite(festival, owner).nonce is None
    mail = db.session.scalars(select(Mail)).one()
    assert (mail.template, mail.values["address"]) == ("people/added", "http://localhost/manage/ota/")
    assert place_of(festival, known).role == Role.STAFF


def test_nobody_is_invited_twice(festival, owner):
    invite(festival, owner)

    with pytest.raises(CommitteeError):
        invite(festival, owner, "ＫＥＮ@example.jp")


def test_one_person_may_be_in_several_committees(festival, owner):
    other = make_festival("tsubame")
    make_organizer(other, Role.READER, owner)

    assert access.get_festival_to_see("tsubame", owner).role == Role.READER
    assert access.get_festival_to_own("ota", owner).role == Role.OWNER


def test_a_second_invitation_makes_the_first_useless(festival, owner):
    invited = invite(festival, owner)
    with transaction():
        again = committee.invite_again(invited.organizer, by=owner)

    assert one_time.find(links.one_time_token(invited.nonce)) is None
    assert one_time.find(links.one_time_token(again)) is not None


def test_removal_makes_the_invitation_useless(festival, owner):
    invited = invite(festival, owner)
    with transaction():
        committee.remove(invited.organizer, by=owner)

    assert one_time.find(links.one_time_token(invited.nonce)) is None
    assert roles(festival) == [("Keiko", "owner")]


@pytest.mark.parametrize("change", [
    lambda place, by: committee.remove(place, by=by),
    lambda place, by: committee.change_role(place, Role.STAFF, by=by),
])  # fmt: skip
def test_the_last_owner_stays(festival, owner, change):
    invite(festival, owner, role=Role.OWNER)  # who has not answered is none yet
    make_organizer(festival, Role.STAFF)

    with pytest.raises(CommitteeError), transaction():
        change(place_of(festival, owner), owner)

    assert roles(festival)[0] == ("Keiko", "owner")


def test_with_another_owner_one_may_go(festival, owner):
    make_organizer(festival, Role.OWNER, make_person("Ken"))

    with transaction():
        committee.remove(place_of(festival, owner), by=owner)

    assert roles(festival) == [("Ken", "owner")]


@pytest.mark.race
def test_two_owners_cannot_remove_each_other_at_once(app, festival, owner):
    ken = make_organizer(festival, Role.OWNER, make_person("Ken"))
    pairs = [(owner.id, ken.code), (ken.id, owner.code)]
    festival_id, start, refused = festival.id, threading.Barrier(2), []
    db.session.rollback()

    def remove(by: int, code: str) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    place = committee.get_organizer(db.session.get_one(Festival, festival_id), code)
                    committee.remove(place, by=db.session.get_one(Person, by))
            except CommitteeError:
                refused.append(code)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(refused), len(roles(festival))) == (1, 1)


def test_every_change_leaves_its_line(festival, owner):
    invited = invite(festival, owner)
    with transaction():
        committee.change_role(invited.organizer, Role.READER, by=owner)
        committee.remove(invited.organizer, by=owner)

    lines = db.session.scalars(select(Line).order_by(Line.id)).all()
    assert [line.action for line in lines] == [
        "organizer.invited",
        "organizer.role_changed",
        "organizer.removed",
    ]
    assert {line.by for line in lines} == {"Keiko"}
    assert lines[1].details["role"] == ["staff", "reader"]


# --- founding


@pytest.mark.parametrize("slug", ["ota", "tsubame-sanjo-2026", "a", "9"])
def test_addresses_that_festivals_can_have(app, slug):
    founding.check_slug(slug)


@pytest.mark.parametrize(
    "slug", ["", "Ota", "大田", "-ota", "ota-", "a/b", "a" * 41, "manage", "static", "r", "ota\n"]
)
def test_addresses_that_festivals_cannot_have(app, slug):
    with pytest.raises(founding.FoundingError):
        founding.check_slug(slug)


def test_no_festival_can_take_an_address_of_ours(app):
    firsts = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}

    for first in firsts:
        if first and "<" not in first and founding.SLUG.fullmatch(first):
            assert first in founding.TAKEN


# --- the pages


def sent(page, **values):
    return page.submit(**values)


def test_an_owner_invites_changes_and_removes(visit, festival, owner):
    page = visit.sign_in(owner)("/manage/ota/people").submit(
        button="Send the invitation", email="ken@example.jp", role="staff"
    )
    assert page.alerts == ["The invitation is on its way to ken@example.jp."]
    assert "Invited" in page.main

    page = page.click("ken@example.jp").submit(action="/role", role="reader")
    assert (page.alerts, roles(festival)) == (
        ["The role is changed."],
        [("Keiko", "owner"), ("ken@example.jp", "reader")],
    )

    page = page.click("ken@example.jp").submit(action="invite-again")
    assert page.alerts == ["The invitation is on its way again."]

    page = page.click("ken@example.jp").submit(action="/remove")
    assert roles(festival) == [("Keiko", "owner")]


def test_the_last_owner_reads_why_she_cannot_go(visit, festival, owner):
    page = visit.sign_in(owner)("/manage/ota/people").click("Keiko").submit(action="/remove")

    assert (page.status, "A festival needs an owner." in page.main) == (422, True)


@pytest.mark.parametrize("values", [
    {"email": "nonsense"}, {"email": ""}, {"email": "x" * 300 + "@example.jp"}, {"email": None}, {"role": "emperor"}, {"role": None},
])  # fmt: skip
def test_a_bad_invitation_comes_back(visit, festival, owner, values):
    page = visit.sign_in(owner)("/manage/ota/people").submit(
        button="Send", **{"email": "ken@example.jp", "role": "staff", **values}
    )

    assert page.status == 422
    assert len(roles(festival)) == 1


@pytest.mark.parametrize("role", [Role.STAFF, Role.READER])
def test_others_see_and_change_nothing(visit, festival, owner, role):
    visit.sign_in(make_organizer(festival, role))
    page = visit("/manage/ota/people")
    token = page.html.find("input", {"name": "csrf_token"})["value"]

    assert (
        page.status,
        "keiko@example.jp" in page.main,
        page.html.find("form", action="/manage/ota/people"),
    ) == (200, True, None)
    assert visit(f"/manage/ota/people/{owner.code}").status == 404
    for path in (
        "people",
        f"people/{owner.code}/role",
        f"people/{owner.code}/remove",
        f"people/{owner.code}/recovery",
    ):
        assert (
            visit.post(f"/manage/ota/{path}", csrf_token=token, role="reader", email="x@example.jp").status
            == 404
        )
    assert ("Keiko", "owner") in roles(festival)


def test_an_owner_of_another_festival_finds_nothing(visit, festival, owner):
    visit.sign_in(make_organizer(make_festival("tsubame")))

    assert visit("/manage/ota/people").status == 404
    assert visit(f"/manage/tsubame/people/{owner.code}").status == 404


def test_a_removed_person_is_out_at_the_next_click_and_stays_signed_in_elsewhere(visit, festival, owner):
    ken = make_organizer(festival, Role.STAFF, make_person("Ken"))
    make_organizer(make_festival("tsubame"), Role.OWNER, ken)
    kens = Visitor(visit.app).sign_in(ken)
    assert kens("/manage/ota/people").status == 200

    visit.sign_in(owner)("/manage/ota/people").click("Ken").submit(action="/remove")

    assert kens("/manage/ota/people").status == 404
    assert kens("/manage/tsubame/people").status == 200


def test_whoever_leaves_is_led_home(visit, festival, owner):
    make_organizer(festival, Role.OWNER, make_person("Ken"))

    page = visit.sign_in(owner)("/manage/ota/people").click("Keiko").submit(action="/remove")

    assert page.path == "/account/"


def test_an_owner_helps_somebody_back_in(visit, festival, owner):
    ken = make_organizer(
        festival,
        Role.STAFF,
        make_person("Ken", email="ken@example.jp", password_hash="old", totp_secret="A" * 32),
    )

    visit.sign_in(owner)("/manage/ota/people").click("Ken").submit(action="/recovery")
    assert db.session.get_one(Person, ken.id).totp_secret  # only the link does it, and it is in Ken's mailbox
    mail = db.session.scalars(select(Mail).where(Mail.template == "people/recovery")).one()
    path = "/account/link/" + links.one_time_token(mail.values["one_time"])
    Visitor(visit.app)(path).submit(button="Save", new_password="another lathe at dusk")

    ken = accounts.find_person("ken@example.jp")
    assert ken.totp_secret is None and passwords.fits(ken.password_hash, "another lathe at dusk")


def test_the_list_costs_the_same_for_many(visit, festival, owner, count_statements):
    visit.sign_in(owner)
    with count_statements() as few:
        visit("/manage/ota/people")
    for number in range(12):
        make_organizer(festival, Role.STAFF, make_person(f"Staff {number}"))
    with count_statements() as many:
        visit("/manage/ota/people")

    assert len(many) == len(few)


def test_the_menu_of_the_desk_leads_here():
    assert "festivals_organizer.people" in {item.endpoint for item in frames.OVER_A_FESTIVAL}
