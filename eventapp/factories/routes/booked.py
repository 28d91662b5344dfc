"""Who is booked with a factory: asked before it leaves the pages, so that nobody stands before a closed door."""

from collections.abc import Sequence

from sqlalchemy import func, select

from eventapp import clock
from eventapp.db import db
from eventapp.factories.entries import EntryError
from eventapp.factories.models import Entry, EntryState
from eventapp.i18n import lazy, ngettext
from eventapp.tours.models import Programme, ProgrammeState, ProgrammeStop, Slot, SlotState


def count_booked(entries: Sequence[Entry]) -> dict[int, int]:
    """People with a place in a slot to come, by entry id, in one statement."""
    people = (
        select(Programme.entry_id, func.sum(Slot.seats_taken))
        .join(Slot, Slot.programme_id == Programme.id)
        .where(
            Programme.entry_id.in_([entry.id for entry in entries]),
            Slot.state != SlotState.CANCELLED,
            Slot.ends_at > clock.now(),
        )
        .group_by(Programme.entry_id)
    )
    return {
        entry_id: int(seats)
        for entry_id, seats in db.session.execute(people)
        if entry_id is not None and seats
    }


def _check_no_stop(leaving: Sequence[Entry]) -> None:
    """A tour that stops at a factory would stand before its door: the stop goes first. Raises EntryError."""
    stop = db.session.scalar(
        select(ProgrammeStop).join(ProgrammeStop.programme)
        .where(ProgrammeStop.entry_id.in_([entry.id for entry in leaving]), Programme.state != ProgrammeState.WITHDRAWN)
        .order_by(ProgrammeStop.id).limit(1)
    )  # fmt: skip
    if stop is not None:
        raise EntryError(
            lazy("“%(tour)s” stops at %(factory)s. The stop must be taken out of that tour first.",
                 tour=stop.programme.title, factory=stop.entry.factory.name)
        )  # fmt: skip


def check_nobody_booked(entries: Sequence[Entry], target: EntryState) -> None:
    """An entry with bookings, or one that a tour stops at, stays accepted until that is settled. Raises EntryError."""
    if target == EntryState.ACCEPTED:
        return
    leaving = [entry for entry in entries if entry.state == EntryState.ACCEPTED]
    _check_no_stop(leaving)
    booked = count_booked(leaving) if leaving else {}
    for entry in leaving:
        if entry.id in booked:
            raise EntryError(
                ngettext("%(num)d person is booked with %(factory)s. Call the slots off first, so that everybody is told.",
                         "%(num)d people are booked with %(factory)s. Call the slots off first, so that everybody is told.",
                         booked[entry.id], factory=entry.factory.name)
            )  # fmt: skip
