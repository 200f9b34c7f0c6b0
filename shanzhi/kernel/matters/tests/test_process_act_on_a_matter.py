"""Who may do what to a matter now: every stage × action × role from the table, then the finer rules one by one."""

import tomllib
from collections.abc import Collection, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from shanzhi.core.errors import DomainError
from shanzhi.kernel.matters.policy.process import (
    Action,
    ActionUnknown,
    AskState,
    Case,
    ClockState,
    FieldsMissing,
    FieldsWrong,
    Kind,
    LimitReached,
    Role,
    RoleForbids,
    SamePerson,
    StageForbids,
    Verb,
    allowed_actions,
    check_action,
    load_kind,
    outcome_of,
)

TEXT = (Path(__file__).parents[1] / "catalogue" / "kinds" / "request.toml").read_text(encoding="utf-8")
RAW = tomllib.loads(TEXT)


def load(text: str = TEXT) -> Kind:
    found = load_kind(text)
    assert isinstance(found, Kind)
    return found


REQUEST = load()
NEEDED: Mapping[str, object] = {
    "ground": "not_ours",
    "cite": "heating@1",
    "passed_to": "110",
    "words": "已核实",
    "reply": "路灯已修好",
    "lead": 7,
    "region": "370306",
    "to_region": "370306",
    "files": ["a.jpg"],
    "solved": True,
    "more_time": "5wd",
    "until": "2025-11-28",
    "same_as": "20251118000001",
    "claim_solved": True,
    "negligent": False,
    "helper": 7,
    "co": [8],
    "parts": [{"title": "路灯"}, {"title": "井盖"}],
}
OPEN_STAGES = [row["code"] for row in RAW["stage"] if "end" not in row]
ALL_STAGES = [row["code"] for row in RAW["stage"]]


FULL = {"ask_ruling": {"returns": 2}, "ask_crossing_ruling": {"crossing_refusals": 2}}
"""What is asked once a count is full."""


def case(kind: Kind = REQUEST, stage: str = "handling", roles: Collection[str] = (), **changes: Any) -> Case:
    """A person with no role and no part before a matter in `handling`."""
    return Case(kind, stage, frozenset(roles), **changes)


def asked(row: dict[str, Any]) -> dict[str, Any]:
    """What the action wants of the clocks and of what was asked, and that nobody urges or supervises themselves."""
    verb, ask = Verb(row["verb"]), row.get("ask", "")
    others: tuple[AskState, ...] = ()
    if verb in (Verb.REPORT_BACK, Verb.CLEAR, Verb.INSIST):
        others = (AskState("supervision", is_open=True, is_ours=True),)
    if verb in (Verb.CLEAR, Verb.INSIST):
        others += (AskState("supervision_report", is_open=True),)
    waits = verb in (Verb.GRANT, Verb.DECLINE, Verb.RULE, Verb.RECEIVE, Verb.RESPOND)
    pushes = verb in (Verb.URGE, Verb.SUPERVISE) and ask != "co_urging"
    return {
        "is_lead": not pushes,
        "counts": FULL.get(row["code"], {}),
        "asks": (AskState(ask, is_open=True, is_to_us=True),) if waits else others,
        "clocks": (ClockState("handle", is_overdue=False, is_paused=verb is Verb.RESUME),),
    }


def needed(code: str) -> dict[str, object]:
    return {field: NEEDED[field] for field in REQUEST.action(code).needs}


def do(code: str, *, given: Mapping[str, object] | None = None, **changes: Any) -> Action:
    return check_action(case(**changes), code, needed(code) if given is None else given)


def codes(**changes: Any) -> list[str]:
    return [action.code for action in allowed_actions(case(**changes))]


