"""What each entry makes of a matter's facts."""

from datetime import date
from typing import Any

import pytest

from shanzhi.kernel.facts.policy import fold as folding
from shanzhi.kernel.facts.policy import tables
from shanzhi.kernel.facts.policy.columns import Column, Of, Table
from shanzhi.kernel.facts.policy.entries import Entry
from shanzhi.kernel.facts.policy.fold import fold_all, offer_fold
from shanzhi.kernel.facts.policy.folded import Folded
from shanzhi.kernel.facts.policy.rows import canonical, rows_text
from shanzhi.kernel.facts.policy.tables import offer_table, shapes
from shanzhi.kernel.facts.tests.telling import Told, hour
from shanzhi.kernel.journal.policy import registered_payloads

# What isn't about a matter.
ELSEWHERE = {
    f"matters.{name}"
    for name in "list_take dispatch_loaded dispatch_edited dispatch_live process_uploaded process_live rules_live".split()
}
OF_MATTERS = sorted(
    (action, version)
    for action, version in registered_payloads()
    if (action.startswith("matters.") and action not in ELSEWHERE)
    or action in ("vault.read", "vault.erased", "vault.copied", "vault.corrected", "vault.held", "vault.hold_lifted")
)


@pytest.mark.parametrize(("action", "version"), OF_MATTERS)
def test_every_entry_of_a_matter_is_a_step(action: str, version: int) -> None:
    told = Told(version=version)
    if action not in ("matters.report", "matters.part"):
        told.tell("matters.dispatch", 1, to_stage="handling", **_given(version))
        where: dict[str, Any] = {"to_stage": "handling"} if "to_stage" in _names(action, version) else {}
        told.tell(action, 2, **where)
        assert told.steps("step", "action")[-1] == (3, action)
        assert (told.matter["steps"], told.matter["last_at"]) == (3, hour(2))


def _given(version: int) -> dict[str, Any]:
    return {"lead_unit_id": 9} if version == 1 else {"shares": [[9, "lead", "waiting", None, None, ""]]}


def _names(action: str, version: int) -> set[str]:
    return set(registered_payloads()[action, version].__dataclass_fields__)  # type: ignore[attr-defined]


def test_what_doesn_t_begin_with_a_report_is_no_matter() -> None:
    assert fold_all([]) is None


# -- the matter --------------------------------------------------------------------------------------------------------


def test_a_report_begins_it() -> None:
    told = Told(place_id=5, place_kind="compound", source="12345")
    assert (told.matter["reported_on"], told.matter["reported_month"]) == (date(2025, 11, 18), 202511)
    assert (told.matter["place_id"], told.matter["place_kind"], told.matter["source"]) == (5, "compound", "12345")
    assert (told.matter["category_reported"], told.matter["category_1"]) == ("housing.repair", "housing")
    assert (told.matter["is_open"], told.matter["stage"], told.matter["result"]) == (1, "reported", "")


def test_days_and_months_are_the_city_s() -> None:
    told = Told(reported_at=hour(13.6)).move("withdraw", 300, "withdrawn", result="withdrawn")
    assert (told.matter["reported_on"], told.matter["reported_month"]) == (date(2025, 11, 19), 202511)
    assert (told.matter["ended_on"], told.matter["ended_month"]) == (date(2025, 11, 30), 202511)
    assert Told().move("withdraw", 302, "withdrawn", result="withdrawn").matter["ended_month"] == 202512


