"""What the committee may send about its festival and its editions."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Field,
    FormField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from eventapp import clock
from eventapp.festivals import dates, points, venues, words
from eventapp.festivals.models import Edition, PlaceKind, Style
from eventapp.forms import (
    BaseForm,
    MailAddress,
    MultiCheckbox,
    Telephone,
    TranslatedField,
    VersionedForm,
    WholeNumber,
)
from eventapp.i18n import RuleError, language, lazy

MARKDOWN = lazy(
    "A line between paragraphs, - for lists, **bold**, # for headings, [words](https://...) for links."
)
LONGEST_TEXT = 10_000
PICTURES = "image/jpeg,image/png,image/webp"  # asked like this, an iPhone converts by itself
EARLIEST, LATEST = datetime(2000, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - wall time of the edition's zone
MOMENT = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]


class Parsed:
    """Let a rule read the text of a field: its no becomes the field's error, its result is `field.parsed`."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        self.read = read

    def __call__(self, form: Any, field: Field) -> None:
        try:
            field.parsed = self.read(field.data or "")  # type: ignore[attr-defined]
        except RuleError as error:
            raise ValidationError(str(error)) from error


class PointField(StringField):
    """A point as numbers or as a pasted map link; `parsed` is a Point or None after validation."""

    parsed: points.Point | None = None

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault("description", lazy("Latitude and longitude, or a link copied from a map."))
        super().__init__(label, [Length(max=points.LONGEST), Parsed(points.find)], **kwargs)


class DaysField(StringField):
    """Days as people write them; `parsed` is a list of dates after validation."""

    parsed: list[date]

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault(
            "description",
            lazy("For example 11/28-29 or 2026-11-28, 2026-12-05. A range takes every day in it."),
        )
        read = Parsed(lambda text: dates.parse_dates(text, today=clock.now().date()))
        super().__init__(label, [Length(max=dates.LONGEST), read], **kwargs)


class MomentField(DateTimeLocalField):
    """A moment in wall time, to the second. The route puts the edition's zone on it (`moment()`, `wall()`)."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label, [Optional(), _in_our_times], format=MOMENT, **kwargs)


def _in_our_times(form: Any, field: Field) -> None:
    if field.data is not None and not EARLIEST <= field.data <= LATEST:
        raise ValidationError(str(lazy("Please check the year.")))


def _known_zone(form: Any, field: Field) -> None:
    """The name of a zone whose clocks we know."""
    field.data = field.data or ""
    try:
        ZoneInfo(field.data)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, the name of a folder
        raise ValidationError(str(lazy("Please write a time zone like Asia/Tokyo."))) from None


def moment(wall_time: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The moment at which the clocks of `zone` show this, in UTC."""
    return None if wall_time is None else wall_time.replace(tzinfo=zone).astimezone(UTC)


def wall(when: datetime | None, zone: ZoneInfo) -> datetime | None:
    """What the clocks of `zone` show, as a form shows it."""
    return None if when is None else clock.local(when, zone).replace(tzinfo=None)


class WebAddress:
    """A page on the web; without a scheme https is meant."""

    def __call__(self, form: Any, field: Field) -> None:
        if field.data and not field.data.startswith(("https://", "http://")):
            field.data = "https://" + field.data
        if field.data and (
            "." not in field.data.split("/")[2] or any(sign in field.data for sign in ' <>"\n\\')
        ):
            raise ValidationError(
                str(lazy("Please check the address, for example https://festival.example.jp."))
            )


def _choices(labels: Mapping[Any, object]) -> list[Any]:
    return [(value.value, label) for value, label in labels.items()]


