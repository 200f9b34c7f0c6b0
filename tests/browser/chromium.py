"""Finding the machine's Chromium and starting it for tests."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is the same engine without the windows around it, which a full Chromium draws even where nobody sees them:
the tests take half the processor time."""
ARGUMENTS = (
    # In a container the tests run as root, where Chromium's own sandbox can't be set up.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--lang=zh-CN",
)


def find_chromium() -> str:
    """The browser's path: `CHROMIUM`, else the first of `NAMES` in PATH; fails where there is none.

    Skips only where somebody says that there is none (SHANZHI_NO_BROWSER=1): a silent skip would look like a pass.
    """
    named = os.environ.get("CHROMIUM", "")
    candidates = (named,) if named else NAMES
    found = next((path for path in map(shutil.which, candidates) if path), None)
    if found:
        return found
    if os.environ.get("SHANZHI_NO_BROWSER") == "1":
        pytest.skip("SHANZHI_NO_BROWSER=1: no browser tests here")
    pytest.fail(
        f"No browser found (looked for: {', '.join(candidates)}). Install Debian's chromium-headless-shell, or name one with"
        " CHROMIUM=/path/to/it. SHANZHI_NO_BROWSER=1 leaves these tests out.",
        pytrace=False,
    )


@contextmanager
def started_chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
