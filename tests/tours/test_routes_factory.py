"""The factory's desk, as its people use it: the day, slots in three taps, programmes, callers, the sheet."""

from datetime import UTC, datetime, timedelta

import pytest

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.festivals.models import EditionState
from eventapp.outbox import Mail
from eventapp.tours import changing, programmes, seats
from eventapp.tours.booking import Contact
from eventapp.tours.models import (
    Booking,
    EntryMode,
    HeldAt,
    Kind,
    Programme,
    ProgrammeState,
    Reservation,
    Slot,
    SlotState,
    Status,
)
from eventapp.tours.programmes import StopWish
from tests.builders import (
    TEN,
    fresh,
    make_booking,
    make_contact,
    make_edition,
    make_entry,
    make_factory,
    make_member,
    make_person,
    make_place,
    make_programme,
    make_slot,
    texts,
)


@pytest.fixture
def factory(app):
    return make_factory(name=texts("佐藤ねじ", "Sato Screws"))


@pytest.fixture
def entry(factory):
    return make_entry(make_edition(factory.festival), factory)


@pytest.fixture
def programme(entry):
    return make_programme(entry)


@pytest.fixture
def desk(visit, factory, entry):
    """The browser of somebody who works there: `desk("today")`."""
    person = make_member(factory)

    def open_page(path):
        return visit.sign_in(person)(
            f"/factory/{factory.code}/{path}"
        )  # afresh: tests move the clock by weeks

    open_page.visit = visit.sign_in(person)
    return open_page


def mails(template):
    return db.session.query(Mail).filter_by(template=template).order_by(Mail.id).all()


def caller(name="電話 太郎", phone="03-1234-5678", **values):
    return Contact(name=name, email=None, phone=phone, language="ja", **values)


# --- today ---------------------------------------------------------------------------------------------------------


def test_today_tells_who_comes_when_now_first(desk, programme):
    early, now, later = (make_slot(programme, starts_at=TEN + timedelta(hours=hours)) for hours in (-1, 0, 2))
    for slot, name in ((early, "朝 一番"), (now, "今 来子"), (later, "後 次郎")):
        make_booking(slot, party_size=3, contact=make_contact(name=name, kana="かな"))

    with clock.stopped_at(TEN + timedelta(minutes=10)):
        page = desk("today")

    assert page.main.index("今 来子") < page.main.index("後 次郎") < page.main.index("朝 一番")
    assert "People booked 9" in page.main
    assert "Now 3 people of 8 places" in page.main


def test_today_shows_another_day(desk, programme):
    make_booking(
        make_slot(programme, starts_at=TEN + timedelta(days=1)), contact=make_contact(name="日曜 花")
    )

    assert "日曜 花" not in desk("today").main
    assert "日曜 花" in desk("today").click("Sun, Nov 29").main


@pytest.mark.parametrize("day", ["2026-12-24", "x", "9" * 400, "%00"])
def test_today_of_a_day_that_is_none_is_the_next_one(desk, programme, day):
    page = desk(f"today?day={day}")

    assert (page.status, "Sat, Nov 28" in page.main) == (200, True)


def test_marks_at_the_door(desk, programme):
    slot = make_slot(programme)
    came = make_booking(slot, contact=make_contact(name="来た 人"))
    missed = make_booking(slot, contact=make_contact(name="来ない 人"))

    with clock.stopped_at(TEN):
        code = came.reservations[0].code
        page = desk("today").submit(action=f"{code}/mark", button="Came")
        page = page.submit(action=f"{missed.reservations[0].code}/mark", button="Did not come")
        assert "2 here" in page.main
        assert "Did not come" in page.main
        page.submit(action=f"{code}/mark", button="Undo")

    assert fresh(came.reservations[0]).status == Status.CONFIRMED
    assert fresh(missed.reservations[0]).status == Status.NO_SHOW


def test_a_mark_that_is_none_changes_nothing(desk, programme):
    booked = make_booking(make_slot(programme))

    with clock.stopped_at(TEN):
        desk("today").submit(action="/mark", button="Came", status="cancelled")

    assert fresh(booked.reservations[0]).status == Status.CONFIRMED


