"""A round of the standing city by a small guideline, and posts by name."""

from datetime import date
from typing import Any
from uuid import UUID

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.facts.policy.payloads import MONTH_SUBJECT, FactsCut
from shanzhi.kernel.facts.policy.rows import FORM
from shanzhi.kernel.indicators.models import Computing, Observation
from shanzhi.kernel.indicators.tests.support import TEXT
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.rounds import operations
from shanzhi.kernel.rounds.models import RoundCity
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.text import Calendar, Guideline, Place, RoundText
from shanzhi.kernel.rounds.policy.words import RoundKind
from tests.city import NOW

LETTER, SYSTEM_AUTHOR = UUID(int=7), Author("system")
CALENDAR = Calendar(date(2025, 11, 1), date(2025, 12, 10), date(2025, 12, 20), date(2026, 1, 10), date(2026, 1, 20))


def round_text(**given: Any) -> RoundText:
    """A trial round over October 2025, with what a test changes."""
    usual: dict[str, Any] = {
        "uid": UUID(int=1), "name": "2025年市域治理试评", "kind": RoundKind.TRIAL, "guideline": Guideline("test", 1, TEXT),
        "first": 202510, "last": 202510, "calendar": CALENDAR, "organiser": Place("37", "山东省"),
        "cities": (Place("3703", "淄博市"), Place("3705", "东营市")),
    }  # fmt: skip
    return RoundText(**(usual | given))


def taken_over(actor: Actor, **given: Any) -> RoundCity:
    """The standing city's row of a round that came by letter."""
    with acting(actor):
        pk = operations.round_take_over(text=round_text(**given), letter=LETTER, actor=actor, now=NOW)
        return RoundCity.objects.get(round_id=pk)


def cut(months: tuple[int, ...] = (202510,)) -> None:
    """Let months be cut, as their nights would. As the worker, or with all rights."""
    for month in months:
        said = FactsCut(month, FORM, 1, 0, 0, "00" * 32, "00" * 32)
        journal.record(payload=said, subject=Subject(MONTH_SUBJECT, month), author=SYSTEM_AUTHOR, happened_at=NOW)


def let_stand(region: int, key: str, numerator: int, denominator: int, *, months: int = 1, month: int = 202510) -> None:
    """Let a figure stand as computing would keep it. As the worker, or with all rights."""
    Computing.objects.create(key=key, month=month, months=months, version=1, computed_at=NOW, checked_at=NOW, cursor=0)
    Observation.objects.create(
        region_id=region,
        month=month,
        key=key,
        months=months,
        numerator=numerator,
        denominator=denominator,
        under="3703",
    )


def moved(actor: Actor, row: RoundCity, *targets: State) -> RoundCity:
    """The row after these steps of the city's."""
    with acting(actor):
        for target in targets:
            operations.city_move(city_id=row.pk, target=target, actor=actor, now=NOW)
        row.refresh_from_db()
    return row
