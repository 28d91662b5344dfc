"""What waited in a staff phone when its day ended: taken for three days, if it was captured before the end. Nothing else is."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from eventapp import clock
from eventapp.audit import Line
from eventapp.db import db, transaction
from eventapp.factories import devices
from eventapp.factories.devices import LATE, Device
from eventapp.stamps import stock
from eventapp.stamps.models import Desk, Rally, Scan, Stamp
from tests.builders import make_desk, make_prize, make_rally
from tests.stamps.phones import START
from tests.stamps.test_routes_staff import (
    PIN,
    certificate_of,
    claim_code,
    enrolled,
    handed,
    item,
    moment,
    paper_code,
    phone_with,
    send,
    taken_along,
)
from tests.visiting import Visitor

MIDNIGHT = datetime.fromisoformat("2026-11-29T00:00:00+09:00")
BEFORE, AFTER = MIDNIGHT - timedelta(minutes=10), MIDNIGHT + timedelta(minutes=10)
MORNING = MIDNIGHT + timedelta(hours=9)
PAGES = ("", "stamp", "stock", "handed", "phone", "display", "away")


@pytest.fixture
def rally(app: Flask) -> Iterator[Rally]:
    with clock.stopped_at(START):
        yield make_rally(stations=3)


@pytest.fixture
def where(rally: Rally) -> Desk:
    return make_desk(rally)


def captured(rally: Rally, at: datetime, seq: int = 1) -> dict[str, Any]:
    """A paper card stamped at the first station, which waits for a signal."""
    with clock.stopped_at(at):
        return item(rally.stations[0], paper_code(rally), seq, t_client=moment())


def sent(visit: Visitor, path: str, items: list[dict[str, Any]], at: datetime) -> Any:
    with clock.stopped_at(at):
        return send(visit, path, items)


def stamps() -> list[datetime]:
    return list(db.session.scalars(db.select(Stamp.t_est)))


# --- stamps ----------------------------------------------------------------------------------------------------------


def test_a_stamp_of_the_evening_is_stored_once_the_next_morning(rally: Rally, visit: Visitor) -> None:
    device = enrolled(visit, rally, station=rally.stations[0])
    items = [captured(rally, BEFORE)]

    first, second = (sent(visit, "/desk/sync", items, MORNING).get_json() for _time in range(2))

    assert [(one["verdict"], one["final"]) for one in first["results"]] == [("accepted", True)]
    assert first["results"] == second["results"]
    assert stamps() == [BEFORE]
    assert db.session.scalars(db.select(Scan.device)).all() == [device.code]


def test_a_stamp_given_after_the_day_is_refused_for_good(rally: Rally, visit: Visitor) -> None:
    enrolled(visit, rally, station=rally.stations[0])
    early, late = captured(rally, BEFORE), captured(rally, AFTER, 2)
    timeless, ahead = captured(rally, AFTER, 3) | {"t_client": None}, captured(rally, MORNING + LATE, 4)

    results = sent(visit, "/desk/sync", [early, late, timeless, ahead], MORNING).get_json()["results"]

    told = {one["id"]: (one["verdict"], one["final"], one["notice"]) for one in results}
    assert told.pop(early["scan_id"]) == ("accepted", True, False)
    assert list(told.values()) == [("rejected", True, True)] * 3
    assert all("day" in one["text"] for one in results if one["verdict"] == "rejected")
    assert stamps() == [BEFORE]


def test_the_last_moment_of_the_day_counts_and_the_next_one_does_not(rally: Rally, visit: Visitor) -> None:
    enrolled(visit, rally, station=rally.stations[0])
    items = [captured(rally, MIDNIGHT - timedelta(milliseconds=1)), captured(rally, MIDNIGHT, 2)]

    verdicts = {
        one["id"]: one["verdict"] for one in sent(visit, "/desk/sync", items, MORNING).get_json()["results"]
    }

    assert [verdicts[one["scan_id"]] for one in items] == ["accepted", "rejected"]


def test_what_was_stored_in_the_day_is_not_refused_when_it_comes_again(rally: Rally, visit: Visitor) -> None:
    """The answer was lost, and then the phone's clock was set back: it seems to be of this morning."""
    enrolled(visit, rally, station=rally.stations[0])
    noon = START + timedelta(hours=2)
    one = captured(rally, noon)
    assert sent(visit, "/desk/sync", [one], noon).status_code == 200

    with clock.stopped_at(MORNING):
        behind = moment(timedelta(days=2))
        answer = send(visit, "/desk/sync", [one], now_client=behind).get_json()

    assert [one["verdict"] for one in answer["results"]] == ["accepted"]
    assert stamps() == [noon]


