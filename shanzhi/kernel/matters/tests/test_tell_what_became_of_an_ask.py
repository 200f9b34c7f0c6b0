"""Whoever looks at a matter reads what became of a date: granted, by how much and why; stood still, how long; never decided."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.tests import kind_support
from shanzhi.modules.intake.tests.walk import follow_in
from tests.city import NOW, Cast
from tests.desks import card, do, in_hand, signed_in

pytestmark = pytest.mark.django_db

WHY: dict[str, Any] = {"ground": "extend.works", "words": "要采购水泵，二十日到货", "more_time": "5wd"}
REST: dict[str, Any] = {"ground": "pause.reporter", "words": "请反映人补充材料，已联系两次", "until": "2025-11-28"}


def at(*moment: int) -> Any:
    return kind_support.at(2025, *moment)


@pytest.fixture
def taken(cast: Cast) -> Reported:
    """In the hands of the county's housing department, its first contact made."""
    matter = in_hand(cast)
    do(cast.handler, matter, "contact", words="已电话联系")
    return matter


def read(client: Client, path: str) -> str:
    """A page as it is read: no tags, no blanks."""
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", " ", answer.content.decode().split("<main", 1)[1]))


def resident(matter: Reported) -> str:
    client = Client()
    follow_in(client, matter)
    return read(client, f"/my/{matter.number}/")


def test_more_time_is_told_from_which_day_to_which(cast: Cast, taken: Reported):
    do(cast.handler, taken, "ask_extension", **WHY)
    do(cast.supervisor, taken, "grant_extension", NOW + timedelta(days=1), words="同意")
    told = "由2025年12月9日延至2025年12月16日（延长5个工作日）"
    for page in (resident(taken), read(signed_in("handler"), f"/worklist/{taken.number}/")):
        assert told in page
    shown = resident(taken)
    assert f"{told}，理由：要施工或采购" in shown[: shown.index("经过")]
    assert told in shown[shown.index("经过") :]


def test_a_pause_is_told_since_when_and_why_and_how_long_it_was(cast: Cast, taken: Reported):
    do(cast.handler, taken, "ask_pause", **REST)
    do(cast.supervisor, taken, "grant_pause", at(11, 21, 10, 30))
    begun = "2025年11月21日起暂停计时，最迟到2025年11月28日恢复，理由：等反映人补充材料"
    assert begun in resident(taken)
    do(cast.handler, taken, "resume", at(11, 24, 12, 30))
    ended = "2025年11月21日起的暂停到2025年11月24日结束，共暂停3天2小时"
    shown = resident(taken)
    assert begun in shown
    assert ended in shown[: shown.index("经过")]
    assert ended in shown[shown.index("经过") :]
    assert ended in read(signed_in("handler"), f"/m/{taken.number}/")


def test_a_pause_that_ends_because_the_matter_goes_on_is_told_there(cast: Cast, taken: Reported):
    do(cast.handler, taken, "ask_pause", **REST)
    do(cast.supervisor, taken, "grant_pause", at(11, 21, 10, 30))
    do(cast.handler, taken, "reply", at(11, 22, 10, 30), reply="修好了")
    changes = card(Actor(follow=(taken.follow_hash,)), taken, at(11, 22, 10, 30)).changes
    assert [(change.what, change.at) for change in changes] == [
        ("paused", at(11, 21, 10, 30)),
        ("resumed", at(11, 22, 10, 30)),
    ]
    assert "共暂停1天" in resident(taken)


@pytest.mark.parametrize(
    ("ask", "fields", "title"),
    [("ask_extension", WHY, "延期申请未批，已失效"), ("ask_pause", REST, "暂停申请未批，已失效")],
)
def test_what_was_never_decided_says_what_became_of_it(
    cast: Cast, taken: Reported, ask: str, fields: dict[str, Any], title: str
):
    do(cast.handler, taken, ask, **fields)
    do(cast.handler, taken, "reply", NOW + timedelta(hours=1), reply="修好了")
    if ask == "ask_extension":  # The clock runs on until the check is over.
        do(cast.checker, taken, "check_pass", NOW + timedelta(hours=2), words="属实")
    by = "核查通过" if ask == "ask_extension" else "答复"
    why = f"因事项已“{by}”而失效，不再需要答复。"
    for path in (f"/worklist/{taken.number}/", f"/m/{taken.number}/"):
        page = read(signed_in("handler"), path)
        before, history = page.split("经过", 1)
        assert f"已失效，{why}" in before, path
        assert title in history, path
        assert why in history, path
    assert title not in resident(taken), "what units ask each other is theirs"
