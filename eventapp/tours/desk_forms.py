"""What the desks of factories and of the committee send: shape and range. Whether it may be so is for the rules to say."""

import secrets
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from wtforms import (
    BooleanField,
    EmailField,
    FieldList,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
    TimeField,
)
from wtforms.form import Form
from wtforms.validators import InputRequired, Length, NumberRange, Optional, StopValidation, ValidationError

from eventapp import clock
from eventapp.factories.models import Entry
from eventapp.factories.words import LANGUAGES
from eventapp.festivals.models import Edition, Place, Venue
from eventapp.forms import (
    BaseForm,
    MailAddress,
    MultiCheckbox,
    Telephone,
    TranslatedField,
    VersionedForm,
    WholeNumber,
    clean_input,
)
from eventapp.i18n import _, lazy
from eventapp.text import check_email
from eventapp.tours.booking import Contact, Questions
from eventapp.tours.models import EntryMode, HeldAt, Kind, Programme, ProgrammeStop, Purpose, Slot
from eventapp.tours.programmes import OF_COMMITTEE, OF_FACTORIES, Details, StopWish
from eventapp.tours.slots import MOST_PLACES, Change, Closes, Offer, Pattern
from eventapp.tours.words import ENTRY_MODES, HELD_AT, KINDS

CLOSES: dict[Closes, Any] = {
    Closes.START: lazy("When it starts"),
    Closes.HALF_HOUR: lazy("30 minutes before"),
    Closes.HOUR: lazy("1 hour before"),
    Closes.THREE_HOURS: lazy("3 hours before"),
    Closes.DAY: lazy("24 hours before"),
    Closes.EVE: lazy("At 17:00 the day before"),
}
PURPOSES: dict[Purpose, Any] = {
    Purpose.VISIT: lazy("Just to look"),
    Purpose.BUYING: lazy("Buying or ordering"),
    Purpose.PRESS: lazy("Press"),
    Purpose.JOB: lazy("Looking for a job"),
}
LONGEST_TOUR = 1440  # minutes


def one_line(value: Any) -> Any:
    """A name stands on one line, however it was pasted."""
    return " ".join(value.split()) if isinstance(value, str) else value


class WallTime(TimeField):
    """A time of the day, also in full-width digits."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read 9:00 and ９：００; anything else asks for the time again."""
        typed = [unicodedata.normalize("NFKC", str(value)).strip()[:8] for value in valuelist]
        if not any(typed):
            self.data = None
            return
        try:
            super().process_formdata(typed)
        except ValueError as error:
            raise ValueError(str(lazy("Please write the time like 9:30."))) from error


class WebAddress:
    """The address of a web page."""

    def __call__(self, form: Any, field: Any) -> None:
        if field.data and not (
            field.data.startswith(("https://", "http://")) and len(field.data.split()) == 1
        ):
            raise ValidationError(str(lazy("Please write the whole address, beginning with https://")))


def _places(label: Any, *, required: bool = False, **kwargs: Any) -> WholeNumber:
    first: Any = InputRequired() if required else Optional()
    return WholeNumber(
        label, [first, NumberRange(0, MOST_PLACES)], render_kw={"min": 0, "max": MOST_PLACES}, **kwargs
    )


def _days(edition: Edition) -> list[tuple[str, str]]:
    return [(day.isoformat(), _show(day)) for day in edition.dates]


def _show(day: date) -> str:
    weekdays = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
    return str(
        _("%(month)s/%(day)s (%(weekday)s)", month=day.month, day=day.day, weekday=weekdays[day.weekday()])
    )


# --- programmes ----------------------------------------------------------------------------------------------------


