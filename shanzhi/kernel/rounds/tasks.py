"""Background work of the slice: self-scores are brought up to date, units hear of what they owe."""

from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.core.periods import daily
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices.policy import Happened
from shanzhi.kernel.rounds import letters_upper, telling
from shanzhi.kernel.rounds.models import RoundCity
from shanzhi.kernel.rounds.operations.computing import items_compute
from shanzhi.kernel.rounds.operations.handing import mended_send, objections_send
from shanzhi.kernel.rounds.operations.packing import packs_build
from shanzhi.kernel.rounds.policy.states import State

SOON, PACKS = "rounds.compute", "rounds.packs"
STEP_TOPIC = "matters.step"


def _compute(now: datetime, *, typed_only: bool = False) -> None:
    ids = RoundCity.objects.filter(state=State.EVALUATING.value, round__is_ours=False).values_list("pk", flat=True)
    for city_id in list(ids):
        items_compute(city_id=city_id, now=now, typed_only=typed_only)


@app.periodic(cron=daily("04:40"))
@app.task(queueing_lock=SOON, name=SOON)
def compute(timestamp: int) -> None:
    """At night, and soon after a city begins or asks: every open item of rounds in which the city evaluates itself."""
    _compute(timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="rounds.take_over_typed", name="rounds.take_over_typed")
def take_over_typed(timestamp: int) -> None:
    """Every ten minutes: what daily work has typed in since."""
    _compute(timezone.now(), typed_only=True)


@app.periodic(cron=daily("08:40"))
@app.task(queueing_lock="rounds.remind", name="rounds.remind")
def remind(timestamp: int) -> None:
    """Each morning: units that owe a project's part whose time is nearly over, or is, are told once each."""
    telling.remind(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock=letters_upper.CHECK_SOON, name=letters_upper.CHECK_SOON)
def check_packs(timestamp: int) -> None:
    """Soon after a pack came, and every minute: packs that wait are checked, and taken in where they pass."""
    letters_upper.packs_check(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock=PACKS, name=PACKS)
def build_packs(timestamp: int) -> None:
    """Every minute, and as soon as one is asked for: packs that wait. What isn't sealed yet is tried again then."""
    packs_build(now=timezone.now(), program=program_said())


def pack_asked(events: Sequence[Happened], now: datetime) -> None:
    """A pack is asked for."""
    notices.job_soon(PACKS)


def objected(events: Sequence[Happened], now: datetime) -> None:
    """What cities object to is put into letters."""
    objections_send(city_ids=[int(event.body["round_city"]) for event in events], now=now, program=program_said())


def matters_stepped(events: Sequence[Happened], now: datetime) -> None:
    """Findings whose matters are closed are told above."""
    mended_send(matter_ids=[int(event.body["matter"]) for event in events], now=now, program=program_said())


def program_said() -> str:
    """What stands in letters as the program that wrote them."""
    try:
        return f"shanzhi {version('shanzhi')}"
    except PackageNotFoundError:
        return "shanzhi 0"


def cities_moved(events: Sequence[Happened], now: datetime) -> None:
    """A city that evaluates itself has its items computed."""
    if any(event.body["after"] == State.EVALUATING for event in events):
        notices.job_soon(SOON)
