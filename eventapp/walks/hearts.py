"""♡: factories and programmes that somebody likes, without an account. The list is found by its code, and shared so."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select

from eventapp import clock
from eventapp.db import NotThere, db
from eventapp.festivals.models import Edition
from eventapp.i18n import Translated
from eventapp.walks.asking import MOST_WISHES
from eventapp.walks.ground import Ground, read_ground
from eventapp.walks.keys import is_key, key_hash, new_key
from eventapp.walks.models import HeartList


class SavedHearts(NamedTuple):
    """A new list and the key with which it is changed; the key is nowhere stored."""

    list: HeartList
    key: str


class Wish(NamedTuple):
    """One heart: what it is on, and whether that is still there."""

    key: str
    name: Translated
    factory: str | None  # the slug of the factory's page
    programme: str | None  # its code
    is_there: bool


def create(edition: Edition, keys: Iterable[str]) -> SavedHearts:
    """A new list of an edition."""
    key, now = new_key(), clock.now()
    hearts = HeartList(
        edition_id=edition.id,
        edition=edition,
        key_hash=key_hash(key),
        keys=cleaned(keys),
        created_at=now,
        changed_at=now,
    )
    db.session.add(hearts)
    db.session.flush()  # the link needs its code
    return SavedHearts(hearts, key)


def change(hearts: HeartList, keys: Iterable[str]) -> None:
    """The list as it is now on the device that keeps it."""
    hearts.keys = cleaned(keys)
    hearts.changed_at = clock.now()


def toggle(hearts: HeartList, key: str) -> bool:
    """Put a heart on something, or take it off; whether it is on afterwards."""
    is_on = key not in hearts.keys
    change(hearts, [*hearts.keys, key] if is_on else [each for each in hearts.keys if each != key])
    return is_on and key in hearts.keys


def cleaned(keys: Iterable[str]) -> list[str]:
    """Wish keys only, each once, not more than anybody can visit."""
    found: dict[str, None] = {}
    for key in keys:
        kind, _, code = key[:40].partition(":")
        if kind in {"factory", "programme"} and code.isascii() and code.isalnum():
            found[f"{kind}:{code}"] = None
    return list(found)[:MOST_WISHES]


def find(edition: Edition, code: str) -> HeartList | None:
    """A list of the edition by the code in its link, if there is one."""
    return db.session.scalar(
        select(HeartList).where(HeartList.code == code, HeartList.edition_id == edition.id)
    )


def get(edition: Edition, code: str) -> HeartList:
    """The same, or NotThere."""
    hearts = find(edition, code)
    if hearts is None:
        raise NotThere(code)
    return hearts


def may_change(hearts: HeartList, key: str | None) -> bool:
    """Whether this device made the list."""
    return is_key(key, hearts.key_hash)


def wishes(hearts: HeartList, ground: Ground | None = None) -> list[Wish]:
    """What the hearts are on, in their order; what is gone stays, and is said to be gone."""
    ground = ground or read_ground(hearts.edition)
    return [wish_of(key, ground) for key in hearts.keys]


def wish_of(key: str, ground: Ground) -> Wish:
    """One wish key with its name."""
    kind, _, code = key.partition(":")
    if kind == "factory" and (host := ground.hosts.get(code)):
        return Wish(key, host.name, host.slug, None, is_there=True)
    if kind == "programme" and (offering := ground.offerings.get(code)):
        host = ground.hosts.get(offering.host or "")
        return Wish(key, offering.title, host.slug if host else None, code, is_there=True)
    return Wish(key, Translated(), None, None, is_there=False)
