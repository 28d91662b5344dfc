"""The committee's desk in a browser: first steps, states, roles, and nobody else's rows."""

import pytest

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.factories.models import Entry
from eventapp.festivals import notices, places
from eventapp.festivals.models import Edition, EditionState, PlaceKind, Role
from eventapp.i18n import Translated
from tests.builders import (
    make_booking,
    make_edition,
    make_entry,
    make_festival,
    make_organizer,
    make_person,
    make_place,
    make_programme,
    make_slot,
    make_venue,
    texts,
)


def desk(visit, role=Role.STAFF, **values):
    """A festival with an edition, and its organizer signed in."""
    edition = make_edition(make_festival("kawabe"), **values)
    visit.sign_in(make_organizer(edition.festival, role))
    return edition


def test_a_new_committee_is_led_to_its_first_edition_and_on(visit):
    visit.sign_in(make_organizer(make_festival("kawabe")))

    page = visit("/manage/kawabe/")
    assert page.path == "/manage/kawabe/editions"
    assert "Welcome, committee of Trial Factory Festival" in page.main

    page = page.submit(
        action="editions", **{"name-ja": "2026 秋", "name-en": "Autumn 2026"}, slug="2026", days="11/28-29"
    )
    assert page.path == "/manage/kawabe/2026/"
    step = page.html.select_one("li[aria-current=step]")
    assert "Add the venue" in step.get_text(" ")  # the days are there already

    page = page.click("Go there").click("Add a venue")
    page = page.submit(
        action="venues/new", **{"name-ja": "産業会館"}, booths="A-1..A-3", point="35.56, 139.71"
    )
    assert page.path == "/manage/kawabe/2026/venues"
    assert "A-1..A-3" in page.main

    page = visit("/manage/kawabe/")
    assert "Bring in the factories" in page.html.select_one("li[aria-current=step]").get_text(" ")


def test_a_wrong_new_edition_keeps_what_was_typed(visit):
    desk(visit)

    page = visit("/manage/kawabe/editions").submit(
        action="editions", **{"name-ja": "また"}, slug="2026", days="soon"
    )

    assert page.status == 422
    assert page.html.select_one("input[name=days]")["value"] == "soon"
    page = visit("/manage/kawabe/editions").submit(
        action="editions", **{"name-ja": "また"}, slug="2026", days=""
    )
    assert (page.status, db.session.query(Edition).count()) == (422, 1)
    assert "Another edition already has this address." in page.text


def test_the_overview_shows_state_and_what_is_missing(visit):
    edition = desk(visit, state=EditionState.RECRUITING)
    make_slot(make_programme(make_entry(edition)), seats_taken=3)

    page = visit("/manage/kawabe/2026/")

    assert page.status == 200
    assert "3 / 8" in page.main or "3 of 8" in page.main
    assert "Factories write their pages and hand them in." in page.main
    assert {form["value"] for form in page.html.select("input[name=to]")} == {"draft", "published"}
    assert "no information desk on the map" in page.main


def test_publishing_and_closing_freezes_the_entries(visit):
    edition = desk(visit, state=EditionState.RECRUITING)
    entry = make_entry(edition)

    page = visit("/manage/kawabe/2026/").submit(action="state", to="published")
    assert "Everybody sees the pages" in page.text
    visit("/manage/kawabe/2026/").submit(action="state", to="closed")

    assert db.session.get(Edition, edition.id).state is EditionState.CLOSED
    assert db.session.get(Entry, entry.id).frozen["name"] == dict(entry.factory.name)
    visit("/manage/kawabe/2026/").submit(action="state", to="running")
    assert db.session.get(Entry, entry.id).frozen == {}


def test_the_overview_of_what_is_over_asks_for_nothing(visit):
    edition = desk(visit)
    make_slot(make_programme(make_entry(edition)))
    before = visit("/manage/kawabe/2026/").main
    with transaction():
        edition.state = EditionState.CLOSED

    page = visit("/manage/kawabe/2026/").main

    assert ("What is missing" in before, "Available" in before) == (True, True)
    assert ("What is missing" in page, "Available" in page, "0 of 8" in page) == (False, False, True)


@pytest.mark.parametrize("to", ["closed", "nonsense", "", None, "x" * 500])
def test_a_step_that_is_not_allowed_is_refused(visit, to):
    edition = desk(visit, state=EditionState.DRAFT)

    page = visit("/manage/kawabe/2026/").submit(action="state", to=to)

    assert page.status == 422
    assert db.session.get(Edition, edition.id).state is EditionState.DRAFT


