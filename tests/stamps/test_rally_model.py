"""A whole rally, whatever happens: lost and repeated messages, wrong clocks, revocations, merges, a backup brought back.

The model is small: what each phone has been told. The invariants of docs/stamps.md are looked at after every step: 3 to 7, 9 to
11 and 16; at the end every phone gets a signal and everything it holds must be there.
"""

import contextlib
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.i18n import RuleError
from eventapp.stamps import books, by_hand, keys, ledger, merging, prizes, stations, stock
from eventapp.stamps.models import (
    Award,
    Card,
    Claim,
    ClaimState,
    Policy,
    Poster,
    Prize,
    Rally,
    Scan,
    Stamp,
    Station,
    Status,
    Verdict,
)
from tests.builders import make_desk, make_prize, make_rally
from tests.conftest import empty_tables
from tests.stamps.phones import START, Phone, send, token_of

PHONES = st.integers(0, 2)
STATIONS = st.integers(1, 4)
KEPT = (Card, Scan, Stamp, Award, Claim, Prize, Poster, Station, Rally)  # what a backup brings back


class Rallying(RuleBasedStateMachine):
    app: Flask

    @initialize()
    def begin(self) -> None:
        empty_tables()
        self.now = START - timedelta(days=1)
        with clock.stopped_at(self.now):
            rally = make_rally(stations=4)
            for needed in (1, 2, 3):
                make_prize(rally, needed, stock=2)
            self.desk = make_desk(rally).id
        self.rally = rally.id
        self.now = START
        behind = (timedelta(0), timedelta(days=1100), timedelta(hours=-2))
        self.phones = [
            Phone(self.rally, behind=one, source=random.Random(place)) for place, one in enumerate(behind)
        ]
        self.told: dict[str, tuple[str, str]] = {}  # scan: what was said to it first
        self.stations_told: dict[str, tuple[int, str]] = {}  # scan with a stamp: phone and station
        self.old: list[tuple[int, dict[str, Any]]] = []  # messages that may come again
        self.awards: set[str] = set()
        self.keys = 0
        self.backup: Any = None
        self.owed: list[set[str]] = [
            set() for _phone in self.phones
        ]  # what each held when a backup came back
        for place in range(3):
            self.collect(place, [place + 1])

    # --- what happens ---

    @rule(phone=PHONES, station=STATIONS, good=st.booleans())
    def capture(self, phone: int, station: int, good: bool) -> None:
        with clock.stopped_at(self.now):
            token = token_of(db.session.get_one(Rally, self.rally), station)
            self.phones[phone].capture(token if good or station > 2 else token[:-2] + token[:-3:-1])

    @rule(phone=PHONES, fate=st.sampled_from(["fine", "fine", "lost", "answer lost", "twice", "half"]))
    def deliver(self, phone: int, fate: str) -> None:
        self.now += timedelta(minutes=1)
        with clock.stopped_at(self.now):
            message = self.phones[phone].message()
            if fate == "half":
                message["items"] = message["items"][1::2]
            self.old = [*self.old[-5:], (phone, message)]
            if fate == "lost":
                return
            for _time in range(2 if fate == "twice" else 1):
                answer = self.send(phone, message)
            if fate != "answer lost":
                self.phones[phone].hear(answer)

    @rule(phone=PHONES, stations=st.lists(STATIONS, min_size=1, max_size=3))
    def collect(self, phone: int, stations: list[int]) -> None:
        """A visitor with a signal: scanned, sent, answered."""
        for station in stations:
            self.capture(phone, station, True)
        self.deliver(phone, "fine")

    @precondition(lambda self: self.old)
    @rule(data=st.data())
    def an_old_message_comes_again(self, data: Any) -> None:
        phone, message = data.draw(st.sampled_from(self.old))
        with clock.stopped_at(self.now):
            self.send(phone, message)

    def send(self, phone: int, message: dict[str, Any]) -> dict[str, Any]:
        answer = send(self.rally, message)
        for result in answer["results"]:
            said = (result["verdict"], result["station"])
            assert self.told.setdefault(result["scan_id"], said) == said
            if result["verdict"] != "rejected":
                self.stations_told[result["scan_id"]] = (phone, result["station"])
        stored = set(db.session.scalars(db.select(Scan.seq).where(Scan.device == message["device"])))
        assert set(range(1, answer["ack_seq"] + 1)) <= stored
        return answer

    @rule(
        station=STATIONS,
        policy=st.sampled_from(list(Policy)),
        what=st.sampled_from(["poster", "policy", "key", "accept", "void"]),
        data=st.data(),
    )
    def an_organizer_acts(self, station: int, policy: Policy, what: str, data: Any) -> None:
        ways = {
            "poster": lambda: self.replace_the_poster(station),
            "policy": lambda: self.ask_for_more(station, policy),
            "key": self.begin_a_new_key,
            "accept": lambda: self.look_at_a_held_stamp(data, True),
            "void": lambda: self.look_at_a_held_stamp(data, False),
        }
        ways[what]()

    def replace_the_poster(self, station: int) -> None:
        before = self.stamps()
        with clock.stopped_at(self.now), transaction():
            found = db.session.scalars(db.select(Station).where(Station.number == station)).one()
            stations.replace_poster(found.posters[-1], by="organizer")
        assert self.stamps() == before

    def ask_for_more(self, station: int, policy: Policy) -> None:
        with clock.stopped_at(self.now), transaction():
            stations.set_policy(
                db.session.scalars(db.select(Station).where(Station.number == station)).one(),
                policy,
                by="organizer",
            )

    def begin_a_new_key(self) -> None:
        if self.keys == 2:
            return
        self.keys += 1
        with clock.stopped_at(self.now), transaction():
            keys.rotate(db.session.get_one(Rally, self.rally), by="organizer")

    def look_at_a_held_stamp(self, data: Any, good: bool) -> None:
        held = db.session.scalars(
            db.select(Stamp.id).where(Stamp.status == Status.HELD).order_by(Stamp.id)
        ).all()
        if held:
            with clock.stopped_at(self.now), transaction():
                stamp = db.session.get_one(Stamp, data.draw(st.sampled_from(held)))
                by_hand.accept_held(stamp, by="organizer") if good else by_hand.void(
                    stamp, "leaked", by="organizer"
                )

    @rule(source=PHONES, into=PHONES)
    def merge(self, source: int, into: int) -> None:
        a, b = (self.card(self.phones[one]) for one in (source, into))
        if a is None or b is None:
            return
        before = [len(self.stations_of(one)) for one in (a, b)]
        with clock.stopped_at(self.now), transaction():
            stays = merging.merge(a, b)
        assert max(before) <= len(self.stations_of(stays)) <= sum(before)

    @rule(phone=PHONES, stations=st.lists(STATIONS, min_size=1, max_size=2))
    def come_to_the_desk(self, phone: int, stations: list[int]) -> None:
        """After one more stamp: everything the card has earned is asked for, what was handed over before too."""
        self.collect(phone, stations)
        for award_id in db.session.scalars(
            db.select(Award.id).where(Award.card_id == self.card(self.phones[phone]))
        ).all():
            with contextlib.suppress(RuleError), clock.stopped_at(self.now), transaction():
                prizes.claim(
                    db.session.get_one(Award, award_id), None, request_key=prizes.new_request_key(), by="desk"
                )

    @rule(phone=PHONES, stations=st.lists(STATIONS, min_size=2, max_size=4))
    def bring_a_backup_back_or_make_one(self, phone: int, stations: list[int]) -> None:
        """Between the two somebody at least goes on collecting: that is what the server loses and the phone still has."""
        if self.backup is None:
            self.back_up()
            return
        self.collect(phone, stations)
        self.bring_the_backup_back()

    def back_up(self) -> None:
        db.session.rollback()
        rows = {
            kind: [dict(row) for row in db.session.execute(kind.__table__.select()).mappings()]
            for kind in reversed(KEPT)
        }
        self.backup = rows

    def bring_the_backup_back(self) -> None:
        db.session.remove()
        with transaction():
            for kind in KEPT[:5]:
                if kind is Card:
                    continue
                db.session.execute(kind.__table__.delete())
            db.session.execute(Claim.__table__.delete())
            db.session.execute(Award.__table__.delete())
            db.session.execute(db.update(Card).values(merged_into_id=None))
            db.session.execute(Card.__table__.delete())
            for kind in (Card, Scan, Stamp, Award, Claim):
                rows = sorted(
                    self.backup[kind], key=lambda row: (row.get("merged_into_id") is not None, row["id"])
                )
                if rows:
                    db.session.execute(kind.__table__.insert(), rows)
            for row in self.backup[Prize]:
                db.session.execute(
                    db.update(Prize).where(Prize.id == row["id"]).values(stock_left=row["stock_left"])
                )
        if db.engine.dialect.name == "postgresql":
            self.move_sequences_on()
        for phone, owed in zip(self.phones, self.owed, strict=True):
            owed |= set(phone.stamps)
        self.told, self.stations_told, self.old, self.backup = {}, {}, [], None
        self.awards = set()

    def move_sequences_on(self) -> None:
        db.session.rollback()
        with db.engine.begin() as connection:
            for kind in (Card, Scan, Stamp, Award, Claim):
                name = kind.__tablename__
                connection.exec_driver_sql(
                    f"SELECT setval('{name}_id_seq', (SELECT coalesce(max(id), 1) FROM {name}))"
                )

    # --- what must hold ---

    def stamps(self) -> list[Any]:
        return sorted(
            tuple(row)
            for row in db.session.execute(
                db.select(Stamp.card_id, Stamp.station_id, Stamp.first_scan, Stamp.reason)
            )
        )

    def status_rows(self, status: Status) -> set[tuple[int, int]]:
        return {
            (row.card_id, row.station_id)
            for row in db.session.execute(db.select(Stamp).where(Stamp.status == status)).scalars()
        }

    def card(self, phone: Phone) -> int | None:
        return db.session.scalar(db.select(Card.id).where(Card.code == phone.card))

    def stations_of(self, card_id: int) -> set[str]:
        root = card_id
        while (into := db.session.scalar(db.select(Card.merged_into_id).where(Card.id == root))) is not None:
            root = into
        return set(
            db.session.scalars(
                db.select(Station.code)
                .join(Stamp, Stamp.station_id == Station.id)
                .where(Stamp.card_id == root)
            )
        )

    @invariant()
    def books_are_straight(self) -> None:
        if not hasattr(self, "phones"):
            return
        self.now += timedelta(milliseconds=1)  # no two things happen at the very same moment
        db.session.rollback()
        db.session.expire_all()
        doubles = db.session.execute(
            db.select(Stamp.card_id)
            .group_by(Stamp.card_id, Stamp.station_id)
            .having(db.func.count(Stamp.id) > 1)
        ).all()
        assert doubles == []  # 5
        for scan in db.session.scalars(db.select(Scan)):
            assert scan.t_lo <= scan.t_est <= scan.t_hi and scan.t_hi <= max(
                scan.received_at, scan.t_est
            )  # 11
        accepted = (
            db.select(Scan, Poster)
            .join(Poster, Poster.id == Scan.poster_id)
            .where(Scan.verdict == Verdict.ACCEPTED)
        )
        for scan, poster in db.session.execute(accepted):
            assert poster.revoked_at is None or scan.t_lo < poster.revoked_at  # 16
        codes = set(db.session.scalars(db.select(Award.code)))
        assert self.awards <= codes  # 9
        self.awards = codes
        assert all(account.is_straight for account in stock.accounts(self.rally))  # 10
        live = db.session.scalars(db.select(Claim.award_id).where(Claim.state == ClaimState.LIVE)).all()
        assert len(live) == len(set(live))
        for phone, station in self.stations_told.values():  # 3
            card = self.card(self.phones[phone])
            assert card is not None and station in self.stations_of(card)
        logged = set(db.session.scalars(db.select(Scan.scan_id).where(Scan.verdict != Verdict.REJECTED)))
        assert set(db.session.scalars(db.select(Stamp.first_scan))) <= logged  # 4
        db.session.rollback()

    def teardown(self) -> None:
        if not hasattr(self, "phones"):
            return
        self.now += timedelta(minutes=5)
        void = self.status_rows(Status.VOID)
        with clock.stopped_at(self.now):
            for phone, owed in zip(self.phones, self.owed, strict=True):
                held = set(phone.stamps) | owed
                phone.sync()
                assert phone.outbox == {}
                assert held <= self.stations_of(self.card(phone) or 0)  # 7
        assert void <= self.status_rows(Status.VOID)  # 7: what was voided stays so
        db.session.rollback()


