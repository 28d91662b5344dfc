"""A desk whose staff have no phone: the PIN of the day, typed on the visitor's own."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.festivals.models import Role
from eventapp.stamps import day_pins, stock
from eventapp.stamps.models import Claim, Desk, Rally
from tests.builders import make_desk, make_edition, make_festival, make_organizer, make_prize, make_rally
from tests.stamps.phones import START, token_of
from tests.visiting import Page, Visitor

CLAIM = "/town/2026/stamps/claim"


@pytest.fixture
def rally(app: Flask) -> Iterator[Rally]:
    made = make_rally(make_edition(make_festival("town")))
    make_prize(made, 1, stock=3)
    make_desk(made)
    with clock.stopped_at(START):
        yield made


@pytest.fixture
def pin(rally: Rally) -> str:
    with transaction():
        return day_pins.make(rally.desks[0], date(2026, 11, 28), by="test")


@pytest.fixture
def visitor(rally: Rally, visit: Visitor) -> Visitor:
    """Somebody who has earned the prize."""
    visit(f"/s/{token_of(rally, 1)}").submit(action="/s/")
    return visit


def type_pin(visitor: Visitor, pin: str, **values: str) -> Page:
    return visitor(CLAIM).submit(action="/claim/pin", pin=pin, **values)


def state(rally: Rally) -> tuple[int, int]:
    """Prizes in the store, and wrong PINs so far."""
    db.session.rollback()
    db.session.expire_all()
    return rally.prizes[0].stock_left, rally.desks[0].pin_failures


def test_the_pin_hands_the_prize_over_once(rally: Rally, pin: str, visitor: Visitor) -> None:
    form = visitor(CLAIM)

    page = form.submit(action="/claim/pin", pin=pin)

    assert page.alerts == ["Handed over: Towel"] and state(rally) == (2, 0)
    form.submit(action="/claim/pin", pin=pin)  # the page of before, sent once more
    (claim,) = db.session.scalars(select(Claim)).all()
    assert (claim.by, claim.desk_id) == ("PIN", rally.desks[0].id) and state(rally)[0] == 2


def test_it_is_taken_back_with_a_reason(rally: Rally, pin: str, visitor: Visitor) -> None:
    type_pin(visitor, pin)
    code = db.session.scalars(select(Claim.code)).one()

    assert "Please say why." in type_pin(visitor, pin, what=f"undo-{code}").main
    assert type_pin(visitor, pin, what=f"undo-{code}", reason="the wrong size").alerts == [
        "Undone; the prize is back."
    ]

    assert state(rally)[0] == 3
    assert type_pin(visitor, pin).alerts == ["Handed over: Towel"]
    with clock.stopped_at(START + timedelta(minutes=11)):
        assert not visitor(CLAIM).html.select("#by-pin")


def test_wrong_pins_are_counted_and_end(rally: Rally, pin: str, visitor: Visitor) -> None:
    wrong = "000000" if pin != "000000" else "111111"
    for _try in range(day_pins.AT_ONCE - 1):
        assert "This PIN is not right." in type_pin(visitor, wrong).main
    assert "Too many wrong PINs." in type_pin(visitor, wrong).main
    assert "Too many wrong PINs." in type_pin(visitor, pin).main
    assert state(rally) == (3, day_pins.AT_ONCE)

    with clock.stopped_at(START + day_pins.PAUSE):
        assert type_pin(visitor, pin).alerts == ["Handed over: Towel"]
    with transaction():
        rally.desks[0].pin_failures = day_pins.MOST
    with transaction():
        assert not day_pins.check(rally.desks[0], pin)


@pytest.mark.parametrize("typed", ["", "12345", "１２３４５６", "🎉", "x" * 500])
def test_odd_pins_hand_nothing_over(rally: Rally, pin: str, visitor: Visitor, typed: str) -> None:
    assert type_pin(visitor, typed).status == 422
    assert state(rally)[0] == 3


def test_a_pin_is_for_its_day_and_its_desk(rally: Rally, pin: str, visitor: Visitor) -> None:
    other = make_desk(rally)
    with transaction():
        day_pins.make(other, date(2026, 11, 28), by="test")

    assert type_pin(visitor, pin, desk=other.code).status == 422
    with clock.stopped_at(START + timedelta(days=1)):
        assert not visitor(CLAIM).html.select("#by-pin")
        with transaction():
            assert not day_pins.check(db.session.get_one(Desk, rally.desks[0].id), pin)


def test_only_a_card_with_a_prize_may_try(rally: Rally, pin: str, visit: Visitor, app: Flask) -> None:
    make_prize(rally, 3, position=3)
    visit(f"/s/{token_of(rally, 1)}").submit(action="/s/")
    page, stranger = visit(CLAIM), Visitor(app)
    values = {"what": page.html.select_one("[name=what]")["value"], "desk": rally.desks[0].code, "pin": pin}

    token = stranger("/town/2026/stamps/card").html.select_one("[name=csrf_token]")["value"]
    answer = stranger.send("POST", f"{CLAIM}/pin", data={**values, "csrf_token": token})

    assert answer.alerts == ["There is nothing to hand over on this phone."]
    assert type_pin(visit, pin, what="hand-" + "A" * 16).status == 422  # somebody else's award
    assert state(rally) == (3, 0)


def test_the_last_prize_is_gone(rally: Rally, pin: str, visitor: Visitor) -> None:
    with transaction():
        stock.bring_in(rally.prizes[0], -3, by="test")

    assert "none of this prize left" in type_pin(visitor, pin).main


def test_the_committee_makes_it_and_sees_it_once(rally: Rally, visit: Visitor) -> None:
    visit.sign_in(make_organizer(rally.edition.festival, Role.STAFF))
    address = f"/manage/town/2026/rally/desks/{rally.desks[0].code}"

    page = visit(address).submit(action="/pin", day="2026-11-28")

    made = page.html.select_one(".booking-number").get_text()
    assert len(made) == day_pins.DIGITS and made not in visit(address).text
    with transaction():
        assert day_pins.check(rally.desks[0], made)
    assert visit(address).submit(action="/pin", day="1999-01-01").status == 404
