"""A visitor books, looks at the reservation, changes it; and what happens to everything that is not as it should be."""

from datetime import timedelta

import pytest

from eventapp import clock, links
from eventapp.db import db, transaction
from eventapp.factories import freezing
from eventapp.festivals.models import EditionState
from eventapp.i18n import Translated
from eventapp.outbox import Mail
from eventapp.tours import booking, changing, seats
from eventapp.tours.models import Booking, HeldAt, Kind, Reservation, SlotState, Status
from tests.builders import (
    make_booking,
    make_contact,
    make_edition,
    make_entry,
    make_factory,
    make_festival,
    make_programme,
    make_slot,
    texts,
)
from tests.visiting import Visitor, form_values

pytestmark = pytest.mark.usefixtures("app")
TYPED = {"party_size": "2", "name": "花山 花子", "email": "hana@example.jp", "consent": "y"}


def at(edition, rest=""):
    return f"/{edition.festival.slug}/{edition.slug}/{rest}"


def url(slot):
    return at(slot.programme.edition, f"slots/{slot.code}")


def send(visit, slot, **values):
    return visit(url(slot)).submit(action="/book", **{**TYPED, **values})


def all_bookings():
    return db.session.query(Booking).order_by(Booking.id).all()


def only_reservation():
    return db.session.query(Reservation).one()


def taken(slot):
    return db.session.get(type(slot), slot.id, populate_existing=True).seats_taken


def begin_at(slot, moment):
    slot.starts_at, slot.ends_at, slot.closes_at = moment, moment + timedelta(hours=1), moment


def mail_link(made, path=""):
    return f"/r/{links.private_token(made.code, made.link_version)}/{path}"


def book(*slots, email="hana@example.jp", party_size=2, **values):
    with transaction():
        return booking.book(list(slots), contact=make_contact(email), party_size=party_size,
                            request_key=f"a key for {email} {slots[0].code}", **values)  # fmt: skip


# --- booking -------------------------------------------------------------------------------------------------------


def test_visitor_books_with_three_fields_and_a_tick(visit):
    slot = make_slot()

    page = send(visit, slot)

    made = all_bookings()[0]
    assert page.status == 200
    assert page.path == mail_link(made)
    assert made.gate_number in page.main
    assert "hana@example.jp" in page.main
    assert (made.email_key, made.consent_version, made.language) == ("hana@example.jp", 1, "en")
    assert taken(slot) == 2
    assert [mail.template for mail in db.session.query(Mail)] == ["tours/booked"]


def test_slot_page_says_what_when_where_and_the_rules(visit):
    edition = make_edition()
    factory = make_factory(
        edition.festival, min_age=6, guardian_below=13, shoes=texts("底の厚い靴", "Sturdy shoes")
    )
    programme = make_programme(
        make_entry(edition, factory), price_yen=500, bring=texts("軍手", "Work gloves")
    )

    page = visit(url(make_slot(programme, walk_in_places=2)))

    for words in ("Sat, Nov 28 10:00", "Sturdy shoes", "From 6 years", "Under 13", "¥500", "Work gloves", "8 seats left",
                  "2 more places are kept for people who just come", "About address"):  # fmt: skip
        assert words in page.main


def test_a_shared_slot_has_a_card_with_its_time(visit):
    slot = make_slot(make_programme(make_entry(make_edition(make_festival(cover="coverpicture1")))))
    visit(url(slot))

    for page in (visit(url(slot)), send(visit, slot, name="")):
        found = {one["property"]: one["content"] for one in page.html.head.select("meta[property]")}
        assert found["og:title"] == "Factory tour Sat, Nov 28 10:00"
        assert found["og:url"] == f"http://localhost{url(slot)}"
        assert found["og:image"] == "http://localhost/media/coverpicture1/card.jpg"


def test_slot_page_reads_japanese(app):

    page = Visitor(app, language="ja")(url(make_slot()))

    assert "11月28日(土)" in page.main
    assert page.html.html["lang"] == "ja"


def test_booking_takes_at_most_eight_statements(visit, count_statements):
    edition = make_edition()
    programme = make_programme(make_entry(edition))
    slots = [
        make_slot(programme, starts_at=clock.now() + timedelta(days=3, hours=number)) for number in range(6)
    ]
    page = visit(url(slots[0]))
    for number in range(5):
        book(slots[number], email=f"other{number}@example.jp")

    address = f"{url(slots[0])}/book"

    with count_statements() as seen:
        answer = visit.post(address, **TYPED, csrf_token=page.html.find("input", {"name": "csrf_token"})["value"],
                            request_key="a key of sixteen letters")  # fmt: skip

    after = [index for index, one in enumerate(seen) if one.startswith("INSERT")][-1] + 1
    assert answer.status == 200
    assert after <= 8, "\n".join(seen[:after])  # seven, and one more where somebody was turned away before
    assert len(seen) - after <= 3  # the confirmation page; one statement where it was drawn before


