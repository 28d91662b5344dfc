"""The invariants of the ledger as functions: the tests run them as they are, and with a rule broken to see them fail."""

import math
import random
from datetime import timedelta
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.stamps import by_hand, ledger, messages, stations, timing, tokens
from eventapp.stamps.models import Policy, Poster, Scan, Stamp, Station, Status
from tests.builders import make_rally
from tests.conftest import empty_tables
from tests.stamps.phones import START, Phone, letters, send, token_of

QUICK = settings(
    max_examples=12, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate]
)


class Undo(Exception):
    """Raised to roll a trial back."""


def rally_for_trials():
    """Three static stations, one with a display as well, and a fourth that asks for the display."""
    empty_tables()
    with clock.stopped_at(START - timedelta(days=30)):
        rally = make_rally(stations=4)
        fourth = db.session.scalars(db.select(Station).where(Station.number == 4)).one()
        with transaction():
            stations.set_policy(fourth, Policy.ROTATING, by="builder")
            stations.issue_poster(fourth, by="builder", is_display=True)
    return rally


def rotating_token(rally, number, moment):
    """What the display of a station shows at a moment."""
    station = db.session.scalars(
        db.select(Station).where(Station.rally_id == rally.id, Station.number == number)
    ).one()
    poster = db.session.scalars(
        db.select(Poster).where(Poster.station_id == station.id, Poster.is_display)
    ).one()
    day_key = stations.display_key(poster, clock.local(moment, rally.edition.zone).date())
    return tokens.make_rotating(poster.key.kid, poster.pid, tokens.step_at(moment), day_key)


def stamps_of(rally_id: int) -> dict[tuple[int, int], tuple[Any, ...]]:
    """Every stamp as it stands."""
    rows = db.session.execute(
        db.select(Stamp.card_id, Stamp.station_id, Stamp.status, Stamp.first_scan, Stamp.t_est, Stamp.t_last)
    )
    return {(row.card_id, row.station_id): tuple(row)[2:] for row in rows}


def tried(rally_id: int, batches: list[dict[str, Any]]) -> tuple[Any, list[dict[str, Any]]]:
    """The stamps and answers after these messages, rolled back again."""
    checked = [ledger.check(rally_id, messages.read_batch(one)) for one in batches]
    answers, seen = [], {}
    try:
        with transaction():
            answers = [ledger.sync(one).as_json() for one in checked]
            seen = stamps_of(rally_id)
            raise Undo
    except Undo:
        pass
    by_station = {station: standing for (_card, station), standing in seen.items()}
    return by_station, answers


@st.composite
def captures(draw):
    """Some scans: (station, minutes ago, how)."""
    one = st.tuples(
        st.integers(1, draw(st.integers(1, 4))),
        st.integers(0, 300),
        st.sampled_from(["good", "rotating", "flipped", "other"]),
    )
    return draw(st.lists(one, min_size=1, max_size=7))


def phone_with(rally, made):
    """A phone that has captured all this, at its times."""
    phone = Phone(rally.id, behind=timedelta(days=1100), source=random.Random(5))
    for station, minutes, how in made:
        with clock.stopped_at(START - timedelta(minutes=minutes)):
            if how == "rotating":
                token = rotating_token(rally, 4, clock.now())
            else:
                token = token_of(rally, station)
            if how == "flipped":
                token = token[:-1] + ("0" if token[-1] != "0" else "1")
            phone.capture(token if how != "other" else "0" + letters(random.Random(minutes), 21))
    return phone


def check_repeats_change_nothing(app):
    rally = rally_for_trials()

    @QUICK
    @given(captures(), st.randoms(use_true_random=False))
    def run(made, source):
        phone = phone_with(rally, made)
        with clock.stopped_at(START):
            message = phone.message()
            once, answers = tried(rally.id, [message])
            verdicts = {one["scan_id"]: one for one in answers[0]["results"]}
            items = message["items"] + source.sample(
                message["items"], source.randint(0, len(message["items"]))
            )
            often, again = tried(rally.id, [message, message | {"items": items}, message])
        assert often == once
        for answer in again:
            assert {one["scan_id"]: one for one in answer["results"]} == verdicts
            assert answer["card"]["stamps"] == answers[0]["card"]["stamps"]  # receipts too
            assert answer["ack_seq"] == answers[0]["ack_seq"]

    run()


