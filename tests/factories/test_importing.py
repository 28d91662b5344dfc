"""A committee's sheet goes in: what cells mean, who is found again, what is refused, and that it costs few statements."""

from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import func, select

from eventapp import clock
from eventapp.audit import Line
from eventapp.db import db
from eventapp.factories import cells, columns
from eventapp.factories.cells import CellError
from eventapp.factories.hours import show_day
from eventapp.factories.models import Craft, Entry, EntryState, Factory, Photography, PointKind
from eventapp.festivals.models import EditionState
from eventapp.i18n import RuleError
from eventapp.tours import sheet_rows
from eventapp.tours.models import EntryMode, Kind, Programme, ProgrammeState, Slot
from tests.builders import (
    SATURDAY,
    SUNDAY,
    make_edition,
    make_entry,
    make_factory,
    make_programme,
    make_slot,
    texts,
)
from tests.factories.sheets_in import OTA, OTA_DAY, bring_in, hints, make_ota_edition, problems

pytestmark = pytest.mark.usefixtures("app")
DAYS = [SATURDAY, SUNDAY]


def all_of(model):
    return db.session.scalars(select(model).order_by(model.id)).all()


# Columns


def test_names_that_committees_use_are_guessed():
    names = [
        "企業名（必須）",
        "ﾌﾘｶﾞﾅ",
        "所在地",
        "TEL",
        "参加日",
        "実施時間",
        "予約の要否",
        "定員（各回）",
        "担当者名",
        "備考欄",
        "駐車場の有無",
    ]

    assert columns.guess(names) == [
        "name",
        "kana",
        "address",
        "phone",
        "open_days",
        "open_hours",
        "reservation",
        "capacity",
        "",
        "notes",
        "parking",
    ]


def test_a_running_number_is_not_taken_for_an_id():
    assert columns.guess(["No.", "番号", "工場名"]) == ["", "", "name"]


@pytest.mark.parametrize("code", ["ja", "en"])
def test_our_own_header_is_known_without_asking(code):
    names = columns.header(columns.ALL, code)

    assert columns.guess(names) == [column.key for column in columns.ALL]
    assert columns.is_certain(names)
    assert not columns.is_certain([*names, "担当者名"])


def test_a_matching_is_remembered_by_header_and_the_oldest_is_forgotten():
    memory = columns.remember({}, ["社名", "メモ書き"], ["name", "notes"])
    assert columns.recall(memory, ["社名", "メモ書き"]) == ["name", "notes"]
    assert columns.recall(memory, ["社名", "電話"]) is None

    for number in range(40):
        memory = columns.remember(memory, [f"列{number}"], ["name"], most=30)
    assert len(memory) == 30
    assert columns.recall(memory, ["社名", "メモ書き"]) is None


# Cells


@pytest.mark.parametrize(
    ("cell", "days"),
    [("2026-11-28", [28]), ("11/28(土)", [28]), ("11月28日・29日", [28, 29]), ("両日", [28, 29]), ("2026/11/28、2026/11/29", [28, 29]),
     ("１１／２９", [29]), ("11/28-29", [28, 29])],
)  # fmt: skip
def test_days_as_people_write_them(cell, days):
    assert [day.day for day in cells.read_days(cell, DAYS, SATURDAY)] == days


@pytest.mark.parametrize(("cell", "code"), [("11/30", "not_a_day"), ("秋ごろ", "days"), ("99/99", "days")])
def test_days_that_cannot_be(cell, code):
    with pytest.raises(CellError) as refused:
        cells.read_days(cell, DAYS, SATURDAY)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("cell", "saturday", "sunday"),
    [("10:00-16:00", "10:00-16:00", "10:00-16:00"), ("１０：００〜１２：００／１３：００〜１６：００", "10:00-12:00, 13:00-16:00", "10:00-12:00, 13:00-16:00"),
     ("10:00-12:00;13:00-16:00", "10:00-12:00, 13:00-16:00", "10:00-12:00, 13:00-16:00"), ("10時から16時まで", "10:00-16:00", "10:00-16:00"),
     ("2026-11-28 10:00-16:00; 2026-11-29 10:00-12:00", "10:00-16:00", "10:00-12:00"), ("11/28(土) 10時〜16時\n11/29 9時〜12時", "10:00-16:00", "9:00-12:00"),
     ("10-12, 13-16", "10:00-12:00, 13:00-16:00", "10:00-12:00, 13:00-16:00")],
)  # fmt: skip
def test_hours_as_people_write_them(cell, saturday, sunday):
    found = cells.read_hours(cell, DAYS, DAYS, SATURDAY)

    assert [show_day(found[SATURDAY]), show_day(found[SUNDAY])] == [saturday, sunday]


