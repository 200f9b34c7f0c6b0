"""`shanzhi demo --check`: load the city, import a file, drive 200 matters and those by law, cross-check everything."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone
from rich.console import Console
from rich.progress import Progress

from shanzhi.config import database
from shanzhi.config.demo import lawful
from shanzhi.config.demo.city import first_county, load_city
from shanzhi.config.demo.drive import Driver
from shanzhi.config.installation import Installation
from shanzhi.config.worker import drain
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.notices import queries as notices
from shanzhi.modules.imports import operations as imports

DRIVEN = 200


def check(
    installation: Installation, *, city_code: str, messages: Path | None, console: Console
) -> tuple[dict[str, Any], bool]:
    """Run the whole check; returns what is printed, and whether nothing is lost or out of step.

    Raises:
        DomainError: the city can't be loaded, or the file can't be read.
    """
    started = time.monotonic()
    load_city(installation, city_code=city_code, now=timezone.now(), console=console)
    imported = _import(installation, messages, console) if messages else {"imported": 0, "known": 0, "rejected": 0}
    clock: Callable[[], datetime] = timezone.now
    driver = Driver.for_city(city_code, first_county(city_code, clock()), seed=int(time.time()), clock=clock)
    scenarios: Counter[str] = Counter()
    with Progress(console=console, transient=True) as progress:
        for scenario in progress.track(driver.drive(DRIVEN), total=DRIVEN, description="办理 200 件"):
            scenarios[scenario] += 1
    by_law = lawful.at_once(city_code, first_county(city_code, clock()), clock=clock, seed=int(time.time()))
    with database.acting_as(installation, "worker"):
        drain(now=clock)
        state = matters.loop_state()
        backlog, _ = notices.outbox_backlog()
        entries = journal.count_entries()
    said = {
        **imported,
        "driven": sum(scenarios.values()),
        "by_law": by_law,
        "matters": state.total,
        "by_stage": state.by_stage,
        "lost": len(state.lost),
        "out_of_step": len(state.out_of_step),
        "untold_events": backlog,
        "journal_entries": entries,
        "seconds": round(time.monotonic() - started, 1),
    }
    if state.lost or state.out_of_step:
        said["at_fault"] = [*state.lost, *state.out_of_step][:20]
    return said, not state.lost and not state.out_of_step and backlog == 0


def _import(installation: Installation, messages: Path, console: Console) -> dict[str, Any]:
    with database.acting_as(installation, "importer"), Progress(console=console, transient=True) as progress:
        task = progress.add_task("导入", total=None)
        result = imports.import_matters(
            path=messages,
            source=messages.stem,
            rejects_path=installation.home / f"{messages.stem}.rejects.csv",
            now=timezone.now(),
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    return {
        "imported": result.imported,
        "closed_on_import": result.closed,
        "known": result.known,
        "rejected": result.rejected,
        "import_seconds": round(result.seconds, 2),
    }
