"""A city evaluates itself: nothing is typed for what is computed, others sign, what is locked changes no more."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.files.queries import attachments_of
from shanzhi.kernel.indicators.models import Observation, Value
from shanzhi.kernel.indicators.tests.support import PAPER, TEXT, rules
from shanzhi.kernel.journal.models import Entry
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.rounds import operations
from shanzhi.kernel.rounds.models import Behind, Claim, Return, RoundCity, Score, Signed
from shanzhi.kernel.rounds.policy.items import hash_of
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.text import Guideline
from shanzhi.kernel.rounds.policy.words import (
    BadScore,
    Incomplete,
    ItemLocked,
    NotYourPart,
    StateMovedOn,
    TooLate,
)
from shanzhi.kernel.rounds.queries import claims, written_by
from shanzhi.kernel.rounds.tests.support import cut, let_stand, moved, taken_over
from tests.city import NOW, Cast, _actor
from tests.roles import everything, held_to, observer

__all__ = ["observer", "rules"]
pytestmark = pytest.mark.usefixtures("observer", "rules", "evidence_store")
LATER = NOW + timedelta(hours=1)
OTHER = StoredFile(sha256="cd" * 32, media_type="application/pdf", size=9, name="经验材料二.pdf")


@pytest.fixture
def writer() -> Actor:
    """A department of the city, which owes the one project."""
    return _actor("housing-construction-3703", "handler", 0)


@pytest.fixture
def signer() -> Actor:
    return _actor("urban-management-3703", "handler", 0)


@pytest.fixture
def head() -> Actor:
    return _actor("health-3703", "handler", 0)


@pytest.fixture
def row(cast: Cast) -> RoundCity:
    """The city evaluates itself by a guideline of two computed items that stand, and one that was typed in."""
    with everything():
        cut()
        city = organisation.top_regions(NOW.date())[0].id
        let_stand(city, "satisfied", 90, 100)
        let_stand(city, "accepted", 45, 60)
        let_stand(city, "accept_median", 3600, 60)
        let_stand(city, "teams", 4, 0)
    return moved(cast.supervisor, taken_over(cast.supervisor), State.JOINED, State.EVALUATING)


def compute(row: RoundCity, now: datetime = LATER) -> int:
    with everything(), held_to("worker"):
        return operations.items_compute(city_id=row.pk, now=now)


def share_out(cast: Cast, row: RoundCity, writer: Actor, signer: Actor, head: Actor) -> None:
    with acting(cast.supervisor):
        for project, who in (("loop", signer), ("", head)):
            operations.duty_give(
                city_id=row.pk, project=project, unit_id=writer.unit_id or 0, role="handler",
                signer_post_id=who.post_id or 0, due_on=date(2025, 12, 5), actor=cast.supervisor, now=NOW,
            )  # fmt: skip


def write(actor: Actor, row: RoundCity, key: str, *, now: datetime = LATER, **given: Any) -> int:
    with acting(actor):
        last = Score.objects.filter(round_city=row, key=key, stage="self", is_last=True).first()
        said: dict[str, Any] = {"words": "", "objection": "", "based_on": last.number if last else 0}
        return operations.item_write(city_id=row.pk, key=key, actor=actor, now=now, **(said | given))


def sign(actor: Actor, row: RoundCity, project: str = "loop", now: datetime = LATER) -> None:
    with acting(actor):
        operations.project_sign(city_id=row.pk, project=project, actor=actor, now=now)


def lock(actor: Actor, row: RoundCity, now: datetime = LATER) -> str:
    with acting(actor):
        digest = operations.round_lock(city_id=row.pk, actor=actor, now=now)
        row.refresh_from_db()
        return digest


def test_it_types_nothing_for_what_is_computed(cast: Cast, row: RoundCity) -> None:
    assert compute(row) == 5
    with acting(cast.supervisor):
        found = {one.key: one for one in Score.objects.filter(round_city=row)}
        assert (found["satisfied"].numerator, found["satisfied"].denominator) == (90, 100)
        assert found["satisfied"].points == Decimal(90)
        assert found["satisfied"].most == Decimal(100)
        assert found["satisfied"].post_id is None
        assert found["teams"].value == "value"
        assert found["covenants"].value == "missing"
        assert {one.typed for one in found.values()} == {0}
        assert "vetoes" not in found
        assert not Behind.objects.exists()
    assert compute(row) == 0


def test_it_counts_what_was_typed_for_the_round_alone(cast: Cast, row: RoundCity) -> None:
    with everything():
        for number, moment in enumerate((NOW - timedelta(days=9), LATER), 1):
            Value.objects.create(
                key="teams", version=1, region_id=number, scope_code="3703", under="3703", first=202510, length="month",
                number=1, is_last=True, numerator=2, denominator=0, words="", salt=b"", confirmed=False, late=False,
                unit_id=1, post_id=1, entered_at=moment,
            )  # fmt: skip
    compute(row)
    with acting(cast.supervisor):
        assert Score.objects.get(round_city=row, key="teams").typed == 1


def test_it_runs_the_guidelines_formula_where_the_city_has_another(cast: Cast) -> None:
    with everything():
        cut()
    text = TEXT.replace("r.satisfied >= 4", "r.satisfied >= 5")
    row = taken_over(cast.supervisor, guideline=Guideline("test", 1, text))
    moved(cast.supervisor, row, State.JOINED, State.EVALUATING)
    compute(row)
    with acting(cast.supervisor):
        assert Score.objects.get(round_city=row, key="satisfied").value == "not_applicable"
        assert Behind.objects.get(round_city=row, key="satisfied").matters == []


def test_it_is_written_by_who_owes_it(cast: Cast, row: RoundCity, writer: Actor, signer: Actor, head: Actor) -> None:
    compute(row)
    share_out(cast, row, writer, signer, head)
    write(writer, row, "satisfied", words="电话13812345678", objection="两件重复评价")
    with acting(writer):
        last = Score.objects.get(round_city=row, key="satisfied", is_last=True)
        assert "13812345678" not in last.words
        assert (last.number, last.numerator, last.points, last.reason, last.typed) == (
            2,
            90,
            Decimal(90),
            "两件重复评价",
            0,
        )
    with pytest.raises(NotYourPart):
        write(signer, row, "satisfied", words="…")
    with pytest.raises(StateMovedOn):
        write(writer, row, "satisfied", words="…", based_on=1)
    with pytest.raises(ItemLocked):
        write(writer, row, "vetoes", words="…")
    with pytest.raises(TooLate):
        write(writer, row, "satisfied", words="…", now=datetime(2025, 12, 11, 2, tzinfo=NOW.tzinfo))


def test_it_is_signed_by_others_and_locked(
    cast: Cast, row: RoundCity, writer: Actor, signer: Actor, head: Actor
) -> None:
    compute(row)
    share_out(cast, row, writer, signer, head)
    with pytest.raises(Incomplete, match="村规民约备案率"):
        sign(signer, row)
    write(writer, row, "covenants", objection="今年改为下半年备案")
    with pytest.raises(NotYourPart):
        sign(writer, row)
    sign(signer, row)
    with pytest.raises(NotYourPart):
        lock(signer, row)
    write(writer, row, "accepted", words="补充说明")
    with pytest.raises(Incomplete, match="闭环"):
        lock(head, row)
    sign(signer, row)
    digest = lock(head, row)
    assert (row.state, row.submission, row.locked_sha256) == ("locked", 1, digest)
    with acting(head):
        entry = Entry.objects.get(subject_kind="round_city", subject_id=row.pk, action="rounds.lock")
        assert entry.payload["sha256"] == digest
        assert (entry.payload["items"], entry.payload["typed"]) == (5, 0)
        body = operations.signing.locked_body(row, operations._scores.last_scores(row))
        assert hash_of(body) == digest
        assert Signed.objects.filter(round_city=row, ended_at=None).count() == 2
    with pytest.raises(ItemLocked):
        write(writer, row, "accepted", words="再改一次")
    assert compute(row) == 0
    with acting(writer), pytest.raises(DatabaseError), transaction.atomic():
        Score.objects.filter(round_city=row).update(is_last=False)


def test_it_is_signed_by_nobody_who_wrote_it(cast: Cast, row: RoundCity, writer: Actor, head: Actor) -> None:
    compute(row)
    share_out(cast, row, writer, writer, head)
    write(writer, row, "covenants", objection="今年改为下半年备案")
    with pytest.raises(NotYourPart, match="自己写的"):
        sign(writer, row)
    write(writer, row, "teams", words="新增一支队伍")
    with everything():
        Score.objects.filter(round_city=row, key="covenants").update(staff_id=None)
        Observation.objects.filter(key="teams").update(numerator=5)
    compute(row, LATER + timedelta(hours=1))
    with everything():
        assert Score.objects.get(round_city=row, key="teams", is_last=True).staff_id is None
    with pytest.raises(NotYourPart, match="自己写的"):
        sign(writer, row)


def test_it_is_signed_by_nobody_who_claimed_it(cast: Cast, row: RoundCity, writer: Actor, head: Actor) -> None:
    compute(row)
    lead = cast.supervisor
    share_out(cast, row, writer, lead, head)
    write(writer, row, "covenants", objection="今年改为下半年备案")
    with acting(lead):
        assert written_by(row.pk, lead.staff_id) == frozenset()
        operations.claim_make(
            city_id=row.pk, project="loop", words="闭环做得早", stored=(PAPER,), actor=lead, now=LATER
        )
        assert written_by(row.pk, lead.staff_id) == {"loop"}
    with pytest.raises(NotYourPart, match="自己写的"):
        sign(lead, row)
    with acting(lead):
        operations.claim_end(city_id=row.pk, project="loop", actor=lead, now=LATER)
    sign(lead, row)


def test_it_is_locked_once_its_months_are_cut(cast: Cast, writer: Actor, signer: Actor, head: Actor) -> None:
    row = moved(cast.supervisor, taken_over(cast.supervisor), State.JOINED, State.EVALUATING)
    share_out(cast, row, writer, signer, head)
    with pytest.raises(Incomplete, match="2025年10月还没有封账"):
        lock(head, row)


def test_it_opens_what_was_returned_alone(
    cast: Cast, row: RoundCity, writer: Actor, signer: Actor, head: Actor
) -> None:
    compute(row)
    share_out(cast, row, writer, signer, head)
    write(writer, row, "covenants", objection="今年改为下半年备案")
    sign(signer, row)
    lock(head, row)
    with everything():
        RoundCity.objects.filter(pk=row.pk).update(state="sent")
    with acting(cast.supervisor):
        operations.city_follow(
            city_id=row.pk, target=State.RETURNED, letter=row.round.uid, actor=cast.supervisor, now=LATER
        )
        Return.objects.create(round_city=row, submission=1, key="covenants", reason="请说明何时备案", returned_at=LATER)
    moved(cast.supervisor, row, State.EVALUATING)
    with pytest.raises(ItemLocked, match="没有被退回"):
        write(writer, row, "satisfied", words="…")
    with acting(writer), pytest.raises(DatabaseError), transaction.atomic():
        Score.objects.filter(round_city=row, key="satisfied").update(is_last=False)
    write(writer, row, "covenants", objection="12月31日前备案")
    sign(signer, row)
    before = row.locked_sha256
    assert lock(head, row) != before
    assert row.submission == 2


def test_it_claims_a_project_with_two_papers(
    cast: Cast, row: RoundCity, writer: Actor, signer: Actor, head: Actor
) -> None:
    compute(row)
    share_out(cast, row, writer, signer, head)
    write(writer, row, "covenants", objection="今年改为下半年备案")
    with acting(cast.supervisor):
        first = operations.claim_make(
            city_id=row.pk, project="loop", words="闭环做得早", stored=(PAPER,), actor=cast.supervisor, now=LATER
        )
    sign(signer, row)
    with pytest.raises(Incomplete, match="经验材料"):
        lock(head, row)
    with acting(cast.supervisor):
        operations.claim_change(
            city_id=row.pk, project="loop", stored=(OTHER,), based_on=first, actor=cast.supervisor, now=LATER
        )
    sign(signer, row)
    lock(head, row)
    with acting(cast.supervisor), pytest.raises(ItemLocked):
        operations.claim_end(city_id=row.pk, project="loop", actor=cast.supervisor, now=LATER)


def test_it_loses_nothing_of_a_claim(cast: Cast, row: RoundCity) -> None:
    lead = cast.supervisor

    def change(based_on: int, **more: Any) -> int:
        return operations.claim_change(city_id=row.pk, project="loop", based_on=based_on, actor=lead, now=LATER, **more)

    def stands() -> tuple[str, list[str]]:
        (one,) = claims(row.pk)
        return one.words, [paper.name for paper in one.papers]

    with acting(lead):
        first = operations.claim_make(
            city_id=row.pk, project="loop", words="闭环做得早", stored=(PAPER,), actor=lead, now=LATER
        )
        with pytest.raises(StateMovedOn, match="已经申报"):
            operations.claim_make(city_id=row.pk, project="loop", words="再报", stored=(OTHER,), actor=lead, now=LATER)
        assert stands() == ("闭环做得早", [PAPER.name])
        second = change(first, stored=(OTHER, PAPER))
        assert stands() == ("闭环做得早", [PAPER.name, OTHER.name])
        with pytest.raises(StateMovedOn, match="刚刚变过"):
            change(first, words="旧页面上写的")
        third = change(second, words="闭环做得早，群众满意")
        assert stands() == ("闭环做得早，群众满意", [PAPER.name, OTHER.name])
        (now,) = claims(row.pk)
        change(third, without=[now.papers[0].id])
        assert stands() == ("闭环做得早，群众满意", [OTHER.name])
        with pytest.raises(BadScore, match="最多 9 篇"):
            change(claims(row.pk)[0].id, stored=[replace(PAPER, sha256=f"{n:064x}") for n in range(9)])
        assert Claim.objects.filter(round_city=row).count() == 4
        assert attachments_of("round_claim", second)[0].name == PAPER.name
