"""The committee's list of entries, one entry, and adding factories."""

from typing import Any

import pytest
from sqlalchemy import select

from eventapp import postman
from eventapp.db import db, transaction
from eventapp.factories.models import Entry, EntryState, Factory, Member
from eventapp.festivals.models import Booth, Edition, EditionState, Role
from eventapp.outbox import Mail
from eventapp.tours.models import Kind, ProgrammeStop
from tests.builders import (
    make_edition,
    make_entry,
    make_factory,
    make_member,
    make_organizer,
    make_person,
    make_programme,
    make_slot,
    make_venue,
    texts,
)
from tests.visiting import Visitor


@pytest.fixture
def edition(app: Any) -> Edition:
    return make_edition()


def path(edition: Edition, rest: str = "") -> str:
    return f"/manage/{edition.festival.slug}/{edition.slug}/entries{rest}"


def state_of(entry: Entry) -> EntryState:
    db.session.rollback()
    return db.session.get_one(Entry, entry.id).state


def test_list_shows_state_gaps_seats_and_members(visit: Visitor, edition: Edition) -> None:
    entry = make_entry(edition, make_factory(edition.festival, name=texts("山田製作所", "Yamada Works")))
    make_slot(make_programme(entry), capacity=8, seats_taken=3)
    make_member(entry.factory, make_person("Yamada Taro"))
    visit.sign_in(make_organizer(edition.festival, Role.STAFF))

    page = visit(path(edition))

    row = " ".join(page.html.select_one("tbody tr").get_text(" ").split())
    for words in ("Yamada Works", "Taking part", "missing", "3 / 8", "Yamada Taro"):
        assert words in row


def test_list_is_filtered_by_state_word_and_gaps(visit: Visitor, edition: Edition) -> None:
    names = {"青木": EntryState.DRAFT, "井上": EntryState.SUBMITTED, "上田": EntryState.ACCEPTED}
    for name, state in names.items():
        make_entry(
            edition, make_factory(edition.festival, name=texts(name, name), search_key=name), state=state
        )
    visit.sign_in(make_organizer(edition.festival))

    def shown(query: str) -> list[str]:
        return [cell.get_text(strip=True) for cell in visit(path(edition, query)).html.select("tbody th a")]

    assert shown("?state=submitted") == ["井上"]
    assert shown("?q=上田") == ["上田"]
    assert len(shown("?missing=1")) == len(shown("")) == len(shown("?state=nonsense")) == 3
    assert "No entry fits" in visit(path(edition, "?q=zzz")).text


def test_list_costs_as_many_statements_for_many(
    visit: Visitor, edition: Edition, count_statements: Any
) -> None:
    visit.sign_in(make_organizer(edition.festival))
    counted = []
    for number in (2, 6):
        for _ in range(number):
            entry = make_entry(edition)
            make_member(entry.factory)
            make_slot(make_programme(entry), seats_taken=1)
        with count_statements() as seen:
            assert visit(path(edition)).status == 200
        counted.append(len(seen))

    assert counted[0] == counted[1]


def test_ticked_entries_are_accepted_together(visit: Visitor, edition: Edition) -> None:
    first, second, third = (make_entry(edition, state=EntryState.SUBMITTED) for _ in range(3))
    visit.sign_in(make_organizer(edition.festival, Role.STAFF))

    page = visit(path(edition)).submit(
        action="/entries", button="Accept", entry=[first.code, third.code], do="accept"
    )

    assert page.status == 200 and "2 entries changed." in page.text
    assert [state_of(one) for one in (first, second, third)] == ["accepted", "submitted", "accepted"]


def test_nothing_ticked_is_said(visit: Visitor, edition: Edition) -> None:
    make_entry(edition)
    visit.sign_in(make_organizer(edition.festival))

    page = visit(path(edition)).submit(action="/entries", button="Accept", do="withdraw")

    assert page.status == 422 and "Tick the factories first" in page.text