def test_times_are_the_first_and_the_last() -> None:
    told = Told().move("accept", 1, "accepted").move("correct", 2).move("accept", 3)
    told.move("dispatch", 4, "dispatched", shares=[[9, "lead", "waiting", None, None, ""]])
    told.move("take", 6, "handling", shares=[[9, "lead", "taken", hour(6), None, ""]])
    told.move("note", 7, done_by="contact").move("note", 8, done_by="note")
    told.move("reply", 10, "checking").move("check_fail", 11, "handling").move("reply", 12, "checking")
    told.move("check_pass", 13, "closed", result="closed")
    found = {name: told.matter[name] for name in told.matter if name.endswith("_seconds")}
    assert found == {
        "accept_seconds": 3600,
        "dispatch_seconds": 4 * 3600,
        "take_seconds": 2 * 3600,
        "contact_seconds": 3600,
        "reply_seconds": 12 * 3600,
        "end_seconds": 13 * 3600,
    }
    assert (told.matter["replied_at"], told.matter["failed_checks"]) == (hour(12), 1)


def test_a_corrected_category_is_that_of_every_row() -> None:
    told = Told().move("accept", 1, "accepted", category="traffic.parking", old_category="housing.repair")
    assert (told.matter["category"], told.matter["category_1"]) == ("traffic.parking", "traffic")
    assert told.matter["category_reported"] == "housing.repair"


def test_a_corrected_place_is_its_place_and_a_redraw_isn_t() -> None:
    told = Told().move("accept", 1, "accepted", region_id=9, region_code="370304", old_region_id=8)
    assert (told.matter["region_id"], told.matter["region_code"]) == (9, "370304")
    told.tell("matters.recode", 2, old_region_id=9, old_region_code="370304", region_id=10, region_code="370399")
    told.move("note", 3, region_id=10, region_code="370399", done_by="note")
    assert (told.matter["region_id"], told.matter["region_code"]) == (9, "370304")


def test_the_intake_passes() -> None:
    assert Told().move("receive", 1, "accepted", intake_unit_id=44).matter["intake_unit_id"] == 44


def test_what_ended_and_was_opened_again_is_open() -> None:
    told = Told().move("reply", 1, "replied").move("lapse", 2, "closed", result="closed")
    assert (told.matter["ended_at"], told.matter["is_open"]) == (hour(2), 0)
    told.move("note", 3, result="closed", done_by="note")
    assert told.matter["ended_at"] == hour(2)
    told.move("appeal", 4, "appealed")
    assert (told.matter["ended_at"], told.matter["end_seconds"], told.matter["is_open"]) == (None, None, 1)
    assert told.steps("result") == [("",), ("",), ("closed",), ("",), ("",)]


@pytest.mark.parametrize(
    ("verb", "column"),
    [
        ("hand_back", "returns"),
        ("give_back", "returns"),
        ("check_fail", "failed_checks"),
        ("escalate", "escalations"),
        ("reopen", "reopenings"),
        ("urge", "urges"),
        ("supervise", "supervisions"),
    ],
)
def test_it_counts(verb: str, column: str) -> None:
    told = Told().move(verb, 1).move(verb, 2)
    assert told.matter[column] == 2


@pytest.mark.parametrize(
    ("version", "given", "counted"),
    [
        (2, {"ask_type": "extend", "clock": "handle"}, (1, 0)),
        (2, {"ask_type": "pause"}, (0, 1)),
        (2, {"ask_type": "ruling"}, (0, 0)),
        (1, {"was_due_at": hour(5), "clock": "handle"}, (1, 0)),
        (1, {"was_due_at": hour(5)}, (0, 1)),
        (1, {}, (0, 0)),
    ],
)
def test_it_counts_what_was_granted(version: int, given: dict[str, Any], counted: tuple[int, int]) -> None:
    told = Told(version=version).move("grant", 1, **given)
    assert (told.matter["extensions"], told.matter["pauses"]) == counted


def test_papers_that_were_withdrawn_don_t_count() -> None:
    told = Told().tell("matters.paper", 1).tell("matters.paper", 2).tell("matters.paper_void", 3)
    assert told.matter["papers"] == 1


def test_a_part_is_of_its_whole() -> None:
    told = Told()
    told.folded, told.step, told.stage = None, 0, ""
    told.tell("matters.part", 5, whole_id=77, reported_at=hour(0), intake_unit_id=1, to_stage="accepted")
    assert (told.matter["part_of"], told.matter["reported_at"], told.matter["last_at"]) == (77, hour(0), hour(5))


