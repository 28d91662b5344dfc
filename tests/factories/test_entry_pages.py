"""A factory's part in an edition: days and hours, the message, asking the committee."""

from datetime import time
from typing import Any

import pytest
from sqlalchemy import select

from eventapp.audit import Line
from eventapp.db import db, transaction
from eventapp.factories import entries
from eventapp.factories.entries import EntryError
from eventapp.factories.hours import parse_day
from eventapp.factories.models import Entry, EntryState, Opening, OpeningPlace
from eventapp.festivals.models import Booth, EditionState, Style
from tests.builders import (
    SATURDAY,
    SUNDAY,
    make_edition,
    make_entry,
    make_factory,
    make_festival,
    make_member,
    make_programme,
    make_slot,
    make_venue,
)
from tests.visiting import Page, Visitor

ON_SATURDAY, ON_SUNDAY = "entrance_on_20261128", "entrance_on_20261129"


@pytest.fixture
def entry(app: Any) -> Entry:
    """A draft without hours."""
    return make_entry(state=EntryState.DRAFT, open_days=False)


def path(entry: Entry) -> str:
    return f"/factory/{entry.factory.code}/entry/{entry.edition.slug}"


def save(page: Page, **values: Any) -> Page:
    return page.submit(action="/entry/2026", button="", **values)


def hours_of(entry: Entry, place: OpeningPlace = OpeningPlace.ENTRANCE) -> list[tuple[int, int, int]]:
    """(day of the month, opens, closes)"""
    db.session.rollback()
    rows = (
        select(Opening)
        .where(Opening.entry_id == entry.id, Opening.place == place)
        .order_by(Opening.date, Opening.opens)
    )
    return [(row.date.day, row.opens.hour, row.closes.hour) for row in db.session.scalars(rows)]


def test_same_hours_for_chosen_days_with_a_lunch_break(visit: Visitor, entry: Entry) -> None:
    visit.sign_in(make_member(entry.factory))
    usual = {
        "entrance_opens": "10:00",
        "entrance_closes": "16:00",
        "entrance_break_from": "12:00",
        "entrance_break_to": "13:00",
    }

    page = save(visit(path(entry)), **usual, **{ON_SATURDAY: "y", ON_SUNDAY: "y"})

    assert page.status == 200
    assert hours_of(entry) == [(28, 10, 12), (28, 13, 16), (29, 10, 12), (29, 13, 16)]


def test_one_day_differs_and_is_shown_so_again(visit: Visitor, entry: Entry) -> None:
    visit.sign_in(make_member(entry.factory))
    save(visit(path(entry)), entrance_opens="１０時", entrance_closes="16", **{
        ON_SATURDAY: "y", ON_SUNDAY: "y", "entrance_own_20261129": "9時〜10時、11-12, 13:00-14:00"})  # fmt: skip

    assert hours_of(entry) == [(28, 10, 16), (29, 9, 10), (29, 11, 12), (29, 13, 14)]
    page = visit(path(entry))
    assert page.html.select_one("#entrance_own_20261129")["value"] == "9:00-10:00, 11:00-12:00, 13:00-14:00"
    assert page.html.select_one("#entrance_own_20261128").get("value", "") == ""

    save(page, **{ON_SATURDAY: None})

    assert hours_of(entry) == [(29, 9, 10), (29, 11, 12), (29, 13, 14)]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"entrance_opens": "16:00", "entrance_closes": "10:00"}, "entrance_opens"),
        ({"entrance_opens": "10:00", "entrance_closes": ""}, "entrance_opens"),
        (
            {"entrance_opens": "10:00", "entrance_closes": "16:00", "entrance_break_from": "12:00"},
            "entrance_opens",
        ),
        ({"entrance_opens": "soon", "entrance_closes": "16:00"}, "entrance_opens"),
        ({"entrance_own_20261128": "all day"}, "entrance_own_20261128"),
        ({"entrance_own_20261128": "10-12, 11-13"}, "entrance_own_20261128"),
        ({"last_entry_minutes": "1000", "entrance_own_20261128": "10-12"}, "last_entry_minutes"),
    ],
)
def test_bad_hours_are_told_beside_the_field(
    visit: Visitor, entry: Entry, values: dict[str, str], field: str
) -> None:
    visit.sign_in(make_member(entry.factory))

    page = save(visit(path(entry)), **{ON_SATURDAY: "y", "message-ja": "今年の話", **values})

    assert page.status == 422
    assert page.html.select_one(f"#{field}-errors") is not None
    assert page.html.select_one("#message-ja").get_text().strip() == "今年の話"
    assert page.html.select_one(f"#{ON_SATURDAY}").has_attr("checked")
    assert hours_of(entry) == []