class ProgrammeForm(VersionedForm):
    """One offering: title, kind, place, price, rules. `fit` leaves the choices of the desk."""

    title = TranslatedField(lazy("Title"), required=True, longest=120)
    kind = SelectField(lazy("Kind"))
    entry_mode = RadioField(lazy("How one takes part"), default=EntryMode.BOOKING.value)
    description = TranslatedField(lazy("Description"), long=True, longest=5000)
    duration_minutes = WholeNumber(
        lazy("Length in minutes"), [InputRequired(), NumberRange(1, LONGEST_TOUR)], default=60,
        description=lazy("Holds for slots made from now on."), render_kw={"min": 1, "max": LONGEST_TOUR},
    )  # fmt: skip
    held_at = SelectField(lazy("Where"))
    place = SelectField(lazy("Meeting point or stage"), [Optional()])
    venue = SelectField(
        lazy("Venue that hosts it"),
        [Optional()],
        description=lazy("Leave it open where the committee hosts it."),
    )
    online_url = StringField(
        lazy("Address of the online visit"), [Length(max=500), WebAddress()],
        description=lazy("Mailed to those who have booked. It stands on no page."),
    )  # fmt: skip
    price_yen = WholeNumber(
        lazy("Price per person in yen"), [Optional(), NumberRange(0, 1_000_000)], default=0,
        description=lazy("Paid on site. 0 for free."), render_kw={"min": 0},
    )  # fmt: skip
    price_note = TranslatedField(lazy("Note on the price"), longest=200)
    languages = MultiCheckbox(lazy("Languages"))
    min_age = WholeNumber(
        lazy("Age from"), [Optional(), NumberRange(0, 99)],
        description=lazy("In years. Leave it open to keep to the factory's own rule."), render_kw={"min": 0, "max": 99},
    )  # fmt: skip
    guardian_below = WholeNumber(
        lazy("With a grown-up below the age of"),
        [Optional(), NumberRange(0, 99)],
        render_kw={"min": 0, "max": 99},
    )
    bring = TranslatedField(lazy("What to bring"), longest=300)
    confirm_address = BooleanField(
        lazy("Keep places only 30 minutes until the e-mail address is confirmed"),
        description=lazy("For what is gone within minutes: invented addresses then take no place."),
    )

    def fit(
        self, edition: Edition, entry: Entry | None, places: Sequence[Place], venues: Sequence[Venue]
    ) -> None:
        """Offer what this desk can choose: a factory its entrance and booth, the committee its venues."""
        kinds = OF_FACTORIES if entry is not None else OF_COMMITTEE
        self.kind.choices = [(kind.value, str(KINDS[kind])) for kind in kinds]
        self.entry_mode.choices = [(mode.value, str(words)) for mode, words in ENTRY_MODES.items()]
        self.languages.choices = [(code, str(words)) for code, words in LANGUAGES.items()]
        self.place.choices = [("", lazy("Please choose")), *((one.code, str(one.name)) for one in places)]
        self.held_at.choices = [
            (one.value, str(HELD_AT[one])) for one in _possible_places(entry, places, venues)
        ]
        if entry is not None or not venues:
            del self.venue
        else:
            self.venue.choices = [("", lazy("The committee")), *((one.code, str(one.name)) for one in venues)]
        if not places:
            del self.place

    def fill(self, programme: Programme) -> None:
        """Show what is saved."""
        for name, value in saved_values(programme).items():
            if name in self:
                self[name].process(None, value)
        self.version.data = str(programme.version)

    def details(self, places: Sequence[Place], venues: Sequence[Venue]) -> Details:
        """What was written, as the rules want it."""
        place = self.place.data if "place" in self else ""
        venue = self.venue.data if "venue" in self else ""
        return Details(
            kind=Kind(self.kind.data), entry_mode=EntryMode(self.entry_mode.data), title=self.title.data,
            description=self.description.data, held_at=HeldAt(self.held_at.data),
            place=next((one for one in places if one.code == place), None),
            venue=next((one for one in venues if one.code == venue), None),
            online_url=self.online_url.data or None, duration_minutes=self.duration_minutes.data or 60,
            languages=list(self.languages.data or []), price_yen=self.price_yen.data or 0, price_note=self.price_note.data,
            min_age=self.min_age.data, guardian_below=self.guardian_below.data, bring=self.bring.data,
            confirm_address=bool(self.confirm_address.data),
        )  # fmt: skip

    def differences(self, programme: Programme) -> list[tuple[object, str]]:
        """What somebody else has saved meanwhile and differs from what stands here: (label, saved value)."""
        saved = saved_values(programme)
        differing = [
            name for name in saved if name in self and (self[name].data or None) != (saved[name] or None)
        ]
        return [(self[name].label.text, self._show(name, saved[name])) for name in differing]

    def _show(self, name: str, value: Any) -> str:
        if isinstance(value, dict):
            return " / ".join(value.values()) or "–"
        words = dict(self[name].choices) if getattr(self[name], "choices", None) else {}
        if isinstance(value, list):
            return ", ".join(str(words.get(one, one)) for one in value) or "–"
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        return str(words.get(value, value)) if value not in (None, "") else "–"


