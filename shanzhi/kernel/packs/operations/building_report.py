"""The report of a pack for people: what it holds, the city's figures by project, how anybody checks it. DOCX and PDF."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shanzhi.core import papers
from shanzhi.core.papers import Align, Column, Document, Heading, Number, Paragraph, Table, Verbatim
from shanzhi.core.periods import local_date
from shanzhi.kernel.facts.policy.months import month_text
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Grouping, Indicator, Source
from shanzhi.kernel.indicators.policy.scoring import score
from shanzhi.kernel.indicators.policy.values import Numbers, value_of
from shanzhi.kernel.packs.policy.contents import REPORTS, Part, Told
from shanzhi.kernel.packs.queries.observing import Observation

_SOURCES: Mapping[Source, str] = {
    Source.COMPUTED: "记录计算",
    Source.REPORTED: "填报",
    Source.SURVEYED: "调查",
    Source.DECLARED: "声明",
}


@dataclass(frozen=True, slots=True)
class Reported:
    """What the report is made of: the pack, its guideline and figures, the city's region, points where they were given."""

    told: Told
    book: Catalogue
    observations: Sequence[Observation]
    region_id: int
    points: Mapping[str, Decimal]
    made_at: datetime


def report_parts(reported: Reported) -> tuple[Part, ...]:
    """The report as DOCX and PDF; the same pack and time give the same bytes."""
    paper = _document(reported)
    return Part(REPORTS[0], papers.to_docx(paper)), Part(REPORTS[1], papers.to_pdf(paper))


def _document(reported: Reported) -> Document:
    told = reported.told
    period = f"{month_text(told.first)} 至 {month_text(told.last)}"
    return Document(
        title=f"{told.city_name}市域治理验收包说明",
        issuer=told.city_name,
        dated=local_date(reported.made_at),
        made_at=reported.made_at,
        subtitle=period,
        mark="示例" if reported.book.sample else "",
        blocks=(*_contents(told, period), *_figures(reported), *_check(told)),
    )


def _contents(told: Told, period: str) -> Iterator[Heading | Paragraph | Table]:
    yield Heading("本包内容")
    yield Paragraph(
        f"本包由{told.city_name}的平台生成，期间为 {period}，依据《{told.guideline_name}》第 {told.guideline_version} 版"
        f"（SHA-256：{told.guideline_sha256}）。共有事项 {told.matters:,} 件，台账留痕 {told.entries:,} 条，"
        f"封账 {len(told.cuts)} 个月。包内没有个人信息：事项只有编号、类别、区域、单位和时间，岗位只有序号。"
    )
    if told.left_out:
        yield Paragraph(
            f"另有 {told.left_out:,} 件事项在期间内有到期时限，但在开始封账以前就已办结，没有封账可以证明，未列入本包。",
            lead="未列入的事项。",
        )
    columns = (Column("月份"), Column("事项（件）", Align.RIGHT), Column("根哈希（前 16 位）", width=2))
    rows = tuple((month_text(cut.month), _number(cut.matters), cut.root[:16]) for cut in told.cuts)
    yield Table("各月封账", columns, rows, "事项在它最后一次列入的封账中得到证明，所以期间以外的月份也可能在内。")


def _figures(reported: Reported) -> Iterator[Heading | Paragraph | Table]:
    yield Heading("全市各项指标")
    yield Paragraph(
        "下表由包内的事实和填报重新算出，任何人都可以复算。可以相加的指标是整个期间的合计；不能相加的（如中位数）是期间内最后一个周期的数。"
    )
    by_key: dict[str, list[Observation]] = {}
    for row in reported.observations:
        if row[2] == reported.region_id:
            by_key.setdefault(row[0], []).append(row)
    columns = (
        Column("指标", width=3), Column("来源"), Column("数值", Align.RIGHT), Column("分子", Align.RIGHT),
        Column("分母", Align.RIGHT), Column("得分", Align.RIGHT),
    )  # fmt: skip
    for project in reported.book.projects:
        rules = [one for one in reported.book.in_month(reported.told.last) if one.project == project.code]
        if rules:
            yield Table(project.name, columns, tuple(_row(reported, one, by_key.get(one.key, ())) for one in rules))


def _row(reported: Reported, rule: Indicator, found: Sequence[Observation]) -> tuple[str | Number, ...]:
    if not found:
        return rule.name, _SOURCES[rule.source], "没有数据", "", "", ""
    if rule.grouping is Grouping.ADDITIVE:
        numbers = Numbers(sum(row[5] for row in found), sum(row[6] for row in found))
    else:
        last = max(found, key=lambda row: (row[3] + row[4], row[4]))
        numbers = Numbers(last[5], last[6])
    value = value_of(rule, numbers)
    points = reported.points.get(rule.key, score(rule, value).points)
    shown = f"{value.shown:,f} {rule.unit}" if value.shown is not None else value.words
    told = "" if points is None else f"{points:f}"
    return rule.name, _SOURCES[rule.source], shown, _number(numbers.numerator or 0), _number(numbers.denominator), told


def _check(told: Told) -> Iterator[Heading | Paragraph | Verbatim]:
    yield Heading("怎样核对")
    yield Paragraph(
        "本包不需要相信任何人：在任何一台装有本程序的电脑上，不需要数据库和网络，运行下面的命令，就会逐项核对文件、签名、封存、"
        "事实、指标和填报，并用一句话说出每一处不符。加 --full 会把全部事项从台账重新折算一遍。"
    )
    yield Verbatim("shanzhi pack verify 本文件")
    yield Paragraph("签名所用的公钥见该市公布的台账公钥；包的格式见 docs/packs.md。")


def _number(number: int) -> Number:
    return Number(f"{number:,}", number, "#,##0")
