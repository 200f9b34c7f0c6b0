"""What every page brings along: sign-in and its mistakes, the post's switch, language, colours, missing pages, weight."""

import re
import tomllib
from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.browser.person import Meet, Person
from tests.browser.rounds import round_comes
from tests.city import FILES
from tests.site import ROOT, Site

COMMUNITY = "370303009006"
HOME_KB = 150
CHINESE_LEFT = """(known) => {
    const found = new Set();
    const note = (text) => {
        let rest = text.trim();
        for (const word of known) rest = rest.replaceAll(word, "");
        if (/[\\u3400-\\u9fff]/.test(rest)) found.add(text.trim().slice(0, 60));
    };
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (!node.parentElement.closest("[lang^=zh], script, style")) note(node.data);
    }
    for (const element of document.querySelectorAll("[title], [aria-label], [placeholder], [alt]")) {
        for (const name of ["title", "aria-label", "placeholder", "alt"]) note(element.getAttribute(name) ?? "");
    }
    for (const text of Object.values(document.getElementById("ui-texts")?.dataset ?? {})) note(text);
    return [...found];
}"""


def switch_to_english(page: Page) -> None:
    page.locator("summary[title='显示与语言']").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_it_says_what_is_wrong_with_a_sign_in(meet: Meet) -> None:
    somebody = meet("handler")
    page = somebody.page
    somebody.goes("/accounts/login/")
    somebody.presses("登录")
    assert page.evaluate("document.activeElement.name") == "login"
    somebody.fails_to_sign_in(somebody.site.cast["handler"].login, "not-the-password")
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("用户名")).to_have_value(somebody.site.cast["handler"].login)
    expect(page.get_by_label("密码")).to_have_value("")
    somebody.looks("sign-in-wrong")
    # A page that needs a sign-in asks for it, and leads back.
    somebody.goes("/worklist/?light=overdue")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    somebody.signs_in("handler", here=True)
    expect(page).to_have_url(re.compile(r"/worklist/\?light=overdue$"))


def test_it_stops_somebody_who_guesses(meet: Meet) -> None:
    guesser = meet("handler")
    for _ in range(8):
        guesser.fails_to_sign_in("guessed-name", "guess")
    expect(guesser.page.get_by_role("heading", level=1)).to_contain_text("暂停登录")
    guesser.sees("请在 15 分钟后再试。")
    guesser.looks("locked-out")


def test_it_changes_the_post(meet: Meet) -> None:
    somebody = meet("two_posts")
    page = somebody.page
    somebody.signs_in("two_posts")
    expect(page).to_have_url(re.compile("/checks/$"))
    page.locator(".ui-account > summary").click()
    page.locator(".ui-account").get_by_role("button", name="承办员").click()
    expect(page).to_have_url(re.compile("/worklist/$"))
    assert somebody.goes("/checks/") == 403
    somebody.looks("not-allowed")
    assert somebody.goes("/post/") == 200
    somebody.looks("posts")
    page.locator(".ui-account > summary").click()
    page.locator(".ui-account").get_by_role("button", name="退出登录").click()
    expect(page).to_have_url(re.compile("/accounts/"))
    somebody.looks("signed-out")
    assert somebody.goes("/worklist/") == 200
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_it_shows_the_other_pages_of_staff(site: Site, meet: Meet) -> None:
    report = site.report("公交站牌倒了，挡住人行道", region_code=COMMUNITY, contact_phone="13812345678")
    site.bring_to(report.number, "handling")
    supervisor = meet("supervisor")
    supervisor.signs_in("supervisor")
    for name, path, status in (
        ("find", "/m/", 200),
        ("find-nothing", "/m/?q=没有这样的事情", 200),
        ("matter", f"/m/{report.number}/", 200),
        ("notices", "/notices/", 200),
        ("log-out", "/accounts/logout/", 200),
        ("staff-not-found", "/m/20250101-999999/", 404),
        ("staff-home", "/", 200),
    ):
        assert supervisor.goes(path) == status
        supervisor.looks(name)


