"""What is different between two versions of a kind, as a keeper reads it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.model import Action, AskSpec, ClockSpec, Kind, Stage
from shanzhi.kernel.matters.policy.process.words import OWNER_NAMES, ROLE_NAMES

Named = tuple[str, tuple[tuple[str, str], ...]]
"""A name, and properties with their values."""
Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is there, gone or otherwise: `table` is stage, action or kind, `what` the message id of the property
    that changed (empty: the whole thing), `before` and `after` as texts."""

    change: Change
    table: str
    code: str
    name: str
    what: str = ""
    before: str = ""
    after: str = ""


def differences(old: Kind, new: Kind) -> tuple[Difference, ...]:
    """Everything by which `new` differs from `old` for the people who work with it, in the order of the files."""
    return (*_of_kind(old, new), *_of_stages(old, new), *_of_clocks(old, new), *_of_actions(old, new))


def _of_kind(old: Kind, new: Kind) -> Iterator[Difference]:
    told = (
        (msg("名称"), old.name, new.name),
        (msg("最先进入的环节"), old.initial, new.initial),
        (msg("对外公开"), _yes(old.public), _yes(new.public)),
        (msg("办结后保存（月）"), str(old.retention_months), str(new.retention_months)),
        (msg("抽查比例（%）"), str(old.sample), str(new.sample)),
    )
    for what, before, after in told:
        if before != after:
            yield Difference("changed", "kind", new.code, new.name, what, before, after)
    for count in new.counts:
        was = next((one for one in old.counts if one.code == count.code), None)
        if was is not None and was.limit != count.limit:
            yield Difference(
                "changed", "kind", count.code, count.name, msg("次数上限"), _limit(was.limit), _limit(count.limit)
            )


def _of_stages(old: Kind, new: Kind) -> Iterator[Difference]:
    before = {stage.code: stage for stage in old.stages}
    after = {stage.code: stage for stage in new.stages}
    for code, stage in before.items():
        if code not in after:
            yield Difference("removed", "stage", code, stage.name)
    for code, stage in after.items():
        if code not in before:
            yield Difference("added", "stage", code, stage.name)
            continue
        for (what, was), (_, now) in zip(_stage(old, before[code]), _stage(new, stage), strict=True):
            if was != now:
                yield Difference("changed", "stage", code, stage.name, what, was, now)


def _stage(kind: Kind, stage: Stage) -> tuple[tuple[str, str], ...]:
    return (
        (msg("名称"), stage.name),
        (msg("责任方"), OWNER_NAMES[stage.owner]),
        (msg("时限"), limit.to_text() if (limit := kind.limit_of(stage)) else ""),
        (msg("提前多久提醒"), stage.warn.to_text() if stage.warn else ""),
        (msg("到期时"), stage.on_overdue),
        (msg("结果"), stage.result.value if stage.result else ""),
    )


def _of_clocks(old: Kind, new: Kind) -> Iterator[Difference]:
    """Clocks through several stages, and what may be asked: the same way for both."""
    yield from _of_named(
        {c.code: (c.name, _clock(old, c)) for c in old.clocks}, {c.code: (c.name, _clock(new, c)) for c in new.clocks}
    )
    yield from _of_named({a.code: (a.name, _ask(a)) for a in old.asks}, {a.code: (a.name, _ask(a)) for a in new.asks})


def _of_named(before: Mapping[str, Named], after: Mapping[str, Named]) -> Iterator[Difference]:
    for code, (name, _) in before.items():
        if code not in after:
            yield Difference("removed", "kind", code, name)
    for code, (name, told) in after.items():
        if code not in before:
            yield Difference("added", "kind", code, name)
            continue
        for (what, was), (_, now) in zip(before[code][1], told, strict=True):
            if was != now:
                yield Difference("changed", "kind", code, name, what, was, now)


def _clock(kind: Kind, clock: ClockSpec) -> tuple[tuple[str, str], ...]:
    return (
        (msg("名称"), clock.name),
        (msg("责任方"), OWNER_NAMES[clock.owner]),
        (msg("时限"), clock.limit.to_text()),
        (msg("提前多久提醒"), clock.warn.to_text() if clock.warn else ""),
        (msg("环节"), "、".join(kind.stage(code).name for code in clock.stages)),
    )


def _ask(ask: AskSpec) -> tuple[tuple[str, str], ...]:
    return (
        (msg("名称"), ask.name),
        (msg("时限"), ask.limit.to_text()),
        (msg("次数上限"), _limit(ask.times)),
    )


def _of_actions(old: Kind, new: Kind) -> Iterator[Difference]:
    before = {action.code: action for action in old.actions}
    after = {action.code: action for action in new.actions}
    for code, action in before.items():
        if code not in after:
            yield Difference("removed", "action", code, action.name)
    for code, action in after.items():
        if code not in before:
            yield Difference("added", "action", code, action.name)
            continue
        told = zip(_action(old, before[code]), _action(new, action), strict=True)
        for (what, was), (_, now) in told:
            if was != now:
                yield Difference("changed", "action", code, action.name, what, was, now)


def _action(kind: Kind, action: Action) -> tuple[tuple[str, str], ...]:
    def named(codes: tuple[str, ...]) -> str:
        return "、".join(kind.stage(code).name for code in codes)

    to = tuple(action.outcomes.values()) if action.outcomes else (() if action.stays else (action.to,))
    return (
        (msg("名称"), action.name),
        (msg("操作"), action.verb.value),
        (msg("从哪里"), named(action.from_stages)),
        (msg("去往"), named(to)),
        (msg("由谁"), "、".join(ROLE_NAMES[role] for role in action.by)),
        (msg("必填"), "、".join(kind.field(code).name for code in action.needs)),
    )


def _limit(limit: int | None) -> str:
    return "" if limit is None else str(limit)


def _yes(value: bool) -> str:
    return msg("是") if value else msg("否")
