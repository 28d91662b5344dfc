"""A plan's page: whoever has the link reads, only the device that made it changes, and the day is booked all or none."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.factories.models import Entry
from eventapp.festivals.models import Edition, EditionState
from eventapp.tours.models import Reservation, Slot
from eventapp.walks import planning, plans, replanning
from eventapp.walks.models import Plan
from tests.builders import make_booking, make_festival, make_place, make_programme, make_slot
from tests.visiting import Page, Visitor
from tests.walks.festival import make_trail

HERE = "/town/2026/"
CONTACT = {"name": "Hana", "email": "hana@example.jp", "consent": "y"}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "QUICK", 0.05)


@pytest.fixture
def trail(app: Flask) -> tuple[Edition, list[Entry]]:
    return make_trail(festival=make_festival("town"))


@pytest.fixture
def tours(trail: Any) -> list[Slot]:
    """Three factories with a tour each, at 10:00, 11:00 and 14:00, and a second time at the last."""
    programmes = [make_programme(entry) for entry in trail[1][:3]]
    hours = [(programmes[0], 1), (programmes[1], 2), (programmes[2], 5), (programmes[2], 6)]
    return [
        make_slot(tour, capacity=4, starts_at=datetime(2026, 11, 28, hour, tzinfo=UTC), minutes=30)
        for tour, hour in hours
    ]


def make_day(visit: Visitor, *wishes: str, **values: str) -> Page:
    asked = {
        "begins": "9:30",
        "ends": "16:00",
        "day": "2026-11-28",
        "profile": "normal",
        "pace": "normal",
        "party": "2",
        "lunch": "y",
        **values,
    }
    query = "&".join(
        [*(f"{key}={value}" for key, value in asked.items()), *(f"wish=must:{wish}" for wish in wishes)]
    )
    return visit(f"{HERE}day/?{query}").submit(action="choose")


def make_booked_day(visit: Visitor, tours: list[Slot]) -> Page:
    return make_day(
        visit, *(f"programme:{code}" for code in dict.fromkeys(slot.programme.code for slot in tours))
    )


def names(page: Page) -> list[str]:
    return [one.get_text(" ", strip=True).split(" ", 1)[-1] for one in page.html.select(".stop-name")]


def stop_of(page: Page, name: str) -> str:
    """The key of a stop by its name."""
    for one in page.html.select(".stop"):
        if name in one.select_one(".stop-name").get_text():
            return str(one["data-pin"])
    raise AssertionError(f"{name} is not in the day: {names(page)}")


def press(page: Page, stop: str, step: str) -> Page:
    return page.submit(action="/stop", stop=stop, step=step)


def the_plan() -> Plan:
    db.session.rollback()
    return db.session.query(Plan).one()


# --- who may ---------------------------------------------------------------------------------------------------------


def test_strangers_read_the_day_and_find_no_button(app: Flask, visit: Visitor, trail: Any) -> None:
    page = make_day(visit)

    seen = Visitor(app)(page.path)

    assert names(seen) == names(page)
    assert not seen.html.select("main form")
    assert (
        seen.response.headers["Referrer-Policy"] == "no-referrer"
        and "noindex" in seen.response.headers["X-Robots-Tag"]
    )


@pytest.mark.parametrize("action", ["stop", "again", "around", "add", "forget", "book"])
def test_strangers_change_nothing(action: str, app: Flask, visit: Visitor, trail: Any) -> None:
    page = make_day(visit)
    before = the_plan().version
    stranger = Visitor(app)
    token = stranger(f"{HERE}hearts/").html.select_one("#hearts")["data-token"]

    answer = stranger.post(
        f"{page.path}/{action}", csrf_token=token, stop=stop_of(page, "Works 0"), step="lock"
    )

    assert answer.status == 404 and the_plan().version == before


@pytest.mark.parametrize("code", ["NOSUCHPLAN99", "%00", "A" * 200])
def test_an_altered_link_leads_nowhere(code: str, visit: Visitor, trail: Any) -> None:
    for end in ("", ".ics", ".gpx", "/map.json"):
        assert visit(f"{HERE}day/{code}{end}").status == 404


def test_a_plan_of_another_edition_is_not_found_under_this_address(visit: Visitor, trail: Any) -> None:
    make_trail(festival=make_festival("elsewhere"))
    code = make_day(visit).path.rsplit("/", 1)[-1]
    assert visit(f"/elsewhere/2026/day/{code}").status == 404


# --- changing --------------------------------------------------------------------------------------------------------


def test_a_stop_moves_by_buttons_and_times_follow(visit: Visitor, trail: Any) -> None:
    page = make_day(visit, lunch="")
    first, second = names(page)[:2]

    page = press(page, stop_of(page, second), "up")

    assert names(page)[:2] == [second, first]


def test_what_is_kept_stays_when_something_else_goes(visit: Visitor, trail: Any) -> None:
    page = make_day(visit)
    kept = stop_of(page, "Works 1")
    page = press(page, kept, "lock")
    assert "Stays" in page.html.find(id=f"stop-{kept}").get_text()

    page = press(page, stop_of(page, "Works 0"), "not")

    assert "Works 1" in names(page) and "Works 0" not in names(page)
    assert "Works 0" in page.html.find(string="Left out by you").find_parent("section").get_text()
    page = page.submit(action="/add", button="Works 0")
    assert "Works 0" in names(page)


def test_only_what_may_fit_can_be_put_in_all_the_same(visit: Visitor, trail: Any) -> None:
    _edition, entries = trail
    with transaction():
        entries[3].openings.clear()
    wishes = [f"factory:{entry.code}" for entry in entries]
    page = make_day(visit, *wishes, ends="11:00", lunch="")

    told = {
        one.b.get_text(strip=True): one.select_one("button") is not None
        for one in page.html.select(".unmet li")
    }
    assert told.pop("Works 3") is False  # it is not open at all
    assert set(told.values()) == {True}


def test_lunch_goes_and_comes_back(visit: Visitor, trail: Any) -> None:
    page = make_day(visit)
    page = press(page, stop_of(page, "Lunch"), "not")
    assert "Lunch" not in names(page)
    assert "Lunch" in names(page.submit(action="/add", button="Add lunch"))


def test_an_order_that_does_not_work_is_refused_with_the_reason(
    visit: Visitor, trail: Any, tours: list[Slot]
) -> None:
    page = make_booked_day(visit, tours)
    last = stop_of(page, "Works 2")
    for _press in range(4):
        page = press(page, last, "up")
    assert any("In this order you would be too late" in one for one in page.alerts)


def test_running_late_keeps_what_was_visited_and_tells_what_changed(visit: Visitor, trail: Any) -> None:
    edition, entries = trail
    make_place(edition)
    page = make_day(visit, begins="10:00")
    with clock.stopped_at(datetime(2026, 11, 28, 1, 30, tzinfo=UTC)):
        page = visit(page.path)
        first = names(page)[0]
        page = press(page, stop_of(page, first), "visited")
        assert "Visited" in page.html.find(id=f"stop-{stop_of(page, first)}").get_text()
        page = page.submit(action="/again", at=entries[0].code, minutes="40")
    assert names(page)[0] == first
    assert "This has changed" in page.main
    times = [one["datetime"] for one in page.html.select(".stop-time time")]
    assert all(datetime.fromisoformat(one) >= datetime(2026, 11, 28, 2, 10, tzinfo=UTC) for one in times[1:])


def test_who_is_late_says_where_they_have_been(visit: Visitor, trail: Any) -> None:
    page = make_day(visit, begins="10:00", lunch="")
    stops = list(plans.proposal_of(the_plan()).stops)

    with clock.stopped_at(stops[2].start):
        page = visit(page.path)
        asked = {one["value"]: one.has_attr("checked") for one in page.html.select("input[name=been]")}
        page = page.submit(action="/again", been=[stops[0].key])

    assert asked == {stops[0].key: True, stops[1].key: True, stops[2].key: False}
    assert the_plan().visited == [stops[0].key]
    after = list(plans.proposal_of(the_plan()).stops)
    assert after[0] == stops[0]
    assert stops[1].key in {stop.key for stop in after[1:] if stop.start >= stops[2].start}


def test_two_windows_do_not_undo_each_other(visit: Visitor, trail: Any) -> None:
    page = make_day(visit)
    plan = the_plan()
    draft = replanning.replan(plan, planning.Path("/nowhere"))
    press(page, stop_of(page, "Works 1"), "lock")
    with pytest.raises(plans.PlanRefused), transaction():
        plans.adopt(plans.get(plan.code), draft)


def test_a_stop_that_is_gone_meanwhile_is_told_and_planned_around(
    visit: Visitor, trail: Any, tours: list[Slot]
) -> None:
    page = make_booked_day(visit, tours)
    full = next(slot for slot in tours if f"slot:{slot.code}" == stop_of(page, "Works 2"))
    make_booking(full, party_size=4)

    page = visit(page.path)
    assert any("Works 2: It is full." in one for one in page.alerts)

    page = page.submit(action="/around")
    assert not any("It is full." in one for one in page.alerts)


def test_a_day_of_an_edition_that_is_over_is_only_read(visit: Visitor, trail: Any) -> None:
    page = make_day(visit)
    with transaction():
        db.session.get_one(Edition, trail[0].id).state = EditionState.CLOSED
    page = visit(page.path)
    assert "This festival is over." in " ".join(page.alerts) and not page.html.select("form.stop-tools")


def test_the_day_can_be_thrown_away(visit: Visitor, trail: Any) -> None:
    page = make_day(visit)
    path = page.path
    assert path in visit(f"{HERE}day/").links("/day/")
    page.submit(action="/forget")
    assert visit(path).status == 404 and path not in visit(f"{HERE}day/").links("/day/")


# --- booking ---------------------------------------------------------------------------------------------------------


def reservations() -> list[Reservation]:
    db.session.rollback()
    return db.session.query(Reservation).all()


def test_the_whole_day_is_booked_in_one_step(visit: Visitor, trail: Any, tours: list[Slot]) -> None:
    page = make_booked_day(visit, tours)

    page = page.submit(action="/book", **CONTACT)

    assert "Your whole day is booked." in " ".join(page.alerts)
    assert len(reservations()) == 3 and len({one.booking_id for one in reservations()}) == 1
    assert page.main.count("Booked") == 3 and not page.html.select("#booking")
    assert "hana@example.jp" not in visit(page.path).main


def test_a_time_that_went_meanwhile_is_planned_around_and_nothing_is_booked(
    visit: Visitor, trail: Any, tours: list[Slot]
) -> None:
    page = make_booked_day(visit, tours)
    taken = next(slot for slot in tours if f"slot:{slot.code}" == stop_of(page, "Works 2"))
    other = next(slot for slot in tours[2:] if slot.code != taken.code)
    make_booking(taken, party_size=3)

    page = page.submit(action="/book", **CONTACT)

    assert page.status == 422
    assert "One of the times was taken a moment ago. Nothing has been booked." in page.alerts[1]
    assert stop_of(page, "Works 2") == f"slot:{other.code}"
    assert len(reservations()) == 1  # the other visitor's
    assert page.html.select_one("#booking [name=email]")["value"] == "hana@example.jp"

    page = page.submit(action="/book")
    assert "Your whole day is booked." in " ".join(page.alerts)
    assert len(reservations()) == 4


def test_more_people_than_planned_are_booked_and_planned_for(
    visit: Visitor, trail: Any, tours: list[Slot]
) -> None:
    page = make_booked_day(visit, tours)
    page.submit(action="/book", **CONTACT, party_size="4")
    assert {one.party_size for one in reservations()} == {4}
    assert plans.request_of(the_plan()).party == 4


def test_what_is_missing_in_the_form_is_said_and_nothing_typed_is_lost(
    visit: Visitor, trail: Any, tours: list[Slot]
) -> None:
    page = make_booked_day(visit, tours).submit(action="/book", name="Hana", email="hana@", consent="y")
    assert page.status == 422 and page.html.select_one("#booking [name=name]")["value"] == "Hana"
    assert reservations() == []


def test_sending_twice_books_once(visit: Visitor, trail: Any, tours: list[Slot]) -> None:
    page = make_booked_day(visit, tours)
    page.submit(action="/book", **CONTACT)
    page.submit(action="/book", **CONTACT)
    assert len(reservations()) == 3


def test_what_is_booked_stays_when_the_rest_is_planned_again(
    visit: Visitor, trail: Any, tours: list[Slot]
) -> None:
    page = make_booked_day(visit, tours).submit(action="/book", **CONTACT)
    booked = {f"slot:{one.slot.code}" for one in reservations()}
    page = press(page, stop_of(page, "Works 3"), "not")
    assert booked <= {one["data-pin"] for one in page.html.select(".stop")}


# --- taken along -----------------------------------------------------------------------------------------------------


def test_calendar_track_and_map_are_of_the_same_day(visit: Visitor, trail: Any) -> None:
    page = make_day(visit)
    stops = len(page.html.select(".stop"))

    assert visit(f"{page.path}.ics").response.get_data(as_text=True).count("BEGIN:VEVENT") == stops
    assert "<gpx" in visit(f"{page.path}.gpx").response.get_data(as_text=True)
    data = visit(f"{page.path}/map.json").response.get_json()
    assert len(data["features"]) == stops - 1  # lunch is nowhere
    assert {one["properties"]["kind"] for one in data["route"]["features"]} == {"estimated"}


def test_every_leg_opens_in_the_phones_own_map(visit: Visitor, trail: Any) -> None:
    page = make_day(visit)
    assert len(page.links("https://www.google.com/maps/dir/")) == len(page.html.select(".leg")) > 0


def test_names_are_text_wherever_they_go(visit: Visitor, trail: Any) -> None:
    with transaction():
        factory = db.session.get_one(Entry, trail[1][0].id).factory
        factory.name = type(factory.name)(
            {"ja": "<script>alert(1)</script>", "en": "<script>alert(1)</script>"}
        )
    page = make_day(visit)
    assert "<script>alert(1)" not in page.response.get_data(as_text=True)
    assert "<script>alert(1)" not in visit(f"{page.path}/map.json").response.get_data(as_text=True)
    assert "<script>alert(1)" not in visit(f"{page.path}.gpx").response.get_data(as_text=True)


def test_the_page_costs_the_same_whatever_the_length_of_the_day(
    visit: Visitor, count_statements: Any
) -> None:
    make_trail(2, festival=make_festival("town"))
    make_trail(9, festival=make_festival("large"))
    counts = []
    for name in ("town", "large"):
        path = visit(f"/{name}/2026/day/").submit(action="day/").submit(action="choose").path
        visit(path)
        with count_statements() as seen:
            assert visit(path).status == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 26


def test_late_by_more_than_the_day_is_said_plainly(visit: Visitor, trail: Any) -> None:
    page = make_day(visit, begins="10:00")
    with clock.stopped_at(datetime(2026, 11, 28, 6, 0, tzinfo=UTC) + timedelta(minutes=30)):
        page = visit(page.path).submit(action="/again", minutes="600")
    assert page.status == 200 and page.alerts[1]