def _possible_places(entry: Entry | None, places: Sequence[Place], venues: Sequence[Venue]) -> list[HeldAt]:
    possible = {
        HeldAt.ENTRANCE: entry is not None,
        HeldAt.BOOTH: entry is not None and entry.booth_id is not None,
        HeldAt.PLACE: bool(places),
        HeldAt.VENUE: entry is None and bool(venues),
        HeldAt.ONLINE: True,
    }
    return [one for one, can_be in possible.items() if can_be]


def saved_values(programme: Programme) -> dict[str, Any]:
    """The programme as its form holds it."""
    names = ("title", "description", "duration_minutes", "online_url", "price_yen", "price_note", "languages", "min_age",
             "guardian_below", "bring", "confirm_address")  # fmt: skip
    return {name: getattr(programme, name) for name in names} | {
        "kind": programme.kind.value, "entry_mode": programme.entry_mode.value, "held_at": programme.held_at.value,
        "place": programme.place.code if programme.place else "", "venue": programme.venue.code if programme.venue else "",
    }  # fmt: skip


class StopForm(Form):
    """One line of the list of stops; a line without a factory counts for nothing."""

    entry = SelectField(lazy("Factory"), [Optional()], validate_choice=True)
    minutes_after = WholeNumber(
        lazy("Minutes after the start"), [Optional(), NumberRange(0, LONGEST_TOUR)], default=0
    )
    stay_minutes = WholeNumber(lazy("Minutes there"), [Optional(), NumberRange(1, LONGEST_TOUR)], default=30)
    places = WholeNumber(lazy("Can receive"), [Optional(), NumberRange(0, MOST_PLACES)])


class StopsForm(VersionedForm):
    """Where a bus tour or a guided walk stops."""

    stops = FieldList(FormField(StopForm), max_entries=40)
    SPARE = 3

    def fit(self, entries: Sequence[Entry], stops: Sequence[ProgrammeStop] | None = None) -> None:
        """Offer the factories of the edition; on first showing fill in what stands, with spare lines below."""
        if stops is not None:
            for stop in stops:
                self.stops.append_entry({"entry": stop.entry.code, "minutes_after": stop.minutes_after,
                                         "stay_minutes": stop.stay_minutes, "places": stop.places})  # fmt: skip
            for _spare in range(self.SPARE):
                self.stops.append_entry()
        choices = [("", "–"), *((entry.code, str(entry.factory.name)) for entry in entries)]
        for line in self.stops:
            line.form.entry.choices = choices

    def wishes(self, entries: Sequence[Entry]) -> list[StopWish]:
        """The lines with a factory, in order of time."""
        by_code = {entry.code: entry for entry in entries}
        lines = [line.form for line in self.stops if line.form.entry.data in by_code]
        wishes = [StopWish(by_code[line.entry.data], line.minutes_after.data or 0, line.stay_minutes.data or 30, line.places.data)
                  for line in lines]  # fmt: skip
        return sorted(wishes, key=lambda wish: wish.minutes_after)


# --- slots ---------------------------------------------------------------------------------------------------------


class OfferForm(BaseForm):
    """What new slots offer. `fit` leaves out what a programme without booking does not need."""

    capacity = _places(lazy("Places to book"), required=True, default=8)
    walk_in_places = _places(lazy("Places kept for people who just come"), default=0)
    closes = SelectField(
        lazy("Bookings end"),
        choices=[(one.value, words) for one, words in CLOSES.items()],
        default=Closes.START.value,
    )

    def fit(self, programme: Programme) -> None:
        """Days of the edition; no places to book where nothing is booked."""
        if programme.entry_mode != EntryMode.BOOKING:
            del self.capacity
            del self.walk_in_places
            del self.closes

    def offer(self) -> Offer:
        """What was written, as the rules want it."""
        if "capacity" not in self:
            return Offer(None)
        return Offer(self.capacity.data, self.walk_in_places.data or 0, Closes(self.closes.data))


class AddSlotForm(OfferForm):
    """One slot."""

    day = SelectField(lazy("Day"))
    start = WallTime(lazy("Start"), [InputRequired()])

    def fit(self, programme: Programme) -> None:
        """Offer the days of the edition. Its fields stand beside those of the bulk change, so their ids differ."""
        super().fit(programme)
        self.day.choices = _days(programme.edition)
        for one in self:
            one.id = one.label.field_id = f"add-{one.short_name}"

    def starts_at(self, edition: Edition) -> datetime:
        """The moment meant."""
        return clock.at(date.fromisoformat(self.day.data), self.start.data or time(), edition.zone)


