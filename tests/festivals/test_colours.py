"""An accent that cannot be read is refused with one that can."""

import pytest

from eventapp.festivals import colours
from eventapp.festivals.colours import ColourError

pytestmark = pytest.mark.usefixtures("app")


def test_contrast_is_that_of_wcag():
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert colours.contrast("#ffffff", "#777777") == colours.contrast("#777777", "#ffffff")


@pytest.mark.parametrize(
    ("typed", "stored"), [("#B4451F", "#b4451f"), ("b4451f", "#b4451f"), (" #036 ", "#003366")]
)
def test_check_takes_what_can_be_read(typed, stored):
    assert colours.check(typed) == stored


@pytest.mark.parametrize("pale", ["#ffcc00", "#fff", "#3aa0ff", "#00ff00", "#ff8888"])
def test_check_suggests_a_darker_one_of_the_same_hue(pale):
    with pytest.raises(ColourError) as refused:
        colours.check(pale)

    suggestion = refused.value.suggestion
    assert suggestion is not None and colours.check(suggestion) == suggestion
    assert suggestion in str(refused.value)


@pytest.mark.parametrize("text", ["", "red", "#12345", "#gggggg", "#１２３４５６", "#1234567"])
def test_parse_refuses_what_is_no_colour(text):
    with pytest.raises(ColourError):
        colours.parse(text)


@pytest.mark.parametrize("accent", ["#b4451f", "#003366", "#000000", "#8a6e00"])
def test_theme_keeps_every_contrast_the_pages_count_on(accent):
    made = colours.theme(accent)

    assert colours.contrast(made.ink, accent) >= 4.5
    assert colours.contrast(accent, made.soft) >= 4.5
    assert colours.contrast(colours.INK, made.soft) >= 7