@pytest.mark.parametrize("row", RAW["action"], ids=lambda row: str(row["code"]))
def test_it_may_be_done_just_where_the_table_says(row: dict[str, Any]) -> None:
    """Each of the kind's stages × each role."""
    spelled = {"open": OPEN_STAGES, "any": ALL_STAGES}
    code, origins = row["code"], [stage for word in row["from"] for stage in spelled.get(word, [word])]
    if code == "withdraw":
        origins.remove(REQUEST.gathering_stage)  # the own verdict is over
    for stage, role in product(ALL_STAGES, Role):
        person: dict[str, Any] = {"stage": stage, "is_co": True, "is_reporter": role is Role.REPORTER, **asked(row)}
        person["roles"] = () if role is Role.REPORTER else (role.value,)
        answer = f"{stage}, {role}: {done_or_refused(code, person)}"
        if role not in row["by"]:
            assert answer == f"{stage}, {role}: {RoleForbids.code}"
        elif stage not in origins:
            assert answer == f"{stage}, {role}: {StageForbids.code}"
        else:
            assert answer == f"{stage}, {role}: done"
        assert (code in codes(**person)) is answer.endswith("done"), answer


def done_or_refused(code: str, person: Mapping[str, Any]) -> str:
    try:
        assert do(code, **person) is REQUEST.action(code)
    except DomainError as refused:
        return refused.code
    return "done"


def test_the_stage_forbids_in_a_sentence() -> None:
    with pytest.raises(StageForbids) as caught:
        do("dispatch", roles=["dispatcher"], stage="handling")
    assert (caught.value.status, str(caught.value)) == (409, "事项已在“办理中”，不能派单。请刷新后再看。")


def test_the_role_forbids_in_a_sentence() -> None:
    with pytest.raises(RoleForbids) as caught:
        do("reply", roles=["dispatcher"])
    assert (caught.value.status, str(caught.value)) == (403, "您现在的岗位不能答复。这一步由承办员、网格员来做。")


def test_an_action_that_the_kind_does_not_have_is_not_found() -> None:
    with pytest.raises(ActionUnknown) as caught:
        do("fly", given={})
    assert (caught.value.status, str(caught.value)) == (404, "“诉求”没有“fly”这个动作。请刷新后再看。")


def test_nobody_is_the_reporter_by_a_role() -> None:
    with pytest.raises(RoleForbids):
        do("withdraw", roles=["reporter"])
    assert do("withdraw", is_reporter=True).code == "withdraw"


@pytest.mark.parametrize(
    ("code", "stage", "lead", "co", "neither"),
    [
        ("take", "dispatched", True, False, "“签收”由主办单位来做，您单位现在不是主办单位。请刷新后再看。"),
        ("hand_back", "handling", True, False, "“退单”由主办单位来做，您单位现在不是主办单位。请刷新后再看。"),
        ("reply", "handling", True, False, "“答复”由主办单位来做，您单位现在不是主办单位。请刷新后再看。"),
        ("assist_done", "handling", False, True, "“完成协办”由协办单位来做，您单位现在不是协办单位。请刷新后再看。"),
        ("note", "handling", True, True, "您单位没有参与办理，不能留言。请刷新后再看。"),
        ("attach", "checking", True, True, "您单位没有参与办理，不能补充材料。请刷新后再看。"),
    ],
)
def test_a_handler_acts_for_a_unit_that_has_the_part(code: str, stage: str, lead: bool, co: bool, neither: str) -> None:
    person: dict[str, Any] = {"stage": stage, "roles": ["handler"]}
    assert (code in codes(**person, is_lead=True)) is lead
    assert (code in codes(**person, is_co=True)) is co
    with pytest.raises(RoleForbids) as caught:
        do(code, **person)
    assert str(caught.value) == neither


def test_a_reporter_who_is_also_a_handler_elsewhere_keeps_the_reporters_rights() -> None:
    assert codes(roles=["handler"], is_reporter=True) == ["urge_again", "withdraw", "note", "attach"]


