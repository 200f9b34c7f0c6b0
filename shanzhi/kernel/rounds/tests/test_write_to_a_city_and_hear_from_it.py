"""An organiser's letters: the round goes out, a pack comes in and is checked, slips tell of each step, objections come back."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from shanzhi.config import database
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.packs.models import KeptLetter
from shanzhi.kernel.packs.policy.letter import Letter
from shanzhi.kernel.packs.queries import letters as letters_here
from shanzhi.kernel.packs.tests.made import write
from shanzhi.kernel.rounds.models import Check, Objection, RoundCity
from shanzhi.kernel.rounds.operations import deciding, marking, sending, visits
from shanzhi.kernel.rounds.policy.slips import ObjectionsText, ObjectionText, SlipText, read_slip
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.text import GUIDELINE, MEMBER, read_round
from shanzhi.kernel.rounds.policy.words import Stage, StateMovedOn
from shanzhi.kernel.rounds.queries import upper_city
from shanzhi.kernel.rounds.tests.letters_support import (
    BY_HAND,
    POINTS,
    know_the_city,
    pack,
    took_in,
    uid_of,
    work,
)
from shanzhi.kernel.rounds.tests.upper_support import CALENDAR, THEN, mark, named, opened, received, scored
from tests.upper import CITIES, Upper, upper

__all__ = ["upper"]
P, C = Stage.PROVINCE, Stage.CENTRE
LATE = THEN + timedelta(days=120)


@pytest.fixture(scope="module")
def known(upper: Upper) -> Upper:
    """The city's platform is entered with its key."""
    know_the_city(upper)
    return upper


def sent(upper: Upper, city_id: int, kind: str) -> list[Letter]:
    """The letters of a kind that were written for a city, in their order."""
    with database.acting_as(upper.installation, "worker"):
        row = RoundCity.objects.select_related("round").get(pk=city_id)
        rows = KeptLetter.objects.filter(direction="out", kind=kind, round=str(row.round.uid), receiver=row.city_code)
        return [letters_here.letter_open(pk) for pk in rows.order_by("pk").values_list("pk", flat=True)]


def slips(upper: Upper, city_id: int) -> list[SlipText]:
    return [read_slip(letter.read("slip.json")) for letter in sent(upper, city_id, "slip")]


def test_a_round_is_written_out_for_each_city_once(known: Upper) -> None:
    made, organiser = opened(known), known["organiser"]
    with acting(organiser):
        row = RoundCity.objects.select_related("round").get(pk=made["3703"])
        assert sending.round_letters_ask(round_id=row.round_id, actor=organiser, now=THEN) == 3
        with pytest.raises(StateMovedOn):
            sending.slip_ask(city_id=row.pk, actor=organiser, now=THEN)
    work(known)
    with acting(organiser):
        sending.round_letters_ask(round_id=row.round_id, actor=organiser, now=LATE)
        assert {one.receiver for one in letters_here.letters_of_round(str(row.round.uid))} == set(CITIES)
    work(known)
    (letter,) = sent(known, made["3703"], "round")
    assert (letter.faults, letter.header.sender, letter.header.receiver) == ((), "37", "3703")
    text = read_round(letter.read(MEMBER), letter.read(GUIDELINE))
    assert (text.uid, text.calendar, [city.code for city in text.cities]) == (row.round.uid, CALENDAR, sorted(CITIES))
    assert text.announced[0]["points"] == "70"


def test_a_pack_is_checked_before_it_is_taken_in(known: Upper, tmp_path: Path) -> None:
    cities = opened(known, guideline=BY_HAND)
    city_id, actor = cities["3703"], known["assessor1"]
    uid = uid_of(known, city_id)
    bad = took_in(known, pack(tmp_path / "bad", uid, doctored=True))
    with acting(actor):
        desk = upper_city.desk(city_id, actor, local_date(THEN))
    assert desk.check is not None
    assert (bad.state, desk.check.state, desk.receipt, desk.state) == ("read", "refused", None, State.INVITED)
    assert [one for one in desk.check.faults if "satisfied" in one and "6" in one], desk.check.faults
    above = took_in(known, pack(tmp_path / "above", uid, POINTS | {"satisfaction_rate": "100.01"}))
    with acting(actor):
        desk = upper_city.desk(city_id, actor, local_date(THEN))
    assert desk.check is not None
    assert (above.state, desk.check.state, "超过了满分" in desk.check.faults[0]) == ("read", "refused", True)
    took_in(known, pack(tmp_path / "good", uid))
    with acting(actor):
        desk = upper_city.desk(city_id, actor, local_date(THEN))
    assert desk.check is not None
    assert desk.receipt is not None
    assert (desk.check.state, desk.state, desk.receipt.faults) == ("passed", State.RECEIVED, [])
    lines = {line.item.key: line for line in desk.lines}
    rate = lines["satisfaction_rate"]
    assert rate.handed is not None
    assert rate.recomputed is not None
    assert (rate.handed.numerator, rate.differs, rate.recomputed.denominator) == (60, True, 12)
    assert [one.state for one in slips(known, city_id)] == [State.RECEIVED]
    again = took_in(known, pack(tmp_path / "again", uid))
    assert (again.state, "不收验收包" in again.reason) == ("refused", True)
    with database.acting_as(known.installation, "worker"):
        assert Check.objects.filter(round_city=city_id).count() == 3


