"""A chart is drawn by the server: as markup that works without script, and with its numbers beside it."""

import re
from xml.etree import ElementTree

import pytest
from django.template import Context, Template

from shanzhi.ui import charts
from shanzhi.ui.charts.axis import axis_of, spread
from shanzhi.ui.components import Column, Row, Table

MONTHS = [f"2025-{month:02}" for month in range(1, 13)]


def line(*values: float | None, **more: object) -> charts.LineChart:
    points = [
        charts.Point(MONTHS[at], value, "–" if value is None else f"{value}%", 70, 90)
        for at, value in enumerate(values)
    ]
    return charts.LineChart("解决率（%）", points, **more)  # type: ignore[arg-type]


def drawings(chart: charts.Chart) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(f"<x>{charts.drawn(chart)}</x>"))


def parts(drawing: ElementTree.Element, css: str) -> list[ElementTree.Element]:
    return [one for one in drawing.iter() if css in one.get("class", "").split()]


MAP = charts.MapChart("地图", [charts.Area("甲", 80.0, "80%"), charts.Area("乙", None, "样本不足")], 1)
FUNNEL = charts.FunnelChart(
    "比较",
    [
        charts.Dot("甲区", 200, 60, "60%", "below"),
        charts.Dot("乙县", 100, 82, "82%"),
        charts.Dot("丙镇", 3, 100, "样本不足", "small"),
    ],
    [charts.Limit(size, 80 - 100 / size**0.5, 90, 80 - 150 / size**0.5, 95) for size in (4, 100, 200)],
    80,
    "全体 80%",
    "件数",
)  # fmt: skip
BARS = charts.BarChart("各类", [charts.Bar("公共安全", 88.2, "88.20", "green"), charts.Bar("网络", None, "数据不足")])


@pytest.mark.parametrize("chart", [line(80, None, 84), FUNNEL, MAP, BARS])
def test_it_is_drawn_for_a_phone_and_a_laptop_without_script_or_style(chart: charts.Chart):
    wide, narrow = drawings(chart)
    assert [one.get("class") for one in (wide, narrow)] == ["ui-chart__wide", "ui-chart__narrow"]
    for one in (wide, narrow):
        assert (one.get("role"), one.get("aria-label")) == ("img", chart.title)
        assert not [inner for inner in one.iter() if "style" in inner.attrib or inner.tag in ("script", "style")]
        _, _, width, height = (float(number) for number in (one.get("viewBox") or "").split())
        for inner in one.iter():
            numbers = [float(found) for found in re.findall(r"-?\d+\.?\d*", inner.get("d", ""))]
            assert all(-0.1 <= x <= width + 0.1 for x in numbers[::2]), inner.attrib
            assert all(-0.1 <= y <= height + 0.1 for y in numbers[1::2]), inner.attrib


def test_it_draws_no_line_over_a_gap_and_labels_the_last_point():
    wide, _ = drawings(line(80, 82, None, 84, 85))
    assert len(parts(wide, "ui-chart__line")) == 2
    assert [one.text for one in parts(wide, "ui-chart__last")] == ["85%"]


def test_it_stands_where_its_value_is():
    wide, _ = drawings(line(70, 80, 90, target=80, target_said="目标 ≥ 80%"))
    ups = [float(one.get("cy") or 0) for one in parts(wide, "ui-chart__dot")]
    assert ups[0] - ups[1] == pytest.approx(ups[1] - ups[2], abs=0.1)
    assert [one.text for one in parts(wide, "ui-chart__said")] == ["目标 ≥ 80%"]
    (across,) = [one.get("d") for one in parts(wide, "ui-chart__target")]
    assert re.fullmatch(rf"M48 {ups[1]:g}L\d+ {ups[1]:g}", across or "")


def test_it_names_only_those_outside_of_what_chance_allows():
    wide, _ = drawings(FUNNEL)
    assert [one.text for one in parts(wide, "ui-chart__said")] == ["全体 80%", "甲区"]
    assert len(parts(wide, "ui-chart__below")) == len(parts(wide, "ui-chart__small")) == 1


