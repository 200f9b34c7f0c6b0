"""A city's way through a round: every pair of states, both sides, and what a letter says."""

import dataclasses
import json
from itertools import product

import pytest
from django.db import IntegrityError, connection, transaction

from shanzhi.core.errors import NotAllowed
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.journal.models import Entry
from shanzhi.kernel.rounds import operations
from shanzhi.kernel.rounds.models import Round, RoundCity
from shanzhi.kernel.rounds.policy.states import ENDS, STATES, WAYS, Side, State, path, way_between
from shanzhi.kernel.rounds.policy.text import Calendar, Guideline, Place, read_round
from shanzhi.kernel.rounds.policy.words import AnotherCitys, BadScore, NoSuchRound, RoundUnreadable, StateMovedOn
from shanzhi.kernel.rounds.tests.support import CALENDAR, LETTER, round_text, taken_over
from tests.city import NOW, Cast


def test_it_leads_from_every_state_to_an_end_and_from_none_back() -> None:
    assert set(State) == set(STATES)
    for state in State:
        ways = [way for way in WAYS.values() if way.source is state]
        assert bool(ways) is (state not in ENDS)
        if state not in ENDS:
            assert path(state, State.FINAL)
    with pytest.raises(StateMovedOn):
        path(State.FINAL, State.EVALUATING)


def test_it_refuses_every_move_that_is_not_in_the_table() -> None:
    for source, target in product(State, State):
        if (source, target) in WAYS:
            assert way_between(source, target).why
        else:
            with pytest.raises(StateMovedOn, match=STATES[source]):
                way_between(source, target)


def test_it_follows_a_letter_by_the_shortest_way() -> None:
    assert [way.target for way in path(State.INVITED, State.RECEIVED)] == [
        "joined",
        "evaluating",
        "locked",
        "sent",
        "received",
    ]
    assert [way.target for way in path(State.SENT, State.RETURNED)] == ["received", "returned"]
    assert path(State.SENT, State.SENT) == ()
    assert {way.side for way in path(State.SENT, State.FINAL)} == {Side.PROVINCE, Side.CENTRE}


def test_it_reads_a_round_as_it_was_written() -> None:
    text = round_text(announced=({"draw": 1},))
    assert read_round(text.to_json(), text.guideline.text.encode()) == text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"form": "shanzhi-round-2"}, "shanzhi-round-2"),
        ({"first": 202513}, "期间"),
        ({"first": 202511}, "期间"),
        ({"cities": []}, "城市"),
        ({"name": " "}, "名称"),
        ({"kind": "practice"}, "practice"),
    ],
)
def test_it_says_what_is_wrong_with_a_round(changed: dict[str, object], said: str) -> None:
    text = round_text()
    body = json.dumps(json.loads(text.to_json()) | changed).encode()
    with pytest.raises(RoundUnreadable, match=said):
        read_round(body, text.guideline.text.encode())


def test_it_says_when_the_guideline_is_another_one() -> None:
    text = round_text()
    with pytest.raises(RoundUnreadable, match="SHA-256"):
        read_round(text.to_json(), text.guideline.text.encode() + b"\n")
    days = dataclasses.astuple(CALENDAR)
    backwards = round_text(calendar=Calendar(*reversed(days)))
    with pytest.raises(RoundUnreadable, match="日程"):
        read_round(backwards.to_json(), backwards.guideline.text.encode())


def test_it_takes_a_round_over_once_and_joins(cast: Cast) -> None:
    row = taken_over(cast.supervisor)
    again = taken_over(cast.supervisor)
    assert (again.pk, row.city_code, row.state) == (row.pk, "3703", "invited")
    with acting(cast.supervisor):
        assert Round.objects.get().is_ours is False
        assert RoundCity.objects.count() == 1
        operations.city_move(city_id=row.pk, target=State.JOINED, actor=cast.supervisor, now=NOW)
        row.refresh_from_db()
        assert (row.state, row.steps) == ("joined", 2)
        entries = Entry.objects.filter(subject_kind="round_city", subject_id=row.pk).order_by("subject_step")
        assert [entry.action for entry in entries] == ["rounds.open", "rounds.city_move"]


def test_it_leaves_with_a_reason_alone(cast: Cast) -> None:
    row = taken_over(cast.supervisor)
    with acting(cast.supervisor):
        with pytest.raises(BadScore):
            operations.city_move(city_id=row.pk, target=State.WITHDRAWN, actor=cast.supervisor, now=NOW)
        operations.city_move(
            city_id=row.pk,
            target=State.WITHDRAWN,
            reason="机构改革，下一轮再参加，电话13812345678",
            actor=cast.supervisor,
            now=NOW,
        )
        row.refresh_from_db()
        assert row.state == "withdrawn"
        assert "13812345678" not in row.reason
        with pytest.raises(StateMovedOn):
            operations.city_move(city_id=row.pk, target=State.JOINED, actor=cast.supervisor, now=NOW)


def test_it_is_moved_by_who_may_and_by_the_side_whose_move_it_is(cast: Cast) -> None:
    row = taken_over(cast.supervisor)
    with acting(cast.handler), pytest.raises(NoSuchRound):
        operations.city_move(city_id=row.pk, target=State.JOINED, actor=cast.handler, now=NOW)
    with acting(cast.supervisor):
        operations.city_follow(city_id=row.pk, target=State.SENT, letter=LETTER, actor=cast.supervisor, now=NOW)
        row.refresh_from_db()
        assert (row.state, row.steps) == ("sent", 5)
        with pytest.raises(NotAllowed):
            operations.city_move(city_id=row.pk, target=State.RECEIVED, actor=cast.supervisor, now=NOW)


def test_it_is_not_another_citys(cast: Cast) -> None:
    with acting(cast.supervisor):
        with pytest.raises(AnotherCitys, match="东营市"):
            operations.round_take_over(
                text=round_text(cities=(Place("3705", "东营市"),)), letter=LETTER, actor=cast.supervisor, now=NOW
            )
        unsound = Guideline("test", 1, "[catalogue]\ncode = 1\n")
        with pytest.raises(RoundUnreadable, match="指南"):
            operations.round_take_over(
                text=round_text(guideline=unsound), letter=LETTER, actor=cast.supervisor, now=NOW
            )


def test_it_is_moved_by_no_other_way_in_the_database_either(cast: Cast) -> None:
    row = taken_over(cast.supervisor)
    with acting(cast.supervisor), connection.cursor() as cursor:
        for source, target in product(State, State):
            if source is target:
                continue
            cursor.execute("SAVEPOINT tried")
            allowed = True
            try:
                with transaction.atomic():
                    _jump(row.pk, source)
                    RoundCity.objects.filter(pk=row.pk).update(state=target.value)
            except IntegrityError:
                allowed = False
            cursor.execute("ROLLBACK TO SAVEPOINT tried")
            assert allowed is ((source, target) in WAYS), (source, target)


def _jump(pk: int, state: State) -> None:
    """To a state by ways that there are."""
    for way in path(State.INVITED, state):
        RoundCity.objects.filter(pk=pk).update(state=way.target.value)
