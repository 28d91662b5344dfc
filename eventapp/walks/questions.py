"""Whether a day can be planned at all; if not, the sentence that says what to change."""

from eventapp import clock
from eventapp.festivals.models import PUBLIC, Edition, EditionState
from eventapp.i18n import RuleError, lazy
from eventapp.walks.asking import MOST_PARTY, MOST_WISHES, PlanRequest, Spot
from eventapp.walks.candidates import Choice
from eventapp.walks.earth import CoordinateError, checked_point
from eventapp.walks.ground import Ground
from eventapp.walks.problem import UNREACHABLE, Problem
from eventapp.walks.profiles import PROFILES

MOST_DAYS = 4


class PlanningError(RuleError):
    """No plan can be made of this; `field` names what of the request is at fault, if anything is."""

    def __init__(self, message: object, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def check_request(edition: Edition, request: PlanRequest) -> None:
    """Raises PlanningError for what no plan can be made of."""
    if edition.state is EditionState.CLOSED:
        raise PlanningError(
            lazy("This festival is over. Its pages can still be read, but no day can be planned.")
        )
    if (
        edition.state not in PUBLIC
        and edition.state is not EditionState.RECRUITING
        and edition.state is not EditionState.DRAFT
    ):
        raise PlanningError(lazy("This festival is not public yet."))
    check_days(edition, request)
    if not 1 <= request.party <= MOST_PARTY:
        raise PlanningError(lazy("Say how many people you are: 1 to %(most)s.", most=MOST_PARTY), "party")
    if request.profile not in PROFILES:
        raise PlanningError(lazy("Choose how you get about."), "profile")
    if len(request.must) + len(request.want) + len(request.avoid) > MOST_WISHES:
        raise PlanningError(
            lazy("These are more than %(most)s wishes. Please choose fewer.", most=MOST_WISHES), "must"
        )
    if request.lunch and not 5 <= request.lunch_minutes <= 180:
        raise PlanningError(lazy("A lunch break lasts 5 to 180 minutes."), "lunch_minutes")
    for spot, name in ((request.here, "start"), (request.start, "start"), (request.end, "end")):
        if spot is not None:
            check_spot(spot, name)


def check_days(edition: Edition, request: PlanRequest) -> None:
    """Days of the edition, each with some time in it."""
    if not edition.dates:
        raise PlanningError(lazy("The days of this festival are not known yet."), "days")
    if not request.days:
        raise PlanningError(lazy("Choose a day."), "days")
    dates = [day.date for day in request.days]
    if set(dates) - set(edition.dates) or len(set(dates)) < len(dates) or len(dates) > MOST_DAYS:
        raise PlanningError(
            lazy("Choose days of the festival, each once, at most %(most)s.", most=MOST_DAYS), "days"
        )
    if dates != sorted(dates):
        raise PlanningError(
            lazy("Choose days of the festival, each once, at most %(most)s.", most=MOST_DAYS), "days"
        )
    for day in request.days:
        if day.start >= day.end:
            raise PlanningError(
                lazy("This leaves no time at all. The end of the day must come after its start."), "days"
            )
    last = request.days[-1]
    if clock.at(last.date, last.end, edition.zone) <= clock.now():
        raise PlanningError(lazy("This day is over already. Choose another day."), "days")


def check_spot(spot: Spot, name: str) -> None:
    """A place on earth."""
    try:
        checked_point(spot.lat, spot.lon)
    except CoordinateError as error:
        raise PlanningError(
            lazy("This is no place on the map. Choose your start and end again."), name
        ) from error


def nothing_left(ground: Ground, request: PlanRequest, choice: Choice) -> PlanningError:
    """Why there is nothing to choose from."""
    if not ground.hosts and not ground.offerings:
        return PlanningError(lazy("Nobody takes part yet. Please come back later."))
    if request.only_wishes and not (request.must or request.want):
        return PlanningError(
            lazy(
                "You have not marked anything yet. Press ♡ where you would like to go, or let us choose among all."
            ),
            "must",
        )
    if choice.refused:
        return PlanningError(
            lazy(
                "Nothing of what you marked can be visited then. Choose another day, or let us choose among all."
            ),
            "must",
        )
    return PlanningError(
        lazy(
            "Nothing is open then that has room for you. Choose another day or other times, or come in a smaller group."
        ),
        "days",
    )


def too_short(problem: Problem, number: int) -> PlanningError:
    """A day in which not even the way from start to end fits."""
    day = problem.days[number]
    needed = problem.travel[day.start_place][day.end_place]
    if needed >= UNREACHABLE:
        return PlanningError(
            lazy(
                "There is no way from your start to your end for this way of getting about. Choose another point or another way."
            ),
            "start",
        )
    return PlanningError(
        lazy(
            "Getting from your start to your end alone takes %(minutes)s minutes. Give yourself more time.",
            minutes=-(-needed // 10),
        ),
        "days",
    )
