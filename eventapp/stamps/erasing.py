"""Forgetting cards: when their visitor asks, and when the time of keeping is over. Counts by station and hour stay.

A card that its visitor deleted leaves an empty row, so that a second phone or an old receipt does not bring it back.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update

from eventapp import audit, clock
from eventapp.db import db
from eventapp.stamps import books
from eventapp.stamps.models import Card, HourCount, Rally, RecoveryCode, Scan, Stamp, Verdict
from eventapp.stamps.statistics import hour_of

KEEP_SCANS = timedelta(days=90)
AT_ONCE = 2000
FORGOTTEN = "-"  # instead of the hash of a secret: nothing opens this card any more
_QUIETLY = {"synchronize_session": False}


def delete_card(card: Card, *, by: audit.Actor | str = "visitor") -> None:
    """Forget a card and all that was merged with it, for good. What was handed over stays counted in the stock."""
    root = books.take_root(card.id)
    group = list(
        db.session.scalars(select(Card.id).where(or_(Card.id == root.id, Card.merged_into_id == root.id)))
    )
    _forget(group)
    db.session.execute(
        update(Card).where(Card.id.in_(group)).values(deleted_at=clock.now()).execution_options(**_QUIETLY)
    )
    festival_id = db.session.get_one(Rally, root.rally_id).edition.festival_id
    audit.record("card.deleted", "card:-", festival_id=festival_id, by=by)
    db.session.expire_all()


def _forget(card_ids: Sequence[int]) -> None:
    scans = Scan.card_id.in_(card_ids)
    _keep_counts(
        db.session.execute(
            select(Scan.station_id, Scan.t_est).where(scans, Scan.verdict == Verdict.ACCEPTED)
        ).all()
    )
    for which in (delete(Scan).where(scans), delete(Stamp).where(Stamp.card_id.in_(card_ids)),
                  delete(RecoveryCode).where(RecoveryCode.card_id.in_(card_ids))):  # fmt: skip
        db.session.execute(which.execution_options(**_QUIETLY))


def _keep_counts(scans: Iterable[Any]) -> None:
    counts: Counter[tuple[int, datetime]] = Counter()
    for station_id, moment in scans:
        if station_id is not None:
            counts[station_id, hour_of(moment)] += 1
    for (station_id, hour), number in sorted(counts.items()):
        more = update(HourCount).where(HourCount.station_id == station_id, HourCount.hour == hour)
        changed = db.session.scalar(
            more.values(stamps=HourCount.stamps + number)
            .returning(HourCount.id)
            .execution_options(**_QUIETLY)
        )
        if changed is None:
            db.session.add(HourCount(station_id=station_id, hour=hour, stamps=number))
            db.session.flush()


def forget_due() -> int:
    """The nightly work: scans after 90 days, cards when their edition's visitors are forgotten. Returns how many rows.

    One piece at a time; call it again until it returns 0.
    """
    return _forget_old_scans() + _forget_old_cards()


def _forget_old_scans() -> int:
    due = db.session.execute(
        select(Scan.id, Scan.station_id, Scan.t_est, Scan.verdict).where(Scan.received_at < clock.now() - KEEP_SCANS)
        .order_by(Scan.id).limit(AT_ONCE)
    ).all()  # fmt: skip
    _keep_counts([(row.station_id, row.t_est) for row in due if row.verdict == Verdict.ACCEPTED])
    db.session.execute(delete(Scan).where(Scan.id.in_([row.id for row in due])).execution_options(**_QUIETLY))
    return len(due)


def _forget_old_cards() -> int:
    """Stamps go, and codes and secrets with them; a card with an award leaves a row that belongs to nobody."""
    count = 0
    for rally in db.session.scalars(select(Rally)).unique().all():
        due = rally.edition.forget_visitors_at()
        if due is None or due > clock.now():
            continue
        cards = db.session.scalars(
            select(Card.id).where(Card.rally_id == rally.id, Card.secret_hash != FORGOTTEN).limit(AT_ONCE)
        ).all()
        _forget(cards)
        db.session.execute(
            update(Card)
            .where(Card.id.in_(cards))
            .values(secret_hash=FORGOTTEN, deleted_at=clock.now())
            .execution_options(**_QUIETLY)
        )
        count += len(cards)
    return count