def test_an_import_comes_settled() -> None:
    told = Told().tell("matters.settle", 30, to_stage="closed", result="closed", replied_at=hour(30), author="importer")
    assert (told.matter["replied_at"], told.matter["ended_at"], told.matter["result"]) == (hour(30), hour(30), "closed")


def test_a_deleted_text_takes_its_place_along() -> None:
    told = Told(place_id=5, place_kind="compound")
    told.tell("matters.erased", 1, what="contact", parts=["contact"])
    assert told.matter["place_id"] == 5
    told.tell("matters.erased", 2, what="all", parts=["contact", "text"])
    assert (told.matter["place_id"], told.matter["place_kind"]) == (None, "compound")


# -- verdicts ----------------------------------------------------------------------------------------------------------


def test_each_verdict_is_a_row_and_the_last_word_is_the_matter_s() -> None:
    told = Told().move("rate", 1, "handling", solved=False, satisfied=2, author="reporter", unit=None)
    told.move("rate", 2, "closed", solved=True, satisfied=5, result="closed")
    assert told.ratings("verdict", "step", "solved", "satisfied", "is_lapsed") == [(1, 2, 0, 2, 0), (2, 3, 1, 5, 0)]
    assert (told.matter["solved"], told.matter["satisfied"], told.matter["rated_month"]) == (1, 5, 202511)
    assert told.matter["reopenings"] == 1


def test_a_verdict_that_never_came_is_a_row_without_one() -> None:
    told = Told().move("lapse", 1, "closed", result="lapsed")
    assert told.ratings("solved", "satisfied", "is_lapsed", "rated_month") == [(None, None, 1, 202511)]
    assert (told.matter["solved"], told.matter["rated_month"]) == (None, None)


def test_what_follows_another_is_reopened_with_it() -> None:
    told = Told().move("link", 1, "merged", lead_id=3).move("rate", 2, "merged", solved=False)
    assert (told.matter["linked_to"], told.matter["reopenings"]) == (3, 0)
    told.move("unlink", 3, "accepted", lead_id=3).move("rate", 4, "handling", solved=False)
    assert (told.matter["linked_to"], told.matter["reopenings"]) == (3, 1)


# -- shares ------------------------------------------------------------------------------------------------------------


def test_shares_begin_are_taken_and_end() -> None:
    told = Told().move(
        "dispatch",
        1,
        "handling",
        shares=[[9, "lead", "waiting", None, None, ""], [7, "co", "waiting", None, hour(9), ""]],
    )
    told.move("take", 2, shares=[[9, "lead", "taken", hour(2), None, ""]])
    told.move("assist_done", 10, shares=[[7, "co", "done", hour(10), hour(9), ""]], overdue=True)
    told.move("hand_back", 11, "accepted", shares=[[9, "lead", "returned", hour(2), None, "return.not-ours"]])
    assert told.shares("share", "unit_id", "part", "state", "ground", "take_seconds", "seconds", "on_time") == [
        (1, 9, "lead", "returned", "return.not-ours", 3600, 36000, None),
        (2, 7, "co", "done", "", 32400, 32400, 0),
    ]
    assert (told.matter["lead_unit_id"], told.matter["co_handlers"], told.matter["was_late"]) == (9, 1, 0)
    assert told.steps("is_late")[-2:] == [(0,), (0,)]


def test_a_co_handler_may_become_the_lead_in_one_step() -> None:
    told = Told().move(
        "dispatch", 1, "handling", shares=[[9, "lead", "waiting", None, None, ""], [7, "co", "waiting", None, None, ""]]
    )
    moved = [
        [9, "lead", "moved", None, None, ""],
        [7, "co", "over", None, None, ""],
        [7, "lead", "waiting", None, None, ""],
    ]
    told.move("transfer", 2, shares=moved)
    assert told.shares("unit_id", "part", "state") == [(9, "lead", "moved"), (7, "co", "over"), (7, "lead", "waiting")]


