"""Staff phones: let in by link and PIN, for one factory or one desk; stamping, prizes, stock, the display, no signal."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.factories import devices
from eventapp.factories.devices import Device
from eventapp.stamps import by_hand, erasing, escrows, keys, prizes, queries, raffle, stations, stock, tokens
from eventapp.stamps.models import (
    Card,
    Claim,
    ClaimState,
    Desk,
    KeyGeneration,
    Policy,
    Prize,
    Rally,
    Scan,
    Stamp,
    Station,
    Status,
)
from tests.builders import make_desk, make_prize, make_rally, texts
from tests.stamps.phones import START, Phone, phone_with, token_of
from tests.visiting import Page, Visitor

JSON = {"X-Kouba": "outbox", "Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
PIN = "2468"


@pytest.fixture
def rally(app: Flask) -> Any:
    with clock.stopped_at(START):
        yield make_rally(stations=3)


@pytest.fixture
def where(rally: Rally) -> Desk:
    return make_desk(rally)


def enrolled(
    visit: Visitor,
    rally: Rally,
    *,
    station: Station | None = None,
    desk: Desk | None = None,
    with_pin: bool = True,
) -> Device:
    """This browser is a staff phone from now on."""
    with transaction():
        factory = station.entry.factory if station is not None and station.entry is not None else None
        device, token = devices.make_link(
            rally.edition,
            label="受付の電話",
            pin=PIN,
            by="test",
            factory=factory,
            desk=desk.code if desk else "",
        )
    page = visit(f"/desk/enrol/{token}").submit(button="Use this phone")
    if with_pin:
        page.submit(action="/desk/pin", pin=PIN)
    return db.session.get_one(Device, device.id)


def claim_code(phone: Phone) -> str:
    return prizes.claim_token(queries.root_of(phone.row))


def paper_code(rally: Rally) -> str:
    with transaction():
        return prizes.print_paper_cards(rally, 1, by="test")[0][1]


def stamp_page(visit: Visitor, code: str) -> Page:
    return visit("/desk/").submit(action="/desk/stamp", code=code)


def send(visit: Visitor, path: str, items: list[dict[str, Any]], **more: Any) -> Any:
    return visit.send(
        "POST", path, follow=False, json={"now_client": moment(), "items": items, **more}, headers=JSON
    ).response


def moment(ago: timedelta = timedelta(0)) -> int:
    from eventapp.stamps import timing

    return timing.to_milliseconds(clock.now() - ago)


def item(station: Station, shown: str, seq: int = 1, **values: Any) -> dict[str, Any]:
    return {
        "scan_id": tokens.random_letters(26),
        "seq": seq,
        "station": station.code,
        "shown": shown,
        "t_client": moment(),
        **values,
    }


# --- being let in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "stamp", "stock", "handed", "phone", "display", "away", "cards/NOBODY"])
def test_without_a_key_the_desk_is_nothing(rally: Rally, visit: Visitor, path: str) -> None:
    assert visit(f"/desk/{path}").status == 404


def test_the_link_works_once_and_looking_uses_nothing_up(rally: Rally, visit: Visitor, app: Flask) -> None:
    with transaction():
        _device, token = devices.make_link(
            rally.edition, label="x", pin=PIN, by="test", factory=rally.stations[0].entry.factory
        )  # type: ignore[union-attr]
    first, second = Visitor(app), Visitor(app)
    assert first(f"/desk/enrol/{token}").status == second(f"/desk/enrol/{token}").status == 200
    page = second(f"/desk/enrol/{token}")

    assert "PIN" in first(f"/desk/enrol/{token}").submit(button="Use this phone").main
    assert page.submit(button="Use this phone").status == 404
    assert second("/desk/").status == 404


def test_the_pin_opens_the_phone_and_wrong_ones_are_counted(rally: Rally, visit: Visitor) -> None:
    device = enrolled(visit, rally, station=rally.stations[0], with_pin=False)
    for _try in range(devices.FAST - 1):
        assert "not right" in visit("/desk/").submit(action="/pin", pin="0000").main
    assert "wait five minutes" in visit("/desk/").submit(action="/pin", pin="0000").main
    assert "wait five minutes" in visit("/desk/").submit(action="/pin", pin=PIN).main
    assert db.session.get_one(Device, device.id).pin_failures == devices.FAST

    with clock.stopped_at(START + timedelta(minutes=6)):
        assert visit("/desk/").submit(action="/pin", pin=PIN).html.select("#typed")


def test_a_locked_or_ended_phone_does_nothing(rally: Rally, visit: Visitor) -> None:
    device = enrolled(visit, rally, station=rally.stations[0])
    visit("/desk/phone").submit(button="Lock")
    assert send(visit, "/desk/sync", []).status_code == 404
    visit("/desk/").submit(action="/pin", pin=PIN)
    assert send(visit, "/desk/sync", []).status_code == 200

    with transaction():
        devices.revoke(device, by="test")
    assert visit("/desk/").status == 404


def test_a_phone_ends_with_its_day(rally: Rally, visit: Visitor) -> None:
    enrolled(visit, rally, station=rally.stations[0])

    with clock.stopped_at(START + timedelta(days=1)):
        assert visit("/desk/phone").status == 404
        assert visit("/desk/").html.select("#typed, #scanner") == []


def test_the_key_is_out_of_reach_of_scripts(rally: Rally, visit: Visitor) -> None:
    with transaction():
        _device, token = devices.make_link(
            rally.edition, label="x", pin=PIN, by="test", factory=rally.stations[0].entry.factory
        )  # type: ignore[union-attr]
    form = visit(f"/desk/enrol/{token}").find_form(button="Use this phone")
    data = {"csrf_token": form.find("input")["value"]}  # type: ignore[index]

    cookie = visit.send("POST", f"/desk/enrol/{token}", follow=False, data=data).response.headers[
        "Set-Cookie"
    ]

    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/desk" in cookie


# --- stamping ------------------------------------------------------------------------------------------------------


def test_staff_stamp_what_a_visitor_shows(rally: Rally, visit: Visitor) -> None:
    station = rally.stations[1]
    with transaction():
        stations.set_policy(station, Policy.STAFF, by="test")
    enrolled(visit, rally, station=station)
    phone = phone_with(rally, 1)

    page = stamp_page(visit, claim_code(phone))

    assert page.alerts[0] == "Stamped."
    assert db.session.scalar(db.select(Stamp.status).where(Stamp.station_id == station.id)) == Status.OK
    assert db.session.scalar(db.select(Scan.by).where(Scan.station_id == station.id)) == "受付の電話"


def test_staff_stamp_confirms_what_was_held(rally: Rally, visit: Visitor) -> None:
    station = rally.stations[0]
    with transaction():
        stations.set_policy(station, Policy.STAFF, by="test")
    phone = phone_with(rally, 1)
    assert db.session.scalars(db.select(Stamp.status)).one() == Status.HELD
    enrolled(visit, rally, station=station)

    stamp_page(visit, claim_code(phone))

    assert db.session.scalars(db.select(Stamp.status)).one() == Status.OK


def test_an_old_code_is_held_until_a_fresh_one_is_shown(rally: Rally, visit: Visitor) -> None:
    """A photo that a friend carries about: nobody is refused, and somebody looks."""
    enrolled(visit, rally, station=rally.stations[1])
    phone = phone_with(rally, 1)
    photo = claim_code(phone)

    with clock.stopped_at(START + timedelta(minutes=10)):
        page = stamp_page(visit, photo)
        second = db.select(Stamp.status, Stamp.reason).where(Stamp.station_id == rally.stations[1].id)
        held = tuple(db.session.execute(second).one())
        stamp_page(visit, claim_code(phone))

    assert "being checked" in page.alerts[0]
    assert held == (Status.HELD, "old_code")
    db.session.rollback()
    assert tuple(db.session.execute(second).one()) == (Status.OK, "")


def test_a_code_is_as_old_as_it_was_when_it_was_scanned(rally: Rally, visit: Visitor) -> None:
    """The staff phone had no signal for hours; a photo shown there is as old as it was, not a minute more or less."""
    enrolled(visit, rally, station=rally.stations[1])
    code, other = (claim_code(phone_with(rally, 1)) for _card in range(2))
    fresh = item(rally.stations[1], code)
    with clock.stopped_at(START + timedelta(minutes=2)):
        photo = item(rally.stations[1], other, 2)

    with clock.stopped_at(START + timedelta(hours=3)):
        results = send(visit, "/desk/sync", [fresh, photo]).get_json()["results"]

    assert {one["id"]: one["verdict"] for one in results} == {
        fresh["scan_id"]: "accepted", photo["scan_id"]: "held",
    }  # fmt: skip
    assert [one["notice"] for one in results] == [False, False]


def test_a_paper_card_begins_with_its_first_stamp(rally: Rally, visit: Visitor) -> None:
    enrolled(visit, rally, station=rally.stations[0])
    code = paper_code(rally)

    stamp_page(visit, f"http://localhost/s/{code}")
    again = stamp_page(visit, code.lower())

    assert again.alerts[0] == "This card has the stamp already."
    assert db.session.scalar(db.select(db.func.count(Card.id))) == 1


def test_a_paper_card_of_a_retired_key_is_none(rally: Rally, visit: Visitor) -> None:
    """Invariant 17: whoever has the leaked key can print as many as they like."""
    enrolled(visit, rally, station=rally.stations[0])
    code = paper_code(rally)
    with transaction():
        keys.retire(db.session.scalars(db.select(KeyGeneration)).one(), by="organizer")

    page = stamp_page(visit, code)

    assert "not a card of this rally" in page.alerts[0]
    assert db.session.scalar(db.select(db.func.count(Card.id))) == 0


@pytest.mark.parametrize("code", ["nonsense", "", "0" * 22, "2" * 24, "O0" * 60])
def test_what_is_no_card_is_told_so(rally: Rally, visit: Visitor, code: str) -> None:
    enrolled(visit, rally, station=rally.stations[0])

    page = stamp_page(visit, code)

    assert page.status in {200, 422}
    assert db.session.scalars(db.select(Stamp)).all() == []


def test_a_poster_is_no_card(rally: Rally, visit: Visitor) -> None:
    enrolled(visit, rally, station=rally.stations[0])

    assert "not a card of this rally" in stamp_page(visit, token_of(rally, 1)).alerts[0]


def test_a_factory_s_phone_stamps_for_its_own_station_alone(rally: Rally, visit: Visitor) -> None:
    enrolled(visit, rally, station=rally.stations[0])
    phone = phone_with(rally, 3)

    answer = send(visit, "/desk/sync", [item(rally.stations[1], claim_code(phone))]).get_json()

    assert [(one["verdict"], one["final"]) for one in answer["results"]] == [("rejected", True)]
    assert "may not stamp" in answer["results"][0]["text"]
    page = visit("/desk/")
    assert (
        page.submit(action="/desk/stamp", code=claim_code(phone), station=rally.stations[1].code).status
        == 404
    )


def test_the_outbox_of_a_staff_phone_may_send_twice(rally: Rally, visit: Visitor) -> None:
    device = enrolled(visit, rally, station=rally.stations[1])
    phone = phone_with(rally, 1)
    items = [item(rally.stations[1], claim_code(phone)), item(rally.stations[1], paper_code(rally), 2)]

    first, second = (send(visit, "/desk/sync", items).get_json() for _time in range(2))

    assert first["results"] == second["results"]
    assert {one["verdict"] for one in first["results"]} == {"accepted"}
    assert first["known"] == second["known"] == 2
    assert db.session.scalar(db.select(db.func.count(Scan.id)).where(Scan.device == device.code)) == 2


def test_a_phone_is_told_how_many_of_its_own_stamps_are_known(rally: Rally, visit: Visitor) -> None:
    """What its form stamped, and what was refused, it does not count; else a lost stamp would hide behind them."""
    enrolled(visit, rally, station=rally.stations[0])
    first = paper_code(rally)
    stamp_page(visit, first)
    with transaction():
        by_hand.void(db.session.scalars(db.select(Stamp)).one(), "a trial", by="organizer")
    items = [
        item(rally.stations[0], code, seq) for seq, code in enumerate((first, paper_code(rally), "no"), 1)
    ]

    answer = send(visit, "/desk/sync", items).get_json()

    assert [one["verdict"] for one in answer["results"]] == ["rejected", "accepted", "rejected"]
    assert [one["notice"] for one in answer["results"]] == [True, False, True]
    assert answer["known"] == 1
    assert db.session.scalar(db.select(db.func.count(Scan.id))) == 3


def test_a_stamp_for_a_deleted_card_is_nobody_s_trouble(rally: Rally, visit: Visitor) -> None:
    enrolled(visit, rally, station=rally.stations[1])
    phone = phone_with(rally, 1)
    waiting = item(rally.stations[1], claim_code(phone))
    with transaction():
        erasing.delete_card(phone.row)

    (result,) = send(visit, "/desk/sync", [waiting]).get_json()["results"]

    assert (result["verdict"], result["notice"], result["final"]) == ("rejected", False, True)
    assert result["text"] == "The visitor has deleted this card."


def test_a_stamp_given_without_a_signal_keeps_its_time(rally: Rally, visit: Visitor) -> None:
    enrolled(visit, rally, station=rally.stations[1])
    one = item(rally.stations[1], paper_code(rally))
    with clock.stopped_at(START + timedelta(hours=3)):
        send(visit, "/desk/sync", [one])

    stamp = db.session.scalars(db.select(Stamp)).one()
    assert stamp.t_est == START


BAD: list[Any] = [
    [], "text", {"items": "x"}, {"items": [1]}, {"items": [{}]}, {"items": [{"scan_id": 1}]}, {"items": [{}] * 51}, {"items": None}, {},
    {"items": [{"scan_id": "A" * 26, "seq": -1, "station": "X", "shown": "Y"}]}, {"items": [{"scan_id": "A" * 26, "seq": True, "station": "X", "shown": "Y"}]},
    {"items": [{"scan_id": "short", "seq": 1, "station": "X", "shown": "Y"}]}, {"items": [{"scan_id": "A" * 26, "seq": 1, "station": ["X"], "shown": "Y"}]},
]  # fmt: skip


@pytest.mark.parametrize("message", BAD)
def test_bad_messages_are_refused_as_a_whole(rally: Rally, visit: Visitor, where: Desk, message: Any) -> None:
    enrolled(visit, rally, desk=where)
    for path in ("/desk/sync", "/desk/upload"):
        answer = visit.send("POST", path, json=message, headers=JSON)
        assert answer.status == 400, path


def test_a_page_of_another_site_cannot_send_stamps(rally: Rally, visit: Visitor) -> None:
    enrolled(visit, rally, station=rally.stations[0])

    assert visit.send("POST", "/desk/sync", data="{}", headers=JSON).status in {400, 415}
    assert visit.send("POST", "/desk/sync", json={"items": []}).status == 403
    assert (
        visit.send(
            "POST", "/desk/sync", json={"items": []}, headers={**JSON, "Sec-Fetch-Site": "cross-site"}
        ).status
        == 403
    )


# --- the prize desk ------------------------------------------------------------------------------------------------


def look_up(visit: Visitor, code: str) -> Page:
    return visit("/desk/").submit(action="/desk/cards", code=code)


def test_a_prize_is_handed_over_once_and_undone_with_a_reason(
    rally: Rally, where: Desk, visit: Visitor
) -> None:
    prize = make_prize(rally, 2, stock=1)
    enrolled(visit, rally, desk=where)
    phone = phone_with(rally, 1, 2)

    page = look_up(visit, claim_code(phone))
    assert "Earned" in page.main and "1 left" in page.main
    assert claim_code(phone) not in page.url
    page = page.submit(button="Hand over")
    assert page.alerts[0] == "Handed over: Towel" or "Handed over" in page.alerts[0]
    assert db.session.get_one(Prize, prize.id).stock_left == 0

    refused = visit("/desk/handed").submit(action="/undo", reason=" ")
    assert "Please say why." in refused.alerts[0]
    visit("/desk/handed").submit(action="/undo", reason="wrong one")
    assert db.session.scalars(db.select(Claim.state)).all() == [ClaimState.UNDONE]
    assert db.session.get_one(Prize, prize.id).stock_left == 1


def test_undoing_ends_after_ten_minutes(rally: Rally, where: Desk, visit: Visitor) -> None:
    make_prize(rally, 1)
    enrolled(visit, rally, desk=where)
    look_up(visit, claim_code(phone_with(rally, 1))).submit(button="Hand over")
    code = db.session.scalars(db.select(Claim.code)).one()
    token = visit("/desk/handed").find_form("/undo").find("input")["value"]  # type: ignore[index]

    with clock.stopped_at(START + timedelta(minutes=11)):
        assert not visit("/desk/handed").html.select("form[action*=undo]")
        page = visit.send("POST", f"/desk/claims/{code}/undo", data={"reason": "late", "csrf_token": token})

    assert "ten minutes only" in page.alerts[0]
    assert db.session.scalars(db.select(Claim.state)).all() == [ClaimState.LIVE]


def test_a_double_tap_hands_over_once(rally: Rally, where: Desk, visit: Visitor) -> None:
    prize = make_prize(rally, 1, stock=5)
    enrolled(visit, rally, desk=where)
    page = look_up(visit, claim_code(phone_with(rally, 1)))

    page.submit(button="Hand over")
    again = page.submit(button="Hand over")

    assert again.status == 200
    assert db.session.get_one(Prize, prize.id).stock_left == 4


def test_nothing_is_handed_over_from_an_empty_stock(rally: Rally, where: Desk, visit: Visitor) -> None:
    make_prize(rally, 1, stock=0)
    enrolled(visit, rally, desk=where)

    page = look_up(visit, claim_code(phone_with(rally, 1)))

    assert "None left here." in page.main
    assert not page.html.select("form[action*=claim]")


def test_a_photo_of_the_code_is_too_old_after_a_minute(rally: Rally, where: Desk, visit: Visitor) -> None:
    enrolled(visit, rally, desk=where)
    old = claim_code(phone_with(rally, 1))

    with clock.stopped_at(START + timedelta(minutes=3)):
        page = look_up(visit, old)

    assert page.status == 422
    assert "more than a minute old" in page.main


def test_a_paper_card_without_stamps_is_told_so(rally: Rally, where: Desk, visit: Visitor) -> None:
    enrolled(visit, rally, desk=where)

    assert "no stamp on this paper card" in look_up(visit, paper_code(rally)).main


def test_flags_are_shown_and_refuse_nothing(rally: Rally, where: Desk, visit: Visitor) -> None:
    make_prize(rally, 1)
    enrolled(visit, rally, desk=where)
    phone = Phone(rally.id)
    phone.capture(token_of(rally, 1), geo="far")
    phone.sync()

    page = look_up(visit, claim_code(phone))

    assert "the phone thought it was somewhere else" in page.main
    assert page.submit(button="Hand over").alerts


def test_a_held_stamp_is_accepted_at_the_desk(rally: Rally, where: Desk, visit: Visitor) -> None:
    with transaction():
        stations.set_policy(rally.stations[0], Policy.ROTATING, by="test")
    enrolled(visit, rally, desk=where)

    look_up(visit, claim_code(phone_with(rally, 1))).submit(button="It counts")

    assert db.session.scalars(db.select(Stamp.status)).all() == [Status.OK]


def test_a_factory_s_phone_hands_over_no_prizes(rally: Rally, where: Desk, visit: Visitor) -> None:
    make_prize(rally, 1)
    enrolled(visit, rally, station=rally.stations[0])
    phone = phone_with(rally, 1)
    handle = queries.root_of(phone.row).handle

    assert {visit(f"/desk/{path}").status for path in (f"cards/{handle}", "stock", "handed", "away")} == {404}
    assert send(visit, "/desk/upload", []).status_code == 404


def test_a_card_of_another_rally_is_nothing_here(rally: Rally, where: Desk, visit: Visitor) -> None:
    other = make_rally()
    enrolled(visit, rally, desk=where)
    phone = phone_with(other, 1)

    assert "not a card of this rally" in look_up(visit, claim_code(phone)).main
    assert visit(f"/desk/cards/{phone.row.handle}").status == 404


def test_the_desk_tells_a_winner_of_the_draw(rally: Rally, where: Desk, visit: Visitor) -> None:
    from eventapp import draws

    phone = phone_with(rally, 1)
    with transaction():
        draw = raffle.announce(rally, texts("大抽選会", "Grand draw"), winners=1, needed=1, by="test")
        raffle.freeze(draw, rally, by="test")
        draws.draw_lots(draw, by="test")
    enrolled(visit, rally, desk=where)

    assert "has won the draw “Grand draw”" in look_up(visit, claim_code(phone)).main


def test_prizes_are_fetched_from_the_store(rally: Rally, where: Desk, visit: Visitor) -> None:
    make_prize(rally, 1, stock=10)
    enrolled(visit, rally, desk=where)

    visit("/desk/stock").submit(button="Fetch", number="4")
    page = visit("/desk/stock").submit(button="Fetch", number="40")

    account = stock.accounts(rally.id)[0]
    assert (account.store, account.desks) == (6, 4)
    assert "not so many" in page.alerts[0]


# --- without a signal ----------------------------------------------------------------------------------------------


def taken_along(visit: Visitor, rally: Rally, where: Desk, number: int = 2) -> str:
    enrolled(visit, rally, desk=where)
    visit("/desk/stock").submit(action="/desk/away/", number=str(number))
    import json

    holder = visit("/desk/away").html.select_one("#desk-data")
    assert holder is not None
    data = json.loads(holder.get_text())
    assert data["public_key"]["crv"] == "P-256"
    return str(data["escrows"][0]["code"])


def certificate_of(phone: Phone) -> str:
    from eventapp.stamps.models import Award

    award = db.session.scalars(db.select(Award).where(Award.card_id == queries.root_of(phone.row).id)).one()
    return escrows.certificate(award)


def handed(escrow: str, certificate: str) -> dict[str, Any]:
    return {
        "scan_id": tokens.random_letters(26),
        "seq": 1,
        "escrow": escrow,
        "certificate": certificate,
        "t_client": moment(),
    }


def test_what_was_handed_over_without_a_signal_is_entered_once(
    rally: Rally, where: Desk, visit: Visitor
) -> None:
    make_prize(rally, 1, stock=5)
    escrow = taken_along(visit, rally, where)
    items = [handed(escrow, certificate_of(phone_with(rally, 1)))]

    first, second = (send(visit, "/desk/upload", items).get_json()["results"] for _time in range(2))

    assert first == second
    assert [one["outcome"] for one in first] == ["claimed"]
    account = stock.accounts(rally.id)[0]
    assert (account.store, account.escrow, account.handed) == (3, 1, 1) and account.is_straight


def test_a_prize_handed_over_twice_is_listed(rally: Rally, where: Desk, visit: Visitor) -> None:
    make_prize(rally, 1, stock=5)
    escrow = taken_along(visit, rally, where)
    phone = phone_with(rally, 1)
    look_up(visit, claim_code(phone)).submit(button="Hand over")

    answer = send(visit, "/desk/upload", [handed(escrow, certificate_of(phone))]).get_json()

    assert answer["results"][0]["outcome"] == "double" and answer["results"][0]["notice"]
    assert len(escrows.list_doubles(rally)) == 1


def test_a_made_up_certificate_is_worth_nothing(rally: Rally, where: Desk, visit: Visitor) -> None:
    make_prize(rally, 1, stock=5)
    escrow = taken_along(visit, rally, where)

    answer = send(
        visit, "/desk/upload", [handed(escrow, "5" + "A" * 136), handed("NOESCROW", "5")]
    ).get_json()

    assert [one["outcome"] for one in answer["results"]] == ["unknown", "unknown"]
    assert stock.accounts(rally.id)[0].handed == 0


def test_what_is_left_is_brought_back(rally: Rally, where: Desk, visit: Visitor) -> None:
    make_prize(rally, 1, stock=5)
    taken_along(visit, rally, where)

    visit("/desk/stock").submit(button="Bring back")

    assert stock.accounts(rally.id)[0].store == 5
    assert "Nothing taken along" in visit("/desk/away").main


# --- the display ---------------------------------------------------------------------------------------------------


def with_display(rally: Rally) -> tuple[Station, int]:
    station = rally.stations[0]
    with transaction():
        stations.set_policy(station, Policy.ROTATING, by="test")
        pid = stations.issue_poster(station, by="test", is_display=True).pid
    return station, pid


def code_by_display(data: dict[str, Any], step: int) -> str:
    """A code as display.js makes it: from the page's data alone."""
    from base64 import b64decode

    message = data["head"] + tokens.encode_number(step, 5)
    return message + tokens.mac(b64decode(data["key"]), message, 12)


