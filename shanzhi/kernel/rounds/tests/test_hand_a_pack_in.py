"""A city hands in to its province: from the round's letter over a pack that proves itself to the decision about an objection.

Two installations whose transactions commit; what goes from one to the other is a file.
"""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shanzhi.config import database
from shanzhi.config.installation import Installation
from shanzhi.config.worker import drain
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.indicators.operations import compute
from shanzhi.kernel.journal.operations import note_signer
from shanzhi.kernel.packs.models import Peer
from shanzhi.kernel.packs.operations import letter_take_in
from shanzhi.kernel.packs.policy.checked import Verdict
from shanzhi.kernel.packs.policy.letter import open_letter
from shanzhi.kernel.packs.queries import checking, letters
from shanzhi.kernel.rounds import letters_upper, operations, pack_parts
from shanzhi.kernel.rounds.models import Build, Finding, Objection, RoundCity, Score
from shanzhi.kernel.rounds.operations import deciding, marking, sending, visits
from shanzhi.kernel.rounds.policy.items import hash_of
from shanzhi.kernel.rounds.policy.slips import OBJECTIONS_MEMBER, read_objections
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.telling import kept
from shanzhi.kernel.rounds.policy.text import Calendar, Place
from shanzhi.kernel.rounds.policy.words import Incomplete, Stage
from shanzhi.kernel.rounds.queries import board, findings_page, objections_page, upper_city
from shanzhi.kernel.rounds.tests.support import round_text
from shanzhi.kernel.rounds.tests.upper_support import mark, named
from tests.city import _actor
from tests.concurrency.committed import at, seal_all
from tests.desks import do
from tests.packed import BUILT_AT, LAST, Packed, city, packed
from tests.upper import Upper, committed_province

__all__ = ["city", "packed"]
CALENDAR = Calendar(date(2026, 1, 1), date(2026, 1, 20), date(2026, 2, 1), date(2026, 2, 10), date(2026, 2, 20))
AT = BUILT_AT + timedelta(hours=1)
TEXT = round_text(first=LAST, last=LAST, calendar=CALENDAR, cities=(Place("3703", "淄博市"),))


@pytest.fixture(scope="module")
def province(packed: Packed) -> Iterator[Upper]:
    """The province's installation beside the city's, which stays the one that is acted in; each knows the other's key."""
    with committed_province() as made, at(packed.city.installation):
        both = (("3703", "淄博市", packed.city.installation), ("37", "山东省", made.installation))
        for (code, name, of), (_, _, here) in zip(both, reversed(both), strict=True):
            with at(of), database.acting_as(of, "worker"):
                key = note_signer(now=AT).keys[0]
            with at(here), database.acting_as(here, "worker"):
                Peer.objects.create(code=code, name=name, keys=[key], since=AT, by_post=1, signoff_id=900)
        yield made


def work(installation: Installation) -> None:
    """What an installation's background does soon."""
    with at(installation), database.acting_as(installation, "worker"):
        drain(now=lambda: AT)
        if letters_upper.packs_check(now=AT):
            drain(now=lambda: AT)


def carry(sender: Installation, receiver: Installation, kind: str, folder: Path) -> letters.LetterRow:
    """The last letter of a kind is fetched at one platform, carried as a file, and taken in at the other; as it stands there
    then."""
    with at(sender), database.acting_as(sender, "worker"):
        found = next(one for one in letters.letters(direction="out") if one.kind == kind)
        path = Path(shutil.copy(letters.letter_path(found.sha256), folder / found.file_name))
    with at(receiver), database.acting_as(receiver, "worker"):
        taken = letter_take_in(path=path, actor=None, now=AT)
    work(receiver)
    with at(receiver), database.acting_as(receiver, "worker"):
        return letters.letter(taken.letter_id)


@pytest.fixture
def row(packed: Packed, province: Upper, tmp_path: Path) -> RoundCity:
    """The city's row of a round that the province has opened and sent."""
    organiser = province["organiser"]
    with at(province.installation), acting(organiser):
        pk = operations.round_open(text=TEXT, actor=organiser, now=AT)
        sending.round_letters_ask(round_id=pk, actor=organiser, now=AT)
    work(province.installation)
    assert carry(province.installation, packed.city.installation, "round", tmp_path).state == "read"
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
    packed: Packed, province: Upper, row: RoundCity, tmp_path: Path
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
    take_in_and_score(province, packed, row, tmp_path)
    object_to_a_score(province, packed, row, tmp_path)
    mend_what_was_found(province, packed, row, tmp_path)


