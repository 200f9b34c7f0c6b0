"""A visit: item by item, found or not, with a sentence, photos, place and time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from shanzhi.core.dates import day_said
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.rounds.queries.ties import is_tied
from shanzhi.modules.drives.models import Answer, Application, Look
from shanzhi.modules.drives.operations._common import (
    check,
    check_within,
    checklist_of,
    held_application,
    is_said,
    move,
    queue_for,
    words_of,
    write,
)
from shanzhi.modules.drives.payloads import LookKept, Visited
from shanzhi.modules.drives.policy.checklist import Item
from shanzhi.modules.drives.policy.judging import check_visitor
from shanzhi.modules.drives.policy.states import STATES, State
from shanzhi.modules.drives.policy.words import (
    FINDING_DAYS,
    LOOK_FILES,
    PHOTOS_MOST,
    VISIT,
    WORDS_MOST,
    BadLook,
    DriveMovedOn,
)

COMMUNITY_DIGITS = 12
"""A community's code; a place may lie in one of its grids."""
FINDING = "finding"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found about an item, as it was typed on the phone. `is_finding`: it is to be mended, as a matter."""

    uid: UUID
    item: str
    found: bool | None
    words: str
    latitude: float | None = None
    longitude: float | None = None
    is_finding: bool = False


@transaction.atomic
def look_keep(
    *, application_id: int, seen: Seen, stored: Sequence[StoredFile] = (), actor: Actor, now: datetime
) -> str:
    """Keep what was found about an item; returns the number of the finding, empty without. The same `uid` again is the one
    that is kept, so a phone may send it twice. With the last item that is looked at, the place is visited.

    Raises:
        SignInNeeded, NotAllowed: not a post that visits, or the place isn't its.
        NotYours: somebody of the applicant's unit, or who worked there in the last three years.
        NoSuchDrive: none in sight.
        DriveMovedOn: it wasn't handed in, or was decided.
        BadLook: no such item, neither found nor not, no words, too many photos; `fields` says where.
    """
    check(actor, VISIT)
    queue_for("look", seen.uid)
    kept = Look.objects.filter(uid=seen.uid).first()
    if kept is not None:
        return str(kept.matter_number)
    row = held_application(application_id)
    check_may_visit(row, actor, now)
    item = _checked(row, seen, len(stored))
    words = words_of(seen.words)
    matter = _finding(row, item, words.text, seen, actor, now) if seen.is_finding and not seen.found else ""
    made = Look.objects.create(
        uid=seen.uid, application=row, item=item.code, found=bool(seen.found), words=words.text, salt=words.salt,
        latitude=seen.latitude, longitude=seen.longitude, seen_at=now, matter_number=matter, unit_id=actor.unit_id or 0,
        post_id=actor.post_id or 0, staff_id=actor.staff_id or 0,
    )  # fmt: skip
    if stored:
        files.attach(
            subject_kind=LOOK_FILES, subject_id=made.pk, scope_code=row.scope_code, stored=stored, purpose="evidence",
            post_id=actor.post_id, now=now, shown_to_reporter=False,
        )  # fmt: skip
    payload = LookKept(
        row.drive_id, row.place_id, item.code, str(seen.uid), bool(seen.found), words.sealed,
        tuple(file.sha256 for file in stored), matter,
    )  # fmt: skip
    write(row, payload, actor, now)
    looked_at = set(Look.objects.filter(application=row).values_list("item", flat=True))
    if row.state == State.APPLIED and all(one.code in looked_at for one in checklist_of(row.drive).seen):
        row.visited_at = now
        move(row, State.VISITED, Visited(row.drive_id, row.place_id), actor, now)
    return matter


def check_may_visit(row: Application, actor: Actor, now: datetime) -> None:
    """May the acting post visit the place of this application now?

    Raises:
        NotAllowed: the place isn't the post's.
        NotYours: of the applicant's unit, or tied to the place's community.
        DriveMovedOn: it wasn't handed in, or was decided.
    """
    check_within(row.scope_code, actor)
    wrote = Answer.objects.filter(application=row, staff_id=actor.staff_id or 0).exists()
    community = row.scope_code[:COMMUNITY_DIGITS]
    check_visitor(
        same_unit=actor.unit_id == row.unit_id,
        has_answered=wrote or row.staff_id == actor.staff_id,
        is_tied=is_tied(actor.staff_id or 0, community, local_date(now)),
        place=row.place_name,
    )
    if row.state not in (State.APPLIED, State.VISITED):
        raise DriveMovedOn(
            msg("“%(place)s”的申报现在是“%(state)s”，不用核查。请刷新页面。"),
            place=row.place_name,
            state=(STATES[State(row.state)],),
        )


def _checked(row: Application, seen: Seen, photos: int) -> Item:
    """The item; raises BadLook where something can't be."""
    item = checklist_of(row.drive).item(seen.item)
    wrong: dict[str, str] = {}
    if item is None:
        wrong["item"] = msg("标准里没有这一项。请从列表里选。")
    if seen.found is None:
        wrong["found"] = msg("请选“符合”或者“不符合”。")
    if not is_said(seen.words, WORDS_MOST):
        wrong["words"] = msg("请用一句话写明看到了什么，最多 1000 个字。")
    if photos > PHOTOS_MOST:
        wrong["files"] = msg("每项最多 3 张照片。")
    if wrong or item is None:
        raise BadLook(msg("这一项还没有保存，请看标出的地方。"), fields=wrong)
    return item


def _finding(row: Application, item: Item, words: str, seen: Seen, actor: Actor, now: datetime) -> str:
    """What is to be mended becomes a matter of the kind `finding` about the place, with a date."""
    body = msg("%(drive)s核查“%(place)s”时发现：%(words)s（涉及标准：%(item)s）。请在%(due)s前整改。") % {
        "drive": row.drive.name,
        "place": row.place_name,
        "words": words,
        "item": item.name,
        "due": day_said(local_date(now) + timedelta(days=FINDING_DAYS), str),
    }
    new = NewReport(body=body, kind=FINDING, channel="visit", region_code=row.scope_code, place_id=row.place_id)
    return str(matters.report(new=new, actor=actor, now=now, key=seen.uid).number)
