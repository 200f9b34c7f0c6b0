"""Signed off project by project by named posts, then as a whole by the head, which locks it."""

from datetime import datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.files import queries as files
from shanzhi.kernel.indicators.policy.definitions import Project
from shanzhi.kernel.rounds.book import Ruler, ruler_of
from shanzhi.kernel.rounds.models import Claim, Duty, RoundCity, Score, Signed
from shanzhi.kernel.rounds.operations._common import locked_city, write
from shanzhi.kernel.rounds.operations._own import written_by
from shanzhi.kernel.rounds.operations._scores import as_scored, last_scores, returned_keys
from shanzhi.kernel.rounds.operations.computing import check_cut
from shanzhi.kernel.rounds.operations.duties import WHOLE
from shanzhi.kernel.rounds.operations.moving import move
from shanzhi.kernel.rounds.operations.writing import check_time
from shanzhi.kernel.rounds.payloads import ProjectSigned, RoundLocked
from shanzhi.kernel.rounds.policy.items import PAPERS_LEAST, Scored, canonical, hash_of, is_complete
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import SIGN, Incomplete, NoSuchRound, NotYourPart, StateMovedOn

NAMED = 5


@transaction.atomic
def project_sign(*, city_id: int, project: str, actor: Actor, now: datetime) -> None:
    """Sign a project off as it stands.

    Raises:
        SignInNeeded, NotAllowed, NotYourPart: not the post that is named for it, or the one that wrote it.
        NoSuchRound: no such round or project.
        StateMovedOn, TooLate: not now, or signed already.
        Incomplete: items are owed; the first are named.
    """
    row = _signing(city_id, project, actor, now)
    ruler = ruler_of(row.round)
    if project not in {one.code for one in ruler.guideline.projects}:
        raise NoSuchRound(msg("这一轮的指南里没有“%(key)s”这个项目。请从列表里选。"), key=project)
    if Signed.objects.filter(round_city=row, project=project, submission=row.submission, ended_at=None).exists():
        raise StateMovedOn(msg("这个项目已经签批。请刷新页面。"))
    _check_not_own(row, actor, project)
    scores = last_scores(row)
    owed = [one.name for one in ruler.of_project(project) if not is_complete(one, _scored(scores, one.key))]
    if owed:
        raise Incomplete(
            msg("还有 %(count)s 项没有完成：%(names)s。完成后再签批。"), count=len(owed), names=tuple(owed[:NAMED])
        )
    body = _body(row, {key: one for key, one in scores.items() if one.project == project}, (project,))
    _sign(row, project, hash_of(body), actor, now)


@transaction.atomic
def round_lock(*, city_id: int, actor: Actor, now: datetime) -> str:
    """The head signs the whole: nothing of it changes any more, what was locked stands in the journal as one SHA-256, which
    this returns.

    Raises:
        SignInNeeded, NotAllowed, NotYourPart: not the post that is named as head, or one that wrote of it.
        StateMovedOn, TooLate: not now.
        Incomplete: projects aren't signed, months aren't cut, a claim lacks practice papers; named.
    """
    row = _signing(city_id, WHOLE, actor, now)
    ruler = ruler_of(row.round)
    check_cut(row)
    _check_not_own(row, actor)
    unsigned = [one.name for one in unsigned_projects(row, ruler)]
    if unsigned:
        raise Incomplete(
            msg("还有 %(count)s 个项目没有签批：%(names)s。都签批后再由主要负责人签发。"),
            count=len(unsigned),
            names=tuple(unsigned[:NAMED]),
        )
    scores = last_scores(row)
    _check_claims(row, ruler)
    body = locked_body(row, scores)
    digest = hash_of(body)
    _sign(row, WHOLE, digest, actor, now)
    row.submission, row.locked_sha256, row.until_on = row.submission + 1, digest, None
    row.save(update_fields=["submission", "locked_sha256", "until_on"])
    typed = sum(one.typed for one in scores.values())
    locked = RoundLocked(str(row.round.uid), row.city_code, row.submission, digest, len(scores), typed)
    write(row, locked, actor, now)
    move(row, State.LOCKED, actor=actor, now=now)
    return digest


