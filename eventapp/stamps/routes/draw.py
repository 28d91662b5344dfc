"""A prize draw as everybody may see it: the commitment before, the entries, the seed and the winners after, and how to check."""

from typing import Any

from flask import Blueprint, jsonify, make_response, render_template, send_file
from flask.typing import ResponseReturnValue

from eventapp import config, draws
from eventapp.draws import Draw
from eventapp.stamps import queries, raffle
from eventapp.stamps.models import Rally
from eventapp.stamps.routes import device, showing
from eventapp.stamps.routes.visitor import rally_for_reader
from eventapp.web import headers

bp = Blueprint("stamps_draw", __name__)


@bp.get("/<festival>/<edition>/stamps/draws/<code>")
def draw(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """What is public by now; and, to whoever holds a card in this browser, which entry is theirs."""
    rally = rally_for_reader(festival, edition)
    found = raffle.get_draw(rally, code)
    mine = _mine(rally, found)
    return headers.private(
        make_response(
            render_template(
                "stamps/draw.html", rally=rally, draw=found, mine=mine, place=showing.place_of(rally.edition)
            )
        )
    )


def _mine(rally: Rally, found: Draw) -> list[str]:
    cards = [queries.find_card(one.code, one.secret) for one in device.held(rally.edition)]
    roots = [queries.root_of(card) for card in cards if card is not None and card.rally_id == rally.id]
    return sorted({name for root in roots for name in raffle.entries_of(found, root)})


@bp.get("/<festival>/<edition>/stamps/draws/<code>.json")
def published(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """What the checking script reads."""
    data: dict[str, Any] = draws.published(raffle.get_draw(rally_for_reader(festival, edition), code))
    return jsonify(data)


@bp.get("/check_draw.py")
def checker() -> ResponseReturnValue:
    """The script that checks a draw with nothing but Python."""
    return send_file(
        config.ROOT / "tools" / "check_draw.py",
        mimetype="text/x-python",
        as_attachment=True,
        download_name="check_draw.py",
    )
