"""Figures of a rally that may be shown to anybody: no cell from one to four."""

from flask import Response, g, render_template
from flask.typing import ResponseReturnValue

from eventapp import sheets
from eventapp.festivals.access import MAY_RUN
from eventapp.festivals.models import Role
from eventapp.stamps import pictures, queries, statistics
from eventapp.stamps.routes.organizer import bp, enter
from eventapp.stamps.routes.organizer_board import svg

MOST_FLOWS = 40


@bp.get("/manage/<festival>/<edition>/rally/figures")
def figures(festival: str, edition: str) -> ResponseReturnValue:
    """For the committee, the town hall and sponsors."""
    rally = enter(festival, edition, role=Role.READER)
    found = statistics.figures(rally)
    known = {one.code: one for one in queries.list_stations(rally)}
    return render_template(
        "stamps/organizer/figures.html", rally=rally, figures=found, stations=known, prizes={one.code: one.name for one in rally.prizes},
        flows=[one for one in found.flows if one.start in known and one.end in known][:MOST_FLOWS], most=max(found.by_station.values(), default=0),
        may_run=g.organizer.role in MAY_RUN,
    )  # fmt: skip


@bp.get("/manage/<festival>/<edition>/rally/flows.svg")
def flows(festival: str, edition: str) -> ResponseReturnValue:
    """Who goes where next, as a picture."""
    rally = enter(festival, edition, role=Role.READER)
    numbers = {one.code: one.number for one in queries.list_stations(rally)}
    return svg(pictures.draw_flows(statistics.figures(rally).flows, numbers))


@bp.get("/manage/<festival>/<edition>/rally/figures.csv")
def figures_csv(festival: str, edition: str) -> ResponseReturnValue:
    """The same figures as a table for spreadsheets."""
    rally = enter(festival, edition, role=Role.READER)
    names = {one.code: f"{one.number} {one.title}" for one in queries.list_stations(rally)}
    names |= {one.code: str(one.name) for one in rally.prizes}
    rows = [[table, _named(cell, names), number] for table, cell, number in statistics.figures(rally).rows()]
    content = sheets.write_csv(["table", "cell", "number"], rows)
    filename = f"{festival}-{edition}-rally.csv"
    return Response(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def _named(cell: str, names: dict[str, str]) -> str:
    return " > ".join(names.get(part, part) for part in cell.split(">"))
