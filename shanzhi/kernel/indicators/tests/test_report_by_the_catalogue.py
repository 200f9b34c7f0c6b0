"""Rules of a catalogue and their values become figures of a report, with nothing lost on the way."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import pytest

from shanzhi.kernel.indicators.policy.reports import Better, Shape, Value, figure_of, figure_sentence
from shanzhi.kernel.indicators.policy.reports.source import value_of
from shanzhi.kernel.indicators.tests.report_support import OCTOBER


class Kind(StrEnum):
    RATIO = "ratio"
    COUNT = "count"
    AMOUNT = "amount"
    YES_NO = "yes_no"


class Way(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"
    NONE = "none"


@dataclass(frozen=True)
class Law:
    law: str
    article: str = ""


@dataclass(frozen=True)
class RuleOfCity:
    key: str = "on_time"
    name: str = "按期办结率"
    version: int = 2
    definition: str = "在时限内办结的占多少。"
    unit: str = "%"
    figure: Kind = Kind.RATIO
    direction: Way = Way.HIGHER
    scale: Fraction = Fraction(100)
    decimals: int = 1
    minimum: int = 30
    target: Decimal | None = Decimal("92.5")
    ground: tuple[Law, ...] = (Law("信访工作条例", "第三十四条"), Law("《青禾市办件规定》"))


@dataclass(frozen=True)
class Numbers:
    numerator: int | None
    denominator: int | None
    state: str = "value"


def test_a_rule_and_its_value_become_a_sentence():
    rule = RuleOfCity()
    figure = figure_of(rule, Numbers(2920, 3126), Numbers(2706, 3000), before_rule=rule)
    assert figure_sentence(figure, OCTOBER, "全市") == (
        "10月，全市按期办结率为 93.4 %（共 3,126 件），比9月提高 3.2 个百分点，达到目标（92.5 %）。"
    )
    assert figure.definition.ground == "《信访工作条例》第三十四条；《青禾市办件规定》"


def test_another_version_of_the_rule_is_not_compared():
    figure = figure_of(RuleOfCity(), Numbers(95, 100), Numbers(50, 100), before_rule=replace(RuleOfCity(), version=1))
    assert "计算口径由第 1 版改为第 2 版，不与上月比较" in figure_sentence(figure, OCTOBER, "全市")


@pytest.mark.parametrize(
    ("counted", "value"),
    [
        (None, None),
        (Numbers(None, None, "missing"), None),
        (Numbers(3, 10, "missing"), None),
        (Numbers(0, 0, "not_applicable"), Value(0, 0)),
        (Numbers(None, 0, "not_applicable"), Value(0, 0)),
        (Numbers(3, 7, "too_few"), Value(3, 7)),
        (Numbers(90, 100), Value(90, 100)),
    ],
)
def test_what_isnt_there_stays_so(counted, value):
    assert value_of(counted) == value


@pytest.mark.parametrize(
    ("kind", "shape"),
    [(Kind.RATIO, Shape.SHARE), (Kind.YES_NO, Shape.SHARE), (Kind.COUNT, Shape.COUNT), (Kind.AMOUNT, Shape.AMOUNT)],
)
@pytest.mark.parametrize(
    ("way", "better"), [(Way.HIGHER, Better.HIGHER), (Way.LOWER, Better.LOWER), (Way.NONE, Better.NEITHER)]
)
def test_every_figure_and_direction_is_known(kind, shape, way, better):
    figure = figure_of(RuleOfCity(figure=kind, direction=way, target=None), Numbers(1, 100))
    assert (figure.shape, figure.better, figure.target) == (shape, better, None)


def test_the_past_comes_with_it():
    figure = figure_of(RuleOfCity(), Numbers(95, 100), trend=(("9月", Numbers(50, 100)), ("10月", None)))
    assert [(moment.label, moment.value) for moment in figure.trend] == [("9月", Value(50, 100)), ("10月", None)]
