"""Soundness of the papers: what gives rise to them is there, and every place in their text can be filled."""

from collections.abc import Iterator

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.model import Action, Kind
from shanzhi.kernel.matters.policy.process.of_stages import duplicates, find_strange_marks, unknown
from shanzhi.kernel.matters.policy.process.paper import REPORT, SLOTS, Paper, marks
from shanzhi.kernel.matters.policy.process.positions import Path
from shanzhi.kernel.matters.policy.process.problem import Problem
from shanzhi.kernel.matters.policy.process.source import Source
from shanzhi.kernel.matters.policy.process.words import FieldType

FILLED = frozenset({FieldType.TEXT, FieldType.CHOICE})
FROM_ACTION = ("words", "reply", "ground")
"""Slots that only an action with a field of this code can fill."""


def find_in_papers(kind: Kind, source: Source) -> Iterator[Problem]:
    """What is wrong with the papers."""
    yield from duplicates(source, "paper", [paper.code for paper in kind.papers])
    actions = [*(action.code for action in kind.actions), REPORT]
    for place, paper in enumerate(kind.papers):
        path = ("paper", place)
        if paper.action not in actions:
            yield unknown(source, (*path, "action"), msg("没有“%(word)s”这个动作。"), paper.action, actions)
            continue
        yield from _find_in_fill(kind, source, path, paper)
        yield from _find_in_text(kind, source, path, paper)
        clocks = [clock.code for clock in kind.clocks]
        if paper.clock and paper.clock not in clocks:
            yield unknown(source, (*path, "clock"), msg("没有“%(word)s”这个时钟。"), paper.clock, clocks)


def _find_in_fill(kind: Kind, source: Source, path: Path, paper: Paper) -> Iterator[Problem]:
    known = {spec.code: spec for spec in kind.fields if spec.type in FILLED}
    for place, code in enumerate(paper.fill):
        if code not in known:
            message = msg("没有声明“%(word)s”这项文字或选择题，文书不能让人填它。")
            yield unknown(source, (*path, "fill", place), message, code, known)
        elif code in SLOTS:
            message = msg("“%(word)s”是留用的词，不能当文书要填的内容。")
            yield source.problem((*path, "fill", place), message, msg("换一个代码。"), word=code)


def _find_in_text(kind: Kind, source: Source, path: Path, paper: Paper) -> Iterator[Problem]:
    known = (*SLOTS, *paper.fill)
    used = [mark for text in (paper.title, paper.text, paper.hail) for mark in marks(text)]
    for key in ("title", "text"):
        yield from find_strange_marks(source, (*path, key), getattr(paper, key), dict.fromkeys(known, ""))
    for place, code in enumerate(paper.may):
        if code not in used:
            yield unknown(source, (*path, "may", place), msg("文书里没有用到“%(word)s”。"), code, used)
    if "until" in used and not paper.clock:
        yield source.problem((*path, "text"), msg("用了 %%(until)s，却没说是哪个时钟。"), msg("补上 clock。"))
    if paper.action == REPORT:
        return
    action = kind.action(paper.action)
    for code in FROM_ACTION:
        if code in used and not _is_given(action, code) and code not in paper.may:
            yield source.problem(
                (*path, "text"),
                msg("动作“%(action)s”不填“%(word)s”，文书里这一处永远是空的。"),
                msg("换一处内容，或写进 may。"),
                action=action.name,
                word=SLOTS[code],
            )


def _is_given(action: Action, code: str) -> bool:
    # A decision on what was asked says again on which ground it was asked.
    return code in action.fields or (code == "ground" and bool(action.ask))
