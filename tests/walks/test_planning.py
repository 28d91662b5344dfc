"""The planner on an edition: hours, slots, wishes, reasons, and what it refuses."""

from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from random import Random

import pytest

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.factories.models import Degree, Opening, OpeningPlace, PointKind
from eventapp.festivals.models import Booth, EditionState
from eventapp.tours.models import EntryMode, SlotState
from eventapp.walks import planning, sentences
from eventapp.walks.asking import DayWish, request_from_json
from eventapp.walks.proposal import Kind, Proposal, Ride, StopKind, proposal_from_json
from eventapp.walks.questions import PlanningError
from tests.builders import (
    SATURDAY,
    SUNDAY,
    make_edition,
    make_entry,
    make_programme,
    make_slot,
    make_venue,
    texts,
)
from tests.walks.festival import (
    ROUNDS,
    ask,
    draw_street,
    factory,
    forget_everything,
    make_trail,
    spot,
    upload,
)
from tests.walks.towns import Town, at

pytestmark = pytest.mark.usefixtures("app", "english")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_everything()


def names(proposal: Proposal) -> list[str]:
    return [stop.name.text("en") for stop in proposal.stops]


def test_a_day_sees_every_factory_and_eats(tmp_path: Path) -> None:
    edition, _entries = make_trail(4)

    proposal = planning.one(edition, ask(), tmp_path, rounds=ROUNDS)

    assert sorted(names(proposal)) == ["Lunch", "Works 0", "Works 1", "Works 2", "Works 3"]
    assert proposal.proven
    assert proposal.has_estimates
    assert proposal.unmet == ()


def test_a_bus_is_no_estimate(tmp_path: Path) -> None:
    edition, _entries = make_trail(3)
    proposal = planning.one(edition, ask(lunch=False), tmp_path, rounds=ROUNDS)
    ten = datetime(2026, 11, 28, 1, tzinfo=UTC)
    ride = Ride(texts("バス"), texts("北"), texts("南"), ten, ten)
    ridden = [
        replace(day, legs=tuple(leg and replace(leg, rides=(ride,)) for leg in day.legs))
        for day in proposal.days
    ]

    assert proposal.has_estimates
    assert not replace(proposal, days=tuple(ridden)).has_estimates


def test_three_proposals_differ_and_can_be_stored(tmp_path: Path) -> None:
    edition, _entries = make_trail(12)

    found = planning.propose(edition, ask(start=time(10), end=time(15)), tmp_path, 1.0, rounds=ROUNDS)

    assert found[0].kind is Kind.MOST
    assert len({tuple(stop.key for stop in one.stops) for one in found}) == len(found)
    assert all(proposal_from_json(one.as_json()) == one for one in found)
    easy = next(one for one in found if one.kind is Kind.EASY)
    assert easy.visits < found[0].visits


def test_request_survives_storing() -> None:
    request = ask("factory:AB", start=time(9, 5), must=("slot:X",), youngest=4, profile="stroller")

    assert request_from_json(request.as_json()) == request


def test_visits_keep_out_of_the_lunch_closure(tmp_path: Path) -> None:
    edition, _entries = make_trail(6)

    proposal = planning.one(edition, ask(lunch=False), tmp_path, rounds=ROUNDS)

    for stop in proposal.stops:
        start, leave = (clock.local(each, edition.zone).time() for each in (stop.start, stop.leave))
        assert leave <= time(12) or start >= time(13)


def test_a_tour_is_reached_five_minutes_early(tmp_path: Path) -> None:
    edition, entries = make_trail(2)
    slot = make_slot(make_programme(entries[1]), starts_at=datetime(2026, 11, 28, 2, 0, tzinfo=UTC))

    proposal = planning.one(
        edition, ask(must=(f"slot:{slot.code}",), start=time(10)), tmp_path, rounds=ROUNDS
    )

    stop = next(one for one in proposal.stops if one.kind is StopKind.SLOT)
    assert stop.slot == slot.code
    assert stop.needs_booking
    assert stop.start == slot.starts_at
    assert (stop.start - stop.arrive).total_seconds() >= 300
    assert names(proposal).count("Works 1") == 1  # the tour instead of the open doors, not both