GETS = ["", "2026/", "2026/settings", "2026/venues", "2026/notices", "editions", "history", "health"]
STAFF_GETS = ["mails", "2026/venues/new", "2026/places/new", "2026/notices/new"]
POSTS = [
    "2026/state",
    "2026/settings",
    "2026/venues/new",
    "2026/places/new",
    "2026/notices/new",
    "editions",
    "mails/again",
]


def test_readers_see_but_change_nothing(visit):
    edition = desk(visit, Role.READER)
    venue, place = make_venue(edition), make_place(edition)
    with transaction():
        notice = notices.save(None, edition, {"title": texts("お知らせ"), "body": Translated({})}, by="test")

    for path in GETS:
        page = visit(f"/manage/kawabe/{path}")
        assert page.status == 200, path
        assert page.html.select("main form[method=post] button:not([disabled])") == [], path
    inside = [
        f"2026/venues/{venue.code}/delete",
        f"2026/places/{place.code}",
        f"2026/notices/{notice.code}/delete",
    ]
    for path in [*POSTS, *inside, "settings"]:
        assert visit.post(f"/manage/kawabe/{path}").status == 404, path
    for path in [*STAFF_GETS, "settings"]:
        assert visit(f"/manage/kawabe/{path}").status == 404, path
    assert visit("/manage/kawabe/2026/").links("/manage/kawabe/mails") == []


def test_staff_do_everything_but_people_and_settings(visit):
    desk(visit)
    for path in [*GETS, *STAFF_GETS]:
        assert visit(f"/manage/kawabe/{path}").status == 200, path
    assert visit("/manage/kawabe/settings").status == 404
    assert visit.post("/manage/kawabe/settings").status == 404


def test_strangers_and_other_festivals_organizers_find_nothing(visit):
    edition = make_edition(make_festival("kawabe"))
    venue, other = make_venue(edition), make_edition(make_festival("other"))
    visit.sign_in(make_person("Stranger"))
    for path in [*GETS, *STAFF_GETS, "settings", f"2026/venues/{venue.code}"]:
        assert visit(f"/manage/kawabe/{path}").status == 404, path

    visit.sign_in(make_organizer(other.festival, Role.OWNER))
    for path in [*GETS, *STAFF_GETS, "settings", f"2026/venues/{venue.code}"]:
        assert visit(f"/manage/kawabe/{path}").status == 404, path
    assert visit(f"/manage/other/2026/venues/{venue.code}").status == 404
    assert visit.post(f"/manage/other/2026/venues/{venue.code}/delete").status == 404


def test_a_list_shows_rows_of_its_own_festival_and_edition_only(visit):
    edition = desk(visit)
    other = make_edition(make_festival("other"))
    older = make_edition(edition.festival, slug="2025", days=())
    for one in (other, older):
        make_venue(one, name=texts("よその会館", "Hall elsewhere"))
        make_place(one, name=texts("よその案内所", "Desk elsewhere"))
        with transaction():
            notices.save(
                None,
                one,
                {"title": texts("よそ", "News elsewhere"), "body": Translated({})},
                by="somebody elsewhere",
            )

    assert "elsewhere" not in visit("/manage/kawabe/2026/venues").text
    assert "elsewhere" not in visit("/manage/kawabe/2026/notices").text
    assert (
        visit("/manage/kawabe/history").text.count("News elsewhere") == 1
    )  # the older edition is this festival's too
    assert "2025" not in visit("/manage/other/editions").text


def test_every_form_refuses_a_missing_token(visit):
    edition = desk(visit, Role.OWNER)
    for path in [*POSTS, "settings"]:
        page = visit.post(f"/manage/kawabe/{path}", slug="2030", days="11/1", **{"name-ja": "名"})
        assert page.status in {400, 422, 200, 303}, path
    assert db.session.query(Edition).count() == 1
    assert db.session.get(Edition, edition.id).version == 1


def test_a_stage_stands_in_a_venue(visit):
    edition = desk(visit)
    venue = make_venue(edition)

    page = visit("/manage/kawabe/2026/places/new?kind=stage")
    refused = page.submit(action="places/new", **{"name-ja": "舞台"}, kind="stage")
    page.submit(action="places/new", **{"name-ja": "舞台"}, kind="stage", venue=venue.code)

    assert refused.status == 422
    stage = next(one for one in places.find_places(edition) if one.kind is PlaceKind.STAGE)
    assert stage.venue_id == venue.id


