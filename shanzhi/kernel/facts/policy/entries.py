"""An entry of the journal as the fold takes it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """One entry of a matter: its number within the matter, what was done in which shape, when, by whom, and the payload as it
    was written (`payloads` of the slices)."""

    matter_id: int
    step: int
    action: str
    version: int
    happened_at: datetime
    author_kind: str
    author_unit_id: int | None
    payload: Mapping[str, Any]
