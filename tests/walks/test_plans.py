"""A stored day: changed, planned again, booked in one step, shared."""

from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from eventapp import clock
from eventapp.db import NotThere, db, transaction
from eventapp.festivals.models import Edition, EditionState
from eventapp.tours.booking import SlotFull
from eventapp.tours.models import Slot, SlotState
from eventapp.walks import erasing, exporting, planning, plans, reordering, replanning, sentences
from eventapp.walks.asking import DayWish, PlanRequest
from eventapp.walks.models import Plan
from eventapp.walks.plans import PlanRefused
from eventapp.walks.proposal import StopKind
from eventapp.walks.questions import PlanningError
from tests.builders import SATURDAY, SUNDAY, TEN, make_booking, make_contact, make_programme, make_slot
from tests.walks.festival import ROUNDS, ask, factory, forget_everything, make_trail, spot

pytestmark = pytest.mark.usefixtures("app", "english")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_everything()


def keep(edition: Edition, request: PlanRequest, folder: Path) -> plans.SavedPlan:
    proposal = planning.with_lines(
        edition, request, planning.one(edition, request, folder, rounds=ROUNDS), folder
    )
    with transaction():
        return plans.save(edition, request, proposal)


def adopt(plan: Plan, draft: plans.Draft) -> None:
    with transaction():
        plans.adopt(plan, draft)


def names(plan: Plan) -> list[str]:
    return [stop.name.text("en") for stop in plans.proposal_of(plan).stops]


def key_of(plan: Plan, name: str) -> str:
    return next(stop.key for stop in plans.proposal_of(plan).stops if stop.name.text("en") == name)


def test_a_plan_is_found_by_code_and_changed_by_key(tmp_path: Path) -> None:
    edition, _entries = make_trail(2)
    plan, key = keep(edition, ask(), tmp_path)

    assert plans.get(plan.code) is plan
    assert plans.may_change(plan, key)
    assert not any(plans.may_change(plan, wrong) for wrong in (None, "", key[:-1], key + "A", "ａ"))
    assert key not in str(plan.__dict__)
    with pytest.raises(NotThere):
        plans.get(plan.code[:-1] + "?")


def test_locking_marking_and_their_stops(tmp_path: Path) -> None:
    edition, _entries = make_trail(2)
    plan, _key = keep(edition, ask(), tmp_path)
    stop = key_of(plan, "Works 1")

    with transaction():
        plans.lock(plan, stop)
        plans.lock(plan, stop)
        plans.mark_visited(plan, stop)
    assert (plan.locked, plan.visited) == ([stop], [stop])
    with transaction():
        plans.unlock(plan, stop)
        plans.mark_visited(plan, stop, is_visited=False)
    assert (plan.locked, plan.visited) == ([], [])
    with pytest.raises(NotThere), transaction():
        plans.lock(plan, "open:nothing:entrance")


def test_moving_a_stop_keeps_the_others_in_order(tmp_path: Path) -> None:
    edition, _entries = make_trail(3)
    plan, _key = keep(edition, ask(lunch=False, start=time(10), end=time(15)), tmp_path)
    order = names(plan)

    adopt(plan, reordering.move(plan, key_of(plan, order[2]), 0, tmp_path))

    assert names(plan) == [order[2], order[0], order[1]]


def test_a_move_that_comes_too_late_names_the_stop(tmp_path: Path) -> None:
    edition, entries = make_trail(3)
    slot = make_slot(make_programme(entries[0]), starts_at=TEN)
    plan, _key = keep(edition, ask(must=(f"slot:{slot.code}",), lunch=False), tmp_path)

    with pytest.raises(PlanRefused, match="too late for Works 0"):
        reordering.move(plan, f"slot:{slot.code}", 2, tmp_path)


def test_removing_leaves_the_rest_and_the_last_stop_stays(tmp_path: Path) -> None:
    edition, _entries = make_trail(2)
    plan, _key = keep(edition, ask(), tmp_path)

    adopt(plan, reordering.remove(plan, key_of(plan, "Lunch"), tmp_path))
    assert sorted(names(plan)) == ["Works 0", "Works 1"]
    adopt(plan, reordering.remove(plan, key_of(plan, "Works 0"), tmp_path))
    assert names(plan) == ["Works 1"]
    with pytest.raises(PlanRefused, match="last stop"):
        reordering.remove(plan, key_of(plan, "Works 1"), tmp_path)


