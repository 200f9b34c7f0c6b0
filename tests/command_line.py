"""The command line on a copy of the standing city, as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.concurrency.committed import City

ROOT = Path(__file__).parents[1]


def said_by(city: City, *arguments: str) -> tuple[int, str]:
    """`shanzhi ARGUMENTS`: exit code and everything that it said."""
    said = subprocess.run(
        [sys.executable, "-m", "shanzhi", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "SHANZHI_HOME": str(city.installation.home),
            "SHANZHI_DATABASE": city.installation.database,
            "DJANGO_SETTINGS_MODULE": "shanzhi.config.settings",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    return said.returncode, said.stdout
