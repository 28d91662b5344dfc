"""What the committee and the staff may send about a rally."""

from collections.abc import Iterable
from datetime import date
from typing import Any, cast

from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from eventapp.factories.words import CRAFTS
from eventapp.festivals.forms import MARKDOWN, PICTURES, MomentField, PointField
from eventapp.forms import BaseForm, TranslatedField, VersionedForm, WholeNumber
from eventapp.i18n import _, lazy
from eventapp.stamps.drawing import Size
from eventapp.stamps.models import Policy, PrizeKind
from eventapp.stamps.stock import PrizeError
from eventapp.web.templating import show_date

POLICIES: dict[Policy, object] = {
    Policy.STATIC: lazy("The poster is enough"),
    Policy.ROTATING: lazy("A display that changes"),
    Policy.STAFF: lazy("Staff stamp the card"),
}
KINDS: dict[PrizeKind, object] = {
    PrizeKind.COUNT: lazy("So many stamps, wherever"),
    PrizeKind.SET: lazy("So many out of chosen stations"),
    PrizeKind.COURSE: lazy("A whole course"),
    PrizeKind.AREA: lazy("So many in one part of town"),
    PrizeKind.CRAFT: lazy("So many of one craft"),
    PrizeKind.AREAS: lazy("Stamps in so many parts of town"),
    PrizeKind.CRAFTS: lazy("Stamps of so many crafts"),
}
SIZES: dict[Size, object] = {
    Size.A6: lazy("A6, to stand on a counter"),
    Size.A4: lazy("A4"),
    Size.A3: lazy("A3, to be seen from afar"),
}
FORMATS = {"pdf": lazy("PDF, to print"), "svg": lazy("SVG, for designers"), "png": lazy("PNG, for screens")}
QUILT, OWN = "quilt", "own"  # the picture that grows: drawn by us, or the committee's
NUMBERS = lazy("Their numbers, for example 3, 1, 12-15.")


def choices(pairs: Iterable[tuple[str, object]], *, empty: bool = False) -> list[Any]:
    """Values with their words, as fields want them; `empty` puts "none of these" in front."""
    return [
        SelectChoice(value, cast(str, words)) for value, words in [*([("", "—")] if empty else []), *pairs]
    ]


def day_choices(days: Iterable[date]) -> list[Any]:
    """Days to choose from, as people say them."""
    return choices((one.isoformat(), show_date(one)) for one in days)


class RallyForm(VersionedForm):
    """Texts and times of the rally."""

    name = TranslatedField(lazy("Name"), required=True, longest=60)
    introduction = TranslatedField(lazy("Introduction"), long=True, longest=5000, description=MARKDOWN)
    opens_at = MomentField(lazy("Opens"), description=lazy("Empty: with the first day."))
    closes_at = MomentField(
        lazy("Closes"),
        description=lazy(
            "Empty: with the last day. Stamps taken without a signal may still arrive afterwards."
        ),
    )
    claims_until = MomentField(
        lazy("Prizes are handed over until"), description=lazy("Empty: until the rally closes.")
    )
    overlay = RadioField(
        lazy("Picture that grows with every stamp"), choices=choices([("", lazy("No picture")), (QUILT, lazy("A quilt of the crafts, drawn by us")), (OWN, lazy("Our own picture"))]),
    )  # fmt: skip
    picture = FileField(
        lazy("Our own picture"), description=lazy("For example 1600 x 1120 pixels, seven high to ten wide; what is more is cut off at the edges."),
        render_kw={"accept": PICTURES},
    )  # fmt: skip
    most_per_step = WholeNumber(
        lazy("Cards on one picture of a display"), [InputRequired(), NumberRange(1, 1000)],
        description=lazy("What is above this number within 15 seconds waits for somebody to look."),
    )  # fmt: skip