def test_it_ends_after_three_days(rally: Rally, visit: Visitor) -> None:
    enrolled(visit, rally, station=rally.stations[0])
    first, second = captured(rally, BEFORE), captured(rally, BEFORE, 2)

    assert sent(visit, "/desk/sync", [first], MIDNIGHT + LATE - timedelta(milliseconds=1)).status_code == 200
    assert sent(visit, "/desk/sync", [second], MIDNIGHT + LATE).status_code == 404
    assert timedelta(days=3) == LATE
    assert len(stamps()) == 1


def test_a_revoked_phone_sends_nothing_any_more(rally: Rally, visit: Visitor) -> None:
    device = enrolled(visit, rally, station=rally.stations[0])
    one = captured(rally, BEFORE)
    with clock.stopped_at(AFTER), transaction():
        devices.revoke(device, by="test")

    assert sent(visit, "/desk/sync", [one], MORNING).status_code == 404
    assert stamps() == []


def test_a_phone_that_no_pin_ever_opened_sends_nothing(rally: Rally, visit: Visitor) -> None:
    enrolled(visit, rally, station=rally.stations[0], with_pin=False)

    assert sent(visit, "/desk/sync", [captured(rally, BEFORE)], MORNING).status_code == 404


def test_a_phone_that_was_locked_at_closing_still_sends(rally: Rally, visit: Visitor) -> None:
    enrolled(visit, rally, station=rally.stations[0])
    one = captured(rally, START + timedelta(minutes=1))
    visit("/desk/phone").submit(button="Lock")
    assert sent(visit, "/desk/sync", [one], START + timedelta(hours=1)).status_code == 404  # within the day

    assert sent(visit, "/desk/sync", [one], MORNING).get_json()["results"][0]["verdict"] == "accepted"


@pytest.mark.parametrize("is_desk", [True, False])
def test_the_key_opens_nothing_else_after_the_day(
    rally: Rally, where: Desk, visit: Visitor, is_desk: bool
) -> None:
    station = rally.stations[0]
    enrolled(visit, rally, **({"desk": where} if is_desk else {"station": station}))
    token = visit("/desk/phone").find_form(button="Lock").find("input")["value"]  # type: ignore[index]
    form = {"csrf_token": token, "pin": PIN, "code": paper_code(rally), "station": station.code}

    with clock.stopped_at(MORNING):
        assert {visit(f"/desk/{path}").status for path in PAGES if path} == {404}
        for path in ("pin", "lock", "stamp", "cards"):
            assert visit.send("POST", f"/desk/{path}", data=form).status == 404, path
        assert send(visit, "/desk/sync", []).status_code == 200
    assert stamps() == []


@pytest.mark.parametrize("is_desk", [True, False])
def test_after_its_day_the_first_page_tells_only_what_still_waits(
    rally: Rally, where: Desk, visit: Visitor, is_desk: bool
) -> None:
    device = enrolled(visit, rally, **({"desk": where} if is_desk else {"station": rally.stations[0]}))

    with clock.stopped_at(MORNING):
        page = visit("/desk/")
        assert page.status == 200 and "day is over" in page.main
        assert page.html.select("main form, nav.side-nav a, #scanner") == []
        assert page.html.select_one("#desk-notes[hidden]") and f"/desk/sync?device={device.code}" in str(
            page.html
        )
        assert "no-store" in page.response.headers["Cache-Control"]

    with clock.stopped_at(MIDNIGHT + LATE):
        assert visit("/desk/").status == 404
    with clock.stopped_at(MORNING):
        with transaction():
            devices.revoke(device, by="test")
        assert visit("/desk/").status == 404


def test_the_cookie_lives_as_long_as_it_is_of_use(rally: Rally, visit: Visitor) -> None:
    with transaction():
        made, token = devices.make_link(rally.edition, label="x", pin=PIN, by="test", desk="ANY")
        until = made.valid_until
    form = visit(f"/desk/enrol/{token}").find_form(button="Use this phone")
    data = {"csrf_token": form.find("input")["value"]}  # type: ignore[index]

    response = visit.send("POST", f"/desk/enrol/{token}", follow=False, data=data).response

    assert f"Max-Age={int((until + LATE - START).total_seconds())};" in response.headers["Set-Cookie"]


