"""A city goes through its self-evaluation on pages: joins, shares out, reads items, writes words, signs, locks."""

import re
from io import BytesIO
from types import SimpleNamespace
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.operations import account_open, acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.web import middleware
from shanzhi.kernel.indicators.tests.support import rules
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.rounds import operations
from shanzhi.kernel.rounds.models import RoundCity
from shanzhi.kernel.rounds.tests.support import cut, let_stand, taken_over
from tests.city import NOW, PASSWORD, Cast, _actor
from tests.desks import BACKEND
from tests.roles import everything, held_to, observer

__all__ = ["observer", "rules"]
pytestmark = pytest.mark.usefixtures("observer", "rules", "evidence_store")


def _docx() -> bytes:
    with ZipFile(packed := BytesIO(), "w") as paper:
        paper.writestr("word/document.xml", "<w:document/>")
    return packed.getvalue()


DOCX_FILE = _docx()


@pytest.fixture(autouse=True)
def _moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "timezone", SimpleNamespace(now=lambda: NOW))


@pytest.fixture
def row(cast: Cast) -> RoundCity:
    with everything():
        cut()
        city = organisation.top_regions(NOW.date())[0].id
        for key, top, bottom in (
            ("satisfied", 90, 100),
            ("accepted", 45, 60),
            ("accept_median", 3600, 60),
            ("teams", 4, 0),
        ):
            let_stand(city, key, top, bottom)
    return taken_over(cast.supervisor)


def browser(who: Actor) -> Client:
    """A browser in which somebody in this post has signed in."""
    staff = who.staff_id or 0
    with everything():
        if not Account.objects.filter(staff_id=staff).exists():
            account_open(username=f"rounds-{who.post_id}", staff_id=staff, password=PASSWORD)
    client = Client()
    client.force_login(Account.objects.get(staff_id=staff), BACKEND)
    return client


