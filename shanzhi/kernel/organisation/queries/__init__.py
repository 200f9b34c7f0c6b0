"""Every read of regions, units and posts: as of a date, frozen dataclasses, pinned numbers of queries.

Nothing here is personal data of residents, and nothing is hidden by row: who governs where is public.
"""

from shanzhi.kernel.organisation.queries.posts import (
    PostCard,
    Responsible,
    post_card,
    post_cards,
    post_names,
    posts_of_staff,
    posts_of_unit,
    responsible_on,
)
from shanzhi.kernel.organisation.queries.regions import (
    RegionRow,
    children,
    communities_for_picker,
    find_regions,
    path,
    paths_of,
    region_at_or_above,
    region_by_id,
    region_of_code,
    top_regions,
    zones_over,
)
from shanzhi.kernel.organisation.queries.rules import unit_catalogue, zone_plans
from shanzhi.kernel.organisation.queries.units import (
    Intake,
    UnitRow,
    centre_for,
    intake_for,
    unit_by_code,
    unit_by_id,
    unit_for_department,
    units_by_ids,
    units_within,
)
from shanzhi.kernel.organisation.tree import one_tree

__all__ = [
    "Intake",
    "PostCard",
    "RegionRow",
    "Responsible",
    "UnitRow",
    "centre_for",
    "children",
    "communities_for_picker",
    "find_regions",
    "intake_for",
    "one_tree",
    "path",
    "paths_of",
    "post_card",
    "post_cards",
    "post_names",
    "posts_of_staff",
    "posts_of_unit",
    "region_at_or_above",
    "region_by_id",
    "region_of_code",
    "responsible_on",
    "top_regions",
    "unit_by_code",
    "unit_by_id",
    "unit_catalogue",
    "unit_for_department",
    "units_by_ids",
    "units_within",
    "zone_plans",
    "zones_over",
]
