"""What an owner may type about the people of the committee."""

from wtforms import EmailField, RadioField
from wtforms.validators import InputRequired, Length

from eventapp.festivals.models import Role
from eventapp.forms import BaseForm, MailAddress
from eventapp.i18n import lazy

ROLES = [
    (Role.OWNER.value, lazy("Owner: everything, people and settings too")),
    (Role.STAFF.value, lazy("Staff: everything but people and settings")),
    (Role.READER.value, lazy("Reader: sees, changes nothing")),
]


class RoleForm(BaseForm):
    role = RadioField(lazy("Role"), [InputRequired()], choices=ROLES)


class InvitationForm(RoleForm):
    email = EmailField(lazy("E-mail"), [InputRequired(), Length(max=254), MailAddress()])
