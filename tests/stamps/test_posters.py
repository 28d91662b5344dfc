"""Posters: every one can be scanned, whatever the factory is called; rows, files and the worker's job."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageFilter

from eventapp import clock, codes, jobs, uploads
from eventapp.db import db, transaction
from eventapp.stamps import drawing, keys, posters, stations, tokens
from eventapp.stamps.art import Subject, draw_stamp, frame_picture
from eventapp.stamps.drawing import CardFacts, PosterFacts, Size, UnreadableError
from tests.builders import make_edition, make_entry, make_factory, texts

HOSTS = [
    "kojo.jp",
    "kojo.example.jp",
    "open-factory.example.jp",
    "openfactory-higashi.example.jp",
    "a.very.long.name.of.a.festival.example.ac.jp:8443",
]
NAMES = [
    ("鈴砥刃物製作所", "Suzuto Blade Works"),
    ("#evil[x] $x$ *b* _i_ `raw` <label> @ref", '"quotes" \\ // #panic("x") ]}'),
    ("祭🎉\n二行\t\x00 \ud800", "🎉"),
    ("長" * 60, "W" * 60),
    ("", "Only English"),
    ("匠", ""),
]
KEY = b"k" * 32
NOWHERE = Path("/nowhere")


def a_token(pid=12):
    return tokens.make_poster(3, pid, KEY)


def some_facts(host="kojo.example.jp", name=("鈴砥刃物製作所", "Suzuto Blade Works"), number=7, token=None):
    return PosterFacts(
        url=f"https://{host}/s/{token or a_token(number)}", number=number, name={"ja": name[0], "en": name[1]}, kana="すずと",
        short="K7Q-4MF", art=draw_stamp(Subject(name[0], name[1], "blades", "KOUBA", number)), poster="P012", domain=host,
        festival={"ja": "ためし工場まつり 2026", "en": "Trial Factory Festival 2026"}, label="受付", typing=f"{host}/s",
    )  # fmt: skip


def pages(pdf, dots_an_inch):
    with pypdfium2.PdfDocument(pdf) as document:
        return [document[place].render(scale=dots_an_inch / 72).to_pil() for place in range(len(document))]


def words(pdf, page=0):
    with pypdfium2.PdfDocument(pdf) as document:
        return "".join(document[page].get_textpage().get_text_range().split())


# Drawing


@pytest.mark.parametrize("size", list(Size))
@pytest.mark.parametrize("first", ["ja", "en"])
def test_posters_of_every_host_and_size_say_exactly_their_token(size, first):
    facts = [some_facts(host, number=place) for place, host in enumerate(HOSTS)]

    read = [drawing.read_codes(page) for page in pages(drawing.draw_many(facts, size, first), 110)]

    assert read == [[each.url] for each in facts]
    assert all(isinstance(tokens.decode(url.rpartition("/")[2]), tokens.PosterToken) for [url] in read)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("blur", [0, 0.8, 1.6])
def test_poster_photographed_small_and_blurred_is_read(host, blur):
    """A6 as a phone sees it: 96 dots an inch, out of focus."""
    facts = some_facts(host)
    [page] = pages(drawing.draw_many([facts], Size.A6), 96)

    assert drawing.read_codes(page.convert("L").filter(ImageFilter.GaussianBlur(blur))) == [facts.url]


@pytest.mark.parametrize("size", list(Size))
@pytest.mark.parametrize("name", NAMES)
def test_any_name_fits_on_one_page_and_leaves_the_code_alone(name, size):
    facts = some_facts(name=name)

    with pypdfium2.PdfDocument(drawing.draw_many([facts], size)) as document:
        assert len(document) == 1
        assert document[0].get_width() == pytest.approx(size.width * 72 / 25.4, abs=1)


def test_hostile_names_stay_text():
    facts = some_facts(name=NAMES[1])

    printed = words(drawing.draw_many([facts]))

    assert "".join(NAMES[1][0].split()) in printed
    assert "".join(NAMES[1][1].split()) in printed


@pytest.mark.parametrize("first", ["ja", "en"])
def test_poster_says_what_it_must_in_both_languages(first):
    printed = words(drawing.draw_many([some_facts()], first=first))

    for text in ("鈴砥刃物製作所", "SuzutoBladeWorks", "K7Q-4MF", "kojo.example.jp/s", "P012", "受付", "株式会社デンソーウェーブの登録商標",
                 "registeredtrademarkofDENSOWAVE", "約1.2m", "upto1.2m"):  # fmt: skip
        assert text in printed


def test_quiet_zone_is_white_for_four_modules():
    svg = drawing.qr_picture("https://kojo.jp/s/" + a_token())
    side = codes.qr_side("https://kojo.jp/s/" + a_token()) + 8

    assert f'viewBox="0 0 {side} {side}"' in svg
    rows = codes.qr_modules("https://kojo.jp/s/" + a_token())
    assert len(rows) == side - 8
    assert "M4 4h7v1h-7z" in svg  # the first finder begins after four white modules


def test_posters_have_at_least_level_q_and_the_design_size():
    """18 letters of host: version 4, 33 modules; see the size table of docs/stamps.md."""
    assert codes.qr_side("https://kojofes.example.jp/s/" + a_token()) == 33


def test_torn_corner_is_survived():
    facts = some_facts()
    [page] = pages(drawing.draw_many([facts], Size.A4), 72)
    blot = page.convert("L")
    middle_x, middle_y = round(blot.width * 0.41), round(blot.height * 0.52)
    blot.paste(0, (middle_x, middle_y, middle_x + 62, middle_y + 62))

    assert drawing.read_codes(blot) == [facts.url]


@pytest.mark.parametrize(("size", "metres"), [(Size.A6, 0.6), (Size.A4, 1.2), (Size.A3, 1.7)])
def test_scan_distance_is_the_smaller_of_both_rules(size, metres):
    assert drawing.scan_distance(some_facts().url, size) == metres
    assert drawing.scan_distance("https://x.jp/" + "a" * 600, size) < metres / 2


def test_svg_and_png_are_read_back_too():
    facts = [some_facts(number=place) for place in (1, 2)]

    svgs, pngs = drawing.draw_svgs(facts, Size.A6), drawing.draw_pngs(facts, Size.A6, ppi=96)

    assert all(svg.startswith(b"<svg") and b"<text" not in svg for svg in svgs)
    assert [drawing.read_codes(Image.open(io.BytesIO(png))) for png in pngs] == [[each.url] for each in facts]


def test_code_that_reads_otherwise_is_never_handed_out(monkeypatch):
    facts = [some_facts(number=1), some_facts(number=2)]
    right = drawing.qr_picture
    monkeypatch.setattr(drawing, "qr_picture", lambda text: right(facts[0].url))

    for draw in (drawing.draw_many, drawing.draw_svgs, drawing.draw_pngs):
        with pytest.raises(UnreadableError):
            draw(facts)


def test_stamp_with_a_code_of_its_own_is_never_printed():
    """Somebody uploads a picture that leads phones elsewhere."""
    foreign = replace(
        some_facts(), art=frame_picture(codes.qr_png("https://elsewhere.example.com/"), "png", "stamp")
    )

    for draw in (drawing.draw_many, drawing.draw_svgs, drawing.draw_pngs):
        with pytest.raises(UnreadableError, match="elsewhere"):
            draw([foreign])


def test_progress_is_told_page_by_page():
    heard = []

    drawing.draw_many([some_facts(number=place) for place in range(4)], progress=heard.append)

    assert heard == [1, 2, 3, 4]


def test_paper_cards_are_ten_on_a_sheet_and_all_read():
    cards = [
        CardFacts(f"https://kojo.example.jp/s/{tokens.make_paper(3, serial, KEY)}", f"{serial:06d}", {"ja": name, "en": ""}, "kojo.example.jp")
        for serial, name in enumerate([NAMES[1][0], "長" * 60, *["ためし工場まつり"] * 11])
    ]  # fmt: skip

    sheets = pages(drawing.draw_cards(cards), 150)

    assert [len(drawing.read_codes(sheet)) for sheet in sheets] == [10, 3]
    assert {url for sheet in sheets for url in drawing.read_codes(sheet)} == {card.url for card in cards}


def test_paper_card_that_reads_otherwise_is_never_handed_out(monkeypatch):
    monkeypatch.setattr(
        drawing, "qr_picture", lambda text, right=drawing.qr_picture: right("https://kojo.example.jp/s/other")
    )

    with pytest.raises(UnreadableError):
        drawing.draw_cards(
            [CardFacts("https://kojo.example.jp/s/this", "1", {"ja": "祭", "en": ""}, "kojo.example.jp")]
        )


# Rows


@pytest.fixture
def rally(app):
    return make_rally(3)


def make_rally(count):
    edition = make_edition()
    with transaction():
        rally = stations.make_rally(edition, by="organizer")
        for number in range(1, count + 1):
            factory = make_factory(
                edition.festival, name=texts(f"第{number}工場", f"Works {number}"), kana="こうじょう"
            )
            stations.add_station(rally, by="organizer", entry=make_entry(edition, factory))
    return rally


def live(rally):
    return posters.find_live(rally.id)


def carry_out(app, job_code):
    kinds = {posters.KIND: lambda job: posters.draw(Path(app.config["INSTANCE"]), job),
             posters.CARDS_KIND: lambda job: posters.draw_paper_cards(Path(app.config["INSTANCE"]), job)}  # fmt: skip
    assert jobs.run_next(kinds)
    return db.session.query(jobs.Job).filter_by(code=job_code).one()


def ask(rally, **values):
    with transaction():
        job = posters.request(rally, **values)
        db.session.flush()
        return job.code


def test_posters_to_print_come_by_station(rally):
    assert [(poster.station.number, poster.pid) for poster in live(rally)] == [(1, 1), (2, 2), (3, 3)]


def test_only_stations_without_a_poster_get_one(rally):
    with transaction():
        stations.revoke_poster(live(rally)[1], by="organizer")
        issued = posters.issue_missing(rally, by="organizer")
        assert posters.issue_missing(rally, by="organizer") == []

    assert [(poster.station.number, poster.pid) for poster in issued] == [(2, 4)]
    assert [poster.pid for poster in live(rally)] == [1, 4, 3]


def test_replaced_poster_is_printed_with_its_new_code(rally):
    old = live(rally)[0]
    before = posters.facts_of(old, NOWHERE)
    with transaction():
        stations.replace_poster(old, by="organizer")

    after = posters.facts_of(live(rally)[0], NOWHERE)

    assert after.url != before.url
    assert after.short != before.short
    assert (after.number, after.name, after.art) == (before.number, before.name, before.art)


def test_displays_and_sleeping_stations_are_not_printed(rally):
    with transaction():
        stations.issue_poster(rally.stations[0], by="organizer", is_display=True)
        stations.change_station(rally.stations[1], {"is_active": False}, by="organizer")

    assert [poster.station.number for poster in live(rally)] == [1, 3]


def test_posters_of_a_retired_generation_are_not_printed(rally):
    with transaction():
        keys.retire(live(rally)[0].key, by="organizer")
    assert live(rally) == []

    with transaction():
        posters.issue_missing(rally, by="organizer")

    facts = [posters.facts_of(poster, NOWHERE) for poster in live(rally)]
    assert len(facts) == 3
    for each in facts:
        tokens.verify(each.url.rpartition("/")[2], keys.any_source())


def test_address_has_small_host_and_capital_token(app):
    app.config["PUBLIC_BASE_URL"], before = "HTTPS://Kojo.Example.JP/", app.config["PUBLIC_BASE_URL"]
    try:
        assert posters.address_of(a_token()) == f"https://kojo.example.jp/s/{a_token()}"
    finally:
        app.config["PUBLIC_BASE_URL"] = before


def test_station_with_a_name_of_its_own_shows_no_kana_of_the_factory(rally):
    poster = live(rally)[0]
    assert posters.facts_of(poster, NOWHERE).kana == "こうじょう"
    with transaction():
        poster.station.name = texts("総合案内", "Information")

    facts = posters.facts_of(poster, NOWHERE)

    assert (facts.kana, facts.name["en"]) == ("", "Information")


def test_uploaded_art_replaces_the_drawn_one(rally, tmp_path):
    station = rally.stations[0]
    drawn = posters.art_of(station, tmp_path)
    picture = io.BytesIO()
    Image.new("RGB", (400, 400), "navy").save(picture, "PNG")
    picture.seek(0)
    uploads.store_picture(picture, tmp_path, "station-art-1")
    with transaction():
        station.art = "station-art-1"

    assert "data:image/png;base64," in posters.art_of(station, tmp_path)
    with transaction():
        station.art = "gone-picture"
    assert posters.art_of(station, tmp_path) == drawn


# The worker's work


def test_all_posters_are_one_pdf_that_reads(app, rally):
    issued = live(rally)

    job = carry_out(app, ask(rally))

    assert (job.state, job.done, job.total, job.result["posters"]) == (jobs.JobState.DONE, 3, 3, 3)
    path = posters.sheet_path(Path(app.config["INSTANCE"]), job)
    read = [drawing.read_codes(page) for page in pages(path.read_bytes(), 50)]
    assert read == [[posters.address_of(stations.token_of(poster))] for poster in issued]


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_pictures_of_several_posters_are_an_archive(app, rally, kind):
    job = carry_out(app, ask(rally, kind=kind, size=Size.A6))

    with zipfile.ZipFile(posters.sheet_path(Path(app.config["INSTANCE"]), job)) as archive:
        assert archive.namelist() == [f"{number:03d}-P{number:03d}.{kind}" for number in (1, 2, 3)]


def test_one_station_or_one_poster_can_be_asked_for(app, rally):
    by_station = carry_out(app, ask(rally, stations=[rally.stations[1].code], size=Size.A3, first="en"))
    by_number = carry_out(app, ask(rally, pids=[3], kind="png"))

    assert (by_station.result["posters"], by_station.result["filename"]) == (1, "posters-a3.pdf")
    assert by_number.result["filename"] == "posters-a4.png"


def test_nothing_to_draw_is_said_at_once(app):
    rally = make_rally(0)

    with pytest.raises(posters.PosterError), transaction():
        posters.request(rally)


def test_poster_revoked_meanwhile_is_not_drawn(app, rally):
    issued = live(rally)
    code = ask(rally, pids=[issued[0].pid])
    with transaction():
        stations.revoke_poster(issued[0], by="organizer")

    job = carry_out(app, code)

    assert job.state == jobs.JobState.FAILED
    assert posters.sheet_path(Path(app.config["INSTANCE"]), job) is None


def test_unreadable_sheet_is_not_kept(app, rally, monkeypatch):
    monkeypatch.setattr(drawing, "qr_picture", lambda text, right=drawing.qr_picture: right("something else"))

    job = carry_out(app, ask(rally))

    assert job.state == jobs.JobState.FAILED
    assert "file" not in job.result
    assert job.error


def test_paper_cards_never_share_a_serial(app, rally):
    for _ in range(2):
        with transaction():
            job = posters.request_cards(rally, 12)
            db.session.flush()
            code = job.code
        assert carry_out(app, code).result["cards"] == 12

    first, second = db.session.query(jobs.Job).filter_by(kind=posters.CARDS_KIND).order_by(jobs.Job.id)
    assert (first.values["start"], second.values["start"]) == (1, 13)
    read = {
        url
        for page in pages(posters.sheet_path(Path(app.config["INSTANCE"]), second).read_bytes(), 150)
        for url in drawing.read_codes(page)
    }
    fields = [tokens.verify(url.rpartition("/")[2], keys.any_source()) for url in read]
    assert sorted(each.serial for each in fields) == list(range(13, 25))


@pytest.mark.parametrize("count", [0, posters.MOST_CARDS + 1])
def test_numbers_of_cards_have_bounds(rally, count):
    with pytest.raises(posters.PosterError), transaction():
        posters.request_cards(rally, count)


def test_sheets_are_swept_after_a_week(tmp_path):
    (tmp_path / "old.pdf").write_bytes(b"x")
    written = (tmp_path / "old.pdf").stat().st_mtime

    posters.sweep(
        tmp_path, clock.now().fromtimestamp(written + posters.KEPT_SECONDS - 5, tz=clock.now().tzinfo)
    )
    assert (tmp_path / "old.pdf").exists()

    posters.sweep(
        tmp_path, clock.now().fromtimestamp(written + posters.KEPT_SECONDS + 5, tz=clock.now().tzinfo)
    )
    assert not (tmp_path / "old.pdf").exists()


def test_facts_of_many_posters_cost_as_many_statements_as_of_one(app, count_statements):
    few, many = make_rally(1), make_rally(6)

    def cost(rally):
        db.session.expire_all()
        with count_statements() as counted:
            [posters.facts_of(poster, NOWHERE) for poster in posters.find_live(rally.id)]
        return len(counted)

    assert cost(many) == cost(few)
