"""What visitors may send about their cards."""

from wtforms import HiddenField, RadioField, StringField
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
