"""A file of outlines is judged: what can't be read, what is broken, what doesn't fit, what was drawn in another datum."""

import json
import math
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from shanzhi.core.geo import EARTH_M, Point, to_gcj02
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.policy.shape_file import BadShapeFile, Severity, read_shapes
from shanzhi.kernel.organisation.policy.shape_map import draw_findings
from shanzhi.kernel.organisation.policy.shapes import Judged, KnownPlace, KnownRegion, judge
from shanzhi.kernel.organisation.policy.shaping import drawn_in, in_wgs84

WEST, SOUTH, STEP = 118.0, 36.8, 0.01
TOWN = "370303009"


def square(column: float, row: float, width: float = 1, height: float = 1) -> list[list[float]]:
    """A ring in cells of 0.01 degrees from the south-west corner of the town."""
    west, south = WEST + column * STEP, SOUTH + row * STEP
    east, north = west + width * STEP, south + height * STEP
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(code: object, *rings: object, name: str = "") -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"code": code, "name": name},
        "geometry": {"type": "Polygon", "coordinates": list(rings)},
    }


def collection(*features: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def community(number: int) -> str:
    return f"{TOWN}{number:03d}"


def town(count: int) -> dict[str, KnownRegion]:
    """A town with so many communities."""
    known = {
        "370303": KnownRegion(1, "370303", "张店区", Level.COUNTY, ""),
        TOWN: KnownRegion(2, TOWN, "马尚街道", Level.TOWNSHIP, "370303"),
    }
    for number in range(1, count + 1):
        code = community(number)
        known[code] = KnownRegion(10 + number, code, f"第{number}社区", Level.COMMUNITY, TOWN)
    return known


def judged(*features: object, count: int = 2, datum: str = "WGS84", places: tuple[KnownPlace, ...] = ()) -> Judged:
    return judge(read_shapes(collection(*features)), datum, town(count), {}, places)


def said(found: Judged) -> list[tuple[str, str, str]]:
    return [(one.severity.value, one.kind, one.code) for one in found.findings]


PAIR = (feature(community(1), square(0, 0)), feature(community(2), square(1, 0)))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "GeoJSON"),
        (b"PK\x03\x04", "GeoJSON"),
        ('{"type":"张店"}'.encode("gbk"), "UTF-8"),
        (b"[" * 500_000, "GeoJSON"),
        (b"[" * 2_000_001, "点太多"),
        (b"[[],[]" + b",[]" * 2_000_000 + b"]", "点太多"),
        (b"{" * 400_001, "点太多"),
        (b" " * 50_000_001, "50 MB"),
        (b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":NaN}}]}', "GeoJSON"),
        (b'{"type":"Feature"}', "FeatureCollection"),
        (b"[]", "FeatureCollection"),
        (b'{"type":"FeatureCollection"}', "一个图形都没有"),
        (b'{"type":"FeatureCollection","features":[]}', "一个图形都没有"),
        (b'{"type":"FeatureCollection","features":[1]}', "不是图形"),
        (b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"fid":1}}]}', "fid"),
        (b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":null}]}', "—"),
    ],
    ids=range(16),
)
def test_it_says_why_a_file_cannot_be_read(data: bytes, says: str) -> None:
    with pytest.raises(BadShapeFile) as found:
        read_shapes(data)
    assert says in str(found.value)


@pytest.mark.parametrize(
    ("geometry", "kind"),
    [
        (None, "geometry"),
        ({"type": "Point", "coordinates": [118, 36]}, "geometry"),
        ({"type": "GeometryCollection", "geometries": []}, "geometry"),
        ({"type": "Polygon", "coordinates": []}, "geometry"),
        ({"type": "Polygon", "coordinates": "x"}, "geometry"),
        ({"type": "MultiPolygon", "coordinates": [[]]}, "ring"),
        ({"type": "Polygon", "coordinates": [[[118, 36], [118.1, 36], [118, 36]]]}, "ring"),
        ({"type": "Polygon", "coordinates": [[["118", 36]] * 4]}, "position"),
        ({"type": "Polygon", "coordinates": [[[True, 36]] * 4]}, "position"),
        ({"type": "Polygon", "coordinates": [[[118]] * 4]}, "position"),
        ({"type": "Polygon", "coordinates": [[{"x": 1}] * 4]}, "position"),
        ({"type": "Polygon", "coordinates": [[[118, 36], [118.1, 36], [118.1, 36.1], [118, 36.1]]]}, "unclosed"),
        ({"type": "Polygon", "coordinates": [[[36, 118], [36.1, 118], [36.1, 118.1], [36, 118]]]}, "swapped"),
        ({"type": "Polygon", "coordinates": [[[39e6, 4e6], [39.1e6, 4e6], [39e6, 4.1e6], [39e6, 4e6]]]}, "metres"),
        ({"type": "Polygon", "coordinates": [[[2, 48], [2.1, 48], [2.1, 48.1], [2, 48]]]}, "range"),
        ({"type": "Polygon", "coordinates": [[[118, 36], [118, 36], [118, 36], [118, 36]]]}, "ring"),
        ({"type": "Polygon", "coordinates": [[[118, 36], [118.1, 36.1], [118.1, 36], [118, 36.1], [118, 36]]]}, "ring"),
    ],
    ids=range(17),
)
def test_it_lists_what_is_wrong_with_one_outline_and_reads_the_rest(geometry: object, kind: str) -> None:
    bad = {"type": "Feature", "properties": {"code": community(1)}, "geometry": geometry}
    found = judged(bad, PAIR[1])
    assert ("error", kind, community(1)) in said(found)
    assert [one.region.code for one in found.shapes] == [community(2)]


