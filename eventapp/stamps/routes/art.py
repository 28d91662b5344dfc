"""Pictures of the rally: stamps, the picture that grows, prizes. What each looks like is part of its address, so phones keep them."""

from flask import Response, request
from flask.typing import ResponseReturnValue

from eventapp.db import NotThere
from eventapp.stamps import overlay, queries, wrapping
from eventapp.stamps.routes import showing, uploading
from eventapp.stamps.routes.visitor import bp, rally_for_reader


@bp.get("/<festival>/<edition>/stamps/art/<code>.svg")
def art(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """The stamp of a station; what it looks like is part of its address."""
    return _svg(showing.art_svg(queries.get_station(rally_for_reader(festival, edition), code)))


@bp.get("/<festival>/<edition>/stamps/picture")
def picture(festival: str, edition: str) -> ResponseReturnValue:
    """The whole picture that grows; the page lays paper over what is still missing."""
    rally = rally_for_reader(festival, edition)
    crafts = showing.crafts_in_picture(rally, queries.list_stations(rally, active_only=True))
    if not crafts:
        raise NotThere(edition)
    own = uploading.picture(rally.overlay, 960)
    return _kept(own) if own else _svg(overlay.draw_quilt(crafts, f"{festival}/{edition}"))


@bp.get("/<festival>/<edition>/stamps/prizes/<code>")
def prize_picture(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """What a prize looks like: the committee's picture, or a bundle drawn by us."""
    prize = queries.get_prize(rally_for_reader(festival, edition), code)
    own = uploading.picture(prize.picture, 320)
    return _kept(own) if own else _svg(wrapping.draw_prize(prize.code))


def _kept(response: Response) -> Response:
    """With how long it may be kept: for good where the address changes with the picture."""
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if "v" in request.args else "public, max-age=300"
    )
    return response


def _svg(drawn: str) -> Response:
    response = Response(drawn, mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; img-src data:; sandbox"
    return _kept(response)
