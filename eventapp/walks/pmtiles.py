"""Map tiles out of a PMTiles file of our own: one file on our server, no foreign host asked.

Version 3 of the format (github.com/protomaps/PMTiles, spec/v3), read only, for pictures: a tile is found by its number on the
Hilbert curve in a directory, or in one of the leaves that the directory leads to.
"""

import gzip
import os
import struct
import threading
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

HEADER = struct.Struct("<7sB11Q6B")
KINDS = {2: "image/png", 3: "image/jpeg", 4: "image/webp", 5: "image/avif"}
NONE, GZIP = 1, 2
MOST_LEAVES, LONGEST_DIRECTORY, LONGEST_TILE = 64, 16_000_000, 4_000_000
DEEPEST = 4


class TilesError(ValueError):
    """The file is no PMTiles archive of pictures; the message says why."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Tile numbers in order; for each how many follow with the same content (0: a leaf), length and offset."""

    ids: list[int]
    runs: list[int]
    lengths: list[int]
    offsets: list[int]


class Archive:
    """An opened file. Several threads may ask at once: every read says where."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY)
        try:
            self._read_header(path)
        except BaseException:
            os.close(self._file)
            raise
        self._leaves: OrderedDict[int, Directory] = OrderedDict()
        self._lock = threading.Lock()

    def _read_header(self, path: Path) -> None:
        head = os.pread(self._file, HEADER.size, 0)
        if len(head) < HEADER.size or head[:7] != b"PMTiles" or head[7] != 3:
            raise TilesError(f"{path.name} is no PMTiles file of version 3.")
        (_magic, _version, root_at, root_length, _meta_at, _meta_length, self._leaves_at, _leaves_length, self._tiles_at,
         *_counts, _clustered, self._packing, self.compression, kind, self.least, self.most) = HEADER.unpack(head)  # fmt: skip
        if kind not in KINDS:
            raise TilesError(
                f"{path.name} holds no pictures: make raster tiles (PNG, JPEG, WebP), not vector tiles."
            )
        if self._packing not in (NONE, GZIP) or self.compression not in (NONE, GZIP):
            raise TilesError(f"{path.name} is packed in a way that is not understood: use gzip or nothing.")
        self.kind = KINDS[kind]
        self._root = self._directory(root_at, root_length)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """The picture, or None where the file has none. Raises TilesError for a damaged file."""
        if not (self.least <= z <= self.most and 0 <= x < 1 << z and 0 <= y < 1 << z):
            return None
        number, directory = tile_number(z, x, y), self._root
        for _depth in range(DEEPEST):
            at = bisect_right(directory.ids, number) - 1
            if at < 0:
                return None
            run, length, offset = directory.runs[at], directory.lengths[at], directory.offsets[at]
            if run == 0:
                directory = self._leaf(offset, length)
            elif number - directory.ids[at] < run:
                content = self._read(self._tiles_at + offset, length, LONGEST_TILE)
                return unpacked(content, self.compression)
            else:
                return None
        raise TilesError("The directories of the tiles lead nowhere.")

    def _leaf(self, offset: int, length: int) -> Directory:
        with self._lock:
            if known := self._leaves.get(offset):
                self._leaves.move_to_end(offset)
                return known
        found = self._directory(self._leaves_at + offset, length)
        with self._lock:
            self._leaves[offset] = found
            while len(self._leaves) > MOST_LEAVES:
                self._leaves.popitem(last=False)
        return found

    def _directory(self, at: int, length: int) -> Directory:
        return read_directory(unpacked(self._read(at, length, LONGEST_DIRECTORY), self._packing))

    def _read(self, at: int, length: int, most: int) -> bytes:
        content = os.pread(self._file, length, at) if length <= most else b""
        if len(content) < length or length > most:
            raise TilesError("The file with the tiles is damaged or was cut off.")
        return content


def unpacked(content: bytes, packing: int) -> bytes:
    """The content without gzip."""
    try:
        return gzip.decompress(content) if packing == GZIP else content
    except (OSError, EOFError) as error:
        raise TilesError("The file with the tiles is damaged or was cut off.") from error


def read_directory(data: bytes) -> Directory:
    """Four columns, one after the other, in numbers of as few bytes as do."""
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            if at >= len(data) or shift > 63:
                raise TilesError("A directory of the tiles is damaged.")
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    count = number()
    if count > len(data):
        raise TilesError("A directory of the tiles is damaged.")
    ids, last = [], 0
    for _entry in range(count):
        last += number()
        ids.append(last)
    runs = [number() for _entry in range(count)]
    lengths = [number() for _entry in range(count)]
    offsets: list[int] = []
    for entry in range(count):
        value = number()
        offsets.append(value - 1 if value else (offsets[-1] + lengths[entry - 1] if offsets else 0))
    return Directory(ids, runs, lengths, offsets)


def tile_number(z: int, x: int, y: int) -> int:
    """All tiles of smaller zooms come first; within a zoom they lie along a Hilbert curve."""
    number, side = ((1 << (2 * z)) - 1) // 3, (1 << z) >> 1
    while side:
        right, low = int(x & side > 0), int(y & side > 0)
        number += side * side * ((3 * right) ^ low)
        if not low:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        side >>= 1
    return number
