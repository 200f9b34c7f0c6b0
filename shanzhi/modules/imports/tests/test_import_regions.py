"""Regions from a city's own file: the good ones from a day on, the rest with reasons; nothing moves or is renamed."""

from pathlib import Path

from shanzhi.core.periods import local_date
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.imports.whole import WholeResult, import_whole
from tests.city import NOW
from tests.roles import held_to

ON = local_date(NOW)
FILE = """行政区划代码,区域名称,上级代码,人口
370303009100,新建社区居委会,370303009,3000
370303009100001,第一网格,,
370303010,新街道,370303,
370303010001,新街道一社区,,
370303009006,世纪花园社区居委会,,
370303009007,改了名的社区,,
370303011,吞自己街道,370303011,
370306900,跨区街道,370303,
370399001001,没有上级,370399001,
12345,位数不对,,
370303012,,370303,
370303010,另一个名字,370303,
370303010,新街道,370303,
"""


def run(path: Path, *, is_preview: bool = False) -> WholeResult:
    with held_to("importer"):
        return import_whole(
            subject="regions", path=path, rejects_path=path.with_name("r.csv"), on=ON, now=NOW, is_preview=is_preview
        )


def counts(result: WholeResult) -> tuple[int, int, int]:
    return (result.added, result.known, result.rejected)


def test_the_good_ones_stand_from_that_day_and_the_rest_is_listed(city: None, tmp_path: Path) -> None:
    path = tmp_path / "regions.csv"
    path.write_bytes(FILE.encode("gb18030"))
    before = len(organisation.children("370303", ON))
    assert counts(run(path, is_preview=True)) == (4, 2, 7)
    assert (len(organisation.children("370303", ON)), list(tmp_path.glob("r*.csv"))) == (before, [path])
    done = run(path)
    assert (counts(done), done.unused) == ((4, 2, 7), ("人口",))
    assert [row.name for row in organisation.path("370303010001", ON)][:2] in (
        ["新街道一社区", "新街道"],
        ["淄博市", "张店区"],
    )
    assert organisation.region_of_code("370303009007", ON).name == "世纪新村居委会"  # type: ignore[union-attr]
    assert done.rejects is not None
    lines = done.rejects.read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[4] for line in lines] == ["行号", "7", "8", "9", "10", "11", "12", "13"]
    assert counts(run(path)) == (0, 6, 7)


def test_mended_rejects_are_imported_as_they_are(city: None, tmp_path: Path) -> None:
    path = tmp_path / "regions.csv"
    path.write_text("代码,名称\n370303020,新街道\n3703030,错的街道\n370303999001,忘了街道的社区\n", encoding="utf-8")
    done = run(path)
    assert (counts(done), done.rejects is not None) == ((1, 0, 2), True)
    assert done.rejects is not None
    done.rejects.write_text(done.rejects.read_text(encoding="utf-8-sig").replace("3703030,", "370303021,"), "utf-8")
    assert counts(run(done.rejects)) == (1, 0, 1)
    found = organisation.region_of_code("3703", ON)
    assert found is not None
    assert [entry.author_kind for entry in journal.entries_of("region", found.id)][-2:] == ["importer", "importer"]
