"""The cookie that keeps this browser's stamp cards: their codes and secrets, nothing about a person.

The phone keeps the same in its own storage; whichever of the two survives brings the other back. Scripts cannot read it.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from flask import Response, current_app, request

from eventapp.festivals.models import Edition
from eventapp.web.limits import key as address_key

MOST_CARDS = 8  # a family
DAYS = 400  # as long as browsers keep a cookie
_CARD = re.compile(r"([0-9A-HJKMNP-TV-Z]{16})\.([0-9A-Za-z_-]{16,64})")


class Held(NamedTuple):
    """A card that this browser holds."""

    code: str
    secret: str


def name_of(festival: str, edition: str) -> str:
    """The cookie of a rally, by the slugs, which have small letters, digits and hyphens only."""
    return f"stamps.{festival}.{edition}"


def asker() -> str:
    """Whom a limit counts: the cards of this browser, for a hall full of phones shares one address; without one, the address.

    Whoever makes up cards meets the larger limit by address that stands beside it.
    """
    mine = next((value for name, value in sorted(request.cookies.items()) if name.startswith("stamps.")), "")
    found = _CARD.match(mine)
    return found[1] if found else address_key()


def cookie_name(edition: Edition) -> str:
    return name_of(edition.festival.slug, edition.slug)


def held(edition: Edition) -> list[Held]:
    """The cards of this browser, the first made first. Whatever is no card is left out."""
    return _read(cookie_name(edition))


def _read(name: str) -> list[Held]:
    found = [_CARD.fullmatch(part) for part in request.cookies.get(name, "").split("~")[:MOST_CARDS]]
    return [Held(one[1], one[2]) for one in found if one]


def find(edition: Edition, code: str) -> Held | None:
    """The card with this code, if this browser holds it."""
    return next((one for one in held(edition) if one.code == code), None)


def hold(response: Response, edition: Edition, cards: Iterable[Held]) -> None:
    """Keep exactly these cards."""
    _write(response, cookie_name(edition), cards)


def _write(response: Response, name: str, cards: Iterable[Held]) -> None:
    kept, secure = (
        list({one.code: one for one in cards}.values())[-MOST_CARDS:],
        current_app.config["SESSION_COOKIE_SECURE"],
    )
    if not kept:
        response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")
        return
    value = "~".join(f"{one.code}.{one.secret}" for one in kept)
    response.set_cookie(
        name, value, max_age=DAYS * 86400, path="/", secure=secure, httponly=True, samesite="Lax"
    )


def add(response: Response, festival: str, edition: str, card: Held) -> None:
    """Keep this card beside those that are there; the cookie stays untouched where it holds it already."""
    name = name_of(festival, edition)
    cards = _read(name)
    if card not in cards:
        _write(response, name, [*(one for one in cards if one.code != card.code), card])