def test_bulk_withdrawal_stops_at_bookings_and_changes_nothing(visit: Visitor, edition: Edition) -> None:
    free, booked = make_entry(edition), make_entry(edition)
    make_slot(make_programme(booked), seats_taken=2)
    visit.sign_in(make_organizer(edition.festival))

    page = visit(path(edition)).submit(
        action="/entries", button="Accept", entry=[free.code, booked.code], do="withdraw"
    )

    assert page.status == 422 and "2 people are booked" in page.text
    assert (state_of(free), state_of(booked)) == (EntryState.ACCEPTED, EntryState.ACCEPTED)
    assert [box["value"] for box in page.html.select("input[name=entry][checked]")] == [
        one.code for one in sorted((free, booked), key=lambda one: one.factory_id)
    ]


def test_entries_of_another_edition_are_left_alone(visit: Visitor, edition: Edition) -> None:
    foreign = make_entry(make_edition(slug="2027"), state=EntryState.SUBMITTED)
    make_entry(edition)
    visit.sign_in(make_organizer(edition.festival))

    visit(path(edition)).submit(action="/entries", button="Accept", entry=[foreign.code], do="accept")

    assert state_of(foreign) == EntryState.SUBMITTED
    assert visit(path(edition, f"/{foreign.code}")).status == 404


def test_new_factory_joins_and_its_member_is_invited(visit: Visitor, edition: Edition) -> None:
    visit.sign_in(make_organizer(edition.festival, Role.STAFF))

    page = visit(path(edition, "/new")).submit(
        action="/entries/new",
        button="Add the factory",
        **{"name-ja": "高橋ネジ", "kana": "たかはしねじ", "email": "takahashi@example.jp"},
    )

    assert page.status == 200 and "高橋ネジ" in page.main
    factory = db.session.scalars(select(Factory)).one()
    assert (factory.slug, factory.entries[0].state) == ("takahashineji", EntryState.DRAFT)
    assert db.session.scalars(select(Member)).one().person.email == "takahashi@example.jp"
    assert db.session.scalars(select(Mail)).one().to_address == "takahashi@example.jp"


def test_new_factory_without_a_name_keeps_what_was_typed(visit: Visitor, edition: Edition) -> None:
    visit.sign_in(make_organizer(edition.festival))

    page = visit(path(edition, "/new")).submit(
        action="/entries/new", button="Add the factory", kana="たかはし", email="no address"
    )

    assert page.status == 422
    assert page.html.select_one("#kana")["value"] == "たかはし"
    assert db.session.scalar(select(Factory)) is None and db.session.scalar(select(Mail)) is None


def test_factory_of_earlier_years_is_found_and_joins(visit: Visitor, edition: Edition) -> None:
    known = make_factory(edition.festival, name=texts("去年の鉄工所"), search_key="去年の鉄工所")
    foreign = make_factory(name=texts("よその鉄工所"), search_key="よその鉄工所")
    visit.sign_in(make_organizer(edition.festival))

    page = visit(path(edition, "/new?q=鉄工所"))
    assert foreign.code not in str(page.html)
    page.submit(action="/entries/join", button="Add")

    assert [entry.edition_id for entry in db.session.get_one(Factory, known.id).entries] == [edition.id]
    token = page.html.select_one("[name=csrf_token]")["value"]
    assert visit.post(path(edition, "/join"), csrf_token=token, factory=known.code).status == 422
    assert visit.post(path(edition, "/join"), csrf_token=token, factory=foreign.code).status == 404


def test_booths_say_who_has_them(visit: Visitor, edition: Edition) -> None:
    venue = make_venue(edition)
    with transaction():
        db.session.add_all(
            [Booth(venue_id=venue.id, number=f"A-{number}", position=number) for number in (1, 2)]
        )
    one, other = (
        make_entry(edition, make_factory(edition.festival, name=texts(name, name)))
        for name in ("青木", "上田")
    )
    visit.sign_in(make_organizer(edition.festival))
    visit(path(edition, f"/{one.code}")).submit(action="/booth", booth=f"{venue.code}/A-1")

    page = visit(path(edition, f"/{other.code}"))
    assert "A-1 (taken by 青木)" in page.main
    assert page.html.find("option", value=f"{venue.code}/A-1").has_attr("disabled")
    refused = page.submit(action="/booth", booth=f"{venue.code}/A-1")
    assert refused.status == 422 and "A-1 is taken by 青木." in refused.text
    refused.submit(action="/booth", booth=f"{venue.code}/A-2")
    visit(path(edition, f"/{one.code}")).submit(action="/booth", booth="")

    db.session.expire_all()
    assert [(entry.booth.number if entry.booth else None) for entry in (one, other)] == [None, "A-2"]
    assert visit(path(edition, f"/{other.code}")).submit(action="/booth", booth="nowhere/A-1").status == 422


