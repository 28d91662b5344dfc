"""Telling the way where streets have no names: turns, distances, stairs, and what stands at the corner."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eventapp.walks.earth import Point, bearing, distance, length, turn
from eventapp.walks.graph import Graph, Way

CLEAR_TURN = 35.0
SHARP_TURN = 120.0
LANDMARK_METRES = 30.0
CORNER_METRES = 12.0
ONE_CORNER_METRES = 15.0
AT_THE_DOOR_METRES = 3.0
Happening = tuple[int, int, str]
"""Before which stretch it happens, which stretch follows it, what it is."""


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction: what to do at `point`, after `metres` from the one before.

    `kind` is depart, left, right, sharp_left, sharp_right, steps, escalator, elevator or arrive; `heading` is the
    compass bearing afterwards. `street` and `landmark` are names by language, empty where the map has none.
    """

    kind: str
    point: Point
    metres: float
    heading: float
    street: dict[str, str]
    landmark: dict[str, str]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a walk on one edge, in walking direction; `choice` says that one could go elsewhere at its begin."""

    edge: int
    line: list[Point]
    choice: bool


def tell(graph: Graph, stretches: Sequence[Stretch]) -> tuple[Step, ...]:
    """The instructions for a walk."""
    if not stretches:
        return ()
    gone = [0.0]
    for stretch in stretches:
        gone.append(gone[-1] + length(stretch.line))
    happenings = [(0, 0, special(graph, stretches[0]) or "depart")]
    happenings += sorted([*find_specials(graph, stretches), *find_turns(stretches, gone)])
    steps, since = [], 0.0
    for at, after, kind in happenings:
        stretch = stretches[after]
        point, heading = stretches[at].line[0], heading_at_begin(stretch.line)
        names = graph.name(stretch.edge), nearest_landmark(graph, point)
        steps.append(Step(kind, point, gone[at] - since, heading, *names))
        since = gone[at]
    end = stretches[-1].line[-1]
    steps.append(Step("arrive", end, gone[-1] - since, steps[-1].heading, {}, nearest_landmark(graph, end)))
    return tuple(steps)


def find_specials(graph: Graph, stretches: Sequence[Stretch]) -> Iterator[Happening]:
    """Where stairs, escalators and lifts begin."""
    for number in range(1, len(stretches)):
        kind = special(graph, stretches[number])
        if kind and kind != special(graph, stretches[number - 1]):
            yield number, number, kind


def find_turns(stretches: Sequence[Stretch], gone: Sequence[float]) -> Iterator[Happening]:
    """Where one turns clearly at a junction. Corners close together, as in crossing a road, are one turn or none."""
    corners = [number for number in range(1, len(stretches)) if is_corner(stretches, number)]
    while corners:
        group = [corners.pop(0)]
        while corners and gone[corners[0]] - gone[group[-1]] < ONE_CORNER_METRES:
            group.append(corners.pop(0))
        angle = angle_over(stretches, group[0], group[-1])
        if abs(angle) > CLEAR_TURN and gone[-1] - gone[group[0]] > AT_THE_DOOR_METRES:
            side = "left" if angle < 0 else "right"
            yield group[0], group[-1], f"sharp_{side}" if abs(angle) > SHARP_TURN else side


def is_corner(stretches: Sequence[Stretch], number: int) -> bool:
    """Whether one turns clearly where one could also go elsewhere."""
    return stretches[number].choice and abs(angle_over(stretches, number, number)) > CLEAR_TURN


def angle_over(stretches: Sequence[Stretch], first: int, last: int) -> float:
    """The turn between the stretch before `first` and the stretch `last`."""
    return turn(heading_at_end(stretches[first - 1].line), heading_at_begin(stretches[last].line))


def special(graph: Graph, stretch: Stretch) -> str | None:
    """Stairs, escalators and lifts are told even without a turn."""
    way = graph.ways[stretch.edge]
    if way & Way.ESCALATOR:
        return "escalator"
    if way & Way.STEPS:
        return "steps"
    return "elevator" if way & Way.ELEVATOR else None


def heading_at_begin(line: Sequence[Point]) -> float:
    """The bearing of the first metres; a short kink at the corner does not count."""
    target = next((point for point in line if distance(line[0], point) >= CORNER_METRES), line[-1])
    return bearing(line[0], target)


def heading_at_end(line: Sequence[Point]) -> float:
    """The bearing of the last metres."""
    origin = next((point for point in reversed(line) if distance(point, line[-1]) >= CORNER_METRES), line[0])
    return bearing(origin, line[-1])


def nearest_landmark(graph: Graph, point: Point) -> dict[str, str]:
    """The names of the nearest named thing within 30 m; a crossing or a station before a shop."""
    ranked = [
        (each.kind == "shop", apart, number, each.names)
        for number, each in enumerate(graph.landmarks_around(*point))
        if (apart := distance((each.lat, each.lon), point)) <= LANDMARK_METRES
    ]
    return min(ranked)[3] if ranked else {}


@dataclass(frozen=True, slots=True)
class Makeup:
    """What a walk is made of, in metres; `unknown` has no data on steps and surface. `signals` is a number."""

    steps: float = 0.0
    escalator: float = 0.0
    rough: float = 0.0
    steep: float = 0.0
    unknown: float = 0.0
    elevators: int = 0
    signals: int = 0

    @property
    def flags(self) -> tuple[str, ...]:
        """The words for what there is any of."""
        names = ("steps", "escalator", "rough", "steep", "unknown", "elevators", "signals")
        return tuple(name for name in names if getattr(self, name))


def add_up(graph: Graph, stretches: Sequence[Stretch], signals: int) -> Makeup:
    """Sum up what is known of the stretches."""
    pairs = [(graph.ways[stretch.edge], length(stretch.line)) for stretch in stretches]

    def metres(flag: Way) -> float:
        return sum(way_metres for way, way_metres in pairs if way & flag)

    return Makeup(
        steps=metres(Way.STEPS) - metres(Way.ESCALATOR),
        escalator=metres(Way.ESCALATOR),
        rough=metres(Way.ROUGH),
        steep=metres(Way.STEEP | Way.TOO_STEEP),
        unknown=sum(way_metres for way, way_metres in pairs if not way & Way.KNOWN),
        elevators=sum(1 for way, _ in pairs if way & Way.ELEVATOR),
        signals=signals,
    )
