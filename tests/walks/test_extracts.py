"""Uploading streets: what is taken, what is refused and with which words, what the committee learns."""

import io
from pathlib import Path

import pytest

from eventapp import jobs
from eventapp.db import transaction
from eventapp.demo.town import make_town, write_osm
from eventapp.festivals.models import Edition
from eventapp.walks import basemap, extract_jobs, extracts, matrices
from eventapp.walks.earth import Point, distance
from eventapp.walks.extracts import ExtractRefused
from eventapp.walks.graph import parse_graph
from eventapp.walks.models import ExtractState
from tests.builders import make_edition, make_entry, make_factory, make_organizer
from tests.walks.festival import STEP, draw_street, forget_everything, make_trail, upload
from tests.walks.towns import Town, at

pytestmark = pytest.mark.usefixtures("app", "english")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_everything()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"   \n", "The file is empty"),
        (b"PK\x03\x04rest", "zip file"),
        (b"%PDF-1.7", "no OpenStreetMap extract"),
    ],
)
def test_a_file_that_is_plainly_something_else_is_refused_at_once(
    tmp_path: Path, content: bytes, words: str
) -> None:
    with pytest.raises(ExtractRefused, match=words):
        extracts.keep_upload(io.BytesIO(content), tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_too_large_is_refused_and_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extracts, "MOST_MEGABYTES", 0)

    with pytest.raises(ExtractRefused, match="larger than 0 MB"):
        extracts.keep_upload(io.BytesIO(b"<osm>" + b" " * 100), tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_the_worker_reads_the_town_and_draws_it(tmp_path: Path) -> None:
    town = make_town()
    write_osm(town, tmp_path / "town.osm")
    edition = make_edition()
    for one in town.factories[:4]:
        make_entry(edition, make_factory(edition.festival, lat=one.entrance.lat, lon=one.entrance.lon))
    before = edition.content_version

    extract = upload(edition, tmp_path / "town.osm", tmp_path / "walks")

    assert (extract.state, extract.error) == (ExtractState.READY, {})
    assert extract.report["edges"] > 300
    assert extract.report["far"] == []
    assert {"roads", "buildings"} <= set(edition.base_map)
    assert basemap.packed_size(edition.base_map) < basemap.MOST_BYTES
    assert edition.content_version > before
    stored = [path.name for path in (tmp_path / "walks").iterdir()]
    assert not any(name.startswith("upload-") for name in stored)
    assert sum(name.startswith("ways-") for name in stored) == 4
    job = jobs.db.session.scalars(jobs.select(jobs.Job)).one()
    assert (job.state, job.done, job.total) == (jobs.JobState.DONE, 100, 100)


def failed(edition: Edition, path: Path, folder: Path) -> str:
    extract = upload(edition, path, folder)
    assert extract.state is ExtractState.FAILED
    assert extract.error["ja"]
    assert not any(each.name.startswith("upload-") for each in folder.iterdir())
    return str(extract.error["en"])


def test_a_file_cut_off_keeps_the_streets_that_were_there(tmp_path: Path, town: Town) -> None:
    edition, _entries = make_trail(2)
    good = upload(edition, draw_street(town), tmp_path / "walks")
    (tmp_path / "cut.osm").write_text(town.text()[:-60])

    assert "damaged or was cut off" in failed(edition, tmp_path / "cut.osm", tmp_path / "walks")
    assert extracts.streets_of(edition.id).graph == good.graph


def test_an_extract_of_another_country_is_told(tmp_path: Path, town: Town) -> None:
    path = draw_street(town)
    edition = make_edition()
    make_entry(edition, make_factory(edition.festival, lat=60.17, lon=24.94))

    assert "extract of another area" in failed(edition, path, tmp_path / "walks")


def test_only_the_festival_and_two_kilometres_around_are_kept(tmp_path: Path, town: Town) -> None:
    edition, _entries = make_trail(2)
    names = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    for number, name in enumerate(names):
        town.node(name, (number - 26) * 200, 0)
    town.way(names, highway="residential")
    town.path.write_text(town.text(), encoding="utf-8")

    extract = upload(edition, town.path, tmp_path / "walks")

    graph = parse_graph((tmp_path / "walks" / str(extract.graph)).read_bytes())
    longitudes = list(graph.point_lons)
    assert distance((at(0, 0)[0], min(longitudes)), at(0, 0)) == pytest.approx(2000, abs=200)
    assert distance((at(0, 0)[0], max(longitudes)), at(STEP, 0)) == pytest.approx(2000, abs=200)


def test_an_edition_without_any_point_is_told(tmp_path: Path, town: Town) -> None:
    assert "Enter the entrances" in failed(make_edition(), draw_street(town), tmp_path / "walks")


def test_broken_references_are_counted(tmp_path: Path, town: Town) -> None:
    edition, _entries = make_trail(2)
    path = draw_street(town)
    path.write_text(
        path.read_text().replace(
            "</osm>", '<way id="2000"><nd ref="1"/><nd ref="777"/><tag k="highway" v="path"/></way></osm>'
        )
    )

    extract = upload(edition, path, tmp_path / "walks")

    assert (extract.state, extract.report["broken"]) == (ExtractState.READY, 1)


def test_factories_behind_steps_are_reported_by_profile(tmp_path: Path, town: Town) -> None:
    edition, entries = make_trail(3)
    town.node("c", 2 * STEP, 0)
    town.node("d", 2 * STEP, 60)
    path_to = draw_street(town, length=1000)
    town.ways.clear()
    town.node("x", 2 * STEP, 30)
    town.way("a c b".replace(" ", " "), highway="residential")
    town.way("cx", highway="steps")
    town.way("xd", highway="residential")
    path_to.write_text(town.text())
    lat, lon = at(2 * STEP, 58)
    with transaction():
        entries[2].factory.lat, entries[2].factory.lon = lat, lon

    extract = upload(edition, path_to, tmp_path / "walks")

    assert extract.report["unreachable"]["normal"] == []
    assert extract.report["unreachable"]["wheelchair"] == [entries[2].factory.slug]


def test_a_factory_in_the_sea_is_far_from_every_street(tmp_path: Path, town: Town) -> None:
    edition, entries = make_trail(2)
    lat, lon = at(0, -1500)
    with transaction():
        entries[0].factory.lat, entries[0].factory.lon = lat, lon

    extract = upload(edition, draw_street(town), tmp_path / "walks")

    assert extract.report["far"] == [entries[0].factory.slug]


def test_an_excluded_road_is_not_walked(tmp_path: Path, town: Town) -> None:
    edition, _entries = make_trail(2)
    extract = upload(edition, draw_street(town), tmp_path / "walks")
    person = make_organizer(edition.festival)

    with transaction():
        extracts.exclude_road(extract, 1001, by=person)

    router = extracts.router_for(extracts.streets_of(edition.id), "normal", tmp_path / "walks")
    assert router.snap(*at(0, 0)).edge is None
    with transaction():
        extracts.include_road(extract, 1001, by=person)
    router = extracts.router_for(extracts.streets_of(edition.id), "normal", tmp_path / "walks")
    assert router.snap(*at(0, 0)).edge is not None


def test_without_its_file_the_ways_are_estimated(tmp_path: Path, town: Town) -> None:
    edition, _entries = make_trail(2)
    extract = upload(edition, draw_street(town), tmp_path)
    (tmp_path / str(extract.graph)).unlink()
    forget_everything()

    streets = extracts.streets_of(edition.id)
    ways = matrices.among(streets, "normal", [Point(*at(0, 0)), Point(*at(0, 900))], tmp_path)

    assert ways.estimated[0][1]


def test_a_removed_extract_takes_its_files_along(tmp_path: Path, town: Town) -> None:
    edition, _entries = make_trail(1)
    extract = upload(edition, draw_street(town), tmp_path / "walks")

    with transaction():
        extracts.remove(extract, tmp_path / "walks", by=make_organizer_inside(edition))

    assert extracts.find_latest(edition.id) is None
    assert not any(path.name.startswith("graph-") for path in (tmp_path / "walks").iterdir())


def make_organizer_inside(edition: Edition):  # type: ignore[no-untyped-def]
    return make_organizer(edition.festival)


def test_a_job_done_twice_reads_once(tmp_path: Path, town: Town) -> None:
    edition, _entries = make_trail(1)
    extract = upload(edition, draw_street(town), tmp_path / "walks")
    job = jobs.db.session.scalars(jobs.select(jobs.Job)).one()

    assert extract_jobs.read(tmp_path / "walks", job) == extract.report