def test_draft_is_kept_without_any_hours(visit: Visitor, entry: Entry) -> None:
    visit.sign_in(make_member(entry.factory))

    save(visit(path(entry)), last_entry_minutes="３０", **{"message-ja": "新しい機械が来ました"})

    entry = db.session.get_one(Entry, entry.id)
    assert (entry.message["ja"], entry.last_entry_minutes, entry.state) == (
        "新しい機械が来ました",
        30,
        EntryState.DRAFT,
    )


def test_closed_doors_have_no_hours_but_the_booth_has(visit: Visitor, entry: Entry) -> None:
    booth = make_booth(entry)
    with transaction():
        entry.booth_id = booth.id
    visit.sign_in(make_member(entry.factory))

    save(visit(path(entry)), at_factory=None, entrance_opens="9:00", entrance_closes="17:00", booth_opens="10:00",
         booth_closes="15:00", **{ON_SATURDAY: "y", "booth_on_20261129": "y"})  # fmt: skip

    assert hours_of(entry) == []
    assert hours_of(entry, OpeningPlace.BOOTH) == [(29, 10, 15)]
    assert "A-1" in visit(path(entry)).main


def make_booth(entry: Entry, number: str = "A-1") -> Booth:
    venue = make_venue(entry.edition)
    booth = Booth(venue_id=venue.id, number=number)
    with transaction():
        db.session.add(booth)
    return booth


def test_gathering_has_no_doors_of_ones_own(visit: Visitor) -> None:
    entry = make_entry(make_edition(style=Style.GATHERING), at_factory=False, open_days=False)
    visit.sign_in(make_member(entry.factory))

    page = visit(path(entry))

    assert page.html.find(id="at_factory") is None and page.html.find(id="entrance_opens") is None
    assert "once the committee has given you a booth" in page.main


def test_two_people_at_the_hours_see_each_other(app: Any, visit: Visitor, entry: Entry) -> None:
    visit.sign_in(make_member(entry.factory))
    theirs = Visitor(app).sign_in(make_member(entry.factory))(path(entry))

    save(visit(path(entry)), entrance_opens="10:00", entrance_closes="16:00", **{ON_SATURDAY: "y"})
    told = save(theirs, entrance_opens="9:00", entrance_closes="12:00", **{ON_SATURDAY: "y"})

    assert told.status == 422 and "10:00" in told.main
    assert hours_of(entry) == [(28, 10, 16)]

    save(told)

    assert hours_of(entry) == [(28, 9, 12)]


def test_history_and_caches_learn_of_the_hours(visit: Visitor, entry: Entry) -> None:
    visit.sign_in(make_member(entry.factory))
    before = entry.edition.content_version

    save(visit(path(entry)), **{ON_SATURDAY: "y", "entrance_own_20261128": "10-12"})

    entry = db.session.get_one(Entry, entry.id)
    assert entry.edition.content_version > before
    line = db.session.scalars(select(Line).where(Line.action == "entry.hours")).one()
    assert line.details["2026-11-28"] == ["", "10:00-12:00"]


def test_entry_is_submitted_taken_back_withdrawn_and_taken_up(visit: Visitor, entry: Entry) -> None:
    visit.sign_in(make_member(entry.factory))

    for step, state in (
        ("submit", "submitted"),
        ("take-back", "draft"),
        ("withdraw", "withdrawn"),
        ("again", "draft"),
    ):
        page = visit(path(entry)).submit(action=f"/{step}")
        assert page.status == 200
        assert db.session.get_one(Entry, entry.id).state == state


