"""Somebody at a screen: what they do, and a watch over everything that a page must never do."""

import os
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Locator, Page, Response, ViewportSize, expect

from tests.city import PASSWORD
from tests.site import ROOT, Reported, Site

PHONE: ViewportSize = {"width": 390, "height": 844}
LAPTOP: ViewportSize = {"width": 1440, "height": 900}
NARROWEST = 360
SCREENSHOTS = ROOT / "var" / "screenshots"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
MANNERED = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")
"""The browser's own line about an answer >= 400; the answers themselves are looked at instead."""
FORM_ERRORS = frozenset({401, 403, 404, 409, 413, 422, 429})
"""What a page may answer with when a person makes a mistake."""

Scheme = Literal["light", "dark"]


@cache
def _axe() -> str:
    assert AXE.exists(), "axe-core is missing: make setup-dev installs it"
    return AXE.read_text(encoding="utf-8")


# No slots: Playwright marks the object whose method it calls.
@dataclass
class Person:
    """One browser context with one page; `problems` are everything that no page may do, checked when the test ends."""

    site: Site
    context: BrowserContext
    page: Page
    scripted: bool = True
    problems: list[str] = field(default_factory=list)
    looked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        self.page.on("response", self._answered)
        self.page.on("dialog", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        # A violation of the content security policy is an error here too.
        if message.type in ("error", "warning") and not MANNERED.match(message.text):
            self.problems.append(f"console {message.type} on {self.page.url}: {message.text}")

    def _answered(self, response: Response) -> None:
        kind = response.request.resource_type
        allowed = FORM_ERRORS if kind in ("document", "fetch", "xhr") else frozenset[int]()
        if response.status >= 400 and response.status not in allowed:
            self.problems.append(f"{response.status} {response.request.method} {response.url} ({kind})")

    def _asked(self, dialog: Dialog) -> None:
        self.problems.append(f"a browser dialog: {dialog.message}")
        dialog.dismiss()

    def goes(self, path: str) -> int:
        """Open an address of the site; returns the status."""
        response = self.page.goto(f"{self.site.url}{path}")
        assert response is not None
        return response.status

    def sees(self, text: str) -> None:
        """This text stands somewhere on the page, visibly."""
        expect(self.page.get_by_text(text).filter(visible=True).first).to_be_visible()

    def presses(self, name: str, role: Literal["button", "link"] = "button") -> None:
        """Click the one button or link with this name."""
        self.page.get_by_role(role, name=name, exact=True).filter(visible=True).click()

    def writes(self, label: str, text: str) -> None:
        """Fill in the field with this label."""
        self.page.get_by_label(label).filter(visible=True).first.fill(text)

    def unfolds(self, name: str) -> Locator:
        """Open an action that is folded away under its name; returns what it holds."""
        self.page.locator("summary", has_text=re.compile(rf"^\s*{re.escape(name)}\s*$")).click()
        return self.page.locator("details[open]", has=self.page.get_by_role("button", name=name, exact=True))

    def follows(self, reported: Reported) -> None:
        """Open one's own matter by number and follow code."""
        self.goes("/follow/")
        self.writes("事项编号", reported.number)
        self.writes("查询码", reported.code)
        self.presses("查进度")
        expect(self.page).to_have_url(re.compile(f"/my/{reported.number}/$"))

    def signs_in(self, part: str, password: str = PASSWORD, *, here: bool = False) -> None:
        """Sign in by the page, as one of the cast; `here`: on the sign-in page that is shown already."""
        if not here:
            self.goes("/accounts/login/")
        self._sends_name(self.site.cast[part].login, password)
        expect(self.page).not_to_have_url(re.compile("/accounts/login/"))

    def fails_to_sign_in(self, name: str, password: str) -> None:
        """Try with a name or a password that is wrong."""
        self.goes("/accounts/login/")
        self._sends_name(name, password)

    def _sends_name(self, name: str, password: str) -> None:
        self.page.get_by_label("用户名").fill(name)
        self.page.get_by_label("密码").fill(password)
        self.page.get_by_role("main").get_by_role("button", name="登录", exact=True).click()

    def looks(self, name: str) -> None:
        """Look the page over under a name: accessible in light and dark (`looks_of`), fits the narrowest phone; keeps pictures.

        Without script the same markup is examined in a context of its own, since the examiner is a script itself.
        """
        self.looked.add(name)
        self.page.wait_for_load_state("load")
        page = self.page if self.scripted else self._copy_with_script()
        found = examine(page, looks_of(name))
        too_wide = _overflow(page)
        if page is not self.page:
            page.context.close()
        if os.environ.get("SHANZHI_SCREENSHOTS") == "1":
            picture(self.page, name)
        assert not found, f"{name}: " + "; ".join(found)
        assert not too_wide, f"{name} is wider than {NARROWEST} px: {too_wide}"

    def _copy_with_script(self) -> Page:
        """The page as it stands, in a context that runs script, with what `<noscript>` shows and without our script."""
        html = re.sub(r"</?noscript>", "", self.page.content())
        html = re.sub(r"<script\b.*?</script>", "", html, flags=re.DOTALL)
        browser = self.context.browser
        assert browser is not None
        context = browser.new_context(viewport=self.page.viewport_size, locale="zh-CN")
        context.add_cookies(self.context.cookies())  # type: ignore[arg-type]
        page = context.new_page()
        page.route(self.page.url, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
        page.goto(self.page.url)
        return page


Meet = Callable[..., Person]
"""The fixture `meet`."""

Rules = Literal["all", "colours", "others"]
"""Which of axe's rules: those about colours, which a scheme can change, and the others, which it can't."""
Look = tuple[Scheme, Rules]
LIGHT_AND_DARK: tuple[Look, ...] = (("light", "all"), ("dark", "colours"))
EITHER: tuple[tuple[Look, ...], ...] = ((("light", "all"),), (("light", "others"), ("dark", "colours")))

RUN_AXE = """async (rules) => {
    // Waited for, those in closed details would never end: what isn't shown isn't animated.
    for (const animation of document.getAnimations()) {
        try { animation.finish(); } catch { animation.cancel(); }
    }
    // A bar that sticks to the foot lies over whatever is scrolled under it: at the end of the page it is in its place.
    if (document.querySelector(".ui-actionbar")) { scrollTo({top: document.body.scrollHeight, behavior: "instant"}); }
    const colours = ["color-contrast", "link-in-text-block"];
    const options = rules === "colours"
        ? {runOnly: {type: "rule", values: colours}}
        : {rules: {"target-size": {enabled: true}}};
    if (rules === "others") {
        for (const name of colours) { options.rules[name] = {enabled: false}; }
    }
    const found = await axe.run(document, {...options, resultTypes: ["violations"]});
    return found.violations.map((rule) =>
        `${rule.id} (${rule.help}): ` + rule.nodes.slice(0, 3).map((node) => node.target.join(" ") + " " + node.any
            .concat(node.all, node.none).map((check) => check.message).slice(0, 1).join("")).join(" | "));
}"""


DOUBLE_IDS = """() => {
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    return [...new Set(ids.filter((id, place) => ids.indexOf(id) !== place))];
}"""


def looks_of(name: str) -> tuple[Look, ...]:
    """At full size a page is examined in light and in dark. At small size its colours are examined in one of them, which goes by
    the page's name: they are those of the components that all pages share."""
    return LIGHT_AND_DARK if os.environ.get("SHANZHI_SIZE") == "full" else EITHER[zlib.crc32(name.encode()) % 2]


def examine(page: Page, looks: tuple[Look, ...] = LIGHT_AND_DARK) -> list[str]:
    """What axe finds, in light and in dark; in dark only what colours can change. Ids that stand twice, too: a label leads to
    the first of them, and axe is content with that."""
    page.evaluate(_axe())
    found = [f"the id {name} stands twice" for name in page.evaluate(DOUBLE_IDS)]
    for scheme, rules in looks:
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {line}" for line in page.evaluate(RUN_AXE, rules)]
    page.emulate_media(color_scheme="light")
    return found


def _overflow(page: Page) -> str:
    """What stands out of the narrowest phone, if the page can be pushed sideways there."""
    before = page.viewport_size
    assert before is not None
    page.set_viewport_size({"width": NARROWEST, "height": 800})
    found: str = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? "" :
            [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
                .slice(0, 3).map((e) => `${e.tagName}.${e.className} to ${Math.round(e.getBoundingClientRect().right)}`).join(", ")
                || "the page itself" """
    )
    page.set_viewport_size(before)
    return found


def picture(page: Page, name: str) -> None:
    """Keep pictures of the page on a phone and a laptop, light and dark, under var/screenshots/."""
    before = page.viewport_size
    assert before is not None
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    schemes: Mapping[Scheme, str] = {"light": "", "dark": "-dark"}
    for size in (PHONE, LAPTOP):
        page.set_viewport_size(size)
        for scheme, mark in schemes.items():
            page.emulate_media(color_scheme=scheme)
            page.screenshot(
                path=SCREENSHOTS / f"{name}-{size['width']}{mark}.png", full_page=True, animations="disabled"
            )
    # Hiding the caret leaves empty style attributes behind; when htmx copies one, the content policy would report it.
    page.evaluate("""document.querySelectorAll('[style=""]').forEach((element) => element.removeAttribute('style'))""")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(before)


def keep_failure(person: Person, folder: Path, name: str) -> str:
    """Keep what somebody saw when a test failed; returns where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    person.page.screenshot(path=path, full_page=True)
    path.with_suffix(".html").write_text(person.page.content(), encoding="utf-8")
    return str(path)


def context_options(**given: Any) -> dict[str, Any]:
    """How a person's browser is set up: Chinese, in the city's time zone."""
    return {
        "viewport": PHONE,
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "color_scheme": "light",
        **given,
    }
