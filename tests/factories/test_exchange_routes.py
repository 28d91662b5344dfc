"""The pages of an import, from the upload to the end, by themselves and with everything that can be wrong with a file."""

import io
import os
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from eventapp import clock, jobs, sheets, worker
from eventapp.db import db, transaction
from eventapp.factories import uploaded
from eventapp.factories.models import Factory
from eventapp.festivals.models import EditionState, Festival, Role
from eventapp.jobs import Job, JobState
from eventapp.tours.models import Programme, ProgrammeState, Slot
from tests.builders import (
    make_edition,
    make_entry,
    make_factory,
    make_organizer,
    make_programme,
    make_slot,
    texts,
)
from tests.conftest import NOW
from tests.factories.sheets_in import OTA, make_ota_edition
from tests.visiting import Visitor

SIMPLE = "工場名,ふりがな\n山田製作所,やまだ\n鈴木鋳造,すずき\n"


class Desk:
    """A committee member's browser at the import of an edition, with a worker at hand."""

    def __init__(self, app, edition, role=Role.STAFF, language="en"):
        self.app, self.edition = app, edition
        self.url = f"/manage/{edition.festival.slug}/{edition.slug}/exchange"
        self.person = make_organizer(edition.festival, role)
        self.visit = Visitor(app, language=language).sign_in(self.person)

    def upload(self, content, filename="list.csv", *, work=True):
        """Choose a file, send it, and look again when the worker is through."""
        content = content.encode() if isinstance(content, str) else content
        page = self.visit(self.url).submit(button="Upload", files={"sheet": (io.BytesIO(content), filename)})
        return self.look(page) if work and page.path != self.url else page

    def look(self, page):
        work(self.app)
        return self.visit(page.path)

    def bring_in(self, content, filename="list.csv"):
        """All the way, with the columns as they are guessed."""
        page = self.upload(content, filename)
        if "Match the columns" in page.title:
            page = self.look(page.submit(action="/columns"))
        return self.look(page.submit(action="/apply"))


def work(app):
    """Everything that waits is done, as the worker does it."""
    db.session.rollback()
    while jobs.run_next(worker.job_kinds()):
        pass
    db.session.rollback()
    db.session.expire_all()


@pytest.fixture
def desk(app):
    return Desk(app, make_edition())


def imports(app):
    folder = Path(app.config["INSTANCE"]) / uploaded.FOLDER
    return [path.name for path in folder.glob("*")] if folder.is_dir() else []


@pytest.fixture(autouse=True)
def _no_leftovers(app):
    yield
    for name in imports(app):
        uploaded.discard(Path(app.config["INSTANCE"]) / uploaded.FOLDER, name)


def names():
    return sorted(one.name["ja"] for one in db.session.scalars(select(Factory)))


# The way through


def test_the_ota_list_goes_in_through_the_page(app):
    edition = make_ota_edition(state=EditionState.DRAFT)
    desk = Desk(app, edition)

    page = desk.upload(OTA.read_bytes(), OTA.name)
    assert page.title.startswith("Match the columns")
    assert "桂川精螺製作所" in page.main
    page = desk.look(page.submit(action="/columns"))
    assert page.title.startswith("Check the import")
    assert len(page.html.select(".exchange-rows tbody tr")) == 29
    assert db.session.scalar(select(func.count(Factory.id))) == 0
    page = desk.look(page.submit(action="/apply"))

    assert page.alerts == ["29 rows went in."]
    assert db.session.scalar(select(func.count(Factory.id))) == 29
    assert imports(app) == []
    assert "杉山化学工業所" in page.click("See the factories").main


def test_columns_matched_by_hand_are_remembered(desk):
    sheet = "社長のよびかた,ほか\n山田製作所,x\n"
    page = desk.upload(sheet).submit(action="/columns", column=["name", "notes"])
    assert desk.look(page).title.startswith("Check the import")

    assert desk.upload(sheet).title.startswith("Check the import")
    assert desk.upload(sheet).click("Match the columns differently").title.startswith("Match the columns")
    assert len(db.session.get_one(Festival, desk.edition.festival_id).import_columns) == 1


