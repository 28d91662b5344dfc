"""Buses: the best ride at any time, against trying every trip by hand."""

from datetime import date
from itertools import pairwise

from eventapp.walks.earth import Point
from eventapp.walks.profiles import NORMAL
from eventapp.walks.transit import (
    BusStop,
    Call,
    Choices,
    DayService,
    Network,
    Trip,
    find_journey,
    network_from_json,
    rides_among,
    rides_from,
)
from tests.walks.towns import at

DAY = date(2026, 11, 28)
FAR = 10**7


def point(x: float, y: float = 0) -> Point:
    return Point(*at(x, y))


def line(name: str, xs: list[float], *times: list[int], day: str = "2026-11-28") -> Network:
    """A line along the street; times are minutes after midnight at each stop."""
    stops = [BusStop({"ja": f"{name}{x}"}, point(x)) for x in xs]
    trips = [
        Trip(0, tuple(Call(at, minute * 10, minute * 10) for at, minute in enumerate(each))) for each in times
    ]
    return Network(stops, [{"ja": name}], trips, {day: list(range(len(trips)))})


def walks(count: int) -> list[list[int]]:
    return [[0 if a == b else FAR for b in range(count)] for a in range(count)]


def test_a_ride_includes_the_walks_to_and_from_the_stops() -> None:
    service = DayService([line("bus", [0, 5000], [600, 610])], DAY)

    rides = rides_among(service, [point(0, 80), point(5000, 80)], walks(2), NORMAL)

    ride = rides[0, 1]
    assert len(ride.departures) == 1
    assert 5990 > ride.departures[0] > 5980  # 104 m on foot are 1.3 minutes
    assert 6110 < ride.arrivals[0] < 6120
    assert (1, 0) not in rides


def test_a_stop_more_than_600_metres_away_is_none_of_ours() -> None:
    service = DayService([line("bus", [0, 5000], [600, 610])], DAY)

    assert (0, 1) in rides_among(service, [point(0, 595), point(5000)], walks(2), NORMAL)
    assert rides_among(service, [point(0, 605), point(5000)], walks(2), NORMAL) == {}


def test_beaten_trips_are_left_out_and_slower_than_walking_too() -> None:
    slow_and_quick = line("bus", [0, 5000], [600, 660], [605, 615], [700, 760])
    service = DayService([slow_and_quick], DAY)

    rides = rides_among(service, [point(0), point(5000)], [[0, 500], [500, 0]], NORMAL)

    assert rides[0, 1].departures == (
        6050,
    )  # the first is overtaken, the last no quicker than 50 minutes on foot
    assert rides[0, 1].arrivals == (6150,)


def test_changing_needs_two_minutes() -> None:
    first, second = line("A", [0, 3000], [600, 606]), line("B", [3000, 6000], [607, 615], [620, 628])
    service = DayService([first, second], DAY)

    rides = rides_among(service, [point(0), point(6000)], walks(2), NORMAL)
    journey = find_journey(service, point(0), point(6000), 5990, NORMAL)

    assert rides[0, 1].arrivals == (6280,)
    assert journey is not None
    assert [hop.line["ja"] for hop in journey.hops] == ["A", "B"]
    assert [hop.departs for hop in journey.hops] == [6000, 6200]
    assert journey.arrives == 6280


def test_rides_from_an_own_point_are_those_among_sites() -> None:
    service = DayService([line("bus", [0, 2000, 5000], [600, 605, 612], [630, 635, 642])], DAY)
    sites = [point(0, 50), point(2000), point(5000, 100)]

    among = rides_among(service, sites, walks(3), NORMAL)
    own = rides_from(service, sites[0], sites, walks(3)[0], NORMAL, since=0)

    assert [own[1], own[2]] == [among[0, 1], among[0, 2]]


def test_last_nights_trips_past_midnight_belong_to_the_morning() -> None:
    night = line("night", [0, 5000], [24 * 60 + 30, 24 * 60 + 40], day="2026-11-27")
    service = DayService([night], DAY)

    assert [(each.departs, each.arrives) for each in service.connections] == [(300, 400)]


def test_pick_up_only_and_set_down_only_stops() -> None:
    calls = (Call(0, 6000, 6000, board=False), Call(1, 6050, 6050, alight=False), Call(2, 6100, 6100))
    stops = [BusStop({"ja": str(x)}, point(x)) for x in (0, 3000, 6000)]
    service = DayService([Network(stops, [{"ja": "x"}], [Trip(0, calls)], {"2026-11-28": [0]})], DAY)

    rides = rides_among(service, [point(0), point(3000), point(6000)], walks(3), NORMAL)

    assert set(rides) == {(1, 2)}


def test_nothing_runs_on_another_day_and_a_network_can_be_stored() -> None:
    network = line("bus", [0, 5000], [600, 610])

    assert DayService([network], date(2026, 11, 29)).connections == []
    assert network_from_json(network.as_json()) == network
    assert find_journey(DayService([network], DAY), point(0), point(5000), 6100, NORMAL) is None


def test_choices_keep_only_what_is_not_beaten() -> None:
    choices = Choices()
    for departs, arrives in [(100, 200), (110, 190), (90, 150), (120, 300), (110, 195)]:
        choices.add(departs, arrives)

    pairs = list(zip(choices.negatives, choices.arrivals, strict=True))
    assert pairs == [(-120, 300), (-110, 190), (-90, 150)]
    assert all(a[1] > b[1] for a, b in pairwise(pairs))
    assert choices.arrival(105) == 190
    assert choices.arrival(121) > 10**8
