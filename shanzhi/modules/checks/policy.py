"""How a check is put into words, and who may not make it."""

from collections.abc import Collection

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg

WAYS: dict[str, str] = {
    "phone": msg("电话回访"),
    "visit": msg("现场查看"),
    "papers": msg("查看材料"),
}
"""How a result was checked. A way goes in front of the checker's words, so that whoever reads them knows its weight."""

PASS, FAIL = "check_pass", "check_fail"
"""The verbs of a process by which a check ends."""


class CheckIncomplete(InputError):
    """The check doesn't say how it was made, or why it failed."""

    code = "check-incomplete"


def check_words(*, way: str, words: str, verb: str) -> str:
    """The words that are kept: "电话回访：…", the way alone where a passed check has nothing to add.

    Raises:
        CheckIncomplete: no known way, or a failed check without words.
    """
    wrong: dict[str, str] = {}
    if way not in WAYS:
        wrong["way"] = msg("请选择是怎样核查的。")
    if verb == FAIL and not words.strip():
        wrong["words"] = msg("请写明哪里没有办好、要补做什么。")
    if wrong:
        raise CheckIncomplete(msg("核查结果还没有提交，请按提示补全。"), fields=wrong)
    return f"{WAYS[way]}：{words.strip()}" if words.strip() else WAYS[way]


def may_not_check(*, stage: str, checking: Collection[str], verbs: Collection[str]) -> bool:
    """Does the matter wait for a check that this person may not make, having handled it?

    `verbs` are those that the process allows the person now; the process itself keeps handler and checker apart
    (不相容岗位分离), here it is only said.
    """
    return stage in checking and not {PASS, FAIL} & set(verbs)