@pytest.mark.parametrize(("minute", "fits"), [(25, True), (26, False)])
def test_on_the_way_to_a_tour_a_tenth_and_a_minute_are_in_hand(
    minute: int, fits: bool, tmp_path: Path
) -> None:
    edition, entries = make_trail(1)
    slot = make_slot(make_programme(entries[0]), starts_at=datetime(2026, 11, 28, 2, 0, tzinfo=UTC))
    # 1,600 m are 26 minutes; with a tenth and a minute nearly 30, and there five minutes early: 35 before eleven.
    request = ask(must=(f"slot:{slot.code}",), start=time(10, minute), lunch=False).but(start=spot(1600))

    proposal = planning.one(edition, request, tmp_path, rounds=ROUNDS)

    assert (slot.code in {stop.slot for stop in proposal.stops}) is fits
    assert (proposal.unmet == ()) is fits


def test_nobody_arrives_after_the_last_entry(tmp_path: Path) -> None:
    edition, entries = make_trail(3)
    with transaction():
        for entry in entries:
            entry.last_entry_minutes = 90
    found = {}
    for hour in (13, 14):
        request = ask(start=time(hour, 25), lunch=False)
        found[hour] = planning.one(edition, request, tmp_path, rounds=ROUNDS) if hour == 13 else None
        if hour == 14:
            with pytest.raises(PlanningError), clock.stopped_at(datetime(2026, 11, 28, 5, 31, tzinfo=UTC)):
                planning.one(edition, request, tmp_path, rounds=ROUNDS)

    assert found[13] is not None
    starts = [clock.local(stop.start, edition.zone).time() for stop in found[13].stops]
    assert len(starts) == 2 and max(starts) <= time(14, 30)  # the third could only be entered at 14:31


def test_lunch_begins_within_its_times_and_is_eaten_at_the_cost_of_a_visit(tmp_path: Path) -> None:
    edition, entries = make_trail(1)
    programme = make_programme(entries[0])
    slot = make_slot(programme, starts_at=datetime(2026, 11, 28, 2, 0, tzinfo=UTC), minutes=150)
    late = ask(must=(f"slot:{slot.code}",))  # a tour from 11:00 to 13:30

    day = planning.one(edition, late, tmp_path, rounds=ROUNDS)
    eaten = next(stop for stop in day.stops if stop.kind is StopKind.LUNCH)
    assert clock.local(eaten.start, edition.zone).time() == time(13, 30)

    earlier = planning.one(edition, late.but(lunch_to=time(13, 29)), tmp_path, rounds=ROUNDS)
    assert [stop.kind for stop in earlier.stops].count(
        StopKind.LUNCH
    ) + earlier.visits == 1  # one or the other
    short = planning.one(edition, ask(start=time(11, 20), end=time(12, 20)), tmp_path, rounds=ROUNDS)
    assert [stop.kind for stop in short.stops] == [StopKind.LUNCH]


def test_a_slot_without_room_for_the_party_is_said_to_be_full(tmp_path: Path) -> None:
    edition, entries = make_trail(2)
    programme = make_programme(entries[1])
    make_slot(programme, capacity=8, seats_taken=6)

    proposal = planning.one(edition, ask(f"programme:{programme.code}", party=3), tmp_path, rounds=ROUNDS)

    assert [(one.why, one.name.text("en")) for one in proposal.unmet] == [("full", "Factory tour")]
    assert sentences.of_unmet(proposal.unmet[0]) == "There is not enough room left for your party."


@pytest.mark.parametrize(
    ("state", "why"), [(SlotState.CANCELLED, "gone"), (SlotState.CLOSED, "booking_closed")]
)
def test_slots_that_cannot_be_booked_have_their_reason(tmp_path: Path, state: SlotState, why: str) -> None:
    edition, entries = make_trail(1)
    programme = make_programme(entries[0])
    make_slot(programme, state=state)

    proposal = planning.one(edition, ask(must=(f"programme:{programme.code}",)), tmp_path, rounds=ROUNDS)

    assert [one.why for one in proposal.unmet] == [why]
    assert proposal.unmet[0].must


