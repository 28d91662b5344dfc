"""Draws that anybody can check, for places and for prizes. `tools/check_draw.py` does it with nothing but Python.

Before: the SHA-256 of a seed is published, and the entries are frozen. After: the seed, and any public value that was
named beforehand and nobody knew then. An entry's rank is the smallest SHA-256 of "seed, beacon, entry, i" (one to a line) over i
below its weight; the lowest win. The seed comes from the installation's secret, so nobody chooses it.
"""

import enum
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from eventapp import audit, clock, codes, config
from eventapp.db import Model, db
from eventapp.i18n import RuleError, Translated, lazy

HEAVIEST = 3
Entry = tuple[str, int]  # what it is called in public, and its weight: 1, 2 or 3


class DrawError(RuleError):
    """The draw is not at that point."""


class DrawState(enum.StrEnum):
    ANNOUNCED = "announced"  # the commitment is out
    FROZEN = "frozen"  # so are the entries
    DRAWN = "drawn"


class Draw(Model):
    """One draw. `about` says what it is for ("rally:2026"); the room it belongs to reads it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    festival_id: Mapped[int] = mapped_column(ForeignKey("festival.id", ondelete="CASCADE"), index=True)
    about: Mapped[str] = mapped_column(index=True)
    name: Mapped[Translated]
    rule: Mapped[dict[str, Any]] = mapped_column(default=dict)  # who takes part, as the room wrote it down
    winners_wanted: Mapped[int]
    state: Mapped[DrawState] = mapped_column(default=DrawState.ANNOUNCED)
    commitment: Mapped[str]
    beacon_name: Mapped[str] = mapped_column(
        default=""
    )  # "closing value of the Nikkei on 2026-12-01"; empty: none
    beacon: Mapped[str] = mapped_column(default="")
    entries: Mapped[list[Any]] = mapped_column(default=list)  # [[id, weight], ...], sorted
    entries_digest: Mapped[str] = mapped_column(default="")
    seed: Mapped[str] = mapped_column(default="")  # published with the result
    ranking: Mapped[list[str]] = mapped_column(default=list)  # every entry, the winners first
    announced_at: Mapped[datetime]
    frozen_at: Mapped[datetime | None]
    drawn_at: Mapped[datetime | None]

    @property
    def winners(self) -> list[str]:
        return self.ranking[: self.winners_wanted]


# --- pure ----------------------------------------------------------------------------------------------------------


def commitment_to(seed: str) -> str:
    """What is published before: SHA-256 of the seed's letters."""
    return sha256(seed.encode()).hexdigest()


def digest_of(entries: Iterable[Entry]) -> str:
    """SHA-256 over the sorted entries, one "id weight" to a line."""
    return sha256("\n".join(f"{name} {weight}" for name, weight in sorted(entries)).encode()).hexdigest()


def rank_of(seed: str, beacon: str, name: str, weight: int) -> str:
    """The smallest of `weight` hashes: more weight, more chances to be low."""
    return min(sha256(f"{seed}\n{beacon}\n{name}\n{place}".encode()).hexdigest() for place in range(weight))


def rank(seed: str, beacon: str, entries: Iterable[Entry]) -> list[str]:
    """Every entry, the lowest first."""
    return [
        name
        for _hash, name in sorted((rank_of(seed, beacon, name, weight), name) for name, weight in entries)
    ]


# --- kept ----------------------------------------------------------------------------------------------------------


def announce(
    *, festival_id: int, about: str, name: Translated, winners: int, by: audit.Actor | str, rule: dict[str, Any] | None = None,
    beacon_name: str = "",
) -> Draw:  # fmt: skip
    """Begin a draw: its commitment is public from now on."""
    if winners < 1:
        raise DrawError(lazy("A draw has at least one winner."))
    code = codes.random_code()
    draw = Draw(code=code, festival_id=festival_id, about=about, name=name, rule=rule or {}, winners_wanted=winners,
                commitment=commitment_to(_seed(code)), beacon_name=beacon_name, announced_at=clock.now())  # fmt: skip
    db.session.add(draw)
    db.session.flush()
    audit.record(
        "draw.announced",
        f"draw:{code}",
        festival_id=festival_id,
        by=by,
        details={"commitment": draw.commitment},
    )
    return draw


def freeze(draw: Draw, entries: Sequence[Entry], *, by: audit.Actor | str) -> None:
    """Nobody enters any more. The list is public from now on, the seed is not."""
    if draw.state != DrawState.ANNOUNCED:
        raise DrawError(lazy("The entries of this draw are already fixed."))
    if len({name for name, _weight in entries}) != len(entries) or not all(
        1 <= weight <= HEAVIEST for _name, weight in entries
    ):
        raise ValueError("entries have different names and weights from 1 to 3")
    ordered = sorted(entries)
    draw.entries, draw.entries_digest = [list(entry) for entry in ordered], digest_of(ordered)
    draw.state, draw.frozen_at = DrawState.FROZEN, clock.now()
    audit.record(
        "draw.frozen",
        f"draw:{draw.code}",
        festival_id=draw.festival_id,
        by=by,
        details={"entries": draw.entries_digest},
    )


def draw_lots(draw: Draw, *, beacon: str = "", by: audit.Actor | str) -> list[str]:
    """Draw, once; the same again gives the same. Returns the winners' entries."""
    if draw.state == DrawState.DRAWN:
        return draw.winners
    if draw.state != DrawState.FROZEN:
        raise DrawError(lazy("Fix the entries first."))
    if bool(draw.beacon_name) != bool(beacon.strip()):
        raise DrawError(lazy("Enter the public value that was announced, and none where none was."))
    seed = _seed(draw.code)
    draw.seed, draw.beacon = seed, beacon.strip()
    draw.ranking = rank(seed, draw.beacon, [(name, weight) for name, weight in draw.entries])
    draw.state, draw.drawn_at = DrawState.DRAWN, clock.now()
    audit.record(
        "draw.drawn", f"draw:{draw.code}", festival_id=draw.festival_id, by=by, details={"seed": seed}
    )
    return draw.winners


def published(draw: Draw) -> dict[str, Any]:
    """What anybody may have of it now, as the checker reads it."""
    shown: dict[str, Any] = {"code": draw.code, "commitment": draw.commitment, "beacon_name": draw.beacon_name,
                             "winners_wanted": draw.winners_wanted}  # fmt: skip
    if draw.state != DrawState.ANNOUNCED:
        shown |= {"entries": draw.entries, "entries_digest": draw.entries_digest}
    if draw.state == DrawState.DRAWN:
        shown |= {"seed": draw.seed, "beacon": draw.beacon, "winners": draw.winners}
    return shown


def _seed(code: str) -> str:
    return hmac.new(config.key_for("draw"), code.encode(), sha256).hexdigest()
