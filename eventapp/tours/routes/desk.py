"""One desk, two addresses: the pages on programmes, slots and bookings serve a factory and the committee alike.

A page registered with `page` stands under /factory/<code>/... for the factory's members and under
/manage/<festival>/<edition>/... for the committee. It receives a `Desk`, which finds only what its person may have and
makes addresses that stay at the same desk.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from eventapp import text
from eventapp.db import NotThere
from eventapp.factories.models import Entry
from eventapp.festivals.models import Edition, EditionState, Role
from eventapp.people.models import Person
from eventapp.tours import desk_access
from eventapp.tours.desk_access import Reach
from eventapp.tours.models import Programme, Reservation, Slot
from eventapp.web import frames
from eventapp.web.signin import require_person

factory = Blueprint("tours_factory", __name__, url_prefix="/factory/<code>")
organizer = Blueprint("tours_organizer", __name__, url_prefix="/manage/<festival>/<edition>")

HIGHEST_PAGE = 10**9


@dataclass(frozen=True)
class Desk:
    """Where its person sits. `entry` is the factory's part in the edition; None at the committee's desk."""

    blueprint: str
    address: Mapping[str, str]
    frame: str  # the template around its pages
    person: Person
    edition: Edition
    entry: Entry | None
    sees_names: bool

    @property
    def reach(self) -> Reach:
        """Whose visitors are looked after here."""
        return Reach(self.edition.id, self.entry.id if self.entry is not None else None)

    def url(self, endpoint: str, /, **values: Any) -> str:
        """The address of another page at this desk."""
        return url_for(f"{self.blueprint}.{endpoint}", **{**self.address, **values})

    def has(self, programme: Programme) -> bool:
        """Whether a programme is this desk's: the factory's own, or any of the committee's edition."""
        if programme.edition_id != self.edition.id:
            return False
        return self.entry is None or programme.entry_id == self.entry.id

    def may_edit(self, programme: Programme) -> bool:
        """Whether this person changes it here; a factory only looks at a tour that stops there."""
        return self.sees_names and self.has(programme)

    def get_programme(self, code: str) -> Programme:
        """A programme to change."""
        found = desk_access.get_programme_to_edit(code, self.person)
        if not self.has(found):
            raise NotThere(code)
        return found

    def get_slot(self, code: str) -> Slot:
        """A slot to change."""
        found = desk_access.get_slot_to_edit(code, self.person)
        if not self.has(found.programme):
            raise NotThere(code)
        return found

    def see_slot(self, code: str) -> Slot:
        """A slot to look at, with those who come."""
        found = desk_access.get_slot_to_see(code, self.person)
        self._check_seen(found.programme, code)
        return found

    def get_reservation(self, code: str) -> Reservation:
        """A reservation to change on the visitor's behalf."""
        found = desk_access.get_reservation_to_edit(code, self.person)
        if not self.has(found.slot.programme):
            raise NotThere(code)
        return found

    def see_reservation(self, code: str) -> Reservation:
        """A reservation to look at."""
        found = desk_access.get_reservation_to_see(code, self.person)
        self._check_seen(found.slot.programme, code)
        return found

    def _check_seen(self, programme: Programme, code: str) -> None:
        stops_here = self.entry is not None and any(
            stop.entry_id == self.entry.id for stop in programme.stops
        )
        if not self.has(programme) and not (stops_here and programme.edition_id == self.edition.id):
            raise NotThere(code)


View = Callable[..., ResponseReturnValue]


def page(
    rule: str, *, methods: tuple[str, ...] = ("GET",), role: Role = Role.STAFF
) -> Callable[[View], View]:
    """Register a view at both desks. `role` is what the committee's desk asks for."""

    def register(view: View) -> View:
        @wraps(view)
        def at_factory(code: str, **values: Any) -> ResponseReturnValue:
            desk = factory_desk(code)
            return view(desk, **values) if desk is not None else render_template("tours/desk/outside.html")

        @wraps(view)
        def at_committee(festival: str, edition: str, **values: Any) -> ResponseReturnValue:
            return view(committee_desk(festival, edition, role=role), **values)

        factory.add_url_rule(rule, view.__name__, at_factory, methods=list(methods))
        organizer.add_url_rule(rule, view.__name__, at_committee, methods=list(methods))
        return view

    return register


def factory_desk(code: str) -> Desk | None:
    """The desk of a factory; None while it takes part in no edition.

    It works on the edition that is running, else on the newest; `?edition=` chooses another one.
    """
    workshop = frames.workshop(code)
    wanted = request.args.get("edition", "")
    entries = {entry.edition.slug: entry for entry in workshop.entries}
    running = next((entry for entry in entries.values() if entry.edition.state == EditionState.RUNNING), None)
    entry = entries.get(wanted) or running or g.entry
    if entry is None:
        return None
    g.entry, g.edition = entry, entry.edition
    address = {"code": code, "edition": wanted} if wanted in entries else {"code": code}
    return Desk(
        "tours_factory", address, "factory.html", require_person(), entry.edition, entry, sees_names=True
    )


def committee_desk(festival: str, edition: str, *, role: Role = Role.STAFF) -> Desk:
    """The committee's desk over one edition, for organizers with at least this role."""
    place = frames.committee(festival, edition, role=role)
    address = {"festival": festival, "edition": edition}
    return Desk(
        "tours_organizer",
        address,
        "organizer.html",
        place.person,
        g.edition,
        None,
        sees_names=place.role != Role.READER,
    )


def page_number() -> int:
    """The page asked for; what is no number, or beyond all pages, is the nearest one that is."""
    typed = request.args.get("page", "1").strip()
    try:
        return text.parse_int(typed, 1, HIGHEST_PAGE)
    except ValueError:
        return HIGHEST_PAGE if typed.isdecimal() and typed.strip("0") else 1
