"""What may be asked of communities and grids, from when to when."""

from datetime import timedelta
from typing import Any

import pytest

from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.policy import BadPeriod, Level
from shanzhi.kernel.organisation.policy.admission import AdmissionStands, BadAdmission, NoSuchAdmission
from shanzhi.kernel.organisation.policy.offices import HistoryWritten
from shanzhi.kernel.organisation.tests.cast import AUTHORED, TODAY

pytestmark = pytest.mark.usefixtures("keeper")

ITEM: dict[str, Any] = {"item": "居民身份证明", "level": Level.COMMUNITY, "ground": "某市准入清单（2025）第 3 项"}
NEXT = TODAY + timedelta(days=1)


def test_it_adds_and_ends_an_item() -> None:
    pk = operations.admission_add(**ITEM, on=TODAY, **AUTHORED)
    operations.admission_add(**ITEM | {"level": Level.GRID}, on=TODAY, **AUTHORED)
    assert [row.id for row in queries.admitted(TODAY, level=Level.COMMUNITY)] == [pk]
    assert len(queries.admitted(TODAY, item="居民身份证明")) == 2
    assert queries.admitted(TODAY - timedelta(days=1)) == []
    operations.admission_end(admission_id=pk, on=NEXT, **AUTHORED)
    assert queries.admitted(NEXT, level=Level.COMMUNITY) == []
    # Back on the list by a later edit.
    again = operations.admission_add(**ITEM, on=NEXT, **AUTHORED)
    assert [row.id for row in queries.admitted(NEXT, level=Level.COMMUNITY)] == [again]
    assert len(queries.admission_list()) == 3


def test_the_second_of_two_keepers_is_told_and_changes_nothing() -> None:
    pk = operations.admission_add(**ITEM, on=TODAY, **AUTHORED)
    with pytest.raises(AdmissionStands, match="已有“居民身份证明”"):
        operations.admission_add(**ITEM | {"ground": "另一份文件"}, on=TODAY, **AUTHORED)
    operations.admission_end(admission_id=pk, on=NEXT, **AUTHORED)
    with pytest.raises(HistoryWritten, match="不能从"):
        operations.admission_end(admission_id=pk, on=NEXT + timedelta(days=9), **AUTHORED)
    assert [(row.ground, row.until) for row in queries.admission_list()] == [(ITEM["ground"], NEXT)]


def test_it_refuses_what_cannot_be() -> None:
    for wrong in ({"item": " "}, {"ground": ""}, {"level": Level.CITY}, {"item": "长" * 101}):
        with pytest.raises(BadAdmission):
            operations.admission_add(**ITEM | wrong, on=TODAY, **AUTHORED)
    with pytest.raises(BadPeriod):
        operations.admission_add(**ITEM, on=TODAY, until=TODAY, **AUTHORED)
    pk = operations.admission_add(**ITEM, on=TODAY, until=TODAY + timedelta(days=30), **AUTHORED)
    with pytest.raises(AdmissionStands, match="已有"):
        operations.admission_add(**ITEM, on=TODAY + timedelta(days=29), **AUTHORED)
    with pytest.raises(HistoryWritten):
        operations.admission_end(admission_id=pk, on=TODAY, **AUTHORED)
    with pytest.raises(HistoryWritten):
        operations.admission_end(admission_id=pk, on=TODAY + timedelta(days=30), **AUTHORED)
    with pytest.raises(NoSuchAdmission):
        operations.admission_end(admission_id=10**9, on=NEXT, **AUTHORED)