def take_in_and_score(province: Upper, made: Packed, row: RoundCity, folder: Path) -> None:
    """The province checks the pack beside and takes it in, with what it counts itself; it scores, and a slip tells the city."""
    here, there = made.city.installation, province.installation
    assert carry(here, there, "pack", folder).state == "read"
    assessor, organiser = province["assessor1"], province["organiser"]
    with at(there):
        with acting(organiser):
            (pk,) = RoundCity.objects.values_list("pk", flat=True)
        named(province, pk, (Stage.PROVINCE, "assessor1"), (Stage.PROVINCE, "assessor2"))
        with acting(assessor):
            desk = upper_city.desk(pk, assessor, AT.date())
        assert desk.check is not None
        assert (desk.check.state, desk.check.faults, desk.state) == ("passed", [], State.RECEIVED)
        found = {line.item.key: (line.handed, line.recomputed, line.differs) for line in desk.lines}
        own = {line.item.key: line.scores[Stage.SELF] for line in desk.lines}
        for key in ("satisfied", "accepted"):
            assert found[key][0] is not None
            assert found[key] == (found[key][0], found[key][0], False)
        for key, score in own.items():
            counted = key == "vetoes"
            given = None if counted or score is None else str(score.points)
            mark(assessor, pk, key, given, "核对一致", events=0 if counted else None, now=AT)
        with acting(organiser):
            marking.scoring_close(city_id=pk, actor=organiser, now=AT)
    work(there)
    assert carry(there, here, "slip", folder).state == "read"
    with acting(made.city.cast.supervisor):
        row.refresh_from_db()
        above = {one.key: (one.own, one.points) for one in objections_page(row.pk, AT.date()).above}
    assert (row.state, set(above)) == ("scored", set(own))
    assert above["satisfied"][0] == above["satisfied"][1]


def object_to_a_score(province: Upper, made: Packed, row: RoundCity, folder: Path) -> None:
    """What the city objects to goes up as a letter, once; the decision of somebody else than the scorer comes down."""
    here, there, lead = made.city.installation, province.installation, made.city.cast.supervisor
    with acting(lead):
        operations.objection_make(
            city_id=row.pk, key="satisfied", stage=Stage.PROVINCE, words="回访记录在另一本台账", actor=lead, now=AT
        )
    work(here)
    with database.acting_as(here, "worker"):
        (sent,) = [one for one in letters.letters(direction="out") if one.kind == "objection"]
        text = read_objections(letters.letter_open(sent.id).read(OBJECTIONS_MEMBER))
        assert [(one.key, one.words) for one in text.objections] == [("satisfied", "回访记录在另一本台账")]
        assert Objection.objects.get().sent_at == AT
        assert operations.objections_send(city_ids=[row.pk], now=AT, program="shanzhi test") == 0
    assert carry(here, there, "objection", folder).state == "read"
    other = province["assessor2"]
    with at(there), acting(other):
        (made_above,) = Objection.objects.all()
        deciding.objection_decide(
            objection_id=made_above.pk, uphold=False, words="台账已核，仍不符", actor=other, now=AT
        )
    work(there)
    assert carry(there, here, "slip", folder).state == "read"
    with acting(lead):
        (told,) = objections_page(row.pk, AT.date()).objections
    assert (told.state, told.decision) == ("declined", "台账已核，仍不符")


def mend_what_was_found(province: Upper, made: Packed, row: RoundCity, folder: Path) -> None:
    """A finding comes down, becomes a matter, is mended and checked again; the province hears of its closing by a letter."""
    here, there, cast = made.city.installation, province.installation, made.city.cast
    finder, organiser, lead, due = (
        province["assessor2"],
        province["organiser"],
        cast.supervisor,
        AT + timedelta(days=10),
    )
    with at(there):
        with acting(finder):
            (pk,) = RoundCity.objects.values_list("pk", flat=True)
            visits.finding_make(
                city_id=pk, stage=Stage.PROVINCE, key="accepted", region_code="370303", place="", words="补登受理时间",
                due_on=due.date(), actor=finder, now=AT,
            )  # fmt: skip
        with acting(organiser):
            sending.slip_ask(city_id=pk, actor=organiser, now=AT)
    work(there)
    assert carry(there, here, "slip", folder).state == "read"
    with acting(lead):
        (found,) = Finding.objects.all()
        number = operations.finding_take(finding_id=found.pk, actor=lead, now=AT)
        found.refresh_from_db()
    matter_id = found.matter_id or 0
    do(cast.dispatcher, matter_id, "dispatch", AT, lead=cast.handler.unit_id)
    do(cast.handler, matter_id, "plan", AT, words="逐件补登", until=due.date())
    do(cast.handler, matter_id, "reply", AT, reply="已补登。")
    work(here)
    do(cast.checker, matter_id, "check_pass", AT)
    work(here)
    with acting(lead):
        assert [(one.where, one.stage_name) for one in findings_page(row.pk, AT.date())[1]] == [("张店区", "已销号")]
    assert carry(here, there, "mended", folder).state == "read"
    with at(there), acting(finder):
        (line,) = upper_city.desk(pk, finder, AT.date()).findings
    assert (line.finding.matter_number, line.closing) == (number, None)
