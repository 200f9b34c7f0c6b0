"""The journal from the command line: sealing, verifying, proving, checking, with their exit codes."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from shanzhi.kernel.journal.tests.sealing import keeper
from tests.command_line import said_by
from tests.concurrency.committed import City, city
from tests.concurrency.steps import report

__all__ = ["city"]


@pytest.fixture
def shanzhi(city: City, tmp_path: Path) -> Iterator[Callable[..., tuple[int, str]]]:
    """Runs the command on the copy of the standing city; exit code and everything that it said."""

    yield partial(said_by, city, "journal")
    connections.close_all()


@pytest.fixture
def secrets(city: City) -> Iterator[Path]:
    """The installation's secrets, put back afterwards."""
    path = city.installation.home / "secrets.json"
    before = path.read_bytes()
    yield path
    path.write_bytes(before)


def last_line(said: tuple[int, str]) -> tuple[int, str]:
    return said[0], said[1].rstrip().splitlines()[-1]


def test_it_seals_verifies_proves_and_checks(city: City, shanzhi: Any, secrets: Path, tmp_path: Path):
    """One walk: a keeper's ordinary year with the journal."""
    number = report().number
    code, said = shanzhi("seal")
    assert code == 0, said
    assert "第 1 纪元共" in said
    assert shanzhi("seal") == (0, said.replace(said.split("；")[0], "封存 0 条"))

    head, proof = tmp_path / "head.txt", tmp_path / "proof.json"
    code, said = shanzhi("heads", "--out", str(head))
    assert (code, said.count("公钥 ")) == (0, 1)
    key = said.rstrip().rsplit("公钥 ", 1)[1]
    assert last_line(shanzhi("verify", "--head", str(head))) == (0, "全部和封存时一致。")
    for part in (
        ["--last", "2"],
        ["--from", "1", "--to", "2"],
        ["--from", "2020-01", "--to", "2030-12"],
        ["--from", "3"],
    ):
        assert last_line(shanzhi("verify", *part)) == (0, "全部和封存时一致。"), part

    assert shanzhi("prove", number, "--out", str(proof), "--head", str(head))[0] == 0
    code, said = shanzhi("check", str(proof), "--key", key, "--head", str(head))
    assert (code, "证明成立：以上 1 步" in said, "○" in said) == (0, True, False), said

    assert shanzhi("key-rotate")[0] == 0
    assert len(json.loads(secrets.read_text())["signing"].split()) == 2
    report()
    assert shanzhi("epoch", "--reason", "恢复演练", "--head", str(head)) == (0, "第 2 纪元开始。\n")
    code, said = shanzhi("heads", "--last", "1")
    assert (said.count("公钥 "), "第 2 纪元" in said) == (2, True)
    assert last_line(shanzhi("verify", "--head", str(head))) == (0, "全部和封存时一致。")
    assert (
        shanzhi("check", str(proof), "--key", said.rstrip().rsplit("公钥 ", 1)[1])[0] == 1
    )  # made before the rotation
    assert shanzhi("prove", number, "--out", str(proof))[0] == 0
    assert shanzhi("check", str(proof), "--key", said.rstrip().rsplit("公钥 ", 1)[1])[0] == 0

    with keeper(city.installation) as admin:
        admin.execute("UPDATE journal_entry SET scope_code = '9' WHERE id = (SELECT min(id) FROM journal_entry)")
    code, said = shanzhi("verify")
    assert code == 1
    assert "■ 第 1 号留痕（叶 0，" in said
    assert said.rstrip().endswith("有 1 处不符。请停止写入，保留现状，再追查。")


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["prove", "20200101-000001", "--out", "x.json"], "没有编号为 20200101-000001 的事项"),
        (["prove", "什么", "--out", "x.json"], "没有编号为"),
        (["verify", "--head", "none.txt"], "读不了文件 none.txt"),
        (["verify", "--from", "2026-13"], "不是月份"),
        (["verify", "--from", "x"], "要么都是叶编号"),
        (["check", "none.json"], "读不了文件 none.json"),
    ],
)
def test_it_says_in_a_sentence_what_can_not_be_done(shanzhi: Any, words: list[str], sentence: str):
    code, said = shanzhi(*words)
    assert (code, sentence in said, "Traceback" in said) == (1, True, False), said
