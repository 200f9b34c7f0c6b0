"""Two units say that it isn't theirs: the level above rules, its ruling is final, and the next matter of the kind goes by it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Clock, Precedent
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.process import FieldsMissing, FieldsWrong, LimitReached, RoleForbids, StageForbids
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import NOW, Cast
from tests.desks import do, may, refused

pytestmark = pytest.mark.django_db

CATEGORY = "housing.property-service"
NOT_OURS: dict[str, Any] = {"ground": "return.not-our-duty", "words": "三定规定第五条：不归我局"}


def reported() -> Reported:
    with acting(ANYONE):
        new = NewReport(body="小区门口的井盖松了", title="井盖", region_code="370303009006")
        return operations.report(new=new, actor=ANYONE, now=NOW)


@pytest.fixture
def returned_twice(cast: Cast) -> Reported:
    """Given back by two units, and with the first one again."""
    matter = reported()
    do(cast.dispatcher, matter, "accept", category=CATEGORY)
    for actor in (cast.handler, cast.second_handler):
        do(cast.dispatcher, matter, "dispatch", lead=actor.unit_id)
        do(actor, matter, "hand_back", **NOT_OURS)
    do(cast.dispatcher, matter, "dispatch", lead=cast.handler.unit_id)
    return matter


def suggested(cast: Cast, matter: Reported) -> int | None:
    with acting(cast.dispatcher):
        hint = queries.triage_hint(matter.matter_id, now=NOW, category=CATEGORY)
    return hint.unit.id if hint.unit else None


def test_a_return_takes_a_ground_and_words(cast: Cast):
    matter = reported()
    do(cast.dispatcher, matter, "accept", category=CATEGORY)
    do(cast.dispatcher, matter, "dispatch", lead=cast.handler.unit_id)
    refused(FieldsMissing, "请填写", cast.handler, matter, "hand_back", ground="return.not-our-duty")
    refused(FieldsMissing, "请填写", cast.handler, matter, "hand_back", words="不归我们")
    refused(StageForbids, "退单满2次以后", cast.handler, matter, "ask_ruling", **NOT_OURS)


def test_after_two_returns_the_level_above_rules(cast: Cast, returned_twice: Reported):
    with acting(cast.supervisor):
        before = Clock.objects.get(matter_id=returned_twice.matter_id, code="handle", stopped_at=None)
    refused(LimitReached, "请申请裁定", cast.handler, returned_twice, "hand_back", **NOT_OURS)
    do(cast.handler, returned_twice, "ask_ruling", **NOT_OURS)
    refused(RoleForbids, "", cast.dispatcher, returned_twice, "rule", lead=cast.second_handler.unit_id, words="按职责")
    refused(
        FieldsWrong, "不同意", cast.supervisor, returned_twice, "rule", lead=cast.handler.unit_id, words="仍由你局办"
    )
    # While nobody has ruled the unit goes on with it, and the clock runs.
    do(cast.handler, returned_twice, "take")
    done = do(cast.supervisor, returned_twice, "rule", lead=cast.second_handler.unit_id, words="井盖属城管职责")
    assert done.stage == "dispatched"
    with acting(cast.supervisor):
        after = Clock.objects.get(matter_id=returned_twice.matter_id, code="handle", stopped_at=None)
        assert (after.pk, after.due_at) == (before.pk, before.due_at)
        card = queries.card(returned_twice.matter_id, actor=cast.supervisor, now=NOW)
    assert [(share.state, share.is_open) for share in card.shares] == [
        ("returned", False),
        ("returned", False),
        ("moved", False),
        ("waiting", True),
    ]
    # Final: the unit that has it now may neither give it back nor ask again.
    refused(LimitReached, "裁定是终局的，不能再退单", cast.second_handler, returned_twice, "hand_back", **NOT_OURS)
    refused(LimitReached, "终局", cast.second_handler, returned_twice, "ask_ruling", **NOT_OURS)


def test_the_next_matter_of_the_kind_there_goes_by_the_ruling(cast: Cast, returned_twice: Reported):
    later = reported()
    assert suggested(cast, later) == cast.handler.unit_id
    do(cast.handler, returned_twice, "ask_ruling", **NOT_OURS)
    do(cast.supervisor, returned_twice, "rule", lead=cast.second_handler.unit_id, words="井盖属城管职责")
    assert suggested(cast, later) == cast.second_handler.unit_id
    with acting(cast.dispatcher):
        assert queries.triage_hint(later.matter_id, now=NOW, category=CATEGORY).is_ruled
        elsewhere = queries.suggested_unit(CATEGORY, "370306100200", NOW)
    assert elsewhere == cast.neighbour_handler.unit_id


def test_a_ruling_for_the_unit_that_asked_is_final_too(cast: Cast, returned_twice: Reported):
    do(cast.handler, returned_twice, "ask_ruling", **NOT_OURS)
    do(cast.supervisor, returned_twice, "decline_ruling", words="职责清单第三条，由你局办理")
    refused(LimitReached, "终局", cast.handler, returned_twice, "ask_ruling", **NOT_OURS)
    refused(LimitReached, "裁定是终局的，不能再退单", cast.handler, returned_twice, "hand_back", **NOT_OURS)
    with acting(cast.dispatcher):
        assert not Precedent.objects.exists()


def test_the_database_lets_nobody_make_up_a_precedent(cast: Cast, returned_twice: Reported):
    given: dict[str, Any] = {
        "category": CATEGORY,
        "region_code": "370303009",
        "unit_id": cast.second_handler.unit_id,
        "matter_id": returned_twice.matter_id,
        "ruled_at": NOW + timedelta(days=1),
    }
    with acting(cast.handler), pytest.raises(ProgrammingError), transaction.atomic():
        Precedent.objects.create(**given, by_unit_id=cast.supervisor.unit_id or 0)
    with acting(cast.handler), pytest.raises(ProgrammingError), transaction.atomic():
        Precedent.objects.create(**given, by_unit_id=cast.handler.unit_id or 0)
    with acting(cast.handler), pytest.raises(ProgrammingError), transaction.atomic():
        Precedent.objects.create(**given | {"region_code": "370306100"}, by_unit_id=cast.handler.unit_id or 0)


@pytest.mark.parametrize("ending", ["rule", "decline_ruling"])
def test_what_was_ruled_isn_t_transferred(cast: Cast, returned_twice: Reported, ending: str):
    do(cast.handler, returned_twice, "ask_ruling", **NOT_OURS)
    given = {"lead": cast.second_handler.unit_id} if ending == "rule" else {}
    do(cast.supervisor, returned_twice, ending, NOW + timedelta(minutes=1), words="按职责清单", **given)
    other = cast.handler.unit_id if ending == "rule" else cast.second_handler.unit_id
    for actor in (cast.dispatcher, cast.supervisor):
        refused(StageForbids, "裁定是终局的", actor, returned_twice, "transfer", lead=other)
        # No button that could only refuse.
        assert "transfer" not in may(actor, returned_twice, NOW + timedelta(minutes=1))


def test_before_the_ruling_it_may_still_be_transferred(cast: Cast, returned_twice: Reported):
    do(cast.handler, returned_twice, "ask_ruling", **NOT_OURS)
    assert "transfer" in may(cast.dispatcher, returned_twice)


def test_a_transfer_asks_what_a_dispatch_asks(cast: Cast):
    matter = reported()
    do(cast.dispatcher, matter, "accept", category=CATEGORY)
    for minute, actor in enumerate((cast.handler, cast.second_handler)):
        do(cast.dispatcher, matter, "dispatch", NOW + timedelta(minutes=5 * minute), lead=actor.unit_id)
        do(actor, matter, "take", NOW + timedelta(minutes=5 * minute + 1))
        do(actor, matter, "hand_back", NOW + timedelta(minutes=5 * minute + 2), **NOT_OURS)
    refused(FieldsWrong, "首接单位", cast.dispatcher, matter, "dispatch", lead=cast.second_handler.unit_id)
    do(cast.dispatcher, matter, "dispatch", lead=cast.handler.unit_id)
    refused(FieldsWrong, "首接单位", cast.dispatcher, matter, "transfer", lead=cast.second_handler.unit_id)