def run(app: Flask, examples: int, steps: int) -> None:
    Rallying.app = app
    quiet = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, database=None,
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(Rallying, settings=quiet)


def test_nothing_is_lost_and_nothing_counts_twice(app: Flask) -> None:
    run(app, examples=20, steps=25)


@pytest.mark.soak
def test_nothing_is_lost_for_a_long_time(app: Flask) -> None:
    run(app, examples=600, steps=60)


def forget_stamps(rules: Any, book: Any, rows: Any, now: Any) -> None:
    """Scans are logged and stamps are not."""
    if rows:
        db.session.execute(db.insert(Scan).values(list(rows)))


def forget_to_ask(checked: Any, sync: Any = ledger.sync) -> Any:
    """Phones hold stamps that a restored server has lost, and it does not want to know."""
    return replace(sync(checked), want=False)


BREAKS = {
    "nobody asks for receipts": (ledger, "sync", forget_to_ask),
    "stamps are forgotten": (books, "write", forget_stamps),
    "prizes come from nowhere": (stock, "take", lambda *args: True),
    "acknowledged too early": (
        ledger,
        "_acknowledged",
        lambda book, batch, rows: max([item.seq for item in batch.items], default=0) + 1,
    ),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_rule_is_noticed(app: Flask, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    module, name, wrong = BREAKS[broken]
    monkeypatch.setattr(module, name, wrong)
    Rallying.app = app
    quick = settings(max_examples=20, stateful_step_count=20, deadline=None, derandomize=True, database=None,
                     phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    with pytest.raises(BaseException):  # noqa: B017
        run_state_machine_as_test(Rallying, settings=quick)
