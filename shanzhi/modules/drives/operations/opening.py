"""Opening a drive: admitted first; closing it early."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.queries import AdmissionRow
from shanzhi.modules.drives.models import Drive
from shanzhi.modules.drives.operations._common import check, check_within, held_drive, write_drive
from shanzhi.modules.drives.payloads import DriveClosed, DriveOpened
from shanzhi.modules.drives.policy.checklist import read_checklist, sha256_of
from shanzhi.modules.drives.policy.words import (
    DECIDE,
    MONTHS_MOST,
    NAME_MOST,
    OPEN,
    BadDrive,
    DriveMovedOn,
    NotAdmitted,
)


@dataclass(frozen=True, slots=True)
class NewDrive:
    """A drive as somebody would open it. `checklist` is the file's content, `file_name` how errors call it."""

    name: str
    checklist: bytes
    file_name: str
    admission_id: int
    until_on: date | None
    months: int
    decider_post_id: int


@transaction.atomic
def drive_open(*, new: NewDrive, actor: Actor, now: datetime) -> int:
    """Open a drive for the acting post's region; returns its id. It stands on an entry of the admission list that holds
    today: what may not be asked of communities can't become a drive.

    Raises:
        SignInNeeded, NotAllowed: not a post that opens drives.
        BadDrive: name, term, months or the deciding post can't be; `fields` says where.
        NotAdmitted: no such entry, or it doesn't hold today.
        BadChecklist: the file can't be used.
    """
    check(actor, OPEN)
    on = local_date(now)
    entry = admitted_entry(new.admission_id, on)
    kinds = [kind.code for kind in organisation.place_catalogue().kinds]
    checklist = read_checklist(new.checklist, new.file_name, kinds)
    until_on = _checked(new, actor, on)
    text = new.checklist.decode("utf-8")
    row = Drive.objects.create(
        name=clean_text(new.name).replace("\n", " "), scope_code=actor.region_code, checklist=text, sha256=sha256_of(text),
        code=checklist.code, version=checklist.version, title=checklist.title, place_kinds=list(checklist.place_kinds),
        admission_id=entry.id, admission_item=entry.item, until_on=until_on, months=new.months,
        decider_post_id=new.decider_post_id, unit_id=actor.unit_id or 0, post_id=actor.post_id or 0, role=actor.role,
        opened_at=now,
    )  # fmt: skip
    payload = DriveOpened(
        row.code, row.version, row.sha256, entry.id, row.until_on, row.months, row.decider_post_id
    )  # fmt: skip
    write_drive(row, payload, actor, now)
    return int(row.pk)


def admitted_entry(admission_id: int, on: date) -> AdmissionRow:
    """The entry of the admission list on which a drive stands, where it holds on a day and is for communities.

    Raises:
        NotAdmitted: it isn't on the list, begins later, or has ended.
    """
    found = next((one for one in organisation.admission_list() if one.id == admission_id), None)
    if found is None or found.level is not Level.COMMUNITY:
        raise NotAdmitted(
            msg(
                "这项创建不在村（社区）准入清单上，不能开展：清单上没有的事项，不得要求村（社区）办理。"
                "请先请管理员按程序把它加入准入清单。"
            ),
            fields={"admission": msg("请选择准入清单上的一项。")},
        )
    if not found.since <= on or (found.until is not None and found.until <= on):
        raise NotAdmitted(
            msg("准入清单上的“%(item)s”自 %(since)s 起到 %(until)s 止，今天不在期限内，不能再要求申报。"),
            item=found.item,
            since=found.since,
            until=found.until or msg("长期"),
            fields={"admission": msg("请选择今天有效的一项。")},
        )
    return found


def _checked(new: NewDrive, actor: Actor, on: date) -> date:
    """The last day of the term; raises BadDrive where something of the wish can't be."""
    wrong: dict[str, str] = {}
    if not 0 < len(clean_text(new.name)) <= NAME_MOST:
        wrong["name"] = msg("请写名称，最多 60 个字。")
    if new.until_on is None or new.until_on < on:
        wrong["until_on"] = msg("申报截止日要在今天或以后。")
    if not 1 <= new.months <= MONTHS_MOST:
        wrong["months"] = msg("有效期要是 1 到 120 个月。")
    chosen = organisation.post_card(new.decider_post_id, on)
    role = acting.roles().get(chosen.role) if chosen else None
    if chosen is None or role is None or DECIDE not in role.may or not actor.place.contains(chosen.region_code):
        wrong["decider"] = msg("请选一个能决定授予的岗位。")
    if wrong or new.until_on is None:
        raise BadDrive(msg("创建还没有开始，请看标出的地方。"), fields=wrong)
    return new.until_on


@transaction.atomic
def drive_close(*, drive_id: int, actor: Actor, now: datetime) -> None:
    """End a drive's term with today: no place applies any more, what was handed in goes on.

    Raises:
        SignInNeeded, NotAllowed: not a post that opens drives, or another region's.
        NoSuchDrive: none in sight.
        DriveMovedOn: its term is over.
    """
    check(actor, OPEN)
    row = held_drive(drive_id)
    check_within(row.scope_code, actor)
    on = local_date(now)
    if row.until_on <= on:
        raise DriveMovedOn(msg("“%(name)s”的申报 %(day)s 就截止，不用再结束。"), name=row.name, day=row.until_on)
    row.until_on = on
    row.steps += 1
    row.save(update_fields=["until_on", "steps"])
    write_drive(row, DriveClosed(on), actor, now)
