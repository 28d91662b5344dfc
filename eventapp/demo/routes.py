"""The demo's own pages: who one is, which stage it is, the phone, the mail, the rush. Registered in the demo only.

What changes something, and the mail with its private links, is answered to this very machine alone.
"""

import re
from typing import Any, NamedTuple

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select

from eventapp import links, postman
from eventapp.db import NotThere, db, transaction
from eventapp.demo import persons, rallying, rush, stages
from eventapp.demo.rush import RushError
from eventapp.demo.stages import Stage
from eventapp.factories.models import Member
from eventapp.festivals.models import Edition
from eventapp.forms import ActionForm
from eventapp.i18n import RuleError, _, lazy
from eventapp.outbox import Mail
from eventapp.people import accounts
from eventapp.people.models import Person
from eventapp.stamps import queries
from eventapp.web import cache, headers, signin
from eventapp.web.nearby import is_from_here
from eventapp.web.redirects import own_path

bp = Blueprint("demo", __name__, url_prefix="/demo")
blueprints = [bp]
MOST_MAILS = 60
SCANNED = "demo_scanned"  # short codes of posters that this browser has pretended to scan
SCANS = (
    ("next", lazy("Scan the next poster")),
    ("copied", lazy("Scan a copied poster")),
    ("silent", lazy("Scan without a signal")),
)


@bp.app_context_processor
def _for_the_bar() -> dict[str, Any]:
    """What the bar offers; the same for everyone, so that pages with it can be cached."""
    return {"demo_parts": persons.PARTS, "demo_stages": stages.STAGES, "demo_scans": SCANS}


@bp.before_request
def _only_from_here() -> None:
    if request.method == "POST" and not is_from_here():
        abort(403)


def _edition() -> Edition:
    """The demo's edition of this year."""
    edition = stages.find_edition()
    if edition is None:
        raise NotThere("demo")
    return edition


def _checked() -> None:
    """Every button carries the token of its page."""
    form = ActionForm()
    if not form.validate():
        abort(400)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Everything the bar can do, with forms, for browsers without scripts; and what to try first."""
    edition = _edition()
    return render_template(
        "demo/index.html", of=edition, stage=stages.current(edition), part=_current_part(), race=rush.find(), here=is_from_here(),
        password=persons.PASSWORD, back=own_path(request.args.get("back"), ""),
    )  # fmt: skip


@bp.get("/state")
def state() -> ResponseReturnValue:
    """For the bar of a cached page: the token of this browser, who it is, and the stage."""
    return jsonify(
        token=generate_csrf(), person=_current_part(), stage=stages.current(_edition()), here=is_from_here()
    )


def _current_part() -> str:
    """Whose place this browser has; a visitor's where nobody is signed in."""
    person = signin.current_person()
    email = person.email if person is not None else ""
    return next(
        (part.key for part in persons.PARTS if part.email == email), persons.VISITOR if person is None else ""
    )


# --- who ---------------------------------------------------------------------------------------------------------------


@bp.post("/person")
def person() -> ResponseReturnValue:
    """Be somebody else: the browser's sign-in ends, and another begins where that person works."""
    _checked()
    wanted = request.form.get("person", "")
    part = next((one for one in persons.PARTS if one.key == wanted), None)
    if part is None and wanted != persons.VISITOR:
        abort(400)
    with transaction():
        if (old := signin.current_sign_in()) is not None:
            accounts.end_sign_in(old)
        found = accounts.find_person(part.email) if part else None
        key = accounts.start_sign_in(found, _("Demo bar")) if found is not None and found.is_demo else None
    if key is None:
        signin.sign_out()
    else:
        signin.sign_in(key)
    return redirect(_desk(part.key if part and key else persons.VISITOR, found), 303)


def _desk(part: str, who: Person | None) -> str:
    """Where this person looks first."""
    edition = _edition()
    place: dict[str, Any] = {"festival": edition.festival.slug, "edition": edition.slug}
    if part in {"committee", "townhall"}:
        return url_for("festivals_organizer.edition", **place)
    if part in {"factory", "gate"} and who is not None:
        member = db.session.scalars(select(Member).where(Member.person_id == who.id)).one()
        return url_for(
            "tours_factory.today" if part == "gate" else "tours_factory.programmes", code=member.factory.code
        )
    return url_for("festivals.home", **place) if edition.is_public else url_for("festivals.index")


# --- when --------------------------------------------------------------------------------------------------------------


@bp.post("/stage")
def stage() -> ResponseReturnValue:
    """Go on, or back, to another stage of the year."""
    _checked()
    try:
        wanted = Stage(request.form.get("stage", ""))
    except ValueError:
        abort(400)
    with transaction():
        stages.go_to(_edition(), wanted, by=signin.current_person() or str(_("Demo bar")))
    cache.clear()
    flash(next(str(one.shows) for one in stages.STAGES if one.stage is wanted), "success")
    back = own_path(request.form.get("next"), "")
    return redirect(back if back and _is_still_there(back) else url_for("demo.index"), 303)


def _is_still_there(path: str) -> bool:
    """Visitors' pages of an edition that is being recruited are nowhere."""
    edition = _edition()
    return edition.is_public or not path.startswith(f"/{edition.festival.slug}/{edition.slug}/")


