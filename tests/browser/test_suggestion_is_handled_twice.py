"""A deputy's suggestion: answered, not to the deputy's satisfaction, handled a second time, closed."""

from tests.browser.paperwork import does, gives, issues, takes_in
from tests.browser.person import Meet
from tests.site import Site

NO = "张建函〔2025〕8号"


def test_it_is_answered_rated_and_handled_a_second_time(site: Site, meet: Meet) -> None:
    centre = meet("dispatcher")
    centre.signs_in("dispatcher")
    made = takes_in(centre, "代表建议", "老旧小区加装电梯", "建议把老旧小区加装电梯列入民生实事。")
    number = made.number
    gives(site, number, "dispatch", "handler", co=[site.cast["second_handler"].unit_id])
    centre.goes(f"/m/{number}/")
    centre.sees("答复期限")
    centre.page.get_by_text("这个日期怎么来的").first.click()
    centre.sees("自交办之日起三个月内答复")
    issues(centre, number, "交办单", look="paper-assignment")

    site.act("handler", number, "take")
    site.act("second_handler", number, "assist_done", words="会办意见：同意")
    handler = meet("handler")
    handler.signs_in("handler")
    handler.goes(f"/m/{number}/")
    does(handler, "答复代表", 答复="已列入明年计划。")
    issues(handler, number, "代表建议答复函", 发文字号=NO, 办理结果分类="B", look="paper-letter")
    issues(handler, number, "征询意见表", look="paper-form")

    deputy = meet("resident")
    deputy.follows(made)
    deputy.sees("待代表评价")
    deputy.page.get_by_text("不满意", exact=True).first.click()
    deputy.writes("具体意见", "没有时间表")
    deputy.looks("suggestion-rating")
    deputy.page.locator("form[action$='/rate/'] button").last.click()
    deputy.sees("再次办理")

    handler.goes(f"/m/{number}/")
    handler.sees("再办期限")
    does(handler, "再次答复代表", 答复="已提前到今年实施，六月开工。")
    issues(handler, number, "代表建议再次答复函", 发文字号=NO, 办理结果分类="A", look="paper-second-letter")
    handler.sees("没有时间表")
    deputy.follows(made)
    deputy.sees("待代表再次评价")
    deputy.looks("suggestion-rating-again")
    deputy.page.get_by_text("基本满意", exact=True).first.click()
    deputy.page.locator("form[action$='/rate/'] button").last.click()
    deputy.sees("已办结")
    deputy.looks("suggestion-closed")
