"""A matter's entries as a small file that a stranger checks without database: what it proves, what is found wrong."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from shanzhi.config import database
from shanzhi.config.installation import Installation
from shanzhi.core.errors import NotFound
from shanzhi.kernel.journal import operations, queries
from shanzhi.kernel.journal.keys import signing_keys
from shanzhi.kernel.journal.policy import (
    Head,
    Proof,
    ProofError,
    PublicKey,
    TreeState,
    check,
    read_head,
    read_proof,
    tell,
    write_proof,
)
from shanzhi.kernel.journal.tests.sealing import NOW, fill, last_head
from tests.concurrency.committed import as_role, committed_city

AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Proved:
    """A city with a proof of nine entries, its public key, and heads before, at and after the proof's."""

    installation: Installation
    proof: Proof
    key: PublicKey
    early: str
    late: str


@pytest.fixture(scope="module")
def proved(django_db_setup: None, django_db_blocker) -> Iterator[Proved]:
    with (
        django_db_blocker.unblock(),
        committed_city("proved") as installation,
        database.acting_as(installation, "worker"),
    ):
        fill(installation, 700)
        operations.seal(now=NOW, head_every=AT_ONCE)
        early = last_head().note
        fill(installation, 900, first=701)
        operations.seal(now=NOW + timedelta(hours=1), head_every=AT_ONCE)
        proof = queries.proof_of("probe", 7, number="20250901-000007", kept=read_head(early))
        fill(installation, 100, first=2000)
        operations.seal(now=NOW + timedelta(hours=2), head_every=AT_ONCE)
        key = PublicKey.read(queries.keys()[0].text)
        yield Proved(installation, proof, key, early, last_head().note)


def faults(proof: Proof, **given) -> list[str]:
    return [str(each) for each in check(proof, **given).faults]


def still(proof: Proof, **given) -> list[str]:
    return [str(each) for each in check(proof, **given).open]


def test_it_proves_every_step_of_a_matter(proved):
    checked = check(proved.proof, given=[proved.key], kept=[read_head(proved.early)])
    assert checked.is_proved
    assert (checked.faults, checked.open, checked.unjoined) == ((), (), 0)
    assert [entry.subject_step for _, entry in checked.entries] == list(range(1, 10))
    assert {(entry.subject_kind, entry.subject_id, entry.action) for _, entry in checked.entries} == {
        ("probe", 7, "test.step")
    }
    assert [entry.id - checked.entries[0][1].id for _, entry in checked.entries] == list(range(9))


def test_it_comes_back_from_its_file_as_it_went(proved):
    text = write_proof(proved.proof)
    assert read_proof(text) == proved.proof
    assert len(text) < 20_000


def test_it_says_what_is_proved_and_what_is_not(proved):
    lines = tell(check(proved.proof))
    assert lines[0].endswith("test.step，第 1 步")
    assert "○ 公钥取自文件本身。请与公布的公钥核对，或用 --key 给出。" in lines
    assert lines[-2] == (
        f"证明成立：以上 9 步，在 2025-11-18 11:30:00 签名（密钥 {proved.key.id}）之前就已入账，此后一字未改。"
    )
    assert lines[-1] == "没有证明：所记的事是否属实；此后有没有新的步骤。"


