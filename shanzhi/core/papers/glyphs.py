"""Which characters a font file has: its `cmap` table, read without a library (OpenType 1.9, formats 4 and 12)."""

import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=32)
def characters(path: str, index: int = 0) -> frozenset[int]:
    """Code points for which the font at `path` (the face `index` of a collection) has a glyph.

    Raises:
        OSError, ValueError: no such file, or no font.
    """
    data = Path(path).read_bytes()
    try:
        return frozenset(_mapped(data, _table(data, index)))
    except struct.error as error:
        raise ValueError(f"{path}: not a font") from error


def _table(data: bytes, index: int) -> int:
    """Where the cmap begins."""
    start = 0
    if data[:4] == b"ttcf":
        (start,) = struct.unpack_from(">I", data, 12 + 4 * index)
    (count,) = struct.unpack_from(">H", data, start + 4)
    for at in range(start + 12, start + 12 + 16 * count, 16):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, at)
        if tag == b"cmap":
            return int(offset)
    raise ValueError("a font without cmap")


def _mapped(data: bytes, table: int) -> Iterator[int]:
    (count,) = struct.unpack_from(">H", data, table + 2)
    places = {struct.unpack_from(">HHI", data, table + 4 + 8 * at)[2] for at in range(count)}
    for place in sorted(places):
        (form,) = struct.unpack_from(">H", data, table + place)
        if form == 4:
            yield from _format_4(data, table + place)
        elif form == 12:
            yield from _format_12(data, table + place)


def _format_4(data: bytes, at: int) -> Iterator[int]:
    (double,) = struct.unpack_from(">H", data, at + 6)
    ends = at + 14
    starts, deltas, ranges = ends + double + 2, ends + 2 * double + 2, ends + 3 * double + 2
    for step in range(0, double, 2):
        (end,), (start,) = struct.unpack_from(">H", data, ends + step), struct.unpack_from(">H", data, starts + step)
        (delta,), (far,) = struct.unpack_from(">H", data, deltas + step), struct.unpack_from(">H", data, ranges + step)
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code
            if far:
                (glyph,) = struct.unpack_from(">H", data, ranges + step + far + 2 * (code - start))
                if not glyph:
                    continue
            if (glyph + delta) & 0xFFFF:
                yield code


def _format_12(data: bytes, at: int) -> Iterator[int]:
    (count,) = struct.unpack_from(">I", data, at + 12)
    for group in range(count):
        start, end, glyph = struct.unpack_from(">III", data, at + 16 + 12 * group)
        yield from range(start if glyph else start + 1, end + 1)
