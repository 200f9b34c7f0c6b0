"""Official papers: filled from the matter as it was at the step, issued once by the unit that took it, frozen from then on."""

from typing import Any

import pytest
from django.db import connection

from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.policy.papers import (
    NotOurPaper,
    PaperIssuedAlready,
    PaperUnknown,
    Sheet,
    check_complete,
    paper_of,
)
from shanzhi.kernel.matters.policy.process import SLOTS, FieldsMissing, FieldsWrong
from shanzhi.kernel.matters.tests.kind_support import Case, at, of_unit, taken_in
from shanzhi.kernel.matters.tests.paper_support import draft, issued, lines, text
from tests.city import NOW, Cast

pytestmark = pytest.mark.django_db

NO = "张信告〔2025〕12号"


@pytest.fixture
def petition(cast: Cast) -> Case:
    """A petition that was accepted on Tuesday, 18 November."""
    made = taken_in("petition", cast.dispatcher)
    made.do(cast.dispatcher, "accept")
    return made


@pytest.fixture
def handled(cast: Cast, petition: Case) -> Case:
    """One in the hands of the county's housing department."""
    petition.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id, words="请实地查看")
    petition.do(cast.handler, "take")
    return petition


def test_it_says_what_the_law_wants_said_and_when(cast: Cast, petition: Case):
    sheet = issued(petition, cast.dispatcher, "acceptance_notice", doc_no=NO)
    number = petition.made.number
    assert sheet == Sheet(
        form="letter",
        name="受理告知书",
        title="信访事项受理告知书",
        unit=petition.card(cast.dispatcher).holder_name,
        on="2025年11月18日",
        to="信访人",
        lines=(
            ("", f"你（单位）于2025年11月18日提出的“地下室漏水”信访事项（编号{number}）收悉。"),
            ("", "经审查，该事项属于申诉求决类事项，决定自2025年11月18日起予以受理。"),
            (
                "",
                "本事项自受理之日起60日内办结，即在2026年1月19日前书面答复。"
                "情况复杂需要延长的，延长期限不超过30日，届时另行告知理由。",
            ),
            ("", "对处理意见不服的，可以自收到书面答复之日起30日内，请求原办理机关、单位的上一级机关、单位复查。"),
            ("", "特此告知。"),
        ),
        doc_no=NO,
        law="《信访工作条例》第二十三条、第三十四条、第三十五条",
    )


def test_the_taking_in_itself_is_acknowledged_within_15_days(cast: Cast):
    made = taken_in("petition", cast.dispatcher)
    said = text(issued(made, cast.dispatcher, "registration_notice"))
    assert "将在2025年12月3日前书面告知" in said  # 18.11. + 15


def test_what_is_lacking_is_said_and_where_to_put_it(cast: Cast, petition: Case):
    with pytest.raises(FieldsMissing) as missing:
        issued(petition, cast.dispatcher, "acceptance_notice")
    assert missing.value.sentence() == "“受理告知书”还有内容没有填，请填写后再开具。"
    assert missing.value.fields == {"doc_no": "请填写。"}
    assert lines(petition, cast.dispatcher)["acceptance_notice"].issued_step is None


def test_what_the_matter_lacks_is_named(cast: Cast, handled: Case):
    """A review was asked for in words that came on paper: what the opinion has to quote isn't in the matter."""
    kind = queries.current_kind("petition")
    paper = paper_of(kind, "review", "review_opinion")
    with pytest.raises(FieldsMissing) as missing:
        check_complete(kind, paper, dict.fromkeys(SLOTS, "有") | {"asked": "", "doc_no": NO, "basis": "条款"})
    assert missing.value.sentence() == "“复查意见书”还缺上一次请求或评价的内容，不能开具。请先在事项里补上。"
    assert missing.value.fields == {}


def test_a_draft_leaves_a_rule_to_write_on(cast: Cast, petition: Case):
    seen = draft(petition, cast.dispatcher, "acceptance_notice")
    assert (seen.issued_step, [spec.code for spec in seen.fill], seen.lacks) == (None, ["doc_no"], ())


@pytest.mark.parametrize(
    ("value", "said"),
    [("字" * 41, "太长了，请写短一些。"), ("电话13812345678", "文书里不写个人的电话、证件号和车牌号，请删去。")],
)
def test_what_can_not_stand_in_a_paper_is_refused(cast: Cast, petition: Case, value: str, said: str):
    with pytest.raises(FieldsWrong) as wrong:
        issued(petition, cast.dispatcher, "acceptance_notice", doc_no=value)
    assert wrong.value.fields == {"doc_no": said}


