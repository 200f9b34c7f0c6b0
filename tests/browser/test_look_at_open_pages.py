"""Anybody opens the pages that need no sign-in: light, accessible, in both languages."""

from tests.browser.person import Meet


def test_it_shows_the_open_pages(meet: Meet) -> None:
    anybody = meet()
    for name, path, status in (
        ("home", "/", 200),
        ("report", "/report/", 200),
        ("follow", "/follow/", 200),
        ("public", "/public/", 200),
        ("draws", "/draws/", 200),
        ("draws-redo", "/draws/redo/", 200),
        ("draws-nonce", "/draws/nonce/", 200),
        ("pack-check", "/packs/check/", 200),
        ("sign-in", "/accounts/login/", 200),
        ("not-found", "/no/such/page/", 404),
        ("no-such-matter", "/my/20250101-000001/", 404),
    ):
        assert anybody.goes(path) == status
        anybody.looks(name)
