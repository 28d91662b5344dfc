"""What may be typed when signing in and about oneself."""

from typing import Any

from wtforms import EmailField, Field, HiddenField, PasswordField, RadioField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, Length, ValidationError

from eventapp.forms import BaseForm, MailAddress
from eventapp.i18n import lazy
from eventapp.people import passwords
from eventapp.people.models import Person

LANGUAGE_NAMES = [SelectChoice("ja", "日本語"), SelectChoice("en", "English")]


class SignInForm(BaseForm):
    """Address and password, or the address alone for a mailed link."""

    email = EmailField(lazy("E-mail"), [DataRequired(), Length(max=254), MailAddress()])
    password = PasswordField(lazy("Password"), [Length(max=passwords.LONGEST)])
    next = HiddenField()


class AddressForm(BaseForm):
    email = EmailField(lazy("E-mail"), [DataRequired(), Length(max=254), MailAddress()])


class CodeForm(BaseForm):
    code = StringField(lazy("Code of six digits"), [DataRequired(), Length(max=20)])


class AboutPerson(BaseForm):
    """A form about one person, whose name and address are no part of a good password."""

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.with_code = bool(person.totp_secret)

    def validate_new_password(self, field: Field) -> None:
        if field.data:
            try:
                passwords.check_new(
                    field.data, with_code=self.with_code, about=[self.person.name, self.person.email]
                )
            except passwords.PasswordRefused as refusal:
                raise ValidationError(str(refusal)) from refusal


class ProfileForm(BaseForm):
    name = StringField(lazy("Your name"), [DataRequired(), Length(max=100)])
    language = RadioField(lazy("Language of your mail"), choices=LANGUAGE_NAMES, default="ja")


class AcceptForm(AboutPerson):
    """The first answer to an invitation; the password may stay empty."""

    name = StringField(lazy("Your name"), [DataRequired(), Length(max=100)])
    language = RadioField(lazy("Language of your mail"), choices=LANGUAGE_NAMES, default="ja")
    new_password = PasswordField(lazy("Password (optional)"))


class ResetForm(AboutPerson):
    new_password = PasswordField(lazy("New password"), [DataRequired()])


class RecoveryForm(AboutPerson):
    """The way back after a lost phone: the second step ends, so the long rule holds; empty means links only."""

    new_password = PasswordField(lazy("New password (optional)"))

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(person, *args, **kwargs)
        self.with_code = False


class FirstPasswordForm(AboutPerson):
    """For somebody who has signed in by links until now."""

    new_password = PasswordField(lazy("New password"), [DataRequired()])


class PasswordForm(AboutPerson):
    password = PasswordField(lazy("Present password"), [DataRequired(), Length(max=passwords.LONGEST)])
    new_password = PasswordField(lazy("New password"), [DataRequired()])


class SwitchOffForm(BaseForm):
    """Leaving the second step: the password, which must then be long enough to stand alone, and a code."""

    password = PasswordField(lazy("Password"), [Length(max=passwords.LONGEST)])
    code = StringField(lazy("Code of six digits"), [DataRequired(), Length(max=20)])
