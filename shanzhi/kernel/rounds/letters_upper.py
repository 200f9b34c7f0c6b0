"""The organiser's letters: rounds and slips are written, packs are checked and taken in, objections are read. The background's.

A slip is a city's whole state as of now, so that reading the last one is enough; a letter is known by what it is about, so that
asking twice writes one. A pack is checked beside, in a process of its own, before anything of it is believed.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid5

import duckdb
from django.db import DataError, IntegrityError, transaction

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import SYSTEM
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices.policy import Happened
from shanzhi.kernel.packs import operations as packs
from shanzhi.kernel.packs.policy import Header, LetterWriter
from shanzhi.kernel.packs.policy.checked import Checked, Verdict
from shanzhi.kernel.packs.policy.contents import Told
from shanzhi.kernel.packs.policy.letter_box import spellings
from shanzhi.kernel.packs.queries import kept
from shanzhi.kernel.packs.queries import letters as letters_here
from shanzhi.kernel.packs.queries.apart import CheckBusy, CheckFailed, Room, check_apart
from shanzhi.kernel.rounds.models import Check, Finding, Objection, Result, Return, Round, RoundCity, Score
from shanzhi.kernel.rounds.operations._common import locked_city, words_of, write
from shanzhi.kernel.rounds.operations.receiving import TAKES, Arrived, pack_received
from shanzhi.kernel.rounds.operations.sending import TOLD
from shanzhi.kernel.rounds.payloads import ObjectionMade
from shanzhi.kernel.rounds.payloads_upper import FindingMended, PackRefused
from shanzhi.kernel.rounds.policy.handed_in import MEMBER as SCORES_MEMBER
from shanzhi.kernel.rounds.policy.items import round_period
from shanzhi.kernel.rounds.policy.slips import (
    MENDED_MEMBER,
    OBJECTIONS_MEMBER,
    SLIP_MEMBER,
    Decision,
    Listed,
    ObjectionText,
    Returned,
    SlipFinding,
    SlipScore,
    SlipText,
    read_mended,
    read_objections,
)
from shanzhi.kernel.rounds.policy.states import STATES, State
from shanzhi.kernel.rounds.policy.text import GUIDELINE, MEMBER, Calendar, Guideline, Place, RoundText
from shanzhi.kernel.rounds.policy.words import (
    AnotherCitys,
    NoSuchRound,
    RoundKind,
    RoundUnreadable,
    Stage,
    StateMovedOn,
    TooLate,
)

log = logging.getLogger(__name__)
CHECK_SOON = "rounds.check_packs"
ROOM = Room(seconds=1800, memory_mb=1400, sample=100, threads=2)
"""What the check of a pack that came may take."""
NUMBER_MOST = 20
FAULTS_MOST = 200
"""Sentences that are kept of a check."""
SENTENCE_MOST = 2000
PROGRAM = "shanzhi"
_SCORED = (State.SCORED, State.THROUGH, State.SPOT_CHECKED, State.FINAL)


# -- out -----------------------------------------------------------------------------------------------------------------


def letters_write(events: Sequence[Happened], now: datetime) -> None:
    """Write what was asked for (the reader of LETTER_TOPIC)."""
    for event in events:
        row = locked_city(int(event.body["round_city"]))
        (round_write if event.body["what"] == "round" else slip_write)(row, now)


def cities_moved(events: Sequence[Happened], now: datetime) -> None:
    """A city of ours that moved on is told (a reader of ROUND_TOPIC)."""
    for pk in dict.fromkeys(int(event.body["round_city"]) for event in events):
        row = locked_city(pk)
        if row.round.is_ours and State(row.state) in TOLD:
            slip_write(row, now)


def round_text(row: Round) -> RoundText:
    """A round as it travels; 1 query."""
    cities = RoundCity.objects.filter(round=row).order_by("city_code").values_list("city_code", "name")
    return RoundText(
        row.uid, row.name, RoundKind(row.kind),
        Guideline(row.guideline_code, row.guideline_version, row.guideline_text), row.first, row.last,
        Calendar(row.opened_on, row.self_until, row.province_until, row.centre_until, row.objections_until),
        Place(row.organiser_code, row.organiser_name), tuple(Place(code, name) for code, name in cities),
        tuple(row.announced),
    )  # fmt: skip


def round_write(row: RoundCity, now: datetime) -> None:
    """Write the round's letter for a city, once."""
    text = round_text(row.round)
    about = f"{row.round.name} · {row.name}"

    def fill(writer: LetterWriter) -> None:
        writer.add(MEMBER, text.to_json())
        writer.add(GUIDELINE, text.guideline.text.encode())

    _send(row, "round", "round", about, fill, now)