@pytest.mark.parametrize("cell", ["終日", "16:00-10:00", "10:00-16:00; 13:00-15:00", "25:00-26:00", "10:00"])
def test_hours_that_cannot_be(cell):
    with pytest.raises(CellError, match="hours"):
        cells.read_hours(cell, DAYS, DAYS, SATURDAY)


@pytest.mark.parametrize(
    ("cell", "starts"),
    [("10:00, 11:00", [(None, 10, None), (None, 11, None)]), ("①10:00〜 ②13:00〜(8名)", [(None, 10, None), (None, 13, 8)]),
     ("1回目 10:00〜11:00、2回目 13:00〜14:00", [(None, 10, None), (None, 13, None)]),
     ("2026-11-28 10:00(8), 13:00(6); 2026-11-29 10:00", [(28, 10, 8), (28, 13, 6), (29, 10, None)]), ("10時／14時", [(None, 10, None), (None, 14, None)])],
)  # fmt: skip
def test_start_times_as_people_write_them(cell, starts):
    found = sheet_rows.read_starts(cell, DAYS, SATURDAY)

    assert [
        (start.day.day if start.day else None, start.wall.hour, start.capacity) for start in found
    ] == starts


@pytest.mark.parametrize("cell", ["随時", "午前と午後", "10:00 のあと昼", "26:00", ";"])
def test_start_times_that_cannot_be(cell):
    with pytest.raises(CellError, match="times"):
        sheet_rows.read_starts(cell, DAYS, SATURDAY)


@pytest.mark.parametrize(
    ("cell", "read"),
    [("小学生以上（小学生は保護者同伴）", (6, 13, False)), ("3歳以上", (3, None, True)), ("制限なし", (0, None, True)), ("６", (6, None, True)),
     ("中学生以上", (12, None, True)), ("小学生以下は保護者同伴", (None, 13, False)), ("12歳以下は保護者同伴", (None, 13, False)),
     ("elementary school and up; elementary pupils with a guardian", (6, 13, False)), ("工場長に相談", (None, None, False))],
)  # fmt: skip
def test_ages_as_people_write_them(cell, read):
    assert cells.read_ages(cell) == read


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("無料", (0, "")),
        ("５００円", (500, "")),
        ("¥1,000", (1000, "")),
        ("大人1,100円、子ども500円", (500, "大人1,100円、子ども500円")),
    ],
)
def test_prices_as_people_write_them(cell, read):
    assert cells.read_price(cell) == read


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [("60", 60), ("約90分", 90), ("1時間30分", 90), ("１時間半", 90), ("1.5時間", 90), ("1 hour", 60)],
)
def test_lengths_as_people_write_them(cell, minutes):
    assert cells.read_minutes(cell) == minutes


@pytest.mark.parametrize(
    ("cell", "craft"),
    [
        ("旋盤加工", Craft.CUTTING),
        ("ﾌﾟﾚｽ", Craft.PRESS),
        ("切削・研磨", Craft.CUTTING),
        ("金属プレス加工", Craft.PRESS),
        ("町工場", None),
        ("謎", None),
    ],
)
def test_crafts_as_people_write_them(cell, craft):
    assert cells.read_craft(cell) == craft


@pytest.mark.parametrize(
    ("cell", "read"),
    [("不可", (Photography.NO, "")), ("一部可", (Photography.AREAS, "")), ("○", (Photography.YES, "")),
     ("no photography inside the plant", (Photography.NO, "no photography inside the plant")), ("担当者に確認", (None, "担当者に確認"))],
)  # fmt: skip
def test_photo_rules_as_people_write_them(cell, read):
    assert cells.read_photography(cell) == read


@pytest.mark.parametrize("cell", ["ヤマダせいき", "ﾔﾏﾀﾞｾｲｷ", "やまだせいき"])
def test_readings_are_kept_in_hiragana(cell):
    assert cells.read_kana(cell) == "やまだせいき"


