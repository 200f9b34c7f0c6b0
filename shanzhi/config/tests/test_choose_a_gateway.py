"""Whoever sets the city up says how text messages go out; what would show codes to everybody doesn't start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def started(tmp_path: Path, **environment: str) -> str:
    """What the settings say of SMS, or the last line of the error."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHANZHI_")}
    done = subprocess.run(
        [sys.executable, "-c", "from shanzhi.config import settings; print(settings.SMS)"],
        cwd=ROOT,
        env={**clean, "PYTHONPATH": str(ROOT), "SHANZHI_HOME": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout or done.stderr).strip().splitlines()[-1]


@pytest.mark.parametrize(
    "environment, said",
    [
        ({}, "none"),
        ({"SHANZHI_DEMO": "1"}, "log"),
        ({"SHANZHI_DEMO": "1", "SHANZHI_SMS": "none"}, "none"),
        ({"SHANZHI_SMS": "http", "SHANZHI_SMS_URL": "https://sms.example/", "SHANZHI_SMS_TOKEN": "t" * 32}, "http"),
        ({"SHANZHI_SMS": "log"}, "only a demo city may"),
        ({"SHANZHI_SMS": "pigeon"}, "is none, log or http"),
        ({"SHANZHI_SMS": "http"}, "needs SHANZHI_SMS_URL"),
        (
            {"SHANZHI_SMS": "http", "SHANZHI_SMS_URL": "https://sms.example/", "SHANZHI_SMS_TOKEN": "short"},
            "32 characters",
        ),
        ({"SHANZHI_OUTBOUND_ALLOW": "http://x"}, "neither a network nor a host name"),
    ],
)
def test_it_starts_only_with_what_is_whole(tmp_path, environment, said):
    assert said in started(tmp_path, **environment)
