"""Clocks near or past their limits climb the ladder: each rung is told once, in service hours, and says why.

Worked out by hand: NOW is Tuesday, 18 November 2025, 10:30. A matter that is taken then has to be answered for first on
Wednesday the 19th, 17:30 (首次联系, one working day; it warns four working hours before, at 13:30).
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

import pytest
from django.db import ProgrammingError, connection
from django.utils import translation

from shanzhi.config import database
from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.catalogue.policy import RuleBookError
from shanzhi.kernel.clock.policy import shipped_calendar
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Rung as Told
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.operations.climbing import LADDER_TEXTS, _Group, _readers
from shanzhi.kernel.matters.policy.ladder import At, Rung, Tell, is_service_time, parse_ladder, reached_before
from shanzhi.kernel.matters.tests import kind_support
from shanzhi.kernel.matters.web.show import rungs_of
from shanzhi.kernel.notices.models import Notice
from tests.city import NOW
from tests.concurrency.committed import City, city
from tests.desks import do, in_hand

__all__ = ["city"]

OFFICE = shipped_calendar()
at = partial(kind_support.at, 2025, 11)
HOLDER, UNIT, CENTRE, ABOVE, VACANT = LADDER_TEXTS


@pytest.fixture(autouse=True)
def clean(city: City) -> Iterator[None]:
    """Each test begins with no open clock of another."""
    yield
    with database.acting_as(city.installation, "owner"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE matters_rung, notices_notice")
        cursor.execute("UPDATE matters_clock SET stopped_at = started_at WHERE stopped_at IS NULL")


def climb(city: City, now: datetime) -> list[tuple[int, str, str, int, str]]:
    """A pass; what it told: unit, role, text, how many, the first one's number."""
    with database.acting_as(city.installation, "owner"):
        before = set(Notice.objects.values_list("pk", flat=True))
    with database.acting_as(city.installation, "worker"):
        operations.ladder_climb(now=now)
    with database.acting_as(city.installation, "owner"):
        rows = Notice.objects.exclude(pk__in=before).order_by("unit_id", "role", "text")
        return [(row.unit_id, row.role, row.text, row.params["count"], row.params["number"]) for row in rows]


def test_each_rung_is_told_once_when_it_is_reached(city: City):
    matter = in_hand(city.cast)
    handler, centre = city.cast.handler.unit_id, city.cast.supervisor.unit_id
    assert climb(city, at(19, 13, 29)) == []
    assert climb(city, at(19, 13, 31)) == [(handler, "handler", HOLDER, 1, matter.number)]
    assert climb(city, at(19, 14)) == []
    assert climb(city, at(20, 17, 30)) == []  # one working day after the 19th ends with office hours of the 20th
    assert {row[:3] for row in climb(city, at(20, 17, 31))} == {(handler, "handler", UNIT)}
    assert climb(city, at(22, 12)) == []  # Saturday
    assert climb(city, at(24, 17, 30)) == []  # 20, 21, 24: three working days
    assert climb(city, at(24, 17, 31)) == [(centre, "supervisor", CENTRE, 1, matter.number)]
    assert climb(city, at(26, 17, 31)) == [(centre, "supervisor", ABOVE, 1, matter.number)]
    assert climb(city, at(27, 9)) == []


def test_nothing_is_told_at_night_and_nothing_is_lost(city: City):
    matter = in_hand(city.cast)
    assert climb(city, at(26, 22, 30)) == []
    assert climb(city, at(27, 7, 59)) == []
    # On all four rungs at once: the highest is told, the others are past.
    assert climb(city, at(27, 8)) == [(city.cast.supervisor.unit_id, "supervisor", ABOVE, 1, matter.number)]
    assert climb(city, at(27, 9)) == []


def test_many_matters_are_one_message(city: City):
    first, *_ = [in_hand(city.cast) for _ in range(3)]
    assert climb(city, at(19, 13, 31)) == [(city.cast.handler.unit_id, "handler", HOLDER, 3, first.number)]


def test_a_clock_that_stands_still_or_was_kept_tells_nobody(city: City):
    paused, kept = in_hand(city.cast), in_hand(city.cast)
    cast = city.cast
    do(cast.handler, paused, "ask_pause", ground="pause.reporter", words="等反映人补充材料", until="2025-11-28")
    do(cast.supervisor, paused, "grant_pause")
    do(cast.handler, kept, "contact", words="已联系")
    assert climb(city, at(21, 18)) == []


def test_a_unit_without_anybody_is_told_of_to_the_level_above(city: City):
    group = _Group(0, 7, 1, "request", 3, "handling", "370303009006", 2, "SZ1", NOW)
    held = {1: frozenset({"supervisor", "dispatcher"})}
    for tell in (Tell.HOLDER, Tell.UNIT):
        assert list(_readers(tell, group, 1, held)) == [(1, "supervisor", VACANT)]
    there = held | {7: frozenset({"handler", "supervisor"})}
    assert list(_readers(Tell.HOLDER, group, 1, there)) == [(7, "handler", HOLDER)]
    assert list(_readers(Tell.UNIT, group, 1, there)) == [(7, "handler", UNIT), (7, "supervisor", UNIT)]
    # Only its supervisor is left: nobody there can act, so the level above hears of it.
    assert list(_readers(Tell.UNIT, group, 1, held | {7: frozenset({"supervisor"})})) == [(1, "supervisor", VACANT)]


