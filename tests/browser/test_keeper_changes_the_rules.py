"""A keeper renames and merges categories, and makes a day off in the calendar after looking at what it does."""

import re
from datetime import date, timedelta

from playwright.sync_api import expect

from tests.browser.person import Meet
from tests.site import Site

FEES = "housing.property-fees"


def test_it_renames_and_merges_categories(site: Site, meet: Meet) -> None:
    keeper = meet("keeper")
    page = keeper.page
    keeper.signs_in("keeper")
    keeper.goes("/keeper/categories/")
    keeper.looks("keeper-categories")
    page.get_by_role("link", name="物业收费").click()
    expect(page).to_have_url(re.compile(f"/keeper/categories/{FEES}/$"))
    keeper.looks("keeper-category")
    keeper.writes("新名称", "物业服务")
    keeper.presses("改名")
    keeper.sees("同一级里已经有“物业服务”。请换一个名称，或把两个分类合并。")
    keeper.looks("keeper-category-wrong")
    page.get_by_label("并入").select_option("housing.property-service")
    page.locator("#merge-holds_from").fill(date.today().isoformat())
    keeper.presses("合并")
    keeper.sees("已定好，到日期起生效。")
    expect(page.get_by_role("row", name=re.compile("物业收费"))).to_contain_text("并入 物业服务")
    # Undone by a later edit, for whoever comes next.
    page.locator("#undo-number").select_option("0")
    page.locator("#undo-holds_from").fill(date.today().isoformat())
    keeper.presses("退回")
    keeper.sees("已定好，到日期起生效。")
    expect(page.get_by_role("row", name=re.compile("物业收费"))).to_contain_text("在用")
    keeper.looks("keeper-categories-history")


def test_it_tries_a_day_off_before_it_holds(site: Site, meet: Meet) -> None:
    year = date.today().year + 1
    day = next(one for one in (date(year, 6, 1) + timedelta(days=n) for n in range(9)) if one.weekday() == 2)
    shown = f"{day.year}年{day.month}月{day.day}日"
    keeper = meet("keeper")
    page = keeper.page
    keeper.signs_in("keeper")
    keeper.goes(f"/keeper/calendar/?year={year}")
    keeper.sees("这一年的放假安排还没有公布")
    keeper.looks("keeper-calendar")
    page.get_by_label(shown, exact=True).uncheck()
    keeper.presses("试算")
    keeper.sees("还没有保存。对您看得到的未结事项：")
    expect(page.get_by_label(shown, exact=True)).not_to_be_checked()
    keeper.looks("keeper-calendar-trial")
    page.get_by_label("办公时间").fill("早上到晚上")
    keeper.presses("定为生效")
    keeper.sees("办公时间请写成 08:30-12:00 13:30-17:30 这样。")
    expect(page.get_by_label(shown, exact=True)).not_to_be_checked()
