"""A process file broken in one place: the line of that place is named, with what is wrong and how to mend it."""

import os

import pytest

from shanzhi.kernel.matters.policy.process import load_kind
from shanzhi.kernel.matters.tests.process_support import TEXT, edit, line_of, told

# Table, what stands there, what comes in its place; table and mark of the line to be named (no mark: the header's line;
# no table: the last line with that text); what is said.
STRIDE = 1 if os.environ.get("SHANZHI_SIZE") == "full" else 4
"""At full size each line is spoilt, else every fourth."""
BREAKS = [
    # form
    ("kind", 'initial = "reported"\n', "", "kind", "", "缺少 initial"),
    ("kind", "version = 3", 'version = "1"', "kind", "version", "1 到 100000 的整数"),
    ("kind", "version = 3", "version = true", "kind", "version", "1 到 100000 的整数"),
    ("kind", "version = 3", "version = 0", "kind", "version", "1 到 100000 的整数"),
    ("kind", 'retention = "5y"', 'retention = "5 years"', "kind", "retention", "保存期限"),
    ("kind", '"city"', '"citty"', "kind", "intake_level", "是不是“city”"),
    ("kind", "public = true", 'public = "yes"', "kind", "public", "true 或 false"),
    ("kind", '"check_pass", "check_fail"', '"check_pass", "chek_fail"', "kind", "chek_fail", "是不是“check_fail”"),
    ("kind", 'code = "request"', 'code = "Request!"', "kind", "code", "小写字母开头"),
    ("kind", 'name = "诉求"', 'name = "  "', "kind", "name", "不空的文字"),
    ("stage handling", "owner", "ownr", "stage handling", "ownr", "是不是“owner”"),
    ("stage checking", '"2wd"', '"5 days"', "stage checking", "limit", "要写时限"),
    ("stage checking", '"2wd"', "5", "stage checking", "limit", "5 不能用在这里"),
    ("stage handling", '"lead"', '"leed"', "stage handling", "owner", "是不是“lead”"),
    ("action reply", 'verb = "reply"', 'verb = "repli"', "action reply", "verb", "是不是“reply”"),
    ("action reply", 'by = ["handler"', 'by = ["handlr"', "action reply", "by", "是不是“handler”"),
    ("action reply", 'needs = ["reply"]', 'needs = "reply"', "action reply", "needs", "要写一列代码"),
    ("action reply", 'needs = ["reply"]', 'needs = ["reply", "reply"]', "action reply", "needs", "写了两次"),
    ("action reply", 'to = "checking"', 'to = "checking"\njournal = "!"', "action reply", "journal", "台账动作名"),
    ("action rate", '{ solved = "closed", unsolved = "handling" }', "{}", "action rate", "outcomes", "“结果 = 环节”的表"),
    ("action rate", '{ solved = "closed", unsolved = "handling" }', "2026-01-01", "action rate", "outcomes", "2026-01-01"),
    ("field reply", '"text"', '"txt"', "field reply", "type", "是不是“text”"),
    ("check", 'checker_not = ["handler"]', 'checker_not = ["keeper"]', "check", "checker_not", "“keeper”不在可选的词里"),
    ("visibility", '"number", ', '"phone", ', "visibility", "public_fields", "“phone”不在可选的词里"),
    # stages
    ("kind", '"reported"', '"reportd"', "kind", "initial", "是不是“reported”"),
    ("kind", '"reported"', '"closed"', "kind", "initial", "起点不能是终点"),
    ("stage handling", 'owner = "lead"\n', "", "stage handling", "", "没有责任人"),
    ("stage handling", 'owner = "lead"', 'owner = "none"', "stage handling", "owner", "没有责任人"),
    ("stage checking", 'limit = "2wd"\nwarn = "4wh"\n', "", "stage checking", "", "没有时限"),
    ("stage checking", 'warn = "4wh"', 'warn = "2wd"', "stage checking", "warn", "一开始就亮黄灯"),
    ("stage checking", 'warn = "4wh"', 'warn = "16wh"', "stage checking", "warn", "一开始就亮黄灯"),
    ("stage checking", 'warn = "4wh"', 'warn = "24h"', "stage checking", "warn", "不是同一种时间"),
    ("stage handling", "%(unit)s正在", "%(name)s正在", "stage handling", "says", "占位写法不对"),
    ("stage handling", "%(unit)s正在", "100%正在", "stage handling", "says", "占位写法不对"),
    ("stage verdict", 'on_overdue = "lapse"\n', "", "stage verdict", "", "没写到期怎么办"),
    ("stage verdict", 'on_overdue = "lapse"', 'on_overdue = "lapze"', "stage verdict", "on_overdue", "是不是“lapse”"),
    ("stage verdict", 'on_overdue = "lapse"', 'on_overdue = "rate"', "stage verdict", "on_overdue", "系统到期做不了"),
    ("stage closed", 'end = "closed"', 'end = "closed"\nlimit = "1d"', "stage closed", "limit", "终点不计时"),
    ("stage closed", 'end = "closed"', 'end = "closed"\nowner = "lead"', "stage closed", "owner", "终点没有责任人"),
    ("stage refused", 'code = "refused"', 'code = "closed"', "", 'last code = "closed"', "已在第 "),
    ("stage closed", 'code = "closed"', 'code = "same"', "stage same", "code", "是留用的词"),
    # fields
    ("field category", '"category"\nname', '"region"\nname', "", 'last code = "region"', "已在第 "),
    ("field reply", "max = 10000\n", "", "field reply", "", "要有上限"),
    ("field ground", 'type = "ground"', 'type = "ground"\nmax = 3', "field ground", "max", "没有上限"),
    ("field ground", 'type = "ground"', 'type = "choice"', "field ground", "", "没有选项"),
    ("field ground", 'type = "ground"', 'type = "ground"\nchoices = ["a"]', "field ground", "choices", "只有 choice"),
    # actions
    ("action reply", 'from = ["handling"]', 'from = ["open", "handlng"]', "action reply", "from", "是不是“handling”"),
    ("action reply", 'from = ["handling"]', "from = []", "action reply", "from", "没有从哪个环节出发"),
    ("action reply", 'to = "checking"', 'to = "cheking"', "action reply", "to =", "是不是“checking”"),
    ("action reply", 'to = "checking"\n', "", "action reply", "", "to 或 outcomes"),
    ("action reply", 'by = ["handler", "grid_worker"]', "by = []", "action reply", "by", "没有谁能做"),
    ("action reply", 'needs = ["reply"]', 'needs = ["replie"]', "action reply", "needs", "是不是“reply”"),
    ("action reply", 'may = ["include", "files"]', 'may = ["filez"]', "action reply", "may", "是不是“files”"),
    ("action reply", 'may = ["include", "files"]', 'may = ["files", "reply"]', "action reply", "may", "已在 needs 里"),
    ("action reply", 'needs = ["reply"]', 'needs = ["category"]', "action reply", "needs", "必须填一项 text"),
    ("action reply", 'to = "checking"', 'to = "same"', "action reply", "to =", "不能原地不动"),
    ("action reply", 'to = "checking"', 'to = "checking"\nresult = "closed"', "action reply", "result", "不到终点"),
    ("action reply", 'to = "checking"', 'to = "checking"\ncounts_when = "x"', "action reply", "counts_when", "没写 counts"),
    ("action reply", 'to = "checking"', 'to = "checking"\ncounts = "retuns"', "action reply", "counts", "是不是“returns”"),
    ("action note", 'to = "same"', 'to = "handling"', "action note", "to =", "不改变环节"),
    ("action take", 'from = ["dispatched"]', 'from = ["dispatched", "closed"]', "action take", "from", "是终点"),
    ("action take", 'code = "take"', 'code = "reply"', "", 'last code = "reply"', "已在第 "),
    ("action refuse", 'to = "refused"', 'to = "closed"', "action refuse", "to =", "end = \"refused\""),
    ("action withdraw", 'to = "withdrawn"', 'to = "closed"', "action withdraw", "to =", "end = \"withdrawn\""),
    ("action lapse", 'by = ["system"]', 'by = ["system", "keeper"]', "action lapse", "by", "只能由 system 来做"),
    ("action rate", 'unsolved = "handling"', 'unsolved = "handlin"', "action rate", "outcomes", "是不是“handling”"),
    ("action rate", 'unsolved = "handling"', 'maybe = "handling"', "action rate", "outcomes", "结果不齐"),
    ("action rate", 'counts_when = "unsolved"', 'counts_when = "unsoled"', "action rate", "counts_when", "是不是“unsolved”"),
    ("action rate", 'counts_when = "unsolved"\n', "", "action rate", "counts", "次数到了就不收"),
    ("action check_pass", 'to = "verdict"', 'outcomes = { a = "verdict" }', "action check_pass", "outcomes", "没有几种结果"),
    ("action correct", 'may = ["category", "region"]\n', "", "action correct", "", "更正什么也没写"),
    ("action accept", 'by = ["dispatcher", "operator"]', 'by = ["system"]', "action accept", "", "没有哪个环节到期时做它"),
    ("action attach", 'name = "补充材料"', 'name = "留言"', "action attach", "name", "按钮分不清"),
    # counts, papers, rules
    ("count returns", 'code = "returns"', 'code = "reopenings"', "", 'last code = "reopenings"', "已在第 "),
    ("count returns", "limit = 2\n", "", "count returns", "", "用不上"),
    ("count returns", "%(who)s", "%(when)s", "count returns", "after", "占位写法不对"),
    ("count reopenings", 'then = "accepted"', 'then = "closed"', "count reopenings", "then", "未结环节"),
    ("count check_failures", 'name = "核查退回"', 'name = "核查退回"\nlimit = 2', "count check_failures", "", "到了上限时的话"),
    ("action check_fail", 'counts = "check_failures"\n', "", "count check_failures", "", "没有哪个动作计"),
    ("paper refusal_notice", 'action = "refuse"', 'action = "refuze"', "paper refusal_notice", "action", "是不是“refuse”"),
    ("paper refusal_notice", 'to = "reporter"', 'to = "reporters"', "paper refusal_notice", "to", "是不是“reporter”"),
    ("paper refusal_notice", "%(ground)s", "%(grund)s", "paper refusal_notice", "text", "占位写法不对"),
    ("paper refusal_notice", '"words", "ground_channel"', '"word"', "paper refusal_notice", "may", "没有用到“word”"),
    ("paper dispatch_slip", 'clock = "handle"', 'clock = "handel"', "paper dispatch_slip", "clock", "是不是“handle”"),
    ("paper dispatch_slip", 'clock = "handle"\n', "", "paper dispatch_slip", "text", "却没说是哪个时钟"),
    ("paper dispatch_slip", 'form = "slip"', 'form = "slipp"', "paper dispatch_slip", "form", "是不是“slip”"),
    ("paper reply_slip", "%(reply)s", "%(ground)s", "paper reply_slip", "text", "永远是空的"),
    ("paper reply_slip", 'form = "slip"', 'form = "slip"\nfill = ["lead"]', "paper reply_slip", "fill", "文书不能让人填它"),
    ("paper reply_slip", 'form = "slip"', 'form = "slip"\nfill = ["words"]', "paper reply_slip", "fill", "是留用的词"),
    ("check", 'checker_not = ["handler"]', 'checker_not = ["checker"]', "check", "checker_not", "不能和自己分开"),
    ("rating", '"satisfied"', '"satisfid"', "rating", "questions", "是不是“satisfied”"),
    ("rating", '"solved", ', "", "action rate", "needs", "评价必须填“solved”"),
    ("visibility", 'public_fields = ["number", "category", "region", "place", "stage", "reported_on", "closed_on"]\n', "",
     "kind", "public", "没说公开哪些内容"),
    # paths
    ("action reply", 'to = "checking"', 'to = "verdict"', "stage checking", "", "走不到“待核查”"),
    ("action reply", 'to = "checking"', 'to = "verdict"', "action check_pass", "from", '"check_pass".from：它出发的环节都走不到'),
    ("stage checking", 'owner = "checker"', 'owner = "intake"', "stage checking", "owner", "没有一个动作能由其推进"),
    ("clock handle", 'in = ["reported"', 'in = ["reportd"', "clock handle", "in", "没有“reportd”这个未结环节"),
    ("clock handle", '"checking", "parted"]', '"checking", "verdict", "parted"]', "clock handle", "in", "到期由系统处理"),
    ("clock handle", 'owner = "lead"', 'owner = "none"', "clock handle", "owner", "要有责任人"),
    ("clock handle", 'warn = "3wd"', 'warn = "15wd"', "clock handle", "warn", "一开始就亮黄灯"),
    ("clock handle", '"handling", ', "", "stage handling", "clock", "这个环节会没有时限"),
    ("stage handling", 'clock = "handle"', 'clock = "handel"', "stage handling", "clock", "是不是“handle”"),
    ("stage handling", 'clock = "handle"', 'clock = "handle"\nlimit = "5wd"', "stage handling", "clock", "写了两处"),
    ("stage handling", 'clock = "handle"', 'clock = "contact"', "stage handling", "clock", "不是总在"),
    ("clock contact", '["contact"]', '["contct"]', "clock contact", "done_by", "没有“contct”这个动作"),
    ("ask extension", 'clock = "handle"\n', "", "ask extension", "", "这个时钟"),
    ("ask pause", 'most = "30sd"', 'clock = "handle"\nmost = "30sd"', "ask pause", "clock", "所有时钟都停"),
    ("ask pause", 'most = "30sd"\n', "", "ask pause", "", "没有最长时间"),
    ("action grant_pause", 'ask = "pause"', 'ask = "extension"', "ask pause", "", "没有 grant 的动作"),
    ("action ask_extension", '"more_time", ', "", "action ask_extension", "needs", "limit 类型"),
    ("field more_time", '"3wd"', '"3 days"', "field more_time", "choices", "不是时长"),
    ("action accept", 'to = "accepted"', 'to = "handling"', "stage handling", "owner", "不经派单就能走到"),
]  # fmt: skip


