"""The second step of signing in: a code of six digits from an app on the phone (TOTP, RFC 6238)."""

import hmac
import unicodedata

import pyotp
from sqlalchemy import update

from eventapp import clock
from eventapp.db import db
from eventapp.people.models import Person

SECONDS = 30
TOLERANCE = 1  # steps by which the phone's clock may differ


def new_secret() -> str:
    """A fresh secret of 160 bits in base 32."""
    return str(pyotp.random_base32())


def address(secret: str, person: Person) -> str:
    """What the QR code says to the app."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name="Kouba"))


def find_step(secret: str, typed: str) -> int | None:
    """The time step whose code this is, within a step to either side of now; else None."""
    code = "".join(unicodedata.normalize("NFKC", typed[:20]).replace("-", "").split())
    now = int(clock.now().timestamp()) // SECONDS
    totp = pyotp.TOTP(secret)
    right = [step for step in range(now - TOLERANCE, now + TOLERANCE + 1)
             if hmac.compare_digest(totp.at(step * SECONDS).encode(), code.encode())]  # fmt: skip
    return right[0] if right else None


def use_code(person: Person, typed: str) -> bool:
    """Whether this code is right and was not used before; it is used up by asking."""
    step = find_step(person.totp_secret, typed) if person.totp_secret else None
    if step is None:
        return False
    took = (
        update(Person).where(Person.id == person.id, Person.totp_last_step < step).values(totp_last_step=step)
        .returning(Person.id).execution_options(synchronize_session=False)
    )  # fmt: skip
    return db.session.scalar(took) is not None


def switch_on(person: Person, secret: str, step: int) -> None:
    """From now on a code is asked for; the one that proved the app counts as used."""
    person.totp_secret, person.totp_last_step = secret, step


def switch_off(person: Person) -> None:
    """The password or the mailed link is enough again."""
    person.totp_secret, person.totp_last_step = None, 0
    person.code_failures, person.code_locked_until = 0, None


def spelled(secret: str) -> str:
    """The secret in groups of four, for typing it by hand."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
