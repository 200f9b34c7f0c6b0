"""A region that didn't stand on the day asked for: what to say of it, and where to look instead."""

from datetime import date

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.places import NoSuchPlace
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import RegionSpan

_UNKNOWN = msg("那时没有这个区域，或者您看不到它。请核对区域和期间。")
_NOT_YET = msg(
    "“%(name)s”自 %(day)s 起才有。要按现在的区划看以前的数，请在指数页“按哪天的区划”里选 %(day)s 或以后的一天。"
)
_MERGED = msg("“%(name)s”自 %(day)s 起已并入“%(heir)s”。请改选“%(heir)s”，或选 %(day)s 以前的期间。")
_OVER = msg("“%(name)s”自 %(day)s 起已撤销。请选 %(day)s 以前的期间。")


def not_there(on: date, *, region_id: int | None = None, code: str = "") -> NoSuchPlace:
    """What to raise where no region of this id, or of this code, stood on a day: when it did, and what took its place;
    2 queries."""
    spans = [one for one in organisation.region_spans(grids=False) if one.region_id == region_id or one.code == code]
    ended = [one for one in spans if one.until_on is not None and one.until_on <= on]
    if ended:
        return _ended(max(ended, key=lambda one: one.until_on or on), on)
    begins = sorted(spans, key=lambda one: one.from_on)
    return NoSuchPlace(_NOT_YET, name=begins[0].name, day=begins[0].from_on) if begins else NoSuchPlace(_UNKNOWN)


def _ended(last: RegionSpan, on: date) -> NoSuchPlace:
    heir = organisation.region_became(last.region_id, last.from_on, on)
    row = organisation.region_by_id(heir, on) if heir is not None and heir != last.region_id else None
    if row is None:
        return NoSuchPlace(_OVER, name=last.name, day=last.until_on)
    return NoSuchPlace(_MERGED, name=last.name, day=last.until_on, heir=row.name)