def said(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_it_goes_from_the_invitation_to_the_lock(cast: Cast, row: RoundCity) -> None:
    lead, at = browser(cast.supervisor), f"/assessment/{row.pk}/"
    writing, signing, heading = (
        _actor(f"{code}-3703", "handler", 0) for code in ("housing-construction", "urban-management", "health")
    )
    assert "2025年市域治理试评" in said(lead, "/assessment/")
    assert "参加这一轮" in said(lead, at)
    for do in ("join", "begin"):
        assert lead.post(f"{at}move/", {"do": do}).status_code == 302
    page = said(lead, at)
    assert ("尚未计算" in page, "缺数据" in page) == (True, False)
    with everything(), held_to("worker"):
        operations.items_compute(city_id=row.pk, now=NOW)
    assert "尚未计算" not in said(lead, at)
    for project, who in (("loop", signing), ("", heading)):
        given = {
            "project": project, "unit": f"{writing.unit_id}:handler", "signer_post_id": str(who.post_id), "due_on": "2025-12-05",
        }  # fmt: skip
        answer = lead.post(f"{at}duties/", given)
        assert answer.status_code == 302, answer.content.decode()
    assert "请选择" in said(lead, f"{at}duties/")
    page = said(lead, at)
    assert "差 1 项" in page
    assert "计算项手工填写 0 栏" in page

    writer = browser(writing)
    assert "完成 1 项" in said(writer, "/assessment/")
    item = said(writer, f"{at}items/satisfied/")
    assert "90.00%（90/100）" in item
    assert "不用填，也不能改" in item
    assert "看背后的事项" in item
    assert "上级认定" in said(writer, f"{at}items/vetoes/")
    answer = writer.post(f"{at}items/covenants/", {"words": "", "objection": "今年改为下半年备案", "based_on": "1"})
    assert answer.status_code == 302, answer.content.decode()
    assert writer.post(f"{at}items/covenants/", {"words": "", "objection": "…", "based_on": "1"}).status_code == 409

    signer, head = browser(signing), browser(heading)
    assert writer.post(f"{at}sign/", {"project": "loop"}).status_code == 403
    assert head.post(f"{at}sign/", {}).status_code == 409
    assert "签批这个项目" in said(signer, at)
    assert signer.post(f"{at}sign/", {"project": "loop"})["Location"] == at
    page = said(head, at)
    assert "除非省级退回" in page
    assert 'id="next_step"' not in head.get(at).content.decode()
    assert head.post(f"{at}sign/", {}).status_code == 302
    assert "已锁定" in said(lead, at)
    assert writer.post(f"{at}items/covenants/", {"words": "改", "objection": "", "based_on": "2"}).status_code == 409
    with acting(cast.supervisor):
        assert RoundCity.objects.get(pk=row.pk).state == "locked"


def test_it_offers_no_signature_to_who_wrote(cast: Cast, row: RoundCity) -> None:
    lead, at = browser(cast.supervisor), f"/assessment/{row.pk}/"
    seat, other = (_actor(f"{code}-3703", "handler", 0) for code in ("housing-construction", "health"))
    for do in ("join", "begin"):
        lead.post(f"{at}move/", {"do": do})
    with everything(), held_to("worker"):
        operations.items_compute(city_id=row.pk, now=NOW)
    given = {"unit": f"{seat.unit_id}:handler", "due_on": "2025-12-05"}
    lead.post(f"{at}duties/", {**given, "project": "loop", "signer_post_id": str(seat.post_id)})
    lead.post(f"{at}duties/", {**given, "project": "", "signer_post_id": str(other.post_id)})
    writer = browser(seat)
    assert "写了就不能签批这个项目" in said(writer, f"{at}items/covenants/")
    assert "写了就不能" not in said(lead, f"{at}items/covenants/")
    writer.post(f"{at}items/covenants/", {"words": "", "objection": "下半年备案", "based_on": "1"})
    page = said(writer, at)
    assert ("签批这个项目" in page, "请牵头单位另指定签批岗位" in page) == (False, True)
    page = said(lead, at)
    assert ("签批这个项目" in page, bool(re.search(r"等\S*住\S* \S*签批", page))) == (False, True)


def test_it_asks_little(cast: Cast, row: RoundCity) -> None:
    lead, at = browser(cast.supervisor), f"/assessment/{row.pk}/"
    for do in ("join", "begin"):
        lead.post(f"{at}move/", {"do": do})
    seat = _actor("housing-construction-3703", "handler", 0)
    given = {
        "project": "loop",
        "unit": f"{seat.unit_id}:handler",
        "signer_post_id": str(seat.post_id),
        "due_on": "2025-12-05",
    }
    assert lead.post(f"{at}duties/", given).status_code == 302
    for url in ("/assessment/", at, f"{at}duties/", f"{at}claims/", f"{at}items/satisfied/"):
        lead.get(url)
        with CaptureQueriesContext(connection) as seen:
            lead.get(url)
        assert len([one for one in seen if "SAVEPOINT" not in one["sql"]]) <= 12, url


def test_it_claims_on_a_page(cast: Cast, row: RoundCity) -> None:
    lead, at = browser(cast.supervisor), f"/assessment/{row.pk}/"
    for do in ("join", "begin"):
        lead.post(f"{at}move/", {"do": do})
    paper = SimpleUploadedFile("经验材料.pdf", b"%PDF-1.4\n% list\n%%EOF\n", content_type="application/pdf")
    answer = lead.post(f"{at}claims/", {"project": "loop", "words": "闭环做得早", "files": paper})
    assert answer.status_code == 302, answer.content.decode()
    assert "经验材料.pdf" in said(lead, f"{at}claims/")
    again = SimpleUploadedFile("第二篇.docx", DOCX_FILE)
    refused = lead.post(f"{at}claims/", {"project": "loop", "words": "再报", "files": again})
    assert (refused.status_code, "已经申报" in refused.content.decode()) == (409, True)
    stands = lead.get(f"{at}claims/").context["claims"][0]["row"]
    assert "闭环做得早" in said(lead, f"{at}claims/")
    again.seek(0)
    change = {"project": "loop", "do": "change", "based_on": stands.id, "words": "闭环做得早，办得实", "files": again}
    assert lead.post(f"{at}claims/", change).status_code == 302
    page = said(lead, f"{at}claims/")
    assert "Word（DOCX）" in page
    assert all(one in page for one in ("办得实", "经验材料.pdf", "第二篇.docx"))
    stale = lead.post(f"{at}claims/", {**change, "words": "旧页面写的", "files": ""})
    assert (stale.status_code, "刚刚变过" in stale.content.decode(), "旧页面写的" in stale.content.decode()) == (
        409,
        True,
        True,
    )
    stands = lead.get(f"{at}claims/").context["claims"][0]["row"]
    off = {"project": "loop", "do": "off", "based_on": stands.id, "paper": stands.papers[0].id}
    assert lead.post(f"{at}claims/", off).status_code == 302
    page = said(lead, f"{at}claims/")
    assert ("经验材料.pdf" in page, "第二篇.docx" in page, "办得实" in page) == (False, True, True)
    assert lead.post(f"{at}claims/", off).status_code == 409
    assert lead.post(f"{at}claims/", {"project": "loop", "do": "end"}).status_code == 302
    assert "还没有申报重点创" in said(lead, f"{at}claims/")


def test_it_leads_from_the_address_of_an_action_to_its_page(cast: Cast, row: RoundCity) -> None:
    lead, at = browser(cast.supervisor), f"/assessment/{row.pk}/"
    actions = {"move": "", "compute": "", "sign": "", "pack": "sent/", "send": "sent/"}
    for action, page in actions.items():
        answer = lead.get(f"{at}{action}/")
        assert (answer.status_code, answer["Location"]) == (302, f"{at}{page}"), action
    answer = lead.get(f"{at}items/satisfied/evidence/")
    assert (answer.status_code, answer["Location"]) == (302, f"{at}items/satisfied/#evidence")
    assert said(lead, at)
    assert Client().get(f"{at}sign/")["Location"].startswith("/accounts/login/")
    assert lead.put(f"{at}sign/").status_code == 405


def test_it_leaves_on_a_page_with_its_reason(cast: Cast, row: RoundCity) -> None:
    lead, at = browser(cast.supervisor), f"/assessment/{row.pk}/"
    assert lead.post(f"{at}move/", {"do": "withdraw"}).status_code == 422
    assert lead.post(f"{at}move/", {"do": "withdraw", "reason": "机构改革"}).status_code == 302
    assert "已退出" in said(lead, at)


def test_it_is_not_for_everybody(cast: Cast, row: RoundCity) -> None:
    county = browser(cast.handler)
    assert county.get(f"/assessment/{row.pk}/").status_code == 404
    assert browser(cast.dispatcher).get("/assessment/").status_code == 403
