"""A city that would pass falsely: scores beside the records, a pack that breaks what takes it in, a round of the same id."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from shanzhi.config import database
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import SYSTEM
from shanzhi.kernel.packs.policy.checked import Checked
from shanzhi.kernel.packs.policy.letter import open_letter
from shanzhi.kernel.packs.queries import checking
from shanzhi.kernel.packs.tests import by_hand
from shanzhi.kernel.packs.tests.made import KEY, STRANGER, write
from shanzhi.kernel.rounds import letters_upper, operations, pack_parts
from shanzhi.kernel.rounds.models import Check, Receipt, RoundCity
from shanzhi.kernel.rounds.operations import marking, moving, receiving, visits
from shanzhi.kernel.rounds.operations.receiving import Arrived
from shanzhi.kernel.rounds.policy.states import ENDS, WAYS, State
from shanzhi.kernel.rounds.policy.text import Guideline
from shanzhi.kernel.rounds.policy.words import BadScore, NotYourPart, RoundUnreadable, Stage, StateMovedOn
from shanzhi.kernel.rounds.queries import upper_city
from shanzhi.kernel.rounds.tests.letters_support import BY_HAND, know_the_city, pack, took_in, uid_of, work
from shanzhi.kernel.rounds.tests.support import round_text
from shanzhi.kernel.rounds.tests.upper_support import THEN, mark, named, opened, received, scores_json
from tests.upper import Upper, upper

__all__ = ["upper"]
P = Stage.PROVINCE


@pytest.fixture(scope="module")
def known(upper: Upper) -> Upper:
    """The city's platform is entered with its key."""
    know_the_city(upper)
    return upper


def rewritten(path: Path, folder: Path, uid: UUID, change: Any) -> Path:
    """A city's pack whose scores somebody changed before it was sealed."""
    made = by_hand.made(matters=25, first=202510, last=202510, folder=folder)
    made.told = replace(made.told, round=str(uid), city="370300")
    body = json.loads(pack_scores(path))
    change(body)
    made.members["scores.json"] = json.dumps(body).encode()
    return made.write(folder / "doctored.pack", uid=str(uuid4()), sender="370300")


def pack_scores(path: Path) -> bytes:
    return open_letter(path, keys=(KEY.public,)).read("scores.json")


def desk_said(upper: Upper, city_id: int) -> tuple[str, list[str]]:
    """What the desk shows of the last check."""
    actor = upper["assessor1"]
    with acting(actor):
        check = upper_city.desk(city_id, actor, local_date(THEN)).check
    assert check is not None
    return check.state, list(check.faults)


def test_points_that_don_t_follow_from_the_figure_are_named(known: Upper, tmp_path: Path) -> None:
    city_id = opened(known, guideline=BY_HAND)["3703"]
    uid = uid_of(known, city_id)
    sound = pack(tmp_path / "sound", uid)

    def raise_points(body: dict[str, Any]) -> None:
        body["scores"][0]["points"] = "100.00"

    def lose_one(body: dict[str, Any]) -> None:
        body["scores"] = body["scores"][1:]

    folder = tmp_path / "raised"
    folder.mkdir()
    took_in(known, rewritten(sound, folder, uid, raise_points))
    state, said = desk_said(known, city_id)
    assert (state, len(said)) == ("refused", 1)
    assert "scores.json：“满意率”的自评是 100.00 分（60 / 100），按指南的规则应当是 0.00 分。" in said[0]
    folder = tmp_path / "lost"
    folder.mkdir()
    took_in(known, rewritten(sound, folder, uid, lose_one))
    state, said = desk_said(known, city_id)
    assert (state, "少了 1 项：满意率" in said[0]) == ("refused", True)
    took_in(known, sound)
    assert desk_said(known, city_id) == ("passed", [])


def test_a_figure_that_isn_t_the_records_is_said_and_left_to_people(tmp_path: Path) -> None:
    path = pack(tmp_path / "one", UUID(int=3))
    found = checked(path)
    assert found.faults == []
    assert [one for one in map(str, found.open) if "“满意率”锁定的是 60 / 100，按包内的记录是 " in one]


def checked(path: Path) -> Checked:
    """What a check with the round's parts finds."""
    return checking.check_pack(path, checking.Asked((KEY.public,), checks=pack_parts.checks()))