def test_a_party_larger_than_may_book_is_told(tmp_path: Path) -> None:
    edition, entries = make_trail(1, max_party_size=4)
    slot = make_slot(make_programme(entries[0]))

    proposal = planning.one(edition, ask(must=(f"slot:{slot.code}",), party=5), tmp_path, rounds=ROUNDS)

    assert [one.why for one in proposal.unmet] == ["party"]


def test_timed_slots_need_no_booking_and_an_open_programme_is_the_open_doors(tmp_path: Path) -> None:
    edition, entries = make_trail(2)
    timed = make_programme(entries[0], entry_mode=EntryMode.TIMED)
    slot = make_slot(timed, capacity=None)
    freely = make_programme(entries[1], entry_mode=EntryMode.OPEN)

    proposal = planning.one(
        edition, ask(f"programme:{timed.code}", f"programme:{freely.code}"), tmp_path, rounds=ROUNDS
    )

    assert proposal.unmet == ()
    assert [stop.needs_booking for stop in proposal.stops if stop.slot == slot.code] == [False]


def test_age_and_steps_close_doors(tmp_path: Path) -> None:
    edition, entries = make_trail(3)
    with transaction():
        entries[0].factory.min_age = 10
        entries[1].factory.step_free = Degree.NO

    proposal = planning.one(
        edition,
        ask(factory(entries[0]), factory(entries[1]), youngest=6, profile="wheelchair"),
        tmp_path,
        rounds=ROUNDS,
    )

    assert {one.name.text("en"): one.why for one in proposal.unmet} == {
        "Works 0": "too_young",
        "Works 1": "steps",
    }
    assert "Works 2" in names(proposal)


def test_a_factory_without_a_point_in_the_sea_or_unknown_is_named(tmp_path: Path) -> None:
    edition, entries = make_trail(4)
    with transaction():
        entries[0].factory.point = PointKind.NONE
        entries[1].factory.lat, entries[1].factory.lon = 30.0, 150.0

    request = ask(factory(entries[0]), factory(entries[1]), "factory:NOTTHERE")
    proposal = planning.one(edition, request, tmp_path, rounds=ROUNDS)

    assert [one.why for one in proposal.unmet] == ["no_point", "no_point", "gone"]


def test_must_sees_that_cannot_all_fit_say_what_would_make_room(tmp_path: Path) -> None:
    edition, entries = make_trail(4)
    request = ask(must=tuple(factory(entry) for entry in entries), start=time(10), end=time(11), lunch=False)

    proposal = planning.one(edition, request, tmp_path, rounds=ROUNDS)

    assert proposal.visits == 1
    assert len(proposal.unmet) == 3
    assert all(one.must for one in proposal.unmet)
    assert {one.why for one in proposal.unmet} <= {"needs_time", "closed_before_arrival"}
    assert "It would fit without: Works" in sentences.of_unmet(proposal.unmet[0])


def test_only_wishes_visits_nothing_else(tmp_path: Path) -> None:
    edition, entries = make_trail(5)

    proposal = planning.one(edition, ask(factory(entries[3]), only_wishes=True), tmp_path, rounds=ROUNDS)

    assert sorted(names(proposal)) == ["Lunch", "Works 3"]


def test_avoided_factories_stay_out(tmp_path: Path) -> None:
    edition, entries = make_trail(3)

    proposal = planning.one(edition, ask(avoid=(factory(entries[1]),)), tmp_path, rounds=ROUNDS)

    assert "Works 1" not in names(proposal)


def test_two_days_are_planned_together(tmp_path: Path) -> None:
    edition, _entries = make_trail(4)
    days = (DayWish(SATURDAY, time(10), time(11)), DayWish(SUNDAY, time(10), time(11)))

    proposal = planning.one(edition, ask(lunch=False).but(days=days), tmp_path, rounds=ROUNDS)

    assert [len(day.stops) for day in proposal.days] == [1, 1]
    assert len({stop.key for stop in proposal.stops}) == 2


