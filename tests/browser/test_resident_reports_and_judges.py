"""A resident with a phone reports, follows, judges and withdraws; with script and without."""

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.person import Meet, Person
from tests.browser.photos import photo, tells_place
from tests.site import Reported, Site

BODY = "世纪花园3号楼的电梯坏了三天，老人上不了楼"
both_ways = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])


def file_report(resident: Person, body: str) -> Reported:
    """Only what is needed: the text."""
    resident.goes("/report/")
    resident.page.get_by_label("什么事、在哪里").fill(body)
    resident.presses("提交")
    return read_receipt(resident.page)


def read_receipt(page: Page) -> Reported:
    expect(page).to_have_url(re.compile("/done/$"))
    return Reported(page.locator("#done-number").inner_text(), page.locator("#done-code").inner_text())


def judge(resident: Person, *, solved: bool) -> None:
    page = resident.page
    page.get_by_role("radio", name="解决了" if solved else "没有解决", exact=True).check()
    if solved:
        page.get_by_role("radio", name="5 很满意").check()
    else:
        page.get_by_label("没有解决的，原因是").select_option(label="好了几天又回来了")
        page.get_by_label("还想说的").fill("昨天又停在了六楼")
    resident.presses("提交评价")


def reports_in_full(resident: Person, mark: str, *, script: bool) -> Reported:
    """Everything that can be filled in, with a photo."""
    page = resident.page
    resident.goes("/")
    page.get_by_role("main").get_by_role("link", name="反映问题").click()

    # The place is found by a part of its name; what was typed and chosen before stays.
    page.get_by_label("什么事、在哪里").fill(BODY)
    if not script:
        page.get_by_label("照片", exact=False).set_input_files(photo())
    page.get_by_label("所在社区").fill("世纪花园")
    resident.presses("查找")
    expect(page.get_by_role("radio", name="世纪花园社区")).to_be_checked()
    expect(page.get_by_label("什么事、在哪里")).to_have_value(BODY)
    page.get_by_label("具体位置").fill("3号楼2单元")
    if script:
        page.get_by_label("照片", exact=False).set_input_files(photo())
    else:
        expect(page.get_by_role("checkbox", name="照片.jpg")).to_be_checked()
    page.get_by_label("怎么称呼您").fill("王女士")
    page.get_by_label("电话").fill("13812345678")
    resident.looks(f"report-filled{mark}")
    resident.presses("提交")
    reported = read_receipt(page)
    assert re.fullmatch(r"\d{8}-\d{6}", reported.number)
    assert re.fullmatch(r"\w{4}-\w{4}", reported.code)
    resident.looks(f"done{mark}")
    return reported


def sees_it_on_the_same_phone(resident: Person, site: Site, mark: str) -> None:
    page = resident.page
    # On the same phone no code is asked for; the photo no longer tells where it was taken.
    resident.presses("看进度", "link")
    expect(page.get_by_role("heading", level=1)).to_contain_text("世纪花园3号楼的电梯坏了三天")
    resident.sees("待受理")
    link = page.locator(".ui-thumbs a, a:has(img)").filter(has=page.locator("img")).last
    shown = resident.context.request.get(site.url + (link.get_attribute("href") or ""))
    assert shown.ok
    assert not tells_place(shown.body())
    resident.looks(f"mine-reported{mark}")


def follows_on_another_phone(other: Person, reported: Reported, mark: str) -> None:
    # On another phone, number and code; a wrong code is told and nothing is lost.
    other.goes("/follow/")
    other.page.get_by_label("事项编号").fill(reported.number)
    other.page.get_by_label("查询码").fill("AAAA-2222")
    other.presses("查进度")
    expect(other.page.get_by_role("alert").first).to_be_visible()
    expect(other.page.get_by_label("事项编号")).to_have_value(reported.number)
    other.looks(f"follow-wrong{mark}")
    other.page.get_by_label("查询码").fill(reported.code.lower())
    other.presses("查进度")
    expect(other.page).to_have_url(re.compile(f"/my/{reported.number}/$"))
    assert other.goes("/") == 200
    other.sees(reported.number)


def judges_twice(resident: Person, site: Site, reported: Reported, mark: str) -> None:
    page = resident.page
    # The work is done, it wasn't solved, it is done again, it is solved.
    site.bring_to(reported.number, "verdict")
    page.reload()
    resident.sees("请您评价")
    resident.looks(f"mine-verdict{mark}")
    resident.presses("提交评价")
    resident.sees("请选择：解决了，还是没有解决。")
    judge(resident, solved=False)
    resident.sees("您的评价已收到，事项已退回重办。")
    assert site.stage(reported.number) == "handling"
    resident.looks(f"mine-reopened{mark}")
    assert site.act("handler", reported.number, "reply", reply="更换了主板，运行正常。") == "checking"
    assert site.act("checker", reported.number, "check_pass") == "verdict"
    page.reload()
    resident.sees("更换了主板，运行正常。")
    judge(resident, solved=True)
    resident.sees("您的评价已收到，事项办结。")
    assert site.stage(reported.number) == "closed"
    resident.looks(f"mine-closed{mark}")


