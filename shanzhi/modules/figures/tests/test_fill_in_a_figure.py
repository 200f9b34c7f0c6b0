"""Somebody types a figure in: sees what is owed, brings evidence, is asked about outliers, hands in late with permission."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.web import middleware
from shanzhi.kernel.indicators.models import Permit, Value
from shanzhi.modules.figures.tests.test_read_a_figure import plain, text
from tests.city import _actor
from tests.figures import LATER, Figures, city, counted

__all__ = ["city", "counted"]
pytestmark = pytest.mark.usefixtures("evidence_store")
TOWNSHIP = "370303009"
WORDS = "数据来自街道备案台账"


def paper(text: bytes = b"%PDF-1.4\n% list\n%%EOF\n") -> SimpleUploadedFile:
    return SimpleUploadedFile("备案清单.pdf", text, content_type="application/pdf")


@pytest.fixture
def keeper(counted: Figures) -> Client:
    """The county's keeper, who types in its townships' figures."""
    return counted.browser(_actor("centre-370303", "keeper", 0))


def form(counted: Figures, period: str = "2025-11", code: str = TOWNSHIP) -> str:
    return f"/figures/entries/teams/?region={counted.region(code)}&period={period}"


def send(client: Client, url: str, **given: Any) -> Any:
    shown = re.findall(r'name="based_on" value="(\d+)"', client.get(url).content.decode())
    return client.post(url, {"numerator": "3", "words": WORDS, "based_on": (*shown, "0")[0], **given})


def last(counted: Figures, period: int, code: str = TOWNSHIP) -> Value:
    with acting(_actor("centre-370303", "keeper", 0)):
        return Value.objects.get(key="teams", region_id=counted.region(code), first=period, is_last=True)


def test_it_stands_among_what_is_owed(counted: Figures, keeper: Client) -> None:
    page = plain(text(keeper, "/figures/entries/"))
    for said in ("志愿服务队", "马尚街道", "2025年11月"):
        assert said in page
    assert "否决事项" not in page
    assert counted.browser("checker").get("/figures/entries/").status_code == 403


def test_it_is_kept_with_its_evidence_and_corrected_later(counted: Figures, keeper: Client) -> None:
    url = form(counted, code="370303008")
    answer = send(keeper, url, files=paper())
    assert (answer.status_code, answer["Location"]) == (302, "/figures/entries/")
    assert last(counted, 202511, "370303008").numerator == 3
    page = plain(text(keeper, url))
    assert "已经填过" in page
    assert "再填一次就是更正" in page
    assert send(keeper, url, numerator="4", files=paper()).status_code == 302
    value = last(counted, 202511, "370303008")
    assert (value.numerator, value.number) == (4, 2)
    shown = plain(text(keeper, f"/figures/teams/?region={counted.region('370303008')}&period=2025-11"))
    assert "已更正" in shown
    assert WORDS in shown


def test_its_evidence_can_be_opened_where_the_figure_stands(counted: Figures, keeper: Client) -> None:
    url = form(counted, code="370303008")
    assert send(keeper, url, files=paper()).status_code == 302
    above = counted.browser("supervisor")
    page = text(above, f"/figures/teams/?region={counted.region('370303008')}&period=2025-11")
    address, *_ = re.findall(r'href="([^"]+)">备案清单.pdf', page)
    assert re.findall(r'href="([^"]+)">备案清单.pdf', text(keeper, url)) == [address]
    opened = above.get(address)
    assert opened.status_code == 200
    assert b"".join(opened) == paper().read()


def test_nothing_that_was_typed_or_brought_is_lost(counted: Figures, keeper: Client) -> None:
    url = form(counted, code="370303105")
    answer = send(keeper, url, numerator="-2", files=paper())
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "请填 0 或更大的整数。" in page
    assert 'value="-2"' in page
    assert WORDS in page
    (token,) = re.findall(r'name="kept" value="([^"]+)"', page)
    assert "备案清单.pdf" in page
    assert send(keeper, url, numerator="2", kept=token).status_code == 302
    assert last(counted, 202511, "370303105").numerator == 2


def test_it_asks_for_the_evidence(counted: Figures, keeper: Client) -> None:
    answer = send(keeper, form(counted, code="370303009"))
    assert answer.status_code == 422
    assert "请附上证明材料。" in answer.content.decode()


def test_it_is_a_stranger_s_figure_that_cant_be_typed_in(counted: Figures) -> None:
    other = counted.browser(_actor("centre-370306", "keeper", 0))
    assert other.get(form(counted)).status_code == 404
    assert send(other, form(counted), files=paper()).status_code == 404


def test_a_value_a_hundred_times_the_last_is_asked_about(
    counted: Figures, keeper: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send(keeper, form(counted), numerator="2", files=paper()).status_code == 302
    monkeypatch.setattr(middleware, "timezone", SimpleNamespace(now=lambda: LATER + timedelta(days=31)))
    keeper = counted.browser(_actor("centre-370303", "keeper", 0))
    url = form(counted, "2025-12")
    assert re.search(r"上期填报\s*2", plain(text(keeper, url)))
    answer = send(keeper, url, numerator="200", files=paper())
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "相差很大" in page
    assert "确认无误" in page
    assert 'value="200"' in page
    (token,) = re.findall(r'name="kept" value="([^"]+)"', page)
    assert send(keeper, url, numerator="200", kept=token, confirmed="on").status_code == 302
    assert last(counted, 202512).confirmed


def test_it_is_handed_in_late_with_permission(counted: Figures, keeper: Client) -> None:
    url = form(counted, "2025-10")
    page = text(keeper, url)
    assert "先申请补报" in page
    late = url.replace("/teams/", "/teams/late/")
    answer = keeper.post(late, {"words": ""})
    assert (answer.status_code, "请写明理由" in answer.content.decode()) == (422, True)
    assert keeper.post(late, {"words": "台账迟到"}).status_code == 302
    assert "已经申请补报" in text(keeper, url)
    supervisor = counted.browser("supervisor")
    page = text(supervisor, "/figures/permits/")
    assert "台账迟到" in page
    (pk,) = re.findall(r'action="/figures/permits/(\d+)/"', page)
    assert "可以补报到（同意时必填）" in page
    assert "（选填）" not in page
    answer = supervisor.post(f"/figures/permits/{pk}/", {"do": "grant", "until_on": "", "reason": "同意"})
    assert (answer.status_code, "同意补报要写明可以补报到哪一天" in answer.content.decode()) == (422, True)
    answer = supervisor.post(f"/figures/permits/{pk}/", {"do": "decline", "until_on": "", "reason": ""})
    assert (answer.status_code, "同意补报要写明可以补报到哪一天" in answer.content.decode()) == (422, False)
    answer = supervisor.post(f"/figures/permits/{pk}/", {"do": "grant", "until_on": "2025-12-10", "reason": "情况属实"})
    assert answer.status_code == 302
    with acting(counted.city.cast.supervisor):
        assert Permit.objects.get(pk=pk).state == "granted"
    assert send(keeper, url, files=paper()).status_code == 302
    assert last(counted, 202510).late
