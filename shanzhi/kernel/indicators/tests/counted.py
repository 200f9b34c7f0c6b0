"""The computed indicators of the sample, counted a second time: in plain Python over rows, from the words of their
definitions and not from their formulas."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from shanzhi.kernel.indicators.tests.made_facts import DAY, Facts, Row

Figures = dict[tuple[int, int], tuple[int, int]]
"""(community, month) → (numerator, denominator)."""
Says = Callable[[Row], bool]
HAZARDS = {"safety.fire", "safety.work-safety", "safety.public-hazard", "market.special-equipment", "utilities.gas"}
DESK_KINDS = {"request", "incident"}


@dataclass(frozen=True)
class Share:
    """Of the rows of a table that count, how many hit; by the month in a column. `contested`: exclusions are left out."""

    table: str
    month: str
    counts: Says
    hits: Says
    contested: str = ""


@dataclass(frozen=True)
class Joined:
    """A share of rows whose matter is of a sort."""

    share: Share
    matters: Says


@dataclass(frozen=True)
class Middle:
    """The middle one of a matter's durations: of n in order, the one at place ceil(n / 2)."""

    month: str
    seconds: str
    counts: Says


def count(spec: "Share | Joined | Middle", facts: Facts) -> Figures:
    """The figures of all communities and months; a pair without a row isn't there."""
    if isinstance(spec, Joined):
        ids = {row["matter_id"] for row in facts.rows["fact_matter"] if spec.matters(row)}
        counts = spec.share.counts
        return _share(replace(spec.share, counts=lambda row: row["matter_id"] in ids and counts(row)), facts)
    return _middle(spec, facts) if isinstance(spec, Middle) else _share(spec, facts)


def _share(spec: Share, facts: Facts) -> Figures:
    found: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for row in facts.rows[f"fact_{spec.table}"]:
        if not spec.counts(row) or (row["matter_id"], spec.contested, row[spec.month]) in facts.excluded:
            continue
        cell = found[row["region_id"], row[spec.month]]
        cell[0] += bool(spec.hits(row))
        cell[1] += 1
    return {place: (hit, of) for place, (hit, of) in found.items()}