def slip_text(row: RoundCity) -> SlipText:
    """All that a city is told as it stands: what goes back, scores once they are whole, findings, decisions, the list."""
    state = State(row.state)
    stages = [Stage.PROVINCE] if state in _SCORED else []
    if state in (State.SPOT_CHECKED, State.FINAL):
        stages.append(Stage.CENTRE)
    is_returned = state is State.RETURNED
    returned = Return.objects.filter(round_city=row, submission=row.submission) if is_returned else ()
    scores = Score.objects.filter(round_city=row, is_last=True, stage__in=stages).order_by("stage", "key")
    decided = Objection.objects.filter(round_city=row).exclude(state="open").order_by("pk")
    return SlipText(
        row.round.uid, row.city_code, row.submission, state,
        reason=row.reason,
        until=row.round.province_until if is_returned else None,
        returned=tuple(Returned(one.key, one.reason) for one in returned),
        scores=tuple(
            SlipScore(
                one.key, one.project, Stage(one.stage), one.value, one.numerator, one.denominator, one.points, one.most,
                one.is_vetoed, one.reason,
            )
            for one in scores
        ),
        findings=tuple(
            SlipFinding(one.uid, one.key, Stage(one.stage), one.region_code, one.place, one.words, one.due_on)
            for one in Finding.objects.filter(round_city=row).order_by("pk")
        ),
        decisions=tuple(Decision(one.uid, one.state == "upheld", one.decision) for one in decided),
        listed=_listed(row) if state is State.FINAL else (),
    )  # fmt: skip


def _listed(row: RoundCity) -> tuple[Listed, ...]:
    """The published list of a round, by the cities' codes."""
    last = Result.objects.filter(round_city__round=row.round_id, is_last=True).select_related("round_city")
    return tuple(
        Listed(one.round_city.city_code, one.round_city.name, one.total, one.passes)
        for one in last.order_by("round_city__city_code")
    )


def slip_write(row: RoundCity, now: datetime) -> None:
    """Write a slip for a city as it stands; where there is nothing new to tell, the one that is there is enough."""
    text = slip_text(row)
    body = text.to_json()
    about = f"{row.round.name} · {row.name} · {STATES[text.state]}"
    _send(row, "slip", f"slip {sha256(body).hexdigest()}", about, lambda writer: writer.add(SLIP_MEMBER, body), now)


def _send(
    row: RoundCity, kind: str, what: str, about: str, fill: Callable[[LetterWriter], object], now: datetime
) -> None:
    uid, sender = str(uuid5(row.round.uid, f"{what} {row.city_code}")), row.round.organiser_code
    if letters_here.is_kept(sender=sender, uid=uid):
        return
    header = Header(
        kind=kind, uid=uid, round=str(row.round.uid), sender=sender, receiver=row.city_code, about=about, made_at=now,
        program=PROGRAM,
    )  # fmt: skip
    packs.letter_send_out(header=header, fill=fill, now=now)


# -- in ------------------------------------------------------------------------------------------------------------------


def _addressed(kept_letter: letters_here.LetterRow) -> RoundCity:
    """The row of the city that sent a letter about a round of ours.

    Raises:
        NoSuchRound: there is no such round, or its sender isn't invited.
    """
    try:
        uid = UUID(kept_letter.round)
    except ValueError:
        uid = UUID(int=0)
    found = RoundCity.objects.filter(
        round__uid=uid, round__is_ours=True, city_code__in=spellings(kept_letter.sender)
    ).first()
    if found is None:
        raise NoSuchRound(
            msg("这里没有组织这个轮次，或者没有邀请代码为 %(sender)s 的城市。请核对文件是不是发错了。"),
            sender=kept_letter.sender[:20],
        )
    return locked_city(found.pk)


def letter_uuid(sender: str, uid: str) -> UUID:
    """A letter's id as a UUID; of one that has another form it follows from sender and id."""
    try:
        return UUID(uid)
    except ValueError:
        return uuid5(UUID(int=0), f"{sender} {uid}")


def pack_came(letter_id: int, now: datetime) -> None:
    """Let a pack that came be checked (the reader of letters of the kind `pack`).

    Raises:
        NoSuchRound, StateMovedOn: no pack of this city is waited for; says why.
    """
    letter = letters_here.letter(letter_id)
    row = _addressed(letter)
    if State(row.state) not in TAKES:
        raise StateMovedOn(
            msg("%(city)s现在是“%(state)s”，不收验收包。已经收下的不能再换，要换请先退回；退出的不再参加。"),
            city=row.name,
            state=(STATES[State(row.state)],),
        )
    Check.objects.get_or_create(
        letter_id=letter_id, defaults={"round_city": row, "sha256": letter.sha256, "state": "waiting", "came_at": now}
    )
    notices.job_soon(CHECK_SOON)