def test_a_reading_in_katakana_that_is_there_stays():
    edition = make_edition()
    make_entry(edition, make_factory(edition.festival, name=texts("山田", ""), kana="ヤマダ"))

    assert bring_in(edition, "工場名,ふりがな\n山田,ヤマダ\n")["sums"]["same"] == 1


def test_what_a_spreadsheet_took_for_a_number_gets_its_zero_back():
    assert cells.read_postal_code("600000") == "060-0000"
    assert cells.read_phone("312345678") == "0312345678"


# The list of Ota


def test_the_ota_list_goes_in_as_it_is():
    edition = make_ota_edition()

    with clock.stopped_at(datetime(2025, 10, 1, tzinfo=UTC)):
        told = bring_in(edition, OTA.read_bytes(), OTA.name)

    assert (told["sums"]["rows"], told["sums"]["factories_new"], told["sums"]["problems"]) == (29, 29, 0)
    factories = all_of(Factory)
    assert {factory.point for factory in factories} == {PointKind.TOWN}
    assert all(35.5 < factory.lat < 35.6 and 139.6 < factory.lon < 139.8 for factory in factories)
    assert {entry.state for entry in all_of(Entry)} == {EntryState.ACCEPTED}
    assert {(one.date, one.opens, one.closes) for entry in all_of(Entry) for one in entry.openings} == {
        (OTA_DAY, time(10), time(16))
    }
    shown = [(one.title["ja"], one.kind, one.entry_mode, one.state) for one in all_of(Programme)]
    assert shown == [("へら絞り 実演・加工体験", Kind.WORKSHOP, EntryMode.OPEN, ProgrammeState.PUBLISHED),
                     ("多摩川工場 見学", Kind.TOUR, EntryMode.OPEN, ProgrammeState.PUBLISHED)]  # fmt: skip


def test_blanks_and_remarks_of_the_ota_list_are_kept():
    bring_in(make_ota_edition(), OTA.read_bytes(), OTA.name)

    by_key = {factory.import_key: factory for factory in all_of(Factory)}
    plant = by_key["OT023"]
    assert (plant.photography, plant.photography_note) == (
        Photography.NO,
        {"en": "no photography inside the plant"},
    )
    assert "QiuYukun233" in plant.import_note
    assert "per-factory hours not found" in plant.import_note
    assert by_key["OT003"].slug == "leaf-factory-tokyo"
    assert (plant.name, plant.area, plant.kana, plant.phone, plant.min_age) == (
        {"ja": "白洋舍"},
        {"ja": "新田丸・蒲田エリア"},
        "",
        None,
        None,
    )
    assert plant.craft == Craft.OTHER
    assert by_key["OT005"].name["ja"].startswith("桂川精螺製作所/ダイモン/")


def test_the_same_list_twice_makes_no_doubles():
    edition = make_ota_edition()
    bring_in(edition, OTA.read_bytes(), OTA.name)
    lines = db.session.scalar(select(func.count(Line.id)))

    told = bring_in(edition, OTA.read_bytes(), OTA.name)

    assert told["sums"]["same"] == 29
    assert len(all_of(Factory)) == len(all_of(Entry)) == 29
    assert len(all_of(Programme)) == 2
    assert db.session.scalar(select(func.count(Line.id))) == lines


def test_the_ota_list_is_refused_whole_on_other_days():
    told = bring_in(make_edition(), OTA.read_bytes(), OTA.name)

    assert len(problems(told)) == 29
    assert {(column, code) for _row, column, code in problems(told)} == {("open_days", "not_a_day")}
    assert all_of(Factory) == []


# Who is found again


def test_a_factory_of_earlier_years_is_found_by_name_and_address():
    edition = make_edition()
    known = make_factory(
        edition.festival, name=texts("山田製作所", ""), address=texts("東京都大田区矢口3-5-4", "")
    )

    told = bring_in(edition, "工場名,住所,電話番号\n（株）山田製作所,大田区矢口３丁目５番４号,03-1111-2222\n")

    assert problems(told) == []
    assert [(one.id, one.phone) for one in all_of(Factory)] == [(known.id, "03-1111-2222")]