def _middle(spec: Middle, facts: Facts) -> Figures:
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row in facts.rows["fact_matter"]:
        if spec.counts(row):
            found[row["region_id"], row[spec.month]].append(row[spec.seconds])
    return {place: (sorted(all_)[(len(all_) + 1) // 2 - 1], len(all_)) for place, all_ in found.items()}


def _in(*categories: str) -> Says:
    return lambda row: row["category"] in categories


def _over(row: Row) -> bool:
    """A limit that was kept, or late, or still runs though its month is over; not one that went on as another."""
    return row["ended_by"] in {"kept", "late", ""}


def _handling(row: Row) -> bool:
    stages = {"in_grid", "in_community", "in_centre", "in_unit"}
    return row["clock"] == "handle" or (row["kind"] == "incident" and not row["clock"] and row["stage"] in stages)


def _on_time(counts: Says, contested: str = "") -> Share:
    return Share(
        "clock",
        "due_month",
        lambda row: counts(row) and _handling(row) and _over(row),
        lambda row: row["ended_by"] == "kept",
        contested,
    )


def _of_clocks(matters: Says) -> "Joined":
    return Joined(_on_time(lambda row: True), matters)


def _solved(counts: Says) -> Share:
    return Share(
        "rating", "rated_month", lambda row: counts(row) and row["solved"] is not None, lambda row: row["solved"] == 1
    )


def _kept(kinds: Iterable[str], *, clock: str = "", stage: str = "") -> Share:
    return Share(
        "clock", "due_month",
        lambda row: row["kind"] in kinds and row["clock"] == clock and _over(row)
        and (not stage or row["stage"] == stage),
        lambda row: row["ended_by"] == "kept",
    )  # fmt: skip


def _checked(counts: Says) -> Share:
    return Share(
        "step", "month", lambda row: counts(row) and row["action"] in {"matters.check_pass", "matters.check_fail"},
        lambda row: row["action"] == "matters.check_pass",
    )  # fmt: skip


def _request(row: Row) -> bool:
    return bool(row["kind"] == "request")


def _desk(row: Row) -> bool:
    return row["kind"] in DESK_KINDS


def _dispatched(row: Row) -> bool:
    return _request(row) and row["dispatch_seconds"] is not None


def _finished(row: Row) -> bool:
    return row["result"] in {"closed", "lapsed"}


def _handled(row: Row) -> bool:
    return _desk(row) and _finished(row) and row["stage"] not in {"answered", "passed"}


def _taken(row: Row) -> bool:
    return _request(row) and row["take_seconds"] is not None


def _of_matters(counts: Says, hits: Says, contested: str = "") -> Share:
    return Share("matter", "reported_month", counts, hits, contested)


VERSIONED: dict[tuple[str, int], Share] = {
    ("response_rate", 1): _of_matters(_taken, lambda row: row["contact_seconds"] is not None, "response_rate"),
    ("response_rate", 2): _of_matters(
        _taken, lambda row: row["contact_seconds"] is not None and row["contact_seconds"] <= DAY, "response_rate"
    ),
    ("solution_rate", 1): Share(
        "rating", "rated_month", _desk, lambda row: row["solved"] == 1 or row["is_lapsed"] == 1, "solution_rate"
    ),
    ("solution_rate", 2): Share(
        "rating", "rated_month", lambda row: _desk(row) and not row["is_lapsed"], lambda row: row["solved"] == 1,
        "solution_rate",
    ),
    ("satisfaction_rate", 1): Share(
        "rating", "rated_month", lambda row: _desk(row) and (row["is_lapsed"] == 1 or row["satisfied"] is not None),
        lambda row: row["is_lapsed"] == 1 or row["satisfied"] >= 3, "satisfaction_rate",
    ),
    ("satisfaction_rate", 2): Share(
        "rating", "rated_month", lambda row: _desk(row) and row["satisfied"] is not None,
        lambda row: row["satisfied"] >= 4, "satisfaction_rate",
    ),
}  # fmt: skip
"""The three rates by key and version."""

PLAIN: dict[str, Share | Joined | Middle] = {
    "on_time_rate": _on_time(_desk, "on_time_rate"),
    "once_done_rate": Share(
        "matter", "ended_month", _handled, lambda row: not row["reopenings"] and not row["failed_checks"],
        "once_done_rate",
    ),
    "return_rate": _of_matters(_dispatched, lambda row: row["returns"] >= 1, "return_rate"),
    "second_return_rate": _of_matters(_dispatched, lambda row: row["returns"] >= 2),
    "overdue_rate": Share(
        "clock", "due_month", lambda row: _desk(row) and _over(row), lambda row: row["ended_by"] != "kept",
    ),
    "end_days_median": Middle("ended_month", "end_seconds", _handled),
    "contact_on_time": _kept({"request"}, clock="contact"),
    "take_on_time": _kept({"request", "petition", "suggestion"}, stage="dispatched"),
    "co_on_time": Share(
        "assignment", "assigned_month",
        lambda row: _desk(row) and row["part"] == "co" and row["on_time"] is not None, lambda row: row["on_time"] == 1,
    ),
    "check_pass_rate": _checked(_desk),
    "supervised_on_time": _of_clocks(lambda row: row["supervisions"] > 0),
    "verdict_share": Share("rating", "rated_month", _desk, lambda row: row["is_lapsed"] == 0),
    "report_volume": _of_matters(lambda row: row["kind"] != "finding", lambda row: True),
    "refused_share": _of_matters(
        lambda row: row["kind"] in {"request", "petition"}, lambda row: row["result"] == "refused"
    ),
    "order_on_time": _on_time(_in("safety.crime-report")),
    "order_solved": _solved(_in("safety.crime-report")),
    "school_on_time": _of_clocks(lambda row: row["place_kind"] == "school"),
    "minors_on_time": _on_time(_in("safety.domestic-violence")),
    "petition_notice_on_time": _kept({"petition"}, clock="sorting"),
    "petition_on_time": _kept({"petition"}, clock="handle"),
    "petition_review_on_time": _kept({"petition"}, clock="review"),
    "petition_recheck_on_time": _kept({"petition"}, clock="recheck"),
    "petition_advice_on_time": _kept({"petition"}, stage="studying"),
    "petition_days_median": Middle(
        "reported_month", "reply_seconds", lambda row: row["kind"] == "petition" and row["reply_seconds"] is not None
    ),
    "neighbour_on_time": _on_time(_in("safety.neighbour-dispute")),
    "neighbour_solved": _solved(_in("safety.neighbour-dispute")),
    "wages_on_time": _on_time(_in("labour.unpaid-wages")),
    "wages_solved": _solved(_in("labour.unpaid-wages")),
    "housing_solved": _solved(lambda row: row["category"].startswith("housing.")),
    "petition_volume": _of_matters(lambda row: row["kind"] == "petition", lambda row: True),
    "hazard_on_time": _on_time(_in(*HAZARDS)),
    "hazard_check_pass": _checked(_in(*HAZARDS)),
    "hazard_days_median": Middle("ended_month", "end_seconds", lambda row: row["category"] in HAZARDS and _finished(row)),
    "fire_solved": _solved(_in("safety.fire")),
    "traffic_on_time": _on_time(_in("transport.traffic-order")),
    "food_on_time": _on_time(_in("market.food-safety", "market.drugs")),
    "finding_plan_on_time": _kept({"finding"}, stage="dispatched"),
    "finding_on_time": _kept({"finding"}, clock="rectify"),
    "finding_recheck_on_time": _kept({"finding"}, stage="rechecking"),
    "finding_recheck_pass": _checked(lambda row: row["kind"] == "finding"),
    "fraud_on_time": _on_time(_in("market.illegal-fundraising")),
    "telecom_on_time": _on_time(_in("utilities.telecom")),
    "suggestion_on_time": _kept({"suggestion"}, clock="handle"),
    "suggestion_joint_on_time": Share(
        "assignment", "assigned_month",
        lambda row: row["kind"] == "suggestion" and row["part"] == "co" and row["on_time"] is not None,
        lambda row: row["on_time"] == 1,
    ),
    "suggestion_again_on_time": _kept({"suggestion"}, clock="second"),
    "suggestion_satisfied": _solved(lambda row: row["kind"] == "suggestion"),
    "conduct_on_time": _on_time(_in("governance.conduct")),
    "openness_on_time": _on_time(_in("governance.openness")),
    "legal_service_solved": _solved(_in("governance.legal-service")),
    "care_on_time": _on_time(_in("welfare.elderly", "welfare.assistance", "welfare.disability")),
    "living_noise_solved": _solved(_in("environment.living-noise")),
    "grid_self_done": Share(
        "step", "month",
        lambda row: row["kind"] == "incident" and row["action"] in {"matters.conclude", "matters.reply"},
        lambda row: row["done_by"] == "end_in_grid",
    ),
    "grid_on_time": _kept({"incident"}, stage="in_grid"),
    "community_on_time": _kept({"incident"}, stage="in_community"),
    "spot_pass": Share(
        "step", "month", lambda row: row["kind"] == "incident" and row["done_by"] in {"spot_pass", "spot_fail"},
        lambda row: row["done_by"] == "spot_pass",
    ),
    "village_affairs_solved": _solved(_in("rural.village-affairs")),
    "owners_on_time": _on_time(_in("housing.owners-committee")),
    "property_solved": _solved(_in("housing.property-service")),
    "category_right": _of_matters(
        lambda row: _dispatched(row) and row["category_reported"] != "",
        lambda row: row["category"] == row["category_reported"],
    ),
    "dispatch_right": Share(
        "assignment", "assigned_month", lambda row: _request(row) and row["part"] == "lead",
        lambda row: row["state"] not in {"returned", "moved"},
    ),
    "accept_on_time": _kept({"request"}, stage="reported"),
    "dispatch_on_time": _kept({"request"}, stage="accepted"),
    "accept_hours_median": Middle(
        "reported_month", "accept_seconds", lambda row: _request(row) and row["accept_seconds"] is not None
    ),
    "dispatch_hours_median": Middle("reported_month", "dispatch_seconds", _dispatched),
    "online_share": _of_matters(_request, lambda row: row["channel"] in {"web", "phone"}),
    "answered_share": _of_matters(_request, lambda row: row["stage"] == "answered"),
    "linked_share": _of_matters(_request, lambda row: row["linked_to"] is not None),
}  # fmt: skip
"""All others, which have one version, by key."""
