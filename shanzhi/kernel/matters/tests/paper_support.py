"""What the tests of papers share: issuing one as a post of the unit that took the step, reading it as somebody else."""

from datetime import datetime

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.policy.papers import Sheet
from shanzhi.kernel.matters.queries import PaperLine, PaperView
from shanzhi.kernel.matters.tests.kind_support import Case
from tests.city import NOW


def lines(case: Case, actor: Actor, now: datetime = NOW) -> dict[str, PaperLine]:
    """The papers that somebody may open, by code; of several of one code the newest."""
    return {line.code: line for line in case.card(actor, now).papers}


def draft(case: Case, actor: Actor, code: str) -> PaperView:
    """A paper as somebody sees it now."""
    step = lines(case, actor)[code].step
    with acting(actor):
        return queries.paper(case.made.matter_id, step, code, actor=actor)


def issued(case: Case, actor: Actor, code: str, now: datetime = NOW, **fields: object) -> Sheet:
    """Issue a paper and read it."""
    step = lines(case, actor, now)[code].step
    with acting(actor):
        operations.paper_issue(matter_id=case.made.matter_id, step=step, code=code, actor=actor, now=now, fields=fields)
        return queries.paper(case.made.matter_id, step, code, actor=actor).sheet


def text(sheet: Sheet) -> str:
    """Everything that stands in a paper's body, a line each."""
    return "\n".join(f"{head}：{said}" if head else said for head, said in sheet.lines)