class StationForm(VersionedForm):
    """One station."""

    name = TranslatedField(
        lazy("Name"), longest=80, description=lazy("Empty: the name of its factory or venue.")
    )
    hint = TranslatedField(
        lazy("Where the poster hangs"),
        longest=120,
        description=lazy("For example: at the reception on the second floor."),
    )
    policy = RadioField(
        lazy("What it asks for"),
        [InputRequired()],
        coerce=Policy,
        choices=choices((one.value, words) for one, words in POLICIES.items()),
    )
    no_camera = BooleanField(
        lazy("No photographs there"),
        description=lazy(
            "Visitors are told to put the camera away; staff stamp, or the poster hangs outside."
        ),
    )
    is_active = BooleanField(lazy("Takes part"), default=True)
    hours = TextAreaField(
        lazy("Hours"), [Length(max=2000)],
        description=lazy("Empty: the hours of the factory. Else a line for a day: 11/28 10:00-12:00, 13:00-16:00"),
    )  # fmt: skip
    point = PointField(lazy("Point on the map"), description=lazy("Empty: where the factory or venue is."))
    art = FileField(
        lazy("Picture of the stamp"), description=lazy("Square, at least 640 pixels. Without one we draw it from name and craft."),
        render_kw={"accept": PICTURES},
    )  # fmt: skip
    drop_art = BooleanField(lazy("Draw the stamp from name and craft again"))


class CourseForm(VersionedForm):
    """Stations that belong together."""

    name = TranslatedField(lazy("Name"), required=True, longest=60)
    stations = StringField(lazy("Stations"), [InputRequired(), Length(max=2000)], description=NUMBERS)
    is_ordered = BooleanField(
        lazy("In this order"), description=lazy("A station counts only after the one before it.")
    )


