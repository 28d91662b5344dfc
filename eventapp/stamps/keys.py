"""Keys of a rally. None is stored: each is derived (HKDF-SHA256) from the installation's secret and public numbers.

A dump of the database forges nothing; the secret file with the database can.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from eventapp import audit, clock, config
from eventapp.db import db
from eventapp.i18n import RuleError, lazy
from eventapp.stamps.models import Card, KeyGeneration, KeyState, Rally
from eventapp.stamps.rules import touch
from eventapp.stamps.tokens import Key, KeySource

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

KIDS = 1024
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class KeyRefused(RuleError):
    """The keys of this rally cannot be changed like that."""


# --- deriving ------------------------------------------------------------------------------------------------------


def generation_key(generation: KeyGeneration) -> bytes:
    """The key with which the posters of a generation are signed: HKDF(secret, rally, generation, salt)."""
    return key_of(generation.rally_id, generation.generation, generation.salt)


def key_of(rally_id: int, generation: int, salt: str) -> bytes:
    return config.key_for(f"stamps/generation/{rally_id}/{generation}/{salt}")


def display_key(generation_key: bytes, pid: int, day: date) -> bytes:
    """A display's key for one local day: a stolen tablet is worth one station for one day."""
    return config.derive_key(generation_key.hex(), f"display/{pid}/{day.isoformat()}")


def claim_key(rally_id: int) -> bytes:
    return config.key_for(f"stamps/claim/{rally_id}")


def receipt_key(rally_id: int) -> bytes:
    return config.key_for(f"stamps/receipt/{rally_id}")


def certificate_key(rally_id: int) -> "ec.EllipticCurvePrivateKey":
    """The rally's P-256 key. The scalar comes from 512 derived bits, so it is as good as uniform."""
    from cryptography.hazmat.primitives.asymmetric import ec  # loaded for the first certificate

    wide = config.key_for(f"stamps/certificate/{rally_id}/1") + config.key_for(
        f"stamps/certificate/{rally_id}/2"
    )
    return ec.derive_private_key(int.from_bytes(wide) % (_P256_ORDER - 1) + 1, ec.SECP256R1())


def public_key(rally_id: int) -> dict[str, str]:
    """The public half as a JSON Web Key, for desks without a signal (WebCrypto reads it)."""
    from base64 import urlsafe_b64encode

    numbers = certificate_key(rally_id).public_key().public_numbers()
    x, y = (urlsafe_b64encode(one.to_bytes(32)).decode().rstrip("=") for one in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


# --- looking up ----------------------------------------------------------------------------------------------------


def key_source(
    kids: Mapping[int, bytes], zone: ZoneInfo, claim: Callable[[str], Key] = lambda handle: None
) -> KeySource:
    """Keys for verifying, from {kid: generation key}."""

    def display(kid: int, pid: int, shown_at: datetime) -> Key:
        key = kids.get(kid)
        return display_key(key, pid, clock.local(shown_at, zone).date()) if key is not None else None

    return KeySource(generation=kids.get, display=display, claim=claim)


def any_source() -> KeySource:
    """Keys of whatever rally a token is from, read from the database: for a page that is opened by a code."""

    def generation(kid: int) -> Key:
        found = find_generation(kid)
        return generation_key(found) if found is not None else None

    def display(kid: int, pid: int, shown_at: datetime) -> Key:
        found = find_generation(kid)
        if found is None:
            return None
        return display_key(generation_key(found), pid, clock.local(shown_at, found.rally.edition.zone).date())

    def claim(handle: str) -> Key:
        rally_id = db.session.scalar(select(Card.rally_id).where(Card.handle == handle))
        return claim_key(rally_id) if rally_id is not None else None

    return KeySource(generation, display, claim)


def find_generation(kid: int) -> KeyGeneration | None:
    return db.session.scalar(select(KeyGeneration).where(KeyGeneration.kid == kid))


# --- generations ---------------------------------------------------------------------------------------------------


def active_generation(rally: Rally) -> KeyGeneration:
    """The generation that signs, made if there is none. Inside a transaction."""
    found = db.session.scalar(
        select(KeyGeneration).where(
            KeyGeneration.rally_id == rally.id, KeyGeneration.state == KeyState.ACTIVE
        )
    )
    return found or _begin_generation(rally)


def rotate(rally: Rally, *, by: audit.Actor | str) -> KeyGeneration:
    """Sign with a new generation from now on. What the old one signed still counts."""
    db.session.execute(
        update(KeyGeneration).where(KeyGeneration.rally_id == rally.id, KeyGeneration.state == KeyState.ACTIVE)
        .values(state=KeyState.VERIFY_ONLY)
    )  # fmt: skip
    made = _begin_generation(rally)
    audit.record("rally.keys_rotated", f"rally:{rally.edition.slug}", festival_id=rally.edition.festival_id, by=by,
                 details={"kid": made.kid})  # fmt: skip
    return made


def retire(generation: KeyGeneration, *, by: audit.Actor | str) -> None:
    """A leaked generation: nothing it signed counts any more. Every one of its posters must be printed anew."""
    if generation.state == KeyState.RETIRED:
        return
    touch(generation.rally_id)
    if generation.state == KeyState.ACTIVE:
        generation.state = KeyState.RETIRED
        db.session.flush()
        _begin_generation(generation.rally)
    generation.state, generation.retired_at = KeyState.RETIRED, clock.now()
    audit.record("rally.keys_retired", f"rally:{generation.rally.edition.slug}", by=by, details={"kid": generation.kid},
                 festival_id=generation.rally.edition.festival_id)  # fmt: skip


def _begin_generation(rally: Rally) -> KeyGeneration:
    touch(rally.id)
    taken = set(db.session.scalars(select(KeyGeneration.kid)))
    free = [kid for kid in range(KIDS) if kid not in taken]
    if not free:
        raise KeyRefused(
            lazy("This installation has no numbers left for signing keys. Please ask its operator.")
        )
    last = (
        db.session.scalar(
            select(func.max(KeyGeneration.generation)).where(KeyGeneration.rally_id == rally.id)
        )
        or 0
    )
    # A random free number: two installations, or one made anew, rarely give out the same.
    made = KeyGeneration(kid=free[secrets.randbelow(len(free))], rally_id=rally.id, rally=rally, generation=last + 1,
                         created_at=clock.now())  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made
