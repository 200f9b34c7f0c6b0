"""A city hands in on pages: the pack is asked for and fetched, scores are objected to, findings taken over, evidence attached."""

import re
from datetime import date
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.evidence.operations import putting
from shanzhi.kernel.evidence.tests.made import document, put
from shanzhi.kernel.indicators.policy.definitions import Catalogue
from shanzhi.kernel.indicators.tests.support import rules
from shanzhi.kernel.packs.models import KeptLetter
from shanzhi.kernel.packs.queries.letters import file_name
from shanzhi.kernel.rounds import operations
from shanzhi.kernel.rounds.models import Build, Finding, Objection, Return, RoundCity
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.tests.support import LETTER, taken_over
from shanzhi.kernel.rounds.tests.test_hear_from_above import SLIP
from shanzhi.modules.assessment.tests.test_evaluate_on_pages import _moment, browser, said
from tests.city import NOW, Cast, _actor
from tests.roles import everything, observer

__all__ = ["_moment", "observer", "rules"]
pytestmark = pytest.mark.usefixtures("observer", "rules", "evidence_store")
SHA256 = "ab" * 32


@pytest.fixture
def row(cast: Cast) -> RoundCity:
    """A round that the city has locked."""
    row = taken_over(cast.supervisor)
    with everything():
        for state in ("joined", "evaluating", "locked"):
            RoundCity.objects.filter(pk=row.pk).update(state=state, submission=1 if state == "locked" else 0)
        row.refresh_from_db()
    return row


def is_built(row: RoundCity) -> int:
    """The pack is whole, and a letter."""
    with everything():
        Build.objects.filter(round_city=row).update(state="done", sha256=SHA256, size=9, ended_at=NOW, error="")
        kept = KeptLetter.objects.create(
            sha256=SHA256, direction="out", kind="pack", uid="first", round=str(row.round.uid), sender="370300",
            receiver="37", about="试评", made_at=NOW, bytes=9, state="kept", kept_at=NOW, signed_by=[],
        )  # fmt: skip
    storages["letters"].save(file_name(SHA256), ContentFile(b"the pack."))
    return int(kept.pk)


def test_it_builds_and_fetches_the_pack(cast: Cast, row: RoundCity) -> None:
    lead, at = browser(cast.supervisor), f"/assessment/{row.pk}/"
    assert "生成验收包" in said(lead, at)
    refused = lead.post(f"{at}send/")
    assert (refused.status_code, "验收包还没有生成" in refused.content.decode()) == (409, True)
    assert lead.post(f"{at}pack/").status_code == 302
    assert "等待生成" in said(lead, f"{at}sent/")
    assert "正在后台生成" in said(lead, at)
    polls = [b'hx-trigger="every 3s"' in lead.get(url).content for url in (at, f"{at}sent/")]
    assert polls == [True, True]
    with everything():
        Build.objects.update(
            state="failed", error='[["生成时出了错，没有生成。请再试一次；一直这样，请告诉系统管理员。",{}]]'
        )
    assert "生成时出了错" in said(lead, at)
    assert "再生成一次" in said(lead, f"{at}sent/")
    letter = is_built(row)
    page = said(lead, f"{at}sent/")
    assert "已生成" in page
    assert not any(b"hx-trigger" in lead.get(url).content for url in (at, f"{at}sent/"))
    assert SHA256[:16] in page
    answer = lead.get(f"{at}letters/{letter}/")
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, b"the pack.")  # type: ignore[attr-defined]
    assert lead.post(f"{at}send/").status_code == 302
    assert "已上报" in said(lead, at)
    page = said(lead, f"{at}sent/")
    assert ("已送出 2025年11月18日" in page, "待送出" in page, page.count("下载")) == (True, False, 2)
    with acting(cast.supervisor):
        operations.city_follow(
            city_id=row.pk, target=State.RETURNED, letter=UUID(int=9), actor=cast.supervisor, now=NOW
        )
        Return.objects.create(
            round_city_id=row.pk, submission=1, key="satisfied", reason="请附回访记录", returned_at=NOW
        )
    board = lead.get(at).content.decode()
    assert re.search(rf'href="{at}items/satisfied/">[^<]+</a>：请附回访记录', board)
    assert "已送出 2025年11月18日" in said(lead, f"{at}sent/")
    writer = browser(_actor("housing-construction-3703", "handler", 0))
    assert writer.get(f"{at}letters/{letter}/").status_code == 403
    county = browser(_actor("centre-370303", "supervisor", 0))
    assert county.get(f"{at}letters/{letter}/").status_code == 404
    storages["letters"].delete(file_name(SHA256))


def test_it_objects_and_takes_findings_over(cast: Cast, row: RoundCity) -> None:
    lead, at = browser(cast.supervisor), f"/assessment/{row.pk}/"
    text = SLIP.__class__(SLIP.round, SLIP.city, 1, State.RECEIVED, scores=SLIP.scores, findings=SLIP.findings)
    with acting(cast.supervisor):
        operations.slip_read(text=text, letter=LETTER, actor=cast.supervisor, now=NOW)
    assert "两件重复评价" in said(lead, f"{at}objections/")
    assert lead.post(f"{at}objections/", {"about": "province:satisfied", "words": ""}).status_code == 422
    given = {"about": "province:satisfied", "words": "回访记录在另一本台账"}
    assert lead.post(f"{at}objections/", given).status_code == 302
    page = said(lead, f"{at}objections/")
    assert "正在写成函件" in page
    assert "回访记录在另一本台账" in page
    assert lead.post(f"{at}objections/", given).status_code == 422
    assert "回访记录缺两户" in said(lead, f"{at}findings/")
    with everything():
        found = Finding.objects.get()
        assert Objection.objects.get().state == "open"
    assert browser(_actor("housing-construction-3703", "handler", 0)).post(f"{at}findings/").status_code == 403
    assert lead.post(f"{at}findings/", {"finding": "999999999"}).status_code == 404
    assert lead.post(f"{at}findings/", {"finding": str(found.pk)}).status_code == 302
    with everything():
        found.refresh_from_db()
    assert found.uid == UUID(int=3)
    assert f"看事项 {found.matter_number}" in said(lead, f"{at}findings/")


def test_it_attaches_evidence_that_is_there(
    cast: Cast, row: RoundCity, rules: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(putting, "catalogue_in_force", lambda: rules)
    lead, at = browser(cast.supervisor), f"/assessment/{row.pk}/items/satisfied/"
    paper = put(
        cast.supervisor, document("满意率抽查记录"), "370303009006", project="loop", arose_on=date(2025, 10, 20),
        title="满意率抽查记录",
    )  # fmt: skip
    assert "用作佐证" in said(lead, at)
    assert "0 份佐证" in said(lead, at)
    given = {"evidence": str(paper), "subject": str(row.round.uid), "place": "3703"}
    assert lead.post(f"{at}evidence/", given).status_code == 302
    page = said(lead, at)
    assert "1 份佐证" in page
    assert "从这一轮取下" in page
    assert lead.post(f"{at}evidence/", given | {"kind": "item", "do": "end"}).status_code == 302
    assert "0 份佐证" in said(lead, at)
    for url in (
        at,
        f"/assessment/{row.pk}/",
        *(f"/assessment/{row.pk}/{name}/" for name in ("sent", "objections", "findings")),
    ):
        lead.get(url)
        with CaptureQueriesContext(connection) as seen:
            lead.get(url)
        asked = [one["sql"] for one in seen if "SAVEPOINT" not in one["sql"]]
        assert len(asked) <= 12, (url, asked)
