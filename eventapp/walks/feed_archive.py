"""The zip of a feed, which is not trusted: what is read is counted while it is unpacked, whatever its headers promise."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from eventapp.i18n import RuleError, lazy

MOST_MEGABYTES = 40
MOST_FILES = 80
MOST_UNPACKED = 200 * 1024 * 1024
MOST_ROWS = 4_000_000
NEEDED = ("agency.txt", "stops.txt", "routes.txt", "trips.txt", "stop_times.txt")
CALENDARS = ("calendar.txt", "calendar_dates.txt")
CHUNK = 64 * 1024


class FeedRefused(RuleError):
    """The feed cannot be used; the message tells why and what to do."""


_BOMB = lazy("This zip file unpacks to more than a feed can be. It was not read.")


class Archive:
    """The files of a feed, read row by row, with a cap on everything."""

    def __init__(self, stream: BinaryIO) -> None:
        content = stream.read(MOST_MEGABYTES * 1024 * 1024 + 1)
        if len(content) > MOST_MEGABYTES * 1024 * 1024:
            raise FeedRefused(
                lazy(
                    "The feed is larger than %(size)s MB. Use the feed of one operator.", size=MOST_MEGABYTES
                )
            )
        if not content:
            raise FeedRefused(lazy("The file is empty. Download the feed again."))
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(content))
            names = self.zip.namelist()
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise FeedRefused(
                lazy("This is no zip file, or it was cut off. Upload the GTFS feed as it was published.")
            ) from error
        if len(names) > MOST_FILES:
            raise FeedRefused(_BOMB)
        self.names = {
            name.rsplit("/", 1)[-1].lower(): name for name in names if not name.startswith("__MACOSX")
        }
        self.left = MOST_UNPACKED

    def check_complete(self) -> None:
        """Raises FeedRefused naming the files that are missing."""
        missing = [name for name in NEEDED if name not in self.names]
        if not any(name in self.names for name in CALENDARS):
            missing.append(CALENDARS[0])
        if missing:
            raise FeedRefused(
                lazy(
                    "These files are missing in the feed: %(names)s. Ask the operator for a complete one.",
                    names=", ".join(missing),
                )
            )

    def rows(self, name: str) -> Iterator[dict[str, str]]:
        """The rows of a file by the names in its header; none where there is no such file."""
        if name not in self.names:
            return
        try:
            with self.zip.open(self.names[name]) as packed:
                text = io.TextIOWrapper(
                    io.BufferedReader(Counted(packed, self), CHUNK), "utf-8-sig", errors="replace", newline=""
                )
                for number, row in enumerate(csv.DictReader(text)):
                    if number >= MOST_ROWS:
                        raise FeedRefused(_BOMB)
                    yield {
                        (key or "").strip(): (value or "").strip()
                        for key, value in row.items()
                        if isinstance(value, str)
                    }
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            EOFError,
            RuntimeError,
            csv.Error,
            ValueError,
        ) as error:
            raise FeedRefused(
                lazy("%(name)s in the feed is damaged. Download the feed again.", name=name)
            ) from error


class Counted(io.RawIOBase):
    """A packed file that stops when the whole archive has given too much."""

    def __init__(self, packed: Any, archive: Archive) -> None:
        self.packed, self.archive = packed, archive

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.packed.read(min(len(buffer), CHUNK))
        self.archive.left -= len(data)
        if self.archive.left < 0:
            raise FeedRefused(_BOMB)
        buffer[: len(data)] = data
        return len(data)
