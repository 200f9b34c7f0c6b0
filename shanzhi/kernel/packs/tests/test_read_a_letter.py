"""Somebody reads a letter: each changed byte is found and named, and so is everything else that can be wrong with it."""

import random
import struct
import tracemalloc
import zipfile
from datetime import UTC, datetime
from io import BytesIO

import pytest

from shanzhi.kernel.journal.policy.heads import key_statement
from shanzhi.kernel.packs.policy.letter import LetterCut, LetterError, LetterNewer, LetterWriter, open_letter
from shanzhi.kernel.packs.policy.letter_manifest import read_manifest
from shanzhi.kernel.packs.tests.made import HEADER, KEY, MEMBERS, NEW_KEY, STRANGER, sign, write

FACTS = "facts/fact_matter.parquet"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return write(tmp_path_factory.mktemp("letter") / "whole").read_bytes()


def changed(path, data: bytes):
    path.write_bytes(data)
    return path


def sentences(path, **wanted) -> list[str]:
    """What is wrong with a file, whether it could be read or not."""
    try:
        return [str(fault) for fault in open_letter(path, keys=[KEY.public], **wanted).faults]
    except LetterError as error:
        return [str(error)]


def test_it_says_what_the_letter_is_and_hands_out_what_it_carries(tmp_path, whole):
    letter = open_letter(changed(tmp_path / "a", whole), keys=[STRANGER.public, KEY.public], kind="pack")
    assert (letter.header, letter.faults, letter.open, letter.signed_by) == (HEADER, (), (), (KEY.public,))
    assert letter.is_whole
    assert [(each.name, each.bytes) for each in letter.members] == [(name, len(data)) for name, data in MEMBERS.items()]
    assert letter.read("round.json") == MEMBERS["round.json"]
    out = letter.extract(FACTS, tmp_path / "out")
    assert (out, out.read_bytes()) == (tmp_path / "out" / FACTS, MEMBERS[FACTS])
    with pytest.raises(LetterError, match="没有“nothing”"):
        letter.read("nothing")


def regions(whole: bytes) -> dict[str, tuple[int, int]]:
    """The parts of the file whose bytes are always tried, by name."""
    directory = struct.unpack("<I", whole[-6:-2])[0]
    manifest, note = whole.rindex(b'{"about"', 0, directory), whole.index(b"shanzhi-letter-1\nmanifest ")
    return {
        "front header": (0, 40),
        "front": (40, 40 + 50),
        "manifest header": (manifest - 43, manifest),
        "manifest": (manifest, note - 39),
        "signature header": (note - 39, note),
        "signature": (note, directory),
        "directory": (directory, len(whole) - 22),
        "end": (len(whole) - 22, len(whole)),
    }


def test_it_names_the_place_of_every_changed_byte(tmp_path, whole):
    chance = random.Random(20261123)
    places = [chance.randrange(begin, end) for begin, end in regions(whole).values() for _ in range(12)]
    places += [chance.randrange(len(whole)) for _ in range(60)]
    for at in places:
        byte = whole[at] ^ (1 << chance.randrange(8))
        said = sentences(changed(tmp_path / "a", whole[:at] + bytes([byte]) + whole[at + 1 :]))
        assert said, f"byte {at} was changed and nothing was said"
        assert any(names_it(whole, at, sentence) for sentence in said), (at, said)


def names_it(whole: bytes, at: int, sentence: str) -> bool:
    """Does a sentence name the byte, or the member in which it lies?"""
    if f"第 {at + 1} 字节" in sentence:
        return True
    with zipfile.ZipFile(BytesIO(whole)) as archive:
        within = next(
            each.filename
            for each in reversed(archive.infolist())
            if each.header_offset <= at or each is archive.infolist()[0]
        )
    return within in sentence


def test_it_finds_every_single_bit_of_everything_but_contents(tmp_path, whole):
    """The whole of headers, directory and end, each byte once."""
    path = tmp_path / "a"
    parts = regions(whole)
    for name in ("front header", "front", "manifest header", "signature header", "signature", "directory", "end"):
        for at in range(*parts[name]):
            said = sentences(changed(path, whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]))
            assert any(names_it(whole, at, sentence) for sentence in said), (name, at, said)