def test_member_is_invited_from_the_entry(visit: Visitor, edition: Edition) -> None:
    entry = make_entry(edition)
    visit.sign_in(make_organizer(edition.festival, Role.STAFF))
    address = path(edition, f"/{entry.code}")

    visit(address).submit(action="/invite", email="taro@example.jp")
    again = visit(address).submit(action="/invite", email="taro@example.jp")
    broken = visit(address).submit(action="/invite", email="taro")

    assert (again.status, broken.status) == (422, 422)
    assert len(db.session.scalars(select(Mail)).all()) == 1


def test_one_entry_is_accepted_given_back_and_its_desk_opened(visit: Visitor, edition: Edition) -> None:
    entry = make_entry(edition, state=EntryState.SUBMITTED)
    visit.sign_in(make_organizer(edition.festival, Role.STAFF))
    address = path(edition, f"/{entry.code}")

    assert visit(address).submit(action="/accept").status == 200
    assert state_of(entry) == EntryState.ACCEPTED
    visit(address).submit(action="/back")
    assert state_of(entry) == EntryState.DRAFT
    assert visit(address).click("Open the factory's desk").path == f"/factory/{entry.factory.code}/profile"


def test_a_desk_names_its_factory_and_leads_the_committee_back(visit: Visitor, edition: Edition) -> None:
    entry = make_entry(edition, make_factory(edition.festival, name=texts("山田製作所", "Yamada Works")))
    visit.sign_in(make_organizer(edition.festival, Role.STAFF))

    desk = visit(f"/factory/{entry.factory.code}/today")

    assert desk.html.select_one(".desk-of").get_text() == "Yamada Works"
    assert desk.click("Back to the committee").path == path(edition, f"/{entry.code}")

    visit.sign_in(make_member(entry.factory))
    assert "Back to the committee" not in visit(f"/factory/{entry.factory.code}/today").text


def test_the_factory_is_told_what_the_committee_decides_in_its_language(
    visit: Visitor, edition: Edition, app: Any
) -> None:
    entry = make_entry(
        edition,
        make_factory(edition.festival, name=texts("山田製作所", "Yamada Works")),
        state=EntryState.SUBMITTED,
    )
    make_member(entry.factory, make_person("Taro", language="ja"))
    make_member(entry.factory, make_person("Jane", language="en"))
    visit.sign_in(make_organizer(edition.festival, Role.STAFF))

    visit(path(edition, f"/{entry.code}")).submit(action="/accept")
    visit(path(edition, f"/{entry.code}")).submit(action="/back", message="Please write the hours.")
    visit(path(edition, f"/{entry.code}")).submit(action="/withdraw")
    visit(path(edition, f"/{entry.code}")).submit(action="/back")

    mails = [
        postman.write(one, app.jinja_env, sender="a@example.jp")
        for one in db.session.scalars(select(Mail).order_by(Mail.id))
    ]
    subjects, bodies = [str(one["Subject"]) for one in mails], [one.get_content() for one in mails]
    assert subjects[1::2] == [
        "Yamada Works takes part in Trial Factory Festival", "The entry of Yamada Works is open for changes",
        "Yamada Works is no longer entered for Trial Factory Festival", "The entry of Yamada Works is open for changes",
    ]  # fmt: skip
    assert "山田製作所" in subjects[0]
    assert "Please write the hours." in bodies[3]
    assert "taken up" in bodies[7]
    assert all(f"/factory/{entry.factory.code}/entry?edition=2026" in body for body in bodies)