def reads_the_public_list(anybody: Person, mark: str) -> None:
    # Everybody reads what kind of thing it was, roughly where, and how it stands; nobody reads what it said.
    anybody.goes("/public/")
    table = anybody.page.get_by_role("table")
    expect(table).to_contain_text("马尚街道")
    expect(table).to_contain_text("已办结")
    expect(table).not_to_contain_text("世纪花园")
    expect(table).not_to_contain_text("电梯坏了")
    anybody.looks(f"public-list{mark}")
    anybody.page.get_by_label("进度").select_option(label="办理中")
    anybody.page.get_by_role("main").get_by_role("button", name="筛选").click()
    expect(anybody.page).to_have_url(re.compile("state=open"))
    expect(anybody.page.locator("tbody").filter(has_text="已办结")).to_have_count(0)


@both_ways
def test_it_goes_from_report_to_verdict(site: Site, meet: Meet, script: bool) -> None:
    resident, mark = meet(script=script), "" if script else "-no-script"
    reported = reports_in_full(resident, mark, script=script)
    sees_it_on_the_same_phone(resident, site, mark)
    follows_on_another_phone(meet(script=script), reported, mark)
    judges_twice(resident, site, reported, mark)
    reads_the_public_list(meet(script=script), mark)


@both_ways
def test_it_adds_and_withdraws(site: Site, meet: Meet, script: bool) -> None:
    resident, mark = meet(script=script), "" if script else "-no-script"
    page = resident.page
    reported = file_report(resident, "楼下的路灯不亮，晚上看不清路")
    resident.presses("看进度", "link")
    resident.presses("补充")
    resident.sees("请写几句话，或选几张照片。")
    page.get_by_label("补充说明").last.fill("一共三盏都不亮")
    page.get_by_label("照片和附件").set_input_files([photo("灯1.jpg"), photo("灯2.jpg", "#223344")])
    resident.presses("补充")
    resident.sees("补充的内容已收到，经办单位看得到。")
    resident.sees("一共三盏都不亮")
    page.locator("summary", has_text="撤回这件事项").click()
    page.get_by_label("撤回的原因").select_option(label="问题已经解决")
    resident.looks(f"mine-withdraw{mark}")
    resident.presses("确认撤回")
    resident.sees("事项已撤回，不再办理。")
    assert site.stage(reported.number) == "withdrawn"
    expect(page.locator(".ui-steps__step--done")).to_have_text(["待受理（已完成）"])
    resident.looks(f"mine-withdrawn{mark}")


@both_ways
def test_it_says_what_is_missing_and_keeps_the_rest(meet: Meet, script: bool) -> None:
    resident = meet(script=script)
    page = resident.page
    resident.goes("/report/")
    page.get_by_label("具体位置").fill("人民路路口")
    page.get_by_label("电话").fill("12")
    page.get_by_label("照片", exact=False).set_input_files(
        {"name": "说明.jpg", "mimeType": "image/jpeg", "buffer": b"this is no picture"}
    )
    resident.presses("提交")
    resident.sees("请写清楚什么事、在哪里。")
    expect(page.get_by_role("alert").first).to_contain_text("处需要改")
    expect(page.get_by_label("具体位置")).to_have_value("人民路路口")
    expect(page.get_by_label("电话")).to_have_value("12")
    resident.looks("report-wrong" if script else "report-wrong-no-script")
    page.get_by_label("什么事、在哪里").fill("井盖没有了")
    page.get_by_label("电话").fill("13812345678")
    resident.presses("提交")
    read_receipt(page)


def test_it_counts_a_double_tap_once(site: Site, meet: Meet) -> None:
    resident = meet()
    resident.goes("/report/")
    mark = uuid.uuid4().hex[:12]
    resident.page.get_by_label("什么事、在哪里").fill(f"路面塌陷 {mark}")
    resident.page.get_by_role("button", name="提交").dblclick()
    reported = read_receipt(resident.page)
    headers = {"Authorization": f"Bearer {site.cast['dispatcher'].token}"}
    status, found = site.call("GET", f"/api/v1/matters?words={mark}", headers=headers)
    assert status == 200
    assert [row["number"] for row in found["rows"]] == [reported.number]