# --- the rush ----------------------------------------------------------------------------------------------------------


@bp.post("/rush")
def start_rush() -> ResponseReturnValue:
    """Let them race, here and now; it takes a second or two."""
    _checked()
    try:
        with transaction():
            slot_id = rush.prepare(_edition()).id
    except RushError as error:
        flash(str(error), "warning")
        return redirect(url_for("demo.index"), 303)
    db.session.remove()  # this request's own connection is one of those they race for
    race = rush.run(slot_id, current_app.app_context)
    with transaction():
        code = rush.keep(race, _edition()).code
    cache.clear()
    return redirect(url_for("demo.show_rush", code=code), 303)


@bp.get("/rush/<code>")
def show_rush(code: str) -> ResponseReturnValue:
    """What happened: who got a place, who was told that it is full, and when."""
    race = rush.find(code)
    if race is None:
        raise NotThere(code)
    edition = _edition()
    return render_template("demo/rush.html", race=race, of=edition, lines=_lines(race), ticks=_ticks(race))


class Line(NamedTuple):
    """One attempt as a line of the drawing, in its own units."""

    y: float
    x1: float
    x2: float
    outcome: str


WIDTH, LINE = 1000, 2.4


def _lines(race: rush.Race) -> list[Line]:
    scale = WIDTH / max(1, race.milliseconds)
    return [
        Line(
            round((row + 1) * LINE, 1),
            round(one.sent * scale, 1),
            round(one.answered * scale, 1),
            one.outcome.value,
        )
        for row, one in enumerate(race.attempts)
    ]


def _ticks(race: rush.Race) -> list[tuple[float, int]]:
    """Places and labels of the time axis, in milliseconds."""
    step = next(
        (one for one in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000) if race.milliseconds / one <= 6),
        20000,
    )
    return [
        (round(at * WIDTH / max(1, race.milliseconds), 1), at) for at in range(0, race.milliseconds + 1, step)
    ]


# --- pretending to scan --------------------------------------------------------------------------------------------------


@bp.post("/scan")
def pretend_scan() -> ResponseReturnValue:
    """Open the address on a poster that this browser has not pretended to scan yet; the page does the rest, as on a phone."""
    _checked()
    kind, edition = request.form.get("kind", ""), _edition()
    if kind not in {one for one, _words in SCANS}:
        abort(400)
    rally, seen = queries.find_rally(edition), list(session.get(SCANNED, []))
    found = (
        rallying.find_poster(rally, seen, copied=kind == "copied")
        if rally is not None and edition.is_public
        else None
    )
    if found is None:
        flash(_("There is no poster left to scan at this stage."), "info")
        return redirect(url_for("demo.index", _anchor="scan"), 303)
    session[SCANNED] = [*seen, found.short_code]
    return redirect(url_for("stamps.poster", token=rallying.token_of(found)), 303)


# --- how it looks elsewhere --------------------------------------------------------------------------------------------


@bp.get("/phone")
def phone() -> ResponseReturnValue:
    """A page of ours in a frame as wide as a phone."""
    path = own_path(request.args.get("path"), "/")
    if path.startswith("/demo/phone"):
        path = "/"
    return render_template("demo/phone.html", path=path)


@bp.get("/mail/")
def mails() -> ResponseReturnValue:
    """The latest mails as they look in a mailbox."""
    if not is_from_here():
        abort(403)
    rows = db.session.scalars(
        select(Mail).order_by(Mail.created_at.desc(), Mail.id.desc()).limit(MOST_MAILS)
    ).all()
    return render_template("demo/mails.html", mails=[(row, _read(row)) for row in rows])


@bp.get("/mail/<message>")
def mail(message: str) -> ResponseReturnValue:
    """One mail."""
    if not is_from_here():
        abort(403)
    row = db.session.scalar(select(Mail).where(Mail.message_id == message))
    if row is None:
        raise NotThere(message)
    return headers.private(
        current_app.make_response(render_template("demo/mail.html", row=row, letter=_read(row)))
    )


class Letter(NamedTuple):
    """A mail as its reader sees it: the head, the text in pieces (words, own path or ""), names of attachments."""

    subject: str
    sender: str
    to: str
    pieces: list[tuple[str, str]]
    attachments: list[str]


def _read(row: Mail) -> Letter:
    """What the worker sends. A mail that can no longer be written shows its kind alone."""
    try:
        message = postman.write(
            row, current_app.jinja_env, sender=current_app.config["MAIL_FROM"] or "kouba@localhost"
        )
    except (LookupError, ValueError, RuleError):
        return Letter(row.template, "", row.to_address, [], [])
    body = message.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    files = [str(part.get_filename()) for part in message.iter_attachments()]
    return Letter(str(message["Subject"]), str(message["From"]), str(message["To"]), _pieces(text), files)


def _pieces(text: str) -> list[tuple[str, str]]:
    """The text, with the addresses of our own pages as paths to be followed."""
    base = links.base_url()
    found = re.split(rf"({re.escape(base)}/\S*)", text)
    return [
        (piece, piece.removeprefix(base) if piece.startswith(f"{base}/") else "") for piece in found if piece
    ]