def test_a_branch_elsewhere_is_another_factory():
    edition = make_edition()
    make_factory(edition.festival, name=texts("山田製作所", ""), address=texts("東京都大田区矢口3-5-4", ""))

    bring_in(edition, "工場名,住所\n山田製作所,大田区千鳥1-1-1\n")

    assert len(all_of(Factory)) == 2


def test_an_id_finds_a_factory_under_its_new_name():
    edition = make_edition()
    make_factory(edition.festival, import_key="K1", name=texts("旧山田", ""), address=texts("矢口3-5-4", ""))

    told = bring_in(edition, "管理番号,工場名,住所\nK1,新山田,矢口3-5-4\n")

    assert [one["column"] for one in told["lines"][0]["changes"]] == ["name"]
    assert [one.name["ja"] for one in all_of(Factory)] == ["新山田"]


def test_an_id_that_went_to_another_company_is_a_problem():
    edition = make_edition()
    make_factory(
        edition.festival, import_key="1", name=texts("山田製作所", ""), address=texts("矢口3-5-4", "")
    )

    assert problems(bring_in(edition, "管理番号,工場名,住所\n1,鈴木鋳造,千鳥1-1-1\n")) == [
        (2, "id", "id_moved")
    ]


def test_two_rows_with_the_same_id_and_other_names_are_a_problem():
    told = bring_in(make_edition(), "管理番号,工場名\nA,山田\nA,鈴木\n")

    assert problems(told) == [(3, "name", "other_name")]
    assert all_of(Factory) == []


def test_a_name_that_two_factories_have_needs_more():
    edition = make_edition()
    for _number in range(2):
        make_factory(edition.festival, name=texts("山田製作所", ""))

    assert problems(bring_in(edition, "工場名,電話番号\n山田製作所,03-1111-2222\n")) == [
        (2, "name", "ambiguous")
    ]


def test_factories_of_another_festival_are_not_looked_at():
    stranger = make_factory(import_key="K1", name=texts("山田製作所", ""))

    bring_in(make_edition(), f"管理番号,工場名\n{stranger.code},山田製作所\nK1,鈴木\n")

    assert len(all_of(Factory)) == 3
    assert db.session.get_one(Factory, stranger.id).phone is None


# What changes


def test_a_blank_cell_changes_nothing_and_the_other_language_stays():
    edition = make_edition()
    entry = make_entry(
        edition,
        make_factory(edition.festival, import_key="K1", name=texts("山田", "Yamada"), phone="03-1111-2222"),
    )

    told = bring_in(edition, "管理番号,工場名,電話番号,公開日\nK1,山田工業,-,\n")

    factory = db.session.get_one(Factory, entry.factory_id)
    assert (factory.name, factory.phone) == ({"ja": "山田工業", "en": "Yamada"}, "03-1111-2222")
    assert told["lines"][0]["changes"] == [{"column": "name", "before": "山田", "after": "山田工業"}]
    assert factory.version == 2
    assert "山田工業" in factory.search_key


def test_a_rough_point_does_not_move_a_known_entrance():
    edition = make_edition()
    make_entry(
        edition, make_factory(edition.festival, import_key="K1", name=texts("山田", ""), lat=35.5, lon=139.7)
    )

    told = bring_in(edition, "管理番号,工場名,town_lat,town_lon\nK1,山田,35.6,139.8\n")

    assert hints(told) == [(2, "town_lat", "kept_point")]
    assert (all_of(Factory)[0].lat, all_of(Factory)[0].point) == (35.5, PointKind.EXACT)


def test_the_state_of_an_entry_that_is_there_stays():
    edition = make_edition()
    make_entry(
        edition,
        make_factory(edition.festival, import_key="K1", name=texts("山田", "")),
        state=EntryState.WITHDRAWN,
    )

    bring_in(edition, "管理番号,工場名\nK1,山田\n")

    assert [entry.state for entry in all_of(Entry)] == [EntryState.WITHDRAWN]


def test_new_hours_replace_the_old_ones():
    edition = make_edition()
    make_entry(edition, make_factory(edition.festival, import_key="K1", name=texts("山田", "")))

    bring_in(edition, "管理番号,工場名,公開日,公開時間\nK1,山田,11/28(土),9:00-12:00\n")

    assert [(one.date, one.opens, one.closes) for one in all_of(Entry)[0].openings] == [
        (SATURDAY, time(9), time(12))
    ]


