"""The stages of a year, to be tried in one evening: recruiting, booking, running, over.

A stage puts the edition into its state and shifts everything that has a date: days, slots, opening hours, notices. It all
moves together and by whole days and hours, so that going on and back again loses nothing. While the festival is running, its
first day is today there, and the hours are moved too where it is night: slots are always around now.
"""

import enum
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update

from eventapp import audit, clock
from eventapp.db import db
from eventapp.demo import rallying, rush
from eventapp.factories import freezing
from eventapp.factories.models import Entry, EntryState, Opening
from eventapp.festivals import editions
from eventapp.festivals.models import Edition, EditionDay, EditionState, Notice
from eventapp.i18n import lazy
from eventapp.jobs import Job, JobState
from eventapp.tours.models import Reservation, Slot, Status
from eventapp.walks import shifting
from eventapp.walks.shifting import Shift

KIND = "demo.stage"  # a job that is done: it remembers the stage, the edition and by how many hours the day is moved
BUSY = range(10, 15)  # hours of a festival day in which much is on
JUST_NOW = timedelta(minutes=20)  # who began so recently may still be received at the gate


class Stage(enum.StrEnum):
    RECRUITING = "recruiting"
    BOOKING = "booking"
    RUNNING = "running"
    OVER = "over"


STATES = {
    Stage.RECRUITING: EditionState.RECRUITING,
    Stage.BOOKING: EditionState.PUBLISHED,
    Stage.RUNNING: EditionState.RUNNING,
    Stage.OVER: EditionState.CLOSED,
}


class Described(NamedTuple):
    """A stage for its button: its name, and what is to be seen then."""

    stage: Stage
    label: object
    shows: object


STAGES = (
    Described(Stage.RECRUITING, lazy("Recruiting factories"), lazy("Two months before: factories hand in their pages, visitors see last year's.")),
    Described(Stage.BOOKING, lazy("Taking reservations"), lazy("Some weeks before: everything is public, places are being taken.")),
    Described(Stage.RUNNING, lazy("Festival days"), lazy("It is the first day, and slots are around now.")),
    Described(Stage.OVER, lazy("Over"), lazy("The week after: an archive that stays as it was.")),
)  # fmt: skip


def remember(
    edition: Edition, stage: Stage, *, notices: Iterable[str], hours: int = 0, waiting: Iterable[str] = ()
) -> None:
    """Keep what the stage is, which notices belong to the festival days, by how many hours these are moved, and which
    entries only wait because of the stage."""
    db.session.execute(delete(Job).where(Job.kind == KIND))
    values = {
        "edition": edition.slug,
        "stage": stage.value,
        "hours": hours,
        "waiting": list(waiting),
        "notices": list(notices),
    }
    db.session.add(Job(kind=KIND, values=values, state=JobState.DONE, festival_id=edition.festival_id, done=1, total=1,
                       created_at=clock.now(), ended_at=clock.now()))  # fmt: skip


def _remembered() -> dict[str, Any]:
    return dict(db.session.scalars(select(Job.values).where(Job.kind == KIND)).one())


def find_edition() -> Edition | None:
    """This year's edition of the demo, or None where the database holds no demo."""
    job = db.session.scalar(select(Job).where(Job.kind == KIND))
    if job is None:
        return None
    return db.session.scalar(
        select(Edition).where(Edition.festival_id == job.festival_id, Edition.slug == job.values["edition"])
    )


def current(edition: Edition) -> Stage:
    """What the edition's state amounts to, whoever brought it there."""
    return next((stage for stage, state in STATES.items() if state is edition.state), Stage.RECRUITING)


def go_to(edition: Edition, stage: Stage, *, by: audit.Actor | str) -> None:
    """Bring the edition to this stage, inside the caller's transaction."""
    known = _remembered()
    rush.clear(edition)
    before = edition.state
    hours = _hours_for_now(edition, known["hours"]) if stage is Stage.RUNNING else 0
    _shift(edition, _first_day(stage, edition.today()), hours - known["hours"], known["notices"])
    edition.state = STATES[stage]
    edition.booking_opens_at = _opening(edition, stage)
    _mark_attendance(edition)
    waiting = _hold_entries(edition, stage, known["waiting"])
    _freeze(edition, before)
    editions.touch(edition)
    if stage is Stage.RUNNING:
        db.session.flush()
        db.session.expire_all()
        rallying.collect(edition)
    if before is not edition.state:
        audit.record("edition.moved", f"edition:{edition.slug}", festival_id=edition.festival_id, by=by,
                     details={"state": [before.value, edition.state.value]})  # fmt: skip
    remember(edition, stage, hours=hours, waiting=waiting, notices=known["notices"])
    db.session.flush()
    db.session.expire_all()


