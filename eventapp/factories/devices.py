"""Phones of staff: a one-time link enrols one for a factory or a desk, for one day; a PIN opens it each time.

The link and the key are 160 random bits of which only a hash is kept. The PIN is short, so its keyed hash is useless
without the installation's secret, and every try is counted before it is checked.
"""

import hmac
import secrets
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import ForeignKey, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp import audit, clock, codes, config
from eventapp.db import Model, db
from eventapp.factories.models import Factory
from eventapp.festivals.models import Edition
from eventapp.i18n import RuleError, lazy

LINK_LIFE = timedelta(days=14)
OPEN_FOR = timedelta(hours=12)  # after the PIN
LATE = timedelta(days=3)  # after its day: what waited in the phone for a signal is still taken
FAST, MOST, PAUSE = 5, 30, timedelta(minutes=5)  # wrong PINs at once, in all, and the wait between


class DeviceError(RuleError):
    """The phone cannot be enrolled."""


class Device(Model):
    """An enrolled phone. `desk` is the code of a prize desk (a room above this one knows it); else it is a factory's."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"), index=True)
    factory_id: Mapped[int | None] = mapped_column(ForeignKey("factory.id", ondelete="CASCADE"), index=True)
    desk: Mapped[str] = mapped_column(default="")
    label: Mapped[str]  # "Mrs Kato's phone"
    link_hash: Mapped[str] = mapped_column(unique=True)
    link_expires_at: Mapped[datetime]
    enrolled_at: Mapped[datetime | None]
    key_hash: Mapped[str | None] = mapped_column(unique=True)
    pin_hash: Mapped[str]
    pin_failures: Mapped[int] = mapped_column(default=0)
    pin_locked_until: Mapped[datetime | None]
    open_until: Mapped[datetime | None]  # the PIN was right; None where it never was
    valid_until: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    edition: Mapped[Edition] = relationship(lazy="joined", innerjoin=True)
    factory: Mapped[Factory | None] = relationship(lazy="joined")

    @property
    def actor_name(self) -> str:
        return self.label

    @property
    def person_id(self) -> int | None:
        return None

    @property
    def is_open(self) -> bool:
        """Whether it may act now: the PIN was given, and the day is not over."""
        now = clock.now()
        return self.is_valid and self.open_until is not None and now < self.open_until

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None and self.enrolled_at is not None and clock.now() < self.valid_until

    @property
    def may_send(self) -> bool:
        """Whether its outbox is taken: while it is open; after its day for `LATE`, without a PIN, which nobody can give then.

        Only what `is_of_its_day`, and never from a phone that no PIN has ever opened.
        """
        return self.is_open if clock.now() < self.valid_until else self.may_have_kept

    @property
    def may_have_kept(self) -> bool:
        """Whether something may wait in it that is taken now, or once its day is over."""
        was_opened = self.revoked_at is None and self.open_until is not None
        return was_opened and clock.now() < self.valid_until + LATE

    def is_of_its_day(self, moment: datetime) -> bool:
        """Whether something done then was done before this phone's day ended."""
        return moment < self.valid_until


def make_link(
    edition: Edition, *, label: str, pin: str, by: audit.Actor | str, factory: Factory | None = None, desk: str = "",
    day: date | None = None,
) -> tuple[Device, str]:  # fmt: skip
    """A device to be and the token of its link, which is shown once. Valid to the end of `day`, by default the next day held."""
    if (factory is None) == (not desk):
        raise ValueError("a device is for a factory or for a desk")
    if not pin.isdecimal() or not pin.isascii() or not 4 <= len(pin) <= 8:
        raise DeviceError(lazy("A PIN has 4 to 8 digits."))
    token = secrets.token_urlsafe(20)
    code = codes.random_code()
    device = Device(
        code=code, edition_id=edition.id, factory_id=factory.id if factory else None, desk=desk, label=label,
        link_hash=_hashed(token), link_expires_at=clock.now() + LINK_LIFE, pin_hash=_pin_hash(code, pin),
        valid_until=clock.day_bounds(day or _next_day(edition), edition.zone)[1], created_at=clock.now(),
    )  # fmt: skip
    db.session.add(device)
    audit.record(
        "device.invited", f"device:{code}", festival_id=edition.festival_id, by=by, details={"label": label}
    )
    return device, token