def bend(data: bytes, at: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def with_entry(proof: Proof, **changes) -> Proof:
    tree = proof.trees[0]
    entries = (replace(tree.entries[0], **changes), *tree.entries[1:])
    return replace(proof, trees=(replace(tree, entries=entries),))


def test_it_names_the_leaf_in_which_anything_was_changed(proved):
    first = proved.proof.trees[0].entries[0]
    changes = [
        {"entry": first.entry.replace(b"housing", b"hovsing")},
        {"entry": first.entry[:-1]},
        {"entry": b"[]"},
        {"entry": bend(first.entry, 30)},
        {"salt": bend(first.salt)},
        {"salt": first.salt + first.entry[:1], "entry": first.entry[1:]},
        {"leaf": first.leaf + 1},
        {"path": first.path[:-1]},
        {"path": (bend(first.path[0]), *first.path[1:])},
        {"path": (*first.path, first.path[0])},
        {"path": ()},
    ]
    for change in changes:
        checked = check(with_entry(proved.proof, **change), given=[proved.key])
        assert not checked.is_proved, change
        assert next(str(each) for each in checked.faults).startswith(f"叶 {change.get('leaf', first.leaf)} "), change
        assert len(checked.entries) == 8


def test_it_refuses_every_changed_byte_of_an_entry(proved):
    first = proved.proof.trees[0].entries[0]
    for at in range(len(first.entry)):
        assert not check(with_entry(proved.proof, entry=bend(first.entry, at)), given=[proved.key]).is_proved, at


def test_it_refuses_an_entry_of_another_matter(proved):
    with database.acting_as(proved.installation, "worker"):
        other = queries.proof_of("probe", 8)
    tree = proved.proof.trees[0]
    mixed = replace(other, subject_id=7, trees=(other.trees[0], tree))
    assert [each for each in faults(mixed, given=[proved.key]) if "另一件事项" in each] == [
        f"叶 {entry.leaf} 讲的是另一件事项。" for entry in other.trees[0].entries
    ]


def test_it_says_when_a_step_was_left_out(proved):
    tree = proved.proof.trees[0]
    shorter = replace(proved.proof, trees=(replace(tree, entries=tree.entries[:3] + tree.entries[4:]),))
    assert still(shorter, given=[proved.key]) == ["步骤编号不连续：文件没有包含全部步骤。"]
    nothing = replace(proved.proof, trees=())
    assert faults(nothing) == ["文件里没有一条得到证明的留痕。"]


def test_it_refuses_a_head_that_the_given_key_has_not_signed(proved):
    (stranger,) = signing_keys("other")
    assert any("签名对不上" in each for each in faults(proved.proof, given=[stranger.public]))
    tree = proved.proof.trees[0]
    forged = replace(proved.proof, trees=(replace(tree, head=tree.head.replace("2025", "2024")),))
    assert any("签名对不上" in each for each in faults(forged))
    assert not check(forged).is_proved


def test_it_finds_a_tree_that_another_key_made_up_by_a_key_kept_elsewhere(proved):
    """A forger can make a whole file; not one that the published key fits."""
    seed = signing_keys("forged")[0]
    head = read_head(proved.proof.trees[0].head).head
    made_up = Head("forged", head.tree, head.hash, head.at).signed([seed])
    tree = replace(proved.proof.trees[0], head=made_up)
    forged = replace(proved.proof, trees=(tree,), keys=(seed.public.text(),))
    assert check(forged).is_proved
    assert not check(forged, given=[proved.key]).is_proved


# -- heads kept elsewhere ------------------------------------------------------------------------------------------------


def test_it_fits_the_heads_that_a_stranger_kept(proved):
    own = read_head(proved.proof.trees[0].head)
    assert check(proved.proof, given=[proved.key], kept=[own, read_head(proved.early)]).open == ()
    unjoined = check(proved.proof, given=[proved.key], kept=[read_head(proved.late)])
    assert (unjoined.is_proved, unjoined.unjoined) == (True, 1)
    assert "请用它重新出具证明" in str(unjoined.open[0])
    with database.acting_as(proved.installation, "worker"):
        anew = queries.proof_of("probe", 7, kept=read_head(proved.proof.trees[0].head))
    assert check(anew, given=[proved.key], kept=[own, read_head(proved.late)]).unjoined == 0


def forge(proved: Proved, note: str) -> str:
    """A head with the city's own key, over another root."""
    head = read_head(note).head
    (key,) = signing_keys(head.name)
    return replace(head, tree=TreeState(1, head.tree.size, bend(head.tree.root))).signed([key])


def test_it_finds_history_that_was_rewritten_since_a_head_was_kept(proved):
    kept = read_head(forge(proved, proved.early))
    assert list(faults(proved.proof, given=[proved.key], kept=[kept])) == [
        f"另存的树头（第 1 纪元 {kept.head.tree.size} 条）没有长成文件里的树：历史被改写。"
    ]
    same = read_head(forge(proved, proved.proof.trees[0].head))
    assert list(faults(proved.proof, given=[proved.key], kept=[same])) == [
        f"另存的树头（第 1 纪元 {same.head.tree.size} 条）和文件里的不同：历史被改写。"
    ]
    unsigned = read_head(proved.early.replace("2025", "2024"))
    assert any("签名对不上" in each for each in faults(proved.proof, given=[proved.key], kept=[unsigned]))


# -- files ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "break_it",
    [
        lambda said: said.clear(),
        lambda said: said.update(format="shanzhi-proof-9"),
        lambda said: said.pop("trees"),
        lambda said: said.update(trees=[1]),
        lambda said: said.update(trees={"a": 1}),
        lambda said: said["trees"][0]["entries"][0].update(leaf=-1),
        lambda said: said["trees"][0]["entries"][0].update(leaf=True),
        lambda said: said["trees"][0]["entries"][0].update(leaf="1"),
        lambda said: said["trees"][0]["entries"][0].update(path=["?"]),
        lambda said: said["trees"][0]["entries"][0].update(entry=None),
        lambda said: said["trees"][0].update(head=5),
        lambda said: said.update(subject=[]),
        lambda said: said.update(keys="x", statements=[3]),
    ],
)
def test_it_refuses_a_file_that_is_not_whole(proved, break_it):
    said = json.loads(write_proof(proved.proof))
    break_it(said)
    with pytest.raises(ProofError):
        read_proof(json.dumps(said))


@pytest.mark.parametrize("text", ["", "[]", "null", "[" * 100_000, "{", '{"format": 1}'])
def test_it_refuses_what_is_no_proof(text):
    with pytest.raises(ProofError):
        read_proof(text)