def test_not_this_one_is_replaced_and_stays_away(tmp_path: Path) -> None:
    edition, _entries = make_trail(5)
    plan, _key = keep(edition, ask(lunch=False, start=time(10), end=time(11, 12)), tmp_path)
    gone = names(plan)[0]

    adopt(plan, replanning.not_this_one(plan, key_of(plan, gone), tmp_path, rounds=ROUNDS))

    assert gone not in names(plan)
    assert len(names(plan)) == 2
    adopt(plan, replanning.replan(plan, tmp_path, rounds=ROUNDS))
    assert gone not in names(plan)


def test_adding_a_factory_and_lunch(tmp_path: Path) -> None:
    edition, entries = make_trail(4)
    plan, _key = keep(edition, ask(factory(entries[0]), only_wishes=True, lunch=False), tmp_path)

    adopt(plan, replanning.add(plan, factory(entries[3]), tmp_path, rounds=ROUNDS))
    draft = replanning.add(plan, "lunch", tmp_path, rounds=ROUNDS)
    adopt(plan, draft)

    assert sorted(names(plan)) == ["Lunch", "Works 0", "Works 3"]
    told = [sentences.of_change(one) for one in draft.changes if one["what"] == "new"]
    assert [words[:17] for words in told] == ["Lunch is new, at "]


def test_a_draft_of_a_plan_changed_meanwhile_is_refused(tmp_path: Path) -> None:
    edition, _entries = make_trail(3)
    plan, _key = keep(edition, ask(), tmp_path)
    draft = replanning.replan(plan, tmp_path, rounds=ROUNDS)
    with transaction():
        plans.lock(plan, key_of(plan, "Works 1"))

    with pytest.raises(PlanRefused, match="another window"):
        adopt(plan, draft)


def test_running_late_keeps_what_was_visited_booked_and_locked(tmp_path: Path) -> None:
    edition, entries = make_trail(8)
    slot = make_slot(make_programme(entries[7]), starts_at=TEN + timedelta(hours=5), minutes=30)
    plan, _key = keep(edition, ask(must=(f"slot:{slot.code}",)), tmp_path)
    before = plans.proposal_of(plan).days[0]
    first = before.stops[0]
    locked = next(stop for stop in before.stops[3:] if stop.kind is StopKind.OPEN)
    with transaction():
        plans.book_day(plan, contact=make_contact(), request_key="a")
        plans.mark_visited(plan, first.key)
        plans.lock(plan, locked.key)

    with clock.stopped_at(TEN + timedelta(minutes=50)):
        draft = replanning.replan(plan, tmp_path, late=60, rounds=ROUNDS)

    day = draft.proposal.days[0]
    assert day.stops[0] == first
    assert {slot.code, None} >= {stop.slot for stop in day.stops}
    assert f"slot:{slot.code}" in {stop.key for stop in day.stops}
    assert locked.key in {stop.key for stop in day.stops}
    assert all(stop.arrive >= TEN + timedelta(minutes=110) for stop in day.stops[1:])
    assert len(day.legs) == len(day.stops) + 1
    assert [stop.key for stop in day.stops].count(first.key) == 1


def test_from_here_begins_at_the_point(tmp_path: Path) -> None:
    edition, _entries = make_trail(3)
    plan, _key = keep(edition, ask(lunch=False), tmp_path)

    with clock.stopped_at(TEN + timedelta(minutes=30)):
        draft = replanning.replan(plan, tmp_path, at=spot(3000), rounds=ROUNDS)

    first = draft.proposal.days[0].legs[0]
    assert first is not None
    assert first.metres > 3000
    assert draft.proposal.days[0].begins >= TEN + timedelta(minutes=30)


def test_a_day_that_is_over_is_not_planned_again(tmp_path: Path) -> None:
    edition, _entries = make_trail(2)
    plan, _key = keep(edition, ask(), tmp_path)

    with (
        clock.stopped_at(TEN + timedelta(days=1)),
        pytest.raises(PlanningError, match="over already"),
    ):
        replanning.replan(plan, tmp_path)


