"""Invariant 8: merging is a union. Whatever the order, nothing is lost, and nothing can be handed over twice."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.stamps import books, by_hand, erasing, escrows, flags, merging, prizes, stock
from eventapp.stamps.books import CardDeleted, CardRefused
from eventapp.stamps.merging import MergeError
from eventapp.stamps.models import Award, Card, Claim, ClaimState, RecoveryCode, Stamp
from eventapp.stamps.prizes import AlreadyClaimed
from tests.builders import make_prize, make_rally
from tests.stamps.checks import Undo
from tests.stamps.phones import START, Phone, send, token_of

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def _festival_day():
    with clock.stopped_at(START):
        yield


@pytest.fixture
def rally():
    return make_rally(stations=5)


def a_phone(rally, *numbers, minutes=0):
    phone = Phone(rally.id)
    with clock.stopped_at(START + timedelta(minutes=minutes)):
        for number in numbers:
            phone.capture(token_of(rally, number))
        phone.sync()
    return phone


def merge(source, into):
    with transaction():
        return merging.merge(source.row.id, into.row.id)


def check_union(rally):
    """Three cards in every order come to the same stamps, the same prizes, and at most one hand-over for each."""
    tiers = {needed: make_prize(rally, needed, stock=1000).id for needed in (1, 2, 4)}
    sets = st.lists(st.sets(st.integers(1, 5), max_size=3), min_size=3, max_size=3)
    quick = settings(max_examples=6, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
                     suppress_health_check=list(HealthCheck))  # fmt: skip

    @quick
    @given(sets, st.sets(st.integers(0, 2)))
    def run(chosen, claiming):
        phones = [a_phone(rally, *sorted(numbers), minutes=place) for place, numbers in enumerate(chosen)]
        ids = [phone.row.id for phone in phones]
        with transaction():
            for place in claiming:
                for award in db.session.scalars(db.select(Award).where(Award.card_id == ids[place])).all():
                    prizes.claim(award, None, request_key=prizes.new_request_key(), by="x")
        seen = []
        for a, b, c in itertools.permutations(ids):
            for pairs in (((a, b), (b, c)), ((b, c), (a, c)), ((a, c), (b, a), (a, a))):
                seen.append(outcome(ids, pairs))
        assert all(one == seen[0] for one in seen)
        stations, awards, claimed = seen[0]
        assert len(stations) == len(set().union(*chosen))
        assert claimed <= awards == {prize for needed, prize in tiers.items() if needed <= len(stations)}

    run()


def outcome(ids, pairs):
    """What the one card has after these merges, then rolled back."""
    found = None
    try:
        with transaction():
            for source, into in pairs:
                merging.merge(source, into)
            roots = {books.take_root(one).id for one in ids}
            assert len(roots) == 1
            (root,) = roots
            stamps = {(one.station_id, one.status, one.first_scan, one.t_est)
                      for one in db.session.scalars(db.select(Stamp).where(Stamp.card_id == root))}  # fmt: skip
            awards = list(db.session.scalars(db.select(Award).where(Award.card_id == root)))
            claimed = {one.prize_id for one in awards if prizes.find_live_claim(one)}
            elsewhere = db.session.scalars(
                db.select(Claim.prize_id).join(Award, Award.id == Claim.award_id)
                .where(Award.card_id.in_(ids), Claim.state == ClaimState.LIVE)
            ).all()  # fmt: skip
            assert set(elsewhere) == claimed  # handed over for one is handed over for the card that stays
            for award in db.session.scalars(db.select(Award).where(Award.card_id.in_(ids))):
                if award.prize_id in claimed:
                    with pytest.raises(AlreadyClaimed):
                        prizes.claim(award, None, request_key=prizes.new_request_key(), by="x")
            found = (frozenset(stamps), {one.prize_id for one in awards}, claimed)
            raise Undo
    except Undo:
        pass
    return found


def test_merging_is_a_union_in_any_order(rally):
    check_union(rally)


def granting_nothing(rules, book, now, grant=books.grant):
    """Only a merge reads a book that asks for no scan and has no device."""
    if book.scans or book.seq_highest:
        grant(rules, book, now)


@pytest.mark.parametrize(
    ("module", "broken", "wrong"),
    [
        *((merging, name, lambda *args: None) for name in ("_unite_stamps", "_unite_awards", "_unite")),
        (books, "grant", granting_nothing),
    ],
)
def test_a_broken_rule_is_noticed(rally, monkeypatch, module, broken, wrong):
    monkeypatch.setattr(module, broken, wrong)

    with pytest.raises(BaseException):  # noqa: B017
        check_union(rally)
    db.session.rollback()


def test_both_phones_go_on_with_the_one_card(rally):
    one, other = a_phone(rally, 1), a_phone(rally, 2)
    merge(one, other)
    one.capture(token_of(rally, 3))

    seen = one.sync()["card"]["stamps"]

    assert len(seen) == 3
    assert seen == sorted(seen, key=lambda stamp: (stamp["t"], stamp["scan_id"]))
    assert {stamp["station"] for stamp in other.sync()["card"]["stamps"]} == {
        stamp["station"] for stamp in seen
    }


def test_a_certificate_of_before_the_merge_is_known_afterwards(rally):
    make_prize(rally)
    one, other = a_phone(rally, 1), a_phone(rally, 2)
    paper = escrows.certificate(db.session.scalars(db.select(Award).where(Award.card_id == one.row.id)).one())
    merge(one, other)

    award = escrows.find_certified(paper, rally.id)
    with transaction():
        prizes.claim(award, None, request_key="a", by="x")

    assert db.session.scalar(db.select(Award.card_id).join(Claim)) == other.row.id


def test_five_cards_with_stamps_come_in_and_no_sixth(rally):
    into = a_phone(rally, 1)
    for _card in range(5):
        merge(a_phone(rally, 2), into)
    merge(a_phone(rally), into)  # an empty one always

    with pytest.raises(MergeError):
        merge(a_phone(rally, 3), into)


def test_a_way_nobody_can_have_gone_is_merged_and_shown(rally):
    with transaction():
        from eventapp.stamps import stations

        stations.change_station(rally.stations[4], {"lat": 36.5, "lon": 139.7}, by="x")
    one, other = a_phone(rally), a_phone(rally)
    one.capture(token_of(rally, 1))
    other.capture(token_of(rally, 5))
    with clock.stopped_at(START + timedelta(seconds=5)):
        one.sync(), other.sync()
        merge(one, other)

    assert flags.flags_of(other.row, rally).odd_merge


def test_twins_are_counted(rally):
    for _card in range(3):
        phone = a_phone(rally, 1, 2, 3)

    assert flags.flags_of(phone.row, rally).twins == 2


# --- recovery ---


def join(rally, phone, typed):
    with transaction():
        return merging.join(rally.id, phone.card, phone.secret, typed)


def test_a_recovery_code_opens_the_card_again_and_again(rally):
    lost = a_phone(rally, 1, 2)
    with transaction():
        shown = merging.make_recovery(lost.row)

    for _phone in range(2):
        new = Phone(rally.id)
        assert join(rally, new, shown.text.lower()).id == lost.row.id
        assert len(new.sync()["card"]["stamps"]) == 2


def test_a_spoken_code_works_once(rally):
    lost = a_phone(rally, 1)
    with transaction():
        shown = merging.make_recovery(lost.row, is_spoken=True)

    assert len(shown.spoken) == 14
    assert join(rally, Phone(rally.id), shown.spoken) is not None
    assert join(rally, Phone(rally.id), shown.spoken) is None


def test_guessing_a_recovery_code_ends_after_five_tries(rally):
    lost = a_phone(rally, 1)
    with transaction():
        shown = merging.make_recovery(lost.row).text
    wrong = shown[:-1] + ("0" if shown[-1] != "0" else "1")
    for _try in range(5):
        assert join(rally, Phone(rally.id), wrong) is None

    assert join(rally, Phone(rally.id), shown) is None
    with clock.stopped_at(START + timedelta(hours=1, seconds=1)):
        assert join(rally, Phone(rally.id), shown) is not None


@pytest.mark.parametrize("typed", ["", "hello", "0" * 22, "3" * 24, "🎉", "A" * 500])
def test_what_is_no_recovery_code_opens_nothing(rally, typed):
    assert join(rally, Phone(rally.id), typed) is None


def test_cards_merge_by_their_secrets(rally):
    one, other = a_phone(rally, 1), a_phone(rally, 2)
    with transaction():
        card = merging.merge_by_secrets(rally.id, (one.card, one.secret), (other.card, other.secret))
    assert card.id == one.row.id

    with pytest.raises(CardRefused), transaction():
        merging.merge_by_secrets(rally.id, (one.card, "x" * 20), (other.card, other.secret))


# --- forgetting ---


def test_a_deleted_card_comes_back_from_nowhere(rally):
    make_prize(rally)
    one, other = a_phone(rally, 1), a_phone(rally, 2)
    merge(one, other)
    one.sync()
    with transaction():
        erasing.delete_card(one.row)

    for phone in (one, other):
        with pytest.raises(CardDeleted):
            send(rally.id, phone.message())
    assert db.session.scalar(db.select(db.func.count(Stamp.id))) == 0
    assert db.session.scalar(db.select(db.func.count(RecoveryCode.id))) == 0
    assert all(account.is_straight for account in stock.accounts(rally.id))


def test_a_stamp_that_staff_gave_without_a_signal_does_not_bring_a_deleted_card_back(rally):
    phone = a_phone(rally, 1)
    stamp = by_hand.StaffStamp("a" * 26, prizes.claim_token(phone.row))
    with transaction():
        erasing.delete_card(phone.row)

    with transaction():
        results = by_hand.stamp_by_staff(
            rally.id, rally.stations[1].code, [stamp], device="d" * 12, by="staff"
        )

    assert [one.reason for one in results] == ["deleted"]
    assert db.session.scalar(db.select(db.func.count(Stamp.id))) == 0


def test_keeping_ends(rally):
    from eventapp.stamps import statistics
    from eventapp.stamps.models import Scan

    for _card in range(6):
        a_phone(rally, 1)
    before = statistics.figures(rally).by_station
    with clock.stopped_at(START + timedelta(days=120)):
        with transaction():
            assert erasing.forget_due() == 12  # six scans, six cards
        with transaction():
            assert erasing.forget_due() == 0

        assert db.session.scalar(db.select(db.func.count(Scan.id))) == 0
        assert db.session.scalar(db.select(db.func.count(Stamp.id))) == 0
        assert statistics.figures(rally).by_station == before
        assert (
            db.session.scalar(db.select(db.func.count(Card.id)).where(Card.secret_hash != erasing.FORGOTTEN))
            == 0
        )
