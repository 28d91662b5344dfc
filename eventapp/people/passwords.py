"""Passwords: long rather than complicated, never cut, kept as Argon2id (NIST SP 800-63B-4, OWASP's 19 MiB setting)."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from eventapp.db import is_writing
from eventapp.i18n import RuleError, _, lazy

SHORTEST = 15
SHORTEST_WITH_CODE = 8  # where a code from the phone is asked for too
LONGEST = 256
ROWS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
)
LEET = str.maketrans("013457@$!", "oieastasi")

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


class PasswordRefused(RuleError):
    """This password cannot be chosen; the message says why."""


def hashed(password: str) -> str:
    """What is kept of a password. Never inside transaction(): hashing is slow on purpose."""
    return _hasher.hash(_normal(password))


def fits(password_hash: str | None, password: str) -> bool:
    """Whether this is the password. Somebody without one costs the same time, so that addresses cannot be told apart."""
    try:
        _hasher.verify(password_hash or _nobodys(), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether it was hashed with weaker settings than today's."""
    return _hasher.check_needs_rehash(password_hash)


def check_new(password: str, *, with_code: bool, about: Iterable[str] = ()) -> None:
    """Refuse what is too short, too long or in everybody's first guess; nothing is asked about kinds of characters.

    `about` are words about the person (name, address) that count as guessed.
    """
    plain = _normal(password)
    shortest = SHORTEST_WITH_CODE if with_code else SHORTEST
    if len(plain) < shortest:
        raise PasswordRefused(
            lazy(
                "Please choose at least %(count)s characters. A short sentence is easy to remember.",
                count=shortest,
            )
        )
    if len(plain) > LONGEST:
        raise PasswordRefused(lazy("Please choose at most %(count)s characters.", count=LONGEST))
    if reason := why_guessable(plain, about):
        raise PasswordRefused(reason)


def why_guessable(password: str, about: Iterable[str] = ()) -> str:
    """Why everybody would try this early, or an empty text."""
    plain = _normal(password).casefold()
    folded = _letters(plain) or plain
    if _is_repeated(folded):
        return str(_("This only repeats the same few characters. Please choose something longer."))
    if _is_keyboard_row(folded):
        return str(_("These characters stand in a row on the keyboard. Please choose something else."))
    words = common_words() | {
        _letters(word) for text in about for word in re.split(r"[\s@.]+", text.casefold()) if len(word) > 2
    }
    for spelling in (folded, _letters(plain.translate(LEET))):
        used = _made_of(re.sub(r"\d+", "", spelling), frozenset(words))
        if used:
            return str(_("Everybody would try this early: it is made of %(words)s. Please add words that only you think of.",
                         words=", ".join(sorted(used))))  # fmt: skip
    return ""


@cache
def common_words() -> frozenset[str]:
    """Words that are guessed first: of all the world, and of festivals like these."""
    lines = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


@cache
def _nobodys() -> str:
    """The hash that is compared where there is no person: as slow as a real one."""
    return _hasher.hash("the password of nobody at all")


def _normal(password: str) -> str:
    """NFKC, so that the same keys give the same password on every device."""
    if is_writing():
        raise RuntimeError("passwords are hashed and checked outside transaction()")
    return unicodedata.normalize("NFKC", password)


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def _is_repeated(text: str) -> bool:
    """One unit of up to six characters, again and again."""
    period = (text + text).find(text, 1)
    return bool(text) and period < len(text) and period <= 6


def _is_keyboard_row(text: str) -> bool:
    rows = (*ROWS, "".join(ROWS[2:]))
    return any(text in row or text[::-1] in row for row in rows)


def _made_of(text: str, words: frozenset[str]) -> set[str]:
    """The words this text consists of entirely, else nothing."""
    ways: list[set[str] | None] = [set()] + [None] * len(text)
    longest = max(map(len, words), default=0)
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - longest), end):
            before = ways[start]
            if before is not None and text[start:end] in words:
                ways[end] = before | {text[start:end]}
                break
    return ways[len(text)] or set()