def test_dispatchers_and_checkers_act_for_the_centre_that_took_it_in() -> None:
    with pytest.raises(RoleForbids) as caught:
        do("dispatch", roles=["dispatcher"], stage="accepted", is_intake=False)
    assert str(caught.value) == "“派单”由受理这件事项的中心来做。"
    assert codes(roles=["checker"], stage="checking", is_intake=False) == []
    assert codes(roles=["supervisor"], stage="handling", is_intake=False) == [
        "transfer",
        "urge",
        "supervise",
        "note",
        "attach",
    ]


def test_the_buttons_are_those_of_the_person() -> None:
    taking_in = ["accept", "refuse", "correct", "link", "ask_crossing", "note", "attach"]
    assert codes(stage="reported", roles=["dispatcher"]) == taking_in
    lead: dict[str, Any] = {"roles": ["handler"], "is_lead": True, "has_helpers": False}
    assert codes(stage="dispatched", **lead) == ["take", "hand_back", "escalate", "note", "attach"]
    assert codes(stage="verdict", is_reporter=True) == ["rate", "withdraw", "note", "attach"]
    assert codes(stage="verdict", roles=["system"]) == ["fold", "await_again", "reopen", "lapse"]
    assert codes(stage="closed", roles=list(Role), is_lead=True, is_reporter=True) == []


def test_who_handled_it_may_not_check_it() -> None:
    person: dict[str, Any] = {"stage": "checking", "roles": ["checker"]}
    assert do("check_pass", **person).code == "check_pass"
    for code in ("check_pass", "check_fail"):
        with pytest.raises(SamePerson) as caught:
            do(code, **person, did={Role.HANDLER})
        assert (caught.value.status, str(caught.value)) == (403, "您办理过这件事项，不能自己核查。请由其他核查员核查。")
    assert codes(**person, did={Role.HANDLER}) == ["note", "attach"]


@pytest.mark.parametrize("did", [Role.HANDLER, Role.CHECKER])
def test_who_handled_or_checked_it_may_not_rate_it(did: Role) -> None:
    person: dict[str, Any] = {"stage": "verdict", "is_reporter": True, "did": {did}}
    with pytest.raises(SamePerson) as caught:
        do("rate", **person)
    assert str(caught.value) == "您办理或核查过这件事项，不能自己评价。"


def test_a_kind_without_separation_lets_the_same_person_check() -> None:
    start = TEXT.index("[check]")
    kind = load(TEXT[:start] + TEXT[TEXT.index("[rating]") :])
    assert do("check_pass", kind=kind, stage="checking", roles=["checker"], did={Role.HANDLER}).code == "check_pass"


def test_returns_are_limited_and_then_arbitrated() -> None:
    person: dict[str, Any] = {"roles": ["handler"], "is_lead": True}
    assert do("hand_back", **person, counts={"returns": 1}).code == "hand_back"
    with pytest.raises(LimitReached) as caught:
        do("hand_back", **person, counts={"returns": 2})
    assert (caught.value.status, str(caught.value)) == (
        409,
        "这件事项已退单2次，不能再退。确实不归本单位办理的，请申请裁定，由上一级的督办员裁定。",
    )
    assert "hand_back" not in codes(**person, counts={"returns": 2})


def test_a_verdict_is_never_refused_for_having_been_given_too_often() -> None:
    person: dict[str, Any] = {"stage": "verdict", "is_reporter": True, "counts": {"reopenings": 9}}
    action = do("rate", **person, given={"solved": False})
    outcome = outcome_of(REQUEST, action, {"solved": False})
    assert REQUEST.target(action, "verdict", outcome=outcome, counts={"reopenings": 9}) == "accepted"


def test_a_count_without_a_limit_only_counts() -> None:
    assert do("check_fail", stage="checking", roles=["checker"], counts={"check_failures": 99}).code == "check_fail"


def test_the_answer_decides_the_outcome() -> None:
    rate = REQUEST.action("rate")
    assert outcome_of(REQUEST, rate, {"solved": True}) == "solved"
    assert outcome_of(REQUEST, rate, {"solved": False}) == "unsolved"
    assert outcome_of(REQUEST, REQUEST.action("note"), {"words": "好"}) == ""