def test_slot_page_is_one_statement(visit, count_statements):
    address = url(make_slot())
    visit(address)

    with count_statements() as seen:
        visit(address)

    assert len(seen) == 1, "\n".join(seen)


def test_double_click_books_once_and_shows_the_same_page(visit):
    slot = make_slot()
    form = visit(url(slot))

    pages = [form.submit(action="/book", **TYPED) for _click in range(2)]

    assert pages[0].path == pages[1].path
    assert taken(slot) == 2
    assert db.session.query(Mail).count() == 1


def test_full_width_digits_and_address_are_understood(visit):
    slot = make_slot()

    page = send(visit, slot, party_size="３", email="ｈａｎａ＠example.jp")

    assert page.status == 200
    assert taken(slot) == 3
    assert all_bookings()[0].email == "hana@example.jp"


@pytest.mark.parametrize("email", ["a..b@docomo.ne.jp", "a.@ezweb.ne.jp", "hana+kouba@example.jp"])
def test_addresses_of_japanese_phones_are_taken_as_typed(visit, email):
    send(visit, make_slot(), email=email)

    assert all_bookings()[0].email == email


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"party_size": "0"}, "at least 1"),
        ({"party_size": "-1"}, "at least 1"),
        ({"party_size": "1000000000"}, "At most 6 people"),
        ({"party_size": "1e9"}, "in figures"),
        ({"party_size": str(2**63)}, "in figures"),
        ({"party_size": "9" * 400}, "in figures"),
        ({"party_size": "two"}, "in figures"),
        ({"party_size": ""}, "number of people"),
        ({"party_size": None}, "number of people"),
        ({"name": ""}, "write your name"),
        ({"name": " \u3000 "}, "write your name"),
        ({"name": None}, "write your name"),
        ({"name": "x" * 101}, "100"),
        ({"name": "a\x00b"}, "cannot be saved"),
        ({"email": "hana"}, "check the e-mail"),
        ({"email": "hana@" + "x" * 300 + ".jp"}, "check the e-mail"),
        ({"email": None}, "write your e-mail"),
        ({"consent": None}, "visit rules"),
        ({"request_key": None}, "once more"),
        ({"request_key": "x" * 5000}, "once more"),
        ({"csrf_token": "stale"}, "open for a long time"),
        ({"csrf_token": None}, "open for a long time"),
        ({"purpose": "bogus"}, "once more"),
    ],
)
def test_bad_input_is_said_beside_what_was_typed(visit, values, words):
    slot = make_slot()

    page = send(visit, slot, **values)

    assert page.status == 422
    assert words in page.main
    kept = {name: value for name, value in TYPED.items() if name not in values and name != "consent"}
    shown = {name: page.html.find("input", {"name": name})["value"] for name in kept}
    assert shown == kept
    assert all_bookings() == []
    assert taken(slot) == 0


def test_everything_that_is_wrong_is_said_at_once(visit):
    page = send(visit, make_slot(), party_size="99", email="hana@@example")

    assert "At most 6 people" in page.html.select_one("#party_size-errors").get_text()
    assert "check the e-mail address" in page.html.select_one("#email-errors").get_text()


def test_stale_form_can_simply_be_sent_again(visit):
    page = send(visit, make_slot(), csrf_token="stale").submit(action="/book")

    assert page.status == 200
    assert len(all_bookings()) == 1


def test_a_token_of_another_visitor_is_neither_taken_nor_handed_on(app, visit):
    slot = make_slot()
    theirs = Visitor(app)(url(slot)).html.find("input", {"name": "csrf_token"})["value"]
    answer = send(visit, slot, csrf_token=theirs)

    assert answer.status == 422 and all_bookings() == []
    assert theirs not in answer.text
    assert answer.submit(action="/book").status == 200
    assert len(all_bookings()) == 1


def test_broken_bytes_and_marks_do_no_harm(visit):
    send(
        visit,
        make_slot(),
        name="花\u202e子\u0007 <b>\ud800</b>".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    )

    assert all_bookings()[0].name.startswith("花子 <b>")