def test_three_days_and_three_hundred_candidates_are_answered(tmp_path: Path) -> None:
    edition = make_edition()
    with transaction():
        for _number in range(300):
            make_entry(edition)

    proposal = planning.one(edition, ask(), tmp_path, rounds=5)

    assert proposal.visits > 5


def test_start_and_end_are_walked_to(tmp_path: Path) -> None:
    edition, _entries = make_trail(2)

    proposal = planning.one(
        edition,
        ask(lunch=False, start=time(10)).but(start=spot(-800), end=spot(1200)),
        tmp_path,
        rounds=ROUNDS,
    )

    day = proposal.days[0]
    assert names(proposal) == ["Works 0", "Works 1"]
    assert len(day.legs) == len(day.stops) + 1
    assert all(leg is not None for leg in day.legs)
    assert proposal.metres > 2000


def test_with_streets_legs_follow_them(tmp_path: Path, town: Town) -> None:
    edition, _entries = make_trail(3)
    extract = upload(edition, draw_street(town), tmp_path)
    assert extract.state == "ready"
    request = ask(lunch=False)

    proposal = planning.with_lines(
        edition, request, planning.one(edition, request, tmp_path, rounds=ROUNDS), tmp_path
    )

    legs = [leg for leg in proposal.days[0].legs if leg]
    assert [leg.status for leg in legs] == ["street", "street"]
    assert [round(leg.metres) for leg in legs] == [200, 200]
    assert all(len(leg.line) >= 2 for leg in legs)
    assert sentences.of_leg(legs[0]) == "3 min, 200 m"
    assert [sentences.of_step(step) for step in legs[0].steps][-1] == "After 200 m: You are there"


def refusal(edition: object, request: object, folder: Path) -> PlanningError:
    with pytest.raises(PlanningError) as caught:
        planning.one(edition, request, folder, rounds=5)  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize(
    ("metres", "words"),
    [(4.0, "0 m"), (514.0, "510 m"), (994.0, "990 m"), (996.0, "1.0 km"), (1473.0, "1.5 km")],
)
def test_ways_are_told_as_on_signposts(metres: float, words: str) -> None:
    assert sentences.way_of(metres) == words


def test_what_is_no_question_is_answered_with_a_sentence(tmp_path: Path) -> None:
    edition, _entries = make_trail(1)

    assert refusal(edition, ask(start=time(10), end=time(10)), tmp_path).field == "days"
    assert refusal(edition, ask().but(days=()), tmp_path).field == "days"
    assert refusal(edition, ask().but(days=(DayWish(SATURDAY), DayWish(SATURDAY))), tmp_path).field == "days"
    assert refusal(edition, ask(party=0), tmp_path).field == "party"
    assert refusal(edition, ask(profile="rocket"), tmp_path).field == "profile"
    assert refusal(edition, ask(*(f"factory:{n}" for n in range(301))), tmp_path).field == "must"
    assert refusal(edition, ask().but(start=spot(90_000_000)), tmp_path).field == "start"
    assert refusal(edition, ask().but(end=spot(300_000)), tmp_path).field == "end"
    assert refusal(edition, ask(lunch_minutes=0), tmp_path).field == "lunch_minutes"
    assert refusal(edition, ask(only_wishes=True), tmp_path).field == "must"


def test_a_start_too_far_for_the_time_says_how_long_it_takes(tmp_path: Path) -> None:
    edition, _entries = make_trail(1)

    error = refusal(
        edition, ask(start=time(10), end=time(10, 10)).but(start=spot(-3000), end=spot(3000)), tmp_path
    )

    assert "takes 98 minutes" in str(error)


def test_no_factory_nothing_open_and_a_closed_edition_are_said(tmp_path: Path) -> None:
    empty = make_edition()
    assert "Nobody takes part yet" in str(refusal(empty, ask(), tmp_path))
    edition, entries = make_trail(1)
    with transaction():
        db.session.query(Opening).delete()
    assert "Nothing is open then" in str(refusal(edition, ask(), tmp_path))
    assert "Nothing of what you marked" in str(refusal(edition, ask(factory(entries[0])), tmp_path))
    with transaction():
        edition.state = EditionState.CLOSED
    assert "is over" in str(refusal(edition, ask(), tmp_path))


