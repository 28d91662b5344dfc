"""The rally itself: stations and what they ask for, courses, signing keys, posters."""

import enum
import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp import codes
from eventapp.db import Model
from eventapp.factories.models import Entry
from eventapp.festivals.models import Edition, Venue
from eventapp.i18n import Translated

if TYPE_CHECKING:
    from eventapp.stamps.models.prizes import Desk, Prize


class RallyState(enum.StrEnum):
    DRAFT = "draft"
    RUNNING = "running"  # scans count between opening and closing time
    CLOSED = "closed"


class Rally(Model):
    """The stamp rally of an edition. `rules_version` rises whenever stations, posters, keys or prizes change."""

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"), unique=True)
    name: Mapped[Translated]
    introduction: Mapped[Translated]  # Markdown
    state: Mapped[RallyState] = mapped_column(default=RallyState.DRAFT)
    opens_at: Mapped[datetime | None]  # None: the first moment of the edition's first day
    closes_at: Mapped[datetime | None]  # None: the last moment of its last day
    claims_until: Mapped[datetime | None]  # prizes are handed over until then; None: until closing
    most_per_step: Mapped[int] = mapped_column(
        default=30
    )  # cards on one picture of a rotating display before it is held
    overlay: Mapped[str | None]  # a stored picture that grows with each stamp
    next_serial: Mapped[int] = mapped_column(default=1)  # of paper cards
    # Begins anywhere: rules kept by a process are never taken for those of a database made anew.
    rules_version: Mapped[int] = mapped_column(default=lambda: secrets.randbelow(10**9))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    edition: Mapped[Edition] = relationship(lazy="joined", innerjoin=True)
    stations: Mapped[list["Station"]] = relationship(
        back_populates="rally", order_by="Station.number", cascade="all, delete-orphan"
    )
    prizes: Mapped[list["Prize"]] = relationship(
        back_populates="rally", order_by="Prize.position, Prize.id", cascade="all, delete-orphan"
    )
    desks: Mapped[list["Desk"]] = relationship(
        back_populates="rally", order_by="Desk.id", cascade="all, delete-orphan"
    )
    courses: Mapped[list["RallyCourse"]] = relationship(
        back_populates="rally", order_by="RallyCourse.id", cascade="all, delete-orphan"
    )


class Policy(enum.StrEnum):
    """What a station asks for. It may be switched while the rally runs; nothing is printed anew."""

    STATIC = "static"  # the poster is enough
    ROTATING = "rotating"  # a display whose code changes every 15 seconds
    STAFF = "staff"  # somebody of the station scans the visitor's card


class Station(Model):
    """A place where there is a stamp: at a factory's entry, at a venue, or a point of its own (the committee's desk)."""

    __table_args__ = (
        UniqueConstraint("rally_id", "number"),
        CheckConstraint("entry_id IS NULL OR venue_id IS NULL", name="one_host"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    rally_id: Mapped[int] = mapped_column(ForeignKey("rally.id", ondelete="CASCADE"))
    number: Mapped[int]  # as printed on the poster
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id", ondelete="CASCADE"), index=True)
    name: Mapped[Translated]  # empty: the name of its factory or venue; see `title`
    hint: Mapped[Translated]  # where the poster is: "at the reception on the second floor"
    policy: Mapped[Policy] = mapped_column(default=Policy.STATIC)
    no_camera: Mapped[bool] = mapped_column(default=False)  # no photographs there: staff stamp, or NFC
    hours: Mapped[list[Any]] = mapped_column(
        default=list
    )  # [["2026-11-28", "10:00", "16:00"]]; empty: the entry's openings
    lat: Mapped[float | None]  # None: of the factory's entrance or of the venue
    lon: Mapped[float | None]
    art: Mapped[str | None]  # an uploaded picture's name; None: drawn from name and craft
    is_active: Mapped[bool] = mapped_column(
        default=True
    )  # False: shown nowhere, held if scanned; stamps stay
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    rally: Mapped[Rally] = relationship(back_populates="stations")
    entry: Mapped[Entry | None] = relationship(lazy="joined")
    venue: Mapped[Venue | None] = relationship(lazy="joined")
    posters: Mapped[list["Poster"]] = relationship(
        back_populates="station", order_by="Poster.id", cascade="all, delete-orphan"
    )

    @property
    def title(self) -> Translated:
        """Its own name, else that of its factory or venue."""
        if self.name:
            return self.name
        if self.entry is not None:
            return self.entry.factory.name
        return self.venue.name if self.venue is not None else self.name

    @property
    def point(self) -> tuple[float, float] | None:
        """(lat, lon), its own or its host's."""
        host = self.entry.factory if self.entry is not None else self.venue
        lat, lon = (
            (self.lat, self.lon)
            if self.lat is not None
            else (getattr(host, "lat", None), getattr(host, "lon", None))
        )
        return (lat, lon) if lat is not None and lon is not None else None


class RallyCourse(Model):
    """Stations that belong together. In an ordered course they are visited one after the other."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    rally_id: Mapped[int] = mapped_column(ForeignKey("rally.id", ondelete="CASCADE"), index=True)
    name: Mapped[Translated]
    is_ordered: Mapped[bool] = mapped_column(default=False)
    stations: Mapped[list[str]] = mapped_column(default=list)  # codes of stations, in order
    version: Mapped[int] = mapped_column(default=1)

    rally: Mapped[Rally] = relationship(back_populates="courses")


class KeyState(enum.StrEnum):
    ACTIVE = "active"  # signs and verifies
    VERIFY_ONLY = "verify_only"  # its posters still count, new ones are signed by the next generation
    RETIRED = "retired"  # leaked: nothing it signed counts any more


class KeyGeneration(Model):
    """A generation of signing keys. The key itself is nowhere: it is derived from the installation's secret (keys.py)."""

    __table_args__ = (
        CheckConstraint("kid BETWEEN 0 AND 1023", name="kid"),
        UniqueConstraint("rally_id", "generation"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kid: Mapped[int] = mapped_column(
        unique=True
    )  # in the token; one per installation, so /s/<token> finds its rally
    rally_id: Mapped[int] = mapped_column(ForeignKey("rally.id", ondelete="CASCADE"))
    generation: Mapped[int]
    salt: Mapped[str] = mapped_column(
        default=lambda: codes.random_code(16)
    )  # no secret: two installations never share a key
    state: Mapped[KeyState] = mapped_column(default=KeyState.ACTIVE)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    rally: Mapped[Rally] = relationship(lazy="joined", innerjoin=True)


class Poster(Model):
    """One printed code (or one display) of a station. Revoking it leaves every stamp it gave."""

    __table_args__ = (
        UniqueConstraint("rally_id", "pid"),
        UniqueConstraint("rally_id", "short_code"),
        CheckConstraint("pid BETWEEN 0 AND 32767", name="pid"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rally_id: Mapped[int] = mapped_column(ForeignKey("rally.id", ondelete="CASCADE"))
    station_id: Mapped[int] = mapped_column(ForeignKey("station.id", ondelete="CASCADE"), index=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("key_generation.id"), index=True)
    pid: Mapped[int]
    short_code: Mapped[str]  # to type where no camera works
    label: Mapped[str] = mapped_column(default="")  # "reception A4"
    is_display: Mapped[bool] = mapped_column(default=False)  # a phone or tablet that shows rotating codes
    valid_from: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("poster.id", ondelete="SET NULL"))

    station: Mapped[Station] = relationship(back_populates="posters")
    key: Mapped[KeyGeneration] = relationship(lazy="joined", innerjoin=True)