class NewEditionForm(BaseForm):
    name = TranslatedField(
        lazy("Name of the edition"), required=True, longest=60, description=lazy("For example 2026 Autumn")
    )
    slug = StringField(
        lazy("Address"), [InputRequired(), Length(max=40)],
        description=lazy("The last part of its web address, for example 2026. It stays for ever."),
    )  # fmt: skip
    style = RadioField(lazy("How it is held"), [InputRequired()], coerce=Style, default=Style.MIXED)
    days = DaysField(lazy("Days"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.style.choices = _choices(words.STYLES)


class EditionForm(VersionedForm):
    """The settings of an edition. Moments are wall time of its zone; `days` are those kept, `more_days` those added."""

    name = TranslatedField(lazy("Name of the edition"), required=True, longest=60)
    style = RadioField(lazy("How it is held"), [InputRequired()], coerce=Style)
    days = MultiCheckbox(
        lazy("Days"), validate_choice=False, description=lazy("Take the tick away to drop a day.")
    )
    more_days = DaysField(lazy("Add days"))
    zone_name = StringField(
        lazy("Time zone"), [InputRequired(), Length(max=64), _known_zone], description=lazy("Asia/Tokyo, unless it is held abroad."),
    )  # fmt: skip
    tagline = TranslatedField(lazy("One line about it"), longest=120)
    introduction = TranslatedField(
        lazy("Introduction"), long=True, longest=LONGEST_TEXT, description=MARKDOWN
    )
    access = TranslatedField(lazy("How to get there"), long=True, longest=LONGEST_TEXT, description=MARKDOWN)
    rules = TranslatedField(
        lazy("What every visitor is asked"), long=True, longest=LONGEST_TEXT, description=MARKDOWN
    )
    booking_opens_at = MomentField(
        lazy("Reservations open"),
        description=lazy("Kept to the second. Empty: as soon as the pages are public."),
    )
    booking_closes_at = MomentField(
        lazy("Reservations close"), description=lazy("Empty: each time closes by itself.")
    )
    change_hours = WholeNumber(
        lazy("Changes until so many hours before the start"), [InputRequired(), NumberRange(0, 720)],
        description=lazy("0: until the start. Afterwards visitors are asked to call."),
    )  # fmt: skip
    max_party_size = WholeNumber(
        lazy("People in one reservation, at most"), [InputRequired(), NumberRange(1, 100)]
    )
    max_open_reservations = WholeNumber(
        lazy("Open reservations of one visitor, at most"), [InputRequired(), NumberRange(1, 1000)]
    )
    contact_email = StringField(lazy("E-mail for visitors"), [Optional(), Length(max=254), MailAddress()])
    contact_phone = StringField(lazy("Telephone for visitors"), [Optional(), Length(max=40), Telephone()])
    privacy = TranslatedField(lazy("Privacy text"), long=True, longest=LONGEST_TEXT, description=MARKDOWN)
    keep_visitors_days = WholeNumber(
        lazy("Erase visitors' names so many days after the last day"), [InputRequired(), NumberRange(1, 730)],
    )  # fmt: skip
    point = PointField(lazy("Middle of the map"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.style.choices = _choices(words.STYLES)

    @classmethod
    def of(cls, edition: Edition, **kwargs: Any) -> "EditionForm":
        """The form as this edition fills it, with what was typed on top; `formdata=None` leaves that out."""
        form = cls(data=_as_typed(edition), **kwargs)
        known = {*(form.days.data or []), *(day.isoformat() for day in edition.dates)}
        labelled: list[Any] = [
            (one, day) for one in sorted(known) if (day := _day(one))
        ]  # the page writes the date in its language
        form.days.choices = labelled
        return form

    def chosen_days(self) -> list[date]:
        """The days that stay with those that were added."""
        return sorted({*filter(None, (_day(one) for one in self.days.data or [])), *self.more_days.parsed})

    def values(self, zone: ZoneInfo) -> dict[str, Any]:
        """The columns of an edition, days apart."""
        own = ("name", "style", "tagline", "introduction", "access", "rules", "privacy", "change_hours", "max_party_size",
               "max_open_reservations", "keep_visitors_days")  # fmt: skip
        point = self.point.parsed
        return {
            **{field: self[field].data for field in own},
            "contact_email": self.contact_email.data or None,
            "contact_phone": self.contact_phone.data or None,
            "booking_opens_at": moment(self.booking_opens_at.data, zone),
            "booking_closes_at": moment(self.booking_closes_at.data, zone),
            "lat": point.lat if point else None,
            "lon": point.lon if point else None,
        }


def _as_typed(edition: Edition) -> dict[str, Any]:
    fields = ("name", "style", "tagline", "introduction", "access", "rules", "privacy", "change_hours", "max_party_size",
              "max_open_reservations", "keep_visitors_days", "contact_email", "contact_phone", "zone_name", "version")  # fmt: skip
    return {
        **{field: getattr(edition, field) for field in fields},
        "days": [one.isoformat() for one in edition.dates],
        "point": points.show(edition.lat, edition.lon),
        "booking_opens_at": wall(edition.booking_opens_at, edition.zone),
        "booking_closes_at": wall(edition.booking_closes_at, edition.zone),
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class MoveForm(BaseForm):
    to = StringField(validators=[InputRequired(), Length(max=24)])


class VenueForm(VersionedForm):
    name = TranslatedField(lazy("Name of the venue"), required=True, longest=80)
    description = TranslatedField(lazy("About the venue"), long=True, longest=LONGEST_TEXT)
    address = TranslatedField(lazy("Street address"), longest=200)
    point = PointField(lazy("Point on the map"))
    booths = TextAreaField(
        lazy("Booths"), [Length(max=5000), Parsed(venues.parse_booths)],
        description=lazy("Numbers as on the plan of the hall, for example A-1..A-12, B-1, B-2."),
    )  # fmt: skip


class PlaceForm(VersionedForm):
    kind = SelectField(lazy("Kind of place"), [InputRequired()], coerce=PlaceKind)
    name = TranslatedField(lazy("Name of the place"), required=True, longest=80)
    note = TranslatedField(lazy("Remark"), longest=200, description=lazy("Opening hours, floor, price ..."))
    venue = SelectField(lazy("In the venue"), default="")
    point = PointField(lazy("Point on the map"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = _choices(words.PLACES)

    def validate_venue(self, field: Field) -> None:
        """A stage stands in a venue or has a point of its own."""
        if self.kind.data is PlaceKind.STAGE and not field.data and not self.point.data:
            raise ValidationError(str(lazy("Choose the venue of the stage, or give it a point on the map.")))


class NoticeForm(VersionedForm):
    title = TranslatedField(lazy("Heading"), required=True, longest=100)
    body = TranslatedField(lazy("Text"), long=True, longest=LONGEST_TEXT, description=MARKDOWN)
    is_urgent = BooleanField(lazy("Urgent: stands on top of every list in red"))
    until = MomentField(lazy("Show until"), description=lazy("Empty: stays until you delete it."))


class FestivalForm(VersionedForm):
    name = TranslatedField(lazy("Name of the festival"), required=True, longest=80)
    factory_word = TranslatedField(
        lazy("Your word for a factory"),
        required=True,
        longest=20,
        description=lazy("For example factory, workshop, kiln"),
    )
    accent = StringField(lazy("Accent colour"), [InputRequired(), Length(max=9)])
    website = StringField(lazy("Web page"), [Optional(), Length(max=300), WebAddress()])
    logo = FileField(
        lazy("Logo"), description=lazy("A square picture is best: JPEG, PNG or WebP, at most 8 MB.")
    )
    no_logo = BooleanField(lazy("Remove the logo"))
    cover = FileField(
        lazy("Cover picture"),
        description=lazy("A wide photo of work in a factory: JPEG, PNG or WebP, at most 8 MB."),
    )
    no_cover = BooleanField(lazy("Remove the cover picture"))


# Two people at one page


class Difference(NamedTuple):
    """One field in which what was typed differs from what somebody else has saved meanwhile."""

    label: str
    field_id: str
    saved: str
    typed: str


def differences(typed: BaseForm, saved: BaseForm) -> list[Difference]:
    """What stands otherwise in the form than in the same form filled from the database, field by field."""
    return [
        Difference(label, mine.id, show_value(theirs), show_value(mine))
        for label, mine, theirs in _pairs(typed, saved)
        if show_value(mine) != show_value(theirs)
    ]


def _pairs(typed: BaseForm, saved: BaseForm) -> Iterator[tuple[str, Field, Field]]:
    for mine in typed:
        if mine.name in {"csrf_token", "version"} or isinstance(mine, FileField):
            continue
        theirs = saved[mine.name]
        if isinstance(mine, FormField):
            for part in mine.form:
                yield f"{mine.label.text} ({part.label.text})", part, theirs.form[part.short_name]
        else:
            yield str(mine.label.text), mine, theirs


def show_value(field: Field) -> str:
    """A field's value in words."""
    if isinstance(field, BooleanField):
        return str(lazy("Yes") if field.data else lazy("No"))
    if isinstance(field, MomentField) and field.data is not None:  # browsers leave out seconds that are none
        return f"{field.data:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
    if isinstance(field, MultiCheckbox):
        return (", " if language() == "en" else "、").join(sorted(field.data or []))
    if isinstance(field, SelectField):
        return next((str(label) for value, label, *_rest in field.iter_choices() if value == field.data), "")
    return str(field._value())  # type: ignore[attr-defined]
