"""Anybody reads the city's seals, prints the week's sheet, and has a file checked that they were given."""

import os
import re
import time
from pathlib import Path

from playwright.sync_api import ViewportSize, expect

from tests.browser.person import Meet, Person
from tests.site import ROOT

PATIENCE_SECONDS = 60
A4_PIXELS: ViewportSize = {"width": 680, "height": 1009}
"""A sheet of A4 without its margins, at 96 dots an inch."""


def waits_for_a_head(anybody: Person, least: int = 1) -> int:
    """The worker seals within seconds; returns the size of the newest head."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        status, head = anybody.site.call("GET", "/api/v1/seals")
        if status == 200 and head["size"] >= least:
            return int(head["size"])
        time.sleep(0.5)
    raise AssertionError("nothing was sealed")


def test_it_shows_the_seals_and_the_sheet(meet: Meet, tmp_path: Path) -> None:
    anybody = meet()
    waits_for_a_head(anybody)
    for name, path in (("seals", "/seals/"), ("seals-week", "/seals/week/"), ("seals-check", "/seals/check/")):
        assert anybody.goes(path) == 200
        anybody.looks(name)
    assert anybody.goes("/seals/week/?week=2025-W01") == 200
    anybody.looks("seals-week-without")
    assert anybody.goes("/seals/heads/1/") == 200
    anybody.looks("seals-head")
    with anybody.page.expect_download() as kept:
        anybody.page.get_by_role("link", name="下载").click()
    kept.value.save_as(tmp_path / "head.txt")
    anybody.goes("/seals/check/")
    anybody.page.get_by_label("存证文件或树头").set_input_files(tmp_path / "head.txt")
    anybody.presses("核对")
    anybody.sees("真实，没有被改过")
    anybody.looks("seals-check-head")


def test_it_prints_the_week_on_one_sheet(meet: Meet) -> None:
    anybody = meet()
    waits_for_a_head(anybody)
    anybody.goes("/seals/week/")
    page = anybody.page
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".ui-header")).to_be_hidden()
    expect(page.get_by_text("签字一")).to_be_visible()
    folder = ROOT / "var" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    if os.environ.get("SHANZHI_SCREENSHOTS") == "1":
        page.set_viewport_size(A4_PIXELS)
        page.screenshot(path=folder / "seals-week-printed.png", full_page=True)
    printed = page.pdf(path=folder / "seals-week.pdf", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_it_takes_the_proof_of_a_matter_home(meet: Meet, tmp_path: Path) -> None:
    resident = meet()
    made = resident.site.report("世纪花园3号楼的电梯坏了三天。", region_code="370303009006")
    resident.follows(made)
    resident.sees("下载存证")
    resident.looks("mine-with-proof")
    deadline = time.monotonic() + PATIENCE_SECONDS
    path = f"{resident.site.url}/my/{made.number}/proof/"
    while time.monotonic() < deadline:
        answer = resident.context.request.get(path)
        if answer.headers["content-type"] == "application/json":
            break
        time.sleep(1)
    (tmp_path / "proof.json").write_bytes(answer.body())
    resident.goes("/seals/check/")
    resident.page.get_by_label("存证文件或树头").set_input_files(tmp_path / "proof.json")
    resident.presses("核对")
    resident.sees("真实，没有被改过")
    resident.sees("所记的事是否属实")
    resident.looks("seals-check-proof")
    (tmp_path / "proof.json").write_bytes(answer.body().replace(b'"leaf": ', b'"leaf": 1', 1))
    resident.page.get_by_label("存证文件或树头").set_input_files(tmp_path / "proof.json")
    resident.presses("核对")
    resident.sees("不成立：文件被改过")
    resident.looks("seals-check-damaged")
