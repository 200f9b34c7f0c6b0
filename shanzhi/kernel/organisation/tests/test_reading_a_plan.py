"""A plan as somebody writes it in a file; bad files first."""

from datetime import date

import pytest

from shanzhi.kernel.organisation.policy.plan import BadChange, Merge, Move, Part, Plan, Rename, Split
from shanzhi.kernel.organisation.policy.plan_file import plan_read

DAY = "on = 2026-01-01\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "缺少生效日期"),
        ("on = 2026-13-01", "不是有效的 TOML"),
        ("on = 2026-01-01T00:00:00", "缺少生效日期"),
        ('on = "2026-01-01"', "缺少生效日期"),
        (DAY + "change = 3", "只能有 on"),
        (DAY + "other = 3", "只能有 on"),
        (DAY + "change = [3]", "第 1 项变更的 do"),
        (DAY + '[[change]]\ndo = "burn"\nregion = "3703"', "第 1 项变更的 do"),
        (DAY + '[[change]]\ndo = ["move"]', "第 1 项变更的 do"),
        (DAY + '[[change]]\ndo = "close"\nregion = "370303"\n[[change]]\ndo = "move"\nregion = "370303"', "核对：code"),
        (DAY + '[[change]]\ndo = "close"\nregion = 370303', "核对：region"),
        (DAY + '[[change]]\ndo = "merge"\nregions = "370303"\ninto = "370306"', "核对：regions"),
        (
            DAY + '[[change]]\ndo = "split"\nregion = "370303"\nheir = "370304"\npart = [{code = "370304"}]',
            "核对：name",
        ),
    ],
)
def test_it_says_what_is_wrong_with_a_file(text, says):
    with pytest.raises(BadChange) as refused:
        plan_read(text)
    assert says in str(refused.value)


def test_it_reads_every_change():
    text = DAY + (
        '[[change]]\ndo = "rename"\nregion = "370303008"\nname = "新街道"\n'
        '[[change]]\ndo = "move"\nregion = "370303008"\ncode = "370306008"\nparent = "370306"\n'
        '[[change]]\ndo = "merge"\nregions = ["370303009"]\ninto = "370303105"\n'
        '[[change]]\ndo = "split"\nregion = "370306100"\nheir = "370306101"\n'
        '[[change.part]]\ncode = "370306101"\nname = "东镇"\nchildren = ["370306100200"]\n'
        '[[change.part]]\ncode = "370306102"\nname = "西镇"\n'
    )
    parts = (Part("370306101", "东镇", ("370306100200",)), Part("370306102", "西镇"))
    assert plan_read(text) == Plan(
        date(2026, 1, 1),
        (
            Rename("370303008", "新街道"),
            Move("370303008", "370306008", "370306"),
            Merge(("370303009",), "370303105"),
            Split("370306100", parts, "370306101"),
        ),
    )
