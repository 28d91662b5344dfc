"""What a visitor is told about a scan, and the words that the scripts of the pages need."""

from collections.abc import Iterable
from typing import Any

from eventapp.i18n import _, lazy, ngettext
from eventapp.stamps.models import Verdict

_REFUSED = {
    "bad_token": lazy(
        "This code is not one of the rally's posters. Please scan the poster again, or ask the staff."
    ),
    "bad_code": lazy("There is no such code. Please look at the poster once more."),
    "other_event": lazy("This poster belongs to another festival. Its stamp does not count here."),
    "revoked": lazy("This poster is out of use. Please ask the staff for the new one."),
    "future_step": lazy("This code does not fit the time. Please scan the display again, or ask the staff."),
    "voided": lazy("The organizers have taken this stamp back. Please ask the staff."),
}
_HELD = {
    "policy": lazy(
        "Being checked: this station asks for its display or its staff too. It counts for your collection already."
    ),
    "closed": lazy(
        "Being checked: the station was closed at that time. It counts for your collection already."
    ),
    "not_open": lazy(
        "Being checked: the rally was not open at that time. It counts for your collection already."
    ),
}


def sentence(verdict: Verdict, reason: str) -> str:
    """One plain sentence about a scan; empty for a stamp about which nothing needs to be said."""
    if verdict == Verdict.REJECTED:
        return str(_REFUSED.get(reason) or _("This scan did not become a stamp. Please ask the staff."))
    if verdict == Verdict.HELD:
        return str(_HELD.get(reason) or _("Being checked. It counts for your collection already."))
    if verdict == Verdict.DUPLICATE:
        return str(_("You have this stamp already."))
    return ""


def too_fast(seconds: int) -> str:
    """For a form, which cannot wait by itself as the scripts do."""
    told = ngettext(
        "Many stamps in a short time: please scan this poster once more in %(count)s second.",
        "Many stamps in a short time: please scan this poster once more in %(count)s seconds.",
        seconds,
        count=seconds,
    )
    return str(told)


def of_page() -> dict[str, Any]:
    """The words of stamps.js. Braces are filled in on the phone."""
    return {
        "kinds": {
            "new": _("A new stamp!"),
            "again": _("You have this stamp already"),
            "held": _("Stamp being checked"),
            "kept": _("Kept on your phone. As soon as there is a signal, it is checked and entered."),
            "refused": _("No stamp this time"),
        },
        "line": _("{day} {time} · No. {number}"),
        "cards": _("{count} cards"),
        "fleeting": _(
            "A new stamp! Your phone has no room to keep it: leave this page open until it is sent."
        ),
        "waiting": _("waits to be sent"),
        "held": _("being checked"),
        "void": _("taken back"),
        "wait": both(
            ngettext(
                "{count} stamp waits to be sent. It is safe on this phone and is sent by itself.",
                "{count} stamps wait to be sent. They are safe on this phone and are sent by themselves.",
                number,
            )
            for number in (1, 2)
        ),
        "away": _("about {metres} m"),
        "until": _("open until {time}"),
        "more": _("{count} more"),
        "of": _("{count} of {total} stamps"),
        "onward": _("{count} more to {prize}"),
        "reached": _("That is enough for {prize}!"),
        "nameless": _("Card {number}"),
        "count": both(ngettext("{count} stamp", "{count} stamps", number) for number in (1, 2)),
        "label": _("Name of this card, for you alone"),
        "prize": {
            "reached": _("reached"),
            "earned": _("Yours: fetch it at the desk"),
            "claimed": _("handed over"),
        },
    }


def both(forms: Iterable[str]) -> dict[str, str]:
    """Singular and plural, for whoever counts on the phone."""
    return dict(zip(("one", "other"), forms, strict=True))


def of_scanner() -> dict[str, str]:
    """The words of scanner.js."""
    return {
        "opening": _("Opening the camera…"),
        "look": _("Hold the code of the poster into the frame."),
        "next": _("Ready for the next poster."),
        "foreign": _("This is not a code of the stamp rally. Its address was not opened."),
        "denied": _(
            "The camera is not allowed here. Use one of the ways below, or allow it in the settings of your browser."
        ),
        "absent": _("No camera was found. Use one of the ways below."),
        "stuck": _("The camera does not start. Use one of the ways below."),
        "broken": _("The scanner cannot run in this browser. Use one of the ways below."),
        "dark": _("It is very dark. Is something over the lens?"),
        "darkTorch": _("It is very dark. Switch the light on."),
        "reading": _("Reading the picture…"),
        "nothing": _(
            "No code was found. Go a little closer and take the picture again, or type the short code."
        ),
    }
