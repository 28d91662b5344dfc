"""Places that are no factory: information, toilets, parking, lunch, bus stops, stations, stages."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from eventapp import audit
from eventapp.db import NotThere, db
from eventapp.festivals.editions import touch
from eventapp.festivals.models import Edition, Place, PlaceKind


def get_place(edition: Edition, code: str) -> Place:
    """A place of this edition, or NotThere."""
    found = db.session.scalar(select(Place).where(Place.edition_id == edition.id, Place.code == code))
    if found is None:
        raise NotThere(code)
    return found


def find_places(edition: Edition) -> list[Place]:
    """The places of an edition, kind by kind, each with its venue."""
    rows = db.session.scalars(
        select(Place)
        .options(joinedload(Place.venue))
        .where(Place.edition_id == edition.id)
        .order_by(Place.id)
    )
    order = list(PlaceKind)
    return sorted(rows, key=lambda place: order.index(place.kind))


def save(place: Place | None, edition: Edition, values: dict[str, Any], *, by: audit.Actor | str) -> Place:
    """Make a place, or change one."""
    is_new = place is None
    if place is None:
        place = Place(edition_id=edition.id, version=0, **values)
        db.session.add(place)
        db.session.flush()  # for its code
    else:
        for field, value in values.items():
            setattr(place, field, value)
    place.version += 1
    touch(edition)
    audit.record("place.created" if is_new else "place.changed", f"place:{place.code}", festival_id=edition.festival_id, by=by,
                 details={"name": dict(place.name), "kind": place.kind.value})  # fmt: skip
    return place


def delete(place: Place, edition: Edition, *, by: audit.Actor | str) -> None:
    """Remove a place. Whether a programme is held there, the caller has asked."""
    audit.record(
        "place.deleted",
        f"place:{place.code}",
        festival_id=edition.festival_id,
        by=by,
        details={"name": dict(place.name)},
    )
    db.session.delete(place)
    touch(edition)
