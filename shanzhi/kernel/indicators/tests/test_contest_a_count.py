"""A unit contests that a matter counts: with a ground, words and evidence, decided one level up, changed once above that."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from shanzhi.core.errors import DomainError, NotAllowed
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.files.queries import attachments_of
from shanzhi.kernel.indicators import operations
from shanzhi.kernel.indicators.models import Behind, Exclusion, Said
from shanzhi.kernel.indicators.operations import Contest
from shanzhi.kernel.indicators.policy.excluding import (
    STATES,
    WAYS,
    ContestedAlready,
    ContestLate,
    ExclusionMovedOn,
    NobodyAbove,
    NoSuchExclusion,
    NotContestable,
    NotTheDecider,
)
from shanzhi.kernel.indicators.tests.support import PAPER, let_count, rules
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import NOW, Cast, _actor
from tests.desks import do
from tests.roles import everything, observer

__all__ = ["observer", "rules"]
pytestmark = pytest.mark.usefixtures("observer", "rules")
MONTH = 202511
LATER = NOW + timedelta(days=2)


@pytest.fixture
def number(cast: Cast) -> str:
    """A matter in the hands of a township's unit, that November's figure counts."""
    with acting(ANYONE):
        made = matters.report(
            new=NewReport(body="世纪花园3号楼电梯坏了三天", region_code="370303009006"), actor=ANYONE, now=NOW
        )
    do(cast.dispatcher, made, "accept", category="housing.property-service")
    do(cast.dispatcher, made, "dispatch", lead=_actor("township-370303009", "handler", 0).unit_id)
    with everything():
        let_count(made.matter_id, MONTH)
    return made.number


@pytest.fixture
def township(cast: Cast) -> Actor:
    return _actor("township-370303009", "handler", 0)


@pytest.fixture
def county(cast: Cast) -> Actor:
    return _actor("centre-370303", "supervisor", 0)


def ask(actor: Actor, number: str, *, now: datetime = LATER, files: tuple[Any, ...] = (PAPER,), key: Any = None,
        **changed: Any) -> int:  # fmt: skip
    given: dict[str, Any] = {
        "indicator_key": "satisfied",
        "month": MONTH,
        "ground": "rated-by-mistake",
        "words": "评错了单位",
    }
    with acting(actor):
        contest = Contest(number=number, **(given | changed))
        return operations.exclusion_ask(contest=contest, stored=files, actor=actor, now=now, key=key)


def decide(actor: Actor, pk: int, *, grant: bool = True, reason: str = "情况属实", now: datetime = LATER) -> None:
    with acting(actor):
        operations.exclusion_decide(exclusion_id=pk, grant=grant, reason=reason, actor=actor, now=now)


def revise(actor: Actor, pk: int, *, now: datetime = LATER) -> None:
    with acting(actor):
        operations.exclusion_revise(exclusion_id=pk, reason="证据不足", actor=actor, now=now)


def state(actor: Actor, pk: int) -> str:
    with acting(actor):
        found: str = Exclusion.objects.get(pk=pk).state
        return found


def test_it_goes_to_the_level_above(township: Actor, county: Actor, cast: Cast, number: str) -> None:
    pk = ask(township, number)
    with acting(county):
        row = Exclusion.objects.get(pk=pk)
        assert (row.state, row.to_unit_id, row.revise_unit_id) == ("asked", county.unit_id, cast.supervisor.unit_id)
        assert row.decide_by == date(2025, 11, 30)
        assert [said.text for said in Said.objects.all()] == ["评错了单位"]
        assert [file.sha256 for file in attachments_of("exclusion", pk)] == [PAPER.sha256]
    with acting(cast.neighbour_dispatcher):
        assert not Exclusion.objects.exists()
    decide(county, pk)
    assert state(county, pk) == "granted"
    with acting(cast.neighbour_dispatcher):
        assert Exclusion.objects.get(pk=pk).matter_number == number
        assert not Said.objects.exists()
        assert attachments_of("exclusion", pk) == []


def test_it_is_never_decided_by_who_asked(township: Actor, county: Actor, cast: Cast, number: str) -> None:
    pk = ask(township, number)
    with acting(township), pytest.raises(NotAllowed):
        operations.exclusion_decide(exclusion_id=pk, grant=True, reason="…", actor=township, now=LATER)
    with pytest.raises(NotTheDecider):
        decide(cast.supervisor, pk)
    with pytest.raises(NotTheDecider):
        decide(_actor("centre-370303009", "supervisor", 0), pk)
    with pytest.raises(NoSuchExclusion):
        decide(_actor("centre-370306", "supervisor", 0), pk)
    assert state(township, pk) == "asked"


def test_it_has_nobody_to_decide_above_the_city(cast: Cast, number: str) -> None:
    with pytest.raises(NobodyAbove):
        ask(cast.supervisor, number)


def test_it_needs_a_ground_words_and_evidence(township: Actor, cast: Cast, number: str) -> None:
    with pytest.raises(NotContestable) as wrong:
        ask(township, number, ground="because", words="  ", files=())
    assert set(wrong.value.fields) == {"ground", "words", "files"}
    with pytest.raises(NotContestable, match="没有找到这件事项"):
        ask(_actor("township-370306100", "handler", 0), number)
    with pytest.raises(NotContestable, match="不能剔除"):
        ask(township, number, indicator_key="accepted")
    with acting(cast.grid_worker), pytest.raises(NotAllowed):
        operations.exclusion_ask(
            contest=Contest(number, "satisfied", MONTH, "duplicate", "…"), stored=(), actor=cast.grid_worker, now=LATER
        )


def test_it_has_a_limit_after_the_month(township: Actor, number: str) -> None:
    with pytest.raises(ContestLate, match="2025年12月30日"):
        ask(township, number, now=datetime(2025, 12, 31, 2, 0, tzinfo=UTC))
    assert ask(township, number, now=datetime(2025, 12, 30, 2, 0, tzinfo=UTC))


def test_it_is_asked_once(township: Actor, county: Actor, number: str) -> None:
    key = uuid4()
    pk = ask(township, number, key=key)
    assert ask(township, number, key=key) == pk
    with pytest.raises(ContestedAlready, match="已经有人申诉"):
        ask(township, number)
    decide(county, pk, grant=False)
    with pytest.raises(ContestedAlready, match="决定不剔除"):
        ask(township, number)


def test_it_can_be_taken_back_until_it_is_decided(township: Actor, county: Actor, number: str) -> None:
    pk = ask(township, number)
    with acting(township):
        operations.exclusion_withdraw(exclusion_id=pk, actor=township, now=LATER)
    with pytest.raises(ExclusionMovedOn):
        decide(county, pk)
    again = ask(township, number)
    decide(county, again)
    with acting(township), pytest.raises(ExclusionMovedOn):
        operations.exclusion_withdraw(exclusion_id=again, actor=township, now=LATER)


def test_it_is_changed_once_by_the_level_above_the_decider(
    township: Actor, county: Actor, cast: Cast, number: str
) -> None:
    pk = ask(township, number)
    with pytest.raises(ExclusionMovedOn):
        revise(cast.supervisor, pk)
    decide(county, pk)
    with pytest.raises(NotTheDecider):
        revise(county, pk)
    with pytest.raises(ExclusionMovedOn, match="期限"):
        revise(cast.supervisor, pk, now=LATER + timedelta(days=31))
    revise(cast.supervisor, pk)
    assert state(township, pk) == "declined"
    with pytest.raises(ExclusionMovedOn):
        revise(cast.supervisor, pk)


def test_it_needs_a_reason(township: Actor, county: Actor, number: str) -> None:
    with pytest.raises(NotContestable) as wrong:
        decide(county, ask(township, number), reason="  ")
    assert set(wrong.value.fields) == {"reason"}


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_it_goes_only_the_ways_of_the_table(
    township: Actor, county: Actor, cast: Cast, number: str, before: str, after: str
) -> None:
    """The database knows the same ways as the rules, whoever writes."""
    pk = ask(township, number)
    if before in ("granted", "declined"):
        decide(county, pk, grant=before == "granted")
    elif before == "withdrawn":
        with acting(township):
            operations.exclusion_withdraw(exclusion_id=pk, actor=township, now=LATER)
    writes: dict[str, Any] = {"state": after}
    actor = township if after == "withdrawn" else county
    if before == "asked" and after in ("granted", "declined"):
        writes |= {"decided_at": LATER, "decided_by_post": county.post_id}
    elif before in ("granted", "declined"):
        actor, writes = cast.supervisor, writes | {"revised_at": LATER, "revised_by_post": cast.supervisor.post_id}
    with acting(actor):
        try:
            with transaction.atomic():
                went = Exclusion.objects.filter(pk=pk).update(**writes)
        except DatabaseError:
            went = 0
    assert bool(went) is ((before, after) in WAYS)


def test_it_lets_nobody_grant_their_own_wish(township: Actor, cast: Cast, number: str) -> None:
    """By every update that the database would let through, were the program to forget its rules."""
    pk = ask(_actor("centre-370303009", "supervisor", 0), number)
    asker = _actor("centre-370303009", "supervisor", 0)
    for writes in (
        {"state": "granted", "decided_at": LATER, "decided_by_post": asker.post_id},
        {"state": "granted", "decided_at": LATER, "decided_by_post": cast.supervisor.post_id},
        {"state": "granted", "decided_at": LATER, "decided_by_post": asker.post_id, "revised_by_post": asker.post_id},
    ):
        with acting(asker), pytest.raises((DatabaseError, DomainError)), transaction.atomic():
            Exclusion.objects.filter(pk=pk).update(**writes)
    assert state(asker, pk) == "asked"


def fresh(cast: Cast) -> matters.Reported:
    """A matter in the county's hands that no figure counts yet."""
    with acting(ANYONE):
        new = NewReport(body="世纪花园4号楼电梯坏了", region_code="370303009006")
        made = matters.report(new=new, actor=ANYONE, now=NOW)
    do(cast.dispatcher, made, "accept", category="housing.property-service")
    do(cast.dispatcher, made, "dispatch", lead=_actor("township-370303009", "handler", 0).unit_id)
    return made


