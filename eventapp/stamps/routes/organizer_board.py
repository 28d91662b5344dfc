"""The committee's live board on the day, with what waits for somebody to look; posters that may have been passed around."""

from datetime import timedelta

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from eventapp import clock
from eventapp.db import NotThere, db
from eventapp.i18n import _
from eventapp.stamps import by_hand, leaks, pictures, posters, queries, stations
from eventapp.stamps.models import Card, Policy, Rally, Stamp, Status
from eventapp.stamps.routes.desk_words import held_because
from eventapp.stamps.routes.organizer import act, bp, enter, me

MINUTES = 60
MOST_HELD = 60


@bp.get("/manage/<festival>/<edition>/rally/board")
def board(festival: str, edition: str) -> ResponseReturnValue:
    """Stamps by the minute and by station, and the queue; it renews itself."""
    rally = enter(festival, edition)
    counts = queries.stamps_by_minute(rally, MINUTES)
    last_hour = queries.stamps_since(rally, clock.now() - timedelta(hours=1))
    today = queries.stamps_since(rally, clock.day_bounds(rally.edition.today(), rally.edition.zone)[0])
    found = queries.list_stations(rally, active_only=True)
    return render_template(
        "stamps/organizer/board.html", rally=rally, counts=counts, last_hour=last_hour, today=today, busiest=max(last_hour.values(), default=0),
        stations=sorted(found, key=lambda one: (-last_hour.get(one.code, 0), one.number)), held=_held(rally), all_held=queries.count_held(rally),
        why=held_because, now=clock.now(),
    )  # fmt: skip


def _held(rally: Rally) -> list[tuple[Stamp, str]]:
    """What waits, with the handle of its card."""
    found = queries.list_held(rally, limit=MOST_HELD)
    wanted = select(Card.id, Card.handle).where(Card.id.in_([one.card_id for one in found]))
    handles = {row.id: row.handle for row in db.session.execute(wanted)}
    return [(one, handles[one.card_id]) for one in found]


@bp.get("/manage/<festival>/<edition>/rally/minutes.svg")
def minutes(festival: str, edition: str) -> ResponseReturnValue:
    """The picture of the last hour."""
    rally = enter(festival, edition)
    return svg(pictures.draw_minutes(queries.stamps_by_minute(rally, MINUTES), rally.edition.zone))


def svg(drawn: str) -> Response:
    """A picture of ours; whatever it holds, nothing in it runs."""
    response = Response(drawn, mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response


@bp.post("/manage/<festival>/<edition>/rally/held/<handle>/<station>/<step>")
def decide(festival: str, edition: str, handle: str, station: str, step: str) -> ResponseReturnValue:
    """Somebody has looked: it counts, or it is taken back with a reason."""
    rally = enter(festival, edition)
    stamp = _get_stamp(rally, handle, station)
    if step == "accept":
        return act(lambda: by_hand.accept_held(stamp, by=me()), "board", _("It counts."))
    if step == "void":
        reason = request.form.get("reason", "")[:200]
        return act(lambda: by_hand.void(stamp, reason, by=me()), "board", _("It is taken back."))
    raise NotThere(step)


def _get_stamp(rally: Rally, handle: str, station: str) -> Stamp:
    place = queries.get_station(rally, station)
    asked = (
        select(Stamp)
        .join(Card, Card.id == Stamp.card_id)
        .where(Card.handle == handle, Stamp.station_id == place.id)
    )
    stamp = db.session.scalar(asked.where(Stamp.status != Status.VOID))
    if stamp is None:
        raise NotThere(handle)
    return stamp


# --- leaks ---------------------------------------------------------------------------------------------------------


@bp.get("/manage/<festival>/<edition>/rally/leaks", endpoint="leaks")
def leaks_page(festival: str, edition: str) -> ResponseReturnValue:
    """How suspicious each poster looks; a human decides."""
    rally = enter(festival, edition)
    found = leaks.list_leaks(rally)
    return render_template("stamps/organizer/leaks.html", rally=rally, leaks=[one for one in found if one.scans], name=posters.poster_name,
                           quiet=sum(1 for one in found if not one.scans), fewest=leaks.FEWEST)  # fmt: skip


@bp.post("/manage/<festival>/<edition>/rally/leaks/<int:pid>/<step>")
def answer_leak(festival: str, edition: str, pid: int, step: str) -> ResponseReturnValue:
    """Ask for a display, ask for staff, or revoke and print anew."""
    poster = queries.get_poster(enter(festival, edition), pid)
    if step in {Policy.ROTATING, Policy.STAFF}:
        said = _("From now on its poster alone is not enough there. Stamps that were given stay.")
        return act(lambda: stations.set_policy(poster.station, Policy(step), by=me()), "leaks", said)
    if step == "replace":
        said = _("The old one gives no stamps any more. Print the new one and hang it up.")
        return act(
            lambda: stations.replace_poster(poster, by=me()), "papers", said, station=poster.station.code
        )
    raise NotThere(step)