def test_a_class_that_is_not_offered_is_refused(cast: Cast):
    made = taken_in("suggestion", cast.dispatcher)
    made.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    made.do(cast.handler, "take")
    made.do(cast.handler, "reply", reply="已列入计划。")
    with pytest.raises(FieldsWrong) as wrong:
        issued(made, cast.handler, "reply_letter", doc_no=NO, rank="D")
    assert list(wrong.value.fields) == ["rank"]


def test_it_is_issued_once_and_printed_again_it_is_the_same(cast: Cast, petition: Case):
    first = issued(petition, cast.dispatcher, "acceptance_notice", doc_no=NO)
    with pytest.raises(PaperIssuedAlready):
        issued(petition, cast.dispatcher, "acceptance_notice", doc_no="另一号")
    # What happens to the matter afterwards changes nothing of it.
    petition.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    petition.do(cast.handler, "take")
    petition.do(cast.handler, "reply", at(2025, 12, 1), reply="已处理。")
    assert draft(petition, cast.dispatcher, "acceptance_notice").sheet == first


def test_it_moves_neither_stage_nor_clock_and_is_one_entry(cast: Cast, petition: Case):
    before = petition.card(cast.dispatcher)
    issued(petition, cast.dispatcher, "acceptance_notice", doc_no=NO)
    after = petition.card(cast.dispatcher)
    assert (after.stage, after.due_at, after.version) == (before.stage, before.due_at, before.version)
    with acting(cast.dispatcher):
        entries = journal.entries_of("matter", petition.made.matter_id)
    assert [row.action for row in entries][-1] == "matters.paper"
    told = entries[-1].payload
    assert (told["paper"], told["of_step"], told["to"]) == ("acceptance_notice", entries[-2].step, "reporter")
    assert len(told["paper_sealed"]) == 64
    assert "地下室" not in str(told)


def test_the_kept_text_can_not_be_changed(cast: Cast, petition: Case):
    issued(petition, cast.dispatcher, "acceptance_notice", doc_no=NO)
    with acting(cast.dispatcher), connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(current_user, 'matters_remark', 'UPDATE')")
        assert cursor.fetchone() == (False,)


def test_the_unit_that_took_the_step_issues_it_and_no_other(cast: Cast, handled: Case):
    for actor in (cast.handler, cast.supervisor, cast.checker):
        assert "acceptance_notice" not in lines(handled, actor)
    step = lines(handled, cast.dispatcher)["acceptance_notice"].step
    with acting(cast.handler):
        with pytest.raises(PaperUnknown):
            queries.paper(handled.made.matter_id, step, "acceptance_notice", actor=cast.handler)
        with pytest.raises(NotOurPaper):
            operations.paper_issue(
                matter_id=handled.made.matter_id, step=step, code="acceptance_notice", actor=cast.handler, now=NOW
            )


def test_whoever_does_not_see_the_matter_sees_no_paper(cast: Cast, petition: Case):
    issued(petition, cast.dispatcher, "acceptance_notice", doc_no=NO)
    step = lines(petition, cast.dispatcher)["acceptance_notice"].step
    for actor in (cast.neighbour_dispatcher, cast.handler, cast.grid_worker):
        with acting(actor), pytest.raises(DomainError):
            queries.paper(petition.made.matter_id, step, "acceptance_notice", actor=actor)


def test_the_reporter_reads_what_is_addressed_to_them_and_nothing_else(cast: Cast, handled: Case):
    issued(handled, cast.dispatcher, "acceptance_notice", doc_no=NO)
    issued(handled, cast.dispatcher, "transfer_letter", doc_no="张信办〔2025〕3号")
    mine = lines(handled, handled.reporter)
    assert list(mine) == ["acceptance_notice"]
    own, letter = (
        lines(handled, cast.dispatcher)[code].issued_step for code in ("acceptance_notice", "transfer_letter")
    )
    assert own is not None
    assert letter is not None
    with acting(handled.reporter):
        assert queries.own_paper(handled.made.matter_id, own).sheet.title == "信访事项受理告知书"
        for step in (letter, 1, 99):
            with pytest.raises(PaperUnknown):
                queries.own_paper(handled.made.matter_id, step)
    stranger = Actor(follow=("f" * 64,))
    with acting(stranger), pytest.raises(DomainError):
        queries.own_paper(handled.made.matter_id, own)


def test_no_paper_holds_a_name_or_a_phone(cast: Cast, handled: Case):
    """The name is put in for printing alone, for a reason that is journaled."""
    sheet = issued(handled, cast.dispatcher, "acceptance_notice", doc_no=NO)
    assert "13812345678" not in sheet.to_text()
    with acting(cast.handler):
        operations.reveal_contact(
            matter_id=handled.made.matter_id, reason="service", actor=cast.handler, now=NOW, parts=("name",)
        )
        read = [row for row in journal.entries_of("matter", handled.made.matter_id) if row.action == "vault.read"]
    assert read == []  # no name was left: nothing was read, and nothing is told


