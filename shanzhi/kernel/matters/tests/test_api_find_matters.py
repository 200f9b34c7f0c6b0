"""Finding over HTTP: lists by filter and page, and never a matter that isn't for this post."""

from typing import Any

import pytest

from shanzhi.kernel.matters.tests.api_support import COMMUNITY, PROPERTY, Caller, problem_of, reported
from tests.city import Cast

pytestmark = pytest.mark.django_db

ELSEWHERE = "370306100200"


def numbers(answer: Any) -> list[str]:
    return [row["number"] for row in answer.json()["rows"]]


def test_it_pages_through_everything_once(cast: Cast) -> None:
    made = [reported(f"第{n}件：路灯不亮").number for n in range(7)]
    triage = Caller(cast.dispatcher)
    found: list[str] = []
    after = ""
    while True:
        page = triage.get("/matters", size=3, sort="newest", after=after)
        assert page.json()["total"] == 7
        found += numbers(page)
        after = page.json()["next_after"]
        if not after:
            break
    assert found == made[::-1]
    soonest_first = [
        *numbers(triage.get("/matters", size=4)),
        *numbers(triage.get("/matters", size=4, after=triage.get("/matters", size=4).json()["next_after"])),
    ]
    assert sorted(soonest_first) == sorted(made)


def test_it_filters(cast: Cast) -> None:
    lamp, lift = reported("路灯不亮了"), reported("电梯坏了", ELSEWHERE)
    triage = Caller(cast.dispatcher)
    triage.act(lift.number, "accept", category=PROPERTY)
    assert numbers(triage.get("/matters", stage=["accepted"])) == [lift.number]
    assert numbers(triage.get("/matters", region_code="370306")) == [lift.number]
    assert numbers(triage.get("/matters", category=PROPERTY)) == [lift.number]
    assert numbers(triage.get("/matters", words="路灯")) == [lamp.number]
    assert numbers(triage.get("/matters", words=lamp.number)) == [lamp.number]
    assert numbers(triage.get("/matters", light="overdue")) == []
    triage.act(lift.number, "refuse", ground="not-here")
    assert lamp.number in numbers(triage.get("/matters", open_only=False))


def test_a_foreign_county_gets_404_and_an_empty_list(cast: Cast) -> None:
    made = reported(region_code=COMMUNITY)
    Caller(cast.dispatcher).act(made.number, "accept", category=PROPERTY)
    for stranger in (cast.neighbour_dispatcher, cast.neighbour_handler, cast.second_handler):
        caller = Caller(stranger)
        assert problem_of(caller.get(f"/matters/{made.number}")) == (404, "matter-not-found")
        assert problem_of(caller.get(f"/matters/{made.number}/timeline")) == (404, "matter-not-found")
        assert problem_of(caller.get(f"/matters/{made.number}/files")) == (404, "matter-not-found")
        assert problem_of(caller.act(made.number, "note", words="看一眼")) == (404, "matter-not-found")
        assert problem_of(caller.post(f"/matters/{made.number}/contact", {"reason": "contact"})) == (
            404,
            "matter-not-found",
        )
        for query in ({}, {"words": made.number}, {"region_code": COMMUNITY}, {"unit_id": cast.handler.unit_id}):
            assert caller.get("/matters", **query).json() == {
                "rows": [],
                "next_after": "",
                "total": 0,
                "total_capped": False,
            }


def test_a_hidden_matter_reads_like_none(cast: Cast) -> None:
    made = reported()
    caller = Caller(cast.neighbour_dispatcher)
    hidden, none = caller.get(f"/matters/{made.number}"), caller.get("/matters/20251118-999999")
    assert hidden.content == none.content


def test_it_finds_units_and_regions(cast: Cast) -> None:
    caller = Caller(cast.dispatcher)
    units = caller.get("/units", text="住房", region_code="370303").json()
    assert [unit["code"] for unit in units] == ["housing-construction-370303"]
    assert units[0]["id"] == cast.handler.unit_id
    by_code = caller.get("/regions", code=COMMUNITY).json()
    assert [(region["code"], region["level"]) for region in by_code] == [(COMMUNITY, "community")]
    assert caller.get("/regions", code="370399").json() == []
    assert next(region["code"] for region in caller.get("/regions", text="世纪花园").json()) == COMMUNITY
    assert [region["code"] for region in caller.get("/regions").json()] == ["3703"]


def test_it_reads_the_rule_book(cast: Cast) -> None:
    anybody = Caller()
    groups = anybody.get("/categories").json()
    assert len(groups) == 15
    assert PROPERTY in [second["code"] for group in groups for second in group["second"]]
    kind = anybody.get("/kinds/request").json()
    assert (kind["code"], kind["initial"]) == ("request", "reported")
    assert {stage["code"]: stage["limit"] for stage in kind["stages"]}["handling"] == "15wd"
    reply = next(action for action in kind["actions"] if action["code"] == "reply")
    assert (reply["from_stages"], reply["needs"]) == (["handling"], ["reply"])
    assert {ground["use"] for ground in anybody.get("/grounds").json()} == {
        "refuse",
        "return",
        "transfer",
        "withdraw",
        "extend",
        "pause",
        "not_solved",
        "supervise",
        "cross",
        "not_taken",
        "hand_down",
        "vacant",
    }


def test_its_list_costs_the_same_at_any_size(cast: Cast, django_assert_max_num_queries: Any) -> None:
    caller = Caller(cast.dispatcher)
    caller.get("/kinds/request")
    counts = []
    for more in (1, 49):
        for n in range(more):
            reported(f"第{n}件")
        with django_assert_max_num_queries(20) as asked:
            assert len(caller.get("/matters", size=50).json()["rows"]) == (1 if more == 1 else 50)
        counts.append(len(asked))
    assert counts[0] == counts[1]
