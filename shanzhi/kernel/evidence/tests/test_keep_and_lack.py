"""Rules without a database: how long something is kept, what a matter's evidence serves, what an item lacks."""

from datetime import date
from typing import Any

import pytest

from shanzhi.kernel.catalogue.policy import RuleBookError
from shanzhi.kernel.evidence.policy.completeness import State, Wanted, item_of, lacking
from shanzhi.kernel.evidence.policy.objects import (
    EvidenceUnusable,
    Given,
    Rules,
    Use,
    check_given,
    check_use,
    check_why,
    parse_rules,
)
from shanzhi.kernel.evidence.tests.made import document
from shanzhi.kernel.files.policy import DOCX, TXT, office_type_of

ON = date(2025, 12, 3)
TABLES: dict[str, Any] = {
    "ground": "保管期限规定",
    "type": [{"code": "paper", "name": "文件", "years": 10}, {"code": "decision", "name": "决定", "years": 0}],
    "take": [
        {"kind": "petition", "project": "disputes", "keys": ["petition_on_time"]},
        {"category": "housing", "project": "order", "keys": []},
        {"project": "system", "keys": ["solution_rate"]},
    ],
}


@pytest.fixture
def rules() -> Rules:
    return parse_rules(TABLES)


def test_it_is_kept_to_the_end_of_a_year_or_for_ever(rules: Rules) -> None:
    assert rules.keep_until("paper", date(2025, 3, 1)) == date(2035, 12, 31)
    assert rules.keep_until("decision", date(2025, 3, 1)) is None


def test_the_first_rule_that_fits_says_what_it_serves(rules: Rules) -> None:
    found = [
        rules.take(*one).project for one in (("petition", "housing.rent"), ("request", "housing.rent"), ("request", ""))
    ]
    assert found == ["disputes", "order", "system"]
    assert rules.take("request", "housings").project == "system"


@pytest.mark.parametrize("change", [{"type": []}, {"ground": ""}, {"take": [{"kind": "petition"}]},
                                    {"type": [{"code": "a", "name": "a", "years": True}]}])  # fmt: skip
def test_a_rule_book_that_is_not_sound_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(RuleBookError, match=r"evidence\.toml"):
        parse_rules(TABLES | change)


def test_what_is_missing_is_said_beside_its_field(rules: Rules) -> None:
    with pytest.raises(EvidenceUnusable) as said:
        check_given(Given(" ", "photo", "none", 1, "", date(2026, 1, 1)), rules, frozenset({"system"}), ON)
    assert said.value.fields.keys() == {"title", "type", "project", "arose_on"}
    for check in (lambda: check_use(Use("item")), lambda: check_use(Use("else", key="x")), lambda: check_why("")):
        with pytest.raises(EvidenceUnusable):
            check()


def line(**changes: Any) -> Wanted:
    usual: dict[str, Any] = {
        "key": "teams", "period": "2025-10", "place": "马尚街道", "place_code": "370303009", "owes": "马尚街道综治中心",
        "due_on": date(2025, 11, 10), "paper": "登记表", "is_entered": False, "there": 0, "gone": 0,
    }  # fmt: skip
    return Wanted(**usual | changes)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, State.NOT_ENTERED),
        ({"due_on": ON}, State.NOT_DUE),
        ({"is_entered": True, "due_on": ON}, State.NOT_DUE),
        ({"is_entered": True}, State.NO_FILE),
        ({"is_entered": True, "paper": ""}, State.THERE),
        ({"is_entered": True, "there": 1, "gone": 1}, State.THERE),
        ({"is_entered": True, "gone": 1}, State.GONE),
        ({"there": 1}, State.THERE),
    ],
)
def test_a_line_stands_as_its_figure_and_its_files_say(changes: dict[str, Any], state: State) -> None:
    assert line(**changes).state(ON) is state


def test_an_item_says_what_it_lacks_who_owes_it_and_since_when() -> None:
    lines = [line(due_on=date(2025, 11, 10), owes="乙"), line(due_on=date(2025, 10, 10), owes="甲"), line(there=1),
             line(due_on=date(2026, 1, 10)), line(due_on=date(2026, 1, 10), is_entered=True), line(is_entered=True, gone=1)]  # fmt: skip
    item = item_of("teams", "志愿服务队", "virtue", "登记表", lines, ON)
    assert (item.due, item.there, item.gone, len(item.lacks), item.later) == (4, 1, 1, 2, 2)
    assert (item.since, item.owes) == (date(2025, 10, 10), ("甲", "乙"))
    assert [state for _, state in item.states()] == [State.NOT_ENTERED, State.NOT_ENTERED, State.GONE]
    assert lacking([item, item_of("x", "x", "virtue", "", [line(there=1)], ON)]) == [item]


def test_an_offices_papers_are_told_by_content() -> None:
    assert office_type_of(document("纪要")) == DOCX
    assert [office_type_of(text) for text in ("纪要".encode(), "纪要".encode("gb18030"))] == [TXT, TXT]
    assert [office_type_of(data) for data in (b"MZ\x00\x01", b"PK\x03\x04no zip", b"\x89PNG\r\n\x1a\n\x00")] == [
        None,
        None,
        None,
    ]
