"""Units hear what they owe and what waits for them; values come from a file, what can't be taken stays with its reason."""

from datetime import UTC, date, datetime

import pytest

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.core.importing import Circumstances
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.indicators import operations, telling
from shanzhi.kernel.indicators.models import Value
from shanzhi.kernel.indicators.policy.periods import read_period
from shanzhi.kernel.indicators.subjects import FIELDS, VALUES
from shanzhi.kernel.indicators.tests.support import in_force
from shanzhi.kernel.notices.queries import notices_for
from shanzhi.kernel.organisation.queries import region_of_code
from tests.city import _actor
from tests.concurrency.committed import City, city

__all__ = ["city"]


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    in_force(monkeypatch)


def told(made: City, actor_of: tuple[str, str]) -> list[str]:
    actor = _actor(*actor_of, 0)
    with acting(actor):
        found = notices_for(actor.unit_id or 0, actor.role)
    return [row.message % row.params for row in found if "indicator" in row.message or row.params.get("name")]


def test_it_reminds_once_before_and_once_after_the_date(city: City) -> None:
    with database.acting_as(city.installation, "worker"):
        early = telling.remind(now=datetime(2025, 11, 6, 1, 0, tzinfo=UTC))
        assert telling.remind(now=datetime(2025, 11, 8, 1, 0, tzinfo=UTC)) > early
        telling.remind(now=datetime(2025, 11, 9, 1, 0, tzinfo=UTC))
    lines = told(city, ("centre-370303", "keeper"))
    assert [line for line in lines if "志愿服务队" in line and "四宝山" in line] == [
        "请在 2025-11-10 以前填报：志愿服务队 2025-10（四宝山街道）"
    ]


def test_it_tells_who_answers_and_then_who_asked(city: City) -> None:
    keeper, supervisor = _actor("centre-370303", "keeper", 0), city.cast.supervisor
    now = datetime(2025, 11, 20, 2, 0, tzinfo=UTC)
    place = region_of_code("370303009", date(2025, 10, 31))
    assert place is not None
    with acting(keeper):
        pk = operations.permit_ask(
            indicator_key="teams",
            region_id=place.id,
            period=read_period("2025-10"),
            words="停电",
            actor=keeper,
            now=now,
        )
    with database.acting_as(city.installation, "worker"):
        drain(now=lambda: now)
    assert "申请补报待您答复：志愿服务队 2025-10（马尚街道）" in told(city, ("centre-3703", "supervisor"))
    with acting(supervisor):
        operations.permit_decide(permit_id=pk, until_on=None, reason="请下期补", actor=supervisor, now=now)
    with database.acting_as(city.installation, "worker"):
        drain(now=lambda: now)
    assert "补报申请未同意：志愿服务队 2025-10（马尚街道）" in told(city, ("centre-370303", "keeper"))


def test_it_takes_a_file_and_says_what_it_cant_take(city: City) -> None:
    keeper = _actor("centre-370303", "keeper", 0)
    how = Circumstances(
        now=datetime(2025, 11, 7, 2, 0, tzinfo=UTC),
        on=date(2025, 11, 7),
        post_id=keeper.post_id,
        unit_id=keeper.unit_id,
    )
    rows = [
        {"key": "志愿服务队", "region": "370303008", "period": "2025-10", "numerator": "3"},
        {"key": "teams", "region": "370303105", "period": "2025-10", "numerator": "2"},
        {"key": "teams", "region": "370303105", "period": "2025-10", "numerator": "4"},
        {"key": "teams", "region": "370306100", "period": "2025-10", "numerator": "1"},
        {"key": "nothing", "region": "370303008", "period": "2025-10", "numerator": "1"},
        {"key": "satisfied", "region": "370303008", "period": "2025-10", "numerator": "1"},
        {"key": "teams", "region": "370303008", "period": "2025-11", "numerator": "1"},
    ]
    parse = {field.name: field.parse for field in FIELDS}
    parsed = [{name: parse[name](cell, name) for name, cell in row.items()} for row in rows]
    assert VALUES.take is not None
    with database.acting_as(city.installation, "importer"):
        done = VALUES.take(parsed, how)
        assert (done.added, done.known, sorted(done.wrong)) == (2, 0, [2, 3, 4, 5, 6])
        assert "写了两行" in done.wrong[2]
        assert "不归您现在的岗位填报" in done.wrong[3]
        assert "没有“nothing”这个指标" in done.wrong[4]
        assert "不用填报" in done.wrong[5]
        assert "还没有结束" in done.wrong[6]
        again = VALUES.take(parsed[:2], how)
        assert (again.added, again.known) == (0, 2)
        assert VALUES.take([parsed[0] | {"numerator": 5}], how).added == 1
        assert list(
            Value.objects.filter(scope_code="370303008").order_by("number").values_list("numerator", "is_last")
        ) == [
            (3, False),
            (5, True),
        ]
