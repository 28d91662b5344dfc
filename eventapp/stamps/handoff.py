"""Taking a card along into the home-screen application, or out of another application's browser: each keeps a storage of its own.

The web manifest's `start_url` ends in a handoff: letters that name the card, signed by us, good for a week and for one other
storage. Making one writes nothing, because a manifest is fetched by GET; using one merges the new storage's card into the old, and
leaves a mark so that whoever else finds the letters opens nothing.
"""

import hmac
from datetime import timedelta

from sqlalchemy import select

from eventapp import clock, config
from eventapp.db import db
from eventapp.i18n import lazy
from eventapp.stamps import books, merging, tokens
from eventapp.stamps.merging import MergeError
from eventapp.stamps.models import Card, RecoveryCode

LIFE = timedelta(days=7)
_NONCE, _HANDLE, _HOURS, _MAC = 16, 10, 4, 16
LETTERS = _NONCE + _HANDLE + _HOURS + _MAC


def make(card: Card) -> str:
    """Letters with which one other storage opens this card, within a week. Drawn anew each time; nothing is stored."""
    body = tokens.random_letters(_NONCE) + card.handle + tokens.encode_number(_hours_now(), _HOURS)
    return body + _mac(card.rally_id, body)


def accept(rally_id: int, code: str, secret: str, text: str) -> Card | None:
    """Let this storage's card go into the one that the letters name; None where they are not ours or too old.

    The same storage may ask again, whatever became of the card. Raises MergeError for a second one, CardRefused.
    """
    theirs = _named(rally_id, text)
    if theirs is None:
        return None
    mine = books.take_card(rally_id, code, books.hash_secret(secret), clock.now())
    if books.find_root(mine.id) == books.find_root(theirs.id):
        return theirs
    kept = merging.merge(mine.id, theirs.id)  # both rows are ours from here on, so the mark cannot be missed
    selector = f"H{text[:_NONCE]}"
    if db.session.scalar(select(RecoveryCode.id).where(RecoveryCode.selector == selector)) is not None:
        raise MergeError(
            lazy(
                "This way to the card has been used already. Please make a code on the other phone or browser."
            )
        )
    now = clock.now()
    db.session.add(RecoveryCode(selector=selector, secret_hash="", card_id=kept, made_at=now, used_at=now))
    return db.session.get_one(Card, kept)


def _named(rally_id: int, text: str) -> Card | None:
    body, mac = text[:-_MAC], text[-_MAC:]
    if len(text) != LETTERS or not text.isascii() or not hmac.compare_digest(mac, _mac(rally_id, body)):
        return None
    made = tokens.decode_number(body[_NONCE + _HANDLE :])
    if not 0 <= _hours_now() - made <= LIFE // timedelta(hours=1):
        return None
    handle = body[_NONCE : _NONCE + _HANDLE]
    card = db.session.scalar(select(Card).where(Card.handle == handle, Card.rally_id == rally_id))
    return card if card is not None and card.deleted_at is None else None


def _hours_now() -> int:
    return int((clock.now() - tokens.EPOCH) / timedelta(hours=1))


def _mac(rally_id: int, body: str) -> str:
    return tokens.mac(config.key_for(f"stamps/handoff/{rally_id}"), f"handoff/{body}", _MAC)
