"""Why something cannot be had at all: closed on these days, full, too young, up steps."""

from enum import StrEnum

from eventapp import clock
from eventapp.factories.models import Degree
from eventapp.i18n import Translated
from eventapp.tours.models import EntryMode, SlotState
from eventapp.walks.asking import PlanRequest
from eventapp.walks.ground import Ground, Host, Offering, Start
from eventapp.walks.options import Calendar, Hold
from eventapp.walks.proposal import Unmet


class Refused(StrEnum):
    """Why a wish cannot be had at all; explain.Why has the reasons of those that only do not fit."""

    GONE = "gone"
    NO_POINT = "no_point"
    CLOSED = "closed"
    OVER = "over"
    FULL = "full"
    PARTY = "party"
    BOOKING_CLOSED = "booking_closed"
    NO_SLOT = "no_slot"
    TOO_YOUNG = "too_young"
    STEPS = "steps"
    ONLINE = "online"
    AVOIDED = "avoided"
    NO_ROOM = "no_room"


class Refusals:
    """The reasons of one edition for one request; `most` is the largest party that can be booked."""

    def __init__(
        self, ground: Ground, request: PlanRequest, calendar: Calendar, most: int, hold: Hold
    ) -> None:
        self.ground, self.request, self.calendar, self.most, self.hold = ground, request, calendar, most, hold
        self.now = calendar.units_of(clock.now())
        self.programmes: dict[str, list[Offering]] = {}
        for offering in ground.offerings.values():
            if offering.host:
                self.programmes.setdefault(offering.host, []).append(offering)
        self.starts: dict[str, list[Start]] = {}
        for start in ground.starts:
            if start.day in calendar.dates:
                self.starts.setdefault(start.offering.code, []).append(start)

    def why_not_host(self, host: Host) -> Refused | None:
        """Why nobody of this party may walk in."""
        return Refused.TOO_YOUNG if self.is_too_young(host.min_age) else self.why_not_ways(host)

    def is_too_young(self, min_age: int | None) -> bool:
        """Whether the youngest of the party is."""
        return self.request.youngest is not None and bool(min_age) and self.request.youngest < (min_age or 0)

    def why_not_ways(self, host: Host) -> Refused | None:
        """What keeps wheels out."""
        if self.request.profile == "wheelchair" and host.step_free is Degree.NO:
            return Refused.STEPS
        return Refused.STEPS if self.request.profile == "stroller" and host.stroller is Degree.NO else None

    def why_not_start(self, start: Start) -> Refused | None:
        """Why this slot cannot be had; what is booked already always can."""
        if f"slot:{start.code}" in self.hold.booked:
            return None
        offering = start.offering
        host = self.ground.hosts.get(offering.host or "")
        if self.is_too_young(
            offering.min_age
        ):  # the programme's own age goes before the factory's general one
            return Refused.TOO_YOUNG
        if host and (why := self.why_not_ways(host)):
            return why
        if start.state is SlotState.CANCELLED:
            return Refused.GONE
        if self.calendar.units_of(start.starts_at) < self.now:
            return Refused.OVER
        if f"slot:{start.code}" in self.hold.without:
            return Refused.FULL
        return self.why_not_booked(start)

    def why_not_booked(self, start: Start) -> Refused | None:
        """Why it cannot be booked any more."""
        if start.left is None:
            return Refused.BOOKING_CLOSED if start.state is SlotState.CLOSED else None
        if self.request.party > self.most:
            return Refused.PARTY
        if start.state is SlotState.CLOSED or start.closes_at <= clock.now():
            return Refused.BOOKING_CLOSED
        return Refused.FULL if start.left < self.request.party else None

    def refusal(self, wish: str) -> Unmet:
        """The reason for a wish without any option."""
        kind, _, code = wish.partition(":")
        name, why = Translated(), Refused.GONE
        if kind == "factory" and (host := self.ground.hosts.get(code)):
            name, why = host.name, self.why_not_factory(host)
        elif kind == "programme" and (offering := self.ground.offerings.get(code)):
            name, why = offering.title, self.why_not_offering(offering)
        elif kind == "slot" and (
            start := next((one for one in self.ground.starts if one.code == code), None)
        ):
            name = start.offering.title
            why = (
                Refused.CLOSED
                if start.day not in self.calendar.dates
                else self.why_not_start(start) or Refused.NO_POINT
            )
        detail = str(self.most) if why is Refused.PARTY else ""
        return Unmet(wish, name, why.value, wish in self.request.must, detail=detail)

    def why_not_factory(self, host: Host) -> Refused:
        """Of several reasons the one that says most."""
        if f"factory:{host.code}" in self.request.avoid:
            return Refused.AVOIDED
        if why := self.why_not_host(host):
            return why
        if host.entrance is None and host.booth is None:
            return Refused.NO_POINT
        today = [one for one in host.hours if one.date in self.calendar.dates]
        if today:
            return Refused.OVER if self.now > 0 else Refused.CLOSED
        tours = [
            start for one in self.programmes.get(host.code, []) for start in self.starts.get(one.code, [])
        ]
        return next((why for start in tours if (why := self.why_not_start(start))), Refused.CLOSED)

    def why_not_offering(self, offering: Offering) -> Refused:
        """The reason that holds for most of its slots."""
        if f"programme:{offering.code}" in self.request.avoid:
            return Refused.AVOIDED
        if offering.point is None:
            host = self.ground.hosts.get(offering.host or "")
            return Refused.NO_POINT if host and host.entrance is None else Refused.ONLINE
        if offering.mode is EntryMode.OPEN and (host := self.ground.hosts.get(offering.host or "")):
            return self.why_not_factory(host)
        reasons = [why for one in self.starts.get(offering.code, []) if (why := self.why_not_start(one))]
        return max(set(reasons), key=reasons.count) if reasons else Refused.NO_SLOT
