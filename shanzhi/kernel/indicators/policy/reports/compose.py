"""A report as a paper: 概况, 三率, 各项目, 分区域情况, 需要关注的; annexed all figures and how each is counted.

Weeks, months and quarters have the same sections; one for which there is nothing is left out, but for 需要关注的, which then
says that there is nothing.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from fractions import Fraction

from shanzhi.core.dates import moment_said
from shanzhi.core.papers import (
    Align,
    Annex,
    Block,
    Column,
    Document,
    Heading,
    LineChart,
    Number,
    Paragraph,
    Point,
    Table,
    Verbatim,
)
from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.indicators.policy.reports.chance import Change, change_of, is_share, wilson
from shanzhi.kernel.indicators.policy.reports.figures import Figure, Moment, Project, Report, Shape, Standing
from shanzhi.kernel.indicators.policy.reports.parts import (
    ABOVE,
    BELOW,
    cell_of,
    figures_compared,
    parts_chart,
    parts_table,
    stands,
    target_cell,
)
from shanzhi.kernel.indicators.policy.reports.sentences import (
    cell_said,
    exactly_said,
    figure_sentence,
    is_on_target,
    number_said,
    outside_said,
    part_said,
)

SAMPLE = "示例目录"
TREND_LEAST = 3
"""Points that make a line."""


def compose(report: Report) -> Document:
    """The paper that a report becomes."""
    blocks: list[Block] = [Heading("概况"), *_overview(report)]
    if report.rates:
        blocks += [Heading(report.rates_head), *_rates(report)]
    if report.projects:
        blocks += [
            Heading(report.projects_head),
            *(block for project in report.projects for block in _project(report, project)),
        ]
    if figures_compared(report):
        blocks += [Heading("分区域情况"), *_parts(report)]
    for section in report.sections:
        blocks += [Heading(section.head), *section.blocks]
    blocks += [Heading("需要关注的"), *_attention(report)]
    return Document(
        title=f"{report.city}{report.subject}{report.period.paper_word}",
        subtitle=report.period.said_fully,
        issuer=report.issuer,
        number=f"{report.period.year}年第{report.period.number}期",
        dated=report.dated,
        made_at=report.made_at,
        mark=SAMPLE if report.is_sample else "",
        blocks=tuple(blocks),
        annexes=(
            Annex("指标数据", (_all_figures(report),)),
            *report.annexes,
            Annex("口径说明", tuple(_rules(report))),
        ),
    )


def _sentence(report: Report, figure: Figure, *, is_first: bool = True) -> str:
    return figure_sentence(
        figure,
        report.period,
        report.whole,
        when=_when(report),
        is_over=report.until is None,
        is_first=is_first,
    )


def _sentences(report: Report, figures: Iterable[Figure]) -> str:
    """Several in a row: only the first says when and where."""
    return "".join(_sentence(report, figure, is_first=number == 0) for number, figure in enumerate(figures))


def _when(report: Report) -> str:
    if report.until is None:
        return report.period.said
    return f"{day_of(report.period.first)}至{day_of(report.until)}"


def day_of(day: date) -> str:
    """A day within its year: 10月20日."""
    return f"{day.month}月{day.day}日"


def _overview(report: Report) -> Iterator[Block]:
    if report.until is not None:
        yield Paragraph(f"{report.period.said}尚未结束，本期只计到{day_of(report.until)}，不与上期和目标比较。")
    if report.overview:
        yield Paragraph(_sentences(report, report.overview))
    for figure in report.overview:
        if chart := trend_chart(report, figure):
            yield chart
            break
    figures = tuple(figure for project in report.projects for figure in project.figures)
    if figures and not report.tells_all:
        yield Paragraph(f"{len(report.projects)} 个项目共 {len(figures)} 项指标，{_counted(report, figures)}。")


def _rates(report: Report) -> Iterator[Block]:
    for figure in report.rates:
        yield Paragraph(_sentence(report, figure), lead=f"{figure.name}。")
        if chart := trend_chart(report, figure):
            yield chart


def trend_chart(report: Report, figure: Figure) -> LineChart | None:
    """A figure over the periods, with what was expected; None of too few of them."""
    known = [moment for moment in figure.trend if figure.standing(moment.value) is Standing.KNOWN]
    if len(known) < TREND_LEAST:
        return None
    is_share = figure.shape is Shape.SHARE and figure.scale == 100
    return LineChart(
        title=f"{report.whole}{figure.name}近 {len(figure.trend)} {report.period.counted_word}变化（{figure.unit}）",
        points=tuple(_point(figure, moment) for moment in figure.trend),
        target=None if figure.target is None else float(figure.target),
        target_said="" if figure.target is None else f"目标 {exactly_said(figure, figure.target)}",
        band_said="预期范围",
        lowest=0,
        highest=100 if is_share else None,
    )


def _point(figure: Figure, moment: Moment) -> Point:
    is_known = figure.standing(moment.value) is Standing.KNOWN
    low, high = (float(edge) for edge in moment.expected) if moment.expected else (None, None)
    value = float(figure.number(moment.value)) if is_known and moment.value else None
    return Point(moment.label, value, cell_said(figure, moment.value), low, high)


def _counted(report: Report, figures: tuple[Figure, ...]) -> str:
    """How many met their target, missed it, and of how many nothing can be said; before the period is over, how many have a
    value."""
    verdicts = [is_on_target(figure) if report.until is None else None for figure in figures]
    known = "不设目标" if report.until is None else "已有数"
    standings = [figure.standing(figure.now) for figure in figures]
    counts = (
        ("达到目标", verdicts.count(True)),
        ("未达到目标", verdicts.count(False)),
        (known, sum(v is None and s is Standing.KNOWN for v, s in zip(verdicts, standings, strict=True))),
        ("样本不足", standings.count(Standing.FEW)),
        ("没有此类事项", standings.count(Standing.NOTHING)),
        ("尚未填报", standings.count(Standing.MISSING)),
    )
    return "，".join(f"{what} {count} 项" for what, count in counts if count)


def _project(report: Report, project: Project) -> Iterator[Block]:
    yield Heading(project.name, 2)
    if report.tells_all:
        yield Paragraph(_sentences(report, project.figures))
        return
    told = [figure for figure in project.figures if report.until is None and _is_told(figure)]
    said = f"{len(project.figures)} 项指标，{_counted(report, project.figures)}。"
    rest = "其余指标见附件1。" if told and len(told) < len(project.figures) else ""
    said += _sentences(report, told)
    quiet = "没有需要单独说明的变化，见附件1。" if report.until is None else "见附件1。"
    yield Paragraph(said + (rest or ("" if told else quiet)))


def _is_told(figure: Figure) -> bool:
    """Is there something about it that isn't so with the others: a change, a target missed, nothing handed in."""
    if figure.standing(figure.now) is Standing.MISSING or is_on_target(figure) is False:
        return True
    return figure.standing(figure.now) is Standing.KNOWN and change_of(figure) in (Change.UP, Change.DOWN)


