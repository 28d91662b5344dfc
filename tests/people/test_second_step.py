"""Codes from the phone: of now, typed as people type, and each only once."""

from datetime import timedelta

import pyotp
import pytest

from eventapp import clock
from eventapp.db import transaction
from eventapp.people import second_step
from tests.builders import make_person
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("app")
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_at(moment) -> str:
    return pyotp.TOTP(SECRET).at(int(moment.timestamp()))


def used(person, code: str) -> bool:
    with transaction():
        return second_step.use_code(person, code)


def test_a_code_counts_once():
    person = make_person(totp_secret=SECRET)

    assert used(person, code_at(NOW))
    assert not used(person, code_at(NOW))
    assert not used(person, code_at(NOW - timedelta(seconds=30)))
    with clock.stopped_at(NOW + timedelta(seconds=30)):
        assert used(person, code_at(clock.now()))


@pytest.mark.parametrize(("seconds", "right"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_the_phone_may_be_half_a_minute_off(seconds, right):
    assert used(make_person(totp_secret=SECRET), code_at(NOW + timedelta(seconds=seconds))) is right


def test_full_width_digits_and_spaces_are_read():
    wide = code_at(NOW).translate(str.maketrans("0123456789", "０１２３４５６７８９"))

    assert used(make_person(totp_secret=SECRET), f" {wide[:3]} {wide[3:]} ")


@pytest.mark.parametrize("typed", ["", "000", "abcdef", "１２", "9" * 500, "é́" * 9])
def test_other_things_are_no_code(typed):
    assert not used(make_person(totp_secret=SECRET), typed)


def test_without_a_secret_no_code_is_right():
    assert not used(make_person(), code_at(NOW))


def test_the_key_is_shown_in_fours_and_the_app_is_told_whose_it_is():
    person = make_person(email="keiko@example.jp")

    assert second_step.spelled(SECRET).split() == [SECRET[start : start + 4] for start in range(0, 32, 4)]
    assert (
        second_step.address(SECRET, person)
        == f"otpauth://totp/Kouba:keiko%40example.jp?secret={SECRET}&issuer=Kouba"
    )
    assert len(second_step.new_secret()) == 32