@pytest.mark.parametrize("multipart", [False, True])
def test_lone_surrogates_are_stored_as_something_harmless(visit, multipart):
    """In a plain form their bytes stay spelled out, in several parts they become the sign for what cannot be read."""
    slot = make_slot()
    name = b"\xed\xa0\x80 Hana"
    values = {**form_values(visit(url(slot)).find_form("/book")), **TYPED, "name": name}
    if multipart:
        parts = [
            b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (key.encode(), one if key == "name" else one.encode())
            for key, one in values.items()
        ]  # fmt: skip
        body, kind = b"".join(parts) + b"--x--\r\n", "multipart/form-data; boundary=x"
        page = visit.send("POST", f"{url(slot)}/book", data=body, content_type=kind)
    else:
        page = visit.post(f"{url(slot)}/book", **values)

    assert page.status == 200
    (made,) = all_bookings()
    assert made.name in {"%ED%A0%80 Hana", "\ufffd\ufffd\ufffd Hana"}
    assert made.name in page.main


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"a":' * 50_000, '{"party_size": 2, "name": "Hana"}', "null", "7"]
)
def test_json_is_no_booking_however_deep(visit, body):
    slot = make_slot()
    token = visit(url(slot)).html.find("input", {"name": "csrf_token"})["value"]

    page = visit.send(
        "POST",
        f"{url(slot)}/book",
        data=body,
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )

    assert page.status == 422
    assert "write your name" in page.main
    assert all_bookings() == []


def test_error_stands_beside_the_field_of_the_rule(visit):
    page = send(visit, make_slot(capacity=100), party_size="7")

    assert "At most 6 people" in page.html.select_one("#party_size-errors").get_text()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda slot: setattr(slot, "state", SlotState.CANCELLED), "called off"),
        (lambda slot: setattr(slot, "state", SlotState.CLOSED), "closed"),
        (lambda slot: setattr(slot, "closes_at", clock.now()), "closed"),
        (lambda slot: begin_at(slot, clock.now() - timedelta(minutes=10)), "closed"),
        (lambda slot: begin_at(slot, clock.now() - timedelta(days=3)), "This is over"),
        (lambda slot: setattr(slot.programme.edition, "state", EditionState.CLOSED), "closed"),
        (lambda slot: setattr(slot, "capacity", None), "just come"),
    ],
)
def test_form_opened_in_time_and_sent_too_late_says_why(visit, change, words):
    slot = make_slot()
    page = visit(url(slot))
    with transaction():
        change(slot)

    answer = page.submit(action="/book", **TYPED)

    assert answer.status == 422
    assert words in answer.main
    assert all_bookings() == []


def test_slot_of_another_edition_is_not_there(visit):
    slot, other = make_slot(), make_edition()

    page = visit(url(slot))
    answer = visit.post(at(other, f"slots/{slot.code}/book"), **TYPED, request_key="a key of sixteen letters",
                        csrf_token=page.html.find("input", {"name": "csrf_token"})["value"])  # fmt: skip

    assert answer.status == 404
    assert all_bookings() == []


def test_opening_time_is_kept_to_the_second(visit):
    opens = clock.now() + timedelta(hours=30)
    slot = make_slot(make_programme(make_entry(make_edition(booking_opens_at=opens))))

    with clock.stopped_at(opens - timedelta(seconds=1)):
        page = visit(url(slot))
        assert "15:00:00" in page.main
        assert page.html.select_one("#booking") is None
    with clock.stopped_at(opens):
        assert send(visit, slot).status == 200


def test_full_slot_shows_the_nearest_free_times(visit):
    programme = make_programme()
    full = make_slot(programme, capacity=2, seats_taken=2)
    near = make_slot(programme, starts_at=full.starts_at + timedelta(hours=1))

    page = visit(url(full))

    assert "This time is full" in page.main
    assert page.links(near.code)
    assert page.html.select_one("#booking") is None


def test_lost_race_keeps_the_form_and_shows_the_nearest_free_times(visit):
    programme = make_programme()
    slot = make_slot(programme, capacity=2)
    near = make_slot(programme, starts_at=slot.starts_at + timedelta(hours=1))
    page = visit(url(slot))
    book(slot, email="faster@example.jp")

    answer = page.submit(action="/book", **TYPED)

    assert answer.status == 422
    assert "not enough room" in answer.main
    assert answer.html.find("input", {"name": "email"})["value"] == "hana@example.jp"
    assert answer.links(near.code)


def test_overlap_asks_for_a_tick_and_books_with_it(visit):
    programme = make_programme()
    first = make_slot(programme)
    second = make_slot(programme, starts_at=first.starts_at + timedelta(minutes=30))
    book(first)

    page = send(visit, second)
    assert page.status == 422
    answer = page.submit(action="/book", consent="y", overlaps_accepted="y")

    assert answer.status == 200
    assert len(all_bookings()) == 2