def test_our_own_template_needs_no_matching(desk):
    template = desk.visit(f"{desk.url}/files/template-ja.csv").response.data.decode("utf-8-sig")
    columns = template.splitlines()[0].split(",")
    row = ["鈴木鋳造" if one == '"工場名"' else "" for one in columns]

    page = desk.upload(template + ",".join(row) + "\r\n")

    assert page.title.startswith("Check the import")
    assert "鈴木鋳造" in page.main


def test_another_row_can_be_the_one_with_the_names(desk):
    page = desk.upload("工場名,住所,ふりがな\nA,B,C\n社名,所,読\n山田製作所,大田区,やまだ\n")

    if page.title.startswith("Check"):
        page = page.click("Match the columns differently")
    page = desk.look(page.submit(action="/header", header="2"))

    assert "Row 3 holds the names" in page.main
    assert [one.get_text() for one in page.html.select("tbody th")] == ["社名", "所", "読"]


def test_another_sheet_of_a_workbook_can_be_taken(desk):
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for title, name in (("説明", "書き方"), ("一覧", "社名")):
            page = book.add_worksheet(title)
            page.write_column(0, 0, [name, "山田製作所"])
    page = desk.upload(out.getvalue(), "two.xlsx")

    page = desk.look(page.submit(action="/header", page="一覧"))

    assert [one.get_text() for one in page.html.select("tbody th")] == ["社名"]


def test_the_preview_tells_changes_and_a_second_import_has_nothing_to_do(desk):
    make_entry(
        desk.edition,
        make_factory(desk.edition.festival, import_key="K1", name=texts("山田", ""), phone="03-1111-1111"),
    )
    sheet = "管理番号,工場名,電話番号\nK1,山田,03-2222-2222\nK2,鈴木,\n"

    page = desk.upload(sheet)
    assert [page.html.select_one(tag).get_text() for tag in ("del", "ins")] == [
        "03-1111-1111",
        "03-2222-2222",
    ]
    desk.look(page.submit(action="/apply"))

    page = desk.upload(sheet)
    assert page.alerts == ["Everything is here already. Nothing would change."]
    assert not page.html.select("form#apply")


def test_problem_rows_come_first_and_stop_the_import(desk):
    page = desk.upload("工場名,公開日,公開時間\n山田,11/28,10:00-16:00\n鈴木,2030-01-01,10:00-16:00\n")

    rows = page.html.select(".exchange-rows tbody tr")
    assert [row.select_one("th").get_text() for row in rows] == ["鈴木", "山田"]
    assert "公開日: The festival is not held on 2030-01-01." in " ".join(
        rows[0].get_text(" ").split()
    ).replace(" :", ":")
    assert page.alerts == [
        "1 problem. Nothing is imported until it is mended: correct your sheet and upload it again."
    ]
    answer = desk.visit.post(f"{page.path}/apply", csrf_token=token(page))
    assert answer.status == 422
    assert names() == []


def token(page):
    return page.html.select_one("input[name=csrf_token]")["value"]


def test_problems_are_told_in_the_readers_language(desk):
    page = desk.upload("工場名,公開日,公開時間\n鈴木,2030-01-01,10:00-16:00\n")
    reader = Visitor(desk.app, language="ja").sign_in(desk.person)

    assert "2030-01-01" in reader(page.path).main
    assert "The festival" not in reader(page.path).main


def test_the_progress_page_survives_a_reload_and_looks_again_by_itself(desk):
    page = desk.upload(SIMPLE, work=False)

    for _again in range(2):
        page = desk.visit(page.path)
        assert page.html.select_one('[data-refresh="2"] progress') is not None
        assert page.html.select_one("noscript a")["href"] == page.path
    assert desk.look(page).title.startswith("Check the import")


