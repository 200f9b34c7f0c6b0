"""The command line on a copy of the standing city, as a process of its own."""

import os

from tests.concurrency.committed import City
from tests.started import run


def said_by(city: City, *arguments: str) -> tuple[int, str]:
    """`shanzhi ARGUMENTS`: exit code and everything that it said."""
    environment = {
        **os.environ,
        "SHANZHI_HOME": str(city.installation.home),
        "SHANZHI_DATABASE": city.installation.database,
        "DJANGO_SETTINGS_MODULE": "shanzhi.config.settings",
    }
    said = run("shanzhi", *arguments, env=environment, is_one=True)
    return said.returncode, said.stdout
