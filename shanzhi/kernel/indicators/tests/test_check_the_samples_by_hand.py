"""Ten matters that fit on a page, and what the sample's indicators say of them, counted with a pencil."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from shanzhi.kernel.indicators.policy.sheets import parse
from shanzhi.kernel.indicators.tests.made_facts import DAY, HOUR, Facts

SAMPLE = Path(__file__).parents[1] / "catalogue" / "indicators.toml"
FORMULAS = {
    (each["key"], each["version"]): each["formula"]
    for each in parse(SAMPLE.read_text(encoding="utf-8"))["indicator"]
    if each["source"] == "computed"
}
FEBRUARY = 202602


def ten_matters() -> Facts:
    facts = Facts()
    ended = {"ended_month": FEBRUARY, "result": "closed", "stage": "closed", "reported_month": FEBRUARY, "region_id": 7}
    still = {"stage": "handling", "is_open": 1, "reported_month": FEBRUARY, "region_id": 7}
    # One: a property firm's work, by web, about a school; right at once, in two days.
    facts.add(
        "fact_matter", matter_id=1, kind="request", category="housing.property-service", category_1="housing",
        category_reported="housing.property-service", channel="web", place_kind="school", accept_seconds=HOUR,
        dispatch_seconds=2 * HOUR, take_seconds=HOUR, contact_seconds=HOUR, on_time=1, end_seconds=2 * DAY, **ended,
    )  # fmt: skip
    # Two: the same sort by the hotline; sent to the wrong units twice, late, done again, supervised, in ten days.
    facts.add(
        "fact_matter", matter_id=2, kind="request", category="housing.property-service", category_1="housing",
        category_reported="cityscape.waste", channel="hotline", accept_seconds=2 * HOUR, dispatch_seconds=4 * HOUR,
        take_seconds=HOUR, contact_seconds=2 * DAY, on_time=0, end_seconds=10 * DAY, returns=2, reopenings=1,
        supervisions=1, **ended,
    )  # fmt: skip
    # Three: a fire hazard by phone page; linked once, given back once, nobody has taken it yet.
    facts.add(
        "fact_matter", matter_id=3, kind="request", category="safety.fire", category_1="safety", channel="phone",
        accept_seconds=3 * HOUR, dispatch_seconds=6 * HOUR, returns=1, linked_to=1, **still,
    )  # fmt: skip
    # Four: answered on the phone. Five: not accepted.
    facts.add(
        "fact_matter", matter_id=4, kind="request", channel="hotline", end_seconds=60,
        **ended | {"stage": "answered"},
    )  # fmt: skip
    facts.add(
        "fact_matter", matter_id=5, kind="request", channel="hotline", end_seconds=HOUR,
        **ended | {"stage": "refused", "result": "refused"},
    )  # fmt: skip
    # Six: neighbours; a grid worker's, failed its check once, in four days.
    facts.add(
        "fact_matter", matter_id=6, kind="incident", category="safety.neighbour-dispute", category_1="safety",
        channel="grid", on_time=1, end_seconds=4 * DAY, failed_checks=1, **ended,
    )  # fmt: skip
    # Seven and eight: petitions, answered after 30 and 50 days. Nine: a deputy's suggestion. Ten: a finding.
    facts.add("fact_matter", matter_id=7, kind="petition", reply_seconds=30 * DAY, **still)
    facts.add("fact_matter", matter_id=8, kind="petition", reply_seconds=50 * DAY, **still)
    facts.add("fact_matter", matter_id=9, kind="suggestion", **still)
    facts.add("fact_matter", matter_id=10, kind="finding", **still)
    _verdicts(facts)
    _clocks(facts)
    _shares(facts)
    _steps(facts)
    return facts


def _verdicts(facts: Facts) -> None:
    of = {"region_id": 7, "rated_month": FEBRUARY}
    property_ = {"kind": "request", "category": "housing.property-service", "category_1": "housing"}
    facts.add("fact_rating", matter_id=1, verdict=1, solved=1, satisfied=5, **property_, **of)
    facts.add("fact_rating", matter_id=2, verdict=1, solved=0, satisfied=1, **property_, **of)
    facts.add("fact_rating", matter_id=2, verdict=2, solved=1, satisfied=4, **property_, **of)
    facts.add(
        "fact_rating", matter_id=6, verdict=1, is_lapsed=1, kind="incident", category="safety.neighbour-dispute", **of
    )
    facts.add("fact_rating", matter_id=9, verdict=1, solved=1, satisfied=3, kind="suggestion", **of)


def _clocks(facts: Facts) -> None:
    for number, (matter, kind, clock, stage, ended_by) in enumerate(
        [
            (1, "request", "handle", "reported", "kept"),
            (2, "request", "handle", "reported", "late"),
            (3, "request", "handle", "reported", ""),
            (1, "request", "contact", "handling", "kept"),
            (2, "request", "contact", "handling", "late"),
            (1, "request", "", "dispatched", "kept"),
            (3, "request", "", "dispatched", "moved"),
            (6, "incident", "", "in_grid", "kept"),
            (6, "incident", "", "in_community", "late"),
            (7, "petition", "sorting", "reported", "kept"),
            (8, "petition", "sorting", "reported", "late"),
            (7, "petition", "handle", "accepted", "kept"),
            (9, "suggestion", "handle", "dispatched", "kept"),
            (9, "suggestion", "second", "again", "late"),
            (10, "finding", "rectify", "dispatched", "kept"),
            (10, "finding", "", "dispatched", "late"),
            (10, "finding", "", "rechecking", "kept"),
        ]
    ):
        category = {1: "housing.property-service", 3: "safety.fire", 6: "safety.neighbour-dispute"}.get(matter, "")
        facts.add(
            "fact_clock", matter_id=matter, promise=number, kind=kind, clock=clock, stage=stage, category=category,
            ended_by=ended_by, kept={"kept": 1, "late": 0}.get(ended_by), region_id=7, due_month=FEBRUARY,
        )  # fmt: skip


def _shares(facts: Facts) -> None:
    for number, (matter, kind, part, state, on_time) in enumerate(
        [
            (1, "request", "lead", "done", None),
            (2, "request", "lead", "returned", None),
            (2, "request", "lead", "done", None),
            (3, "request", "lead", "moved", None),
            (1, "request", "co", "done", 1),
            (2, "request", "co", "done", 0),
            (6, "incident", "co", "waiting", None),
            (9, "suggestion", "co", "done", 1),
        ]
    ):
        facts.add(
            "fact_assignment", matter_id=matter, share=number, kind=kind, part=part, state=state, on_time=on_time,
            region_id=7, assigned_month=FEBRUARY,
        )  # fmt: skip


def _steps(facts: Facts) -> None:
    for number, (matter, kind, verb, done_by) in enumerate(
        [
            (1, "request", "check_pass", "check_pass"),
            (2, "request", "check_fail", "check_fail"),
            (2, "request", "check_pass", "check_pass"),
            (6, "incident", "conclude", "end_in_grid"),
            (6, "incident", "check_fail", "spot_fail"),
            (6, "incident", "conclude", "end_in_grid"),
            (6, "incident", "check_pass", "spot_pass"),
            (6, "incident", "reply", "reply"),
            (10, "finding", "check_fail", "check_fail"),
            (10, "finding", "check_pass", "check_pass"),
        ]
    ):
        facts.add(
            "fact_step", matter_id=matter, step=number, kind=kind, action=f"matters.{verb}", done_by=done_by,
            region_id=7, month=FEBRUARY,
        )  # fmt: skip


BY_HAND = {
    ("response_rate", 1): (2, 2),  # one and two were taken, and both were contacted
    ("response_rate", 2): (1, 2),  # two was contacted after two days
    ("solution_rate", 1): (3, 4),  # yes, no, yes, and silence counted as yes
    ("solution_rate", 2): (2, 3),  # silence doesn't count
    ("satisfaction_rate", 1): (3, 4),  # 5, 1, 4, and silence
    ("satisfaction_rate", 2): (2, 3),
    ("on_time_rate", 1): (2, 5),  # one, and six in the grid; two and the community were late, three still runs
    ("once_done_rate", 1): (1, 3),  # one; two was done again, six failed a check; four doesn't count
    ("return_rate", 1): (2, 3),  # of one, two, three
    ("second_return_rate", 1): (1, 3),
    ("overdue_rate", 1): (4, 8),  # two twice, three, the community; three's dispatch went on as another limit
    ("end_days_median", 1): (4 * DAY, 3),  # 2, 4, 10 days
    ("contact_on_time", 1): (1, 2),
    ("take_on_time", 1): (1, 1),
    ("co_on_time", 1): (1, 2),
    ("check_pass_rate", 1): (3, 5),
    ("supervised_on_time", 1): (0, 1),
    ("verdict_share", 1): (3, 4),
    ("report_volume", 1): (9, 9),  # all but the finding
    ("refused_share", 1): (1, 7),  # five requests, two petitions
    ("school_on_time", 1): (1, 1),  # one alone is about a school
    ("hazard_on_time", 1): (0, 1),  # three is a fire hazard and still runs
    ("petition_notice_on_time", 1): (1, 2),
    ("petition_on_time", 1): (1, 1),
    ("petition_days_median", 1): (30 * DAY, 2),  # the lower of the two in the middle
    ("petition_volume", 1): (2, 2),
    ("neighbour_on_time", 1): (1, 2),  # in the grid, not in the community
    ("housing_solved", 1): (2, 3),
    ("finding_plan_on_time", 1): (0, 1),
    ("finding_on_time", 1): (1, 1),
    ("finding_recheck_on_time", 1): (1, 1),
    ("finding_recheck_pass", 1): (1, 2),
    ("suggestion_on_time", 1): (1, 1),
    ("suggestion_again_on_time", 1): (0, 1),
    ("suggestion_joint_on_time", 1): (1, 1),
    ("suggestion_satisfied", 1): (1, 1),
    ("grid_self_done", 1): (2, 3),
    ("grid_on_time", 1): (1, 1),
    ("community_on_time", 1): (0, 1),
    ("spot_pass", 1): (1, 2),
    ("property_solved", 1): (2, 3),
    ("category_right", 1): (1, 2),
    ("dispatch_right", 1): (2, 4),
    ("accept_hours_median", 1): (2 * HOUR, 3),
    ("dispatch_hours_median", 1): (4 * HOUR, 3),
    ("online_share", 1): (2, 5),
    ("answered_share", 1): (1, 5),
    ("linked_share", 1): (1, 5),
}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with ten_matters().connection() as made:
        yield made


@pytest.mark.parametrize(("key", "version"), BY_HAND, ids=[f"{key}-{version}" for key, version in BY_HAND])
def test_it_says_what_was_counted_with_a_pencil(key: str, version: int, connection: duckdb.DuckDBPyConnection) -> None:
    assert connection.execute(FORMULAS[key, version]).fetchall() == [(7, FEBRUARY, *BY_HAND[key, version])]


def test_what_happened_to_none_of_them_has_no_figure(connection: duckdb.DuckDBPyConnection) -> None:
    silent = set(FORMULAS) - set(BY_HAND)
    assert {key for key, _ in silent} >= {"wages_solved", "order_solved", "petition_recheck_on_time", "food_on_time"}
    assert all(connection.execute(FORMULAS[each]).fetchall() == [] for each in silent)
