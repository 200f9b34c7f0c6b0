"""Someone adds an import: the layers hold, and a breach is found."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.gates import ROOT

LINT = Path(sys.executable).parent / "lint-imports"
KERNEL = "rounds packs evidence indicators facts matters files notices draws vault access organisation journal catalogue clock"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache"], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house with every kernel slice and two modules, each with its doors, and nothing in them."""
    folders = ["shanzhi", *(f"shanzhi/{name}" for name in ("config", "modules", "kernel", "ui", "core"))]
    slices = [f"shanzhi/kernel/{name}" for name in KERNEL.split()] + ["shanzhi/modules/first", "shanzhi/modules/second"]
    for name in folders + slices:
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "__init__.py").touch()
    for name in slices:
        for door in ("policy", "operations", "queries"):
            (tmp_path / name / f"{door}.py").touch()
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_it_is_content_with_an_empty_house(house):
    result = lint(house)
    assert (result.returncode, result.stdout.count("KEPT")) == (0, 5), result.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("modules/first/operations.py", "from shanzhi.modules.second import operations", "Modules are strangers"),
        ("kernel/clock/policy.py", "import shanzhi.kernel.matters.queries", "The kernel"),
        ("kernel/files/queries.py", "from shanzhi.kernel.notices import operations", "The kernel"),
        ("kernel/matters/queries.py", "from shanzhi.modules.first import queries", "The house"),
        ("ui/parts.py", "import shanzhi.kernel.clock.policy", "The house"),
        ("core/text.py", "import django", "The core is plain Python"),
        ("kernel/matters/policy.py", "from django.db import models", "Rules are pure"),
        ("modules/first/policy.py", "import psycopg", "Rules are pure"),
    ],
)
def test_it_finds_an_import_that_points_up_or_across(house, file, line, contract):
    (house / "shanzhi" / file).write_text(line + "\n", encoding="utf-8")
    result = lint(house)
    broken = [row for row in result.stdout.splitlines() if row.endswith("BROKEN")]
    assert (result.returncode, len(broken), broken[0].startswith(contract)) == (1, 1, True), result.stdout


def test_it_finds_a_slice_that_has_no_place_in_the_order(house):
    (house / "shanzhi/kernel/surprise").mkdir()
    (house / "shanzhi/kernel/surprise/__init__.py").touch()
    result = lint(house)
    assert result.returncode == 1
    assert "surprise" in result.stdout


def test_it_finds_nothing_in_this_house():
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout
