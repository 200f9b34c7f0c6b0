"""A city's figures for a month, made up and the same each time."""

from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.indicators.policy.reports import (
    Better,
    Definition,
    Figure,
    Moment,
    Part,
    Period,
    Project,
    Report,
    Shape,
    Span,
    Value,
)

OCTOBER = Period(Span.MONTH, 2025, 10)
AT = datetime(2025, 11, 3, 9, 0, tzinfo=CITY_ZONE)


def share(**given) -> Figure:
    """按期办结率 of October as in the example of the papers, with what a test changes."""
    figure = Figure(
        key="on_time_rate",
        name="按期办结率",
        shape=Shape.SHARE,
        unit="%",
        scale=Fraction(100),
        better=Better.HIGHER,
        target=Fraction(90),
        definition=Definition(1, "本期办结的事项中，在时限内办结的占多少。", "国办发〔2020〕53号"),
        now=Value(2920, 3126),
        before=Value(2766, 3000),
        before_version=1,
    )
    return replace(figure, **given)


def count(**given) -> Figure:
    """受理事项数."""
    figure = Figure(
        key="taken_in",
        name="受理事项数",
        shape=Shape.COUNT,
        unit="件",
        decimals=0,
        definition=Definition(1, "本期受理的事项数。"),
        now=Value(12034, 12034),
        before=Value(11714, 11714),
    )
    return replace(figure, **given)


def hours(**given) -> Figure:
    """办理时长中位数, kept in seconds."""
    figure = Figure(
        key="handling_hours",
        name="办理时长中位数",
        shape=Shape.AMOUNT,
        unit="小时",
        scale=Fraction(1, 3600),
        better=Better.LOWER,
        target=Fraction(24),
        definition=Definition(2, "本期办结事项从受理到办结所用工作时间的中位数。", "本市办件时限规定"),
        now=Value(66240, 3000),
        before=Value(68400, 2900),
    )
    return replace(figure, **given)


def _trend(
    values: list[tuple[int, int]], span: tuple[Fraction, Fraction] = (Fraction(895, 10), Fraction(926, 10))
) -> tuple[Moment, ...]:
    return tuple(Moment(f"{(month + 10) % 12 + 1}月", Value(*value), span) for month, value in enumerate(values))


PART_NAMES = (
    *("张店区", "淄川区", "博山区", "临淄区", "周村区"),
    *("桓台县", "高青县", "沂源县", "高新区", "经开区", "文昌湖区"),
)
_BASES = (812, 431, 377, 520, 298, 266, 151, 132, 104, 26, 9)
_RATES = (92.1, 93.0, 86.2, 94.2, 93.3, 96.2, 94.7, 99.2, 95.2, 92.3, 100)


def parts() -> tuple[Part, ...]:
    """Eleven parts of the city: one below what chance allows, one above, two too small to say."""
    made = []
    for number, (name, base, rate) in enumerate(zip(PART_NAMES, _BASES, _RATES, strict=True), 1):
        value = Value(round(base * rate / 100), base)
        resolved = Value(round(base * (rate - 12) / 100), base)
        made.append(Part(f"3703{number:02}", name, {"on_time_rate": value, "resolved_rate": resolved}))
    return tuple(reversed(made))


def _rates() -> tuple[Figure, ...]:
    return (
        share(
            key="response_rate",
            name="响应率",
            now=Value(3089, 3126),
            before=Value(2961, 3000),
            target=Fraction(98),
            trend=_trend(
                [(2930 + 29 * m * 7 % 41, 3000) for m in range(11)] + [(3089, 3126)],
                (Fraction(974, 10), Fraction(990, 10)),
            ),
            definition=Definition(1, "本期应签收的派单中，在时限内签收并联系反映人的占多少。", "国办发〔2020〕53号"),
        ),
        share(
            key="resolved_rate",
            name="解决率",
            before_version=2,
            now=Value(2501, 3126),
            before=Value(2460, 3000),
            target=Fraction(85),
            expected=(Fraction(81), Fraction(84)),
            trend=tuple(
                Moment(
                    f"{(m + 10) % 12 + 1}月",
                    Value(2460 + m * 9 % 31 if m < 11 else 2501, 3000 if m < 11 else 3126),
                    (Fraction(81), Fraction(84)),
                )
                for m in range(12)
            ),
            definition=Definition(
                2, "反映人评价为“已解决”的占全部评价的多少，剔除经申诉认定的。", "国办发〔2020〕53号"
            ),
        ),
        share(
            key="satisfied_rate",
            name="满意率",
            now=Value(1405, 1520),
            before=Value(1390, 1505),
            target=Fraction(90),
            base_unit="份",
            trend=_trend([(1385 + m * 17 % 23, 1505) for m in range(11)] + [(1405, 1520)]),
            definition=Definition(1, "反映人评价为“满意”“基本满意”的占全部评价的多少。", "国办发〔2020〕53号"),
        ),
    )


def _overview() -> tuple[Figure, ...]:
    months = [11020, 10890, 9320, 11400, 11650, 11480, 11900, 12210, 12010, 11820, 11714, 12034]
    return (
        count(trend=tuple(Moment(f"{(m + 10) % 12 + 1}月", Value(n, n)) for m, n in enumerate(months))),
        count(key="closed", name="办结事项数", now=Value(11872, 11872), before=Value(11830, 11830)),
        hours(),
        Figure(
            key="safety_index",
            name="平安指数",
            shape=Shape.AMOUNT,
            unit="分",
            definition=Definition(1, "九类指标按权重加总，满分 100 分。"),
            now=Value(862, 1),
            before=Value(858, 1),
            scale=Fraction(1, 10),
            minimum=0,
            base_unit="",
            grade="良好",
        ),
    )


def _projects() -> tuple[Project, ...]:
    return (
        Project(
            "社会治理体系",
            (
                share(),
                hours(key="sign_hours", name="签收时长中位数", target=Fraction(2), now=Value(7500, 3100), before=None),
            ),
        ),
        Project(
            "社会矛盾风险防范",
            (
                share(
                    key="mediation_rate",
                    name="调解成功率",
                    now=Value(412, 430),
                    before=Value(398, 421),
                    target=Fraction(95),
                ),
                share(key="confirm_rate", name="司法确认率", now=Value(0, 0), before=None, target=None),
                share(key="screened_rate", name="排查覆盖率", now=None, target=Fraction(100)),
            ),
        ),
        Project(
            "公共安全风险防范", (share(key="hazard_rate", name="隐患整改率", now=Value(19, 21), before=Value(30, 33)),)
        ),
    )


def report(**given) -> Report:
    """The whole report of October."""
    made = Report(
        city="青禾市",
        region="370300",
        issuer="青禾市社会治理中心",
        period=OCTOBER,
        dated=date(2025, 11, 3),
        made_at=AT,
        data_at=datetime(2025, 11, 3, 8, 0, tzinfo=CITY_ZONE),
        catalogue="市域社会治理指标（示例）",
        overview=_overview(),
        rates=_rates(),
        projects=_projects(),
        parts=parts(),
        compared=("on_time_rate",),
        is_sample=True,
    )
    return replace(made, **given)