def test_what_isn_t_counted_can_t_be_left_out(township: Actor, cast: Cast, number: str) -> None:
    other = fresh(cast)
    with pytest.raises(NotContestable, match="没有计入这件事项（数据截至 2025-11-18") as wrong:
        ask(township, other.number)
    assert set(wrong.value.fields) == {"number"}
    assert ask(township, number)


def test_another_month_than_that_in_which_it_counts_is_refused(township: Actor, cast: Cast, number: str) -> None:
    with pytest.raises(NotContestable, match="2025-10 的“满意率”还没有算出来"):
        ask(township, number, month=202510)
    with everything():
        let_count(fresh(cast).matter_id, 202510)
    with pytest.raises(NotContestable, match="2025-10 的“满意率”没有计入这件事项"):
        ask(township, number, month=202510)
    with pytest.raises(ContestLate, match="2025-12 还没有开始"):
        ask(township, number, month=202512)


def test_another_regions_matter_isn_t_the_units_to_contest(cast: Cast, number: str) -> None:
    """It counts, but the unit neither answers for its place nor took part in it."""
    with pytest.raises(NotContestable, match="没有找到这件事项"):
        ask(_actor("centre-370306", "supervisor", 0), number)


def test_whether_it_counts_is_answered_out_of_sight_of_the_figure(township: Actor, cast: Cast) -> None:
    """A unit may take part in a matter of a place whose figures it doesn't read."""
    made = fresh(cast)
    with everything():
        let_count(made.matter_id, MONTH, under="3799")
    with acting(township):
        assert not Behind.objects.exists()
    assert ask(township, made.number)


def test_what_hangs_under_a_lead_is_contested_at_its_lead(township: Actor, cast: Cast, number: str) -> None:
    with acting(ANYONE):
        new = NewReport(body="世纪花园3号楼电梯坏了三天", region_code="370303009006")
        made = matters.report(new=new, actor=ANYONE, now=NOW)
    do(cast.dispatcher, made, "link", same_as=number)
    supervisor = _actor("centre-370303009", "supervisor", 0)
    with pytest.raises(NotContestable, match=f"已并入 {number}（重复并单）"):
        ask(supervisor, made.number)
    assert ask(supervisor, number)


def test_a_figure_that_never_was_computed_can_t_be_contested(township: Actor, cast: Cast) -> None:
    with pytest.raises(NotContestable, match="还没有算出来"):
        ask(township, fresh(cast).number)
