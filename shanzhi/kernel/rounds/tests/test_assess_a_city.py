"""The province and the centre assess cities: teams and ties, packs, marks, returns, visits, objections, results."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import Error, connection, transaction

from shanzhi.config import database
from shanzhi.core.errors import NotAllowed
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.journal.models import Entry
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.rounds import letters_upper
from shanzhi.kernel.rounds.models import (
    Finding,
    Member,
    Objection,
    Receipt,
    Result,
    Return,
    RoundCity,
    Score,
    Tie,
    Visit,
)
from shanzhi.kernel.rounds.operations import deciding, marking, moving, sending, teams, visits
from shanzhi.kernel.rounds.operations.visits import OnSite
from shanzhi.kernel.rounds.policy.marking import Mark
from shanzhi.kernel.rounds.policy.slips import read_slip
from shanzhi.kernel.rounds.policy.ties import BadTie, CheckedIt, Tied
from shanzhi.kernel.rounds.policy.words import (
    AnotherCitys,
    BadScore,
    Incomplete,
    NoSuchItem,
    NoSuchRound,
    NotYourPart,
    RoundUnreadable,
    Stage,
    StateMovedOn,
    TooLate,
)
from shanzhi.kernel.rounds.queries.upper import board
from shanzhi.kernel.rounds.tests.upper_support import (
    THEN,
    mark,
    named,
    opened,
    received,
    scored,
    scores_json,
)
from tests.city import LOADER
from tests.upper import Upper, upper

__all__ = ["upper"]
P, C = Stage.PROVINCE, Stage.CENTRE


@pytest.fixture(scope="module")
def cities(upper: Upper) -> dict[str, int]:
    """A round whose teams are named and whose first two cities' packs have come."""
    made = opened(upper)
    named(upper, made["3703"], (P, "assessor1"), (P, "assessor2"), (C, "centre1"), (C, "centre2"))
    received(upper, made["3703"])
    received(upper, made["3706"])
    return made


def state(upper: Upper, city_id: int) -> str:
    with acting(upper["organiser"]):
        return str(RoundCity.objects.get(pk=city_id).state)


def test_what_a_city_handed_in_stands_beside_what_was_recomputed(upper: Upper, cities: dict[str, int]) -> None:
    with acting(upper["assessor1"]):
        rows = Score.objects.filter(round_city=cities["3703"], stage="self", is_last=True)
        assert {row.key: row.points for row in rows} == {"satisfied": Decimal(90), "accepted": Decimal(80)}
        receipt = Receipt.objects.get(round_city=cities["3703"])
        assert (receipt.submission, receipt.recomputed["accepted"]) == (1, [75, 100])
    assert state(upper, cities["3703"]) == "received"


def test_a_pack_that_isn_t_the_city_s_is_refused_whole(upper: Upper, cities: dict[str, int]) -> None:
    uid = UUID(int=99)
    with pytest.raises(NoSuchRound):
        received(upper, cities["3710"], round=uid)
    with pytest.raises(AnotherCitys, match="另一个轮次"):
        received(upper, cities["3710"], scores=scores_json(uid, "3710"))
    with acting(upper["organiser"]):
        own = RoundCity.objects.select_related("round").get(pk=cities["3710"]).round.uid
    with pytest.raises(AnotherCitys, match="3703"):
        received(upper, cities["3710"], scores=scores_json(own, "3703"))
    with pytest.raises(RoundUnreadable, match="超过了满分 100"):
        received(upper, cities["3710"], scores=scores_json(own, "3710", {"satisfied": "100.01"}))
    with pytest.raises(RoundUnreadable, match="不是这个轮次指南"):
        received(upper, cities["3710"], scores=scores_json(own, "3710", {"nothing": "1.00"}))
    with pytest.raises(StateMovedOn, match="不收验收包"):
        received(upper, cities["3703"])
    assert state(upper, cities["3710"]) == "invited"


