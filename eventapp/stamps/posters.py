"""Posters of stations, drawn by the worker, one or all; and printed cards. Giving out and revoking is in `stations`.

A sheet can only be downloaded after every code on it was read back from a raster and said exactly what it should.
Drawing itself is in `drawing`; here are the addresses, what stands on a sheet, and the files.
"""

import io
import os
import re
import secrets
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from eventapp import audit, clock, jobs, links, uploads
from eventapp.db import db
from eventapp.i18n import LANGUAGES, RuleError, Translated, lazy
from eventapp.stamps import drawing, keys, rules, tokens
from eventapp.stamps.art import Subject, draw_stamp, frame_picture
from eventapp.stamps.drawing import CardFacts, PosterFacts, Size, UnreadableError, draw_many
from eventapp.stamps.models import KeyGeneration, KeyState, Poster, Rally, Station
from eventapp.stamps.stations import issue_poster, token_of

__all__ = ["PosterFacts", "Size", "draw_many"]

KIND = "stamps.posters"
CARDS_KIND = "stamps.paper_cards"
FORMATS = ("pdf", "svg", "png")
FOLDER = "papers"  # under the instance folder
KEPT_SECONDS = 7 * 24 * 3600
MOST_CARDS = 2000  # in one go: 200 sheets
Drawn = TypeVar("Drawn")
_NAME = re.compile(r"[A-Za-z0-9_-]{32}\.(?:pdf|svg|png|zip)")


class PosterError(RuleError):
    """A poster cannot be given out or drawn like that."""


# Which ones


def issue_missing(rally: Rally, *, by: audit.Actor | str) -> list[Poster]:
    """One poster for every active station that has none to hang up. Inside a transaction."""
    served = {poster.station_id for poster in find_live(rally.id)}
    active = db.session.scalars(
        select(Station).where(Station.rally_id == rally.id, Station.is_active).order_by(Station.number)
    ).all()
    return [issue_poster(station, by=by) for station in active if station.id not in served]


def find_live(rally_id: int, stations: Sequence[str] | None = None) -> list[Poster]:
    """Posters to be drawn, by station: ones that count, no displays; of these stations (codes) or of all active ones."""
    query = (
        select(Poster).join(Station, Station.id == Poster.station_id).join(KeyGeneration, KeyGeneration.id == Poster.key_id)
        .where(Poster.rally_id == rally_id, KeyGeneration.state != KeyState.RETIRED, Poster.revoked_at.is_(None), Poster.is_display.is_(False), Station.is_active)
        .options(joinedload(Poster.station).joinedload(Station.rally)).order_by(Station.number, Poster.pid)
    )  # fmt: skip
    if stations is not None:
        query = query.where(Station.code.in_(stations))
    return list(db.session.scalars(query))


# What stands on them


def poster_name(poster: Poster) -> str:
    """How a poster is called on its own paper and in lists."""
    return f"P{poster.pid:03d}"


def spoken(short_code: str) -> str:
    """A short code as it is printed, in two halves."""
    middle = (len(short_code) + 1) // 2
    return f"{short_code[:middle]}-{short_code[middle:]}"


def address_of(token: str) -> str:
    """What a code says. Host in small letters and token in capitals: so phones open it, in the smallest code."""
    parts = urlsplit(links.base_url())
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path}/s/{token}"


def domain() -> str:
    """Where the codes lead, in words."""
    return urlsplit(links.base_url()).netloc.lower()


def facts_of(poster: Poster, media: Path) -> PosterFacts:
    """Everything that drawing needs to know of one poster."""
    station, edition = poster.station, poster.station.rally.edition
    factory = station.entry.factory if station.entry is not None else None
    own_name = bool(station.name) or factory is None
    return PosterFacts(
        url=address_of(token_of(poster)), number=station.number, name=dict(station.title), short=spoken(poster.short_code),
        art=art_of(station, media), poster=poster_name(poster), domain=domain(), festival=_festival(station.rally),
        accent=edition.festival.accent, kana="" if own_name or factory is None else factory.kana, label=poster.label,
        typing=f"{domain()}/s",
    )  # fmt: skip


def art_of(station: Station, media: Path) -> str:
    """The stamp of a station as SVG: its own picture, or one drawn from its name and craft. `media` holds uploads."""
    if station.art and (path := uploads.picture_path(media, station.art, 640)):
        return frame_picture(_as_png(path), "png", station.title.text("ja"))
    factory = station.entry.factory if station.entry is not None else None
    edition, title = station.rally.edition, station.title
    return draw_stamp(
        Subject(
            name=title.text("ja"), latin=title.get("en", ""), craft=factory.craft.value if factory else "other",
            around=_latin_or(edition.festival.name), number=station.number,
        )
    )  # fmt: skip


def _as_png(path: Path) -> bytes:
    """Stored pictures are WebP, which not every reader of an SVG can show."""
    out = io.BytesIO()
    with Image.open(path) as picture:
        picture.thumbnail((480, 480))
        picture.save(out, "PNG")
    return out.getvalue()


def _latin_or(name: Translated) -> str:
    return name.text("en").upper()


def _festival(rally: Rally) -> dict[str, str]:
    """The festival with its edition, in each language."""
    edition = rally.edition
    return {
        language: f"{edition.festival.name.text(language)} {edition.name.text(language)}"
        for language in LANGUAGES
    }


# Drawing by the worker