def test_it_says_by_how_much_a_file_was_cut_short_and_where(tmp_path, whole):
    total = len(whole)
    for size in (100, 4_000, regions(whole)["manifest"][0] + 5):
        with pytest.raises(LetterCut) as error:
            open_letter(changed(tmp_path / "a", whole[:size]))
        assert f"应有 {total} 字节，只有 {size} 字节，少了 {total - size} 字节" in str(error.value)
    assert "断在“manifest.json”处" in str(error.value)
    for size in (regions(whole)["signature"][0] + 5, regions(whole)["directory"][0] + 7, total - 1):
        assert any(f"少了 {total - size} 字节" in said for said in sentences(changed(tmp_path / "a", whole[:size])))


def test_it_names_bytes_that_were_put_behind(tmp_path, whole):
    said = sentences(changed(tmp_path / "a", whole + b"more"))
    assert said == [f"文件末尾从第 {len(whole) + 1} 字节起多出 4 字节，不属于这份函件。"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "这个文件是空的"),
        (b"%PDF-1.7 ...", "这个文件不是函件"),
        (b"PK\x03\x04" + b"\0" * 80, "但不是函件"),
        (b"PK\x05\x06" + b"\0" * 18, "这个文件不是函件"),
    ],
)
def test_it_says_what_isnt_a_letter_at_all(tmp_path, data, words):
    with pytest.raises(LetterError, match=words):
        open_letter(changed(tmp_path / "a", data))


def test_it_asks_for_an_upgrade_where_the_form_is_newer(tmp_path, whole):
    newer = whole.replace(b"shanzhi-letter-1\nbytes", b"shanzhi-letter-2\nbytes").replace(
        b'"form":"shanzhi-letter-1"', b'"form":"shanzhi-letter-2"'
    )
    with pytest.raises(LetterNewer, match=r"“shanzhi-letter-2”.*请升级"):
        open_letter(changed(tmp_path / "a", newer))


def test_it_knows_whose_letter_it_is_or_says_that_it_doesnt(tmp_path, whole):
    path = changed(tmp_path / "a", whole)
    letter = open_letter(path)
    assert (letter.faults, letter.signed_by) == ((), (KEY.public,))
    assert [KEY.public.id in str(saying) for saying in letter.open] == [True]
    unknown = open_letter(path, keys=[STRANGER.public])
    assert (unknown.signed_by, unknown.is_whole) == ((), False)
    assert [str(fault) for fault in unknown.faults] == [
        f"函件由 shanzhi-city（密钥 {KEY.public.id}）签名，本平台不认识这把密钥。请先按对方公布的公钥登记，再读这份函件。"
    ]


def test_it_believes_a_new_key_that_the_old_one_named(tmp_path):
    statement = key_statement(old=KEY, new=NEW_KEY, at=datetime(2026, 11, 1, tzinfo=UTC))
    path = write(tmp_path / "a", key=NEW_KEY, statements=(statement,))
    assert open_letter(path, keys=[KEY.public]).faults == ()
    assert NEW_KEY.public.id in sentences(write(tmp_path / "b", key=NEW_KEY))[0]
    swapped = write(tmp_path / "c", key=NEW_KEY, statements=(statement.replace("— ", "— x"),))
    assert "签名行" in sentences(swapped)[0] or "签名对不上" in sentences(swapped)[0]


def test_it_says_that_it_is_of_another_kind(tmp_path, whole):
    assert sentences(changed(tmp_path / "a", whole), kind="slip") == [
        "这是一份“pack”类的函件，这里要的是“slip”。请选对文件。"
    ]
    assert sentences(write(tmp_path / "b", kind="poem")) == [
        "这是一份“poem”类的函件，本平台不认识这一类。请升级本平台后再读。"
    ]


