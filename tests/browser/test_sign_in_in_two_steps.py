"""Somebody sets up a passkey and an authenticator app and signs in with them, in a city that asks for two steps."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import CDPSession, expect

from shanzhi.config import server
from shanzhi.kernel.access.tests.steps import code_of
from tests.browser.person import PHONE, Meet, Person
from tests.site import HOST, Site, free_port

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class StrictSite(Site):
    """The same installation by another web server: two steps are required; by a name, which passkeys need."""

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"


@pytest.fixture
def strict(site: Site) -> Iterator[StrictSite]:
    made = StrictSite(site.installation, free_port(), site.cast)
    environment = made.environment("app") | {"SHANZHI_MFA": "required"}
    web = server.start(server.web_command(HOST, made.port, 1, 4), environment)
    try:
        made.wait_until_up(web)
        yield made
    finally:
        server.stop(web)


def virtual_authenticator(person: Person) -> tuple[CDPSession, str]:
    """A device that holds passkeys, and whose owner is always there."""
    devices = person.context.new_cdp_session(person.page)
    devices.send("WebAuthn.enable")
    made = devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return devices, made["authenticatorId"]


def signs_out(person: Person) -> None:
    person.goes("/accounts/logout/")
    person.page.get_by_role("main").get_by_role("button", name="退出登录").click()
    expect(person.page).to_have_url(re.compile("/accounts/signed-out/"))


def test_it_enrols_a_passkey_and_signs_in_with_it_alone(strict: StrictSite, meet: Meet) -> None:
    somebody = meet("neighbour_handler", viewport=PHONE)
    somebody.site = strict
    page = somebody.page
    devices, device = virtual_authenticator(somebody)
    somebody.signs_in("neighbour_handler")
    expect(page).to_have_url(re.compile("/accounts/two-step/$"))
    somebody.sees("请先设置两步验证")
    somebody.looks("two-step-first")
    somebody.goes("/worklist/")
    expect(page).to_have_url(re.compile("/accounts/two-step/$"))
    somebody.presses("添加通行密钥", "link")
    somebody.looks("passkey-add")
    somebody.writes("名称", "办公手机")
    somebody.presses("添加")
    expect(page).to_have_url(re.compile("/accounts/two-step/codes/$"))
    expect(page.locator(".ui-codes li")).to_have_count(10)
    somebody.looks("recovery-codes")
    credentials = devices.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert [key["isResidentCredential"] for key in credentials] == [True]
    somebody.presses("抄好了，开始办理", "link")
    expect(page).to_have_url(re.compile("/worklist/$"))
    signs_out(somebody)
    # By the passkey alone: no name, no password.
    somebody.goes("/accounts/login/")
    somebody.looks("sign-in-passkey")
    somebody.presses("用通行密钥登录")
    expect(page).to_have_url(re.compile("/worklist/$"))
    signs_out(somebody)
    # By name and password, with the passkey as the second step.
    somebody.signs_in("neighbour_handler")
    expect(page).to_have_url(re.compile("/accounts/two-step/check/$"))
    somebody.looks("two-step-passkey")
    somebody.presses("用通行密钥确认")
    expect(page).to_have_url(re.compile("/worklist/$"))
    somebody.goes("/accounts/two-step/")
    somebody.sees("办公手机")
    somebody.looks("two-step-overview")
    page.get_by_role("link", name="改名 办公手机").click()
    somebody.writes("名称", "值班手机")
    somebody.looks("passkey-rename")
    somebody.presses("改名")
    somebody.sees("值班手机")
    # It is the last factor: it stays.
    page.get_by_role("link", name="去掉 值班手机").click()
    somebody.looks("passkey-remove")
    somebody.presses("去掉通行密钥")
    somebody.sees("这是最后一种验证方式，不能去掉")
    somebody.looks("passkey-last")
    # A device that has none of this person's keys, or whose owner doesn't confirm, lets nobody in.
    signs_out(somebody)
    devices.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    somebody.goes("/accounts/login/")
    somebody.presses("用通行密钥登录")
    somebody.sees("没有完成：设备没有确认")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_it_enrols_an_app_without_script_and_signs_in_with_its_code(strict: StrictSite, meet: Meet) -> None:
    somebody = meet("neighbour_dispatcher", script=False)
    somebody.site = strict
    page = somebody.page
    somebody.signs_in("neighbour_dispatcher")
    somebody.presses("启用验证器", "link")
    somebody.looks("app-enrol")
    picture = page.locator("img.ui-qr")
    assert picture.evaluate("image => image.naturalWidth") > 100
    secret = page.locator(".ui-copy__code").inner_text().replace(" ", "")
    somebody.writes("验证码", "000000")
    somebody.presses("启用")
    somebody.sees("验证码不对")
    somebody.looks("app-enrol-wrong")
    somebody.writes("验证码", code_of(secret, -1))
    somebody.presses("启用")
    expect(page).to_have_url(re.compile("/accounts/two-step/codes/$"))
    somebody.presses("抄好了，开始办理", "link")
    expect(page).to_have_url(re.compile("/triage/"))
    signs_out(somebody)
    somebody.signs_in("neighbour_dispatcher")
    expect(page).to_have_url(re.compile("/accounts/two-step/check/$"))
    somebody.looks("two-step-app")
    somebody.writes("验证码", "123456")
    somebody.presses("确认")
    somebody.looks("two-step-wrong")
    somebody.writes("验证码", code_of(secret))
    somebody.presses("确认")
    expect(page).to_have_url(re.compile("/triage/"))
    for name, path in (
        ("app-overview", "/accounts/two-step/"),
        ("app-remove", "/accounts/two-step/app/remove/"),
        ("recovery-codes-new", "/accounts/two-step/codes/new/"),
        ("recovery-codes-seen", "/accounts/two-step/codes/"),
        ("change-password", "/accounts/password/change/"),
        ("passkey-add-no-script", "/accounts/two-step/passkeys/add/"),
        ("confirm", "/accounts/confirm/code/"),
    ):
        assert somebody.goes(path) == 200, path
        somebody.looks(name)
