"""What the walks of petitions, suggestions and findings share: taking one in at the centre's own door, papers."""

import os
import re

from playwright.sync_api import Locator

from tests.browser.person import SCREENSHOTS, Person
from tests.site import Reported, Site


def takes_in(person: Person, kind: str, title: str, body: str, *, name: str = "") -> Reported:
    """Take one in at `/triage/new/`; returns number and follow code, as the page tells them once."""
    person.goes("/triage/new/")
    person.page.get_by_label("事项类型").select_option(label=kind)
    person.page.get_by_label("来源").select_option(label="来信")
    person.writes("标题", title)
    person.writes("内容", body)
    if name:
        person.writes("怎么称呼", name)
    person.presses("登记")
    person.sees("已登记")
    said = person.page.locator(".ui-copy__code").all_inner_texts()
    return Reported(said[0].strip(), said[1].strip())


def form_of(person: Person, name: str) -> Locator:
    """The form of an action on the page of a matter, unfolded where it is folded."""
    folded = person.page.locator("summary", has_text=re.compile(f"^\\s*{re.escape(name)}\\s*$"))
    if folded.count():
        folded.first.click()
    button = person.page.get_by_role("button", name=name, exact=True)
    return person.page.locator("form", has=button).filter(visible=True).first


def does(person: Person, name: str, **fields: str) -> None:
    """Do an action by its form; fields by their labels' beginning, selects by their options' labels."""
    form = form_of(person, name)
    for label, value in fields.items():
        field = form.get_by_label(re.compile(f"^{label}"))
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    form.get_by_role("button", name=name, exact=True).click()


def issues(person: Person, number: str, paper: str, *, look: str = "", **fields: str) -> None:
    """Open a paper from the matter's page, fill it in, issue it, and look at what would be printed."""
    person.goes(f"/m/{number}/")
    person.page.get_by_role("link", name=re.compile(f"^{re.escape(paper)}\\s*待开具")).click()
    for label, value in fields.items():
        field = person.page.get_by_label(label)
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    person.presses("开具")
    person.sees("文书已开具")
    if look:
        person.looks(look)


def gives(site: Site, number: str, action: str, unit: str, **fields: object) -> None:
    """The centre passes the matter to a unit of the cast."""
    site.act("dispatcher", number, action, lead=site.cast[unit].unit_id, **fields)


def prints(person: Person, look: str) -> None:
    """Print the paper that is open: nothing but the paper is on the sheet."""
    person.page.emulate_media(media="print")
    for part in (".ui-header", ".ui-footer", ".ui-heading", ".ui-screen", ".ui-messages"):
        for found in person.page.locator(part).all():
            assert not found.is_visible(), part
    assert person.page.locator(".ui-paper").is_visible()
    if os.environ.get("SHANZHI_SCREENSHOTS") == "1":
        person.page.pdf(path=SCREENSHOTS / f"{look}.pdf", prefer_css_page_size=True)
    person.page.emulate_media(media="screen")
