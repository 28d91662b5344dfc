"""Programmes: written as a draft, published, withdrawn; who hosts them, where they are held, where a tour stops."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import func, select

from eventapp import audit, clock, text
from eventapp.db import db
from eventapp.factories.models import Entry
from eventapp.festivals import editions
from eventapp.festivals.models import Edition, EditionState, Place, PlaceKind, Venue
from eventapp.i18n import RuleError, Translated, lazy, ngettext
from eventapp.tours.models import (
    EntryMode,
    HeldAt,
    Kind,
    Programme,
    ProgrammeState,
    ProgrammeStop,
    Reservation,
    Slot,
    SlotState,
    Status,
)

WALKS = frozenset({Kind.BUS_TOUR, Kind.GUIDED_WALK})  # they visit factories; the committee leads them
OF_FACTORIES = tuple(kind for kind in Kind if kind not in WALKS)
OF_COMMITTEE = (Kind.BUS_TOUR, Kind.GUIDED_WALK, *OF_FACTORIES)
MEETING_PLACES = frozenset(
    {PlaceKind.STAGE, PlaceKind.MEETING_POINT, PlaceKind.STATION, PlaceKind.BUS_STOP, PlaceKind.INFORMATION}
)
EXPECTED = frozenset({Status.REQUESTED, Status.WAITING, Status.OFFERED, Status.CONFIRMED})


class ProgrammeError(RuleError):
    """The programme cannot be like this."""


@dataclass(frozen=True)
class Details:
    """What people write about a programme."""

    kind: Kind
    entry_mode: EntryMode
    title: Translated
    description: Translated = field(default_factory=Translated)
    held_at: HeldAt = HeldAt.ENTRANCE
    place: Place | None = None
    venue: Venue | None = None  # the host, where it is no factory
    online_url: str | None = None
    duration_minutes: int = 60
    languages: list[str] = field(default_factory=list)
    price_yen: int = 0
    price_note: Translated = field(default_factory=Translated)
    min_age: int | None = None
    guardian_below: int | None = None
    bring: Translated = field(default_factory=Translated)
    confirm_address: bool = False


@dataclass(frozen=True)
class StopWish:
    """A factory that a tour is to visit: when, for how long, and how many people it can receive (None: any number)."""

    entry: Entry
    minutes_after: int
    stay_minutes: int = 30
    places: int | None = None


# --- writing -------------------------------------------------------------------------------------------------------


def create(
    edition: Edition, details: Details, *, entry: Entry | None = None, by: audit.Actor | str
) -> Programme:
    """Start a draft. Its host is the entry, else the venue of the details, else the committee itself."""
    check_not_over(edition)
    _check(details, edition, entry)
    programme = Programme(edition_id=edition.id, entry_id=entry.id if entry else None, created_at=clock.now(), version=1,
                          **_columns(details))  # fmt: skip
    db.session.add(programme)
    db.session.flush()  # its host is read through the row's own links
    programme.search_key = search_key_of(programme)
    audit.record("programme.created", f"programme:{programme.code}", festival_id=edition.festival_id, by=by,
                 details={"title": dict(details.title)})  # fmt: skip
    return programme


def edit(programme: Programme, details: Details, *, by: audit.Actor | str) -> None:
    """Save what was written. The way to take part cannot change while slots stand; a new length is for new slots."""
    edition = programme.edition
    check_not_over(edition)
    _check(details, edition, programme.entry)
    if details.entry_mode != programme.entry_mode and has_slots(programme):
        raise ProgrammeError(
            lazy(
                "The way to take part cannot change while there are slots. Please remove or call off the slots first."
            )
        )
    before = _plain(programme)
    for name, value in _columns(details).items():
        setattr(programme, name, value)
    programme.version += 1
    db.session.flush()
    db.session.refresh(programme, ["place", "venue"])
    programme.search_key = search_key_of(programme)
    editions.touch(edition)
    audit.record("programme.edited", f"programme:{programme.code}", festival_id=edition.festival_id, by=by,
                 details=audit.change(before, _plain(programme)))  # fmt: skip


def publish(programme: Programme, *, by: audit.Actor | str) -> None:
    """Show it to visitors, once nothing is missing. It appears as soon as edition and entry are public too."""
    check_not_over(programme.edition)
    lacking = missing(programme)
    if lacking:
        raise ProgrammeError(lacking[0])
    _set_state(programme, ProgrammeState.PUBLISHED, "programme.published", by)


def withdraw(programme: Programme, *, by: audit.Actor | str) -> None:
    """Take it off the pages. Nobody may still be booked: calling off the slots first tells them."""
    check_not_over(programme.edition)
    booked = count_expected(programme)
    if booked:
        raise ProgrammeError(
            ngettext(
                "%(num)d reservation still stands. Please call off the slots first, so that everybody is told.",
                "%(num)d reservations still stand. Please call off the slots first, so that everybody is told.",
                booked,
            )
        )
    _set_state(programme, ProgrammeState.WITHDRAWN, "programme.withdrawn", by)


def _set_state(programme: Programme, state: ProgrammeState, action: str, by: audit.Actor | str) -> None:
    programme.state = state
    programme.version += 1
    editions.touch(programme.edition)
    audit.record(action, f"programme:{programme.code}", festival_id=programme.edition.festival_id, by=by)


def set_stops(programme: Programme, wishes: Sequence[StopWish], *, by: audit.Actor | str) -> None:
    """Say where a bus tour or a guided walk stops. No slot may offer more than the smallest factory can receive."""
    check_not_over(programme.edition)
    _check_stops(programme, wishes)
    known = {stop.entry_id: stop for stop in programme.stops}
    kept = []
    for wish in wishes:
        stop = known.get(wish.entry.id) or ProgrammeStop(programme_id=programme.id, entry_id=wish.entry.id)
        stop.minutes_after, stop.stay_minutes, stop.places = (
            wish.minutes_after,
            wish.stay_minutes,
            wish.places,
        )
        kept.append(stop)
    programme.stops[:] = kept
    programme.version += 1
    db.session.flush()
    db.session.expire(programme, ["stops"])
    programme.search_key = search_key_of(programme)
    editions.touch(programme.edition)
    audit.record("programme.stops_set", f"programme:{programme.code}", festival_id=programme.edition.festival_id, by=by,
                 details={"stops": [[wish.entry.code, wish.minutes_after, wish.stay_minutes, wish.places] for wish in wishes]})  # fmt: skip


def _check_stops(programme: Programme, wishes: Sequence[StopWish]) -> None:
    if programme.kind not in WALKS:
        raise ProgrammeError(lazy("Only bus tours and guided walks have stops."))
    if len({wish.entry.id for wish in wishes}) < len(wishes):
        raise ProgrammeError(lazy("A factory can stand in the list only once."))
    if any(wish.entry.edition_id != programme.edition_id for wish in wishes):
        raise ValueError("a stop takes part in the same edition")
    for wish in wishes:
        if wish.minutes_after + wish.stay_minutes > programme.duration_minutes:
            raise ProgrammeError(
                lazy("The stop at %(factory)s ends after the tour is over (%(minutes)s minutes).",
                     factory=str(wish.entry.factory.name), minutes=programme.duration_minutes)
            )  # fmt: skip
    narrow = min(
        (wish for wish in wishes if wish.places is not None), key=lambda wish: wish.places or 0, default=None
    )
    largest = _largest_slot(programme)
    if narrow is not None and narrow.places is not None and largest > narrow.places:
        raise ProgrammeError(
            lazy("%(factory)s can receive %(places)s people, but there is a slot for %(capacity)s. Please make the slot smaller first.",
                 factory=str(narrow.entry.factory.name), places=narrow.places, capacity=largest)
        )  # fmt: skip


def _largest_slot(programme: Programme) -> int:
    offered = func.max(func.coalesce(Slot.capacity, 0) + Slot.walk_in_places)
    return (
        db.session.scalar(
            select(offered).where(Slot.programme_id == programme.id, Slot.state != SlotState.CANCELLED)
        )
        or 0
    )


# --- asking --------------------------------------------------------------------------------------------------------


def missing(programme: Programme) -> list[object]:
    """What must still be done before it can be published; nothing when it is ready."""
    lacking: list[object] = []
    if not programme.title.get("ja"):
        lacking.append(lazy("Please write the Japanese text."))
    if programme.kind in WALKS and not programme.stops:
        lacking.append(lazy("Enter the factories where the tour stops."))
    if programme.entry_mode != EntryMode.OPEN and not has_slots(programme):
        lacking.append(lazy("Enter at least one time at which it is held."))
    return lacking


def smallest_stop(programme: Programme) -> ProgrammeStop | None:
    """The stop that can receive the fewest people; None where no stop sets a limit."""
    limited = [stop for stop in programme.stops if stop.places is not None]
    return min(limited, key=lambda stop: stop.places or 0, default=None)


def has_slots(programme: Programme) -> bool:
    """Whether any slot stands, open or closed."""
    standing = select(Slot.id).where(Slot.programme_id == programme.id, Slot.state != SlotState.CANCELLED)
    return db.session.scalar(standing.limit(1)) is not None


def count_expected(programme: Programme) -> int:
    """How many reservations still wait for their visit."""
    expected = (
        select(func.count(Reservation.id)).join(Slot, Slot.id == Reservation.slot_id)
        .where(Slot.programme_id == programme.id, Reservation.status.in_(EXPECTED), Slot.ends_at > clock.now())
    )  # fmt: skip
    return db.session.scalar(expected) or 0


def search_key_of(programme: Programme) -> str:
    """By what the programme is found: its words in every language, its host, the factories on its way."""
    words = [*programme.title.values(), *programme.description.values()]
    entries = [programme.entry] if programme.entry is not None else [stop.entry for stop in programme.stops]
    for entry in entries:
        words += [*entry.factory.name.values(), entry.factory.kana]
    if programme.venue is not None:
        words += programme.venue.name.values()
    return text.search_key(*words)


def check_not_over(edition: Edition) -> None:
    """An edition that is over keeps its programmes as they were."""
    if edition.state == EditionState.CLOSED:
        raise ProgrammeError(lazy("This edition is over; its programmes stay as they were."))


def _check(details: Details, edition: Edition, entry: Entry | None) -> None:
    if entry is not None and entry.edition_id != edition.id:
        raise ValueError("a programme belongs to the edition of its entry")
    if any(thing is not None and thing.edition_id != edition.id for thing in (details.place, details.venue)):
        raise ValueError("a place belongs to the edition")
    if details.kind not in (OF_FACTORIES if entry is not None else OF_COMMITTEE):
        raise ProgrammeError(lazy("Bus tours and guided walks are led by the committee."))
    if details.kind in WALKS and details.entry_mode == EntryMode.OPEN:
        raise ProgrammeError(lazy("A bus tour or a guided walk leaves at fixed times."))
    _check_place(details, entry)


def _check_place(details: Details, entry: Entry | None) -> None:
    held_at = details.held_at
    if held_at == HeldAt.ENTRANCE and entry is None:
        raise ProgrammeError(lazy("Please choose a meeting point, a stage or a venue."))
    if held_at == HeldAt.BOOTH and (entry is None or entry.booth_id is None):
        raise ProgrammeError(lazy("There is no booth yet. The committee assigns booths."))
    if held_at == HeldAt.PLACE and details.place is None:
        raise ProgrammeError(lazy("Please choose the meeting point or the stage."))
    if held_at == HeldAt.VENUE and (details.venue is None or entry is not None):
        raise ProgrammeError(lazy("Please choose the venue."))
    if entry is not None and details.venue is not None:
        raise ValueError("a programme has one host")


def _columns(details: Details) -> dict[str, Any]:
    values = {one.name: getattr(details, one.name) for one in fields(details)}
    place, venue = values.pop("place"), values.pop("venue")
    at_place = details.held_at == HeldAt.PLACE and place is not None
    return {
        **values,
        "place_id": place.id if at_place else None,
        "venue_id": venue.id if venue is not None else None,
    }


def _plain(programme: Programme) -> dict[str, Any]:
    """The programme as history keeps it."""
    names = [one.name for one in fields(Details) if one.name not in {"place", "venue"}]
    plain = {name: getattr(programme, name) for name in names}
    plain |= {name: dict(plain[name]) for name in names if isinstance(plain[name], Translated)}
    return {
        **plain,
        "place": programme.place.code if programme.place else None,
        "venue": programme.venue.code if programme.venue else None,
    }
