"""A whole day called off: every host, every place back, everybody told once, taken up again where it stopped."""

from datetime import timedelta

import pytest

from eventapp import jobs
from eventapp.audit import Line
from eventapp.db import db, transaction
from eventapp.festivals.models import EditionState, Notice, Role
from eventapp.jobs import Job, JobState
from eventapp.outbox import Mail
from eventapp.tours import booking, calling_off, changing
from eventapp.tours.models import Reservation, Slot, SlotState, Status
from eventapp.tours.programmes import ProgrammeError
from eventapp.tours.slots import SlotError
from eventapp.worker import job_kinds
from tests.builders import (
    SATURDAY,
    SUNDAY,
    TEN,
    make_booking,
    make_contact,
    make_edition,
    make_entry,
    make_organizer,
    make_person,
    make_programme,
    make_slot,
    texts,
)

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def town():
    """Two factories with a slot each on Saturday, one more on Sunday; somebody is booked for all three."""
    edition = make_edition()
    tours = [make_programme(make_entry(edition)) for _factory in range(2)]
    slots = [
        make_slot(tours[0]),
        make_slot(tours[1], starts_at=TEN + timedelta(hours=3)),
        make_slot(tours[0], starts_at=TEN + timedelta(days=1)),
    ]
    make_booking(*slots, contact=make_contact("hana@example.jp"), party_size=2)
    with transaction():
        booking.book([slots[0]], contact=booking.Contact(email=None, name="電話の人", phone="090-1234-5678", language="ja"), party_size=3,
                     request_key="by phone", staff=make_organizer_of(edition))  # fmt: skip
    with transaction():
        for mail in db.session.query(Mail):
            db.session.delete(mail)
    return edition, slots


def make_organizer_of(edition):
    return make_organizer(edition.festival, Role.STAFF, make_person("Office"))


def call_off(edition, day=SATURDAY, **more):
    person = make_person("Office")
    with transaction():
        job = calling_off.start(
            edition,
            day,
            message=texts("台風のため", "A typhoon is coming"),
            heading=more.get("heading"),
            by=person,
        )
        db.session.flush()
        code = job.code
    return code


def find_job(code):
    db.session.expire_all()
    return db.session.query(Job).filter_by(code=code).one()


def states(*slots):
    db.session.expire_all()
    return [db.session.get(Slot, one.id).state for one in slots]


def test_everything_of_the_day_is_called_off_and_each_booking_is_told_once(town):
    edition, slots = town
    code = call_off(edition)

    assert jobs.run_next(job_kinds())

    job = find_job(code)
    assert states(*slots) == [SlotState.CANCELLED, SlotState.CANCELLED, SlotState.OPEN]
    assert [db.session.get(Slot, one.id).seats_taken for one in slots] == [0, 0, 2]
    assert (job.state, job.result["slots"], job.result["mailed"], job.result["to_tell"]) == (
        JobState.DONE,
        2,
        1,
        [],
    )
    assert [(mail.to_address, mail.template, mail.values["message"]) for mail in db.session.query(Mail)] == [
        ("hana@example.jp", "tours/slot_cancelled", "台風のため")
    ]
    assert [one.name for one in calling_off.find_to_call(job)] == ["電話の人"]


def test_everybody_reads_the_message_in_the_own_language(town):
    edition, slots = town
    make_booking(slots[0], contact=make_contact("jane@example.jp", language="en"))
    call_off(edition)
    jobs.run_next(job_kinds())

    told = {
        one.to_address: one.values["message"]
        for one in db.session.query(Mail).filter_by(template="tours/slot_cancelled")
    }
    assert told == {"hana@example.jp": "台風のため", "jane@example.jp": "A typhoon is coming"}


