"""Every change of regions, units and posts: keyword-only, atomic, one journal entry each."""

from shanzhi.kernel.organisation.operations.given import RegionGiven, RegionsJudged, regions_add, regions_judge
from shanzhi.kernel.organisation.operations.holdings import end_holding, hold_post, post_close, staff_add
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
from shanzhi.kernel.organisation.operations.shapes import shapes_keep, shapes_load, shapes_take_over
from shanzhi.kernel.organisation.operations.units import UnitsCount, units_load

__all__ = [
    "PostsCount",
    "RegionGiven",
    "RegionsChangedCount",
    "RegionsCount",
    "RegionsJudged",
    "StaffCount",
    "UnitsCount",
    "end_holding",
    "hold_post",
    "looks_like",
    "place_add",
    "place_change",
    "place_close",
    "places_follow",
    "post_close",
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
    "units_load",
    "zone_create",
]
