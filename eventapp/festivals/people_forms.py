"""What an owner may type about the people of the committee."""

from wtforms import EmailField, RadioField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, Length

from eventapp.festivals.models import Role
from eventapp.forms import BaseForm, MailAddress
from eventapp.i18n import lazy

ROLES = [
    SelectChoice(Role.OWNER.value, lazy("Owner: everything, people and settings too")),
    SelectChoice(Role.STAFF.value, lazy("Staff: everything but people and settings")),
    SelectChoice(Role.READER.value, lazy("Reader: sees, changes nothing")),
]


class RoleForm(BaseForm):
    role = RadioField(lazy("Role"), [DataRequired()], choices=ROLES)


class InvitationForm(RoleForm):
    email = EmailField(lazy("E-mail"), [DataRequired(), Length(max=254), MailAddress()])
