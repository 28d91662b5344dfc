"""Uploaded sheets between two steps of an import: files with unguessable names, gone when the work is done or a day old."""

import os
import re
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from eventapp import sheets
from eventapp.i18n import RuleError, lazy

FOLDER = "imports"  # under the instance folder
KEPT_SECONDS = 24 * 3600
_NAME = re.compile(r"[A-Za-z0-9_-]{32}")
_CHUNK = 64 * 1024


class UploadGone(RuleError):
    """The file is no longer there."""


def keep(stream: BinaryIO, folder: Path) -> str:
    """Store an upload as it is and give its name. Raises SheetError, and keeps nothing, beyond what a sheet may weigh."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = secrets.token_urlsafe(24)
    path, size = folder / name, 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while size <= sheets.MOST_BYTES and (chunk := stream.read(_CHUNK)):
            file.write(chunk)
            size += len(chunk)
    if not 0 < size <= sheets.MOST_BYTES:
        path.unlink()
        if not size:
            raise sheets.SheetError(lazy("The file is empty."))
        raise sheets.SheetError(
            lazy("The file is larger than %(size)s MB. Split it into smaller files.", size=8)
        )
    return name


def read(folder: Path, name: str, filename: str, *, sheet: str = "") -> sheets.Table:
    """The table in a kept upload. Raises SheetError, or UploadGone when it has been swept away."""
    if not _NAME.fullmatch(name):
        raise ValueError("not the name of an upload")
    try:
        with (folder / name).open("rb") as file:
            return sheets.read_table(file, filename, sheet=sheet)
    except FileNotFoundError as error:
        raise UploadGone(lazy("The uploaded file is no longer here. Please upload it again.")) from error


def discard(folder: Path, name: str) -> None:
    """Forget an upload; it may be gone already."""
    if _NAME.fullmatch(name):
        with suppress(FileNotFoundError):
            (folder / name).unlink()


def sweep(folder: Path, now: datetime) -> int:
    """Forget uploads that nobody finished within a day; returns how many."""
    swept = 0
    for path in folder.glob("*") if folder.is_dir() else ():
        with suppress(FileNotFoundError):
            if now.timestamp() - path.stat().st_mtime > KEPT_SECONDS:
                path.unlink()
                swept += 1
    return swept