def find_link(token: str) -> Device | None:
    """The device behind a link that can still be used. Looking uses nothing up."""
    now = clock.now()
    return db.session.scalar(
        select(Device).where(Device.link_hash == _hashed(token), Device.enrolled_at.is_(None), Device.revoked_at.is_(None),
                             Device.link_expires_at > now, Device.valid_until > now)
    )  # fmt: skip


def enrol(token: str) -> tuple[Device, str]:
    """Use the link up, in one statement; returns the key for the HttpOnly cookie. Raises DeviceError."""
    device, key, now = find_link(token), secrets.token_urlsafe(20), clock.now()
    took = device is not None and db.session.scalar(
        update(Device).where(Device.id == device.id, Device.enrolled_at.is_(None))
        .values(enrolled_at=now, key_hash=_hashed(key)).returning(Device.id).execution_options(synchronize_session=False)
    )  # fmt: skip
    if device is None or not took:
        raise DeviceError(
            lazy("This link has been used already or is too old. Please ask the committee for a new one.")
        )
    db.session.refresh(device)
    audit.record(
        "device.enrolled", f"device:{device.code}", festival_id=device.edition.festival_id, by=device
    )
    return device, key


def find_device(key: str) -> Device | None:
    """The enrolled phone with this key, while it is valid; ask `is_open` before letting it act."""
    device = _find(key)
    return device if device is not None and device.is_valid else None


def find_sender(key: str) -> Device | None:
    """The phone with this key, while its outbox is taken. It may do nothing else: what it sends is of its day or is refused."""
    device = _find(key)
    return device if device is not None and device.may_send else None


def is_worth_keeping(key: str) -> bool:
    """Whether a phone that is enrolled again still needs this key, for what it kept under it."""
    device = _find(key)
    return device is not None and device.may_have_kept


def _find(key: str) -> Device | None:
    return db.session.scalar(select(Device).where(Device.key_hash == _hashed(key))) if key else None


def check_pin(device: Device, pin: str) -> bool:
    """Count a try, then look. The caller's transaction must commit either way, or the try is not counted."""
    now = clock.now()
    tries = db.session.scalar(
        update(Device)
        .where(Device.id == device.id, Device.pin_failures < MOST,
               or_(Device.pin_locked_until.is_(None), Device.pin_locked_until <= now))
        .values(pin_failures=Device.pin_failures + 1).returning(Device.pin_failures)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    db.session.refresh(device)
    if tries is None:
        return False
    if hmac.compare_digest(device.pin_hash, _pin_hash(device.code, pin)):
        device.pin_failures, device.pin_locked_until = 0, None
        device.open_until = min(now + OPEN_FOR, device.valid_until)
        return True
    if tries % FAST == 0:
        device.pin_locked_until = now + PAUSE
    return False


def lock(device: Device) -> None:
    """Until the PIN is given again. That it once was given is not forgotten: what waits in the phone may come late."""
    device.open_until = clock.now()


def revoke(device: Device, *, by: audit.Actor | str) -> None:
    """A lost phone: its key opens nothing any more."""
    if device.revoked_at is None:
        device.revoked_at = clock.now()
        audit.record("device.revoked", f"device:{device.code}", festival_id=device.edition.festival_id, by=by)


def list_devices(edition: Edition) -> list[Device]:
    """Every phone of an edition, the newest first."""
    return list(
        db.session.scalars(
            select(Device).where(Device.edition_id == edition.id).order_by(Device.id.desc())
        ).unique()
    )


def _next_day(edition: Edition) -> date:
    today = edition.today()
    day = next((one for one in edition.dates if one >= today), None)
    if day is None:
        raise DeviceError(lazy("This edition is over."))
    return day


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _pin_hash(code: str, pin: str) -> str:
    return hmac.new(config.key_for("device pin"), f"{code}/{pin}".encode(), sha256).hexdigest()
