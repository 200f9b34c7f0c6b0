"""What the tests of keys and time limits share: a city that keeps what is committed, and keys of their own."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from shanzhi.config import database
from shanzhi.kernel.vault import keys
from shanzhi.kernel.vault.models import Record, Rotation
from tests.city import NOW
from tests.concurrency.committed import City, city

__all__ = ["city"]


@pytest.fixture
def own_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own with a copy of the standing city's secrets."""
    shutil.copy2(settings.INSTALLATION.secrets_file, tmp_path / "secrets.json")
    monkeypatch.setattr(settings, "INSTALLATION", replace(settings.INSTALLATION, home=tmp_path))
    return tmp_path / "secrets.json"


@pytest.fixture
def working(city: City, own_secrets: Path) -> Iterator[Any]:
    """The worker of the committed city, with an empty vault and keys of its own."""
    with database.acting_as(city.installation, "worker"):
        yield city
        Record.objects.all().delete()
        Rotation.objects.filter(done_at=None).update(done_at=NOW)
    keys._held = None
