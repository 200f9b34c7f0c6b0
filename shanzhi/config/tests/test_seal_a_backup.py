"""The sealed stream of a backup: what is changed, cut, added or opened with a wrong key is refused in a sentence."""

import hashlib
import io
import json
import tracemalloc
from pathlib import Path

import pytest

from shanzhi.config.backup import sealed
from shanzhi.config.backup.archive import About, ArchiveReader, ArchiveWriter, Manifest, Tally
from shanzhi.config.backup.errors import BackupError, Cut, Damaged, NewerBackup, NotABackup, WrongKey
from shanzhi.config.backup.sealed import CHUNK, TAG, FileKey, Passphrase, SealedReader, SealingWriter

RIGHT, WRONG = Passphrase("correct horse battery"), Passphrase("correct horse battery.")


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """A light scrypt: what is tested is not how slow it is."""
    monkeypatch.setattr(sealed, "SCRYPT_N", 1 << 10)


def seal(data: bytes, lock: sealed.Lock = RIGHT) -> bytes:
    into = io.BytesIO()
    writer = SealingWriter(into, lock)
    writer.write(data)
    writer.finish()
    return into.getvalue()


def read(raw: bytes, opener: sealed.Opener = RIGHT) -> bytes:
    return SealedReader(io.BytesIO(raw), opener).read()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7])
