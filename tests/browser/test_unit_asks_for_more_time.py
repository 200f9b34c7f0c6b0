"""A unit can't keep the limit: it asks for more time, then for a pause; the supervisor decides, the resident sees why."""

import re
from datetime import timedelta

from django.utils import timezone

from shanzhi.core.periods import local_date
from tests.browser.person import Meet
from tests.site import Site


def test_it_is_asked_granted_and_shown_to_the_resident(site: Site, meet: Meet) -> None:
    report = site.report("水泵房进水，电梯停了三天", region_code="370303009006")
    site.bring_to(report.number, "handling")

    handler = meet("handler")
    page = handler.page
    handler.signs_in("handler")
    handler.goes(f"/m/{report.number}/")
    handler.sees("办理时限")
    page.get_by_text("这个日期怎么来的").first.click()
    handler.sees("民法典")
    handler.looks("clocks-handler")
    form = handler.unfolds("申请延期")
    form.get_by_label(re.compile("^理由")).select_option(label="要施工或采购")
    form.get_by_label(re.compile("^延长多久")).select_option(label="5个工作日")
    form.get_by_label(re.compile("^说明")).fill("水泵要定制，二十号到货")
    form.get_by_role("button", name="申请延期").click()
    handler.sees("待答复")

    supervisor = meet("supervisor")
    supervisor.signs_in("supervisor")
    supervisor.sees("待答复的申请")
    supervisor.looks("asks-waiting")
    supervisor.page.get_by_role("link", name=re.compile("水泵房进水")).first.click()
    supervisor.sees("要施工或采购")
    form = supervisor.unfolds("同意延期")
    form.get_by_label(re.compile("^说明")).fill("同意，请告诉居民进度")
    form.get_by_role("button", name="同意延期", exact=True).click()
    supervisor.sees("已同意")
    supervisor.looks("clocks-granted")

    handler.goes(f"/m/{report.number}/")
    form = handler.unfolds("申请暂停计时")
    form.get_by_label(re.compile("^理由")).select_option(label="等听证、鉴定或检测结果")
    form.get_by_label(re.compile("^暂停到哪一天")).fill((local_date(timezone.now()) - timedelta(days=1)).isoformat())
    form.get_by_label(re.compile("^说明")).fill("等水质检测")
    form.get_by_role("button", name="申请暂停计时").click()
    handler.sees("请选今天以后的日期")
    page.get_by_label(re.compile("^暂停到哪一天")).filter(visible=True).first.fill(
        (local_date(timezone.now()) + timedelta(days=9)).isoformat()
    )
    page.get_by_role("button", name="申请暂停计时").filter(visible=True).first.click()
    site.act("supervisor", report.number, "grant_pause", words="等结果出来")
    handler.goes(f"/m/{report.number}/")
    handler.sees("暂停至")
    handler.looks("clocks-paused")

    resident = meet("resident")
    resident.follows(report)
    resident.sees("要施工或采购")
    resident.sees("等听证、鉴定或检测结果")
    resident.looks("clocks-resident")