# --- dates ---------------------------------------------------------------------------------------------------------


def third_saturday_of_next_month(today: date) -> date:
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first + timedelta(days=(5 - first.weekday()) % 7 + 14)


def _first_day(stage: Stage, today: date) -> date:
    if stage is Stage.RUNNING:
        return today
    if stage is Stage.OVER:
        return today - timedelta(days=(today.weekday() - 5) % 7 + 7)  # the Saturday before the last
    day = third_saturday_of_next_month(today)
    return day + timedelta(days=28) if stage is Stage.RECRUITING else day


def _opening(edition: Edition, stage: Stage) -> datetime:
    """When reservations opened: twelve days ago, or some weeks before the festival."""
    if stage is Stage.BOOKING:
        day = edition.today() - timedelta(days=12)
    else:
        day = edition.dates[0] - timedelta(days=28)
    return clock.at(day, time(12), edition.zone)


def _hours_for_now(edition: Edition, moved: int) -> int:
    """By how many hours the day is moved so that much is on now, without leaving the day at either end."""
    hour = clock.local(clock.now(), edition.zone).hour
    if hour in BUSY:
        return 0
    lowest, highest = _room(edition, moved)
    return min(hour - BUSY[-1] + 1, highest) if hour > BUSY[-1] else max(hour - BUSY[0] - 1, lowest)


