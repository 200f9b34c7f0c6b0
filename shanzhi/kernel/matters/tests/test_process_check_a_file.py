"""The keeper of the rule book checks a process file: sound ones pass, broken ones are told by line."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from shanzhi.kernel.clock.policy import Duration
from shanzhi.kernel.matters.cli import check_file
from shanzhi.kernel.matters.policy.process import Kind, Level, Owner, Party, Result, Role, Verb, load_kind, transitions
from shanzhi.kernel.matters.policy.process.soundness import find_problems
from shanzhi.kernel.matters.tests.process_support import FILE, TEXT, drop, edit, line_of, load, told

OF_OTHERS = {Verb.TAKE_UP, Verb.CONCLUDE, Verb.ENTRUST, Verb.GIVE_BACK, Verb.APPEAL, Verb.REVIEW}
"""Verbs of kinds that go from level to level (incident), or are reviewed (petition)."""
NO_PAPERS = TEXT[: TEXT.index("[[paper]]")]
"""The papers stand last."""


def test_it_reads_the_request() -> None:
    kind = load()
    assert (kind.code, kind.name, kind.version, kind.initial) == ("request", "诉求", 3, "reported")
    assert (kind.intake_level, kind.public, kind.retention_months, kind.calendar) == (Level.CITY, True, 60, "office")
    assert [(s.code, s.name, s.owner, str(kind.limit_of(s) or "")) for s in kind.stages] == [
        ("reported", "待受理", Owner.INTAKE, "1wd"),
        ("accepted", "待派单", Owner.INTAKE, "4wh"),
        ("dispatched", "待签收", Owner.LEAD, "1wd"),
        ("handling", "办理中", Owner.LEAD, "15wd"),
        ("checking", "待核查", Owner.CHECKER, "2wd"),
        ("merged", "并单办理", Owner.LINKED, "1wd"),
        ("parted", "拆分办理", Owner.LINKED, "15wd"),
        ("verdict", "待评价", Owner.REPORTER, "7d"),
        ("gathering", "待并案各件评价", Owner.LINKED, "8d"),
        ("closed", "已办结", Owner.NONE, ""),
        ("joined", "已并入整体", Owner.NONE, ""),
        ("answered", "直接解答", Owner.NONE, ""),
        ("passed", "已转接", Owner.NONE, ""),
        ("refused", "不予受理", Owner.NONE, ""),
        ("withdrawn", "已撤回", Owner.NONE, ""),
    ]
    assert [s.code for s in kind.open_stages] == [
        "reported",
        "accepted",
        "dispatched",
        "handling",
        "checking",
        "merged",
        "parted",
        "verdict",
        "gathering",
    ]
    assert {a.verb for a in kind.actions} == set(kind.must) == set(Verb) - OF_OTHERS
    assert (kind.stage("handling").clock, kind.clock("handle").warn) == ("handle", Duration.parse("3wd"))
    rate = kind.action("rate")
    assert (rate.outcomes, rate.counts, rate.counts_when) == (
        {"solved": "closed", "unsolved": "handling"},
        "reopenings",
        "unsolved",
    )
    assert kind.action("dispatch").notify == (Party.REPORTER, Party.LEAD, Party.CO)
    assert kind.action("dispatch").journal == "matters.dispatch"
    assert kind.separation.rater_not == {Role.HANDLER, Role.CHECKER}
    assert kind.questions == ("solved", "satisfied", "words")
    assert [paper.action for paper in kind.papers] == ["refuse", "dispatch", "reply"]
    assert kind.count("returns").limit == 2
    assert len(kind.digest) == 64


def test_it_can_be_looked_up() -> None:
    kind = load()
    assert kind.field("reply").max == 10000
    assert kind.has_action("reply")
    assert not kind.has_action("fly")
    assert [a.code for a in kind.verb("hand_back")] == ["hand_back"]
    assert [a.code for a in kind.verb_at("note", "handling")] == ["contact", "note"]
    assert kind.verb_at("note", "closed") == ()
    assert kind.action("correct").stays
    assert kind.action("refuse").fields == ("ground", "words")
    assert [a.code for a in kind.actions_from("accepted", {"dispatcher"})] == [
        "refuse",
        "correct",
        "dispatch",
        "link",
        "split",
        "hand_down",
        "hand_down_centre",
        "escalate",
        "ask_crossing",
        "receive",
        "refuse_crossing",
        "ask_crossing_ruling",
        "note",
        "attach",
    ]
    assert len({hash(action) for action in kind.actions}) == len(kind.actions)
    with pytest.raises(KeyError):
        kind.stage("nowhere")


def test_it_says_where_each_action_leads() -> None:
    kind = load()
    rate, lapse, note, hand_back = (kind.action(code) for code in ("rate", "lapse", "note", "hand_back"))
    assert kind.target(rate, "verdict", outcome="solved") == "closed"
    assert kind.target(rate, "verdict", outcome="unsolved") == "handling"
    assert kind.target(rate, "verdict", outcome="unsolved", counts={"reopenings": 2}) == "handling"
    assert kind.target(rate, "verdict", outcome="unsolved", counts={"reopenings": 3}) == "accepted"
    assert kind.target(rate, "verdict", outcome="solved", counts={"reopenings": 3}) == "closed"
    assert kind.target(note, "handling") == "handling"
    assert kind.target(hand_back, "handling", counts={"returns": 1}) == "accepted"
    assert kind.result(rate, "closed") is Result.CLOSED
    assert kind.result(rate, "handling") is None
    assert kind.result(lapse, "closed") is Result.LAPSED
    assert rate.counts_up("unsolved")
    assert not rate.counts_up("solved")
    assert hand_back.counts_up()
    assert not note.counts_up()


def test_it_has_exactly_the_transitions_of_the_issue() -> None:
    left_out = ("withdraw", "fold")  # from every open stage
    moves = {(s.code, a.code, target) for s, a, target in transitions(load()) if not a.stays and a.code not in left_out}
    assert moves == {
        ("reported", "accept", "accepted"),
        ("reported", "refuse", "refused"),
        ("accepted", "refuse", "refused"),
        *((stage, *to) for stage in ("reported", "accepted") for to in (("answer", "answered"), ("pass_on", "passed"))),
        ("accepted", "dispatch", "dispatched"),
        ("dispatched", "take", "handling"),
        ("dispatched", "hand_back", "accepted"),
        ("dispatched", "transfer", "dispatched"),
        ("handling", "hand_back", "accepted"),
        ("handling", "transfer", "dispatched"),
        ("dispatched", "rule", "dispatched"),
        ("handling", "rule", "dispatched"),
        ("handling", "reply", "checking"),
        ("checking", "check_pass", "verdict"),
        ("checking", "check_fail", "handling"),
        ("verdict", "rate", "closed"),
        ("verdict", "rate", "handling"),
        ("verdict", "rate", "accepted"),
        ("verdict", "lapse", "closed"),
        *((stage, "rule", "dispatched") for stage in ("dispatched", "handling")),
        *((stage, "link", "merged") for stage in ("reported", "accepted")),
        ("merged", "unlink", "reported"),
        ("merged", "unlink", "accepted"),
        ("merged", "ask_verdict", "verdict"),
        ("verdict", "await_again", "merged"),
        ("verdict", "rate", "merged"),
        *(("verdict", action, "gathering") for action in ("rate", "lapse")),
        ("checking", "check_pass", "gathering"),
        *((stage, "reopen", target) for stage in ("verdict", "gathering") for target in ("handling", "accepted")),
        ("gathering", "gathered", "closed"),
        ("accepted", "split", "parted"),
        ("parted", "rejoin", "accepted"),
        ("parted", "collect", "handling"),
        *((stage, action, "joined") for stage, action in (("checking", "check_pass"), ("merged", "ask_verdict"))),
        ("accepted", "hand_down", "dispatched"),
        ("accepted", "hand_down_centre", "accepted"),
        *((stage, "escalate", "accepted") for stage in ("accepted", "dispatched", "handling")),
        *((stage, "vacate", "accepted") for stage in ("dispatched", "handling")),
        *(
            (stage, action, "accepted")
            for stage in ("reported", "accepted", "dispatched", "handling")
            for action in ("receive", "rule_crossing")
        ),
    }


def test_its_digest_tells_a_change_of_content_from_one_of_comments() -> None:
    assert load("# another comment\n" + TEXT.replace("\n", "\r\n")).digest == load().digest
    assert load(edit("stage checking", '"2wd"', '"6wd"')).digest != load().digest


@pytest.mark.parametrize("table", ["kind", "stage", "action"])
def test_it_misses_a_table(table: str) -> None:
    lines, skipping = [], False
    for line in TEXT.splitlines():
        if line.startswith("["):
            skipping = line.strip("[]") == table
        lines += [] if skipping else [line]
    header = f"[{table}]" if table == "kind" else f"[[{table}]]"
    assert told("\n".join(lines)) == [(1, f"第 1 行  文件：缺少 {header}。 补上这张表。")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind = 1\n" + TEXT.replace("[kind]", "[x]", 1), "第 1 行  kind：kind 的写法不对。 写成 [kind]。"),
        ("paper = 1\n" + NO_PAPERS, "第 1 行  paper：paper 的写法不对。 写成 [[paper]]。"),
        ("paper = [1]\n" + NO_PAPERS, "第 1 行  paper：paper 的写法不对。 写成 [[paper]]。"),
        ("stage = []\n" + TEXT.replace("[[stage]]", "[[x]]"), "第 1 行  stage：[[stage]] 一项也没有。 至少写一项。"),
        ("[kid]\n" + TEXT, "第 1 行  kid：不认识“kid”这张表。 是不是“kind”？"),
        ("[zzzz]\n" + TEXT, "第 1 行  zzzz：不认识“zzzz”这张表。 可以写：action、ask、check、clock、count、field、kind、linking、paper、rating、"
         "stage、visibility。"),
    ],
)  # fmt: skip
def test_it_refuses_a_table_of_the_wrong_form(text: str, said: str) -> None:
    assert said in [sentence for _, sentence in told(text)]


def test_it_says_a_strange_entry_by_its_place_where_it_has_no_code() -> None:
    text = TEXT.replace('[[paper]]\ncode = "refusal_notice"', "[[paper]]\ncode = 5")
    assert [sentence.split("：")[0] for _, sentence in told(text)] == [
        f"第 {line_of_text(text, 'code = 5')} 行  paper 1.code"
    ]


def line_of_text(text: str, mark: str) -> int:
    return text.count("\n", 0, text.index(mark)) + 1


def test_it_tells_every_problem_at_once_in_the_order_of_the_lines() -> None:
    text = edit("rating", '"satisfied"', '"satisfid"', edit("stage handling", 'owner = "lead"\n', ""))
    lines = [line for line, _ in told(text)]
    assert lines == [line_of(text, "stage handling"), line_of(text, "rating", "questions")]


def test_it_wants_an_end() -> None:
    text = TEXT.replace('end = "', 'limit = "1d"\nowner = "intake"\n#')
    assert "没有终点，事项永远办不完" in "\n".join(sentence for _, sentence in told(text))


def test_withdrawing_is_no_way_out_of_a_dead_end() -> None:
    text = edit("action rate", 'solved = "closed"', 'solved = "handling"', edit("action lapse", 'to = "closed"',
                'to = "accepted"', edit("action lapse", 'result = "lapsed"\n', "")))  # fmt: skip
    for action in ("refuse", "answer", "pass_on"):
        text = edit(f"action {action}", 'from = ["reported", "accepted"]', 'from = ["reported"]', text)
    text = edit("action gathered", 'to = "closed"', 'to = "accepted"', text)
    text = edit("action unlink", 'undecided = "reported"', 'undecided = "accepted"', text)
    hits = [line for line, sentence in told(text) if "走不到任何终点" in sentence]
    dead = ["accepted", "dispatched", "handling", "checking", "merged", "parted", "verdict", "gathering"]
    assert hits == [line_of(text, f"stage {s}") for s in dead]


def test_it_keeps_its_promise_of_verbs() -> None:
    text = edit("action attach", 'needs = ["files"]\nmay = ["words"]', 'needs = ["words"]\nmay = ["files"]')
    text = edit("action attach", 'verb = "attach"', 'verb = "note"', text)
    line = line_of(text, "kind", '"attach"')
    assert told(text) == [
        (
            line,
            f"第 {line} 行  kind.must：说好要有的操作 attach，没有哪个动作来做。 "
            '补一个 verb = "attach" 的动作，或从 must 里删去。',
        )
    ]


def test_rules_need_the_actions_that_they_rule() -> None:
    text = TEXT
    for head in ("action rate", "action check_pass", "action check_fail"):
        text = drop(head, text)
    said = "\n".join(sentence for _, sentence in told(text))
    assert "check.checker_not：没有核查的动作" in said
    assert "check.rater_not：没有评价的动作" in said
    assert "rating：有评价问题，没有评价动作" in said


def test_a_verdict_needs_questions() -> None:
    text = drop("rating")
    assert told(text) == [
        (
            line_of(text, "action rate"),
            f'第 {line_of(text, "action rate")} 行  action "rate"：有评价动作，没有评价问题。 补上 [rating] 的 questions。',
        )
    ]


def test_a_field_that_nobody_asks_for_is_dead() -> None:
    text = TEXT + '\n[[field]]\ncode = "colour"\nname = "颜色"\ntype = "choice"\nchoices = ["red"]\n'
    assert [line for line, _ in told(text)] == [line_of(text, "field colour")]


def test_a_first_reference_to_nothing_says_to_declare_it() -> None:
    text = TEXT.replace("[[count]]", "[[paper]]")
    start = text.index("[[paper]]")
    end = text.index("# ---- 规矩")
    text = text[:start] + text[end:]
    line = line_of(text, "action hand_back", "counts")
    assert (
        line,
        f'第 {line} 行  action "hand_back".counts：没有“returns”这个次数。 先声明它，再引用。',
    ) in told(text)


def test_it_asks_for_the_calendar_only_where_calendars_are_known() -> None:
    found = load_kind(TEXT, calendars=["cn", "offices"])
    assert isinstance(found, list)
    assert [str(problem) for problem in found] == [
        f"第 {line_of(TEXT, 'kind', 'calendar')} 行  kind.calendar：没有“office”这个日历。 是不是“offices”？"
    ]
    assert isinstance(load_kind(TEXT, calendars=["office"]), Kind)


def test_a_kind_that_came_from_no_file_can_be_proven_too() -> None:
    kind = load()
    assert find_problems(kind) == []
    lost, *others = kind.actions
    broken = replace(kind, actions=(replace(lost, from_stages=("xyz",)), *others))
    assert [str(problem) for problem in find_problems(broken)] == [
        "第 1 行  action 1.from：没有“xyz”这个环节。 可以写：accepted、answered、checking、closed、dispatched、gathering、handling、"
        "joined、merged、parted、passed、refused、reported、verdict、withdrawn。"
    ]


PATROL = """
[kind]
code = "patrol"
name = "巡查"
version = 3
initial = "found"
intake_level = "community"
retention = "18m"

