"""What all forms share: the token against forged requests, the reader's language, clean text, two-language fields."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto, _is_submitted
from werkzeug.datastructures import CombinedMultiDict
from wtforms import (
    Field,
    FormField,
    HiddenField,
    IntegerField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    widgets,
)
from wtforms.form import Form
from wtforms.i18n import get_translations
from wtforms.validators import Length, StopValidation, ValidationError

from eventapp import text
from eventapp.i18n import LANGUAGES, Translated, language, lazy, unfilled

BIGGEST = 2**31 - 1  # what an integer column of both databases holds


LIBRARY_SAYS = (
    lazy("This field is required."),
    lazy("Field cannot be longer than %(max)d character."),
    lazy("Field cannot be longer than %(max)d characters."),
    lazy("Number must be between %(min)s and %(max)s."),
    lazy("Number must be at least %(min)s."),
    lazy("Number must be at most %(max)s."),
    lazy("Not a valid choice."),
    lazy("Not a valid time value."),
)  # what the form library says, for our own catalogue: its Japanese reads like a machine's


class _Sentences:
    """The library's sentences in our own words where we have some, else in its own."""

    def __init__(self, code: str) -> None:
        self.theirs = get_translations([code])

    def gettext(self, text: str) -> str:
        ours = unfilled(text)
        return ours if ours != text else str(self.theirs.gettext(text))

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self.gettext(one if number == 1 else many)


@cache
def _sentences(code: str) -> _Sentences:
    """Read from the disk once, and not once for every request."""
    return _Sentences(code)


class BaseForm(FlaskForm):  # type: ignore[misc]
    """A form of ours. Errors of the whole form (a rule's no, a stale token) go to `form_errors`."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Field:
            """Every text is cleaned before anybody looks at it; what cannot be stored is an error of its field."""
            filters = list(unbound_field.kwargs.get("filters", ()))
            if issubclass(unbound_field.field_class, StringField) and clean_input not in filters:
                options = {**options, "filters": [clean_input, *filters]}
                unbound_field.kwargs.pop("filters", None)
            bound: Field = unbound_field.bind(form=form, **options)
            return bound

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """What was sent as a form, and nothing else: a JSON body is no form, whatever shape it has."""
            if formdata is _Auto:
                return CombinedMultiDict((request.files, request.form)) if _is_submitted() else None
            return formdata

        def get_translations(self, form: Any) -> Any:
            """WTForms' own sentences in the reader's language."""
            return _sentences(language())

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Check every field. A stale token is said once, at the top, and everything typed stays."""
        good = bool(super().validate(extra_validators=extra_validators))
        token = self._fields.get("csrf_token")
        if token is not None and token.errors:
            token.errors = ()
            self.form_errors.append(
                lazy("This page was open for a long time. Nothing is lost: please send it again.")
            )
        return good

    def refuse(self, error: object) -> None:
        """Show a rule's no at the top of the form."""
        self.form_errors.append(error)


def clean_input(value: Any) -> Any:
    """Normalise typed text; what no database can hold (lone surrogates, NUL) becomes an error of the field."""
    if not isinstance(value, str):
        return value
    try:
        return text.clean(value).strip()
    except text.TextRefused as error:
        raise ValueError(
            str(lazy("This contains characters that cannot be saved. Please type it again."))
        ) from error


class WholeNumber(IntegerField):
    """A whole number, also in full-width digits, within what a database column holds."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist or not str(valuelist[0]).strip():
            self.data = None
            return
        try:
            self.data = text.parse_int(str(valuelist[0]), -BIGGEST, BIGGEST)
        except ValueError as error:
            self.data = None
            raise ValueError(self.gettext("Not a valid integer value.")) from error


class MultiCheckbox(SelectMultipleField):
    """Several of a list, as tick boxes."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


class _Texts(Form):
    pass


class TranslatedField(FormField):  # type: ignore[type-arg]
    """One text in Japanese and English: subfields `ja` and `en`; `data` is a `Translated`.

    `required` asks for the Japanese; English may follow later and is listed as missing.
    """

    def __init__(
        self, label: Any = None, *, required: bool = False, long: bool = False, longest: int = 200,
        description: Any = "", **kwargs: Any,
    ) -> None:  # fmt: skip
        kind = TextAreaField if long else StringField
        needed: list[Any] = [_Needed()] if required else []

        class Texts(_Texts):
            ja = kind(lazy("Japanese"), [*needed, Length(max=longest)], filters=[clean_input])
            en = kind(lazy("English"), [Length(max=longest)], filters=[clean_input])

        super().__init__(Texts, label, description=description, **kwargs)
        self.required = required
        self.long = long

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(formdata, data if isinstance(data, Mapping) else {}, extra_filters)

    @property
    def data(self) -> Translated:
        return Translated({code: value for code in LANGUAGES if (value := self.form[code].data)})

    def populate_obj(self, obj: object, name: str) -> None:
        setattr(obj, name, self.data)


class _Needed:
    def __call__(self, form: Any, field: Field) -> None:
        if not (field.data or "").strip():
            field.errors = []
            raise StopValidation(str(lazy("Please write the Japanese text.")))


class MailAddress:
    """An address that mail can be sent to; old addresses of Japanese phone companies count."""

    def __call__(self, form: Any, field: Field) -> None:
        try:
            field.data = text.check_email(field.data or "")
        except ValueError as error:
            raise ValidationError(
                str(lazy("Please check the e-mail address, for example hana@example.jp."))
            ) from error


class Telephone:
    """A telephone number with 9 to 15 digits, hyphens and spaces as one likes."""

    def __call__(self, form: Any, field: Field) -> None:
        field.data = text.tidy_phone(field.data) if field.data else field.data
        if field.data and not 9 <= len(text.phone_key(field.data)) <= 15:
            raise ValidationError(str(lazy("Please check the telephone number, for example 090-1234-5678.")))


class ActionForm(BaseForm):
    """A bare button: nothing but the token."""


class VersionedForm(BaseForm):
    """A page that two people may edit at once. `version` is what the editor saw when the page was opened."""

    version = HiddenField()

    def is_stale(self, current: int) -> bool:
        """Whether somebody saved this thing after the editor opened it."""
        return bool(self.version.data) and self.version.data != str(current)


Validator = Callable[[Any, Field], None]
