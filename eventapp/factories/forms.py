"""Forms of this room: the profile in sections, the entry with its hours, the committee's few fields."""

import re
from collections.abc import Mapping
from datetime import date, time
from hashlib import blake2b
from typing import Any, cast
from urllib.parse import urlsplit

from wtforms import (
    BooleanField,
    EmailField,
    MultipleFileField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from eventapp.factories import hours
from eventapp.factories.hours import Day, HoursError, Usual
from eventapp.factories.models import Craft, Entry, OpeningPlace, PointKind
from eventapp.factories.words import CRAFTS, LANGUAGES, NOISE, PHOTOGRAPHY, STEP_FREE, STROLLER
from eventapp.festivals import points
from eventapp.festivals.models import Edition, Style
from eventapp.forms import (
    BaseForm,
    MailAddress,
    MultiCheckbox,
    Telephone,
    TranslatedField,
    VersionedForm,
    WholeNumber,
)
from eventapp.i18n import Translated, _, lazy

BABIES: dict[bool, object] = {True: lazy("Count them, please"), False: lazy("On the arm they take none")}
ROOF: dict[bool, object] = {True: lazy("All under a roof"), False: lazy("Partly in the open air")}
THERE: dict[bool, object] = {True: lazy("There is one"), False: lazy("There is none")}
CRAFT_CHOICES = [SelectChoice(craft.value, words) for craft, words in CRAFTS.items()]
LANGUAGE_CHOICES = [SelectChoice(code, words) for code, words in LANGUAGES.items()]
PICTURES = "image/jpeg,image/png,image/webp"  # asked for these alone, an iPhone converts its HEIC itself


class Said(RadioField):
    """One of a few answers or "not said yet". `stored` is the column's value, None for not said."""

    def __init__(self, label: object, answers: Mapping[Any, object], **kwargs: Any) -> None:
        self.answers = {_key(value): value for value in answers}
        choices = [
            SelectChoice("", lazy("Not said yet")),
            *(SelectChoice(_key(value), words) for value, words in answers.items()),
        ]
        super().__init__(cast(str, label), choices=choices, coerce=str, **kwargs)

    def process_data(self, value: Any) -> None:
        self.data = _key(value)

    @property
    def stored(self) -> Any:
        return self.answers.get(self.data or "")


def _key(value: Any) -> str:
    return "" if value is None else str(getattr(value, "value", value)).lower()


class OneLine(StringField):
    """A short text that may be empty; `stored` is None then."""

    @property
    def stored(self) -> str | None:
        return self.data or None


class WebAddress(OneLine):
    """A web page of http or https; the beginning may be left out."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        if self.data and not re.match(r"[a-z][a-z0-9+.-]*:", self.data.strip(), re.IGNORECASE):
            self.data = f"https://{self.data.strip()}"

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        try:
            parts = urlsplit(self.data)
            good = (
                parts.scheme in {"http", "https"}
                and "." in (parts.hostname or "")
                and not re.search(r"\s", self.data)
            )
        except ValueError:
            good = False
        if not good or len(self.data) > 500:
            raise ValidationError(str(lazy("Please check the address, for example https://www.example.jp/.")))


class SectionForm(VersionedForm):
    """A part of something that two people may edit at once. `version` tells what this part was when the page was opened,
    so that two people in two sections do not stand in each other's way.
    """

    @classmethod
    def given(cls, thing: Any) -> dict[str, Any]:
        """Values of fields that are no columns of their own."""
        return {}

    @classmethod
    def of(cls, thing: Any) -> "SectionForm":
        """The form as it would be shown now, whatever the request says."""
        form = cls(formdata=None, obj=thing, **cls.given(thing))
        form.version.data = form.fingerprint()
        return form

    @classmethod
    def sent(cls, thing: Any) -> "SectionForm":
        """The form as the request filled it."""
        return cls(obj=thing, **cls.given(thing))

    def parts(self) -> list[Any]:
        return [field for name, field in self._fields.items() if name not in {"version", "csrf_token"}]

    def is_behind(self, saved: "SectionForm") -> bool:
        """Whether somebody saved something else after this page was opened. What is typed the same way is no quarrel."""
        seen = self.version.data
        return bool(seen) and seen != saved.fingerprint() and bool(self.differences(saved))

    def fingerprint(self) -> str:
        told = repr(
            [
                (field.name, sorted(field.data.items()) if isinstance(field.data, dict) else field.data)
                for field in self.parts()
            ]
        )
        return blake2b(told.encode(), digest_size=9).hexdigest()

    def differences(self, saved: "SectionForm") -> list[tuple[object, str, str, str]]:
        """Field by field what is saved and what was typed: (label, id, saved, typed), where they differ."""
        pairs = zip(self.parts(), saved.parts(), strict=True)
        told = [(mine.label.text, mine.id, spoken(theirs), spoken(mine)) for mine, theirs in pairs]
        return [line for line in told if line[2] != line[3]]

    def values(self) -> dict[str, Any]:
        """Columns and their new values."""
        return {field.name: getattr(field, "stored", field.data) for field in self.parts()}


def spoken(field: Any) -> str:
    """What a field says, in words of the reader."""
    data = field.data
    if isinstance(data, Translated):
        return " / ".join(text for text in data.values() if text)
    if isinstance(data, bool):
        return str(_("Ticked") if data else _("Not ticked"))
    if hasattr(field, "choices"):
        chosen = {str(one) for one in data} if isinstance(data, list) else {str(data or "")}
        return ", ".join(str(option.label) for option in field.choices if option.value in chosen)
    if isinstance(data, time):
        return hours.show_time(data)
    return "" if data is None else str(data)


# The profile, section by section


class NamesForm(SectionForm):
    name = TranslatedField(lazy("Name of the factory"), required=True, longest=120)
    kana = StringField(
        lazy("Reading in kana"), [Length(max=120)], description=lazy("Lists are sorted by it.")
    )
    craft = SelectField(lazy("Craft"), choices=CRAFT_CHOICES, coerce=Craft)


class StoryForm(SectionForm):
    products = TranslatedField(
        lazy("What you make"), longest=300, description=lazy("One sentence, as for a neighbour.")
    )
    story = TranslatedField(lazy("Your story"), long=True, longest=6000,
                            description=lazy("What is special here, since when, what visitors will see."))  # fmt: skip


class ContactForm(SectionForm):
    website = WebAddress(lazy("Web page"))
    phone = OneLine(lazy("Telephone"), [Telephone(), Length(max=40)], description=lazy("Shown to visitors."))
    email = OneLine(
        lazy("E-mail"),
        [Optional(), MailAddress()],
        description=lazy("For the committee; visitors do not see it."),
    )


class EntranceForm(SectionForm):
    postal_code = OneLine(lazy("Postal code"), [Length(max=12)])
    address = TranslatedField(lazy("Street address"), longest=200)
    area = TranslatedField(lazy("Part of town"), longest=60, description=lazy("Visitors filter by it."))
    point_text = StringField(
        lazy("Entrance on the map"), [Length(max=2000)],
        description=lazy("Tap the map, paste a link from your map application, or type the coordinates."),
    )  # fmt: skip
    point = RadioField(
        lazy("How well is the point known?"), coerce=str, default=PointKind.EXACT.value,
        choices=[SelectChoice(PointKind.EXACT.value, lazy("This is the entrance")),
                 SelectChoice(PointKind.TOWN.value, lazy("Only the part of town is known: visitors see \"about here\""))],
    )  # fmt: skip

    @classmethod
    def given(cls, thing: Any) -> dict[str, Any]:
        return {"point_text": points.show(thing.lat, thing.lon)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.point.data or self.point.data == PointKind.NONE.value:
            self.point.data = PointKind.EXACT.value

    def validate_point_text(self, field: Any) -> None:
        try:
            points.find(field.data)
        except points.PointError as error:
            raise ValidationError(str(error)) from error

    def values(self) -> dict[str, Any]:
        kept = super().values()
        spot = points.find(kept.pop("point_text"))
        kept["lat"], kept["lon"] = (spot.lat, spot.lon) if spot else (None, None)
        kept["point"] = PointKind(kept["point"]) if spot else PointKind.NONE
        return kept


class AccessForm(SectionForm):
    access = TranslatedField(lazy("How to find the entrance"), long=True, longest=1000,
                             description=lazy("\"The blue shutter beside the tobacco shop\" helps more than a street name."))  # fmt: skip
    parking = TranslatedField(lazy("Parking, also for bicycles"), long=True, longest=500)


class RulesForm(SectionForm):
    min_age = WholeNumber(lazy("Visitors are welcome from this age"), [Optional(), NumberRange(0, 99)],
                          description=lazy("0 for everybody."))  # fmt: skip
    guardian_below = WholeNumber(
        lazy("Younger than this only with a grown-up"), [Optional(), NumberRange(0, 99)]
    )
    infants_take_place = Said(lazy("Do babies take a place?"), BABIES)
    shoes = TranslatedField(
        lazy("Shoes"), longest=200, description=lazy("For example: no sandals; slippers are lent.")
    )
    clothes = TranslatedField(lazy("Clothes"), longest=200)
    photography = Said(lazy("May visitors take photos?"), PHOTOGRAPHY)
    photography_note = TranslatedField(lazy("More about photos"), longest=200)
    languages = MultiCheckbox(lazy("Languages spoken"), choices=LANGUAGE_CHOICES)
    step_free = Said(lazy("Is the way in free of steps?"), STEP_FREE)
    stroller = Said(lazy("Can a stroller come in?"), STROLLER)
    under_roof = Said(lazy("Is everything under a roof?"), ROOF)
    toilet = Said(lazy("Is there a toilet for visitors?"), THERE)
    nappy_change = Said(lazy("Is there a place to change nappies?"), THERE)
    noise = Said(lazy("How loud is it?"), NOISE)
    insurance_list = BooleanField(lazy("We need the names of all visitors for the insurance"))
    no_same_trade = BooleanField(lazy("Visitors declare that they are not in the same trade"))
    asks_company = BooleanField(lazy("We ask visitors for their company and the purpose of the visit"))


class Section:
    """One section of the profile: its address, its name, its form, what shows whether it is filled."""

    def __init__(self, slug: str, title: object, icon: str, form: type[SectionForm]) -> None:
        self.slug, self.title, self.icon, self.form = slug, title, icon, form


SECTIONS = {
    one.slug: one
    for one in (
        Section("names", lazy("Names and craft"), "factory", NamesForm),
        Section("story", lazy("What you make, your story"), "book", StoryForm),
        Section("contact", lazy("Contact"), "phone", ContactForm),
        Section("entrance", lazy("Address and entrance"), "map-pin", EntranceForm),
        Section("access", lazy("Access and parking"), "walk", AccessForm),
        Section("rules", lazy("Visit rules"), "shield", RulesForm),
    )
}


# The entry


class Clock(StringField):
    """A time of day; phones show their own wheel for it."""

    data: Any

    def process_data(self, value: Any) -> None:
        self.data = value

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{self.data:%H:%M}" if isinstance(self.data, time) else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if typed:
            try:
                self.data = hours.parse_time(typed)
            except HoursError as error:
                raise ValueError(str(error)) from error


class HoursForm(SectionForm):
    """Made for the days of one edition by `hours_form`; `places` says for which places."""

    places: tuple[str, ...] = ()
    dates: tuple[date, ...] = ()
    mixed = False

    message = TranslatedField(lazy("Special this year"), long=True, longest=1000,
                              description=lazy("Shown above your story. Leave it empty if there is nothing."))  # fmt: skip
    last_entry_minutes = WholeNumber(
        lazy("Last entry, minutes before closing"), [Optional(), NumberRange(0, 240)], default=0
    )
    at_factory = BooleanField(lazy("We open our own doors"))

    def usual(self, place: str) -> Usual:
        return Usual(**{part: self[f"{place}_{part}"].data for part in CLOCKS})

    def days(self, place: str) -> dict[date, Day]:
        """The hours of the chosen days. Raises HoursError."""
        chosen = [day for day in self.dates if self[f"{place}_on_{day:%Y%m%d}"].data]
        own = {day: hours.parse_day(self[f"{place}_own_{day:%Y%m%d}"].data or "") for day in chosen}
        return {day: own[day] or self.usual(place).stretches() for day in chosen}

    def validate(self, extra_validators: Any = None) -> bool:
        good = super().validate(extra_validators)
        return self._check_hours() and good

    def _check_hours(self) -> bool:
        good = True
        for place in self.places:
            for day in self.dates:
                good = _try(self[f"{place}_own_{day:%Y%m%d}"]) and good
            if good and self.is_asked(place):
                try:
                    self.days(place)
                except HoursError as error:
                    self[f"{place}_opens"].errors = [*self[f"{place}_opens"].errors, str(error)]
                    good = False
        return good

    def is_asked(self, place: str) -> bool:
        """Whether the hours of this place count: closed doors have none."""
        return place != "entrance" or not self.mixed or bool(self.at_factory.data)


CLOCKS = ("opens", "closes", "break_from", "break_to")
CLOCK_WORDS = (lazy("Opens"), lazy("Closes"), lazy("Break from"), lazy("Break until"))


def _try(field: Any) -> bool:
    try:
        hours.parse_day(field.data or "")
    except HoursError as error:
        field.errors = [*field.errors, str(error)]
        return False
    return True


def hours_form(edition: Edition, *, has_booth: bool) -> type[HoursForm]:
    """The form of an entry in this edition: with a tick and a line for each of its days, at each of its places."""
    mixed = edition.style == Style.MIXED
    places = [
        name
        for name, there in (("entrance", edition.style != Style.GATHERING), ("booth", has_booth))
        if there
    ]
    fields: dict[str, Any] = {"places": tuple(places), "dates": tuple(edition.dates), "mixed": mixed}
    if not mixed:
        fields["at_factory"] = None
    for place in places:
        fields |= {f"{place}_{part}": Clock(words) for part, words in zip(CLOCKS, CLOCK_WORDS, strict=True)}
        for day in edition.dates:
            fields[f"{place}_on_{day:%Y%m%d}"] = BooleanField(lazy("Open"))
            fields[f"{place}_own_{day:%Y%m%d}"] = StringField(
                lazy("Other hours on this day"), [Length(max=200)]
            )
    return type(
        "EntryForm", (HoursForm,), {**fields, "given": classmethod(lambda cls, entry: _said(entry, places))}
    )


def _said(entry: Entry, places: list[str]) -> dict[str, Any]:
    """What is stored, as the form says it: the usual hours, and the days that differ."""
    said: dict[str, Any] = {}
    for place in places:
        days = hours.days_of(entry.openings, OpeningPlace(place))
        usual = hours.find_usual(days)
        said |= {f"{place}_{part}": getattr(usual, part) for part in CLOCKS}
        for day, stretches in days.items():
            same = usual.opens is not None and usual.stretches() == stretches
            said |= {
                f"{place}_on_{day:%Y%m%d}": True,
                f"{place}_own_{day:%Y%m%d}": "" if same else hours.show_day(stretches),
            }
    return said


# Pictures


class PhotosForm(BaseForm):
    pictures = MultipleFileField(lazy("Pictures"), render_kw={"accept": PICTURES, "multiple": True})


class AltForm(SectionForm):
    alt = TranslatedField(lazy("What it shows"), longest=200)


# The committee


class NewFactoryForm(BaseForm):
    name = TranslatedField(lazy("Name of the factory"), required=True, longest=120)
    kana = StringField(lazy("Reading in kana"), [Length(max=120)])
    craft = SelectField(lazy("Craft"), choices=CRAFT_CHOICES, coerce=Craft,
                        default=Craft.OTHER)  # fmt: skip
    email = EmailField(lazy("E-mail of the person in charge"), [Optional(), MailAddress()],
                       description=lazy("An invitation with a link is mailed there at once. Can be done later."))  # fmt: skip


class InviteForm(BaseForm):
    email = EmailField(lazy("E-mail"), [InputRequired(), MailAddress()])


class BoothForm(BaseForm):
    booth = SelectField(lazy("Booth"), coerce=str)


class DecisionForm(BaseForm):
    """What the committee decides about an entry, with a word to the factory."""

    message = TextAreaField(
        lazy("Message to the factory"), [Length(max=1000)], render_kw={"rows": 3, "maxlength": 1000}
    )


class BulkForm(BaseForm):
    """Ticked entries and what to do with them; codes that are not of this edition are left out by the view."""

    entry = MultiCheckbox(lazy("Entries"), validate_choice=False)
