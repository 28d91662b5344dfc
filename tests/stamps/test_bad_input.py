"""Whatever phones may send, in the order in which the rally's specification names it: a plain verdict, no stamp invented, none lost."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.stamps import escrows, keys, prizes, stations, tokens
from eventapp.stamps.models import Award, KeyState, Policy, Rally, Scan, Stamp
from tests.builders import make_prize, make_rally
from tests.stamps.phones import START, Phone, poster_of, send, token_of

LETTERS = tokens.ALPHABET


@pytest.fixture
def rally(app: Flask) -> Iterator[Rally]:
    with clock.stopped_at(START):
        yield make_rally(stations=3)


def told(rally: Rally, shown: list[str], phone: Phone | None = None) -> list[tuple[str, str]]:
    """The verdicts and reasons about these codes, in their order, fifty at a time."""
    phone, found = phone or Phone(rally.id), []
    for part in _parts(shown, 50):
        for text in part:
            phone.capture(text)
        results = phone.sync()["results"]
        found += [(one["verdict"], one["reason"]) for one in results]
    assert len(found) == len(shown)
    return found


def _parts(shown: list[str], size: int) -> list[list[str]]:
    return [shown[start : start + size] for start in range(0, len(shown), size)]


def stamps() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Stamp.id))) or 0


def other_letter(letter: str) -> str:
    return LETTERS[(LETTERS.index(letter) + 7) % len(LETTERS)]


# --- the letters of a code -------------------------------------------------------------------------------------------


def test_every_letter_flipped_cut_or_added(rally: Rally) -> None:
    good = token_of(rally, 1)
    places = range(len(good))
    flipped = [good[:place] + other_letter(good[place]) + good[place + 1 :] for place in places]
    left_out = [good[:place] + good[place + 1 :] for place in places]
    cut = [good[:length] for length in places]
    longer = [good[:place] + letter + good[place:] for place in (0, 7, 22) for letter in "0Z"]
    swapped = [good[:place] + good[place + 1] + good[place] + good[place + 2 :] for place in places[:-1]
               if good[place] != good[place + 1]]  # fmt: skip

    verdicts = {verdict for verdict, _reason in told(rally, [*flipped, *left_out, *cut, *longer, *swapped])}

    assert verdicts == {"rejected"} and stamps() == 0


def test_small_letters_and_look_alikes_are_the_same_code(rally: Rally) -> None:
    good = token_of(rally, 1)
    ways = [good.lower(), good.replace("0", "O"), good.replace("0", "o"), good.replace("1", "I"), good.replace("1", "l"),
            "-".join(_groups(good)), " ".join(_groups(good)).lower()]  # fmt: skip

    assert [verdict for verdict, _reason in told(rally, [good, *ways])] == ["accepted"] + ["duplicate"] * len(
        ways
    )
    assert stamps() == 1


def _groups(text: str) -> list[str]:
    return [text[start : start + 4] for start in range(0, len(text), 4)]


# --- codes of something else ---------------------------------------------------------------------------------------------


def test_codes_of_another_festival_type_or_key(rally: Rally) -> None:
    other = make_rally(stations=1)
    generation = poster_of(rally.stations[0]).key
    with transaction():
        paper = prizes.print_paper_cards(rally, 1, by="test")[0][1]
    phone = Phone(rally.id)
    phone.capture(token_of(rally, 3))
    phone.sync()
    made = {
        "another festival's": token_of(other, 1),
        "a paper card's": paper,
        "a claim's": prizes.claim_token(phone.row),
        "a recovery's": tokens.make_recovery("A" * 7, "B" * 16),
        "under another key": tokens.make_poster(generation.kid, poster_of(rally.stations[0]).pid, b"x" * 32),
        "of a poster there is not": tokens.make_poster(
            generation.kid, 32_000, keys.generation_key(generation)
        ),
        "of a generation there is not": tokens.make_poster(1000, 1, keys.generation_key(generation)),
        "a poster's letters as a display's": "1" + token_of(rally, 1)[1:] + "0",
        "no code": "https://example.jp/",
    }

    verdicts = dict(zip(made, told(rally, list(made.values())), strict=True))

    assert {verdict for verdict, _reason in verdicts.values()} == {"rejected"}, verdicts
    assert verdicts["another festival's"][1] == "other_event" and stamps() == 1


def test_a_certificate_is_no_poster(rally: Rally) -> None:
    make_prize(rally, 1)
    phone = Phone(rally.id)
    phone.capture(token_of(rally, 1))
    phone.sync()
    certificate = escrows.certificate(db.session.scalars(select(Award)).one())

    assert told(rally, [certificate])[0][0] == "rejected" and stamps() == 1


def test_a_retired_key_ends_its_posters_and_leaves_their_stamps(rally: Rally) -> None:
    early, late = Phone(rally.id), Phone(rally.id)
    told(rally, [token_of(rally, 1)], early)
    old = token_of(rally, 2)
    with transaction():
        generation = poster_of(rally.stations[0]).key
        keys.rotate(rally, by="test")
        keys.retire(generation, by="test")
    assert generation.state == KeyState.RETIRED

    assert told(rally, [old], late)[0][0] == "rejected" and stamps() == 1


def test_a_revoked_poster_before_and_after(rally: Rally) -> None:
    before, after, old = Phone(rally.id), Phone(rally.id), token_of(rally, 1)
    assert told(rally, [old], before)[0] == ("accepted", "")
    with clock.stopped_at(START + timedelta(minutes=5)):
        with transaction():
            stations.replace_poster(poster_of(rally.stations[0]), by="test")
        told(rally, [token_of(rally, 2)], after)  # a message of now, so that what follows is later
    with clock.stopped_at(START + timedelta(minutes=10)):
        assert told(rally, [old], after)[0] == ("rejected", "revoked")
        assert told(rally, [token_of(rally, 1)], after)[0] == ("accepted", "")

    assert stamps() == 3


# --- clocks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "behind", [timedelta(days=3 * 365), timedelta(days=-3 * 365), timedelta(hours=9), timedelta(0)]
)
def test_a_clock_years_wrong_changes_nothing(rally: Rally, behind: timedelta) -> None:
    phone = Phone(rally.id, behind=behind)
    phone.capture(token_of(rally, 1))
    with clock.stopped_at(START + timedelta(minutes=40)):
        results = phone.sync()["results"]

    assert results[0]["verdict"] == "accepted"
    assert db.session.scalars(select(Stamp.t_est)).one() == START


def test_a_clock_that_jumps_between_scanning_and_sending(rally: Rally) -> None:
    for number, jump in enumerate((timedelta(days=1000), timedelta(days=-1000), timedelta(seconds=-1)), 1):
        phone = Phone(rally.id)
        phone.capture(token_of(rally, number))
        phone.behind = jump
        assert phone.sync()["results"][0]["verdict"] == "accepted"

    for scan in db.session.scalars(select(Scan)):
        assert scan.t_lo <= scan.t_est <= scan.t_hi <= scan.received_at


@pytest.mark.parametrize("moment", [0, -1, 2**53, 2**63, -(2**63), 1e300, None, "yesterday", True, [], {}])
def test_moments_that_are_none_are_left_aside(rally: Rally, moment: Any) -> None:
    phone = Phone(rally.id)
    phone.capture(token_of(rally, 1), t_client=moment, after=moment)

    answer = send(rally.id, phone.message() | {"now_client": moment})

    assert answer["results"][0]["verdict"] == "accepted" and stamps() == 1


# --- again, in another order, from two places ------------------------------------------------------------------------------


def test_the_same_scan_a_hundred_times(rally: Rally) -> None:
    phone = Phone(rally.id)
    phone.capture(token_of(rally, 1))
    message = phone.message()

    answers = [send(rally.id, message)["results"] for _time in range(100)]

    assert all(answer == answers[0] for answer in answers) and stamps() == 1
    assert db.session.scalar(select(func.count(Scan.id))) == 1


def test_a_hundred_scans_of_one_poster(rally: Rally) -> None:
    phone = Phone(rally.id)

    verdicts = told(rally, [token_of(rally, 1)] * 100, phone)

    assert [verdict for verdict, _reason in verdicts] == ["accepted"] + ["duplicate"] * 99 and stamps() == 1


def test_any_order_of_arrival(rally: Rally) -> None:
    phone = Phone(rally.id)
    for number in (1, 2, 3, 1, 2, 3):
        phone.capture(token_of(rally, number))
    items = phone.message()["items"]
    random.Random(7).shuffle(items)

    for item in items:
        send(rally.id, phone.message() | {"items": [item]})
    last = send(rally.id, phone.message() | {"items": []})

    assert last["ack_seq"] == 6 and len(last["card"]["stamps"]) == 3 and stamps() == 3


# --- what a visitor may do about it -----------------------------------------------------------------------------------------


def test_a_bad_code_between_good_ones_costs_only_itself(rally: Rally) -> None:
    good = token_of(rally, 1)
    shown = [good, good[:-1] + other_letter(good[-1]), token_of(rally, 2), "", "0" * 5000, token_of(rally, 3)]

    verdicts = [verdict for verdict, _reason in told(rally, shown)]

    assert (
        verdicts == ["accepted", "rejected", "accepted", "rejected", "rejected", "accepted"] and stamps() == 3
    )


def test_a_poster_where_staff_stamp_is_held_and_never_lost(rally: Rally) -> None:
    with transaction():
        stations.set_policy(rally.stations[0], Policy.STAFF, by="test")

    assert told(rally, [token_of(rally, 1)])[0] == ("held", "policy") and stamps() == 1
