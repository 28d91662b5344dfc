"""The codes of the rally (docs/stamps.md): what is in a token, how it is written, and how it is checked.

A token is Crockford's base 32 in capitals: a letter for its type, its fields, and the leftmost bits of
HMAC-SHA-256(key, "OFS1" + all letters before). The type is under the MAC, so no token of one type passes as another.
This module knows neither the database nor the clock.
"""

import hmac
import secrets
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from hashlib import sha256

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_OURS = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET.encode("ascii")
)  # from RFC 4648 to Crockford
_NORMAL = str.maketrans({letter: ALPHABET[value] for letter, value in _VALUES.items()})
MAC_PREFIX = b"OFS1"
_MAC_BYTES = 10  # of which any MAC is the beginning: sixteen letters
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
STEP = timedelta(seconds=15)
STEPS = 1 << 25  # 15.9 years of them
LONGEST = 400  # letters that are looked at, at all


class Type(IntEnum):
    POSTER = 0
    ROTATING = 1
    CLAIM = 2
    RECOVERY = 3
    PAPER = 4
    CERTIFICATE = 5


LENGTHS = {Type.POSTER: 22, Type.ROTATING: 23, Type.CLAIM: 24, Type.RECOVERY: 24, Type.PAPER: 22}
MAC_LETTERS = {Type.POSTER: 16, Type.ROTATING: 12, Type.CLAIM: 8, Type.PAPER: 12}


class TokenError(ValueError):
    """This is no token, or not one that was made here."""


@dataclass(frozen=True)
class PosterToken:
    """Printed on a poster."""

    kid: int
    pid: int


@dataclass(frozen=True)
class RotatingToken:
    """Shown by a display during one step of 15 seconds."""

    kid: int
    pid: int
    step: int

    @property
    def shown_at(self) -> datetime:
        """The first moment of its step, by the display's clock."""
        return EPOCH + self.step * STEP


@dataclass(frozen=True)
class ClaimToken:
    """Shown by a visitor at the desk, for a minute."""

    handle: str
    step: int


@dataclass(frozen=True)
class RecoveryToken:
    """Opens a card on another phone. It carries its secret and no MAC."""

    selector: str
    secret: str


@dataclass(frozen=True)
class PaperToken:
    """Printed on a paper card."""

    kid: int
    serial: int


Token = PosterToken | RotatingToken | ClaimToken | RecoveryToken | PaperToken
Key = bytes | None


@dataclass(frozen=True)
class KeySource:
    """Where keys come from. Each answers None for what it does not know, and the token is refused."""

    generation: Callable[[int], Key]  # kid -> key
    display: Callable[
        [int, int, datetime], Key
    ]  # kid, pid, moment shown -> the display's key of that local day
    claim: Callable[[str], Key]  # handle -> the claim key of that card's rally


# --- letters -------------------------------------------------------------------------------------------------------


def encode_number(number: int, letters: int) -> str:
    """`number` in so many letters, five bits each, the highest first."""
    if not 0 <= number < 1 << (5 * letters):
        raise ValueError(f"{number} does not fit into {letters} letters")
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(letters - 1, -1, -1))


def decode_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number << 5 | _VALUES[letter]
    return number


def normalize(typed: str) -> str:
    """As it was drawn, from how it was typed: any case, O for 0, I and L for 1, with hyphens or spaces.

    Raises TokenError for any other letter.
    """
    plain = typed[: LONGEST + 1].strip().replace("-", "").replace(" ", "").upper()
    if len(plain) > LONGEST or not plain.isascii() or not _VALUES.keys() >= set(plain):
        raise TokenError("not a token")
    return plain.translate(_NORMAL)


def random_letters(letters: int) -> str:
    """So many letters from the system's randomness: secrets are never drawn from a source that a test can set."""
    return encode_number(secrets.randbits(5 * letters), letters)