def test_second_reservation_offers_the_link_by_mail(visit):
    slot = make_slot()
    book(slot)

    page = send(visit, slot)
    assert page.status == 422
    page.submit(action="/my", button="Mail me")

    assert [mail.template for mail in db.session.query(Mail).order_by(Mail.id)] == [
        "tours/booked",
        "tours/links",
    ]


def test_second_reservation_from_the_same_device_offers_to_open_it(visit):
    slot = make_slot()
    first = send(visit, slot)

    page = send(visit, slot)

    assert first.path in page.links("/r/")


def test_form_asks_only_what_the_factory_asks(visit):
    edition = make_edition()
    factory = make_factory(edition.festival, no_same_trade=True, asks_company=True, insurance_list=True)
    asking = make_slot(make_programme(make_entry(edition, factory)))
    plain = make_slot(make_programme(make_entry(edition)))

    assert visit(url(plain)).html.find(attrs={"name": "company"}) is None
    page = send(visit, asking)
    assert page.status == 422
    answer = page.submit(
        action="/book", consent="y", company="自営", purpose="press", guests="花山 花子", not_same_trade="y"
    )

    made = all_bookings()[0]
    assert answer.status == 200
    assert (made.company, made.purpose, made.not_same_trade, made.reservations[0].guests) == (
        "自営",
        "press",
        True,
        "花山 花子",
    )


def test_answers_that_nobody_asked_for_are_not_kept(visit):
    slot = make_slot()

    visit.post(f"{url(slot)}/book", **TYPED, company="Spy Inc.", guests="everybody", request_key="a key of sixteen letters",
               csrf_token=visit(url(slot)).html.find("input", {"name": "csrf_token"})["value"])  # fmt: skip

    made = all_bookings()[0]
    assert (made.company, made.reservations[0].guests) == (None, None)


def test_no_booking_needed_shows_no_form(visit):
    page = visit(url(make_slot(capacity=None)))

    assert "just come" in page.main
    assert page.html.select_one("#booking") is None


# --- the basket ----------------------------------------------------------------------------------------------------


def three_slots(**values):
    programme = make_programme()
    first = make_slot(programme, **values)
    return [
        first,
        *(
            make_slot(programme, starts_at=first.starts_at + timedelta(hours=hour), **values)
            for hour in (2, 4)
        ),
    ]


def collect(visit, slots):
    for slot in slots:
        page = visit(url(slot)).submit(action="basket/add")
    return page


def test_basket_books_everything_in_one_step(visit):
    slots = three_slots()
    basket = collect(visit, slots)

    page = basket.submit(action="basket/book", **TYPED)

    assert page.status == 200
    assert [taken(slot) for slot in slots] == [2, 2, 2]
    assert len(all_bookings()) == 1
    assert "Nothing has been chosen" in visit(at(slots[0].programme.edition, "basket")).main


def test_basket_books_all_or_none_and_says_which_is_full(visit):
    slots = three_slots(capacity=2)
    basket = collect(visit, slots)
    book(slots[1], email="faster@example.jp")

    page = basket.submit(action="basket/book", **TYPED)

    assert page.status == 422
    assert [taken(slot) for slot in slots] == [0, 2, 0]
    assert [
        row.select_one(".tag").get_text() for row in page.html.select(".row-item") if row.select_one(".tag")
    ] == ["Full"]
    assert (
        "“Factory tour”, Sat, Nov 28 12:00, has not enough room left."
        in page.html.select_one("#book .form-errors").get_text()
    )


def test_basket_says_which_of_its_times_is_booked_already(visit):
    slots = three_slots()
    basket = collect(visit, slots)
    book(slots[2], email=TYPED["email"])

    page = basket.submit(action="basket/book", **TYPED)

    assert "Sat, Nov 28 14:00, is booked already" in page.html.select_one("#book .form-errors").get_text()
    assert [taken(slot) for slot in slots] == [0, 0, 2]


def test_basket_double_click_books_once(visit):
    slots = three_slots()
    basket = collect(visit, slots)

    pages = [basket.submit(action="basket/book", **TYPED) for _click in range(2)]

    assert pages[0].path == pages[1].path
    assert len(all_bookings()) == 1


def test_basket_warns_of_overlaps_and_books_with_a_tick(visit):
    programme = make_programme()
    first = make_slot(programme)
    second = make_slot(programme, starts_at=first.starts_at + timedelta(minutes=30))
    basket = collect(visit, [first, second])
    assert "overlap" in basket.main

    assert basket.submit(action="basket/book", **TYPED).status == 422
    assert basket.submit(action="basket/book", **TYPED, overlaps_accepted="y").status == 200