def test_a_day_in_the_past_is_over_and_today_begins_now(tmp_path: Path) -> None:
    edition, _entries = make_trail(3)
    with clock.stopped_at(datetime(2026, 11, 28, 8, 0, tzinfo=UTC)):
        assert refusal(edition, ask(), tmp_path).field == "days"
    with clock.stopped_at(datetime(2026, 11, 28, 4, 30, tzinfo=UTC)):
        proposal = planning.one(edition, ask(), tmp_path, rounds=ROUNDS)
    assert all(stop.arrive >= datetime(2026, 11, 28, 4, 30, tzinfo=UTC) for stop in proposal.stops)
    assert proposal.visits == 3


def test_a_plan_costs_the_same_statements_for_many_factories(tmp_path: Path, count_statements) -> None:  # type: ignore[no-untyped-def]
    few, _entries = make_trail(2)
    many, _others = make_trail(12)
    counts = []
    for edition in (few, many):
        planning.one(edition, ask(), tmp_path, rounds=1)
        with count_statements() as seen:
            planning.one(edition, ask(), tmp_path, rounds=1)
        counts.append(len(seen))

    assert counts[0] == counts[1] <= 10


def test_a_plan_that_fails_the_checker_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edition, _entries = make_trail(2)
    monkeypatch.setattr(planning, "check", lambda problem, plan: ["wrong"])

    with pytest.raises(RuntimeError):
        planning.one(edition, ask(), tmp_path, rounds=1)


def test_a_booth_stands_in_where_the_factory_has_steps_or_was_asked_for(tmp_path: Path) -> None:
    edition, entries = make_trail(2)
    with transaction():
        venue = make_venue(edition)
        venue.lat, venue.lon = at(100, 0)
        booth = Booth(venue_id=venue.id, number="1")
        db.session.add(booth)
        db.session.flush()
        entries[0].booth_id = booth.id
        entries[0].openings.append(
            Opening(date=SATURDAY, place=OpeningPlace.BOOTH, opens=time(10), closes=time(12))
        )

    def stops(**values: object) -> list[str]:
        request = ask(lunch=False, end=time(15), **values)  # type: ignore[arg-type]
        proposal = planning.one(edition, request, tmp_path, rounds=ROUNDS)
        return [stop.key.rsplit(":", 1)[-1] for stop in proposal.stops if stop.entry == entries[0].code]

    assert stops() == ["entrance"]
    with transaction():
        entries[0].factory.step_free = Degree.NO
    assert stops(profile="wheelchair") == ["booth"]


def test_proposals_are_what_they_are_called(tmp_path: Path) -> None:
    edition, _entries = make_trail(16)
    found = planning.propose(edition, ask(), tmp_path, 1.0, rounds=ROUNDS)

    for proposal in found[1:]:
        assert proposal.visits <= found[0].visits
        assert proposal.kind is not Kind.LITTLE or proposal.walking < found[0].walking


@pytest.mark.parametrize("seed", range(6))
def test_even_a_hasty_search_sees_most_and_walks_little_as_promised(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two rounds are hardly a search: what the calmer days found must help the full one, or it would see less."""
    monkeypatch.setattr(planning, "different", list)  # which would leave out what is not as it is called
    draw, (edition, entries) = Random(seed), make_trail(24)
    with transaction():
        for entry in entries:
            entry.factory.lat, entry.factory.lon = at(draw.uniform(0, 3000), draw.uniform(0, 3000))
    wants = tuple(factory(entry) for entry in draw.sample(entries, 3 * (seed % 2)))

    most, easy, little = planning.propose(edition, ask(*wants, start=time(9, 30)), tmp_path, 1.0, rounds=2)

    assert [one.kind for one in (most, easy, little)] == [Kind.MOST, Kind.EASY, Kind.LITTLE]
    assert most.visits >= max(easy.visits, little.visits)
    assert little.walking <= min(most.walking, easy.walking)