def packs_check(*, now: datetime) -> int:
    """Check the packs that wait, one after the other, and take in those that pass; returns how many were settled."""
    waiting = list(Check.objects.filter(state="waiting").order_by("pk").values_list("pk", flat=True))
    for done, pk in enumerate(waiting):
        try:
            pack_check(check_id=pk, now=now)
        except CheckBusy:
            return done
    return len(waiting)


def pack_check(*, check_id: int, now: datetime) -> None:
    """Check one pack beside, outside of any transaction; take it in where it passes, refuse it with its faults where not.

    Raises:
        CheckBusy: another one is under way; it waits.
    """
    check = Check.objects.get(pk=check_id)
    letter = letters_here.letter(check.letter_id)
    path = letters_here.letter_path(letter.sha256)
    keys = letters_here.keys_of(letter.sender)
    try:
        found = check_apart(path, letter.file_name, ROOM, keys=keys, city=letter.sender)
    except CheckFailed as error:
        _refuse(check_id, [str(error)], 0, "", now)
        return
    if found.verdict is not Verdict.PASSED:
        _refuse(check_id, *_told(found), found.seed, now)
        return
    try:
        _take_in(check_id, letter, found, now)
    except DomainError as error:
        _refuse(check_id, [str(error)], 0, found.seed, now)
    except _UNFIT as error:
        # Whatever a city's platform writes: its own pack is refused, and the others aren't kept waiting.
        log.warning("pack %s can't be taken in: %s", check.sha256[:16], type(error).__name__)
        _refuse(check_id, [_NOT_TAKEN], 0, found.seed, now)


_UNFIT = (DataError, IntegrityError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError, duckdb.Error)
_NOT_TAKEN = msg(
    "验收包核对通过，但里面有本平台存不下的内容，没有收下。请城市由原系统重新生成后再发；仍然不行的，请告诉系统管理员。"
)


def _told(found: Checked) -> tuple[list[str], int]:
    """What a check found as sentences, and how many more there are."""
    sentences = [found.unreadable] if found.unreadable else [str(fault) for fault in found.faults]
    if not sentences:
        sentences = [msg("核对没有做完：文件里有的部分读不了。")]
    return [_kept(each) for each in sentences[:FAULTS_MOST]], max(0, len(sentences) - FAULTS_MOST) + sum(
        found.more.values()
    )


def _kept(sentence: str) -> str:
    """A sentence as a database can keep it, whatever names a hostile file has."""
    return sentence.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")[:SENTENCE_MOST]


@transaction.atomic
def _take_in(check_id: int, letter: letters_here.LetterRow, found: Checked, now: datetime) -> None:
    check = Check.objects.select_for_update(of=("self",)).select_related("round_city__round").get(pk=check_id)
    if check.state != "waiting":
        return
    row, path = check.round_city, letters_here.letter_path(letter.sha256)
    scores = kept.part_of(path, SCORES_MEMBER)
    if scores is None:
        raise RoundUnreadable(msg("验收包里没有自评（scores.json），不是为上报打的包。请城市锁定自评后从轮次里上报。"))
    with kept.kept_pack(path, kept.FIGURES) as pack:
        _check_about(pack.told, row.round)
        recomputed = kept.city_figures(pack, round_period(row.round.first, row.round.last))
    arrived = Arrived(
        letter_uuid(letter.sender, letter.uid), row.round.uid, row.city_code, letter.sha256, scores,
        recomputed=recomputed,
    )  # fmt: skip
    pack_received(arrived=arrived, actor=SYSTEM, now=now)
    _settle(check, "passed", now, seed=found.seed)


def _check_about(told: Told | None, round_: Round) -> None:
    """Is the pack about the round's months, by its guideline?

    Raises:
        AnotherCitys: it isn't.
    """
    if told is None or (told.first, told.last) != (round_.first, round_.last):
        raise AnotherCitys(msg("验收包的期间和这个轮次的评价期间不是同一段。请核对文件是不是发错了。"))
    if told.guideline_sha256 != round_.guideline_sha256:
        raise AnotherCitys(msg("验收包不是按这个轮次的指南算的（SHA-256 不符）。请城市按轮次的指南重新上报。"))