def test_it_names_the_point_where_a_ring_crosses_itself() -> None:
    bow = [[118.0, 36.8], [118.1, 36.9], [118.1, 36.8], [118.0, 36.9], [118.0, 36.8]]
    fault = judged(feature(community(1), bow)).findings[0]
    assert (fault.kind, fault.text) == ("ring", "边界自己相交。请在 GIS 里用“修复几何”改正。")
    assert fault.point is not None
    assert (round(fault.point.latitude, 6), round(fault.point.longitude, 6)) == (36.85, 118.05)


def test_it_says_where_a_hole_lies_outside() -> None:
    fault = judged(feature(community(1), square(0, 0), square(4, 4))).findings[0]
    assert (fault.severity, fault.text) == (Severity.ERROR, "挖空的部分在边界外面。请在 GIS 里改正。")


def test_it_says_once_that_a_whole_file_has_its_degrees_swapped() -> None:
    swapped = [feature(community(n), [[y, x] for x, y in square(n, 0)]) for n in (1, 2)]
    found = judged(*swapped)
    assert said(found) == [("error", "swapped", "")]
    assert found.findings[0].facts == {"count": 2}


def test_it_knows_codes_of_the_day_only() -> None:
    found = judged(
        *PAIR, feature("370303009077", square(2, 0)), feature(community(1), square(3, 0)), feature("", square(4, 0))
    )
    assert said(found) == [
        ("error", "no-code", ""),
        ("error", "twice", community(1)),
        ("error", "unknown", "370303009077"),
    ]


def test_it_reads_codes_as_systems_write_them() -> None:
    for code in (f"{TOWN}000", int(TOWN), float(TOWN), f" {TOWN} "):
        assert [one.region.code for one in judged(feature(code, square(0, 0))).shapes] == [TOWN]
    given = {"type": "Feature", "properties": {"XZQDM": TOWN}, "geometry": PAIR[0]["geometry"]}
    assert read_shapes(collection(given)).features[0].code == TOWN
    other = {"type": "Feature", "properties": {"fid": 7, "编号": TOWN}, "geometry": PAIR[0]["geometry"]}
    assert read_shapes(collection(other), "编号").features[0].code == TOWN
    with pytest.raises(BadShapeFile, match="没有“代号”这个属性。文件里有：fid、编号"):
        read_shapes(collection(other), "代号")


def test_it_finds_overlaps_by_area_and_share() -> None:
    found = judged(PAIR[0], feature(community(2), square(0.9, 0)))
    assert said(found) == [("error", "overlap", community(1))]
    cell = (math.radians(STEP) * EARTH_M) ** 2 * math.cos(math.radians(SOUTH + STEP / 2))
    assert found.findings[0].facts["share"] == "10.0%"
    assert found.findings[0].facts["area"] == f"{cell / 10 / 1e6:,.2f} km²"
    assert said(judged(PAIR[0], feature(community(2), square(0.995, 0)))) == [("warning", "overlap", community(1))]
    # Half a metre of a border that was drawn twice is none.
    assert said(judged(PAIR[0], feature(community(2), square(1 - 0.5 / 890, 0)))) == []


