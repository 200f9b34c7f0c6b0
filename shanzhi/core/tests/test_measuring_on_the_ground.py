"""Distances and data: against published points."""

import pytest

from shanzhi.core.geo import Point, box_around, metres_between, to_gcj02, to_wgs84

GATE = Point(39.90734, 116.39089)


def test_it_measures_a_degree_of_the_equator() -> None:
    assert round(metres_between(Point(0, 0), Point(0, 1))) == 111_195
    assert metres_between(GATE, GATE) == 0


def test_it_knows_where_gcj_02_draws_a_point() -> None:
    drawn = to_gcj02(GATE)
    assert (round(drawn.latitude, 5), round(drawn.longitude, 5)) == (39.90874, 116.39713)
    assert 300 < metres_between(GATE, drawn) < 700


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_it_leads_back_within_a_metre(datum: str) -> None:
    drawn = to_gcj02(GATE) if datum == "GCJ-02" else Point(39.915085, 116.403525)
    assert metres_between(to_wgs84(drawn, datum), GATE) < (1 if datum == "GCJ-02" else 12)


def test_it_leaves_the_same_datum_and_far_lands_alone() -> None:
    assert to_wgs84(GATE, "CGCS2000") == GATE
    assert to_wgs84(Point(51.5, -0.1), "GCJ-02") == Point(51.5, -0.1)
    with pytest.raises(ValueError, match="Beijing54"):
        to_wgs84(GATE, "Beijing54")


def test_a_box_holds_what_is_within_reach() -> None:
    box = box_around(GATE, 300)
    assert box.holds(Point(GATE.latitude + 0.0026, GATE.longitude))
    assert not box.holds(Point(GATE.latitude + 0.0028, GATE.longitude))
