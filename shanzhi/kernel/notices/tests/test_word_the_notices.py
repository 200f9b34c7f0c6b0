"""The texts of notices are the rule book's: checked as they are read, looked at with invented values."""

import tomllib

import pytest
from django.utils import translation

from shanzhi.kernel.catalogue.policy import RuleBookError
from shanzhi.kernel.notices.apps import CATALOGUE
from shanzhi.kernel.notices.policy.templates import parse_notices, places_of
from shanzhi.kernel.notices.queries import notice_book

GOOD = {"step": "matters.accept", "name": "已受理", "text": "您反映的%(number)s已受理"}


def refused(**tables: object) -> str:
    with translation.override("zh-hans"), pytest.raises(RuleBookError) as error:
        parse_notices(dict(tables))
    return error.value.sentence()


def test_it_reads_the_shipped_file_and_fills_every_text():
    book = parse_notices(tomllib.loads((CATALOGUE / "notices.toml").read_text(encoding="utf-8")))
    for one in book.templates:
        assert "%" not in one.preview(), one.step
        known = {"number", "kind", "stage", "due", "link", "city"}
        assert set(places_of(one.audience, one.step)) <= known | {"count", "rung", "region", "period"}, one.step
    assert len({one.step for one in book.templates if one.audience == "reporter"}) == 7
    assert not any(one.urgent for one in book.templates), "a wanted verdict wakes nobody"


def test_it_says_to_reporters_number_date_and_link_alone():
    found = notice_book().find("reporter", "matters.check_pass", "request")
    assert found is not None
    assert found.preview() == (
        "您反映的SZ20251118-000042已办理并答复，请在11月25日17:30前评价是否解决：https://city.example/follow/"
    )


def test_it_says_in_a_digest_why_something_came_up_to_somebody():
    found = notice_book().find("unit", "matters.ladder_centre")
    assert found is not None
    assert (found.mode, found.preview()) == (
        "digest",
        "超期3件，最早的是SZ20251118-000042。因承办单位超期没有办结，按催办阶梯第2级升级至您",
    )


@pytest.mark.parametrize("step", ["ask", "decline", "rule", "urge", "supervise", "report_back", "insist"])
def test_what_waits_for_an_answer_goes_out_at_once(step: str):
    found = notice_book().find("unit", f"matters.{step}")
    assert found is not None
    assert (found.mode, found.urgent) == ("now", False), "at once, but never in quiet hours"


def test_it_takes_a_kinds_own_text_before_that_of_any_kind():
    book = parse_notices({"reporter": [GOOD, {**GOOD, "kind": "petition", "text": "信访件%(number)s已受理"}]})
    texts = [book.find("reporter", "matters.accept", kind).text for kind in ("petition", "request", "")]  # type: ignore[union-attr]
    assert texts == ["信访件%(number)s已受理", GOOD["text"], GOOD["text"]]
    assert book.find("reporter", "matters.refuse") is None


def test_it_refuses_a_place_that_nobody_fills_and_names_those_there_are():
    said = refused(reporter=[{**GOOD, "text": "%(title)s已受理"}])
    assert said == "“matters.accept”的通知模板用了“title”，没有这个填空。可以用：due、kind、link、number、stage。"


@pytest.mark.parametrize(
    "tables, said",
    [
        ({"reporter": [{**GOOD, "text": "%(name)s"}]}, "没有这个填空"),
        ({"reporter": [{**GOOD, "text": "%(phone)s"}]}, "没有这个填空"),
        ({"unit": [{**GOOD, "text": "%(link)s"}]}, "没有这个填空"),
        ({"reporter": [{**GOOD, "text": "100%"}]}, "单独的百分号"),
        ({"reporter": [{**GOOD, "text": "%s"}]}, "单独的百分号"),
        ({"reporter": [{**GOOD, "text": "%(Number)s"}]}, "单独的百分号"),
        ({"reporter": [{**GOOD, "text": "长" * 201}]}, "不超过 200 字"),
        ({"reporter": [{**GOOD, "text": "两\n行"}]}, "写成一行"),
        ({"reporter": [{**GOOD, "text": " "}]}, "写成一行"),
        ({"reporter": [{**GOOD, "step": "weather.rain"}]}, "没有“weather.rain”这一步"),
        ({"reporter": [{**GOOD, "step": "x"}]}, "写法不对"),
        ({"reporter": [{"step": "matters.accept"}]}, "写法不对"),
        ({"reporter": [{**GOOD, "colour": "red"}]}, "写法不对"),
        ({"reporter": [{**GOOD, "urgent": "yes"}]}, "true 或 false"),
        ({"reporter": [{**GOOD, "mode": "loud"}]}, "now、digest、none"),
        ({"reporter": [GOOD, GOOD]}, "写了两遍"),
        ({"reporter": GOOD}, "“reporter”写法不对"),
        ({"friends": []}, "不认识的部分“friends”"),
        ({"quiet": {"sms": {"from": "25:00", "to": "08:00"}}}, "不是时间"),
        ({"quiet": {"sms": {"from": "20:00"}}}, "安静时段写法不对"),
        ({"quiet": {"sms": "night"}}, "安静时段写法不对"),
        ({"quiet": []}, "“quiet”写法不对"),
        ({"digest": {"at": []}}, "1 到 6 个"),
        ({"digest": {"at": ["8:30"]}}, "不是时间"),
        ({"give_up_days": {"mail": 0}}, "1 到 30 天"),
        ({"give_up_days": {"fax": 3}}, "1 到 30 天"),
        ({"give_up_days": {"sms": True}}, "1 到 30 天"),
    ],
)
def test_it_refuses_a_file_that_can_not_be_with_a_sentence(tables, said):
    assert said in refused(**tables)


def test_it_puts_no_line_break_of_a_value_into_a_text():
    book = parse_notices({"reporter": [GOOD]})
    assert book.templates[0].filled({"number": "SZ1\r\nBcc: x@y.example"}) == "您反映的SZ1 Bcc: x@y.example已受理"
