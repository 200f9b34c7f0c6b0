"""Soundness of the stages one by one: an owner, a limit, a light, a sentence; and what every proof shares."""

from collections.abc import Collection, Iterator, Mapping

from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy import Duration
from shanzhi.kernel.matters.policy.process.limits import minutes
from shanzhi.kernel.matters.policy.process.model import Kind, Stage
from shanzhi.kernel.matters.policy.process.positions import Path
from shanzhi.kernel.matters.policy.process.problem import Problem, did_you_mean
from shanzhi.kernel.matters.policy.process.source import Source
from shanzhi.kernel.matters.policy.process.words import ANY, OPEN, SAME, Owner, Role


def unknown(source: Source, path: Path, message: str, word: str, known: Collection[str]) -> Problem:
    """A problem with a word that isn't among `known`; `message` may hold %(word)s."""
    mend, params = did_you_mean(word, known)
    return source.problem(path, message, mend, word=word, **params)


def duplicates(source: Source, table: str, codes: list[str]) -> Iterator[Problem]:
    """A problem for each code that came before."""
    for place, code in enumerate(codes):
        if code in codes[:place]:
            first = source.line(table, codes.index(code), "code")
            message = msg("代码“%(code)s”已在第 %(first)s 行用过。")
            yield source.problem((table, place, "code"), message, msg("换一个代码。"), code=code, first=first)


def find_strange_marks(source: Source, path: Path, text: str, sample: Mapping[str, object]) -> Iterator[Problem]:
    """A problem where `text` can't be filled from the keys of `sample`."""
    try:
        text % sample
    except (KeyError, ValueError, TypeError):
        known = "、".join(f"%({mark})s" for mark in sample)
        yield source.problem(
            path, msg("这句话里的占位写法不对。"), msg("只能用 %(known)s；要写百分号，写成 %%%%。"), known=known
        )


def find_in_stages(kind: Kind, source: Source) -> Iterator[Problem]:
    """What is wrong with the stages, each for itself."""
    yield from duplicates(source, "stage", [stage.code for stage in kind.stages])
    codes = [stage.code for stage in kind.stages]
    if kind.initial not in codes:
        yield unknown(source, ("kind", "initial"), msg("没有“%(word)s”这个环节。"), kind.initial, codes)
    elif kind.stage(kind.initial).is_end:
        yield source.problem(("kind", "initial"), msg("起点不能是终点。"), msg("换成登记后的第一个环节。"))
    if len(kind.open_stages) == len(kind.stages):
        yield source.problem(("stage",), msg("没有终点，事项永远办不完。"), msg('给办结的环节写上 end = "closed"。'))
    for place, stage in enumerate(kind.stages):
        path = ("stage", place)
        if stage.code in (SAME, OPEN, ANY):
            message = msg("“%(code)s”是留用的词，不能当环节代码。")
            yield source.problem((*path, "code"), message, msg("换一个代码。"), code=stage.code)
        yield from _find_in_end(source, path, stage) if stage.is_end else _find_in_open(kind, source, path, stage)
        if stage.unnamed and (stage.unnamed not in codes or stage.unnamed == stage.code or stage.is_end):
            others = [code for code in codes if code != stage.code]
            yield unknown(source, (*path, "unnamed"), msg("没有“%(word)s”这个环节。"), stage.unnamed, others)
        yield from find_strange_marks(source, (*path, "says"), stage.says, {"unit": "", "due": ""})


def _find_in_end(source: Source, path: Path, stage: Stage) -> Iterator[Problem]:
    if stage.owner is not Owner.NONE:
        yield source.problem((*path, "owner"), msg("终点没有责任人。"), msg("删去 owner。"))
    for key in ("limit", "warn", "clock", "on_overdue"):
        if getattr(stage, key):
            yield source.problem((*path, key), msg("终点不计时。"), msg("删去 %(key)s。"), key=key)


def _find_in_open(kind: Kind, source: Source, path: Path, stage: Stage) -> Iterator[Problem]:
    if stage.owner is Owner.CO:
        yield source.problem((*path, "owner"), msg("环节不能归协办单位：由主办单位负总责。"), msg("写 lead。"))
    if stage.owner is Owner.NONE:
        mend = msg("写上 owner：intake、lead、checker 或 reporter。")
        yield source.problem((*path, "owner"), msg("未结的环节没有责任人。"), mend)
    if stage.limit is None:
        if not stage.clock:
            mend = msg('写上 limit，像 "5wd"，或写 clock；是终点的写 end。')
            yield source.problem(path, msg("未结的环节没有时限。"), mend)
    elif stage.warn is not None:
        yield from _find_in_warn(source, (*path, "warn"), stage.warn, stage.limit)
    yield from _find_in_overdue(kind, source, path, stage)


def _find_in_warn(source: Source, path: Path, warn: Duration, limit: Duration) -> Iterator[Problem]:
    if warn.is_working is not limit.is_working:
        mend = msg("都用工作时间（wd、wh），或都用自然时间（d、h）。")
        yield source.problem(path, msg("提醒和时限用的不是同一种时间。"), mend)
    elif minutes(warn) >= minutes(limit):
        message = msg("提醒提前 %(warn)s，时限只有 %(limit)s，一开始就亮黄灯。")
        yield source.problem(path, message, msg("把 warn 改短。"), warn=warn, limit=limit)


def _find_in_overdue(kind: Kind, source: Source, path: Path, stage: Stage) -> Iterator[Problem]:
    if not stage.on_overdue:
        if stage.owner is Owner.REPORTER:
            message = msg("等反映人的环节没写到期怎么办，反映人不来就永远结不了。")
            yield source.problem(path, message, msg("写上 on_overdue，由系统到期处理。"))
        return
    path = (*path, "on_overdue")
    if not kind.has_action(stage.on_overdue):
        codes = [action.code for action in kind.actions]
        yield unknown(source, path, msg("没有“%(word)s”这个动作。"), stage.on_overdue, codes)
        return
    action = kind.action(stage.on_overdue)
    if stage.code not in action.from_stages or Role.SYSTEM not in action.by or action.needs or action.stays:
        yield source.problem(
            path,
            msg("系统到期做不了“%(word)s”。"),
            msg("这个动作要从本环节出发、by 里有 system、不必填内容，并且去往别的环节。"),
            word=stage.on_overdue,
        )