@pytest.mark.parametrize(
    ("part", "state", "due"), [("lead", "taken", None), ("co", "taken", hour(30))], ids=["lead", "co-handler"]
)
def test_an_heir_takes_a_share_over(part: str, state: str, due: Any) -> None:
    told = Told().move("dispatch", 1, "handling", holder_unit_id=9, shares=[[9, part, "waiting", None, due, ""]])
    told.move("take", 2, shares=[[9, part, "taken", hour(2), due, ""]])
    told.tell(
        "matters.succeed", 3, from_holder_unit_id=9, holder_unit_id=19, from_intake_unit_id=1, intake_unit_id=1,
        heirs=[[9, 19]],
    )  # fmt: skip
    assert told.shares("unit_id", "state", "taken_at", "due_at") == [
        (9, "moved", hour(2), due),
        (19, state, hour(2), due),
    ]
    assert told.steps("holder_unit_id")[-1] == (19,)


def test_a_co_handler_who_inherits_the_lead_has_one_share() -> None:
    told = Told().move(
        "dispatch",
        1,
        "handling",
        shares=[[9, "lead", "waiting", None, None, ""], [7, "co", "waiting", None, hour(9), ""]],
    )
    told.tell("matters.succeed", 3, from_holder_unit_id=9, holder_unit_id=7, intake_unit_id=2, heirs=[[9, 7]])
    assert told.shares("unit_id", "part", "state", "due_at") == [
        (9, "lead", "moved", None),
        (7, "co", "over", hour(9)),
        (7, "lead", "waiting", None),
    ]
    assert told.matter["intake_unit_id"] == 2


def test_version_1_of_a_succession_moves_the_holder_s_share() -> None:
    told = Told(version=1).move("dispatch", 1, "handling", lead_unit_id=9)
    told.tell("matters.succeed", 3, from_holder_unit_id=9, holder_unit_id=19, intake_unit_id=1)
    assert told.shares("unit_id", "state") == [(9, "moved"), (19, "waiting")]


def test_a_co_handler_s_date_follows_the_calendar_and_an_empty_one_is_not_awaited() -> None:
    told = Told().move("involve", 1, shares=[[7, "co", "waiting", None, hour(9), ""]])
    told.tell("matters.promise_moved", 2, ask="urging", unit_id=7, due_at=hour(50), was_due_at=hour(9))
    told.tell("matters.promise_moved", 3, ask="", unit_id=7, due_at=hour(20), was_due_at=hour(9))
    assert told.shares("due_at") == [(hour(20),)]
    told.tell("matters.helper_left", 10, unit_id=7)
    assert told.shares("state", "ground", "on_time") == [("excused", "vacant.unit", 1)]


# -- clocks ------------------------------------------------------------------------------------------------------------


def long(**clock: Any) -> Told:
    return Told(clocks=[["handle", "new", "15wd", hour(100), "", None]], promises=["handle"], **clock)


def test_a_promise_is_kept_or_late() -> None:
    kept, late = long(), long()
    kept.move("withdraw", 100, "withdrawn", result="withdrawn", stopped=["handle"])
    late.move("withdraw", 100.5, "withdrawn", result="withdrawn", stopped=["handle"])
    columns = ("clock", "stage", "unit_id", "started_at", "due_on", "ended_by", "kept", "late_seconds")
    assert kept.clocks(*columns) == [("handle", "reported", 1, hour(0), date(2025, 11, 22), "kept", 1, 0)]
    assert late.clocks(*columns[5:]) == [("late", 0, 1800)]
    assert [(told.matter["on_time"], told.matter["was_late"]) for told in (kept, late)] == [(1, 0), (0, 1)]


