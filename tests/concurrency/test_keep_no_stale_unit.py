"""Units are kept in memory with their tree: no change that was rolled back, of another process or city ever shows."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import date

import pytest
from django.db import transaction

from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.operations import NewUnit
from shanzhi.kernel.organisation.policy import Level, UnitKind
from tests.city import NOW
from tests.concurrency.committed import City, as_role, at_once, committed_city

CODE = "housing-construction-370303"
OLD, TODAY = "张店区住房和城乡建设局", date(2025, 11, 18)


def name_now() -> str:
    unit = queries.unit_by_code(CODE, TODAY)
    assert unit is not None
    return unit.name


def shown() -> str:
    """The unit's name, which is the same by each way in which it is asked for."""
    unit = queries.unit_by_code(CODE, TODAY)
    by_place = queries.unit_for_department("housing-construction", Level.COUNTY, "370303009006", TODAY)
    assert unit is not None
    assert unit == by_place == queries.unit_by_id(unit.id, TODAY)
    return unit.name


def author(keeper: Actor) -> Author:
    return Author("post", keeper.post_id, keeper.unit_id)


def rename(keeper: Actor, name: str) -> None:
    with acting(keeper):
        unit = queries.unit_by_code(CODE, TODAY)
        assert unit is not None
        operations.unit_rename(unit_id=unit.id, name=name, short_name=name, on=TODAY, now=NOW, author=author(keeper))


@pytest.mark.parametrize("how", ["plainly", "within one page", "within a page in a page"])
def test_a_change_that_was_rolled_back_is_forgotten(city: City, how: str) -> None:
    """A page that draws itself anew after a refusal shows what is so, also where it had asked in between."""
    with nullcontext() if how == "plainly" else queries.one_tree():
        before = shown()
        with queries.one_tree() if how == "within a page in a page" else nullcontext():
            for is_nested in (False, True):
                with transaction.atomic():
                    with transaction.atomic() if is_nested else nullcontext():
                        rename(city.cast.keeper, "没有改成局")
                        assert shown() == "没有改成局"
                        transaction.set_rollback(True)
                    transaction.set_rollback(True)
                assert shown() == before
        assert shown() == before
    assert shown() == before


def test_a_unit_that_was_never_opened_is_not_there(city: City) -> None:
    new, keeper = NewUnit(UnitKind.VOLUNTEER, "没有开成志愿队", "370303009"), city.cast.keeper
    with queries.one_tree():
        shown()
        with transaction.atomic():
            with acting(keeper):
                pk = operations.unit_add(new=new, on=TODAY, now=NOW, author=author(keeper))
            assert queries.unit_by_id(pk, TODAY) is not None
            transaction.set_rollback(True)
        assert queries.unit_by_id(pk, TODAY) is None
    assert queries.unit_by_id(pk, TODAY) is None
    assert queries.units_within(CodeRanges.from_prefixes("3703"), TODAY, text="没有开成") == []


def by_another_process(city: City, name: str) -> None:
    """What another process does, of which this one hears nothing."""
    with as_role(city.installation, "owner") as opened:
        opened.execute("UPDATE organisation_tree_version SET version = gen_random_uuid()")
        opened.execute("UPDATE organisation_unit SET name = %s WHERE code = %s", [name, CODE])
        opened.commit()


def test_what_another_process_changes_shows_with_the_next_question(city: City) -> None:
    by_another_process(city, "别处改的局")
    assert shown() == "别处改的局"
    # Between asking for the tree and for its units: one page says one thing, and the next one is new.
    by_another_process(city, "先改的局")
    with queries.one_tree():
        queries.top_regions(TODAY)
        by_another_process(city, "后改的局")
        assert len({shown() for _ in range(3)}) == 1
    assert shown() == "后改的局"
    by_another_process(city, OLD)
    assert shown() == OLD


def test_what_another_process_takes_back_never_shows(city: City) -> None:
    with as_role(city.installation, "owner") as opened:
        opened.execute("UPDATE organisation_tree_version SET version = gen_random_uuid()")
        opened.execute("UPDATE organisation_unit SET name = '没有改成局' WHERE code = %s", [CODE])
        assert shown() == OLD
    assert shown() == OLD


def test_threads_that_change_and_ask_at_once_agree_in_the_end(city: City) -> None:
    def change(number: int) -> Callable[[], str]:
        def run() -> str:
            by_another_process(city, f"第{number}局")
            return name_now()

        return run

    outcomes = at_once(*(change(number) for number in range(6)), *[name_now] * 6)
    assert [one.error for one in outcomes] == [None] * 12
    with as_role(city.installation, "owner") as opened:
        row = opened.execute("SELECT name FROM organisation_unit WHERE code = %s", [CODE]).fetchone()
    assert row is not None
    assert shown() == row[0]


def test_two_cities_in_one_process_never_meet(city: City) -> None:
    """Copies of one city begin with the same version of the tree, and part with the first change; an empty city has none.
    The last test of the file: what it leaves behind is the standing city itself."""
    for name, other in (("second", "另一城的局"), ("third", "第三城的局")):
        with committed_city(name):
            assert shown() == OLD
            rename(city.cast.keeper, other)
            assert shown() == other
        with committed_city("bare", of="_empty"):
            assert queries.unit_by_code(CODE, TODAY) is None
        assert shown() == OLD
