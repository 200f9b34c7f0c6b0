"""A city's own categories: added, renamed, merged, withdrawn from a day, and undone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.operations import Deciding
from shanzhi.kernel.matters.policy.categories import BadCategory, CategoryRow
from shanzhi.kernel.matters.policy.golive import BadDay, NotTheCitys, RulesMovedOn
from shanzhi.kernel.matters.policy.report import BadReport, NewReport
from shanzhi.kernel.matters.rulebook import categories, forget_kinds
from tests.city import NOW, Cast

TODAY = local_date(NOW)
FEES, SERVICE = "housing.property-fees", "housing.property-service"


@pytest.fixture(autouse=True)
def rules() -> Iterator[None]:
    """What is decided here is undone with the transaction: nothing of it may stay in memory."""
    forget_kinds()
    yield
    forget_kinds()


def how(cast: Cast, days: int = 0, seen: int | None = None) -> Deciding:
    """From some days later on."""
    newest = queries.section_state("categories", TODAY).seen if seen is None else seen
    return Deciding(TODAY + timedelta(days=days), newest, cast.keeper, NOW)


def reported(category: str, days: int = 0) -> Matter:
    """A report with a category, some days later."""
    with acting(ANYONE):
        made = operations.report(
            new=NewReport(body="物业费又涨了，没有公示。", channel="web", category=category),
            actor=ANYONE,
            now=NOW + timedelta(days=days),
        )
        return Matter.objects.get(pk=made.matter_id)


def test_it_adds_one_that_reports_take_from_its_day_on(cast: Cast) -> None:
    with acting(cast.keeper):
        operations.category_add(
            row=CategoryRow("housing.lifts", "加装电梯", department="housing-construction", words="加装电梯 增设电梯"),
            how=how(cast, days=3),
        )
    assert "housing.lifts" not in categories(TODAY + timedelta(days=2)).rules.categories
    assert categories(TODAY + timedelta(days=3)).name("housing.lifts") == "住房与物业 · 加装电梯"
    with pytest.raises(BadReport):
        reported("housing.lifts", days=2)
    assert reported("housing.lifts", days=3).category == "housing.lifts"


def test_it_renames_and_says_so_in_the_journal(cast: Cast) -> None:
    with acting(cast.keeper):
        operations.category_rename(code=FEES, name="物业收费与公共收益", how=how(cast))
        decision = queries.section_state("categories", TODAY).history[0].decision
        [told] = journal.entries_of("rules", decision)
    assert categories(TODAY).name(FEES) == "住房与物业 · 物业收费与公共收益"
    assert {key: told.payload[key] for key in ("section", "number", "was", "edit", "codes")} == {
        "section": "categories", "number": 1, "was": 0, "edit": "rename", "codes": [FEES],
    }  # fmt: skip


def test_what_is_merged_comes_in_under_the_other_and_old_ones_stay_and_are_found(cast: Cast) -> None:
    old = reported(FEES)
    with acting(cast.keeper):
        operations.category_merge(code=FEES, into=SERVICE, how=how(cast))
    assert reported(FEES).category == SERVICE
    tree = categories(TODAY)
    assert FEES in dict(tree.retired)
    assert tree.name(FEES) == "住房与物业 · 物业收费", "an old matter's category keeps its name"
    assert all(code != FEES for group in tree.groups for code, _ in group.second)
    assert "公共收益" in tree.rules.points, "its words now suggest the other"
    with acting(cast.keeper):
        page = queries.matters_page(queries.ListFilter(category=FEES), now=NOW, actor=cast.keeper)
    assert old.number in [row.number for row in page.rows]


def test_what_is_withdrawn_is_taken_by_no_new_report_until_it_is_taken_up_again(cast: Cast) -> None:
    with acting(cast.keeper):
        operations.category_withdraw(code=FEES, how=how(cast, days=1))
    assert reported(FEES).category == FEES
    with pytest.raises(BadReport):
        reported(FEES, days=1)
    with acting(cast.keeper):
        operations.category_restore(code=FEES, how=how(cast, days=5))
    assert reported(FEES, days=5).category == FEES


def test_an_edit_is_undone_by_a_later_edit(cast: Cast) -> None:
    with acting(cast.keeper):
        operations.category_rename(code=FEES, name="乱改的名字", how=how(cast))
        operations.edition_restore(section="categories", number=0, how=how(cast, days=2))
        names = [categories(TODAY + timedelta(days=days)).rules.categories[FEES].name for days in (0, 1, 2, 9)]
        operations.category_rename(code=FEES, name="物业费", how=how(cast, days=3))
        state = queries.section_state("categories", TODAY)
    assert names == ["乱改的名字", "乱改的名字", "物业收费", "物业收费"]
    assert [row.number for row in state.history] == [2, 0, 1]
    assert categories(TODAY + timedelta(days=3)).rules.categories[FEES].name == "物业费"


@pytest.mark.parametrize(
    ("edit", "given"),
    [
        ("merge", {"code": FEES, "into": FEES}),
        ("merge", {"code": FEES, "into": "housing.none"}),
        ("merge", {"code": "housing", "into": FEES}),
        ("withdraw", {"code": "housing"}),
        ("withdraw", {"code": "none"}),
        ("restore", {"code": FEES}),
        ("rename", {"code": FEES, "name": " "}),
        ("rename", {"code": FEES, "name": "物业服务"}),
        ("add", {"row": CategoryRow(FEES, "又一个", department="housing-construction")}),
        ("add", {"row": CategoryRow("Housing.x", "大写", department="housing-construction")}),
        ("add", {"row": CategoryRow("nowhere.x1", "没有上级", department="housing-construction")}),
        ("add", {"row": CategoryRow("housing.x1", "没有单位", department="no-such")}),
        ("add", {"row": CategoryRow("housing.x1", "词太短", department="township", words="梯")}),
        ("add", {"row": CategoryRow("housing.x1", "层级不对", department="township", level="village")}),
    ],
)
def test_it_refuses_what_makes_no_sense(cast: Cast, edit: str, given: dict[str, Any]) -> None:
    with acting(cast.keeper), pytest.raises(BadCategory):
        getattr(operations, f"category_{edit}")(**given, how=how(cast))
    assert queries.section_state("categories", TODAY).history == ()


def test_it_tells_the_second_of_two_keepers_and_refuses_a_day_that_is_past(cast: Cast) -> None:
    seen = how(cast, seen=0)
    with acting(cast.keeper):
        operations.category_rename(code=FEES, name="物业费一", how=seen)
        with pytest.raises(RulesMovedOn):
            operations.category_rename(code=FEES, name="物业费二", how=seen)
        with pytest.raises(BadDay):
            operations.category_rename(code=FEES, name="物业费二", how=how(cast, days=-1))
    county = Deciding(TODAY, 0, cast.neighbour_dispatcher, NOW)
    with acting(cast.dispatcher), pytest.raises(NotTheCitys):
        operations.category_rename(code=FEES, name="物业费二", how=county)


def test_a_file_is_taken_over_whole_or_not_at_all(cast: Cast) -> None:
    rows = [
        (2, CategoryRow("water", "供水排水", help="自来水和下水道")),
        (3, CategoryRow("water.leak", "水管漏水", department="housing-construction", words="漏水 水管")),
        (4, CategoryRow(FEES, "物业费", department="housing-construction", into=SERVICE)),
    ]
    with acting(cast.keeper):
        wrong = [*rows, (5, CategoryRow("water.leak", "又一个", department="township")), (6, CategoryRow("?", "x"))]
        with pytest.raises(BadCategory) as error:
            operations.categories_replace(rows=wrong, how=how(cast))
        assert sorted(error.value.fields) == ["5", "6"]
        assert queries.section_state("categories", TODAY).history == ()
        operations.categories_replace(rows=rows, how=how(cast))
    tree = categories(TODAY)
    assert (tree.name("water.leak"), tree.merged[FEES]) == ("供水排水 · 水管漏水", SERVICE)
