"""Random festivals: whatever is proposed is open, free and in reach by a look of our own at the rows, not at the planner's."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.factories.models import Degree, Entry, Opening, OpeningPlace
from eventapp.festivals.models import Edition
from eventapp.tours.models import Slot, SlotState
from eventapp.walks import planning
from eventapp.walks.asking import DayWish, Pace, PlanRequest
from eventapp.walks.earth import distance
from eventapp.walks.proposal import Proposal, Stop, StopKind
from eventapp.walks.questions import PlanningError
from tests.builders import SATURDAY, SUNDAY, make_programme, make_slot
from tests.walks.festival import factory, forget_everything, make_trail, spot

pytestmark = pytest.mark.usefixtures("app", "english")
FESTIVALS, ROUNDS = 12, 15
SPEEDS = {"normal": 80.0, "relaxed": 60.0, "stroller": 60.0, "wheelchair": 50.0}  # metres a minute


def make_random(draw: Random) -> tuple[Edition, list[Entry]]:
    """Odd hours, lunch closures, last entries, ages and steps; tours that are full, closed, called off or too old for."""
    edition, entries = make_trail(draw.randint(1, 9))
    with transaction():
        for entry in entries:
            entry.openings = [one for day in (SATURDAY, SUNDAY) for one in hours(draw, day)]
            entry.last_entry_minutes = draw.choice([0, 0, 15, 45])
            entry.factory.min_age = draw.choice([None, None, 6])
            entry.factory.step_free = draw.choice([None, Degree.YES, Degree.NO])
            entry.factory.stroller = draw.choice([None, Degree.YES, Degree.NO])
    for entry in draw.sample(entries, len(entries) // 2):
        programme = make_programme(entry, min_age=draw.choice([None, None, 10]))
        for hour in draw.sample(range(9, 17), draw.randint(1, 3)):
            capacity = draw.choice([2, 4, 8])
            begin = datetime.combine(draw.choice([SATURDAY, SUNDAY]), time(hour))
            slot = make_slot(
                programme, starts_at=begin.replace(tzinfo=edition.zone), minutes=draw.choice([20, 45, 90]), capacity=capacity,
                seats_taken=draw.randint(0, capacity),
            )  # fmt: skip
            with transaction():
                slot.state = draw.choice(
                    [SlotState.OPEN, SlotState.OPEN, SlotState.CLOSED, SlotState.CANCELLED]
                )
    return edition, entries


def hours(draw: Random, day: date) -> list[Opening]:
    opens, closes = draw.randint(9, 11), draw.randint(12, 17)
    if draw.random() < 0.2:
        return []
    if closes < 14 or draw.random() < 0.5:
        return [opening(day, opens, closes)]
    return [opening(day, opens, 12), opening(day, 13, closes)]


def opening(day: date, opens: int, closes: int) -> Opening:
    return Opening(date=day, place=OpeningPlace.ENTRANCE, opens=time(opens), closes=time(closes))


def ask_random(draw: Random, entries: list[Entry]) -> PlanRequest:
    days = draw.choice([[SATURDAY], [SUNDAY], [SATURDAY, SUNDAY]])
    begins, ends = (
        time(draw.randint(9, 12), draw.choice([0, 20])),
        time(draw.randint(13, 18), draw.choice([0, 50])),
    )
    wishes = [factory(entry) for entry in draw.sample(entries, len(entries) // 2)]
    return PlanRequest(
        days=tuple(DayWish(day, begins, ends) for day in days), start=draw.choice([None, spot(-300)]), end=draw.choice([None, spot(700, 200)]),
        party=draw.randint(1, 5), youngest=draw.choice([None, 4, 8]), profile=draw.choice(list(SPEEDS)), pace=draw.choice(list(Pace)),
        must=tuple(wishes[:1]), want=tuple(wishes[1:]), only_wishes=draw.random() < 0.2, lunch=draw.random() < 0.7, seed=draw.randint(0, 99),
    )  # fmt: skip


def faults_of(edition: Edition, request: PlanRequest, proposal: Proposal) -> list[str]:
    """By the rows alone."""
    found: list[str] = []
    entries = {entry.code: entry for entry in db.session.query(Entry).filter_by(edition_id=edition.id)}
    slots = {slot.code: slot for slot in db.session.query(Slot).filter_by(edition_id=edition.id)}
    seen = [stop.entry for stop in proposal.stops if stop.entry]
    found += ["a factory is seen twice"] * (len(set(seen)) < len(seen))
    for wish, day in zip(request.days, proposal.days, strict=True):
        begins, ends = (clock.at(wish.date, wall, edition.zone) for wall in (wish.start, wish.end))
        found += ["outside the day"] * (day.begins < begins or day.ends > ends)
        for stop in day.stops:
            if stop.kind is StopKind.OPEN:
                found += faults_of_open(edition, request, entries[stop.entry or ""], stop)
            elif stop.kind is StopKind.SLOT:
                found += faults_of_slot(request, slots[stop.slot or ""], stop)
        placed = [stop for stop in day.stops if stop.lat is not None]
        for before, after in pairwise(placed):
            metres = 1.3 * distance((before.lat or 0, before.lon or 0), (after.lat or 0, after.lon or 0))
            minutes = metres / SPEEDS[proposal.profile]
            spent = (after.arrive - before.leave).total_seconds() / 60
            found += [f"{spent:.1f} minutes for a way of {minutes:.1f}"] * (spent < minutes - 1)
        for before, after in pairwise(day.stops):
            found += ["one is still elsewhere"] * (after.start < before.leave)
    return found


def faults_of_open(edition: Edition, request: PlanRequest, entry: Entry, stop: Stop) -> list[str]:
    whole = [
        (clock.at(one.date, one.opens, edition.zone), clock.at(one.date, one.closes, edition.zone))
        for one in entry.openings
    ]
    last = timedelta(minutes=entry.last_entry_minutes)
    is_open = any(opens <= stop.start <= closes - last and stop.leave <= closes for opens, closes in whole)
    too_young = request.youngest is not None and request.youngest < (entry.factory.min_age or 0)
    steps = (request.profile == "wheelchair" and entry.factory.step_free is Degree.NO) or (
        request.profile == "stroller" and entry.factory.stroller is Degree.NO
    )
    return ["closed"] * (not is_open) + ["too young"] * too_young + ["steps"] * steps


def faults_of_slot(request: PlanRequest, slot: Slot, stop: Stop) -> list[str]:
    free = (slot.capacity or 0) - slot.seats_taken
    late = stop.arrive > slot.starts_at or stop.start != slot.starts_at or stop.leave < slot.ends_at
    age = slot.programme.min_age or (slot.programme.entry.factory.min_age if slot.programme.entry else 0) or 0
    return [
        *["no room"] * (free < request.party),
        *["not open"] * (slot.state is not SlotState.OPEN),
        *["at another time"] * late,
        *["too young"] * (request.youngest is not None and request.youngest < age),
    ]


@pytest.mark.parametrize("seed", range(FESTIVALS))
def test_what_is_proposed_is_open_free_and_in_reach(seed: int, tmp_path: Path) -> None:
    forget_everything()
    draw = Random(seed)
    edition, entries = make_random(draw)
    proposed = 0
    for _ in range(4):
        request = ask_random(draw, entries)
        try:
            found = planning.propose(edition, request, tmp_path, 1.0, rounds=ROUNDS)
        except PlanningError as error:
            assert str(error)
            continue
        for proposal in found:
            assert faults_of(edition, request, proposal) == []
            wished = {one.wish for one in proposal.unmet} | {
                f"factory:{stop.entry}" for stop in proposal.stops
            }
            assert {*request.must, *request.want} <= wished  # met, or told why not
            proposed += 1
    assert proposed or len(entries) < 3
