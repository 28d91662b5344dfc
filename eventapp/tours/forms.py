"""What visitors may send: shape and range. Whether seats are left, and who may what, is for the rules to say."""

import secrets
from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, EmailField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Length, NumberRange, Optional, StopValidation

from eventapp.festivals.models import Edition
from eventapp.forms import BIGGEST, BaseForm, MailAddress, WholeNumber
from eventapp.i18n import _, language, lazy
from eventapp.tours.booking import BookingError, Contact, Questions
from eventapp.tours.models import Purpose, Slot

MOST_AT_ONCE = 10  # slots in one basket
PURPOSES = {
    Purpose.VISIT: lazy("Just to look"),
    Purpose.BUYING: lazy("Buying or ordering"),
    Purpose.PRESS: lazy("Press"),
    Purpose.JOB: lazy("Looking for a job"),
}


def one_line(value: Any) -> Any:
    """A name stands on one line, however it was pasted."""
    return " ".join(value.split()) if isinstance(value, str) else value


class Filled:
    """Something that can be read must be there; what says so is ours and in the reader's language."""

    field_flags = {"required": True}

    def __init__(self, message: object) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        if field.errors:
            raise StopValidation
        if field.data is None or not str(field.data).strip() or field.data is False:
            raise StopValidation(str(self.message))


class PartySize(WholeNumber):
    """A number of people; the edition's own limit is the rule's business, and shown by `limit`."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        few = lazy("Please write the number of people, at least 1.")
        super().__init__(label, [Filled(few), NumberRange(1, BIGGEST, message=few)], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read it, and keep what was typed where it is no number."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(
                str(lazy("Please write the number of people in figures, for example 2."))
            ) from error

    def limit(self, edition: Edition) -> None:
        """Tell the browser how many may come together."""
        self.render_kw = {"min": 1, "max": edition.max_party_size}


class BookingForm(BaseForm):
    """Three typed fields and the consent; further fields only where a factory asks."""

    party_size = PartySize(lazy("Number of people"), default=1)
    name = StringField(
        lazy("Your name"), [Filled(lazy("Please write your name.")), Length(max=100)], filters=[one_line],
        render_kw={"autocomplete": "name", "maxlength": 100},
    )  # fmt: skip
    email = EmailField(
        lazy("E-mail"), [Filled(lazy("Please write your e-mail address.")), MailAddress()],
        render_kw={"autocomplete": "email", "inputmode": "email", "maxlength": 254, "spellcheck": "false"},
    )  # fmt: skip
    not_same_trade = BooleanField(lazy("Nobody of us works in the same trade"))
    company = StringField(
        lazy("Company"), [Length(max=200)], filters=[one_line], description=lazy("If you come in private, write “private”."),
        render_kw={"autocomplete": "organization", "maxlength": 200},
    )  # fmt: skip
    purpose = SelectField(
        lazy("Purpose of your visit"), [Optional()], default="",
        choices=[SelectChoice("", lazy("Please choose")), *(SelectChoice(one.value, words) for one, words in PURPOSES.items())],
    )  # fmt: skip
    guests = TextAreaField(
        lazy("Names of everybody who comes"), [Length(max=2000)],
        description=lazy("For the visitors' insurance: one name on each line. They are used for nothing else."),
        render_kw={"rows": 3, "maxlength": 2000},
    )  # fmt: skip
    overlaps_accepted = BooleanField(lazy("Book it all the same"))
    consent = BooleanField(
        lazy("I have read the visit rules and agree to the privacy notice"),
        [Filled(lazy("Please read the visit rules and the privacy notice, and tick here."))],
    )
    request_key = HiddenField(default=lambda: secrets.token_urlsafe(16))

    def validate(self, extra_validators: Any = None) -> bool:
        """A form that lost its key gets a new one and is sent again: without it a double click would book twice."""
        good = super().validate(extra_validators)
        if self.request_key.raw_data and 16 <= len(self.request_key.data or "") <= 64:
            return good
        self.request_key.data, self.request_key.raw_data = secrets.token_urlsafe(16), None
        self.refuse(lazy("Please send the form once more."))
        return False

    def contact(self, edition: Edition, asked: Questions) -> Contact:
        """Who books, as the rules want it; answers that nobody asked for are left behind."""
        return Contact(
            name=self.name.data or "",
            email=self.email.data or "",
            language=language(),
            consent_version=edition.privacy_version,
            company=(self.company.data or None) if asked.company else None,
            purpose=Purpose(self.purpose.data) if asked.company and self.purpose.data else None,
            not_same_trade=(self.not_same_trade.data or None) if asked.same_trade else None,
            guests=(self.guests.data or None) if asked.guests else None,
        )

    def fit(self, edition: Edition, asked: Questions) -> None:
        """Show only what these factories ask, and mark it as required."""
        self.party_size.limit(edition)
        was_good = not self.errors
        if (
            not was_good and (self.party_size.data or 0) > edition.max_party_size
        ):  # said together with the rest
            self.party_size.errors = [
                _("At most %(number)s people can be booked together.", number=edition.max_party_size)
            ]
        for needed, names in ((asked.same_trade, ("not_same_trade",)), (asked.company, ("company", "purpose")),
                              (asked.guests, ("guests",))):  # fmt: skip
            for name in names:
                if needed:
                    self[name].flags.required = True
                else:
                    del self[name]
        if not (was_good or self.errors):  # all that was wrong was in fields nobody asked for, now gone
            self.refuse(lazy("Please send the form once more."))

    def say(self, error: BookingError) -> None:
        """Show a rule's no beside the field it is about, else at the top."""
        if error.field in self:
            field = self[error.field]
            field.errors = [*field.errors, str(error)]
        else:
            self.refuse(error)


class PartyForm(BaseForm):
    """More or fewer people."""

    party_size = PartySize(lazy("Number of people"))


class AddressForm(BaseForm):
    """A mail address: put right, or asked for its links."""

    email = EmailField(
        lazy("E-mail"), [Filled(lazy("Please write your e-mail address.")), MailAddress()],
        render_kw={"autocomplete": "email", "inputmode": "email", "maxlength": 254, "spellcheck": "false"},
    )  # fmt: skip


class MoveForm(BaseForm):
    """Another time for a party."""

    slot = RadioField(
        lazy("New time"), [Filled(lazy("Please choose a time."))], choices=[], validate_choice=False
    )
    overlaps_accepted = BooleanField(lazy("Move it all the same"))

    def offer(self, slots: Sequence[Slot]) -> None:
        """The times to choose from; whether one of them is still free is the rule's business."""
        self.slot.choices = [SelectChoice(slot.code, slot.code) for slot in slots]


class SlotForm(BaseForm):
    """A slot for the basket, or out of it."""

    slot = HiddenField()