@transaction.atomic
def _refuse(check_id: int, sentences: list[str], more: int, seed: str, now: datetime) -> None:
    check = Check.objects.select_for_update().get(pk=check_id)
    if check.state != "waiting":
        return
    _settle(check, "refused", now, faults=sentences, more=more, seed=seed)
    row = locked_city(check.round_city_id)
    letter = letters_here.letter(check.letter_id)
    payload = PackRefused(
        str(row.round.uid), row.city_code, str(letter_uuid(letter.sender, letter.uid)), check.sha256,
        len(sentences) + more,
    )  # fmt: skip
    write(row, payload, SYSTEM, now)


def _settle(check: Check, state: str, now: datetime, **said: object) -> None:
    Check.objects.filter(pk=check.pk).update(state=state, checked_at=now, **said)


def mended_came(letter_id: int, now: datetime) -> None:
    """Take over which findings a city has mended, all of it or nothing (the reader of letters of the kind `mended`). Whether
    one is closed here, somebody of its stage says.

    Raises:
        NoSuchRound, RoundUnreadable, AnotherCitys: what is wrong with it.
    """
    letter = letters_here.letter(letter_id)
    row = _addressed(letter)
    body = kept.part_of(letters_here.letter_path(letter.sha256), MENDED_MEMBER)
    if body is None:
        raise RoundUnreadable(msg("函件里没有整改情况（mended.json）。请对方重新发出。"))
    text = read_mended(body)
    if (text.round, text.city) != (row.round.uid, row.city_code):
        raise AnotherCitys(msg("这份整改报告不是%(city)s在这个轮次里的。请核对文件是不是发错了。"), city=row.name)
    for one in text.mended:
        if not Finding.objects.filter(round_city=row, uid=one.uid).update(matter_number=one.number[:NUMBER_MOST]):
            raise RoundUnreadable(msg("整改报告说的问题不是这里交办给%(city)s的。请对方核对。"), city=row.name)
        write(
            row, FindingMended(str(row.round.uid), row.city_code, str(one.uid), one.number[:NUMBER_MOST]), SYSTEM, now
        )


def objections_came(letter_id: int, now: datetime) -> None:
    """Take over what a city objects to, all of it or nothing (the reader of letters of the kind `objection`).

    Raises:
        NoSuchRound, RoundUnreadable, AnotherCitys, TooLate, StateMovedOn: what is wrong with it.
    """
    letter = letters_here.letter(letter_id)
    row = _addressed(letter)
    body = kept.part_of(letters_here.letter_path(letter.sha256), OBJECTIONS_MEMBER)
    if body is None:
        raise RoundUnreadable(msg("函件里没有异议（objections.json）。请对方重新发出。"))
    text = read_objections(body)
    if (text.round, text.city) != (row.round.uid, row.city_code):
        raise AnotherCitys(msg("这份异议不是%(city)s在这个轮次里的。请核对文件是不是发错了。"), city=row.name)
    if State(row.state) in (State.FINAL, State.WITHDRAWN):
        raise StateMovedOn(msg("这个轮次对%(city)s已经结束，不再收异议。"), city=row.name)
    for one in text.objections:
        _object(row, one, letter.made_at, now)


def _object(row: RoundCity, one: ObjectionText, sent_at: datetime, now: datetime) -> None:
    there = Objection.objects.filter(uid=one.uid).first()
    if there is not None:
        if there.round_city_id != row.pk:
            raise AnotherCitys(msg("有一件异议的编号在别的城市用过。请对方重新发出。"))
        return
    until = row.round.objections_until
    if local_date(max(one.at, sent_at)) > until:
        raise TooLate(msg("异议要在 %(until)s 以前提出，这份是以后写的，没有收下。"), until=until)
    if one.stage is Stage.SELF or not Score.objects.filter(round_city=row, key=one.key, stage=one.stage).exists():
        raise RoundUnreadable(msg("异议说的“%(key)s”没有这一级的评分。请对方核对。"), key=one.key[:40])
    if Objection.objects.filter(round_city=row, key=one.key, stage=one.stage, state="open").exists():
        raise StateMovedOn(msg("“%(key)s”已经有一件异议没有决定，不能再提。"), key=one.key)
    said = words_of(one.words)
    Objection.objects.create(
        round_city=row, uid=one.uid, key=one.key, stage=one.stage.value, words=said.text[:4000], salt=said.salt,
        objected_at=one.at, state="open",
    )  # fmt: skip
    payload = ObjectionMade(
        str(row.round.uid), row.city_code, str(one.uid), one.key, one.stage.value, said.sealed
    )  # fmt: skip
    write(row, payload, SYSTEM, now)