class GenerateForm(OfferForm):
    """ "Every 60 minutes 10:00-16:00, not 12:00-13:00, Saturday and Sunday"."""

    days = MultiCheckbox(lazy("Days"))
    first = WallTime(lazy("First start"), [InputRequired()], default=time(10))
    until = WallTime(lazy("The last one ends by"), [InputRequired()], default=time(16))
    every = WholeNumber(
        lazy("Minutes from start to start"), [InputRequired(), NumberRange(5, LONGEST_TOUR)], default=60
    )
    pause_from = WallTime(lazy("No slots from"), [Optional()], default=time(12))
    pause_to = WallTime(lazy("until"), [Optional()], default=time(13))
    starts = HiddenField()  # the second step sends one for each slot to be made

    def fit(self, programme: Programme) -> None:
        """Offer the days of the edition, all ticked at first."""
        super().fit(programme)
        self.days.choices = _days(programme.edition)
        if not self.is_submitted():
            self.days.data = [value for value, _words in self.days.choices]
            self.every.data = max(5, programme.duration_minutes)

    def validate_days(self, field: MultiCheckbox) -> None:
        """At least one day."""
        if not field.data:
            raise ValidationError(str(lazy("Please choose days on which the festival is held.")))

    def validate_until(self, field: WallTime) -> None:
        """The end comes after the beginning."""
        if field.data is not None and self.first.data is not None and field.data <= self.first.data:
            raise ValidationError(str(lazy("The end must come after the beginning.")))

    def pattern(self) -> Pattern:
        """What was written, as the rules want it."""
        begin, end = self.pause_from.data, self.pause_to.data
        days = tuple(date.fromisoformat(day) for day in self.days.data or [])
        return Pattern(days, self.first.data or time(), self.until.data or time(), self.every.data or 0,
                       ((begin, end),) if begin is not None and end is not None else ())  # fmt: skip


class ChangeSlotsForm(BaseForm):
    """What changes in the ticked slots; an empty field changes nothing."""

    slots = MultiCheckbox(lazy("Slots"), validate_choice=False)
    capacity = _places(lazy("Places to book"))
    walk_in_places = _places(lazy("Places kept for people who just come"))
    closes = SelectField(
        lazy("Bookings end"), [Optional()], choices=[("", lazy("as before")), *((one.value, words) for one, words in CLOSES.items())],
    )  # fmt: skip
    message = TextAreaField(
        lazy("Message to everyone booked"), [Length(max=1000)], description=lazy("Goes out with the mail when slots are called off."),
        render_kw={"rows": 3, "maxlength": 1000},
    )  # fmt: skip

    def change(self) -> Change:
        """What was written, as the rules want it."""
        return Change(
            self.capacity.data,
            self.walk_in_places.data,
            Closes(self.closes.data) if self.closes.data else None,
        )


class MoveSlotForm(BaseForm):
    """Another time for a slot and everybody in it."""

    day = SelectField(lazy("Day"))
    start = WallTime(lazy("New start"), [InputRequired()])
    message = TextAreaField(
        lazy("Message to everyone booked"), [Length(max=1000)], render_kw={"rows": 2, "maxlength": 1000}
    )

    def fit(self, slot: Slot) -> None:
        """Show the present time."""
        edition = slot.programme.edition
        self.day.choices = _days(edition)
        if not self.is_submitted():
            self.day.data = slot.day.isoformat()
            self.start.data = clock.local(slot.starts_at, edition.zone).time()

    def starts_at(self, edition: Edition) -> datetime:
        """The moment meant."""
        return clock.at(date.fromisoformat(self.day.data), self.start.data or time(), edition.zone)


class PlacesForm(BaseForm):
    """How many places one slot has; a missing number leaves it as it is."""

    capacity = _places(lazy("Places to book"), required=True)
    walk_in_places = _places(lazy("Places kept for people who just come"))
    closes = SelectField(
        lazy("Bookings end"), [Optional()], choices=[("", lazy("as before")), *((one.value, words) for one, words in CLOSES.items())],
    )  # fmt: skip

    def change(self) -> Change:
        """What was written, as the rules want it."""
        return Change(
            self.capacity.data,
            self.walk_in_places.data,
            Closes(self.closes.data) if self.closes.data else None,
        )


class CallOffForm(BaseForm):
    """Why something does not take place."""

    message = TextAreaField(
        lazy("Message to everyone booked"), [Length(max=1000)], render_kw={"rows": 2, "maxlength": 1000}
    )


