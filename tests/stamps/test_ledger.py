"""The ledger: what a batch comes to, in how many statements, and the invariants 1, 2, 4, 6, 11, 12, 15 to 18 and 23."""

import json
from datetime import timedelta

import pytest

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.stamps import (
    books,
    by_hand,
    judging,
    ledger,
    messages,
    prizes,
    queries,
    rules,
    stations,
    timing,
    tokens,
)
from eventapp.stamps.books import CardRefused
from eventapp.stamps.messages import BadMessage
from eventapp.stamps.models import (
    Award,
    Card,
    KeyGeneration,
    Policy,
    Poster,
    Rally,
    Scan,
    Stamp,
    Station,
    Status,
)
from eventapp.stamps.receipts import Signer
from tests.builders import make_edition, make_prize, make_rally
from tests.stamps import checks
from tests.stamps.phones import START, Phone, rows, send, token_of

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def _festival_day():
    with clock.stopped_at(START):
        yield


def verdicts(answer):
    return [(one["verdict"], one["reason"]) for one in answer["results"]]


def test_a_scan_becomes_a_stamp():
    rally = make_rally()
    phone = Phone(rally.id)
    phone.capture(token_of(rally, 1))

    answer = phone.sync()

    assert verdicts(answer) == [("accepted", "")]
    assert [one["station"] for one in answer["card"]["stamps"]] == [rally.stations[0].code]
    assert (answer["ack_seq"], answer["want"], phone.outbox) == (1, False, {})
    json.dumps(answer)


def test_a_new_stamp_costs_six_statements_with_its_prize(count_statements):
    rally = make_rally()
    make_prize(rally, 2)
    phone = Phone(rally.id)
    phone.capture(token_of(rally, 1))
    phone.sync()
    phone.capture(token_of(rally, 2))
    checked = ledger.check(rally.id, messages.read_batch(phone.message()))

    with count_statements() as seen, transaction():
        answer = ledger.sync(checked)

    assert answer.new_prizes == [rally.prizes[0].code]
    assert len(seen) <= 6, seen


def test_fifty_scans_cost_as_many_statements_as_one(count_statements):
    rally = make_rally(stations=5)
    phone = Phone(rally.id)
    for _round in range(10):
        for number in range(1, 6):
            phone.capture(token_of(rally, number))
    checked = ledger.check(rally.id, messages.read_batch(phone.message()))
    rules.get_rules(rally.id)

    with count_statements() as seen, transaction():
        answer = ledger.sync(checked)

    assert len(seen) <= 6
    assert (answer.ack_seq, db.session.scalar(db.select(db.func.count(Stamp.id)))) == (50, 5)


def test_one_more_than_fifty_is_refused_as_a_whole():
    phone = Phone(make_rally().id)
    message = phone.message() | {
        "items": [{"scan_id": f"{number:026}", "seq": number, "token": "x"} for number in range(51)]
    }

    with pytest.raises(BadMessage):
        messages.read_batch(message)


@pytest.mark.parametrize("change", [
    {"card": None}, {"card": "short"}, {"card": "I" * 16}, {"secret": 5}, {"items": {}}, {"items": [5]}, {"items": [{}]},
    {"items": [{"scan_id": "x" * 26, "seq": -1}]}, {"items": [{"scan_id": "x" * 26, "seq": True}]}, {"device": ""},
    {"items": [{"scan_id": "x" * 26, "seq": 10**30}]}, {"receipts": [{"station": "x"}]}, {"have_digest": 4},
])  # fmt: skip
def test_wrong_types_are_refused(change):
    with pytest.raises(BadMessage):
        messages.read_batch(Phone(1).message() | change)


@pytest.mark.parametrize("data", [None, [], "x", 5, {"items": []}, [[[[[]]]]]])
def test_what_is_no_message_is_refused(data):
    with pytest.raises(BadMessage):
        messages.read_batch(data)


def test_unknown_fields_are_left_alone():
    rally = make_rally()
    phone = Phone(rally.id)
    phone.capture(token_of(rally, 1), colour="blue", after="yesterday", t_client={"deep": [1]})

    assert verdicts(send(rally.id, phone.message() | {"more": [1]})) == [("accepted", "")]


def test_wrong_secret_opens_no_card():
    rally = make_rally()
    phone, thief = Phone(rally.id), Phone(rally.id)
    phone.capture(token_of(rally, 1))
    phone.sync()
    thief.card = phone.card

    with pytest.raises(CardRefused):
        send(rally.id, thief.message())


