"""The people of a factory: invited by a colleague or by the committee."""

import pytest
from flask import url_for
from sqlalchemy import select

from eventapp import links
from eventapp.db import db, transaction
from eventapp.factories import members
from eventapp.factories.access import may_edit
from eventapp.factories.members import MemberError
from eventapp.festivals import committee
from eventapp.festivals.models import Role
from eventapp.outbox import Mail
from eventapp.people import accounts, one_time
from tests.builders import make_edition, make_entry, make_factory, make_member, make_organizer, make_person
from tests.visiting import Visitor


@pytest.fixture
def factory(app):
    edition = make_edition()
    return make_entry(edition, make_factory(edition.festival)).factory


@pytest.fixture
def yamada(factory):
    return make_member(factory, make_person("Yamada", email="yamada@example.jp"))


def invite(factory, by, email="ken@example.jp"):
    with transaction():
        return members.invite(factory, email=email, by=by, language="ja")


def names(factory) -> list[str]:
    db.session.expire_all()
    return [row.person.name for row in members.list_members(factory)]


def test_invite_gives_a_place_and_mails_a_link_to_the_desk(factory, yamada):
    nonce = invite(factory, yamada)

    link = one_time.find(links.one_time_token(nonce))
    mail = db.session.scalars(select(Mail)).one()
    assert link.next_path == f"/factory/{factory.code}/today"
    assert (mail.template, mail.language, mail.values["by"]) == ("people/invited", "ja", "Yamada")
    assert mail.values["place"] == f"{factory.name.text('ja')} ({factory.festival.name.text('ja')})"
    assert may_edit(accounts.find_person("ken@example.jp"), factory)


def test_nobody_is_invited_twice(factory, yamada):
    with pytest.raises(MemberError):
        invite(factory, yamada, "YAMADA@example.jp")


def test_removal_holds_at_once_and_makes_the_invitation_useless(factory, yamada):
    nonce = invite(factory, yamada)
    ken = accounts.find_person("ken@example.jp")

    with transaction():
        members.remove(members.get_member(factory, ken.code), by=yamada)

    assert not may_edit(ken, factory)
    assert one_time.find(links.one_time_token(nonce)) is None


def test_a_member_invites_again_and_removes_on_the_page(visit, factory, yamada):
    page = visit.sign_in(yamada)(f"/factory/{factory.code}/members").submit(
        button="Send the invitation", email="ken@example.jp"
    )
    assert page.alerts == ["The invitation is on its way to ken@example.jp."]
    assert names(factory) == ["Yamada", "ken@example.jp"]

    assert page.submit(action="invite-again").alerts == ["The invitation is on its way again."]
    code = accounts.find_person("ken@example.jp").code
    page = page.submit(action=f"{code}/remove")
    assert names(factory) == ["Yamada"]

    assert page.submit(action="/remove").path == "/account/"
    assert visit(f"/factory/{factory.code}/members").status == 404


def test_the_committee_helps_a_factory_without_people(visit, factory):
    visit.sign_in(make_organizer(factory.festival, Role.STAFF))
    page = visit(f"/factory/{factory.code}/members")
    assert "Nobody of the factory has an account yet." in page.main

    page.submit(button="Send the invitation", email="ken@example.jp")

    assert names(factory) == ["ken@example.jp"]


@pytest.mark.parametrize("email", ["", None, "nonsense", "yamada@example.jp"])
def test_a_bad_invitation_comes_back(visit, factory, yamada, email):
    page = visit.sign_in(yamada)(f"/factory/{factory.code}/members").submit(
        button="Send the invitation", email=email
    )

    assert (page.status, names(factory)) == (422, ["Yamada"])


def test_strangers_find_nothing(visit, factory, yamada):
    stranger = make_member(make_factory())
    for visitor in (
        visit.sign_in(stranger),
        Visitor(visit.app).sign_in(make_organizer(factory.festival, Role.READER)),
    ):
        assert visitor(f"/factory/{factory.code}/members").status == 404
    elsewhere = make_member(make_factory())
    own = visit.sign_in(elsewhere)
    assert own.post(f"/factory/{factory.code}/members/{yamada.code}/remove").status == 404
    assert names(factory) == ["Yamada"]


def test_the_invitation_leads_to_the_page_of_today(app, factory):
    with app.test_request_context():
        assert members.desk(factory) == url_for("tours_factory.today", code=factory.code)
        assert committee.desk(factory.festival) == url_for(
            "festivals_organizer.home", festival=factory.festival.slug
        )
