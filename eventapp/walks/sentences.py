"""What the planner found out, as sentences for the reader, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from eventapp.i18n import LANGUAGES, Translated, _, language, lazy, ngettext
from eventapp.walks.explain import Why
from eventapp.walks.proposal import Leg, Unmet
from eventapp.walks.refusals import Refused
from eventapp.walks.standing import Fault

REFUSED = {
    Refused.GONE: lazy("It no longer takes place."),
    Refused.NO_POINT: lazy("Nobody has entered yet where it is, so no way leads there."),
    Refused.CLOSED: lazy("It is not open on the days you chose."),
    Refused.OVER: lazy("It is over for today."),
    Refused.FULL: lazy("There is not enough room left for your party."),
    Refused.BOOKING_CLOSED: lazy("Reservations for it are closed."),
    Refused.NO_SLOT: lazy("It does not take place on the days you chose."),
    Refused.TOO_YOUNG: lazy("The youngest of you is not old enough for it."),
    Refused.STEPS: lazy("It cannot be visited without climbing steps."),
    Refused.ONLINE: lazy("It takes place online: you can join from anywhere."),
    Refused.AVOIDED: lazy("You left it out yourself."),
    Refused.NO_ROOM: lazy("It did not fit in beside the rest."),
    Refused.PARTY: lazy(
        "Your party is larger than can be booked together. Book in two groups, or call the organizers."
    ),
}
MAY_FIT = frozenset(
    {
        Refused.AVOIDED,
        Refused.NO_ROOM,
        Why.FITS,
        Why.NEEDS_TIME,
        Why.CLOSED_BEFORE_ARRIVAL,
        Why.DAY_TOO_SHORT,
        Why.SAME_GROUP,
    }
)
"""Reasons with which a wish may still be put into a day at the cost of something else; the others are out of its hands."""
HEADINGS = (
    lazy("north"), lazy("northeast"), lazy("east"), lazy("southeast"),
    lazy("south"), lazy("southwest"), lazy("west"), lazy("northwest"),
)  # fmt: skip
STEPS = {
    "depart": lazy("Start to the %(heading)s"),
    "left": lazy("Turn left"),
    "right": lazy("Turn right"),
    "sharp_left": lazy("Turn sharp left"),
    "sharp_right": lazy("Turn sharp right"),
    "steps": lazy("Take the steps"),
    "escalator": lazy("Take the escalator"),
    "elevator": lazy("Take the lift"),
    "arrive": lazy("You are there"),
}


def of_unmet(unmet: Unmet) -> str:
    """Why a wish is not in the plan, and what would make it fit."""
    if unmet.why in set(Refused):
        return str(REFUSED[Refused(unmet.why)])
    why = Why(unmet.why)
    if why is Why.FITS:
        return str(_("It would fit; this proposal leaves it out to walk less."))
    if why is Why.UNREACHABLE:
        return str(_("No way leads there for your way of getting about."))
    if why is Why.NEVER_OPEN:
        return str(_("It is not open during your time."))
    if why is Why.SAME_GROUP:
        return str(_("You are there at another time of the day."))
    if why is Why.DAY_TOO_SHORT:
        return str(
            ngettext(
                "Your day would have to be %(num)d minute longer.",
                "Your day would have to be %(num)d minutes longer.",
                unmet.minutes,
            )
        )
    return " ".join(part for part in (_by_how_much(unmet, why), _instead(unmet)) if part)


def _by_how_much(unmet: Unmet, why: Why) -> str:
    if why is Why.CLOSED_BEFORE_ARRIVAL:
        return str(
            ngettext(
                "You would be there %(num)d minute too late.",
                "You would be there %(num)d minutes too late.",
                unmet.minutes,
            )
        )
    return str(ngettext("It needs %(num)d more minute.", "It needs %(num)d more minutes.", unmet.minutes))


def _instead(unmet: Unmet) -> str:
    if not unmet.instead_of:
        return ""
    names = ", ".join(str(name) for name in unmet.instead_of)
    return str(_("It would fit without: %(names)s.", names=names))


def of_leg(leg: Leg) -> str:
    """How far a leg is: "7 min, 520 m", "about" where it is estimated."""
    if leg.rides:
        return str(_("%(minutes)s min by %(line)s", minutes=leg.minutes, line=str(leg.rides[0].line)))
    if leg.status == "estimated":
        return str(
            _("about %(minutes)s min, some %(way)s (estimated)", minutes=leg.minutes, way=way_of(leg.metres))
        )
    return str(_("%(minutes)s min, %(way)s", minutes=leg.minutes, way=way_of(leg.metres)))


def way_of(metres: float) -> str:
    """As signposts say it: "520 m", "1.5 km"."""
    whole = round(metres / 10) * 10
    return f"{whole} m" if whole < 1000 else f"{metres / 1000:.1f} km"


def of_gaps(leg: Leg) -> str:
    """What the map does not know of the way; empty where it knows all, and for estimates."""
    if leg.status != "street" or leg.unknown_share < 0.05:
        return ""
    return str(
        _(
            "%(percent)s %% of this way has no data on steps and surface.",
            percent=round(leg.unknown_share * 100),
        )
    )


def of_step(step: Mapping[str, Any]) -> str:
    """One instruction."""
    kind = str(step["kind"])
    text = str(STEPS.get(kind, STEPS["depart"]))
    if kind == "depart" or kind not in STEPS:
        text = _("Start to the %(heading)s", heading=str(HEADINGS[round(float(step["heading"]) / 45) % 8]))
    corner = name_in(step.get("landmark") or {})
    if corner and kind != "depart":
        text = _("%(text)s at %(landmark)s", text=text, landmark=corner)
    metres = round(float(step["metres"]) / 10) * 10
    return _("After %(way)s: %(text)s", way=way_of(metres), text=text) if metres else text


def name_in(names: Mapping[str, str]) -> str:
    """A name of the map in the reader's language, else as it is written there."""
    for code in (language(), "name", *LANGUAGES, ""):
        if names.get(code):
            return names[code]
    return next((text for text in names.values() if text), "")


def of_change(change: Mapping[str, Any]) -> str:
    """What planning again changed: one stop; see plans.Change."""
    name = str(Translated(change["name"]))
    if change["what"] == "gone":
        return str(_("%(name)s is no longer in your day.", name=name))
    if change["what"] == "new":
        return str(_("%(name)s is new, at %(time)s.", name=name, time=change["after"]))
    return str(
        _(
            "%(name)s is now at %(after)s instead of %(before)s.",
            name=name,
            after=change["after"],
            before=change["before"],
        )
    )


FAULTS = {
    "gone": lazy("It no longer takes place."),
    "closed": lazy("It is no longer open then."),
    "full": lazy("It is full."),
    "moved": lazy("Its place or time has changed."),
    "late": lazy("The way takes longer now than the plan allows."),
    "over": lazy("The plan's day is no longer a day of this edition."),
}


def of_fault(fault: Fault | Mapping[str, Any]) -> str:
    """What no longer holds of a course or a plan, as found or as stored."""
    data = fault.as_json() if isinstance(fault, Fault) else fault
    text = str(FAULTS.get(str(data["why"]), FAULTS["gone"]))
    name = str(Translated(data["name"]))
    return f"{name}: {text}" if name else text
