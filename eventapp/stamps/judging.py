"""The verdict on one capture (docs/stamps.md, "Verdicts"). Soft signals hold a stamp back for the desk; they never refuse one.

Refused are only: a code nobody made, another rally's, one that was revoked before it can have been scanned, and one from
the future.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from eventapp import clock, codes
from eventapp.stamps import keys, timing, tokens
from eventapp.stamps.messages import Item
from eventapp.stamps.models import KeyState, Policy, Verdict
from eventapp.stamps.rules import PosterRule, Rules
from eventapp.stamps.timing import Interval
from eventapp.stamps.tokens import PosterToken, RotatingToken, TokenError


@dataclass(frozen=True)
class Judged:
    """What is thought of a capture before the card is looked at."""

    verdict: Verdict
    reason: str
    when: Interval
    station_id: int | None = None
    poster_id: int | None = None
    step: int | None = None
    offset_s: float | None = None


Read = PosterToken | RotatingToken | PosterRule | None  # a checked token, or the poster of a typed code


def read(item: Item, rules: Rules) -> Read:
    """The checked token of an item, or None. Needs no database: done before the transaction."""
    if item.short_code and not item.token:
        return rules.poster_by_short_code(codes.normalize_code(item.short_code))
    try:
        token = tokens.verify(item.token, keys.key_source(rules.keys, rules.zone))
    except TokenError:
        return None
    return token if isinstance(token, PosterToken | RotatingToken) else None


def judge(item: Item, found: Read, rules: Rules, received: datetime, age: timedelta) -> Judged:
    """The verdict by the rules as they are now, `received` being now."""
    if found is None:
        return Judged(Verdict.REJECTED, _why_unknown(item, rules), _plain(item, rules, received, age, None))
    poster = found if isinstance(found, PosterRule) else rules.posters.get(found.pid)
    if poster is None or (not isinstance(found, PosterRule) and poster.kid != found.kid):
        return Judged(Verdict.REJECTED, "bad_token", _plain(item, rules, received, age, None))
    judged = Judged(
        Verdict.ACCEPTED, "", _plain(item, rules, received, age, poster), poster.station_id, poster.id
    )
    if isinstance(found, RotatingToken):
        judged = _judge_step(judged, found, poster, rules, received, age)
    if judged.verdict == Verdict.REJECTED:
        return judged
    return _judge_poster(judged, poster, rules, is_rotating=isinstance(found, RotatingToken))


def _plain(
    item: Item, rules: Rules, received: datetime, age: timedelta, poster: PosterRule | None
) -> Interval:
    floor = max(rules.opens_at, poster.valid_from) if poster is not None else rules.opens_at
    return timing.interval(received=received, age=age, floor=floor, after=item.after)


def _why_unknown(item: Item, rules: Rules) -> str:
    """A good code of another rally gets a kinder sentence than a wrong one; one that was typed, a hint to look again."""
    if item.short_code and not item.token:
        return "bad_code"
    try:
        fields = tokens.decode(item.token)
    except TokenError:
        return "bad_token"
    if not isinstance(fields, PosterToken | RotatingToken) or fields.kid in rules.kids:
        return "bad_token"
    try:
        tokens.verify(item.token, keys.any_source())
    except TokenError:
        return "bad_token"
    return "other_event"


def _judge_step(
    judged: Judged, token: RotatingToken, poster: PosterRule, rules: Rules, received: datetime, age: timedelta
) -> Judged:  # fmt: skip
    """A rotating code tells its own time, and must fit the phone's."""
    shown, captured = token.shown_at, received - age
    if timing.is_from_the_future(shown, poster.skew, received):
        return replace(judged, verdict=Verdict.REJECTED, reason="future_step", step=token.step)
    when = timing.rotating_interval(shown, poster.skew, received, captured)
    offset = (shown + tokens.STEP / 2 - received).total_seconds()
    teaches = age <= timing.ONLINE and abs(offset) <= 300
    judged = replace(judged, when=when, step=token.step, offset_s=offset if teaches else None)
    if not timing.fits_step(shown, poster.skew, captured) or not _same_day(shown, poster.skew, rules):
        return replace(judged, verdict=Verdict.HELD, reason="stale_step")
    return judged


def _same_day(shown_at: datetime, skew: float, rules: Rules) -> bool:
    """Whether the display's day is the true one: no learned skew carries a code into another day."""
    true = shown_at - timedelta(seconds=skew)
    return clock.local(shown_at, rules.zone).date() == clock.local(true, rules.zone).date()


def _judge_poster(judged: Judged, poster: PosterRule, rules: Rules, *, is_rotating: bool) -> Judged:
    if rules.kids[poster.kid].state == KeyState.RETIRED:
        return replace(judged, verdict=Verdict.REJECTED, reason="revoked")
    if poster.revoked_at is not None and judged.when.lo >= poster.revoked_at:
        return replace(judged, verdict=Verdict.REJECTED, reason="revoked")
    reason = judged.reason or _why_held(judged, poster, rules, is_rotating)
    return replace(judged, verdict=Verdict.HELD if reason else Verdict.ACCEPTED, reason=reason)


def _why_held(judged: Judged, poster: PosterRule, rules: Rules, is_rotating: bool) -> str:
    """Why a human should look first, or nothing."""
    station, when = rules.stations[poster.station_id], judged.when
    asked = {Policy.STATIC: True, Policy.ROTATING: is_rotating, Policy.STAFF: False}
    reasons = {
        "revoked_meanwhile": poster.revoked_at is not None and when.hi >= poster.revoked_at,
        "not_open": not rules.opens_at <= when.est < rules.closes_at,
        "inactive": not station.is_active,
        "policy": not asked[station.policy],
        "closed": not station.is_open(when.est),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")
