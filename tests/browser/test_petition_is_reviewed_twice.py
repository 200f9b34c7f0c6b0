"""A petition from the window to the end of the re-review: answered, reviewed, reviewed again, and no further door."""

from tests.browser.paperwork import does, gives, issues, prints, takes_in
from tests.browser.person import Meet, Person
from tests.site import Reported, Site

NO = "张信〔2025〕12号"


def test_it_goes_through_review_and_re_review_and_ends(site: Site, meet: Meet) -> None:
    centre = meet("dispatcher")
    centre.signs_in("dispatcher")
    made = takes_in(centre, "信访", "地下室常年漏水", "小区地下室常年漏水，物业一直没有修。", name="王秀英")
    number = made.number
    centre.goes(f"/m/{number}/")
    does(centre, "受理申诉求决")
    centre.sees("待转送")
    centre.sees("办理期限")
    centre.page.get_by_text("这个日期怎么来的").first.click()
    centre.sees("《信访工作条例》第二十二、二十三条")
    centre.page.get_by_text("这个日期怎么来的").nth(1).click()
    centre.sees("《信访工作条例》第三十四条")
    centre.looks("petition-accepted")

    centre.page.get_by_role("link", name="受理告知书").click()
    centre.presses("开具")
    centre.sees("请填写。")
    centre.looks("paper-lacks")
    issues(centre, number, "受理告知书", 发文字号=NO, look="paper-acceptance")
    prints(centre, "paper-acceptance")
    centre.page.locator("summary", has_text="填入姓名").click()
    centre.page.get_by_label("为什么要看").select_option(label="送达文书")
    centre.page.get_by_role("button", name="填入姓名").filter(visible=True).click()
    centre.sees("王秀英：")
    centre.looks("paper-named")

    gives(site, number, "dispatch", "handler")
    issues(centre, number, "交办函", 发文字号=NO, look="paper-transfer")
    site.act("handler", number, "take")
    handler = meet("handler")
    handler.signs_in("handler")
    handler.goes(f"/m/{number}/")
    does(handler, "送达答复意见", 书面意见="经查属实，已责成物业于本月内维修。")
    issues(handler, number, "处理意见书", 发文字号=NO, 依据="《物业管理条例》第三十五条", look="paper-opinion")

    petitioner = meet("resident")
    petitioner.follows(made)
    petitioner.sees("可请求复查")
    petitioner.page.get_by_role("link", name="处理意见书").click()
    petitioner.sees("经查属实，已责成物业于本月内维修。")
    petitioner.looks("paper-resident")
    petitioner.follows(made)
    petitioner.writes("不服的理由和请求", "答复没有回应赔偿")
    petitioner.presses("请求复查")
    petitioner.sees("待安排复查")

    _reviews_twice(centre, petitioner, made)
    petitioner.follows(made)
    petitioner.sees("信访程序终结。以同一事实和理由再提出的，不再受理。")
    assert petitioner.page.get_by_role("button", name="请求复核").count() == 0
    assert petitioner.page.get_by_role("button", name="请求复查").count() == 0
    petitioner.looks("petition-ended")


def _reviews_twice(centre: Person, petitioner: Person, made: Reported) -> None:
    """The levels above decide, and the centre enters what they said; in between the petitioner asks once more."""
    number = made.number
    centre.goes(f"/m/{number}/")
    centre.page.get_by_text("这个日期怎么来的").first.click()
    centre.sees("《信访工作条例》第三十五条")
    does(centre, "登记复查意见", 书面意见="市住房和城乡建设局复查：维持原处理意见。")
    issues(centre, number, "复查意见登记单", look="paper-review")
    petitioner.follows(made)
    petitioner.writes("不服的理由和请求", "仍不服")
    petitioner.presses("请求复核")
    petitioner.sees("待安排复核")
    petitioner.looks("petition-many-steps")
    centre.goes(f"/m/{number}/")
    does(centre, "登记复核意见", 书面意见="省住房和城乡建设厅复核：维持复查意见。")
    centre.sees("复核终结")
    centre.looks("petition-many-steps-desk")
    issues(centre, number, "复核意见登记单", look="paper-recheck")
