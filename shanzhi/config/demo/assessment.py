"""The demo city in a trial round: it volunteered, shared the projects out, and all but two are signed off; what is left, the
supervisor's sign-in can do: sign these, lock the whole, have the pack built, and check it.

By the operations of the pages, each at its own `now`; what is computed, is computed as the worker, from the city's own facts.
"""

from datetime import datetime, timedelta

from shanzhi.config import database
from shanzhi.config.demo.cast import Cast
from shanzhi.config.demo.city import DIVISIONS
from shanzhi.config.demo.figures import months
from shanzhi.config.demo.papers import file_papers
from shanzhi.config.demo.trial import trial_of
from shanzhi.config.installation import Installation
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.facts import operations as facts
from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.indicators.policy.periods import Period, month_of
from shanzhi.kernel.indicators.queries.book import SHIPPED
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.divisions import read_province
from shanzhi.kernel.rounds import operations as rounds
from shanzhi.kernel.rounds import queries
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.text import Guideline, Place, RoundText
from shanzhi.kernel.rounds.policy.words import RoundKind
from shanzhi.kernel.rounds.queries.shapes import Board, ProjectRow

PROVINCE_DIGITS = 2
OPENED, JOINED, BEGAN, SHARED, WRITTEN, SIGNED = (timedelta(days=days) for days in (20, 18, 17, 16, 3, 2))
"""So long before the city's present day."""
IN_CHARGE = {
    "political": "public-security",
    "order": "public-security",
    "disputes": "justice",
    "public_safety": "emergency",
    "cyber": "data",
    "guidance": "social-work",
    "rule_of_law": "justice",
    "virtue": "culture-tourism",
    "self_government": "civil-affairs",
}
"""Project → the department that owes it; its second handler signs. The others are the governance centre's, for the sign-in."""
FILED = 3
"""Papers a project."""
OWN_UNIT = "petitions"
"""Writes the centre's own projects, since nobody signs what they wrote."""
REASON = "这一期还没有报来，正在催报（演示）。"
WORDS = "数据由系统计算，没有另外填报；本期重点抓了超期事项的督办和回访（演示）。"


def make_round(installation: Installation, cast: Cast, *, began: datetime, now: datetime) -> int | None:
    """Let the city go through its trial round up to the last signatures; returns how many projects are signed, None where the
    city has nobody to lead it.

    Raises:
        DomainError: a step isn't possible.
    """
    lead = cast.login("supervisor", now)
    if lead is None or lead.post_id is None:
        return None
    _cut(installation, began, now)
    with acting(lead):
        rounds.round_take_over(text=_text(cast, now), letter=None, actor=lead, now=now - OPENED)
        city_id = queries.round_rows()[0].city_id
        for target, before in ((State.JOINED, JOINED), (State.EVALUATING, BEGAN)):
            rounds.city_move(city_id=city_id, target=target, actor=lead, now=now - before)
    with database.acting_as(installation, "worker"):
        rounds.items_compute(city_id=city_id, now=now - WRITTEN)
    with acting(lead):
        board = queries.board(city_id, local_date(now))
        _share_out(cast, lead, board, now)
    city = organisation.region_of_code(cast.city_code, local_date(now))
    for one in board.projects:
        _file(cast, one, city.id if city else 0, now)
    return sum(_write_and_sign(cast, one, city_id, now) for one in board.projects)


def _file(cast: Cast, project: ProjectRow, city_id: int, now: datetime) -> None:
    """The department files papers for the project's first items."""
    writer = _people(cast, project.project.code)[0]
    month = Period(month_of(local_date(now))).before().begins_on
    with acting(writer):
        file_papers([one.indicator for one in project.items[:FILED]], month, city_id, writer, now - WRITTEN)


def _cut(installation: Installation, began: datetime, now: datetime) -> None:
    """Cut the months that the city has lived through, as their nights would have: the figures of the round can be proved."""
    on = local_date(now)
    with database.acting_as(installation, "worker"):
        for month in months(local_date(began), on):
            if month < month_of(on):
                facts.cut_month(month, now=now)


def _text(cast: Cast, now: datetime) -> RoundText:
    """The trial round of the city's province, by the shipped guideline."""
    on, code = local_date(now), cast.city_code[:PROVINCE_DIGITS]
    written = SHIPPED.read_text(encoding="utf-8")
    guideline = sound_catalogue(written, SHIPPED.name)
    trial = trial_of(code, on)
    city = organisation.region_of_code(cast.city_code, on)
    return RoundText(
        uid=trial.uid,
        name=trial.name,
        kind=RoundKind.TRIAL,
        guideline=Guideline(guideline.code, guideline.version, written),
        first=trial.month,
        last=trial.month,
        calendar=trial.calendar,
        organiser=Place(code, read_province(DIVISIONS, code, counties=False).rows[0].name),
        cities=(Place(cast.city_code, city.name if city else cast.city_code),),
        announced=(trial.rule.announced(),),
    )


def _share_out(cast: Cast, lead: Actor, board: Board, now: datetime) -> None:
    """Each project to its department, whose second handler signs; the whole, and what is the centre's, to the lead."""
    due_on = local_date(now) + timedelta(days=7)
    for project in ("", *(one.project.code for one in board.projects)):
        people = _people(cast, project)
        signer = people[1] if len(people) > 1 and project in IN_CHARGE else lead
        rounds.duty_give(
            city_id=board.row.city_id, project=project, unit_id=people[0].unit_id or 0, role="handler",
            signer_post_id=signer.post_id or 0, due_on=due_on, actor=lead, now=now - SHARED,
        )  # fmt: skip


def _people(cast: Cast, project: str) -> tuple[Actor, ...]:
    """The handlers of the department that owes a project."""
    return cast.posts(cast.unit(f"{IN_CHARGE.get(project, OWN_UNIT)}-{cast.city_code}"), "handler")


def _write_and_sign(cast: Cast, project: ProjectRow, city_id: int, now: datetime) -> bool:
    """The department says why figures are missing, and a word on its first item; then it is signed, if not by the lead."""
    writer, *others = _people(cast, project.project.code)
    owed = [one for one in project.items if not one.is_complete]
    with acting(writer):
        for item in {one.indicator.key: one for one in (*project.items[:1], *owed)}.values():
            number = queries.item_page(city_id, item.indicator.key, local_date(now)).number
            rounds.item_write(
                city_id=city_id, key=item.indicator.key, words=WORDS, objection=REASON if item in owed else "",
                based_on=number, actor=writer, now=now - WRITTEN,
            )  # fmt: skip
    if project.project.code not in IN_CHARGE or not others:
        return False
    with acting(others[0]):
        rounds.project_sign(city_id=city_id, project=project.project.code, actor=others[0], now=now - SIGNED)
    return True
