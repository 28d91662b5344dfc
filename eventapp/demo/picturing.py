"""The demo's pictures: drawn, then stored as if they had been uploaded, in several processes because drawing takes time.

Names do not change from start to start: what an interrupted start has stored is not drawn again.
"""

import io
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from eventapp import uploads
from eventapp.demo import pictures
from eventapp.demo.town import make_town


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


COVER, LOGO, KILN = "demo-cover", "demo-logo", "demo-kiln"
PHOTO = Size(1280, 854)  # enough for every page, and a third quicker to store than what is drawn
MOST_PROCESSES = 4


def photo_name(factory: str, index: int) -> str:
    """The stored name of a factory's picture."""
    return f"demo-{factory}-{index}"


def wanted() -> list[str]:
    """The names of all pictures of the demo."""
    photos = [photo_name(one.key, index) for one in make_town().factories for index in range(one.photos)]
    return [COVER, LOGO, KILN, *photos]


def store_all(folder: Path) -> dict[str, Size]:
    """Draw and store what is not there yet; the size of every picture by its name."""
    missing = [name for name in wanted() if not _is_stored(folder, name)]
    if missing:
        processes = min(MOST_PROCESSES, os.cpu_count() or 1)
        with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
            list(pool.map(store, [folder] * len(missing), missing, chunksize=4))
    return {name: _size(folder, name) for name in wanted()}


def store(folder: Path, name: str) -> None:
    """Draw one picture and store it in every width."""
    out = io.BytesIO()
    _draw(name).save(out, "PNG", compress_level=1)
    out.seek(0)
    uploads.store_picture(out, folder, name)


def _draw(name: str) -> Image.Image:
    town = make_town()
    if name == COVER:
        return pictures.draw_cover(town)
    if name == LOGO:
        return pictures.draw_logo()
    if name == KILN:  # the other festival's cover: a kiln that is no factory of this town
        potter = next(one for one in town.factories if one.craft == "ceramics")
        return pictures.draw_factory(replace(potter, key=KILN, number=potter.number + 1), 1)
    key, _dash, index = name.removeprefix("demo-").rpartition("-")
    drawn = pictures.draw_factory(next(one for one in town.factories if one.key == key), int(index))
    return drawn.resize(PHOTO, Image.Resampling.LANCZOS)


def _is_stored(folder: Path, name: str) -> bool:
    """The largest version is written last, so where it is, the others are."""
    return (folder / f"{name}-{uploads.WIDTHS[-1]}.webp").is_file()


def _size(folder: Path, name: str) -> Size:
    with Image.open(folder / f"{name}-{uploads.WIDTHS[-1]}.webp") as picture:
        return Size(*picture.size)
