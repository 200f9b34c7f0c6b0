"""A grid worker with a phone: reports with a photo, ends it in the grid, hands another one up; also without script."""

import re

from playwright.sync_api import expect

from tests.browser.person import Meet, Person
from tests.browser.photos import photo
from tests.site import Site

SMALL = 48


def reports(worker: Person, words: str) -> str:
    """Report an incident from today's page; returns its number."""
    page = worker.page
    worker.goes("/grid/")
    worker.presses("上报事件", "link")
    page.get_by_label("拍照或选照片").set_input_files([photo("井盖.jpg")])
    worker.writes("什么事", words)
    worker.presses("上报")
    expect(page).to_have_url(re.compile(r"/grid/m/[\d-]+/$"))
    return page.url.rstrip("/").rsplit("/", 1)[1]


def thumbs(worker: Person) -> list[str]:
    """What on the page's own part is too small for a thumb."""
    found: list[str] = worker.page.evaluate(
        """(least) => [...document.querySelectorAll("main .btn, main .ui-list__item, main input:not([type=hidden])")]
            .filter((e) => e.offsetParent && e.getBoundingClientRect().height < least - 0.5 && e.type !== "checkbox")
            .map((e) => e.className + " " + Math.round(e.getBoundingClientRect().height))""",
        SMALL,
    )
    return found


def test_it_reports_ends_and_hands_up(site: Site, meet: Meet) -> None:
    worker = meet("grid_worker")
    page = worker.page
    worker.signs_in("grid_worker")
    expect(page).to_have_url(re.compile("/grid/$"))
    worker.looks("grid-empty")
    worker.presses("上报事件", "link")
    worker.looks("grid-report")
    assert thumbs(worker) == []
    number = reports(worker, "3号楼前窨井盖破损，有人差点崴脚")
    worker.sees("已上报，编号")
    worker.looks("grid-matter")
    page.locator("summary", has_text="自办自结").click()
    page.locator("details[open]").get_by_label("办理结果").fill("已放警示桩并更换井盖。")
    page.locator("details[open]").get_by_role("button", name="自办自结").click()
    expect(page).to_have_url(re.compile("/grid/$"))
    assert site.stage(number) in {"closed", "spot_check"}

    other = reports(worker, "6号楼北侧墙皮大面积脱落")
    page.locator("summary", has_text="上报村（社区）").click()
    page.locator("details[open]").get_by_label("说明").fill("要专业队伍处理，网格办不了。")
    page.locator("details[open]").get_by_role("button", name="上报村（社区）").click()
    expect(page).to_have_url(re.compile("/grid/$"))
    assert site.stage(other) == "in_community"
    reports(worker, "楼道堆放纸箱，消防通道被占")
    worker.goes("/grid/")
    worker.sees("上报后的去向")
    worker.looks("grid-today")
    assert thumbs(worker) == []
    worker.presses("找谁办", "link")
    worker.looks("grid-ask")


def test_it_works_without_script(site: Site, meet: Meet) -> None:
    worker = meet("grid_worker", script=False)
    worker.signs_in("grid_worker")
    number = reports(worker, "路灯不亮，夜里看不清台阶")
    assert site.stage(number) == "in_grid"
    worker.looks("grid-matter-without-script")
