"""The planner's page, hearts, model courses and "Now, near here", as a browser without JavaScript sees them."""

import re
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.factories.models import Craft, Entry
from eventapp.festivals.models import Edition, EditionState, PlaceKind
from eventapp.walks import courses, hearts, planning
from eventapp.walks.asking import MOST_WISHES
from eventapp.walks.forms import as_args
from eventapp.walks.models import HeartList, Plan
from tests.builders import (
    make_edition,
    make_entry,
    make_festival,
    make_organizer,
    make_place,
    make_programme,
    make_slot,
    texts,
)
from tests.visiting import Page, Visitor
from tests.walks.festival import ROUNDS, ask, make_trail, spot

HERE = "/town/2026/"


@pytest.fixture
def trail(app: Any) -> tuple[Edition, list[Entry]]:
    return make_trail(festival=make_festival("town"))


@pytest.fixture
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planner counts rounds and not time."""
    monkeypatch.setattr(planning, "QUICK", 0.05)


pytestmark = pytest.mark.usefixtures("slow_clock")


def planned(visit: Visitor, **values: Any) -> Page:
    return visit(f"{HERE}day/").submit(action="day/", **values)


# --- the planner -----------------------------------------------------------------------------------------------------


def test_the_form_proposes_the_first_day_and_asks_for_nothing_else(visit: Visitor, trail: Any) -> None:
    page = visit(f"{HERE}day/")

    assert [one["value"] for one in page.html.select("input[name=day][checked]")] == ["2026-11-28"]
    assert not page.html.select("[required]")
    assert "no-store" in page.response.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (datetime(2026, 11, 20, 0, tzinfo=UTC), ("2026-11-28", "10:00", "16:00")),
        (datetime(2026, 11, 28, 3, 31, tzinfo=UTC), ("2026-11-28", "12:35", "16:00")),
        (
            datetime(2026, 11, 28, 6, 30, tzinfo=UTC),
            ("2026-11-29", "10:00", "16:00"),
        ),  # half an hour is no day
        (datetime(2026, 11, 29, 14, 58, tzinfo=UTC), ("2026-11-29", "10:00", "16:00")),  # all is over
    ],
)
def test_a_first_look_is_at_what_is_left_of_the_first_day(
    now: datetime, shown: tuple[str, str, str], visit: Visitor, trail: Any
) -> None:
    with clock.stopped_at(now):
        page = visit(f"{HERE}day/")

    day = page.html.select_one("input[name=day][checked]")["value"]
    assert (day, *(page.html.select_one(f"#{name}")["value"] for name in ("begins", "ends"))) == shown


def test_hours_far_from_the_usual_are_taken_as_they_are(visit: Visitor, trail: Any) -> None:
    _edition, entries = trail
    with transaction():
        for opening in [one for entry in entries for one in entry.openings]:
            opening.opens, opening.closes = time(18), time(22, 30)

    page = visit(f"{HERE}day/")

    assert [page.html.select_one(f"#{name}")["value"] for name in ("begins", "ends")] == ["18:00", "22:30"]


def test_a_day_from_as_many_hearts_as_there_may_be_fits_into_an_address() -> None:
    wishes = tuple(f"programme:{number:08}" for number in range(MOST_WISHES))
    request = ask(crafts=tuple(Craft)).but(want=wishes, start=spot(100), end=spot(900))

    address = (
        f"/a-festival-with-a-long-name/2026-autumn/day/?{urlencode([*as_args(request), ('better', '1')])}"
    )

    limit = re.search(
        r"^limit_request_line = (\d+)", Path("gunicorn.conf.py").read_text("utf-8"), re.MULTILINE
    )
    assert limit and len(f"GET {address} HTTP/1.1") < int(limit[1])


@pytest.mark.parametrize("day", ["2026-12-24", "tomorrow"])
def test_a_day_that_is_none_of_the_festivals_is_asked_for_again(day: str, visit: Visitor, trail: Any) -> None:
    page = visit(f"{HERE}day/?day={day}&begins=10:00&ends=16:00&profile=normal&pace=normal&craft=alchemy")

    assert page.status == 422
    assert page.html.select_one("#day-errors").get_text(strip=True) == "Choose a day."


def test_proposals_name_stops_with_their_times(visit: Visitor, trail: Any) -> None:
    page = planned(visit)

    assert page.status == 200
    assert 1 <= len(page.html.select(".proposal")) <= 3
    assert "Works 0" in page.html.select_one(".proposal").get_text()
    assert page.html.select_one("#proposals")["data-better"].endswith("better=1")


def test_choosing_keeps_the_proposal_that_was_shown(visit: Visitor, trail: Any) -> None:
    page = planned(visit)
    shown = [
        " ".join(one.get_text(" ").split()) for one in page.html.select_one(".proposal").select(".brief time")
    ]

    page = page.submit(action="choose")

    assert page.path.startswith(f"{HERE}day/") and page.alerts[1:] == [
        "This is your day. It is kept on this device, also without a signal."
    ]
    assert [one.get_text() for one in page.html.select(".stop-time time")] == shown


def test_a_proposal_of_another_edition_is_not_kept_here(visit: Visitor, trail: Any) -> None:
    choice = str(planned(visit).find_form("choose").select_one("[name=choice]")["value"])
    make_trail(festival=make_festival("other"))

    page = visit("/other/2026/day/").submit(action="day/").submit(action="choose", choice=choice)

    assert page.alerts == ["This proposal cannot be read any more. Please plan your day again."]
    assert db.session.query(Plan).count() == 0


def test_an_altered_proposal_is_not_kept(visit: Visitor, trail: Any) -> None:
    page = planned(visit)

    page = page.submit(
        action="choose", choice="x" + page.find_form("choose").select_one("[name=choice]")["value"]
    )

    assert "This proposal cannot be read any more. Please plan your day again." in page.alerts
    assert db.session.query(Plan).count() == 0


def test_what_makes_no_day_is_said_beside_its_field(visit: Visitor, trail: Any) -> None:
    page = planned(visit, begins="16:00", ends="10:00")
    assert page.status == 422
    assert "This leaves no time at all" in page.alerts[0]
    assert page.html.select_one("#begins")["value"] == "16:00"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"begins": "9:99"}, "Please write a time like 10:30."),
        ({"begins": "１０：００", "party": "０"}, "Number must be between 1 and 100."),
        ({"start": "own", "start_point": "NaN, 1"}, "No point was found in this."),
        ({"start": "own", "start_point": "51.5, -0.1"}, "This point is too far from the festival."),
        ({"only_wishes": "y"}, "You have not marked anything yet."),
        ({"day": []}, "Choose a day."),
        ({"lunch_minutes": "600"}, "Number must be between 5 and 180."),
    ],
)
def test_bad_wishes_get_a_sentence(values: Any, words: str, visit: Visitor, trail: Any) -> None:
    page = planned(visit, **values)
    assert page.status == 422
    assert words in page.main


@pytest.mark.parametrize("query", ["begins=%00", "begins=10:00&profile=jet&pace=x", "begins=10:00&ends=16:00&day=9999-99-99&wish=a&wish=must:slot:%F0%9F%98%80",
                                   "hearts=%00%FF", "wish=want:factory:../../etc&start=<script>", "begins=10:00&ends=16:00&start=own&start_point=99999"])  # fmt: skip
def test_strange_addresses_are_no_accident(query: str, visit: Visitor, trail: Any) -> None:
    assert visit(f"{HERE}day/?{query}").status in {200, 422}


@pytest.mark.parametrize("point", ["139.7, 35.6", "３５．６００１，１３９．７００１", "３５．６　１３９．７"])
def test_swapped_and_full_width_coordinates_are_put_right(point: str, visit: Visitor, trail: Any) -> None:
    page = planned(visit, start="own", start_point=point)
    assert page.status == 200 and page.html.select(".proposal")


def test_where_no_place_is_left_anywhere_it_is_said_what_to_do(visit: Visitor) -> None:
    edition = make_edition(make_festival("town"))
    for _factory in range(3):
        programme = make_programme(make_entry(edition, open_days=False))
        make_slot(programme, capacity=2, seats_taken=2, starts_at=datetime(2026, 11, 28, 2, tzinfo=UTC))

    page = planned(visit)

    assert page.status == 422
    assert "Choose another day or other times, or come in a smaller group." in page.main
    assert page.html.select_one("#begins")["value"] == "10:00"


def test_a_wish_that_cannot_be_met_says_why_and_what_would_help(visit: Visitor, trail: Any) -> None:
    _edition, entries = trail
    tour = make_programme(entries[0])
    make_slot(tour, capacity=2, seats_taken=2)

    page = visit(
        f"{HERE}day/?begins=10:00&ends=16:00&day=2026-11-28&profile=normal&pace=normal&party=2&wish=must:programme:{tour.code}"
    )

    assert "There is not enough room left for your party." in page.html.select_one(".unmet").get_text()


def test_a_day_of_the_archive_cannot_be_planned(visit: Visitor) -> None:
    make_trail(festival=make_festival("old"), state=EditionState.CLOSED)
    page = visit("/old/2026/day/").submit(action="day/")
    assert "This festival is over. Its pages can still be read, but no day can be planned." in page.main


def test_drafts_are_not_there(visit: Visitor) -> None:
    make_trail(festival=make_festival("draft"), state=EditionState.DRAFT)
    for path in ("day/", "near/", "courses/", "hearts/"):
        assert visit(f"/draft/2026/{path}").status == 404


# --- hearts ----------------------------------------------------------------------------------------------------------


def test_every_factory_of_the_list_has_a_heart_that_works_without_script(visit: Visitor, trail: Any) -> None:
    _edition, entries = trail
    (link,) = visit(f"{HERE}whats-on/").links(f"add=factory:{entries[1].code}")

    page = visit(link).submit(action="hearts/", button="Put it on my list")

    assert "Works 1" in page.main
    assert visit(f"{HERE}day/").html.select(f'[data-wish="factory:{entries[1].code}"]')


def test_programmes_have_hearts_on_the_factory_page(visit: Visitor, trail: Any) -> None:
    _edition, entries = trail
    programme = make_programme(entries[0])
    (link,) = visit(f"{HERE}factories/{entries[0].factory.slug}").links(f"add=programme:{programme.code}")
    page = visit(link).submit(action="hearts/", button="Put it on my list")
    assert "Factory tour (Works 0)" in page.main


def test_hearts_can_be_taken_off_and_become_what_the_device_has(visit: Visitor, trail: Any) -> None:
    _edition, entries = trail
    keys = [f"factory:{entry.code}" for entry in entries]
    page = visit(f"{HERE}hearts/?add={keys[0]}").submit(action="hearts/")
    page = page.submit(action="hearts/", button="Remove")
    assert "No hearts yet." in page.main

    visit.post(
        f"{HERE}hearts/",
        csrf_token=page.html.select_one("#hearts")["data-token"],
        keys=" ".join([*keys, "x:y", "factory:<b>"]),
    )
    assert visit(f"{HERE}hearts/").html.select_one("#hearts")["data-keys"].split() == keys


def test_a_shared_list_is_read_and_planned_from_but_not_changed(app: Any, visit: Visitor, trail: Any) -> None:
    _edition, entries = trail
    page = visit(f"{HERE}hearts/?add=factory:{entries[2].code}").submit(action="hearts/")
    shared = db.session.query(HeartList).one().code
    stranger = Visitor(app)

    page = stranger(f"{HERE}hearts/{shared}")

    assert "Works 2" in page.main and not page.html.select("main form")
    assert "Works 2" in page.click("Plan a day from these").main
    stranger(f"{HERE}hearts/?add=factory:{entries[0].code}").submit(action="hearts/")
    assert hearts.get(trail[0], shared).keys == [f"factory:{entries[2].code}"]
    assert stranger(f"{HERE}hearts/NOSUCHLIST99").status == 404


# --- near ------------------------------------------------------------------------------------------------------------


def test_near_lists_what_one_can_reach_now_in_order_of_arrival(visit: Visitor, trail: Any) -> None:
    _edition, entries = trail
    make_slot(
        make_programme(entries[3]),
        capacity=8,
        seats_taken=3,
        starts_at=datetime(2026, 11, 28, 2, 30, tzinfo=UTC),
        minutes=30,
    )
    with clock.stopped_at(datetime(2026, 11, 28, 1, 30, tzinfo=UTC)):
        page = visit(f"{HERE}near/?at={entries[0].code}")

    names = [one.get_text(strip=True) for one in page.html.select(".near-list h2")]
    assert names[:3] == ["Works 0", "Works 1", "Works 2"]
    assert page.html.select_one(".near-list time").get_text() == "10:30"


def test_near_without_a_place_asks_for_one_and_says_when_it_is_gone(visit: Visitor, trail: Any) -> None:
    edition, _entries = trail
    make_place(edition, PlaceKind.STATION, name=texts("駅", "Station"))
    assert "Choose where you are" in visit(f"{HERE}near/").main
    assert (
        "This place is no longer on the map."
        in visit(f"{HERE}near/?at=NOSUCH99&party=-1&profile=jet").alerts[0]
    )


def test_near_on_another_day_says_so(visit: Visitor, trail: Any) -> None:
    _edition, entries = trail
    assert "Today is not a day of the festival." in visit(f"{HERE}near/?at={entries[0].code}").main


# --- model courses ---------------------------------------------------------------------------------------------------


def make_course(
    edition: Edition, *, title: str = "Half a day", is_published: bool = True, folder: Any = None
) -> Any:
    request = ask()
    proposal = planning.one(edition, request, folder, rounds=ROUNDS)
    by = make_organizer(edition.festival)
    with transaction():
        course = courses.save(None, db.session.get(Edition, edition.id), title=texts("半日", title), theme=texts("お子さまと", "With children"),
                              request=request, proposal=proposal, by=by)  # fmt: skip
        courses.publish(course, by=by, is_published=is_published)
    return course


def test_a_published_course_is_shown_and_becomes_ones_own_day(
    visit: Visitor, trail: Any, tmp_path: Any
) -> None:
    course = make_course(trail[0], folder=tmp_path)

    page = visit(f"{HERE}courses/").click("Half a day")
    assert "With children" in page.main and "Works 0" in page.main
    assert visit(f"{HERE}courses/{course.code}/map.json").response.get_json()["route"]["features"]

    page = page.submit(action="take")
    assert page.path.startswith(f"{HERE}day/") and page.html.select("form.stop-tools")


def test_a_course_that_is_a_draft_is_not_there(visit: Visitor, trail: Any, tmp_path: Any) -> None:
    course = make_course(trail[0], is_published=False, folder=tmp_path)
    assert visit(f"{HERE}courses/{course.code}").status == 404
    assert "There are no model courses yet." in visit(f"{HERE}courses/").main


def test_the_planner_page_costs_the_same_whatever_the_number_of_factories(
    visit: Visitor, count_statements: Any
) -> None:
    make_trail(2, festival=make_festival("small"))
    make_trail(9, festival=make_festival("large"))
    counts = []
    for name in ("small", "large"):
        with count_statements() as seen:
            assert visit(f"/{name}/2026/day/").status == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 14


@pytest.mark.parametrize(
    ("youngest", "shown"), [("", True), ("6", True), ("5", False), ("５", False), ("-1", True), ("x", True)]
)
def test_near_here_asks_for_the_youngest(youngest: str, shown: bool, visit: Visitor, trail: Any) -> None:
    edition, entries = trail
    place = make_place(edition, PlaceKind.STATION)
    with transaction():
        place.lat, place.lon = entries[0].factory.lat, entries[0].factory.lon
        for entry in entries:
            entry.factory.min_age = 6

    with clock.stopped_at(datetime(2026, 11, 28, 2, 0, tzinfo=UTC)):
        page = visit(f"{HERE}near/?at={place.code}&youngest={youngest}")

    assert page.status == 200
    assert bool(page.html.select(".near-list li")) is shown