def test_a_pack_that_breaks_what_takes_it_in_is_refused_and_holds_nobody_up(
    known: Upper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city_id = opened(known, guideline=BY_HAND)["3703"]
    uid = uid_of(known, city_id)
    real = receiving.pack_received

    def breaks(**given: Any) -> int:
        monkeypatch.setattr(letters_upper, "pack_received", real)
        raise ValueError("A string literal cannot contain NUL (0x00) characters.")

    monkeypatch.setattr(letters_upper, "pack_received", breaks)
    took_in(known, pack(tmp_path / "bad", uid))
    state, said = desk_said(known, city_id)
    assert (state, "存不下" in said[0]) == ("refused", True)
    took_in(known, pack(tmp_path / "good", uid))
    assert desk_said(known, city_id) == ("passed", [])


def test_sentences_of_a_hostile_file_can_be_kept() -> None:
    assert letters_upper._kept("a\x00b\ud800" + "长" * 5000) == ("ab?" + "长" * 5000)[: letters_upper.SENTENCE_MOST]


def test_another_round_under_the_same_id_is_refused_with_a_sentence(known: Upper) -> None:
    uid = uuid4()
    first = opened(known, uid)
    assert opened(known, uid) == first
    other = round_text(uid=uid, guideline=Guideline("by_hand", 1, by_hand.GUIDELINE))
    with acting(known["organiser"]), pytest.raises(RoundUnreadable, match="编号相同的轮次"):
        operations.round_open(text=other, actor=known["organiser"], now=THEN)


def test_a_city_that_withdraws_does_so_until_it_is_through_and_hands_in_no_more(known: Upper) -> None:
    leaves = {source for source, target in WAYS if target is State.WITHDRAWN}
    assert leaves == set(State) - ENDS - {State.THROUGH, State.SPOT_CHECKED}
    city_id = opened(known)["3706"]
    named(known, city_id, (P, "assessor1"))
    received(known, city_id)
    with database.acting_as(known.installation, "worker"):
        moving.city_follow(
            city_id=city_id, target=State.WITHDRAWN, letter=uuid4(), reason="本市机构调整", actor=SYSTEM, now=THEN
        )
    with pytest.raises(StateMovedOn, match="“已退出”"):
        mark(known["assessor1"], city_id, "satisfied", "90", "核对一致")
    organiser = known["organiser"]
    with acting(organiser), pytest.raises(StateMovedOn, match="“已退出”"):
        marking.city_return(city_id=city_id, reasons={"accepted": "口径"}, actor=organiser, now=THEN)
    with pytest.raises(StateMovedOn, match="退出的不再参加"):
        received(known, city_id)
    with database.acting_as(known.installation, "worker"):
        assert Receipt.objects.filter(round_city=city_id).count() == 1


def test_nobody_s_number_goes_along_as_a_reference(known: Upper) -> None:
    city_id = opened(known)["3710"]
    named(known, city_id, (P, "assessor1"))
    received(known, city_id)
    who = known["assessor1"]
    given: dict[str, Any] = {"city_id": city_id, "key": "satisfied", "stage": P, "kind": "matter", "is_right": True}
    with acting(who):
        for reference in ("13812345678", "370303198001011234", " 王建国 13812345678.jpg"):
            with pytest.raises(BadScore, match="编号里有个人信息"):
                marking.look_keep(**given, reference=reference, words="", actor=who, now=THEN)
        with pytest.raises(BadScore, match="事项还是证明材料"):
            marking.look_keep(**given | {"kind": "rumours"}, reference="SX-1", words="", actor=who, now=THEN)
        assert marking.look_keep(**given, reference="SX20251003-000012", words="", actor=who, now=THEN)
        found = visits.finding_make(
            city_id=city_id, stage=P, key="satisfied", region_code="371002", place="张三丰家 13812345678",
            words="当事人身份证 370303198001011234，电话 13812345678", due_on=local_date(THEN), actor=who, now=THEN,
        )  # fmt: skip
        with pytest.raises(BadScore, match="编号里有个人信息"):
            visits.finding_close(finding_id=found, reference="13812345678", words="", actor=who, now=THEN)
        row = RoundCity.objects.select_related("round").get(pk=city_id)
        slip = letters_upper.slip_text(row).to_json().decode()
    assert "138****5678" in slip
    assert not [one for one in ("13812345678", "370303198001011234") if one in slip]


def test_scores_of_a_level_come_from_its_own_team_alone(known: Upper, tmp_path: Path) -> None:
    city_id = opened(known)["3703"]
    received(known, city_id)
    with pytest.raises(NotYourPart, match="验收组"):
        mark(known["assessor1"], city_id, "satisfied", "90", "核对一致")
    uid = uid_of(known, city_id)
    with database.acting_as(known.installation, "worker"):
        again = Arrived(uuid4(), uid, "3703", "cd" * 32, scores_json(uid, "3703"))
        with pytest.raises(StateMovedOn, match="不收验收包"):
            receiving.pack_received(arrived=again, actor=SYSTEM, now=THEN)
        assert not Check.objects.filter(round_city=city_id).exists()
    assert took_in_of_stranger(known, tmp_path, uid).state == "kept"
    work(known)


def took_in_of_stranger(upper: Upper, folder: Path, uid: UUID) -> Any:
    """A letter in the city's name by a key that nobody entered."""
    return took_in(upper, write(folder / "stranger", uid=str(uuid4()), round=str(uid), sender="3703", key=STRANGER))
