"""The demo in the database: what stands there, that it is the same every time, and that the stages lose nothing."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from eventapp import clock, outbox
from eventapp.db import db, transaction
from eventapp.demo import filling, persons, picturing, rush, stages, visitors
from eventapp.demo.rush import Outcome, RushError
from eventapp.demo.stages import Stage
from eventapp.demo.visitors import Wanted
from eventapp.factories.models import Entry, EntryState, Factory, Opening, PointKind
from eventapp.festivals import colours, notices
from eventapp.festivals.editions import find_current
from eventapp.festivals.models import (
    Booth,
    Edition,
    EditionState,
    Festival,
    Organizer,
    Place,
    PlaceKind,
    Role,
)
from eventapp.outbox import Mail, MailState
from eventapp.people import passwords
from eventapp.people.models import Person
from eventapp.tours import seats, wishes
from eventapp.tours.models import Booking, Programme, ProgrammeState, Reservation, Slot, SlotState, Status
from eventapp.tours.wishes import Wish
from eventapp.walks import course_jobs, courses, extracts, lines, plans
from eventapp.walks.ground import read_ground
from tests.builders import make_programme, make_slot


def edition() -> Edition:
    found = stages.find_edition()
    assert found is not None
    return found


def count(kind: type[Any], *where: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(kind).where(*where)) or 0


# --- what stands there -------------------------------------------------------------------------------------------------


def test_town_is_a_festival_next_month_on_a_weekend(demo: Flask) -> None:
    of = edition()

    assert [day.isoformat() for day in of.dates] == ["2026-11-21", "2026-11-22"]
    assert of.state is EditionState.PUBLISHED
    assert of.dates[0].weekday() == 5
    assert count(Entry, Entry.edition_id == of.id, Entry.state == EntryState.ACCEPTED) == 28
    assert count(Booth) == 18
    assert {place.kind for place in db.session.scalars(select(Place))} >= {
        PlaceKind.STAGE,
        PlaceKind.TOILET,
        PlaceKind.STATION,
    }
    assert of.base_map["roads"]["features"]
    assert of.festival.name.missing() == [] and of.introduction.missing() == [] and of.privacy.missing() == []


def test_every_programme_is_published_and_has_its_slots(demo: Flask) -> None:
    of = edition()
    programmes = db.session.scalars(select(Programme).where(Programme.edition_id == of.id)).all()

    assert len(programmes) == 70
    assert {one.state for one in programmes} == {ProgrammeState.PUBLISHED}
    assert all(bool(one.slots) == (one.entry_mode.value != "open") for one in programmes)
    assert {slot.day for one in programmes for slot in one.slots} == set(of.dates)


def test_some_slots_are_full_and_others_have_room(demo: Flask) -> None:
    of = edition()
    left = [int(one or 0) for one in db.session.scalars(
        select(Slot.capacity - Slot.seats_taken).where(Slot.edition_id == of.id, Slot.capacity.is_not(None))
    )]  # fmt: skip

    assert 0.15 < sum(1 for one in left if one == 0) / len(left) < 0.6
    assert sum(left) > 100
    assert seats.find_miscounted() == []


def test_visitors_are_made_up_and_some_called_by_telephone(demo: Flask) -> None:
    bookings = db.session.scalars(select(Booking)).all()

    assert len(bookings) > 300
    assert all(one.email.endswith("@example.jp") for one in bookings if one.email)
    assert any(one.email is None and one.phone for one in bookings)
    assert {one.language for one in bookings} == {"ja", "en"}
    assert any(one.status is Status.CANCELLED for booking in bookings for one in booking.reservations)
    assert "機械がつくった" in next(
        one for one in notices.find_current(edition()) if "見本" in one.title.text("ja")
    ).body.text("ja")


def test_mail_of_the_last_minutes_waits_and_nothing_is_stuck(demo: Flask) -> None:
    waiting, sent = count(Mail, Mail.state == MailState.WAITING), count(Mail, Mail.state == MailState.SENT)

    assert 1 <= waiting <= 10
    assert sent > 300
    assert not outbox.is_stuck()


def test_something_is_missing_on_purpose(demo: Flask) -> None:
    assert count(Factory, Factory.point == PointKind.TOWN) == 3
    assert any(not factory.story.get("en") for factory in db.session.scalars(select(Factory)))
    assert count(Slot, Slot.state == SlotState.CLOSED) == 1


@pytest.mark.parametrize("words", ["旋盤", "ﾈｼﾞ", "ねじ", "press"])
def test_search_finds_what_people_look_for(demo: Flask, words: str) -> None:
    assert wishes.find(edition(), Wish(words=words)).factories


def test_archive_and_a_second_festival_stand_beside_it(demo: Flask) -> None:
    of = edition()
    archive = db.session.scalars(
        select(Edition).where(Edition.festival_id == of.festival_id, Edition.id != of.id)
    ).one()
    kilns = db.session.scalars(select(Festival).where(Festival.id != of.festival_id)).one()

    assert archive.state is EditionState.CLOSED and archive.slug == "2025"
    assert all(
        entry.frozen for entry in db.session.scalars(select(Entry).where(Entry.edition_id == archive.id))
    )
    assert find_current(of.festival) is of
    assert str(kilns.factory_word.text("ja")) == "窯元"
    assert find_current(kilns) is not None
    assert (
        colours.check(kilns.accent) == kilns.accent
        and colours.check(of.festival.accent) == of.festival.accent
    )


def test_demo_persons_have_their_places_and_a_password(demo: Flask) -> None:
    people = {one.email: one for one in db.session.scalars(select(Person))}

    assert all(one.is_demo for one in people.values())
    for part in persons.PARTS:
        assert passwords.fits(people[part.email].password_hash, persons.PASSWORD)
    assert sum(1 for one in people.values() if one.password_hash) == len(persons.PARTS)
    roles = {organizer.role for organizer in db.session.scalars(select(Organizer))}
    assert roles == {Role.OWNER, Role.READER}


def test_filling_again_changes_nothing(demo: Flask, tmp_path: Path) -> None:
    before = count(Booking), count(Factory)

    assert not filling.fill_if_empty(tmp_path, with_pictures=False)
    assert (count(Booking), count(Factory)) == before


@pytest.mark.usefixtures("app")
def test_an_interrupted_start_leaves_nothing_and_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(filling, "_say", break_off)
    with pytest.raises(KeyboardInterrupt):
        filling.fill_if_empty(tmp_path, with_pictures=False)
    assert filling.is_empty() and count(Person) == 0 and count(Mail) == 0

    monkeypatch.undo()
    assert filling.fill_if_empty(tmp_path, with_pictures=False)
    assert seats.find_miscounted() == []


@pytest.mark.usefixtures("app")
def test_a_slot_without_demand_stays_empty() -> None:
    slot = make_slot(capacity=10)
    with transaction():
        of = slot.programme.edition
        visitors.book_all([Wanted(slot, 0.0)], of, rng=Random(1), opened_at=clock.now() - timedelta(days=9))

    assert count(Booking) == 0


@pytest.mark.usefixtures("app")
def test_a_sought_after_slot_fills_and_is_never_oversold() -> None:
    slots = [make_slot(make_programme(), capacity=10) for _one in range(3)]
    with transaction():
        wanted = [Wanted(slot, 3.0) for slot in slots]
        visitors.book_all(
            wanted, slots[0].programme.edition, rng=Random(2), opened_at=clock.now() - timedelta(days=9)
        )

    assert [
        slot.seats_taken
        for slot in db.session.scalars(select(Slot).execution_options(populate_existing=True))
    ] == [10, 10, 10]


# --- pictures ----------------------------------------------------------------------------------------------------------


def test_pictures_are_stored_like_uploads_and_not_drawn_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = picturing.photo_name("suzuto-hamono", 0)
    monkeypatch.setattr(picturing, "wanted", lambda: [first])
    picturing.store(tmp_path, first)
    with Image.open(tmp_path / f"{first}-320.webp") as small:
        assert small.width == 320
    stamp = (tmp_path / f"{first}-1600.webp").stat().st_mtime_ns

    sizes = picturing.store_all(tmp_path)

    assert sizes == {first: picturing.PHOTO}
    assert (tmp_path / f"{first}-1600.webp").stat().st_mtime_ns == stamp


def test_wanted_pictures_are_those_of_the_factories_and_three_more() -> None:
    names = picturing.wanted()

    assert len(names) == len(set(names)) == 57
    assert {picturing.COVER, picturing.LOGO, picturing.KILN} <= set(names)


@pytest.mark.parametrize("name", [picturing.LOGO, picturing.KILN])
def test_other_pictures_are_drawn(name: str, tmp_path: Path) -> None:
    picturing.store(tmp_path, name)

    assert (tmp_path / f"{name}-card.jpg").is_file()


# --- stages ------------------------------------------------------------------------------------------------------------


def snapshot() -> dict[str, Any]:
    """Everything a stage may move, as plain values."""
    of = edition()
    slots = db.session.execute(
        select(Slot.code, Slot.day, Slot.starts_at, Slot.ends_at, Slot.closes_at, Slot.seats_taken, Slot.state)
        .where(Slot.edition_id == of.id).order_by(Slot.id)
    ).all()  # fmt: skip
    openings = db.session.execute(
        select(Opening.id, Opening.date, Opening.opens, Opening.closes)
        .join(Entry)
        .where(Entry.edition_id == of.id)
        .order_by(Opening.id)
    ).all()
    entries = db.session.execute(
        select(Entry.code, Entry.state).where(Entry.edition_id == of.id).order_by(Entry.id)
    ).all()
    said = [(one.title.text("ja"), one.published_at, one.until) for one in notices.find_notices(of)]
    marks = db.session.execute(select(Reservation.code, Reservation.status).order_by(Reservation.id)).all()
    frozen = [
        entry.frozen
        for entry in db.session.scalars(select(Entry).where(Entry.edition_id == of.id).order_by(Entry.id))
    ]
    return {
        "state": of.state, "days": of.dates, "first": of.first_day, "last": of.last_day, "opens": of.booking_opens_at,
        "slots": slots, "openings": openings, "entries": entries, "notices": said, "marks": marks, "frozen": frozen,
    }  # fmt: skip


def go_to(stage: Stage) -> Edition:
    with transaction():
        stages.go_to(edition(), stage, by="test")
    return edition()


@pytest.mark.parametrize("hour", [0, 2, 7, 11, 16, 20, 23])
def test_running_puts_the_first_day_on_today_with_slots_around_now(demo: Flask, hour: int) -> None:
    now = datetime(2026, 10, 1, hour, 10, tzinfo=UTC) - timedelta(hours=9)  # by the clocks there
    with clock.stopped_at(now):
        of = go_to(Stage.RUNNING)
        today = clock.local(now, of.zone).date()
        slots = db.session.scalars(select(Slot).where(Slot.edition_id == of.id, Slot.day == today)).all()
        local_days = {
            clock.local(moment, of.zone).date() for slot in slots for moment in (slot.starts_at, slot.ends_at)
        }

    assert of.state is EditionState.RUNNING
    assert of.dates == [today, today + timedelta(days=1)]
    assert local_days == {today}
    assert any(slot.starts_at <= now + timedelta(hours=1) for slot in slots)
    assert any(slot.ends_at >= now - timedelta(hours=1) for slot in slots)


def test_model_courses_hold_at_every_stage_and_hour(demo: Flask) -> None:
    """They move with the slots they lead to; what a visitor planned moves too."""
    folder = Path(demo.config["INSTANCE"]) / extracts.FOLDER
    of = edition()
    first = courses.find_published(of)[0]
    with transaction():
        saved = plans.save(of, courses.request_of(first), courses.proposal_of(first))
    kept = {
        course.code: [stop.key for stop in courses.proposal_of(course).stops]
        for course in courses.find_published(of)
    }
    wrong = []
    for hour, stage in (
        (9, Stage.RUNNING),
        (23, Stage.RUNNING),
        (2, Stage.RUNNING),
        (9, Stage.OVER),
        (9, Stage.BOOKING),
    ):
        with clock.stopped_at(datetime(2026, 10, 1, hour, 10, tzinfo=UTC) - timedelta(hours=9)):
            of = go_to(stage)
            course_jobs.recheck_due(folder)
            db.session.expire_all()
            found = courses.find_published(of)
            wrong += [(hour, stage, str(course.title), course.faults) for course in found if course.faults]
            wrong += [
                (hour, stage, day.date)
                for course in found
                for day in courses.proposal_of(course).days
                if day.date not in of.dates
            ]
            wrong += [(hour, stage, fault.why) for fault in plans.state_of(saved.plan, folder).faults]
    assert wrong == []
    assert len(kept) == 2
    assert {course.code: [stop.key for stop in courses.proposal_of(course).stops] for course in found} == kept


def test_on_a_festival_day_much_is_on_now(demo: Flask) -> None:
    now = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)  # half past six in the evening there
    with clock.stopped_at(now):
        of = go_to(Stage.RUNNING)
        on = count(Slot, Slot.edition_id == of.id, Slot.starts_at <= now, Slot.ends_at > now)
        later = count(Slot, Slot.edition_id == of.id, Slot.starts_at > now, Slot.day == of.dates[0])
        come = count(Reservation, Reservation.status == Status.ATTENDED)

        assert on >= 3 and later >= 10 and come >= 20
        assert "本日開催中" in notices.find_current(of)[0].title.text("ja")
        assert seats.find_miscounted() == []


def test_going_on_and_back_again_loses_nothing(demo: Flask) -> None:
    go_to(Stage.BOOKING)
    before = snapshot()
    for hour, stage in enumerate(
        [
            Stage.RUNNING,
            Stage.OVER,
            Stage.RECRUITING,
            Stage.RUNNING,
            Stage.RUNNING,
            Stage.RECRUITING,
            Stage.OVER,
        ]
    ):
        with clock.stopped_at(clock.now() + timedelta(hours=5 * hour)):
            go_to(stage)
    go_to(Stage.BOOKING)

    after = snapshot()

    assert {key: after[key] for key in before if key != "frozen"} == {
        key: before[key] for key in before if key != "frozen"
    }
    assert not any(after["frozen"])


def test_recruiting_waits_for_factories_and_hides_the_pages(demo: Flask) -> None:
    of = go_to(Stage.RECRUITING)
    states = db.session.scalars(select(Entry.state).where(Entry.edition_id == of.id)).all()

    assert of.state is EditionState.RECRUITING
    assert of.dates[0] > of.today() + timedelta(days=40)
    assert of.booking_opens_at is not None and of.booking_opens_at > clock.now()
    assert (
        EntryState.SUBMITTED in states
        and EntryState.DRAFT in states
        and states.count(EntryState.ACCEPTED) > 14
    )
    assert find_current(of.festival) is not of


def test_an_entry_that_was_withdrawn_meanwhile_is_left_alone(demo: Flask) -> None:
    of = go_to(Stage.RECRUITING)
    waiting = db.session.scalars(
        select(Entry).where(Entry.edition_id == of.id, Entry.state == EntryState.SUBMITTED)
    ).first()
    assert waiting is not None
    with transaction():
        waiting.state = EntryState.WITHDRAWN
    try:
        go_to(Stage.BOOKING)
        assert db.session.get_one(Entry, waiting.id).state is EntryState.WITHDRAWN
    finally:
        with transaction():
            waiting.state = EntryState.ACCEPTED


def test_over_is_an_archive(demo: Flask) -> None:
    of = go_to(Stage.OVER)

    assert of.state is EditionState.CLOSED
    assert of.last_day is not None and of.last_day < of.today()
    assert all(entry.frozen for entry in db.session.scalars(select(Entry).where(Entry.edition_id == of.id)))
    assert count(Reservation, Reservation.status == Status.CONFIRMED) == 0
    assert count(Reservation, Reservation.status == Status.NO_SHOW) > 5


# --- the rush ----------------------------------------------------------------------------------------------------------


@pytest.mark.race
def test_rush_confirms_as_many_as_there_are_places(demo: Flask) -> None:
    with transaction():
        slot_id = rush.prepare(edition(), places=5).id
    race = rush.run(slot_id, demo.app_context, visitors=40)

    assert (race.count(Outcome.CONFIRMED), race.count(Outcome.FULL), race.count(Outcome.FAILED)) == (5, 35, 0)
    assert (race.places, race.seats_taken, race.seats_booked, race.oversold, race.miscounted) == (
        5,
        5,
        5,
        0,
        0,
    )
    with transaction():
        code = rush.keep(race, edition()).code
    assert rush.find(code) == race
    assert rush.find("another") is None


def test_rush_needs_a_stage_in_which_people_book(demo: Flask) -> None:
    go_to(Stage.OVER)

    with pytest.raises(RushError), transaction():
        rush.prepare(edition())


def test_what_a_rush_left_is_cleared_and_nothing_else(demo: Flask) -> None:
    before = count(Booking), count(Mail), count(Slot)
    with transaction():
        slot_id = rush.prepare(edition(), places=2).id
    rush.run(slot_id, demo.app_context, visitors=3)
    assert count(Booking) == before[0] + 2

    go_to(Stage.BOOKING)

    assert (count(Booking), count(Mail), count(Slot)) == before


def test_a_race_that_went_wrong_would_say_so() -> None:
    attempts = [rush.Attempt(number, 0, 10 * number, Outcome.CONFIRMED, number) for number in (1, 2, 3)]
    race = rush.Race(attempts, places=2, seats_taken=3, seats_booked=3, miscounted=0)

    assert (race.oversold, race.sent_again, race.milliseconds) == (1, 2, 30)


# --- the welcome -------------------------------------------------------------------------------------------------------


def test_welcome_names_the_address_and_the_persons_in_both_languages() -> None:
    words = filling.welcome("http://127.0.0.1:8000")

    assert "http://127.0.0.1:8000" in words and persons.PASSWORD in words
    assert all(part.email in words for part in persons.PARTS)
    assert "予約" in words and "race for 20 places" in words


def test_the_loop_bus_runs_as_the_notices_at_its_stops_say(demo: Flask) -> None:
    line = lines.timetables_of(edition().id)[0]

    places = db.session.scalars(select(Place).where(Place.kind == PlaceKind.BUS_STOP))
    told = {place.name["ja"].removeprefix("循環バス "): place.note["ja"] for place in places}
    first = {
        stop["name"]["ja"]: word for stop, word in reversed(list(zip(line.stops, line.trips[0], strict=True)))
    }
    assert {stop["name"]["ja"] for stop in line.stops} == set(told)
    for name, notice in told.items():
        said = re.match(r"(\d+)時(?:(\d+)分)?(?:から17時まで)?(?:から)?(\d+)分おき", notice)
        assert said, notice
        assert first[name] == f"{int(said[1]):02}:{int(said[2] or 0):02}"
        at = [stop["name"]["ja"] for stop in line.stops].index(name)
        assert sum(1 for trip in line.trips[:4] if trip[at]) == 80 // int(said[3])


def test_the_bus_moves_with_the_festival(demo: Flask) -> None:
    before = lines.timetables_of(edition().id)[0].trips[0][0]
    with clock.stopped_at(datetime(2026, 10, 1, 21, 10, tzinfo=UTC) - timedelta(hours=9)):
        of = go_to(Stage.RUNNING)
        moved = lines.timetables_of(of.id)[0].trips[0][0]
        opening = min(opens for opens, _closes in read_ground(of).open_hours().values())
        go_to(Stage.BOOKING)

    assert before == "09:00"
    assert moved > before and abs(int(moved[:2]) - opening.hour) <= 1
    assert lines.timetables_of(edition().id)[0].trips[0][0] == "09:00"
