"""A paper with one of everything."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from shanzhi.core.papers import (
    Align,
    Annex,
    Bar,
    BarChart,
    Column,
    Document,
    Dot,
    FunnelChart,
    Heading,
    LineChart,
    Number,
    Paragraph,
    Point,
    Table,
    Verbatim,
)
from shanzhi.core.periods import CITY_ZONE

BARS = BarChart(
    "各类事项受理件数（件）",
    (Bar("城市管理", 1200, "1,200"), Bar("矛盾纠纷", 300, "300"), Bar("公共安全", None, "没有此类事项")),
    target=800,
    target_said="目标 800",
)
LINE = LineChart(
    "按期办结率（%）",
    tuple(Point(f"{m}月", v, "无" if v is None else f"{v} %", 86, 91) for m, v in enumerate((88, None, 89, 93.4), 1)),
    target=90,
    target_said="目标 90 %",
    band_said="预期范围",
    highest=100,
)
FUNNEL = FunnelChart(
    "各镇街按期办结率（%）",
    "办结件数（件）",
    (Dot(200, 92.5), Dot(300, 80, "甲街道"), Dot(310, 80.2, "乙镇")),
    92,
    "全市 92.0 %",
    ((30, 76.7, 100), (400, 87.8, 96.2)),
    "随机波动范围",
    highest=100,
)
TABLE = Table(
    "主要指标",
    (Column("指标", width=2), Column("本期", Align.RIGHT)),
    tuple((f"指标{n}", Number(f"{n}.5", Decimal(n) + Decimal("0.5"), "0.0")) for n in range(60)),
    "样本不足的不列。",
)


def paper(*blocks, **given) -> Document:
    """A paper of October; of everything, where a test names no blocks."""
    made = Document(
        title="青禾市市域社会治理月报",
        subtitle="2025年10月",
        issuer="青禾市社会治理中心",
        number="2025年第10期",
        mark="示例目录",
        dated=date(2025, 11, 3),
        made_at=datetime(2025, 11, 3, 9, 0, tzinfo=CITY_ZONE),
        blocks=blocks or _everything(),
        annexes=() if blocks else (Annex("指标数据", (TABLE,)), Annex("口径说明", (Paragraph("按记录计算。"),))),
    )
    return replace(made, **given)


def _everything():
    return (
        Heading("概况"),
        Paragraph("10月，全市按期办结率为 93.4 %（共 3,126 件）。", lead="按期办结率。", note="不含撤回的。"),
        Heading("三率"),
        Heading("响应率", 2),
        Heading("网格", 3),
        Heading("社区", 3),
        Heading("解决率", 2),
        LINE,
        BARS,
        FUNNEL,
        Verbatim("shanzhi indicator explain KEY --period 2025-10"),
    )
