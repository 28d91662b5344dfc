"""Spreadsheets: what comes in is checked, what goes out is safe to open."""

import csv
import io
import subprocess
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from eventapp import sheets, xlsx_child
from eventapp.sheets import SheetError, read_table

TEXT = st.text(
    st.characters(categories=["L", "N", "P", "S", "Z"], include_characters="=+-@＝＋－＠'\t\r\n\u200b")
)
ROWS = [["社名", "所在地"], ["髙﨑①ﾈｼﾞ", "大田区"]]


def read(content, filename="list.csv", **options):
    return read_table(io.BytesIO(content), filename, **options)


def make_book(*rows, sheet="一覧", empty_first=False):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        if empty_first:
            book.add_worksheet("表紙")
        page = book.add_worksheet(sheet)
        day = book.add_format({"num_format": "yyyy/mm/dd"})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                page.write(number, column, cell, *([day] if isinstance(cell, datetime | date | time) else []))
    return out.getvalue()


def rezip(content, change):
    """The workbook with every part passed through `change(name, bytes)`."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


class EndlessFile(io.RawIOBase):
    """A file without end that counts what was taken from it."""

    def __init__(self, piece):
        self.piece, self.taken = piece, 0

    def read(self, size=-1):
        assert size > 0
        self.taken += size
        return (self.piece * size)[:size]


# CSV in


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("cp932", "cp932"), ("utf-16", "utf-16")],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_in_every_usual_form(encoding, told, delimiter):
    text = "\r\n".join(delimiter.join(row) for row in ROWS)

    table = read(text.encode(encoding))

    assert (table.rows, table.encoding, table.delimiter) == (ROWS, told, delimiter)


def test_csv_cells_may_hold_delimiters_quotes_and_lines():
    table = read(b'name,notes\n"a, b","he said ""hi""\nand left"\n')

    assert table.rows[1] == ["a, b", 'he said "hi"\nand left']


def test_blank_rows_keep_their_number_and_trailing_ones_are_dropped():
    table = read("第10回\n\nname,city\nA,大田\n".encode() + b",,\n" * 20_000)

    assert table.rows == [["第10回"], [], ["name", "city"], ["A", "大田"]]


def test_ragged_rows_are_named():
    table = read(b"title\na,b,c\n1,2,3\n1,2\n\n1,2,3,,\n1,2,3,4\n")

    assert table.ragged(header=1) == [4, 7]
    assert table.width == 5


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (b"a,b\n1,\x002\n", "binary"),
        (b"a,b\n1,2\n\x81,\xff\xfe\n", "Line 3 holds characters"),
        (b'a,b\n1,"2\n', "Line 2 cannot be read"),
        (b'a,b\n"1"x,2\n', "Line 2 cannot be read"),
        (b"a,b\n1," + b"x" * 200_000, "cannot be read"),
        (b"a,b\n1," + b"x" * 40_000, "row 2, column 2 is too long"),
        (b"," * 400 + b"x\n", "more than 300 columns"),
        ("a,b\n1,\ufdd0\n".encode(), "Row 2, column 2"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "old or password"),
        (b"PK\x03\x04 nothing", "not a readable Excel file"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(content, sentence):
    with pytest.raises(SheetError, match=sentence):
        read(content)


def test_a_text_file_called_xlsx_is_refused():
    with pytest.raises(SheetError, match="not a readable Excel file"):
        read(b"a,b\n", "list.XLSX")


def test_five_thousand_rows_are_read_and_one_more_is_refused():
    assert len(read(b"name\n" + b"x\n" * 5000).rows) == 5001
    with pytest.raises(SheetError, match="more than 5000 rows"):
        read(b"name\n" + b"x\n" * 5001)
    with pytest.raises(SheetError, match="more than 10 rows"):
        read(b"name\n" + b"\n" * 10 + b"x\n", limit=10)


def test_a_file_without_end_is_not_held():
    endless = EndlessFile(b"x,")

    with pytest.raises(SheetError, match="larger than 8 MB"):
        read_table(endless, "list.csv")

    assert endless.taken <= sheets.MOST_BYTES + 2 * sheets.CHUNK


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_sentence(content):
    try:
        table = read(content)
    except SheetError as error:
        assert str(error).endswith(".")
    else:
        assert table.rows


# XLSX in


def test_workbook_cells_become_texts():
    book = make_book(
        ["社名", "日", "時", "人数", "割合", "有料"],
        ["大田", date(2025, 10, 25), time(10, 30), 12, 0.5, True],
    )

    table = read(book, "list.xlsx")

    assert table.rows[1] == ["大田", "2025-10-25", "10:30", "12", "0.5", "TRUE"]
    assert (table.sheet, table.sheets, table.encoding) == ("一覧", ["一覧"], "")
    assert table.ragged() == []


def test_workbook_keeps_row_and_column_numbers_and_skips_empty_sheets():
    book = make_book([], ["", "", "x"], [], ["a"], empty_first=True)

    table = read(book, "list.xlsx")

    assert table.rows == [[], ["", "", "x"], [], ["a"]]
    assert (table.sheet, table.sheets) == ("一覧", ["表紙", "一覧"])


def test_workbook_sheet_can_be_chosen_and_may_be_empty():
    with pytest.raises(SheetError, match="empty"):
        read(make_book(["x"], empty_first=True), "list.xlsx", sheet="表紙")


def test_formula_without_a_kept_result_is_blank():
    book = rezip(
        make_book(["a", "=1+1", "b"]), lambda name, part: part.replace(b"<f>1+1</f><v>0</v>", b"<f>1+1</f>")
    )

    assert read(book, "list.xlsx").rows == [["a", "", "b"]]


def test_workbook_over_the_limit_is_refused():
    with pytest.raises(SheetError, match="more than 5 rows"):
        read(make_book(*[["x"]] * 7), "list.xlsx", limit=5)


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread(monkeypatch):
    monkeypatch.setattr(subprocess, "run", pytest.fail)
    bomb = rezip(make_book(["x"]), lambda name, part: part + b" " * 20_000_000 * name.endswith("sheet1.xml"))

    with pytest.raises(SheetError, match="unpacks to more"):
        read(bomb, "list.xlsx")


def test_a_zip_that_is_no_workbook_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "hello")

    with pytest.raises(SheetError, match="not a readable Excel file"):
        read(out.getvalue())


def test_a_zip_of_many_entries_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(sheets.MOST_ENTRIES + 1):
            archive.writestr(f"{number}", "x")

    with pytest.raises(SheetError, match="unpacks to more"):
        read(out.getvalue())


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_damaged_workbook_is_refused(part):
    broken = rezip(make_book(["x"]), lambda name, content: b"<broken" if name == part else content)

    with pytest.raises(SheetError):
        read(broken, "list.xlsx")


def test_a_cell_far_away_costs_no_memory():
    far = rezip(
        make_book(["x"]),
        lambda name, part: part.replace(b'r="A1"', b'r="XFD1048576"').replace(b'r="1"', b'r="1048576"'),
    )

    with pytest.raises(SheetError, match="unpacks to more"):
        read(far, "list.xlsx")


def test_a_reader_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(sheets, "CHILD_SECONDS", 0.001)

    with pytest.raises(SheetError, match="unpacks to more"):
        read(make_book(["x"]), "list.xlsx")


def test_a_string_repeated_a_million_times_is_refused():
    assert xlsx_child.filled([["x" * 10_000] * 200] * 20, 100) == {"refused": "large"}


@pytest.mark.parametrize(
    ("iso", "text"),
    [
        ("2025-01-02T09:05:00", "2025-01-02 09:05"),
        ("2025-01-02T09:05:07", "2025-01-02 09:05:07"),
        ("2025-01-02T00:00:00", "2025-01-02"),
    ],
)
def test_moments_are_written_plainly(iso, text):
    assert xlsx_child.as_text(datetime.fromisoformat(iso)) == text


def test_times_durations_and_large_numbers_are_written_plainly():
    cells = [time(9, 5, 7), timedelta(days=1), timedelta(minutes=95, seconds=3), 1e300]

    assert [xlsx_child.as_text(cell) for cell in cells] == ["09:05:07", "24:00", "01:35:03", "1e+300"]


# The header


def test_header_row_is_found_under_titles():
    rows = [
        ["第10回 参加企業一覧"],
        [],
        ["2025年9月1日 現在", ""],
        ["社名 ", "ＵＲＬ", "備考"],
        ["大田", "", "社名"],
    ]

    assert sheets.guess_header_row(rows, ["社名", "url"]) == 3


def test_header_row_of_unknown_names_is_the_first_wide_one():
    assert sheets.guess_header_row([["title"], [], ["a", "b", "c", "d"], ["1", "2", "3", "4"]], ["x"]) == 2
    assert sheets.guess_header_row([], ["x"]) == 0


# Out


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\tx",
        "\rx",
        "\nx",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "  =1",
        "\u200b=1",
        "\u3000＝1",
        "'=1",
    ],
)
def test_texts_that_would_be_formulas_are_guarded(text):
    assert sheets.guard(text) == "'" + text
    assert sheets.unguard("'" + text) == text


@pytest.mark.parametrize("text", ["", "x=1", "'x", "''", "03-1234-5678", "a@b.jp", "・-"])
def test_other_texts_are_left_alone(text):
    assert sheets.guard(text) == text
    assert sheets.unguard(text) == text


@given(TEXT)
def test_unguard_undoes_guard(text):
    assert sheets.unguard(sheets.guard(text)) == text


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), max_size=5))
def test_written_csv_never_holds_a_formula(rows):
    content = sheets.write_csv(["a", "b"], iter(rows))

    assert content.startswith(b"\xef\xbb\xbf")
    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
        assert not [cell for cell in row if cell.lstrip(" \u200b\u3000")[:1] in tuple("=+-@＝＋－＠\t\r\n")]


def test_csv_holds_numbers_texts_and_nothing():
    content = sheets.write_csv(
        ["=a", "b"], [[-5, None], [True, "0312"], [Decimal("1.50"), date(2025, 1, 2)], ["a\x00b", '"']]
    )

    assert content.decode("utf-8-sig") == (
        '"\'=a","b"\r\n-5,""\r\n"TRUE","0312"\r\n1.50,"2025-01-02"\r\n"ab",""""\r\n'
    )


def test_what_was_written_is_read_again():
    rows = [["=cmd|' /C calc'!A0", "髙﨑"], ["-5", "two\nlines"]]

    assert read(sheets.write_csv(["a", "b"], rows)).rows == [["a", "b"], *rows]
    assert read(sheets.write_xlsx(["a", "b"], rows), "x.xlsx").rows == [["a", "b"], *rows]


def test_written_workbook_holds_no_formula_and_no_link():
    content = sheets.write_xlsx(
        ["a"],
        ([cell] for cell in ["=1+1", "{=1}", "https://example.jp", 7, None, "\ud800x"]),
        sheet="'[a]:*?/\\ " * 9,
    )

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        page = archive.read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in page
        assert b"hyperlink" not in page
        assert b"<v>7</v>" in page


@settings(max_examples=5, deadline=None)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=3))
def test_any_text_can_be_written(texts):
    assert sheets.write_xlsx(texts, [texts], sheet=texts[0]).startswith(b"PK")
    assert sheets.write_csv(texts, [texts])
