"""What the room keeps: street extracts, timetables and feeds, hearts, day plans, model courses.

A visitor's plan and hearts hold no name and no address; they are found by a code in a link and changed with a key
that only the visitor's own device has (its hash is stored). See docs/walks.md.
"""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp import codes
from eventapp.db import Model
from eventapp.festivals.models import Edition
from eventapp.i18n import Translated

CODE_LENGTH = 12  # 59 bits: whoever has the link may read


def long_code() -> str:
    """A code for a link that nobody guesses."""
    return codes.random_code(CODE_LENGTH)


class ExtractState(enum.StrEnum):
    WAITING = "waiting"  # the worker will read it
    READY = "ready"
    FAILED = "failed"  # `error` says why


class StreetExtract(Model):
    """An uploaded OpenStreetMap extract and the walking graph made of it. The newest ready one of an edition counts."""

    __tablename__ = "street_extract"
    __table_args__ = (Index("ix_street_extract_edition_state", "edition_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"))
    filename: Mapped[str]  # as it was called where it came from
    stored: Mapped[str]  # the upload under instance/walks, gone once it was read
    sha256: Mapped[str]
    bytes: Mapped[int]
    state: Mapped[ExtractState] = mapped_column(default=ExtractState.WAITING)
    error: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the sentence by language
    job_code: Mapped[str | None]
    graph: Mapped[str | None]  # the file with the graph under instance/walks
    graph_sha256: Mapped[str | None]  # what matrices are cached by
    box: Mapped[list[Any]] = mapped_column(default=list)  # south, west, north, east of what was kept
    without: Mapped[list[Any]] = mapped_column(default=list)  # way ids the organizer excludes
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)  # see extracts.Report
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    edition: Mapped[Edition] = relationship()


class Timetable(Model):
    """One shuttle line as the organizer types it: stops in their order, and the times of every trip at each of them.

    `stops` are {"name": {"ja", "en"}, "lat", "lon"}; a trip is one time per stop as "10:05", "" where it does not stop.
    `dates` are ISO dates; empty means every day of the edition.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"), index=True)
    name: Mapped[Translated]
    note: Mapped[Translated]
    dates: Mapped[list[Any]] = mapped_column(default=list)
    stops: Mapped[list[Any]] = mapped_column(default=list)
    trips: Mapped[list[Any]] = mapped_column(default=list)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    edition: Mapped[Edition] = relationship()


class Feed(Model):
    """A GTFS or GTFS-JP feed, read once: what runs near the festival on its days."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"), index=True)
    filename: Mapped[str]
    sha256: Mapped[str]
    agency: Mapped[Translated]
    first_day: Mapped[date]  # the service the feed covers
    last_day: Mapped[date]
    # Stops and trips in the form of transit.Network.as_json; large, so read only where somebody rides.
    data: Mapped[dict[str, Any]] = mapped_column(default=dict, deferred=True)
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)  # stops, trips, days without service
    created_at: Mapped[datetime]

    edition: Mapped[Edition] = relationship()


class HeartList(Model):
    """What somebody marked with ♡: factories and programmes, from which the planner starts."""

    __tablename__ = "heart_list"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=long_code)
    key_hash: Mapped[str]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"), index=True)
    keys: Mapped[list[Any]] = mapped_column(default=list)  # "factory:<entry code>", "programme:<code>"
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    edition: Mapped[Edition] = relationship(lazy="joined", innerjoin=True)


class Plan(Model):
    """Somebody's day. It holds no seats and no name; `result` is the plan itself, so a shared link shows what was planned."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=long_code)
    key_hash: Mapped[str]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"), index=True)
    request: Mapped[dict[str, Any]]  # asking.PlanRequest as plain data
    result: Mapped[dict[str, Any]]  # proposal.Proposal as plain data
    locked: Mapped[list[Any]] = mapped_column(default=list)  # keys of stops that stay
    removed: Mapped[list[Any]] = mapped_column(default=list)  # "not this one": wish keys
    visited: Mapped[list[Any]] = mapped_column(default=list)
    booked: Mapped[list[Any]] = mapped_column(default=list)  # keys of stops whose slot was booked from here
    content_version: Mapped[int]  # of the edition, when it was planned
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    edition: Mapped[Edition] = relationship(lazy="joined", innerjoin=True)


class Course(Model):
    """A model course by the committee, made with the same planner and checked again when the edition changes."""

    __table_args__ = (
        CheckConstraint("position >= 0", name="position"),
        Index("ix_course_edition_position", "edition_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"))
    title: Mapped[Translated]
    theme: Mapped[Translated]  # one or two sentences: for whom, what is special
    request: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]]
    is_published: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    content_version: Mapped[int]  # against which it was checked last
    faults: Mapped[list[Any]] = mapped_column(
        default=list
    )  # what no longer holds; courses.Fault as plain data
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    edition: Mapped[Edition] = relationship(lazy="joined", innerjoin=True)
