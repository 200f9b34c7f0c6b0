"""The named post decides: a title with its days, or none with a reason."""

from datetime import datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.drives.models import Application, Look, Title
from shanzhi.modules.drives.operations._common import (
    check,
    check_decider,
    checklist_of,
    held_application,
    is_said,
    move,
    standings,
    words_of,
    write,
)
from shanzhi.modules.drives.payloads import Decided, TitleEnded
from shanzhi.modules.drives.policy.judging import check_grantable
from shanzhi.modules.drives.policy.records import ends_on
from shanzhi.modules.drives.policy.states import State, TitleState, check_way
from shanzhi.modules.drives.policy.words import DECIDE, REASON_MOST, BadDrive, NotYours, WrongPlace


@transaction.atomic
def application_decide(
    *, application_id: int, grant: bool, reason: str = "", actor: Actor, now: datetime
) -> int | None:
    """Grant the title, or refuse it with a reason; returns the title's id. A title that the place has under the same
    checklist ends when the new one begins.

    Raises:
        SignInNeeded, NotAllowed: not a post that decides.
        NotYours: not the named post, or somebody who visited, or who is of the applicant's unit.
        NoSuchDrive, DriveMovedOn: none in sight, or not to be decided.
        NotWhole: a title needs items that were not reached.
        WrongPlace: the place was closed meanwhile.
        BadDrive: no reason for a refusal.
    """
    check(actor, DECIDE)
    row = held_application(application_id)
    check_decider(row.drive, actor)
    check_way(State(row.state), State.GRANTED if grant else State.REFUSED)
    _check_apart(row, actor)
    if not grant and not is_said(reason, REASON_MOST):
        raise BadDrive(
            msg("请写明不予授予的理由，申报单位要看得懂。"), fields={"reason": msg("请写理由，最多 1000 个字。")}
        )
    words = words_of(reason[:REASON_MOST])
    row.decided_at, row.reason = now, words.text
    if not grant:
        payload = Decided(row.drive_id, row.place_id, None, None, None, words.sealed)
        move(row, State.REFUSED, payload, actor, now)
        return None
    check_grantable(checklist_of(row.drive), standings(row))
    title = _granted(row, actor, now)
    payload = Decided(row.drive_id, row.place_id, title.pk, title.granted_on, title.until_on, words.sealed)
    move(row, State.GRANTED, payload, actor, now)
    return int(title.pk)


def _check_apart(row: Application, actor: Actor) -> None:
    if actor.unit_id == row.unit_id:
        raise NotYours(msg("“%(place)s”由您的单位申报，不能由本单位决定。"), place=row.place_name)
    looked = Look.objects.filter(application=row, staff_id=actor.staff_id or 0).exists()
    if looked or row.staff_id == actor.staff_id:
        raise NotYours(msg("“%(place)s”由您核查或者填报过，不能再由您决定。"), place=row.place_name)


def _granted(row: Application, actor: Actor, now: datetime) -> Title:
    on = local_date(now)
    place = organisation.place_by_id(row.place_id, on)
    if place is None or place.is_closed:
        raise WrongPlace(msg("“%(place)s”已经关闭，不能授予。可以不予授予，写明理由。"), place=row.place_name)
    drive = row.drive
    for held in Title.objects.filter(code=drive.code, place_id=row.place_id, state=TitleState.IN_FORCE.value):
        held.state, held.ended_on = TitleState.EXPIRED.value, on
        held.save(update_fields=["state", "ended_on"])
        write(row, TitleEnded(held.pk, held.until_on), actor, now)
    return Title.objects.create(
        application=row, drive=drive, code=drive.code, name=drive.title, place_id=row.place_id, place_name=place.name,
        place_kind=place.kind, scope_code=place.region_code, state=TitleState.IN_FORCE.value, granted_on=on,
        until_on=ends_on(on, drive.months), unit_id=actor.unit_id or 0, post_id=actor.post_id or 0,
    )  # fmt: skip