def test_a_display_s_codes_are_taken(rally: Rally, visit: Visitor) -> None:
    station, pid = with_display(rally)
    enrolled(visit, rally, station=station)
    assert visit("/desk/display").click(station.title.text("en")).status == 200
    data = visit.send("GET", f"/desk/display/{pid}/key.json").response.get_json()

    phone = Phone(rally.id)
    phone.capture(code_by_display(data, tokens.step_at(clock.now())))
    phone.sync()

    assert db.session.scalars(db.select(Stamp.status)).all() == [Status.OK]
    assert (data["now"], data["address"]) == (moment(), "http://localhost/s/")


def test_a_display_s_key_is_good_for_one_day(rally: Rally, visit: Visitor) -> None:
    station, pid = with_display(rally)
    enrolled(visit, rally, station=station)
    data = visit.send("GET", f"/desk/display/{pid}/key.json").response.get_json()

    with clock.stopped_at(START + timedelta(days=1)):
        phone = Phone(rally.id)
        phone.capture(code_by_display(data, tokens.step_at(clock.now())))
        answer = phone.sync()

    assert answer["results"][0]["verdict"] == "rejected"


def test_a_phone_gets_no_other_station_s_display(rally: Rally, visit: Visitor) -> None:
    _station, pid = with_display(rally)
    enrolled(visit, rally, station=rally.stations[1])

    assert "No display here" in visit("/desk/display").main
    assert visit(f"/desk/display/{pid}").status == visit(f"/desk/display/{pid}/key.json").status == 404


def test_a_revoked_display_ends(rally: Rally, visit: Visitor) -> None:
    station, pid = with_display(rally)
    enrolled(visit, rally, station=station)
    with transaction():
        stations.revoke_poster(queries.get_poster(rally, pid), by="test")

    assert visit(f"/desk/display/{pid}").status == 404


def test_every_page_of_a_phone_opens_in_both_languages(rally: Rally, where: Desk, app: Flask) -> None:
    make_prize(rally, 1)
    for language in ("ja", "en"):
        visitor = Visitor(app, language=language)
        enrolled_quietly(visitor, rally, where)
        for path in ("", "stamp", "stock", "handed", "phone", "display", "away"):
            assert visitor(f"/desk/{path}").status == 200, path


def enrolled_quietly(visitor: Visitor, rally: Rally, where: Desk) -> None:
    with transaction():
        _device, token = devices.make_link(rally.edition, label="x", pin=PIN, by="test", desk=where.code)
    visitor(f"/desk/enrol/{token}").submit(action="/desk/enrol/").submit(action="/desk/pin", pin=PIN)
