"""Outbox, history and health."""

import ast
import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from eventapp import audit, clock, outbox
from eventapp.db import db, transaction
from eventapp.factories import entries, profiles
from eventapp.festivals import brand, editions, history_words, outgoing
from eventapp.festivals.models import Role
from eventapp.outbox import Mail, MailState
from eventapp.tours import programmes, slots
from tests.builders import (
    make_booking,
    make_edition,
    make_entry,
    make_factory,
    make_festival,
    make_organizer,
    make_programme,
    make_slot,
    texts,
)
from tests.conftest import NOW


@pytest.fixture
def festival(visit):
    made = make_edition(make_festival("kawabe")).festival
    visit.sign_in(make_organizer(made, Role.STAFF))
    return made


def post(festival, address="hana@example.jp", state=MailState.WAITING, **values):
    with transaction():
        outbox.post(
            "people/invited", to=address, to_key=address, language="ja", values={}, festival_id=festival.id
        )
        db.session.flush()
        mail = db.session.query(Mail).order_by(Mail.id.desc()).first()
        mail.state = state
        for field, value in values.items():
            setattr(mail, field, value)
    return mail.id


def test_the_outbox_shows_only_its_own_festivals_mail(visit, festival):
    post(festival)
    post(make_festival(), "elsewhere@example.jp")

    page = visit("/manage/kawabe/mails")

    assert "hana@example.jp" in page.main
    assert "elsewhere@example.jp" not in page.text


def test_the_outbox_is_searched_and_filtered(visit, festival):
    post(festival, "hana@example.jp")
    post(festival, "taro@example.jp", MailState.SENT, sent_at=NOW)

    assert "taro@" not in visit("/manage/kawabe/mails?q=HANA").main
    assert "hana@" not in visit("/manage/kawabe/mails?state=sent").main
    for odd in (
        "?state=nonsense",
        "?page=0",
        "?page=9e99",
        "?page=99999999999999999999",
        "?q=%25%00",
        "?page=²",
        "?q=" + "x" * 3000,
    ):
        assert visit(f"/manage/kawabe/mails{odd}").status in {200, 400}, odd


def test_every_mail_there_is_has_a_name_in_the_outbox():
    templates = Path(__file__).parents[2] / "templates/mail"
    written = {str(one.relative_to(templates).with_suffix("")) for one in templates.rglob("[!_]*.txt")}

    assert written == set(outgoing.KINDS)


def test_a_mail_that_was_given_up_is_tried_again(visit, festival):
    mail = post(festival, state=MailState.FAILED, last_error="ConnectionRefusedError", tries=14)

    page = visit("/manage/kawabe/mails")
    assert "ConnectionRefusedError" in page.main
    assert "Mail is not leaving." in page.text
    assert page.submit(action="/again", button="Try again").alerts[-1] == "1 mail is tried again."

    assert db.session.get(Mail, mail).state is MailState.WAITING


def test_what_has_left_is_not_sent_twice(visit, festival):
    mail = post(festival, state=MailState.SENT, sent_at=NOW)
    post(festival, state=MailState.FAILED)
    token = visit("/manage/kawabe/mails").html.select_one("input[name=csrf_token]")["value"]

    visit.post(f"/manage/kawabe/mails/{db.session.get(Mail, mail).message_id}/again", csrf_token=token)

    assert db.session.get(Mail, mail).state is MailState.SENT


def test_the_mail_of_another_festival_is_not_there(visit, festival):
    mail = post(make_festival(), state=MailState.FAILED)
    post(festival, state=MailState.FAILED)
    token = visit("/manage/kawabe/mails").html.select_one("input[name=csrf_token]")["value"]

    assert (
        visit.post(
            f"/manage/kawabe/mails/{db.session.get(Mail, mail).message_id}/again", csrf_token=token
        ).status
        == 404
    )
    visit("/manage/kawabe/mails").submit(action="mails/again")
    assert db.session.get(Mail, mail).state is MailState.FAILED


def test_the_red_bar_is_everywhere_for_those_who_can_mend_it(visit, festival):
    with clock.stopped_at(NOW - timedelta(minutes=11)):
        post(festival)
    reader = make_organizer(festival, Role.READER)

    assert "Mail is not leaving." in visit("/manage/kawabe/2026/notices").text
    assert "Mail is not leaving." not in visit.sign_in(reader)("/manage/kawabe/2026/notices").text


def test_a_long_list_costs_as_many_statements_as_a_short_one(visit, festival, count_statements):
    post(festival)
    with count_statements() as few:
        visit("/manage/kawabe/mails")
    for number in range(60):
        post(festival, f"visitor{number}@example.jp")
    with count_statements() as many:
        page = visit("/manage/kawabe/mails")

    assert len(many) == len(few)
    assert page.html.select_one("a[rel=next]") is not None
    assert "Page 2 of 2" in page.click("Next").main


