"""The committee's rally pages: set up in one click, switched while it runs, judged by people, figures for readers only."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from eventapp import clock, draws, jobs
from eventapp.db import db, transaction
from eventapp.factories import devices
from eventapp.festivals.models import Edition, EditionState, Role
from eventapp.stamps import arranging, by_hand, pictures, posters, queries, stations, statistics, stock
from eventapp.stamps.arranging import ArrangeError
from eventapp.stamps.models import (
    KeyState,
    Policy,
    Poster,
    PrizeKind,
    Rally,
    RallyState,
    Stamp,
    Station,
    Status,
)
from eventapp.stamps.routes.organizer import TABS
from tests.builders import (
    SATURDAY,
    SUNDAY,
    make_desk,
    make_edition,
    make_entry,
    make_organizer,
    make_prize,
    make_rally,
    make_venue,
)
from tests.stamps.phones import START, Phone, token_of
from tests.visiting import Visitor

BASE = "/manage/{0}/{1}/rally"


def base(rally: Rally) -> str:
    return BASE.format(rally.edition.festival.slug, rally.edition.slug)


@pytest.fixture
def rally(app: Flask) -> Rally:
    return make_rally(stations=3)


@pytest.fixture
def desk(rally: Rally, visit: Visitor) -> Visitor:
    return visit.sign_in(make_organizer(rally.edition.festival, Role.STAFF))


def of_edition(edition: Edition) -> str:
    return BASE.format(edition.festival.slug, edition.slug)


@pytest.mark.parametrize(("days", "badge", "words"), [
    (-1, "Starts on Sat, Nov 28", "Visitors see the rally already."), (0, "On now", "Visitors collect."), (2, "Over", "No new stamps."),
])  # fmt: skip
def test_the_overview_says_where_the_rally_stands(
    rally: Rally, visit: Visitor, days: int, badge: str, words: str
) -> None:
    with clock.stopped_at(START + timedelta(days=days)):
        page = visit.sign_in(make_organizer(rally.edition.festival, Role.STAFF))(base(rally))

    state = page.html.select_one(".rally-state")
    assert state is not None and badge in state.get_text() and words in state.get_text()
    assert "0:00" not in page.main  # midnight is nobody's hour: the days alone
    assert "Sun, Nov 29" in page.main


def test_the_minutes_are_told_in_the_time_of_the_town(rally: Rally) -> None:
    counts = [(START + timedelta(minutes=place), place) for place in range(60)]

    drawn = pictures.draw_minutes(counts, rally.edition.zone)

    assert all(f">10:{minute}<" in drawn for minute in (10, 20, 30, 40, 50))
    assert drawn.count("<rect") == 59


def test_days_to_choose_from_are_said_as_people_say_them(rally: Rally, desk: Visitor) -> None:
    page = desk(f"{base(rally)}/devices")

    assert [one.get_text() for one in page.html.select("select[name=day] option")] == [
        "Sat, Nov 28",
        "Sun, Nov 29",
    ]


def held_stamp(rally: Rally) -> Phone:
    """A card whose stamp of the first station waits for a look."""
    with transaction():
        stations.set_policy(rally.stations[0], Policy.ROTATING, by="test")
    phone = Phone(rally.id)
    with clock.stopped_at(START):
        phone.capture(token_of(rally, 1))
        phone.sync()
    return phone


# --- setting up ----------------------------------------------------------------------------------------------------


def test_one_click_gives_every_factory_and_venue_a_station(visit: Visitor) -> None:
    edition = make_edition()
    for _number in range(3):
        make_entry(edition)
    make_venue(edition)
    visit.sign_in(make_organizer(edition.festival))

    page = visit(of_edition(edition)).submit(button="Set up a rally")

    rally = queries.find_rally(edition)
    assert rally is not None and rally.state == RallyState.DRAFT
    assert [station.number for station in rally.stations] == [1, 2, 3, 4]
    assert "Nobody sees it until you start it." in page.alerts[0]
    assert all(len(station.posters) == 1 for station in rally.stations)


def test_starting_shows_the_rally_to_visitors_and_closing_stops_stamps(visit: Visitor) -> None:
    rally = make_rally(state=RallyState.DRAFT)
    home = f"/{rally.edition.festival.slug}/{rally.edition.slug}/stamps/"
    visit.sign_in(make_organizer(rally.edition.festival))
    assert visit(home).status == 404

    visit(base(rally)).submit(button="Start the rally")
    assert visit(home).status == 200

    visit(base(rally)).submit(button="Close the rally")
    assert db.session.get_one(Rally, rally.id).state == RallyState.CLOSED


def test_settings_keep_the_edition_s_wall_time(rally: Rally, desk: Visitor) -> None:
    page = desk(f"{base(rally)}/settings").submit(
        action="/rally/", opens_at="2026-11-28T09:30", closes_at="2026-11-29T17:00"
    )

    assert page.alerts[0] == "Saved."
    assert db.session.get_one(Rally, rally.id).opens_at == clock.parse_moment(
        "2026-11-28T09:30", rally.edition.zone
    )


def test_a_rally_cannot_close_before_it_opens(rally: Rally, desk: Visitor) -> None:
    page = desk(f"{base(rally)}/settings").submit(
        action="/rally/", opens_at="2026-11-29T09:30", closes_at="2026-11-28T17:00"
    )

    assert page.status == 422
    assert "The rally must close after it opens." in page.main
    assert db.session.get_one(Rally, rally.id).opens_at is None


def test_settings_of_two_people_lose_nothing(rally: Rally, desk: Visitor) -> None:
    mine = desk(f"{base(rally)}/settings")
    desk(f"{base(rally)}/settings").submit(action="/rally/", **{"name-ja": "別の名前"})

    page = mine.submit(action="/rally/", **{"name-ja": "わたしの名前"})

    assert page.status == 409
    assert "別の名前" in page.main
    assert "わたしの名前" in page.main


# --- stations ------------------------------------------------------------------------------------------------------


def test_policy_is_switched_while_the_rally_runs(rally: Rally, desk: Visitor) -> None:
    station = rally.stations[0]

    page = desk(f"{base(rally)}/stations").submit(action=f"{station.code}/policy", policy="staff")

    assert db.session.get_one(Station, station.id).policy == Policy.STAFF
    assert "Staff stamp the card" in page.alerts[0]


def test_station_hours_are_typed_by_line(rally: Rally, desk: Visitor) -> None:
    station = rally.stations[0]

    desk(f"{base(rally)}/stations/{station.code}").submit(
        action="/rally/", hours="11/28 10:00-12:00、13:00-16:00\n11/29 9:30-15:00", no_camera="y"
    )

    changed = db.session.get_one(Station, station.id)
    assert changed.no_camera
    assert changed.hours == [
        ["2026-11-28", "10:00", "12:00"],
        ["2026-11-28", "13:00", "16:00"],
        ["2026-11-29", "09:30", "15:00"],
    ]
    assert "2026-11-28 10:00-12:00, 13:00-16:00" in desk(f"{base(rally)}/stations/{station.code}").text


@pytest.mark.parametrize(("typed", "expected"), [
    ("10:00-16:00", [["2026-11-28", "10:00", "16:00"], ["2026-11-29", "10:00", "16:00"]]), ("", []), ("\n \n", []),
    ("１１/２８　１０時-１６時半", [["2026-11-28", "10:00", "16:30"]]),
])  # fmt: skip
def test_hours_as_people_write_them(app: Flask, typed: str, expected: list[list[str]]) -> None:
    assert arranging.parse_hours(typed, [SATURDAY, SUNDAY]) == expected


def test_hours_that_cannot_be_read_stand_at_their_field(rally: Rally, desk: Visitor) -> None:
    page = desk(f"{base(rally)}/stations/{rally.stations[0].code}").submit(
        action="/rally/", hours="all day long"
    )

    assert page.status == 422
    assert page.html.select("#hours-errors")


def test_a_point_of_its_own_needs_a_name(rally: Rally, desk: Visitor) -> None:
    page = desk(f"{base(rally)}/stations/new").submit(action="/rally/", **{"name-ja": ""})
    assert page.status == 422

    page.submit(action="/rally/", **{"name-ja": "駅前", "name-en": "Station square"})

    assert str(queries.list_stations(rally)[-1].title) == "駅前"


def test_replacing_a_poster_revokes_the_old_one(rally: Rally, desk: Visitor) -> None:
    station = rally.stations[0]
    old = station.posters[0]

    desk(f"{base(rally)}/stations/{station.code}").submit(
        action=f"posters/{old.pid}/replace", button="Replace"
    )

    assert db.session.get_one(Poster, old.id).revoked_at is not None
    assert [poster.station_id for poster in stations.live_posters(rally)].count(station.id) == 1


def test_a_display_is_issued_with_a_label(rally: Rally, desk: Visitor) -> None:
    station = rally.stations[0]

    desk(f"{base(rally)}/stations/{station.code}").submit(
        button="Issue", label="古いタブレット", is_display="y"
    )

    assert [(poster.label, poster.is_display) for poster in station.posters][-1] == ("古いタブレット", True)


def test_a_course_is_written_by_numbers(rally: Rally, desk: Visitor) -> None:
    desk(f"{base(rally)}/courses/new").submit(
        action="/rally/", **{"name-ja": "一周", "stations": "3、1-2", "is_ordered": "y"}
    )

    codes = {station.number: station.code for station in rally.stations}
    db.session.expire_all()
    assert rally.courses[0].stations == [codes[3], codes[1], codes[2]]
    assert rally.courses[0].is_ordered


@pytest.mark.parametrize("typed", ["9", "1-9", "abc", "2-1", "1;2"])
def test_numbers_of_stations_that_do_not_exist_are_refused(rally: Rally, typed: str) -> None:
    with pytest.raises(ArrangeError):
        arranging.parse_numbers(typed, rally.stations)


def test_a_course_with_a_prize_stays(rally: Rally, desk: Visitor) -> None:
    with transaction():
        values = {"name": rally.name, "is_ordered": False, "stations": [rally.stations[0].code]}
        course = arranging.save_course(None, rally, values, by="test")
    make_prize(rally, kind=PrizeKind.COURSE, course_id=course.id)

    page = desk(f"{base(rally)}/stations").submit(action=f"courses/{course.code}/delete")

    assert "A prize is given for this course." in page.alerts[0]
    assert len(rally.courses) == 1


# --- papers --------------------------------------------------------------------------------------------------------


def test_posters_are_drawn_by_the_worker_and_then_downloaded(rally: Rally, desk: Visitor, app: Flask) -> None:
    page = desk(f"{base(rally)}/papers").submit(
        button="Draw posters", station=rally.stations[0].code, size="a6"
    )
    assert not page.links("/file")

    instance = Path(app.config["INSTANCE"])
    jobs.run_next({posters.KIND: lambda job: posters.draw(instance, job)})

    sheet = desk.send("GET", desk(page.path).links("/file")[0])
    assert sheet.response.get_data()[:5] == b"%PDF-"
    assert "attachment" in sheet.response.headers["Content-Disposition"]


def test_paper_cards_take_their_numbers_at_once(rally: Rally, desk: Visitor) -> None:
    desk(f"{base(rally)}/papers").submit(button="Draw paper cards", count="20")

    assert db.session.get_one(Rally, rally.id).next_serial == 21


def test_a_job_of_another_rally_is_nothing(rally: Rally, desk: Visitor) -> None:
    other = make_rally(make_edition(rally.edition.festival, slug="other"))
    with transaction():
        job = posters.request(other)

    assert desk(f"{base(rally)}/papers/{job.code}").status == 404


def test_giving_a_key_up_issues_new_posters(rally: Rally, desk: Visitor) -> None:
    desk(f"{base(rally)}/papers").submit(action="keys/rotate")
    page = desk(f"{base(rally)}/papers").submit(action="keys/1/retire")

    assert "3 stations have a new poster" in page.alerts[0]
    assert {poster.key.generation for poster in stations.live_posters(rally)} == {2}
    assert desk.send("POST", f"{base(rally)}/keys/1/retire").status == 404


# --- the board -----------------------------------------------------------------------------------------------------


def test_a_held_stamp_is_accepted_on_the_board(rally: Rally, desk: Visitor) -> None:
    held_stamp(rally)
    page = desk(f"{base(rally)}/board")
    assert "The poster alone, where display or staff are asked for" in page.main

    page.submit(action="/accept", button="It counts")

    assert db.session.scalars(db.select(Stamp.status)).all() == [Status.OK]
    assert "Nothing waits" in desk(f"{base(rally)}/board").main


def test_a_stamp_is_taken_back_only_with_a_reason(rally: Rally, desk: Visitor) -> None:
    held_stamp(rally)

    refused = desk(f"{base(rally)}/board").submit(action="/void", reason=" ")
    assert "Please say why." in refused.alerts[0]

    desk(f"{base(rally)}/board").submit(action="/void", reason="copied poster")
    assert db.session.scalars(db.select(Stamp.status)).all() == [Status.VOID]


def test_all_that_waits_at_a_station_is_accepted_at_once(rally: Rally, desk: Visitor) -> None:
    for _number in range(2):
        held_stamp(rally)

    desk(f"{base(rally)}/board").submit(action="/accept", button="Everything at")

    assert set(db.session.scalars(db.select(Stamp.status))) == {Status.OK}


def test_the_board_counts_the_last_hour(rally: Rally, desk: Visitor) -> None:
    phone = Phone(rally.id)
    with clock.stopped_at(START):
        phone.capture(token_of(rally, 1))
        phone.sync()
    with clock.stopped_at(START + timedelta(minutes=1)):
        desk.sign_in(make_organizer(rally.edition.festival))
        page = desk(f"{base(rally)}/board")
        picture = desk.send("GET", f"{base(rally)}/minutes.svg").response

    assert "Stamps in the last hour 1" in page.main
    assert picture.mimetype == "image/svg+xml"
    assert b"<rect" in picture.get_data()


def test_the_answers_to_a_leak(rally: Rally, desk: Visitor) -> None:
    phone = Phone(rally.id)
    with clock.stopped_at(START):
        phone.capture(token_of(rally, 1), geo="far")
        phone.sync()
    station, old = rally.stations[0], rally.stations[0].posters[0]

    desk(f"{base(rally)}/leaks").submit(action=f"leaks/{old.pid}/staff")
    assert db.session.get_one(Station, station.id).policy == Policy.STAFF

    desk(f"{base(rally)}/leaks").submit(action=f"leaks/{old.pid}/replace")
    assert db.session.get_one(Poster, old.id).revoked_at is not None


# --- prizes --------------------------------------------------------------------------------------------------------


def test_a_prize_is_added_counted_and_carried(rally: Rally, desk: Visitor) -> None:
    where = make_desk(rally)
    desk(f"{base(rally)}/prizes/new").submit(
        action="/rally/", **{"name-ja": "手ぬぐい", "needed": "3", "stock": "100"}
    )
    prize = db.session.get_one(Rally, rally.id).prizes[0]

    desk(f"{base(rally)}/prizes").submit(action=f"{prize.code}/stock", number="20")
    page = desk(f"{base(rally)}/prizes").submit(action=f"{prize.code}/carry", number="30", desk=where.code)

    account = stock.accounts(rally.id)[0]
    assert (account.initial, account.store, account.desks) == (120, 90, 30)
    assert account.is_straight
    assert page.alerts[0] == "Carried."


@pytest.mark.parametrize("number", ["500", "-1", "x", "１０００", ""])
def test_more_than_there_is_cannot_be_carried(rally: Rally, desk: Visitor, number: str) -> None:
    make_desk(rally)
    prize = make_prize(rally, stock=10)

    desk(f"{base(rally)}/prizes").submit(action=f"{prize.code}/carry", number=number)

    assert stock.accounts(rally.id)[0].store == 10


@pytest.mark.parametrize(("values", "said"), [
    ({"kind": "set", "needed": "1", "stations": ""}, "Name the stations of the set."), ({"kind": "set", "needed": "3", "stations": "1,2"}, "fewer stations"),
    ({"kind": "set", "needed": "1", "stations": "77"}, "There is no station 77."), ({"kind": "area", "needed": "1"}, "Choose the part of town."),
    ({"kind": "course", "needed": "1"}, "Choose the course."), ({"kind": "craft", "needed": "1"}, "Choose the craft."),
])  # fmt: skip
def test_a_rule_of_a_prize_must_be_whole(
    rally: Rally, desk: Visitor, values: dict[str, str], said: str
) -> None:
    page = desk(f"{base(rally)}/prizes/new").submit(action="/rally/", **{"name-ja": "手ぬぐい", **values})

    assert page.status == 422
    assert said in page.main
    assert rally.prizes == []


def test_a_used_desk_stays(rally: Rally, desk: Visitor) -> None:
    where, prize = make_desk(rally), make_prize(rally)
    with transaction():
        stock.carry(prize, where, 1, by="test")

    page = desk(f"{base(rally)}/prizes").submit(action=f"desks/{where.code}/delete")
    assert "Prizes lie at this desk" in page.alerts[0]

    with transaction():
        stock.carry(prize, where, -1, by="test")
    desk(f"{base(rally)}/prizes").submit(action=f"desks/{where.code}/delete")
    assert db.session.get_one(Rally, rally.id).desks == []


# --- figures, draws, phones ----------------------------------------------------------------------------------------


def walk(rally: Rally, cards: int, numbers: tuple[int, ...] = (1, 2)) -> None:
    for _card in range(cards):
        phone = Phone(rally.id)
        for place, number in enumerate(numbers):
            with clock.stopped_at(START + timedelta(minutes=20 * place)):
                phone.capture(token_of(rally, number))
                phone.sync()


def test_readers_find_figures_and_nothing_else(rally: Rally, visit: Visitor) -> None:
    walk(rally, 6)
    visit.sign_in(make_organizer(rally.edition.festival, Role.READER))

    page = visit(base(rally))

    assert page.path == f"{base(rally)}/figures"
    assert "Stamps 10" in page.main
    assert {
        visit(f"{base(rally)}/{name}").status for name, _words in TABS if name not in {"rally", "figures"}
    } == {404}
    assert visit(f"{base(rally)}/figures.csv").status == visit(f"{base(rally)}/flows.svg").status == 200


@pytest.mark.parametrize("cards", [1, 4, 6])
def test_no_cell_from_one_to_four_is_shown(rally: Rally, desk: Visitor, cards: int) -> None:
    walk(rally, cards)

    numbers = [int(cell.get_text()) for cell in desk(f"{base(rally)}/figures").html.select("td.figure")]
    rows = desk.send("GET", f"{base(rally)}/figures.csv").response.get_data(as_text=True).splitlines()[1:]

    assert all(
        number % statistics.STEP == 0 for number in [*numbers, *(int(row.rpartition(",")[2]) for row in rows)]
    )
    assert (
        b"<path"
        in desk.send("GET", f"{base(rally)}/flows.svg").response.get_data().replace(b'<path d="M0 0L8', b"")
    ) == (cards > 4)


def test_the_picture_of_ways_names_stations_by_number() -> None:
    drawn = pictures.draw_flows(
        [statistics.Flow("A", "B", 10), statistics.Flow("B", "A", 5)], {"A": 7, "B": 12}
    )

    assert ">7</text>" in drawn and ">12</text>" in drawn
    assert drawn.count("marker-end") == 2
    assert "style" not in drawn and "script" not in drawn
    assert pictures.draw_flows([], {}).startswith("<svg")


def test_a_draw_is_announced_fixed_drawn_and_checked_by_anybody(
    rally: Rally, desk: Visitor, tmp_path: Path
) -> None:
    walk(rally, 4)
    desk(f"{base(rally)}/draws").submit(
        button="Announce", **{"name-ja": "大抽選会", "winners": "2", "needed": "2", "beacon_name": "日経平均"}
    )
    desk(f"{base(rally)}/draws").submit(button="Fix the entries")
    refused = desk(f"{base(rally)}/draws").submit(button="Draw", beacon=" ")
    assert "public value" in refused.alerts[0]
    desk(f"{base(rally)}/draws").submit(button="Draw", beacon="38,915.87")

    draw = db.session.scalars(db.select(draws.Draw)).one()
    public = f"/{rally.edition.festival.slug}/{rally.edition.slug}/stamps/draws/{draw.code}"
    stranger = Visitor(desk.app)
    assert draw.winners[0] in stranger(public).main
    (tmp_path / "draw.json").write_text(
        json.dumps(stranger.send("GET", f"{public}.json").response.get_json())
    )
    (tmp_path / "check.py").write_bytes(stranger.send("GET", "/check_draw.py").response.get_data())
    told = subprocess.run(
        [sys.executable, tmp_path / "check.py", tmp_path / "draw.json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr


def test_before_the_draw_its_page_tells_no_seed(rally: Rally, desk: Visitor) -> None:
    desk(f"{base(rally)}/draws").submit(
        button="Announce", **{"name-ja": "大抽選会", "winners": "2", "needed": "2"}
    )
    draw = db.session.scalars(db.select(draws.Draw)).one()
    public = f"/{rally.edition.festival.slug}/{rally.edition.slug}/stamps/draws/{draw.code}"

    assert set(Visitor(desk.app).send("GET", f"{public}.json").response.get_json()) == {
        "code",
        "commitment",
        "beacon_name",
        "winners_wanted",
    }
    assert desk(f"{public}X").status == 404


def test_a_phone_is_invited_shown_once_and_ended(rally: Rally, desk: Visitor) -> None:
    where = make_desk(rally)
    page = desk(f"{base(rally)}/devices").submit(
        button="Make the link", label="受付の電話", where=f"desk:{where.code}", pin="2468"
    )
    link = page.html.select_one(".made-link code")
    assert link is not None and "/desk/enrol/" in link.get_text()
    assert link.get_text() not in desk(f"{base(rally)}/devices").text

    desk(f"{base(rally)}/devices").submit(action="/revoke")
    assert db.session.scalars(db.select(devices.Device)).one().revoked_at is not None


@pytest.mark.parametrize("pin", ["12", "abcd", "123456789", ""])
def test_a_bad_pin_makes_no_link(rally: Rally, desk: Visitor, pin: str) -> None:
    where = make_desk(rally)

    page = desk(f"{base(rally)}/devices").submit(
        button="Make the link", label="x", where=f"desk:{where.code}", pin=pin
    )

    assert page.status == 422
    assert db.session.scalars(db.select(devices.Device)).all() == []


def test_every_tab_opens_in_both_languages_and_costs_the_same_for_more_stations(
    desk: Visitor, rally: Rally
) -> None:
    make_prize(rally)
    make_desk(rally)
    held_stamp(rally)
    for language in ("ja", "en"):
        desk.language = language
        for name, _words in TABS:
            assert desk(f"{base(rally)}/{name}" if name != "rally" else base(rally)).status == 200, name


def test_a_rally_of_another_festival_is_nothing(rally: Rally, visit: Visitor) -> None:
    visit.sign_in(make_organizer(make_edition().festival))

    assert visit(base(rally)).status == 404


def test_nothing_is_written_without_the_page_s_token(rally: Rally, desk: Visitor) -> None:
    answer = desk.post(f"{base(rally)}/state", state="closed")

    assert answer.status == 409 or answer.status == 400
    assert db.session.get_one(Rally, rally.id).state == RallyState.RUNNING


def test_staff_stamps_count_at_stations_that_ask_for_them(rally: Rally) -> None:
    """What the board accepts is what staff may give: the two ways meet in one stamp."""
    phone = held_stamp(rally)
    with transaction():
        by_hand.accept_all_held(rally.stations[0], by="test")

    assert db.session.scalars(db.select(Stamp.status).where(Stamp.card_id == phone.row.id)).all() == [
        Status.OK
    ]


def test_an_archived_edition_keeps_its_rally(visit: Visitor) -> None:
    rally = make_rally(make_edition(state=EditionState.CLOSED), state=RallyState.CLOSED)
    visit.sign_in(make_organizer(rally.edition.festival))

    assert "Over" in visit(base(rally)).main
    assert rally.stations[0].posters[0].key.state == KeyState.ACTIVE