def test_what_changed_after_the_preview_is_checked_again(desk):
    page = desk.upload("工場名,公開日,公開時間\n山田,11/28,10:00-16:00\n")
    with transaction():
        edition = db.session.get_one(type(desk.edition), desk.edition.id)
        edition.days[:] = edition.days[1:]

    page = desk.look(page.submit(action="/apply"))

    assert page.alerts == [
        "Some rows have problems now. Nothing was imported. Please look at the preview again."
    ]
    assert names() == []


def test_an_import_that_died_before_it_was_reported_is_not_done_twice(desk):
    page = desk.upload(SIMPLE).submit(action="/apply")
    work(desk.app)
    with transaction():
        job = db.session.scalars(select(Job).where(Job.kind == "factories.import")).one()
        job.state, job.leased_until = JobState.RUNNING, clock.now() - timedelta(minutes=1)

    page = desk.look(page)

    assert page.alerts == ["2 rows went in."]
    assert len(names()) == 2


def test_a_long_preview_has_pages(desk):
    rows = "".join(f"工場{number}\n" for number in range(250))

    page = desk.upload("工場名\n" + rows)

    assert len(page.html.select(".exchange-rows tbody tr")) == 100
    assert "工場249" in desk.visit(f"{page.path}?page=3").main
    assert desk.visit(f"{page.path}?page=99999999999999999999999").status == 200


def test_a_file_can_be_dropped_and_old_ones_are_swept(desk, app):
    page = desk.upload(SIMPLE)
    assert len(imports(app)) == 1
    assert page.submit(action="/drop").alerts == ["The file was deleted. Nothing was imported."]
    assert imports(app) == []

    desk.upload(SIMPLE, work=False)
    old = Path(app.config["INSTANCE"]) / uploaded.FOLDER / imports(app)[0]
    os.utime(old, (NOW.timestamp() - 100_000,) * 2)
    desk.upload(SIMPLE, work=False)
    assert len(imports(app)) == 1
    assert old.name not in imports(app)


def test_a_swept_file_is_asked_for_again(desk, app):
    page = desk.upload(SIMPLE)
    uploaded.discard(Path(app.config["INSTANCE"]) / uploaded.FOLDER, imports(app)[0])

    assert desk.look(page.submit(action="/apply")).alerts == [
        "The uploaded file is no longer here. Please upload it again."
    ]


def test_programmes_and_slots_go_in_too(desk):
    page = desk.bring_in(
        '工場名,プログラム名,予約方法,開始時刻,所要時間(分),定員(1回)\n山田,見学,要予約,"10:00, 11:00",60,8\n'
    )

    assert page.alerts == ["1 row went in."]
    assert db.session.scalars(select(Programme)).one().state == ProgrammeState.PUBLISHED
    assert db.session.scalar(select(func.count(Slot.id))) == 4


# Columns


@pytest.mark.parametrize(
    ("chosen", "words"),
    [(["", "kana"], "Choose the column with the names"), (["name", "name"], "Two columns cannot both be: Name"),
     (["name"], "other columns now"), (["name", "phone", "email"], "other columns now"), (["nonsense", "<b>"], "Choose the column with the names")],
)  # fmt: skip
def test_columns_that_cannot_be_are_refused_and_stay_as_chosen(desk, chosen, words):
    page = desk.upload("あ,い\n山田製作所,やまだ\n").submit(action="/columns", column=chosen)

    assert page.status == 422
    assert words in page.alerts[0]
    assert db.session.get_one(Festival, desk.edition.festival_id).import_columns == {}


# Bad files


