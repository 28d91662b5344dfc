"""Now, near here: what is open, has room and can be reached on foot in time. The QR at the station leads here."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from eventapp import clock
from eventapp.festivals.access import get_public_edition
from eventapp.i18n import Translated, _
from eventapp.walks import near as rules
from eventapp.walks.asking import MOST_PARTY, Spot
from eventapp.walks.forms import PROFILE_WORDS
from eventapp.walks.ground import read_ground
from eventapp.walks.routes import parts
from eventapp.walks.routes.visitor import bp
from eventapp.web import frames, reading
from eventapp.web.templating import asset

OLDEST_CHILD = 17


@bp.get("/<festival>/<edition>/near/")
@reading.public_page
def near(festival: str, edition: str) -> ResponseReturnValue:
    """From a place or factory (`at` is its code): sorted by when one could be inside. Without one, choose where you are."""
    of = frames.visitor(get_public_edition(festival, edition))
    ground = read_ground(of)
    spots = parts.spots_of(ground)
    at = request.args.get("at", "")
    spot, party, profile = (
        spots.get(at),
        _number("party", 1, MOST_PARTY) or 1,
        request.args.get("profile", "normal"),
    )
    profile = profile if profile in PROFILE_WORDS else "normal"
    youngest = _number("youngest", 0, OLDEST_CHILD)
    found = (
        rules.find_open(of, spot, parts.folder(), party=party, profile=profile, youngest=youngest)
        if spot
        else []
    )
    return render_template(
        "walks/near.html", found=found, spot=spot, at=at, party=party, profile=profile, choices=_choices(at, spots, parts.start_choices(ground)),
        is_unknown=bool(at) and spot is None, now=clock.now(), icons=asset("img/icons.svg"), place=parts.place_of(of), today=of.today(),
        most_party=MOST_PARTY, youngest=youngest, oldest_child=OLDEST_CHILD, factory_url=lambda slug: parts.factory_url(of, slug),
    )  # fmt: skip


def _number(name: str, least: int, most: int) -> int | None:
    """A whole number of the address within its bounds; None for none, and for what is none."""
    text = request.args.get(name, "").strip()
    return min(most, max(least, int(text))) if text.isdecimal() and len(text) < 4 else None


def _choices(at: str, spots: dict[str, Spot], choices: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Where one may be: the places, and the factory whose QR was scanned."""
    if at in spots and at not in dict(choices):
        return [(at, str(Translated(dict(spots[at].name))) or _("Here")), *choices]
    return choices