def again(path, members: list[tuple[str, bytes]]):
    """A ZIP made anew by another program, as somebody would who takes a letter apart."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_it_names_what_is_missing_too_much_twice_or_out_of_order(tmp_path, whole):
    with zipfile.ZipFile(changed(tmp_path / "whole", whole)) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    path = tmp_path / "a"
    less = [part for part in parts if part[0] != "round.json"]
    assert "缺少清单里的“round.json”。" in sentences(again(path, less))
    assert "文件里有清单没有写的“x.txt”。" in sentences(again(path, [*parts[:2], ("x.txt", b"x"), *parts[2:]]))
    assert "“round.json”在文件里出现了不止一次。" in sentences(again(path, [*parts[:2], parts[1], *parts[2:]]))
    assert any("顺序" in said for said in sentences(again(path, [parts[0], parts[2], parts[1], *parts[3:]])))
    longer = [(name, data + b"!" * (name == "round.json")) for name, data in parts]
    assert any("“round.json”在文件里有 18 字节" in said for said in sentences(again(path, longer)))
    other = [(name, data[:-1] + b"!" if name == "round.json" else data) for name, data in parts]
    assert any("“round.json”的内容和清单的 SHA-256 不符" in said for said in sentences(again(path, other)))
    assert "缺少清单里的“signature”。" in sentences(again(path, parts[:-1]))


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"[" * 1_000_000,
        b'{"about":' + b'"' * 1_000_000,
        b'{"about":"","form":"shanzhi-letter-1","from":"37","keys":[' + b'"",' * 100,
        b'{"about":"\xff"}',
        b'{"about":"\\ud800"}',
    ],
)
def test_it_says_where_a_manifest_becomes_nonsense(nonsense):
    with pytest.raises(LetterError, match=r"manifest.json 从它的第 \d+ 字节起读不懂"):
        read_manifest(nonsense)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"bytes":17,', b'"bytes":017,', "字节起读不懂"),
        (b'"bytes":17,', b'"bytes":-17,', "字节起读不懂"),
        (b'"bytes":17,', b'"bytes":9999999999999999999999,', "字节起读不懂"),
        (b'"name":"round.json"', b'"name":"../../etc/passwd"', "字节起读不懂"),
        (b'"name":"round.json"', b'"name":"empty.txt"', "“empty.txt”写了两次"),
        (b'"name":"round.json"', b'"name":"facts"', "“facts”写了两次"),
        (b'"round":"2026-trial"', b'"round":"a b"', "“round”一项写法不对"),
        (b'{"about"', b'{ "about"', "字节起读不懂"),
        (b"2026-11-23T08:30:15Z", b"2026-11-31T08:30:15Z", "字节起读不懂"),
    ],
)
def test_it_refuses_a_manifest_that_says_what_cant_be(whole, old, new, words):
    begin, end = regions(whole)["manifest"]
    manifest = whole[begin:end]
    assert old in manifest
    with pytest.raises(LetterError, match=words):
        read_manifest(manifest.replace(old, new))


def test_it_stays_small_and_quick_whatever_numbers_a_file_says(tmp_path, whole):
    """Sizes beyond all bounds, members that lie over each other: nothing is read twice or taken into memory."""
    huge = whole[: len(whole) - 22] + struct.pack("<4s4HIIH", b"PK\5\6", 0, 0, 65535, 65535, 0xFFFFFFFE, 0, 0)
    assert sentences(changed(tmp_path / "a", huge)) != []
    begin, end = regions(whole)["manifest"]
    said = whole[begin:end].replace(b'"bytes":17,', b'"bytes":99999999999999999,')
    with zipfile.ZipFile(changed(tmp_path / "whole", whole)) as archive:
        parts = [(name, said if name == "manifest.json" else archive.read(name)) for name in archive.namelist()]
    assert any("99999999999999999 字节" in fault for fault in sentences(again(tmp_path / "b", parts)))


def test_it_reads_a_large_letter_in_little_memory(tmp_path):
    source = tmp_path / "source"
    with source.open("wb") as file:
        file.truncate(64 << 20)
    tracemalloc.start()
    with LetterWriter(tmp_path / "a", HEADER) as writer:
        writer.add_file("facts/big.parquet", source)
        writer.close(sign)
    letter = open_letter(tmp_path / "a", keys=[KEY.public])
    letter.extract("facts/big.parquet", tmp_path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (letter.faults, most < 10_000_000) == ((), True)