class CallOffDayForm(BaseForm):
    """A whole day of the edition is called off, everywhere. The page fills in the days that are left."""

    day = RadioField(lazy("Which day?"), [InputRequired()])
    message = TranslatedField(
        lazy("Message to everyone booked"), required=True, long=True, longest=1000,
        description=lazy("Why, and what they can do instead. It stands in the mail and in the notice."),
    )  # fmt: skip
    notice = BooleanField(lazy("Also put it on the home page as an urgent notice"), default=True)
    sure = BooleanField(lazy("I am sure: this cannot be taken back"), [InputRequired()])


# --- booking for a caller ------------------------------------------------------------------------------------------


class CallerForm(BaseForm):
    """A booking by staff: a telephone number alone is enough."""

    party_size = WholeNumber(
        lazy("Number of people"),
        [InputRequired(), NumberRange(1, MOST_PLACES)],
        default=1,
        render_kw={"min": 1},
    )
    name = StringField(lazy("Name"), [InputRequired(), Length(max=100)], filters=[clean_input, one_line])
    kana = StringField(lazy("Kana"), [Length(max=100)], filters=[clean_input, one_line])
    phone = TelField(lazy("Telephone"), [Length(max=40), Telephone()], filters=[clean_input, one_line])
    email = EmailField(
        lazy("E-mail"), [Optional(), MailAddress()], description=lazy("If there is one, the confirmation goes there."),
        render_kw={"maxlength": 254},
    )  # fmt: skip
    language = SelectField(
        lazy("Language of the mail"), choices=[("ja", "日本語"), ("en", "English")], default="ja"
    )
    not_same_trade = BooleanField(lazy("Nobody of them works in the same trade"))
    company = StringField(lazy("Company"), [Length(max=200)], filters=[clean_input, one_line])
    purpose = SelectField(
        lazy("Purpose of the visit"), [Optional()], default="",
        choices=[("", lazy("Please choose")), *((one.value, words) for one, words in PURPOSES.items())],
    )  # fmt: skip
    guests = TextAreaField(
        lazy("Names of everybody who comes"), [Length(max=2000)], description=lazy("For the visitors' insurance: one name on each line."),
        render_kw={"rows": 3, "maxlength": 2000},
    )  # fmt: skip
    note = TextAreaField(lazy("Remarks"), [Length(max=1000)], render_kw={"rows": 2, "maxlength": 1000})
    again = BooleanField(lazy("Book it all the same"))
    request_key = HiddenField(default=lambda: secrets.token_urlsafe(16))

    def fit(self, asked: Questions) -> None:
        """Ask only what these factories ask."""
        wanted = {
            "not_same_trade": asked.same_trade,
            "company": asked.company,
            "purpose": asked.company,
            "guests": asked.guests,
        }
        for name, is_asked in wanted.items():
            if is_asked:
                self[name].flags.required = True
            else:
                del self[name]

    def validate_phone(self, field: TelField) -> None:
        """There must be a way to reach them."""
        if not field.data and not (self.email.data or "").strip():
            raise StopValidation(str(lazy("Please write a telephone number or an e-mail address.")))

    def validate_request_key(self, field: HiddenField) -> None:
        """A form that lost its key gets a new one: without it a double click would book twice."""
        if not 16 <= len(field.data or "") <= 64:
            field.data = secrets.token_urlsafe(16)
            self.refuse(lazy("Please send the form once more."))

    def contact(self) -> Contact:
        """Who calls, as the rules want it."""
        purpose = self.purpose.data if "purpose" in self else ""
        return Contact(
            name=self.name.data or "", kana=self.kana.data or "", phone=self.phone.data or None,
            email=check_email(self.email.data) if self.email.data else None, language=self.language.data,
            company=(self.company.data or None) if "company" in self else None, purpose=Purpose(purpose) if purpose else None,
            not_same_trade=(self.not_same_trade.data or None) if "not_same_trade" in self else None,
            guests=(self.guests.data or None) if "guests" in self else None, note=self.note.data or None,
        )  # fmt: skip


class StaffPartyForm(BaseForm):
    """More or fewer people, on the visitor's behalf."""

    party_size = WholeNumber(
        lazy("Number of people"), [InputRequired(), NumberRange(1, MOST_PLACES)], render_kw={"min": 1}
    )


class StaffMoveForm(BaseForm):
    """Another slot, on the visitor's behalf."""

    slot = SelectField(lazy("Another time"), validate_choice=False)


class MarkForm(BaseForm):
    """Came, did not come, or back to booked."""

    status = HiddenField()
    back = HiddenField()