@pytest.mark.parametrize(
    ("days", "now", "before"),
    [
        (0, at(20, 9), at(20, 9)),
        (1, at(20, 17, 31), at(20, 0)),  # what was due on the 19th
        (1, at(20, 17, 30), at(19, 0)),  # not yet: on the 18th
        (3, at(24, 17, 31), at(20, 0)),  # 20, 21, 24
        (1, at(24, 12), at(21, 0)),  # Monday at noon: due on Thursday the 20th, Friday is over
        (1, datetime(2025, 10, 9, 17, 31, tzinfo=CITY_ZONE), datetime(2025, 10, 9, tzinfo=CITY_ZONE)),
        # National day: off 1 to 8 October, so one working day after anything due in them ends on the 9th.
        (1, datetime(2025, 10, 8, 12, tzinfo=CITY_ZONE), datetime(2025, 9, 30, tzinfo=CITY_ZONE)),
    ],
)
def test_the_rung_counts_working_days_past_the_limit(days: int, now: datetime, before: datetime):
    assert reached_before(Rung("x", At.OVERDUE, days, Tell.UNIT), now, OFFICE) == before


def test_service_hours_are_the_calendars():
    service = OFFICE.named("service")
    told = [is_service_time(moment, service) for moment in (at(22, 7, 59), at(22, 8), at(22, 21, 59), at(22, 22))]
    assert told == [False, True, True, False]
    assert not is_service_time(at(22, 12), OFFICE)  # Saturday


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"code": "a", "at": "late", "tell": "unit"}],
        [{"code": "a", "at": "overdue", "tell": "everybody"}],
        [{"code": "a", "at": "overdue", "tell": "unit", "after": "3d"}],
        [{"code": "a", "at": "overdue", "tell": "unit", "after": "61wd"}],
        [{"code": "a", "at": "overdue", "tell": "unit", "after": "soon"}],
        [{"code": "a", "at": "warning", "tell": "unit", "after": "1wd"}],
        [{"code": "a", "at": "overdue", "tell": "unit", "who": "me"}],
        [
            {"code": "a", "at": "overdue", "tell": "unit"},
            {"code": "a", "at": "overdue", "tell": "unit", "after": "1wd"},
        ],
        [
            {"code": "a", "at": "overdue", "tell": "unit", "after": "3wd"},
            {"code": "b", "at": "warning", "tell": "holder"},
        ],
    ],
)
def test_a_ladder_that_leads_nowhere_is_refused(rows: list[dict[str, str]]):
    with pytest.raises(RuleBookError):
        parse_ladder({"rung": rows})


def why(actor: Actor, matter: Reported, now: datetime) -> list[str]:
    with acting(actor), translation.override("zh-hans"):
        return [text for _, text in rungs_of(queries.card(matter.matter_id, actor=actor, now=now))]


def test_the_page_says_why_it_reached_somebody(city: City):
    matter, cast = in_hand(city.cast), city.cast
    for now in (at(19, 13, 31), at(20, 17, 31), at(24, 17, 31), at(26, 17, 31)):
        climb(city, now)
    late = at(26, 18)
    assert why(cast.supervisor, matter, late) == [
        "因“首次联系”超期满 5 个工作日，按催办阶梯第 4 级升级至您。",
        "因“首次联系”超期满 3 个工作日，按催办阶梯第 3 级升级至您。",
        "因“首次联系”超期满 1 个工作日，按催办阶梯第 2 级提醒承办单位。",
        "因“首次联系”快到期，按催办阶梯第 1 级提醒现在该办的岗位。",
    ]
    assert why(cast.handler, matter, late)[1:3] == [
        "因“首次联系”超期满 3 个工作日，按催办阶梯第 3 级升级至受理中心督办员。",
        "因“首次联系”超期满 1 个工作日，按催办阶梯第 2 级提醒您。",
    ]
    reporter = Actor(follow=(matter.follow_hash,))
    assert why(reporter, matter, late) == [], "what offices tell each other isn't the reporter's to read"


def test_each_clock_is_told_once_a_rung_however_often_the_pass_runs(city: City):
    matters = [in_hand(city.cast) for _ in range(3)]
    for _ in range(2):
        for now in (at(19, 13, 31), at(20, 17, 31), at(24, 17, 31), at(26, 17, 31)):
            climb(city, now)
    with database.acting_as(city.installation, "owner"):
        rows = list(Told.objects.values_list("clock__matter_id", "clock__code", "rung"))
        told = {
            text: sum(row.params["count"] for row in Notice.objects.filter(text=text))
            for text in (HOLDER, UNIT, CENTRE)
        }
    assert len(rows) == len(set(rows))
    assert told == {HOLDER: 3, UNIT: 3, CENTRE: 3}, "three matters, each once a rung"
    assert {pk for pk, *_ in rows} == {matter.matter_id for matter in matters}


def test_a_rung_below_the_one_that_was_told_is_past(city: City):
    matter = in_hand(city.cast)
    assert [row[2] for row in climb(city, at(26, 18))] == [ABOVE]
    with database.acting_as(city.installation, "owner"):
        assert list(Told.objects.filter(clock__matter_id=matter.matter_id).values_list("rung", flat=True)) == [
            "overdue-5"
        ]
    # A notice that makes a day off of a working day lets the clock stand lower again: nobody is told of that.
    assert climb(city, at(24, 18)) == []


def test_nobody_sees_the_tellings_of_what_they_do_not_see(city: City):
    matter = in_hand(city.cast)
    climb(city, at(26, 18))
    with acting(city.cast.supervisor):
        assert Told.objects.filter(clock__matter_id=matter.matter_id).count() == 1
    with acting(city.cast.neighbour_handler):
        assert Told.objects.count() == 0
    with acting(ANYONE):
        assert Told.objects.count() == 0
    with acting(city.cast.supervisor), pytest.raises(ProgrammingError):
        Told.objects.create(clock_id=1, rung="x", told_at=NOW)
