"""Places from a file: each row is judged as a keeper's form is; a likely double is rejected and shown, never merged."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from shanzhi.core.geo import DATUMS
from shanzhi.core.importing import Circumstances, Field, RowUnusable, Subject, Taken
from shanzhi.core.text import msg
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.policy.places import PlaceSaid
from shanzhi.kernel.organisation.subjects import IMPORTER, check_here, each

SOURCE = "import"
YES = frozenset({"是", "y", "yes", "1", "true", "√"})
PLACE_FIELDS = (
    Field(
        "name",
        msg("名称"),
        "世纪花园小区",
        True,
        synonyms=("场所名称", "小区名称", "单位名称", "学校名称", "项目名称"),
    ),
    Field("kind", msg("类型"), "小区", True, synonyms=("场所类型", "类别", "场所类别")),
    Field(
        "region",
        msg("所在区域"),
        "370303009006",
        True,
        synonyms=("区域代码", "所在社区", "社区", "所属社区", "网格代码"),
    ),
    Field("number", msg("编号"), "XQ-0001", synonyms=("来源编号", "场所编号", "序列号")),
    Field("address", msg("地址"), "华光路 128 号", synonyms=("详细地址", "坐落", "位置")),
    Field("also", msg("别名"), "世纪花园", synonyms=("曾用名", "俗称")),
    Field("longitude", msg("经度"), "118.048", synonyms=("lng", "lon", "x")),
    Field("latitude", msg("纬度"), "36.8135", synonyms=("lat", "y")),
    Field("datum", msg("坐标系"), "GCJ-02", synonyms=("坐标系统", "坐标类型")),
    Field("firm", msg("物业企业"), "示例物业服务有限公司", synonyms=("物业公司", "物业", "物业服务企业")),
    Field("firm_phone", msg("物业办公电话"), "0533-2345678", synonyms=("物业电话",)),
    Field("committee", msg("业主委员会"), "世纪花园小区业主委员会", synonyms=("业委会",)),
    Field("committee_phone", msg("业委会办公电话"), "0533-2345679", synonyms=("业委会电话",)),
    Field("source", msg("来源系统"), "房管平台", synonyms=("来源", "数据来源")),
    Field("sure", msg("确认无误"), "是", synonyms=("确认是另一处",)),
)


def places_take(rows: Sequence[Mapping[str, Any]], how: Circumstances) -> Taken:
    """Take over the places of a file from `how.on`, each once.

    A place is known by (source, number), without a number by saying just what a known one says. A point without a datum is
    WGS 84.
    """
    return each(rows, how, lambda row: _take(row, how))


PLACES = Subject("places", msg("场所"), PLACE_FIELDS, places_take)


def _take(row: Mapping[str, str], how: Circumstances) -> bool:
    """Take over one row; False where it stood already.

    Raises:
        RowUnusable, DomainError: why not.
    """
    on = how.on
    said, number, source = _said(row, on), row.get("number", ""), row.get("source") or how.source or SOURCE
    check_here(said.region_code, how)
    likes, _ = operations.looks_like(said, on)
    before = queries.place_by_source(source, number, on) if number else None
    shown = said.cleaned(queries.place_catalogue(), queries.box_of_city(on))
    if before is not None:
        if before.said() == shown:
            return False
        raise RowUnusable(f"编号 {number} 的场所已经有了，内容不一样。请在场所页上改，或换一个编号。")
    for like in likes if not number else ():
        there = queries.place_by_id(like.place_id, on)
        if there is not None and there.said() == shown:
            return False
    operations.place_add(
        said=said,
        on=on,
        now=how.now,
        author=IMPORTER,
        source=source if number else "",
        source_number=number,
        even_so=row.get("sure", "").lower() in YES,
    )
    return True


def _said(cells: Mapping[str, str], on: date) -> PlaceSaid:
    kind = queries.place_catalogue().kind_like(cells["kind"])
    if kind is None:
        names = "、".join(one.name for one in queries.place_catalogue().kinds)
        raise RowUnusable(f"没有“{cells['kind']}”这个类型。可用的是：{names}。")
    texts = ("name", "also", "address", "firm", "firm_phone", "committee", "committee_phone")
    return PlaceSaid(
        kind=kind.code,
        region_code=_region(cells["region"], on),
        latitude=_degrees(cells, "latitude"),
        longitude=_degrees(cells, "longitude"),
        datum=(cells.get("datum") or DATUMS[0]).upper().replace("GCJ02", "GCJ-02").replace("BD09", "BD-09"),
        **{name: cells.get(name, "") for name in texts},
    )


def _region(text: str, on: date) -> str:
    if text.isascii() and text.isdigit():
        return text
    found = queries.find_regions(text, on=on, levels=(Level.COMMUNITY,), limit=2) if text else []
    if len(found) != 1:
        raise RowUnusable(f"所在区域“{text}”{'有好几个' if found else '没有找到'}。请填 12 位或 15 位代码。")
    return found[0].code


def _degrees(cells: Mapping[str, str], name: str) -> float | None:
    text = cells.get(name, "").rstrip("°度").strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise RowUnusable(f"“{text}”不是经纬度。请填十进制的度数，如 118.048。") from None
