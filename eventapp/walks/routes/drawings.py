"""Maps as drawings, for browsers without scripts: the same numbers as in the list beside them, and nothing to run."""

from flask import Response, request
from flask.typing import ResponseReturnValue

from eventapp.festivals.access import get_public_edition
from eventapp.festivals.models import Edition
from eventapp.i18n import _
from eventapp.tours import wishes
from eventapp.walks import courses, plans, printing
from eventapp.walks.earth import Point
from eventapp.walks.proposal import Proposal
from eventapp.walks.routes import parts
from eventapp.walks.routes.plan import get_plan
from eventapp.walks.routes.visitor import bp
from eventapp.web import frames, headers, reading

SVG = "image/svg+xml; charset=utf-8"


@bp.get("/<festival>/<edition>/map/drawing.svg")
@reading.public_page
def map_drawing(festival: str, edition: str) -> ResponseReturnValue:
    """The factories and venues that fit the wish of the address, numbered as on the map's page."""
    of = reading.edition_for_reader(festival, edition)
    found = wishes.find(of, wishes.read_wish(request.args, of))
    places = [
        (host.name, Point(host.lat, host.lon), host.about)
        for host in found.hosts
        if host.lat is not None and host.lon is not None
    ]
    return Response(printing.drawing_svg(of, places, title=_("Map")), content_type=SVG)


@bp.get("/<festival>/<edition>/day/<code>/drawing.svg")
def plan_drawing(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """A visitor's day."""
    found = get_plan(festival, edition, code)
    return headers.private(draw(found.edition, plans.proposal_of(found)))


@bp.get("/<festival>/<edition>/courses/<code>/drawing.svg")
def course_drawing(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """A model course."""
    of = frames.visitor(get_public_edition(festival, edition))
    shown = courses.get_published(of, parts.check_code(code))
    return draw(of, courses.proposal_of(shown))


def draw(of: Edition, proposal: Proposal) -> Response:
    """A way with its stops."""
    places = list(printing.places_on(proposal))
    drawing = printing.drawing_svg(of, places, title=_("Map"), proposal=proposal)
    return Response(drawing, content_type=SVG)
