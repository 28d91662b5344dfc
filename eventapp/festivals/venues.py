"""Venues with numbered booths: halls and squares where factories come together."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from eventapp import audit
from eventapp.db import NotThere, db
from eventapp.festivals.editions import touch
from eventapp.festivals.models import Booth, Edition, Venue
from eventapp.i18n import RuleError, lazy

MOST_BOOTHS = 500
LONGEST_NUMBER = 20
_SPAN = re.compile(r"(.*?)(\d{1,6})\s*(?:\.{2,3}|…|~|〜|–|から)\s*(.*?)(\d{1,6})")


class BoothError(RuleError):
    """The booth numbers cannot be read or kept."""


def parse_booths(text: str) -> list[str]:
    """Booth numbers from `A-1..A-12, B-1, B-2`: separated by commas, spaces or lines; full-width letters count.

    Each number once, in the order given. Raises BoothError.
    """
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"\s*(\.{2,3}|…|~|〜|–|から)\s*", r"\1", plain)
    found: list[str] = []
    for part in re.split(r"[\s,、;]+", plain.strip()):
        found += _span(part) if part else []
        if len(found) > MOST_BOOTHS:
            raise BoothError(lazy("A venue has at most %(most)s booths.", most=MOST_BOOTHS))
    return list(dict.fromkeys(found))


def _span(part: str) -> list[str]:
    """`A-1..A-3` or `A-1..3` as three numbers; leading zeros stay."""
    if len(part) > 3 * LONGEST_NUMBER:
        raise BoothError(lazy("A booth number has at most %(most)s characters.", most=LONGEST_NUMBER))
    match = _SPAN.fullmatch(part)
    if match is None:
        if len(part) > LONGEST_NUMBER:
            raise BoothError(lazy("A booth number has at most %(most)s characters.", most=LONGEST_NUMBER))
        return [part]
    prefix, first, other_prefix, last = match.groups()
    if other_prefix not in ("", prefix) or int(first) > int(last) or int(last) - int(first) >= MOST_BOOTHS:
        raise BoothError(lazy("The range %(range)s cannot be read. Write it like A-1..A-12.", range=part))
    width = len(first) if first.startswith("0") else 0
    return [f"{prefix}{number:0{width}}" for number in range(int(first), int(last) + 1)]


def show_booths(numbers: Sequence[str]) -> str:
    """The numbers as they may be typed again, runs drawn together: `A-1..A-12, B-1`."""
    runs: list[list[str]] = []
    for number in numbers:
        if runs and _follows(runs[-1][-1], number):
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}..{run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs)


def _follows(before: str, after: str) -> bool:
    first, second = re.fullmatch(r"(.*?)(\d+)", before), re.fullmatch(r"(.*?)(\d+)", after)
    return bool(
        first and second and first[1] == second[1] and int(second[2]) == int(first[2]) + 1
        and (len(first[2]) == len(second[2]) or not (first[2].startswith("0") or second[2].startswith("0")))
    )  # fmt: skip


def get_venue(edition: Edition, code: str) -> Venue:
    """A venue of this edition, or NotThere."""
    found = db.session.scalar(select(Venue).where(Venue.edition_id == edition.id, Venue.code == code))
    if found is None:
        raise NotThere(code)
    return found


def find_venues(edition: Edition) -> list[Venue]:
    """The venues of an edition, in the order they were made."""
    return list(db.session.scalars(select(Venue).where(Venue.edition_id == edition.id).order_by(Venue.id)))


def find_venues_with_booths(edition: Edition) -> list[Venue]:
    """The same with their booths, in two statements."""
    query = (
        select(Venue)
        .options(selectinload(Venue.booths))
        .where(Venue.edition_id == edition.id)
        .order_by(Venue.id)
    )
    return list(db.session.scalars(query))


def save(
    venue: Venue | None,
    edition: Edition,
    values: dict[str, Any],
    booths: Iterable[str],
    *,
    by: audit.Actor | str,
) -> Venue:
    """Make a venue, or change one. Booths whose number stays keep the factory that stands there."""
    is_new = venue is None
    if venue is None:
        venue = Venue(edition_id=edition.id, version=0, **values)
        db.session.add(venue)
        db.session.flush()  # for its code
    else:
        for field, value in values.items():
            setattr(venue, field, value)
    _set_booths(venue, list(booths))
    venue.version += 1
    touch(edition)
    audit.record("venue.created" if is_new else "venue.changed", f"venue:{venue.code}", festival_id=edition.festival_id, by=by,
                 details={"name": dict(venue.name), "booths": len(venue.booths)})  # fmt: skip
    return venue


def _set_booths(venue: Venue, numbers: list[str]) -> None:
    kept = {booth.number: booth for booth in venue.booths}
    venue.booths[:] = [kept.get(number) or Booth(number=number) for number in numbers]
    for position, booth in enumerate(venue.booths):
        booth.position = position


def delete(venue: Venue, edition: Edition, *, by: audit.Actor | str) -> None:
    """Remove a venue with its booths and stages. Whether something still hangs on it, the caller has asked."""
    audit.record(
        "venue.deleted",
        f"venue:{venue.code}",
        festival_id=edition.festival_id,
        by=by,
        details={"name": dict(venue.name)},
    )
    db.session.delete(venue)
    touch(edition)
