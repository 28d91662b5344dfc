"""Pictures: what is taken, what is refused, what is left of it."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms
from PIL.ExifTags import GPS, IFD, Base

from eventapp import uploads
from eventapp.uploads import UploadError, card_path, delete_picture, picture_path, store_picture

NAME = "k7x2m9qa"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 99


def make_picture(width=2000, height=1500, kind="JPEG", mode="RGB", **options):
    """A picture whose upper left quarter is red."""
    picture = Image.new(mode, (width, height), "gray" if mode != "CMYK" else (0, 0, 0, 128))
    if mode in ("RGB", "RGBA"):
        picture.paste("red", (0, 0, width // 2, height // 2))
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def make_header(width, height):
    """The first bytes of a PNG of that size, with nearly no pixels behind them."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def store(content, folder, name=NAME):
    return store_picture(io.BytesIO(content), folder, name)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_picture_is_stored_in_every_width(kind, tmp_path):
    stored = store(make_picture(kind=kind), tmp_path)

    assert (stored.name, stored.width, stored.height) == (NAME, 1600, 1200)
    assert stored.bytes == (tmp_path / f"{NAME}-1600.webp").stat().st_size
    assert files(tmp_path) == [
        f"{NAME}-{it}" for it in ("1600.webp", "320.webp", "640.webp", "960.webp", "card.jpg")
    ]
    for width in (320, 640, 960, 1600):
        with Image.open(tmp_path / f"{NAME}-{width}.webp") as picture:
            assert (picture.format, picture.size) == ("WEBP", (width, width * 3 // 4))
    with Image.open(card_path(tmp_path, NAME)) as card:
        assert (card.format, card.size) == ("JPEG", (1200, 630))


def test_small_picture_is_not_blown_up(tmp_path):
    stored = store(make_picture(500, 400), tmp_path)

    assert (stored.width, stored.height) == (500, 400)
    assert files(tmp_path) == [f"{NAME}-1600.webp", f"{NAME}-320.webp", f"{NAME}-card.jpg"]
    assert picture_path(tmp_path, NAME, 960).name == f"{NAME}-1600.webp"
    assert picture_path(tmp_path, NAME, 100).name == f"{NAME}-320.webp"
    assert picture_path(tmp_path, NAME, 5000).name == f"{NAME}-1600.webp"


@pytest.mark.parametrize(("width", "height"), [(1, 30_000), (30_000, 1), (1, 1), (800, 12_000)])
def test_odd_shapes_are_stored(width, height, tmp_path):
    stored = store(make_picture(width, height, "PNG"), tmp_path)

    assert 1 <= stored.width <= 1600
    assert 1 <= stored.height <= uploads.HIGHEST


def test_nothing_but_the_picture_is_left(tmp_path):
    exif = Image.Exif()
    exif[Base.Make] = "SecretCamera"
    exif[Base.Orientation] = 6
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (35.0, 33.0, 12.0)
    exif.get_ifd(IFD.Exif)[Base.BodySerialNumber] = "SN-12345"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    stored = store(make_picture(1200, 800, exif=exif, icc_profile=profile, comment=b"SecretNote"), tmp_path)

    assert (stored.width, stored.height) == (800, 1200)  # upright
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert not [
            word for word in (b"Secret", b"SN-", b"Exif", b"EXIF", b"ICC", b"XMP", b"acsp") if word in content
        ]
    with Image.open(picture_path(tmp_path, NAME, 1600)) as picture:
        red, green, _blue = picture.convert("RGB").getpixel((700, 100))
        assert red > 200 > green  # the red quarter went to the right


def test_text_chunks_and_trailing_bytes_are_gone(tmp_path):
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", "<x>SecretNote</x>")

    store(make_picture(600, 400, "PNG", pnginfo=info) + b"<script>SecretNote</script>", tmp_path)

    assert not [path for path in tmp_path.iterdir() if b"SecretNote" in path.read_bytes()]


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "1"),
        ("PNG", "LA"),
        ("PNG", "I;16"),
        ("JPEG", "CMYK"),
        ("JPEG", "L"),
    ],
)
def test_every_colour_mode_is_drawn(kind, mode, tmp_path):
    if mode == "I;16":
        content = io.BytesIO()
        Image.frombytes("I;16", (40, 30), b"\x00\x80" * 1200).save(content, "PNG")
        store(content.getvalue(), tmp_path)
    else:
        store(make_picture(400, 300, kind, mode), tmp_path)

    with Image.open(card_path(tmp_path, NAME)) as card:
        assert card.mode == "RGB"


