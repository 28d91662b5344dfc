"""The prize desk on a staff phone: a visitor's card with its prizes and flags, handing over, undoing, stock, going without a signal."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from eventapp import clock
from eventapp.db import NotThere, db, transaction
from eventapp.factories.devices import Device
from eventapp.i18n import _
from eventapp.stamps import by_hand, escrows, flags, keys, prizes, queries, raffle, stock, timing, tokens
from eventapp.stamps.models import Award, Card, Claim, DeskStock, Escrow, Rally, Stamp, Status
from eventapp.stamps.routes import desk_words
from eventapp.stamps.routes.organizer_forms import NumberForm, ShownForm
from eventapp.stamps.routes.staff import card_page, data_for_script, scan_page, token_in
from eventapp.stamps.routes.staff_access import bp, checked, desk_of, enter, private
from eventapp.stamps.stock import PrizeError
from eventapp.stamps.tokens import TokenError
from eventapp.web.limits import limiter
from eventapp.web.saving import press

MOST_CLAIMS = 30


@bp.post("/cards")
@limiter.limit("120 per minute")
def find() -> ResponseReturnValue:
    """The card behind what the visitor shows; its code never stands in an address."""
    device, form = enter(), ShownForm()
    rally = desk_of(device).rally
    if form.validate():
        card, why = _shown(rally, token_in(form.code.data or ""))
        if card is not None:
            return redirect(url_for("stamps_staff.card", handle=card.handle), 303)
        form.code.errors = [why]
    return card_page(device, form, for_prizes=True, status=422)


def _shown(rally: Rally, typed: str) -> tuple[Card | None, str]:
    """The card, or a sentence about why there is none."""
    wrong = _(
        "This is not a card of this rally. Scan the code on the visitor's page “Show at the prize desk”, or a paper card."
    )
    try:
        card = queries.find_card_by_token(typed)
        fresh = prizes.is_fresh(tokens.decode(typed), clock.now())
    except TokenError:
        return None, wrong
    if card is None:
        return None, _("There is no stamp on this paper card yet.")
    if not fresh:
        return None, _(
            "This code is more than a minute old. Let the visitor open the page once more; a photo of it is not enough."
        )
    card = queries.root_of(card)
    return (card, "") if card.rally_id == rally.id and card.deleted_at is None else (None, wrong)


def _get_card(rally: Rally, handle: str) -> Card:
    card = db.session.scalar(select(Card).where(Card.handle == handle, Card.rally_id == rally.id))
    if card is None or card.deleted_at is not None:
        raise NotThere(handle)
    return queries.root_of(card)


@bp.get("/cards/<handle>")
def card(handle: str) -> ResponseReturnValue:
    """Prizes that are due, and what to look at."""
    device = enter()
    desk = desk_of(device)
    rally = desk.rally
    found = _get_card(rally, handle)
    asked = (
        select(Stamp)
        .where(Stamp.card_id == found.id, Stamp.status != Status.VOID)
        .options(joinedload(Stamp.station))
        .order_by(Stamp.t_est)
    )
    stamps = list(db.session.scalars(asked))
    won = [
        one
        for one in raffle.list_draws(rally)
        if one.winners and set(raffle.entries_of(one, found)) & set(one.winners)
    ]
    return private(render_template(
        "stamps/staff/card.html", device=device, desk=desk, rally=rally, card=found, stamps=stamps, tiers=prizes.tiers_of(found.id, rally, desk),
        told=desk_words.of_flags(flags.flags_of(found, rally)), won=won, new_key=prizes.new_request_key, why=desk_words.held_because,
        undo_after=clock.now() - prizes.UNDO_WITHIN,
    ))  # fmt: skip


def _to_card(handle: str) -> ResponseReturnValue:
    return redirect(url_for("stamps_staff.card", handle=handle), 303)


@bp.post("/cards/<handle>/claim")
def claim(handle: str) -> ResponseReturnValue:
    """Hand a prize over: once, and never more than there is."""
    device = enter()
    desk = desk_of(device)
    award = _get_award(desk.rally, request.form.get("award", ""))
    key = request.form.get("request_key", "")[:60] or prizes.new_request_key()
    checked()
    try:
        with transaction():
            prizes.claim(award, desk, request_key=key, by=device)
    except PrizeError as error:
        flash(str(error), "error")
    else:
        flash(_("Handed over: %(prize)s", prize=award.prize.name), "success")
    return _to_card(handle)


def _get_award(rally: Rally, code: str) -> Award:
    award = prizes.get_award(code)
    if award.prize.rally_id != rally.id:
        raise NotThere(code)
    return award


@bp.post("/cards/<handle>/accept")
def accept(handle: str) -> ResponseReturnValue:
    """Staff have looked at a stamp that waits: it counts."""
    device = enter()
    rally = desk_of(device).rally
    found, station = _get_card(rally, handle), queries.get_station(rally, request.form.get("station", ""))
    stamp = db.session.scalar(select(Stamp).where(Stamp.card_id == found.id, Stamp.station_id == station.id))
    if stamp is None:
        raise NotThere(handle)
    checked()
    with transaction():
        by_hand.accept_held(stamp, by=device)
    flash(_("It counts."), "success")
    return _to_card(handle)


# --- what was handed over ------------------------------------------------------------------------------------------


@bp.get("/handed")
def handed() -> ResponseReturnValue:
    """The latest from this desk, to be undone for ten minutes."""
    device = enter()
    desk = desk_of(device)
    asked = (
        select(Claim)
        .where(Claim.desk_id == desk.id)
        .options(joinedload(Claim.prize))
        .order_by(Claim.id.desc())
        .limit(MOST_CLAIMS)
    )
    return private(render_template("stamps/staff/handed.html", device=device, desk=desk, claims=list(db.session.scalars(asked)),
                                   undo_after=clock.now() - prizes.UNDO_WITHIN))  # fmt: skip


@bp.post("/claims/<code>/undo")
def undo(code: str) -> ResponseReturnValue:
    """Take a handing-over back, with a reason."""
    device = enter()
    desk = desk_of(device)
    found = db.session.scalar(select(Claim).where(Claim.code == code, Claim.desk_id == desk.id))
    if found is None:
        raise NotThere(code)
    return _act(
        lambda: prizes.undo(found, request.form.get("reason", "")[:200], by=device),
        "handed",
        _("Undone; the prize is back."),
    )


def _act(work: Any, endpoint: str, said: str) -> ResponseReturnValue:
    checked()
    press(work, said)
    return redirect(url_for(f"stamps_staff.{endpoint}"), 303)


# --- stock, and going without a signal -------------------------------------------------------------------------------


@bp.get("/stock", endpoint="stock")
def stock_page() -> ResponseReturnValue:
    """What lies here and in the store; and what this phone has taken along."""
    device = enter()
    desk = desk_of(device)
    asked = select(DeskStock.prize_id, DeskStock.stock_left).where(DeskStock.desk_id == desk.id)
    here = {row.prize_id: row.stock_left for row in db.session.execute(asked)}
    taken = _escrows(device)
    return private(render_template(
        "stamps/staff/stock.html", device=device, desk=desk, rally=desk.rally, here=here, escrows=taken, desk_data=data_for_script(device),
    ))  # fmt: skip


@bp.post("/stock/<prize>/carry")
def fetch(prize: str) -> ResponseReturnValue:
    """Bring so many from the store to this desk."""
    device, form = enter(), NumberForm()
    desk = desk_of(device)
    found = queries.get_prize(desk.rally, prize)
    return _act(lambda: stock.carry(found, desk, form.typed(), by=device), "stock", _("Carried."))


def _escrows(device: Device) -> list[Escrow]:
    asked = (
        select(Escrow)
        .where(Escrow.device_code == device.code, Escrow.closed_at.is_(None))
        .options(joinedload(Escrow.prize))
    )
    return list(db.session.scalars(asked.order_by(Escrow.id)))


@bp.get("/away")
def away() -> ResponseReturnValue:
    """Handing over without a signal: certificates are checked on this phone, out of what it has taken along."""
    device = enter()
    desk = desk_of(device)
    made = clock.now()  # before the numbers are read: what is entered after it is surely not in them
    taken = _escrows(device)
    shown = [
        {"code": one.code, "prize": one.prize_id, "name": str(one.prize.name), "left": one.stock_left}
        for one in taken
    ]
    data = data_for_script(device, escrows=shown, public_key=keys.public_key(desk.rally_id), rally=desk.rally_id,
                           made=timing.to_milliseconds(made))  # fmt: skip
    return scan_page("stamps/staff/away.html", device, desk=desk, escrows=taken, desk_data=data)


@bp.post("/away/<prize>")
def take_along(prize: str) -> ResponseReturnValue:
    """Set so many apart for this phone alone."""
    device, form = enter(), NumberForm()
    desk = desk_of(device)
    found = queries.get_prize(desk.rally, prize)
    return _act(
        lambda: escrows.take_escrow(found, desk, form.typed(), device=device.code, by=device),
        "stock",
        _("Taken along. Open “Without a signal” once while there is one, so that the phone keeps the page."),
    )


@bp.post("/away/<code>/close")
def bring_back(code: str) -> ResponseReturnValue:
    """What is left goes back into the store."""
    device = enter()
    desk_of(device)
    found = next((one for one in _escrows(device) if one.code == code), None)
    if found is None:
        raise NotThere(code)
    return _act(
        lambda: escrows.close_escrow(found, by=device), "stock", _("What was left is back in the store.")
    )
