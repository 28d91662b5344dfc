"""Pictures from phones: checked, turned upright, stripped of everything but the picture, stored in several
widths.

Nothing of the uploaded file is kept: what is stored is drawn anew as WebP, so that no place, no serial number
and no second meaning of the bytes comes along.
"""

import io
import os
import re
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageCms, ImageOps

from eventapp.i18n import RuleError, lazy

MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000
WIDTHS = (320, 640, 960, 1600)
HIGHEST = 2400  # pixels; a long screenshot is made narrower instead
QUALITY = 80
CARD_SIZE = (1200, 630)  # what social networks show of a link
MOST_PROFILE_BYTES = 1024 * 1024
FORMATS = ("JPEG", "PNG", "WEBP")

_NAME = re.compile(r"[A-Za-z0-9_-]{8,64}")
_one_at_a_time = threading.BoundedSemaphore(1)  # 40 million pixels take 160 MB while they are drawn


class UploadError(RuleError):
    """The file is not taken; the message tells what to send instead."""


@dataclass(frozen=True)
class StoredPicture:
    """A picture under its name; `width`, `height` and `bytes` are those of the largest version."""

    name: str
    width: int
    height: int
    bytes: int


def store_picture(stream: BinaryIO, folder: Path, name: str) -> StoredPicture:
    """Store the picture in every width it fills, and as a card for shared links. Raises UploadError.

    The name comes from the caller, who draws it so that nobody can guess it. Every file appears whole or not
    at all; when one cannot be written, none stays.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a name for a picture: {name!r}")
    content = _read_capped(stream)
    with _one_at_a_time:
        versions, size = _draw_versions(content, name)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for filename, data in versions.items():
            _write(folder / filename, data)
    except OSError:
        delete_picture(folder, name)
        raise
    return StoredPicture(name, *size, len(versions[_filename(name, WIDTHS[-1])]))


def picture_path(folder: Path, name: str, width: int) -> Path | None:
    """The file for a width: the smallest stored one that is at least as wide, else the widest.

    None where there is none, and for every name that is not one of ours, so that an address cannot leave the
    folder.
    """
    if not _NAME.fullmatch(name):
        return None
    wide_enough = [each for each in WIDTHS if each >= width]
    too_narrow = [each for each in reversed(WIDTHS) if each < width]
    paths = (folder / _filename(name, each) for each in wide_enough + too_narrow)
    return next((path for path in paths if path.is_file()), None)


def card_path(folder: Path, name: str) -> Path | None:
    """The 1200 x 630 JPEG for shared links."""
    path = folder / f"{name}-card.jpg"
    return path if _NAME.fullmatch(name) and path.is_file() else None


def delete_picture(folder: Path, name: str) -> None:
    """Remove every version; nothing happens where there is none."""
    if _NAME.fullmatch(name):
        for filename in [*(_filename(name, width) for width in WIDTHS), f"{name}-card.jpg"]:
            (folder / filename).unlink(missing_ok=True)


def share_card(picture: Image.Image) -> bytes:
    """The middle of the picture as a JPEG of 1200 x 630 pixels, on white."""
    card = ImageOps.fit(_on_white(picture), CARD_SIZE, Image.Resampling.LANCZOS)
    return _encode(card, "JPEG", quality=82, progressive=True, optimize=True)


def _filename(name: str, width: int) -> str:
    return f"{name}-{width}.webp"


def _read_capped(stream: BinaryIO) -> bytes:
    content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UploadError(lazy("The picture is larger than %(size)s MB. Send a smaller one.", size=8))
    if not content:
        raise UploadError(lazy("The file is empty. Choose the picture again."))
    return content


# Opening


def _open(content: bytes) -> Image.Image:
    """Read the header only, and say no before a pixel is unpacked."""
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        frames = getattr(picture, "n_frames", 1)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except _BROKEN as error:
        raise UploadError(_why_not(content)) from error
    if picture.width * picture.height > MOST_PIXELS:
        raise _too_many_pixels()
    if frames > 1 and picture.format != "MPO":  # phones store depth or a second view beside the picture
        raise UploadError(lazy("Moving pictures are not shown. Send a still JPEG, PNG or WebP."))
    return picture


_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    MemoryError,
)
_HEIC = lazy(
    "This is a HEIC picture. On an iPhone choose Settings > Camera > Formats > Most Compatible, or send it as JPEG."
)
_OTHER_KINDS: list[tuple[Callable[[bytes], object], object]] = [
    (re.compile(rb"....ftyp(?:hei|hev|mif1|msf1|avi)", re.DOTALL).match, _HEIC),
    (re.compile(rb"GIF8").match, lazy("GIF pictures are not taken. Send a JPEG, PNG or WebP.")),
    (
        re.compile(
            rb"[^\x00]{0,2000}<svg|\s*<\?xml|\xff\xfe<|%!PS|\xc5\xd0\xd3\xc6|%PDF", re.IGNORECASE
        ).match,
        lazy("Drawings and documents (SVG, EPS, PDF) are not taken. Save it as PNG and send that."),
    ),
]


def _why_not(content: bytes) -> object:
    for is_kind, sentence in _OTHER_KINDS:
        if is_kind(content[:4096]):
            return sentence
    return lazy("This file is not a picture we can read. Send a JPEG, PNG or WebP.")


def _too_many_pixels() -> UploadError:
    most = MOST_PIXELS // 1_000_000
    return UploadError(
        lazy("The picture has more than %(most)s million pixels. Send a smaller one.", most=most)
    )


# Drawing anew


def _draw_versions(content: bytes, name: str) -> tuple[dict[str, bytes], tuple[int, int]]:
    """File names and bytes, the largest version last; and its size."""
    try:
        picture = _normalise(_open(content))
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except _BROKEN as error:
        raise UploadError(lazy("The picture is damaged or incomplete. Send it again.")) from error
    largest = _shrink(picture, min(1, WIDTHS[-1] / picture.width, HIGHEST / picture.height))
    versions = {f"{name}-card.jpg": share_card(picture)}
    for width in WIDTHS[:-1]:
        if width < largest.width:
            smaller = _shrink(largest, width / largest.width)
            versions[_filename(name, width)] = _encode(smaller, "WEBP", quality=QUALITY)
    versions[_filename(name, WIDTHS[-1])] = _encode(largest, "WEBP", quality=QUALITY)
    return versions, largest.size


def _shrink(picture: Image.Image, factor: float) -> Image.Image:
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _normalise(picture: Image.Image) -> Image.Image:
    """Upright, in sRGB, as RGB or RGBA, with nothing attached."""
    picture.draft(
        "RGB", (WIDTHS[-1], WIDTHS[-1])
    )  # a JPEG is unpacked at half or quarter size where that is enough
    profile = picture.info.get("icc_profile")
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):  # 16 bits a pixel
        picture = picture.point(lambda value: value / 256).convert("L")
    picture = _to_srgb(picture, profile)
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    bare = Image.new(mode, picture.size)
    bare.paste(picture.convert(mode))
    return bare


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours as they were meant; a profile that cannot be used is ignored."""
    if not profile or len(profile) > MOST_PROFILE_BYTES or picture.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return picture
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    with suppress(ImageCms.PyCMSError, *_BROKEN):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        changed = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
        return changed if changed is not None else picture
    return picture


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


def _encode(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def _write(path: Path, data: bytes) -> None:
    """The file appears under its name only when all of it is on the disk."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".upload-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
