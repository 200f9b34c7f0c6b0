"""A paper waits to be issued only while what it says holds: not after the matter was withdrawn or went on past it."""

import pytest
from django.db import transaction

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.policy.papers import PaperNotDue, PaperUnknown, Since, is_due
from shanzhi.kernel.matters.policy.process import REPORT, Paper, PaperTo
from shanzhi.kernel.matters.tests.kind_support import Case, at, taken_in
from shanzhi.kernel.matters.tests.page_support import page, signed_in
from shanzhi.kernel.matters.tests.paper_support import issued, lines
from tests.city import NOW, Cast

NO = "张信告〔2025〕1号"


@pytest.mark.parametrize(
    ("paper", "since", "due"),
    [
        (Paper("p", "文书", "reply", to=PaperTo.REPORTER), Since(), True),
        (Paper("p", "文书", "reply", to=PaperTo.REPORTER), Since(is_decided=True, is_elsewhere=True), True),
        (Paper("p", "文书", "reply", to=PaperTo.REPORTER), Since(is_withdrawn=True), False),
        (Paper("p", "文书", "reply", to=PaperTo.REPORTER), Since(is_done_anew=True), False),
        (Paper("p", "文书", "dispatch", to=PaperTo.LEAD), Since(is_decided=True), True),
        (Paper("p", "文书", "dispatch", to=PaperTo.LEAD), Since(is_elsewhere=True), False),
        (Paper("p", "文书", "dispatch", to=PaperTo.CO), Since(is_elsewhere=True), False),
        (Paper("p", "文书", REPORT, to=PaperTo.REPORTER), Since(), True),
        (Paper("p", "文书", REPORT, to=PaperTo.REPORTER), Since(is_decided=True), False),
    ],
)
def test_it_is_due_while_it_holds(paper: Paper, since: Since, due: bool) -> None:
    assert is_due(paper, since) is due


def waiting(case: Case, actor: Actor) -> set[str]:
    """Codes of the papers that wait to be issued by somebody."""
    return {line.code for line in case.card(actor).papers if line.may_issue}


@pytest.fixture
def petition(cast: Cast) -> Case:
    """A petition that has just come in."""
    return taken_in("petition", cast.dispatcher)


@pytest.mark.django_db
def test_the_note_of_receipt_waits_until_the_centre_decides(cast: Cast, petition: Case):
    assert waiting(petition, cast.dispatcher) == {"registration_notice"}
    petition.do(cast.dispatcher, "correct", category="housing.property-service")
    assert waiting(petition, cast.dispatcher) == {"registration_notice"}
    petition.do(cast.dispatcher, "accept")
    assert waiting(petition, cast.dispatcher) == {"acceptance_notice"}


@pytest.mark.django_db
def test_nothing_waits_once_it_was_withdrawn(cast: Cast, petition: Case):
    petition.do(cast.dispatcher, "accept")
    step = lines(petition, cast.dispatcher)["acceptance_notice"].step
    petition.do(petition.reporter, "withdraw")
    assert petition.card(cast.dispatcher).papers == ()
    who, number = petition.made.matter_id, petition.made.number
    with acting(cast.dispatcher), pytest.raises(PaperNotDue), transaction.atomic():
        operations.paper_issue(
            matter_id=who, step=step, code="acceptance_notice", actor=cast.dispatcher, now=NOW, fields={"doc_no": NO}
        )
    with acting(cast.dispatcher), pytest.raises(PaperUnknown):
        queries.paper(who, step, "acceptance_notice", actor=cast.dispatcher)
    answer = signed_in("dispatcher").get(f"/m/{number}/papers/{step}/acceptance_notice/")
    assert (answer.status_code, "不用再开具" in page(answer)) == (404, True)


@pytest.mark.django_db
def test_what_was_issued_stays_and_once_void_is_not_asked_for_again(cast: Cast, petition: Case):
    petition.do(cast.dispatcher, "accept")
    issued(petition, cast.dispatcher, "acceptance_notice", doc_no=NO)
    petition.do(petition.reporter, "withdraw")
    assert [(line.code, line.is_void) for line in petition.card(cast.dispatcher).papers] == [
        ("acceptance_notice", False)
    ]
    step = lines(petition, cast.dispatcher)["acceptance_notice"].step
    client, url = signed_in("dispatcher"), f"/m/{petition.made.number}/papers/{step}/acceptance_notice/"
    assert client.post(f"{url}void/", {"reason": "字号有误"}).status_code == 302
    assert [(line.code, line.is_void) for line in petition.card(cast.dispatcher).papers] == [
        ("acceptance_notice", True)
    ]
    assert "已作废" in page(client.get(f"/m/{petition.made.number}/"))
    assert "待开具</span>" not in page(client.get(f"/m/{petition.made.number}/"))


@pytest.mark.django_db
def test_a_letter_waits_while_the_unit_has_the_matter(cast: Cast, petition: Case):
    petition.do(cast.dispatcher, "accept")
    issued(petition, cast.dispatcher, "acceptance_notice", doc_no=NO)
    petition.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    assert waiting(petition, cast.dispatcher) == {"transfer_letter"}
    petition.do(cast.handler, "hand_back", ground="return.not-our-duty", words="三定规定第五条：不归我局")
    assert waiting(petition, cast.dispatcher) == set()
    petition.do(cast.dispatcher, "dispatch", lead=cast.second_handler.unit_id)
    assert [line.step for line in petition.card(cast.dispatcher).papers if line.may_issue] == [
        petition.card(cast.dispatcher).timeline[-1].step
    ]


@pytest.mark.django_db
def test_an_answer_waits_beyond_the_end(cast: Cast, petition: Case):
    petition.do(cast.dispatcher, "accept")
    petition.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    petition.do(cast.handler, "take")
    petition.do(cast.handler, "reply", at(2025, 12, 1), reply="经查属实。")
    petition.do(petition.reporter, "appeal", at(2025, 12, 15), words="不服")
    assert waiting(petition, cast.handler) == {"reply_opinion"}
    petition.do(cast.dispatcher, "record_review", at(2025, 12, 22), reply="维持")
    petition.do(petition.reporter, "appeal_again", at(2025, 12, 23), words="不服")
    petition.do(cast.dispatcher, "record_recheck", at(2025, 12, 24), reply="维持")
    assert petition.card(cast.handler).result == "closed"
    assert waiting(petition, cast.handler) == {"reply_opinion"}
