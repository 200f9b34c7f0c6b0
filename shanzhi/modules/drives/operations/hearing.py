"""Before a title is withdrawn its holder is heard; then the named post withdraws it, or drops the matter."""

from datetime import date, datetime, timedelta

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.modules.drives.models import Application, Hearing, Title
from shanzhi.modules.drives.operations._common import (
    check,
    check_applicant,
    check_decider,
    emit,
    held_application,
    is_said,
    words_of,
    write,
)
from shanzhi.modules.drives.payloads import HearingEnded, HearingOpened, StatementMade
from shanzhi.modules.drives.policy.states import TITLES, TitleState
from shanzhi.modules.drives.policy.words import (
    APPLY,
    DECIDE,
    GROUNDS,
    HEARING_DAYS,
    REASON_MOST,
    BadDrive,
    DriveMovedOn,
    missing,
)


@transaction.atomic
def hearing_open(*, title_id: int, ground: str, words: str, until_on: date | None, actor: Actor, now: datetime) -> int:
    """Tell a holder on what ground the title may be withdrawn, and until when they may say something; returns the hearing's id.

    Raises:
        SignInNeeded, NotAllowed, NotYours: not the named post.
        NoSuchDrive: none in sight.
        DriveMovedOn: the title is in force no longer, or its holder is being heard.
        BadDrive: no ground of the list, no words, or less than a week; `fields` says where.
    """
    check(actor, DECIDE)
    title, row = _held(title_id)
    check_decider(title.drive, actor)
    _check_in_force(title)
    if Hearing.objects.filter(title=title, ended_at=None).exists():
        raise DriveMovedOn(msg("已经在听取“%(place)s”的申辩，请等它结束。"), place=title.place_name)
    wrong: dict[str, str] = {}
    earliest = local_date(now) + timedelta(days=HEARING_DAYS)
    if ground not in GROUNDS:
        wrong["ground"] = msg("请从清单里选一个理由。")
    if not is_said(words, REASON_MOST):
        wrong["words"] = msg("请写明事实，最多 1000 个字。")
    if until_on is None or until_on < earliest:
        wrong["until_on"] = msg("至少给 7 天申辩。")
    if wrong or until_on is None:
        raise BadDrive(msg("还没有发出，请看标出的地方。"), fields=wrong)
    said = words_of(words)
    made = Hearing.objects.create(
        title=title, ground=ground, words=said.text, salt=said.salt, until_on=until_on, opened_at=now,
        post_id=actor.post_id or 0,
    )  # fmt: skip
    write(row, HearingOpened(title.pk, ground, until_on, said.sealed), actor, now)
    emit({"application": row.pk, "before": "", "after": "hearing", "step": row.steps}, now)
    return int(made.pk)


@transaction.atomic
def statement_make(*, title_id: int, words: str, actor: Actor, now: datetime) -> None:
    """What the holder says, once, until the day that was given.

    Raises:
        SignInNeeded, NotAllowed, NotYours: not the holder's unit.
        NoSuchDrive: none in sight.
        DriveMovedOn: nobody is heard, it was said already, or the day is over.
        BadDrive: no words.
    """
    check(actor, APPLY)
    title, row = _held(title_id)
    check_applicant(row, actor)
    hearing = _open_hearing(title)
    if hearing.stated_at is not None:
        raise DriveMovedOn(msg("申辩已经交过了，等待决定。"))
    if local_date(now) > hearing.until_on:
        raise DriveMovedOn(msg("申辩期限 %(day)s 已过。"), day=hearing.until_on)
    if not is_said(words, REASON_MOST):
        raise BadDrive(msg("请写申辩的内容。"), fields={"statement": msg("请写内容，最多 1000 个字。")})
    said = words_of(words)
    hearing.statement, hearing.statement_salt, hearing.stated_at = said.text, said.salt, now
    hearing.save(update_fields=["statement", "statement_salt", "stated_at"])
    write(row, StatementMade(title.pk, said.sealed), actor, now)
    emit({"application": row.pk, "before": "hearing", "after": "stated", "step": row.steps}, now)


@transaction.atomic
def hearing_end(*, title_id: int, withdraw: bool, words: str, actor: Actor, now: datetime) -> None:
    """Withdraw the title on the ground of its hearing, or drop the matter; once the holder has spoken, or the day is over.

    Raises:
        SignInNeeded, NotAllowed, NotYours: not the named post.
        NoSuchDrive: none in sight.
        DriveMovedOn: the title is in force no longer, its holder was not heard, or may still speak.
        BadDrive: no words.
    """
    check(actor, DECIDE)
    title, row = _held(title_id)
    check_decider(title.drive, actor)
    _check_in_force(title)
    hearing = _open_hearing(title)
    if hearing.stated_at is None and local_date(now) <= hearing.until_on:
        raise DriveMovedOn(
            msg("“%(place)s”到 %(day)s 前还可以申辩，现在不能决定。"), place=title.place_name, day=hearing.until_on
        )
    if not is_said(words, REASON_MOST):
        raise BadDrive(msg("请写明决定的理由，也回应申辩。"), fields={"decision": msg("请写理由，最多 1000 个字。")})
    said = words_of(words)
    hearing.ended_at, hearing.outcome, hearing.decision = now, "withdrawn" if withdraw else "dropped", said.text
    hearing.save(update_fields=["ended_at", "outcome", "decision"])
    if withdraw:
        title.state, title.ended_on, title.ground = TitleState.WITHDRAWN.value, local_date(now), hearing.ground
        title.save(update_fields=["state", "ended_on", "ground"])
    write(row, HearingEnded(title.pk, hearing.ground if withdraw else "", said.sealed), actor, now)
    emit({"application": row.pk, "before": "hearing", "after": hearing.outcome, "step": row.steps}, now)


def _held(title_id: int) -> tuple[Title, Application]:
    """A title and its application, both held."""
    title = Title.objects.select_related("drive").filter(pk=title_id).first()
    if title is None:
        raise missing()
    row = held_application(title.application_id)
    title.refresh_from_db(fields=["state"])
    return title, row


def _check_in_force(title: Title) -> None:
    if title.state != TitleState.IN_FORCE:
        raise DriveMovedOn(
            msg("“%(place)s”的称号现在是“%(state)s”，不用再撤销。"),
            place=title.place_name,
            state=(TITLES[TitleState(title.state)],),
        )


def _open_hearing(title: Title) -> Hearing:
    found = Hearing.objects.filter(title=title, ended_at=None).first()
    if found is None:
        raise DriveMovedOn(
            msg("撤销以前要先听取“%(place)s”的申辩：先发出撤销告知，写明理由和期限。"), place=title.place_name
        )
    return found