# --- three taps ----------------------------------------------------------------------------------------------------
# A tap opens "Change this time", a tap goes into the field, a tap on the button does it: the form stands on the day.


def test_slot_is_moved_in_three_taps_and_those_booked_are_told(desk, programme):
    slot = make_slot(programme)
    make_booking(slot, contact=make_contact("hana@example.jp"))

    page = desk("today").submit(
        action="/move", button="Move and tell 1 booking", start="10:30", message="少し遅れます"
    )

    assert page.path.endswith("/today")
    assert page.alerts[0] == "Moved. 1 booking is told by mail."
    assert fresh(slot).starts_at == TEN + timedelta(minutes=30)
    assert [(mail.to_address, mail.values["message"]) for mail in mails("tours/slot_moved")] == [
        ("hana@example.jp", "少し遅れます")
    ]


def test_slot_is_called_off_from_today_and_those_booked_are_told(desk, programme):
    slot = make_slot(programme)
    make_booking(slot, contact=make_contact("hana@example.jp"))
    make_booking(slot, contact=caller(), staff=make_person())

    page = desk("today").submit(action="/call-off", button="Call off and tell 2 bookings", message="停電です")

    assert "1 booking is told by mail. 1 left no e-mail address: please call." in page.alerts[0]
    assert (fresh(slot).state, fresh(slot).seats_taken, len(mails("tours/slot_cancelled"))) == (
        SlotState.CANCELLED,
        0,
        1,
    )
    assert "03-1234-5678" in desk(f"slots/{slot.code}").main


def test_slot_is_closed_and_opened_from_today(desk, programme):
    slot = make_slot(programme)

    page = desk("today").submit(action="/close", button="Stop taking reservations")
    assert fresh(slot).state == SlotState.CLOSED
    page.submit(action="/close", button="Open again")

    assert fresh(slot).state == SlotState.OPEN


def test_what_could_not_be_done_is_not_passed_over_in_silence(desk, programme):
    """Somebody who signed in anew in another tab must not believe that a day was called off."""
    slot = make_slot(programme)
    made = make_booking(slot, party_size=2)
    with clock.stopped_at(TEN):
        whole_day = desk("today").submit(action="/days/2026-11-28/call-off", csrf_token="stale")
        one_day = desk(f"programmes/{programme.code}/slots").submit(
            action=f"{programme.code}/call-off", message="x" * 1001
        )
        mark = desk("today").submit(action="/mark", button="Came", csrf_token="stale")

    assert ("open for a long time" in whole_day.text, mark.status) == (True, 400)
    assert "cannot be longer than 1000" in one_day.text
    assert fresh(slot).state == SlotState.OPEN
    assert fresh(made.reservations[0]).status == Status.CONFIRMED


def test_capacity_is_changed_from_today(desk, programme):
    slot = make_slot(programme, capacity=8)

    desk("today").submit(action="/places", capacity="１２", walk_in_places="2")

    assert (fresh(slot).capacity, fresh(slot).walk_in_places) == (12, 2)


def test_capacity_under_what_is_taken_says_who_is_in_and_keeps_what_was_typed(desk, programme):
    slot = make_slot(programme, capacity=8)
    make_booking(slot, party_size=5, contact=make_contact(name="山田 太郎"))

    before = desk("today")
    page = before.submit(action="/places", capacity="4", walk_in_places="1")

    assert (
        before.html.select_one("input[name=capacity]")["min"] == "0"
    )  # no browser stops it: who is in is for us to say
    assert page.status == 422
    assert "5 places are taken" in page.alerts[0]
    assert "山田 太郎 (5)" in page.alerts[0]
    assert page.html.select_one("input[name=capacity]")["value"] == "4"
    assert fresh(slot).capacity == 8


def test_the_rest_of_a_day_is_called_off_with_one_message(desk, programme):
    over, ahead = make_slot(programme), make_slot(programme, starts_at=TEN + timedelta(hours=3))
    for slot in (over, ahead):
        make_booking(slot)

    with clock.stopped_at(TEN + timedelta(hours=2)):
        desk("today").submit(action="/days/2026-11-28/call-off", message="台風のため")

    assert (fresh(over).state, fresh(ahead).state) == (SlotState.OPEN, SlotState.CANCELLED)
    assert len(mails("tours/slot_cancelled")) == 1


