"""Invariants 13, 14, 18 and 22: the checks of the others fail when the rule is broken, so they are worth something."""

import hmac
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from eventapp import clock, draws
from eventapp import db as db_module
from eventapp.db import Base, db, transaction
from eventapp.stamps import books, merging, prizes, queries, stations, tokens
from eventapp.stamps.models import Poster, Rally
from tests.builders import make_edition, make_festival, make_rally
from tests.conftest import empty_tables
from tests.stamps import checks
from tests.stamps import test_draws as drawing
from tests.stamps import test_tokens as coding
from tests.stamps.phones import START, Phone, rows, token_of
from tests.visiting import Visitor

MAC, NORMALIZE, DECODE_NUMBER = tokens.mac, tokens.normalize, tokens.decode_number


def check_types_are_signed() -> None:
    """Invariant 14: what is signed for one type is another signature than for every other type."""

    @coding.FEW
    @given(coding.any_fields(), st.sampled_from(tokens.ALPHABET[:6]))
    def run(fields: tokens.Token, kind: str) -> None:
        message = coding.encode(fields)[:6]
        if kind != message[0]:
            assert tokens.mac(b"k" * 32, kind + message[1:], 8) != tokens.mac(b"k" * 32, message, 8)

    run()


def check_keys_are_used() -> None:
    """Invariant 14: a token of another event, which has other keys, is refused."""
    coding.test_no_token_passes_under_another_key()


BREAKS: dict[str, tuple[Any, str, Any, Callable[[], None]]] = {
    "any MAC will do": (hmac, "compare_digest", lambda a, b: True, coding.check_changes_are_refused),
    "only half of the MAC is compared": (hmac, "compare_digest", lambda a, b: a[: len(a) // 2] == b[: len(b) // 2],
                                         coding.check_changes_are_refused),
    "O is no 0": (tokens, "normalize", lambda typed: NORMALIZE(typed.replace("O", "Q")), coding.check_round_trip),
    "small letters are others": (tokens, "normalize", lambda typed: NORMALIZE(typed) if typed == typed.upper() else "",
                                 coding.check_round_trip),
    "a field loses its highest bit": (tokens, "decode_number", lambda letters: DECODE_NUMBER(letters) & 0x3FF, coding.check_round_trip),
    "types pass as one another": (hmac, "compare_digest", lambda a, b: True, coding.check_types_stay_apart),
    "the type is not signed": (tokens, "mac", lambda key, message, letters: MAC(key, message[1:], letters), check_types_are_signed),
    "all events have one key": (tokens, "mac", lambda key, message, letters: MAC(b"", message, letters), check_keys_are_used),
    "the order of the list decides": (draws, "rank", lambda seed, beacon, entries: [name for name, _weight in entries],
                                      drawing.test_the_script_finds_the_same_winners),
    "weights do not count": (draws, "rank_of", lambda seed, beacon, name, weight, rank_of=draws.rank_of: rank_of(seed, beacon, name, 1),
                             drawing.test_the_script_finds_the_same_winners),
    "the public value does not count": (draws, "rank_of", lambda seed, beacon, name, weight, rank_of=draws.rank_of: rank_of(seed, "", name, weight),
                                        drawing.test_the_script_finds_the_same_winners),
}  # fmt: skip


@pytest.mark.parametrize("check", [check_types_are_signed, check_keys_are_used], ids=lambda one: one.__name__)
def test_codes_of_other_types_and_events(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_rule_is_noticed(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    module, name, wrong, check = BREAKS[broken]
    monkeypatch.setattr(module, name, wrong)

    with pytest.raises(BaseException):  # noqa: B017
        check()


# --- 18: looking changes nothing (every address of the application: tests/app/test_walls.py) ------------------------

KINDS = ("poster", "flipped", "lower case", "revoked", "claim", "recovery", "paper", "of nobody", "no code")


def check_looking_changes_nothing(app: Flask) -> None:
    """Whatever code an address holds, and whatever card the browser holds: a look at it changes no table."""
    empty_tables()
    with clock.stopped_at(START):
        rally = make_rally(make_edition(make_festival("town")))
        phone = Phone(rally.id)
        phone.capture(token_of(rally, 2))
        phone.sync()
        shown = codes_of(rally, phone)
        tables = [mapper.class_ for mapper in Base.registry.mappers]
        before = rows(*tables)

        @settings(checks.QUICK, max_examples=40)
        @given(st.sampled_from(KINDS), st.booleans(), st.sampled_from(["GET", "HEAD"]))
        def run(kind: str, has_card: bool, method: str) -> None:
            visitor = Visitor(app)
            if has_card:
                visitor.client.set_cookie("stamps.town.2026", f"{phone.card}.{phone.secret}")
            for path in (f"/s/{shown[kind]}", "/town/2026/stamps/", "/town/2026/stamps/card"):
                assert visitor.send(method, path, follow=False).status < 500
            assert rows(*tables) == before

        run()


def codes_of(rally: Rally, phone: Phone) -> dict[str, str]:
    """A code of every kind that somebody may find in an address."""
    good = token_of(rally, 1)
    gone = token_of(rally, 3)
    with transaction():
        stations.revoke_poster(
            db.session.scalars(db.select(Poster).order_by(Poster.id.desc())).first(), by="builder"
        )
        recovery = merging.make_recovery(phone.row).text
        ((_serial, paper),) = prizes.print_paper_cards(rally, 1, by="builder")
    made = [good, good[:-1] + ("0" if good[-1] != "0" else "1"), good.lower(), gone, prizes.claim_token(phone.row), recovery, paper,
            tokens.make_poster(1023, 1, b"k" * 32), "hello"]  # fmt: skip
    return dict(zip(KINDS, made, strict=True))


def test_looking_at_any_code_changes_nothing(app: Flask) -> None:
    check_looking_changes_nothing(app)


def test_a_look_that_stamps_is_noticed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    find = queries.find_landing

    def stamping(token: str) -> Any:
        """The gate is open, and opening the poster's address makes a card."""
        landing = find(token)
        with transaction():
            books.take_card(
                landing.rally.id, tokens.random_letters(16), books.hash_secret("x" * 20), clock.now()
            )
        return landing

    monkeypatch.setattr(db_module, "before_write", [])
    monkeypatch.setattr(queries, "find_landing", stamping)
    with pytest.raises(BaseException):  # noqa: B017
        check_looking_changes_nothing(app)