def test_more_time_and_a_pause_end_a_row_and_begin_the_next() -> None:
    told = long()
    told.move("grant", 10, ask_type="extend", clock="handle", stopped=["handle"],
              clocks=[["handle", "on", "15wd+5wd", hour(200), "reported", hour(0)]])  # fmt: skip
    told.move("grant", 20, ask_type="pause", stopped=["handle"],
              clocks=[["handle", "held", "15wd+5wd", hour(50), "reported", hour(0)]])  # fmt: skip
    told.move("resume", 30, stopped=["handle"], clocks=[["handle", "on", "15wd+5wd", hour(210), "reported", hour(0)]])
    assert told.clocks("ended_by", "kept", "due_at", "started_at") == [
        ("extended", None, hour(100), hour(0)),
        ("paused", None, hour(200), hour(0)),
        ("moved", None, hour(50), hour(0)),
        ("", None, hour(210), hour(0)),
    ]
    assert (told.matter["on_time"], told.matter["extensions"], told.matter["pauses"]) == (None, 1, 1)
    told.move("check_pass", 205, "closed", result="closed", stopped=["handle"])
    assert (told.matter["on_time"], told.matter["was_late"]) == (1, 0)


def test_a_promise_that_was_broken_once_stays_broken() -> None:
    told = long().move("reply", 101, "checking", stopped=["handle"])
    assert told.matter["on_time"] == 0
    told.move("rate", 102, "handling", solved=False, clocks=[["handle", "new", "15wd", hour(300), "", None]])
    told.move("reply", 103, "closed", result="closed", stopped=["handle"])
    assert told.matter["on_time"] == 0


def test_clocks_that_promise_no_answer_only_make_it_late() -> None:
    told = Told(clocks=[["", "new", "1wd", hour(5), "", None]], promises=["handle"])
    told.move("accept", 6, "accepted", stopped=[""], overdue=True)
    assert (told.matter["on_time"], told.matter["was_late"]) == (None, 1)
    assert told.steps("is_late") == [(0,), (1,)]


@pytest.mark.parametrize("version", [1, 2])
def test_a_limit_follows_the_calendar(version: int) -> None:
    told = long()
    given: dict[str, Any] = {"code": "handle"} if version == 2 else {}
    told.tell("matters.due_moved", 10, version=version, was_due_at=hour(100), due_at=hour(124), **given)
    assert told.clocks("ended_by", "due_at", "started_at") == [("moved", hour(100), hour(0)), ("", hour(124), hour(0))]


# -- version 1 ---------------------------------------------------------------------------------------------------------


def test_the_usual_way_in_version_1() -> None:
    """What it doesn't say stays empty: no rows of clocks, no promise kept or broken."""
    told = Told(version=1, due_at=hour(8), limit="1wd").move("accept", 1, "accepted")
    told.move("dispatch", 2, "dispatched", lead_unit_id=9, co_unit_ids=[7]).move("take", 3, "handling", overdue=True)
    told.move("reply", 4, "checking").move("check_pass", 5, "verdict", unit=1)
    told.move("rate", 6, "closed", solved=True, satisfied=5, result="closed", author="reporter", unit=None)
    assert told.shares("unit_id", "part", "state", "taken_at") == [
        (9, "lead", "done", hour(3)),
        (7, "co", "over", None),
    ]
    assert told.clocks("clock") == []
    assert (told.matter["on_time"], told.matter["was_late"], told.matter["lead_unit_id"]) == (None, 1, 9)
    assert (told.matter["solved"], told.matter["take_seconds"], told.matter["co_handlers"]) == (1, 3600, 1)


