"""The life of an edition: its state, its days, its version for caches."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update

from eventapp import audit, clock
from eventapp.db import db
from eventapp.festivals import privacy
from eventapp.festivals.models import NEXT, PUBLIC, Edition, EditionDay, EditionState, Festival, Style
from eventapp.i18n import RuleError, Translated, lazy

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
TAKEN_WORDS = frozenset(  # addresses beside the editions of a festival, public or the committee's
    {
        "editions",
        "people",
        "mails",
        "history",
        "settings",
        "health",
        "new",
        "preview",
        "theme",
        "theme-css",
        "feed",
        "static",
    }
)
SETTINGS = (
    "name", "style", "tagline", "introduction", "access", "rules", "privacy", "booking_opens_at", "booking_closes_at",
    "change_hours", "max_open_reservations", "max_party_size", "contact_email", "contact_phone", "keep_visitors_days",
    "lat", "lon", "zone_name",
)  # fmt: skip


class EditionError(RuleError):
    """The edition cannot do that now. `field` names the form field it is about, if it is about one."""

    def __init__(self, message: object, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def create(
    festival: Festival, *, slug: str, name: Translated, style: Style, dates: Iterable[date], zone_name: str,
    by: audit.Actor | str,
) -> Edition:  # fmt: skip
    """A new edition as a draft, with the standard privacy text. Raises EditionError when the address is not free."""
    _check_slug(festival, slug)
    empty = {field: Translated({}) for field in ("tagline", "introduction", "access", "rules", "privacy")}
    edition = Edition(festival_id=festival.id, slug=slug, name=name, style=style, zone_name=zone_name,
                      created_at=clock.now(), **empty)  # fmt: skip
    db.session.add(edition)
    db.session.flush()  # for its id, and for what the columns give by themselves
    set_days(edition, dates)
    edition.privacy = privacy.standard(edition)
    audit.record("edition.created", f"edition:{slug}", festival_id=festival.id, by=by,
                 details={"days": [one.isoformat() for one in edition.dates]})  # fmt: skip
    return edition


def _check_slug(festival: Festival, slug: str) -> None:
    if not SLUG.fullmatch(slug) or slug in TAKEN_WORDS:
        raise EditionError(
            lazy("Use small letters, digits and hyphens, for example 2026 or 2026-autumn."), "slug"
        )
    if db.session.scalar(select(Edition.id).where(Edition.festival_id == festival.id, Edition.slug == slug)):
        raise EditionError(lazy("Another edition already has this address."), "slug")


def change(edition: Edition, values: dict[str, Any], dates: Iterable[date], *, by: audit.Actor | str) -> None:
    """Save the settings of an edition: the columns in `SETTINGS`, and its days.

    A privacy text that nobody has changed by hand follows the settings it names; every change of it is a new version
    for later consents. Raises EditionError for times that contradict each other and for a public edition without days.
    """
    wanted = sorted(set(dates))
    if edition.is_public and not wanted:
        raise EditionError(lazy("Visitors see this edition: it needs at least one day."), "days")
    if not _in_order(values.get("booking_opens_at"), values.get("booking_closes_at")):
        raise EditionError(lazy("Reservations would close before they open."), "booking_closes_at")
    before = _described(edition)
    follows = values.get("privacy") == edition.privacy and privacy.is_standard(edition)
    old_text = edition.privacy
    for field in SETTINGS:
        if field in values:
            setattr(edition, field, values[field])
    set_days(edition, wanted)
    if follows or not edition.privacy:
        edition.privacy = privacy.standard(edition)
    if edition.privacy != old_text:
        edition.privacy_version += 1
    edition.version += 1
    touch(edition)
    audit.record("edition.changed", f"edition:{edition.slug}", festival_id=edition.festival_id, by=by,
                 details=audit.change(before, _described(edition)))  # fmt: skip


def _in_order(opens: datetime | None, closes: datetime | None) -> bool:
    return opens is None or closes is None or opens < closes


def _described(edition: Edition) -> dict[str, Any]:
    """The settings as plain data for the history."""
    values = {field: getattr(edition, field) for field in SETTINGS}
    plain = {
        key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()
    }
    plain["style"] = edition.style.value
    return {**plain, "days": [one.isoformat() for one in edition.dates]}


def moves(edition: Edition) -> list[EditionState]:
    """The states it may be brought into now, forward before backward."""
    order = list(EditionState)
    here = order.index(edition.state)
    return sorted(
        _steps(edition), key=lambda state: (order.index(state) < here, abs(order.index(state) - here))
    )


def _steps(edition: Edition) -> set[EditionState]:
    """From its first to its last day an edition runs by itself (`start_due`): it cannot be merely announced then."""
    is_on = edition.state is EditionState.RUNNING and _is_today(edition)
    return NEXT[edition.state] - ({EditionState.PUBLISHED} if is_on else set())


def _is_today(edition: Edition) -> bool:
    first, last = edition.first_day, edition.last_day
    return first is not None and last is not None and first <= edition.today() <= last


def move(edition: Edition, to: EditionState, *, by: audit.Actor | str) -> None:
    """Bring the edition into another state, if that step is allowed."""
    if to not in _steps(edition):
        raise EditionError(lazy("The edition cannot make this step from its present state."))
    if to in PUBLIC and not edition.days:
        raise EditionError(lazy("Enter the days of the edition first."))
    before, edition.state = edition.state, to
    touch(edition)
    audit.record("edition.moved", f"edition:{edition.slug}", festival_id=edition.festival_id, by=by,
                 details={"state": [before.value, to.value]})  # fmt: skip


def set_days(edition: Edition, dates: Iterable[date]) -> None:
    """Give the edition its days: a set, not a range. Days that stay keep their rows."""
    wanted = sorted(set(dates))
    kept = {day.date: day for day in edition.days}
    edition.days[:] = [kept.get(one) or EditionDay(date=one) for one in wanted]
    edition.first_day = wanted[0] if wanted else None
    edition.last_day = wanted[-1] if wanted else None


def touch(edition: Edition) -> None:
    """Content has changed: cached pages of this edition are made anew. Bookings never call this."""
    db.session.execute(
        update(Edition).where(Edition.id == edition.id).values(content_version=Edition.content_version + 1)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def find_current(festival: Festival) -> Edition | None:
    """The edition that the festival's one address leads to: running, else the next one, else the last one.

    One that nobody has closed after its last day is over all the same, and does not hide the next one.
    """
    public = select(Edition).where(Edition.festival_id == festival.id, Edition.state.in_(PUBLIC))
    return min(db.session.scalars(public), key=distance, default=None)


def distance(edition: Edition) -> tuple[int, int]:
    """Sorts public editions: what runs, then what comes next, then what is over, the latest first."""
    first, last = edition.first_day, edition.last_day
    if first is None or last is None:
        return 3, 0
    if last < edition.today():
        return 2, -first.toordinal()
    return 0 if edition.state is EditionState.RUNNING else 1, first.toordinal()


def start_due() -> int:
    """A published edition runs from its first day on; returns how many began."""
    published = db.session.scalars(
        select(Edition).where(Edition.state == EditionState.PUBLISHED, Edition.first_day.is_not(None))
    )
    due = [edition for edition in published if _is_today(edition)]
    for edition in due:
        move(edition, EditionState.RUNNING, by="clock")
    return len(due)
