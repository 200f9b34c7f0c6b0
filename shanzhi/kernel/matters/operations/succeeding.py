"""A unit is closed by itself: what is open of it goes to its successor (`recoding.matters_follow`), or it isn't closed."""

from datetime import datetime

from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.matters.queries.redraws import open_matters_of_units
from shanzhi.kernel.organisation.policy.offices import UnitBusy, UnitClosing


def before_unit_closes(closing: UnitClosing, author: Author, now: datetime) -> None:
    """See that somebody takes over what a closing unit still has; 1 query.

    Clocks run on: what was promised stays promised.

    Raises:
        UnitBusy: it has open work and no successor is named.
    """
    if closing.successor_id is not None:
        return
    count = open_matters_of_units([closing.unit_id])
    if count:
        raise UnitBusy(
            msg("“%(name)s”还有 %(count)d 件在办事项，不能撤销。请指定接收单位，或先办结、转出这些事项。"),
            name=closing.unit_name,
            count=count,
        )
