"""What comes out can go in again unchanged, and is safe to open in a spreadsheet."""

import csv
import io
from datetime import time
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from eventapp import clock, sheets
from eventapp.db import db, transaction
from eventapp.factories import columns
from eventapp.factories.models import (
    Craft,
    Degree,
    Entry,
    EntryState,
    Factory,
    Opening,
    Photography,
    PointKind,
)
from eventapp.i18n import Translated
from eventapp.tours import exporting
from eventapp.tours.models import EntryMode, Kind, Programme, ProgrammeState, Slot, SlotState
from tests.builders import (
    SUNDAY,
    make_edition,
    make_entry,
    make_factory,
    make_programme,
    make_slot,
    make_venue,
    texts,
)
from tests.factories.sheets_in import OTA, bring_in, make_ota_edition

pytestmark = pytest.mark.usefixtures("app")


def written(edition, code, kind):
    header, rows = exporting.factory_sheet(edition, code)
    return (sheets.write_csv if kind == "csv" else sheets.write_xlsx)(header, rows)


@pytest.fixture
def full_edition():
    """An edition in which everything that has a column is said somewhere, and awkwardly."""
    edition = make_edition()
    everything = make_factory(
        edition.festival, name=texts("山田製作所", "Yamada Works"), story=texts("一行目\n\n- 二行目", "=1+1"), products=texts("ねじ, ばね", "+bolts"),
        craft=Craft.PLATING, website="https://www.example.jp/a?b=1", phone="+81-3-1111-2222", email="yamada@example.jp", postal_code="060-0000",
        min_age=6, guardian_below=13, infants_take_place=False, photography=Photography.AREAS, languages=["ja", "en", "sign"], step_free=Degree.PARTLY,
        stroller=Degree.NO, under_roof=True, toilet=True, nappy_change=False, noise=0,
        import_note="備考: 一\n二", import_key="K-01", lat=35.561234567, lon=139.71,
    )  # fmt: skip
    entry = make_entry(
        edition, everything, last_entry_minutes=30, message=texts("今年は実演", "Live this year")
    )
    booked = make_programme(entry, title=texts("見学", "Tour"), price_yen=1500, price_note=texts("税込", ""), bring=texts("軍手", ""), languages=["en"],
                            min_age=0, guardian_below=10, duration_minutes=45, description=texts("長い\n説明", "Long"))  # fmt: skip
    make_slot(booked, capacity=8, seats_taken=3, minutes=45)
    with transaction():  # rules that a booking made by a builder could not answer
        entry = db.session.get_one(Entry, entry.id)
        entry.openings.append(Opening(date=SUNDAY, opens=time(17), closes=time(18, 30)))
        entry.factory.insurance_list = entry.factory.no_same_trade = entry.factory.asks_company = True
    make_slot(booked, capacity=6, starts_at=sunday(11), minutes=45)
    make_slot(booked, capacity=5, starts_at=sunday(13), minutes=45, state=SlotState.CANCELLED)
    make_slot(
        make_programme(entry, title=texts("実演", ""), kind=Kind.EXHIBITION, entry_mode=EntryMode.TIMED),
        capacity=None,
    )
    make_programme(
        entry, title=texts("直売", ""), kind=Kind.SALE, entry_mode=EntryMode.OPEN, state=ProgrammeState.DRAFT
    )
    make_programme(entry, title=texts("やめた", ""), state=ProgrammeState.WITHDRAWN)
    bare = {
        name: Translated({})
        for name in (
            "products",
            "story",
            "address",
            "area",
            "access",
            "parking",
            "shoes",
            "clothes",
            "photography_note",
        )
    }
    make_entry(edition, make_factory(edition.festival, name=texts("'引用", ""), kana="", lat=None, lon=None, point=PointKind.NONE, **bare),
               state=EntryState.DRAFT, open_days=False)  # fmt: skip
    make_entry(edition, make_factory(edition.festival, point=PointKind.TOWN, lat=35.5, lon=139.5))
    return edition


