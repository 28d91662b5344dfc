"""Pictures that the committee sends: stored before any transaction, served under an address that changes with them."""

from pathlib import Path

from flask import Response, current_app, send_file
from flask_wtf.file import FileField

from eventapp import uploads
from eventapp.codes import random_code
from eventapp.uploads import UploadError


def media() -> Path:
    """Where pictures lie."""
    return Path(current_app.config["INSTANCE"]) / "media"


def stored(field: FileField) -> str | None:
    """The name of the picture that was sent. None where there was none, or where it is not taken: then the field says why."""
    sent = field.data
    if not sent or not sent.filename:
        return None
    sent.stream.seek(0)
    try:
        return uploads.store_picture(sent.stream, media(), random_code(20)).name
    except UploadError as error:
        field.errors = [str(error)]
        return None


def picture(name: str | None, width: int) -> Response | None:
    """A stored picture at least that wide, or None where there is no such file."""
    path = uploads.picture_path(media(), name, width) if name else None
    return send_file(path, mimetype="image/webp") if path is not None else None