def test_a_letter_to_a_unit_names_it(cast: Cast, handled: Case):
    sheet = issued(handled, cast.dispatcher, "transfer_letter", doc_no=NO)
    assert (sheet.to, sheet.title) == ("张店区住房和城乡建设局", "关于交办“地下室漏水”信访事项的函")
    said = text(sheet)
    assert "请你单位在2025年11月25日前签收" in said
    assert "请于2026年1月19日前办结" in said
    assert "交办意见：请实地查看" in said
    assert "协办单位" not in said  # there is none: the line is left out


def test_the_opinion_says_the_way_to_review(cast: Cast, handled: Case):
    handled.do(cast.handler, "reply", at(2025, 12, 1), reply="经查属实。\n已责成物业维修。")
    sheet = issued(
        handled, cast.handler, "reply_opinion", at(2025, 12, 1), doc_no=NO, basis="《物业管理条例》第三十五条"
    )
    said = text(sheet)
    assert "小区地下室漏水，多次反映没有解决" in said
    assert ("", "经查属实。") in sheet.lines
    assert ("", "已责成物业维修。") in sheet.lines
    assert "（2025年12月31日前）向本单位的上一级机关、单位请求复查" in said


def test_review_and_re_review_tell_what_went_before(cast: Cast, handled: Case):
    reviewer = of_unit("housing-construction-3703")
    handled.do(cast.handler, "reply", at(2025, 12, 1), reply="已责成物业维修。")
    handled.do(handled.reporter, "appeal", at(2025, 12, 15), words="答复没有回应赔偿")
    handled.do(cast.dispatcher, "dispatch_review", at(2025, 12, 16), lead=reviewer.unit_id)
    letter = text(issued(handled, cast.dispatcher, "review_letter", at(2025, 12, 16), doc_no=NO))
    assert "对张店区住房和城乡建设局于2025年12月1日作出的“地下室漏水”信访事项处理意见" in letter
    assert "于2025年12月15日请求复查" in letter
    assert "即2026年1月14日前提出复查意见" in letter
    handled.do(reviewer, "review", at(2026, 1, 14), reply="维持原处理意见。")
    opinion = text(
        issued(handled, reviewer, "review_opinion", at(2026, 1, 14), doc_no=NO, basis="《信访工作条例》第三十五条")
    )
    assert "答复没有回应赔偿" in opinion
    assert "（2026年2月13日前）向本单位的上一级机关、单位请求复核" in opinion
    handled.do(handled.reporter, "appeal_again", at(2026, 2, 13), words="仍不服")
    handled.do(cast.dispatcher, "record_recheck", at(2026, 3, 10), reply="省级复核：维持复查意见。")
    slip = issued(handled, cast.dispatcher, "recorded_recheck_opinion", at(2026, 3, 10))
    assert ("复核意见", "省级复核：维持复查意见。") in slip.lines
    assert ("请求复核", "2026年2月13日") in slip.lines


def test_what_the_centre_only_entered_is_not_said_to_be_its_own(cast: Cast, handled: Case):
    handled.do(cast.handler, "reply", at(2025, 12, 1), reply="已责成物业维修。")
    handled.do(handled.reporter, "appeal", at(2025, 12, 15), words="不服")
    handled.do(cast.dispatcher, "record_review", at(2025, 12, 22), reply="市局复查：维持。")
    handled.do(handled.reporter, "appeal_again", at(2026, 1, 5), words="不服")
    handled.do(cast.dispatcher, "record_recheck", at(2026, 1, 12), reply="省厅复核：维持。")
    first = issued(handled, cast.dispatcher, "recorded_review_opinion", at(2026, 1, 12))
    assert ("原处理意见", "张店区住房和城乡建设局，2025年12月1日") in first.lines
    second = issued(handled, cast.dispatcher, "recorded_recheck_opinion", at(2026, 1, 12))
    assert ("复查意见", "上一级机关、单位，2025年12月22日") in second.lines


def test_more_time_is_told_with_its_reason_and_its_day(cast: Cast, handled: Case):
    why = {"ground": "extend.complex", "words": "要调阅多年档案", "more_time": "30sd"}
    handled.do(cast.handler, "ask_extension", at(2026, 1, 5), **why)
    handled.do(cast.supervisor, "grant_extension", at(2026, 1, 6))
    said = text(issued(handled, cast.supervisor, "extension_notice", at(2026, 1, 6), doc_no=NO))
    assert "办理期限延长30日，至2026年2月24日。" in said


