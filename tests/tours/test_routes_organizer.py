"""The committee's desk over tours: seats for every organizer, names only for those who need them."""

from datetime import timedelta

import pytest

from eventapp.db import db, transaction
from eventapp.festivals.models import PlaceKind, Role
from eventapp.tours import changing
from eventapp.tours.models import EntryMode, HeldAt, Kind, Programme, ProgrammeState, Slot, Status
from tests.builders import (
    TEN,
    fresh,
    make_booking,
    make_contact,
    make_edition,
    make_entry,
    make_factory,
    make_member,
    make_organizer,
    make_person,
    make_place,
    make_programme,
    make_slot,
    make_venue,
    texts,
)


@pytest.fixture
def edition(app):
    return make_edition()


@pytest.fixture
def desk(visit, edition):
    """The browser of somebody of the committee's staff: `desk("programmes")`; `desk.sit(Role.READER)` changes who."""

    def open_page(path):
        return visit(f"/manage/{edition.festival.slug}/{edition.slug}/{path}")

    def sit(role):
        visit.sign_in(make_organizer(edition.festival, role))
        return open_page

    open_page.sit, open_page.visit = sit, visit
    return sit(Role.STAFF)


# --- programmes ----------------------------------------------------------------------------------------------------


def test_programmes_stand_with_their_seats_and_state(desk, edition):
    tour = make_programme(
        make_entry(edition, make_factory(edition.festival, name=texts("佐藤ねじ", "Sato Screws")))
    )
    make_slot(tour, capacity=8, seats_taken=3)
    make_slot(tour, capacity=4, starts_at=TEN + timedelta(hours=1))
    make_programme(
        edition=edition,
        title=texts("開会式", "Opening"),
        kind=Kind.TALK,
        entry_mode=EntryMode.OPEN,
        state=ProgrammeState.DRAFT,
    )

    page = desk("programmes")

    assert "Sato Screws" in page.main
    assert "3/12" in page.main
    table = page.html.select_one("table").get_text()
    assert table.index("Opening") < table.index("Draft") < table.index("Sato Screws")


def test_programmes_are_filtered_and_paged(desk, edition):
    entry = make_entry(edition)
    for number in range(51):
        made = make_programme(
            entry,
            title=texts(f"見学{number}", f"Tour {number}"),
            kind=Kind.WORKSHOP if number == 7 else Kind.TOUR,
        )
        with transaction():
            made.search_key = f"けんがく{number} tour {number}"

    assert "51 programmes" in desk("programmes").main
    assert "1 programme" in desk("programmes?kind=workshop").main
    assert "1 programme" in desk("programmes?q=TOUR+7&kind=workshop").main
    assert "No programme fits" in desk("programmes?state=draft").main
    assert "Page 2 of 2" in desk("programmes?page=99999999999999999999999").main
    assert "Page 1 of 2" in desk("programmes?page=-1&kind=nothing").main


def test_committee_plans_a_bus_tour_with_its_stops(desk, edition):
    place = make_place(edition, PlaceKind.STATION, name=texts("駅前", "Station"))
    small = make_entry(edition)
    page = desk("programmes/new").submit(
        action="#programme-form",
        **{
            "title-ja": "バスツアー",
            "kind": "bus_tour",
            "held_at": "place",
            "place": place.code,
            "duration_minutes": "120",
        },
    )
    tour = db.session.query(Programme).one()
    page = page.click("Stops").submit(
        action="/stops",
        **{
            "stops-0-entry": small.code,
            "stops-0-minutes_after": "20",
            "stops-0-stay_minutes": "40",
            "stops-0-places": "12",
        },
    )
    assert [(stop.entry_id, stop.places) for stop in fresh(tour).stops] == [(small.id, 12)]

    refused = page.click("Slots").submit(action="/slots/add", day="2026-11-28", start="10:00", capacity="20")
    assert refused.status == 422
    assert "can receive 12 people" in refused.main
    refused.submit(action="/slots/add", capacity="12")

    assert (tour.entry_id, db.session.query(Slot).one().capacity) == (None, 12)


def test_committee_s_talk_stands_in_the_timetable_of_its_stage(desk, edition):
    stage = make_place(edition, PlaceKind.STAGE, name=texts("広場", "Square"))
    talk = make_programme(edition=edition, kind=Kind.TALK, entry_mode=EntryMode.TIMED, held_at=HeldAt.PLACE, place_id=stage.id,
                          title=texts("開会式", "Opening talk"))  # fmt: skip
    make_slot(talk, capacity=None)

    page = desk("stages")

    assert page.main.index("Square") < page.main.index("10:00") < page.main.index("Opening talk")
    assert "There is no stage yet" not in page.main


def test_venue_hosts_a_programme(desk, edition):
    venue = make_venue(edition)

    desk("programmes/new").submit(
        action="#programme-form",
        **{
            "title-ja": "展示",
            "kind": "exhibition",
            "entry_mode": "open",
            "held_at": "venue",
            "venue": venue.code,
        },
    )

    assert db.session.query(Programme).one().venue_id == venue.id


def test_committee_changes_a_factory_s_slot_too(desk, edition):
    slot = make_slot(make_programme(make_entry(edition)))

    desk(f"slots/{slot.code}").submit(action="/places", capacity="3")

    assert fresh(slot).capacity == 3