def with_two_slots(folder: Path) -> tuple[Plan, Slot, Slot]:
    edition, entries = make_trail(4)
    first = make_slot(make_programme(entries[1]), starts_at=TEN, capacity=4)
    second = make_slot(make_programme(entries[3]), starts_at=TEN + timedelta(hours=4), capacity=4)
    plan, _key = keep(edition, ask(must=(f"slot:{first.code}", f"slot:{second.code}"), party=2), folder)
    return plan, first, second


def test_the_whole_day_is_booked_in_one_step(tmp_path: Path) -> None:
    plan, first, second = with_two_slots(tmp_path)

    assert [slot.code for slot in plans.slots_to_book(plan)] == [first.code, second.code]
    with transaction():
        booking = plans.book_day(plan, contact=make_contact(), request_key="a")

    assert {reservation.slot_id for reservation in booking.reservations} == {first.id, second.id}
    assert plans.slots_to_book(plan) == []
    assert plan.booked == [f"slot:{first.code}", f"slot:{second.code}"]


def test_all_or_none_and_then_around_the_slot_that_is_gone(tmp_path: Path) -> None:
    plan, first, second = with_two_slots(tmp_path)
    with transaction():
        make_booking(second, party_size=3)

    with pytest.raises(SlotFull) as caught, transaction():
        plans.book_day(plan, contact=make_contact(), request_key="a")

    assert first.seats_taken == 0
    assert plan.booked == []
    assert plans.state_of(plan).of(f"slot:{second.code}").why == "full"  # type: ignore[union-attr]
    draft = replanning.replan(plan, tmp_path, without=[f"slot:{caught.value.code}"], rounds=ROUNDS)
    adopt(plan, draft)
    assert [slot.code for slot in plans.slots_to_book(plan)] == [first.code]
    assert ("gone", f"slot:{second.code}") in [(one["what"], one["key"]) for one in draft.changes]


def test_a_booked_slot_stays_in_the_plan_when_it_is_full(tmp_path: Path) -> None:
    plan, first, _second = with_two_slots(tmp_path)
    with transaction():
        plans.book_day(plan, contact=make_contact(), request_key="a")
        make_booking(first, party_size=2)

    draft = replanning.replan(plan, tmp_path, rounds=ROUNDS)

    assert f"slot:{first.code}" in {stop.key for stop in draft.proposal.stops}
    assert plans.state_of(plan).faults == ()


def test_what_became_of_a_plan(tmp_path: Path) -> None:
    plan, first, second = with_two_slots(tmp_path)
    edition = plan.edition
    assert plans.state_of(plan, tmp_path).faults == ()
    with transaction():
        first.state = SlotState.CANCELLED
        second.starts_at += timedelta(minutes=30)
        edition.content_version += 1

    standing = plans.state_of(plan, tmp_path)

    assert standing.is_outdated
    assert {fault.key: fault.why for fault in standing.faults} == {
        f"slot:{first.code}": "gone",
        f"slot:{second.code}": "moved",
    }
    assert sentences.of_fault(standing.faults[0]) == "Works 1: It no longer takes place."
    with transaction():
        edition.state = EditionState.CLOSED
    assert plans.state_of(plan).is_over


def test_doors_that_moved_closed_or_went_are_noticed(tmp_path: Path) -> None:
    edition, entries = make_trail(3)
    plan, _key = keep(edition, ask(), tmp_path)
    with transaction():
        entries[0].factory.lat += 0.01
        entries[1].openings.clear()
        entries[2].state = "withdrawn"  # type: ignore[assignment]
        edition.content_version += 1

    whys = {fault.name.text("en"): fault.why for fault in plans.state_of(plan).faults}

    assert whys == {"Works 0": "moved", "Works 1": "closed", "Works 2": "gone"}