def test_it_draws_tiles_in_the_given_order_where_an_outline_is_missing():
    wide, _ = drawings(MAP)
    assert [one.text for one in parts(wide, "ui-chart__text")] == ["甲", "80%", "乙", "样本不足"]
    assert [one.get("class") for one in parts(wide, "ui-chart__area")] == [
        "ui-chart__area ui-step--3",
        "ui-chart__area ui-step--0",
    ]


def test_it_draws_outlines_as_they_lie():
    square = [(118.0, 36.0), (118.1, 36.0), (118.1, 36.1), (118.0, 36.1), (118.0, 36.0)]
    east = [(x + 0.1, y) for x, y in square]
    chart = charts.MapChart("图", [charts.Area("东", 2.0, "2", [east]), charts.Area("西", 1.0, "1", [square])])
    wide, _ = drawings(chart)
    places = {one.text: float(one.get("x") or 0) for one in parts(wide, "ui-chart__place")}
    assert places["西"] < places["东"]
    assert [one.get("class") for one in parts(wide, "ui-chart__area")] == [
        "ui-chart__area ui-step--5",
        "ui-chart__area ui-step--1",
    ]


@pytest.mark.parametrize(
    ("values", "classes"),
    [([1.0, 2.0, 6.0], [1, 2, 5]), ([4.0, 4.0], [3, 3]), ([None, 1.0], [0, 3]), ([None], [0])],
)
def test_it_puts_values_into_classes_of_equal_width(values: list[float | None], classes: list[int]):
    chart = charts.MapChart("图", [charts.Area("一", value, "") for value in values])
    assert [chart.step(value) for value in values] == classes


def test_its_bars_begin_at_nought():
    wide, _ = drawings(BARS)
    (bar,) = parts(wide, "ui-chart__bar")
    (ground, _) = parts(wide, "ui-chart__ground")
    assert float(bar.get("width") or 0) / float(ground.get("width") or 1) == pytest.approx(0.882, abs=0.001)
    assert [one.text for one in parts(wide, "ui-chart__last")] == ["88.20", "数据不足"]


def test_it_writes_what_people_named_as_text():
    wide = charts.drawn(charts.BarChart('<b>"', [charts.Bar("<script>", 1.0, "&")]))
    assert "<script>" not in wide
    assert "&lt;script&gt;" in wide
    assert 'aria-label="&lt;b&gt;&quot;"' in wide


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        ([0.0, 100.0], ["0", "25", "50", "75", "100"]),
        ([80.0, 92.0], ["80", "85", "90", "95"]),
        ([0.5, 0.6], ["0.500", "0.525", "0.550", "0.575", "0.600"]),
        ([None], ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        ([7.0], ["6.0", "6.5", "7.0", "7.5", "8.0"]),
        ([12_000.0, 90_000.0], ["0", "20,000", "40,000", "60,000", "80,000", "100,000"]),
    ],
)
def test_it_has_round_marks(values: list[float | None], marks: list[str]):
    assert [said for _, said in axis_of(values).marks] == marks


def test_it_never_passes_what_values_cannot_pass():
    axis = axis_of([95.0, 100.0], floor=0, ceiling=100)
    assert axis.high == 100
    assert axis_of([0.0, 0.0], floor=0).low == 0


def test_its_labels_do_not_lie_over_each_other():
    assert spread([10, 12, 40], 15, 100) == [10, 25, 40]
    assert spread([90, 95], 15, 100) == [85, 100]


def test_it_brings_its_numbers_one_click_away():
    table = Table(
        "数",
        (Column("period", "期间"), Column("value", "数值", "number")),
        [Row("", {"period": "1月", "value": "80%"})],
    )
    template = Template("{% load charts %}{% chart one table=table note='说明' %}")
    html = template.render(Context({"one": line(80, 81), "table": table}))
    assert re.search(r"<details class=\"ui-chart__table\"><summary>看表格</summary>.*80%.*</details>", html, re.DOTALL)
    assert "说明" in html