@pytest.mark.parametrize("blank", [None, "", " \n", [], (), set()])
def test_what_is_needed_has_to_be_filled_in(blank: object) -> None:
    with pytest.raises(FieldsMissing) as caught:
        do("reply", roles=["handler"], is_lead=True, given={"reply": blank})
    error = caught.value
    assert (error.status, str(error), error.fields) == (422, "答复前请填写：办理答复。", {"reply": "请填写这一项。"})


def test_no_is_an_answer() -> None:
    assert do("rate", stage="verdict", is_reporter=True, given={"solved": False, "words": ""}).code == "rate"


KIND_WITH_CHOICE = load(
    TEXT.replace('[[action]]\ncode = "note"', '[[field]]\ncode = "mood"\nname = "态度"\ntype = "choice"\n'
                 'choices = ["calm", "angry"]\n\n[[action]]\ncode = "note"')
    .replace('name = "留言"\nverb = "note"', 'name = "留言"\nverb = "note"\nmay = ["mood", "co", "files", "satisfied"]')
)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("words", "好" * 2000, ""),
        ("words", "好" * 2001, "太长了：最多 2000 字，现在 2001 字。"),
        ("words", 5, "请填写文字。"),
        ("co", list(range(8)), ""),
        ("co", frozenset(range(9)), "太多了：最多 8 个，现在 9 个。"),
        ("files", "a.jpg", "请从列表里选。"),
        ("files", ("a.jpg",), ""),
        ("satisfied", 5, ""),
        ("satisfied", 0, "请打 1 到 5 分。"),
        ("satisfied", 6, "请打 1 到 5 分。"),
        ("satisfied", True, "请打 1 到 5 分。"),
        ("mood", "calm", ""),
        ("mood", "sad", "请从列表里选。"),
        ("mood", "", ""),
        ("reply", "好", "这一步不收这项内容。"),
        ("nonsense", 1, "这一步不收这项内容。"),
    ],
)
def test_what_is_filled_in_has_to_fit(field: str, value: object, said: str) -> None:
    given = {"words": "好", field: value}
    person: dict[str, Any] = {"roles": ["supervisor"], "kind": KIND_WITH_CHOICE}
    if said:
        with pytest.raises(FieldsWrong) as caught:
            do("note", given=given, **person)
        error = caught.value
        assert (error.status, error.fields, str(error)) == (422, {field: said}, "有1项内容不能用，请按提示改正。")
    else:
        assert do("note", given=given, **person).code == "note"


@pytest.mark.parametrize("value", ["yes", 1, 0])
def test_a_yes_or_no_is_nothing_else(value: object) -> None:
    with pytest.raises(FieldsWrong) as caught:
        do("rate", stage="verdict", is_reporter=True, given={"solved": value})
    assert caught.value.fields == {"solved": "请选“是”或“否”。"}


def test_a_ground_is_left_for_the_operation_to_look_up() -> None:
    assert do("refuse", stage="reported", roles=["dispatcher"], given={"ground": "anything"}).code == "refuse"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\n",
        "\u3000",
        "\u200b",
        "\ufeff\u2060",
        "\ud800",
        "\x00\x07",
        "\u3164",
        "\u2800",
        "\u0301\ufe0f",
        "\U000e0041",
    ],
)
def test_a_text_in_which_there_is_nothing_to_read_is_not_given(text: str) -> None:
    lead = {"roles": ["handler"], "is_lead": True}
    for code in ("reply", "contact"):
        field = REQUEST.action(code).needs[0]
        with pytest.raises(FieldsMissing):
            do(code, given={field: text}, **lead)
        assert do(code, given={field: f"{text}好"}, **lead).code == code


@pytest.mark.parametrize("text", ["好", "0", "？", "👍", "e\u0301", "한"])
def test_a_sign_is_something_to_read(text: str) -> None:
    assert do("contact", given={"words": text}, roles=["handler"], is_lead=True).code == "contact"
