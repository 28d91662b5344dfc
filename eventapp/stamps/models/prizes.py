"""Prizes: what is given for what, where it lies, who has earned it and who has been given it."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp import codes
from eventapp.db import Model
from eventapp.festivals.models import Place, Venue
from eventapp.i18n import Translated
from eventapp.stamps.models.rally import Rally, RallyCourse


class PrizeKind(enum.StrEnum):
    COUNT = "count"  # so many stamps
    SET = "set"  # so many out of a set of stations
    COURSE = "course"  # a whole course, in its order where it has one
    AREA = "area"  # so many in one part of town
    CRAFT = "craft"  # so many of one craft
    AREAS = "areas"  # in so many parts of town
    CRAFTS = "crafts"  # of so many crafts


class Prize(Model):
    """A tier: what is given for what. `left` is the common store; desks and escrows hold their own part."""

    __table_args__ = (
        CheckConstraint("needed >= 1", name="needed"),
        CheckConstraint("stock_left >= 0", name="stock"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    rally_id: Mapped[int] = mapped_column(ForeignKey("rally.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)  # the lowest is the first tier: held stamps count for it
    kind: Mapped[PrizeKind] = mapped_column(default=PrizeKind.COUNT)
    needed: Mapped[int] = mapped_column(default=1)
    stations: Mapped[list[str]] = mapped_column(default=list)  # SET: codes of stations
    course_id: Mapped[int | None] = mapped_column(ForeignKey("rally_course.id", ondelete="SET NULL"))
    area: Mapped[str] = mapped_column(default="")  # AREA: the factory's part of town, in Japanese
    craft: Mapped[str] = mapped_column(default="")  # CRAFT: a value of factories.Craft
    name: Mapped[Translated]
    description: Mapped[Translated]
    picture: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(
        default=True
    )  # False: nobody earns it any more; what was earned stays
    stock_initial: Mapped[int] = mapped_column(default=0)  # everything that was ever brought in
    stock_left: Mapped[int] = mapped_column(default=0)  # in the common store
    version: Mapped[int] = mapped_column(default=1)

    rally: Mapped[Rally] = relationship(back_populates="prizes")
    course: Mapped[RallyCourse | None] = relationship()


class Desk(Model):
    """Where prizes are handed over."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    rally_id: Mapped[int] = mapped_column(ForeignKey("rally.id", ondelete="CASCADE"), index=True)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id", ondelete="SET NULL"))
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id", ondelete="SET NULL"))
    name: Mapped[Translated]
    pin_hash: Mapped[str] = mapped_column(default="")  # the PIN of the day, for a desk without a device
    pin_day: Mapped[str] = mapped_column(default="")  # "2026-11-28"
    pin_failures: Mapped[int] = mapped_column(default=0)
    pin_locked_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    rally: Mapped[Rally] = relationship(back_populates="desks")
    place: Mapped[Place | None] = relationship()
    venue: Mapped[Venue | None] = relationship()
    stock: Mapped[list["DeskStock"]] = relationship(back_populates="desk", cascade="all, delete-orphan")


class DeskStock(Model):
    """What a desk has of a prize on its own table."""

    __table_args__ = (
        UniqueConstraint("desk_id", "prize_id"),
        CheckConstraint("stock_left >= 0", name="stock"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id", ondelete="CASCADE"))
    prize_id: Mapped[int] = mapped_column(ForeignKey("prize.id", ondelete="CASCADE"), index=True)
    stock_left: Mapped[int] = mapped_column(default=0)

    desk: Mapped[Desk] = relationship(back_populates="stock")
    prize: Mapped[Prize] = relationship()


class Escrow(Model):
    """Prizes that one device may hand over without a signal. Disjoint from every other stock."""

    __table_args__ = (CheckConstraint("stock_left >= 0", name="stock"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id", ondelete="CASCADE"), index=True)
    prize_id: Mapped[int] = mapped_column(ForeignKey("prize.id", ondelete="CASCADE"), index=True)
    device_code: Mapped[str]
    taken: Mapped[int]
    stock_left: Mapped[int]
    made_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    desk: Mapped[Desk] = relationship()
    prize: Mapped[Prize] = relationship()


class Award(Model):
    """A prize is earned: written once, and never taken back by a correction. Its certificate is made from this row."""

    __table_args__ = (UniqueConstraint("card_id", "prize_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)  # 80 bits, Crockford's base 32; in the certificate
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"))
    prize_id: Mapped[int] = mapped_column(ForeignKey("prize.id", ondelete="CASCADE"), index=True)
    stamps: Mapped[int]  # how many counted at that moment
    earned_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]  # explicit fraud alone, with a reason in the history

    prize: Mapped[Prize] = relationship(lazy="joined", innerjoin=True)
    claims: Mapped[list["Claim"]] = relationship(
        back_populates="award", order_by="Claim.id", cascade="all, delete-orphan"
    )

    @property
    def live_claim(self) -> "Claim | None":
        return next((claim for claim in self.claims if claim.state == ClaimState.LIVE), None)


class ClaimState(enum.StrEnum):
    LIVE = "live"
    UNDONE = "undone"  # within ten minutes, with a reason
    DOUBLE = "double"  # handed over offline although it had been elsewhere: counted, listed, not hidden


_LIVE_CLAIM = text("state = 'live'")


class Claim(Model):
    """A prize was handed over. At most one live claim for an award."""

    __table_args__ = (
        Index(
            "uq_claim_live_award",
            "award_id",
            unique=True,
            sqlite_where=_LIVE_CLAIM,
            postgresql_where=_LIVE_CLAIM,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    award_id: Mapped[int] = mapped_column(ForeignKey("award.id", ondelete="CASCADE"), index=True)
    prize_id: Mapped[int] = mapped_column(ForeignKey("prize.id", ondelete="CASCADE"), index=True)
    desk_id: Mapped[int | None] = mapped_column(ForeignKey("desk.id", ondelete="SET NULL"), index=True)
    escrow_id: Mapped[int | None] = mapped_column(ForeignKey("escrow.id", ondelete="SET NULL"))
    source: Mapped[str]  # which stock it came from: "desk", "store", "escrow"; "over" where none had any left
    request_key: Mapped[str] = mapped_column(unique=True)  # made on the staff device: twice sent counts once
    state: Mapped[ClaimState] = mapped_column(default=ClaimState.LIVE)
    by: Mapped[str]  # the device's or organizer's name
    handed_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undo_reason: Mapped[str] = mapped_column(default="")

    award: Mapped[Award] = relationship(back_populates="claims")
    prize: Mapped[Prize] = relationship()
    desk: Mapped[Desk | None] = relationship()