def test_it_shows_the_pages_of_a_round(site: Site, meet: Meet) -> None:
    board, item = round_comes(site)
    supervisor = meet("supervisor")
    supervisor.signs_in("supervisor")
    for name, path in (
        ("rounds", "/assessment/"),
        ("round-board", board),
        ("round-duties", f"{board}duties/"),
        ("round-item", item),
    ):
        assert supervisor.goes(path) == 200
        supervisor.looks(name)
    keeper = meet("keeper")
    keeper.signs_in("keeper")
    for name, path in (
        ("letters", "/letters/"),
        ("peers", "/letters/peers/"),
        ("peer-new", "/letters/peers/new/"),
    ):
        assert keeper.goes(path) == 200
        keeper.looks(name)


def test_it_speaks_english(site: Site, meet: Meet) -> None:
    report = site.report("Broken bench in the park", region_code=COMMUNITY)
    site.bring_to(report.number, "handling")
    left: dict[str, list[str]] = {}
    known = data_words(site)

    def read(person: Person, paths: tuple[str, ...]) -> None:
        for path in paths:
            person.goes(path)
            if rest := person.page.evaluate(CHINESE_LEFT, known):
                left[path] = rest

    resident = meet()
    resident.goes("/")
    switch_to_english(resident.page)
    resident.looks("home-english")
    read(
        resident,
        ("/", "/report/", "/follow/", "/accounts/login/", "/no/such/page/", "/public/", "/draws/", "/packs/check/"),
    )
    handler = meet("handler")
    handler.signs_in("handler")
    switch_to_english(handler.page)
    read(handler, ("/worklist/", f"/worklist/{report.number}/", "/m/", f"/m/{report.number}/", "/notices/", "/post/"))
    handler.looks("worklist-english")
    assert not left, "\n".join(f"{path}: {rest}" for path, rest in left.items())


def data_words(site: Site) -> list[str]:
    """What stays Chinese in every language: places, units and people, the city's rule book, what residents wrote."""
    words = set(re.findall(r"[\u3400-\u9fff]+", "".join(FILES.values())))
    words |= {word.removesuffix("居委会").removesuffix("村委会") for word in words}
    for book in ("matters/catalogue/categories", "matters/catalogue/grounds", "organisation/catalogue/departments"):
        read = tomllib.loads((ROOT / "shanzhi" / "kernel" / f"{book}.toml").read_text(encoding="utf-8"))
        words |= set(_names(read))
    headers = {"Authorization": f"Bearer {site.cast['supervisor'].token}"}
    _, matters = site.call("GET", "/api/v1/matters?open_only=false&size=100", headers=headers)
    words |= {row["title"] for row in matters["rows"]}
    words |= {"市综治中心"} | {surname + given for surname in "王李" for given in ("伟", "秀英")}
    return sorted(words, key=len, reverse=True)


def _names(book: object) -> Iterator[str]:
    """The names and explanations in a file of the rule book."""
    if isinstance(book, list):
        for row in book:
            yield from _names(row)
    elif isinstance(book, dict):
        for key, value in book.items():
            if isinstance(value, str) and key in {"name", "short", "help", "channel"}:
                yield value
            else:
                yield from _names(value)


def test_it_keeps_the_chosen_colours(meet: Meet) -> None:
    resident = meet()
    resident.goes("/")
    resident.page.locator("summary[title='显示与语言']").click()
    resident.presses("深色")
    expect(resident.page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    resident.goes("/report/")
    expect(resident.page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_it_is_light(meet: Meet) -> None:
    resident = meet()
    session = resident.context.new_cdp_session(resident.page)
    sizes: list[float] = []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    resident.goes("/")
    resident.page.wait_for_load_state("networkidle")
    assert len(sizes) >= 3
    assert sum(sizes) < HOME_KB * 1000, f"the first page weighs {sum(sizes) / 1000:.0f} KB"
