"""A resident reports in the wrong county: its centre asks the other to take it over, which refuses, is asked again and accepts."""

import re

from tests.browser.person import Meet
from tests.site import Site


def test_one_county_asks_and_the_other_takes_over(site: Site, meet: Meet) -> None:
    report = site.report("北旺村口的井盖松了，车过就响", region_code="370303009006")
    site.act("county_dispatcher", report.number, "accept", category="transport.roads")

    sender = meet("county_dispatcher")
    sender.signs_in("county_dispatcher")
    sender.goes(f"/m/{report.number}/")
    sender.sees("首接单位")
    sender.sees("还没有单位签收，现在由")
    form = sender.unfolds("申请跨区县移交")
    sender.looks("crossing-ask")
    form.get_by_label(re.compile("周村区")).check()
    form.get_by_label(re.compile("^理由")).select_option(label="反映的地点在另一区县")
    form.get_by_label(re.compile("^说明")).fill("北旺村在周村区北郊镇")
    form.get_by_role("button", name="申请跨区县移交").click()
    sender.sees("待接收")
    sender.sees("周村区")
    sender.looks("crossing-asked")

    receiver = meet("neighbour_dispatcher")
    receiver.signs_in("neighbour_dispatcher")
    receiver.goes("/triage/")
    receiver.sees("别的区县请本中心接收的")
    receiver.looks("crossing-desk")
    receiver.page.get_by_role("link", name=re.compile("北旺村口的井盖")).first.click()
    receiver.sees("反映的地点在另一区县")
    form = receiver.unfolds("拒收")
    form.get_by_label(re.compile("^理由")).select_option(label="地点不在本区县")
    form.get_by_label(re.compile("^说明")).fill("请再核实是不是北旺社区")
    form.get_by_role("button", name="拒收", exact=True).click()
    receiver.sees("移交被拒收 1 次")
    site.act(
        "county_dispatcher", report.number, "ask_crossing", to_region="370306100200", ground="cross.wrong-county",
        words="已到现场核实，是北郊镇北旺村",
    )  # fmt: skip

    receiver.goes("/triage/")
    receiver.page.get_by_role("link", name=re.compile("北旺村口的井盖")).first.click()
    receiver.sees("北旺村")
    receiver.looks("crossing-receive")
    receiver.page.get_by_role("button", name="接收", exact=True).filter(visible=True).first.click()
    receiver.sees("待派单")
    receiver.looks("crossing-received")

    sender.goes(f"/m/{report.number}/")
    sender.sees("已接收")
    sender.looks("crossing-sent")

    resident = meet("resident")
    resident.follows(report)
    resident.sees("接收")
    resident.looks("crossing-resident")
