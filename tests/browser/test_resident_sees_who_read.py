"""A resident sees that an operator read the phone a minute ago, and why; takes a copy; has everything deleted."""

import re
import zipfile
from io import BytesIO

from playwright.sync_api import expect

from tests.browser.person import LAPTOP, Meet, Person
from tests.browser.phones import Gateway
from tests.site import Reported, Site

COMMUNITY = "370303009006"
PHONE, NAME = "13912340001", "周先生"
BODY = f"世纪花园5号楼外墙掉砖，差点砸到人，请打{PHONE}"


def operator_reads(operator: Person, reported: Reported) -> None:
    page = operator.page
    operator.signs_in("dispatcher")
    operator.goes(f"/m/{reported.number}/")
    expect(page.locator("body")).not_to_contain_text(PHONE)
    page.get_by_text("查看联系方式").filter(visible=True).first.click()
    page.get_by_label("为什么要看").filter(visible=True).first.select_option(label="联系反映人核实情况")
    page.get_by_role("button", name="查看联系方式").filter(visible=True).last.click()
    expect(page.locator("body")).to_contain_text(PHONE)


def test_it_shows_a_reading_of_a_minute_ago_with_its_reason(site: Site, meet: Meet) -> None:
    reported = site.report(BODY, region_code=COMMUNITY, contact_name=NAME, contact_phone=PHONE)
    resident, operator = meet(), meet("dispatcher")
    resident.follows(reported)
    resident.sees("没有人看过您的电话、称呼和原文。")
    resident.presses("全部记录和我的权利", "link")
    resident.sees("没有人看过您的电话、称呼和原文。")
    resident.looks("data-nobody")

    operator_reads(operator, reported)

    resident.page.reload()
    main = resident.page.get_by_role("main")
    expect(main).to_contain_text("原因：联系反映人核实情况")
    expect(main).to_contain_text("看了：称呼、电话")
    expect(main).to_contain_text(site.cast["dispatcher"].unit_name)
    expect(main).not_to_contain_text(PHONE)
    resident.looks("data-read")
    resident.goes(f"/my/{reported.number}/")
    expect(main).to_contain_text("原因：联系反映人核实情况")
    resident.looks("mine-read")


def test_it_takes_a_copy_and_has_everything_deleted(site: Site, meet: Meet) -> None:
    reported = site.report(BODY, region_code=COMMUNITY, contact_name=NAME, contact_phone=PHONE, public_consent=True)
    resident = meet(viewport=LAPTOP)
    page = resident.page
    resident.follows(reported)
    resident.presses("全部记录和我的权利", "link")
    resident.looks("data-laptop")

    page.get_by_role("link", name=re.compile("下载副本")).click()
    resident.looks("copy")
    resident.writes("查询码", reported.code)
    with page.expect_download() as download:
        resident.presses("下载")
    content = zipfile.ZipFile(BytesIO(download.value.path().read_bytes()))
    assert PHONE in content.read(f"{reported.number}.txt").decode()

    corrects(resident, reported)
    withdraws_consent(resident, reported)
    asks_too_early(resident, reported)
    site.bring_to(reported.number, "verdict")
    erases(resident, reported)


def corrects(resident: Person, reported: Reported) -> None:
    page = resident.page
    resident.goes(f"/my/{reported.number}/data/correct/")
    resident.looks("correct")
    resident.writes("电话", "13912340002")
    resident.writes("查询码", "AAAA-2222")
    resident.presses("更正")
    resident.sees("查询码不对。请核对后再填。")
    expect(page.get_by_label("电话")).to_have_value("13912340002")
    resident.looks("correct-wrong")
    resident.writes("查询码", reported.code)
    resident.presses("更正")
    resident.sees("已更正，原来的已经覆盖。")


def withdraws_consent(resident: Person, reported: Reported) -> None:
    resident.goes(f"/my/{reported.number}/data/consent/")
    resident.looks("consent")
    resident.writes("查询码", reported.code)
    resident.presses("撤回同意")
    resident.sees("已撤回公开同意。")


def asks_too_early(resident: Person, reported: Reported) -> None:
    resident.goes(f"/my/{reported.number}/data/erase/")
    resident.looks("erase-open")
    resident.page.get_by_role("radio", name="删除全部个人信息").check()
    resident.writes("查询码", reported.code)
    resident.presses("确认删除")
    resident.sees("办结以后才能删除")


def erases(resident: Person, reported: Reported) -> None:
    page = resident.page
    resident.goes(f"/my/{reported.number}/")
    page.get_by_role("radio", name="解决了", exact=True).check()
    resident.presses("提交评价")
    resident.goes(f"/my/{reported.number}/data/erase/")
    page.get_by_role("radio", name="删除全部个人信息").check()
    resident.writes("查询码", reported.code)
    resident.looks("erase")
    resident.presses("确认删除")
    resident.sees("已收到删除请求")

    def is_gone() -> bool:
        page.reload()
        return "个人信息已按您的请求删除" in page.get_by_role("main").inner_text()

    for _ in range(40):
        if is_gone():
            break
        page.wait_for_timeout(250)
    resident.sees("这件事项里的个人信息已按您的请求删除。")
    resident.looks("data-erased")
    resident.goes(f"/my/{reported.number}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("已按本人请求删除")
    resident.looks("mine-erased")


def test_it_looks_by_phone_without_a_code_of_the_matter(site: Site, meet: Meet, phones: Gateway) -> None:
    phone = "13912340003"
    reported = site.report("五号路井盖松了", region_code=COMMUNITY, contact_phone=phone)
    resident = meet()
    page = resident.page
    resident.goes("/follow/")
    resident.presses("用手机号查看我的事项", "link")
    resident.looks("phone")
    resident.writes("手机号", phone)
    resident.presses("获取验证码")
    resident.sees("验证码已发到 139****0003")
    resident.looks("phone-code")
    code = phones.code(phone)
    resident.writes("验证码", f"{(int(code) + 1) % 1_000_000:06d}")
    resident.presses("查看我的事项")
    resident.sees("验证码不对，或者已经过期。")
    resident.looks("phone-wrong")
    resident.writes("验证码", code)
    resident.presses("查看我的事项")
    expect(page).to_have_url(re.compile("/mine/$"))
    resident.sees("共 1 件")
    resident.looks("all-mine")
    page.get_by_role("link", name=re.compile(reported.number)).click()
    expect(page).to_have_url(re.compile(f"/my/{reported.number}/$"))
    resident.goes("/mine/data/")
    resident.looks("all-data")
    resident.goes("/mine/")
    resident.presses("结束查看")
    resident.sees("已结束查看")
    resident.looks("left")
    assert resident.goes(f"/my/{reported.number}/") == 404


def test_it_reads_the_privacy_notice(meet: Meet) -> None:
    anybody = meet()
    anybody.goes("/report/")
    anybody.page.get_by_role("main").get_by_role("link", name="个人信息处理告知书").click()
    anybody.sees("示例市社会治理中心")
    anybody.looks("privacy")
    anybody.goes("/mine/")
    anybody.looks("all-mine-empty")