class PrizeForm(VersionedForm):
    """A prize and what it is given for."""

    name = TranslatedField(lazy("Prize"), required=True, longest=80)
    description = TranslatedField(lazy("Description"), long=True, longest=500)
    kind = RadioField(
        lazy("Given for"),
        [InputRequired()],
        coerce=PrizeKind,
        default=PrizeKind.COUNT,
        choices=choices((one.value, words) for one, words in KINDS.items()),
    )
    needed = WholeNumber(
        lazy("Number needed"),
        [InputRequired(), NumberRange(1, 400)],
        default=3,
        description=lazy("A whole course needs all of its stations, whatever stands here."),
    )
    stations = StringField(lazy("Chosen stations"), [Length(max=2000)], description=NUMBERS)
    course = SelectField(lazy("Course"), validate_choice=True)
    area = SelectField(lazy("Part of town"), validate_choice=True)
    craft = SelectField(
        lazy("Craft"), choices=choices(((one.value, words) for one, words in CRAFTS.items()), empty=True)
    )
    position = WholeNumber(
        lazy("Order"), [InputRequired(), NumberRange(0, 1000)], default=1,
        description=lazy("The lowest is the first prize: for it, stamps that are still being checked count too."),
    )  # fmt: skip
    stock = WholeNumber(lazy("How many there are"), [Optional(), NumberRange(0, 1_000_000)], default=0)
    picture = FileField(
        lazy("Picture of the prize"), description=lazy("Square, at least 320 pixels. Without one we draw a bundle in a patterned cloth."),
        render_kw={"accept": PICTURES},
    )  # fmt: skip
    drop_picture = BooleanField(lazy("Draw the bundle again"))
    is_active = BooleanField(lazy("Can be earned"), default=True)

    def __init__(self, *args: Any, courses: Any = (), areas: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.course.choices = choices(courses, empty=True)
        self.area.choices = choices(areas, empty=True)


class NumberForm(BaseForm):
    """So many more, or fewer with a minus."""

    number = WholeNumber(lazy("How many"), [InputRequired(), NumberRange(-1_000_000, 1_000_000)])
    desk = StringField(validators=[Length(max=20)])

    def typed(self) -> int:
        """The number. Raises PrizeError where there is none, for the page that a bare button leads back to."""
        if not self.validate() or self.number.data is None:
            raise PrizeError(_("Type a number."))
        return int(self.number.data)


class DeskForm(VersionedForm):
    """Where prizes are handed over."""

    name = TranslatedField(lazy("Name"), required=True, longest=60)
    place = SelectField(lazy("Place"))
    venue = SelectField(lazy("Venue"))


class DayForm(BaseForm):
    """One of the days held; the next one to begin with."""

    day = SelectField(lazy("Valid on"), [InputRequired()])

    def __init__(self, *args: Any, days: Iterable[date], today: date, **kwargs: Any) -> None:
        days = list(days)
        super().__init__(
            *args, data={"day": next((one for one in days if one >= today), today).isoformat()}, **kwargs
        )
        self.day.choices = day_choices(days)


class PosterForm(BaseForm):
    """Which posters are drawn, and how."""

    size = RadioField(
        lazy("Size"),
        [InputRequired()],
        coerce=Size,
        default=Size.A4,
        choices=choices((one.value, words) for one, words in SIZES.items()),
    )
    kind = RadioField(lazy("File"), [InputRequired()], default="pdf", choices=choices(FORMATS.items()))
    first = RadioField(
        lazy("First language"),
        [InputRequired()],
        default="ja",
        choices=choices([("ja", lazy("Japanese")), ("en", lazy("English"))]),
    )
    station = SelectField(lazy("Stations"))


class PaperCardForm(BaseForm):
    """How many cards for people without a phone."""

    count = WholeNumber(
        lazy("Number of cards"),
        [InputRequired(), NumberRange(1, 2000)],
        default=100,
        description=lazy("Ten on a sheet of A4."),
    )


class LabelForm(BaseForm):
    """A further poster or display of a station."""

    label = StringField(
        lazy("What it is called"), [Length(max=60)], description=lazy("For example: reception A4.")
    )
    is_display = BooleanField(lazy("A display, on an old phone or tablet"))


class ReasonForm(BaseForm):
    """Why something is taken back."""

    reason = StringField(lazy("Why"), [InputRequired(lazy("Please say why.")), Length(max=200)])


class DrawForm(BaseForm):
    """A prize draw among the cards."""

    name = TranslatedField(lazy("Name of the draw"), required=True, longest=80)
    winners = WholeNumber(lazy("Winners"), [InputRequired(), NumberRange(1, 10_000)], default=10)
    needed = WholeNumber(
        lazy("Stamps needed to take part"), [InputRequired(), NumberRange(1, 400)], default=3
    )
    beacon_name = StringField(
        lazy("Public value that nobody knows yet"), [Length(max=120)],
        description=lazy("May stay empty. For example: the closing value of the Nikkei on December 1. It goes into the draw too."),
    )  # fmt: skip


class BeaconForm(BaseForm):
    """The public value, once it is known."""

    beacon = StringField(lazy("The public value"), [Length(max=120)])


class DeviceForm(BaseForm):
    """A phone of staff, to be enrolled by a link."""

    label = StringField(
        lazy("Whose phone"),
        [InputRequired(), Length(max=60)],
        description=lazy("For example: reception of Yamada, or the desk at the station."),
    )
    where = SelectField(lazy("For"), [InputRequired()])
    pin = StringField(
        lazy("PIN"), [InputRequired(), Length(4, 8)], description=lazy("4 to 8 digits, typed on the phone each morning. Tell it apart from the link."),
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )  # fmt: skip
    day = SelectField(lazy("Valid on"), [InputRequired()])


class PinForm(BaseForm):
    """Opens an enrolled phone."""

    pin = StringField(
        lazy("PIN"),
        [InputRequired(), Length(max=20)],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )


class ShownForm(BaseForm):
    """A code that a visitor shows, scanned or typed; `scan_id` was drawn with the page, so a double tap stamps once."""

    code = StringField(lazy("Code"), [InputRequired(lazy("Please type the code.")), Length(max=200)])
    station = HiddenField()
    scan_id = HiddenField()
