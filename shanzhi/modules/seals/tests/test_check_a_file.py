"""Anybody brings a file and is told in plain words what it proves; whatever it holds, nothing breaks and nothing is kept."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shanzhi.config import database
from shanzhi.kernel.journal import operations, queries
from shanzhi.kernel.journal.policy import Head, TreeState, canonical, read_head, read_proof, write_proof
from shanzhi.kernel.journal.policy.canonical import read as read_entry
from shanzhi.kernel.journal.policy.notes import SigningKey
from shanzhi.kernel.journal.policy.proof import Proof, ProvedEntry, ProvedTree
from shanzhi.kernel.journal.policy.tree import hasher, leaf_hash
from shanzhi.kernel.journal.tests.sealing import NOW, keeper
from shanzhi.modules.seals.policy import FILE_MOST, NotExamined, TooLargeToExamine, read_file
from shanzhi.modules.seals.queries import examine
from shanzhi.modules.seals.tests.sealed_city import sealed, sealed_city

__all__ = ["sealed"]

FOREIGN = SigningKey("other-city", b"\x07" * 32)
SALT = b"\x01" * 16


def changed(text: str, change: Callable[[dict[str, Any]], None]) -> bytes:
    said = json.loads(text)
    change(said)
    return json.dumps(said, ensure_ascii=False).encode()


def own_proof(key: SigningKey, entry: bytes, *, name: str = "") -> Proof:
    """A proof file that is whole in itself, under whatever key and name its maker likes."""
    root = leaf_hash(hasher("sha256"), SALT + entry)
    head = Head(name or key.public.name, TreeState(1, 1, root), "sha256", NOW)
    tree = ProvedTree(head.signed([key]), (ProvedEntry(0, SALT, entry, ()),))
    return Proof("probe", 7, "20250901-000007", (key.public.text(),), (), (tree,))


def entry_of(sealed) -> bytes:
    entry: bytes = read_proof(sealed.proof).trees[0].entries[0].entry
    return entry


def post(data: bytes, name: str = "proof.json") -> Any:
    return Client().post("/seals/check/", {"file": SimpleUploadedFile(name, data)})


def test_it_tells_what_a_genuine_file_proves_and_what_it_does_not(sealed):
    answer = post(sealed.proof.encode())
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "真实，没有被改过" in page
    assert "文件里的 9 步，在 2025年11月25日 10:30 之前就已入账，此后一字未改。" in page
    assert "本市现在公布的树在这个位置和它一致" in page
    assert "所记的事是否属实；这之后有没有新的步骤。" in page
    assert answer["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"


def test_it_looks_at_four_pieces_for_a_file_and_writes_nothing(sealed):
    with CaptureQueriesContext(connection) as found:
        assert examine(sealed.proof.encode()).verdict == "proved"
    said = [row["sql"] for row in found]
    assert len(said) == 4
    assert all(sql.lstrip().startswith("SELECT") for sql in said)


def test_it_takes_a_head_that_somebody_kept(sealed):
    assert examine(sealed.early.encode()).verdict == "proved"
    # As it comes back from a mail program: other line ends, a mark at the start, blank lines.
    assert examine(b"\xef\xbb\xbf" + sealed.early.replace("\n", "\r\n").encode() + b"\r\n\r\n").verdict == "proved"
    assert "由本市密钥" in post(sealed.early.encode(), "head.txt").content.decode()


@pytest.mark.parametrize("place", ["entry", "salt", "path", "leaf", "head", "subject"])
def test_it_finds_a_file_that_was_changed(sealed, place):
    def change(said: dict[str, Any]) -> None:
        first = said["trees"][0]["entries"][0]
        if place == "entry":
            first["entry"] = first["entry"].replace("handle", "accept")
        elif place == "salt":
            first["salt"] = base64.b64encode(b"\x00" * 16).decode()
        elif place == "path":
            first["path"][0] = base64.b64encode(b"\x00" * 32).decode()
        elif place == "leaf":
            first["leaf"] += 1
        elif place == "head":
            said["trees"][0]["head"] = said["trees"][0]["head"].replace("2025-11-25", "2025-11-24")
        else:
            said["subject"]["id"] = 8

    data = changed(sealed.proof, change)
    assert examine(data).verdict == "damaged"
    page = post(data).content.decode()
    assert "不成立：文件被改过" in page
    assert "不符的地方" in page
    assert "此后一字未改" not in page


def test_it_knows_another_citys_file_from_a_forged_one(sealed):
    ours = read_head(sealed.late).head.name
    assert examine(write_proof(own_proof(FOREIGN, entry_of(sealed))).encode()).verdict == "foreign"
    forger = SigningKey(ours, b"\x08" * 32)
    forged = write_proof(own_proof(forger, entry_of(sealed))).encode()
    assert examine(forged).verdict == "forged"
    assert "不成立：不是本市签的" in post(forged).content.decode()
    assert "不是本市的文件" in post(write_proof(own_proof(FOREIGN, entry_of(sealed))).encode()).content.decode()
    late = read_head(sealed.late).head
    assert examine(late.signed([forger]).encode()).verdict == "forged"
    assert examine(replace(late, name="other-city").signed([FOREIGN]).encode()).verdict == "foreign"


def test_it_trusts_no_key_that_the_file_itself_brings(sealed):
    """A statement may be genuine in form; the city's keys are those that the city shows."""
    ours = read_head(sealed.late).head.name
    forger = SigningKey(ours, b"\x08" * 32)
    proof = own_proof(forger, entry_of(sealed))
    known = queries.keys()
    keys = tuple(row.text for row in known)
    assert examine(write_proof(replace(proof, keys=(*keys, *proof.keys))).encode()).verdict == "damaged"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "文件是空的"),
        (b"  \n\t", "文件是空的"),
        ("证明".encode("gb18030"), "文件不是 UTF-8"),
        ('{"format": "shanzhi-proof-1"}'.encode("utf-16"), "文件不是 UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "文件不是 UTF-8"),
        (b"hello", "这既不是证明文件"),
        (b"[]", "这既不是证明文件"),
        (b"{", "这不是证明文件"),
        (b"{}", "这不是证明文件"),
        (b'{"format": "shanzhi-proof-1"}', "证明文件的内容残缺"),
        (b'{"format": "shanzhi-proof-9"}', "证明文件的版本"),
        (b'{"format": {"a": 1}}', "证明文件的版本"),
        (b'{"format":' + b"[" * 900_000, "这不是证明文件"),
        (b'{"a":' * 300_000, "这不是证明文件"),
        (b'{"format": "shanzhi-proof-1", "subject": ' + b"9" * 100_000 + b"}", "这不是证明文件"),
        (b"\x00" * 100, "这既不是证明文件"),
    ],
)
def test_it_says_why_a_file_can_not_be_read(sealed, data, sentence):
    with pytest.raises((NotExamined, TooLargeToExamine), match=sentence):
        examine(data)
    answer = post(data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode() or "文件是空的" in answer.content.decode()


def nested(said: dict[str, Any]) -> None:
    said["trees"][0]["entries"][0]["entry"] = "[" * 100_000


def huge_numbers(said: dict[str, Any]) -> None:
    said["trees"][0]["entries"][0]["leaf"] = 10**4000
    said["trees"][0]["entries"][1]["entry"] = "[1e999999999]"


def half_a_letter(said: dict[str, Any]) -> None:
    said["trees"][0]["head"] += "\ud800"


def half_a_letter_in_a_key(said: dict[str, Any]) -> None:
    said["keys"] = ["\ud800+00000000+AQ=="]


def no_trees(said: dict[str, Any]) -> None:
    said["trees"] = []


def true_for_a_number(said: dict[str, Any]) -> None:
    said["subject"]["id"] = True


@pytest.mark.parametrize(
    "change",
    [nested, huge_numbers, half_a_letter, half_a_letter_in_a_key, no_trees, true_for_a_number],
)
def test_it_breaks_on_no_hostile_content(sealed, change):
    said = json.loads(sealed.proof)
    change(said)
    answer = post(json.dumps(said).encode())
    assert answer.status_code in {200, 422}
    assert "真实，没有被改过" not in answer.content.decode()


@pytest.mark.parametrize(
    "parts",
    [{10: "x"}, {9: None}, {8: [1]}, {3: "9999-12-31T23:59:59"}, {6: {"a": 1}}, {6: "留痕"}, {1: "x"}, {2: "9" * 5000}],
)
def test_it_breaks_on_no_entry_that_a_stranger_has_signed(sealed, parts):
    entry = json.loads(entry_of(sealed))
    for place, value in parts.items():
        entry[place] = value
    ours = read_head(sealed.late).head.name
    for key in (FOREIGN, SigningKey(ours, b"\x08" * 32)):
        data = write_proof(own_proof(key, json.dumps(entry, ensure_ascii=False).encode())).encode()
        assert post(data).status_code in {200, 422}


@pytest.mark.parametrize("place", ["keys", "statements", "links", "trees", "entries", "grown", "path", "signatures"])
def test_it_does_not_compute_what_no_proof_has(sealed, place):
    def change(said: dict[str, Any]) -> None:
        tree = said["trees"][0]
        if place in {"keys", "statements", "links"}:
            said[place] = [(said["keys"] + [tree["head"]])[place != "keys"]] * 2000
        elif place == "trees":
            said["trees"] = [{**tree, "entries": []}] * 3000
        elif place == "entries":
            tree["entries"] = [{**tree["entries"][0], "path": []}] * 3000
        elif place == "grown":
            tree["grown"] = [{"size": 1, "path": []}] * 9000
        elif place == "path":
            tree["entries"][0]["path"] = [base64.b64encode(b"\x00" * 32).decode()] * 5000
        else:
            line = tree["head"].splitlines()[-1]
            tree["head"] += f"{line}\n" * 10_000

    data = changed(sealed.proof, change)
    assert len(data) <= FILE_MOST
    with pytest.raises(TooLargeToExamine):
        examine(data)
    assert post(data).status_code == 413


def test_it_refuses_a_file_of_a_hundred_megabytes(sealed):
    with pytest.raises(TooLargeToExamine):
        read_file(b"{" + b" " * FILE_MOST)
    answer = post(b" " * 100_000_000)
    assert answer.status_code == 413
    assert "最多 2 MB" in answer.content.decode()


def test_it_needs_no_keys_from_the_file(sealed):
    assert examine(changed(sealed.proof, lambda said: said.update(keys=[], statements=[]))).verdict == "proved"


def test_it_asks_for_a_file(sealed):
    answer = Client().post("/seals/check/", {})
    assert answer.status_code == 422
    assert "请选择一个文件。" in answer.content.decode()


def test_it_takes_no_form_from_another_site(sealed):
    assert Client(enforce_csrf_checks=True).post("/seals/check/", {}).status_code == 403


def test_it_raises_the_alarm_where_the_journal_is_not_what_was_shown(django_db_setup, django_db_blocker):
    """Somebody who holds the server cuts the tree, or writes another one: what people have kept tells."""
    with django_db_blocker.unblock(), sealed_city("cut") as made:
        proof, late = made.proof.encode(), made.late.encode()
        assert examine(proof).verdict == "proved"
        with keeper(made.installation) as admin:
            admin.execute(
                "UPDATE journal_tile SET hashes = set_byte(hashes, 165, get_byte(hashes, 165) # 1) WHERE level = 1"
            )
        assert (examine(proof).verdict, examine(late).verdict) == ("rewritten", "rewritten")
        assert examine(made.early.encode()).verdict == "proved"
        assert "本市的台账被改写过" in post(proof).content.decode()
        with keeper(made.installation) as admin:
            admin.execute("DELETE FROM journal_tile WHERE level = 0 AND place >= 5")
        assert (examine(proof).verdict, examine(late).verdict) == ("cut", "cut")
        assert examine(made.early.encode()).verdict == "proved"
        assert "本市的台账被截短过" in post(late, "head.txt").content.decode()


def test_it_tells_what_a_restore_has_lost(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), sealed_city("lost") as made, database.acting_as(made.installation, "worker"):
        shown = read_head(made.late)
        with keeper(made.installation) as admin:
            size = read_head(made.early).head.tree.size
            admin.execute("DELETE FROM journal_head WHERE size > %s", [size])
            admin.execute("DELETE FROM journal_leaf WHERE number >= %s", [size])
            admin.execute("DELETE FROM journal_entry e WHERE NOT EXISTS (SELECT FROM journal_leaf l WHERE l.id = e.id)")
            cut_tiles(admin, size)
        assert examine(made.late.encode()).verdict == "cut"
        operations.epoch_begin(reason="从备份恢复", now=NOW + timedelta(days=9), shown=shown)
        assert examine(made.late.encode()).verdict == "lost"
        assert examine(made.early.encode()).verdict == "proved"
        page = Client().get("/seals/").content.decode()
        assert "从备份恢复" in page
        assert "没有恢复的有 900 条" in page


def cut_tiles(admin: Any, size: int) -> None:
    """The tiles as they were at this size."""
    rows = admin.execute("SELECT level, place FROM journal_tile").fetchall()
    for level, place in rows:
        have = max(0, min(256, (size >> (8 * level)) - place * 256))
        if have:
            admin.execute(
                "UPDATE journal_tile SET hashes = substr(hashes, 1, %s) WHERE level = %s AND place = %s",
                [have * 32, level, place],
            )
        else:
            admin.execute("DELETE FROM journal_tile WHERE level = %s AND place = %s", [level, place])


def test_it_writes_the_canonical_form_that_it_reads(sealed):
    assert canonical(read_entry(entry_of(sealed))) == entry_of(sealed)


def test_it_judges_the_largest_file_that_is_let_in(sealed):
    """Two thousand entries under fifty heads: bounded work, whatever the content."""
    tree = json.loads(sealed.proof)["trees"][0]
    piece = {**tree, "entries": [{**tree["entries"][0], "path": tree["entries"][0]["path"][:2]}] * 40}
    data = changed(sealed.proof, lambda said: said.update(trees=[piece] * 50))
    assert examine(data).verdict == "damaged"