def xlsx_of(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


BAD_FILES = {
    "no bytes": (b"", "list.csv", "The file is empty."),
    "blank rows": (b"\n,,\n\n", "list.csv", "The file is empty."),
    "NUL": (b"\x00" * 10, "list.csv", "binary data"),
    "NUL in a cell": ("工場名\n山\x00田\n".encode(), "list.csv", "binary data"),
    "no text": (b"a,b\n\x81\x20,\xe5\x20\n", "list.csv", "neither UTF-8 nor Shift_JIS"),
    "no workbook": (b"abc", "list.xlsx", "not a readable Excel file"),
    "cut off": (b"PK\x03\x04abcdef", "list.xlsx", "not a readable Excel file"),
    "bomb": (xlsx_of(**{"xl/workbook.xml": b"0" * 60_000_000}), "bomb.xlsx", "unpacks to more"),
    "old": (b"\xd0\xcf\x11\xe0" + b"x" * 100, "old.xls", "password"),
    "too many rows": ("工場名\n" + "山田\n" * 5001, "list.csv", "more than 5000 rows"),
    "open quote": ('工場名,住所\n"山田,大田区\n', "list.csv", "quotation mark"),
    "too wide": (",".join("a" * 400) + "\n", "list.csv", "more than 300 columns"),
    "half a pair": (
        "工場名\n山田\ud800\n".encode("utf-8", "surrogatepass"),
        "list.csv",
        "neither UTF-8 nor Shift_JIS",
    ),
    "noncharacter": ("工場名\n山田\ufffe\n", "list.csv", "cannot be stored"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused_with_a_sentence(desk, case):
    content, filename, words = BAD_FILES[case]

    page = desk.upload(content, filename)

    assert words in " ".join(page.alerts + [page.main]), page.main
    assert page.status in {200, 422}
    assert names() == []


def test_a_file_over_eight_megabytes_is_not_kept(desk, app):
    page = desk.upload(b"a" * (sheets.MOST_BYTES + 1), work=False)

    assert page.status == 422
    assert "larger than 8 MB" in page.main
    assert imports(app) == []


def test_no_file_at_all_is_said_beside_the_field(desk):
    page = desk.visit(desk.url).submit(button="Upload")

    assert page.status == 422
    assert "Choose a file." in page.main


@pytest.mark.parametrize("content", ["ただの文章です。\n", "1,2,3\n4,5,6\n", "=1+1\n", ",,,x\n\n,,,y\n"])
def test_a_file_without_known_names_asks_for_the_columns(desk, content):
    page = desk.upload(content)

    assert page.title.startswith("Match the columns")
    assert page.submit(action="/columns").status == 422


def test_a_header_alone_has_no_rows(desk):
    page = desk.upload("工場名,ふりがな\n")

    assert page.alerts == ["There are no rows under the names of the columns."]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_every_encoding_of_a_japanese_spreadsheet_is_read(desk, encoding):
    desk.bring_in(SIMPLE.encode(encoding))

    assert names() == ["山田製作所", "鈴木鋳造"]


def test_a_formula_is_shown_as_words(desk):
    page = desk.upload('工場名,紹介文\n"=cmd|\'/C calc\'!A0","<script>alert(1)</script>"\n')

    assert "=cmd|'/C calc'!A0" in page.main
    assert not page.html.select("main script")


def test_an_unexpected_failure_is_told_without_its_name(desk, monkeypatch):
    from eventapp.tours import import_jobs

    def fails(*_args):
        raise ZeroDivisionError

    page = desk.upload(SIMPLE, work=False)
    monkeypatch.setattr(import_jobs, "find_header", fails)
    with pytest.raises(ZeroDivisionError):
        work(desk.app)

    page = desk.visit(page.path)
    assert page.alerts == ["Something went wrong on our side. Please try again."]


# Who may


def test_readers_look_and_take_out_but_bring_nothing_in(app):
    desk = Desk(app, make_edition(), Role.READER)

    page = desk.visit(desk.url)

    assert not page.html.select("input[type=file]")
    assert desk.visit(f"{desk.url}/files/factories.csv").status == 200
    assert desk.visit.post(desk.url).status == 404


def test_an_edition_that_is_over_takes_nothing(app):
    desk = Desk(app, make_edition(state=EditionState.CLOSED))

    assert not desk.visit(desk.url).html.select("input[type=file]")


def test_nobody_else_sees_an_import(desk):
    path = desk.upload(SIMPLE).path
    colleague = Visitor(desk.app).sign_in(make_organizer(desk.edition.festival, Role.OWNER))
    stranger = Visitor(desk.app).sign_in(make_organizer(make_edition().festival))
    other = make_edition(desk.edition.festival, slug="2027")

    assert [colleague(path).status, stranger(path).status] == [404, 404]
    assert desk.visit(path.replace("/2026/", f"/{other.slug}/")).status == 404
    assert Visitor(desk.app)(path).path != path


@pytest.mark.parametrize("step", ["apply", "columns", "header", "drop"])
def test_every_step_refuses_a_missing_token(desk, step):
    page = desk.upload(SIMPLE)

    answer = desk.visit.post(f"{page.path}/{step}")

    assert answer.status in {400, 403, 422}
    assert names() == []
    assert desk.visit.post(f"{desk.url}/AAAAAAAA/{step}").status == 404


def test_a_job_of_another_kind_is_no_import(desk):
    with transaction():
        job = jobs.start(
            "posters",
            {"edition_id": desk.edition.id},
            festival_id=desk.edition.festival_id,
            person_id=desk.person.id,
        )

    assert desk.visit(f"{desk.url}/{job.code}").status == 404


# Files


@pytest.mark.parametrize("name", ["factories", "slots", "template-ja", "template-en"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_files_can_be_downloaded_and_read(desk, name, kind):
    make_slot(make_programme(make_entry(desk.edition)))

    answer = desk.visit(f"{desk.url}/files/{name}.{kind}").response

    assert answer.headers["Content-Disposition"].startswith("attachment")
    table = sheets.read_table(io.BytesIO(answer.data), f"x.{kind}")
    assert len(table.rows) == (1 if name.startswith("template") else 2)


@pytest.mark.parametrize("file", ["factories.pdf", "secrets.csv", "template-fr.csv", "template-.csv"])
def test_files_that_are_not_there(desk, file):
    assert desk.visit(f"{desk.url}/files/{file}").status == 404


def test_an_export_through_the_pages_goes_in_again_unchanged(desk):
    make_slot(make_programme(make_entry(desk.edition)), seats_taken=2)
    content = desk.visit(f"{desk.url}/files/factories.xlsx").response.data

    assert desk.upload(content, "export.xlsx").alerts == ["Everything is here already. Nothing would change."]


# The command


@pytest.fixture
def run(app):
    def command(*words, fails=False):
        db.session.rollback()
        result = app.test_cli_runner().invoke(args=["import-factories", *map(str, words)])
        db.session.rollback()
        db.session.expire_all()
        assert (result.exit_code != 0) == fails, result.output
        return result.output

    return command


def test_the_command_brings_the_ota_list_in(run):
    edition = make_ota_edition(state=EditionState.DRAFT)
    address = f"{edition.festival.slug}/2025"

    told = run(OTA, "--edition", address, "--dry-run")
    assert "29 rows: 29 new factories" in told
    assert "Nothing was written" in told
    assert names() == []

    assert "venue_name: Name" in run(OTA, "--edition", address)
    assert len(names()) == 29
    assert "0 new factories, 0 changed" in run(OTA, "--edition", address)


def test_the_command_tells_problems_and_writes_nothing(run, tmp_path):
    edition = make_edition()
    path = tmp_path / "list.csv"
    path.write_text("工場名,公開日,公開時間\n山田,11/28,10-16\n鈴木,2030-01-01,10-16\n")

    told = run(path, "--edition", f"{edition.festival.slug}/{edition.slug}", fails=True)

    assert "Problem, row 3 (鈴木): Open days: The festival is not held on 2030-01-01." in told
    assert "1 problems; nothing was imported." in told
    assert names() == []


@pytest.mark.parametrize(
    ("content", "address", "words"),
    [
        (b"", "", "The file is empty."),
        (b"a,b\n1,2\n", "", "Choose the column"),
        ("工場名\n山田\n".encode(), "nobody/2026", "There is no edition"),
    ],
)
def test_the_command_refuses_with_a_sentence(run, tmp_path, content, address, words):
    edition = make_edition()
    path = tmp_path / "list.csv"
    path.write_bytes(content)

    assert words in run(path, "--edition", address or f"{edition.festival.slug}/{edition.slug}", fails=True)