def test_an_assessor_marks_within_bounds_and_with_reasons(upper: Upper, cities: dict[str, int]) -> None:
    who, city = upper["assessor1"], cities["3703"]
    assert mark(who, city, "satisfied", "90") == 1
    with pytest.raises(BadScore, match="写明理由"):
        mark(who, city, "satisfied", "85")
    assert mark(who, city, "satisfied", "85", "抽查的 20 件里有 1 件不实，电话13812345678") == 2
    with pytest.raises(BadScore, match="最多 100"):
        mark(who, city, "satisfied", "101", "好")
    with pytest.raises(NoSuchItem):
        mark(who, city, "nothing", "1", "好")
    with acting(who):
        last = Score.objects.get(round_city=city, key="satisfied", stage="province", is_last=True)
        assert (last.number, last.points, last.post_id) == (2, Decimal(85), who.post_id)
        assert "13812345678" not in last.reason


def test_only_who_is_in_the_team_marks_and_only_in_time(upper: Upper, cities: dict[str, int]) -> None:
    with pytest.raises(NotYourPart, match="验收组"):
        mark(upper["assessor3"], cities["3703"], "satisfied", "90")
    with pytest.raises(NotAllowed):
        mark(upper["centre1"], cities["3703"], "satisfied", "90")
    with pytest.raises(StateMovedOn):
        mark(upper["assessor1"], cities["3710"], "satisfied", "90")
    with pytest.raises(TooLate):
        mark(upper["assessor1"], cities["3703"], "satisfied", "90", now=THEN + timedelta(days=60))


