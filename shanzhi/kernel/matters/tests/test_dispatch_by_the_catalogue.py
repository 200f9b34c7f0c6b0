"""A keeper loads a dispatch catalogue, tries it on old matters and lets it go live; suggestions go by it from its day."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations.dispatching import DispatchIsLive, NoDispatchVersion
from shanzhi.kernel.matters.policy.dispatching import BadDispatchFile, DispatchCase, choose_case, read_rows
from tests.city import Cast
from tests.desks import at_stage

PROPERTY = "housing.property-service"
HEAD = "分类,区域,层级,单位,单位类型,时限,依据\n"
GOOD = (
    HEAD + f"{PROPERTY},370303,县,,urban-management,5wd,物业管理条例\nhousing,,,urban-management-370303,,7wd,三定规定\n"
)


def load(cast: Cast, text: str = GOOD, *, on: date | None = None) -> int:
    now = timezone.now()
    with acting(cast.keeper):
        return operations.dispatch_load(
            rows=read_rows(text, "x.csv"), holds_from=on or local_date(now), note="", actor=cast.keeper, now=now
        )


def case(category: str, region: str) -> DispatchCase:
    return DispatchCase(category, region, "", "unit", "", "5wd", "依据")


def test_it_takes_the_narrowest_row():
    rows = [case("housing", ""), case(PROPERTY, ""), case("housing", "370303"), case(PROPERTY, "370306")]
    assert choose_case(rows, PROPERTY, "370303009006") == rows[2]
    assert choose_case(rows, PROPERTY, "370304") == rows[1]
    assert choose_case(rows, "housing.leaks", "370304") == rows[0]
    assert choose_case(rows, "", "370303") is None
    assert choose_case(rows, "cityscape.waste", "370303") is None


def test_it_reads_toml():
    text = f'[[row]]\ncategory = "{PROPERTY}"\nunit_code = "a"\nlimit_text = "5wd"\nground = "依据"\n'
    assert read_rows(text, "x.toml") == [DispatchCase(PROPERTY, "", "", "a", "", "5wd", "依据", 1)]


@pytest.mark.parametrize("text", ["", HEAD, "\x00", "不是表格"])
def test_it_refuses_what_has_no_rows(text: str):
    with pytest.raises(BadDispatchFile):
        read_rows(text, "x.csv")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("no.such,,,urban-management-370303,,5wd,依据", "没有“no.such”这个分类"),
        (f"{PROPERTY},,,no-unit,,5wd,依据", "没有“no-unit”这个单位"),
        (f"{PROPERTY},,县,,no-kind,5wd,依据", "没有“no-kind”这类单位"),
        (f"{PROPERTY},999999,县,,urban-management,5wd,依据", "没有“999999”这个区域"),
        (f"{PROPERTY},,县,urban-management-370303,urban-management,5wd,依据", "也只填一个"),
        (f"{PROPERTY},,村,,urban-management,5wd,依据", "层级写市、县或乡镇"),
        (f"{PROPERTY},,县,,urban-management,soon,依据", "时限“soon”写法不对"),
        (f"{PROPERTY},,县,,urban-management,5wd,", "写上依据"),
        (f"{PROPERTY},370303,县,,urban-management,5wd,依据", "和第 2 行是同一种情形"),
    ],
)
def test_it_refuses_a_row_that_is_wrong_and_names_its_line(cast: Cast, row: str, said: str):
    with pytest.raises(BadDispatchFile) as refused:
        load(cast, GOOD + row + "\n")
    assert "第 4 行：" in str(refused.value)
    assert said in str(refused.value)
    assert queries.dispatch_versions() == ()


@pytest.mark.django_db
def test_it_tries_it_on_old_matters_before_anything_changes(cast: Cast):
    number = at_stage(cast, "dispatch")
    version = load(cast)
    now = timezone.now()
    with acting(cast.supervisor):
        found = queries.dispatch_trial(version, now=now)
        assert (found.tried, found.decided, found.elsewhere) == (1, 1, 1)
        assert [(row.number, row.was[-7:]) for row in found.listed] == [(number, "住房和城乡建设局"[-7:])]
        assert queries.suggested_unit(PROPERTY, "370303009006", now) == cast.handler.unit_id


@pytest.mark.django_db
def test_it_decides_from_its_day_on(cast: Cast):
    now = timezone.now()
    later = local_date(now) + timedelta(days=3)
    version = load(cast, on=later)
    with acting(cast.keeper):
        operations.dispatch_go_live(version_id=version, actor=cast.keeper, now=now)
        assert queries.suggested_unit(PROPERTY, "370303009006", now) == cast.handler.unit_id
        then = now + timedelta(days=3)
        assert queries.suggested_unit(PROPERTY, "370303009006", then) == cast.second_handler.unit_id
        with pytest.raises(DispatchIsLive):
            operations.dispatch_go_live(version_id=version, actor=cast.keeper, now=now)
        with pytest.raises(NoDispatchVersion):
            operations.dispatch_go_live(version_id=version + 1, actor=cast.keeper, now=now)


@pytest.mark.django_db
def test_it_never_holds_from_a_day_that_is_past(cast: Cast):
    now = timezone.now()
    version = load(cast, on=local_date(now) - timedelta(days=1))
    with acting(cast.keeper), pytest.raises(DispatchIsLive):
        operations.dispatch_go_live(version_id=version, actor=cast.keeper, now=now)
