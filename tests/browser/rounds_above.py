"""What the province's and the centre's people do in a round, each by clicks on pages of their own platform."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.person import Person
from tests.browser.photos import photo
from tests.browser.waiting import comes, keeps, shows

GUIDELINE = Path(__file__).with_name("whole_round.toml")
SETTLED = re.compile("已读取|已转核对")


def opens(organiser: Person, name: str, month: str, today: date) -> None:
    """The organiser opens a trial round of all cities over one month, by the small guideline."""
    page = organiser.page
    organiser.presses("启动一个轮次", "link")
    organiser.writes("轮次名称", name)
    page.get_by_label("指南").set_input_files(GUIDELINE)
    organiser.writes("评价期间的第一个月", month)
    organiser.writes("评价期间的最后一个月", month)
    for label, days in (("自评截止日", 20), ("省级验收截止日", 40), ("抽查截止日", 60), ("异议截止日", 80)):
        organiser.writes(label, (today + timedelta(days=days)).isoformat())
    organiser.writes("达标分数", "60")
    organiser.looks("above-new")
    organiser.presses("启动轮次")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def team(person: Person, stage: str, count: int) -> None:
    """The first posts that may be named are taken into a stage's team."""
    for _ in range(count):
        form = person.page.locator("form", has=person.page.locator(f"#post-{stage}"))
        form.get_by_role("button", name="加入验收组").click()
        person.sees("已经加入验收组。")


def knows(keeper: Person, officer: Person, code: str, name: str, key: str) -> None:
    """A platform is entered with its key by one person, and agreed to by another."""
    keeper.goes("/letters/peers/")
    keeper.presses("登记平台", "link")
    keeper.writes("平台代码", code)
    keeper.writes("平台名称", name)
    keeper.writes("公钥", key)
    keeper.writes("依据", "公函和电话都核对过公钥的编号。")
    keeper.presses("提交申请")
    where = keeper.page.url.removeprefix(keeper.site.url)
    officer.goes(where)
    officer.writes("复核意见", "编号已核对。")
    officer.presses("同意")
    shows(officer, "平台已登记")


def fetches(person: Person, about: str, kind: str, folder: Path, *, so_many: int = 1) -> Path:
    """The newest letter of a kind about something, once the background has written so many of them, is fetched to be carried."""
    person.goes("/letters/?way=out")
    lines = person.page.locator(".ui-list li", has_text=about).filter(has_text=kind)
    comes(person, lambda: lines.count() >= so_many)
    with person.page.expect_download() as fetched:
        lines.first.get_by_role("link", name="下载").click()
    path = folder / fetched.value.suggested_filename
    fetched.value.save_as(path)
    return path


def brings(person: Person, path: Path) -> None:
    """A letter that was carried here is taken in, and read."""
    person.goes("/letters/")
    person.page.get_by_label("函件文件").set_input_files(path)
    person.presses("收下函件")
    person.sees("函件完整，已收下，正在读取。")
    comes(person, lambda: person.page.locator(".ui-list li").first.get_by_text(SETTLED).count() > 0)


def goes_to_city(person: Person, round_name: str, city: str) -> None:
    """From the list of rounds to a city's items."""
    person.goes("/assessment/upper/")
    person.presses(round_name, "link")
    person.presses(city, "link")
    expect(person.page.get_by_role("heading", level=1)).to_have_text(city)


def marks(person: Person, points: str | None = None, reason: str = "", events: str | None = None) -> None:
    """The item that is open gets its score; without points, the one that stands there."""
    if points is not None:
        person.writes("评分", points)
    if events is not None:
        person.writes("查实的件数", events)
    if reason:
        person.writes("理由", reason)
    person.presses("评分")
    person.sees("已经保存。")


def goes_on(person: Person) -> None:
    """On to the next item without a score."""
    person.page.get_by_role("link", name=re.compile("^下一个还没评的")).click()


def returns(organiser: Person, reasons: Mapping[str, str]) -> None:
    """The organiser returns items of the city that is open, with reasons."""
    page = organiser.page
    page.locator("summary", has_text=re.compile("退回")).click()
    for item, reason in reasons.items():
        page.get_by_role("checkbox", name=item).check()
        page.get_by_label(f"{item}：退回的理由").fill(reason)
    keeps(organiser, "above-return")
    organiser.presses("退回选中的项")
    organiser.sees("已退回")


def visits(
    person: Person, item: str, region: str, place: str, counts: tuple[str, str], words: str, *, contradicts: bool
) -> None:
    """A check on site is kept, on a phone; item, region or place that stand there already are left (empty)."""
    page = person.page
    if item:
        page.get_by_label("核查哪一项").select_option(label=item)
    if region:
        page.get_by_label("在哪里").select_option(label=region)
    if place:
        person.writes("地点", place)
    person.page.get_by_label("现场照片").set_input_files([photo()])
    person.writes("现场查了多少", counts[0])
    person.writes("其中符合多少", counts[1])
    if contradicts:
        page.get_by_role("radio", name="不符").check()
    person.writes("看到了什么", words)


def announces(person: Person, numbers: Mapping[str, str], other: str, commitment: str) -> str:
    """A draw is announced on the page that is open; returns the address of its own page."""
    for label, number in numbers.items():
        person.writes(label, number)
    person.page.get_by_label("另一方", exact=True).fill(other)
    person.writes("另一方的承诺", commitment)
    person.presses("公告抽取")
    person.sees("已经公告")
    link = person.page.get_by_role("link", name=re.compile(r"^第 \d+ 号抽取$"))
    return str(link.get_attribute("href"))


def finds(person: Person, region: str, place: str, words: str, due: date) -> None:
    """What was seen becomes a finding that the city is to mend, on the item's page."""
    page = person.page
    page.locator("summary", has_text="发现问题，交给城市整改").click()
    form = page.locator("form", has=page.get_by_role("button", name="交办整改"))
    form.get_by_label("在哪里").select_option(label=region)
    form.get_by_label("地点").fill(place)
    form.get_by_label("问题和整改要求").fill(words)
    form.get_by_label("整改期限").fill(due.isoformat())
    form.get_by_role("button", name="交办整改").click()
    person.sees("已经保存。")
