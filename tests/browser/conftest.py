"""Real pages in a real browser against a real installation; each test process has one of its own."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from shanzhi.kernel.notices.tests.servers import Mailbox, mail_server
from tests.browser.chromium import find_chromium, started_chromium
from tests.browser.person import LAPTOP, PHONE, Meet, Person, context_options, keep_failure
from tests.browser.phones import Gateway, running_gateway
from tests.site import ROOT, Site, running_site

HERE = Path(__file__).parent
FAILURES = ROOT / "var" / "browser-failures"
PATIENCE_MS = 20_000
CTI_SECRET = "the-exchange-of-the-tests-signs-by-this"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all of them; with `--dist loadgroup` they share one installation."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def phones() -> Iterator[Gateway]:
    """The city's SMS gateway: what would come to people's phones."""
    with running_gateway() as gateway:
        yield gateway


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    """The city's mail server: what would come to units' duty mailboxes."""
    with mail_server() as box:
        yield box


@pytest.fixture(scope="session")
def standing(phones: Gateway, mailbox: Mailbox) -> Iterator[Site]:
    """The installation under test, with web server and worker."""
    find_chromium()
    mail = {
        "SHANZHI_MAIL_HOST": "127.0.0.1",
        "SHANZHI_MAIL_PORT": str(mailbox.port),
        "SHANZHI_MAIL_TLS": "none",
        "SHANZHI_MAIL_FROM": "notice@city.example",
    }
    with running_site({**phones.settings, **mail, "SHANZHI_CTI_SECRET": CTI_SECRET}) as running:
        yield running


@pytest.fixture
def site(standing: Site) -> Site:
    """The standing city as it is on its first day, whatever the test before this one did to it."""
    standing.renew()
    return standing


# Not for the session: while Playwright runs, its event loop keeps Django's database out of the whole process.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser, up as long as the tests of this folder run; each person has a context of their own in it."""
    expect.set_options(timeout=PATIENCE_MS)
    with started_chromium() as browser:
        yield browser


@pytest.fixture
def meet(site: Site, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Meet]:
    """Meet a person with a browser of their own: `meet("resident")`; staff sit at a laptop, residents hold a phone. `at`: at
    another platform than the standing city's.

    When the test ends, nobody may have seen an error of a script, of the content policy or of the server.
    """
    met: list[tuple[str, Person]] = []

    def person(name: str = "resident", *, at: Site | None = None, script: bool = True, **options: Any) -> Person:
        given = {"viewport": PHONE if name == "resident" else LAPTOP, "java_script_enabled": script, **options}
        context = chromium.new_context(**context_options(**given))
        context.set_default_timeout(PATIENCE_MS)
        made = Person(at or site, context, context.new_page(), scripted=script)
        met.append((name, made))
        return made

    yield person
    failed = getattr(getattr(request.node, "rep_call", None), "failed", False)
    for place, (name, made) in enumerate(met):
        if failed:
            kept = keep_failure(made, FAILURES, re.sub(r"\W+", "-", f"{request.node.name}-{place}-{name}"))
            request.node.add_report_section("teardown", f"what the {name} saw", kept)
        made.context.close()
    problems = [f"{name}: {problem}" for name, made in met for problem in made.problems]
    assert not problems, "\n".join(problems)