def check_order_does_not_matter(app):
    rally = rally_for_trials()

    @settings(QUICK, max_examples=40)
    @given(captures(), st.randoms(use_true_random=False))
    def run(made, source):
        phone = phone_with(rally, made)
        with clock.stopped_at(START):
            message = phone.message()
            straight, _answers = tried(rally.id, [message])
            mixed = source.sample(message["items"], len(message["items"]))
            cut = source.randint(0, len(mixed))
            crooked, answers = tried(
                rally.id, [message | {"items": mixed[:cut]}, message | {"items": mixed[cut:]}]
            )
        assert crooked == straight
        assert answers[-1]["ack_seq"] == len(mixed)

    run()


def check_intervals_hold_the_truth(app):
    """Invariant 11, and the reason for invariant 12."""

    @settings(QUICK, max_examples=60)
    @given(
        offset=st.integers(-10**8, 10**8), waited=st.integers(0, 10**5), latency=st.integers(0, 600), quiet=st.booleans(),
        heard=st.integers(0, 10**5),
    )  # fmt: skip
    def run(offset, waited, latency, quiet, heard):
        floor = START
        after = None if quiet else floor + timedelta(seconds=heard)
        captured = (after or floor) + timedelta(seconds=1)
        sent = captured + timedelta(seconds=waited)
        received = sent + timedelta(seconds=latency)
        skew = timedelta(seconds=offset)
        age = timing.age_of(sent + skew, captured + skew)
        when = timing.interval(received=received, age=age, floor=floor, after=after)
        straight = timing.interval(
            received=received, age=timing.age_of(sent, captured), floor=floor, after=after
        )
        assert when.lo <= when.est <= when.hi <= received
        assert when.lo <= captured <= when.hi
        assert when == straight  # a constant error of the clock changes nothing
        assert abs((when.est - captured).total_seconds()) <= latency

    run()


def check_honest_visitors_are_never_too_fast(app):
    legs = st.tuples(
        st.floats(0, 20_000),
        st.floats(0, 6.28),
        st.floats(1, 100),
        st.integers(0, 3600),
        st.integers(0, 1800),
    )

    @settings(QUICK, max_examples=60)
    @given(st.lists(legs, min_size=2, max_size=8), st.integers(-(10**8), 10**8), st.sampled_from([1, 2, 5]))
    def run(way, offset, together):
        moment, lat, lon = START, 35.5, 139.7
        answers: list[Any] = []  # when each arrived; the visitor does not wait for them
        captured: list[tuple[float, float, Any, Any]] = []
        found = []
        for metres, towards, speed, stayed, latency in way:
            moment += timedelta(seconds=metres / (speed / 3.6) + stayed)
            lat += metres * math.cos(towards) / 111_195
            lon += metres * math.sin(towards) / 111_195 / math.cos(math.radians(lat))
            captured.append((lat, lon, moment, max((one for one in answers if one <= moment), default=None)))
            if len(captured) < together:
                continue
            received = moment + timedelta(seconds=latency)
            for at_lat, at_lon, when, heard in captured:
                age = timing.age_of(moment + timedelta(seconds=offset), when + timedelta(seconds=offset))
                span = timing.interval(received=received, age=age, floor=START, after=heard)
                found.append(timing.Presence(at_lat, at_lon, span.lo, span.hi, str(len(found))))
            answers.append(received)
            captured = []
        assert timing.too_fast(found) == []

    run()


