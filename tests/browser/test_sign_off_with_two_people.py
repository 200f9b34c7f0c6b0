"""Two people at two screens: a supervisor asks for an export, a security officer agrees, the file comes and is fetched."""

import re
import time
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.person import Meet
from tests.site import Site

COMMUNITY = "370303009006"
FILE_SECONDS = 60


def test_it_takes_two_people_to_export(site: Site, meet: Meet, tmp_path: Path) -> None:
    report = site.report("公园长椅坏了", region_code=COMMUNITY)
    asker, officer = meet("supervisor"), meet("security_officer")
    asker.signs_in("supervisor")
    asker.goes("/exports/")
    asker.looks("exports-empty")
    asker.presses("申请导出", "link")
    asker.looks("export-ask")
    asker.presses("提交申请")
    asker.writes("用途和理由", "年度检查，核对各县区办结数。")
    asker.presses("提交申请")
    expect(asker.page).to_have_url(re.compile(r"/signoffs/\d+/$"))
    asker.looks("signoff-mine")
    where = asker.page.url.removeprefix(site.url)

    officer.signs_in("security_officer")
    expect(officer.page).to_have_url(re.compile("/signoffs/$"))
    officer.looks("signoffs")
    officer.page.get_by_role("link", name="批量导出事项").first.click()
    officer.looks("signoff-decide")
    officer.writes("复核意见", "范围和用途已核对。")
    officer.presses("同意")
    officer.sees("复核意见已提交。")

    deadline = time.monotonic() + FILE_SECONDS
    while time.monotonic() < deadline:
        asker.goes("/exports/")
        if asker.page.get_by_role("link", name="下载").count():
            break
        time.sleep(0.5)
    asker.looks("exports")
    with asker.page.expect_download() as fetched:
        asker.presses("下载", "link")
    content = Path(fetched.value.path()).read_text(encoding="utf-8-sig")
    assert report.number in content
    assert "长椅" not in content
    asker.goes(where)
    asker.looks("signoff-done")


def test_it_shows_the_pages_of_the_three_administrators(meet: Meet) -> None:
    keeper, officer, auditor = meet("keeper"), meet("security_officer"), meet("auditor")
    keeper.signs_in("keeper")
    for name, path in (("tokens", "/tokens/"), ("token-issue", "/tokens/new/?who=王伟"), ("sessions", "/sessions/")):
        assert keeper.goes(path) == 200
        keeper.looks(name)
    officer.signs_in("security_officer")
    assert officer.goes("/staff-sessions/?q=王伟") == 200
    officer.looks("staff-sessions")
    auditor.signs_in("auditor")
    expect(auditor.page).to_have_url(re.compile("/audit/$"))
    auditor.looks("audit")


def test_it_ends_a_session_on_another_device(meet: Meet) -> None:
    desk, phone = meet("checker"), meet("checker")
    desk.signs_in("checker")
    phone.signs_in("checker")
    desk.goes("/sessions/")
    desk.looks("sessions-two")
    desk.presses("结束其他所有会话")
    desk.sees("已结束其他会话")
    phone.goes("/checks/")
    expect(phone.page).to_have_url(re.compile("/accounts/login/"))
