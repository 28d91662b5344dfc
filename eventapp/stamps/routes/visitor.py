"""Visitors' pages of the rally: the stamp book, what a poster's address shows, the scanner."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from eventapp import clock, links
from eventapp.db import NotThere, db, transaction
from eventapp.festivals.models import PUBLIC, Edition
from eventapp.forms import ActionForm
from eventapp.i18n import RuleError, _
from eventapp.stamps import ledger, queries, timing, tokens
from eventapp.stamps.books import Book
from eventapp.stamps.ledger import Answer
from eventapp.stamps.messages import Batch, Item
from eventapp.stamps.models import Geo, Method, Rally, RallyState, Station
from eventapp.stamps.models import Verdict as Said
from eventapp.stamps.queries import Landing
from eventapp.stamps.routes import device, sentences, showing
from eventapp.stamps.routes.device import Held
from eventapp.stamps.rules import get_rules
from eventapp.stamps.tokens import ClaimToken, PaperToken, RecoveryToken, TokenError
from eventapp.web import cache, frames, headers, reading
from eventapp.web.limits import limiter
from eventapp.web.templating import flashes, show_datetime

bp = Blueprint("stamps", __name__)
FORM_TAKES = timedelta(
    minutes=5
)  # at most, from the press of a button until it is here: no browser tries for longer
SHELL = "shell"  # ?shell=1: the page without anything of one visitor, as a phone keeps it for when there is no signal


def rally_for_reader(festival: str, edition: str) -> Rally:
    """The rally of this address in the visitor's frame. Raises NotThere while it is a draft."""
    return queries.get_public_rally(reading.edition_for_reader(festival, edition))


def data_for_scripts(edition: Edition | None, **more: Any) -> dict[str, Any]:
    """What stamps.js must know on every page."""
    own = request.args.get(SHELL) is None and edition is not None
    return {
        "rally": showing.key_of(edition) if edition is not None else None,
        "paths": showing.paths(**showing.place_of(edition)) if edition is not None else {},
        "cookie": [one.code for one in device.held(edition)] if own and edition is not None else [],
        "words": sentences.of_page(), "gone": [], "poster": False, "token": None, "station": None,
        "now": None if SHELL in request.args else timing.to_milliseconds(clock.now()), **more,
    }  # fmt: skip


# --- the stamp book -------------------------------------------------------------------------------------------------


@bp.get("/<festival>/<edition>/stamps/")
def home(festival: str, edition: str) -> ResponseReturnValue:
    """The stamp book: kept like every page that is the same for all, or with the stamps of this browser's card."""
    if SHELL not in request.args and device.name_of(festival, edition) in request.cookies:
        return headers.private(make_response(_book_page(festival, edition)))
    return _same_for_all(festival=festival, edition=edition)


@cache.shared
def _same_for_all(festival: str, edition: str) -> ResponseReturnValue:
    return _draw_book(rally_for_reader(festival, edition), None, [])


def _book_page(festival: str, edition: str) -> str:
    rally = rally_for_reader(festival, edition)
    return _draw_book(rally, first_book(rally), flashes())


def first_book(rally: Rally) -> Book | None:
    """The stamps of the first card in this browser's cookie; scripts show the others."""
    for one in device.held(rally.edition):
        card = queries.find_card(one.code, one.secret)
        if card is not None and card.rally_id == rally.id:
            return queries.book_of(card)
    return None


def _draw_book(rally: Rally, book: Book | None, told: list[tuple[str, str]]) -> str:
    rules, place = get_rules(rally.id), showing.place_of(rally.edition)
    found, stamps = queries.list_stations(rally, active_only=True), book.stamps if book else {}
    stations = [showing.spot(one, place, stamps.get(one.id)) for one in found]
    done = [one for one in stations if one["state"]]
    return render_template(
        "stamps/rally.html", rally=rally, place=place, stations=stations, count=len(done), told=told,
        prizes=showing.tiers(rally, rules, book), phase=showing.phase(rules), opens=showing.since(rules.opens_at, rules.zone), closes=showing.until(rules.closes_at, rules.zone),
        picture=showing.growing(rally, found, stamps),
        line_url=f"{url_for('stamps.home', **place)}?openExternalBrowser=1", stamps_data=data_for_scripts(rally.edition),
    )  # fmt: skip


