"""Commands end with 0 where all is well, and with another number and a sentence where it isn't."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shanzhi.kernel.matters.operations.kinds import shipped_kinds

ROOT = Path(__file__).parents[3]


@pytest.fixture
def shanzhi(tmp_path: Path):
    """Runs the command in a home of its own; exit code and everything that it said."""

    def run(*arguments: str) -> tuple[int, str]:
        said = subprocess.run(
            [sys.executable, "-m", "shanzhi", *arguments],
            cwd=ROOT,
            env={**os.environ, "SHANZHI_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "shanzhi.config.settings"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )
        return said.returncode, said.stdout

    return run


def test_it_finds_the_shipped_processes_sound(shanzhi):
    for path in shipped_kinds():
        code, said = shanzhi("process", "check", str(path))
        assert (code, "流程可用" in said) == (0, True), said


def test_it_ends_with_one_for_a_process_that_is_not_sound(shanzhi, tmp_path: Path):
    request = next(path for path in shipped_kinds() if path.stem == "request")
    source = request.read_text(encoding="utf-8").replace('to = "accepted"', 'to = "nowhere"', 1)
    path = tmp_path / "broken.toml"
    path.write_text(source, encoding="utf-8")
    code, said = shanzhi("process", "check", str(path))
    assert code == 1, said
    assert "nowhere" in said
    assert "Traceback" not in said


def test_it_ends_with_one_for_a_file_that_is_not_there(shanzhi, tmp_path: Path):
    code, said = shanzhi("process", "check", str(tmp_path / "none.toml"))
    assert code == 1, said
    assert "找不到" in said


def test_it_draws_a_process_and_refuses_a_form_that_is_none(shanzhi):
    path = str(shipped_kinds()[0])
    code, said = shanzhi("process", "draw", path, "--format", "mermaid")
    assert (code, "stateDiagram" in said) == (0, True), said
    code, said = shanzhi("process", "draw", path, "--format", "png")
    assert code == 1, said
    assert "Traceback" not in said


def test_it_ends_with_two_for_a_command_that_is_none(shanzhi):
    code, said = shanzhi("nonsense")
    assert code == 2, said
    assert "Traceback" not in said
