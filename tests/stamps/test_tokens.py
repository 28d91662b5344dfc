"""Invariants 13 and 14: what is written is read again, and nothing else is."""

import contextlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventapp.stamps import keys, tokens
from eventapp.stamps.tokens import (
    ClaimToken,
    PaperToken,
    PosterToken,
    RecoveryToken,
    RotatingToken,
    TokenError,
)

KEYS = {3: b"a" * 32, 700: b"b" * 32}
ZONE = ZoneInfo("Asia/Tokyo")
SOURCE = keys.key_source(KEYS, ZONE, lambda handle: b"c" * 32)
FEW = settings(max_examples=60, deadline=None, derandomize=True, database=None)
KID = st.sampled_from(sorted(KEYS))
LETTER = st.sampled_from(tokens.ALPHABET)


@st.composite
def any_fields(draw):
    kind = draw(st.sampled_from(["poster", "rotating", "claim", "paper", "recovery"]))
    if kind == "poster":
        return PosterToken(draw(KID), draw(st.integers(0, 32767)))
    if kind == "rotating":
        return RotatingToken(draw(KID), draw(st.integers(0, 32767)), draw(st.integers(0, tokens.STEPS - 1)))
    if kind == "claim":
        return ClaimToken(
            "".join(draw(st.lists(LETTER, min_size=10, max_size=10))), draw(st.integers(0, tokens.STEPS - 1))
        )
    if kind == "paper":
        return PaperToken(draw(KID), draw(st.integers(0, (1 << 35) - 1)))
    made = draw(st.lists(LETTER, min_size=23, max_size=23))
    return RecoveryToken("".join(made[:7]), "".join(made[7:]))


def encode(fields, source=SOURCE):
    if isinstance(fields, PosterToken):
        return tokens.make_poster(fields.kid, fields.pid, source.generation(fields.kid))
    if isinstance(fields, RotatingToken):
        return tokens.make_rotating(
            fields.kid, fields.pid, fields.step, source.display(fields.kid, fields.pid, fields.shown_at)
        )
    if isinstance(fields, ClaimToken):
        return tokens.make_claim(fields.handle, fields.step, source.claim(fields.handle))
    if isinstance(fields, PaperToken):
        return tokens.make_paper(fields.kid, fields.serial, source.generation(fields.kid))
    return tokens.make_recovery(fields.selector, fields.secret)


def check_round_trip():
    @FEW
    @given(any_fields(), st.data())
    def run(fields, data):
        token = encode(fields)
        assert len(token) == tokens.LENGTHS[tokens.Type(tokens.decode_number(token[0]))]
        assert tokens.verify(token, SOURCE) == fields
        typed = "".join(
            data.draw(st.sampled_from(VARIANTS.get(letter, [letter, letter.lower()]))) for letter in token
        )
        at = data.draw(st.integers(0, len(typed)))
        assert tokens.verify(typed[:at] + "-" + typed[at:], SOURCE) == fields

    run()


VARIANTS = {"0": ["0", "O", "o"], "1": ["1", "I", "i", "L", "l"]}


def check_changes_are_refused():
    @FEW
    @given(any_fields().filter(lambda fields: not isinstance(fields, RecoveryToken)), st.data())
    def run(fields, data):
        token = encode(fields)
        at = data.draw(st.integers(0, len(token) - 1))
        letter = data.draw(LETTER.filter(lambda one: one != token[at]))
        changed = token[:at] + letter + token[at + 1 :]
        try:
            found = tokens.verify(changed, SOURCE)
        except TokenError:
            return
        assert isinstance(found, RecoveryToken)  # type 3 has no MAC; its secret is checked by its hash

    run()


def check_types_stay_apart():
    @FEW
    @given(any_fields(), st.sampled_from(tokens.ALPHABET[:6]), st.integers(-3, 3))
    def run(fields, kind, longer):
        token = encode(fields)
        other = kind + token[1:] + "0" * max(0, longer)
        other = other[: len(other) + min(0, longer)]
        if other == token:
            return
        try:
            found = tokens.verify(other, SOURCE)
        except TokenError:
            return
        assert (isinstance(found, RecoveryToken) and type(found) is not type(fields)) or isinstance(
            fields, RecoveryToken
        )

    run()


def test_every_field_survives_the_round_trip_however_it_is_typed():
    check_round_trip()


def test_one_changed_letter_is_refused():
    check_changes_are_refused()


def test_no_token_passes_as_another_type():
    check_types_stay_apart()


@given(any_fields().filter(lambda fields: not isinstance(fields, RecoveryToken)))
@FEW
def test_no_token_passes_under_another_key(fields):
    other = keys.key_source(
        {kid: b"z" + key[1:] for kid, key in KEYS.items()}, ZONE, lambda handle: b"d" * 32
    )

    with pytest.raises(TokenError):
        tokens.verify(encode(fields, other), SOURCE)


@given(st.text(max_size=60) | st.text(alphabet=tokens.ALPHABET + "oil-", max_size=30))
@FEW
def test_any_text_is_a_token_or_an_error(text):
    with contextlib.suppress(TokenError):
        tokens.verify(text, SOURCE)


@given(st.binary(min_size=1, max_size=90))
@FEW
def test_bytes_survive(data):
    assert tokens.decode_bytes(tokens.encode_bytes(data), len(data)) == data


def test_a_known_token_stays_as_it_is():
    """A vector: another implementation must make the same."""
    assert tokens.make_poster(3, 17, bytes(range(32))) == VECTOR
    assert tokens.step_at(datetime(2026, 1, 1, 0, 1, tzinfo=UTC)) == 4


VECTOR = "00300HMYFZSJXV90ANQHJB"
