"""An issued paper is withdrawn (作废) with a reason and issued anew: both stay, and the reporter sees which one holds."""

import pytest
from django.db import transaction

from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.policy.papers import NotIssued, NotOurPaper, PaperIssuedAlready
from shanzhi.kernel.matters.policy.process import FieldsMissing, FieldsWrong
from shanzhi.kernel.matters.tests.kind_support import Case, taken_in
from shanzhi.kernel.matters.tests.page_support import page, signed_in
from shanzhi.kernel.matters.tests.paper_support import issued, lines
from tests.city import NOW, Cast

pytestmark = pytest.mark.django_db
CODE, WHY = "acceptance_notice", "发文字号有误"


@pytest.fixture
def petition(cast: Cast) -> Case:
    """An accepted petition whose notice was issued with a wrong number."""
    made = taken_in("petition", cast.dispatcher)
    made.do(cast.dispatcher, "accept")
    issued(made, cast.dispatcher, CODE, doc_no="张信告〔2025〕1号")
    return made


def void(made: Case, actor: Actor, code: str = CODE, reason: str = WHY, step: int = 0) -> int:
    step = step or next(line.step for line in lines(made, actor).values() if line.code == code)
    with acting(actor), transaction.atomic():
        return operations.paper_void(
            matter_id=made.made.matter_id, step=step, code=code, reason=reason, actor=actor, now=NOW
        )


def refused(error: type[DomainError], made: Case, actor: Actor, step: int, reason: str = WHY) -> None:
    with pytest.raises(error):
        void(made, actor, reason=reason, step=step)


def test_both_stay_and_the_reporter_sees_which_one_holds(cast: Cast, petition: Case):
    before = petition.card(cast.dispatcher)
    void(petition, cast.dispatcher)
    issued(petition, cast.dispatcher, CODE, doc_no="张信告〔2025〕2号")
    after = petition.card(petition.reporter)
    found = [(line.code, line.is_void) for line in after.papers]
    assert found == [(CODE, True), (CODE, False)]
    with acting(petition.reporter):
        old, new = (queries.own_paper(petition.made.matter_id, line.issued_step or 0) for line in after.papers)
    assert (old.sheet.doc_no, old.voided_at, old.void_reason) == ("张信告〔2025〕1号", NOW, WHY)
    assert (new.sheet.doc_no, new.voided_at, new.void_reason) == ("张信告〔2025〕2号", None, "")
    assert (after.stage, after.due_at) == (before.stage, before.due_at)
    assert WHY in {entry.words for entry in after.timeline if entry.title == "作废文书"}
    with acting(cast.dispatcher):
        told = [row.action for row in journal.entries_of("matter", petition.made.matter_id)]
    assert told[-3:] == ["matters.paper", "matters.paper_void", "matters.paper"]


def test_nobody_else_nothing_twice_and_not_without_a_reason(cast: Cast, petition: Case):
    step = lines(petition, cast.dispatcher)[CODE].step
    for reason, error in (("  ", FieldsMissing), ("字" * 501, FieldsWrong), ("电话13812345678", FieldsWrong)):
        refused(error, petition, cast.dispatcher, step, reason)
    for actor in (cast.supervisor, cast.county_dispatcher, petition.reporter):
        refused(NotOurPaper, petition, actor, step)
    with pytest.raises(PaperIssuedAlready), transaction.atomic():
        issued(petition, cast.dispatcher, CODE, doc_no="张信告〔2025〕2号")
    void(petition, cast.dispatcher)
    refused(NotIssued, petition, cast.dispatcher, step)


def test_the_page_withdraws_and_marks(cast: Cast, petition: Case):
    step = lines(petition, cast.dispatcher)[CODE].step
    first = lines(petition, cast.dispatcher)[CODE].issued_step
    client, url = signed_in("dispatcher"), f"/m/{petition.made.number}/papers/{step}/{CODE}/"
    assert "为什么作废" in page(client.get(url))
    answer = client.post(f"{url}void/", {"reason": ""})
    assert (answer.status_code, "请写明为什么作废" in page(answer)) == (422, True)
    answer = client.post(f"{url}void/", {"reason": WHY})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/m/{petition.made.number}/")
    shown = page(client.get(f"{url}?was={first}"))
    assert ("这份文书已作废" in shown, WHY in shown, "张信告〔2025〕1号" in shown) == (True, True, True)
    assert 'name="doc_no"' in page(client.get(url))  # to be issued anew
    assert "已作废" in page(client.get(f"/m/{petition.made.number}/"))
