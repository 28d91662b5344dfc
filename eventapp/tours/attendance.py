"""Who comes when: the day of a desk, slot by slot, and its attendance sheet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload, lazyload, selectinload

from eventapp import clock
from eventapp.db import db
from eventapp.i18n import _
from eventapp.tours.desk_access import Reach
from eventapp.tours.models import (
    HOLDS_SEATS,
    Booking,
    Programme,
    ProgrammeState,
    ProgrammeStop,
    Reservation,
    Slot,
    SlotState,
    Status,
)
from eventapp.tours.queries import select_slots

AT_THE_DOOR = timedelta(hours=1)  # before the start: then marks are offered


@dataclass
class Sitting:
    """A slot with everybody who comes to it."""

    slot: Slot
    reservations: list[Reservation] = field(default_factory=list)
    stop: ProgrammeStop | None = None  # when it is a tour of the committee that stops here

    @property
    def is_over(self) -> bool:
        return self.slot.ends_at <= clock.now() or self.slot.state == SlotState.CANCELLED

    @property
    def is_now(self) -> bool:
        return not self.is_over and self.slot.starts_at <= clock.now()

    @property
    def is_due(self) -> bool:
        """Whether people may be at the door: from an hour before."""
        return self.arrives_at - clock.now() <= AT_THE_DOOR

    @property
    def coming(self) -> list[Reservation]:
        """Those who hold seats."""
        return [one for one in self.reservations if one.status in HOLDS_SEATS]

    @property
    def people(self) -> int:
        return sum(one.party_size for one in self.coming)

    @property
    def people_here(self) -> int:
        return sum(one.party_size for one in self.coming if one.status == Status.ATTENDED)

    @property
    def without_mail(self) -> int:
        """How many parties can only be told by telephone."""
        return sum(1 for one in self.coming if not one.booking.email)

    @property
    def arrives_at(self) -> datetime:
        """When the people reach this desk: at the start, or when the tour gets here."""
        return self.slot.starts_at + timedelta(
            minutes=self.stop.minutes_after if self.stop is not None else 0
        )


def find_day(reach: Reach, day: date) -> list[Sitting]:
    """The sittings of one local day, in order of time, with their parties sorted by reading."""
    query = (
        select_slots()
        .options(selectinload(Slot.programme, Programme.stops))
        .where(
            reach.expected(),
            Slot.edition_id == reach.edition_id,
            Slot.day == day,
            Programme.state != ProgrammeState.DRAFT,
        )
        .order_by(Slot.starts_at, Slot.id)
    )
    return with_parties(list(db.session.scalars(query)), reach.entry_id)


def with_parties(slots: list[Slot], entry_id: int | None = None) -> list[Sitting]:
    """Slots with their reservations, whatever became of them, in one more statement."""
    sittings = {slot.id: Sitting(slot, stop=_stop(slot, entry_id)) for slot in slots}
    query = (
        select(Reservation)
        .join(Reservation.booking)
        .options(
            lazyload(Reservation.slot),
            joinedload(Reservation.booking, innerjoin=True).lazyload(Booking.edition),
        )
        .where(Reservation.slot_id.in_(sittings))
        .order_by(Booking.kana == "", Booking.kana, Booking.name, Reservation.id)
    )
    for reservation in db.session.scalars(query):
        sittings[reservation.slot_id].reservations.append(reservation)
    return list(sittings.values())


def _stop(slot: Slot, entry_id: int | None) -> ProgrammeStop | None:
    if entry_id is None or slot.programme.entry_id == entry_id:
        return None
    return next((stop for stop in slot.programme.stops if stop.entry_id == entry_id), None)


def now_and_next_first(sittings: Iterable[Sitting]) -> tuple[list[Sitting], list[Sitting]]:
    """What runs or comes, in order; and what is over or called off."""
    ordered = sorted(sittings, key=lambda one: (one.arrives_at, one.slot.id))
    return [one for one in ordered if not one.is_over], [one for one in ordered if one.is_over]


# --- the sheet -----------------------------------------------------------------------------------------------------


def sheet_header() -> list[str]:
    """Names of the columns, in the reader's language."""
    return [_("Date"), _("Start"), _("End"), _("Programme"), _("Number"), _("Name"), _("Kana"), _("People"), _("Telephone"),
            _("Names of everybody (insurance)"), _("Company"), _("Remarks"), _("State")]  # fmt: skip


def sheet_rows(sittings: Iterable[Sitting]) -> Iterator[list[object]]:
    """One row per party that comes, for a spreadsheet."""
    for sitting in sittings:
        slot = sitting.slot
        zone = slot.programme.edition.zone
        start, end = clock.local(slot.starts_at, zone), clock.local(slot.ends_at, zone)
        for one in sitting.coming:
            booking = one.booking
            yield [slot.day.isoformat(), f"{start:%H:%M}", f"{end:%H:%M}", str(slot.programme.title), booking.gate_number,
                   booking.name, booking.kana, one.party_size, booking.phone or "", one.guests or "", booking.company or "",
                   booking.note or "", status_word(one.status)]  # fmt: skip


def status_word(status: Status) -> str:
    """The state of a reservation in the reader's language."""
    words: dict[Status, str] = {
        Status.REQUESTED: _("Waiting for approval"),
        Status.WAITING: _("On the waiting list"),
        Status.OFFERED: _("Address to be confirmed"),
        Status.CONFIRMED: _("Confirmed"),
        Status.DECLINED: _("Declined"),
        Status.CANCELLED: _("Cancelled"),
        Status.EXPIRED: _("Expired"),
        Status.ATTENDED: _("Checked in"),
        Status.NO_SHOW: _("Did not come"),
    }
    return words[status]
