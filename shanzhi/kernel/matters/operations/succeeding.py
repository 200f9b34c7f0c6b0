"""A unit is closed by itself: what is open of it goes to its successor (`recoding.matters_follow`), or it isn't closed.

Whoever takes over, from such a unit or from one that ended with its region, is told once, in the move's transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.matters.queries.redraws import open_matters_of_units
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.organisation.policy.offices import UnitBusy, UnitClosing

SUCCEEDED_TOPIC = "matters.succeeded"

# The same line of heirs as `matters_units_follow`; the day is that on which the unit itself ended.
_COMING = """
WITH RECURSIVE line (old_id, new_id, since) AS (
    SELECT h.old_unit_id, h.new_unit_id, h.effective_on FROM organisation_unit_heir h WHERE h.effective_on <= %(on)s
    UNION
    SELECT l.old_id, h.new_unit_id, l.since FROM line l JOIN organisation_unit_heir h ON h.old_unit_id = l.new_id
    WHERE h.effective_on <= %(on)s
)
SELECT l.old_id, l.new_id, l.since, count(*) FROM line l CROSS JOIN LATERAL (
    SELECT m.id FROM matters_matter m WHERE m.ended_at IS NULL AND m.holder_unit_id = l.old_id
    UNION SELECT m.id FROM matters_matter m WHERE m.ended_at IS NULL AND m.intake_unit_id = l.old_id
    UNION SELECT m.id FROM matters_assignment a JOIN matters_matter m ON m.id = a.matter_id
        WHERE a.ended_at IS NULL AND m.ended_at IS NULL AND a.unit_id = l.old_id
    UNION SELECT m.id FROM matters_ask k JOIN matters_matter m ON m.id = k.matter_id
        WHERE k.state = 'open' AND m.ended_at IS NULL AND (k.to_unit_id = l.old_id OR k.unit_id = l.old_id)
) f
WHERE NOT EXISTS (SELECT 1 FROM organisation_unit_heir h WHERE h.old_unit_id = l.new_id AND h.effective_on <= %(on)s)
GROUP BY 1, 2, 3 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Coming:
    """So many open matters of a unit that ended on `since` wait to go to the one that takes over."""

    old_unit_id: int
    new_unit_id: int
    since: date
    count: int


def coming(today: date) -> list[Coming]:
    """What waits to be handed on, for each unit that ended; 1 query. Worker's role."""
    with connection.cursor() as cursor:
        cursor.execute(_COMING, {"on": today})
        return [Coming(*row) for row in cursor.fetchall()]


def tell_heirs(waiting: Sequence[Coming], *, now: datetime) -> None:
    """Put into the outbox what goes to whom, in the transaction that begins to hand it on. A later batch or a straggler
    says it again; whoever reads writes one notice a pair of units (`tasks.write_of_successions`)."""
    bodies = [
        {"from": one.old_unit_id, "to": one.new_unit_id, "since": one.since.isoformat(), "count": one.count}
        for one in waiting
    ]
    if bodies:
        notices.emit_many(topic=SUCCEEDED_TOPIC, bodies=bodies, now=now)


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
