"""Codes, numbers and QR pictures."""

import importlib.util
import random
from xml.etree import ElementTree

import pytest
from PIL import Image
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_L

from eventapp import codes


def test_codes_are_eight_characters_nobody_mixes_up():
    drawn = {codes.random_code() for _ in range(500)}

    assert len(drawn) == 500
    assert {len(code) for code in drawn} == {8}
    assert not set("".join(drawn)) & set("0O1IL")


def test_codes_can_be_drawn_again_with_the_same_seed():
    def draw():
        with codes.use_randomness(random.Random(7)):
            return codes.random_code(), codes.short_number(), codes.random_code(20)

    before = codes.randomness
    assert draw() == draw()
    assert codes.randomness is before


def test_codes_come_from_the_operating_system_by_default():
    untouched = importlib.util.module_from_spec(importlib.util.find_spec("eventapp.codes"))
    untouched.__spec__.loader.exec_module(untouched)

    assert isinstance(untouched.randomness, random.SystemRandom)


def test_the_source_comes_back_after_an_error():
    before = codes.randomness

    with pytest.raises(KeyError), codes.use_randomness(random.Random(7)):
        raise KeyError

    assert codes.randomness is before


@pytest.mark.parametrize("digits", [4, 5, 6])
def test_short_numbers_have_their_digits(digits):
    drawn = [codes.short_number(digits) for _ in range(200)]

    assert {len(number) for number in drawn} == {digits}
    assert not [number for number in drawn if number.startswith("0") or not number.isdecimal()]


@pytest.mark.parametrize("digits", [3, 7])
def test_numbers_too_short_or_too_long_to_say_are_refused(digits):
    with pytest.raises(ValueError, match="4 to 6"):
        codes.short_number(digits)


def test_codes_are_read_as_people_type_them():
    assert codes.normalize_code(" k7x2-m9qa ") == "K7X2M9QA"
    assert codes.normalize_code("Ｋ７Ｘ２Ｍ９ＱＡ") == "K7X2M9QA"


def test_qr_picture_is_one_path_on_white_without_style():
    picture = ElementTree.fromstring(codes.qr_svg("https://festival.example.jp/s/K7X2M9QA"))

    assert picture.tag.endswith("svg")
    assert sorted(child.tag.rpartition("}")[2] for child in picture) == ["path", "rect"]
    assert not [child for child in picture.iter() if "style" in child.attrib]
    assert codes.qr_svg("same") == codes.qr_svg("same")


def test_qr_picture_escapes_nothing_because_it_holds_no_text():
    assert "script" not in codes.qr_svg("</svg><script>alert(1)</script>")


def test_qr_png_has_its_quiet_zone(tmp_path):
    path = tmp_path / "code.png"
    path.write_bytes(codes.qr_png("https://festival.example.jp/", box=5))

    with Image.open(path) as picture:
        assert picture.width == picture.height == (29 + 2 * codes.QUIET_ZONE) * 5 - 20
        assert picture.convert("L").getpixel((19, 19)) == 255
        assert picture.convert("L").getpixel((20, 20)) == 0


def test_qr_code_takes_the_correction_that_costs_no_size():
    assert codes._qr("A", 1).error_correction == ERROR_CORRECT_H
    assert codes._qr("x" * 17, 1).error_correction == ERROR_CORRECT_L
    assert codes._qr("x" * 17, 1).version == 1


def test_qr_code_says_when_the_text_is_too_long():
    assert codes.qr_svg("x" * 2_900)
    with pytest.raises(ValueError, match="too long"):
        codes.qr_svg("x" * 4_000)