[[stage]]
code = "found"
name = "待处理"
owner = "intake"
limit = "60sd"
warn = "3d"

[[stage]]
code = "done"
name = "已处理"
end = "closed"

[[field]]
code = "ground"
name = "理由"
type = "ground"

[[action]]
code = "finish"
name = "处理完"
verb = "check_pass"
from = ["found"]
to = "done"
by = ["dispatcher"]
journal = "patrol.finish"
"""


def test_another_kind_costs_a_file_and_no_code() -> None:
    problems = load_kind(PATROL)
    assert isinstance(problems, list)
    assert [str(problem) for problem in problems] == [
        '第 22 行  field "ground"：没有哪个动作用到这项内容。 删去，或写进动作的 needs、may。'
    ]
    kind = load(drop("field ground", PATROL))
    assert (kind.public, kind.calendar, kind.must, kind.retention_months) == (False, "office", (), 18)
    assert [(s.code, a.code, target) for s, a, target in transitions(kind)] == [("found", "finish", "done")]
    assert kind.action("finish").journal == "patrol.finish"


def test_ends_may_take_notes() -> None:
    kind = load(edit("action note", '["open"]', '["any"]'))
    assert kind.action("note").from_stages == tuple(stage.code for stage in kind.stages)


def test_syntax_errors_name_their_line() -> None:
    text = edit("stage handling", 'owner = "lead"', "owner = lead")
    (problem,) = told(text)
    assert problem[0] == line_of(text, "stage handling", "owner")
    assert "不合 TOML 格式" in problem[1]
    twice = edit("stage handling", 'owner = "lead"', 'owner = "lead"\nowner = "lead"')
    assert told(twice)[0][0] in (
        line_of(twice, "stage handling", "owner"),
        line_of(twice, "stage handling", "owner") + 1,
    )


def test_the_file_speaks_plain_toml_1_0() -> None:
    assert set(tomllib.loads(TEXT)) == {
        "kind", "stage", "clock", "ask", "field", "action", "count", "check", "linking", "rating", "visibility", "paper",
    }  # fmt: skip


def test_check_says_that_a_file_can_be_used() -> None:
    said = check_file(FILE)
    assert said.ok
    assert said.text == f"{FILE}：流程可用。诉求（request）第 3 版，15 个环节，64 个动作。"


def test_check_lists_what_to_mend(tmp_path: Path) -> None:
    file = tmp_path / "kind.toml"
    file.write_text(edit("stage handling", "owner", "ownr"), encoding="utf-8")
    said = check_file(file)
    line = line_of(TEXT, "stage handling", "owner")
    assert not said.ok
    assert said.text == (
        f'{file}：有 1 处要改。\n  第 {line} 行  stage "handling".ownr：不认识“ownr”这个键。 是不是“owner”？'
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "找不到 {}。请检查路径。"),
        (b"", "{}：有 1 处要改。\n  第 1 行  文件：文件是空的。 照 request.toml 的样子写 [kind]、[[stage]] 和 [[action]]。"),
        (b"\xef\xbb\xbf \n", "{}：有 1 处要改。\n  第 1 行  文件：文件是空的。 照 request.toml 的样子写 [kind]、[[stage]] 和 "
         "[[action]]。"),
        (b"[kind]\nname = \"\xd0\xc5\xb7\xc3\"\n", "{} 第 2 行不是 UTF-8 文本。请另存为 UTF-8 后再试。"),
        (b"#" * 1_000_001, "{} 超过 1 MB，不像流程文件。请检查路径。"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_process_gets_a_sentence(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "kind.toml"
    if content is not None:
        file.write_bytes(content)
    found = check_file(file)
    assert (found.ok, found.text) == (False, said.format(file))


def test_a_folder_and_a_path_that_cannot_be_opened_get_a_sentence(tmp_path: Path) -> None:
    assert check_file(tmp_path).text == f"{tmp_path} 是文件夹。请给出其中一个 .toml 文件。"
    odd = tmp_path / ("长" * 200)
    assert check_file("nul\0.toml").text == "打不开 nul\0.toml。请检查路径和读取权限。"
    assert check_file(odd).text == f"打不开 {odd}。请检查路径和读取权限。"


def test_a_bom_and_windows_line_ends_are_no_matter(tmp_path: Path) -> None:
    file = tmp_path / "kind.toml"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert check_file(file).ok
