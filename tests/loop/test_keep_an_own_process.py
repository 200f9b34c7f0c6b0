"""A city keeps a process of its own: what the program brings newer is taken over beside it, as a draft."""

from datetime import timedelta
from pathlib import Path

import pytest

from shanzhi.config import database
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.operations.kinds import KindChanged
from shanzhi.kernel.matters.rulebook import forget_kinds
from shanzhi.kernel.matters.tests.test_keep_processes import NEXT, SHIPPED, SOURCE
from tests.city import NOW
from tests.concurrency.committed import City
from tests.concurrency.steps import report

TODAY = local_date(NOW)


def takes_over(city: City, folder: Path, source: str) -> int:
    """A newer program starts: its process file is taken over as the importer."""
    path = folder / "request.toml"
    path.write_text(source, encoding="utf-8")
    with database.acting_as(city.installation, "importer"):
        return operations.kinds_take_over(paths=[path], now=NOW)


def goes_live(city: City, version: int) -> None:
    keeper = city.cast.keeper
    with acting(keeper):
        seen = queries.process("request", TODAY).seen
        operations.process_go_live(
            code="request", version=version, holds_from=TODAY, based_on=seen, accepts=0, actor=keeper, now=NOW
        )
    forget_kinds()


def runs_under(city: City) -> int:
    made = report()
    with database.acting_as(city.installation, "worker"):
        return Matter.objects.only("kind_version").get(pk=made.matter_id).kind_version


def test_the_programs_newer_version_waits_beside_the_citys_own(city: City, tmp_path: Path) -> None:
    newer, keeper = SOURCE.replace(f"version = {SHIPPED}", "version = 90", 1), city.cast.keeper
    with pytest.raises(KindChanged):
        takes_over(city, tmp_path, SOURCE.replace("5wd", "7wd", 1))
    with acting(keeper):
        operations.process_upload(data=NEXT.encode(), actor=keeper, now=NOW)
    goes_live(city, 70)
    assert takes_over(city, tmp_path, newer) == 1
    assert takes_over(city, tmp_path, newer) == 0
    # The program's file of the city's own number isn't the city's, and changes nothing.
    assert takes_over(city, tmp_path, NEXT.replace("5wd", "7wd", 1)) == 0
    page = queries.process("request", TODAY + timedelta(days=400))
    assert (page.in_force, [row.number for row in page.decisions if row.number == 90]) == (70, [])
    assert runs_under(city) == 70
    # The keeper looks at the draft, and lets it go live like any other.
    goes_live(city, 90)
    assert runs_under(city) == 90
