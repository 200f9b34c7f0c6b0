"""A supervisor sees how many days matters took, narrows it, follows a number to its matters, and prints it."""

import csv
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.person import Meet
from tests.site import Site
from tests.started import run

HERE, THERE = "370303009006", "370306100200"
ALL = "since=&until=&ended_since=&ended_until="


@pytest.fixture
def answered(site: Site, tmp_path: Path) -> None:
    """Records of another system, answered after 0 to 79 days: 80 here, 20 there, in categories; and one open report."""
    path, first = tmp_path / "answered.csv", datetime(2025, 3, 3, 9, 30)
    categories = ("housing.property-service", "urban.street-lighting", "")
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("id", "title", "reported_at", "body", "reply", "replied_at", "region_code", "category"))
        for n in range(100):
            last = first + timedelta(days=n if n < 80 else 3)
            region, category = (HERE if n < 80 else THERE), categories[n % 3]
            out.writerow((n, f"路灯第{n}盏不亮", first, "夜里看不见路", "已修好。", last, region, category))
    said = run("shanzhi", "import", "matters", str(path), "--source", "ontime", env=site.environment("importer"))
    assert said.returncode == 0, said.stderr
    site.report("路灯不亮，已经两天了", region_code=HERE)


def test_it_leads_from_how_long_it_took_to_the_matters(site: Site, meet: Meet, answered: None) -> None:
    supervisor = meet("supervisor")
    page = supervisor.page
    supervisor.signs_in("supervisor")
    page.get_by_role("link", name="办理时效").click()
    expect(page.get_by_role("heading", name="办理时效", exact=True)).to_be_visible()
    supervisor.looks("ontime-this-year")

    page.get_by_label("结束时间从").fill("2025-01-01")
    page.get_by_label("结束时间到").fill("2025-12-31")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator(".ui-stats")).to_contain_text("100件")
    expect(page.locator(".ui-stats")).to_contain_text("29个日历天")
    supervisor.looks("ontime")

    page.get_by_role("row", name=re.compile("超过 60 天")).first.get_by_role("link").click()
    expect(page.locator("#found")).to_contain_text("路灯第79盏不亮")
    expect(page.locator("#found")).not_to_contain_text("路灯第60盏不亮")
    page.go_back()

    page.get_by_role("link", name="周村区", exact=True).click()
    expect(page.locator(".ui-stats")).to_contain_text("20件")
    expect(page.locator("table").last).to_contain_text("样本不足")
    supervisor.looks("ontime-few")

    page.get_by_role("link", name="打印版").click()
    expect(page.get_by_role("heading", name="办理时效", level=2)).to_be_visible()
    supervisor.looks("ontime-print")

    supervisor.goes("/oversight/ontime/?ended_since=2026-02-01&ended_until=2026-01-01")
    supervisor.sees("结束日期不能早于开始日期。")
    supervisor.looks("ontime-wrong")


def test_it_fits_a_phone_and_a_wall(site: Site, meet: Meet, answered: None) -> None:
    for name, viewport in (("wide", {"width": 1920, "height": 1080}), ("phone", {"width": 390, "height": 844})):
        for scheme in ("light", "dark"):
            supervisor = meet("supervisor", viewport=viewport, color_scheme=scheme)
            supervisor.signs_in("supervisor")
            supervisor.goes(f"/oversight/ontime/?{ALL}")
            expect(supervisor.page.locator(".ui-stats")).to_be_visible()
            supervisor.looks(f"ontime-{name}-{scheme}")