# --- prizes ----------------------------------------------------------------------------------------------------------


def test_a_prize_of_the_evening_is_entered_once_the_next_morning(
    rally: Rally, where: Desk, visit: Visitor
) -> None:
    make_prize(rally, 1, stock=5)
    escrow, certificate = taken_along(visit, rally, where), certificate_of(phone_with(rally, 1))
    with clock.stopped_at(BEFORE):
        items = [handed(escrow, certificate)]

    first, second = (sent(visit, "/desk/upload", items, MORNING).get_json()["results"] for _time in range(2))

    assert first == second
    assert [one["outcome"] for one in first] == ["claimed"]
    account = stock.accounts(rally.id)[0]
    assert account.handed == 1 and account.is_straight


def test_a_prize_handed_over_after_the_day_is_refused_for_good(
    rally: Rally, where: Desk, visit: Visitor
) -> None:
    make_prize(rally, 1, stock=5)
    escrow, certificate = taken_along(visit, rally, where), certificate_of(phone_with(rally, 1))
    with clock.stopped_at(AFTER):
        items = [handed(escrow, certificate)]

    results = sent(visit, "/desk/upload", items, MORNING).get_json()["results"]

    assert [(one["outcome"], one["final"], one["notice"]) for one in results] == [("day_over", True, True)]
    assert stock.accounts(rally.id)[0].handed == 0
    told = db.session.scalars(db.select(Line).where(Line.action == "prize.upload_refused")).one()
    assert (told.subject, told.details) == (f"desk:{where.code}", {"number": 1})  # the committee can read it


# --- the same phone, enrolled again for the next day ---------------------------------------------------------------


def test_a_phone_enrolled_again_sends_what_it_kept_under_its_old_name(
    rally: Rally, where: Desk, visit: Visitor
) -> None:
    old = enrolled(visit, rally, station=rally.stations[0])
    items = [captured(rally, BEFORE)]
    with clock.stopped_at(MORNING):
        new = enrolled(visit, rally, desk=where)

        assert (
            send(visit, "/desk/sync", items).get_json()["results"][0]["verdict"] == "rejected"
        )  # not its station
        answer = send(visit, f"/desk/sync?device={old.code}", items).get_json()
        assert send(visit, "/desk/sync?device=NOBODY", items).status_code == 404
        assert "Prize desk" in visit("/desk/phone").main

    assert [one["verdict"] for one in answer["results"]] == ["accepted"]
    assert db.session.scalars(db.select(Scan.device)).all() == [old.code]
    assert new.code != old.code and stamps() == [BEFORE]


def test_a_phone_enrolled_for_tomorrow_while_it_is_locked_keeps_its_old_key(
    rally: Rally, where: Desk, visit: Visitor
) -> None:
    old = enrolled(visit, rally, station=rally.stations[0])
    items = [captured(rally, START + timedelta(minutes=1))]
    visit("/desk/phone").submit(button="Lock")
    enrolled(visit, rally, desk=where)
    path = f"/desk/sync?device={old.code}"

    assert sent(visit, path, items, START + timedelta(hours=1)).status_code == 404
    assert sent(visit, path, items, MORNING).get_json()["results"][0]["verdict"] == "accepted"
    assert stamps() == [START + timedelta(minutes=1)]


def test_the_script_sends_under_the_name_of_its_page(rally: Rally, visit: Visitor) -> None:
    device = enrolled(visit, rally, station=rally.stations[0])

    holder = visit("/desk/").html.select_one("#desk-data")

    assert holder is not None
    assert f'"/desk/sync?device={device.code}"' in holder.get_text()
    assert f'"/desk/upload?device={device.code}"' in holder.get_text()


def test_a_name_alone_is_worth_nothing(rally: Rally, visit: Visitor, app: Flask) -> None:
    other = enrolled(Visitor(app), rally, station=rally.stations[0])
    enrolled(visit, rally, station=rally.stations[1])

    assert send(visit, f"/desk/sync?device={other.code}", []).status_code == 404
    assert db.session.get_one(Device, other.id).is_open


def test_a_card_shown_in_the_evening_is_stamped_the_next_morning(rally: Rally, visit: Visitor) -> None:
    enrolled(visit, rally, station=rally.stations[1])
    with clock.stopped_at(BEFORE):
        one = item(rally.stations[1], claim_code(phone_with(rally, 1)))

    assert sent(visit, "/desk/sync", [one], MORNING).get_json()["results"][0]["verdict"] == "accepted"