def test_codes_of_another_rally_get_a_kinder_word():
    rally, other = make_rally(), make_rally(make_edition(slug="2027"))
    phone = Phone(rally.id)
    foreign = token_of(other, 1)
    phone.capture(foreign)
    phone.capture(foreign[:-1] + ("0" if foreign[-1] != "0" else "1"))
    phone.capture("hello")

    assert [reason for _verdict, reason in verdicts(phone.sync())] == [
        "other_event",
        "bad_token",
        "bad_token",
    ]


def test_typed_codes_stamp_too():
    rally = make_rally()
    phone = Phone(rally.id)
    phone.capture("", short_code=f" {rally.stations[0].posters[0].short_code.lower()} ", method="short")
    phone.capture("", short_code="ZZZZZZ", method="short")

    assert verdicts(phone.sync()) == [("accepted", ""), ("rejected", "bad_code")]


def test_somebody_elses_scan_number_tells_nothing():
    rally = make_rally()
    phone, other = Phone(rally.id), Phone(rally.id)
    scan_id = phone.capture(token_of(rally, 1))
    phone.sync()
    other.capture(token_of(rally, 2))
    message = other.message()
    message["items"][0]["scan_id"] = scan_id

    assert verdicts(send(rally.id, message)) == [("rejected", "scan_id_taken")]


def test_a_static_scan_at_a_rotating_station_waits_for_better_evidence():
    rally = checks.rally_for_trials()
    make_prize(rally, 1)
    make_prize(rally, 2)
    phone = Phone(rally.id)
    phone.capture(token_of(rally, 1))
    station = db.session.scalars(db.select(Station).where(Station.number == 4)).one()
    phone.capture(stations.token_of(station.posters[0]))
    held = phone.sync()
    assert verdicts(held) == [("accepted", ""), ("held", "policy")]
    assert len(held["card"]["prizes"]) == 1  # the first tier counts held stamps, the second does not

    phone.capture(checks.rotating_token(rally, 4, clock.now()))
    better = phone.sync()

    assert verdicts(better) == [("accepted", "")]
    assert len(better["card"]["prizes"]) == 2


def test_policy_switches_while_it_runs():
    rally = make_rally()
    first = rally.stations[0]
    with transaction():
        stations.set_policy(first, Policy.STAFF, by="organizer")
    phone = Phone(rally.id)
    phone.capture(token_of(rally, 1))

    assert verdicts(phone.sync()) == [("held", "policy")]


def test_scans_outside_opening_hours_are_held():
    rally = make_rally()
    with transaction():
        stations.change_station(
            rally.stations[0], {"hours": [["2026-11-28", "13:00", "16:00"]]}, by="organizer"
        )
    phone = Phone(rally.id)
    phone.capture(token_of(rally, 1))

    assert verdicts(phone.sync()) == [("held", "closed")]


def test_many_cards_on_one_picture_of_a_display_are_held():
    rally = checks.rally_for_trials()
    with transaction():
        db.session.get_one(Rally, rally.id).most_per_step = 2
        rules.touch(rally.id)
    seen = []
    for _card in range(3):
        phone = Phone(rally.id)
        phone.capture(checks.rotating_token(rally, 4, clock.now()))
        seen += verdicts(phone.sync())

    assert seen == [("accepted", ""), ("accepted", ""), ("held", "many_on_step")]


def test_a_displays_clock_is_learnt():
    rally = checks.rally_for_trials()
    ahead = timedelta(seconds=55)
    for _card in range(6):
        phone = Phone(rally.id)
        phone.capture(checks.rotating_token(rally, 4, clock.now() + ahead))
        phone.sync()
    with clock.stopped_at(START + timedelta(minutes=5)):
        phone = Phone(rally.id)
        phone.capture(checks.rotating_token(rally, 4, clock.now() + ahead))

        assert verdicts(phone.sync()) == [("accepted", "")]
        assert 40 <= skew_of(rally) <= 55  # never more than it is


def test_a_display_that_runs_ahead_is_not_a_day_ahead():
    """Invariant 15: just before midnight it shows codes of tomorrow's key; what was learnt of its clock does not make them good."""
    rally, ahead = checks.rally_for_trials(), timedelta(seconds=50)
    midnight = START + timedelta(hours=14)

    def scan(moment):
        with clock.stopped_at(moment):
            phone = Phone(rally.id)
            phone.capture(checks.rotating_token(rally, 4, moment + ahead))
            return verdicts(phone.sync())

    for _card in range(5):
        scan(midnight - timedelta(minutes=10))  # its clock is learnt

    assert scan(midnight - timedelta(minutes=5)) == [("accepted", "")]
    assert scan(midnight - timedelta(seconds=20)) == [("held", "stale_step")]
    assert scan(midnight + timedelta(seconds=20)) == [("accepted", "")]


