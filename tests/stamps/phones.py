"""Made-up phones: each keeps its card, its outbox and its receipts as the page's JavaScript does."""

import itertools
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.stamps import ledger, messages, phone_card, stations, timing, tokens
from eventapp.stamps.models import Card, Poster, Rally, Station

START = datetime.fromisoformat("2026-11-28T01:00:00+00:00")  # ten in the morning of the first day
_numbers = itertools.count(1)


def letters(source: random.Random, length: int) -> str:
    return "".join(source.choice(tokens.ALPHABET) for _ in range(length))


@dataclass
class Phone:
    """`behind` is how far its clock is from the truth."""

    rally_id: int
    behind: timedelta = timedelta(0)
    source: random.Random = field(default_factory=lambda: random.Random(next(_numbers)))

    def __post_init__(self) -> None:
        self.card, self.secret = letters(self.source, 16), letters(self.source, 20)
        self.device = letters(self.source, 16)
        self.seq = 0
        self.outbox: dict[str, dict[str, Any]] = {}
        self.stamps: dict[str, dict[str, Any]] = {}
        self.verdicts: dict[str, str] = {}
        self.after: int | None = None
        self.ack = 0
        self.wanted = False

    def now(self) -> int:
        return timing.to_milliseconds(clock.now() - self.behind)

    def capture(self, token: str, **values: Any) -> str:
        """Keep a capture; it is sent later."""
        self.seq += 1
        scan_id = letters(self.source, 26)
        item = {
            "scan_id": scan_id,
            "seq": self.seq,
            "token": token,
            "t_client": self.now(),
            "method": "camera",
            **values,
        }
        if self.after is not None:
            item["after"] = self.after
        self.outbox[scan_id] = item
        return scan_id

    def message(self) -> dict[str, Any]:
        """What it would send now."""
        message = {
            "v": 1, "card": self.card, "secret": self.secret, "device": self.device, "now_client": self.now(),
            "items": list(self.outbox.values())[:50], "have_digest": phone_card.digest_of(self.stamps),
        }  # fmt: skip
        if self.wanted:
            message["receipts"] = [
                {name: stamp[name] for name in ("station", "scan_id", "t", "status", "receipt")}
                for stamp in self.stamps.values()
            ]
        return message

    def hear(self, answer: dict[str, Any]) -> None:
        """Take an answer in: let go of what is settled, keep the stamps with their receipts."""
        for result in answer["results"]:
            self.outbox.pop(result["scan_id"], None)
            self.verdicts[result["scan_id"]] = result["verdict"]
        self.after = answer["server_time"]
        self.ack = answer["ack_seq"]
        sent_receipts = self.wanted
        self.wanted = answer["want"]
        if not self.wanted or sent_receipts:
            self.stamps = {stamp["station"]: stamp for stamp in answer["card"]["stamps"]}

    def sync(self) -> dict[str, Any]:
        """Send everything, and receipts where they are wanted."""
        while True:
            answer = send(self.rally_id, self.message())
            self.hear(answer)
            if not self.outbox and not self.wanted:
                return answer

    @property
    def row(self) -> Card:
        return db.session.scalars(db.select(Card).where(Card.code == self.card)).one()


def send(rally_id: int, message: dict[str, Any]) -> dict[str, Any]:
    """Deliver a message as the route does; returns the answer's JSON."""
    checked = ledger.check(rally_id, messages.read_batch(message))
    with transaction():
        answer = ledger.sync(checked)
    return answer.as_json()


def poster_of(station: Station) -> Poster:
    return next(one for one in station.posters if one.revoked_at is None)


def token_of(rally: Rally, number: int) -> str:
    """The token on the newest poster of station `number`, counting from 1."""
    station = db.session.scalars(
        db.select(Station).where(Station.rally_id == rally.id, Station.number == number)
    ).one()
    return stations.token_of(
        db.session.scalars(
            db.select(Poster).where(Poster.station_id == station.id).order_by(Poster.id.desc())
        ).first()
    )


def rows(*kinds: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of these tables, sorted: equal when nothing was changed."""
    db.session.rollback()
    return {
        kind.__tablename__: sorted(map(repr, db.session.execute(kind.__table__.select()).all()))
        for kind in kinds
    }


def phone_with(rally: Rally, *numbers: int) -> Phone:
    """A phone that has sent the stamps of these stations."""
    phone = Phone(rally.id)
    for number in numbers:
        phone.capture(token_of(rally, number))
    phone.sync()
    return phone
