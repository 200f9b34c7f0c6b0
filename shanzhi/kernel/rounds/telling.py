"""Telling units: which part of a round they owe, what waits for their signature, where the round stands."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices.operations import NewNotice
from shanzhi.kernel.notices.policy import Happened, offer_places, register_text
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.rounds.book import ruler_of
from shanzhi.kernel.rounds.models import Duty, RoundCity
from shanzhi.kernel.rounds.operations._scores import as_scored, last_scores, open_now
from shanzhi.kernel.rounds.policy.items import is_complete
from shanzhi.kernel.rounds.policy.states import STATES, State
from shanzhi.kernel.rounds.policy.words import LEAD

TEXTS = {
    "rounds.moved": msg("%(round)s：%(city)s现在是“%(state)s”"),
    "rounds.owed_soon": msg("请在 %(due)s 以前完成自评：%(round)s %(project)s，还差 %(count)s 项"),
    "rounds.owed_late": msg("自评已过期限：%(round)s %(project)s，还差 %(count)s 项"),
}
AHEAD = timedelta(days=3)
"""How long before its date somebody is reminded."""

for code, text in TEXTS.items():
    register_text(code, text)
offer_places("unit", "rounds.", {"city": ""})


def of_cities(events: Sequence[Happened], now: datetime) -> None:
    """Tell whoever leads the city's round here where it stands now (worker)."""
    notices.notices_write(list(_of_cities(events, now)), now=now)


def _of_cities(events: Sequence[Happened], now: datetime) -> Iterator[NewNotice]:
    rows = RoundCity.objects.select_related("round").in_bulk([int(event.body["round_city"]) for event in events])
    leading = [role.code for role in roles().values() if LEAD in role.may]
    cards = organisation.posts_of_roles(leading, local_date(now))
    for event in events:
        row = rows.get(int(event.body["round_city"]))
        if row is None or row.round.is_ours or event.body["before"] == event.body["after"]:
            continue
        state = STATES[State(str(event.body["after"]))]
        params = {"round": row.round.name, "city": row.name, "state": state, "round_city": row.pk}
        for unit_id, role in sorted({(one.unit_id, one.role) for one in cards if one.region_code == row.city_code}):
            yield NewNotice(unit_id, role, "round_city", row.pk, int(event.body["step"]), "rounds.moved", params)


def remind(*, now: datetime) -> int:
    """Remind of projects' parts whose time is nearly over, or has passed; each unit and project once. Returns how many lines
    were written. Worker's role."""
    on, lines = local_date(now), []
    for row in RoundCity.objects.select_related("round").filter(state=State.EVALUATING.value, round__is_ours=False):
        duties = [
            one for one in Duty.objects.filter(round_city=row, is_last=True) if one.project and on >= one.due_on - AHEAD
        ]
        if duties:
            owed = owed_by_project(row)
            lines += [
                _reminder(row, one, owed[one.project], late=on > one.due_on) for one in duties if owed.get(one.project)
            ]
    notices.notices_write(lines, now=now)
    return len(lines)


def owed_by_project(row: RoundCity) -> dict[str, int]:
    """How many open items each project still lacks."""
    scores, keys, found = last_scores(row), open_now(row), dict[str, int]()
    for one in ruler_of(row.round).items.values():
        kept = scores.get(one.key)
        if one.key in keys and not is_complete(one, as_scored(kept) if kept else None):
            found[one.project] = found.get(one.project, 0) + 1
    return found


def _reminder(row: RoundCity, duty: Duty, count: int, *, late: bool) -> NewNotice:
    params = {
        "round": row.round.name,
        "project": ruler_of(row.round).guideline.project(duty.project).name,
        "due": str(duty.due_on),
        "count": count,
        "round_city": row.pk,
    }
    about = f"round_duty:{duty.project}:{duty.due_on}"
    step = 2 if late else 1
    return NewNotice(
        duty.unit_id, duty.role, about[:40], row.pk, step, "rounds.owed_late" if late else "rounds.owed_soon", params
    )