def _room(edition: Edition, moved: int) -> tuple[int, int]:
    """How many hours the unmoved day may go back and forth before a slot or a door would cross midnight."""
    zone, minutes = edition.zone, []
    for starts_at, ends_at, day in db.session.execute(
        select(Slot.starts_at, Slot.ends_at, Slot.day).where(Slot.edition_id == edition.id)
    ):
        midnight = clock.day_bounds(day, zone)[0]
        minutes += [int((moment - midnight).total_seconds()) // 60 for moment in (starts_at, ends_at)]
    for opens, closes in db.session.execute(
        select(Opening.opens, Opening.closes).join(Entry).where(Entry.edition_id == edition.id)
    ):
        minutes += [wall.hour * 60 + wall.minute for wall in (opens, closes)]
    first, last = min(minutes, default=0) - moved * 60, max(minutes, default=0) - moved * 60
    return -(first // 60), max(0, (24 * 60 - 1 - last) // 60)


def _shift(edition: Edition, first: date, hours: int, notices: list[str]) -> None:
    """Move everything with a date so that the first day is `first`. Rows go one by one, those ahead first, for no two
    slots of a programme may ever begin together."""
    assert edition.first_day is not None
    days = (first - edition.first_day).days
    delta, forward = timedelta(days=days, hours=hours), days > 0 or (days == 0 and hours > 0)
    _update(Slot, _moved_slots(edition, delta), forward)
    _update(Opening, _moved_openings(edition, timedelta(days=days), hours), forward)
    _update(Notice, _moved_notices(edition, delta, notices), forward)
    shifting.move(edition, Shift(days, hours))
    rows = db.session.execute(
        select(EditionDay.id, EditionDay.date)
        .where(EditionDay.edition_id == edition.id)
        .order_by(EditionDay.date)
    )
    moved = [{"id": row.id, "date": row.date + timedelta(days=days)} for row in rows]
    _update(EditionDay, moved, forward)
    edition.first_day, edition.last_day = moved[0]["date"], moved[-1]["date"]
    db.session.flush()
    db.session.expire(edition, ["days"])


def _update(kind: type[Any], rows: list[dict[str, Any]], forward: bool) -> None:
    """Write rows by their ids, in order or from the last to the first."""
    if rows:
        db.session.execute(update(kind), rows[::-1] if forward else rows)


def _moved_slots(edition: Edition, delta: timedelta) -> list[dict[str, Any]]:
    found = (
        select(Slot.id, Slot.starts_at, Slot.ends_at, Slot.closes_at)
        .where(Slot.edition_id == edition.id)
        .order_by(Slot.starts_at, Slot.id)
    )
    return [
        {"id": row.id, "starts_at": row.starts_at + delta, "ends_at": row.ends_at + delta, "closes_at": row.closes_at + delta,
         "day": clock.local(row.starts_at + delta, edition.zone).date()}
        for row in db.session.execute(found)
    ]  # fmt: skip


def _moved_openings(edition: Edition, days: timedelta, hours: int) -> list[dict[str, Any]]:
    found = (
        select(Opening.id, Opening.date, Opening.opens, Opening.closes)
        .join(Entry)
        .where(Entry.edition_id == edition.id)
    )
    return [
        {
            "id": row.id,
            "date": row.date + days,
            "opens": _later(row.opens, hours),
            "closes": _later(row.closes, hours),
        }
        for row in db.session.execute(found.order_by(Opening.date, Opening.opens, Opening.id))
    ]


def _later(wall: time, hours: int) -> time:
    return wall.replace(hour=(wall.hour + hours) % 24)


def _moved_notices(edition: Edition, delta: timedelta, of_the_days: list[str]) -> list[dict[str, Any]]:
    """Notices of the festival days move with them; what was said before stays where it was, but goes when they go."""
    found = select(Notice).where(Notice.edition_id == edition.id).order_by(Notice.id)
    return [
        {
            "id": one.id,
            "published_at": one.published_at + delta if one.code in of_the_days else one.published_at,
            "until": one.until + delta if one.until else None,
        }
        for one in db.session.scalars(found)
    ]


# --- what else a stage brings --------------------------------------------------------------------------------------


def _mark_attendance(edition: Edition) -> None:
    """Who is booked for what has begun has come, but for a few; nobody has come to what is still ahead."""
    begun = select(Slot.id).where(Slot.edition_id == edition.id, Slot.starts_at <= clock.now() - JUST_NOW)
    ahead = select(Slot.id).where(Slot.edition_id == edition.id, Slot.starts_at > clock.now())
    marks = (
        (begun, [Reservation.status == Status.CONFIRMED, Reservation.id % 14 == 0], Status.NO_SHOW),
        (begun, [Reservation.status == Status.CONFIRMED], Status.ATTENDED),
        (ahead, [Reservation.status.in_([Status.ATTENDED, Status.NO_SHOW])], Status.CONFIRMED),
    )
    for slots, guard, status in marks:
        db.session.execute(
            update(Reservation).where(Reservation.slot_id.in_(slots), *guard).values(status=status)
            .execution_options(synchronize_session=False)
        )  # fmt: skip


def _hold_entries(edition: Edition, stage: Stage, waiting: list[str]) -> list[str]:
    """While recruiting, some factories still write and some wait for the committee; afterwards those are in again."""
    _move_entries(
        edition,
        Entry.code.in_(waiting) & Entry.state.in_([EntryState.SUBMITTED, EntryState.DRAFT]),
        EntryState.ACCEPTED,
    )
    if stage is not Stage.RECRUITING:
        return []
    accepted = (
        select(Entry.code)
        .where(Entry.edition_id == edition.id, Entry.state == EntryState.ACCEPTED)
        .order_by(Entry.id)
    )
    codes = list(db.session.scalars(accepted))
    handed_in, writing = codes[2::4], codes[5::8]
    _move_entries(edition, Entry.code.in_(handed_in), EntryState.SUBMITTED)
    _move_entries(edition, Entry.code.in_(writing), EntryState.DRAFT)
    return [*handed_in, *writing]


def _move_entries(edition: Edition, which: Any, to: EntryState) -> None:
    db.session.execute(
        update(Entry).where(Entry.edition_id == edition.id, which).values(state=to, version=Entry.version + 1)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def _freeze(edition: Edition, before: EditionState) -> None:
    """An archive keeps what the factories said; opened again it forgets that."""
    if edition.state is EditionState.CLOSED:
        db.session.flush()
        freezing.freeze_all(edition)
    elif before is EditionState.CLOSED:
        freezing.thaw_all(edition)
