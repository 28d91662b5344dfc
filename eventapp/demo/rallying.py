"""The demo's stamp rally: a station at every factory and in the hall, three prizes, a desk; and on its days visitors who collect.

The visitors are made up like all others. Their phones sync through the real ledger, at moments of the hours before now.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select

from eventapp import clock
from eventapp.db import db
from eventapp.demo.sayings import both
from eventapp.festivals.models import Edition, Place
from eventapp.i18n import Translated
from eventapp.people.models import Person
from eventapp.stamps import arranging, ledger, prizes, queries, stations, stock, tokens
from eventapp.stamps.messages import Batch, Item
from eventapp.stamps.models import (
    Award,
    Card,
    Geo,
    KeyState,
    Method,
    Policy,
    Poster,
    PrizeKind,
    Rally,
    RallyState,
    Station,
)

INTRODUCTION = both(
    "工場や窯元の入口にあるポスターを、スマートフォンのカメラで読み取ってください。アプリも会員登録もいりません。電波がなくても集められます。",
    "Point your phone's camera at the poster by the door of a factory or kiln. No app, no account, and no signal needed.",
)  # fmt: skip
PRIZES = (
    (2, 300, both("槌見の缶バッジ", "A Tsuchimi badge")),
    (5, 120, both("つちみ手ぬぐい", "A Tsuchimi hand towel")),
    (9, 40, both("工場の端材でつくったペン立て", "A pen stand made from factory offcuts")),
)
AREAS_PRIZE = both("全エリアめぐりの木札", "A wooden tag for all parts of town")
VISITORS, LONGEST_WAY = 36, 9
BEFORE_NOW = timedelta(hours=3)


def fill(edition: Edition, *, desk_at: Place | None, by: Person) -> Rally:
    """Set the rally up, started, with everything a committee would have prepared."""
    rally = stations.make_rally(edition, by=by)
    arranging.change_rally(rally, {"introduction": INTRODUCTION, "overlay": "quilt"}, by=by)
    arranging.add_everything(rally, by=by)
    found = queries.list_stations(rally)
    _special(found, by)
    desk = prizes.add_desk(
        rally,
        by=by,
        name=desk_at.name if desk_at else both("景品交換所", "Prize desk"),
        place_id=desk_at.id if desk_at else None,
    )
    for position, (needed, amount, name) in enumerate(PRIZES, 1):
        prize = prizes.add_prize(
            rally,
            stock=amount,
            by=by,
            position=position,
            needed=needed,
            name=name,
            description=Translated({}),
        )
        stock.carry(prize, desk, amount // 3, by=by)
    areas = len(arranging.areas_of(found))
    prizes.add_prize(rally, stock=30, by=by, kind=PrizeKind.AREAS, position=len(PRIZES) + 1, needed=max(1, areas), name=AREAS_PRIZE,
                     description=Translated({}))  # fmt: skip
    stations.set_state(rally, RallyState.RUNNING, by=by)
    return rally


def _special(found: list[Station], by: Person) -> None:
    """One station with a display, one where staff stamp: so that each way can be tried."""
    factories = [one for one in found if one.entry_id is not None]
    if len(factories) > 2:
        stations.issue_poster(factories[1], by=by, label="古いタブレット", is_display=True)
        stations.set_policy(factories[1], Policy.ROTATING, by=by)
        stations.set_policy(factories[2], Policy.STAFF, by=by)


def collect(edition: Edition) -> int:
    """On a festival day: some visitors have collected in the hours before now. Again on the same day it does nothing."""
    rally, now = queries.find_rally(edition), clock.now()
    if rally is None or rally.state != RallyState.RUNNING:
        return 0
    begin = clock.day_bounds(edition.today(), edition.zone)[0]
    if (
        db.session.scalar(select(Card.id).where(Card.rally_id == rally.id, Card.made_at >= begin).limit(1))
        is not None
    ):
        return 0
    source = Random(f"rally {edition.slug} {edition.today()}")
    start = max(begin, now - BEFORE_NOW)
    for _visitor in range(VISITORS):
        _walk(rally, source, start, now)
    _hand_over(rally, source)
    return VISITORS


def _walk(rally: Rally, source: Random, start: datetime, now: datetime) -> None:
    """One visitor's card, sent in one go at the end of the way; neighbours are liked better than far stations."""
    found = queries.list_stations(rally, active_only=True)
    first = source.randrange(len(found))
    way = [found[(first + place) % len(found)] for place in range(source.randint(1, LONGEST_WAY))]
    moment = start + (now - start) * source.uniform(0, 0.6)
    items = []
    for seq, station in enumerate(way, 1):
        token = stations.token_of(
            next(one for one in station.posters if not one.is_display and one.revoked_at is None)
        )
        items.append(Item(scan_id=_letters(source, 26), seq=seq, token=token, short_code="", t_client=moment, after=None, method=Method.CAMERA,
                          geo=source.choices((Geo.NEAR, Geo.MID, Geo.NONE), (6, 1, 3))[0], in_app=False))  # fmt: skip
        moment = min(now, moment + (now - start) * source.uniform(0.02, 0.06))
    batch = Batch(card=_letters(source, 16), secret=_letters(source, 26), device=_letters(source, 12), now_client=moment, have_digest="",
                  items=tuple(items), receipts=())  # fmt: skip
    with clock.stopped_at(moment):
        ledger.sync(ledger.check(rally.id, batch))


def _letters(source: Random, length: int) -> str:
    return "".join(source.choice(tokens.ALPHABET) for _place in range(length))


def _hand_over(rally: Rally, source: Random) -> None:
    """Half of what was earned has been fetched."""
    desk = next(iter(rally.desks), None)
    awards = db.session.scalars(
        select(Award).join(Card, Card.id == Award.card_id).where(Card.rally_id == rally.id).order_by(Award.id)
    ).all()
    for award in awards:
        if source.random() < 0.5 and prizes.find_live_claim(award) is None:
            prizes.claim(award, desk, request_key=_letters(source, 26), by="景品交換所の電話")


def find_poster(rally: Rally, seen: Collection[str], *, copied: bool = False) -> Poster | None:
    """A poster that is none of those `seen` (short codes): of the next station, or of one that asks for its display."""
    wanted = Policy.ROTATING if copied else Policy.STATIC
    for station in queries.list_stations(rally, active_only=True):
        for poster in station.posters if station.policy == wanted else ():
            counts = (
                not poster.is_display and poster.revoked_at is None and poster.key.state != KeyState.RETIRED
            )
            if counts and (copied or poster.short_code not in seen):
                return poster
    return None


def token_of(poster: Poster) -> str:
    """The code that is printed on it."""
    return stations.token_of(poster)
