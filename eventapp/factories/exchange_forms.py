"""The forms of an import: the file, and what the columns of the sheet mean."""

from flask_wtf.file import FileField
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import Length, ValidationError

from eventapp.factories import columns
from eventapp.forms import BaseForm
from eventapp.i18n import lazy

MOST_COLUMNS = 300


class UploadForm(BaseForm):
    sheet = FileField(
        lazy("The committee's list"), description=lazy("CSV or Excel (.xlsx), at most 8 MB and 5,000 rows. Titles above the table do no harm."),
        render_kw={"accept": ".csv,.xlsx,.txt,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    )  # fmt: skip

    def validate_sheet(self, field: FileField) -> None:
        if not field.data or not getattr(field.data, "filename", ""):
            raise ValidationError(str(lazy("Choose a file.")))


class HeaderForm(BaseForm):
    """Which sheet of a workbook, and which of its rows holds the names of the columns."""

    page = StringField(lazy("Sheet"), [Length(max=200)])
    header = SelectField(lazy("Row with the names of the columns"), coerce=int)


class ColumnsForm(BaseForm):
    """What each column means. The choices stand in the template: one select per column of the sheet."""

    header = HiddenField()
    page = HiddenField()

    def read(self, sent: list[str], wanted: int) -> list[str] | None:
        """The chosen columns, or None, with the reason in `form_errors`, where they cannot be like that."""
        keys = [key if key in columns.BY_KEY else columns.IGNORED for key in sent[:MOST_COLUMNS]]
        chosen = [key for key in keys if key and key != columns.NOTES]
        twice = sorted({key for key in chosen if chosen.count(key) > 1}, key=chosen.index)
        if len(keys) != wanted:
            self.refuse(lazy("The sheet has other columns now. Please match them again."))
        elif columns.NAME not in keys:
            self.refuse(lazy("Choose the column with the names of the factories."))
        elif twice:
            names = "、".join(str(columns.BY_KEY[key].name) for key in twice)
            self.refuse(lazy("Two columns cannot both be: %(names)s.", names=names))
        else:
            return keys
        return None