def locked_body(row: RoundCity, scores: dict[str, Score]) -> bytes:
    """What is locked, in canonical form: `scores.json` of the pack."""
    projects = tuple(Claim.objects.filter(round_city=row, ended_at=None).values_list("project", flat=True))
    return _body(row, scores, projects)


def _body(row: RoundCity, scores: dict[str, Score], projects: tuple[str, ...]) -> bytes:
    claims = dict(
        Claim.objects.filter(round_city=row, project__in=projects, ended_at=None).values_list("project", "pk")
    )
    papers = files.hashes_of_many("round_claim", list(claims.values()))
    return canonical(
        str(row.round.uid),
        row.city_code,
        (as_scored(one) for one in scores.values()),
        {project: papers.get(pk, []) for project, pk in claims.items()},
    )


def unsigned_projects(row: RoundCity, ruler: Ruler) -> list[Project]:
    """The projects that still want a signature before the whole: all, or after a return those with returned items."""
    returned = returned_keys(row) if row.submission else frozenset()
    wanted = {one.project for one in ruler.items.values() if not row.submission or one.key in returned}
    signed = set(
        Signed.objects.filter(round_city=row, submission=row.submission, ended_at=None).values_list(
            "project", flat=True
        )
    )
    return [one for one in ruler.guideline.projects if one.code in wanted - signed]


def _signing(city_id: int, project: str, actor: Actor, now: datetime) -> RoundCity:
    check_may(actor, acting.roles().get(actor.role), SIGN)
    row = locked_city(city_id)
    if row.state != State.EVALUATING:
        raise StateMovedOn(msg("这一轮现在不在自评中，不用签批。请刷新页面。"))
    check_time(row, local_date(now))
    duty = Duty.objects.filter(round_city=row, project=project, is_last=True).first()
    if duty is None or duty.signer_post_id != actor.post_id:
        raise NotYourPart(msg("这一部分不由您现在的岗位签批。请牵头单位在分工里指定签批岗位。"))
    return row


def _check_not_own(row: RoundCity, actor: Actor, project: str | None = None) -> None:
    """Raises NotYourPart where whoever signs wrote something of it, a claim too."""
    own = written_by(row.pk, actor.staff_id)
    if own if project is None else project in own:
        raise NotYourPart(msg("您写过其中的内容，不能签批自己写的。请牵头单位另指定签批岗位。"))


def _check_claims(row: RoundCity, ruler: Ruler) -> None:
    claims = dict(Claim.objects.filter(round_city=row, ended_at=None).values_list("pk", "project"))
    papers = files.attachments_of_many("round_claim", list(claims))
    for pk, project in claims.items():
        if len(papers.get(pk, ())) < PAPERS_LEAST:
            raise Incomplete(
                msg("申报重点创的“%(name)s”要有至少 %(least)s 篇经验材料，现在有 %(count)s 篇。请补齐，或撤回申报。"),
                name=ruler.guideline.project(project).name,
                least=PAPERS_LEAST,
                count=len(papers.get(pk, ())),
            )


def _scored(scores: dict[str, Score], key: str) -> Scored | None:
    found = scores.get(key)
    return as_scored(found) if found is not None else None


def _sign(row: RoundCity, project: str, digest: str, actor: Actor, now: datetime) -> None:
    Signed.objects.create(
        round_city=row, project=project, submission=row.submission, sha256=digest, unit_id=actor.unit_id or 0,
        post_id=actor.post_id or 0, staff_id=actor.staff_id or 0, signed_at=now,
    )  # fmt: skip
    write(row, ProjectSigned(str(row.round.uid), row.city_code, project, row.submission, digest), actor, now)