def test_it_gives_back_what_was_sealed(size):
    data = bytes(range(256)) * (size // 256 + 1)
    data = data[:size]
    assert read(seal(data)) == data


@pytest.mark.parametrize("step", [1, 7, CHUNK // 2, CHUNK, CHUNK + 1])
def test_it_does_not_matter_in_which_pieces_it_is_written_and_read(step):
    data = b"shanzhi " * 20_000
    into = io.BytesIO()
    writer = SealingWriter(into, RIGHT)
    for start in range(0, len(data), max(step, 500)):
        writer.write(data[start : start + max(step, 500)])
    writer.finish()
    reader, parts = SealedReader(io.BytesIO(into.getvalue()), RIGHT), []
    while part := reader.read(max(step, 500)):
        parts.append(part)
    assert b"".join(parts) == data
    assert reader.read(1) == b""


def test_it_holds_nothing_but_a_chunk_in_memory():
    class Sink(io.RawIOBase):
        def write(self, data: object) -> int:
            return len(memoryview(data))  # type: ignore[arg-type]

    tracemalloc.start()
    writer = SealingWriter(Sink(), RIGHT)  # type: ignore[arg-type]
    for _ in range(400):
        writer.write(bytes(CHUNK))
    writer.finish()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 20 * CHUNK


def test_it_refuses_every_changed_byte():
    """Each byte of a small file, one after the other, is turned."""
    raw = seal(b"a secret of the city")
    for at in range(len(raw)):
        turned = bytearray(raw)
        turned[at] ^= 0x01
        with pytest.raises(BackupError):
            read(bytes(turned))


def test_it_tells_a_damaged_head_from_a_wrong_passphrase():
    raw = bytearray(seal(b"x"))
    with pytest.raises(WrongKey, match="口令不对"):
        read(bytes(raw), WRONG)
    raw[30] ^= 1
    with pytest.raises(NotABackup, match="开头被改过"):
        read(bytes(raw))


def test_it_names_where_a_byte_was_changed():
    raw = bytearray(seal(bytes(40 * CHUNK)))
    raw[-20 * (CHUNK + TAG)] ^= 1
    with pytest.raises(Damaged, match=r"1\.3 MB 处被改过"):
        read(bytes(raw))


@pytest.mark.parametrize("left", [0, 5, 40, 300])
def test_it_refuses_a_file_that_was_cut_in_its_head(left):
    with pytest.raises(NotABackup):
        read(seal(b"x" * 10)[:left])


@pytest.mark.parametrize("gone", [1, TAG, CHUNK // 2, CHUNK + TAG - 1])
def test_it_refuses_a_file_that_was_cut(gone):
    with pytest.raises(Cut, match="不完整"):
        read(seal(bytes(3 * CHUNK))[:-gone])


def test_it_refuses_a_file_that_was_cut_between_chunks():
    raw = seal(bytes(3 * CHUNK))
    for chunks in (1, 2, 3):
        with pytest.raises(Cut, match="不完整"):
            read(raw[: -chunks * (CHUNK + TAG)])


def test_it_refuses_swapped_and_repeated_chunks():
    raw = seal(b"a" * CHUNK + b"b" * CHUNK + b"c" * CHUNK)
    size = CHUNK + TAG
    head, chunks = raw[: -3 * size], [raw[-3 * size : -2 * size], raw[-2 * size : -size], raw[-size:]]
    for order in ([1, 0, 2], [0, 0, 2], [0, 2], [0, 1, 1, 2], [2, 1, 0]):
        with pytest.raises(BackupError):
            read(head + b"".join(chunks[at] for at in order))


@pytest.mark.parametrize("added", [b"\0", b"more", bytes(CHUNK + TAG)])
def test_it_refuses_what_was_added_behind_the_end(added):
    with pytest.raises(BackupError):
        read(seal(bytes(2 * CHUNK)) + added)


def test_it_refuses_a_chunk_of_another_file():
    one, other = seal(bytes(2 * CHUNK)), seal(bytes(2 * CHUNK))
    with pytest.raises(Damaged):
        read(one[: -(CHUNK + TAG)] + other[-(CHUNK + TAG) :])


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"SHANZHI BACKUP", b"SHANZHI BACKUP 1\n\xff\xff\xff\xff"])
def test_it_refuses_what_is_no_backup(raw):
    with pytest.raises(BackupError):
        read(raw)


def test_it_says_that_a_format_is_newer():
    raw = seal(b"x").replace(b"SHANZHI BACKUP 1\n", b"SHANZHI BACKUP 2\n")
    with pytest.raises(NewerBackup):
        read(raw)


@pytest.mark.parametrize(
    "lock", [{"n": 1 << 30}, {"r": 1 << 20}, {"p": 9}, {"n": 1000}, {"kind": "none"}, {"salt": "zz"}]
)
def test_it_does_not_let_a_head_ask_for_more_than_it_gives(lock):
    """A forged head, with a right checksum: refused before any memory is taken."""
    raw = seal(b"x")
    start = len(sealed.MAGIC + sealed.FORMAT)
    length = int.from_bytes(raw[start : start + 4], "big")
    head = json.loads(raw[start + 4 : start + 4 + length])
    head["lock"] |= lock
    forged = json.dumps(head).encode()
    with pytest.raises(BackupError):
        read(raw[:start] + len(forged).to_bytes(4, "big") + forged + hashlib.sha256(forged).digest())


def test_it_opens_with_a_key_file_and_not_with_another_one(tmp_path: Path):
    sealed.make_key_files(tmp_path / "mine")
    sealed.make_key_files(tmp_path / "theirs")
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o600
    raw = seal(b"for the holder", sealed.read_recipient(tmp_path / "mine.pub"))
    assert read(raw, sealed.read_private(tmp_path / "mine")) == b"for the holder"
    with pytest.raises(WrongKey, match="不是这份备份的"):
        read(raw, sealed.read_private(tmp_path / "theirs"))
    with pytest.raises(WrongKey, match="--key"):
        read(raw, RIGHT)
    with pytest.raises(WrongKey, match="口令"):
        read(seal(b"x"), sealed.read_private(tmp_path / "mine"))


def test_it_does_not_overwrite_a_key_nor_take_the_wrong_half(tmp_path: Path):
    sealed.make_key_files(tmp_path / "key")
    with pytest.raises(BackupError, match="已经存在"):
        sealed.make_key_files(tmp_path / "key")
    for reading, name in (
        (sealed.read_private, "key.pub"),
        (sealed.read_recipient, "key"),
        (sealed.read_private, "none"),
    ):
        with pytest.raises(WrongKey):
            reading(tmp_path / name)


def test_it_wants_a_passphrase_that_is_one():
    with pytest.raises(WrongKey, match="12"):
        Passphrase("short")


def manifest_of(tally: Tally) -> Manifest:
    about = About("0", "shanzhi", "2026-01-01T00:00:00+00:00", 180000, [])
    return Manifest(about=about, tables={}, journal={}, **tally.said())


def test_it_lays_parts_one_after_another_and_finds_them_again():
    into, tally = io.BytesIO(), Tally()
    writer = ArchiveWriter(into, RIGHT)
    writer.add_about(manifest_of(tally).about)
    parts = {f"database/{number:08d}": bytes([number]) * 300_000 for number in range(5)}
    for name, data in parts.items():
        tally.piece(data)
        writer.add(name, data)
    writer.finish(manifest_of(tally))
    reader = ArchiveReader(io.BytesIO(into.getvalue()), FileKey(writer.file_key))
    found = {part.name: part.data for part in reader.parts()}
    manifest = Manifest.read(found.pop("manifest.json"))
    assert found == parts
    assert manifest == manifest_of(tally)
    tally.check(manifest)
    with pytest.raises(Damaged, match="database_sha256"):
        Tally().check(manifest)
