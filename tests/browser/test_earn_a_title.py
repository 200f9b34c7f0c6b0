"""A keeper admits a drive, the city opens it, a community applies, somebody looks on a phone, the title stands before everybody and
is withdrawn after its holder was heard."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from shanzhi.core.periods import local_date
from tests.browser.person import PHONE, Meet, Person
from tests.browser.photos import photo
from tests.site import Site

ITEMS = ("消防车通道", "电动自行车", "调解小组", "议事会")


def admits(keeper: Person) -> None:
    """A place, and an entry of the admission list."""
    keeper.goes("/keeper/places/add/")
    keeper.writes("名称", "华光小区")
    keeper.page.get_by_label("类型").select_option(label="小区")
    keeper.writes("所在的村（社区）或网格", "370303009006")
    keeper.presses("保存")
    keeper.goes("/keeper/admission/new/")
    keeper.writes("事项", "平安小区创建")
    keeper.writes("依据", "市委平安办〔2025〕3号")
    keeper.presses("加入")
    keeper.sees("已加入准入清单。")


def opens(city: Person) -> None:
    """The city opens the drive; without the admission it can't."""
    city.goes("/drives/")
    city.looks("drives-empty")
    city.goes("/drives/new/")
    city.writes("名称", "平安小区创建")
    city.presses("开始创建")
    city.sees("不在村（社区）准入清单上")
    city.looks("drive-new-wrong")
    city.page.get_by_label("依据准入清单的哪一项").select_option(index=1)
    city.page.get_by_label("创建标准", exact=True).select_option("safe_neighbourhood")
    city.writes("申报截止日", (local_date(timezone.now()) + timedelta(days=30)).isoformat())
    city.presses("开始创建")
    city.sees("创建已经开始")


def applies(community: Person) -> None:
    """Records answer what they can; the rest is a yes."""
    community.goes("/drives/")
    community.presses("平安小区创建", "link")
    community.page.get_by_label("为哪个场所申报").select_option(index=1)
    community.presses("开始申报")
    community.sees("由日常记录回答，不用填。")
    community.looks("drive-application-draft")
    for radio in community.page.get_by_role("radio", name="符合", exact=True).all():
        radio.check()
    community.presses("保存并送出申报")
    community.sees("申报已经送出")


def visits(checker: Person) -> None:
    """Item by item on a phone, the first with a photo."""
    checker.goes("/drives/")
    checker.page.get_by_role("link", name="华光小区").first.click()
    for place, item in enumerate(ITEMS):
        expect(checker.page.get_by_role("heading", name=item)).to_be_visible()
        if place == 0:
            checker.looks("drive-visit")
            checker.page.get_by_label("现场照片").set_input_files(photo())
        checker.page.get_by_role("radio", name="符合", exact=True).check()
        checker.writes("看到了什么", "看过，与申报一致")
        checker.presses("保存这一项")
    checker.sees("都看过了")
    checker.looks("drive-visit-done")


def test_a_place_earns_its_title_and_loses_it(site: Site, meet: Meet) -> None:
    keeper = meet("keeper")
    keeper.signs_in("keeper")
    city = meet("supervisor")
    city.signs_in("supervisor")
    admits(keeper)
    opens(city)
    community = meet("community_handler")
    community.signs_in("community_handler")
    applies(community)
    checker = meet("checker", viewport=PHONE, has_touch=True)
    checker.signs_in("checker")
    visits(checker)

    city.goes("/drives/")
    city.page.get_by_role("link", name="华光小区").first.click()
    city.looks("drive-application-visited")
    city.presses("授予")
    city.sees("已经决定")
    everybody = meet("resident", viewport=PHONE, has_touch=True)
    everybody.goes("/drives/titles/")
    everybody.sees("华光小区")
    everybody.looks("drive-titles")

    city.unfolds("拟撤销，先听取申辩")
    city.page.get_by_label("撤销的理由").select_option("checklist")
    city.writes("事实", "消防车通道长期被占用")
    city.writes("申辩截止日", (local_date(timezone.now()) + timedelta(days=8)).isoformat())
    city.presses("告知申报单位")
    city.sees("听取申辩中")
    community.page.reload()
    community.writes("申辩", "已经清理")
    community.presses("交出申辩")
    city.page.reload()
    city.writes("决定的理由", "复查仍被占用")
    city.looks("drive-hearing")
    city.presses("撤销称号")
    city.sees("已撤销")
    everybody.page.reload()
    everybody.sees("还没有称号")
    city.goes("/drives/")
    city.presses("平安小区创建", "link")
    city.looks("drive-one")
