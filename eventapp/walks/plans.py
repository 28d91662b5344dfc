"""A visitor's stored day: kept, changed, planned again, booked in one step, shared.

Planning takes time and therefore happens outside a transaction: whatever changes the day gives a `Draft`, and
`adopt(plan, draft)` inside the route's transaction makes it the plan. A draft of a plan that was changed meanwhile is
refused, so that two open tabs never undo each other.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select

from eventapp import clock
from eventapp.db import NotThere, db
from eventapp.festivals.models import Edition
from eventapp.i18n import RuleError, lazy
from eventapp.tours import booking as booking_rules
from eventapp.tours import queries
from eventapp.tours.booking import Contact
from eventapp.tours.models import Booking, Slot
from eventapp.walks import exporting
from eventapp.walks.asking import PlanRequest, request_from_json
from eventapp.walks.keys import is_key, key_hash, new_key
from eventapp.walks.models import Plan
from eventapp.walks.proposal import Kind, Proposal, Stop, proposal_from_json
from eventapp.walks.standing import Standing, standing_of


class PlanRefused(RuleError):
    """The day cannot be changed like that."""


class SavedPlan(NamedTuple):
    """A new plan and the key with which it is changed; the key is nowhere stored."""

    plan: Plan
    key: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A changed day before it is kept. `changes` are plain data for `sentences.of_change`."""

    request: PlanRequest
    proposal: Proposal
    changes: tuple[dict[str, Any], ...]
    version: int
    removed: tuple[str, ...] = ()


# --- kept and found -------------------------------------------------------------------------------------------------


def save(edition: Edition, request: PlanRequest, proposal: Proposal) -> SavedPlan:
    """Keep a proposal as somebody's plan."""
    key, now = new_key(), clock.now()
    plan = Plan(
        edition_id=edition.id,
        edition=edition,
        key_hash=key_hash(key),
        request=request.as_json(),
        result=proposal.as_json(),
        locked=[],
        removed=[],
        visited=[],
        booked=[],
        content_version=proposal.content_version,
        created_at=now,
        changed_at=now,
    )
    db.session.add(plan)
    db.session.flush()  # the link needs its code
    return SavedPlan(plan, key)


def get(code: str) -> Plan:
    """A plan by the code in its link, for everybody who has the link; or NotThere. The route compares its edition."""
    plan = db.session.scalar(select(Plan).where(Plan.code == code))
    if plan is None:
        raise NotThere(code)
    return plan


def may_change(plan: Plan, key: str | None) -> bool:
    """Whether this device made the plan."""
    return is_key(key, plan.key_hash)


def request_of(plan: Plan) -> PlanRequest:
    """What was asked for."""
    return request_from_json(plan.request)


def proposal_of(plan: Plan) -> Proposal:
    """The day itself."""
    return proposal_from_json(plan.result)


def state_of(plan: Plan, folder: Path | None = None) -> Standing:
    """What became of it since."""
    request = request_of(plan)
    return standing_of(
        plan.edition, proposal_of(plan), party=request.party, booked=plan.booked, folder=folder
    )


# --- marks ----------------------------------------------------------------------------------------------------------


def lock(plan: Plan, key: str) -> None:
    """This stop stays, whatever is planned again."""
    get_stop(plan, key)
    plan.locked = [*dict.fromkeys([*plan.locked, key])]
    _touch(plan)


def unlock(plan: Plan, key: str) -> None:
    """This stop may go again."""
    plan.locked = [each for each in plan.locked if each != key]
    _touch(plan)


def mark_visited(plan: Plan, key: str, *, is_visited: bool = True) -> None:
    """One has been there."""
    get_stop(plan, key)
    others = [each for each in plan.visited if each != key]
    plan.visited = [*others, key] if is_visited else others
    _touch(plan)


def get_stop(plan: Plan, key: str) -> Stop:
    """A stop of the plan, or NotThere."""
    for stop in proposal_of(plan).stops:
        if stop.key == key:
            return stop
    raise NotThere(key)


def get_stop_ahead(plan: Plan, key: str) -> Stop:
    """A stop where one has not been yet. Raises PlanRefused for what is behind."""
    stop = get_stop(plan, key)
    if key in plan.visited:
        raise PlanRefused(
            lazy("You were at %(name)s already: it stays in your day as it was.", name=stop.name)
        )
    return stop


def _touch(plan: Plan) -> None:
    plan.version += 1
    plan.changed_at = clock.now()


def adopt(plan: Plan, draft: Draft) -> None:
    """Make the draft the plan. Raises PlanRefused where the plan was changed since the draft was made."""
    if plan.version != draft.version:
        raise PlanRefused(lazy("Your day was changed in another window meanwhile. Please look at it again."))
    plan.request, plan.result = draft.request.as_json(), draft.proposal.as_json()
    plan.content_version = draft.proposal.content_version
    plan.removed = [*dict.fromkeys([*plan.removed, *draft.removed])]
    keys = {stop.key for stop in draft.proposal.stops}
    plan.locked = [key for key in plan.locked if key in keys]
    _touch(plan)


def forget(plan: Plan) -> None:
    """The visitor throws the plan away."""
    db.session.delete(plan)


# --- booked in one step ---------------------------------------------------------------------------------------------


def slots_to_book(plan: Plan) -> list[Slot]:
    """The slots of the day that need a booking and have none from here yet, in order of time."""
    wanted = [
        stop.slot
        for stop in proposal_of(plan).stops
        if stop.slot and stop.needs_booking and stop.key not in plan.booked and stop.key not in plan.visited
    ]
    edition = plan.edition
    return queries.get_whole_slots(edition.festival.slug, edition.slug, wanted) if wanted else []


def book_day(plan: Plan, *, contact: Contact, request_key: str, overlaps_accepted: bool = False) -> Booking:
    """Book every slot of the day for the party, or none, in the caller's transaction.

    Raises tours.booking.SlotFull (`.code` is the slot's): then `replan(plan, folder, without=[f"slot:{code}"])` plans
    around it. Raises BookingError for everything else that is in the way.
    """
    slots = slots_to_book(plan)
    booking = booking_rules.book(
        slots,
        contact=contact,
        party_size=request_of(plan).party,
        request_key=request_key,
        overlaps_accepted=overlaps_accepted,
    )
    plan.booked = [*dict.fromkeys([*plan.booked, *(f"slot:{slot.code}" for slot in slots)])]
    _touch(plan)
    return booking


def as_kind(name: str) -> Kind:
    """The kind of a proposal by its name in a form; MOST for anything else."""
    return Kind(name) if name in set(Kind) else Kind.MOST


# --- taken along ----------------------------------------------------------------------------------------------------


def calendar_file(plan: Plan, url: str = "") -> bytes:
    """The day as a calendar file; `url` is the page of the plan."""
    return exporting.calendar_file(plan.edition, plan.code, proposal_of(plan), plan.changed_at, url)


def gpx(plan: Plan) -> str:
    """The day as GPX."""
    return exporting.gpx(str(plan.edition.name), proposal_of(plan), plan.changed_at)