def test_the_day_is_taken_along(tmp_path: Path) -> None:
    plan, first, _second = with_two_slots(tmp_path)

    calendar = plans.calendar_file(plan, "https://example.jp/plan").decode()
    track = plans.gpx(plan)
    layers = exporting.geojson(plans.proposal_of(plan))

    count = len(names(plan))
    assert calendar.count("BEGIN:VEVENT") == count
    assert f"UID:{plan.code}-slot-{first.code}@localhost" in calendar.replace("\r\n ", "")
    assert "TZID=Asia/Tokyo" in calendar
    assert track.count("<wpt ") == count - 1  # lunch is nowhere
    assert "OpenStreetMap contributors" in track
    assert [one["properties"]["number"] for one in layers["stops"]["features"]] == list(range(1, count))
    assert {one["properties"]["kind"] for one in layers["legs"]["features"]} == {"estimated"}


def test_gpx_holds_names_as_text(tmp_path: Path) -> None:
    edition, entries = make_trail(1)
    with transaction():
        entries[0].factory.name = {"ja": "<b>&\x00工場"}  # type: ignore[assignment]
    plan, _key = keep(edition, ask(), tmp_path)

    assert "&lt;b&gt;&amp;工場" in plans.gpx(plan)


def test_links_into_the_phones_map(tmp_path: Path) -> None:
    edition, _entries = make_trail(3)
    plan, _key = keep(edition, ask().but(start=spot(-500)), tmp_path)
    day = plans.proposal_of(plan).days[0]

    links = exporting.map_links(day)

    assert len(links) == len(day.legs)
    assert [link is None for link in links] == [leg is None for leg in day.legs]
    assert links[0] is not None
    assert "travelmode=walking" in links[0] and "destination=35.6" in links[0]
    points = [(35.6, 139.7 + number / 100) for number in range(6)]
    assert [link.count("%7C") for link in exporting.chunk_links(points)] == [2, 0]


def test_plans_are_forgotten_with_their_edition(tmp_path: Path) -> None:
    edition, _entries = make_trail(1)
    plan, _key = keep(edition, ask(), tmp_path)
    number = plan.id
    with transaction():
        assert erasing.forget_due() == 0
    with clock.stopped_at(TEN + timedelta(days=100)), transaction():
        assert erasing.forget_due() == 1
    assert db.session.get(Plan, number) is None


# --- in the middle of the day ---------------------------------------------------------------------------------------


def half_a_day(folder: Path) -> tuple[Plan, list[str]]:
    """A plan of six factories, and the keys of its stops."""
    edition, _entries = make_trail(6)
    plan, _key = keep(edition, ask(), folder)
    return plan, [stop.key for stop in plans.proposal_of(plan).stops]


def at_stop(plan: Plan, number: int) -> datetime:
    """Ten minutes into a stop."""
    return list(plans.proposal_of(plan).stops)[number].start + timedelta(minutes=10)


@pytest.mark.parametrize("change", ["not", "out", "later", "add"])
def test_a_change_in_the_middle_of_the_day_leaves_what_is_behind_as_it_was(
    change: str, tmp_path: Path
) -> None:
    plan, keys = half_a_day(tmp_path)
    before = list(plans.proposal_of(plan).stops)
    ahead = next(stop for stop in before[3:] if stop.kind is StopKind.OPEN)
    with transaction():
        plans.mark_visited(plan, keys[0])

    with clock.stopped_at(at_stop(plan, 2)):
        if change == "not":
            draft = replanning.not_this_one(plan, ahead.key, tmp_path, rounds=ROUNDS)
        elif change == "out":
            draft = reordering.remove(plan, ahead.key, tmp_path)
        elif change == "later":
            draft = reordering.move(plan, ahead.key, len(keys) - 1, tmp_path)
        else:
            draft = replanning.add(plan, ahead.wish, tmp_path, rounds=ROUNDS)

    after = draft.proposal.days[0]
    assert after.stops[:3] == tuple(before[:3])
    assert after.legs[:3] == plans.proposal_of(plan).days[0].legs[:3]
    assert len(after.legs) == len(after.stops) + 1
    assert after.begins == plans.proposal_of(plan).days[0].begins
    assert all(stop.arrive >= before[2].leave for stop in after.stops[3:])
    assert len({stop.key for stop in after.stops}) == len(after.stops)
    assert (ahead.key in {stop.key for stop in after.stops}) == (change in {"later", "add"})


