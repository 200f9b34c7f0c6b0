"""An editor of the hotline writes, renews and withdraws knowledge items; nothing that was typed or said is lost."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters.policy.process import FieldsWrong
from shanzhi.modules.hotline import operations, queries
from shanzhi.modules.hotline.policy import BadItem, Ending, ItemMovedOn, NewItem, Standing, read_items
from shanzhi.modules.hotline.tests.test_end_a_call import PROPERTY, end, words
from tests.city import Cast
from tests.desks import signed_in

pytestmark = pytest.mark.django_db

SAMPLE = Path(__file__).parents[1] / "catalogue" / "knowledge.toml"
TYPED = {
    "title": "物业费怎么算",
    "answer": "物业费按合同约定收取。",
    "ground": "《物业管理条例》",
    "category1": PROPERTY,
    "valid_from": "2026-01-01",
    "valid_until": "2099-12-31",
    "based_on": "0",
}


def written(**more: str) -> str:
    """An item written on the page; its address."""
    answer = signed_in("knowledge_editor").post("/desk/knowledge/new/", TYPED | more)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"].partition("?")[0])


def test_it_writes_renews_withdraws_and_restores(cast: Cast):
    client, url = signed_in("knowledge_editor"), written()
    first = client.get(url).content.decode()
    assert "《物业管理条例》" in first
    assert client.post(f"{url}edit/", TYPED | {"answer": "改了的答复。", "based_on": "1"}).status_code == 302
    assert client.post(f"{url}withdraw/", {"based_on": "2"}).status_code == 302
    code = url.split("/")[-2]
    with acting(cast.operator):
        assert [(row.version, row.is_withdrawn) for row in queries.versions_of(code)] == [
            (3, True),
            (2, False),
            (1, False),
        ]
        assert queries.items_for("物业费怎么算", "", date(2026, 6, 1)) == ()
    assert client.post(f"{url}restore/", {"based_on": "3", "version": "1"}).status_code == 302
    with acting(cast.operator):
        newest = queries.item_of(code)
        assert (newest.version, newest.answer, newest.is_withdrawn) == (4, "物业费按合同约定收取。", False)
        assert [row.code for row in queries.items_for("物业费怎么算", "", date(2026, 6, 1))] == [code]


def test_it_tells_the_second_of_two_editors_what_changed_and_keeps_what_was_typed(cast: Cast):
    url = written()
    first, second = signed_in("knowledge_editor"), signed_in("keeper")
    assert first.post(f"{url}edit/", TYPED | {"answer": "第一位写的。", "based_on": "1"}).status_code == 302
    told = second.post(f"{url}edit/", TYPED | {"answer": "第二位写的。", "based_on": "1"})
    page = told.content.decode()
    assert told.status_code == 409
    assert ("第一位写的。" in page, "第二位写的。" in page, 'name="based_on" value="2"' in page) == (True, True, True)
    assert second.post(f"{url}edit/", TYPED | {"answer": "第二位写的。", "based_on": "2"}).status_code == 302


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": ""}, "写一个标题"),
        ({"answer": " "}, "写出答复"),
        ({"valid_until": "2025-01-01"}, "截止日期不能早于开始日期"),
        ({"valid_from": "明天"}, "这样的日期"),
        ({"valid_from": ""}, "从哪天起有效"),
        ({"category1": "no.such"}, "没有这个分类"),
        ({"ground": "长" * 301}, "依据最多 300 字"),
    ],
)
def test_it_says_what_is_wrong_and_keeps_what_was_typed(cast: Cast, wrong: dict[str, str], said: str):
    answer = signed_in("knowledge_editor").post("/desk/knowledge/new/", TYPED | {"answer": "写好的一段"} | wrong)
    page = answer.content.decode()
    assert (answer.status_code, said in page) == (422, True)
    assert "写好的一段" in page or "answer" in wrong


def test_it_lists_what_is_due_for_review(cast: Cast):
    soon = local_date(timezone.now()) + timedelta(days=30)
    written(title="快到期的", valid_until=soon.isoformat())
    written(title="早过期的", valid_until="2026-01-02")
    written(title="长期的", valid_until="")
    with acting(cast.knowledge_editor):
        counts = queries.standing_counts(local_date(timezone.now()))
    assert counts == {Standing.VALID: 1, Standing.DUE: 2, Standing.WITHDRAWN: 0, Standing.ALL: 3}
    page = signed_in("knowledge_editor").get("/desk/knowledge/?standing=due").content.decode()
    assert ("快到期的" in page, "早过期的" in page, "已过期" in page, "长期的</a>" in page) == (True, True, True, False)


def test_it_finds_by_words_and_category(cast: Cast):
    written()
    written(title="路灯不亮怎么报", answer="请告诉我位置。", category1="cityscape.street-lights")
    client = signed_in("operator")
    for asked in ("q=路灯", "category=cityscape", "category=cityscape.street-lights"):
        page = client.get(f"/desk/knowledge/?{asked}").content.decode()
        assert ("路灯不亮怎么报</a>" in page, "物业费怎么算</a>" in page) == (True, False), asked
    assert client.get("/desk/knowledge/?q=%00&category=%00&after=%00").status_code == 200
    for nothing in ("q=，。", "category=no.such", "q=没有这样的词", "after=zzz"):
        assert "没有符合条件的条目" in client.get(f"/desk/knowledge/?{nothing}").content.decode(), nothing


def test_it_refuses_to_cite_what_was_withdrawn_meanwhile_and_keeps_the_call(cast: Cast):
    url = written()
    code = url.split("/")[-2]
    given = words(cite=f"{code}@1")
    signed_in("keeper").post(f"{url}withdraw/", {"based_on": "1"})
    with pytest.raises(FieldsWrong):
        end(cast.operator, Ending.ANSWERED, given)


def test_it_leaves_who_cited_it_alone(cast: Cast):
    url = written()
    made = end(cast.operator, Ending.ANSWERED, words(cite=f"{url.split('/')[-2]}@1"))
    signed_in("keeper").post(f"{url}withdraw/", {"based_on": "1"})
    assert "直接解答" in signed_in("operator").get(reverse("matters:matter", args=[made.number])).content.decode()
    assert "物业费按合同约定收取。" in signed_in("operator").get(f"{url}?version=1").content.decode()


def test_it_is_read_by_operators_and_written_by_editors(cast: Cast):
    url = written()
    assert signed_in("operator").get(url).status_code == 200
    for part in ("operator", "dispatcher"):
        client = signed_in(part)
        assert client.post(f"{url}edit/", TYPED).status_code == 403
        assert client.post(f"{url}withdraw/", {"based_on": "1"}).status_code == 403
        assert client.get("/desk/knowledge/new/").status_code == 403
    assert signed_in("handler").get(url).status_code == 403
    assert signed_in("knowledge_editor").get("/desk/").status_code == 403


def test_it_gives_two_new_items_codes_of_their_own(cast: Cast):
    assert written() != written()


def test_it_loads_the_samples_once(cast: Cast):
    items = read_items(SAMPLE.read_text(encoding="utf-8"))
    assert len(items) >= 40
    assert all(item.is_sample for item in items)
    with acting(cast.keeper):
        first = operations.items_load(items=items, actor=cast.keeper, now=timezone.now())
        again = operations.items_load(items=items, actor=cast.keeper, now=timezone.now())
    assert (first.added, first.changed, first.same) == (len(items), 0, 0)
    assert (again.added, again.changed, again.same) == (0, 0, len(items))
    assert "示例" in signed_in("operator").get("/desk/knowledge/").content.decode()


GOOD = '[[item]]\ncode = "a"\ntitle = "一"\nanswer = "二"\ncategories = []\nvalid_from = 2026-01-01\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "读不懂"),
        ("item = 1", "读不懂"),
        ("\x00", "读不懂"),
        ("[[item]]\ncode = 1\n", "第 1 条写法不对"),
        (GOOD + GOOD, "写了两次"),
        (GOOD.replace('"a"', '"A b"'), "第 1 条不能用"),
        (GOOD.replace("2026-01-01", '"昨天"'), "第 1 条写法不对"),
        (GOOD.replace("[]", '["no.such"]'), "没有这个分类"),
    ],
)
def test_it_loads_all_of_a_file_or_nothing(cast: Cast, text: str, said: str):
    with pytest.raises(BadItem) as refused, acting(cast.keeper):
        operations.items_load(items=read_items(text), actor=cast.keeper, now=timezone.now())
    assert said in str(refused.value)
    with acting(cast.keeper):
        assert queries.newest_items(date(2026, 1, 1)) == ()


def test_it_refuses_to_withdraw_twice(cast: Cast):
    with acting(cast.keeper):
        new = NewItem("a", "一", "二", (), date(2026, 1, 1))
        operations.item_edit(new=new, based_on=0, actor=cast.keeper, now=timezone.now())
        operations.item_withdraw(code="a", based_on=1, actor=cast.keeper, now=timezone.now())
        with pytest.raises(ItemMovedOn):
            operations.item_withdraw(code="a", based_on=2, actor=cast.keeper, now=timezone.now())


def test_it_asks_as_often_for_one_item_as_for_many(cast: Cast):
    client = signed_in("operator")

    def asked(url: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(url)
        return len(caught)

    def write(first: int, last: int) -> None:
        new = [
            NewItem(f"n-{place}", f"问题{place}", "答复", (PROPERTY,), date(2026, 1, 1)) for place in range(first, last)
        ]
        with acting(cast.keeper):
            operations.items_load(items=new, actor=cast.keeper, now=timezone.now())

    write(0, 1)
    asked("/desk/knowledge/")
    one = asked("/desk/knowledge/")
    write(1, 30)
    many = asked("/desk/knowledge/")
    assert (one, many) == (9, 9)
    second = client.get("/desk/knowledge/?after=n-29").content.decode()
    assert ("问题3</a>" in second, "问题0</a>" in second) == (True, False)
