"""A unit is closed: what is open of it goes to its successor as it stands, or it isn't closed."""

from datetime import datetime

from django.db import connection

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.operations import Draft
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.matters.operations.step import STEP_TOPIC
from shanzhi.kernel.matters.policy.payloads import Succession
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.organisation.policy.offices import UnitBusy, UnitClosing

HANDED = "succeed"
"""The action's name in the event that the background works on."""


def before_unit_closes(closing: UnitClosing, author: Author, now: datetime) -> None:
    """Hand over what a closing unit still has, with a journal entry for each matter; 5 statements, however many.

    Clocks run on: what was promised stays promised.

    Raises:
        UnitBusy: it has open work and no successor is named, or not all of it lies in the keeper's place.
    """
    count = _count(closing.unit_id)
    if not count:
        return
    if closing.successor_id is None:
        raise UnitBusy(
            msg("“%(name)s”还有 %(count)d 件在办事项，不能撤销。请指定接收单位，或先办结、转出这些事项。"),
            name=closing.unit_name,
            count=count,
        )
    if author.kind != "post":
        raise UnitBusy(
            msg("“%(name)s”还有 %(count)d 件在办事项。请由系统管理员在网页上撤销，并指定接收单位。"),
            name=closing.unit_name,
            count=count,
        )
    _hand_over(closing, author, now, count)


def _count(unit_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT matters_open_work_of(%s)", [unit_id])
        return int(cursor.fetchone()[0])


def _hand_over(closing: UnitClosing, author: Author, now: datetime, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM matters_unit_succeeds(%s, %s, %s)", [closing.unit_id, closing.successor_id, now])
        rows = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM matters_matter WHERE id = ANY(%s)", [[row[0] for row in rows]])
        seen = int(cursor.fetchone()[0])
    if not seen == len(rows) == count:
        raise UnitBusy(
            msg("“%(name)s”有在办事项不在您管的范围里，不能由您交接。请由上级的系统管理员撤销。"),
            name=closing.unit_name,
        )
    assert closing.successor_id is not None  # noqa: S101 - whoever calls has looked
    journal.record_many(
        Draft(
            Succession(number=number, from_unit_id=closing.unit_id, to_unit_id=closing.successor_id, part=part),
            Subject("matter", matter_id, steps, scope_code),
            author,
            now,
        )
        for matter_id, number, steps, scope_code, part in rows
    )
    day = str(local_date(now))
    notices.emit_many(
        topic=STEP_TOPIC,
        bodies=[{"matter": row[0], "step": row[2], "action": HANDED, "day": day} for row in rows],
        now=now,
    )