def expected_line(text: str, head: str, mark: str) -> int:
    if head:
        return line_of(text, head, mark)
    return text.count("\n", 0, text.rindex(mark.removeprefix("last "))) + 1


@pytest.mark.parametrize(
    ("head", "old", "new", "told_at", "mark", "said"), BREAKS, ids=[f"{b[0]}: {b[2]!r:.40}" for b in BREAKS]
)
def test_it_names_the_line_of_what_is_broken(head: str, old: str, new: str, told_at: str, mark: str, said: str) -> None:
    text = edit(head, old, new)
    hits = [line for line, sentence in told(text) if said in sentence]
    assert hits == [expected_line(text, told_at, mark)], told(text)


def test_it_has_been_broken_in_enough_ways() -> None:
    assert len(BREAKS) >= 80


JUNK = [
    "1",
    "-1",
    "true",
    "1.5",
    "nan",
    "1979-05-27",
    '""',
    '"%"',
    '"open"',
    "[]",
    "[1]",
    '["any"]',
    "{}",
    '{ a = "b" }',
]


def check_every_problem_has_a_line(text: str) -> None:
    found = load_kind(text)
    if isinstance(found, list):
        assert found
        assert [problem for problem in found if not 1 <= problem.line <= text.count("\n") + 1] == []
        assert all(problem.sentence() for problem in found)


def test_whatever_line_is_lost_or_spoilt_it_says_something_sensible() -> None:
    lines = TEXT.split("\n")
    for place, line in list(enumerate(lines))[::STRIDE]:
        before, after = lines[:place], lines[place + 1 :]
        check_every_problem_has_a_line("\n".join([*before, *after]))
        if "=" in line and not line.startswith("#"):
            spoilt = f"{line.split('=')[0]}= {JUNK[place % len(JUNK)]}"
            check_every_problem_has_a_line("\n".join([*before, spoilt, *after]))


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000 + "]" * 5000,
        "a = " + "[" * 399 + "]" * 399,
        "a = " + "{a=" * 399 + "1" + "}" * 399,
        "a = " + "9" * 5000,
        "a." * 3000 + "b = 1",
        "\0",
    ],
    ids=["too deep", "deep lists", "deep tables", "long number", "long key", "nul"],
)
def test_a_text_made_to_overwhelm_gets_a_sentence(text: str) -> None:
    assert {line for line, _ in told(text)} == {1}