def test_sixteen_bits_keep_their_brightness(tmp_path):
    content = io.BytesIO()
    Image.frombytes("I;16", (40, 30), b"\x00\x80" * 1200).save(content, "PNG")

    store(content.getvalue(), tmp_path)

    with Image.open(picture_path(tmp_path, NAME, 1600)) as picture:
        assert 120 < picture.convert("L").getpixel((5, 5)) < 136


def test_transparency_stays_in_the_picture_and_is_white_on_the_card(tmp_path):
    content = io.BytesIO()
    Image.new("RGBA", (400, 300), (0, 0, 0, 0)).save(content, "PNG")

    store(content.getvalue(), tmp_path)

    with (
        Image.open(picture_path(tmp_path, NAME, 1600)) as picture,
        Image.open(card_path(tmp_path, NAME)) as card,
    ):
        assert picture.getpixel((5, 5))[3] == 0
        assert card.getpixel((5, 5)) == (255, 255, 255)


def test_a_profile_that_is_no_profile_is_ignored(tmp_path):
    assert store(make_picture(400, 300, icc_profile=b"nonsense" * 20), tmp_path).width == 400


def test_two_views_of_one_phone_picture_are_one_picture(tmp_path):
    content = io.BytesIO()
    Image.new("RGB", (400, 300)).save(
        content, "MPO", save_all=True, append_images=[Image.new("RGB", (100, 80))]
    )

    assert store(content.getvalue(), tmp_path).width == 400


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"not a picture", "not a picture"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b'<?xml version="1.0"?><svg/>', "SVG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "EPS"),
        (b"%PDF-1.7", "PDF"),
        (HEIC, "Most Compatible"),
        (make_picture(10, 10, "GIF"), "GIF"),
        (make_picture(10, 10, "TIFF"), "not a picture"),
        (make_picture(10, 10, "BMP"), "not a picture"),
        (make_picture()[:5000], "damaged"),
        (make_picture(400, 300, "PNG")[:300], "damaged|not a picture"),
        (make_header(30_000, 30_000), "more than 40 million"),
        (make_header(8_000, 5_001), "more than 40 million"),
        (make_header(2**31 - 1, 2**31 - 1), "more than 40 million|not a picture"),
        (b"x" * (uploads.MOST_BYTES + 1), "larger than 8 MB"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(content, sentence, tmp_path):
    with pytest.raises(UploadError, match=sentence):
        store(content, tmp_path)

    assert files(tmp_path) == []


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_moving_pictures_are_refused(kind, tmp_path):
    content = io.BytesIO()
    Image.new("RGB", (40, 30)).save(
        content, kind, save_all=True, append_images=[Image.new("RGB", (40, 30), "red")]
    )

    with pytest.raises(UploadError, match="Moving"):
        store(content.getvalue(), tmp_path)


def test_thirty_thousand_pixels_square_are_refused_undrawn(tmp_path, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", pytest.fail)
    monkeypatch.setattr(Image, "core", None)

    with pytest.raises(UploadError, match="more than 40 million"):
        store(make_header(30_000, 30_000), tmp_path)


def test_the_largest_allowed_picture_is_drawn_from_a_draft(tmp_path):
    store(make_picture(7_300, 5_400), tmp_path)

    assert picture_path(tmp_path, NAME, 1600) is not None


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "", "a/b", "short", "k7x2m9qa\n", "x" * 65, "k7x2m9qa.", "..", "ねじねじねじねじ"],
)
def test_names_cannot_leave_the_folder(name, tmp_path):
    store(make_picture(400, 300), tmp_path)

    assert picture_path(tmp_path, name, 320) is None
    assert card_path(tmp_path, name) is None
    delete_picture(tmp_path, name)
    assert len(files(tmp_path)) == 3
    with pytest.raises(ValueError, match="not a name"):
        store(make_picture(400, 300), tmp_path, name)


def test_deleting_removes_every_version_and_can_be_repeated(tmp_path):
    store(make_picture(), tmp_path)
    store(make_picture(), tmp_path, "another-one")

    delete_picture(tmp_path, NAME)
    delete_picture(tmp_path, NAME)

    assert picture_path(tmp_path, NAME, 320) is None
    assert len(files(tmp_path)) == 5


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    written = []

    def replace(source, target):
        written.append(target)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        source_path, target_path = source, target
        rename(source_path, target_path)

    rename = uploads.os.replace
    monkeypatch.setattr(uploads.os, "replace", replace)

    with pytest.raises(OSError, match="No space"):
        store(make_picture(), tmp_path)

    assert files(tmp_path) == []
