"""A city reads slips, objects to scores until a day, and lets findings become matters."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import SYSTEM
from shanzhi.kernel.indicators.tests.support import rules
from shanzhi.kernel.journal.models import Entry
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.rounds import operations
from shanzhi.kernel.rounds.models import Finding, Objection, Return, RoundCity, Score
from shanzhi.kernel.rounds.policy.slips import (
    Decision,
    Listed,
    ObjectionsText,
    ObjectionText,
    Returned,
    SlipFinding,
    SlipScore,
    SlipText,
    read_objections,
    read_slip,
)
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import (
    AnotherCitys,
    BadScore,
    NoSuchRound,
    RoundUnreadable,
    Stage,
    StateMovedOn,
    TooLate,
)
from shanzhi.kernel.rounds.tests.support import LETTER, round_text, taken_over
from tests.city import NOW, Cast
from tests.roles import everything, held_to, observer

__all__ = ["observer", "rules"]
pytestmark = pytest.mark.usefixtures("observer", "rules")
LATER = NOW + timedelta(days=2)
SCORE = SlipScore(
    "satisfied", "loop", Stage.PROVINCE, "value", 88, 100, Decimal("88.00"), Decimal("100.00"), False, "两件重复评价"
)
FOUND = SlipFinding(
    UUID(int=3), "satisfied", Stage.PROVINCE, "370303009", "世纪花园", "回访记录缺两户", date(2025, 12, 31)
)
SLIP = SlipText(
    UUID(int=1), "3703", 1, State.RETURNED, "材料不全", date(2025, 12, 18), (Returned("covenants", "请说明何时备案"),),
    (SCORE,), (FOUND,),
)  # fmt: skip


@pytest.fixture
def row(cast: Cast) -> RoundCity:
    """The city has handed in once."""
    row = taken_over(cast.supervisor)
    with everything():
        for state in ("joined", "evaluating", "locked", "sent"):
            RoundCity.objects.filter(pk=row.pk).update(
                state=state, submission=1 if state == "locked" else row.submission
            )
            row.refresh_from_db()
    return row


def read(cast: Cast, text: SlipText = SLIP) -> RoundCity:
    with acting(cast.supervisor):
        pk = operations.slip_read(text=text, letter=LETTER, actor=cast.supervisor, now=LATER)
        return RoundCity.objects.get(pk=pk)


def test_it_reads_a_slip_as_it_was_written() -> None:
    whole = replace(
        SLIP,
        decisions=(Decision(UUID(int=4), False, "证据不足"),),
        listed=(Listed("3703", "淄博市", Decimal("91.20"), True),),
    )
    assert read_slip(whole.to_json()) == whole
    said = ObjectionsText(
        UUID(int=1), "3703", (ObjectionText(UUID(int=4), "satisfied", Stage.PROVINCE, "算少了", NOW),)
    )
    assert read_objections(said.to_json()) == said


@pytest.mark.parametrize(
    "changed",
    [{"form": "shanzhi-slip-2"}, {"state": "lost"}, {"submission": "1"}, {"returned": [{"key": 1}]}, {"city": None}],
)
def test_it_refuses_a_slip_that_it_can_not_read(changed: dict[str, Any]) -> None:
    with pytest.raises(RoundUnreadable):
        read_slip(json.dumps(json.loads(SLIP.to_json()) | changed).encode())
    with pytest.raises(RoundUnreadable):
        read_slip(b"{")


def test_it_takes_a_return_over_with_scores_and_findings_once(cast: Cast, row: RoundCity) -> None:
    found = read(cast)
    assert (found.state, found.until_on, found.reason) == ("returned", date(2025, 12, 18), "材料不全")
    read(cast)
    with acting(cast.supervisor):
        assert Return.objects.get().reason == "请说明何时备案"
        score = Score.objects.get(round_city=row, stage="province")
        assert (score.points, score.post_id) == (Decimal(88), None)
        assert Finding.objects.get().matter_number == ""
        found.refresh_from_db()
        assert found.state == "returned"


def test_each_slip_that_says_something_new_is_in_the_journal(cast: Cast, row: RoundCity) -> None:
    read(cast)
    read(cast)
    later = replace(SLIP, findings=(FOUND, replace(FOUND, uid=UUID(int=9), place="张店区")))
    read(cast, later)
    read(cast, later)
    with acting(cast.supervisor):
        entries = Entry.objects.filter(subject_kind="round_city", subject_id=row.pk, action="rounds.slip")
        assert [one.payload["findings"] for one in entries.order_by("subject_step")] == [1, 2]


def test_it_is_taken_over_by_the_background_too(cast: Cast) -> None:
    with everything(), held_to("worker"):
        operations.round_take_over(text=round_text(), letter=LETTER, actor=SYSTEM, now=NOW)
        pk = RoundCity.objects.get().pk
        operations.city_follow(city_id=pk, target=State.SENT, letter=LETTER, actor=SYSTEM, now=NOW)
        operations.slip_read(text=replace(SLIP, submission=0), letter=LETTER, actor=SYSTEM, now=LATER)
    with acting(cast.supervisor):
        assert RoundCity.objects.get().state == "returned"


def test_it_refuses_what_does_not_fit(cast: Cast, row: RoundCity) -> None:
    with pytest.raises(NoSuchRound):
        read(cast, replace(SLIP, round=UUID(int=99)))
    with pytest.raises(AnotherCitys):
        read(cast, replace(SLIP, city="3705"))
    with pytest.raises(StateMovedOn):
        read(cast, replace(SLIP, submission=2))
    with pytest.raises(NoSuchRound, match="unknown"):
        read(cast, replace(SLIP, returned=(Returned("unknown", "…"),)))
    with pytest.raises(BadScore, match="超过满分"):
        read(cast, replace(SLIP, scores=(replace(SCORE, points=Decimal(101)),)))
    with acting(cast.supervisor):
        assert not Return.objects.exists()
        assert RoundCity.objects.get(pk=row.pk).state == "sent"


def test_it_hears_that_it_is_out_of_the_round_whatever_it_has_handed_in(cast: Cast, row: RoundCity) -> None:
    out = SlipText(UUID(int=1), "3703", 0, State.WITHDRAWN, "到期没有收到验收包")
    found = read(cast, read_slip(out.to_json()))
    assert (row.submission, found.state, found.reason) == (1, "withdrawn", "到期没有收到验收包")
    assert read(cast, out).state == "withdrawn"


def test_it_objects_until_the_day(cast: Cast, row: RoundCity) -> None:
    read(cast)

    def ask(now: datetime = LATER, words: str = "回访记录在另一本台账", stage: Stage = Stage.PROVINCE) -> int:
        with acting(cast.supervisor):
            return operations.objection_make(
                city_id=row.pk, key="satisfied", stage=stage, words=words, actor=cast.supervisor, now=now
            )

    with pytest.raises(TooLate):
        ask(datetime(2026, 1, 21, 2, tzinfo=NOW.tzinfo))
    with pytest.raises(BadScore):
        ask(words=" ")
    with pytest.raises(NoSuchRound):
        ask(stage=Stage.CENTRE)
    pk = ask()
    with pytest.raises(StateMovedOn):
        ask()
    with acting(cast.supervisor):
        (said,) = operations.objections_text(RoundCity.objects.select_related("round").get(pk=row.pk)).objections
        assert (said.key, said.words) == ("satisfied", "回访记录在另一本台账")
    read(cast, replace(SLIP, decisions=(Decision(said.uid, True, "情况属实"),)))
    with acting(cast.supervisor):
        assert Objection.objects.get(pk=pk).state == "upheld"


def test_it_lets_a_finding_become_a_matter(cast: Cast, row: RoundCity) -> None:
    read(cast)
    with acting(cast.supervisor):
        pk = Finding.objects.get().pk
        number = operations.finding_take(finding_id=pk, actor=cast.supervisor, now=LATER)
        assert operations.finding_take(finding_id=pk, actor=cast.supervisor, now=LATER) == number
        found = Finding.objects.get()
        assert (found.matter_number, found.matter_id is not None) == (number, True)
    with acting(cast.dispatcher):
        lying = matters.matter_behind(number)
        assert lying is not None
        assert lying.matter_id == found.matter_id