def test_a_decision_of_who_keeps_the_factory_too_and_of_who_has_not_answered_mails_nobody(
    visit: Visitor, edition: Edition
) -> None:
    entry, office = (
        make_entry(edition, state=EntryState.SUBMITTED),
        make_organizer(edition.festival, Role.STAFF),
    )
    make_member(entry.factory, office)
    invited = make_member(entry.factory)
    with transaction():
        db.session.get_one(type(invited), invited.id).accepted_at = None
    visit.sign_in(office)(path(edition, f"/{entry.code}")).submit(action="/accept")

    assert db.session.scalars(select(Mail)).all() == []


def test_a_factory_where_a_bus_tour_stops_is_not_withdrawn_silently(visit: Visitor, edition: Edition) -> None:
    entry = make_entry(edition)
    bus = make_programme(edition=edition, kind=Kind.BUS_TOUR, title=texts("バスツアー", "Bus tour"))
    with transaction():
        db.session.add(ProgrammeStop(programme_id=bus.id, entry_id=entry.id, minutes_after=30))
    make_member(entry.factory, member := make_person())
    visit.sign_in(make_organizer(edition.festival, Role.STAFF))

    page = visit(path(edition, f"/{entry.code}")).submit(action="/withdraw")

    assert (page.status, state_of(entry)) == (422, EntryState.ACCEPTED)
    assert "“Bus tour” stops at" in page.main
    own = visit.sign_in(member)(f"/factory/{entry.factory.code}/entry").submit(action="/withdraw")
    assert (own.status, state_of(entry)) == (422, EntryState.ACCEPTED)


def test_reader_sees_and_changes_nothing(visit: Visitor, edition: Edition) -> None:
    entry = make_entry(edition)
    visit.sign_in(make_organizer(edition.festival, Role.READER))

    for address in (path(edition), path(edition, f"/{entry.code}")):
        page = visit(address)
        assert page.status == 200
        assert not page.html.select("main form[method=post]")
        assert not page.links("/factory/")
    assert visit(path(edition, "/new")).status == 404
    for rest in (
        "",
        "/new",
        "/join",
        f"/{entry.code}/booth",
        f"/{entry.code}/invite",
        f"/{entry.code}/withdraw",
    ):
        assert visit.post(path(edition, rest), do="withdraw", entry=entry.code).status == 404


def test_members_of_factories_are_no_committee(visit: Visitor, edition: Edition) -> None:
    entry = make_entry(edition)
    visit.sign_in(make_member(entry.factory))

    assert visit(path(edition)).status == 404
    assert visit(path(edition, f"/{entry.code}")).status == 404


def test_closed_edition_has_no_buttons(visit: Visitor) -> None:
    entry = make_entry(make_edition(state=EditionState.CLOSED))
    visit.sign_in(make_organizer(entry.edition.festival))
    token = visit(path(entry.edition, "/new")).html.select_one("[name=csrf_token]")["value"]

    assert not visit(path(entry.edition)).html.select("main form[method=post] button")
    assert visit.post(path(entry.edition, f"/{entry.code}/withdraw"), csrf_token=token).status == 422
    assert visit.post(path(entry.edition, "/new"), csrf_token=token, **{"name-ja": "新"}).status == 422
    assert state_of(entry) == EntryState.ACCEPTED and len(db.session.scalars(select(Factory)).all()) == 1


@pytest.mark.parametrize("rest", ["", "/new", "/join"])
def test_forged_posts_change_nothing(visit: Visitor, edition: Edition, rest: str) -> None:
    entry, known = make_entry(edition, state=EntryState.SUBMITTED), make_factory(edition.festival)
    visit.sign_in(make_organizer(edition.festival))

    page = visit.post(
        path(edition, rest), do="accept", entry=entry.code, factory=known.code, **{"name-ja": "新"}
    )

    assert page.status == 422
    assert state_of(entry) == EntryState.SUBMITTED and len(db.session.scalars(select(Entry)).all()) == 1