def test_factory_cannot_accept_itself_nor_skip_a_step(visit: Visitor, entry: Entry) -> None:
    visit.sign_in(make_member(entry.factory))
    page = visit(path(entry))
    token = page.html.select_one("[name=csrf_token]")["value"]

    assert visit.post(f"{path(entry)}/accept", csrf_token=token).status == 404
    assert visit.post(f"{path(entry)}/again", csrf_token=token).status == 422
    assert visit.post(f"{path(entry)}/submit", csrf_token="forged").status == 422
    assert db.session.get_one(Entry, entry.id).state == EntryState.DRAFT


def test_who_is_booked_keeps_the_factory_in(visit: Visitor) -> None:
    entry = make_entry()
    make_slot(make_programme(entry), seats_taken=3)
    visit.sign_in(make_member(entry.factory))

    page = visit(path(entry)).submit(action="/withdraw")

    assert page.status == 422 and "3 people are booked" in page.text
    assert db.session.get_one(Entry, entry.id).state == EntryState.ACCEPTED


def test_entry_of_a_closed_edition_is_frozen(visit: Visitor) -> None:
    entry = make_entry(make_edition(state=EditionState.CLOSED))
    visit.sign_in(make_member(entry.factory))
    before = hours_of(entry)
    page = visit(path(entry))
    token = page.html.select_one("[name=csrf_token]")["value"]

    assert "This edition is over" in page.main
    assert not page.html.select("main button[type=submit]")
    for address in (path(entry), f"{path(entry)}/withdraw"):
        assert visit.post(address, csrf_token=token, **{"message-ja": "anders"}).status == 422
    entry = db.session.get_one(Entry, entry.id)
    assert (hours_of(entry), entry.state, bool(entry.message)) == (before, EntryState.ACCEPTED, False)


def test_factory_in_two_editions_opens_the_newest_and_finds_the_other(visit: Visitor) -> None:
    festival = make_festival()
    factory = make_factory(festival)
    for slug, year in (("2025", 2025), ("2026", 2026)):
        make_entry(
            make_edition(festival, slug=slug, days=[SATURDAY.replace(year=year)]),
            factory,
            state=EntryState.DRAFT,
        )
    visit.sign_in(make_member(factory))

    page = visit(f"/factory/{factory.code}/entry")

    assert page.html.find(id="entrance_on_20261128") is not None
    assert visit(page.links("/entry/2025")[0]).html.find(id="entrance_on_20251128") is not None
    assert visit(f"/factory/{factory.code}/entry/1999").status == 404


# Rules


def test_join_takes_part_once_and_never_in_what_is_over(app: Any) -> None:
    entry = make_entry()
    old = make_edition(entry.edition.festival, slug="2020", state=EditionState.CLOSED)

    for edition in (entry.edition, old):
        with pytest.raises(EntryError), transaction():
            entries.join(entry.factory, edition, by="test")
    with pytest.raises(ValueError, match="festival"), transaction():
        entries.join(make_factory(), entry.edition, by="test")


def test_hours_only_on_days_of_the_edition(app: Any, entry: Entry) -> None:
    day = parse_day("10-12")

    with pytest.raises(EntryError), transaction():
        entries.set_openings(entry, {SATURDAY.replace(year=2030): day}, by="test")
    with transaction():
        assert entries.set_openings(entry, {SUNDAY: day, SATURDAY: ()}, by="test")
    with transaction():
        assert not entries.set_openings(entry, {SUNDAY: day}, by="test")
    assert [(one.date, one.opens) for one in entry.openings] == [(SUNDAY, time(10))]


def test_withdrawn_factory_gives_its_booth_back(app: Any, entry: Entry) -> None:
    booth = make_booth(entry)
    with transaction():
        entries.give_booth(entry, booth, by="test")
    with transaction():
        entries.withdraw(entry, by="test")

    assert db.session.get_one(Entry, entry.id).booth_id is None
