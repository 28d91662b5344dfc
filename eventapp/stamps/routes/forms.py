"""What visitors may send about their cards, and staff on a visitor's phone."""

from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length

from eventapp.forms import BaseForm
from eventapp.i18n import lazy

MERGE, BESIDE = "merge", "beside"


class JoinForm(BaseForm):
    """A code from another phone, and what becomes of the card that is here."""

    code = StringField(
        lazy("Code"), [InputRequired(lazy("Please type the code.")), Length(max=100)],
        description=lazy("Twelve letters in groups of four; capitals or not makes no difference."),
    )  # fmt: skip
    how = RadioField(
        lazy("The card on this phone"), default=MERGE,
        choices=[
            SelectChoice(MERGE, lazy("Join both into one card")),
            SelectChoice(BESIDE, lazy("Keep it beside mine, for the family")),
        ],
    )  # fmt: skip
    card = HiddenField()


class DayPinForm(BaseForm):
    """Staff of a desk without a phone hand a prize over on the visitor's own."""

    what = RadioField(lazy("What is handed over"), [InputRequired()])
    desk = SelectField(lazy("Desk"), [InputRequired()])
    pin = StringField(
        lazy("PIN of the day"), [InputRequired(lazy("Please type the PIN.")), Length(max=20)],
        render_kw={"inputmode": "numeric", "autocomplete": "off", "type": "password"},
    )  # fmt: skip
    reason = StringField(lazy("Why"), [Length(max=200)], description=lazy("Only to take a prize back."))
    request_key = HiddenField()
