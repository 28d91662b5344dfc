"""Tiles out of a file of our own, and tile sources that are known by name."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from eventapp import config
from eventapp.config import ConfigError
from eventapp.walks.pmtiles import HEADER, Archive, TilesError, tile_number
from tests.visiting import Visitor

SEA, LAND = b"\x89PNG sea", b"\x89PNG land"


def numbers(*values: int) -> bytes:
    """As a directory has them: seven bits a byte, the last one below 128."""
    out = bytearray()
    for value in values:
        while value >= 0x80:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        out.append(value)
    return bytes(out)


def directory(*entries: tuple[int, int, int, int]) -> bytes:
    """Of (number, run, length, offset); offsets that follow on are written as 0."""
    ids = [one[0] for one in entries]
    gaps = [after - before for before, after in zip([0, *ids], ids, strict=False)]
    columns = [gaps, *([one[column] for one in entries] for column in (1, 2))]
    offsets = [
        0 if at and entries[at - 1][3] + entries[at - 1][2] == one[3] else one[3] + 1
        for at, one in enumerate(entries)
    ]
    return gzip.compress(
        numbers(len(entries), *(value for column in [*columns, offsets] for value in column))
    )


def write(path: Path, *, kind: int = 2, version: int = 3, packing: int = 2, most: int = 2) -> Path:
    """One land tile for zoom 0, sea for all of zoom 1, and a leaf for zoom 2 with the tile 2/3/0 alone."""
    leaf = directory((tile_number(2, 3, 0), 1, len(LAND), len(SEA)))
    root = directory((0, 1, len(LAND), len(SEA)), (1, 4, len(SEA), 0), (5, 0, len(leaf), 0))
    places = (
        HEADER.size,
        len(root),
        0,
        0,
        HEADER.size + len(root),
        len(leaf),
        HEADER.size + len(root) + len(leaf),
    )
    head = HEADER.pack(b"PMTiles", version, *places, len(SEA + LAND), 6, 3, 2, 1, packing, 1, kind, 0, most)
    path.write_bytes(head + root + leaf + SEA + LAND)
    return path


@pytest.mark.parametrize(
    ("z", "x", "y", "number"),
    [
        (0, 0, 0, 0),
        (1, 0, 0, 1),
        (1, 0, 1, 2),
        (1, 1, 1, 3),
        (1, 1, 0, 4),
        (2, 0, 0, 5),
        (12, 3423, 1763, 19078479),
    ],
)
def test_numbers_are_those_of_the_format(z: int, x: int, y: int, number: int) -> None:
    assert tile_number(z, x, y) == number


def test_every_tile_of_a_zoom_has_its_own_number() -> None:
    found = {tile_number(4, x, y) for x in range(16) for y in range(16)}
    assert found == set(range((4**4 - 1) // 3, (4**5 - 1) // 3))


def test_tiles_are_found_in_the_root_in_runs_and_in_a_leaf(tmp_path: Path) -> None:
    archive = Archive(write(tmp_path / "town.pmtiles"))

    assert archive.kind == "image/png"
    assert archive.tile(0, 0, 0) == LAND
    assert {archive.tile(1, x, y) for x in (0, 1) for y in (0, 1)} == {SEA}
    assert archive.tile(2, 3, 0) == archive.tile(2, 3, 0) == LAND
    assert [
        archive.tile(2, 0, 0),
        archive.tile(2, 3, 3),
        archive.tile(3, 0, 0),
        archive.tile(1, 2, 0),
        archive.tile(1, -1, 0),
    ] == [None] * 5


@pytest.mark.parametrize(
    ("values", "words"),
    [({"kind": 1}, "no pictures"), ({"version": 2}, "no PMTiles file"), ({"packing": 3}, "packed")],
)
def test_what_cannot_be_drawn_is_said(values: dict[str, int], words: str, tmp_path: Path) -> None:
    with pytest.raises(TilesError, match=words):
        Archive(write(tmp_path / "x.pmtiles", **values))


@pytest.mark.parametrize("kept", [0.0, 0.05, 0.4, 0.6, 0.8, 0.99])
def test_a_file_that_is_cut_off_is_no_accident(kept: float, tmp_path: Path) -> None:
    path = write(tmp_path / "x.pmtiles")
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(TilesError):
        archive = Archive(path)
        for place in ((0, 0, 0), (1, 0, 0), (2, 3, 0)):
            archive.tile(*place)


@pytest.fixture
def own_tiles(app: Flask, tmp_path: Path) -> Iterator[Path]:
    path = write(tmp_path / "town.pmtiles")
    before = app.config["TILES_FILE"]
    app.config["TILES_FILE"] = str(path)
    yield path
    app.config["TILES_FILE"] = before


def test_tiles_are_served_from_our_own_host(own_tiles: Path, visit: Visitor) -> None:
    answer = visit.send("GET", "/tiles/2/3/0").response
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/png", LAND)
    assert "max-age" in answer.headers["Cache-Control"]
    assert visit("/tiles/2/0/0").status == 404
    own_tiles.write_bytes(b"no tiles at all")
    assert visit("/tiles/2/3/0").status == 404


def test_without_a_file_there_are_no_tiles(app: Flask, visit: Visitor) -> None:
    assert visit("/tiles/0/0/0").status == 404


def test_known_sources_go_by_their_names(tmp_path: Path) -> None:
    gsi = config.load(tmp_path, environ={"EVENTAPP_TILES_URL": "gsi"})
    assert gsi["TILES_URL"] == "https://cyberjapandata.gsi.go.jp/xyz/pale/{z}/{x}/{y}.png"
    assert "国土地理院" in gsi["TILES_ATTRIBUTION"]
    own = config.load(
        tmp_path,
        environ={
            "EVENTAPP_TILES_FILE": str(write(tmp_path / "town.pmtiles")),
            "EVENTAPP_TILES_ATTRIBUTION": "© Town",
        },
    )
    assert (own["TILES_URL"], own["TILES_ATTRIBUTION"]) == ("/tiles/{z}/{x}/{y}", "© Town")
    other = config.load(tmp_path, environ={"EVENTAPP_TILES_URL": "https://tiles.example.jp/{z}/{x}/{y}.png"})
    assert other["TILES_URL"] == "https://tiles.example.jp/{z}/{x}/{y}.png"
    with pytest.raises(ConfigError, match="there is no file"):
        config.load(tmp_path, environ={"EVENTAPP_TILES_FILE": str(tmp_path / "gone")})
