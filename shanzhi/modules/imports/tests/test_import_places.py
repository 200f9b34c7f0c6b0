"""Places from a city's own file: the good ones once, likely doubles and wrong points listed with reasons."""

import csv
from pathlib import Path

from shanzhi.core.geo import Point, to_gcj02
from shanzhi.core.importing import Circumstances
from shanzhi.core.periods import local_date
from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.organisation import queries
from shanzhi.kernel.organisation.subjects_places import places_take
from shanzhi.modules.imports.operations import How
from shanzhi.modules.imports.whole import WholeResult, import_whole
from tests.city import NOW
from tests.roles import held_to

ON = local_date(NOW)
GATE = Point(36.8135, 118.048)
DRAWN = to_gcj02(GATE)
HEAD = "场所名称,场所类型,所在社区,编号,地址,经度,纬度,坐标系,物业公司,物业电话,备注\n"
GOOD = (
    "世纪花园小区,住宅小区,马尚 世纪花园,XQ-1,华光路128号,118.048,36.8135,,示例物业服务有限公司,0533-2345678,x\n"
    "世纪小学,小学,370303009006,XX-1,,118.0600,36.8200,WGS84,,,\n"
    "中埠市场,农贸市场,370303105200,,,118.1,36.85,,,,\n"
    "世纪公园,公园,370303009007,GY-1,,,,,,,\n"
)
BAD = (
    "世纪花园,小区,370303009006,XQ-2,,118.0483,36.8137,,,,\n"
    "没有类型,城堡,370303009006,,,,,,,,\n"
    "反了的工地,工地,370303009006,,,36.8135,118.048,,,,\n"
    "世纪的,小区,世纪,,,,,,,,\n"
    "个人物业小区,小区,370303009006,,,,,,王伟,13812345678,\n"
    f"世纪花园小区,小区,370303009006,XQ-3,,{DRAWN.longitude:.6f},{DRAWN.latitude:.6f},,,,\n"
    "坐标有误,工地,370303009006,,,东经,36.8,,,,\n"
    "世纪小学,学校,370303009006,XX-1,改了地址,118.0600,36.8200,,,,\n"
)


def run(path: Path, *, is_preview: bool = False, datum: str = "WGS84") -> WholeResult:
    with held_to("importer"):
        return import_whole(
            subject="places",
            path=path,
            rejects_path=path.with_name("r.csv"),
            on=ON,
            now=NOW,
            given=How(fixed={"datum": datum}),
            is_preview=is_preview,
        )


def counts(result: WholeResult) -> tuple[int, int, int]:
    return (result.added, result.known, result.rejected)


def names() -> list[str]:
    return [row.name for row in queries.places_within(CodeRanges.from_prefixes("3703"), ON)]


def test_the_good_ones_stand_and_the_rest_is_listed(city: None, tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_bytes((HEAD + GOOD + BAD).encode("gb18030"))
    assert counts(run(path, is_preview=True)) == (4, 0, 8)
    assert (names(), list(tmp_path.iterdir())) == ([], [path])
    done = run(path)
    assert counts(done) == (4, 0, 8)
    assert done.unused == ("备注",)
    assert names() == ["世纪花园小区", "世纪小学", "中埠市场", "世纪公园"]
    assert counts(run(path)) == (0, 4, 8)
    assert done.rejects is not None
    with done.rejects.open(encoding="utf-8-sig", newline="") as opened:
        reasons = {row["场所名称"] + row["编号"]: row["原因"] for row in csv.DictReader(opened)}
    told = {
        "世纪花园XQ-2": "相距",
        "没有类型": "没有“城堡”这个类型",
        "反了的工地": "填反了",
        "世纪的": "有好几个",
        "个人物业小区": "不填个人姓名",
        "世纪花园小区XQ-3": "GCJ-02",
        "坐标有误": "“东经”不是经纬度",
        "世纪小学XX-1": "内容不一样",
    }
    assert {name for name, part in told.items() if part not in reasons[name]} == set()


def test_mended_rejects_are_taken_in_as_they_are(city: None, tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text(HEAD + GOOD + BAD, encoding="utf-8")
    rejects = run(path).rejects
    assert rejects is not None
    with rejects.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    mended = tmp_path / "mended.csv"
    with mended.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, [*rows[0], "确认无误"])
        writer.writeheader()
        writer.writerow(rows[0] | {"确认无误": "是"})
        shifted = next(row for row in rows if row["编号"] == "XQ-3")
        writer.writerow(shifted | {"坐标系": "GCJ02", "场所名称": "世纪花园南区"})
    assert counts(run(mended)) == (2, 0, 0)
    found = queries.place_by_source("import", "XQ-3", ON)
    assert found is not None
    assert found.point == GATE


def test_a_file_says_its_datum_once(city: None, tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text(
        f"{HEAD}某某工地,工地,370303009006,,,{DRAWN.longitude:.6f},{DRAWN.latitude:.6f},,,,\n", encoding="utf-8"
    )
    assert counts(run(path, datum="GCJ-02")) == (1, 0, 0)
    assert queries.find_places("某某", ON)[0].point == GATE
    assert counts(run(path, datum="BJ54")) == (0, 0, 1)


def test_a_post_brings_what_lies_in_its_place(city: None) -> None:
    unit = queries.unit_by_code("centre-370306", ON)
    assert unit is not None
    keeper = next(card for card in queries.posts_of_unit(unit.id, ON) if card.role == "keeper")
    row = {"name": "世纪花园小区", "kind": "小区", "region": "370303009006"}
    with held_to("importer"):
        taken = places_take([row], Circumstances(NOW, ON, post_id=keeper.post_id))
    assert (taken.added, taken.wrong) == (0, {0: "区域 370303009006 不在您管的范围里。"})
