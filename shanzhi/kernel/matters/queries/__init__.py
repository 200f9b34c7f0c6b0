"""Every read of matters: under row-level security, prefetched, as small dataclasses with names in place of ids."""

from shanzhi.kernel.matters.queries.bulk import BulkRow, bulk_count, matters_in_bulk
from shanzhi.kernel.matters.queries.calling import CallerMatter, likely_categories, open_of_phone
from shanzhi.kernel.matters.queries.card import (
    ActionChoice,
    MatterCard,
    Share,
    TimelineEntry,
    card,
    hash_of_code,
    matter_id_of_number,
    step_title,
)
from shanzhi.kernel.matters.queries.dispatching import Elsewhere, Trial, VersionRow, dispatch_trial, dispatch_versions
from shanzhi.kernel.matters.queries.finding import ListFilter
from shanzhi.kernel.matters.queries.lists import (
    DeskCount,
    MatterPage,
    MatterRow,
    desk_count,
    matters_page,
    rows_by_ids,
)
from shanzhi.kernel.matters.queries.offices import OpenWork, open_work_in_all, open_work_of_units
from shanzhi.kernel.matters.queries.redraws import open_matters_of
from shanzhi.kernel.matters.queries.released import PublicSource, public_sources
from shanzhi.kernel.matters.queries.rights import (
    Kept,
    Reading,
    ReadingPage,
    RightsState,
    follow_of_phone,
    kept,
    phone_index,
    readings,
    rights_state,
)
from shanzhi.kernel.matters.queries.state import LoopState, Parties, loop_state, parties_of
from shanzhi.kernel.matters.queries.triage import TriageHint, suggested_unit, triage_hint
from shanzhi.kernel.matters.queries.views import ViewRow, my_views
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
    "BulkRow",
    "CallerMatter",
    "Categories",
    "CategoryGroup",
    "DeskCount",
    "Elsewhere",
    "Ground",
    "Kept",
    "ListFilter",
    "LoopState",
    "MatterCard",
    "MatterPage",
    "MatterRow",
    "OpenWork",
    "Parties",
    "PublicSource",
    "Reading",
    "ReadingPage",
    "ReplyTemplate",
    "RightsState",
    "Share",
    "TimelineEntry",
    "TriageHint",
    "Trial",
    "VersionRow",
    "ViewRow",
    "bulk_count",
    "card",
    "categories",
    "current_kind",
    "desk_count",
    "dispatch_trial",
    "dispatch_versions",
    "follow_of_phone",
    "grounds",
    "hash_of_code",
    "kept",
    "kind_version",
    "likely_categories",
    "loop_state",
    "matter_id_of_number",
    "matters_in_bulk",
    "matters_page",
    "my_views",
    "open_matters_of",
    "open_of_phone",
    "open_work_in_all",
    "open_work_of_units",
    "parties_of",
    "phone_index",
    "public_sources",
    "readings",
    "rights_state",
    "rows_by_ids",
    "step_title",
    "suggested_unit",
    "triage_hint",
    "work_calendar",
]
