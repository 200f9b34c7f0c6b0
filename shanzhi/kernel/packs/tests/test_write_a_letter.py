"""Somebody writes a letter: any program can open it, and the same letter is the same bytes."""

import hashlib
import json
import zipfile
from dataclasses import replace

import pytest

from shanzhi.kernel.journal.policy.notes import PublicKey, signers
from shanzhi.kernel.packs.policy.letter import LetterError, LetterWriter, open_letter
from shanzhi.kernel.packs.policy.letter_zip import Limits
from shanzhi.kernel.packs.tests.made import HEADER, KEY, MEMBERS, STRANGER, sign, write

pytestmark = pytest.mark.filterwarnings("error")


def test_it_opens_with_any_program_for_zip_files(tmp_path):
    path = write(tmp_path / "a.letter")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["letter.txt", *MEMBERS, "manifest.json", "signature"]
        assert {name: archive.read(name) for name in MEMBERS} == MEMBERS
        manifest, note = archive.read("manifest.json"), archive.read("signature").decode()
        assert archive.read("letter.txt") == f"shanzhi-letter-1\nbytes {path.stat().st_size:020}\n".encode()
        assert {(each.compress_type, each.extra, each.comment, each.date_time) for each in archive.infolist()} == {
            (0, b"", b"", (2026, 11, 23, 8, 30, 14))
        }
    said = json.loads(manifest)
    assert [(each["name"], each["bytes"], each["sha256"]) for each in said["members"]] == [
        (name, len(data), hashlib.sha256(data).hexdigest()) for name, data in MEMBERS.items()
    ]
    assert json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() == manifest
    assert note.startswith(
        f"shanzhi-letter-1\nmanifest {len(manifest)} {hashlib.sha256(manifest).hexdigest()}\n\n— shanzhi-city "
    )
    assert signers(note, [PublicKey.read(said["keys"][0])]) == (KEY.public,)


def test_it_is_the_same_bytes_for_the_same_letter_whatever_it_was_made_of(tmp_path):
    first = write(tmp_path / "a").read_bytes()
    source = tmp_path / "source"
    with LetterWriter(tmp_path / "b", HEADER) as writer:
        for name, data in MEMBERS.items():
            source.write_bytes(data)
            member = writer.add_file(name, source)
            assert (member.bytes, member.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        assert writer.close(sign) == len(first)
    assert (tmp_path / "b").read_bytes() == first


@pytest.mark.parametrize("limits", [Limits(number=12), Limits(number=300), Limits(count=3), Limits(number=1, count=1)])
def test_it_takes_the_forms_of_64_bits_where_numbers_need_them(tmp_path, limits):
    path = write(tmp_path / "wide", limits=limits)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in MEMBERS} == MEMBERS
    letter = open_letter(path, keys=[KEY.public], limits=limits)
    assert (letter.faults, {name: letter.read(name) for name in MEMBERS}) == ((), MEMBERS)
    # Written otherwise than numbers need it is a difference like any other.
    assert open_letter(path, keys=[KEY.public]).faults != ()


def test_it_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"what was there")
    with LetterWriter(path, HEADER) as writer:
        writer.add("round.json", b"{}")
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"what was there", [path])


@pytest.mark.parametrize(
    "name",
    [
        "../a",
        "/a",
        "a/../b",
        "a//b",
        "",
        ".a",
        "a/.b",
        "A",
        "a b",
        "a\\b",
        "a" * 201,
        "manifest.json",
        "letter.txt",
        "c:d",
    ],
)
def test_it_takes_no_name_that_leads_elsewhere(tmp_path, name):
    with LetterWriter(tmp_path / "a", HEADER) as writer, pytest.raises(LetterError):
        writer.add(name, b"")


def test_it_takes_no_name_twice_and_none_that_is_a_folder_too(tmp_path):
    with LetterWriter(tmp_path / "a", HEADER) as writer:
        writer.add("a/b", b"")
        with pytest.raises(LetterError, match="已经有“a/b”"):
            writer.add("a/b", b"")
        writer.add("a", b"")
        with pytest.raises(LetterError, match="“a”同时是文件和文件夹"):
            writer.close(sign)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": ""},
        {"uid": "a b"},
        {"sender": "../x"},
        {"receiver": ""},
        {"about": "长" * 501},
        {"made_at": HEADER.made_at.replace(microsecond=1)},
        {"made_at": HEADER.made_at.replace(year=1979)},
    ],
)
def test_it_refuses_a_header_that_cant_be_read_again(tmp_path, changes):
    with pytest.raises(LetterError, match="写法不对"):
        LetterWriter(tmp_path / "a", replace(HEADER, **changes))
    assert list(tmp_path.iterdir()) == []


def test_it_goes_out_under_a_key_that_it_names_or_not_at_all(tmp_path):
    for keys in ((STRANGER.public.text(),), ()):
        with (
            LetterWriter(tmp_path / "a", replace(HEADER, keys=keys)) as writer,
            pytest.raises(LetterError, match="没有写出"),
        ):
            writer.close(sign)
    assert list(tmp_path.iterdir()) == []