def test_each_way_out_of_a_petition_has_its_notice(cast: Cast):
    ways: dict[str, tuple[str, dict[str, Any], str]] = {
        "take_advice": ("advice_notice", {}, "研究论证"),
        "refuse": ("refusal_notice", {"ground": "refuse.petition-ended", "words": "复核意见已于去年送达"}, "不予受理"),
        "forward": ("forwarding_notice", {"organ": "纪检监察机关"}, "转送纪检监察机关"),
        "guide": ("guidance_notice", {"path": "仲裁", "words": "请向劳动争议仲裁委员会申请仲裁"}, "通过仲裁处理"),
    }
    for action, (code, fields, said) in ways.items():
        made = taken_in("petition", cast.dispatcher)
        made.do(cast.dispatcher, action, **fields)
        assert said in text(issued(made, cast.dispatcher, code, doc_no=NO)), code


def test_a_suggestion_has_its_slip_its_answers_and_its_form(cast: Cast):
    made = taken_in("suggestion", cast.dispatcher, channel="letter")
    made.do(cast.dispatcher, "dispatch", at(2025, 11, 20), lead=cast.handler.unit_id, co=[cast.second_handler.unit_id])
    slip = issued(made, cast.dispatcher, "assignment_slip", at(2025, 11, 20))
    assert slip.to == "张店区住房和城乡建设局"
    assert ("答复期限", "2026年2月24日（自交办之日起三个月内）") in slip.lines
    made.do(cast.handler, "take", at(2025, 11, 21))
    made.do(cast.second_handler, "assist_done", at(2025, 12, 5), words="会办意见：同意")
    made.do(cast.handler, "reply", at(2026, 2, 2), reply="已列入明年计划。")
    letter = issued(made, cast.handler, "reply_letter", at(2026, 2, 2), doc_no=NO, rank="B")
    assert (letter.to, letter.title) == ("尊敬的代表", "对“地下室漏水”建议的答复")
    assert "办理结果分类：B类。" in text(letter)
    assert ("反馈期限", "2026年3月2日") in issued(made, cast.handler, "opinion_form", at(2026, 2, 2)).lines
    made.do(made.reporter, "rate", at(2026, 2, 10), solved=False, words="没有时间表")
    made.do(cast.handler, "reply_again", at(2026, 3, 10), reply="已提前到今年实施。")
    again = text(issued(made, cast.handler, "second_reply_letter", at(2026, 3, 10), doc_no=NO, rank="A"))
    assert "您于2026年2月10日表示不满意" in again
    assert "没有时间表" in again
    assert set(lines(made, made.reporter)) == {"reply_letter", "opinion_form", "second_reply_letter"}


def test_a_finding_has_its_notice_its_report_and_its_re_check(cast: Cast):
    made = taken_in("finding", cast.dispatcher)
    made.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    notice = issued(made, cast.dispatcher, "rectify_notice", doc_no=NO)
    assert "整改最迟于2026年5月18日前完成" in text(notice)
    made.do(cast.handler, "plan", words="更换消防泵", until="2025-12-19")
    plan = issued(made, cast.handler, "rectify_plan", charge="分管副局长")
    assert ("完成日期", "2025年12月19日") in plan.lines
    made.do(cast.handler, "reply", at(2025, 12, 15), reply="消防泵已更换。")
    report = issued(made, cast.handler, "rectify_report", at(2025, 12, 15), doc_no=NO)
    assert (report.unit, report.to) == ("张店区住房和城乡建设局", notice.unit)
    made.do(cast.checker, "check_fail", at(2025, 12, 16), words="备用泵未换")
    failed = issued(made, cast.checker, "recheck_failed", at(2025, 12, 16))
    assert ("不合格之处", "备用泵未换") in failed.lines
    made.do(cast.handler, "reply", at(2025, 12, 18), reply="备用泵也已更换。")
    made.do(cast.checker, "check_pass", at(2025, 12, 18))
    passed = issued(made, cast.checker, "recheck_passed", at(2025, 12, 18))
    assert ("复查意见", "整改合格，予以销号") in passed.lines
    assert ("整改报告日期", "2025年12月18日") in passed.lines


def test_a_request_has_its_slips(cast: Cast):
    made = taken_in("request", cast.dispatcher)
    made.do(cast.dispatcher, "accept", category="")
    made.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    slip = issued(made, cast.dispatcher, "dispatch_slip")
    assert (slip.form, slip.to) == ("slip", "张店区住房和城乡建设局")
    assert ("签收期限", "2025年11月19日") in slip.lines
    made.do(cast.handler, "take")
    made.do(cast.handler, "reply", reply="已修好。")
    assert ("办理答复", "已修好。") in issued(made, cast.handler, "reply_slip").lines
