"""A round of the standing city by a small guideline, and posts by name."""

from datetime import date
from typing import Any
from uuid import UUID

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.indicators.tests.support import TEXT
from shanzhi.kernel.rounds import operations
from shanzhi.kernel.rounds.models import RoundCity
from shanzhi.kernel.rounds.policy.text import Calendar, Guideline, Place, RoundText
from shanzhi.kernel.rounds.policy.words import RoundKind
from tests.city import NOW

LETTER = UUID(int=7)
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
