"""One indicator of a catalogue file."""

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.columns import Table
from shanzhi.kernel.indicators.policy.definitions import (
    CountsBy,
    Declared,
    Direction,
    Figure,
    Ground,
    Grouping,
    Indicator,
    Length,
    Level,
    Reported,
    Source,
    Survey,
)
from shanzhi.kernel.indicators.policy.loading.rows import Row, known_or
from shanzhi.kernel.indicators.policy.loading.scorings import read_scoring
from shanzhi.kernel.indicators.policy.subset import read_formula
from shanzhi.kernel.matters.policy.process.positions import nearest
from shanzhi.kernel.matters.policy.process.problem import Problem

NOUGHT = Decimal(0)
Block = TypeVar("Block", Reported, Survey, Declared)
_BLOCKS = {Source.REPORTED: "reported", Source.SURVEYED: "survey", Source.DECLARED: "declared"}


def read_indicator(
    row: Row,
    projects: Collection[str],
    lines: Sequence[str],
    tables: Mapping[str, Table],
    roles: Collection[str] | None,
) -> Indicator:
    """The indicator of a table; what is wrong with it is in the row's report. `lines` are those of the file."""
    source = row.word("source", Source)
    direction, level = row.word("direction", Direction), row.word("level", Level)
    is_computed = source is Source.COMPUTED
    project = row.code("project")
    known_or(row, "project", project, projects, msg("没有“%(word)s”这个项目。"))
    _blocks(row, source)
    made = Indicator(
        key=row.code("key"),
        version=row.whole("version", least=1),
        holds_from=row.month("holds_from") or 0,
        holds_until=row.month("holds_until", required=False),
        name=row.text("name"),
        project=project,
        definition=row.text("definition"),
        unit=row.text("unit"),
        direction=direction,
        level=level,
        period=row.word("period", Length),
        source=source,
        figure=row.word("figure", Figure),
        scale=row.scale("scale"),
        decimals=row.whole("decimals", 0, most=6),
        counts_by=row.word("counts_by", CountsBy) if is_computed else None,
        grouping=row.word("grouping", Grouping, Grouping.ADDITIVE),
        formula=row.text("formula") if is_computed else "",
        exclusions=row.flag("exclusions", default=False),
        minimum=row.whole("minimum", 1, least=1),
        target=row.number("target"),
        weight=row.number("weight") or NOUGHT,
        scoring=read_scoring(row, direction),
        ground=tuple(_ground(each) for each in row.rows("ground", code="law", required=False)),
        reported=_block(row, "reported", _reported, level, roles),
        survey=_block(row, "survey", _survey, level, roles),
        declared=_block(row, "declared", _declared, level, roles),
    )
    row.finish()
    _check(row, made)
    if made.formula:
        _check_formula(row, made, lines, tables)
    return made


def _blocks(row: Row, source: Source) -> None:
    wanted = _BLOCKS.get(source)
    for block in _BLOCKS.values():
        if row.has(block) and block != wanted:
            row.fault(block, msg("来源是 %(source)s 的指标不写 %(key)s。"), source=source.value, key=block)
        elif block == wanted and not row.has(block):
            row.fault("source", msg("来源是 %(source)s，缺少 %(key)s。"), source=source.value, key=block)
    if source is not Source.COMPUTED:
        for key in ("formula", "counts_by"):
            if row.has(key):
                row.fault(key, msg("来源是 %(source)s 的指标不写 %(key)s。"), source=source.value, key=key)


def _ground(row: Row) -> Ground:
    made = Ground(row.text("law"), row.text("article", required=False), row.text("quote", required=False))
    # Laws and regulations have articles; of other documents their title and number are ground enough.
    is_law = made.law.endswith(("法", "条例")) and not made.law.endswith("办法")
    if is_law and not made.article and not made.quote:
        row.fault("", msg("依据法律法规的，要写到条款，或引出原文。"), msg("补上 article 或 quote。"))
    row.finish()
    return made


def _block(
    row: Row,
    key: str,
    read: Callable[[Row, str, Level], Block],
    level: Level,
    roles: Collection[str] | None,
) -> Block | None:
    inner = row.row(key, required=False)
    if inner is None:
        return None
    by = inner.code("by")
    if roles is not None:
        known_or(inner, "by", by, roles, msg("没有“%(word)s”这个岗位角色。"))
    at = inner.word("level", Level, level)
    if at is not level:
        words = msg("填报的层级 %(at)s 和指标的最低层级 %(level)s 不一样。")
        inner.fault("level", words, msg("改成一样的。"), at=at.value, level=level.value)
    made = read(inner, by, level)
    inner.finish()
    return made