def test_what_is_given_back_passed_on_and_taken_up_in_version_1() -> None:
    told = Told(version=1).move("take_up", 1, "in_grid", holder_unit_id=9)
    told.move("escalate", 2, "in_community", holder_unit_id=5)
    told.move("entrust", 3, "in_unit", lead_unit_id=6, unit=5)
    told.move("give_back", 4, "in_community", unit=6, ground="return.not-ours", holder_unit_id=5)
    told.move("involve", 5, unit=5, co_unit_ids=[7, 8]).move("assist_back", 6, unit=7, ground="return.not-ours")
    told.move("excuse", 7, unit=5, co_unit_ids=[8])
    told.move("conclude", 8, "closed", unit=5, result="closed")
    assert told.shares("unit_id", "part", "state", "ground") == [
        (9, "lead", "moved", ""),
        (5, "lead", "moved", ""),
        (6, "lead", "returned", "return.not-ours"),
        (5, "lead", "done", ""),
        (7, "co", "returned", "return.not-ours"),
        (8, "co", "excused", ""),
    ]


def test_what_goes_back_to_the_intake_in_version_1_has_no_lead() -> None:
    told = Told(version=1).move("dispatch", 1, "dispatched", lead_unit_id=9, holder_unit_id=9)
    told.move("escalate", 2, "accepted", lead_unit_id=3, holder_unit_id=3)
    assert told.shares("unit_id", "state") == [(9, "moved")]
    told.move("dispatch", 3, "dispatched", lead_unit_id=9, holder_unit_id=9).move(
        "vacate", 4, "accepted", holder_unit_id=3
    )
    assert told.shares("unit_id", "state") == [(9, "moved"), (9, "moved")]
    told.move("dispatch", 5, "dispatched", lead_unit_id=9, holder_unit_id=9).move(
        "refuse", 6, "refused", result="refused"
    )
    assert told.shares("state")[-1] == ("over",)


# -- what later slices offer, and the canonical form -------------------------------------------------------------------


EXCLUSION = Table(
    "fact_exclusion",
    "Offered by a test.",
    ("matter_id", "exclusion"),
    (
        Column("matter_id", Of.INTEGER, "matter"),
        Column("exclusion", Of.INTEGER, "number"),
        Column("kind", Of.TEXT, "kind"),
        Column("why", Of.TEXT, "ground"),
    ),
)


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_offered", {})
    monkeypatch.setattr(tables, "_shapes", {})
    monkeypatch.setattr(folding, "_offered", {})


def test_another_slice_s_action_makes_rows_of_its_own(offered: None) -> None:
    offer_table(EXCLUSION)
    offer_table(EXCLUSION)

    def exclude(folded: Folded, entry: Entry) -> None:
        folded.add("fact_exclusion", {"why": entry.payload["ground"]})

    offer_fold("vault.held", exclude)
    assert list(shapes())[-1] == "fact_exclusion"
    told = Told().tell("vault.held", 1, ground="court")
    assert told._of("fact_exclusion", ("exclusion", "why")) == [(1, "court")]


def test_it_refuses_what_is_taken_and_what_fits_no_projection(offered: None) -> None:
    with pytest.raises(ValueError, match="folded already"):
        offer_fold("matters.reply", lambda folded, entry: None)
    offer_fold("vault.held", lambda folded, entry: None)
    with pytest.raises(ValueError, match="folded already"):
        offer_fold("vault.held", lambda folded, entry: None)
    with pytest.raises(ValueError, match="offered already"):
        offer_table(Table("fact_matter", "", ("matter_id", "n"), EXCLUSION.columns))
    with pytest.raises(ValueError, match="key"):
        offer_table(Table("fact_other", "", ("n",), EXCLUSION.columns))


def test_the_canonical_form_is_as_it_is_written_down() -> None:
    rows = rows_text([(1, '“甲”"\\', None, date(2025, 11, 18), hour(0.5)), (2, "", 7, None, None)])
    assert canonical(1, 3, {"fact_a": rows, "fact_b": ""}).decode() == (
        '["shanzhi-facts-1", 1, 3, [["fact_a", [[1, "“甲”\\"\\\\", null, "2025-11-18", "2025-11-18T03:00:00"],'
        ' [2, "", 7, null, null]]], ["fact_b", []]]]'
    )
