"""Pictures of a factory: stored under an unguessable name, in an order, with words for those who do not see them.

Decoding takes up to a second and never happens inside `transaction()`: `store` first, then `add` within one, and
`discard` if it fails.
"""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import IO, BinaryIO, cast

from sqlalchemy import select

from eventapp import audit, uploads
from eventapp.db import NotThere, db
from eventapp.factories import profiles
from eventapp.factories.models import Factory, Photo
from eventapp.i18n import RuleError, Translated, lazy
from eventapp.uploads import StoredPicture

MOST = 12  # of one factory


class PhotoError(RuleError):
    """The picture cannot be added."""


def store(stream: IO[bytes], folder: Path) -> StoredPicture:
    """Check, turn, strip and store one picture from a phone. Raises uploads.UploadError; nothing is left behind then."""
    return uploads.store_picture(cast(BinaryIO, stream), folder, secrets.token_urlsafe(18))


def discard(pictures: Sequence[StoredPicture], folder: Path) -> None:
    """Remove files whose rows were not written."""
    for picture in pictures:
        uploads.delete_picture(folder, picture.name)


def add(
    factory: Factory, picture: StoredPicture, *, by: audit.Actor | str, alt: Translated | None = None
) -> Photo:
    """Put a stored picture behind the others. Raises PhotoError once there are enough."""
    if len(factory.photos) >= MOST:
        raise PhotoError(lazy("A factory shows at most %(most)s pictures. Remove one first.", most=MOST))
    photo = Photo(name=picture.name, alt=alt or Translated({}), width=picture.width, height=picture.height,
                  position=max((one.position for one in factory.photos), default=0) + 1)  # fmt: skip
    factory.photos.append(photo)
    _changed(factory, "photo.added", photo, by)
    return photo


def get(factory: Factory, name: str) -> Photo:
    """One of this factory's own pictures."""
    found = db.session.scalar(select(Photo).where(Photo.factory_id == factory.id, Photo.name == name))
    if found is None:
        raise NotThere(name)
    return found


def describe(photo: Photo, alt: Translated, *, by: audit.Actor | str) -> None:
    """Say in words what the picture shows."""
    if photo.alt != alt:
        photo.alt = alt
        _changed(photo.factory, "photo.described", photo, by)


def move(photo: Photo, places: int, *, by: audit.Actor | str) -> None:
    """Move the picture so many places towards the front (negative) or the back; the first one is the cover."""
    row = sorted(photo.factory.photos, key=lambda one: (one.position, one.id))
    target = min(max(row.index(photo) + places, 0), len(row) - 1)
    if target == row.index(photo):
        return
    row.remove(photo)
    row.insert(target, photo)
    for position, one in enumerate(row, start=1):
        one.position = position
    _changed(photo.factory, "photo.moved", photo, by)


def remove(photo: Photo, *, by: audit.Actor | str) -> str:
    """Take the picture away; returns the name whose files the caller deletes once the transaction is through."""
    factory, name = photo.factory, photo.name
    _changed(factory, "photo.removed", photo, by)
    factory.photos.remove(photo)
    return name


def _changed(factory: Factory, action: str, photo: Photo, by: audit.Actor | str) -> None:
    profiles.note_change(factory)
    audit.record(
        action,
        f"factory:{factory.code}",
        festival_id=factory.festival_id,
        by=by,
        details={"photo": photo.name[:6]},
    )