@pytest.mark.parametrize(
    "typed", [{"start": "25:00"}, {"start": ""}, {"start": "10:00\x00"}, {"day": "2026-12-24"}, {"day": None}]
)
def test_a_time_that_is_none_moves_nothing(desk, programme, typed):
    slot = make_slot(programme)

    page = desk(f"slots/{slot.code}").submit(action="/move", **{"start": "11:00", **typed})

    assert (page.status, fresh(slot).starts_at) == (422, TEN)


# --- programmes ----------------------------------------------------------------------------------------------------


def test_from_nothing_to_a_published_programme_with_slots(desk, entry):
    page = (
        desk("programmes")
        .click("New programme")
        .submit(
            action="#programme-form",
            **{
                "title-ja": "ねじ工場の見学",
                "title-en": "Screw factory",
                "kind": "tour",
                "entry_mode": "booking",
                "held_at": "entrance",
            },
        )
    )
    page = page.click("Make slots from days and times")
    page = page.submit(
        button="Show",
        first="10:00",
        until="16:00",
        every="60",
        pause_from="12:00",
        pause_to="13:00",
        capacity="8",
    )
    assert page.main.count("10:00–11:00") == 2
    page = page.submit(action="/plan", step="save")
    assert page.alerts[0] == "10 slots have been made."
    page.click("Texts and rules").submit(action="/publish")

    made = db.session.query(Programme).filter_by(entry_id=entry.id).one()
    assert (made.state, len(made.slots), made.title["en"]) == (ProgrammeState.PUBLISHED, 10, "Screw factory")


def test_generator_leaves_out_what_was_unticked(desk, programme):
    page = desk(f"programmes/{programme.code}/slots/plan").submit(button="Show", days=["2026-11-28"])
    first = page.html.select_one("input[name=start]")["value"]

    page.submit(action="/plan", step="save", start=[first])

    assert [slot.starts_at for slot in db.session.query(Slot)] == [TEN]


@pytest.mark.parametrize(
    "typed",
    [
        {"days": None},
        {"first": "x"},
        {"until": "09:00"},
        {"every": "0"},
        {"every": "9" * 30},
        {"capacity": "-1"},
    ],
)
def test_generator_says_what_is_wrong(desk, programme, typed):
    page = desk(f"programmes/{programme.code}/slots/plan").submit(button="Show", **typed)

    assert page.status == 422
    assert page.alerts


def test_two_people_at_one_programme_see_each_other_s_change(desk, programme):
    mine = desk(f"programmes/{programme.code}")
    desk(f"programmes/{programme.code}").submit(action="#programme-form", **{"title-ja": "彼女の題"})

    again = mine.submit(action="#programme-form", **{"title-ja": "私の題"})
    assert again.status == 409
    assert "彼女の題" in again.main
    assert again.html.select_one("#title-ja")["value"] == "私の題"
    again.submit(action="#programme-form", **{"title-ja": "私の題"})

    assert fresh(programme).title["ja"] == "私の題"


def test_programme_without_a_title_is_shown_again_with_what_was_typed(desk):
    page = desk("programmes/new").submit(
        action="#programme-form", **{"title-ja": " ", "description-ja": "長い説明", "price_yen": "abc"}
    )

    assert page.status == 422
    assert "長い説明" in page.html.select_one("#description-ja").get_text()
    assert db.session.query(Programme).count() == 0


def test_slots_are_changed_in_bulk(desk, programme):
    one, two = make_slot(programme), make_slot(programme, starts_at=TEN + timedelta(hours=1))
    other_day = make_slot(programme, starts_at=TEN + timedelta(days=1))

    page = desk(f"programmes/{programme.code}/slots")
    page.submit(
        action="/slots/change", button="Save places", slots=[one.code, two.code], capacity="5", act="change"
    )
    assert [fresh(slot).capacity for slot in (one, two, other_day)] == [5, 5, 8]
    page.submit(action="/slots/change", days=["2026-11-28"], act="close")

    assert [fresh(slot).state for slot in (one, two, other_day)] == [
        SlotState.CLOSED,
        SlotState.CLOSED,
        SlotState.OPEN,
    ]


