"""Every change of regions, units and posts: keyword-only, atomic, one journal entry each."""

from shanzhi.kernel.organisation.operations._common import offices_lock
from shanzhi.kernel.organisation.operations.admission import admission_add, admission_end
from shanzhi.kernel.organisation.operations.given import RegionGiven, RegionsJudged, regions_add, regions_judge
from shanzhi.kernel.organisation.operations.holdings import end_holding, hold_post, post_close, staff_add
from shanzhi.kernel.organisation.operations.offices import (
    NewUnit,
    unit_add,
    unit_close,
    unit_limit,
    unit_move,
    unit_rename,
)
from shanzhi.kernel.organisation.operations.places import (
    looks_like,
    place_add,
    place_change,
    place_close,
    places_follow,
)
from shanzhi.kernel.organisation.operations.posts import PostsCount, StaffCount, posts_load, posts_staff
from shanzhi.kernel.organisation.operations.redraw import RegionsChangedCount, redraw_followed, regions_change
from shanzhi.kernel.organisation.operations.regions import RegionsCount, regions_load, zone_create
from shanzhi.kernel.organisation.operations.seats import (
    SEES_NAMES,
    NewPost,
    PostNow,
    check_post_now,
    post_add,
    post_change,
    post_differences,
    post_rename,
)
from shanzhi.kernel.organisation.operations.shapes import shapes_keep, shapes_load, shapes_take_over
from shanzhi.kernel.organisation.operations.units import UnitsCount, units_load
from shanzhi.kernel.organisation.operations.upper import UpperCount, upper_load

__all__ = [
    "SEES_NAMES",
    "NewPost",
    "NewUnit",
    "PostNow",
    "PostsCount",
    "RegionGiven",
    "RegionsChangedCount",
    "RegionsCount",
    "RegionsJudged",
    "StaffCount",
    "UnitsCount",
    "UpperCount",
    "admission_add",
    "admission_end",
    "check_post_now",
    "end_holding",
    "hold_post",
    "looks_like",
    "offices_lock",
    "place_add",
    "place_change",
    "place_close",
    "places_follow",
    "post_add",
    "post_change",
    "post_close",
    "post_differences",
    "post_rename",
    "posts_load",
    "posts_staff",
    "redraw_followed",
    "regions_add",
    "regions_change",
    "regions_judge",
    "regions_load",
    "shapes_keep",
    "shapes_load",
    "shapes_take_over",
    "staff_add",
    "unit_add",
    "unit_close",
    "unit_limit",
    "unit_move",
    "unit_rename",
    "units_load",
    "upper_load",
    "zone_create",
]
