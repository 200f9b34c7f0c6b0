"""Settings of the tests: the real ones, on the embedded PostgreSQL in a home folder and database of their own."""

import os
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
# A server for each process of the tests: what one has open would hold up the sealing of another, since the oldest
# transaction is that of the whole server.
_process = os.environ.get("PYTEST_XDIST_WORKER", "")
_home = Path(os.environ.get("SHANZHI_HOME") or _ROOT / "var" / "test")
os.environ["SHANZHI_HOME"] = str(_home if _home.name == _process else _home / _process)
os.environ["SHANZHI_DATABASE"] = f"shanzhi_test_{_process or 'main'}"

from shanzhi.config.settings import *  # noqa: E402, F403 - the environment has to stand first

# Signing in is what is tested, not how slow the hash is.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The tests of two steps turn them on themselves.
MFA_REQUIRED = False
# WhiteNoise warns of a folder that nothing was collected into yet, and warnings are errors.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
# Nothing is collected for tests of pages: plain names, no hashes.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
# What decides on rules forgets them itself; a look at the clock would make counts of queries depend on the time.
RULES_SECONDS = float("inf")
