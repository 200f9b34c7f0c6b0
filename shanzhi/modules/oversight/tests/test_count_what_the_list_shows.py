"""Every figure of the supervisor's page equals the list that it leads to, for whoever looks, under row-level security."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any
from typing import cast as as_type

import pytest
from django.http import QueryDict
from django.utils import timezone

from shanzhi.core.periods import local_date
from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.matters.web.find import FindForm
from shanzhi.modules.oversight import queries
from shanzhi.modules.oversight.policy import MEASURES, Dimension, week_of
from shanzhi.modules.oversight.queries import Overview
from shanzhi.modules.oversight.tests.city_of_work import work
from shanzhi.modules.oversight.web import show
from tests.city import Cast

pytestmark = pytest.mark.django_db


def rows_of(actor: Actor, address: str, now: datetime, *, told: bool = True) -> int:
    """How many rows the list at an address shows this actor, counted off page by page."""
    query = QueryDict(address.partition("?")[2])
    form = FindForm(as_type(Any, SimpleNamespace(GET=query, now=now)))
    wanted = form.wanted()
    assert not form.errors, (address, form.errors)
    assert form.nothing == ""
    seen: set[str] = set()
    after = ""
    while True:
        page = matters.matters_page(wanted, now=now, actor=actor if told else None, after=after)
        seen |= {row.number for row in page.rows}
        after = page.next_after
        if not after:
            return len(seen)


def cells(found: Overview) -> Iterator[tuple[str, int, str]]:
    """Every number of the page, with its address."""
    for figure in show.figures(found):
        yield figure.label, figure.value, figure.url
    yield from show.verdicts(found)
    for dimension, lines in found.tables.items():
        for line in lines:
            for measure in MEASURES:
                adds: Mapping[str, str] = {**line.adds, **measure.adds}
                yield f"{dimension} {line.name} {measure.code}", getattr(line.row, measure.code), show.list_url(adds)


def look(actor: Actor, region: str, now: datetime) -> Overview:
    return queries.overview(actor, region=region, kinds=desk.kinds(), now=now)


@pytest.mark.parametrize("who", ["city", "county", "neighbour", "township", "unit", "dispatcher"])
def test_it_shows_as_many_as_it_counts(cast: Cast, supervisors: dict[str, Actor], who: str):
    work(cast)
    actor, now = supervisors[who], timezone.now()

    @cache
    def shown(address: str, told: bool) -> int:
        return rows_of(actor, address, now, told=told)

    with acting(actor):
        for region in ("", "370303", "370306100", "x"):
            found = look(actor, region, now)
            counted = list(cells(found))
            assert {name: value for name, value, _ in counted} == {name: shown(url, True) for name, _, url in counted}
            # Told who looks or not, the list is the same.
            assert [shown(url, False) for _, _, url in counted] == [n for _, n, _ in counted]


def test_it_counts_what_was_made(cast: Cast):
    work(cast)
    now = timezone.now()
    with acting(cast.supervisor):
        found = look(cast.supervisor, "", now)
        counted = {name: value for name, value, _ in cells(found)}
    assert found.path == (("3703", "淄博市"),)
    assert counted["退单 2 次及以上"] == 1
    assert counted["等反映人评价"] == 1
    assert (counted["已解决"], counted["没有解决"]) == (1, 0)
    assert counted["本周结束"] == 1
    assert counted["region 张店区 open"] == 7
    assert counted["region 周村区 open"] == 4
    assert counted["region 没有细到下一级 open"] == 1
    assert counted["category 还没有分类 open"] == 4
    assert counted["kind 诉求 open"] == 12
    assert counted["region 没有细到下一级 late"] == 1


def test_it_adds_up_by_each_table(cast: Cast, supervisors: dict[str, Actor]):
    work(cast)
    for actor in supervisors.values():
        with acting(actor):
            found = look(actor, "", timezone.now())
            for dimension in Dimension:
                assert sum(line.row.open for line in found.tables[dimension]) == found.figures.whole.open


def test_it_stays_below_the_own_region(cast: Cast, supervisors: dict[str, Actor]):
    work(cast)
    county = supervisors["county"]
    with acting(county):
        assert look(county, "370306", timezone.now()).path == (("370303", "张店区"),)
        assert look(county, "370303009", timezone.now()).path == (("370303", "张店区"), ("370303009", "马尚街道"))


def test_it_counts_nothing_without_a_scope(cast: Cast):
    """Whatever codes are named, the functions show what the policy shows."""
    work(cast)
    now = timezone.now()
    nobody = Actor(kind="post", role="supervisor", region_code="3703", ranges=CodeRanges())
    with acting(nobody):
        for code in ("3703", "370303", "", "370303."):
            counted = matters.tally(code, digits=6, resident_stages=("verdict",), turn_stages=("handling",), now=now)
            assert counted.whole.open == 0
            assert matters.bounces(code) == []
            day = local_date(now)
            ended, _ = matters.ended_and_repeated(code, since=week_of(day), until=day, collective=5)
            assert ended.ended == 0


@pytest.mark.parametrize("who", ["city", "county", "neighbour", "township", "unit"])
def test_it_leads_from_each_pair_to_its_matters(cast: Cast, supervisors: dict[str, Actor], who: str):
    work(cast)
    actor, now = supervisors[who], timezone.now()
    with acting(actor):
        for region in ("", "370303009"):
            found = queries.bounced(actor, region=region, now=now)
            assert [line.matters for line in found.lines] == [
                rows_of(actor, show.list_url(line.adds), now) for line in found.lines
            ]


def test_it_tells_who_gave_back_and_who_had_it_next(cast: Cast):
    work(cast)
    with acting(cast.supervisor):
        found = queries.bounced(cast.supervisor, region="", now=timezone.now())
    assert [(line.from_unit, line.to_unit, line.ground, line.matters) for line in found.lines] == [
        ("张店区住房和城乡建设局", "张店区城市管理局", "不属于本单位职责", 2),
        ("张店区城市管理局", "淄博市社会治安综合治理中心", "不属于本单位职责", 1),
    ]
