"""The parts of a worklist, read off the processes: no stage is named here."""

from collections.abc import Iterable
from dataclasses import dataclass

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process import Kind, Owner, Verb

HELPING = "co"
"""The unit's part in what it helps with."""
TODO = "todo"
"""The part that opens first: all that waits for this unit."""
OURS = frozenset({TODO, "waiting", "handling"})


@dataclass(frozen=True, slots=True)
class Tab:
    """One part of the list: the stages whose matters it shows, the unit's part in them (lead or co), and what it says of
    itself where it is empty and in a file (`meaning`). `is_ours`: it is the unit's turn in what it shows."""

    code: str
    label: str
    part: str
    stages: tuple[str, ...]
    empty_title: str
    empty_text: str
    meaning: str
    is_ours: bool


def tabs_of(kinds: Iterable[Kind]) -> tuple[Tab, ...]:
    """The worklist's parts for these kinds: due from us, waiting to be taken, in hand, with others, helping.

    A stage waits to be taken where its lead can take it; what the lead has is otherwise in hand; open stages that
    belong to the checker or the reporter, or in which a whole waits for its parts, are followed only.
    """
    waiting: list[str] = []
    in_hand: list[str] = []
    others: list[str] = []
    for kind in kinds:
        takes = {stage for action in kind.actions if action.verb is Verb.TAKE for stage in action.from_stages}
        for stage in kind.stages:
            if stage.owner is Owner.LEAD:
                (waiting if stage.code in takes else in_hand).append(stage.code)
            elif stage.owner in (Owner.CHECKER, Owner.REPORTER) or stage.code == kind.parted_stage:
                others.append(stage.code)
    both = waiting + in_hand
    return (
        _tab(TODO, msg("全部待办"), "lead", both, msg("没有待办"), msg("新派来的事项会出现在这里，先到期的排在前面。")),
        _tab("waiting", msg("待签收"), "lead", waiting, msg("没有待签收的事项"), msg("派给本单位的事项先在这里签收。")),
        _tab("handling", msg("办理中"), "lead", in_hand, msg("没有办理中的事项"), msg("签收后、答复前的事项在这里。")),
        _tab(
            "follow",
            msg("待核查·待评价"),
            "lead",
            others,
            msg("没有等待核查或评价的事项"),
            msg("答复以后，事项在这里等核查员核查、反映人评价；没有解决的会退回重办。"),
        ),
        _tab(
            "co",
            msg("协办"),
            HELPING,
            both + others,
            msg("没有协办事项"),
            msg("请本单位配合办理的事项在这里，办完后写明做了什么。"),
        ),
    )


_MEANINGS = {
    TODO: msg("派给本单位主办、等本单位签收或办理的事项，先到期的在前"),
    "waiting": msg("派给本单位主办、还没有签收的事项，先到期的在前"),
    "handling": msg("本单位已签收、还没有答复的事项，先到期的在前"),
    "follow": msg("本单位已答复、等核查或等反映人评价的事项，先到期的在前"),
    "co": msg("请本单位协办、还没有结束的事项，先到期的在前"),
}


def _tab(code: str, label: str, part: str, stages: list[str], empty_title: str, empty_text: str) -> Tab:
    return Tab(code, label, part, tuple(dict.fromkeys(stages)), empty_title, empty_text, _MEANINGS[code], code in OURS)
