"""Papers and the worker: what lapsed by itself is told by the centre, and deletion takes a paper's text with the rest."""

from pathlib import Path

import pytest

from shanzhi.config import database
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.papers import PaperGone
from shanzhi.kernel.notices.queries import notices_for
from tests.city import NOW
from tests.concurrency.committed import City
from tests.desks import do
from tests.protection.rights_support import ask, closes, entries, report, reporter, rows_with, work

__all__ = ["closes"]


def _issue(made: Reported, actor: Actor, code: str, **fields: object) -> int:
    """Issue the newest paper of this code; returns the step it is about."""
    with acting(actor):
        found = queries.card(made.matter_id, actor=actor, now=NOW).papers
        step = next(line.step for line in reversed(found) if line.code == code)
        operations.paper_issue(matter_id=made.matter_id, step=step, code=code, actor=actor, now=NOW, fields=fields)
    return step


def test_deletion_takes_the_text_and_leaves_that_it_was_issued(city: City, evidence_store: Path):
    cast, made = city.cast, report(kind="petition", channel="window")
    do(cast.dispatcher, made, "accept")
    step = _issue(made, cast.dispatcher, "acceptance_notice", doc_no="张信告〔2025〕1号")
    do(reporter(made), made, "withdraw")
    ask(made)
    work(city)
    with acting(cast.dispatcher), pytest.raises(PaperGone, match="已按反映人的请求删除"):
        queries.paper(made.matter_id, step, "acceptance_notice", actor=cast.dispatcher)
    assert rows_with(city, ("丁香里", "旧沙发")) == set()
    assert [row.action for row in entries(made)].count("matters.paper") == 1


def test_what_lapsed_is_told_by_the_centre_and_by_nobody_else(city: City, evidence_store: Path):
    cast, made = city.cast, report(kind="petition", channel="window")
    do(cast.dispatcher, made, "accept")
    do(cast.dispatcher, made, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, made, "take")
    do(cast.handler, made, "reply", reply="已责成物业维修。")
    with database.acting_as(city.installation, "worker"):
        operations.lapse_due(now=NOW.replace(month=12, day=31, hour=23))
    with acting(cast.handler):
        seen = queries.card(made.matter_id, actor=cast.handler, now=NOW)
        assert (seen.stage, "closing_notice" in {line.code for line in seen.papers}) == ("closed", False)
    step = _issue(made, cast.dispatcher, "closing_notice", doc_no="张信结〔2026〕1号")
    with acting(cast.dispatcher):
        sheet = queries.paper(made.matter_id, step, "closing_notice", actor=cast.dispatcher).sheet
    assert sheet.lines[1][1].endswith("没有请求复查，本事项按办结处理。")


def test_the_unit_that_a_paper_is_addressed_to_is_told(city: City, evidence_store: Path):
    cast, made = city.cast, report(kind="suggestion", channel="letter")
    do(cast.dispatcher, made, "dispatch", lead=cast.handler.unit_id)
    step = _issue(made, cast.dispatcher, "assignment_slip")
    with acting(cast.dispatcher):
        operations.paper_void(
            matter_id=made.matter_id,
            step=step,
            code="assignment_slip",
            reason="标题有误",
            actor=cast.dispatcher,
            now=NOW,
        )
    work(city)
    with acting(cast.handler):
        told = [
            one.message for one in notices_for(cast.handler.unit_id or 0, "handler") if one.subject_id == made.matter_id
        ]
    assert sorted(text.split("：")[0] for text in told) == ["收到文书", "文书已作废", "新派单"]