def _reported(row: Row, by: str, level: Level) -> Reported:
    made = Reported(
        by=by,
        evidence=row.text("evidence"),
        level=level,
        below=row.number("below"),
        above=row.number("above"),
        jump=row.number("jump"),
        due_days=row.whole("due_days", 10, least=1, most=366),
    )
    if made.below is not None and made.above is not None and made.below >= made.above:
        row.fault("below", msg("下限 %(below)s 不小于上限 %(above)s。"), below=made.below, above=made.above)
    if made.jump is not None and made.jump <= 0:
        row.fault("jump", msg("变动幅度要大于 0。"))
    return made


def _survey(row: Row, by: str, level: Level) -> Survey:
    made = Survey(
        question=row.text("question"),
        answers=row.words("answers"),
        counted=row.words("counted"),
        sample=row.whole("sample", least=1),
        margin=row.number("margin", required=True) or NOUGHT,
        by=by,
        level=level,
    )
    for word in made.counted:
        known_or(row, "counted", word, made.answers, msg("答案里没有“%(word)s”。"))
    if made.counted and set(made.counted) == set(made.answers):
        row.fault("counted", msg("每个答案都计入，结果总是全部。"), msg("只列计入的答案。"))
    if not 0 < made.margin <= 50:
        row.fault("margin", msg("误差要在 0 到 50 个百分点之间。"))
    return made


def _declared(row: Row, by: str, level: Level) -> Declared:
    return Declared(by=by, paper=row.text("paper"), level=level, months=row.whole("months", 12, least=1, most=120))


def _check(row: Row, made: Indicator) -> None:
    if not made.ground:
        row.fault("ground", msg("“%(name)s”没有依据。"), msg("写明法律条款或文件。"), name=made.name)
    if (made.figure is Figure.YES_NO) is not (made.source is Source.DECLARED):
        row.fault("figure", msg("是否型（yes_no）只用于声明（declared），声明也只能是是否型。"))
    if made.source is Source.SURVEYED and made.figure is not Figure.RATIO:
        row.fault("figure", msg("抽样调查的指标是占比，figure 写 ratio。"))
    if made.figure is Figure.AMOUNT and made.grouping is not Grouping.ANEW:
        row.fault("grouping", msg("amount 不能相加。"), msg('写 grouping = "anew"。'))
    if made.source is not Source.COMPUTED and made.exclusions:
        row.fault("exclusions", msg("剔除只用于按事项计算的指标。"))
    if made.holds_until is not None and made.holds_until <= made.holds_from:
        row.fault("holds_until", msg("结束的月份不晚于开始的月份。"))
    month = made.holds_from % 100
    if made.holds_from and (month - 1) % made.period.months:
        row.fault("holds_from", msg("按季、按年的指标，新版本要从一季、一年的头一个月起用。"))


def _check_formula(row: Row, made: Indicator, lines: Sequence[str], tables: Mapping[str, Table]) -> None:
    # What TOML cuts off is put back, so that lines count as in the file.
    text = str(row.values["formula"])
    found = read_formula(text, tables)
    if isinstance(found, list):
        path = (*row.path, "formula")
        start = _first_line(nearest(row.report.lines, path), lines)
        for fault in found:
            where = f"{row.name}.formula {fault.line}:{fault.column}"
            problem = Problem(start + fault.line - 1, where, fault.message, fault.mend, fault.params)
            row.report.problems.append(problem)
        return
    if made.grouping is Grouping.ADDITIVE and not found.additive:
        row.fault(
            "grouping", msg("公式的结果不能相加（有去重、中位数、最大最小或相乘）。"), msg('写 grouping = "anew"。')
        )
    leaves_out = "fact_exclusion" in found.tables
    if made.exclusions and not (leaves_out and made.key in found.texts):
        words = msg("exclusions 是 true，公式却没有去掉 fact_exclusion 里以 '%(key)s' 剔除的事项。")
        row.fault("exclusions", words, msg("在 WHERE 里加上 NOT EXISTS (…)。"), key=made.key)
    if leaves_out and not made.exclusions:
        row.fault("exclusions", msg("公式用了 fact_exclusion，要写 exclusions = true。"))


def _first_line(line: int, lines: Sequence[str]) -> int:
    """The line on which a formula's first line stands: behind three quotes at the end of a line it is the next one."""
    at = lines[line - 1].rstrip() if 0 < line <= len(lines) else ""
    return line + 1 if at.endswith(('"""', "'''")) else line