def test_bulk_without_a_tick_asks_for_one(desk, programme):
    make_slot(programme)

    page = desk(f"programmes/{programme.code}/slots").submit(action="/slots/change", act="cancel")

    assert (page.status, "Please tick" in page.alerts[0]) == (422, True)


def test_slots_called_off_in_bulk_tell_those_booked(desk, programme):
    slot = make_slot(programme)
    make_booking(slot)

    desk(f"programmes/{programme.code}/slots").submit(
        action="/slots/change", slots=[slot.code], act="cancel", message="点検"
    )

    assert [mail.values["message"] for mail in mails("tours/slot_cancelled")] == ["点検"]


def test_a_day_of_a_programme_is_called_off(desk, programme):
    saturday, sunday = make_slot(programme), make_slot(programme, starts_at=TEN + timedelta(days=1))

    desk(f"programmes/{programme.code}/slots").submit(action=f"{programme.code}/call-off", day="2026-11-29")

    assert (fresh(saturday).state, fresh(sunday).state) == (SlotState.OPEN, SlotState.CANCELLED)


def test_a_single_slot_is_added(desk, programme):
    page = desk(f"programmes/{programme.code}/slots").submit(
        action="/slots/add", day="2026-11-29", start="13:30", capacity="4"
    )

    assert page.status == 200
    assert db.session.query(Slot).one().starts_at == datetime(2026, 11, 29, 4, 30, tzinfo=UTC)
    assert (
        desk(f"programmes/{programme.code}/slots")
        .submit(action="/slots/add", day="2026-11-29", start="13:30")
        .status
        == 422
    )


# --- callers -------------------------------------------------------------------------------------------------------


def test_staff_books_for_a_caller_with_a_telephone_alone_before_booking_opens(desk, programme):
    slot = make_slot(programme)
    with transaction():
        programme.edition.booking_opens_at = clock.now() + timedelta(days=10)

    page = (
        desk(f"slots/{slot.code}")
        .click("Book for a caller")
        .submit(action="/book", name="渡辺 結", kana="わたなべ ゆい", phone="090-1111-2222", party_size="3")
    )

    made = db.session.query(Booking).one()
    assert (made.phone_key, made.email, made.booked_by_id is not None, fresh(slot).seats_taken) == (
        "09011112222",
        None,
        True,
        3,
    )
    assert made.gate_number in page.alerts[0]
    assert db.session.query(Mail).count() == 0


def test_a_caller_cannot_have_more_seats_than_there_are(desk, programme):
    slot = make_slot(programme, capacity=4, seats_taken=3)

    page = desk(f"slots/{slot.code}/book").submit(
        action="/book", name="渡辺", phone="090-1111-2222", party_size="2"
    )

    assert (page.status, fresh(slot).seats_taken) == (422, 3)
    assert page.html.select_one("input[name=name]")["value"] == "渡辺"


def test_a_caller_must_be_reachable(desk, programme):
    page = desk(f"slots/{make_slot(programme).code}/book").submit(action="/book", name="渡辺", party_size="2")

    assert page.status == 422
    assert "telephone number or an e-mail" in " ".join(page.alerts)


def test_the_same_telephone_twice_is_asked_about_once(desk, programme):
    slot = make_slot(programme)
    make_booking(slot, contact=caller(phone="０９０−１１１１−２２２２"), staff=make_person())

    page = desk(f"slots/{slot.code}/book").submit(
        action="/book", name="渡辺", phone="090-1111-2222", party_size="1"
    )
    assert "already a booking" in page.main
    assert db.session.query(Booking).count() == 1
    page.submit(action="/book", name="渡辺", phone="090-1111-2222", again="y")

    assert db.session.query(Booking).count() == 2


def test_a_double_click_books_once(desk, programme):
    slot = make_slot(programme)
    page = desk(f"slots/{slot.code}/book")

    for _click in range(2):
        page.submit(action="/book", name="渡辺", phone="090-1111-2222", again="y")

    assert (db.session.query(Booking).count(), fresh(slot).seats_taken) == (1, 1)


