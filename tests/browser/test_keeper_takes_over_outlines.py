"""The keeper brings outlines with faults, sees them on the map, brings them mended, and takes them over."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.browser.person import PHONE, Meet

TOWN, GARDEN, VILLAGE = "370303009", "370303009006", "370303009007"


def outline(code: str, west: float, east: float, bump: float = 0.0) -> dict[str, Any]:
    """A rectangle with a river for a border in the middle of the town."""
    ring = [[west, 36.8], [east, 36.8], [east + bump, 36.805], [east, 36.812], [west, 36.812], [west, 36.8]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"区划代码": code}, "geometry": geometry}


def file(folder: Path, name: str, *features: dict[str, Any]) -> Path:
    path = folder / name
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_it_mends_and_takes_over(meet: Meet, tmp_path: Path) -> None:
    keeper = meet("keeper")
    keeper.signs_in("keeper")
    keeper.goes("/keeper/regions/")
    keeper.presses("边界", "link")
    keeper.looks("keeper-shapes-empty")
    faulty = file(
        tmp_path,
        "faulty.geojson",
        outline(TOWN, 118.0, 118.03),
        outline(GARDEN, 118.0, 118.0125),
        outline(VILLAGE, 118.011, 118.026),
        outline("370303009999", 118.03, 118.04),
    )
    keeper.page.get_by_label("GeoJSON 文件").set_input_files(faulty)
    keeper.page.get_by_label("坐标系").select_option("CGCS2000")
    keeper.presses("检查")
    keeper.sees("有错误，不能采用")
    keeper.sees("没有代码为“370303009999”的区域")
    expect(keeper.page.get_by_role("img", name="区域边界检查图")).to_be_visible()
    keeper.looks("keeper-shapes-faults")
    keeper.presses("换一个文件", "link")
    mended = file(
        tmp_path,
        "mended.geojson",
        outline(TOWN, 118.0, 118.026),
        outline(GARDEN, 118.0, 118.0125),
        outline(VILLAGE, 118.0125, 118.026),
    )
    keeper.page.get_by_label("GeoJSON 文件").set_input_files(mended)
    keeper.page.get_by_label("坐标系").select_option("WGS84")
    keeper.presses("检查")
    keeper.sees("文件里混有不同层级的区域")
    keeper.looks("keeper-shapes-warnings")
    keeper.presses("采用")
    keeper.sees("勾选“确认无误”再采用")
    keeper.page.get_by_label("确认无误").check()
    keeper.presses("采用")
    keeper.sees("已采用 3 个区域的边界")
    keeper.looks("keeper-shapes")
    keeper.goes("/keeper/regions/")
    keeper.page.get_by_role("link", name="张店区").first.click()
    keeper.page.get_by_role("link", name="马尚街道").first.click()
    expect(keeper.page.get_by_role("link", name="世纪花园社区").first).to_be_visible()
    keeper.sees("面积")
    keeper.looks("keeper-region-outline")


def test_it_reads_on_a_phone(meet: Meet, tmp_path: Path) -> None:
    keeper = meet("keeper", viewport=PHONE)
    keeper.signs_in("keeper")
    keeper.goes("/keeper/regions/shapes/")
    faulty = file(tmp_path, "a.geojson", outline(GARDEN, 118.0, 118.0125), outline(VILLAGE, 118.011, 118.026))
    keeper.page.get_by_label("GeoJSON 文件").set_input_files(faulty)
    keeper.page.get_by_label("坐标系").select_option("WGS84")
    keeper.looks("keeper-shapes-phone")
    keeper.presses("检查")
    keeper.looks("keeper-shapes-faults-phone")