def request(
    rally: Rally, *, size: Size = Size.A4, kind: str = "pdf", first: str = "ja", stations: Sequence[str] | None = None,
    pids: Sequence[int] | None = None, person_id: int | None = None,
) -> jobs.Job:  # fmt: skip
    """Ask for posters: of these stations, or these posters, or all. Inside a transaction. Raises PosterError."""
    if kind not in FORMATS or first not in LANGUAGES:
        raise ValueError(f"posters are not drawn as {kind!r} in {first!r}")
    if not _chosen(rally.id, stations, pids):
        raise PosterError(lazy("There is no poster to draw. Give out posters for the stations first."))
    values = {"rally_id": rally.id, "size": size.value, "kind": kind, "first": first, "stations": None if stations is None else list(stations),
              "pids": None if pids is None else list(pids)}  # fmt: skip
    return jobs.start(KIND, values, festival_id=rally.edition.festival_id, person_id=person_id)


def request_cards(rally: Rally, count: int, *, boxes: int = 12, person_id: int | None = None) -> jobs.Job:
    """Ask for so many printed cards; their serial numbers are taken now, so none is ever printed twice.

    Inside a transaction. Raises PosterError.
    """
    if not 1 <= count <= MOST_CARDS:
        raise PosterError(lazy("Print from 1 to %(most)s cards at a time.", most=MOST_CARDS))
    rules.touch(rally.id)
    db.session.refresh(rally)
    start, rally.next_serial = rally.next_serial, rally.next_serial + count
    generation = keys.active_generation(rally)
    values = {
        "rally_id": rally.id,
        "key_id": generation.id,
        "start": start,
        "count": count,
        "boxes": max(1, min(boxes, 12)),
    }
    return jobs.start(CARDS_KIND, values, festival_id=rally.edition.festival_id, person_id=person_id)


def draw(instance: Path, job: jobs.Job) -> dict[str, Any]:
    """The job `stamps.posters`: draw what was asked for, read everything back, keep the file for a week."""
    values = job.values
    posters = _chosen(values["rally_id"], values["stations"], values["pids"])
    if not posters:
        raise PosterError(lazy("There is no poster to draw. Give out posters for the stations first."))
    facts = [facts_of(poster, instance / "media") for poster in posters]
    size, kind, first = Size(values["size"]), str(values["kind"]), str(values["first"])
    content, suffix = _checked(lambda: _draw(facts, size, kind, first, _progress(job, len(facts))))
    name = _keep(instance / FOLDER, content, suffix)
    return {"file": name, "filename": f"posters-{size.value}.{suffix}", "posters": len(facts)}


def draw_paper_cards(instance: Path, job: jobs.Job) -> dict[str, Any]:
    """The job `stamps.paper_cards`: the sheets with the serial numbers that were taken for it."""
    values = job.values
    rally = db.session.get_one(Rally, values["rally_id"])
    generation = db.session.get_one(KeyGeneration, values["key_id"])
    key, festival, accent = keys.generation_key(generation), _festival(rally), rally.edition.festival.accent
    cards = [
        CardFacts(url=address_of(tokens.make_paper(generation.kid, serial, key)), serial=f"{serial:06d}", festival=festival,
                  domain=domain(), accent=accent, boxes=values["boxes"])
        for serial in range(values["start"], values["start"] + values["count"])
    ]  # fmt: skip
    content = _checked(lambda: drawing.draw_cards(cards, progress=_progress(job, len(cards))))
    return {
        "file": _keep(instance / FOLDER, content, "pdf"),
        "filename": "stamp-cards.pdf",
        "cards": len(cards),
    }


def sheet_path(instance: Path, job: jobs.Job) -> Path | None:
    """The file a finished job made; None before, and when a week is over."""
    name = str(job.result.get("file", ""))
    path = instance / FOLDER / name
    return path if _NAME.fullmatch(name) and path.is_file() else None


def _chosen(rally_id: int, stations: Sequence[str] | None, pids: Sequence[int] | None) -> list[Poster]:
    found = find_live(rally_id, stations)
    return found if pids is None else [poster for poster in found if poster.pid in set(pids)]


def _draw(
    facts: list[PosterFacts], size: Size, kind: str, first: str, progress: Callable[[int], None]
) -> tuple[bytes, str]:
    """The file and its suffix. Pictures of several posters go into one archive."""
    if kind == "pdf":
        return draw_many(facts, size, first, progress=progress), "pdf"
    drawn = (drawing.draw_svgs if kind == "svg" else drawing.draw_pngs)(facts, size, first, progress=progress)
    if len(drawn) == 1:
        return drawn[0], kind
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in zip(facts, drawn, strict=True):
            archive.writestr(f"{each.number:03d}-{each.poster}.{kind}", content)
    return out.getvalue(), "zip"


def _checked(drawn: Callable[[], Drawn]) -> Drawn:
    """What was drawn, or a sentence for whoever asked when a code could not be read back."""
    try:
        return drawn()
    except UnreadableError as error:
        raise PosterError(
            lazy(
                "A code on these sheets could not be read back, or the picture of a stamp holds another code. So they are not "
                "handed out. Please look at the pictures of the stamps, and else tell the operator."
            )
        ) from error


def _progress(job: jobs.Job, total: int) -> Callable[[int], None]:
    """Tell the job's bar now and then: each time is a transaction."""
    step = max(1, total // 20)

    def tell(done: int) -> None:
        if done == total or done % step == 0:
            jobs.progress(job, done, total)

    jobs.progress(job, 0, total)
    return tell


def _keep(folder: Path, content: bytes, suffix: str) -> str:
    """Store a sheet under a name that nobody guesses; sheets older than a week go."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    sweep(folder, clock.now())
    name = f"{secrets.token_urlsafe(24)}.{suffix}"
    with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return name


def sweep(folder: Path, now: datetime) -> None:
    """Forget sheets that are a week old; they can be drawn again."""
    for path in folder.glob("*") if folder.is_dir() else ():
        with suppress(FileNotFoundError):
            if now.timestamp() - path.stat().st_mtime > KEPT_SECONDS:
                path.unlink()