def test_staff_answers_what_the_factory_asks(desk, programme):
    with transaction():
        programme.entry.factory.insurance_list = True
    slot = make_slot(programme)

    refused = desk(f"slots/{slot.code}/book").submit(action="/book", name="渡辺", phone="090-1111-2222")
    assert refused.status == 422
    refused.submit(action="/book", guests="渡辺 結\n渡辺 光")

    assert db.session.query(Reservation).one().guests == "渡辺 結\n渡辺 光"


@pytest.mark.parametrize("words", ["ワタナベ", "渡辺", "09011112222", "1111-2222", "number"])
def test_booking_is_found_by_kana_name_telephone_and_number(desk, programme, words):
    slot = make_slot(programme)
    booked = make_booking(
        slot, contact=caller("渡辺 結", "090-1111-2222", kana="わたなべ ゆい"), staff=make_person()
    )
    make_booking(slot, contact=caller("鈴木 花", "03-9999-8888", kana="すずき はな"), staff=make_person())

    page = desk("today").submit(action="/find", q=booked.gate_number if words == "number" else words)

    assert ("渡辺 結" in page.main, "鈴木 花" in page.main) == (True, False)


@pytest.mark.parametrize(
    "words", ["%", "_", "ねじ" * 500, "\ud800".encode("utf-8", "surrogatepass"), "'; drop", "１"]
)
def test_search_takes_any_words(desk, programme, words):
    make_booking(make_slot(programme))

    page = desk.visit.send("GET", desk("find").path, query_string={"q": words, "page": "9" * 40})

    assert page.status in {200, 400}


def test_reservation_is_changed_moved_and_cancelled_for_the_caller(desk, programme):
    slot, later = make_slot(programme), make_slot(programme, starts_at=TEN + timedelta(hours=2))
    booked = make_booking(slot, party_size=2)
    path = f"reservations/{booked.reservations[0].code}"

    page = desk(path).submit(action="/party", party_size="5")
    assert "A mail with the new state is on its way." in page.alerts[0]
    page = page.submit(action="/move", slot=later.code)
    assert (fresh(slot).seats_taken, fresh(later).seats_taken) == (0, 5)
    page.submit(action="/cancel")

    assert (fresh(later).seats_taken, fresh(booked.reservations[0]).status) == (0, Status.CANCELLED)
    assert (len(mails("tours/changed")), seats.find_miscounted()) == (3, [])


def test_reservation_moves_only_within_its_programme(desk, programme):
    booked = make_booking(make_slot(programme))
    make_slot(programme, starts_at=TEN + timedelta(hours=2))
    elsewhere = make_slot(make_programme(programme.entry))

    page = desk(f"reservations/{booked.reservations[0].code}").submit(action="/move", slot=elsewhere.code)

    assert (page.status, fresh(elsewhere).seats_taken) == (422, 0)


# --- the sheet -----------------------------------------------------------------------------------------------------


def test_sheet_has_everybody_who_comes_and_nobody_who_cancelled(desk, programme):
    slot = make_slot(programme, walk_in_places=2)
    booked = make_booking(
        slot,
        contact=caller("渡辺 結", kana="わたなべ ゆい", note="車いす", guests="渡辺 結\n渡辺 光"),
        staff=make_person(),
    )
    gone = make_booking(slot, contact=make_contact(name="取消 済"))
    with transaction():
        changing.cancel(gone.reservations[0])

    page = desk("sheet")

    for words in (
        booked.gate_number,
        "渡辺 結",
        "わたなべ ゆい",
        "03-1234-5678",
        "車いす",
        "渡辺 光",
        "Walk-in",
        "2 of 8 people",
    ):
        assert words in page.main
    assert "取消 済" not in page.main


