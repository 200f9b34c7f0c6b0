"""Programs call the running API with everything that its description allows, and with much that it forbids.

Schemathesis makes the calls from `/api/v1/openapi.json`, with all its checks: no server error, no status, header, type or
body that the description doesn't name, nothing accepted that it forbids, no call open that asks for a token.
In full size (`make proof`) at least 5,000 calls; else enough to reach each operation in each way.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.site import Site, running_site

CONFIG = Path(__file__).with_name("schemathesis.toml")
IS_FULL = os.environ.get("SHANZHI_SIZE") == "full"
EXAMPLES = 120 if IS_FULL else 3
LEAST_CALLS = 2_500 if IS_FULL else 300
"""In each of the two runs."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a run found: calls made, different failures, and its own words."""

    calls: int
    failures: int
    output: str


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A city at work, with web server and worker."""
    with running_site() as running:
        yield running


def _call_at_random(site: Site, folder: Path, known: dict[str, str]) -> Said:
    """Call every operation as the dispatcher; `known` are parameters that are always given as they are."""
    parameters = "".join(f"{json.dumps(name)} = {json.dumps(value)}\n" for name, value in known.items())
    config = folder / "config.toml"
    config.write_text(f"{CONFIG.read_text(encoding='utf-8')}\n[parameters]\n{parameters}", encoding="utf-8")
    report = folder / "report.json"
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", f"{site.url}/api/v1/openapi.json",
        "--checks", "all", "--max-examples", str(EXAMPLES), "--seed", "20261122", "--continue-on-failure", "--no-color",
        "--header", f"Authorization: Bearer {site.cast['dispatcher'].token}",
        "--report", "json", "--report-json-path", str(report), "--suppress-health-check", "all",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert report.exists(), done.stdout[-3000:] + done.stderr[-3000:]
    found = json.loads(report.read_text(encoding="utf-8"))
    cases = found["test_cases"]
    assert (found["complete"], cases["errored"], found["errors"]) == (True, 0, []), done.stdout[-3000:]
    return Said(cases["generated"], cases["unique_failures"], done.stdout)


def test_it_answers_every_call_as_its_description_says(site: Site, tmp_path: Path) -> None:
    said = _call_at_random(site, tmp_path, {})
    assert (said.failures, said.calls > LEAST_CALLS) == (0, True), said.output


def test_it_answers_every_call_about_a_matter_that_is_there(site: Site, tmp_path: Path) -> None:
    mine = site.report("路口的信号灯不亮，晚上过马路很危险。")
    site.bring_to(mine.number, "verdict")
    said = _call_at_random(site, tmp_path, {"number": mine.number, "Follow-Code": mine.code})
    assert (said.failures, said.calls > LEAST_CALLS) == (0, True), said.output


def test_it_is_whole_after_all_that(site: Site) -> None:
    status, answer = site.call("GET", "/readyz")
    assert (status, answer["checks"]) == (200, {"database": True, "tables": True})
    mine = site.report("路灯不亮。")
    site.bring_to(mine.number, "verdict")
    assert site.stage(mine.number) == "verdict"
