"""A visitor at the prize desk: the picture that staff scan, what is shown without a signal, the PIN of staff who have no phone."""

from flask import flash, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.i18n import _
from eventapp.stamps import day_pins, escrows, messages, posters, prizes, queries
from eventapp.stamps.models import Award, Card, Claim, Desk, Rally
from eventapp.stamps.routes import device, showing
from eventapp.stamps.routes.cards import picture_of, proof_in
from eventapp.stamps.routes.forms import DayPinForm
from eventapp.stamps.routes.sync import read_json, refusal
from eventapp.stamps.routes.visitor import SHELL, bp, data_for_scripts, rally_for_reader
from eventapp.stamps.stock import PrizeError
from eventapp.web import headers
from eventapp.web.limits import limiter
from eventapp.web.templating import flashes

HAND, UNDO = "hand", "undo"
BY = "PIN"  # who handed it over, as the desk's list says it


def _cards(rally: Rally) -> list[Card]:
    """The cards of this browser, as they are after merging."""
    if SHELL in request.args:
        return []
    found = (queries.find_card(one.code, one.secret) for one in device.held(rally.edition))
    roots = [queries.root_of(one) for one in found if one is not None and one.rally_id == rally.id]
    return list({one.id: one for one in roots}.values())


@bp.get("/<festival>/<edition>/stamps/claim")
def claim(festival: str, edition: str) -> ResponseReturnValue:
    """The picture that the staff scan: who this is, for a minute."""
    return _page(rally_for_reader(festival, edition))


def _page(rally: Rally, form: DayPinForm | None = None, status: int = 200) -> ResponseReturnValue:
    cards = _cards(rally)
    shown = [_code(one, _("Card %(number)s", number=place)) for place, one in enumerate(cards, 1)]
    page = render_template(
        "stamps/claim.html", rally=rally, place=showing.place_of(rally.edition), codes=shown, is_shell=SHELL in request.args,
        stamps_data=data_for_scripts(rally.edition), form=form or _pin_form(rally, cards), told=[] if SHELL in request.args else flashes(),
    )  # fmt: skip
    return headers.private(make_response(page, status))


def _code(card: Card, label: str) -> dict[str, str]:
    token = prizes.claim_token(card)
    spoken = " ".join(token[start : start + 6] for start in range(0, len(token), 6))
    return {"label": label, "picture": picture_of(posters.address_of(token)), "spoken": spoken}


@bp.post("/<festival>/<edition>/stamps/certificates")
def certificates(festival: str, edition: str) -> ResponseReturnValue:
    """{card, secret, device}: what the card has earned and not yet been given, as pictures that a desk can check without
    a signal. The phone keeps them.
    """
    try:
        mine = proof_in(read_json())
    except messages.BadMessage as error:
        return refusal(error)
    rally = rally_for_reader(festival, edition)
    card = queries.find_card(mine.code, mine.secret)
    if card is None or card.rally_id != rally.id:
        return jsonify({"certificates": []})
    awards = db.session.scalars(
        select(Award)
        .where(Award.card_id == queries.root_of(card).id, Award.voided_at.is_(None))
        .order_by(Award.prize_id)
    ).unique()
    shown = [
        {
            "prize": one.prize.code,
            "name": dict(one.prize.name),
            "picture": picture_of(posters.address_of(escrows.certificate(one))),
        }
        for one in awards
        if one.live_claim is None
    ]
    return jsonify({"certificates": shown})


# --- staff without a phone: the PIN of the day ------------------------------------------------------------------------


def _ways(rally: Rally, cards: list[Card]) -> list[tuple[str, str]]:
    """What staff may do on this phone: hand a prize over that is due, take one back that they have just handed over."""
    tiers = [tier for card in cards for tier in prizes.tiers_of(card.id, rally)]
    due = [
        (f"{HAND}-{tier.award.code}", str(tier.prize.name)) for tier in tiers if tier.award and tier.is_due
    ]
    since = clock.now() - prizes.UNDO_WITHIN
    given = [
        tier.claim for tier in tiers if tier.claim and tier.claim.recorded_at > since and tier.claim.by == BY
    ]
    return due + [(f"{UNDO}-{one.code}", _("Take back: %(prize)s", prize=one.prize.name)) for one in given]


def _pin_form(rally: Rally, cards: list[Card], *, sent: bool = False) -> DayPinForm | None:
    """The form, where a desk has a PIN today and there is something to do with it."""
    desks = day_pins.desks_today(rally) if cards else []
    ways = _ways(rally, cards) if desks else []
    if not ways:
        return None
    form = (
        DayPinForm()
        if sent
        else DayPinForm(None, data={"request_key": prizes.new_request_key(), "what": ways[0][0]})
    )
    form.what.choices = [SelectChoice(value, words) for value, words in ways]
    form.desk.choices = [SelectChoice(one.code, str(one.name)) for one in desks]
    if not any(value.startswith(UNDO) for value, _words in ways):
        del form.reason
    return form


@bp.post("/<festival>/<edition>/stamps/claim/pin")
@limiter.limit("300 per minute")
@limiter.limit("30 per minute", key_func=device.asker)
def by_pin(festival: str, edition: str) -> ResponseReturnValue:
    """Staff have typed the PIN of their desk here: hand over, or take back."""
    rally = rally_for_reader(festival, edition)
    form = _pin_form(rally, _cards(rally), sent=True)
    if form is None:
        flash(_("There is nothing to hand over on this phone."), "info")
        return redirect(url_for("stamps.claim", **showing.place_of(rally.edition)), 303)
    if not form.validate():
        return _page(rally, form, 422)
    desk = queries.get_desk(rally, form.desk.data)
    try:
        with transaction():
            said = _act(form, desk) if day_pins.check(desk, form.pin.data or "") else None
    except PrizeError as error:
        form.refuse(error)
        return _page(rally, form, 422)
    if said is None:
        wait = _("Too many wrong PINs. Please wait five minutes, or ask the committee for a new one.")
        form.pin.errors = [wait if day_pins.is_locked(desk) else _("This PIN is not right.")]
        return _page(rally, form, 422)
    flash(said, "success")
    return redirect(url_for("stamps.claim", **showing.place_of(rally.edition)), 303)


def _act(form: DayPinForm, desk: Desk) -> str:
    step, _hyphen, code = form.what.data.partition("-")
    if step == HAND:
        key = (form.request_key.data or prizes.new_request_key())[:60]
        made = prizes.claim(prizes.get_award(code), desk, request_key=key, by=BY)
        return str(_("Handed over: %(prize)s", prize=made.prize.name))
    made = db.session.scalars(select(Claim).where(Claim.code == code)).one()
    prizes.undo(made, form.reason.data or "", by=BY)
    return str(_("Undone; the prize is back."))