def test_history_is_told_in_sentences_in_both_languages(visit, festival):
    with transaction():
        audit.record(
            "edition.moved",
            "edition:2026",
            festival_id=festival.id,
            by="Sato",
            details={"state": ["draft", "published"]},
        )
        audit.record("edition.changed", "edition:2026", festival_id=festival.id, by="Sato",
                     details={"booking_opens_at": [None, "2026-10-10T01:00:05+00:00"], "name": [{"ja": "旧"}, {"ja": "新"}]})  # fmt: skip
        audit.record(
            "odd.thing",
            "odd:1",
            festival_id=festival.id,
            by="clock",
            details={"odd": {"deep": [1, None, True]}},
        )

        audit.record(
            "slots.added",
            "programme:X",
            festival_id=festival.id,
            by="Sato",
            details={"starts": ["2026-11-28T01:00:00+00:00", "2026-11-28T02:00:00+00:00"]},
        )

    page = visit("/manage/kawabe/history")
    assert "2026-11-28 10:00, 2026-11-28 11:00" in page.main
    assert "The edition was brought into another state." in page.main
    assert "Draft → Published" in page.main
    assert "— → 2026-10-10 10:00:05" in page.main
    assert "odd.thing" in page.main
    assert "by itself, at its time" in page.main
    visit.language = "ja"
    assert "開催の状態が変更されました。" in visit("/manage/kawabe/history?area=edition").main
    assert "odd.thing" not in visit("/manage/kawabe/history?area=edition").main
    assert "Sato" in visit("/manage/kawabe/history?q=sato").main


def test_readers_do_not_read_visitors_history(visit, festival):
    edition = festival.editions[0]
    make_slot(seats_taken=2, starts_at=NOW + timedelta(days=58))
    with transaction():
        audit.record("booking.created", "booking:SECRET22", festival_id=festival.id, by="visitor")
    visit.sign_in(make_organizer(festival, Role.READER))

    assert edition is not None
    assert "SECRET22" not in visit("/manage/kawabe/history").text
    assert "SECRET22" not in visit("/manage/kawabe/history?area=booking").text


RECORDING = frozenset(
    {"record", "_record", "_changed", "_set_state", "_record_entry", "_tell_anew"}
)  # calls that write history


def recording_calls(app):
    """Every call in the sources that writes a line of history."""
    for path in (Path(app.root_path) / "eventapp").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if name in RECORDING:
                    yield node


def test_every_action_that_is_recorded_has_its_sentence(app):
    constants = {
        one.value for call in recording_calls(app) for part in call.args for one in ast.walk(part) if isinstance(one, ast.Constant)
    }  # fmt: skip
    written = {one for one in constants if isinstance(one, str) and re.fullmatch(r"[a-z]+\.[a-z_]+", one)}

    assert {
        "booking.created",
        "booking.address_corrected",
        "course.saved",
        "course.withdrawn",
        "notice.changed",
    } <= written
    assert written - set(history_words.ACTIONS) == set()
    assert {one.partition(".")[0] for one in written} - set(history_words.AREAS) == {"links"}


def test_every_detail_that_is_recorded_has_its_name(app):
    written = {
        key.value for call in recording_calls(app) for part in (*call.args, *(one.value for one in call.keywords))
        for one in ast.walk(part) if isinstance(one, ast.Dict) for key in one.keys if isinstance(key, ast.Constant)
    }  # fmt: skip
    columns = {
        *profiles.EDITABLE,
        *(one.name for one in fields(programmes.Details)),
        *editions.SETTINGS,
        *brand.SHOWN,
    }

    assert {"file", "slots", "state"} <= written
    assert (written | columns) - set(history_words.FIELDS) == set()


def test_health_tells_what_wants_attention(visit, festival):
    post(festival, state=MailState.FAILED)

    page = visit("/manage/kawabe/health")

    rows = {
        row.th.get_text(strip=True): row.get_text(" ", strip=True) for row in page.html.select("tbody tr")
    }
    assert "look at it" in rows["Mails given up"]
    assert "fine" in rows["Oldest mail waiting"]
    assert "reaches nobody" in rows["Mail server"]  # tests write into a folder
    assert any(name in rows["Database"] for name in ("SQLite 3", "PostgreSQL"))
    assert "GB" in rows["Free disk space"]


def test_health_finds_the_newest_backup(visit, festival):
    folder = Path(visit.app.config["INSTANCE"]) / "backups"
    folder.mkdir(exist_ok=True)
    (folder / "kouba-1.tar").write_bytes(b"x")

    assert "kouba-1.tar" in visit("/manage/kawabe/health").main


def test_history_calls_things_by_their_names(visit, count_statements):
    edition = make_edition(make_festival("kawabe"))
    visit.sign_in(make_organizer(edition.festival))
    factory = make_factory(edition.festival, name=texts("山田製作所", "Yamada Works"))
    slot = make_slot(make_programme(make_entry(edition, factory)))
    made = make_booking(slot)
    with transaction():
        slots.change([slot], slots.Change(walk_in_places=2), by="Office")
        entries.withdraw(slot.programme.entry, by="Office")

    with count_statements() as few:
        page = visit("/manage/kawabe/history")
    for words in (
        "Factory tour (Yamada Works)",
        "Slot : 2026-11-28 10:00 Factory tour",
        f"No. {made.gate_number}",
        "Yamada Works",
    ):
        assert words in page.main.replace("Slot:", "Slot :")
    assert slot.code not in page.main
    other = make_slot(make_programme(edition=edition))
    for _more in range(3):
        make_booking(other, party_size=1)
    with count_statements() as many:
        visit("/manage/kawabe/history")
    assert len(few) == len(many)
