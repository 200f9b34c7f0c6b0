"""Page, command and a script that shares no line with them say the same of one file, to the matter.

The file is `requests/answered.csv` where SHANZHI_DATA names the folder of benchmark data, and an invented one of the same columns
elsewhere.
"""

import csv
import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from shanzhi.config.commands.ontime import counted, told
from shanzhi.core.errors import InputError
from shanzhi.kernel.matters.queries import ListFilter, Sitting
from shanzhi.kernel.matters.tests.page_support import page, signed_in
from shanzhi.modules.imports.operations import import_matters
from tests.roles import everything, held_to, observer

__all__ = ["observer"]

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "check_ontime.py"
ALL = "since=&until=&ended_since=&ended_until="


@pytest.fixture(autouse=True)
def standing(observer: None, db: None) -> None:
    """Each test in its own transaction."""


@pytest.fixture
def answered(tmp_path: Path) -> Path:
    """The file: the real one, or 241 invented rows around midnight, month ends and each limit, one without a reply."""
    if "SHANZHI_DATA" in os.environ:
        return Path(os.environ["SHANZHI_DATA"]) / "requests" / "answered.csv"
    path, random = tmp_path / "answered.csv", Random(5)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("id", "title", "reported_at", "body", "reply", "replied_at"))
        for n in range(241):
            first = datetime(2019, 1, 1) + timedelta(
                days=random.randrange(700), seconds=random.choice((1, 1800, 86_399))
            )
            took = random.choice((0, 1, 4, 5, 6, 14, 15, 16, 29, 30, 31, 59, 60, 61, 400))
            last = first + timedelta(days=took, seconds=random.choice((0, 1, 3600)))
            answer = ("已修好。", "" if n == 7 else last.isoformat())
            out.writerow((n, f"第{n}件", first.isoformat(), "路灯不亮", *answer))
    return path


def by_script(path: Path) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-I", SCRIPT, path, "--json"], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def by_command(lines: list[str]) -> dict[str, Any]:
    text = "\n".join(lines)
    within = re.findall(r"^(?:(\d+) 天内|当天)：(\d+) / (\d+)", text, re.MULTILINE)
    [pairs] = {int(whole) for _, _, whole in within}
    return {
        "pairs": pairs,
        "median": int(re.findall(r"用时中位数：(\d+) 天", text)[0]),
        "within": {limit or "0": int(part) for limit, part, _ in within},
    }


def by_page(html: str) -> dict[str, Any]:
    text = re.sub(r"(<[^>]+>|\s)+", " ", html)
    named = dict(re.findall(r"(当天|\d+ 天内) ([\d,]+) [\d.]+%", text.partition("占办结的")[2].partition("超过")[0]))
    return {
        "pairs": int(re.findall(r"办结 ([\d,]+) 件", text)[0].replace(",", "")),
        "median": int(re.findall(r"用时中位数 (\d+) 个日历天", text)[0]),
        "within": {
            name.removesuffix(" 天内").replace("当天", "0"): int(n.replace(",", "")) for name, n in named.items()
        },
    }


def test_it_agrees_with_a_script_that_knows_nothing_of_it(cast: object, answered: Path, tmp_path: Path):
    now = timezone.now()
    with everything(), held_to("importer"):
        done = import_matters(path=answered, source="answered", rejects_path=tmp_path / "rejects.csv", now=now)
    assert done.rejected == 0
    script = by_script(answered)
    assert script["untimed"] == 1
    if "SHANZHI_DATA" in os.environ:
        assert (script["pairs"], script["median"]) == (1_999, 11)
    expected = {name: script[name] for name in ("pairs", "median", "within")}
    found = counted(ListFilter(open_only=False), now)
    assert (found.whole.took.matters, found.whole.open.matters) == (script["pairs"], script["untimed"])
    assert by_command(told(found)) == expected
    assert by_page(page(signed_in("supervisor").get(f"/oversight/ontime/?{ALL}"))) == expected


def test_the_command_refuses_what_is_not_there(cast: object):
    late, early = datetime(2026, 5, 2).date(), datetime(2026, 5, 1).date()
    for wanted in (
        ListFilter(reported_from=late, reported_to=early),
        ListFilter(sitting=Sitting(ended_from=late, ended_to=early)),
        ListFilter(region_code="9999"),
        ListFilter(region_code="3703'; --"),
        ListFilter(kind="nothing"),
        ListFilter(channel="pigeon"),
    ):
        with pytest.raises(InputError):
            counted(wanted, timezone.now())
    lines = told(counted(ListFilter(region_code="370303"), timezone.now()))
    assert lines[:3] == ["办结：0 件", "用时中位数：不适用", "当天：0 / 0 = 不适用"]


def test_the_script_reads_times_as_the_city_has_them(tmp_path: Path):
    path = tmp_path / "zones.csv"
    rows = ("2019-04-25T23:50:00,2019-04-26T00:30:00", "2019-04-25T15:00:00Z,2019-04-25T17:00:00+00:00", "2019-04-25,")
    path.write_text("\n".join(("reported_at,replied_at", *rows)), encoding="utf-8")
    assert by_script(path) == {
        "pairs": 2,
        "untimed": 1,
        "median": 1,
        "within": {"0": 0, "5": 2, "15": 2, "30": 2, "60": 2},
    }
