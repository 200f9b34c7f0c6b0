"""A city hands in: from the round's letter to a pack that proves itself, in a city whose transactions commit."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.indicators.operations import compute
from shanzhi.kernel.packs.models import Peer
from shanzhi.kernel.packs.operations import letter_take_in
from shanzhi.kernel.packs.policy.checked import Verdict
from shanzhi.kernel.packs.policy.letter import open_letter
from shanzhi.kernel.packs.queries import checking, letters
from shanzhi.kernel.packs.tests.made import KEY, write
from shanzhi.kernel.rounds import operations, pack_parts
from shanzhi.kernel.rounds.models import Build, Objection, RoundCity, Score
from shanzhi.kernel.rounds.policy.items import hash_of
from shanzhi.kernel.rounds.policy.slips import OBJECTIONS_MEMBER, SLIP_MEMBER, read_objections
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.telling import kept
from shanzhi.kernel.rounds.policy.text import GUIDELINE, MEMBER, Calendar
from shanzhi.kernel.rounds.policy.words import Incomplete, Stage
from shanzhi.kernel.rounds.queries import board
from shanzhi.kernel.rounds.tests.support import round_text
from shanzhi.kernel.rounds.tests.test_hear_from_above import SLIP
from tests.city import _actor
from tests.concurrency.committed import seal_all
from tests.packed import BUILT_AT, LAST, Packed, city, packed

__all__ = ["city", "packed"]
CALENDAR = Calendar(date(2026, 1, 1), date(2026, 1, 20), date(2026, 2, 1), date(2026, 2, 10), date(2026, 2, 20))
AT = BUILT_AT + timedelta(hours=1)
TEXT = round_text(first=LAST, last=LAST, calendar=CALENDAR)


def work(made: Packed) -> None:
    with database.acting_as(made.city.installation, "worker"):
        drain(now=lambda: AT)


def carry_in(made: Packed, path: Path) -> letters.LetterRow:
    with database.acting_as(made.city.installation, "worker"):
        taken = letter_take_in(path=path, actor=None, now=AT)
    work(made)
    with database.acting_as(made.city.installation, "worker"):
        return letters.letter(taken.letter_id)


@pytest.fixture
def row(packed: Packed, tmp_path: Path) -> RoundCity:
    """The city's row of a round that came by letter."""
    with database.acting_as(packed.city.installation, "worker"):
        Peer.objects.create(code="37", name="山东省", keys=[KEY.public.text()], since=AT, by_post=1, signoff_id=900)
    members = {MEMBER: TEXT.to_json(), GUIDELINE: TEXT.guideline.text.encode()}
    path = write(
        tmp_path / "round.letter", members, kind="round", uid=str(UUID(int=70)), round=str(TEXT.uid), sender="37"
    )
    assert carry_in(packed, path).state == "read"
    with acting(packed.city.cast.supervisor):
        return RoundCity.objects.select_related("round").get()


def evaluate(made: Packed, row: RoundCity) -> None:
    """Join, evaluate, claim a project, write what is owed, sign, lock."""
    lead = made.city.cast.supervisor
    writer, signer, head = (
        _actor(f"{code}-3703", "handler", 0) for code in ("housing-construction", "urban-management", "health")
    )
    papers = [SimpleUploadedFile(f"{name}.pdf", f"%PDF-1.4\n% {name}\n%%EOF\n".encode()) for name in ("一", "二")]
    with acting(lead):
        for target in (State.JOINED, State.EVALUATING):
            operations.city_move(city_id=row.pk, target=target, actor=lead, now=AT)
        for project, who in (("loop", signer), ("", head)):
            operations.duty_give(
                city_id=row.pk, project=project, unit_id=writer.unit_id or 0, role="handler",
                signer_post_id=who.post_id or 0, due_on=date(2026, 1, 15), actor=lead, now=AT,
            )  # fmt: skip
        stored = tuple(files.store(data=paper, name=str(paper.name), now=AT) for paper in papers)
        operations.claim_make(city_id=row.pk, project="loop", words="闭环做得早", stored=stored, actor=lead, now=AT)
    with database.acting_as(made.city.installation, "worker"):
        compute(month=LAST, now=AT)
        operations.items_compute(city_id=row.pk, now=AT)
    with acting(lead):
        owed = [one for project in board(row.pk, AT.date()).projects for one in project.items if not one.is_complete]
    for one in owed:
        with acting(writer):
            last = Score.objects.filter(round_city=row, key=one.indicator.key, stage="self", is_last=True).first()
            operations.item_write(
                city_id=row.pk, key=one.indicator.key, words="", objection="这一期没有", based_on=last.number if last else 0,
                actor=writer, now=AT,
            )  # fmt: skip
    with acting(signer):
        operations.project_sign(city_id=row.pk, project="loop", actor=signer, now=AT)
    with acting(head):
        operations.round_lock(city_id=row.pk, actor=head, now=AT)


