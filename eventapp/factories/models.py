"""A factory stays across years; an entry joins it to one edition."""

import enum
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp import codes
from eventapp.db import Model
from eventapp.festivals.models import Booth, Edition, Festival
from eventapp.i18n import Translated
from eventapp.people.models import Person


class Craft(enum.StrEnum):
    CUTTING = "cutting"
    PRESS = "press"
    CASTING = "casting"
    FORGING = "forging"
    PLATING = "plating"
    WELDING = "welding"
    WOOD = "wood"
    TEXTILE = "textile"
    DYEING = "dyeing"
    CERAMICS = "ceramics"
    GLASS = "glass"
    LEATHER = "leather"
    PAPER = "paper"
    PRINTING = "printing"
    FOOD = "food"
    PLASTICS = "plastics"
    ELECTRONICS = "electronics"
    BLADES = "blades"
    OTHER = "other"


class PointKind(enum.StrEnum):
    """How well the entrance point is known."""

    EXACT = "exact"
    TOWN = "town"  # somewhere in this part of town: drawn as "about here", counted as missing
    NONE = "none"


class Photography(enum.StrEnum):
    YES = "yes"
    AREAS = "areas"
    NO = "no"


class Degree(enum.StrEnum):
    """How far something holds, as for step-free ways."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class Factory(Model):
    """The profile of a factory or workshop, its entrance, and its visit rules as data. None means "not said yet"."""

    __table_args__ = (
        UniqueConstraint("festival_id", "slug"),
        CheckConstraint("min_age BETWEEN 0 AND 99", name="min_age"),
        CheckConstraint("noise BETWEEN 0 AND 3", name="noise"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    festival_id: Mapped[int] = mapped_column(ForeignKey("festival.id", ondelete="CASCADE"))
    slug: Mapped[str]
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)  # in staff addresses
    import_key: Mapped[str | None]  # the row's own id in the committee's sheet: importing again finds it
    name: Mapped[Translated]
    kana: Mapped[str] = mapped_column(default="")  # ふりがな; lists are sorted by it
    craft: Mapped[Craft] = mapped_column(default=Craft.OTHER)
    products: Mapped[Translated]
    story: Mapped[Translated]  # Markdown
    website: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]  # for the committee; not shown
    postal_code: Mapped[str | None]
    address: Mapped[Translated]
    area: Mapped[Translated]  # part of town, as visitors filter by it
    lat: Mapped[float | None]  # of the entrance
    lon: Mapped[float | None]
    point: Mapped[PointKind] = mapped_column(default=PointKind.NONE)
    access: Mapped[Translated]  # how to find the entrance
    parking: Mapped[Translated]

    min_age: Mapped[int | None]  # years; 0 for everybody
    guardian_below: Mapped[int | None]  # younger visitors come with a grown-up
    infants_take_place: Mapped[bool | None]
    shoes: Mapped[Translated]
    clothes: Mapped[Translated]
    photography: Mapped[Photography | None]
    photography_note: Mapped[Translated]
    languages: Mapped[list[str]] = mapped_column(default=list)  # spoken there: "ja", "en", ...
    step_free: Mapped[Degree | None]
    stroller: Mapped[Degree | None]
    under_roof: Mapped[bool | None]
    toilet: Mapped[bool | None]
    nappy_change: Mapped[bool | None]
    noise: Mapped[int | None]  # 0 quiet to 3 ear protection
    insurance_list: Mapped[bool] = mapped_column(default=False)  # names of everybody are needed
    no_same_trade: Mapped[bool] = mapped_column(default=False)  # visitors declare not to be in the same trade
    asks_company: Mapped[bool] = mapped_column(default=False)  # visitors give company and purpose

    import_note: Mapped[str | None]  # what the sheet said beside, for the committee
    search_key: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    festival: Mapped[Festival] = relationship(lazy="joined", innerjoin=True)
    photos: Mapped[list["Photo"]] = relationship(
        back_populates="factory", order_by="Photo.position", cascade="all, delete-orphan"
    )
    entries: Mapped[list["Entry"]] = relationship(back_populates="factory", cascade="all, delete-orphan")


class Member(Model):
    """A person who works at a factory and keeps its pages."""

    __table_args__ = (UniqueConstraint("factory_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    factory_id: Mapped[int] = mapped_column(ForeignKey("factory.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]

    factory: Mapped[Factory] = relationship(lazy="joined", innerjoin=True)
    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class Photo(Model):
    """A picture of a factory; the file is under instance/, `name` is unguessable."""

    id: Mapped[int] = mapped_column(primary_key=True)
    factory_id: Mapped[int] = mapped_column(ForeignKey("factory.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(unique=True)
    alt: Mapped[Translated]
    width: Mapped[int]
    height: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)

    factory: Mapped[Factory] = relationship(back_populates="photos")


class EntryState(enum.StrEnum):
    DRAFT = "draft"  # the factory is still writing
    SUBMITTED = "submitted"  # the committee is asked
    ACCEPTED = "accepted"  # on the public pages when the edition is
    WITHDRAWN = "withdrawn"


ENTRY_NEXT: dict[EntryState, set[EntryState]] = {
    EntryState.DRAFT: {EntryState.SUBMITTED, EntryState.ACCEPTED, EntryState.WITHDRAWN},
    EntryState.SUBMITTED: {EntryState.DRAFT, EntryState.ACCEPTED, EntryState.WITHDRAWN},
    EntryState.ACCEPTED: {EntryState.DRAFT, EntryState.WITHDRAWN},
    EntryState.WITHDRAWN: {EntryState.DRAFT, EntryState.ACCEPTED},
}


class Entry(Model):
    """A factory's part in one edition. `frozen` keeps what it said when the edition closed, so archives stay true."""

    __table_args__ = (
        UniqueConstraint("factory_id", "edition_id"),
        Index("ix_entry_edition_state", "edition_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    factory_id: Mapped[int] = mapped_column(ForeignKey("factory.id", ondelete="CASCADE"))
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"))
    state: Mapped[EntryState] = mapped_column(default=EntryState.DRAFT)
    at_factory: Mapped[bool] = mapped_column(default=True)  # opens its own doors (circuit)
    booth_id: Mapped[int | None] = mapped_column(ForeignKey("booth.id", ondelete="SET NULL"), unique=True)
    last_entry_minutes: Mapped[int] = mapped_column(default=0)  # before closing
    message: Mapped[Translated]  # what is special this year
    frozen: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    factory: Mapped[Factory] = relationship(back_populates="entries", lazy="joined", innerjoin=True)
    edition: Mapped[Edition] = relationship(lazy="joined", innerjoin=True)
    booth: Mapped[Booth | None] = relationship()
    openings: Mapped[list["Opening"]] = relationship(
        back_populates="entry", order_by="Opening.date, Opening.opens", cascade="all, delete-orphan"
    )


class OpeningPlace(enum.StrEnum):
    ENTRANCE = "entrance"
    BOOTH = "booth"


class Opening(Model):
    """One stretch of opening hours, in local wall time; two of them make a lunch closure."""

    __table_args__ = (
        CheckConstraint("opens < closes", name="order"),
        Index("ix_opening_entry_date", "entry_id", "date"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"))
    date: Mapped[date]
    place: Mapped[OpeningPlace] = mapped_column(default=OpeningPlace.ENTRANCE)
    opens: Mapped[time]
    closes: Mapped[time]

    entry: Mapped[Entry] = relationship(back_populates="openings")
