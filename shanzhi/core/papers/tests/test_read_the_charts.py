"""Charts say what they show: axes with round marks, bars from 0, labels that don't lie over each other."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanzhi.core.papers import Bar, BarChart, LineChart, Point
from shanzhi.core.papers.charts import axis_of, segments, spread
from shanzhi.core.papers.drawing import BARS as BAR_WIDTH
from shanzhi.core.papers.drawing import HIGH, LINE, WIDE, drawn
from shanzhi.core.papers.tests import paper_support as cast

NUMBERS = st.floats(min_value=-1e9, max_value=1e9, allow_nan=False).map(lambda n: round(n, 3))


@pytest.mark.parametrize(
    ("values", "options", "shown"),
    [
        ([88, 93.4], {}, ["88", "90", "92", "94"]),
        ([1200, 300], {"from_zero": True}, ["0", "500", "1,000", "1,500"]),
        ([99.2, 100], {"highest": 100}, ["99.2", "99.4", "99.6", "99.8", "100.0"]),
        ([5, 5], {}, ["4.0", "4.5", "5.0", "5.5", "6.0"]),
        ([0, 0], {"from_zero": True}, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        ([None, None], {"from_zero": True}, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        ([97.4, 99], {}, ["97.0", "97.5", "98.0", "98.5", "99.0"]),
    ],
)
def test_marks_are_round(values, options, shown):
    assert [said for _, said in axis_of(values, **options).marks] == shown


@given(st.lists(NUMBERS, min_size=1, max_size=30), st.booleans())
def test_all_values_lie_on_the_axis_and_marks_differ(values, from_zero):
    axis = axis_of(values, from_zero=from_zero)
    room = (axis.high - axis.low) * 1e-6
    assert axis.low - room <= min(values)
    assert max(values) <= axis.high + room
    assert not from_zero or axis.low <= 0
    assert 2 <= len(axis.marks) <= 9
    assert len({said for _, said in axis.marks}) == len(axis.marks)


@given(st.lists(st.floats(min_value=0, max_value=50), max_size=12))
def test_labels_keep_their_distance_and_order(places):
    found = spread(places, LINE)
    ordered = sorted(found)
    assert all(b - a >= LINE - 1e-6 for a, b in pairwise(ordered))
    order = sorted(range(len(places)), key=lambda at: places[at])
    assert [found[at] for at in order] == ordered
    if all(abs(a - b) >= LINE for at, a in enumerate(places) for b in places[:at]):
        assert found == pytest.approx(places)


def test_bars_begin_at_nought_and_are_as_long_as_their_numbers():
    long, short, none = drawn(cast.BARS)["bars"]
    assert long["long"] == pytest.approx(4 * short["long"])
    assert long["long"] == pytest.approx(1200 / 1500 * BAR_WIDTH)
    assert (none["long"], none["shown"]) == (None, "没有此类事项")


def test_a_line_is_not_drawn_over_what_isnt_known():
    made = drawn(cast.LINE)
    assert segments([1, None, 2, 3, None]) == ((0, 0), (2, 3))
    assert segments([]) == segments([None]) == ()
    assert [len(line) for line in made["lines"]] == [1, 2]
    assert len(made["dots"]) == 3
    assert made["dots"][-1][0] == WIDE


def test_the_last_point_the_target_and_what_was_expected_are_labelled():
    labels = drawn(cast.LINE)["labels"]
    assert [(label["as"], label["text"]) for label in labels] == [
        ("value", "93.4 %"),
        ("target", "目标 90 %"),
        ("band", "预期范围"),
    ]
    ups = sorted(label["up"] for label in labels)
    assert all(b - a >= LINE - 1e-6 for a, b in pairwise(ups))


def test_what_was_expected_is_an_area_within_the_plot():
    for chart in (cast.LINE, cast.FUNNEL):
        for band in drawn(chart)["bands"]:
            assert all(-1e-9 <= x <= WIDE + 1e-9 and -1e-9 <= y <= HIGH + 1e-9 for x, y in band)


def test_parts_that_stand_out_are_named_and_no_other():
    assert [one["text"] for one in drawn(cast.FUNNEL)["named"]] == ["甲街道", "乙镇"]
    assert "在范围外的有甲街道、乙镇" in cast.FUNNEL.said()
    first, second = (one["up"] for one in drawn(cast.FUNNEL)["named"])
    assert abs(first - second) >= LINE - 1e-6


@pytest.mark.parametrize(
    "chart",
    [
        LineChart("空（件）", ()),
        LineChart("一（件）", (Point("1月", 3, "3"),)),
        BarChart("空", ()),
        BarChart("零（件）", (Bar("甲", 0, "0"),)),
    ],
)
def test_charts_of_nothing_or_one_thing_can_be_drawn(chart):
    made = drawn(chart)
    assert made["title"] == chart.title
    assert len(made["marks"]) > 1