def check_steps_of_a_display(app):
    """Invariant 15: with a signal, a code counts within its window and not outside; never on another day."""
    rally = rally_for_trials()

    @QUICK
    @given(late=st.integers(-200, 400), day=st.sampled_from([0, 0, 0, -1, 1]))
    def run(late, day):
        shown = START + timedelta(minutes=3) + timedelta(days=day)
        now = START + timedelta(minutes=3, seconds=late)
        phone = Phone(rally.id, source=random.Random(9))
        with clock.stopped_at(now):
            phone.capture(rotating_token(rally, 4, shown))
            _stamps, answers = tried(rally.id, [phone.message()])
        verdict, reason = answers[0]["results"][0]["verdict"], answers[0]["results"][0]["reason"]
        first = tokens.EPOCH + tokens.step_at(shown) * tokens.STEP
        fits = first - timedelta(seconds=15) <= now <= first + timedelta(seconds=60)
        assert (verdict == "accepted") == fits
        if first > now + timedelta(seconds=45):
            assert (verdict, reason) == ("rejected", "future_step")
        elif not fits:
            assert (verdict, reason) == ("held", "stale_step")

    run()


def check_revocation(app):
    """Invariant 16, by the interval: before, after, and across."""
    rally = rally_for_trials()
    token = token_of(rally, 1)
    with clock.stopped_at(START), transaction():
        stations.revoke_poster(
            db.session.scalars(db.select(Poster).order_by(Poster.id)).first(), by="builder"
        )

    @QUICK
    @given(heard=st.integers(-300, 300), captured=st.integers(0, 300), waited=st.integers(0, 300))
    def run(heard, captured, waited):
        after = START + timedelta(seconds=heard)
        at = after + timedelta(seconds=captured)
        phone = Phone(rally.id, source=random.Random(9))
        phone.after = timing.to_milliseconds(after)
        with clock.stopped_at(at):
            phone.capture(token)
        with clock.stopped_at(at + timedelta(seconds=waited)):
            now = clock.now()
            _stamps, answers = tried(rally.id, [phone.message()])
        expected = "rejected" if after >= START else "accepted" if now < START else "held"
        assert answers[0]["results"][0]["verdict"] == expected

    run()


def check_soft_signals_never_refuse(app):
    """Invariant 23."""
    rally = rally_for_trials()

    @QUICK
    @given(
        geo=st.sampled_from(["near", "mid", "far", "none", "moon", 7]), in_app=st.booleans(), seconds=st.integers(0, 3),
        method=st.sampled_from(["camera", "deeplink", "photo", "nfc", "staff", "?"]), now=st.sampled_from([None, -5, 10**15, "x"]),
    )  # fmt: skip
    def run(geo, in_app, seconds, method, now):
        phone = Phone(rally.id, source=random.Random(9))
        for number in (1, 3):  # a kilometre apart within seconds
            with clock.stopped_at(START + timedelta(seconds=seconds * number)):
                phone.capture(token_of(rally, number), geo=geo, in_app=in_app, method=method)
        with clock.stopped_at(START + timedelta(minutes=1)):
            _stamps, answers = tried(rally.id, [phone.message() | {"now_client": now}])
        assert [one["verdict"] for one in answers[0]["results"]] == ["accepted", "accepted"]

    run()


