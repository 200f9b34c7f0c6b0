"""The ZIP around a letter: members stored as they are, one behind the other, every byte of it determined by what it carries.

APPNOTE.TXT 6.3 (PKWARE): local headers (4.3.7), central directory (4.3.12), end record (4.3.16), and where a number
doesn't fit into its field the 64-bit forms (4.3.14, 4.3.15, 4.5.3). Nothing optional is ever written: no comment, no
attribute, no data descriptor, no extra field but that of 64 bits. What is read here is not believed: bounds come first,
and no number is taken for a size of memory.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from struct import Struct, error
from typing import IO

MEMBERS_MOST = 50_000
"""How many members a letter may have."""
NAME_MOST = 200

_LOCAL = Struct("<4s5HIIIHH")
_CENTRAL = Struct("<4s6HIIIHHHHHII")
_END = Struct("<4s4HIIH")
_END64 = Struct("<4sQHHIIQQQQ")
_LOCATOR = Struct("<4sIQI")
_EXTRA = Struct("<HH")
_LOCAL_SIGN, _CENTRAL_SIGN, _END_SIGN, _END64_SIGN, _LOCATOR_SIGN = (
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"PK\x06\x07",
)
_ALL32, _ALL16 = 0xFFFFFFFF, 0xFFFF
_PLAIN, _WIDE = 20, 45
LOCAL_BYTES, CENTRAL_BYTES, END_BYTES = _LOCAL.size, _CENTRAL.size, _END.size
CRC_LOCAL, CRC_CENTRAL = slice(14, 18), slice(16, 20)
"""Where the content's check sum stands in a header."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From which number on a field takes its 64-bit form; smaller ones are for tests."""

    number: int = _ALL32
    count: int = _ALL16


ORDINARY = Limits()


@dataclass(frozen=True, slots=True)
class Placed:
    """A member in a file: its header's first byte, its content's, how many bytes, and their CRC-32."""

    name: str
    header_at: int
    content_at: int
    size: int
    crc: int

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.content_at + self.size


def check_moment(moment: datetime) -> bool:
    """Can a ZIP say this time? From 1980 to 2107 it can."""
    return 1980 <= moment.astimezone(UTC).year <= 2107


def _when(moment: datetime) -> tuple[int, int]:
    """Time and day as MS-DOS wrote them (4.4.6), in UTC; seconds by two."""
    at = moment.astimezone(UTC)
    return at.hour << 11 | at.minute << 5 | at.second // 2, (at.year - 1980) << 9 | at.month << 5 | at.day


def header_bytes(name: str, size: int, limits: Limits = ORDINARY) -> int:
    """How long a member's local header is."""
    return _LOCAL.size + len(name) + (_EXTRA.size + 16 if size >= limits.number else 0)


def local_header(name: str, size: int, crc: int, moment: datetime, limits: Limits = ORDINARY) -> bytes:
    """What stands before a member's content."""
    wide = size >= limits.number
    extra = _EXTRA.pack(1, 16) + size.to_bytes(8, "little") * 2 if wide else b""
    said = _ALL32 if wide else size
    version = _WIDE if wide else _PLAIN
    head = _LOCAL.pack(_LOCAL_SIGN, version, 0, 0, *_when(moment), crc, said, said, len(name), len(extra))
    return head + name.encode("ascii") + extra


def directory_entry(member: Placed, moment: datetime, limits: Limits = ORDINARY) -> bytes:
    """A member's line in the central directory."""
    size, at = member.size, member.header_at
    numbers = ([size, size] if size >= limits.number else []) + ([at] if at >= limits.number else [])
    body = b"".join(number.to_bytes(8, "little") for number in numbers)
    extra = _EXTRA.pack(1, len(body)) + body if body else b""
    said = _ALL32 if size >= limits.number else size
    where = _ALL32 if at >= limits.number else at
    name = member.name.encode("ascii")
    sizes = (member.crc, said, said, len(name), len(extra))
    version = _WIDE if extra else _PLAIN
    return _CENTRAL.pack(_CENTRAL_SIGN, _WIDE, version, 0, 0, *_when(moment), *sizes, 0, 0, 0, 0, where) + name + extra


def end_record(count: int, at: int, size: int, limits: Limits = ORDINARY) -> bytes:
    """What ends the file: how many members, where the central directory begins and how long it is."""
    wide_count, wide_size, wide_at = count >= limits.count, size >= limits.number, at >= limits.number
    before = b""
    if wide_count or wide_size or wide_at:
        before = _END64.pack(_END64_SIGN, _END64.size - 12, _WIDE, _WIDE, 0, 0, count, count, size, at)
        before += _LOCATOR.pack(_LOCATOR_SIGN, 0, at + size, 1)
    few = _ALL16 if wide_count else count
    where = (_ALL32 if wide_size else size, _ALL32 if wide_at else at)
    return before + _END.pack(_END_SIGN, 0, 0, few, few, *where, 0)