def test_another_ones_pack_is_refused_at_the_door(known: Upper, tmp_path: Path) -> None:
    letter = took_in(known, write(tmp_path / "a", uid=str(uuid4()), round=str(uuid4())))
    assert (letter.state, "没有组织这个轮次" in letter.reason) == ("refused", True)


def objected(upper: Upper, path: Path, city_id: int, **given: Any) -> KeptLetter:
    """The city's letter with one objection."""
    uid = uid_of(upper, city_id)
    said: dict[str, Any] = {
        "uid": uuid4(),
        "key": "satisfied",
        "stage": P,
        "words": "两件已经回访过",
        "at": THEN,
    } | given
    text = ObjectionsText(uid, "3703", (ObjectionText(**said),))
    header = {"kind": "objection", "uid": str(uuid4()), "round": str(uid), "made_at": said["at"]}
    return took_in(upper, write(path, {"objections.json": text.to_json()}, **header))


def test_slips_tell_what_is_returned_found_and_scored(known: Upper) -> None:
    made = opened(known)
    named(known, made["3703"], (P, "assessor1"), (P, "assessor2"))
    city_id, organiser = made["3703"], known["organiser"]
    received(known, city_id)
    with acting(organiser):
        marking.city_return(city_id=city_id, reasons={"accepted": "口径不对"}, actor=organiser, now=THEN)
    work(known)
    returned = slips(known, city_id)[-1]
    assert (returned.state, returned.submission, returned.until) == (State.RETURNED, 1, CALENDAR.province_until)
    assert [(one.key, one.reason) for one in returned.returned] == [("accepted", "口径不对")]
    received(known, city_id, {"satisfied": "90.00", "accepted": "70.00"})
    mark(known["assessor1"], city_id, "satisfied", "85", "两件不实")
    work(known)
    assert slips(known, city_id)[-1].scores == ()
    with acting(known["assessor2"]):
        visits.finding_make(
            city_id=city_id, stage=P, key="satisfied", region_code="370303", place="", words="补齐回访",
            due_on=local_date(THEN), actor=known["assessor2"], now=THEN,
        )  # fmt: skip
    with acting(organiser):
        sending.slip_ask(city_id=city_id, actor=organiser, now=THEN)
    work(known)
    assert [one.words for one in slips(known, city_id)[-1].findings] == ["补齐回访"]
    scored(known, city_id, satisfied="85")
    work(known)
    told = slips(known, city_id)[-1]
    assert (told.state, {one.key: one.points for one in told.scores}["satisfied"]) == (State.THROUGH, Decimal(85))


def test_objections_come_back_until_their_day_and_the_list_goes_out(known: Upper, tmp_path: Path) -> None:
    made = opened(known)
    named(known, made["3703"], (P, "assessor1"), (P, "assessor2"), (C, "centre1"))
    city_id, organiser = made["3703"], known["organiser"]
    received(known, city_id)
    scored(known, city_id)
    late = objected(known, tmp_path / "late", city_id, at=LATE)
    assert (late.state, "以前提出" in late.reason) == ("refused", True)
    unknown = objected(known, tmp_path / "unknown", city_id, key="nothing")
    assert (unknown.state, "没有这一级的评分" in unknown.reason) == ("refused", True)
    assert objected(known, tmp_path / "good", city_id).state == "read"
    with acting(known["assessor2"]):
        (objection,) = Objection.objects.filter(round_city=city_id)
        deciding.objection_decide(
            objection_id=objection.pk, uphold=False, words="核过，仍不符", actor=known["assessor2"], now=THEN
        )
    work(known)
    assert [(one.uid, one.upheld, one.words) for one in slips(known, city_id)[-1].decisions] == [
        (objection.uid, False, "核过，仍不符")
    ]

    for code, vetoes in (("3706", 1), ("3710", 0)):
        received(known, made[code])
        scored(known, made[code], vetoes=vetoes)
    centre = known["centre1"]
    with acting(centre):
        round_id = RoundCity.objects.get(pk=city_id).round_id
        deciding.results_publish(round_id=round_id, actor=centre, now=THEN)
    work(known)
    for code in CITIES:
        last = slips(known, made[code])[-1]
        assert last.state is State.FINAL
        assert [(one.code, one.passed) for one in last.listed] == [("3703", True), ("3706", False), ("3710", True)]
    before = len(slips(known, city_id))
    with acting(organiser):
        sending.slip_ask(city_id=city_id, actor=organiser, now=LATE)
    work(known)
    assert len(slips(known, city_id)) == before