def test_it_finds_gaps_and_what_is_missing() -> None:
    whole = feature(TOWN, square(0, 0, 2))
    assert said(judged(whole, *PAIR)) == [("warning", "mixed", "")]
    found = judged(whole, PAIR[0], feature(community(2), square(1.1, 0, 0.9)))
    assert said(found) == [("warning", "mixed", ""), ("warning", "gap", TOWN)]
    found = judged(whole, PAIR[0])
    assert said(found)[1:] == [("warning", "missing", TOWN)]
    assert found.findings[1].facts["names"] == "第2社区"
    ring = [
        feature(community(n), square(*at)) for n, at in enumerate(((0, 0, 3), (0, 1, 1, 2), (2, 1, 1, 2), (1, 2)), 1)
    ]
    assert said(judged(*ring, count=4)) == [("warning", "gap", TOWN)]


def test_it_finds_children_outside_their_parent() -> None:
    found = judged(feature(TOWN, square(0, 0, 2)), PAIR[0], feature(community(2), square(1, 0, 1.5)))
    assert ("error", "outside", community(2)) in said(found)
    held = judge(
        read_shapes(collection(feature(community(2), square(1, 0, 1.5)))),
        "WGS84",
        town(2),
        {one.region.code: one.outline for one in judged(feature(TOWN, square(0, 0, 2)), PAIR[0]).shapes},
        (),
    )
    assert said(held) == [("error", "outside", community(2))]


def test_it_warns_of_an_outline_in_another_datum_with_metres() -> None:
    codes = [community(1 + at) for at in range(36)]
    # Two in each community, at opposite corners: whichever way a file is off, some fall out of it.
    places = tuple(
        KnownPlace("学校", code, Point(SOUTH + (at // 6 + corner) * STEP, WEST + (at % 6 + corner) * STEP))
        for at, code in enumerate(codes)
        for corner in (0.1, 0.9)
    )

    def shifted(datum: str) -> list[dict[str, Any]]:
        made = []
        for at, code in enumerate(codes):
            ring = [drawn_in(Point(y, x), datum) for x, y in square(at % 6, at // 6)]
            made.append(feature(code, [[one.longitude, one.latitude] for one in ring]))
        return made

    assert said(judged(*shifted("WGS84"), count=36, places=places)) == []
    assert said(judged(*shifted("GCJ-02"), count=36, places=places, datum="GCJ-02")) == []
    for drawn, declared in (("GCJ-02", "WGS84"), ("GCJ-02", "CGCS2000"), ("BD-09", "WGS84"), ("WGS84", "GCJ-02")):
        found = judged(*shifted(drawn), count=36, places=places, datum=declared)
        assert said(found) == [("warning", "shifted", "")], drawn
        assert found.findings[0].facts["best"] == drawn
        assert 100 < float(str(found.findings[0].facts["metres"]).replace(",", "")) < 1300


def test_it_converts_within_a_third_of_a_metre() -> None:
    drawn = square(0, 0)
    there = [to_gcj02(Point(y, x)) for x, y in drawn]
    moved = read_shapes(collection(feature(community(1), [[one.longitude, one.latitude] for one in there])))
    back = in_wgs84([moved.features[0].outline], "GCJ-02")[0]
    off = [math.dist(a, b) for a, b in zip(shapely.get_coordinates(back), drawn, strict=True)]
    assert max(off) * 111_000 < 0.3


def test_it_draws_a_map_whose_numbers_match_the_list() -> None:
    found = judged(PAIR[0], feature(community(2), square(0.9, 0), name="<script>"))
    drawn = draw_findings(found, str)
    assert drawn.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert ">1</text>" in drawn
    assert "<script" not in drawn
    assert "style" not in drawn


@given(
    st.lists(st.floats(0.3, 3.0), min_size=1, max_size=5),
    st.lists(st.floats(0.3, 3.0), min_size=1, max_size=5),
    st.data(),
)
@settings(max_examples=40, deadline=None)
def test_it_accepts_any_partition_and_finds_any_shift(
    widths: list[float], heights: list[float], data: st.DataObject
) -> None:
    cells, column = [], 0.0
    for width in widths:
        row = 0.0
        for height in heights:
            cells.append((column, row, width, height))
            row += height
        column += width
    whole = feature(TOWN, square(0, 0, sum(widths), sum(heights)))
    parts = [feature(community(n), square(*cell)) for n, cell in enumerate(cells, 1)]
    assert said(judged(whole, *parts, count=len(parts))) == [("warning", "mixed", "")]
    victim = data.draw(st.integers(0, len(cells) - 1))
    column, row, width, height = cells[victim]
    off = data.draw(st.sampled_from([-0.1, 0.1])) * width
    parts[victim] = feature(community(victim + 1), square(column + off, row, width, height))
    found = said(judged(whole, *parts, count=len(parts)))
    assert ("warning", "gap", TOWN) in found
    assert any(severity == "error" and kind in {"overlap", "outside"} for severity, kind, _ in found)
