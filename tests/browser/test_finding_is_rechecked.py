"""What a check found: an owner with measures and a date, a report, a re-check that sends it back, and one that strikes it off."""

from datetime import timedelta

from django.utils import timezone

from shanzhi.core.periods import local_date
from tests.browser.paperwork import does, gives, issues, takes_in
from tests.browser.person import Meet
from tests.site import Site

NO = "张督〔2025〕3号"


def test_it_is_sent_back_once_and_struck_off(site: Site, meet: Meet) -> None:
    centre = meet("dispatcher")
    centre.signs_in("dispatcher")
    number = takes_in(centre, "整改", "消防泵不能启动", "检查发现地下车库消防泵不能启动。").number
    gives(site, number, "dispatch", "handler")
    issues(centre, number, "整改通知书", 发文字号=NO, look="paper-rectify")

    handler = meet("handler")
    handler.signs_in("handler")
    handler.goes(f"/m/{number}/")
    day = local_date(timezone.now()) + timedelta(days=30)
    does(handler, "定措施和日期", 说明="更换消防泵，培训值班人员", 整改完成日期=day.isoformat())
    handler.sees("整改中")
    issues(handler, number, "整改方案", 责任人="分管副局长", look="paper-plan")
    handler.goes(f"/m/{number}/")
    does(handler, "报告整改完成", 整改情况="消防泵已更换。")
    issues(handler, number, "整改报告", 发文字号=NO)

    checker = meet("checker")
    checker.signs_in("checker")
    checker.goes(f"/m/{number}/")
    does(checker, "复核不合格，退回", 说明="备用泵未换")
    issues(checker, number, "复查意见（退回整改）", look="paper-failed")
    handler.goes(f"/m/{number}/")
    handler.sees("备用泵未换")
    does(handler, "报告整改完成", 整改情况="备用泵也已更换。")
    checker.goes(f"/m/{number}/")
    does(checker, "复核合格，销号")
    checker.sees("已销号")
    issues(checker, number, "复查意见", look="paper-passed")
    checker.goes(f"/m/{number}/")
    checker.looks("finding-closed")
