"""Several do the same at once: each is done once, or the second is told that it is done."""

from uuid import uuid4

import pytest

from shanzhi.config import database
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import SYSTEM
from shanzhi.kernel.rounds.models import Receipt, Result, RoundCity, Score
from shanzhi.kernel.rounds.operations import deciding, marking, receiving
from shanzhi.kernel.rounds.operations.receiving import Arrived
from shanzhi.kernel.rounds.policy.words import Stage, StateMovedOn
from shanzhi.kernel.rounds.tests.letters_support import uid_of
from shanzhi.kernel.rounds.tests.upper_support import THEN, mark, named, opened, received, scored, scores_json
from tests.concurrency.committed import at_once
from tests.upper import Upper, upper

__all__ = ["upper"]
P = Stage.PROVINCE


@pytest.fixture
def city_id(upper: Upper) -> int:
    """A city whose pack came, with two assessors."""
    pk = opened(upper, cities=("3703",))["3703"]
    named(upper, pk, (P, "assessor1"), (P, "assessor2"))
    received(upper, pk)
    return pk


def test_two_assessors_score_one_item(upper: Upper, city_id: int) -> None:
    outcomes = at_once(
        lambda: mark(upper["assessor1"], city_id, "satisfied", "85", "两件不实"),
        lambda: mark(upper["assessor2"], city_id, "satisfied", "70", "口径不对"),
    )
    assert (sorted(one.value for one in outcomes), [one.error for one in outcomes]) == ([1, 2], [None, None])
    with database.acting_as(upper.installation, "worker"):
        rows = Score.objects.filter(round_city=city_id, key="satisfied", stage=P)
        assert (rows.count(), rows.get(is_last=True).number) == (2, 2)


def test_an_item_is_scored_while_the_city_goes_back(upper: Upper, city_id: int) -> None:
    organiser = upper["organiser"]

    def go_back() -> None:
        with acting(organiser):
            marking.city_return(city_id=city_id, reasons={"accepted": "口径不对"}, actor=organiser, now=THEN)

    marked, returned = at_once(lambda: mark(upper["assessor1"], city_id, "satisfied", "85", "两件不实"), go_back)
    assert returned.error is None
    assert marked.value == 1 or isinstance(marked.error, StateMovedOn), marked
    with database.acting_as(upper.installation, "worker"):
        assert RoundCity.objects.get(pk=city_id).state == "returned"
        assert Score.objects.filter(round_city=city_id, stage=P).count() == (marked.value or 0)


def test_one_pack_is_taken_in_twice(upper: Upper) -> None:
    pk = opened(upper, cities=("3706",))["3706"]
    uid, letter = uid_of(upper, pk), uuid4()
    arrived = Arrived(letter, uid, "3706", "cd" * 32, scores_json(uid, "3706"))

    def take() -> int:
        return receiving.pack_received(arrived=arrived, actor=SYSTEM, now=THEN)

    with database.acting_as(upper.installation, "worker"):  # The role is the process's: both threads connect with it.
        first, second = at_once(take, take)
    done = [one.value for one in (first, second) if one.error is None]
    assert len(set(done)) == 1, (first, second)
    with database.acting_as(upper.installation, "worker"):
        assert Receipt.objects.filter(round_city=pk).count() == 1
        assert RoundCity.objects.get(pk=pk).submission == 1


def test_the_list_is_published_twice(upper: Upper, city_id: int) -> None:
    scored(upper, city_id)
    centre = upper["centre1"]
    with acting(centre):
        round_id = RoundCity.objects.get(pk=city_id).round_id

    def publish() -> int:
        with acting(centre):
            return deciding.results_publish(round_id=round_id, actor=centre, now=THEN)

    outcomes = at_once(publish, publish)
    assert [one.value for one in outcomes] == [1, 1], outcomes
    with database.acting_as(upper.installation, "worker"):
        assert Result.objects.filter(round_city=city_id).count() == 1