def test_basket_takes_out_and_holds_ten(visit):
    programme = make_programme()
    slots = [
        make_slot(programme, starts_at=clock.now() + timedelta(days=2, hours=2 * number))
        for number in range(11)
    ]

    page = collect(visit, slots)
    assert "At most 10" in page.main
    assert len(page.html.select(".row-item")) == 10
    page = page.submit(action="basket/remove")

    assert len(page.html.select(".row-item")) == 9


def test_basket_leaves_out_what_is_gone(visit):
    slots = three_slots()
    basket = collect(visit, slots)
    with transaction():
        db.session.delete(slots[0])

    page = basket.submit(action="basket/book", **TYPED)

    assert page.status == 422
    assert "no longer offered" in page.main
    assert page.submit(action="basket/book", consent="y").status == 200


def test_basket_costs_the_same_number_of_statements_whatever_is_in_it(visit, count_statements):
    slots = three_slots()
    seen = []
    for slot in slots:
        collect(visit, [slot])
        address = at(slot.programme.edition, "basket")
        with count_statements() as statements:
            visit(address)
        seen.append(len(statements))

    assert seen == [1, 1, 1]


# --- the private page ----------------------------------------------------------------------------------------------


def test_private_page_is_kept_nowhere_and_named_to_nobody(visit):
    made = book(make_slot())

    for path in ("", "calendar.ics", "code.svg"):
        headers = visit(mail_link(made, path)).response.headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex"


def test_looking_at_the_private_page_changes_nothing(visit):
    made = book(make_slot(make_programme(confirm_address=True)))

    visit(mail_link(made))

    assert db.session.get(Reservation, made.reservations[0].id).status == Status.OFFERED
    assert "reservations" not in str(visit.client.get_cookie("kouba"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
        lambda token: "22222222" + token[8:],
        lambda token: token.lower(),
        lambda token: token[:9],
        lambda token: "%00",
        lambda token: "x" * 3000,
        lambda token: "%ED%A0%80." + token[9:],
    ],
)
def test_altered_link_is_a_page_that_says_what_to_do(visit, spoil):
    made = book(make_slot())

    page = visit(f"/r/{spoil(links.private_token(made.code, 1))}/")

    assert page.status == 404
    assert "newest mail" in page.main
    assert page.response.headers["Referrer-Policy"] == "no-referrer"


def test_every_way_behind_a_wrong_link_is_closed(visit):
    made = book(make_slot())
    wrong = links.private_token(made.code, 2)
    code = made.reservations[0].code

    for path in ("calendar.ics", "code.svg", f"{code}/move"):
        assert visit(f"/r/{wrong}/{path}").status == 404
    for path in (f"{code}/party", f"{code}/cancel", f"{code}/move", "confirm", "address", "forget", "keep"):
        assert visit.post(f"/r/{wrong}/{path}").status == 404


def test_reservation_of_another_booking_is_not_there(visit):
    mine, other = book(make_slot()), book(make_slot(), email="other@example.jp")

    assert visit(mail_link(mine, f"{other.reservations[0].code}/move")).status == 404
    assert visit.post(mail_link(mine, f"{other.reservations[0].code}/cancel")).status in {404, 422}
    assert db.session.get(Reservation, other.reservations[0].id).status == Status.CONFIRMED


def test_visitor_reduces_the_party_and_the_places_are_free_at_once(visit):
    slot = make_slot()
    made = book(slot, party_size=4)

    page = visit(mail_link(made)).submit(action="/party", party_size="１")

    assert "has been changed" in page.main
    assert taken(slot) == 1
    assert [mail.template for mail in db.session.query(Mail).order_by(Mail.id)] == [
        "tours/booked",
        "tours/changed",
    ]


def test_party_can_grow_only_while_there_is_room(visit):
    slot = make_slot(capacity=3)
    made = book(slot, party_size=2)

    page = visit(mail_link(made)).submit(action="/party", party_size="4")
    assert page.status == 422
    assert "not enough room" in page.main
    assert page.html.select_one("[name=party_size]")["value"] == "4"
    visit(mail_link(made)).submit(action="/party", party_size="3")

    assert taken(slot) == 3


@pytest.mark.parametrize("size", ["0", "-1", "1000000000", "", "x"])
def test_party_out_of_range_changes_nothing(visit, size):
    slot = make_slot()
    made = book(slot)

    page = visit(mail_link(made)).submit(action="/party", party_size=size)

    assert page.status == 422
    assert taken(slot) == 2


