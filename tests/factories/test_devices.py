"""Phones of staff: one link, one phone, one day; the PIN is counted before it is looked at."""

from datetime import timedelta

import pytest

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.factories import devices
from eventapp.factories.devices import Device, DeviceError
from tests.builders import make_edition, make_factory
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def edition():
    return make_edition()


def enrolled(edition, **values):
    with transaction():
        _device, token = devices.make_link(
            edition, label="Kato's phone", pin="4826", by="organizer", desk="DESK2345", **values
        )
    with transaction():
        return devices.enrol(token)


def test_a_link_enrols_one_phone(edition):
    with transaction():
        made, token = devices.make_link(
            edition, label="Kato", pin="4826", by="organizer", factory=make_factory(edition.festival)
        )
    assert devices.find_link(token).id == made.id
    with transaction():
        device, key = devices.enrol(token)

    with pytest.raises(DeviceError), transaction():
        devices.enrol(token)
    assert devices.find_device(key).id == device.id
    assert not device.is_open
    assert devices.find_device("") is None
    assert token not in str(db.session.execute(Device.__table__.select()).all())
    assert key not in str(db.session.execute(Device.__table__.select()).all())


def test_it_is_valid_to_the_end_of_the_day(edition):
    device, key = enrolled(edition)

    with clock.stopped_at(clock.day_bounds(edition.dates[0], edition.zone)[1] - timedelta(seconds=1)):
        assert devices.find_device(key) is not None
    with clock.stopped_at(clock.day_bounds(edition.dates[0], edition.zone)[1]):
        assert devices.find_device(key) is None
        assert not device.is_valid


def test_the_pin_opens_it(edition):
    device, _key = enrolled(edition)
    with transaction():
        assert devices.check_pin(device, "4826")

    assert device.is_open
    assert device.pin_failures == 0


def test_wrong_pins_are_counted_and_pause(edition):
    device, _key = enrolled(edition)
    for _try in range(5):
        with transaction():
            assert not devices.check_pin(device, "0000")
    with transaction():
        assert not devices.check_pin(device, "4826")  # not now

    with clock.stopped_at(NOW + timedelta(minutes=5, seconds=1)), transaction():
        assert devices.check_pin(device, "4826")


def test_guessing_ends_for_good(edition):
    device, _key = enrolled(edition)
    for place in range(60):
        with clock.stopped_at(NOW + timedelta(minutes=6 * place)), transaction():
            devices.check_pin(device, "0000")
    with clock.stopped_at(NOW + timedelta(days=1)), transaction():
        assert not devices.check_pin(device, "4826")


@pytest.mark.parametrize("pin", ["", "123", "123456789", "abcd", "１２３４"])
def test_a_pin_has_four_to_eight_digits(edition, pin):
    with pytest.raises(DeviceError), transaction():
        devices.make_link(edition, label="x", pin=pin, by="organizer", desk="D")


def test_a_lost_phone_is_locked_out(edition):
    device, key = enrolled(edition)
    with transaction():
        devices.revoke(device, by="organizer")

    assert devices.find_device(key) is None
    assert devices.list_devices(edition) == [device]


def test_no_phone_for_an_edition_that_is_over(edition):
    with clock.stopped_at(NOW + timedelta(days=100)), pytest.raises(DeviceError), transaction():
        devices.make_link(edition, label="x", pin="4826", by="organizer", desk="D")