def encode_bytes(data: bytes) -> str:
    """Bytes in letters; the last letter is filled up with zero bits."""
    letters = -(-len(data) * 8 // 5)
    return encode_number(int.from_bytes(data) << (5 * letters - 8 * len(data)), letters)


def decode_bytes(letters: str, length: int) -> bytes:
    """The other way. Raises TokenError where the length or the filling is wrong."""
    spare = 5 * len(letters) - 8 * length
    number = decode_number(letters)
    if not 0 <= spare < 5 or number & ((1 << spare) - 1):
        raise TokenError("not as long as it should be")
    return (number >> spare).to_bytes(length)


def mac(key: bytes, message: str, letters: int) -> str:
    """The leftmost 5 x `letters` bits of HMAC-SHA-256(key, "OFS1" + message); sixteen letters at most."""
    digest = hmac.new(key, MAC_PREFIX + message.encode("ascii"), sha256).digest()
    return b32encode(digest[:_MAC_BYTES])[:letters].translate(_OURS).decode("ascii")


def step_at(moment: datetime) -> int:
    """The step of 15 seconds in which this moment lies."""
    return ((moment - EPOCH) // STEP) % STEPS


# --- making --------------------------------------------------------------------------------------------------------


def _signed(kind: Type, fields: str, key: bytes) -> str:
    message = ALPHABET[kind] + fields
    return message + mac(key, message, MAC_LETTERS[kind])


def make_poster(kid: int, pid: int, key: bytes) -> str:
    return _signed(Type.POSTER, encode_number(kid, 2) + encode_number(pid, 3), key)


def make_rotating(kid: int, pid: int, step: int, day_key: bytes) -> str:
    return _signed(
        Type.ROTATING, encode_number(kid, 2) + encode_number(pid, 3) + encode_number(step, 5), day_key
    )


def make_claim(handle: str, step: int, key: bytes) -> str:
    return _signed(Type.CLAIM, handle + encode_number(step, 5), key)


def make_paper(kid: int, serial: int, key: bytes) -> str:
    return _signed(Type.PAPER, encode_number(kid, 2) + encode_number(serial, 7), key)


def make_recovery(selector: str, secret: str) -> str:
    return ALPHABET[Type.RECOVERY] + selector + secret


def digest(token: str) -> str:
    """What phones get of each live poster, to recognise it without a signal: the first 8 bytes of SHA-256, in hex."""
    return sha256(token.encode("ascii")).hexdigest()[:16]


# --- reading -------------------------------------------------------------------------------------------------------


def decode(typed: str) -> Token:
    """Type and fields of a token, unchecked: nothing may be done on their word. Raises TokenError."""
    return _fields_of(normalize(typed))


def _fields_of(token: str) -> Token:
    kind = _VALUES[token[0]] if token else -1
    if kind not in LENGTHS or len(token) != LENGTHS[Type(kind)]:
        raise TokenError("not a token")
    return _FIELDS[Type(kind)](token)


_FIELDS: dict[Type, Callable[[str], Token]] = {
    Type.POSTER: lambda token: PosterToken(decode_number(token[1:3]), decode_number(token[3:6])),
    Type.ROTATING: lambda token: RotatingToken(
        decode_number(token[1:3]), decode_number(token[3:6]), decode_number(token[6:11])
    ),
    Type.CLAIM: lambda token: ClaimToken(token[1:11], decode_number(token[11:16])),
    Type.RECOVERY: lambda token: RecoveryToken(token[1:8], token[8:24]),
    Type.PAPER: lambda token: PaperToken(decode_number(token[1:3]), decode_number(token[3:10])),
}


def verify(typed: str, keys: KeySource) -> Token:
    """The fields of a token whose MAC is right, compared in constant time. Raises TokenError.

    Whether a poster was revoked, or a step is long over, is the ledger's business.
    """
    token = normalize(typed)
    fields = _fields_of(token)
    if isinstance(fields, RecoveryToken):
        return fields
    key = _key_for(fields, keys)
    letters = MAC_LETTERS[Type(_VALUES[token[0]])]
    if key is None or not hmac.compare_digest(token[-letters:], mac(key, token[:-letters], letters)):
        raise TokenError("not made here")
    return fields


def _key_for(fields: PosterToken | RotatingToken | ClaimToken | PaperToken, keys: KeySource) -> Key:
    if isinstance(fields, ClaimToken):
        return keys.claim(fields.handle)
    if isinstance(fields, RotatingToken):
        return keys.display(fields.kid, fields.pid, fields.shown_at)
    return keys.generation(fields.kid)