def test_visitor_moves_to_another_time(visit):
    programme = make_programme()
    old = make_slot(programme)
    new = make_slot(programme, starts_at=old.starts_at + timedelta(hours=2))
    similar = make_slot(
        make_programme(make_entry(programme.edition)), starts_at=old.starts_at + timedelta(hours=1)
    )
    made = book(old)

    page = visit(mail_link(made)).click("Move to another time")
    assert [one["value"] for one in page.html.select("[name=slot]")] == [new.code, similar.code]
    page = page.submit(action="/move", slot=new.code)

    assert "moved" in page.main
    assert (taken(old), taken(new)) == (0, 2)


def test_move_to_a_slot_that_has_filled_up_says_so(visit):
    programme = make_programme()
    old = make_slot(programme)
    new = make_slot(programme, capacity=2, starts_at=old.starts_at + timedelta(hours=2))
    made = book(old)
    page = visit(mail_link(made, f"{made.reservations[0].code}/move"))
    book(new, email="faster@example.jp")

    answer = page.submit(action="/move", slot=new.code)

    assert answer.status == 422
    assert "not enough room" in answer.main
    assert seats.find_miscounted() == []


@pytest.mark.parametrize("code", [None, "", "ZZZZZZZZ", "\x00", "x" * 4000])
def test_move_to_nowhere_asks_again(visit, code):
    programme = make_programme()
    made = book(make_slot(programme))
    make_slot(programme, starts_at=clock.now() + timedelta(days=2))

    page = visit(mail_link(made, f"{made.reservations[0].code}/move")).submit(action="/move", slot=code)

    assert page.status == 422
    assert page.html.select("[name=slot]")


def test_move_that_overlaps_asks_for_a_tick(visit):
    programme = make_programme()
    old, other = make_slot(programme), make_slot(make_programme(make_entry(programme.edition)),
                                                 starts_at=clock.now() + timedelta(days=2))  # fmt: skip
    to = make_slot(programme, starts_at=other.starts_at + timedelta(minutes=15))
    made = book(old)
    book(other)

    page = visit(mail_link(made, f"{made.reservations[0].code}/move")).submit(action="/move", slot=to.code)
    assert page.status == 422
    page.submit(action="/move", overlaps_accepted="y")

    assert taken(to) == 2


def test_visitor_cancels_in_two_steps(visit):
    slot = make_slot()
    made = book(slot)
    page = visit(mail_link(made))
    assert "really want to cancel" in page.main

    answer = page.submit(action="/cancel")

    assert "has been cancelled" in answer.main
    assert taken(slot) == 0
    assert answer.status == 200


def test_cancel_with_a_stale_token_changes_nothing(visit):
    slot = make_slot()
    made = book(slot)

    page = visit(mail_link(made)).submit(action="/cancel", csrf_token="stale")

    assert page.status == 422
    assert "long time" in page.main
    assert taken(slot) == 2


def test_after_the_deadline_only_fewer_and_cancelling_are_left(visit):
    edition = make_edition(change_hours=24)
    slot = make_slot(make_programme(make_entry(edition)))
    made = book(slot, party_size=3)

    with clock.stopped_at(slot.starts_at - timedelta(hours=23)):
        page = visit(mail_link(made))
        assert not page.links("/move")
        assert page.submit(action="/party", party_size="4").status == 422
        assert page.submit(action="/party", party_size="2").status == 200
        assert page.submit(action="/cancel").status == 200
    assert taken(slot) == 0


def test_after_the_start_nothing_can_be_changed(visit):
    slot = make_slot()
    made = book(slot)
    page = visit(mail_link(made))

    with clock.stopped_at(slot.starts_at):
        assert page.submit(action="/cancel").status == 422
        assert not visit(mail_link(made)).html.select("form[action$='/cancel']")


def test_mistyped_address_is_corrected_and_the_old_link_dies(visit):
    page = send(visit, make_slot(), email="hanna@example.jp")
    old = page.path

    page = page.submit(action="/address", email="hana@example.jp")

    assert "hana@example.jp" in page.main
    assert visit(old).status == 404
    assert page.status == 200
    assert [mail.to_address for mail in db.session.query(Mail).order_by(Mail.id)] == [
        "hanna@example.jp",
        "hana@example.jp",
    ]
    assert visit(at(all_bookings()[0].edition, "my")).links("/r/") == [page.path]


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c", "x" * 400 + "@example.jp"])
def test_bad_address_is_said_and_kept(visit, email):
    made = book(make_slot())

    page = visit(mail_link(made)).submit(action="/address", email=email)

    assert page.status == 422
    assert page.html.select_one("[name=email]")["value"] == email
    assert visit(mail_link(made)).status == 200