def test_pages_in_caches_are_made_anew_and_history_is_written():
    edition = make_edition()
    before = edition.content_version

    bring_in(edition, "工場名\n山田\n")

    db.session.refresh(edition)
    assert edition.content_version == before + 1
    assert [line.action for line in all_of(Line)] == ["factory.imported", "entry.joined"]


# Programmes and slots

HEAD = "工場名,公開日,公開時間,プログラム名,予約方法,開始時刻,所要時間(分),定員(1回),参加費(円)\n"


def test_a_programme_with_everything_is_published_with_its_slots():
    bring_in(
        make_edition(),
        HEAD + '山田,"11/28, 11/29",10:00-16:00,工場見学,要予約,"10:00, 14:00",60分,8名,無料\n',
    )

    programme = all_of(Programme)[0]
    assert (programme.kind, programme.entry_mode, programme.state) == (
        Kind.TOUR,
        EntryMode.BOOKING,
        ProgrammeState.PUBLISHED,
    )
    slots = [(slot.day, slot.starts_at, slot.capacity) for slot in all_of(Slot)]
    assert (
        slots
        == [(day, clock.at(day, time(hour), programme.edition.zone), 8) for hour in (10, 14) for day in DAYS]
        or len(slots) == 4
    )
    assert {slot.capacity for slot in all_of(Slot)} == {8}
    assert "山田" in programme.search_key


def test_a_name_that_stands_only_in_the_first_of_merged_rows_counts_for_the_others():
    bring_in(
        make_edition(),
        HEAD + "山田,11/28,10:00-16:00,工場見学,不要,,,,\n,,,へら絞り体験,要予約,13:00,30,4,500円\n",
    )

    entry = all_of(Entry)[0]
    assert [(one.entry_id, one.title["ja"], one.entry_mode) for one in all_of(Programme)] == [
        (entry.id, "工場見学", EntryMode.OPEN), (entry.id, "へら絞り体験", EntryMode.BOOKING)]  # fmt: skip


def test_a_booking_without_places_or_times_stays_a_draft():
    told = bring_in(
        make_edition(),
        HEAD + "山田,11/28,10:00-16:00,見学,要予約,10:00,,,\n鈴木,11/28,10:00-16:00,見学,要予約,,,8,\n",
    )

    assert hints(told) == [(2, "capacity", "no_capacity"), (2, "start_times", "no_times")][:1] + [
        (3, "start_times", "no_times")
    ]
    assert {one.state for one in all_of(Programme)} == {ProgrammeState.DRAFT}
    assert all_of(Slot) == []


def test_times_without_booking_make_slots_without_capacity():
    bring_in(make_edition(), HEAD + "山田,11/28,10:00-16:00,実演,予約不要,11:00,20,,\n")

    assert [(one.entry_mode, one.kind) for one in all_of(Programme)] == [(EntryMode.TIMED, Kind.EXHIBITION)]
    assert [slot.capacity for slot in all_of(Slot)] == [None]


def test_a_second_time_adds_what_is_new_and_changes_capacities():
    edition = make_edition()
    bring_in(edition, HEAD + '山田,11/28,10:00-16:00,見学,要予約,"10:00",60,8,0\n')

    told = bring_in(edition, HEAD + '山田,11/28,10:00-16:00,見学,要予約,"10:00, 11:00",60,6,0\n')

    assert told["lines"][0]["deeds"] == [["slots_new", {"number": 1}], ["slots_changed", {"number": 1}]]
    assert [slot.capacity for slot in all_of(Slot)] == [6, 6]
    assert len(all_of(Programme)) == 1


def test_a_capacity_never_goes_under_what_is_taken():
    edition = make_edition()
    entry = make_entry(edition, make_factory(edition.festival, name=texts("山田", "")))
    make_slot(make_programme(entry, title=texts("見学", "")), capacity=8, seats_taken=5)

    told = bring_in(edition, HEAD + "山田,,,見学,要予約,2026-11-28 10:00,60,4,\n鈴木,,,,,,,,\n")

    assert problems(told) == [(2, "capacity", "too_small")]
    assert (all_of(Slot)[0].capacity, len(all_of(Factory))) == (8, 1)


