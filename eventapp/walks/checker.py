"""An independent check of finished plans.

Nothing here is taken from the solver: windows, ways and buses are looked up again, in the plainest possible manner,
from the problem itself. Every plan passes this before anyone sees it.
"""

from collections import Counter
from collections.abc import Iterator

from eventapp.walks.problem import UNREACHABLE, Plan, Problem, Stop


def check(problem: Problem, plan: Plan) -> list[str]:
    """What is wrong with the plan, in sentences for a log; an empty list when nothing is."""
    if not len(plan.days) == len(plan.begins) == len(plan.ends) == len(problem.days):
        return [f"the plan has {len(plan.days)} days, the problem {len(problem.days)}"]
    unknown = set(plan.keys) - {visit.key for visit in problem.visits}
    if unknown:
        return [f"{key} is no visit of the problem" for key in sorted(unknown)]
    found = list(find_repetitions(problem, plan))
    for number in range(len(problem.days)):
        found += find_faults_of_day(problem, plan, number)
    return found + list(find_wrong_sums(problem, plan))


def find_repetitions(problem: Problem, plan: Plan) -> Iterator[str]:
    """A visit made twice, or two visits of one group."""
    groups = {visit.key: visit.group for visit in problem.visits}
    yield from (f"{key} is visited {times} times" for key, times in Counter(plan.keys).items() if times > 1)
    counts = Counter(group for key in plan.keys if (group := groups[key]) is not None)
    yield from (f"group {group} is visited {times} times" for group, times in counts.items() if times > 1)


def find_faults_of_day(problem: Problem, plan: Plan, number: int) -> Iterator[str]:
    """Stops out of their windows, legs quicker than the way, a day begun too early or ended too late."""
    day, place, leave = problem.days[number], problem.days[number].start_place, plan.begins[number]
    visits = {visit.key: visit for visit in problem.visits}
    if leave < day.start:
        yield f"day {number} begins at {leave}, before {day.start}"
    for stop in plan.days[number]:
        visit = visits[stop.key]
        target = place if visit.place is None else visit.place
        there = leave if visit.place is None else arrival(problem, place, target, leave)
        yield from find_faults_of_stop(stop, visit.windows, visit.duration, there)
        place, leave = target, stop.leave
    home = arrival(problem, place, day.end_place, leave)
    if home != plan.ends[number]:
        yield f"day {number} ends at {plan.ends[number]}, but one is there at {home}"
    if home > day.end:
        yield f"day {number} ends at {home}, after {day.end}"


def find_faults_of_stop(
    stop: Stop, windows: tuple[tuple[int, int], ...], duration: int, there: int
) -> Iterator[str]:
    """`there` is when one really arrives."""
    if stop.arrive != there:
        yield f"{stop.key}: arrival at {stop.arrive}, but one is there at {there}"
    if stop.start < stop.arrive:
        yield f"{stop.key} starts at {stop.start}, before the arrival at {stop.arrive}"
    if not any(opens <= stop.start <= closes for opens, closes in windows):
        yield f"{stop.key} starts at {stop.start}, outside its windows"
    if stop.leave != stop.start + duration:
        yield f"{stop.key} lasts {stop.leave - stop.start} instead of {duration}"


def arrival(problem: Problem, origin: int, target: int, leave: int) -> int:
    """When one is at `target`: on foot, or by any bus that leaves later, whichever comes first."""
    walk = problem.travel[origin][target]
    times = [leave + walk] if walk < UNREACHABLE else [leave + UNREACHABLE]
    rides = problem.rides.get((origin, target))
    if rides:
        pairs = zip(rides.departures, rides.arrivals, strict=True)
        times += [there for away, there in pairs if away >= leave]
    return min(times)


def find_wrong_sums(problem: Problem, plan: Plan) -> Iterator[str]:
    """Claims about score, walking, waiting and missing must-sees that the stops do not bear out."""
    visits = {visit.key: visit for visit in problem.visits}
    score = sum(visits[key].score for key in plan.keys)
    if score != plan.score:
        yield f"the score is {score}, not {plan.score}"
    waiting = sum(stop.start - stop.arrive for day in plan.days for stop in day)
    if waiting != plan.waiting:
        yield f"the waiting is {waiting}, not {plan.waiting}"
    staying = sum(stop.leave - stop.arrive for day in plan.days for stop in day)
    walking = sum(plan.ends) - sum(plan.begins) - staying
    if walking != plan.walking:
        yield f"the walking is {walking}, not {plan.walking}"
    names = {visit.group if visit.group is not None else visit.key for visit in problem.visits if visit.must}
    done = {visits[key].group if visits[key].group is not None else key for key in plan.keys}
    if set(plan.missing) != names - done:
        yield f"missing are {sorted(names - done)}, not {sorted(plan.missing)}"