def test_sheet_is_downloaded_safe_for_a_spreadsheet(desk, programme):
    make_booking(make_slot(programme), contact=caller("=cmd()", note="+1"), staff=make_person())

    csv, xlsx = desk("sheet.csv?day=2026-11-28"), desk("sheet.xlsx?day=2026-11-28")

    assert "'=cmd()" in csv.response.get_data(as_text=True)
    assert csv.response.headers["Cache-Control"] == "no-store"
    assert xlsx.response.get_data()[:2] == b"PK"
    assert desk("sheet.pdf").status == 404


# --- tours that stop here, and others' things ----------------------------------------------------------------------


@pytest.fixture
def tour_slot(entry):
    tour = make_programme(edition=entry.edition, kind=Kind.BUS_TOUR, held_at=HeldAt.PLACE, title=texts("バスツアー", "Bus tour"),
                          place_id=make_place(entry.edition).id, duration_minutes=180)  # fmt: skip
    with transaction():
        programmes.set_stops(tour, [StopWish(entry, 40, 30)], by="test")
    return make_slot(tour, minutes=180)


def test_tour_that_stops_here_is_seen_and_not_changed(desk, tour_slot):
    make_booking(tour_slot, contact=make_contact(name="バス 乗子"))

    page = desk("today")

    assert "10:40" in page.main
    assert "バス 乗子" in page.main
    assert "Change this time" not in page.main
    assert "Bus tour" in desk("programmes").main
    assert desk(f"slots/{tour_slot.code}").status == 200
    assert desk(f"programmes/{tour_slot.programme.code}").status == 404
    assert desk(f"slots/{tour_slot.code}/book").status == 404


def test_factory_sees_nothing_of_what_else_a_visitor_booked(desk, programme):
    neighbour = make_slot(
        make_programme(make_entry(programme.edition), title=texts("隣の見学", "Next door")),
        starts_at=TEN + timedelta(hours=2),
    )
    booked = make_booking(make_slot(programme), neighbour)
    mine, theirs = sorted(booked.reservations, key=lambda one: one.slot_id == neighbour.id)

    assert "Next door" not in desk(f"reservations/{mine.code}").main
    assert desk(f"reservations/{theirs.code}").status == 404
    assert desk(f"slots/{neighbour.code}").status == 404
    assert desk.visit(f"/factory/{neighbour.programme.entry.factory.code}/today").status == 404


def test_desk_works_on_the_edition_that_runs(visit, factory):
    running = make_edition(factory.festival, state=EditionState.RUNNING)
    slot = make_slot(make_programme(make_entry(running, factory)))
    make_booking(slot, contact=make_contact(name="今日 来る"))
    coming = make_edition(factory.festival, slug="2027", state=EditionState.RECRUITING, days=[])
    make_entry(coming, factory)
    desk = visit.sign_in(make_member(factory))

    assert "今日 来る" in desk(f"/factory/{factory.code}/today").main
    assert "今日 来る" not in desk(f"/factory/{factory.code}/today?edition=2027").main


def test_factory_outside_every_edition_reads_what_to_wait_for(visit, factory):
    page = visit.sign_in(make_member(factory))(f"/factory/{factory.code}/today")

    assert "takes part in no edition yet" in page.main


def test_buttons_want_their_token(desk, programme):
    slot = make_slot(programme)
    page = desk("today")

    for action in ("/move", "/places", "/close", "/call-off"):
        page.submit(action=action, csrf_token=None, start="11:00", capacity="3")

    assert (fresh(slot).state, fresh(slot).starts_at, fresh(slot).capacity) == (SlotState.OPEN, TEN, 8)


# --- the price of a list -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["today", "programmes", "sheet", "find?q=花", "slots"])
def test_lists_cost_the_same_whatever_their_length(desk, programme, path, count_statements):
    def fill(number):
        offered = make_programme(programme.entry, entry_mode=EntryMode.BOOKING)
        for hour in range(number):
            slot = make_slot(offered, starts_at=TEN + timedelta(hours=hour), minutes=30)
            make_booking(slot, party_size=1)
            make_booking(slot, party_size=2)
        return offered

    def cost(offered):
        with count_statements() as seen:
            assert desk(f"programmes/{offered.code}/slots" if path == "slots" else path).status == 200
        return len(seen)

    one = cost(fill(1))
    three = cost(fill(3))

    assert three == one
