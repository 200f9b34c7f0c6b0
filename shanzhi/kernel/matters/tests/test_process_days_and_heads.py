"""The proofs of what the kinds by law brought: a day that sets a clock, a head who decides, a lead before a review."""

import pytest

from shanzhi.kernel.matters.operations.kinds import shipped_kinds
from shanzhi.kernel.matters.policy.process import Kind, load_kind

TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in shipped_kinds()}


def told(kind: str, old: str, new: str) -> list[str]:
    """What is said of a shipped file with one change."""
    text = TEXTS[kind]
    assert text.count(old) >= 1
    found = load_kind(text.replace(old, new, 1))
    return [] if isinstance(found, Kind) else [problem.message % problem.params for problem in found]


@pytest.mark.parametrize(
    ("kind", "old", "new", "said"),
    [
        ("finding", 'by_field = "until"', 'by_field = "more_time"', "没有“more_time”这项 day 类型的内容。"),
        ("finding", 'by_field = "until"', 'by_field = "until"\nby_catalogue = true', "时限不能既按派单目录又按填写的日期。"),
        ("finding", 'in = ["dispatched", "rectifying", "rechecking"]', 'in = ["rectifying", "rechecking"]', "填日期的动作不在“整改期限”计时的环节之间，日期不起作用。"),
        ("suggestion", 'rater_not = ["handler"]', 'rater_not = ["handler", "checker"]', "评价也能由受理派单员登记，而核查过的人没有记下是谁，“核查过的不能评价”拦不住。"),
        ("suggestion", "scale = { 5 =", "scale = { 6 =", "scale 只给打分题的分数起名，从 1 到 max。"),
        ("suggestion", "solved_from = 3", "solved_from = 1", "按 solved_from 从打分看出是否解决，要有一道打分题，分数在它上下都有。"),
        ("suggestion", "solved_from = 3", "solved_from = 6", "按 solved_from 从打分看出是否解决，要有一道打分题，分数在它上下都有。"),
        ("petition", 'by = ["handler", "supervisor", "dispatcher"]', 'by = ["supervisor"]', "“延期申请”由本单位负责人答复，可“批准延期”没有给承办单位的岗位。"),
        ("petition", 'to = "unit"', 'to = "nobody"', "“nobody”不在可选的词里。"),
        ("petition", 'from = ["appealed"]\nto = "reviewing"\nby = ["dispatcher"]\nneeds = ["lead"]', 'from = ["appealed"]\nto = "reviewing"\nby = ["dispatcher"]\nneeds = ["words"]', "dispatch 必须填一项 unit 类型的内容，needs 里没有。"),
        ("petition", 'on_overdue = "lapse"\n', "", "等反映人的环节没写到期怎么办，反映人不来就永远结不了。"),
        ("suggestion", 'outcomes = { solved = "closed", unsolved = "again" }', 'outcomes = { solved = "closed" }', "评价的结果不齐。"),
    ],
)  # fmt: skip
def test_it_says_what_is_wrong(kind: str, old: str, new: str, said: str) -> None:
    assert said in told(kind, old, new)


def test_the_shipped_files_are_sound() -> None:
    assert [kind for kind, text in TEXTS.items() if not isinstance(load_kind(text), Kind)] == []