def test_what_stopped_halfway_goes_on_and_tells_everybody_once(town, visit, monkeypatch):
    edition, slots = town
    code = call_off(edition)
    real, calls = calling_off.slots.take_off, []

    def dies_at_the_second(standing, **values):
        calls.append(1)
        if len(calls) == 2:
            raise OSError("the machine stops")
        return real(standing, **values)

    monkeypatch.setattr(calling_off.slots, "take_off", dies_at_the_second)
    with pytest.raises(OSError, match="stops"):
        jobs.run_next(job_kinds())
    assert (states(*slots[:2]), db.session.query(Mail).count()) == ([SlotState.CANCELLED, SlotState.OPEN], 0)
    visit.sign_in(make_organizer(edition.festival, Role.STAFF))
    visit(f"/manage/{edition.festival.slug}/2026/call-off/{code}").submit(button="Go on")
    jobs.run_next(job_kinds())

    job = find_job(code)
    assert states(*slots[:2]) == [SlotState.CANCELLED, SlotState.CANCELLED]
    assert (job.state, job.result["slots"], job.result["mailed"], len(job.result["to_call"])) == (
        JobState.DONE,
        2,
        1,
        1,
    )
    assert db.session.query(Mail).count() == 1


def test_the_notice_stands_at_once_and_the_history_tells_who(town):
    edition, _slots = town
    call_off(edition, heading=texts("中止", "Called off"))

    notice = db.session.query(Notice).one()
    assert (notice.title["en"], notice.is_urgent, notice.body["ja"]) == ("Called off", True, "台風のため")
    assert db.session.query(Line).filter_by(action="edition.day_called_off", by="Office").count() == 1


def test_a_day_without_slots_and_an_edition_that_is_over_are_refused(town):
    edition, _slots = town
    call_off(edition, SUNDAY)
    jobs.run_next(job_kinds())

    with pytest.raises(SlotError):
        call_off(edition, SUNDAY)
    with transaction():
        edition.state = EditionState.CLOSED
    with pytest.raises(ProgrammeError):
        call_off(edition, SATURDAY)


# --- its pages -----------------------------------------------------------------------------------------------------


def test_the_office_calls_a_day_off_and_sees_whom_to_call(town, visit):
    edition, _slots = town
    visit.sign_in(make_organizer(edition.festival, Role.STAFF))
    start = f"/manage/{edition.festival.slug}/2026/reservations"

    page = visit(start).click("Call off a whole day")
    assert "Sat, Nov 28 2 2 7" in page.main
    unsure = page.submit(
        action="call-off",
        day="2026-11-28",
        **{"message-ja": "台風のため", "message-en": "A typhoon is coming"},
    )
    assert unsure.status == 422
    waiting = unsure.submit(
        action="call-off",
        day="2026-11-28",
        **{"message-ja": "台風のため", "message-en": "A typhoon is coming"},
        sure="y",
    )
    assert (waiting.status, "Waiting to start" in waiting.main) == (200, True)
    jobs.run_next(job_kinds())
    done = visit(waiting.path)

    assert "Told by mail 1" in done.main
    assert "090-1234-5678" in done.main
    assert "Everything on Sat, Nov 28 is called off" in visit(f"/{edition.festival.slug}/2026/").text


def test_only_staff_may_and_of_their_own_festival(town, visit):
    edition, _slots = town
    code = call_off(edition)
    base = f"/manage/{edition.festival.slug}/2026/call-off"

    visit.sign_in(make_organizer(edition.festival, Role.READER))
    assert (visit(base).status, visit(f"{base}/{code}").status) == (404, 404)
    other = make_edition()
    visit.sign_in(make_organizer(other.festival, Role.OWNER))
    assert visit(f"/manage/{other.festival.slug}/2026/call-off/{code}").status == 404


def test_nothing_left_says_so(visit):
    edition = make_edition(state=EditionState.CLOSED)
    visit.sign_in(make_organizer(edition.festival, Role.STAFF))

    assert "No slot is still to come" in visit(f"/manage/{edition.festival.slug}/2026/call-off").main


def test_those_already_cancelled_hear_nothing(town):
    edition, _slots = town
    with transaction():
        for one in db.session.query(Reservation):
            changing.cancel(one, staff=make_organizer_of(edition), tell=False)
    call_off(edition)
    jobs.run_next(job_kinds())

    assert db.session.query(Mail).count() == 0
    assert {one.status for one in db.session.query(Reservation)} == {Status.CANCELLED}
