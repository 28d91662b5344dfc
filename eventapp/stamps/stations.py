"""Setting a rally up and changing it while it runs: stations, their policy, posters and their revocation.

Every change here goes through `rules.touch()` first, so that no scan is judged by half of it.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select

from eventapp import audit, clock, codes
from eventapp.db import NotThere, db
from eventapp.factories.models import Entry, EntryState
from eventapp.festivals.models import Edition, Venue
from eventapp.i18n import RuleError, Translated, lazy
from eventapp.stamps import keys, tokens
from eventapp.stamps.models import KeyState, Policy, Poster, Rally, RallyState, Station
from eventapp.stamps.rules import touch

SHORT_CODE_LENGTH = 6
PIDS = 1 << 15


class StationError(RuleError):
    """The rally cannot be changed like that."""


def make_rally(edition: Edition, *, by: audit.Actor | str, name: Translated | None = None) -> Rally:
    """The rally of an edition, with its first generation of keys. There is at most one."""
    if find := db.session.scalar(select(Rally).where(Rally.edition_id == edition.id)):
        return find
    rally = Rally(edition_id=edition.id, edition=edition, name=name or Translated({"ja": "スタンプラリー", "en": "Stamp rally"}),
                  introduction=Translated({}), created_at=clock.now())  # fmt: skip
    db.session.add(rally)
    db.session.flush()
    keys.active_generation(rally)
    _record("rally.created", rally, by)
    return rally


def set_state(rally: Rally, state: RallyState, *, by: audit.Actor | str) -> None:
    """Start, stop or close the rally. Stamps and prizes that were earned stay."""
    if rally.state != state:
        touch(rally.id)
        before, rally.state = rally.state, state
        _record("rally.moved", rally, by, {"state": [before.value, state.value]})


def add_station(
    rally: Rally, *, by: audit.Actor | str, entry: Entry | None = None, venue: Venue | None = None, **values: Any
) -> Station:  # fmt: skip
    """A station at a factory's entry, a venue, or a point of its own; it gets the next number and its first poster."""
    touch(rally.id)
    last = db.session.scalar(select(func.max(Station.number)).where(Station.rally_id == rally.id)) or 0
    values.setdefault("name", Translated({}))
    values.setdefault("hint", Translated({}))
    station = Station(rally_id=rally.id, rally=rally, entry_id=entry.id if entry else None, entry=entry,
                      venue_id=venue.id if venue else None, venue=venue, number=last + 1, created_at=clock.now(), **values)  # fmt: skip
    db.session.add(station)
    db.session.flush()
    issue_poster(station, by=by)
    _record("station.created", rally, by, {"station": station.code})
    return station


def add_missing(rally: Rally, *, by: audit.Actor | str) -> list[Station]:
    """A station for every accepted entry that has none yet, in the order of their readings."""
    with_one = select(Station.entry_id).where(Station.rally_id == rally.id, Station.entry_id.is_not(None))
    entries = db.session.scalars(
        select(Entry).where(Entry.edition_id == rally.edition_id, Entry.state == EntryState.ACCEPTED, Entry.id.not_in(with_one))
    ).unique().all()  # fmt: skip
    ordered = sorted(entries, key=lambda entry: (entry.factory.kana, entry.factory.id))
    return [add_station(rally, by=by, entry=entry) for entry in ordered]


def set_policy(station: Station, policy: Policy, *, by: audit.Actor | str) -> None:
    """Ask for more, or less, from now on. Stamps that were given stay; nothing is printed anew."""
    if station.policy != policy:
        touch(station.rally_id)
        before, station.policy = station.policy, policy
        station.version += 1
        _record(
            "station.policy_changed",
            station.rally,
            by,
            {"station": station.code, "policy": [before.value, policy.value]},
        )


def change_station(station: Station, values: dict[str, Any], *, by: audit.Actor | str) -> None:
    """Change name, hint, hours, point, art, no_camera or is_active."""
    before = {key: getattr(station, key) for key in values}
    if before == values:
        return
    touch(station.rally_id)
    for key, value in values.items():
        setattr(station, key, value)
    station.version += 1
    _record("station.changed", station.rally, by, {"station": station.code, "fields": sorted(values)})


# --- posters -------------------------------------------------------------------------------------------------------


def issue_poster(
    station: Station, *, by: audit.Actor | str, label: str = "", is_display: bool = False
) -> Poster:
    """A poster (or display) with a number and a code of its own, signed by the active generation, valid from now."""
    rally = station.rally
    touch(rally.id)
    generation = keys.active_generation(rally)
    last = db.session.scalar(select(func.max(Poster.pid)).where(Poster.rally_id == rally.id)) or 0
    if last + 1 >= PIDS:
        raise StationError(lazy("This rally has no numbers left for posters."))
    poster = Poster(rally_id=rally.id, station_id=station.id, station=station, key_id=generation.id, key=generation, pid=last + 1,
                    short_code=_free_short_code(rally.id), label=label, is_display=is_display, valid_from=clock.now())  # fmt: skip
    db.session.add(poster)
    db.session.flush()
    _record("poster.issued", rally, by, {"station": station.code, "pid": poster.pid})
    return poster


def _free_short_code(rally_id: int) -> str:
    taken = set(db.session.scalars(select(Poster.short_code).where(Poster.rally_id == rally_id)))
    return next(code for code in iter(lambda: codes.random_code(SHORT_CODE_LENGTH), "") if code not in taken)


def revoke_poster(poster: Poster, *, by: audit.Actor | str) -> None:
    """From now on it gives no stamp. Those that it gave stay."""
    if poster.revoked_at is None:
        touch(poster.rally_id)
        poster.revoked_at = clock.now()
        _record(
            "poster.revoked", poster.station.rally, by, {"station": poster.station.code, "pid": poster.pid}
        )


def replace_poster(poster: Poster, *, by: audit.Actor | str) -> Poster:
    """Revoke it and issue another for the same place: to be printed anew."""
    revoke_poster(poster, by=by)
    made = issue_poster(poster.station, by=by, label=poster.label, is_display=poster.is_display)
    poster.replaced_by_id = made.id
    return made


def token_of(poster: Poster) -> str:
    """What is printed. Displays have none: `display_day()` gives theirs. Raises NotThere for a retired generation."""
    if poster.key.state == KeyState.RETIRED:
        raise NotThere(poster.pid)
    return tokens.make_poster(poster.key.kid, poster.pid, keys.generation_key(poster.key))


def display_key(poster: Poster, day: Any) -> bytes:
    """The key with which a display makes its codes during one local day (a date), without asking anybody."""
    return keys.display_key(keys.generation_key(poster.key), poster.pid, day)


def live_posters(rally: Rally) -> list[Poster]:
    """Every poster that counts: not revoked, its keys not retired."""
    return [one for one in _posters(rally.id) if one.revoked_at is None and one.key.state != KeyState.RETIRED]


def _posters(rally_id: int) -> Iterable[Poster]:
    return db.session.scalars(select(Poster).where(Poster.rally_id == rally_id).order_by(Poster.pid))


def _record(action: str, rally: Rally, by: audit.Actor | str, details: dict[str, Any] | None = None) -> None:
    audit.record(
        action, f"rally:{rally.edition.slug}", festival_id=rally.edition.festival_id, by=by, details=details
    )
