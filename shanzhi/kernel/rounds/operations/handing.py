"""What a city hands out: its pack, once it is locked; what it objects to; what it has mended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

from django.db import transaction

from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import SYSTEM, Actor, check_may
from shanzhi.kernel.facts.policy.parquet import city_code
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.policy.process import Result
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.packs.operations import letter_send_out
from shanzhi.kernel.packs.policy.letter import Header
from shanzhi.kernel.packs.queries.letters import is_kept, letter_path
from shanzhi.kernel.rounds.models import Build, Finding, Objection, RoundCity
from shanzhi.kernel.rounds.operations._common import check_place, locked_city, missing
from shanzhi.kernel.rounds.operations.moving import move
from shanzhi.kernel.rounds.operations.packing import Tick, pack_build
from shanzhi.kernel.rounds.operations.slips import objections_text
from shanzhi.kernel.rounds.policy.slips import MENDED_MEMBER, OBJECTIONS_MEMBER, Mended, MendedText
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.telling import Sentence, kept
from shanzhi.kernel.rounds.policy.words import LEAD, PACK_TOPIC, Incomplete, PackFailed, StateMovedOn


@transaction.atomic
def pack_ask(*, city_id: int, actor: Actor, now: datetime) -> int:
    """Have the pack of a locked city built in the background; returns the build's number. One that is under way, or whole, is
    the one that is there; after a failure it is a new one.

    Raises:
        SignInNeeded, NotAllowed, NoSuchRound, AnotherCitys: not a post that leads this city's round.
        StateMovedOn: the city isn't locked.
    """
    if actor.is_post:
        check_may(actor, acting.roles().get(actor.role), LEAD)
    row = locked_city(city_id)
    check_place(row, actor)
    if row.round.is_ours or row.state != State.LOCKED:
        raise StateMovedOn(msg("签发锁定以后才能生成验收包，已上报的不用再生成。请刷新页面，看看现在该做什么。"))
    there = Build.objects.filter(round_city=row, submission=row.submission).exclude(state="failed").first()
    if there is not None:
        return there.pk
    made = Build.objects.create(
        round_city=row, submission=row.submission, state="waiting", asked_at=now, unit_id=actor.unit_id,
        post_id=actor.post_id,
    )  # fmt: skip
    notices.emit(topic=PACK_TOPIC, body={"build": made.pk}, now=now)
    return made.pk


@transaction.atomic
def pack_send(*, city_id: int, actor: Actor, now: datetime) -> None:
    """Say that the pack was handed out: the city has sent it.

    Raises:
        SignInNeeded, NotAllowed, NoSuchRound, AnotherCitys: not a post that leads this city's round.
        StateMovedOn: the city isn't locked.
        Incomplete: there is no pack yet.
    """
    check_may(actor, acting.roles().get(actor.role), LEAD)
    row = locked_city(city_id)
    check_place(row, actor)
    if row.round.is_ours or row.state != State.LOCKED:
        raise StateMovedOn(msg("这一轮现在不在“已锁定”，不用送出。请刷新页面。"))
    if not Build.objects.filter(round_city=row, submission=row.submission, state="done").exists():
        raise Incomplete(msg("验收包还没有生成。请先生成，下载后送交组织方，再点“送出”。"))
    move(row, State.SENT, actor=actor, now=now)


def objections_send(*, city_ids: Iterable[int], now: datetime, program: str) -> int:
    """Put what these cities object to, and no letter has carried yet, into a letter each, to be carried to the organiser;
    returns how many letters. Worker's role."""
    return sum(_objections(city_id, now, program) for city_id in sorted(set(city_ids)))


@transaction.atomic
def _objections(city_id: int, now: datetime, program: str) -> bool:
    row = locked_city(city_id)
    text = objections_text(row)
    if not text.objections:
        return False
    uids = [str(one.uid) for one in text.objections]
    header = _header(row, "objection", uids, now, program)
    letter_send_out(header=header, fill=lambda writer: writer.add(OBJECTIONS_MEMBER, text.to_json()), now=now)
    Objection.objects.filter(uid__in=uids).update(sent_at=now)
    return True


def mended_send(*, matter_ids: Iterable[int], now: datetime, program: str) -> int:
    """Put into a letter each that findings were mended: those whose matters, of these, were checked again and closed; returns
    how many letters. A matter that is closed twice is told once. Worker's role."""
    found = {one.matter_id: one for one in Finding.objects.filter(matter_id__in=sorted(set(matter_ids)))}
    parties = matters.parties_of([pk for pk in found if pk is not None])
    closed = [pk for pk, one in parties.items() if one.kind.stage(one.stage).result is Result.CLOSED]
    return sum(_mended(found[pk], now, program) for pk in closed)


@transaction.atomic
def _mended(finding: Finding, now: datetime, program: str) -> bool:
    row = locked_city(finding.round_city_id)
    header = _header(row, "mended", [str(finding.uid), "mended"], now, program)
    if is_kept(sender=header.sender, uid=header.uid):
        return False
    text = MendedText(row.round.uid, row.city_code, (Mended(finding.uid, finding.matter_number, now),))
    letter_send_out(header=header, fill=lambda writer: writer.add(MENDED_MEMBER, text.to_json()), now=now)
    return True


def _header(row: RoundCity, kind: str, uids: list[str], now: datetime, program: str) -> Header:
    """A letter to the organiser: what is about the same things is the same letter."""
    return Header(
        kind=kind,
        uid=str(uuid5(row.round.uid, " ".join((row.city_code, *uids)))),
        round=str(row.round.uid),
        sender=city_code(row.city_code),
        receiver=row.round.organiser_code,
        about=f"{row.round.name} · {row.name}",
        made_at=now,
        program=program,
    )


@dataclass(frozen=True, slots=True)
class Packed:
    """A pack that is whole: where it lies, its letter's id, bytes and SHA-256; `said` are sentences about it."""

    path: Path
    uid: str
    bytes: int
    sha256: str
    round_name: str
    city: str
    said: tuple[Sentence, ...]


def pack_of_round(
    *, round_uid: str, city: str, now: datetime, program: str, tick: Tick = lambda what, count: None
) -> Packed:
    """Build the pack of a locked city here and now, or find the one that is built. For the command line; worker's role, not
    inside a transaction.

    Raises:
        NoSuchRound: no such round or city here.
        StateMovedOn: the city isn't locked, or its pack is being built by somebody else.
        PackFailed: what is in the way.
    """
    row = _row_of(round_uid, city)
    done = Build.objects.filter(round_city=row, submission=row.submission, state="done").first()
    if done is None:
        build_id = pack_ask(city_id=row.pk, actor=SYSTEM, now=now)
        is_whole = pack_build(build_id=build_id, now=now, program=program, tick=tick)
        done = Build.objects.get(pk=build_id)
        if not is_whole and done.state != "done":
            raise _failed(done)
    said = tuple(kept(done.error))
    path = letter_path(done.sha256)
    return Packed(
        path, done.letter_uid.hex if done.letter_uid else "", done.size, done.sha256, row.round.name, row.name, said
    )


def _row_of(round_uid: str, city: str) -> RoundCity:
    try:
        rows = RoundCity.objects.select_related("round").filter(round__uid=UUID(round_uid), round__is_ours=False)
    except ValueError as error:
        raise missing() from error
    row = (rows.filter(city_code=city) if city else rows).first()
    if row is None:
        raise missing()
    return row


def _failed(build: Build) -> PackFailed:
    said = kept(build.error)
    if not said:
        return PackFailed(msg("后台正在生成这个验收包。请等它完成，再运行一次。"))
    text, params = said[0]
    return PackFailed(text, **params)
