"""A supervisor finds what matters: filters, sorts, chooses columns, keeps the view, hands the address on, takes the file
along, and finds the way back."""

import re
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser.person import Meet
from tests.site import Site

COMMUNITY = "370303009006"


def taken_along(page: Page) -> tuple[list[list[object]], dict[object, str]]:
    """The list as XLSX: its rows, and what the second sheet says."""
    with page.expect_download() as download:
        page.get_by_role("link", name="导出 XLSX").click()
    table, about = load_workbook(BytesIO(Path(download.value.path()).read_bytes())).worksheets
    rows: list[list[object]] = [[cell.value for cell in row] for row in table.iter_rows()]
    return rows, {row[0].value: str(row[1].value) for row in about.iter_rows()}


def test_it_filters_sorts_keeps_shares_and_takes_along(site: Site, meet: Meet) -> None:
    lamp = site.report("世纪花园北门的路灯不亮，已经一周了", region_code=COMMUNITY)
    lift = site.report("世纪花园五号楼电梯停运，老人下不了楼", region_code=COMMUNITY)
    site.bring_to(lift.number, "handling")
    person = meet("supervisor")
    page = person.page
    person.signs_in("supervisor")
    person.goes("/m/")
    person.looks("lists-all")

    page.locator("summary", has_text="更多条件").click()
    person.looks("lists-conditions")
    page.locator("#id_kind").select_option("request")
    page.locator("#id_stage").select_option(label="办理中")
    expect(page.locator("#found")).to_contain_text("电梯停运")
    expect(page.locator("#found")).not_to_contain_text("路灯不亮")
    page.get_by_role("button", name="筛选").click()
    expect(page).to_have_url(re.compile("stage=handling"))

    page.locator("summary", has_text="显示的列").click()
    page.get_by_role("checkbox", name="编号").check()
    page.get_by_role("checkbox", name="反映时间").check()
    page.get_by_role("checkbox", name="分类").uncheck()
    page.get_by_role("button", name="应用").click()
    expect(page.get_by_role("columnheader", name="编号")).to_be_visible()
    page.get_by_role("columnheader", name="反映时间").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="反映时间")).to_have_attribute("aria-sort", "descending")
    expect(page).to_have_url(re.compile("sort=newest"))
    person.looks("lists-chosen")
    address = page.url

    rows, told = taken_along(page)
    assert rows[0] == ["事项", "区域", "环节", "时限", "到期", "承办", "编号", "反映时间"]
    assert lift.number in [row[6] for row in rows[1:]]
    assert lamp.number not in [row[6] for row in rows[1:]]
    assert told["清单"] == "查找事项：导出岗位看得到、符合下列条件的事项"
    assert "环节: 办理中" in told["条件"]

    page.get_by_role("link", name="保存为视图").click()
    page.get_by_label("视图名称").fill("办理中的诉求")
    person.looks("lists-save-view")
    page.get_by_role("button", name="保存当前条件和栏目").click()
    person.sees("视图已保存。")
    person.looks("lists-views")
    page.get_by_role("main").get_by_role("link", name="办理中的诉求").click()
    expect(page.get_by_role("columnheader", name="编号")).to_be_visible()
    expect(page.locator("#found")).to_contain_text("电梯停运")

    # The address is all it takes: a colleague sees by it what their own post shows, and a way back is a way back.
    other = meet("handler")
    other.signs_in("handler")
    other.page.goto(address)
    expect(other.page.get_by_role("columnheader", name="编号")).to_be_visible()
    page.get_by_role("link", name="电梯停运").first.click()
    expect(page).to_have_url(re.compile(f"/m/{lift.number}/"))
    page.go_back()
    expect(page).to_have_url(re.compile("stage=handling"))


def test_it_shows_the_desks_lists_and_the_auditors(site: Site, meet: Meet) -> None:
    report = site.report("世纪花园东门地砖松动，雨天容易滑倒", region_code=COMMUNITY)
    site.bring_to(report.number, "dispatched")
    handler = meet("handler")
    handler.signs_in("handler")
    handler.goes("/worklist/")
    with handler.page.expect_download():
        handler.page.get_by_role("link", name="导出 CSV").click()
    auditor = meet("auditor")
    auditor.signs_in("auditor")
    auditor.page.get_by_role("link", name="导出的清单").click()
    expect(auditor.page.get_by_role("table")).to_contain_text("待办")
    auditor.looks("lists-taken")