def test_programme_of_another_edition_is_not_there(desk, edition):
    elsewhere = make_slot(make_programme(make_entry(make_edition(edition.festival, slug="2025"))))

    for path in (
        f"programmes/{elsewhere.programme.code}",
        f"slots/{elsewhere.code}",
        f"programmes/{elsewhere.programme.code}/slots",
    ):
        assert desk(path).status == 404


# --- reservations --------------------------------------------------------------------------------------------------


@pytest.fixture
def booked(edition):
    """Two days, two programmes; one party came, one cancelled."""
    screws, bolts = (
        make_programme(make_entry(edition), title=texts(word, word)) for word in ("Screws", "Bolts")
    )
    slots = make_slot(screws), make_slot(bolts, starts_at=TEN + timedelta(days=1))
    hana = make_booking(
        *slots,
        party_size=2,
        contact=make_contact("hana@example.jp", name="花山 花子", kana="はなやま はなこ"),
    )
    taro = make_booking(
        slots[0],
        party_size=3,
        contact=make_contact("taro@example.jp", name="山田 太郎", kana="やまだ たろう"),
    )
    gone = make_booking(slots[0], party_size=1, contact=make_contact("gone@example.jp", name="取消 済"))
    with transaction():
        changing.mark(hana.reservations[0], Status.ATTENDED, staff=make_person())
        changing.cancel(gone.reservations[0])
    return {"slots": slots, "hana": hana, "taro": taro, "screws": screws}


def test_reservations_show_seats_by_day_and_every_party(desk, booked):
    page = desk("reservations")

    assert "5 /8" in page.main or "5/8" in page.main
    assert "2 came" in page.main
    assert "4 reservations" in page.main
    for name in ("花山 花子", "山田 太郎", "取消 済"):
        assert name in page.main


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ハナヤマ", 2), ("q=taro@example.jp", 1), ("day=2026-11-29", 1), ("status=cancelled", 1), ("status=attended&q=花山", 1),
        ("q=nobody", 0), ("day=x&status=y&q=", 4),
    ],
)  # fmt: skip
def test_reservations_are_searched_and_filtered(desk, booked, query, found):
    page = desk(f"reservations?{query}")

    assert (f"{found} reservation" in page.main) if found else ("No reservation fits" in page.main)


def test_reservations_of_one_programme(desk, booked):
    assert "3 reservations" in desk(f"reservations?programme={booked['screws'].code}").main


@pytest.mark.parametrize("number", ["99999999999999999999999999", "-5", "0", "abc", "１"])
def test_any_page_number_shows_a_page(desk, booked, number):
    assert "4 reservations" in desk(f"reservations?page={number}").main


def test_reservations_are_exported_as_they_are_filtered(desk, booked):
    page = desk("reservations?day=2026-11-29")

    text = page.click("CSV").response.get_data(as_text=True)

    assert "花山 花子" in text
    assert "hana@example.jp" in text
    assert "山田 太郎" not in text
    assert desk("reservations.xlsx").response.get_data()[:2] == b"PK"
    assert desk("reservations.pdf").status == 404


def test_reservation_page_shows_what_else_is_booked_together(desk, booked):
    first, second = booked["hana"].reservations

    page = desk(f"reservations/{first.code}")

    assert "Booked together with it" in page.main
    assert page.click("Bolts").path.endswith(second.code)


# --- who sees names ------------------------------------------------------------------------------------------------


def test_readers_see_seats_and_counts_but_no_visitor(desk, booked):
    desk.sit(Role.READER)

    page = desk("reservations?q=花山")

    assert "2 came" in page.main
    assert "Names and telephone numbers" in page.main
    for secret in ("花山 花子", "はなやま", "hana@example.jp", booked["hana"].gate_number):
        assert secret not in page.response.get_data(as_text=True).replace("q=花山", "")


def test_readers_reach_no_page_with_names_and_change_nothing(desk, booked):
    slot, reservation = booked["slots"][0], booked["hana"].reservations[0]
    desk.sit(Role.READER)

    assert desk("programmes").status == 200
    for path in ("today", "sheet", "sheet.csv", "find?q=花山", "reservations.csv", "reservations.xlsx", "programmes/new",
                 f"slots/{slot.code}", f"slots/{slot.code}/book", f"reservations/{reservation.code}",
                 f"programmes/{slot.programme.code}", f"programmes/{slot.programme.code}/slots"):  # fmt: skip
        assert desk(path).status == 404, path


def test_desk_is_for_this_committee_alone(desk, booked, edition):
    paths = (
        "programmes",
        "reservations",
        "today",
        "find?q=花山",
        f"reservations/{booked['hana'].reservations[0].code}",
    )

    for stranger in (
        make_person(),
        make_organizer(make_edition().festival),
        make_member(booked["screws"].entry.factory),
    ):
        desk.visit.sign_in(stranger)
        assert {desk(path).status for path in paths} == {404}


# --- the price of a list -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["programmes", "reservations", "reservations.csv", "today", "stages"])
def test_lists_cost_the_same_whatever_their_length(desk, edition, path, count_statements):
    stage = make_place(edition, PlaceKind.STAGE)

    def fill(number):
        for _one in range(number):
            slot = make_slot(make_programme(make_entry(edition)))
            make_booking(slot)
            own = make_programme(edition=edition, held_at=HeldAt.PLACE, place_id=stage.id)
            make_booking(make_slot(own))

    def cost():
        with count_statements() as seen:
            assert desk(path).status == 200
        return len(seen)

    fill(1)
    few = cost()
    fill(4)

    assert cost() == few