def _parts(report: Report) -> Iterator[Block]:
    yield Paragraph(
        f"下列各{report.parts_word}按区域代码排列，不排名次。各地事项多少不同，数的高低本身说明不了做得好坏，"
        f"只有超出随机波动范围的才列入“需要关注的”。"
    )
    for figure in figures_compared(report):
        if chart := parts_chart(report, figure):
            yield chart
        yield parts_table(report, figure)


def _attention(report: Report) -> Iterator[Block]:
    found = list(_attention_sentences(report)) if report.until is None else []
    if not found:
        late = "本期尚未结束，待结束后再列。" if report.until is not None else ""
        yield Paragraph(late or "本期没有超出预期范围、未达到目标或尚未填报的指标。")
        return
    yield Paragraph(f"以下 {len(found)} 条，请有关单位对照记录核实原因，需要整改的按事项交办。")
    for number, sentence in enumerate(found, 1):
        yield Paragraph(sentence, lead=f"（{number}）")


def _attention_sentences(report: Report) -> Iterator[str]:
    for figure in report.figures():
        if sentence := outside_said(figure, report.period, report.whole):
            yield sentence
        elif is_on_target(figure) is False or figure.standing(figure.now) is Standing.MISSING:
            yield _sentence(report, figure)
    for figure in figures_compared(report):
        for stand in stands(figure, report.parts):
            if stand.side in (ABOVE, BELOW) and stand.edges:
                yield part_said(figure, stand.part, stand.side, stand.edges, report.whole)
    yield from report.attention


