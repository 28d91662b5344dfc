"""What a visitor's own browser keeps in its signed cookie: links to bookings made on it, and the basket."""

from collections.abc import Iterable

from flask import session

from eventapp.festivals.models import Edition

MOST_LINKS = 20
MOST_AT_ONCE = 10  # slots in a basket
LINKS, BASKET = "reservations", "basket"


def tokens() -> list[str]:
    """Private tokens of bookings made or kept here, newest first."""
    kept = session.get(LINKS, [])
    return [token for token in kept if isinstance(token, str)] if isinstance(kept, list) else []


def remember(token: str) -> None:
    """Keep a link here, the oldest give way."""
    session[LINKS] = [token, *(one for one in tokens() if one != token)][:MOST_LINKS]
    session.permanent = True


def keep_only(good: Iterable[str]) -> None:
    """Drop links that no longer open anything."""
    wanted = set(good)
    left = [token for token in tokens() if token in wanted]
    if left != tokens():
        session[LINKS] = left


def forget(token: str) -> None:
    """No longer keep this link."""
    keep_only(set(tokens()) - {token})


def basket(edition: Edition) -> list[str]:
    """Codes of the slots chosen for this edition, in the order of choosing."""
    return basket_of(edition.festival.slug, edition.slug)


def basket_of(festival: str, edition: str) -> list[str]:
    """The same, by the edition's address."""
    kept = session.get(BASKET, {})
    chosen = kept.get(f"{festival}/{edition}", []) if isinstance(kept, dict) else []
    return [code for code in chosen if isinstance(code, str)][:MOST_AT_ONCE]


def put_basket(festival: str, edition: str, codes: Iterable[str]) -> None:
    """Make this the basket; an empty one is forgotten."""
    kept = dict(session.get(BASKET, {}))
    kept.pop(f"{festival}/{edition}", None)
    if chosen := list(codes):
        kept[f"{festival}/{edition}"] = chosen
        kept = dict(list(kept.items())[-3:])  # a cookie is small; nobody books more festivals at a time
    session[BASKET] = kept