def test_what_is_in_use_is_not_deleted(visit):
    edition = desk(visit)
    venue, place = make_venue(edition), make_place(edition, PlaceKind.MEETING_POINT)
    make_programme(edition=edition, venue_id=venue.id)
    make_programme(edition=edition, place_id=place.id, title=texts("町歩き", "Town walk"))
    page = visit("/manage/kawabe/2026/venues")

    refused = page.submit(action=f"venues/{venue.code}/delete")
    also = page.submit(action=f"places/{place.code}/delete")

    assert (refused.status, also.status) == (422, 422)
    assert "“Town walk” is held there." in also.text
    free = make_venue(edition)
    assert visit("/manage/kawabe/2026/venues").submit(action=f"venues/{free.code}/delete").alerts == [
        "Deleted."
    ]


def test_a_notice_is_written_changed_and_deleted(visit):
    edition = desk(visit)

    page = visit("/manage/kawabe/2026/notices").click("Write a notice")
    page.submit(
        action="notices/new",
        **{"title-ja": "バスが遅れています", "title-en": "The bus is late"},
        is_urgent="y",
        until="2026-10-01T10:00:30",
    )

    notice = notices.find_notices(edition)[0]
    assert (notice.is_urgent, notice.until.isoformat()) == (True, "2026-10-01T01:00:30+00:00")
    assert notices.find_current(edition) == [notice]
    page = visit(f"/manage/kawabe/2026/notices/{notice.code}").submit(
        action=notice.code, until="2026-10-01T08:59:59"
    )
    assert notices.find_current(edition) == []
    page.submit(action="delete")
    assert notices.find_notices(edition) == []


def test_two_people_at_one_notice_see_each_others_text(visit):
    edition = desk(visit)
    with transaction():
        notice = notices.save(
            None, edition, {"title": texts("お知らせ", "News"), "body": Translated({})}, by="test"
        )
        code = notice.code
    mine, theirs = visit(f"/manage/kawabe/2026/notices/{code}"), visit(f"/manage/kawabe/2026/notices/{code}")
    theirs.submit(action=code, **{"title-en": "Theirs"})

    page = mine.submit(action=code, **{"title-en": "Mine"})

    assert (page.status, notices.find_notices(edition)[0].title["en"]) == (409, "Theirs")
    assert "Theirs" in page.main and page.html.select_one("input[name=title-en]")["value"] == "Mine"
    page.submit(action=code)
    assert notices.find_notices(edition)[0].title["en"] == "Mine"


def test_before_publishing_what_is_needed_is_named_and_before_taking_off_who_is_booked(visit):
    edition = desk(visit, state=EditionState.RECRUITING, contact_email=None)
    slot = make_slot(make_programme(make_entry(edition)))

    assert (
        "7 needed points are still open: Contact for visitors, Reservations, Venues, Yamada Works"
        in asked(visit, "Publish")
    )
    assert "Reservations open at the same moment" in asked(visit, "Publish")
    with transaction():
        edition.booking_opens_at = clock.now()
    assert "Reservations open at the same moment" not in asked(visit, "Publish")
    with transaction():
        edition.state = EditionState.PUBLISHED
    make_booking(slot, party_size=3)
    assert "3 people are booked and hear nothing of this." in asked(visit, "Take it off the web")


def asked(visit, button):
    """The question before a step of the edition."""
    return " ".join(visit("/manage/kawabe/2026/").find_form("state", button).parent.get_text(" ").split())


def test_the_time_zone_changes_only_while_there_are_no_slots(visit):
    edition = desk(visit)
    address = "/manage/kawabe/2026/settings"

    for wrong in ("Asia/Tokio", "", "../etc/passwd", "Asia"):
        assert visit(address).submit(action="settings", zone_name=wrong).status == 422
    visit(address).submit(action="settings", zone_name="Asia/Manila", booking_opens_at="2026-10-10T10:00:00")
    changed = db.session.get(Edition, edition.id)
    assert (changed.zone_name, changed.booking_opens_at.isoformat()) == (
        "Asia/Manila",
        "2026-10-10T02:00:00+00:00",
    )
    make_slot(make_programme(make_entry(changed)))
    refused = visit(address).submit(action="settings", zone_name="Europe/Paris")
    assert (refused.status, "the time zone stays" in refused.main) == (422, True)


def test_points_are_set_on_a_map_of_the_town(visit):
    edition = desk(visit, lat=35.5, lon=139.7)
    venue, place = make_venue(edition), make_place(edition)

    for rest in (f"venues/{venue.code}", f"places/{place.code}", "venues/new", "places/new", "settings"):
        frame = visit(f"/manage/kawabe/2026/{rest}").html.select_one("[data-entrance]")
        assert (frame["data-input"], frame["data-lat"], frame.has_attr("data-tiles")) == (
            "point",
            "35.5",
            False,
        )
        assert visit(frame["data-base"]).status == 200