# --- what a poster's address shows ----------------------------------------------------------------------------------


@bp.get("/s")
@bp.get("/s/")
def codes_start() -> ResponseReturnValue:
    """Where "type the code at .../s" leads, and the page that a phone keeps for scans without a signal (?shell=1)."""
    if SHELL in request.args:
        return _shell()
    rallies = db.session.scalars(
        select(Rally)
        .join(Rally.edition)
        .where(Rally.state == RallyState.RUNNING, Edition.state.in_(PUBLIC))
        .order_by(Rally.id)
    ).all()
    if len(rallies) == 1:
        return redirect(
            url_for("stamps.scan", _anchor="other-ways", **showing.place_of(rallies[0].edition)), 303
        )
    return render_template(
        "stamps/choose.html", rallies=[(one, showing.place_of(one.edition)) for one in rallies]
    )


@cache.shared
def _shell() -> ResponseReturnValue:
    return render_template(
        "stamps/poster.html",
        spot=None,
        token="",
        line_url="/s/",
        stamps_data=data_for_scripts(None, poster=True),
    )


@bp.get("/s/<token>")
def poster(token: str) -> ResponseReturnValue:
    """Looking changes nothing: no link preview and no reader of this address takes a stamp."""
    return headers.private(make_response(_poster_page(token)))


def _poster_page(token: str) -> ResponseReturnValue:
    try:
        fields = tokens.decode(token)
    except TokenError:
        return unknown(
            _("This is not a code of the stamp rally. Please scan the poster again, or ask the staff.")
        ), 404
    if isinstance(fields, RecoveryToken):
        from eventapp.stamps.routes import cards

        return cards.open_card(tokens.normalize(token), fields)
    if isinstance(fields, ClaimToken):
        return unknown(_("This code is for the staff of the prize desk.")), 404
    if isinstance(fields, PaperToken):
        return unknown(_("This is a paper stamp card. The staff of a station scan it and stamp it.")), 404
    return _landing_page(landing_of(token))


def landing_of(token: str) -> Landing:
    """The station behind a checked code, in a rally that visitors may see. Raises NotThere."""
    try:
        landing = queries.find_landing(token)
    except TokenError as error:
        raise NotThere(token) from error
    if (
        landing.station is None
        or landing.rally.state == RallyState.DRAFT
        or not landing.rally.edition.is_public
    ):
        raise NotThere(token)
    return landing


def _landing_page(landing: Landing) -> str:
    edition, station = frames.visitor(landing.rally.edition), landing.station
    if not isinstance(station, Station):
        raise NotThere(landing.token)
    place = showing.place_of(edition)
    known = None if landing.is_revoked else showing.station_json(station, place)
    return render_template(
        "stamps/poster.html", spot=showing.spot(station, place), token=landing.token, stamps_home=url_for("stamps.home", **place),
        line_url=f"{url_for('stamps.home', **place)}?openExternalBrowser=1",
        stamps_data=data_for_scripts(edition, poster=True, token=landing.token, station=known),
    )  # fmt: skip


def unknown(text: str, title: str = "", home: str = "") -> str:
    """A plain sentence about a code that gives no stamp."""
    return render_template("stamps/unknown.html", title=title or _("No stamp here"), text=text, home=home)


# --- without scripts --------------------------------------------------------------------------------------------------


@bp.post("/s/<token>")
@limiter.limit("600 per minute")
@limiter.limit("60 per minute", key_func=device.asker)
def stamp(token: str) -> ResponseReturnValue:
    """The form on the poster's page: what scripts do otherwise."""
    if not ActionForm().validate():
        return headers.private(make_response(_poster_page(token))), 422
    landing = landing_of(token)
    return _take(landing.rally, token=landing.token, method=Method.DEEPLINK)


