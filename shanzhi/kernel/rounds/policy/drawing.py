"""What a draw for a round is called, what its lines are, and what came out of it. Pure."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

CITY, ITEM, MATTER, PLACE = "city", "item", "matter", "place"
"""Strata: those of matters have their kind behind the word."""


def round_purpose(uid: UUID) -> str:
    """The draws of a round's cities."""
    return f"round {uid} cities"


def city_purpose(uid: UUID, code: str) -> str:
    """The draws of what is checked in a city."""
    return f"round {uid} city {code}"


def item_id(key: str) -> str:
    """An item's line."""
    return f"item {key}"


def place_id(code: str, county: str) -> str:
    """A place's line: its code, and its county's, which the organiser's platform knows."""
    return f"place {code} {county}".rstrip()


class Outcome(Protocol):
    """What came out of a draw, by stratum."""

    @property
    def drawn(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Ids by stratum."""


def drawn_of(outcome: Outcome | None) -> Mapping[str, tuple[str, ...]]:
    """What was drawn by stratum; nothing where nothing was yet."""
    return dict(outcome.drawn) if outcome is not None else {}
