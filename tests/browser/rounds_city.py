"""What a city's people do in a round, each by clicks on pages of their own platform."""

from pathlib import Path

from playwright.sync_api import FilePayload, Locator, expect

from tests.browser.person import Person
from tests.browser.platforms import Platform
from tests.browser.waiting import comes, shows

PAPERS: list[FilePayload] = [
    {"name": f"{name}.pdf", "mimeType": "application/pdf", "buffer": f"%PDF-1.4\n% {name}\n%%EOF\n".encode()}
    for name in ("一口受理", "当面回访")
]


def goes_to_round(person: Person, name: str) -> None:
    """From the list of rounds to the city's board."""
    person.goes("/assessment/")
    person.presses(name, "link")
    expect(person.page.get_by_role("heading", level=1)).to_have_text(name)


def chooses(field: Locator, text: str) -> None:
    """The option whose label begins with a text."""
    option = field.locator("option", has_text=text).first
    field.select_option(value=option.get_attribute("value"))


def shares_out(lead: Person, projects: tuple[str, ...], unit: str, signer: str, head: str) -> None:
    """Each project gets a unit and a post that signs; the whole a head."""
    for project in (*projects, ""):
        form = lead.page.locator(f"[id='project-{project}'] form")
        chooses(form.get_by_label("负责单位"), unit)
        chooses(form.get_by_label("签批岗位"), signer if project else head)
        form.get_by_role("button").click()
        lead.sees("已分工。")


def claims(lead: Person, project: str) -> None:
    """A project is claimed as special, with two practice papers."""
    lead.presses("重点创", "link")
    lead.page.get_by_label("项目").select_option(label=project)
    lead.writes("为什么申报", "一个号码受理，办完当面回访；平均受理用时从两天降到两小时。")
    lead.page.get_by_label("经验材料").set_input_files(PAPERS)
    lead.presses("申报")
    lead.sees("已申报。")


def says_why(writer: Person, item: str, reason: str) -> None:
    """An item without a figure: why there is none."""
    writer.page.get_by_role("link", name=item, exact=True).first.click()
    writer.writes("缺数据的原因", reason)
    writer.presses("保存")
    expect(writer.page.get_by_role("list", name="经过")).to_contain_text(reason)


def signs(person: Person, round_name: str, button: str, times: int = 1) -> None:
    """What a post is named for is signed off, from what it owes."""
    goes_to_round(person, round_name)
    if button == "签发并锁定":
        person.unfolds(button)
    for _ in range(times):
        person.page.get_by_role("button", name=button, exact=True).first.click()
    assert not person.page.get_by_role("button", name=button, exact=True).count()


def hands_in(lead: Person, city: Platform, round_name: str, folder: Path) -> Path:
    """The locked city's pack is built in the background, fetched to be carried, and sent; returns the file."""
    goes_to_round(lead, round_name)
    lead.presses("生成验收包")
    city.child.ask("seal")
    comes(lead, lambda: lead.page.get_by_role("button", name="送出", exact=True).count() > 0, job="rounds.packs")
    with lead.page.expect_download() as fetched:
        lead.page.get_by_role("link", name="下载").first.click()
    path = folder / fetched.value.suggested_filename
    fetched.value.save_as(path)
    lead.presses("送出")
    lead.sees("已上报")
    return path


def objects(lead: Person, round_name: str, score: str, words: str) -> None:
    """A score is objected to; the background writes the letter."""
    goes_to_round(lead, round_name)
    lead.presses("异议", "link")
    chooses(lead.page.get_by_label("对哪一项评分"), score)
    lead.writes("理由", words)
    lead.presses("提出")
    lead.sees("异议已提出")
    shows(lead, "待决定")