@pytest.mark.parametrize("key", ["", "x+y+z", "a+00000000+" + base64.b64encode(b"\x01" + b"k" * 32).decode()])
def test_it_tells_of_a_key_in_the_file_that_can_not_be_read(proved, key):
    checked = check(replace(proved.proof, keys=(key,)))
    assert not checked.is_proved
    assert "公钥" in str(checked.faults[0])


# -- who may have it -----------------------------------------------------------------------------------------------------


def test_it_proves_what_the_caller_sees_and_nothing_else(proved):
    with database.acting_as(proved.installation, "app"), pytest.raises(NotFound):
        queries.proof_of("probe", 7)
    with database.acting_as(proved.installation, "worker"), pytest.raises(NotFound):
        queries.proof_of("probe", 10**9)


def test_it_waits_for_the_seal(proved):
    with database.acting_as(proved.installation, "worker"):
        fill(proved.installation, 9, first=90_000)
        with pytest.raises(ProofError, match="还没有封存"):
            queries.proof_of("probe", 10_000)
        operations.seal(now=NOW + timedelta(hours=2))
        with pytest.raises(ProofError, match="树头还没有签"):
            queries.proof_of("probe", 10_000)
        operations.seal(now=NOW + timedelta(hours=3), head_every=AT_ONCE)
        assert check(queries.proof_of("probe", 10_000)).is_proved


def test_it_reads_few_rows(proved, django_assert_num_queries):
    with database.acting_as(proved.installation, "worker"):
        with django_assert_num_queries(6):
            queries.proof_of("probe", 7)
        with django_assert_num_queries(2):
            queries.inclusion_proof(epoch=1, leaf=5, size=1000)
        with django_assert_num_queries(2):
            queries.consistency_proof(epoch=1, old=5, new=1000)
        with pytest.raises(NotFound):
            queries.inclusion_proof(epoch=1, leaf=5, size=10**6)
        with pytest.raises(NotFound):
            queries.inclusion_proof(epoch=7, leaf=5, size=100)
        with pytest.raises(NotFound):
            queries.consistency_proof(epoch=1, old=5, new=10**6)


# -- anywhere ------------------------------------------------------------------------------------------------------------


def shanzhi(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """The command line in an empty folder, without settings, home or database."""
    root = Path(__file__).parents[4]
    code = "import sys; sys.argv[0] = 'shanzhi'; from shanzhi.config.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=folder, env={"PYTHONPATH": str(root), "SHANZHI_HOME": str(folder / "none"), "PATH": "", "PYTHONUTF8": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_it_is_checked_anywhere_with_the_package_alone(proved, tmp_path):
    (tmp_path / "proof.json").write_text(write_proof(proved.proof), encoding="utf-8")
    (tmp_path / "early.txt").write_text(proved.early, encoding="utf-8")
    (tmp_path / "late.txt").write_text(proved.late, encoding="utf-8")
    key = proved.key.text()
    done = shanzhi(tmp_path, "journal", "check", "proof.json", "--key", key, "--head", "early.txt")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == tell(check(proved.proof, given=[proved.key]))
    assert shanzhi(tmp_path, "journal", "check", "proof.json", "--head", "late.txt").returncode == 3
    forged = write_proof(proved.proof).replace("housing", "hovsing", 1)
    (tmp_path / "forged.json").write_text(forged, encoding="utf-8")
    done = shanzhi(tmp_path, "journal", "check", "forged.json")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "证明不成立。"
    done = shanzhi(tmp_path, "journal", "check", "none.json")
    assert (done.returncode, "none.json" in done.stderr) == (1, True)
    assert not (tmp_path / "none").exists()


# -- over epochs ---------------------------------------------------------------------------------------------------------


def test_it_proves_entries_of_several_epochs_and_their_link(proved):
    with database.acting_as(proved.installation, "worker"):
        fill(proved.installation, 4, first=180_000)
        operations.seal(now=NOW + timedelta(hours=4), head_every=AT_ONCE)
        operations.epoch_begin(reason="恢复", now=NOW + timedelta(hours=5))
        fill(proved.installation, 5, first=180_004)
        operations.seal(now=NOW + timedelta(hours=6), head_every=AT_ONCE)
        both, first = queries.proof_of("probe", 20_000), queries.proof_of("probe", 7)
    assert [len(tree.entries) for tree in both.trees] == [4, 5]
    assert (check(both, given=[proved.key]).is_proved, still(both, given=[proved.key])) == (True, [])
    assert len(first.links) == 1
    assert (check(first, given=[proved.key]).is_proved, still(first, given=[proved.key])) == (True, [])
    link = read_head(first.links[0]).head
    (key,) = signing_keys(link.name)
    assert link.previous is not None
    other = replace(link, previous=replace(link.previous, root=b"\x00" * 32)).signed([key])
    assert faults(replace(first, links=(other,)), given=[proved.key]) == [
        "第 2 纪元说的上一纪元，和这份文件里的树头对不上。"
    ]
    with as_role(proved.installation, "worker") as opened:
        assert opened.execute("SELECT count(*) FROM journal_epoch").fetchone() == (2,)
