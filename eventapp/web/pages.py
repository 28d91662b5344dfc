"""Pages that belong to no room: the list of festivals, pictures, theme colours, health."""

import os
import shutil
from pathlib import Path

from flask import Blueprint, current_app, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from eventapp import outbox, uploads
from eventapp.db import NotThere, db

bp = Blueprint("pages", __name__)


@bp.get("/media/<name>/<int:width>")
def media(name: str, width: int) -> ResponseReturnValue:
    """An uploaded picture. Its name is unguessable and its content never changes."""
    path = uploads.picture_path(Path(current_app.config["INSTANCE"]) / "media", name, width)
    if path is None:
        raise NotThere(name)
    response = send_file(path, conditional=True, max_age=31536000)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@bp.get("/media/<name>/card.jpg")
def card(name: str) -> ResponseReturnValue:
    """The same picture as 1200 x 630 JPEG, for the previews of shared links on other sites."""
    path = uploads.card_path(Path(current_app.config["INSTANCE"]) / "media", name)
    if path is None:
        raise NotThere(name)
    response = send_file(path, conditional=True, max_age=31536000)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


NO_DISK = 16 * 1024**2  # bytes; with less the next booking may not be kept


@bp.get("/health")
def health() -> ResponseReturnValue:
    """For a monitor: 200 while visitors can read and book and mail leaves, 503 else. Details are on the committee's page."""
    instance = Path(current_app.config["INSTANCE"])
    if shutil.disk_usage(instance).free < NO_DISK or not os.access(instance, os.W_OK):
        return {"status": "no room on the disk"}, 503
    try:
        mail = "stuck" if outbox.is_stuck() else "leaving"
    except SQLAlchemyError:
        db.session.rollback()
        return {"status": "no database"}, 503
    return {
        "status": "ok" if mail == "leaving" else "mail does not leave",
        "mail": mail,
    }, 200 if mail == "leaving" else 503
