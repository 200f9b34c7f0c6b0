"""What the organiser writes comes by letter: a round is taken over, a slip is read, what doesn't fit is refused in words."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.indicators.tests.support import rules
from shanzhi.kernel.packs.models import Peer
from shanzhi.kernel.packs.operations.letters import letter_read, letter_take_in
from shanzhi.kernel.packs.queries import letters
from shanzhi.kernel.packs.tests.made import KEY, write
from shanzhi.kernel.rounds.models import RoundCity, Score
from shanzhi.kernel.rounds.policy.slips import SLIP_MEMBER
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.text import GUIDELINE, MEMBER, Place, RoundText
from shanzhi.kernel.rounds.tests.support import moved, round_text
from shanzhi.kernel.rounds.tests.test_hear_from_above import SLIP
from tests.city import NOW, Cast
from tests.roles import everything, held_to, observer

__all__ = ["observer", "rules"]
pytestmark = pytest.mark.usefixtures("observer", "rules")
PROVINCE = "37"


def read(folder: Path, kind: str, members: dict[str, bytes], **header: Any) -> letters.LetterRow:
    """What became of a letter that the province wrote."""
    number = len(list(folder.iterdir())) + 1
    given = {
        "kind": kind,
        "uid": str(UUID(int=100 + number)),
        "round": str(UUID(int=1)),
        "sender": PROVINCE,
        "receiver": "3703",
    } | header
    path = write(folder / f"{number}.letter", members, **given)
    with everything(), held_to("worker"):
        taken = letter_take_in(path=path, actor=None, now=NOW)
        letter_read(letter_id=taken.letter_id, now=NOW)
        return letters.letter(taken.letter_id)


def said(row: letters.LetterRow) -> str:
    """Why a letter was refused."""
    assert row.state == "refused"
    return row.reason % row.params


def of_round(text: RoundText) -> dict[str, bytes]:
    return {MEMBER: text.to_json(), GUIDELINE: text.guideline.text.encode()}


@pytest.fixture
def known(observer: None, cast: Cast) -> None:
    """The province and a neighbour are known."""
    with everything():
        for number, code in enumerate((PROVINCE, "3705")):
            Peer.objects.create(
                code=code, name=code, keys=[KEY.public.text()], since=NOW, by_post=1, signoff_id=900 + number
            )


@pytest.mark.usefixtures("known")
def test_it_takes_a_round_over_and_reads_its_slip(cast: Cast, tmp_path: Path) -> None:
    text = round_text()
    assert read(tmp_path, "round", of_round(text)).state == "read"
    assert read(tmp_path, "round", of_round(text)).state == "read"
    with acting(cast.supervisor):
        row = RoundCity.objects.get()
    moved(cast.supervisor, row, State.JOINED, State.EVALUATING)
    assert "没有按顺序来" in said(read(tmp_path, "slip", {SLIP_MEMBER: replace(SLIP, submission=0).to_json()}))
    with everything():
        RoundCity.objects.filter(pk=row.pk).update(state="locked", submission=1)
    slip = SLIP
    assert "发给代码 3705" in said(read(tmp_path, "slip", {SLIP_MEMBER: replace(slip, city="3705").to_json()}))
    wrong = replace(slip, scores=(replace(slip.scores[0], points=slip.scores[0].most + 1),))
    assert "超过满分" in said(read(tmp_path, "slip", {SLIP_MEMBER: wrong.to_json()}))
    with acting(cast.supervisor):
        row.refresh_from_db()
        assert (row.state, Score.objects.filter(stage="province").count()) == ("locked", 0)
    assert read(tmp_path, "slip", {SLIP_MEMBER: slip.to_json()}).state == "read"
    with acting(cast.supervisor):
        row.refresh_from_db()
        assert (row.state, Score.objects.filter(stage="province").count()) == ("returned", 1)
    moved(cast.supervisor, row, State.EVALUATING)
    old = replace(slip, state=State.RECEIVED)
    assert "没有按顺序来" in said(read(tmp_path, "slip", {SLIP_MEMBER: old.to_json()}))
    assert read(tmp_path, "slip", {SLIP_MEMBER: replace(slip, reason="另有一处").to_json()}).state == "read"
    with acting(cast.supervisor):
        row.refresh_from_db()
        assert row.state == "evaluating"


@pytest.mark.usefixtures("known")
def test_it_refuses_what_is_not_for_it_in_words(cast: Cast, tmp_path: Path) -> None:
    text = round_text()
    others = replace(text, cities=(Place("3705", "东营市"),))
    assert "没有本市" in said(read(tmp_path, "round", of_round(others)))
    assert "组织方是 37" in said(read(tmp_path, "round", of_round(text), sender="3705"))
    assert "发给 3705 的" in said(read(tmp_path, "round", of_round(text), receiver="3705"))
    assert "封面写的轮次" in said(read(tmp_path, "round", of_round(text), round=str(UUID(int=2))))
    assert "函件里没有 guideline.toml" in said(read(tmp_path, "round", {MEMBER: text.to_json()}))
    assert "没有找到这个轮次" in said(read(tmp_path, "slip", {SLIP_MEMBER: SLIP.to_json()}))
    with acting(cast.supervisor):
        assert not RoundCity.objects.exists()