def test_the_database_refuses_what_operations_would(upper: Upper, cities: dict[str, int]) -> None:
    who = upper["assessor3"]
    columns = (
        "round_city_id, project, key, stage, number, is_last, value, points, most, is_vetoed, reason, words, salt, typed,"
        " unit_id, post_id, staff_id, at"
    )
    with (
        acting(who),
        pytest.raises(Error, match="not in the team"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            f"INSERT INTO rounds_score ({columns}) VALUES"
            " (%s, 'loop', 'accepted', 'province', 9, true, 'value', 1, 100, false,"
            " '', '', '', 1, %s, %s, %s, now())",
            [cities["3703"], who.unit_id, who.post_id, who.staff_id],
        )


def on_site(key: str, **given: object) -> OnSite:
    usual = {
        "uid": uuid4(), "key": key, "region_code": "370303", "place": "张店区政务服务中心", "words": "现场抽查 20 件",
        "contradicts": True, "visited_at": THEN - timedelta(hours=1), "counted": 12, "of": 20,
    }  # fmt: skip
    return OnSite(**(usual | given))  # type: ignore[arg-type]


def test_who_checked_an_item_on_site_doesn_t_score_it(upper: Upper, cities: dict[str, int]) -> None:
    city, checker = cities["3703"], upper["assessor2"]
    seen = on_site("accepted")
    with acting(checker):
        first = visits.visit_keep(city_id=city, stage=P, seen=seen, actor=checker, now=THEN)
        assert visits.visit_keep(city_id=city, stage=P, seen=seen, actor=checker, now=THEN) == first
        assert Visit.objects.get(pk=first).numerator == 12
    with pytest.raises(CheckedIt, match="由您现场核查过"):
        mark(checker, city, "accepted", "60", "现场不符")
    scorer = upper["assessor1"]
    mark(scorer, city, "accepted", "60", "现场查 20 件只有 12 件受理，与自评不符")
    with acting(scorer), pytest.raises(CheckedIt, match="由您评过分"):
        visits.visit_keep(city_id=city, stage=P, seen=on_site("accepted"), actor=scorer, now=THEN)


def test_a_visit_says_what_is_wrong_beside_each_field(upper: Upper, cities: dict[str, int]) -> None:
    checker = upper["assessor2"]
    wrong = on_site("accepted", place=" ", region_code="370602", of=None, visited_at=THEN + timedelta(days=1))
    with acting(checker), pytest.raises(BadScore) as caught:
        visits.visit_keep(city_id=cities["3703"], stage=P, seen=wrong, actor=checker, now=THEN)
    assert set(caught.value.fields) == {"place", "region", "counted", "visited_at"}


def test_a_finding_goes_to_the_city_and_comes_back_closed(upper: Upper, cities: dict[str, int]) -> None:
    who = upper["assessor2"]
    given = {
        "city_id": cities["3703"],
        "stage": P,
        "key": "accepted",
        "place": "政务服务中心",
        "actor": who,
        "now": THEN,
    }
    with acting(who):
        with pytest.raises(BadScore) as caught:
            visits.finding_make(region_code="3706", words=" ", due_on=date(2025, 12, 1), **given)  # type: ignore[arg-type]
        assert set(caught.value.fields) == {"region", "words", "due_on"}
        pk = visits.finding_make(region_code="370303", words="受理要留痕", due_on=date(2026, 1, 5), **given)  # type: ignore[arg-type]
        assert Finding.objects.get(pk=pk).region_code == "370303"
        with pytest.raises(BadScore):
            visits.finding_close(finding_id=pk, reference=" ", words="", actor=who, now=THEN)
        visits.finding_close(finding_id=pk, reference="SZ20251220-0007", words="已改", actor=who, now=THEN)
        with pytest.raises(StateMovedOn):
            visits.finding_close(finding_id=pk, reference="SZ20251220-0007", words="", actor=who, now=THEN)


def test_a_city_that_never_answers_leaves_the_round_so_that_the_others_go_on(upper: Upper) -> None:
    made, organiser = opened(upper, cities=("3703", "3706")), upper["organiser"]
    named(upper, made["3703"], (P, "assessor1"), (C, "centre1"))
    received(upper, made["3703"])
    scored(upper, made["3703"])
    early, centre = datetime(2025, 12, 10, 2, tzinfo=UTC), upper["centre1"]

    def out(city: str, reason: str = "催了三次没有答复", now: datetime = THEN, who: str = "organiser") -> None:
        with acting(upper[who]):
            moving.city_out(city_id=made[city], reason=reason, actor=upper[who], now=now)

    with acting(centre):
        round_id = RoundCity.objects.get(pk=made["3703"]).round_id
        with pytest.raises(StateMovedOn, match="烟台市"):
            deciding.results_publish(round_id=round_id, actor=centre, now=THEN)
    with pytest.raises(StateMovedOn, match="才截止"):
        out("3706", now=early)
    with pytest.raises(BadScore, match="写明理由"):
        out("3706", reason=" ")
    with pytest.raises(NotAllowed):
        out("3706", who="assessor1")
    with pytest.raises(StateMovedOn, match="不是没有上报"):
        out("3703")
    out("3706")
    with acting(organiser):
        row = RoundCity.objects.get(pk=made["3706"])
        assert (row.state, row.reason) == ("withdrawn", "催了三次没有答复")
        last = Entry.objects.filter(subject_kind="round_city", subject_id=row.pk).latest("subject_step")
        assert (last.action, last.payload["after"]) == ("rounds.city_move", "withdrawn")
        sending.slip_ask(city_id=row.pk, actor=organiser, now=THEN)
        assert board(round_id, THEN.date()).is_ready_for_spot_check


def test_an_item_without_a_figure_is_said_not_to_apply(upper: Upper) -> None:
    made, who = opened(upper, cities=("3703",))["3703"], upper["assessor1"]
    named(upper, made, (P, "assessor1"), (C, "centre1"))
    with acting(who):
        uid = RoundCity.objects.select_related("round").get(pk=made).round.uid
    handed = json.loads(scores_json(uid, "3703", claims=[{"project": "loop", "papers": ["ab" * 32]}]))
    handed["scores"][1] |= {"value": "too_few", "numerator": 1, "denominator": 2, "points": None}
    received(upper, made, scores=json.dumps(handed).encode())
    mark(who, made, "satisfied", "90")
    mark(who, made, "vetoes", None, events=0)
    none = Mark(None, None, "", is_inapplicable=True)
    with acting(who):
        marking.item_mark(city_id=made, key="accepted", stage=P, mark=none, actor=who, now=THEN)
        with pytest.raises(BadScore, match="写明理由"):
            marking.item_mark(city_id=made, key="satisfied", stage=P, mark=none, actor=who, now=THEN)
        row = Score.objects.get(round_city=made, stage="province", key="accepted")
        assert (row.value, row.points) == ("not_applicable", None)
    organiser = upper["organiser"]
    with acting(organiser):
        marking.scoring_close(city_id=made, actor=organiser, now=THEN)
        line = board(RoundCity.objects.get(pk=made).round_id, THEN.date()).cities[0]
        # 90 of the one item that both could score; 不适用 counts neither as 0 nor in what could be had.
        assert (line.totals[Stage.SELF], line.totals[P], line.now.missing) == (Decimal(90), Decimal(90), ())
        text = letters_upper.slip_text(RoundCity.objects.select_related("round").get(pk=made))
    told = next(one for one in read_slip(text.to_json()).scores if one.key == "accepted")
    assert (told.value, told.points) == ("not_applicable", None)


def test_items_go_back_with_reasons_and_only_they_may_change(upper: Upper, cities: dict[str, int]) -> None:
    city, organiser = cities["3706"], upper["organiser"]
    mark(upper["assessor1"], city, "accepted", "80")
    with acting(organiser):
        with pytest.raises(BadScore) as caught:
            marking.city_return(city_id=city, reasons={"accepted": " "}, actor=organiser, now=THEN)
        assert set(caught.value.fields) == {"accepted"}
        with pytest.raises(BadScore, match="至少选一项"):
            marking.city_return(city_id=city, reasons={}, actor=organiser, now=THEN)
        marking.city_return(city_id=city, reasons={"accepted": "口径不对"}, actor=organiser, now=THEN)
        assert [(one.key, one.submission) for one in Return.objects.filter(round_city=city)] == [("accepted", 1)]
    with pytest.raises(RoundUnreadable, match="满意率"):
        received(upper, city, {"satisfied": "95.00", "accepted": "70.00"})
    assert state(upper, city) == "returned"
    received(upper, city, {"satisfied": "90.00", "accepted": "70.00"})
    assert state(upper, city) == "received"
    with acting(organiser):
        numbers = Score.objects.filter(round_city=city, stage="self", is_last=True).values_list("key", "number")
        assert dict(numbers) == {"satisfied": 1, "accepted": 2}
        actions = Entry.objects.filter(subject_kind="round_city", subject_id=city).values_list("action", flat=True)
        assert {"rounds.return", "rounds.pack", "rounds.item"} <= set(actions)


def test_a_city_is_through_when_every_item_is_marked(upper: Upper, cities: dict[str, int]) -> None:
    city, organiser = cities["3706"], upper["organiser"]
    with acting(organiser), pytest.raises(Incomplete, match="满意率"):
        marking.scoring_close(city_id=city, actor=organiser, now=THEN)
    scored(upper, city, satisfied="90")
    assert state(upper, city) == "through"
    with acting(upper["assessor1"]), pytest.raises(NotAllowed):
        marking.city_through(city_id=city, actor=upper["assessor1"], now=THEN)


def test_a_tie_is_declared_by_oneself_and_read_by_nobody_else(upper: Upper, cities: dict[str, int]) -> None:
    who = upper["assessor3"]
    with acting(who):
        with pytest.raises(BadTie, match="没有代码"):
            teams.tie_declare(region_code="999999", until_on=None, actor=who, now=THEN)
        with pytest.raises(BadTie, match="还没有到"):
            teams.tie_declare(region_code="3710", until_on=date(2027, 1, 1), actor=who, now=THEN)
        made = teams.tie_declare(region_code="371002", until_on=date(2023, 6, 1), actor=who, now=THEN)
        assert teams.tie_declare(region_code="371002", until_on=date(2023, 6, 1), actor=who, now=THEN) == made
        assert Tie.objects.count() == 1
    for other in ("organiser", "assessor1", "centre1"):
        with acting(upper[other]):
            assert Tie.objects.count() == 0
    with acting(upper["assessor1"]), connection.cursor() as cursor:
        cursor.execute("SELECT rounds_tied(%s, '3710', '2025-12-15')", [who.staff_id])
        assert cursor.fetchone() == (None,)


def test_whoever_names_is_told_which_cities_are_barred_and_no_more(upper: Upper, cities: dict[str, int]) -> None:
    organiser, who = upper["organiser"], upper["assessor3"]
    with acting(organiser):
        round_id = RoundCity.objects.get(pk=cities["3710"]).round_id
        got = teams.member_name(round_id=round_id, stage=P, post_id=who.post_id or 0, actor=organiser, now=THEN)
        assert got.barred_from == ("威海市",)
        with pytest.raises(NotYourPart):
            teams.member_name(
                round_id=round_id, stage=P, post_id=upper["centre1"].post_id or 0, actor=organiser, now=THEN
            )
        with pytest.raises(NotAllowed):
            teams.member_name(round_id=round_id, stage=C, post_id=who.post_id or 0, actor=organiser, now=THEN)
    received(upper, cities["3710"])
    with pytest.raises(Tied, match="威海市"):
        mark(who, cities["3710"], "satisfied", "90")
    with acting(who), pytest.raises(Error, match="tied to the city"), transaction.atomic():
        Score.objects.create(
            round_city_id=cities["3710"], project="loop", key="satisfied", stage="province", number=1, value="value",
            points=1, most=100, post_id=who.post_id, unit_id=who.unit_id, staff_id=who.staff_id, at=THEN,
        )  # fmt: skip


def test_a_tie_that_arises_in_mid_round_bars_and_asks_for_another_score(upper: Upper, cities: dict[str, int]) -> None:
    city, who, organiser = cities["3710"], upper["assessor1"], upper["organiser"]
    mark(who, city, "satisfied", "90")
    mark(who, city, "accepted", "80")
    mark(who, city, "vetoes", None, events=0)
    with acting(who):
        teams.tie_declare(region_code="3710", until_on=None, actor=who, now=THEN)
    with pytest.raises(Tied, match="由别人重评"):
        mark(who, city, "accepted", "79", "改")
    with acting(organiser), pytest.raises(Incomplete, match="要由别人重评"):
        marking.scoring_close(city_id=city, actor=organiser, now=THEN)
    other = upper["assessor2"]
    for key, points in (("satisfied", "90"), ("accepted", "80")):
        mark(other, city, key, points)
    mark(other, city, "vetoes", None, "通报〔2025〕9 号", events=1)
    with acting(organiser):
        marking.scoring_close(city_id=city, actor=organiser, now=THEN)
        marking.city_through(city_id=city, actor=organiser, now=THEN)
    assert state(upper, city) == "through"


def test_the_centre_checks_scores_and_publishes_who_passes(upper: Upper, cities: dict[str, int]) -> None:
    centre, organiser = upper["centre1"], upper["organiser"]
    with acting(centre):
        round_id = RoundCity.objects.get(pk=cities["3703"]).round_id
    with acting(centre), pytest.raises(StateMovedOn, match="淄博市"):
        deciding.results_publish(round_id=round_id, actor=centre, now=THEN)
    mark(upper["assessor1"], cities["3703"], "vetoes", None, events=0)
    with acting(organiser):
        marking.scoring_close(city_id=cities["3703"], actor=organiser, now=THEN)
        marking.city_through(city_id=cities["3703"], actor=organiser, now=THEN)
    with acting(centre), pytest.raises(Incomplete, match="抽查评分"):
        deciding.spot_checked(city_id=cities["3703"], actor=centre, now=THEN)
    mark(centre, cities["3703"], "accepted", "50", "现场记录与自评不符", stage=C)
    with acting(centre):
        deciding.spot_checked(city_id=cities["3703"], actor=centre, now=THEN)
        with pytest.raises(BadScore, match="没有把这个项目申报"):
            deciding.practice_name(city_id=cities["3706"], project="x", words="好", actor=centre, now=THEN)
        deciding.practice_name(city_id=cities["3706"], project="loop", words="接诉即办做法可学", actor=centre, now=THEN)
    with database.acting_as(upper.installation, "worker"):
        Objection.objects.create(
            round_city_id=cities["3703"], uid=uuid4(), key="accepted", stage="centre", words="请复核", objected_at=THEN,
            state="open",
        )  # fmt: skip
    with acting(centre):
        objection = Objection.objects.get(round_city=cities["3703"])
        with pytest.raises(Incomplete, match="异议"):
            deciding.results_publish(round_id=round_id, actor=centre, now=THEN)
        with pytest.raises(NotYourPart, match="您评的分"):
            deciding.objection_decide(objection_id=objection.pk, uphold=False, words="维持", actor=centre, now=THEN)
    other = upper["centre2"]
    with acting(other):
        deciding.objection_decide(objection_id=objection.pk, uphold=True, words="按复核改", actor=other, now=THEN)
    mark(other, cities["3703"], "accepted", "55", "复核后改", stage=C)
    with acting(centre):
        assert deciding.results_publish(round_id=round_id, actor=centre, now=THEN) == 3
        found = {row.round_city.city_code: row for row in Result.objects.select_related("round_city")}
        # 85 × 60 % + 55 × 40 %; the centre's score stands before the province's.
        assert (found["3703"].total, found["3703"].passes) == (Decimal("73.00"), True)
        assert (found["3706"].total, found["3706"].passes) == (Decimal("86.00"), True)
        assert (found["3710"].vetoes, found["3710"].passes) == (1, False)
        assert deciding.results_publish(round_id=round_id, actor=centre, now=THEN) == 3
        assert Result.objects.count() == 3
        assert set(RoundCity.objects.filter(round_id=round_id).values_list("state", flat=True)) == {"final"}


def test_a_member_is_taken_out_and_marks_no_more(upper: Upper) -> None:
    made = opened(upper)
    named(upper, made["3703"], (P, "assessor2"))
    received(upper, made["3703"])
    organiser = upper["organiser"]
    with acting(organiser):
        member = Member.objects.get(round_id=RoundCity.objects.get(pk=made["3703"]).round_id)
        teams.member_end(member_id=member.pk, actor=organiser, now=THEN)
        teams.member_end(member_id=member.pk, actor=organiser, now=THEN)
    with pytest.raises(NotYourPart, match="验收组"):
        mark(upper["assessor2"], made["3703"], "satisfied", "90")


def test_a_post_held_in_the_city_is_a_tie_as_well(upper: Upper) -> None:
    who = upper["assessor2"]
    with database.acting_as(upper.installation, "importer"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO organisation_post (unit_id, role, title, region_id, seat, sees, opened_on, version)"
            " SELECT %s, 'handler', '挂职', s.region_id, 9, 'unit', '2024-01-01', 1 FROM organisation_region_state s"
            " WHERE s.code = '370602' RETURNING id",
            [who.unit_id],
        )
        (post,) = cursor.fetchone()
        organisation.hold_post(
            post_id=post, staff_id=who.staff_id or 0, on=date(2025, 12, 1), now=datetime(2025, 12, 1, tzinfo=UTC),
            author=LOADER,
        )  # fmt: skip
    made = opened(upper)
    named(upper, made["3706"], (P, "assessor2"))
    received(upper, made["3706"])
    with pytest.raises(Tied, match="烟台市"):
        mark(who, made["3706"], "satisfied", "90")