def _all_figures(report: Report) -> Table:
    rows = []
    is_yearly = any(figure.year_ago is not None for figure in report.figures())
    for figure in report.figures():
        value = figure.now
        is_based = figure.shape is not Shape.COUNT and figure.base_unit
        base = Number(f"{value.denominator:,}", value.denominator, "#,##0") if value and is_based else ""
        rows.append(
            (
                figure.name,
                figure.unit,
                cell_of(figure, value),
                base,
                _interval(figure),
                cell_of(figure, figure.before) if figure.before else "",
                *((cell_of(figure, figure.year_ago) if figure.year_ago else "",) if is_yearly else ()),
                "" if figure.target is None else target_cell(figure, figure.target),
            )
        )
    columns = (
        Column("指标", width=2.2),
        Column("单位", Align.CENTER, 0.9),
        Column("本期", Align.RIGHT, 1.6),
        Column("基数", Align.RIGHT),
        Column("95 % 区间", Align.RIGHT, 1.5),
        Column(report.period.before_word, Align.RIGHT, 1.1),
        *((Column(report.period.year_ago_word, Align.RIGHT, 1.1),) if is_yearly else ()),
        Column("目标", Align.RIGHT, 0.8),
    )
    note = "95 % 区间（威尔逊法）表示受随机波动影响，实际水平可能在哪个范围。"
    return Table(f"{report.period.said_fully}指标数据", columns, tuple(rows), note)


def _interval(figure: Figure) -> str:
    if figure.shape is not Shape.SHARE or figure.now is None or figure.standing(figure.now) is not Standing.KNOWN:
        return ""
    if not is_share(figure.now):
        return ""
    from_, to = (number_said(figure.scale * Fraction(edge), figure.decimals) for edge in wilson(figure.now))
    return f"{from_}—{to}"


def _rules(report: Report) -> Iterator[Block]:
    at = _in_city(report.data_at)
    yield Paragraph(f"数据截至{moment_said(at)}，由平台按办件记录自动计算，本报告自动生成。", lead="数据时间。")
    yield from report.counted or _by_catalogue(report)
    yield Paragraph(
        "率的变化用纽科姆法（威尔逊区间）、件数的变化用泊松分布判断，95 % 的把握下不能排除是随机波动的，写作“基本持平”；"
        "各区域与整体的差别按 99.8 % 的控制限判断。样本不足的不作比较，没有此类事项的不计 0 也不计 100。",
        lead="怎样比较。",
    )
    yield Paragraph(
        "增减按没有舍入的数相减，再舍入一次，与平台页面上的相同；与表中两数直接相减，末位可能差 1。", lead="怎样舍入。"
    )
    is_grounded = any(figure.definition.ground for figure in report.figures())
    rows = tuple(
        (
            f"{figure.name}（{figure.key}）",
            Number(str(figure.definition.version), figure.definition.version),
            figure.definition.says,
            *((figure.definition.ground,) if is_grounded else ()),
        )
        for figure in report.figures()
    )
    columns = (
        Column("指标（代码）", width=1.7),
        Column("版本", Align.CENTER, 0.7),
        Column("怎样计算", width=2.6),
        *((Column("依据", width=1.8),) if is_grounded else ()),
    )
    yield Table("各项指标的口径", columns, rows)


def _by_catalogue(report: Report) -> Iterator[Block]:
    """By which catalogue, and how to count it again."""
    if report.is_sample:
        yield Paragraph(
            f"本期使用的是示例目录“{report.catalogue}”，目标和口径供试用，不作为考核依据；正式使用前由市里换成自己的目录。",
            lead="示例目录。",
        )
    else:
        yield Paragraph(f"本期使用指标目录“{report.catalogue}”。", lead="指标目录。")
    yield Paragraph(
        "任何一个数都可以由记录重新算出。在服务器上运行下面的命令（KEY 换成指标代码），可看到算式、每一步的数和所依据的记录。",
        lead="怎样复算。",
    )
    yield Verbatim(f"shanzhi indicator explain KEY --region {report.region} --period {report.period.key}")


def _in_city(at: datetime) -> datetime:
    return at.astimezone(CITY_ZONE)
