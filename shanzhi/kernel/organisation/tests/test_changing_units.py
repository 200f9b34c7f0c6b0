"""A keeper renames, moves and closes units; what was so before stays."""

from datetime import date, timedelta

import pytest

from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.operations import NewUnit
from shanzhi.kernel.organisation.policy import BadPeriod, UnitKind, UnknownRegion
from shanzhi.kernel.organisation.policy.offices import (
    BadUnit,
    ChangedMeanwhile,
    HistoryWritten,
    NoSuchUnit,
    UnitBusy,
    UnitExists,
)
from shanzhi.kernel.organisation.tests.cast import AUTHORED, LOADED, OPENED, TODAY, importing
from tests.roles import everything

pytestmark = pytest.mark.usefixtures("keeper")

YESTERDAY = TODAY - timedelta(days=1)
MEDIATION = NewUnit(UnitKind.MEDIATION, "马尚街道人民调解委员会", "370303009", short_name="马尚调委会")


def _id(code: str, on: date = TODAY) -> int:
    unit = queries.unit_by_code(code, on)
    assert unit is not None, code
    return unit.id


def test_it_sets_up_a_unit_from_a_day() -> None:
    unit_id = operations.unit_add(new=MEDIATION, on=YESTERDAY, **AUTHORED)
    unit = queries.unit_by_id(unit_id, YESTERDAY)
    assert unit is not None
    assert (unit.code, unit.name, unit.level.value) == ("mediation-370303009", "马尚街道人民调解委员会", "township")
    assert queries.unit_by_id(unit_id, YESTERDAY - timedelta(days=1)) is None
    second = operations.unit_add(new=MEDIATION, on=TODAY, **AUTHORED)
    assert _id("mediation-370303009-2") == second
    with everything():
        assert [row.action for row in journal.entries_of("unit", unit_id)] == ["unit.add"]


@pytest.mark.parametrize(
    ("new", "on", "error"),
    [
        (NewUnit(UnitKind.MEDIATION, " ", "370303009"), TODAY, BadUnit),
        (NewUnit(UnitKind.MEDIATION, "长" * 101, "370303009"), TODAY, BadUnit),
        (NewUnit(UnitKind.DEPARTMENT, "某局", "370303"), TODAY, BadUnit),
        (NewUnit(UnitKind.DEPARTMENT, "某局", "370303", department="no-such"), TODAY, BadUnit),
        (NewUnit(UnitKind.MEDIATION, "某会", "370303", capacity=0), TODAY, BadUnit),
        (NewUnit(UnitKind.MEDIATION, "某会", "370399"), TODAY, UnknownRegion),
        (NewUnit(UnitKind.MEDIATION, "某会", "370303009"), OPENED - timedelta(days=1), UnknownRegion),
        (NewUnit(UnitKind.MEDIATION, "某会", "370303009", parent_id=10**9), TODAY, NoSuchUnit),
        (NewUnit(UnitKind.CENTRE, "又一个中心", "370303"), TODAY, UnitExists),
        (NewUnit(UnitKind.DEPARTMENT, "又一个局", "370303", department="justice"), TODAY, UnitExists),
        (NewUnit(UnitKind.MEDIATION, "某会", "370303", code="Ab c"), TODAY, BadUnit),
        (NewUnit(UnitKind.MEDIATION, "某会", "370303", code="centre-3703"), TODAY, UnitExists),
    ],
)
def test_it_refuses_a_unit_that_cannot_be(new: NewUnit, on: date, error: type[Exception]) -> None:
    with pytest.raises(error):
        operations.unit_add(new=new, on=on, **AUTHORED)


def test_it_keeps_what_a_unit_was_called() -> None:
    unit_id = _id("justice-370303")
    operations.unit_rename(unit_id=unit_id, name="张店司法局", short_name="司法局", on=YESTERDAY, version=1, **AUTHORED)
    card = queries.office_card(unit_id)
    assert card is not None
    assert (card.name, card.version) == ("张店司法局", 2)
    assert [(past.since, past.until, past.name) for past in card.past] == [(OPENED, YESTERDAY, "张店区司法局")]
    # Undone by a later edit: both are on record.
    operations.unit_rename(unit_id=unit_id, name="张店区司法局", short_name="司法局", on=TODAY, version=2, **AUTHORED)
    card = queries.office_card(unit_id)
    assert card is not None
    assert [past.name for past in card.past] == ["张店司法局", "张店区司法局"]


