"""A keeper enters places; a grid worker's phone shows what is due, signs in there, finds something and escalates it twice."""

import gzip
import re

from playwright.sync_api import Route, expect

from tests.browser.person import PHONE, Meet, Person
from tests.browser.test_grid_worker_on_a_phone import reports, thumbs
from tests.site import Site

BUDGET = 80_000
"""Bytes, compressed, of a page with all that it needs: under two seconds on 3G (400 kbit/s), the first time."""
GATE = {"latitude": 36.8136, "longitude": 118.0481}


def enters_a_place(keeper: Person, name: str, kind: str, north: float) -> None:
    page = keeper.page
    keeper.goes("/keeper/places/add/")
    keeper.writes("名称", name)
    page.get_by_label("类型").select_option(label=kind)
    keeper.writes("所在的村（社区）或网格", "370303009006001")
    keeper.writes("地址", "张店区华光路 128 号")
    keeper.writes("纬度", f"{36.8135 + north:.4f}")
    keeper.writes("经度", "118.048")
    if kind == "小区":
        keeper.writes("物业企业", "示例物业服务有限公司")
        keeper.writes("物业办公电话", "0533-2345678")
        keeper.writes("业主委员会", f"{name}业主委员会")
    keeper.presses("保存")
    keeper.sees("已保存")


def keeps_places(keeper: Person) -> None:
    """Enter three places and a likely double, which is only shown."""
    keeper.signs_in("keeper")
    keeper.goes("/keeper/places/")
    keeper.looks("keeper-places-empty")
    for name, kind, north in (
        ("世纪花园小区", "小区", 0.0),
        ("世纪公园", "公园", 0.004),
        ("华光路工地", "工地", 0.002),
    ):
        enters_a_place(keeper, name, kind, north)
    keeper.looks("keeper-place")
    keeper.goes("/keeper/places/add/")
    keeper.looks("keeper-place-add")
    keeper.writes("名称", "世纪花园")
    keeper.page.get_by_label("类型").select_option(label="小区")
    keeper.writes("所在的村（社区）或网格", "370303009006001")
    keeper.presses("保存")
    keeper.sees("已经有很像的场所")
    keeper.looks("keeper-place-double")
    keeper.goes("/keeper/places/")
    keeper.looks("keeper-places")


def looks_and_signs_in(worker: Person) -> None:
    """See what is due, order it by distance, sign in where nothing is found."""
    page = worker.page
    worker.signs_in("grid_worker")
    worker.sees("该巡查的场所 3")
    worker.looks("grid-today-due")
    assert thumbs(worker) == []
    worker.presses("巡查", "link")
    worker.presses("用我现在的位置")
    expect(page.locator("output")).not_to_be_empty()
    worker.presses("按远近排列")
    expect(page.locator("main .ui-list__title").first).to_have_text("世纪花园小区")
    worker.looks("grid-places")
    assert thumbs(worker) == []
    page.get_by_role("link", name="世纪花园小区").click()
    worker.looks("grid-place")
    assert thumbs(worker) == []
    worker.presses("用我现在的位置")
    expect(page.locator("output").first).not_to_be_empty()
    worker.presses("签到，没有发现问题")
    worker.sees("已在“世纪花园小区”签到（在场所附近），没有发现问题。")


def finds_and_escalates(worker: Person, site: Site) -> str:
    """Sign in at the park with a finding and escalate it to the community; returns its number."""
    page = worker.page
    page.get_by_role("link", name="世纪公园").click()
    worker.writes("发现什么", "健身器材断裂，有人会受伤")
    worker.presses("签到并上报")
    expect(page).to_have_url(re.compile(r"/grid/m/[\d-]+/$"))
    number = page.url.rstrip("/").rsplit("/", 1)[1]
    worker.sees("世纪公园")
    assert site.stage(number) == "in_grid"
    page.locator("summary", has_text="上报村（社区）").click()
    page.locator("details[open]").get_by_label("说明").fill("要厂家来换，网格办不了。")
    page.locator("details[open]").get_by_role("button", name="上报村（社区）").click()
    expect(page).to_have_url(re.compile("/grid/$"))
    worker.looks("grid-today-after")
    return number


def test_places_are_kept_and_patrolled(site: Site, meet: Meet) -> None:
    keeps_places(meet("keeper"))
    worker = meet("grid_worker", viewport=PHONE, geolocation=GATE, permissions=["geolocation"])
    looks_and_signs_in(worker)
    number = finds_and_escalates(worker, site)

    community = meet("community_handler", viewport=PHONE)
    community.signs_in("community_handler")
    community.goes(f"/m/{number}/")
    page = community.page
    page.locator("summary", has_text="上报乡镇（街道）").click()
    page.locator("details[open]").get_by_label("说明").fill("社区没有维修经费，请街道办理。")
    page.locator("details[open]").get_by_role("button", name="上报乡镇（街道）").click()
    community.sees("中心办理")
    assert site.stage(number) == "in_centre"
    centre = meet("township_dispatcher")
    centre.signs_in("township_dispatcher")
    centre.goes("/triage/")
    centre.sees("上报到本中心的")
    centre.looks("triage-escalated")
    supervisor = meet("supervisor")
    supervisor.signs_in("supervisor")
    supervisor.goes("/grid/overview/")
    supervisor.sees("个到期该巡查")
    supervisor.looks("grid-overview")


def test_a_finding_needs_no_script(site: Site, meet: Meet) -> None:
    worker = meet("grid_worker", script=False, viewport=PHONE)
    worker.signs_in("grid_worker")
    number = reports(worker, "围挡松动")
    assert site.stage(number) == "in_grid"
    worker.goes("/grid/places/")
    worker.looks("grid-places-without-script")


def weighs(worker: Person, path: str) -> int:
    """Bytes of a page, its styles, scripts and pictures, each compressed as the server may send it."""
    sizes: list[int] = []

    def passes(route: Route) -> None:
        answer = route.fetch()
        sizes.append(len(gzip.compress(answer.body())))
        route.fulfill(response=answer)

    worker.page.route("**/*", passes)
    worker.goes(path)
    worker.page.wait_for_load_state("networkidle")
    worker.page.unroute("**/*")
    return sum(sizes)


def test_it_stays_within_3g(site: Site, meet: Meet) -> None:
    worker = meet("grid_worker", viewport=PHONE)
    worker.signs_in("grid_worker")
    found = {path: weighs(worker, path) for path in ("/grid/", "/grid/report/", "/grid/places/")}
    assert {path: size for path, size in found.items() if size > BUDGET} == {}
