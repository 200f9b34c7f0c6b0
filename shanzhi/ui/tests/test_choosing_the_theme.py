from django.test import RequestFactory

from shanzhi.ui.views import set_theme

requests = RequestFactory()


def _post(**data):
    return set_theme(requests.post("/ui/theme/", data))


def test_it_keeps_the_theme_in_a_cookie_and_goes_back():
    response = _post(theme="dark", next="/list/?q=1")
    assert (response.status_code, response["Location"]) == (302, "/list/?q=1")
    cookie = response.cookies["theme"]
    assert (cookie.value, cookie["samesite"], cookie["max-age"]) == ("dark", "Lax", 31_536_000)


def test_it_forgets_the_theme_when_the_system_decides():
    assert _post(theme="auto", next="/").cookies["theme"]["max-age"] == 0


def test_it_goes_nowhere_else():
    assert _post(theme="dark", next="https://example.org/")["Location"] == "/"
    assert _post(theme="dark", next="//example.org/")["Location"] == "/"


def test_it_is_not_changed_by_a_link():
    assert set_theme(requests.get("/ui/theme/", {"theme": "dark"})).status_code == 405
