"""Cities that aren't like the standing one: 东莞 without counties, 重庆 under two prefixes, a zone over two counties.

In each a resident reports, the right centre takes it in, a department gets it, a supervisor counts it, a list finds it,
and then the place is redrawn.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.http import QueryDict

from shanzhi.config import database
from shanzhi.config.installation import Installation
from shanzhi.core.periods import local_date
from shanzhi.kernel.access import queries as access
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.rulebook import forget_kinds
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.matters.web.find import FindForm
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation import queries as offices
from shanzhi.kernel.organisation.divisions import read_city
from shanzhi.kernel.organisation.people import invent
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.policy.plan import Change, Merge, Move, Plan, Rename
from shanzhi.modules.oversight import queries as oversight
from shanzhi.modules.oversight.policy import Dimension
from shanzhi.modules.worklist.queries import worklist
from tests.city import LOADER, NOW, OPENED
from tests.concurrency.committed import committed_city
from tests.desks import do

TODAY = local_date(NOW)
HOUSING, CATEGORY = "housing-construction", "housing.property-service"
DONGGUAN, CHONGQING, ZIBO = "4419", "50", "3703"
ZONE = "370372"
FILES = {
    "provinces": "code,name\n37,山东省\n44,广东省\n50,重庆市\n",
    "cities": "code,name,provinceCode\n3703,淄博市,37\n4419,东莞市,44\n5001,市辖区,50\n5002,县,50\n",
    "areas": "code,name,cityCode,provinceCode\n370303,张店区,3703,37\n370306,周村区,3703,37\n441900,东莞市,4419,44\n"
    "500101,万州区,5001,50\n500229,城口县,5002,50\n",
    "streets": "code,name,areaCode,provinceCode,cityCode\n370303105,中埠镇,370303,37,3703\n"
    "370303009,马尚街道,370303,37,3703\n370306100,北郊镇,370306,37,3703\n"
    "441900003,东城街道,441900,44,4419\n441900004,南城街道,441900,44,4419\n"
    "500101001,高笋塘街道,500101,50,5001\n500101002,太白街道,500101,50,5001\n500229001,葛城街道,500229,50,5002\n",
    "villages": "code,name,streetCode,provinceCode,cityCode,areaCode\n"
    "370303105200,中埠村委会,370303105,37,3703,370303\n370303009006,世纪花园社区居委会,370303009,37,3703,370303\n"
    "370306100200,北旺村委会,370306100,37,3703,370306\n"
    "441900003001,岗贝社区居民委员会,441900003,44,4419,441900\n441900004001,胜和社区居民委员会,441900004,44,4419,441900\n"
    "500101001001,电报路社区居委会,500101001,50,5001,500101\n500101002001,白岩路社区居委会,500101002,50,5001,500101\n"
    "500229001001,东大街社区居委会,500229001,50,5002,500229\n",
}


@dataclass(frozen=True, slots=True)
class Town:
    """A loaded city."""

    installation: Installation
    code: str

    def actor(self, unit_code: str, role: str) -> Actor:
        """The first post of a role in a unit."""
        unit = offices.unit_by_code(unit_code, TODAY)
        assert unit is not None, unit_code
        card = next(card for card in offices.posts_of_unit(unit.id, TODAY) if card.role == role)
        return access.actor_of_post(card.post_id, TODAY)

    def centre(self, role: str) -> Actor:
        """A post of the city's centre."""
        return self.actor(f"centre-{self.code}", role)

    def redraw(self, *changes: Change) -> int:
        """Change the tree as of today; returns how many open matters followed."""
        with database.acting_as(self.installation, "importer"):
            plan = Plan(TODAY, changes)
            organisation.regions_change(plan=plan, version=offices.tree_version(), now=NOW, author=LOADER)
        with database.acting_as(self.installation, "worker"):
            moved = 0
            while found := operations.matters_follow(now=NOW):
                moved += found
        return moved


@pytest.fixture(scope="module")
def divisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("divisions")
    for name, rows in FILES.items():
        (folder / f"{name}.csv").write_text(rows, encoding="utf-8")
    return folder


@pytest.fixture
def town(
    request: pytest.FixtureRequest, divisions: Path, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Town]:
    """A city of its own, loaded as the command line loads it."""
    code: str = request.param
    with django_db_blocker.unblock(), committed_city("other", of="_empty") as installation:
        forget_kinds()
        with database.acting_as(installation, "importer"):
            operations.kinds_take_over(now=NOW)
            organisation.regions_load(divisions=read_city(divisions, code), on=OPENED, now=NOW, author=LOADER)
            if code == ZIBO:
                covers = ["370303105", "370306100"]
                organisation.zone_create(
                    code=ZONE, name="经济开发区", city_code=code, covers=covers, on=OPENED, now=NOW, author=LOADER
                )
            catalogue = offices.unit_catalogue()
            organisation.units_load(city_code=code, catalogue=catalogue, on=OPENED, now=NOW, author=LOADER)
            organisation.posts_load(city_code=code, catalogue=catalogue, on=OPENED, now=NOW, author=LOADER)
            people = invent(2000, seed=1, surnames=["王", "李"], given=["伟", "秀英"])
            organisation.posts_staff(city_code=code, people=people, on=OPENED, now=NOW, author=LOADER)
        yield Town(installation, code)
    forget_kinds()


def reported(code: str) -> Reported:
    with acting(ANYONE):
        new = NewReport(body="楼道灯半年不亮，物业不管。", region_code=code)
        return operations.report(new=new, actor=ANYONE, now=NOW)