def place(sizes: Sequence[tuple[str, int]], limits: Limits = ORDINARY) -> list[Placed]:
    """Where members of these names and sizes come to lie, in this order; check sums are 0."""
    placed, at = [], 0
    for name, size in sizes:
        begin = at + header_bytes(name, size, limits)
        placed.append(Placed(name, at, begin, size, 0))
        at = begin + size
    return placed


def whole_bytes(placed: Sequence[Placed], limits: Limits = ORDINARY) -> int:
    """How long the file is that these members make, the last one's end being where the directory begins."""
    moment = datetime(2000, 1, 1, tzinfo=UTC)
    directory = sum(len(directory_entry(member, moment, limits)) for member in placed)
    end = placed[-1].end if placed else 0
    return end + directory + len(end_record(len(placed), end, directory, limits))


# -- reading, without believing ------------------------------------------------------------------------------------------


def walk(file: IO[bytes], size: int) -> tuple[list[Placed], int]:
    """The members as the local headers say, from the first byte on, and the byte at which they end or can't be followed."""
    found: list[Placed] = []
    at = 0
    while len(found) <= MEMBERS_MOST + 3:
        file.seek(at)
        member = _read_local(file.read(_LOCAL.size + NAME_MOST + _EXTRA.size + 16), at)
        if member is None:
            break
        found.append(member)
        if member.end > size:
            break
        at = member.end
    return found, at


def _read_local(data: bytes, at: int) -> Placed | None:
    try:
        sign, _, _, _, _, _, crc, _, size, name_bytes, extra_bytes = _LOCAL.unpack_from(data)
        if sign != _LOCAL_SIGN or not 0 < name_bytes <= NAME_MOST or extra_bytes not in (0, _EXTRA.size + 16):
            return None
        begin = _LOCAL.size + name_bytes
        if extra_bytes:
            size = int.from_bytes(data[begin + 12 : begin + 20], "little")
        name = data[_LOCAL.size : begin].decode("ascii")
    except (error, UnicodeDecodeError):
        return None
    return Placed(name, at, at + begin + extra_bytes, size, crc)


def read_directory(file: IO[bytes], size: int) -> list[Placed] | None:
    """The members as the central directory says; None where it can't be found or followed."""
    where = _directory_at(file, size)
    if where is None:
        return None
    at, length = where
    # Each line has at least its fixed part, so a directory that is longer than its members can be is none.
    if not 0 <= at <= at + length <= size or length > (MEMBERS_MOST + 3) * (_CENTRAL.size + NAME_MOST + 28):
        return None
    file.seek(at)
    try:
        return list(_read_entries(file.read(length)))
    except (error, ValueError):
        return None


def _directory_at(file: IO[bytes], size: int) -> tuple[int, int] | None:
    tail_bytes = min(size, _END.size + _LOCATOR.size + _END64.size)
    file.seek(size - tail_bytes)
    tail = file.read(tail_bytes)
    if len(tail) < _END.size or tail[-_END.size :][:4] != _END_SIGN:
        return None
    *_, count, length, at, _ = _END.unpack(tail[-_END.size :])
    wide = tail[: -_END.size - _LOCATOR.size]
    if len(wide) == _END64.size and wide[:4] == _END64_SIGN and (count == _ALL16 or _ALL32 in (length, at)):
        *_, length, at = _END64.unpack(wide)
    return int(at), int(length)


def _read_entries(data: bytes) -> Iterator[Placed]:
    at = 0
    while at < len(data):
        sign, *_, crc, _, size, name_bytes, extra_bytes, _, _, _, _, header_at = _CENTRAL.unpack_from(data, at)
        name = data[at + _CENTRAL.size : at + _CENTRAL.size + name_bytes].decode("ascii")
        body = data[at + _CENTRAL.size + name_bytes : at + _CENTRAL.size + name_bytes + extra_bytes]
        numbers = [int.from_bytes(body[i : i + 8], "little") for i in range(_EXTRA.size, len(body), 8)]
        if sign != _CENTRAL_SIGN or not 0 < name_bytes <= NAME_MOST or extra_bytes > _EXTRA.size + 24:
            raise ValueError(at)
        wide = size == _ALL32 and len(numbers) >= 2
        size = numbers[0] if wide else size
        header_at = numbers[-1] if header_at == _ALL32 and numbers else header_at
        yield Placed(name, header_at, header_at + _LOCAL.size + name_bytes + (_EXTRA.size + 16) * wide, size, crc)
        at += _CENTRAL.size + name_bytes + extra_bytes
