"""A stranger does a draw again: with the command, without any database, and with nothing of ours at all."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from shanzhi.kernel.draws.policy import commitment_of, write_draw
from shanzhi.kernel.draws.policy.frame import frame_sha256, frame_text
from shanzhi.kernel.draws.tests.own_draw import BEFORE, ITEMS, KEY, announced, own_draw

ROOT = Path(__file__).parents[4]


def run(folder: Path, *arguments: str, bare: bool = False) -> tuple[int, str]:
    """A process in an empty folder, with no settings and no home; with `bare` without our package either."""
    env = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1"} | ({} if bare else {"PYTHONPATH": str(ROOT)})
    done = subprocess.run(
        [sys.executable, *(("-I",) if bare else ()), *arguments],
        cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_the_command_needs_no_database(tmp_path: Path):
    drawn, journal = own_draw()
    (tmp_path / "draw.json").write_text(write_draw(drawn), encoding="utf-8")
    (tmp_path / "first.txt").write_text(journal.head(BEFORE + 1).signed([KEY]), encoding="utf-8")
    (tmp_path / "keys.txt").write_text(KEY.public.text() + "\n", encoding="utf-8")
    code, said = run(tmp_path, "-m", "shanzhi", "draw", "redo", "draw.json", "--key", "keys.txt", "--head", "first.txt")
    assert code == 0, said
    assert "● 甲县，抽 3 个：" in said
    assert "重新抽取的结果和文件一致。" in said
    waited, _ = own_draw(head_size=BEFORE + 2)
    (tmp_path / "waited.json").write_text(write_draw(waited), encoding="utf-8")
    code, said = run(tmp_path, "-m", "shanzhi", "draw", "redo", "waited.json", "--head", "first.txt")
    assert (code, "■ 用的不是公告后的第一份树头" in said) == (1, True)
    (tmp_path / "half.json").write_text(write_draw(drawn)[:-100], encoding="utf-8")
    code, said = run(tmp_path, "-m", "shanzhi", "draw", "redo", "half.json")
    assert (code, "■ 这不是抽取文件，或者文件不完整。" in said) == (2, True)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "draw.json", "first.txt", "half.json", "keys.txt", "waited.json",
    ]  # fmt: skip


def test_a_side_makes_its_number_without_a_city(tmp_path: Path):
    code, said = run(tmp_path, "-m", "shanzhi", "draw", "nonce", "--out", "nonce.txt")
    nonce = bytes.fromhex((tmp_path / "nonce.txt").read_text())
    assert code == 0
    assert len(nonce) == 32
    assert f"承诺 {commitment_of(nonce)}" in said
    assert (tmp_path / "nonce.txt").stat().st_mode & 0o777 == 0o600
    # What is there is never written over: it may have been committed to.
    code, said = run(tmp_path, "-m", "shanzhi", "draw", "nonce", "--out", "nonce.txt")
    assert (code, "已经有了" in said) == (1, True)
    assert bytes.fromhex((tmp_path / "nonce.txt").read_text()) == nonce


def test_the_rules_need_no_django(tmp_path: Path):
    code, said = run(tmp_path, "-c", "import sys, shanzhi.kernel.draws.policy; print('django' in sys.modules)")
    assert (code, said) == (0, "False\n")


def test_the_page_of_the_docs_does_it_by_hand(tmp_path: Path):
    """The script in docs/draws.md stands alone: another hand than the program's, and the same result."""
    script = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "draws.md").read_text(encoding="utf-8"), re.DOTALL)
    assert script is not None
    (tmp_path / "redo.py").write_text(script[1], encoding="utf-8")
    items = tuple(replace(item, weight=1) for item in ITEMS)
    frame = frame_sha256(frame_text(items))
    for drawn, _ in (own_draw(), own_draw(announcement=announced(method="equal", frame=frame), items=items)):
        (tmp_path / "draw.json").write_text(write_draw(drawn), encoding="utf-8")
        code, said = run(tmp_path, "redo.py", "draw.json", bare=True)
        assert code == 0, said
        assert said == "".join(f"{code} {' '.join(ids)}\n" for code, ids in drawn.result.drawn)
