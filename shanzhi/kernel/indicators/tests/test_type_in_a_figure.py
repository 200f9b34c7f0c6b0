"""A figure that people type in: by its post, in time, plausible, with evidence; what was before stays in sight."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.files.queries import attachments_of
from shanzhi.kernel.indicators import operations
from shanzhi.kernel.indicators.models import Permit, Value
from shanzhi.kernel.indicators.operations import Entry, KeyReused
from shanzhi.kernel.indicators.policy.entering import (
    BadValue,
    Late,
    MovedOn,
    NoSuchPermit,
    NotOver,
    NotTypedIn,
    NotYours,
    Outlier,
    PermitUnusable,
    Typed,
)
from shanzhi.kernel.indicators.policy.periods import read_period
from shanzhi.kernel.indicators.tests.support import PAPER, rules  # noqa: F401
from shanzhi.kernel.organisation.queries import region_of_code
from tests.city import Cast, _actor

pytestmark = pytest.mark.usefixtures("rules")
IN_TIME = datetime(2025, 11, 5, 2, 0, tzinfo=UTC)
TOWNSHIP = "370303009"


def region(code: str) -> int:
    found = region_of_code(code, date(2025, 10, 31))
    assert found is not None
    return found.id


@pytest.fixture
def keeper(cast: Cast) -> Actor:
    """The county's keeper, who types in its townships' figures."""
    return _actor("centre-370303", "keeper", 0)


def enter(actor: Actor, numerator: int, *, now: datetime = IN_TIME, key: str = "teams", code: str = TOWNSHIP,
          period: str = "2025-10", based_on: int = 0, files: tuple[Any, ...] = (PAPER,), denominator: int | None = None,
          words: str = "", confirmed: bool = False, submission: Any = None) -> int:  # fmt: skip
    entry = Entry(
        key, region(code), read_period(period), Typed(numerator, denominator, words, confirmed), based_on=based_on
    )
    with acting(actor):
        return operations.value_enter(entry=entry, stored=files, actor=actor, now=now, key=submission)


def test_it_is_kept_with_its_evidence(keeper: Actor) -> None:
    made = enter(keeper, 3)
    with acting(keeper):
        row = Value.objects.get(pk=made)
        assert (row.key, row.numerator, row.denominator, row.number, row.is_last) == ("teams", 3, 1, 1, True)
        assert (row.scope_code, row.under, row.post_id, row.late) == (TOWNSHIP, "370303", keeper.post_id, False)
        assert [file.sha256 for file in attachments_of("figure", made)] == [PAPER.sha256]


def test_it_is_the_nearest_post_of_the_role_that_types_it_in(keeper: Actor, cast: Cast) -> None:
    for actor in (cast.keeper, _actor("centre-370306", "keeper", 0), _actor("centre-370303", "supervisor", 0)):
        with pytest.raises(NotYours):
            enter(actor, 3)
    with pytest.raises(NotTypedIn):
        enter(keeper, 3, key="satisfied", code="370303009006")
    with pytest.raises(BadValue, match="不按这一级填报"):
        enter(keeper, 3, code="370303")


def test_it_is_an_assessor_alone_who_types_in_vetoes(keeper: Actor, cast: Cast) -> None:
    assert enter(_actor("centre-3703", "assessor", 0), 1, key="vetoes", code="370303")
    with pytest.raises(NotYours):
        enter(keeper, 1, key="vetoes", code="370303")


def test_it_waits_for_the_end_of_the_period(keeper: Actor) -> None:
    with pytest.raises(NotOver):
        enter(keeper, 3, period="2025-11")
    with pytest.raises(BadValue, match="不按这样的期间填报"):
        enter(keeper, 3, period="2025")


def test_it_says_what_cant_be(keeper: Actor) -> None:
    with pytest.raises(BadValue) as negative:
        enter(keeper, -1)
    assert set(negative.value.fields) == {"numerator"}
    with pytest.raises(BadValue) as without:
        enter(keeper, 1, files=())
    assert set(without.value.fields) == {"files"}
    year: dict[str, Any] = {
        "key": "covenants",
        "code": "370303",
        "period": "2024",
        "now": datetime(2025, 1, 5, tzinfo=UTC),
    }
    with pytest.raises(BadValue) as part:
        enter(keeper, 12, denominator=10, **year)
    assert set(part.value.fields) == {"numerator"}
    with pytest.raises(BadValue) as missing:
        enter(keeper, 12, **year)
    assert set(missing.value.fields) == {"denominator"}
    assert enter(keeper, 9, denominator=10, **year)


def test_it_asks_about_a_hundred_times_the_last(keeper: Actor) -> None:
    enter(keeper, 4, period="2025-09", now=datetime(2025, 10, 3, tzinfo=UTC))
    with pytest.raises(Outlier, match="400支，上一期是 4支"):
        enter(keeper, 400)
    with pytest.raises(Outlier):
        enter(keeper, 400, confirmed=True)
    with pytest.raises(Outlier):
        enter(keeper, 400, words="合并统计")
    with acting(keeper):
        assert not Value.objects.filter(first=202510).exists()
    made = enter(keeper, 400, confirmed=True, words="全区统一登记，电话13812345678")
    with acting(keeper):
        row = Value.objects.get(pk=made)
        assert row.confirmed
        assert "13812345678" not in row.words


def test_it_is_refused_when_late_until_the_level_above_permits_it(keeper: Actor, cast: Cast) -> None:
    now, period = datetime(2025, 11, 20, 2, 0, tzinfo=UTC), read_period("2025-10")
    with pytest.raises(Late, match="2025年11月10日"):
        enter(keeper, 3, now=now)
    wish: dict[str, Any] = {"indicator_key": "teams", "region_id": region(TOWNSHIP), "period": period, "actor": keeper}
    with acting(keeper):
        asked = operations.permit_ask(words="台风期间停电", now=now, **wish)
        with pytest.raises(PermitUnusable):
            operations.permit_ask(words="再次申请", now=now, **wish)
        with pytest.raises(PermitUnusable):
            operations.permit_ask(words="提前申请", now=IN_TIME, **wish)
    supervisor, own = cast.supervisor, _actor("centre-370303", "supervisor", 0)
    answer: dict[str, Any] = {"permit_id": asked, "reason": "情况属实", "now": now}
    with acting(own), pytest.raises(NoSuchPermit):
        operations.permit_decide(until_on=date(2025, 11, 25), actor=own, **answer)
    with acting(supervisor):
        with pytest.raises(BadValue):
            operations.permit_decide(until_on=date(2025, 11, 19), actor=supervisor, **answer)
        operations.permit_decide(until_on=date(2025, 11, 25), actor=supervisor, **answer)
        with pytest.raises(PermitUnusable):
            operations.permit_decide(until_on=None, actor=supervisor, **answer)
        assert Permit.objects.get(pk=asked).state == "granted"
    made = enter(keeper, 3, now=now)
    with acting(keeper):
        assert Value.objects.get(pk=made).late
    with pytest.raises(Late):
        enter(keeper, 4, now=datetime(2025, 11, 26, tzinfo=UTC), based_on=1)


def test_it_keeps_what_was_before_a_correction(keeper: Actor) -> None:
    enter(keeper, 3)
    with pytest.raises(MovedOn):
        enter(keeper, 4)
    enter(keeper, 4, based_on=1, words="漏报一支")
    with acting(keeper):
        rows = Value.objects.order_by("number").values_list("number", "numerator", "is_last")
        assert list(rows) == [(1, 3, False), (2, 4, True)]


def test_it_is_done_once_for_a_key(keeper: Actor) -> None:
    submission = uuid4()
    made = enter(keeper, 3, submission=submission)
    assert enter(keeper, 3, submission=submission) == made
    with pytest.raises(KeyReused):
        enter(keeper, 4, submission=submission)
    with acting(keeper):
        assert Value.objects.count() == 1


def test_it_is_seen_by_its_neighbours_and_not_across_the_city(keeper: Actor, cast: Cast) -> None:
    enter(keeper, 3)
    sees = {
        "county": keeper, "city": cast.supervisor, "township": cast.township_dispatcher, "community": cast.grid_worker,
        "neighbour": cast.neighbour_dispatcher,
    }  # fmt: skip
    found = {}
    for name, actor in sees.items():
        with acting(actor):
            found[name] = Value.objects.count()
    assert found == {"county": 1, "city": 1, "township": 1, "community": 1, "neighbour": 0}


def test_it_is_held_by_the_database_too(keeper: Actor, cast: Cast) -> None:
    """A program that forgets to ask: a foreign place, another post's name, a change of what was typed in."""
    made = enter(keeper, 3)
    row = Value.objects.none().model
    with acting(keeper):
        copy = {
            field.attname: getattr(Value.objects.get(pk=made), field.attname)
            for field in row._meta.concrete_fields
            if field.attname != "id"
        }
    wrong: list[tuple[Actor, dict[str, Any]]] = [
        (keeper, {"scope_code": "370306"}),
        (keeper, {"post_id": cast.keeper.post_id}),
        (cast.neighbour_dispatcher, {}),
        (cast.grid_worker, {}),
    ]
    for actor, changed in wrong:
        with acting(actor), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Value.objects.create(**(copy | {"number": 7, "is_last": False} | changed))
    with acting(keeper), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        Value.objects.filter(pk=made).update(numerator=99)