def check_receipts_prove_themselves(app):
    """Invariant 4 after a restore: what a phone brings back is what was signed for its card, and nothing else becomes a stamp."""
    rally = rally_for_trials()
    with clock.stopped_at(START):
        phone, other = Phone(rally.id, source=random.Random(3)), Phone(rally.id, source=random.Random(4))
        for one in (phone, other):
            one.capture(token_of(rally, 1))
            one.sync()
        fourth = db.session.scalars(db.select(Station).where(Station.number == 4)).one()
        phone.capture(stations.token_of(fourth.posters[0]))  # held: the station asks for its display
        phone.sync()
        good = {one["status"]: one for one in phone.stamps.values()}
        codes = sorted(db.session.scalars(db.select(Station.code)))
        with transaction():  # an older backup
            db.session.execute(db.delete(Stamp))
            db.session.execute(db.delete(Scan))

    @settings(QUICK, max_examples=60)
    @given(
        status=st.sampled_from(["ok", "held"]), field=st.sampled_from(["station", "scan_id", "t", "status", "receipt", "of another card"]),
        draw=st.randoms(use_true_random=False),
    )  # fmt: skip
    def run(status, field, draw):
        true = good[status]
        forged = dict(true)
        if field == "of another card":
            forged = next(iter(other.stamps.values()))
        elif field == "t":
            forged["t"] += draw.choice([-60_000, -1, 1])
        elif field == "station":
            forged["station"] = draw.choice([one for one in codes if one != true["station"]])
        elif field == "status":
            forged["status"] = {"ok": "held", "held": "ok"}[status]
        else:
            at = draw.randrange(len(true[field]))
            letter = draw.choice([one for one in tokens.ALPHABET if one != true[field][at]])
            forged[field] = true[field][:at] + letter + true[field][at + 1 :]
        with clock.stopped_at(START + timedelta(minutes=1)):
            seen, _answers = tried(rally.id, [phone.message() | {"items": [], "receipts": [forged]}])
            assert seen == {}
            seen, _answers = tried(rally.id, [phone.message() | {"items": [], "receipts": [true, forged]}])
            assert [standing[0] for standing in seen.values()] == [status]

    run()


def check_what_is_void_stays_void(app):
    """Invariant 7: neither a receipt nor another scan brings back what an organizer has taken away."""
    rally = rally_for_trials()
    with clock.stopped_at(START):
        phone = Phone(rally.id)
        phone.capture(token_of(rally, 1))
        phone.sync()
        with transaction():
            by_hand.void(db.session.scalars(db.select(Stamp)).one(), "leaked", by="organizer")

    @QUICK
    @given(st.lists(st.sampled_from(["receipt", "scan", "display"]), min_size=1, max_size=4))
    def run(ways):
        again = Phone(rally.id, source=random.Random(7))
        again.card, again.secret = phone.card, phone.secret
        with clock.stopped_at(START + timedelta(minutes=1)):
            for _way in range(sum(way != "receipt" for way in ways)):
                again.capture(token_of(rally, 1))
            receipts = list(phone.stamps.values()) if "receipt" in ways else []
            seen, answers = tried(rally.id, [again.message() | {"receipts": receipts}])
        assert [standing[0] for standing in seen.values()] == [Status.VOID]
        assert answers[0]["card"]["stamps"] == []
        assert {one["verdict"] for one in answers[0]["results"]} <= {"rejected"}

    run()


def check_keys(app):
    """Invariant 17: a retired generation gives nothing, an old one signs nothing."""
    from eventapp.stamps import keys
    from eventapp.stamps.models import KeyGeneration, KeyState

    rally = rally_for_trials()
    old = token_of(rally, 1)
    phone = Phone(rally.id)
    with transaction():
        first = db.session.scalars(db.select(KeyGeneration)).one()
        keys.rotate(rally, by="builder")
    with clock.stopped_at(START):
        phone.capture(old)
        assert send(rally.id, phone.message())["results"][0]["verdict"] == "accepted"
        with transaction():
            made = stations.issue_poster(db.session.scalars(db.select(Station)).first(), by="builder")
        assert (first.state, made.key_id == first.id) == (KeyState.VERIFY_ONLY, False)
        with transaction():
            keys.retire(first, by="builder")
        late = Phone(rally.id)
        late.capture(old)
        assert send(rally.id, late.message())["results"][0] | {"t": 0, "scan_id": ""} == {
            "scan_id": "", "verdict": "rejected", "reason": "revoked", "station": db.session.scalars(db.select(Station)).first().code, "t": 0,
        }  # fmt: skip
    assert db.session.scalar(db.select(db.func.count(Scan.id)).where(Scan.verdict == "accepted")) == 1
