"""Which projects a city claims as special (重点创), with which practice papers."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import is_read, msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.files.queries import AttachmentRow, attachments_of
from shanzhi.kernel.rounds.models import Claim, RoundCity
from shanzhi.kernel.rounds.operations._common import check_place, locked_city, words_of, write
from shanzhi.kernel.rounds.operations._scores import signatures_end
from shanzhi.kernel.rounds.operations.duties import WHOLE, check_project
from shanzhi.kernel.rounds.operations.writing import check_time
from shanzhi.kernel.rounds.payloads import ProjectClaimed
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import (
    LEAD,
    PAPERS_MOST,
    WORDS_MOST,
    BadScore,
    ItemLocked,
    NoSuchRound,
    StateMovedOn,
)


@transaction.atomic
def claim_make(
    *, city_id: int, project: str, words: str, stored: Sequence[StoredFile], actor: Actor, now: datetime
) -> int:
    """Claim a project as special (重点创) with its practice papers; returns the claim's id.

    Raises:
        SignInNeeded, NotAllowed, NoSuchRound, AnotherCitys: not a post that leads this city's round.
        ItemLocked, TooLate: not now: claims are said before the first lock.
        StateMovedOn: it is claimed already; `claim_change` adds to that.
        BadScore: no words, or too many; more than nine papers.
    """
    row = _claiming(city_id, project, actor, now)
    if Claim.objects.filter(round_city=row, project=project, ended_at=None).exists():
        raise StateMovedOn(
            msg("这个项目已经申报，原来的文字和材料都在。要添材料、改文字，请打开它下面的“补材料、改文字”。"),
            fields={"project": msg("请另选项目。")},
        )
    return _put(row, project, words, (), stored, actor, now)


@transaction.atomic
def claim_change(
    *,
    city_id: int,
    project: str,
    words: str | None = None,
    stored: Sequence[StoredFile] = (),
    without: Iterable[int] = (),
    based_on: int,
    actor: Actor,
    now: datetime,
) -> int:
    """Change the claim that stands: other words (None: as they are), further papers, those of `without` (numbers of
    attachments) taken off; every other paper stays. A claim is never written over: a new one takes its place and the one
    before is kept with what it had. `based_on` is the claim that the page showed; returns the new one's id.

    Raises:
        SignInNeeded, NotAllowed, NoSuchRound, AnotherCitys: not a post that leads this city's round.
        ItemLocked, TooLate: not now.
        StateMovedOn: the claim has changed since, or was taken back.
        BadScore: no words, or too many; more than nine papers.
    """
    row = _claiming(city_id, project, actor, now)
    before = Claim.objects.filter(round_city=row, project=project, ended_at=None).first()
    if before is None or before.pk != based_on:
        raise StateMovedOn(msg("这个项目的申报刚刚变过，这次没有改动。请看过现在的文字和材料，再改一次。"))
    off = frozenset(without)
    kept = [_stored(one) for one in attachments_of("round_claim", before.pk) if one.id not in off]
    Claim.objects.filter(pk=before.pk).update(ended_at=now)
    return _put(row, project, before.words if words is None else words, kept, stored, actor, now)


def _stored(paper: AttachmentRow) -> StoredFile:
    return StoredFile(
        paper.sha256, paper.media_type, paper.size, paper.name, paper.width, paper.height, paper.place, paper.taken_at
    )


def _put(
    row: RoundCity,
    project: str,
    words: str,
    kept: Sequence[StoredFile],
    added: Sequence[StoredFile],
    actor: Actor,
    now: datetime,
) -> int:
    """The claim as it stands from now on, the same paper once."""
    if not is_read(words) or len(words) > WORDS_MOST:
        raise BadScore(
            msg("请写明为什么申报，最多 %(most)s 个字。"), most=WORDS_MOST, fields={"words": msg("请写明理由。")}
        )
    papers: dict[str, StoredFile] = {}
    for one in (*kept, *added):
        papers.setdefault(one.sha256, one)
    if len(papers) > PAPERS_MOST:
        raise BadScore(
            msg("一个项目最多 %(most)s 篇经验材料，这样会有 %(count)s 篇。请先取下几篇，或者少选几篇。"),
            most=PAPERS_MOST,
            count=len(papers),
            fields={"files": msg("请少选几篇。")},
        )
    said = words_of(words)
    made = Claim.objects.create(
        round_city=row, project=project, words=said.text, salt=said.salt, unit_id=actor.unit_id or 0,
        post_id=actor.post_id or 0, claimed_at=now,
    )  # fmt: skip
    files.attach(
        subject_kind="round_claim", subject_id=made.pk, scope_code=row.city_code, stored=tuple(papers.values()),
        purpose="evidence", post_id=actor.post_id, now=now, shown_to_reporter=False,
    )  # fmt: skip
    _tell_claim(row, project, said.sealed, tuple(papers), actor, now, claimed=True)
    return made.pk


@transaction.atomic
def claim_end(*, city_id: int, project: str, actor: Actor, now: datetime) -> None:
    """Take a claim back before the city hands in.

    Raises:
        SignInNeeded, NotAllowed, NoSuchRound, AnotherCitys: not a post that leads this city's round, or no such claim.
        ItemLocked, TooLate: not now.
    """
    row = _claiming(city_id, project, actor, now)
    if not Claim.objects.filter(round_city=row, project=project, ended_at=None).update(ended_at=now):
        raise NoSuchRound(msg("这个项目没有申报重点创。请刷新页面。"))
    _tell_claim(row, project, "", (), actor, now, claimed=False)


def _claiming(city_id: int, project: str, actor: Actor, now: datetime) -> RoundCity:
    check_may(actor, acting.roles().get(actor.role), LEAD)
    row = locked_city(city_id)
    check_place(row, actor)
    if project == WHOLE:
        raise NoSuchRound(msg("请选一个项目。"))
    check_project(row, project)
    if row.state != State.EVALUATING or row.submission:
        raise ItemLocked(msg("重点创在第一次上报前申报，现在不能再改。"))
    check_time(row, local_date(now))
    return row


def _tell_claim(
    row: RoundCity, project: str, sealed: str, papers: tuple[str, ...], actor: Actor, now: datetime, *, claimed: bool
) -> None:
    signatures_end(row, project, now)
    write(row, ProjectClaimed(str(row.round.uid), row.city_code, project, claimed, sealed, papers), actor, now)
