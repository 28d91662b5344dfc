"""The operator's first two commands, from an empty installation to a signed-in owner."""

from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from eventapp.db import db
from eventapp.festivals.models import Festival, Organizer, Role
from eventapp.outbox import Mail
from eventapp.people import accounts
from tests.builders import make_person
from tests.conftest import NOW


@pytest.fixture
def run(app):
    """`run("create-festival", ...)`: the words that were printed."""

    def command(*words: str, fails: bool = False) -> str:
        db.session.rollback()
        result = app.test_cli_runner().invoke(args=list(words))
        db.session.rollback()
        db.session.expire_all()
        assert (result.exit_code != 0) == fails, result.output
        return result.output

    return command


def test_from_nothing_to_an_owner_at_the_desk(run, visit):
    assert "http://localhost/ota/" in run(
        "create-festival", "ota", "--name", "おおたオープンファクトリー", "--name-en", "Ota Open Factory"
    )
    address = run("invite-owner", "ota", "keiko@example.jp", "--language", "en").strip()

    page = visit(urlsplit(address).path).submit(button="Begin", name="Keiko", language="en")

    assert page.path.startswith("/manage/ota/")
    place = db.session.scalars(select(Organizer)).one()
    assert (place.role, place.person.name, place.person.accepted_at) == (Role.OWNER, "Keiko", NOW)
    assert place.festival.name == {"ja": "おおたオープンファクトリー", "en": "Ota Open Factory"}
    assert db.session.scalar(select(func.count(Mail.id))) == 1


@pytest.mark.parametrize("slug", ["Ota", "manage", "a/b"])
def test_an_impossible_address_is_explained(run, slug):
    assert "Error" in run("create-festival", slug, "--name", "x", fails=True)
    assert db.session.scalar(select(func.count(Festival.id))) == 0


def test_an_address_is_given_once(run):
    run("create-festival", "ota", "--name", "x")

    run("create-festival", "ota", "--name", "y", fails=True)


def test_an_owner_needs_a_festival_and_an_address(run):
    run("invite-owner", "nowhere", "keiko@example.jp", fails=True)
    run("create-festival", "ota", "--name", "x")
    run("invite-owner", "ota", "keiko", fails=True)


def test_asking_again_gives_a_new_link_and_makes_staff_an_owner(run, visit):
    run("create-festival", "ota", "--name", "x")
    first = run("invite-owner", "ota", "keiko@example.jp").strip()
    second = run("invite-owner", "ota", "keiko@example.jp").strip()

    assert visit(urlsplit(first).path).status == 410
    assert visit(urlsplit(second).path).status == 200


def test_somebody_with_an_account_gets_a_link_for_signing_in(run, visit):
    make_person("Keiko", email="keiko@example.jp")
    run("create-festival", "ota", "--name", "x")

    address = run("invite-owner", "ota", "keiko@example.jp").strip()

    assert visit(urlsplit(address).path).submit(button="Sign in").path.startswith("/manage/ota/")


def test_an_owner_without_phone_is_brought_back(run, visit):
    make_person("Keiko", email="keiko@example.jp", totp_secret="A" * 32)
    run("create-festival", "ota", "--name", "x")
    run("invite-owner", "ota", "keiko@example.jp")

    address = run("invite-owner", "ota", "keiko@example.jp", "--recover").strip()
    visit(urlsplit(address).path).submit(button="Save", new_password="")

    assert accounts.find_person("keiko@example.jp").totp_secret is None