def test_calendar_holds_every_time_and_says_what_is_cancelled(visit):
    slots = three_slots()
    made = book(*slots)
    with transaction():
        changing.cancel(db.session.get(Reservation, made.reservations[0].id))

    text = visit(mail_link(made, "calendar.ics")).response.get_data(as_text=True)

    assert text.count("BEGIN:VEVENT") == 3
    assert text.count("STATUS:CANCELLED") == 1
    assert made.gate_number in text


def test_code_is_a_picture_of_its_own_address(visit):
    made = book(make_slot())

    response = visit(mail_link(made, "code.svg")).response

    assert response.mimetype == "image/svg+xml"
    assert b"<script" not in response.data


def test_online_address_is_on_the_private_page_only(visit):
    edition = make_edition()
    programme = make_programme(make_entry(edition), kind=Kind.ONLINE, held_at=HeldAt.ONLINE,
                               online_url="https://meet.example.jp/secret-room")  # fmt: skip
    slot = make_slot(programme)

    assert "secret-room" not in visit(url(slot)).text
    assert "secret-room" in send(visit, slot).main


def test_online_address_waits_for_the_confirmed_mail_address(visit):
    programme = make_programme(
        held_at=HeldAt.ONLINE, online_url="https://meet.example.jp/secret-room", confirm_address=True
    )

    assert "secret-room" not in send(visit, make_slot(programme)).text


def test_called_off_slot_says_so(visit):
    slot = make_slot()
    made = book(slot)
    with transaction():
        slot.state = SlotState.CANCELLED

    page = visit(mail_link(made))

    assert "call this off" in page.main
    assert not page.html.select("form[action$='/cancel']")
    assert visit(page.links("free=1")[0]).status == 200  # the mail promises other times


# --- addresses to confirm ------------------------------------------------------------------------------------------


def test_scarce_slot_is_confirmed_by_the_mailed_link_alone(visit):
    page = send(visit, make_slot(make_programme(confirm_address=True)))
    made = all_bookings()[0]
    assert page.path != mail_link(made)
    assert "open the mail" in page.main
    assert page.html.h1.get_text() == "Not confirmed yet" and not page.html.select(".booking-number")
    assert not page.html.select("form[action$='/confirm']")

    refused = visit.post(
        f"{page.path}confirm", csrf_token=page.html.find("input", {"name": "csrf_token"})["value"]
    )
    assert refused.status == 422
    assert only_reservation().status == Status.OFFERED

    answer = visit(mail_link(made)).submit(action="/confirm")
    assert "Thank you" in answer.main
    assert answer.html.select_one(".booking-number").get_text() == made.gate_number
    assert only_reservation().status == Status.CONFIRMED
    assert visit(page.path).status == 200


def test_confirming_too_late_says_so(visit):
    send(visit, make_slot(make_programme(confirm_address=True)))
    page = visit(mail_link(all_bookings()[0]))

    with clock.stopped_at(clock.now() + timedelta(minutes=30)):
        answer = page.submit(action="/confirm")

    assert answer.status == 422
    assert "book again" in answer.main


def test_expired_hold_does_not_stop_the_same_visitor(visit):
    slot = make_slot(make_programme(confirm_address=True))
    send(visit, slot)

    with clock.stopped_at(clock.now() + timedelta(minutes=31)):
        assert send(visit, slot).status == 200

    assert taken(slot) == 2


def test_scarce_slot_cannot_be_had_by_moving_there(visit):
    easy = make_slot()
    scarce = make_slot(make_programme(make_entry(easy.programme.edition), confirm_address=True),
                       starts_at=easy.starts_at + timedelta(hours=2))  # fmt: skip
    made = book(easy)

    page = visit(mail_link(made, f"{made.reservations[0].code}/move")).submit(
        action="/move", slot=scarce.code
    )

    assert page.status == 422
    assert "confirmed e-mail address" in page.main
    assert taken(scarce) == 0


# --- my reservations -----------------------------------------------------------------------------------------------


def test_my_reservations_lists_what_was_booked_here(visit):
    slot = make_slot()
    page = send(visit, slot)

    mine = visit(at(slot.programme.edition, "my"))

    assert mine.links("/r/") == [page.path]
    assert all_bookings()[0].gate_number in mine.main


def test_forgetting_on_this_device_leaves_the_booking(visit):
    slot = make_slot()

    page = send(visit, slot).submit(action="/forget")

    assert page.links("/r/") == []
    assert taken(slot) == 2


