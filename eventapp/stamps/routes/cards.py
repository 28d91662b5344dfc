"""A visitor's own cards: opening one on another phone, joining two, showing one at the desk, deleting one.

Every form works without scripts; the cookie is the proof. The same in JSON is for scripts that hold cards of their own.
"""

from base64 import b64encode

from flask import flash, jsonify, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from eventapp import codes
from eventapp.db import db, transaction
from eventapp.festivals.models import Edition
from eventapp.forms import ActionForm
from eventapp.i18n import RuleError, _
from eventapp.stamps import books, erasing, merging, messages, posters, queries, tokens
from eventapp.stamps.models import Card, Rally, RallyState, RecoveryCode
from eventapp.stamps.routes import device, showing
from eventapp.stamps.routes.device import Held
from eventapp.stamps.routes.forms import BESIDE, JoinForm
from eventapp.stamps.routes.sync import card_key, read_json, refusal
from eventapp.stamps.routes.visitor import bp, data_for_scripts, rally_for_reader, unknown
from eventapp.stamps.tokens import RecoveryToken
from eventapp.web import frames, headers
from eventapp.web.limits import limiter

GONE = "stamps_gone"  # cards that scripts must forget, in the session until the next page


def _labelled(held: list[Held]) -> list[dict[str, str]]:
    return [
        {"code": one.code, "label": _("Card %(number)s", number=place)} for place, one in enumerate(held, 1)
    ]


def _page(rally: Rally, form: JoinForm | None = None, code: dict[str, str] | None = None) -> str:
    gone = session.pop(GONE, []) if GONE in session else []
    return render_template(
        "stamps/card.html", rally=rally, place=showing.place_of(rally.edition), cards=_labelled(device.held(rally.edition)),
        form=form or JoinForm(formdata=None), code=code, stamps_data=data_for_scripts(rally.edition, gone=gone),
    )  # fmt: skip


@bp.get("/<festival>/<edition>/stamps/card")
def card(festival: str, edition: str) -> ResponseReturnValue:
    """Everything about one's own cards."""
    return headers.private(make_response(_page(rally_for_reader(festival, edition))))


def _find_mine(rally: Rally, code: str) -> Card | None:
    """The card of this code, where this browser holds it; without a code, its first one."""
    cards = device.held(rally.edition)
    one = next((it for it in cards if it.code == code), None) if code else next(iter(cards), None)
    return queries.find_card(one.code, one.secret) if one is not None else None


def picture_of(text: str) -> str:
    """A QR code as the address of a picture."""
    return f"data:image/svg+xml;base64,{b64encode(codes.qr_svg(text).encode()).decode()}"


# --- another phone ----------------------------------------------------------------------------------------------------


@bp.post("/<festival>/<edition>/stamps/card/move")
@limiter.limit("600 per hour")
@limiter.limit("20 per hour", key_func=device.asker)
def move(festival: str, edition: str) -> ResponseReturnValue:
    """A picture to scan and letters to say, with which another phone opens the card."""
    rally = rally_for_reader(festival, edition)
    if not ActionForm().validate():
        return headers.private(make_response(_page(rally), 422))
    with transaction():
        mine = _find_mine(rally, request.form.get("card", ""))
        shown = (merging.make_recovery(mine), merging.make_recovery(mine, is_spoken=True)) if mine else None
    if shown is None:
        flash(_("There is no card on this phone yet. It comes with the first stamp."), "info")
        return redirect(url_for("stamps.card", **showing.place_of(rally.edition)), 303)
    token, spoken = shown
    address = posters.address_of(token.text)
    code = {
        "picture": picture_of(address),
        "spoken": spoken.spoken,
        "file": f"data:image/png;base64,{b64encode(codes.qr_png(address)).decode()}",
    }
    return headers.private(make_response(_page(rally_for_reader(festival, edition), code=code)))


def open_card(token: str, fields: RecoveryToken) -> ResponseReturnValue:
    """What the address in that picture shows. It opens nothing yet, and tells nobody whether the secret is right."""
    rally = db.session.scalar(
        select(Rally).join(Card, Card.rally_id == Rally.id).join(RecoveryCode, RecoveryCode.card_id == Card.id)
        .where(RecoveryCode.selector == fields.selector)
    )  # fmt: skip
    if rally is None or rally.state == RallyState.DRAFT or not rally.edition.is_public:
        return unknown(
            _("This code opens no card. Please make a new one on the other phone."), _("No card here")
        ), 404
    of = frames.visitor(rally.edition)
    return render_template("stamps/open_card.html", token=token, place=showing.place_of(of), cards=_labelled(device.held(of)),
                           stamps_data=data_for_scripts(of))  # fmt: skip