def sunday(hour):
    return clock.at(SUNDAY, time(hour), ZoneInfo("Asia/Tokyo"))


def snapshot():
    """Every factory, entry, programme and slot as plain data."""
    db.session.expire_all()
    rows = []
    for model in (Factory, Entry, Opening, Programme, Slot):
        for one in db.session.scalars(select(model).order_by(model.id)):
            rows.append({key: value for key, value in vars(one).items() if key in model.__table__.columns})
    return rows


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("code", ["ja", "en"])
def test_what_comes_out_goes_in_again_unchanged(full_edition, code, kind):
    before = snapshot()

    told = bring_in(full_edition, written(full_edition, code, kind), f"export.{kind}")

    assert [
        (line["changes"], line["deeds"], line["remarks"])
        for line in told["lines"]
        if line["action"] != "same"
    ] == []
    assert len(told["lines"]) == 5
    assert snapshot() == before


@pytest.mark.parametrize("code", ["ja", "en"])
def test_what_comes_out_fills_another_festival_alike(full_edition, code):
    other = make_edition()

    told = bring_in(other, written(full_edition, code, "xlsx"), "export.xlsx")

    assert (
        told["sums"]["problems"],
        told["sums"]["factories_new"],
        told["sums"]["programmes_new"],
        told["sums"]["slots_new"],
    ) == (0, 3, 3, 3)
    first, second = (exporting.factory_sheet(edition, "ja")[1] for edition in (full_edition, other))
    told_only = [
        place
        for place, column in enumerate(exported_columns())
        if column.key in {"id", "programme_id", "state"}
    ]
    assert sorted(without(row, told_only) for row in first) == sorted(
        without(row, told_only) for row in second
    )


def exported_columns():
    return [column for column in columns.ALL if column.in_template or column.group == columns.Group.TOLD]


def without(row, places):
    return [str(cell or "") for place, cell in enumerate(row) if place not in places]


def test_the_ota_list_comes_out_as_it_went_in():
    edition = make_ota_edition()
    bring_in(edition, OTA.read_bytes(), OTA.name)

    assert bring_in(edition, written(edition, "en", "csv"), "export.csv")["sums"]["same"] == 29


def test_nothing_becomes_a_formula(full_edition):
    content = written(full_edition, "ja", "csv").decode("utf-8-sig")

    cells = [cell for row in csv.reader(io.StringIO(content)) for cell in row]
    assert "'=1+1" in cells
    assert "'+bolts" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


def test_what_is_withdrawn_does_not_come_out(full_edition):
    content = written(full_edition, "ja", "csv").decode("utf-8-sig")

    assert "やめた" not in content
    assert "13:00" not in content.replace("10:00-12:00, 13:00-16:00", "")


@pytest.mark.parametrize("code", ["ja", "en"])
def test_a_template_is_understood_without_matching(code):
    header, rows = exporting.template(code)

    assert rows == []
    assert columns.is_certain(header)
    assert "state" not in columns.guess(header)


def test_slots_come_out_with_their_seats_and_host(full_edition):
    make_slot(
        make_programme(
            edition=full_edition,
            kind=Kind.TALK,
            title=texts("講演", ""),
            venue_id=make_venue(full_edition).id,
        ),
        capacity=50,
    )

    header, rows = exporting.slot_sheet(full_edition)

    assert len(header) == len(rows[0])
    assert [row[7:9] for row in rows if row[3] == "見学"] == [[8, 3], [6, 0], [5, 0]]
    assert {row[4] for row in rows if row[3] == "講演"} == {"産業会館"}


def test_an_export_costs_the_same_for_one_and_for_twenty(count_statements):
    edition = make_edition()
    seen = []
    for number in (1, 20):
        for _one in range(number):
            make_slot(make_programme(make_entry(edition)))
        db.session.expire_all()
        with count_statements() as statements:
            exporting.factory_sheet(edition, "ja")
            exporting.slot_sheet(edition)
        seen.append(len(statements))

    assert seen[0] == seen[1]