def test_link_from_the_mail_can_be_kept_on_this_device(visit):
    slot = make_slot()
    made = book(slot)
    edition = slot.programme.edition
    assert visit(at(edition, "my")).links("/r/") == []

    visit(mail_link(made)).submit(action="/keep")

    assert visit(at(edition, "my")).links("/r/") == [mail_link(made)]


def ask_links(visit, edition, email):
    return visit(at(edition, "my")).submit(action="/my", email=email)


def test_links_are_mailed_again_with_the_same_answer_for_everybody(visit):
    slot = make_slot()
    made = book(slot)
    edition = slot.programme.edition

    known, unknown = (ask_links(visit, edition, email) for email in ("HANA@example.jp", "nobody@example.jp"))

    assert known.alerts == unknown.alerts
    mails = db.session.query(Mail).filter_by(template="tours/links").all()
    assert [mail.to_address for mail in mails] == ["hana@example.jp"]
    assert mails[0].values["bookings"][0]["private"]["code"] == made.code


def test_links_are_mailed_at_most_three_times_an_hour(visit):
    slot = make_slot()
    book(slot)
    edition = slot.programme.edition

    answers = {tuple(ask_links(visit, edition, "hana@example.jp").alerts) for _time in range(5)}

    assert len(answers) == 1
    assert db.session.query(Mail).filter_by(template="tours/links").count() == 3
    with clock.stopped_at(clock.now() + timedelta(hours=1)):
        ask_links(visit, edition, "hana@example.jp")
    assert db.session.query(Mail).filter_by(template="tours/links").count() == 4


def test_links_of_another_festival_are_not_mailed(visit):
    book(make_slot())

    ask_links(visit, make_edition(), "hana@example.jp")

    assert db.session.query(Mail).filter_by(template="tours/links").count() == 0


def test_my_reservations_cost_one_statement_more_whatever_their_number(visit, count_statements):
    slots = three_slots()
    address = at(slots[0].programme.edition, "my")
    seen = []
    for slot in slots:
        send(visit, slot)
        with count_statements() as statements:
            visit(address)
        seen.append(len(statements))

    assert len(set(seen)) == 1
    assert seen[0] <= 2


def test_no_page_of_booking_shows_texts_of_nothing(visit):
    """A programme about which nobody has written more than its name."""
    edition = make_edition(rules=Translated({}), privacy=Translated({}))
    slot = make_slot(make_programme(edition=edition, kind=Kind.GUIDED_WALK))

    page = visit(url(slot))

    assert page.status == 200
    assert "None" not in page.main


@pytest.mark.parametrize("state", [EditionState.RECRUITING, EditionState.CLOSED])
def test_a_private_link_outlives_the_pages_and_leads_nowhere_dead(visit, state):
    made = book(make_slot())
    with transaction():
        made.edition.state = state

    page = visit(mail_link(made))

    assert (page.status, made.gate_number in page.main) == (200, True)
    assert ("not on the web" in page.main) == (state == EditionState.RECRUITING)
    assert {visit(one).status for one in page.links("/") if one.startswith("/")} == {200}


def test_a_slot_of_the_archive_keeps_the_rules_of_its_time(visit):
    slot = make_slot()
    edition, factory = slot.programme.edition, slot.programme.entry.factory
    with transaction():
        factory.min_age = 7
        freezing.freeze_all(edition)
        edition.state = EditionState.CLOSED
        factory.min_age = 18

    assert "From 7 years" in visit(url(slot)).main


def test_two_visitors_of_one_slot_never_read_each_others_words(app):
    slot = make_slot()
    first = make_booking(
        slot,
        contact=make_contact(
            "first@example.jp", name="一番 はじめ", phone="090-1111-1111", company="一番商店"
        ),
    )
    second = make_booking(
        slot,
        contact=make_contact(
            "second@example.jp", name="二番 つぎ", phone="090-2222-2222", company="二番商店"
        ),
    )
    pages = []
    for made in (first, second, first):
        page = Visitor(app)(f"/r/{links.private_token(made.code, made.link_version)}/")
        pages.append(page.response.get_data(as_text=True))

    for page, mine, other in (
        (pages[0], first, second),
        (pages[1], second, first),
        (pages[2], first, second),
    ):
        assert mine.name in page and mine.gate_number in page and mine.code in page
        theirs = [
            other.name,
            other.email,
            other.code,
            other.gate_number,
            other.phone,
            other.company,
            other.reservations[0].code,
        ]
        assert [one for one in theirs if one in page] == []
