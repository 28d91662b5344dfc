"""What phones ask in JSON: sending captures, fetching what works without a signal, finding lost cards again.

These addresses answer scripts of ours, also from a page that was kept on the phone and whose form token is long gone; the
proof is the card's own secret (web/forgery.py: `accept_own_script`).
"""

from typing import Any

from flask import Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from eventapp.db import transaction
from eventapp.i18n import RuleError
from eventapp.stamps import ledger, messages, queries
from eventapp.stamps.books import CardRefused
from eventapp.stamps.ledger import Answer
from eventapp.stamps.messages import BadMessage
from eventapp.stamps.models import Verdict
from eventapp.stamps.routes import device, sentences, showing
from eventapp.stamps.routes.device import Held
from eventapp.stamps.routes.visitor import bp, rally_for_reader
from eventapp.web import cache, forgery
from eventapp.web.limits import key as address_key
from eventapp.web.limits import limiter

SCHEMA = "kouba.outbox.1"
LARGEST = 256 * 1024  # bytes; fifty captures and four hundred receipts are a third of it


def card_key() -> str:
    """The card that asks, for limits of its own; whoever sends no card is counted by address."""
    data = request.get_json(silent=True) if request.is_json else None
    card = data.get("card") if isinstance(data, dict) else None
    return card if isinstance(card, str) and len(card) == 16 else address_key()


def _was_guessing(_response: Response) -> bool:
    """Whether the request held a code that nobody made: only these are counted."""
    return bool(g.get("bad_tokens"))


def _guesses() -> int:
    """Every one of them counts, however many came in one batch."""
    return max(1, int(g.get("bad_tokens", 0)))


def read_json() -> object:
    """The body of a request of our own scripts. Raises BadMessage."""
    forgery.accept_own_script()
    request.max_content_length = LARGEST
    try:
        return request.get_json()
    except RecursionError as error:
        raise BadMessage("too deep") from error


@bp.post("/<festival>/<edition>/stamps/sync")
@limiter.limit("300 per minute", cost=_guesses, deduct_when=_was_guessing)
@limiter.limit("20 per minute", key_func=card_key, cost=_guesses, deduct_when=_was_guessing)
def sync(festival: str, edition: str) -> ResponseReturnValue:
    """Captures in, verdicts out. The same batch may come any number of times."""
    try:
        batch = messages.read_batch(read_json())
        checked = ledger.check((festival, edition), batch)
        with transaction():
            answer = ledger.sync(checked)
    except BadMessage as error:
        return refusal(error)
    except CardRefused as error:  # deleted, or not its secret: the phone puts what it has onto a new card
        return jsonify({"schema": SCHEMA, "refused": True, "error": str(error)}), 403
    g.bad_tokens = answer.bad_tokens
    response = jsonify(_for_phone(answer))
    device.add(response, festival, edition, Held(batch.card, batch.secret))
    return response


def refusal(error: RuleError) -> tuple[Response, int]:
    """A no to the whole message: 400 where it is none of ours, 403 where a rule refuses. The phone keeps everything it has."""
    return jsonify({"error": str(error)}), 400 if isinstance(error, BadMessage) else 403


def _for_phone(answer: Answer) -> dict[str, Any]:
    """The ledger's answer in the form of the outbox (static/js/offline.js)."""
    told = answer.as_json()
    for result in told["results"]:
        verdict = Verdict(result["verdict"])
        result |= {"id": result["scan_id"], "final": True, "text": sentences.sentence(verdict, result["reason"]),
                   "notice": verdict == Verdict.REJECTED}  # fmt: skip
    told["card"]["progress"] = showing.progress_json(answer.rules, answer.book)
    receipts = {stamp["station"]: stamp for stamp in told["card"]["stamps"]}
    return told | {"schema": SCHEMA, "receipts": receipts, "digest": told["card"]["digest"]}


@bp.get("/<festival>/<edition>/stamps/manifest.json")
@cache.shared
def manifest(festival: str, edition: str) -> ResponseReturnValue:
    """Stations, art, digests of the live posters, prizes and the public key: what works without a signal."""
    return jsonify(showing.manifest(rally_for_reader(festival, edition)))


@bp.post("/<festival>/<edition>/stamps/here")
def here(festival: str, edition: str) -> ResponseReturnValue:
    """The cards of this browser's cookie, for a page whose own storage was cleared. Writes nothing."""
    try:
        read_json()
    except BadMessage as error:
        return refusal(error)
    rally = rally_for_reader(festival, edition)
    good = [one for one in device.held(rally.edition) if queries.find_card(one.code, one.secret) is not None]
    return jsonify({"cards": [{"code": one.code, "secret": one.secret} for one in good]})
