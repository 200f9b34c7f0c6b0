"""Every read of matters: under row-level security, prefetched, as small dataclasses with names in place of ids."""

from shanzhi.kernel.matters.queries.card import (
    ActionChoice,
    MatterCard,
    Share,
    TimelineEntry,
    card,
    hash_of_code,
    matter_id_of_number,
)
from shanzhi.kernel.matters.queries.finding import ListFilter
from shanzhi.kernel.matters.queries.lists import (
    DeskCount,
    MatterPage,
    MatterRow,
    desk_count,
    matters_page,
    rows_by_ids,
)
from shanzhi.kernel.matters.queries.released import PublicSource, public_sources
from shanzhi.kernel.matters.queries.state import LoopState, Parties, loop_state, parties_of
from shanzhi.kernel.matters.queries.triage import TriageHint, suggested_unit, triage_hint
from shanzhi.kernel.matters.rulebook import (
    Categories,
    CategoryGroup,
    Ground,
    ReplyTemplate,
    categories,
    current_kind,
    grounds,
    kind_version,
    work_calendar,
)

__all__ = [
    "ActionChoice",
    "Categories",
    "CategoryGroup",
    "DeskCount",
    "Ground",
    "ListFilter",
    "LoopState",
    "MatterCard",
    "MatterPage",
    "MatterRow",
    "Parties",
    "PublicSource",
    "ReplyTemplate",
    "Share",
    "TimelineEntry",
    "TriageHint",
    "card",
    "categories",
    "current_kind",
    "desk_count",
    "grounds",
    "hash_of_code",
    "kind_version",
    "loop_state",
    "matter_id_of_number",
    "matters_page",
    "parties_of",
    "public_sources",
    "rows_by_ids",
    "suggested_unit",
    "triage_hint",
    "work_calendar",
]
