"""Bearer keys: whoever made a plan or a list of hearts may change it, by a key that only that device has."""

import hmac
from hashlib import sha256

from eventapp import codes

KEY_LENGTH = 26  # 128 bits


def new_key() -> str:
    """A key for the device; only its hash is stored."""
    return codes.random_code(KEY_LENGTH)


def key_hash(key: str) -> str:
    """What is stored of a key."""
    return sha256(key.encode("utf-8", "replace")).hexdigest()


def is_key(key: str | None, stored: str) -> bool:
    """Whether this is the key, compared without telling by the time how much was right."""
    return bool(key) and hmac.compare_digest(key_hash(str(key)[:200]), stored)
