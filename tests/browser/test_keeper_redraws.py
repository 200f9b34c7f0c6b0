"""The keeper merges two townships: looks, tries, carries out, sees it in the list, takes it back."""

import re
from datetime import date, timedelta

from playwright.sync_api import expect

from tests.browser.person import PHONE, Meet

SOON = (date.today() + timedelta(days=40)).isoformat()
LATER = (date.today() + timedelta(days=80)).isoformat()


def test_it_merges_two_townships_and_takes_that_back(meet: Meet) -> None:
    keeper = meet("keeper")
    keeper.signs_in("keeper")
    keeper.goes("/keeper/regions/")
    keeper.looks("keeper-regions-city")
    keeper.page.get_by_role("link", name=re.compile("张店区")).first.click()
    keeper.page.get_by_role("link", name=re.compile("中埠镇")).first.click()
    keeper.looks("keeper-region")
    keeper.presses("拆分", "link")
    keeper.looks("keeper-region-split")
    keeper.presses("返回", "link")
    keeper.presses("合并", "link")
    keeper.looks("keeper-region-merge")
    keeper.page.get_by_label("四宝山街道").check()
    keeper.writes("生效日期", SOON)
    keeper.presses("预览")
    keeper.sees("还没有变更")
    keeper.looks("keeper-region-try")
    keeper.presses("确认变更")
    keeper.sees("区划已变更")
    keeper.looks("keeper-region-changes")
    keeper.page.get_by_role("link", name="撤销", exact=True).first.click()
    keeper.looks("keeper-region-undo")
    keeper.writes("撤销的生效日期", LATER)
    keeper.presses("预览")
    keeper.sees("撤销只恢复区划")
    keeper.looks("keeper-region-try-undo")
    keeper.presses("确认变更")
    keeper.sees("已由第")
    keeper.goes("/keeper/regions/plan/")
    keeper.looks("keeper-region-plan")
    expect(keeper.page.get_by_label("方案文件")).to_be_visible()


def test_it_reads_on_a_phone(meet: Meet) -> None:
    keeper = meet("keeper", viewport=PHONE)
    keeper.signs_in("keeper")
    keeper.goes("/keeper/regions/?on=2025-01-01")
    keeper.looks("keeper-regions-phone")
