"""One report from its first word to its reporter's verdict, by the operations that the pages use."""

from datetime import timedelta

import pytest

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import NOW, Cast

pytestmark = pytest.mark.django_db


def test_it_goes_from_report_to_verdict(cast: Cast) -> None:
    with acting(ANYONE):
        made = operations.report(
            new=NewReport(
                body="世纪花园3号楼电梯坏了三天，老人上不了楼。我叫王小明，电话13812345678",
                region_code="370303009006",
                contact_phone="13812345678",
            ),
            actor=ANYONE,
            now=NOW,
        )
    me = Actor(follow=(made.follow_hash,))

    def do(actor: Actor, action: str, **fields: object) -> operations.Done:
        with acting(actor):
            return operations.act(
                matter_id=made.matter_id, action=action, actor=actor, now=NOW + timedelta(minutes=5), fields=fields
            )

    assert do(cast.dispatcher, "accept", category="housing.property-service").stage == "accepted"
    assert (
        do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id, co=[cast.second_handler.unit_id]).stage
        == "dispatched"
    )
    assert do(cast.handler, "take").stage == "handling"
    assert do(cast.second_handler, "assist_done", words="已配合").stage == "handling"
    assert do(cast.handler, "reply", reply="电梯已修好。").stage == "checking"
    assert do(cast.checker, "check_pass", words="电话回访属实").stage == "verdict"
    assert do(me, "rate", solved=False, words="又坏了").stage == "handling"
    assert do(cast.handler, "reply", reply="更换了主板。").stage == "checking"
    assert do(cast.checker, "check_pass").stage == "verdict"
    assert do(me, "rate", solved=True, satisfied=5).stage == "closed"
    with acting(me):
        card = queries.card(made.matter_id, actor=me, now=NOW)
    assert "138****5678" in card.body
    assert card.reply == "更换了主板。"
    assert card.counts == {"reopenings": 1}
    assert [entry.title for entry in card.timeline] == [
        "反映", "受理", "派单", "签收", "答复", "核查通过", "评价", "答复", "核查通过", "评价",
    ]  # fmt: skip
