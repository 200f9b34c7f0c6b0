"""Indicators and catalogues for tests: the ones of docs/indicators.md, and variations of them."""

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from shanzhi.kernel.indicators.policy.definitions import (
    Catalogue,
    Direction,
    Figure,
    Indicator,
    Scoring,
    ScoringKind,
)
from shanzhi.kernel.indicators.policy.loading import load_catalogue
from shanzhi.kernel.indicators.policy.values import Numbers as Numbers  # noqa: PLC0414  # offered on
from shanzhi.kernel.indicators.policy.values import Value, value_of

DOCS = Path(__file__).parents[4] / "docs" / "indicators.md"


def documented() -> str:
    """The catalogue file that the documentation shows in pieces: head, indicators, index."""
    blocks = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    return "".join(block for block in blocks if block.startswith("["))


def catalogue(text: str = "") -> Catalogue:
    """The catalogue of a text that is sound; the documented one by default."""
    found = load_catalogue(text or documented(), roles={"keeper"})
    assert isinstance(found, Catalogue), [str(problem) for problem in found]
    return found


def indicator(**changed: Any) -> Indicator:
    """The documented rate, in per cent with two places, with changes."""
    return replace(catalogue().indicators[0], **{"minimum": 1} | changed)


def counted(**changed: Any) -> Indicator:
    """A count of things, the fewer the better."""
    given = {"figure": Figure.COUNT, "scale": Fraction(1), "decimals": 0, "direction": Direction.LOWER}
    return indicator(**given | changed)


def value(top: int | None, bottom: int, of: Indicator | None = None) -> Value:
    """The value of two integers."""
    return value_of(of or indicator(), Numbers(top, bottom))


def scoring(kind: ScoringKind, **given: Any) -> Scoring:
    """A scoring with numbers as texts or whole numbers."""
    steps = tuple((Decimal(mark), Decimal(points)) for mark, points in given.pop("steps", ()))
    return Scoring(kind, steps=steps, **{name: Decimal(number) for name, number in given.items()})