def test_the_way_to_take_part_does_not_change_under_slots():
    edition = make_edition()
    entry = make_entry(edition, make_factory(edition.festival, name=texts("山田", "")))
    make_slot(make_programme(entry, title=texts("見学", "")))

    assert problems(bring_in(edition, HEAD + "山田,,,見学,随時,,,,\n")) == [(2, "reservation", "mode")]


def test_times_that_are_over_or_run_past_midnight_are_problems():
    edition = make_edition(days=[date(2026, 9, 1), SATURDAY])

    told = bring_in(
        edition,
        HEAD + "山田,,,見学,要予約,2026-09-01 10:00,60,8,\n鈴木,,,見学,要予約,2026-11-28 23:30,60,8,\n",
    )

    assert problems(told) == [(2, "start_times", "over"), (3, "start_times", "outside")]


def test_a_closed_edition_takes_nothing():
    with pytest.raises(RuleError):
        bring_in(make_edition(state=EditionState.CLOSED), "工場名\n山田\n")


# Bad cells and rows


def test_every_problem_is_told_by_row_and_column_and_nothing_is_written():
    told = bring_in(
        make_edition(),
        "工場名,メールアドレス,電話番号,ウェブサイト,郵便番号,緯度,経度,公開日,公開時間,音の大きさ,対応言語,トイレ\n"
        "山田,あ@,12,ftp://x,1,35,,13/45,いつでも,9,火星語,たぶん\n"
        ",a@example.jp,,,,,,,,,,\n"
        "鈴木,suzuki@example.jp,03-1234-5678,example.jp,146-0093,35.56,139.7,11/28,10-16,1,英語,あり\n",
    )

    assert {(row, column) for row, column, _code in problems(told)} == {
        (2, column)
        for column in (
            "email",
            "phone",
            "website",
            "postal_code",
            "lon",
            "open_days",
            "open_hours",
            "noise",
            "languages",
            "toilet",
        )
    } | {(3, "name")}
    assert all_of(Factory) == []
    assert [line["row"] for line in told["lines"]] == [2, 3, 4]


def test_a_row_that_is_too_long_is_a_problem_and_a_short_one_a_hint():
    told = bring_in(make_edition(), "工場名,ふりがな,住所\n山田,やまだ,大田区,多い\n鈴木\n")

    assert problems(told) == [(2, "", "to_the_right")]
    assert hints(told) == [(3, "", "short_row")]


def test_titles_above_the_table_are_skipped_and_rows_keep_their_numbers():
    told = bring_in(
        make_edition(), "2026年 参加企業一覧,,\n,,\n※社外秘,,\n工場名,ふりがな,住所\n\n山田,やまだ,大田区\n"
    )

    assert [line["row"] for line in told["lines"]] == [6]


def test_a_formula_is_kept_as_words():
    bring_in(make_edition(), '工場名,紹介文\n山田,"=HYPERLINK(""http://x"",""y"")"\n')

    assert all_of(Factory)[0].story == {"ja": '=HYPERLINK("http://x","y")'}


def test_texts_that_are_too_long_are_problems():
    assert problems(bring_in(make_edition(), f"工場名,ふりがな\n{'あ' * 121},やま\n")) == [
        (2, "name", "too_long"),
        (2, "name", "no_name"),
    ]


def test_the_number_of_statements_does_not_grow_with_the_rows(count_statements):
    edition = make_edition()
    seen = []
    for number in (3, 30):
        rows = "".join(
            f'K{number}-{one},工場{number}-{one},11/28,10:00-16:00,見学,要予約,"10:00",60,8,0\n'
            for one in range(number)
        )
        bring_in(edition, "管理番号," + HEAD + rows)
        with count_statements() as statements:
            assert bring_in(edition, "管理番号," + HEAD + rows)["sums"]["same"] == number
        seen.append(len(statements))

    assert seen[0] == seen[1] <= 14


def test_new_rows_cost_a_fixed_number_of_statements_each(count_statements):
    edition = make_edition()
    seen = []
    for number in (5, 25):
        rows = "".join(
            f'K{number}-{one},工場{number}-{one},11/28,10:00-16:00,見学,要予約,"10:00",60,8,0\n'
            for one in range(number)
        )
        with count_statements() as statements:
            bring_in(edition, "管理番号," + HEAD + rows)
        seen.append(len(statements))

    assert (seen[1] - seen[0]) / 20 <= 8