@bp.post("/<festival>/<edition>/stamps/card/join")
@limiter.limit("600 per hour")
@limiter.limit("30 per hour", key_func=device.asker)
def join(festival: str, edition: str) -> ResponseReturnValue:
    """Open another phone's card here: joined with the card of this phone, or beside it."""
    rally, form = rally_for_reader(festival, edition), JoinForm()
    if not form.validate():
        return headers.private(make_response(_page(rally, form), 422))
    place = showing.place_of(rally.edition)
    mine = _card_to_join(rally, form)
    try:
        with transaction():
            joined = merging.join(rally.id, mine.code, mine.secret, form.code.data or "") is not None
    except RuleError as error:
        joined = False
        form.refuse(error)
    if not joined:
        if not form.form_errors:
            form.refuse(
                _("This code opens no card. Please look at it again, or make a new one on the other phone.")
            )
        return headers.private(make_response(_page(rally_for_reader(festival, edition), form), 422))
    flash(_("The card is open here. What was on either is on it now."), "success")
    response = make_response(redirect(url_for("stamps.home", **place), 303))
    device.add(response, card=mine, **place)
    return response


def _card_to_join(rally: Rally, form: JoinForm) -> Held:
    """The card of this phone that goes into the other; a new one where there is none, or where it is to stay as it is."""
    cards = device.held(rally.edition)
    if cards and form.how.data != BESIDE:
        return next((one for one in cards if one.code == form.card.data), cards[0])
    return Held(tokens.random_letters(16), tokens.random_letters(26))


# --- the end of a card --------------------------------------------------------------------------------------------------


@bp.post("/<festival>/<edition>/stamps/card/delete")
@limiter.limit("600 per hour")
@limiter.limit("20 per hour", key_func=device.asker)
def delete(festival: str, edition: str) -> ResponseReturnValue:
    """The visitor's own button: the card and everything on it is gone."""
    rally = rally_for_reader(festival, edition)
    if not ActionForm().validate():
        return headers.private(make_response(_page(rally), 422))
    place, chosen = showing.place_of(rally.edition), request.form.get("card", "")
    code = next((one.code for one in device.held(rally.edition) if chosen in ("", one.code)), None)
    if code is None:
        flash(_("There is no card on this phone yet. It comes with the first stamp."), "info")
        return redirect(url_for("stamps.card", **place), 303)
    with transaction():
        mine = _find_mine(rally, code)
        if mine is not None:
            erasing.delete_card(mine)
    session[GONE] = [code]
    flash(_("The card is deleted."), "success")
    response = make_response(redirect(url_for("stamps.card", **place), 303))
    of = db.session.scalars(select(Edition).where(Edition.id == rally.edition_id)).one()
    device.hold(response, of, [one for one in device.held(of) if one.code != code])
    return response


# --- the same in JSON -----------------------------------------------------------------------------------------------------


def proof_in(data: object) -> Held:
    """The card in a message, with the secret that proves it. Raises BadMessage."""
    batch = messages.read_batch({**(data if isinstance(data, dict) else {}), "items": [], "receipts": []})
    return Held(batch.card, batch.secret)


@bp.post("/<festival>/<edition>/stamps/recover")
@limiter.limit("600 per hour")
@limiter.limit("30 per hour", key_func=card_key)
def recover(festival: str, edition: str) -> ResponseReturnValue:
    """{card, secret, device, code}: the phone's card goes into the one that the code opens."""
    try:
        data = read_json()
        mine = proof_in(data)
        typed = data.get("code") if isinstance(data, dict) else None
        rally_id = rally_for_reader(festival, edition).id
        with transaction():
            found = merging.join(rally_id, mine.code, mine.secret, typed if isinstance(typed, str) else "")
    except RuleError as error:
        return refusal(error)
    if found is None:
        return jsonify(
            {
                "error": _(
                    "This code opens no card. Please look at it again, or make a new one on the other phone."
                )
            }
        ), 404
    return jsonify({"handle": found.handle})


@bp.post("/<festival>/<edition>/stamps/merge")
@limiter.limit("600 per hour")
@limiter.limit("30 per hour", key_func=card_key)
def merge(festival: str, edition: str) -> ResponseReturnValue:
    """{card, secret, device, other: {card, secret}}: two cards whose secrets this phone has become one."""
    try:
        data = read_json()
        mine = proof_in(data)
        other = data.get("other") if isinstance(data, dict) else None
        theirs = proof_in({"device": "00000000", **(other if isinstance(other, dict) else {})})
        rally_id = rally_for_reader(festival, edition).id
        with transaction():
            merged = merging.merge_by_secrets(
                rally_id, (mine.code, mine.secret), (theirs.code, theirs.secret)
            )
    except (messages.BadMessage, merging.MergeError, books.CardRefused) as error:
        return refusal(error)
    return jsonify({"handle": merged.handle})
