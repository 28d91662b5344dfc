"""What staff and committee are told: why a stamp is held, what became of a card they stamped, what a flag means."""

from typing import Any

from eventapp.i18n import _, lazy, ngettext
from eventapp.stamps.flags import Flags
from eventapp.stamps.models import Verdict
from eventapp.stamps.routes.sentences import both

_HELD = {
    "policy": lazy("The poster alone, where display or staff are asked for"),
    "closed": lazy("Outside the opening hours"),
    "not_open": lazy("Before or after the rally"),
    "inactive": lazy("The station does not take part"),
    "revoked_meanwhile": lazy("The poster was revoked about then"),
    "many_on_step": lazy("Many cards on one picture of the display"),
    "stale_step": lazy("A display's code from another time"),
    "restored": lazy("Given back by the phone after a restore"),
    "old_code": lazy("Staff were shown a code that was more than a minute old"),
}
_REFUSED = {
    "bad_card": lazy(
        "This is not a card of this rally. Scan the code on the visitor's page “Show at the prize desk”, or a paper card."
    ),
    "not_here": lazy("This phone may not stamp for that station."),
    "day_over": lazy("This phone's day had ended: this was not entered. Please tell the organizers."),
    "voided": lazy("The organizers have taken this stamp back."),
    "deleted": lazy("The visitor has deleted this card."),
}


def held_because(reason: str) -> str:
    """Why a stamp waits for somebody to look."""
    return str(_HELD.get(reason) or _("Being checked"))


def of_staff(verdict: Verdict, reason: str) -> str:
    """What became of a card that staff stamped, in one sentence."""
    if verdict == Verdict.REJECTED:
        return str(_REFUSED.get(reason) or _("This did not become a stamp."))
    if verdict == Verdict.DUPLICATE:
        return str(_("This card has the stamp already."))
    if verdict == Verdict.HELD:
        return str(
            _(
                "Noted, but being checked: the code was more than a minute old. Let the visitor open the page once more, and scan it again."
            )
        )
    return str(_("Stamped."))


def of_flags(flags: Flags) -> list[str]:
    """Soft signals of a card as sentences. Each is something to look at with one's own eyes; none refuses anything."""
    told = [
        (flags.held, ngettext("%(num)d stamp is still being checked.", "%(num)d stamps are still being checked.", flags.held)),
        (flags.void, ngettext("%(num)d stamp was taken back.", "%(num)d stamps were taken back.", flags.void)),
        (flags.twins, ngettext("%(num)d other card was at the same stations in the same minutes: a family, or one person twice?",
                               "%(num)d other cards were at the same stations in the same minutes: a family, or one person several times?", flags.twins)),
        (flags.too_fast, _("Two of its stations are too far apart for the time between them.")),
        (flags.far, ngettext("At %(num)d scan the phone thought it was somewhere else.", "At %(num)d scans the phone thought it was somewhere else.", flags.far)),
        (flags.odd_merge, _("Cards were joined that nobody can have carried at the same time.")),
    ]  # fmt: skip
    return [sentence for count, sentence in told if count]


def of_desk_script() -> dict[str, Any]:
    """The words of desk.js. Braces are filled in on the phone, plurals chosen there."""
    return {
        "kept": _("Kept on this phone; sent as soon as there is a signal."),
        "fleeting": _("This phone has no room: leave the page open until it is sent."),
        "waiting": both(
            ngettext(
                "{count} waits for a signal. It is safe on this phone.",
                "{count} wait for a signal. They are safe on this phone.",
                number,
            )
            for number in (1, 2)
        ),
        "notes": both(
            ngettext("{count} entry needs a look", "{count} entries need a look", number) for number in (1, 2)
        ),
        "card": _("Visitor's card"),
        "paper": _("Paper card {serial}"),
        "none": _("Everything is sent."),
        "notCard": _("This is a poster's code. Scan the code that the visitor shows, or a paper card."),
        "notOurs": _("This certificate was not made by this rally."),
        "noPrize": _("None of this prize was taken along."),
        "empty": _("None left of what was taken along."),
        "twice": _("This phone has handed it over already."),
        "handed": _("Hand over: {prize}. Noted."),
        "left": _("{count} left"),
        "unsafe": _("This browser cannot check certificates here. Use a page that begins with https."),
    }
