"""What visitors wish for a day, and what the committee enters: streets, timetables, feeds, model courses."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FileField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Length, NumberRange, Optional, StopValidation

from eventapp import clock
from eventapp.factories.hours import HoursError, parse_time
from eventapp.factories.words import CRAFTS
from eventapp.festivals import points
from eventapp.festivals.models import Edition
from eventapp.festivals.points import Point, PointError
from eventapp.forms import BIGGEST, BaseForm, MultiCheckbox, TranslatedField, VersionedForm, WholeNumber
from eventapp.i18n import Translated, language, lazy
from eventapp.walks.asking import MOST_PARTY, DayWish, Pace, PlanRequest, Spot, show_time

OWN, SAME, NONE = "own", "start", ""
PROFILE_WORDS = {
    "normal": lazy("On foot"),
    "relaxed": lazy("On foot, slowly"),
    "stroller": lazy("With a stroller"),
    "wheelchair": lazy("In a wheelchair"),
}
PROFILE_ICONS = {"normal": "walk", "relaxed": "person", "stroller": "stroller", "wheelchair": "wheelchair"}
PACE_WORDS = {
    Pace.EASY: lazy("Take my time"),
    Pace.NORMAL: lazy("Normal"),
    Pace.BUSY: lazy("See a lot"),
}
USUAL_BEGIN, USUAL_END, LEAST_MINUTES = time(10), time(16), 60
MOST_STOPS = 12  # lines of the form for stops of a bus


class WallTime(StringField):
    """A time of day as people type it, full-width digits too; `parsed` is a time or None."""

    parsed: time | None = None

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label, [Optional()], render_kw={"type": "time", "step": 300}, **kwargs)

    def pre_validate(self, form: Any) -> None:
        """Read it."""
        self.parsed = None
        if self.data:
            try:
                self.parsed = parse_time(unicodedata.normalize("NFKC", self.data)[:20])
            except HoursError as error:
                raise StopValidation(str(lazy("Please write a time like 10:30."))) from error


class PointField(StringField):
    """A point as numbers or as a pasted map link; `parsed` is a Point or None."""

    parsed: Point | None = None

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label, [Length(max=points.LONGEST)], **kwargs)

    def pre_validate(self, form: Any) -> None:
        """Read it."""
        self.parsed = None
        try:
            self.parsed = points.find(self.data)
        except PointError as error:
            raise StopValidation(str(error)) from error


@dataclass(frozen=True, slots=True)
class Wish:
    """A factory or programme somebody marked, as the form shows it: `choice` is "must", "want" or ""."""

    key: str
    name: str
    url: str
    choice: str = "want"


def read_wishes(args: MultiDict[str, str]) -> dict[str, str]:
    """How much each wish key is wanted, from `wish=must:factory:...`; what cannot be read is left out."""
    found: dict[str, str] = {}
    for text in args.getlist("wish")[:400]:
        choice, _colon, key = text.partition(":")
        if (
            choice in {"must", "want", "no"}
            and key.startswith(("factory:", "programme:", "slot:"))
            and len(key) <= 60
        ):
            found[key] = choice
    return found


class DayForm(BaseForm):
    """The wishes of a day. Asked for by GET: it changes nothing, and its address can be kept and shared."""

    class Meta(BaseForm.Meta):
        csrf = False

    day = MultiCheckbox(lazy("Day"), validate_choice=False)  # what is no day of the edition is not heard
    begins = WallTime(lazy("From"), default="10:00")
    ends = WallTime(lazy("Until"), default="16:00")
    start = SelectField(lazy("Start at"), validate_choice=False)
    start_point = PointField(
        lazy("Where you start"), description=lazy("Latitude and longitude, or a link copied from a map.")
    )
    end = SelectField(lazy("End at"), validate_choice=False)
    party = WholeNumber(lazy("Number of people"), [Optional(), NumberRange(1, MOST_PARTY)], default=1)
    youngest = WholeNumber(
        lazy("Age of the youngest child"), [Optional(), NumberRange(0, 120)], description=lazy("Leave empty without children."),
        render_kw={"min": 0, "max": 17, "inputmode": "numeric"},
    )  # fmt: skip
    profile = RadioField(
        lazy("How you get about"),
        default="normal",
        choices=[SelectChoice(code, words) for code, words in PROFILE_WORDS.items()],
    )
    pace = RadioField(
        lazy("Pace"),
        default="normal",
        choices=[SelectChoice(pace.value, words) for pace, words in PACE_WORDS.items()],
    )
    lunch = BooleanField(lazy("A lunch break"), default=True)
    lunch_from = WallTime(lazy("Not before"), default="11:30")
    lunch_to = WallTime(lazy("Begun by"), default="13:30")
    lunch_minutes = WholeNumber(lazy("Minutes"), [Optional(), NumberRange(5, 180)], default=45)
    craft = MultiCheckbox(lazy("Crafts I like"), validate_choice=False)
    only_wishes = BooleanField(lazy("Only what I marked with ♡"))

    def fit(
        self,
        edition: Edition,
        days: Sequence[tuple[str, str]],
        spots: Sequence[tuple[str, str]],
        crafts: Sequence[str],
        hours: Mapping[date, tuple[time, time]],
    ) -> None:
        """Offer the edition's days, places and crafts; a first look is at what is left of the first coming day.

        `hours` is when, on each day, the first door opens and the last one closes.
        """
        self.day.choices = list(days)
        if self.day.data is None or not self.is_asked:
            coming = [one for one in edition.dates if one >= edition.today()]
            left = {one: rest for one in coming if (rest := rest_of(one, hours.get(one), edition))}
            chosen = next(iter(left), None) or next(iter([*coming[-1:], *edition.dates]), None)
            self.day.data = [chosen.isoformat()] if chosen else []
            if chosen in left and not self.is_asked:
                self.begins.data, self.ends.data = (show_time(wall) for wall in left[chosen])
        places = [(code, name) for code, name in spots]
        self.start.choices = [(NONE, lazy("At the first visit")), *places, (OWN, lazy("Somewhere else"))]
        self.end.choices = [(NONE, lazy("At the last visit")), (SAME, lazy("Where I start")), *places]
        offered: list[Any] = [
            (craft.value, words) for craft, words in CRAFTS.items() if craft.value in crafts
        ]
        self.craft.choices = offered

    @property
    def is_asked(self) -> bool:
        """Whether this was sent, and not only opened."""
        return self._asked

    _asked = False

    @classmethod
    def sent(cls, args: MultiDict[str, str]) -> "DayForm":
        """From the address: what was sent, or the form as it is at first; a tick that is missing was taken away."""
        asked = "begins" in args
        form = cls(args if asked else None)
        form._asked = asked
        return form

    def to_request(
        self, edition: Edition, spots: Mapping[str, Spot], wishes: Mapping[str, str]
    ) -> PlanRequest:
        """What the planner is asked; what is empty takes its usual value."""
        begins, ends = self.begins.parsed or time(10), self.ends.parsed or time(16)
        days = sorted(
            date.fromisoformat(one)
            for one in self.day.data or []
            if one in {day.isoformat() for day in edition.dates}
        )
        start = self._start(spots)
        return PlanRequest(
            days=tuple(DayWish(one, begins, ends) for one in days),
            start=start,
            end=start if self.end.data == SAME else spots.get(self.end.data or ""),
            party=self.party.data or 1,
            youngest=self.youngest.data,
            profile=self.profile.data,
            pace=Pace(self.pace.data),
            must=tuple(key for key, choice in wishes.items() if choice == "must"),
            want=tuple(key for key, choice in wishes.items() if choice == "want"),
            crafts=tuple(self.craft.data or ()),
            languages=(language(),),
            only_wishes=bool(self.only_wishes.data),
            lunch=bool(self.lunch.data),
            lunch_from=self.lunch_from.parsed or time(11, 30),
            lunch_to=self.lunch_to.parsed or time(13, 30),
            lunch_minutes=self.lunch_minutes.data or 45,
        )

    def _start(self, spots: Mapping[str, Spot]) -> Spot | None:
        point = self.start_point.parsed
        if self.start.data == OWN and point:
            return Spot(point.lat, point.lon)
        return spots.get(self.start.data or "")


def rest_of(day: date, hours: tuple[time, time] | None, edition: Edition) -> tuple[time, time] | None:
    """What a visit on the day would usually be: ten to four, as far as doors are open and it is not over yet.

    Where less than an hour would be left, from now (or from the first door) to the last door; None when that is over too.
    """
    opens, closes = hours or (USUAL_BEGIN, USUAL_END)
    now = clock.local(clock.now(), edition.zone)
    since = opens
    if day == now.date():
        ahead = now + timedelta(minutes=-now.minute % 5)
        if ahead.date() != day:
            return None
        since = max(opens, ahead.time().replace(second=0, microsecond=0))
    begin, end = max(since, USUAL_BEGIN), min(closes, USUAL_END)
    if minutes_between(begin, end) >= LEAST_MINUTES:
        return begin, end
    return (since, closes) if minutes_between(since, closes) >= LEAST_MINUTES else None


def minutes_between(start: time, end: time) -> int:
    """Of wall time, within one day."""
    return (end.hour - start.hour) * 60 + end.minute - start.minute


def as_args(request: PlanRequest) -> list[tuple[str, str]]:
    """The address parts from which the form is filled with this request again."""
    first = request.days[0]
    same = request.end is not None and request.end == request.start
    pairs = [("day", one.date.isoformat()) for one in request.days]
    pairs += [
        ("begins", show_time(first.start)),
        ("ends", show_time(first.end)),
        ("start", _place(request.start)),
    ]
    if request.start is not None and request.start.place is None:
        pairs.append(("start_point", str(Point(request.start.lat, request.start.lon))))
    pairs += [("end", SAME if same else _place(request.end)), ("party", str(request.party))]
    pairs += [("youngest", "" if request.youngest is None else str(request.youngest))]
    pairs += [("profile", request.profile), ("pace", request.pace.value)]
    pairs += [("lunch", "y")] if request.lunch else []
    pairs += [("lunch_from", show_time(request.lunch_from)), ("lunch_to", show_time(request.lunch_to))]
    pairs += [("lunch_minutes", str(request.lunch_minutes))]
    pairs += [("craft", craft) for craft in request.crafts]
    pairs += [("only_wishes", "y")] if request.only_wishes else []
    pairs += [("wish", f"must:{key}") for key in request.must]
    return [*pairs, *(("wish", f"want:{key}") for key in request.want)]


def _place(spot: Spot | None) -> str:
    return NONE if spot is None else spot.place or OWN


class ChoiceForm(BaseForm):
    """One of the proposals, as it was shown: signed by us, so that it is kept as it was."""

    choice = HiddenField()


class StopForm(BaseForm):
    """A stop of a plan, a heart, a place to go on from."""

    stop = HiddenField()
    step = HiddenField()
    at = HiddenField()
    minutes = WholeNumber(lazy("Minutes"), [Optional(), NumberRange(0, 600)])
    been = MultiCheckbox(lazy("Where you have been"), validate_choice=False)


class HeartsForm(BaseForm):
    """Marked things: all of a list, or one that is put in or taken out."""

    add = HiddenField()
    remove = HiddenField()
    keys = HiddenField()


# --- the committee ---------------------------------------------------------------------------------------------------


class ExtractForm(BaseForm):
    """An OpenStreetMap extract."""

    extract = FileField(
        lazy("Extract (.osm.pbf or .osm)"), render_kw={"accept": ".pbf,.osm,.bz2,.gz", "required": True}
    )


class RoadForm(BaseForm):
    """A way of the map that nobody shall be led along."""

    way = StringField(
        lazy("Number of the way"), [Length(max=200)],
        description=lazy("From the address on openstreetmap.org: …/way/123456789"), render_kw={"inputmode": "numeric"},
    )  # fmt: skip

    @property
    def number(self) -> int:
        """The number, also out of a pasted address; 0 where there is none."""
        digits = "".join(
            sign
            for sign in unicodedata.normalize("NFKC", self.way.data or "").split("/way/")[-1]
            if sign in "0123456789"
        )
        return int(digits[:15] or 0)


class FeedForm(BaseForm):
    """A GTFS or GTFS-JP feed."""

    feed = FileField(lazy("Feed (.zip)"), render_kw={"accept": ".zip", "required": True})


class TimetableForm(VersionedForm):
    """A shuttle line as it hangs at the stop."""

    name = TranslatedField(lazy("Name of the line"), required=True)
    note = TranslatedField(lazy("Note"), description=lazy("For example: free of charge, 20 seats."))
    day = MultiCheckbox(
        lazy("Runs on"), description=lazy("None ticked: on every day of the edition."), validate_choice=False
    )
    stops = TextAreaField(
        lazy("Stops in order"), [Length(max=10_000)],
        description=lazy("One line per stop: the name of a place or factory of this edition, or a name and its point, such as "
                         "North gate / 35.56140, 139.71610."),
        render_kw={"rows": 6},
    )  # fmt: skip
    trips = TextAreaField(
        lazy("Trips"), [Length(max=30_000)],
        description=lazy("One line per trip, one time per stop: 10:00 10:06 10:12. A - where it does not stop."),
        render_kw={"rows": 8, "class": "figure"},
    )  # fmt: skip

    def fit(self, days: Sequence[tuple[str, str]]) -> None:
        """Offer the edition's days, by ISO date with their labels."""
        self.day.choices = list(days)


class CourseForm(VersionedForm):
    """The words of a model course; its day comes from the planner."""

    title = TranslatedField(lazy("Title"), required=True)
    theme = TranslatedField(lazy("For whom, and what is special"), long=True, longest=600)
    position = WholeNumber(lazy("Order"), [Optional(), NumberRange(0, BIGGEST)], default=0)
    choice = HiddenField()


def texts_of(name: Mapping[str, str]) -> Translated:
    """Plain data as a text."""
    return Translated(dict(name))
