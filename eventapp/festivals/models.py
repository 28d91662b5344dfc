"""A festival is a tenant; everything yearly hangs on one of its editions."""

import enum
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp import clock, codes
from eventapp.db import Model
from eventapp.i18n import Translated
from eventapp.people.models import Person


class Festival(Model):
    """The brand that stays across years: names, looks, its own word for "factory"."""

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Translated]
    factory_word: Mapped[Translated]  # 工場, 工房, 窯元 ...; English "factory", "workshop", "kiln"
    accent: Mapped[str] = mapped_column(default="#b4451f")  # "#rrggbb", checked for contrast on saving
    logo: Mapped[str | None]  # a stored picture's name
    cover: Mapped[str | None]
    website: Mapped[str | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    import_columns: Mapped[dict[str, Any]] = mapped_column(
        default=dict
    )  # how this committee's own sheets were matched
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    editions: Mapped[list["Edition"]] = relationship(
        back_populates="festival", order_by="Edition.first_day.desc()"
    )


class Role(enum.StrEnum):
    """What an organizer may: everything; everything but people and settings; look."""

    OWNER = "owner"
    STAFF = "staff"
    READER = "reader"  # the town hall, sponsors


class Organizer(Model):
    """A person's place in the committee of a festival."""

    __table_args__ = (UniqueConstraint("festival_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    festival_id: Mapped[int] = mapped_column(ForeignKey("festival.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    role: Mapped[Role]
    created_at: Mapped[datetime]

    festival: Mapped[Festival] = relationship(lazy="joined", innerjoin=True)
    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class Style(enum.StrEnum):
    CIRCUIT = "circuit"  # 周遊型
    GATHERING = "gathering"  # 集合型
    MIXED = "mixed"  # 周遊・集合併用型


class EditionState(enum.StrEnum):
    DRAFT = "draft"
    RECRUITING = "recruiting"
    PUBLISHED = "published"
    RUNNING = "running"
    CLOSED = "closed"


NEXT: dict[EditionState, set[EditionState]] = {
    EditionState.DRAFT: {EditionState.RECRUITING, EditionState.PUBLISHED},
    EditionState.RECRUITING: {EditionState.DRAFT, EditionState.PUBLISHED},
    EditionState.PUBLISHED: {EditionState.RECRUITING, EditionState.RUNNING, EditionState.CLOSED},
    EditionState.RUNNING: {EditionState.PUBLISHED, EditionState.CLOSED},
    EditionState.CLOSED: {EditionState.RUNNING},
}
PUBLIC = frozenset({EditionState.PUBLISHED, EditionState.RUNNING, EditionState.CLOSED})
BOOKABLE = frozenset({EditionState.PUBLISHED, EditionState.RUNNING})


class Edition(Model):
    """One holding of the festival, with a set of days. `content_version` rises with every edit, never with bookings."""

    __table_args__ = (
        UniqueConstraint("festival_id", "slug"),
        CheckConstraint("max_party_size BETWEEN 1 AND 100", name="party"),
        CheckConstraint("max_open_reservations BETWEEN 1 AND 1000", name="reservations"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    festival_id: Mapped[int] = mapped_column(ForeignKey("festival.id", ondelete="CASCADE"))
    slug: Mapped[str]
    name: Mapped[Translated]  # "2026 秋"
    style: Mapped[Style]
    state: Mapped[EditionState] = mapped_column(default=EditionState.DRAFT)
    zone_name: Mapped[str] = mapped_column(default="Asia/Tokyo")
    first_day: Mapped[date | None]  # of `days`, kept for sorting and for "the current edition"
    last_day: Mapped[date | None]
    tagline: Mapped[Translated]
    introduction: Mapped[Translated]  # Markdown
    access: Mapped[Translated]  # how to get there, Markdown
    rules: Mapped[Translated]  # what every visitor is asked, Markdown
    privacy: Mapped[Translated]  # Markdown
    privacy_version: Mapped[int] = mapped_column(default=1)  # consent is given to a version
    booking_opens_at: Mapped[datetime | None]  # kept to the second
    booking_closes_at: Mapped[datetime | None]
    change_hours: Mapped[int] = mapped_column(
        default=0
    )  # how long before the start a visitor may still change
    max_open_reservations: Mapped[int] = mapped_column(default=6)
    max_party_size: Mapped[int] = mapped_column(default=6)
    contact_email: Mapped[str | None]
    contact_phone: Mapped[str | None]
    keep_visitors_days: Mapped[int] = mapped_column(
        default=90
    )  # after the last day, then bookings lose names
    lat: Mapped[float | None]  # the middle of the map
    lon: Mapped[float | None]
    # The drawn layers as GeoJSON, empty for none. Large, so read only where a map is drawn, never with every slot.
    base_map: Mapped[dict[str, Any]] = mapped_column(default=dict, deferred=True)
    content_version: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    festival: Mapped[Festival] = relationship(back_populates="editions", lazy="joined", innerjoin=True)
    days: Mapped[list["EditionDay"]] = relationship(
        back_populates="edition", order_by="EditionDay.date", cascade="all, delete-orphan"
    )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone_name)

    @property
    def dates(self) -> list[date]:
        """The days on which it is held, in order."""
        return [day.date for day in self.days]

    @property
    def is_public(self) -> bool:
        return self.state in PUBLIC

    def today(self) -> date:
        """The local day there, now."""
        return clock.local(clock.now(), self.zone).date()

    def forget_visitors_at(self) -> datetime | None:
        """When visitors' names are erased: so many days after the last day."""
        if self.last_day is None:
            return None
        return clock.day_bounds(self.last_day + timedelta(days=self.keep_visitors_days), self.zone)[1]


class EditionDay(Model):
    __tablename__ = "edition_day"
    __table_args__ = (UniqueConstraint("edition_id", "date"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"))
    date: Mapped[date]

    edition: Mapped[Edition] = relationship(back_populates="days")


class Notice(Model):
    """News on the home page."""

    __table_args__ = (Index("ix_notice_edition_published", "edition_id", "published_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"))
    title: Mapped[Translated]
    body: Mapped[Translated]  # Markdown
    is_urgent: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[datetime]
    until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class Venue(Model):
    """A hall or a square where factories bring booths."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"), index=True)
    name: Mapped[Translated]
    description: Mapped[Translated]
    address: Mapped[Translated]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    version: Mapped[int] = mapped_column(default=1)

    booths: Mapped[list["Booth"]] = relationship(
        back_populates="venue", order_by="Booth.position", cascade="all, delete-orphan"
    )


class Booth(Model):
    """A numbered place in a venue. `number` is what the plan of the hall says: "A-3"."""

    __table_args__ = (UniqueConstraint("venue_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    venue_id: Mapped[int] = mapped_column(ForeignKey("venue.id", ondelete="CASCADE"))
    number: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)

    venue: Mapped[Venue] = relationship(back_populates="booths")


class PlaceKind(enum.StrEnum):
    INFORMATION = "information"
    TOILET = "toilet"
    PARKING = "parking"
    LUNCH = "lunch"
    BUS_STOP = "bus_stop"
    STATION = "station"
    PRIZE_DESK = "prize_desk"
    MEETING_POINT = "meeting_point"
    STAGE = "stage"  # its timetable is the slots held there


class Place(Model):
    """A point that is no factory: on map, guide and plan. A stage belongs to its venue."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"), index=True)
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id", ondelete="CASCADE"))
    kind: Mapped[PlaceKind]
    name: Mapped[Translated]
    note: Mapped[Translated]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    version: Mapped[int] = mapped_column(default=1)

    venue: Mapped[Venue | None] = relationship()