def build(made: Packed) -> int:
    with database.acting_as(made.city.installation, "worker"):
        return operations.packs_build(now=AT, program="shanzhi test")


def asked(made: Packed, row: RoundCity, lead: Actor) -> Build:
    with acting(lead):
        pk = operations.pack_ask(city_id=row.pk, actor=lead, now=AT)
        assert operations.pack_ask(city_id=row.pk, actor=lead, now=AT) == pk
        return Build.objects.get(pk=pk)


@pytest.mark.usefixtures("evidence_store")
def test_it_goes_from_the_rounds_letter_to_a_pack_that_proves_itself(
    packed: Packed, row: RoundCity, tmp_path: Path
) -> None:
    lead = packed.city.cast.supervisor
    evaluate(packed, row)
    made = asked(packed, row, lead)
    with acting(lead), pytest.raises(Incomplete):
        operations.pack_send(city_id=row.pk, actor=lead, now=AT)
    assert build(packed) == 0
    with acting(lead):
        made.refresh_from_db()
        assert (made.state, "还没有封存" in kept(made.error)[0][0]) == ("waiting", True)
    seal_all(packed.city.installation, AT)
    assert build(packed) == 1
    with acting(lead):
        made.refresh_from_db()
        row.refresh_from_db()
        assert (made.state, kept(made.error)) == ("done", [])
        assert made.sha256 == row.pack_sha256
    path = letters.letter_path(made.sha256)
    found = checking.check_pack(path, checking.Asked(is_full=True, round=str(TEXT.uid), checks=pack_parts.checks()))
    assert [str(fault) for fault in found.faults] == []
    assert not [one for one in map(str, found.open) if "scores.json" in one]
    assert found.verdict is Verdict.PASSED
    letter = open_letter(path)
    assert (letter.header.kind, letter.header.round, letter.header.receiver) == ("pack", str(TEXT.uid), "37")
    assert hash_of(letter.read("scores.json")) == row.locked_sha256
    assert found.counts["evidence_inside"] == 2
    with database.acting_as(packed.city.installation, "worker"):
        same = operations.pack_of_round(round_uid=str(TEXT.uid), city="", now=AT, program="shanzhi test")
        assert same.sha256 == made.sha256
    with acting(lead):
        operations.pack_send(city_id=row.pk, actor=lead, now=AT)
        row.refresh_from_db()
        assert row.state == "sent"
    object_to_a_score(packed, row, tmp_path)


def object_to_a_score(made: Packed, row: RoundCity, folder: Path) -> None:
    """The province scores by a slip; what the city objects to goes back as a letter, once."""
    lead = made.city.cast.supervisor
    slip = replace(SLIP, state=State.RECEIVED, returned=(), reason="", until=None)
    path = write(
        folder / "slip",
        {SLIP_MEMBER: slip.to_json()},
        kind="slip",
        uid=str(UUID(int=71)),
        round=str(TEXT.uid),
        sender="37",
    )
    assert carry_in(made, path).state == "read"
    with acting(lead):
        operations.objection_make(
            city_id=row.pk, key="satisfied", stage=Stage.PROVINCE, words="回访记录在另一本台账", actor=lead, now=AT
        )
    work(made)
    with database.acting_as(made.city.installation, "worker"):
        (sent,) = [one for one in letters.letters(direction="out") if one.kind == "objection"]
        text = read_objections(letters.letter_open(sent.id).read(OBJECTIONS_MEMBER))
        assert [(one.key, one.words) for one in text.objections] == [("satisfied", "回访记录在另一本台账")]
        assert Objection.objects.get().sent_at == AT
        assert operations.objections_send(city_ids=[row.pk], now=AT, program="shanzhi test") == 0
