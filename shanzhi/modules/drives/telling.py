"""Telling units: an application waits for them, was decided, a holder is heard."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from shanzhi.core.text import msg
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices.operations import NewNotice
from shanzhi.kernel.notices.policy import Happened, offer_places, register_text
from shanzhi.modules.drives.models import Application
from shanzhi.modules.drives.policy.words import APPLICATION_SUBJECT, VISIT

TEXTS = {
    "drives.applied": msg("%(place)s申报“%(name)s”，请安排核查"),
    "drives.visited": msg("%(place)s申报的“%(name)s”已经核查，请决定"),
    "drives.granted": msg("%(place)s已被授予“%(name)s”"),
    "drives.refused": msg("%(place)s申报的“%(name)s”不予授予，理由见申报"),
    "drives.hearing": msg("%(place)s的“%(name)s”拟撤销，请在期限内申辩"),
    "drives.stated": msg("%(place)s对拟撤销“%(name)s”已经申辩，请决定"),
    "drives.withdrawn": msg("%(place)s的“%(name)s”已被撤销"),
    "drives.dropped": msg("%(place)s的“%(name)s”不撤销"),
    "drives.ends_soon": msg("%(place)s的“%(name)s”%(until)s到期，要续的请在新一轮创建里申报"),
    "drives.ended": msg("%(place)s的“%(name)s”%(until)s已到期"),
}
TO_DRIVE = frozenset({"visited", "stated"})
"""Told to whoever opened the drive; the rest to the unit that applies."""

for code, text in TEXTS.items():
    register_text(code, text)
offer_places("unit", "drives.", {"place": "", "name": ""})


def of_drives(events: Sequence[Happened], now: datetime) -> None:
    """Tell whose turn it is now, and whoever waits for an answer (worker)."""
    notices.notices_write(list(_lines(events)), now=now)


def _lines(events: Sequence[Happened]) -> Iterator[NewNotice]:
    rows = Application.objects.select_related("drive").in_bulk([int(event.body["application"]) for event in events])
    for event in events:
        row, after = rows.get(int(event.body["application"])), str(event.body["after"])
        if (
            row is None
            or f"drives.{after}" not in TEXTS
            or (after == "withdrawn" and event.body["before"] != "hearing")
        ):
            continue
        yield from _told(row, after, int(event.body["step"]))


def _told(row: Application, after: str, step: int) -> Iterator[NewNotice]:
    params: Mapping[str, object] = {"place": row.place_name, "name": row.drive.title, "application": row.pk}
    said = (APPLICATION_SUBJECT, row.pk, step, f"drives.{after}", dict(params))
    if after == "applied":
        for role in sorted(role.code for role in roles().values() if VISIT in role.may):
            yield NewNotice(row.drive.unit_id, role, *said)
    elif after in TO_DRIVE:
        yield NewNotice(row.drive.unit_id, row.drive.role, *said)
    else:
        yield NewNotice(row.unit_id, row.role, *said)