def skew_of(rally):
    return next(one.skew for one in rules.get_rules(rally.id).posters.values() if one.is_display)


@pytest.mark.parametrize("cards", [1, 20])
def test_old_codes_that_are_passed_on_do_not_turn_a_display_s_clock_back(cards):
    """A photo of the display goes round: whoever comes late with it is held, and whoever stands there is not."""
    rally = checks.rally_for_trials()
    for _visitor in range(5):
        phone = Phone(rally.id)
        phone.capture(checks.rotating_token(rally, 4, clock.now()))
        phone.sync()
    photo = checks.rotating_token(rally, 4, clock.now())
    with clock.stopped_at(START + timedelta(minutes=4)):
        for _friend in range(cards):
            phone = Phone(rally.id)
            for _time in range(40 // cards):
                phone.capture(photo)
            assert {one["verdict"] for one in phone.sync()["results"]} <= {"held", "duplicate"}
    with clock.stopped_at(START + timedelta(minutes=5)):
        late, here = Phone(rally.id), Phone(rally.id)
        late.capture(photo)
        here.capture(checks.rotating_token(rally, 4, clock.now()))

        assert (verdicts(here.sync()), verdicts(late.sync())) == (
            [("accepted", "")],
            [("held", "stale_step")],
        )
        assert -15 <= skew_of(rally) <= 0


def test_a_display_that_seemed_slow_refuses_nobody_when_it_is_right():
    """Thirty cards with old codes, and nobody else: the next visitor is asked to wait for a look at most."""
    rally = checks.rally_for_trials()
    photo = checks.rotating_token(rally, 4, clock.now())
    with clock.stopped_at(START + timedelta(minutes=4)):
        for _friend in range(30):
            phone = Phone(rally.id)
            phone.capture(photo)
            phone.sync()
    with clock.stopped_at(START + timedelta(minutes=5)):
        phone = Phone(rally.id)
        phone.capture(checks.rotating_token(rally, 4, clock.now()))

        assert verdicts(phone.sync()) == [("held", "stale_step")]
        assert skew_of(rally) < -200


def test_a_voided_stamp_stays_voided():
    rally = make_rally()
    phone = Phone(rally.id)
    phone.capture(token_of(rally, 1))
    phone.sync()
    with transaction():
        by_hand.void(db.session.scalars(db.select(Stamp)).one(), "a photo from the net", by="organizer")
    phone.capture(token_of(rally, 1))

    answer = send(rally.id, phone.message())

    assert verdicts(answer) == [("rejected", "voided")]
    assert answer["card"]["stamps"] == []
    assert db.session.scalars(db.select(Stamp)).one().status == Status.VOID


def test_an_accepted_stamp_counts_at_once():
    rally = make_rally()
    make_prize(rally, 1)
    make_prize(rally, 2)
    with transaction():
        for station in rally.stations:
            stations.set_policy(station, Policy.ROTATING, by="organizer")
    phone = Phone(rally.id)
    phone.capture(token_of(rally, 1))
    phone.capture(token_of(rally, 2))
    phone.sync()
    assert queries.count_held(rally) == 2

    with transaction():
        for stamp in queries.list_held(rally):
            by_hand.accept_held(stamp, by="organizer")

    assert queries.count_held(rally) == 0
    assert db.session.scalar(db.select(db.func.count(Award.id))) == 2


def test_staff_stamp_a_phone_and_a_paper_card():
    rally = make_rally()
    phone = Phone(rally.id)
    phone.sync()
    shown = prizes.claim_token(phone.row)
    with transaction():
        ((serial, paper),) = prizes.print_paper_cards(rally, 1, by="organizer")
    items = [
        by_hand.StaffStamp("a" * 26, shown, seq=1),
        by_hand.StaffStamp("b" * 26, paper, seq=2),
        by_hand.StaffStamp("c" * 26, "no", seq=3),
    ]

    for _twice in range(2):
        with transaction():
            results = by_hand.stamp_by_staff(
                rally.id, rally.stations[0].code, items, device="staffphone", by="Kato"
            )
        assert [(one.verdict.value, one.reason) for one in results] == [
            ("accepted", ""),
            ("accepted", ""),
            ("rejected", "bad_card"),
        ]

    assert serial == 1
    assert db.session.scalar(db.select(db.func.count(Stamp.id))) == 2
    assert phone.sync()["card"]["stamps"][0]["station"] == rally.stations[0].code


def test_looking_at_a_code_changes_no_table():
    """Invariant 18, as far as the rules go."""
    rally = make_rally()
    token = token_of(rally, 1)
    before = rows(Rally, Station, Poster, KeyGeneration, Card, Scan, Stamp)

    landing = queries.find_landing(token)
    queries.manifest(rally)
    with pytest.raises(tokens.TokenError):
        queries.find_landing(token[:-1] + ("0" if token[-1] != "0" else "1"))

    assert landing.station == rally.stations[0]
    assert rows(Rally, Station, Poster, KeyGeneration, Card, Scan, Stamp) == before


def test_the_manifest_recognises_live_posters_only(count_statements):
    rally = make_rally()
    gone, kept = token_of(rally, 1), token_of(rally, 2)
    with transaction():
        stations.revoke_poster(rally.stations[0].posters[0], by="organizer")

    known = queries.manifest(rally)["posters"]

    assert known[tokens.digest(kept)] == rally.stations[1].code
    assert tokens.digest(gone) not in known
    json.dumps(queries.manifest(rally))


def test_gaps_are_not_acknowledged():
    """Invariant 6."""
    rally = make_rally()
    phone = Phone(rally.id)
    ids = [phone.capture(token_of(rally, number)) for number in (1, 2, 3)]
    whole = phone.message()

    def part(*chosen):
        return whole | {
            "items": [item for item in whole["items"] if item["scan_id"] in {ids[one] for one in chosen}]
        }

    assert send(rally.id, part(0, 2))["ack_seq"] == 1
    assert send(rally.id, part(2))["ack_seq"] == 1
    assert send(rally.id, part(1))["ack_seq"] == 3


@pytest.mark.parametrize(
    "check",
    [getattr(checks, name) for name in dir(checks) if name.startswith("check_")],
    ids=lambda one: one.__name__,
)
def test_invariant(app, check):
    check(app)


def unguarded(*args, **values):
    return None


ENTER = ledger.enter


def lifted(book):
    """A book in which nothing is void any more."""
    for one in book.stamps.values():
        one.status = Status.HELD
    return book


BREAKS = {
    "replays are not recognised": (books, "_ENTER", books._ENTER | {"scan": unguarded}, checks.check_repeats_change_nothing),
    "the first to arrive is the first": (ledger, "_earliest_and_latest", unguarded, checks.check_order_does_not_matter),
    "the phone's clock is believed": (
        timing, "age_of", lambda now, then: max(timedelta(0), START - then) if then else timedelta(0), checks.check_intervals_hold_the_truth,
    ),
    "the best guess is a point": (
        timing, "interval",
        lambda *, received, age, floor, after: timing.Interval(received - age, received - age, received - age),
        checks.check_honest_visitors_are_never_too_fast,
    ),
    "steps have no window": (timing, "fits_step", lambda *args: True, checks.check_steps_of_a_display),
    "steps come from the future": (timing, "is_from_the_future", lambda *args: False, checks.check_steps_of_a_display),
    "any receipt will do": (Signer, "is_good", lambda self, receipt: True, checks.check_receipts_prove_themselves),
    "receipts are of no card": (Signer, "sign", lambda self, *values: tokens.mac(self.key, repr(values), 16), checks.check_receipts_prove_themselves),
    "what is void can be scanned again": (
        ledger, "enter", lambda scan_id, judged, book: judged if judged.station_id not in book.stamps else ENTER(scan_id, judged, lifted(book)),
        checks.check_what_is_void_stays_void,
    ),
    "revoked posters count": (judging, "_judge_poster", lambda judged, *args, **values: judged, checks.check_revocation),
}  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_rule_is_noticed(app, monkeypatch, broken):
    module, name, wrong, check = BREAKS[broken]
    monkeypatch.setattr(module, name, wrong)

    with pytest.raises(BaseException):  # noqa: B017
        check(app)


def test_a_soft_signal_that_refuses_is_noticed(app, monkeypatch):
    judge = judging.judge

    def harsh(item, found, rules, received, age):
        judged = judge(item, found, rules, received, age)
        return judging.replace(judged, verdict=judging.Verdict.REJECTED) if item.geo == "far" else judged

    monkeypatch.setattr(judging, "judge", harsh)
    with pytest.raises(BaseException):  # noqa: B017
        checks.check_soft_signals_never_refuse(app)


def test_a_retired_key_that_counts_is_noticed(app, monkeypatch):
    monkeypatch.setattr(judging, "KeyState", type("Never", (), {"RETIRED": "never"}))
    with pytest.raises(BaseException):  # noqa: B017
        checks.check_keys(app)