def listed(actor: Actor, **wanted: str) -> set[str]:
    """The numbers that the list shows for an address."""
    query = QueryDict(mutable=True)
    query.update(wanted)
    with acting(actor):
        form = FindForm(cast(Any, SimpleNamespace(GET=query, now=NOW)))
        found = form.wanted()
        assert not form.errors, form.errors
        told, untold = (queries.matters_page(found, now=NOW, actor=who).rows for who in (actor, None))
        assert [row.number for row in told] == [row.number for row in untold]
        return {row.number for row in told}


def counted(actor: Actor, region: str = "") -> dict[str, int]:
    """What the supervisor's page shows for a region: the names below it, each with how much is open; "" is all of it."""
    with acting(actor):
        found = oversight.overview(actor, region=region, kinds=desk.kinds(), now=NOW)
    lines = {line.name: line.row.open for line in found.tables[Dimension.REGION]}
    return {"": found.figures.whole.open, **lines}


def goes_to(made: Reported, town: Town, department: str) -> None:
    """The city's centre takes it in, its department gets it, and finds it in its worklist."""
    dispatcher, handler = town.centre("dispatcher"), town.actor(department, "handler")
    assert made.unit_name == dispatcher.unit_name
    with acting(dispatcher):
        hint = queries.dispatch_hint(CATEGORY, queries.card(made.matter_id, actor=dispatcher, now=NOW).region_code, NOW)
    assert hint is not None
    assert hint.unit_id == handler.unit_id
    do(dispatcher, made, "accept", category=CATEGORY)
    do(dispatcher, made, "dispatch", lead=handler.unit_id)
    with acting(handler):
        page = worklist(handler, kinds=desk.kinds(), tab="", light="", words="", after="", now=NOW).page
    assert made.number in {row.number for row in page.rows}


@pytest.mark.parametrize("town", [DONGGUAN], indirect=True)
def test_it_works_without_counties(town: Town) -> None:
    east, south = reported("441900003001"), reported("441900004001001")
    for made in (east, south):
        goes_to(made, town, f"{HOUSING}-4419")
    supervisor, township = town.centre("supervisor"), town.actor("centre-441900004", "supervisor")
    assert counted(supervisor) == {"": 2, "东城街道": 1, "南城街道": 1}
    assert counted(supervisor, "441900003") == {"": 1, "岗贝社区": 1}
    assert listed(supervisor, region="441900003") == {east.number}
    assert listed(supervisor, region="441900") == listed(supervisor) == {east.number, south.number}
    assert listed(township) == {south.number}
    assert offices.centre_for("441900003001", Level.COUNTY, TODAY) is None
    # One township takes the other over: what is open goes along, and its centre sees it.
    assert town.redraw(Merge(("441900003",), "441900004")) == 1
    assert counted(supervisor) == {"": 2, "南城街道": 2}
    assert listed(township, region="441900004") == {east.number, south.number}


@pytest.mark.parametrize("town", [CHONGQING], indirect=True)
def test_it_works_under_two_prefixes(town: Town) -> None:
    district, county = reported("500101001001"), reported("500229001001001")
    goes_to(district, town, f"{HOUSING}-500101")
    goes_to(county, town, f"{HOUSING}-500229")
    supervisor, there = town.centre("supervisor"), town.actor("centre-500229", "supervisor")
    assert counted(supervisor) == {"": 2, "万州区": 1, "城口县": 1}
    assert counted(supervisor, "500229") == {"": 1, "葛城街道": 1}
    assert listed(supervisor, region="500101") == {district.number}
    assert listed(supervisor, region="50") == listed(supervisor) == {district.number, county.number}
    assert listed(there) == {county.number}
    # A township goes over from one prefix to the other.
    assert town.redraw(Move("500101001", "500229101", "500229")) == 1
    assert counted(supervisor) == {"": 2, "城口县": 2}
    assert listed(there, region="500229101") == {district.number}
    assert listed(supervisor, region="500101") == set()
    town.redraw(Rename("500229001", "葛城镇"))
    assert counted(supervisor, "500229") == {"": 2, "葛城镇": 1, "高笋塘街道": 1}


@pytest.mark.parametrize("town", [ZIBO], indirect=True)
def test_it_works_in_a_zone_over_two_counties(town: Town) -> None:
    here, there, outside = reported("370303105200"), reported("370306100200001"), reported("370303009006")
    goes_to(here, town, f"{HOUSING}-370303")
    goes_to(there, town, f"{HOUSING}-370306")
    goes_to(outside, town, f"{HOUSING}-370303")
    supervisor, county = town.centre("supervisor"), town.actor("centre-370303", "supervisor")
    # A zone lies across: its matters count in their counties, once.
    assert counted(supervisor) == {"": 3, "张店区": 2, "周村区": 1}
    assert listed(supervisor, region=ZONE) == {here.number, there.number}
    assert listed(county, region=ZONE) == {here.number}
    assert listed(town.centre("dispatcher"), region=ZONE) == {here.number, there.number}
    # What it covers goes to the other county, and stays covered; the zone gets another name.
    assert town.redraw(Move("370303105", "370306105", "370306"), Rename(ZONE, "淄博经济开发区")) == 1
    assert counted(supervisor) == {"": 3, "张店区": 1, "周村区": 2}
    assert listed(supervisor, region=ZONE) == {here.number, there.number}
    assert listed(county, region=ZONE) == set()
    assert [row.name for row in offices.zones_over("370306105200", TODAY)] == ["淄博经济开发区"]
