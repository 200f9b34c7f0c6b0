"""A petitioner reads and prints the papers that were addressed to them, and nobody else's."""

import pytest
from django.test import Client
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import Cast

pytestmark = pytest.mark.django_db


def _petition(cast: Cast, title: str) -> tuple[Reported, dict[str, int]]:
    """A dispatched petition with a notice to its petitioner and a letter to the unit; the entries by which they were issued."""
    now = timezone.now()
    new = NewReport(body="地下室漏水", title=title, kind="petition", channel="window", region_code="370303009006")
    with acting(cast.dispatcher):
        made = operations.report(new=new, actor=cast.dispatcher, now=now)
        for action, fields in (("accept", {}), ("dispatch", {"lead": cast.handler.unit_id})):
            operations.act(matter_id=made.matter_id, action=action, actor=cast.dispatcher, now=now, fields=fields)
        issued = {
            line.code: operations.paper_issue(
                matter_id=made.matter_id,
                step=line.step,
                code=line.code,
                actor=cast.dispatcher,
                now=now,
                fields={"doc_no": "张信〔2025〕1号"},
            )
            for line in queries.card(made.matter_id, actor=cast.dispatcher, now=now).papers
        }
    return made, issued


def _follow(client: Client, made: Reported) -> None:
    client.post("/follow/", {"number": made.number, "code": made.follow_code})


def test_what_is_addressed_to_me_is_on_my_page_and_can_be_printed(client: Client, cast: Cast):
    made, issued = _petition(cast, "地下室漏水")
    _follow(client, made)
    mine = client.get(f"/my/{made.number}/").content.decode()
    own = f"/my/{made.number}/papers/{issued['acceptance_notice']}/"
    assert own in mine
    assert f"/papers/{issued['transfer_letter']}/" not in mine
    answer = client.get(own)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert "信访事项受理告知书" in answer.content.decode()


@pytest.mark.parametrize("which", ["transfer_letter", "none"])
def test_a_letter_between_offices_is_not_mine(client: Client, cast: Cast, which: str):
    made, issued = _petition(cast, "地下室漏水")
    _follow(client, made)
    assert client.get(f"/my/{made.number}/papers/{issued.get(which, 1)}/").status_code == 404


def test_another_petitioners_paper_is_not_there_for_me(client: Client, cast: Cast):
    mine, _ = _petition(cast, "地下室漏水")
    other, issued = _petition(cast, "楼顶漏水")
    _follow(client, mine)
    answer = client.get(f"/my/{other.number}/papers/{issued['acceptance_notice']}/")
    assert (answer.status_code, "楼顶漏水" in answer.content.decode()) == (404, False)
    assert Client().get(f"/my/{mine.number}/papers/{issued['acceptance_notice']}/").status_code == 404
