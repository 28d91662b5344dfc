"""A card as its phone keeps it: its stamps with their receipts, its prizes, and a digest by which both see what is missing."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from eventapp.stamps import timing
from eventapp.stamps.books import Book, Standing
from eventapp.stamps.models import Status
from eventapp.stamps.receipts import Signer
from eventapp.stamps.rules import Rules


def digest(rules: Rules, book: Book) -> str:
    """What a card holds, in 16 letters: equal on phone and server when both hold the same stations."""
    return digest_of(
        rules.stations[one.station_id].code for one in book.stamps.values() if one.status != Status.VOID
    )


def digest_of(stations: Iterable[str]) -> str:
    """SHA-256 over the sorted station codes, joined by commas; the first 16 hexadecimal digits."""
    return sha256(",".join(sorted(stations)).encode()).hexdigest()[:16]


def card_json(rules: Rules, book: Book) -> dict[str, Any]:
    """A card as its phone keeps it."""
    shown = sorted(
        (one for one in book.stamps.values() if one.status != Status.VOID),
        key=lambda one: (one.t_est, one.first_scan),
    )
    signer = Signer(rules.rally_id, book.card.code)
    prizes = {prize.id: prize.code for prize in rules.prizes}
    return {
        "code": book.card.root_code,
        "handle": book.card.handle,
        "stamps": [_stamp_json(one, rules, signer) for one in shown],
        "prizes": [{"prize": prizes[prize], "award": code, "claimed": claimed, "t": timing.to_milliseconds(at)}
                   for prize, (code, claimed, at) in sorted(book.awards.items()) if prize in prizes],
        "digest": digest(rules, book),
    }  # fmt: skip


def _stamp_json(stands: Standing, rules: Rules, signer: Signer) -> dict[str, Any]:
    station, t = rules.stations[stands.station_id].code, timing.to_milliseconds(stands.t_est)
    return {"station": station, "scan_id": stands.first_scan, "t": t, "status": stands.status.value, "reason": stands.reason,
            "receipt": signer.sign(station, stands.first_scan, t, stands.status)}  # fmt: skip