@bp.post("/<festival>/<edition>/stamps/code")
@limiter.limit("120 per minute")
@limiter.limit("10 per minute", key_func=device.asker)
def short_code(festival: str, edition: str) -> ResponseReturnValue:
    """The code that stands on the poster, typed."""
    rally = rally_for_reader(festival, edition)
    if not ActionForm().validate():
        return with_camera(
            make_response(_scan_page(rally, [("danger", _("Please send it once more."))]), 422)
        )
    typed = request.form.get("code", "")
    if queries.find_by_short_code(rally, typed) is None:
        told = [("danger", _("There is no such code. Please look at the poster once more."))]
        return with_camera(make_response(_scan_page(rally, told), 422))
    return _take(rally, short=typed, method=Method.SHORT)


def _take(rally: Rally, *, method: Method, token: str = "", short: str = "") -> ResponseReturnValue:
    """Stamp this browser's card, made now if there is none, and show the book."""
    place = showing.place_of(rally.edition)
    mine = next(iter(device.held(rally.edition)), None) or Held(
        tokens.random_letters(16), tokens.random_letters(26)
    )
    item = Item(scan_id=tokens.random_letters(26), seq=0, token=token, short_code=short, t_client=None, after=clock.now() - FORM_TAKES,
                method=method, geo=Geo.NONE, in_app=False)  # fmt: skip
    batch = Batch(card=mine.code, secret=mine.secret, device=tokens.random_letters(12), now_client=clock.now(), have_digest="",
                  items=(item,), receipts=())  # fmt: skip
    checked = ledger.check((place["festival"], place["edition"]), batch)
    try:
        with transaction():
            answer = ledger.sync(checked)
    except RuleError as error:
        flash(str(error), "error")
        return redirect(url_for("stamps.home", **place), 303)
    _tell(answer)
    response = make_response(redirect(url_for("stamps.home", **place), 303))
    device.add(response, card=mine, **place)
    return response


def _tell(answer: Answer) -> None:
    if not answer.results:
        flash(sentences.too_fast(answer.wait), "info")
        return
    result = answer.results[0]
    text = sentences.sentence(result.verdict, result.reason)
    station = answer.rules.station(result.station) if result.station else None
    name = str(db.session.get_one(Station, station.id).title) if station else ""
    if result.verdict == Said.DUPLICATE and station:
        had = show_datetime(answer.book.stamps[station.id].t_est)
        flash(_("You have this stamp already: %(name)s, %(when)s", name=name, when=had), "info")
    elif result.verdict == Said.ACCEPTED:
        flash(_("A new stamp: %(name)s", name=name), "success")
    else:
        flash(text, "danger" if result.verdict == Said.REJECTED else "info")


# --- the scanner ------------------------------------------------------------------------------------------------------


@bp.get("/<festival>/<edition>/stamps/scan")
def scan(festival: str, edition: str) -> ResponseReturnValue:
    """The scanner; the only page that may use the camera and run WebAssembly."""
    return with_camera(make_response(_scan_page(rally_for_reader(festival, edition), [])))


def _scan_page(rally: Rally, told: list[tuple[str, str]]) -> str:
    place = showing.place_of(rally.edition)
    return render_template(
        "stamps/scan.html", rally=rally, place=place, told=told, is_shell=SHELL in request.args, reader=showing.reader(),
        public_host=links.base_url().partition("://")[2], scanner_words=sentences.of_scanner(),
        stamps_home=url_for("stamps.home", **place), line_url=f"{url_for('stamps.scan', **place)}?openExternalBrowser=1",
        stamps_data=data_for_scripts(rally.edition),
    )  # fmt: skip


def with_camera(response: Response) -> Response:
    """Allow camera and WebAssembly on this one answer."""
    response.headers["Content-Security-Policy"] = headers.policy().replace(
        "script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"
    )
    response.headers["Permissions-Policy"] = headers.PERMISSIONS.replace("camera=()", "camera=(self)")
    return response