def test_it_tells_the_second_what_the_first_changed() -> None:
    unit_id = _id("justice-370303")
    operations.unit_rename(unit_id=unit_id, name="张店司法局", short_name="司法局", on=TODAY, version=1, **AUTHORED)
    with pytest.raises(ChangedMeanwhile, match="名称：张店区司法局 → 张店司法局"):
        operations.unit_rename(unit_id=unit_id, name="别的名称", short_name="", on=TODAY, version=1, **AUTHORED)


def test_it_refuses_days_that_cannot_be() -> None:
    unit_id = _id("justice-370303")
    operations.unit_rename(unit_id=unit_id, name="新名", short_name="", on=TODAY, **AUTHORED)
    with pytest.raises(HistoryWritten, match="不能再从更早的"):
        operations.unit_rename(unit_id=unit_id, name="旧名", short_name="", on=YESTERDAY, **AUTHORED)
    with pytest.raises(Exception, match="还没有到"):
        operations.unit_rename(unit_id=unit_id, name="新名二", short_name="", on=TODAY + timedelta(days=1), **AUTHORED)


def test_it_never_puts_a_unit_below_itself() -> None:
    township, community = _id("township-370303009"), _id("community-370303009006")
    with pytest.raises(BadUnit, match="不能归自己"):
        operations.unit_move(unit_id=township, parent_id=township, on=TODAY, **AUTHORED)
    with pytest.raises(BadUnit, match="不能归自己"):
        operations.unit_move(unit_id=township, parent_id=community, on=TODAY, **AUTHORED)
    operations.unit_move(unit_id=community, parent_id=_id("township-370303008"), on=TODAY, **AUTHORED)
    card = queries.office_card(community)
    assert card is not None
    assert (card.parent_name, card.past[0].more) == ("四宝山街道办事处", "马尚街道办事处")


def test_it_closes_a_unit_with_its_posts() -> None:
    unit_id = _id("justice-370303")
    posts = queries.posts_of_unit(unit_id, TODAY)
    closed = operations.unit_close(unit_id=unit_id, on=TODAY, **AUTHORED)
    assert closed == len(posts) > 0
    assert queries.unit_by_id(unit_id, TODAY) is None
    assert queries.unit_by_id(unit_id, YESTERDAY) is not None
    assert queries.post_cards([card.post_id for card in posts], TODAY) == {}
    with pytest.raises(NoSuchUnit):
        operations.unit_close(unit_id=unit_id, on=TODAY, **AUTHORED)
    # The same type can be set up anew; the old one's code stays its own.
    again = NewUnit(UnitKind.DEPARTMENT, "张店区司法局", "370303", department="justice")
    made = operations.unit_add(new=again, on=TODAY, **AUTHORED)
    assert _id("justice-370303-2") == made


def test_it_asks_who_takes_the_units_below() -> None:
    township, other = _id("township-370303009"), _id("township-370303008")
    with pytest.raises(UnitBusy, match="下面还有 2 个单位"):
        operations.unit_close(unit_id=township, on=TODAY, **AUTHORED)
    with pytest.raises(BadUnit):
        operations.unit_close(unit_id=township, on=TODAY, successor_id=_id("community-370303009006"), **AUTHORED)
    operations.unit_close(unit_id=township, on=TODAY, successor_id=other, **AUTHORED)
    card = queries.office_card(_id("community-370303009006"))
    assert card is not None
    assert card.parent_id == other


def test_it_refuses_a_close_before_a_post_was_taken() -> None:
    unit_id = _id("justice-370303")
    post = queries.posts_of_unit(unit_id, TODAY)[0]
    operations.end_holding(post_id=post.post_id, on=TODAY - timedelta(days=9), **AUTHORED)
    assert post.staff_id is not None
    with importing():
        operations.hold_post(post_id=post.post_id, staff_id=post.staff_id, on=TODAY, **LOADED)
    with pytest.raises(BadPeriod):
        operations.unit_close(unit_id=unit_id, on=YESTERDAY, **AUTHORED)
