"""Categories from a city's own file: one edition from a day on, with what is good; the rest with reasons."""

from pathlib import Path

import pytest

from shanzhi.core.importing import Circumstances, subjects
from shanzhi.core.periods import local_date
from shanzhi.kernel.matters.policy.golive import NotTheCitys
from shanzhi.kernel.matters.queries import category_tree, section_state
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.imports.whole import WholeResult, import_whole
from tests.city import NOW
from tests.roles import held_to

ON = local_date(NOW)
FILE = """代码,名称,说明,首选承办单位类型,承办层级,提示词,停用,并入
water,供水排水,自来水和下水道,,,,,
water.leak,水管漏水,,housing-construction,,漏水 水管,,
water.none,没有单位,,no-such,,,,
water.leak,又一个,,township,,,,
housing.property-fees,物业费,,housing-construction,,,,housing.property-service
"""


def run(path: Path, *, is_preview: bool = False) -> WholeResult:
    with held_to("importer"):
        return import_whole(
            subject="categories", path=path, rejects_path=path.with_name("r.csv"), on=ON, now=NOW, is_preview=is_preview
        )


def counts(result: WholeResult) -> tuple[int, int, int]:
    return (result.added, result.known, result.rejected)


def test_the_good_ones_hold_from_that_day_and_the_rest_is_listed(city: None, tmp_path: Path) -> None:
    path = tmp_path / "categories.csv"
    path.write_bytes(FILE.encode("gb18030"))
    assert counts(run(path, is_preview=True)) == (3, 0, 2)
    assert section_state("categories", ON).history == ()
    done = run(path)
    assert counts(done) == (3, 0, 2)
    assert done.rejects is not None
    told = done.rejects.read_text(encoding="utf-8-sig")
    assert "no-such" in told
    assert "出现了两次" in told
    rows = {row.code: row for row in category_tree(ON).rows}
    assert (rows["water.leak"].name, rows["housing.property-fees"].into) == ("水管漏水", "housing.property-service")
    assert len(section_state("categories", ON).history) == 1
    # The same file again says nothing new, and makes no edition.
    assert counts(run(path)) == (0, 3, 2)
    assert len(section_state("categories", ON).history) == 1


def test_a_county_s_keeper_brings_none(city: None) -> None:
    unit = organisation.unit_by_code("centre-370303", ON)
    assert unit is not None
    keeper = next(card for card in organisation.posts_of_unit(unit.id, ON) if card.role == "keeper")
    take = subjects()["categories"].take
    assert take is not None
    row = {"code": "water", "name": "供水排水"}
    with held_to("importer"), pytest.raises(NotTheCitys):
        take([row], Circumstances(NOW, ON, post_id=keeper.post_id))
