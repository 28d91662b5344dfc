"""The committee's own sheets in and out: /manage/<festival>/<edition>/exchange..."""

from flask import render_template
from flask.typing import ResponseReturnValue

from eventapp.factories.routes.organizer import bp
from eventapp.web import frames


@bp.get("/manage/<festival>/<edition>/exchange")
def exchange(festival: str, edition: str) -> ResponseReturnValue:
    """Where a list goes in, and where everything comes out again."""
    frames.committee(festival, edition)
    return render_template("factories/organizer/exchange.html")
