"""Made-up days for the planner: small ones told by hand, and random ones with everything in them."""

import math
from random import Random

from eventapp.walks.problem import UNREACHABLE, Day, Problem, Rides, Visit

HOUR = 600
NOON = 2 * HOUR


def make_problem(*visits: Visit, day: Day | None = None, minutes: int = 10, places: int = 8) -> Problem:
    """A day from 10:00 to 16:00 on places in a row, neighbours `minutes` apart; place 0 is start and end."""
    travel = [[abs(a - b) * minutes * 10 for b in range(places)] for a in range(places)]
    return Problem(travel, visits, (day or Day(0, 6 * HOUR, 0, 0),))


def make_visit(key: str, place: int | None = 1, **values: object) -> Visit:
    """Half an hour, open all day, one point."""
    given: dict[str, object] = {"duration": 300, "windows": ((0, 6 * HOUR),), "score": 1} | values
    return Visit(key, place, **given)  # type: ignore[arg-type]


def make_lunch(**values: object) -> Visit:
    """45 minutes, begun between 11:30 and 13:30, wherever one is."""
    return make_visit(
        "lunch", None, **({"duration": 450, "windows": ((900, 2100),), "score": 0, "must": True} | values)
    )


def random_problem(seed: int, most_visits: int = 30) -> Problem:
    """One to three days, tours and open hours, groups, must-sees, lunch, buses, islands, a plan to keep."""
    draw = Random(seed)
    count = draw.randint(1, most_visits)
    places = count + 3
    travel = random_travel(draw, places)
    days = random_days(draw, travel)
    visits = [random_visit(draw, number, days) for number in range(count)]
    if draw.random() < 0.6:
        visits += [
            Visit(
                f"lunch {number}",
                None,
                450,
                ((day.start + 900, day.start + 2100),),
                0,
                None,
                draw.random() < 0.7,
            )
            for number, day in enumerate(days)
        ]
    rides = random_rides(draw, travel, days) if draw.random() < 0.3 else {}
    kept = tuple(visit.key for visit in visits if draw.random() < 0.2) if draw.random() < 0.3 else ()
    return Problem(travel, tuple(visits), days, rides, kept=kept)


def random_days(draw: Random, travel: list[list[int]]) -> tuple[Day, ...]:
    """Days of a few hours, sometimes with nothing to spare, each beginning and ending somewhere."""
    days = []
    for number in range(draw.choice((1, 1, 1, 2, 3))):
        begin, origin, target = number * 24 * HOUR, draw.randrange(3), draw.randrange(3)
        if travel[origin][target] >= UNREACHABLE:
            target = origin
        days.append(
            Day(begin, begin + max(travel[origin][target], draw.randint(0, 7) * HOUR), origin, target)
        )
    return tuple(days)


def random_visit(draw: Random, number: int, days: tuple[Day, ...]) -> Visit:
    """A tour at fixed times, open hours with or without a break, or a visit open on another day altogether."""
    windows: list[tuple[int, int]] = []
    for _ in range(draw.randint(1, 4)):
        opens = draw.choice(days).start + draw.randint(0, 70) * 60
        windows.append((opens, opens if draw.random() < 0.4 else opens + draw.randint(0, 30) * 60))
    return Visit(
        key=str(number),
        place=draw.randint(0, number + 2),
        duration=draw.choice((0, 100, 200, 300, 450, 600)),
        windows=tuple(windows),
        score=draw.randint(0, 10),
        group=f"factory {draw.randint(0, number // 2)}" if draw.random() < 0.3 else None,
        must=draw.random() < 0.15,
    )


def random_travel(draw: Random, places: int) -> list[list[int]]:
    """Ways in a town of about an hour across, a little uneven; now and then there is no way at all."""
    spots = [(draw.uniform(0, 400), draw.uniform(0, 400)) for _ in range(places)]
    travel = [[int(math.dist(a, b)) + draw.randint(0, 9) for b in spots] for a in spots]
    for number in range(places):
        travel[number][number] = 0
    if draw.random() < 0.2:
        lonely = draw.randrange(places)
        for other in range(places):
            if other != lonely:
                travel[lonely][other] = travel[other][lonely] = UNREACHABLE
    return travel


def random_rides(
    draw: Random, travel: list[list[int]], days: tuple[Day, ...]
) -> dict[tuple[int, int], Rides]:
    """Buses on some pairs, three times as fast as walking, every 20 to 60 minutes."""
    rides = {}
    for a, row in enumerate(travel):
        for b, walk in enumerate(row):
            if a != b and draw.random() < 0.2:
                step = draw.randint(200, 600)
                times = range(days[0].start + draw.randint(0, 200), days[-1].end, step)
                quick = min(walk, 900) // 3 + 20
                rides[a, b] = Rides(tuple(times), tuple(time + quick for time in times))
    return rides
