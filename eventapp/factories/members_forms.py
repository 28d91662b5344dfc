"""What may be typed about the members of a factory."""

from wtforms import EmailField
from wtforms.validators import DataRequired, Length

from eventapp.forms import BaseForm, MailAddress
from eventapp.i18n import lazy


class MemberForm(BaseForm):
    email = EmailField(lazy("E-mail"), [DataRequired(), Length(max=254), MailAddress()])