def test_what_is_behind_cannot_be_moved_or_taken_out(tmp_path: Path) -> None:
    plan, keys = half_a_day(tmp_path)
    with transaction():
        for key in keys[:3]:
            plans.mark_visited(plan, key)

    with clock.stopped_at(at_stop(plan, 2)):
        for refused in (
            lambda: reordering.move(plan, keys[0], 4, tmp_path),
            lambda: reordering.remove(plan, keys[1], tmp_path),
            lambda: replanning.not_this_one(plan, keys[2], tmp_path),
        ):
            with pytest.raises(PlanRefused, match="stays in your day as it was"):
                refused()


def test_who_marks_only_the_last_visit_keeps_its_own_way_there(tmp_path: Path) -> None:
    plan, keys = half_a_day(tmp_path)
    with transaction():
        plans.mark_visited(plan, keys[1])

    with clock.stopped_at(at_stop(plan, 1)):
        day = replanning.replan(plan, tmp_path, rounds=ROUNDS).proposal.days[0]

    assert day.stops[0].key == keys[1]
    assert day.legs[0] is None  # one did not come from the stop before
    assert keys[0] in {stop.key for stop in day.stops[1:]}


def test_a_booked_tour_that_is_over_does_not_come_back(tmp_path: Path) -> None:
    plan, first, second = with_two_slots(tmp_path)
    with transaction():
        plans.book_day(plan, contact=make_contact(), request_key="a")

    with clock.stopped_at(TEN + timedelta(hours=2)):
        draft = replanning.replan(plan, tmp_path, rounds=ROUNDS)

    assert [stop.slot for stop in draft.proposal.stops if stop.slot] == [first.code, second.code]
    assert draft.proposal.unmet == ()


def test_lunch_is_eaten_once_a_day(tmp_path: Path) -> None:
    edition, _entries = make_trail(6)
    two = ask().but(days=(DayWish(SATURDAY), DayWish(SUNDAY)), lunch_from=time(11), lunch_to=time(14))
    plan, _key = keep(edition, two, tmp_path)
    lunch = next(stop for stop in plans.proposal_of(plan).stops if stop.kind is StopKind.LUNCH)
    with transaction():
        plans.mark_visited(plan, lunch.key)

    with clock.stopped_at(lunch.leave):
        draft = replanning.replan(plan, tmp_path, rounds=ROUNDS)

    eaten = [stop.key for stop in draft.proposal.stops if stop.kind is StopKind.LUNCH]
    assert eaten == ["lunch:2026-11-28", "lunch:2026-11-29"]


def test_who_went_somewhere_earlier_than_planned_has_been_there_by_now(tmp_path: Path) -> None:
    plan, keys = half_a_day(tmp_path)
    last = keys[-1]
    with transaction():
        plans.mark_visited(plan, last)

    with clock.stopped_at(TEN + timedelta(minutes=40)):
        draft = reordering.remove(plan, keys[3], tmp_path)

    day = draft.proposal.days[0]
    behind = next(stop for stop in day.stops if stop.key == last)
    assert behind.leave <= TEN + timedelta(minutes=40)
    assert [stop.leave for stop in day.stops] == sorted(stop.leave for stop in day.stops)
    assert [stop.key for stop in day.stops].count(last) == 1


def test_from_here_is_drawn_from_here_and_tomorrow_begins_where_days_begin(tmp_path: Path) -> None:
    edition, _entries = make_trail(6)
    two = ask(lunch=False).but(
        days=(DayWish(SATURDAY, time(10), time(11)), DayWish(SUNDAY, time(10), time(11))), start=spot(-400)
    )
    plan, _key = keep(edition, two, tmp_path)

    with clock.stopped_at(TEN):
        draft = replanning.replan(plan, tmp_path, at=spot(1500), rounds=ROUNDS)

    today, tomorrow = (day.legs[0] for day in draft.proposal.days)
    assert today is not None and tomorrow is not None
    begins = [leg.line[0][1] for leg in (today, tomorrow)]
    assert begins == pytest.approx([spot(1500).lon, spot(-400).lon], abs=1e-5)
    for leg in (today, tomorrow):
        assert (
            abs((leg.arrives - leg.leaves).total_seconds() / 60 - leg.minutes) <= 1
        )  # planned as it is drawn
