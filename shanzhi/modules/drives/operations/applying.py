"""An application for a place: begun, answered (by the records first), handed in, taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.evidence import operations as evidence
from shanzhi.kernel.evidence.policy.objects import DRIVE, Use
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import PlaceRow
from shanzhi.modules.drives.models import Answer, Application, Drive, Look, Title
from shanzhi.modules.drives.operations._common import (
    check,
    check_applicant,
    check_within,
    checklist_of,
    held_application,
    move,
    queue_for,
    standings,
    words_of,
    write,
)
from shanzhi.modules.drives.operations.opening import admitted_entry
from shanzhi.modules.drives.payloads import ApplicationBegun, ApplicationMade, ApplicationWithdrawn
from shanzhi.modules.drives.policy.checklist import Checklist, Item
from shanzhi.modules.drives.policy.judging import check_answered
from shanzhi.modules.drives.policy.records import Counts, Rule, answer, since
from shanzhi.modules.drives.policy.states import OPEN, State, TitleState
from shanzhi.modules.drives.policy.words import (
    APPLY,
    WORDS_MOST,
    AppliedAlready,
    BadDrive,
    DriveMovedOn,
    DriveOver,
    WrongPlace,
    missing,
)


@transaction.atomic
def application_begin(*, drive_id: int, place_id: int, actor: Actor, now: datetime) -> int:
    """Begin an application for a place; returns its id. What the records answer is answered; where the place has the title
    already, what was answered and found the last time is proposed again.

    Raises:
        SignInNeeded, NotAllowed: not a post that applies, or a place that isn't the post's.
        NoSuchDrive: no such drive.
        DriveOver, NotAdmitted: its term is over; it stands on the admission list no longer.
        WrongPlace: no such place, closed, outside the drive's region, or of another kind.
        AppliedAlready: an application is open.
    """
    check(actor, APPLY)
    on = local_date(now)
    drive = Drive.objects.filter(pk=drive_id).first()
    if drive is None:
        raise missing()
    check_open(drive, on)
    place = _place(drive, place_id, on)
    check_within(place.region_code, actor)
    queue_for(drive.pk, place_id)
    if Application.objects.filter(drive=drive, place_id=place_id, state__in=[*OPEN]).exists():
        raise AppliedAlready(msg("“%(place)s”这次已经申报过，不用再申报。请打开原来的申报。"), place=place.name)
    held = Title.objects.filter(code=drive.code, place_id=place_id, state=TitleState.IN_FORCE.value).first()
    if held is not None and held.drive_id == drive.pk:
        raise AppliedAlready(
            msg("“%(place)s”这次已经授予，%(until)s 到期。到期以前用新一轮创建续报。"),
            place=place.name,
            until=held.until_on,
        )
    row = Application.objects.create(
        drive=drive, place_id=place_id, place_name=place.name, scope_code=place.region_code, state=State.DRAFT.value,
        renews=held.pk if held else None, unit_id=actor.unit_id or 0, role=actor.role, staff_id=actor.staff_id or 0,
        begun_at=now, steps=0,
    )  # fmt: skip
    _answer_by_records(row, checklist_of(drive), now)
    if held is not None:
        _carry_over(row, held, checklist_of(drive), now)
    write(row, ApplicationBegun(drive.pk, place_id, row.renews), actor, now)
    return int(row.pk)


def check_open(drive: Drive, on: date) -> None:
    """May a place apply to a drive on a day?

    Raises:
        DriveOver: its term is over.
        NotAdmitted: it stands on the admission list no longer.
    """
    if on > drive.until_on:
        raise DriveOver(
            msg("“%(name)s”的申报 %(until)s 已经截止。请等下一次创建。"), name=drive.name, until=drive.until_on
        )
    admitted_entry(drive.admission_id, on)


def _place(drive: Drive, place_id: int, on: date) -> PlaceRow:
    place = organisation.place_by_id(place_id, on)
    if place is None or not place.region_code.startswith(drive.scope_code):
        raise WrongPlace(msg("没有这个场所，或者它不在这次创建的范围里。请从列表里选。"))
    if place.is_closed:
        raise WrongPlace(msg("“%(place)s”已经关闭，不能申报。请核对场所资料。"), place=place.name)
    if place.kind not in drive.place_kinds:
        raise WrongPlace(
            msg("“%(place)s”是%(kind)s，这次创建不面向这一类场所。请另选。"), place=place.name, kind=place.kind_name
        )
    return place


def counts_of(place_id: int, rule: Rule, now: datetime) -> Counts:
    """The matters at a place by the facts, for a rule; the same for whoever asks; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reported, ended, open_late, reopened, timed, on_time, judged, solved"
            " FROM drives_counts(%s, %s, %s, %s, %s)",
            [place_id, since(local_date(now), rule.months), now, list(rule.kinds), rule.category],
        )
        row = cursor.fetchone()
    return Counts(*row) if row else Counts()


def _answer_by_records(row: Application, checklist: Checklist, now: datetime) -> None:
    """What the records say now, for each item that they answer; where there is nothing to take a share of, a person does."""
    for item in checklist.items:
        if item.rule is None:
            continue
        found = answer(item.rule, counts_of(row.place_id, item.rule, now))
        if found.met is None:
            # Somebody says it in words instead; what they said already stays.
            if not Answer.objects.filter(application=row, item=item.code, is_record=False).exists():
                blank = {"is_record": False, "met": None, "numerator": None, "denominator": None, "answered_at": now}
                Answer.objects.update_or_create(application=row, item=item.code, defaults=blank)
            continue
        Answer.objects.update_or_create(
            application=row,
            item=item.code,
            defaults={
                "is_record": True, "met": found.met, "numerator": found.numerator, "denominator": found.denominator,
                "words": "", "salt": b"", "typed": 0, "is_carried": False, "staff_id": None, "answered_at": now,
            },
        )  # fmt: skip


def _carry_over(row: Application, held: Title, checklist: Checklist, now: datetime) -> None:
    """Propose what was answered with yes the last time, and not contradicted on site."""
    before = {
        one.item: one for one in Answer.objects.filter(application_id=held.application_id, is_record=False, met=True)
    }
    not_found = set(Look.objects.filter(application_id=held.application_id, found=False).values_list("item", flat=True))
    there = set(Answer.objects.filter(application=row, met__isnull=False).values_list("item", flat=True))
    for item in checklist.items:
        kept = before.get(item.code)
        if kept is None or item.code in there or item.code in not_found:
            continue
        Answer.objects.update_or_create(
            application=row, item=item.code,
            defaults={"is_record": False, "is_carried": True, "met": True, "words": kept.words, "salt": kept.salt,
                      "typed": 0, "staff_id": kept.staff_id, "answered_at": now},
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """A yes (`met`), a no, or nothing yet (None) about an item, and words beside it."""

    met: bool | None
    words: str = ""


@transaction.atomic
def application_answer(*, application_id: int, said: Mapping[str, Said], actor: Actor, now: datetime) -> int:
    """Answer items in words; returns how many were answered anew. What is the same as before isn't typed again; items that the
    records answer have no field.

    Raises:
        SignInNeeded, NotAllowed, NotYours: not the unit that applies.
        NoSuchDrive: none in sight.
        DriveMovedOn: it was handed in.
        BadDrive: words too long, an item that isn't there, or one that the records answer; `fields` says where.
    """
    check(actor, APPLY)
    row = held_application(application_id)
    check_applicant(row, actor)
    _check_draft(row)
    there = {one.item: one for one in Answer.objects.filter(application=row)}
    checklist = checklist_of(row.drive)
    wrong = {
        f"words_{code}": msg("最多 1000 个字。")
        for code, one in said.items()
        if len(clean_text(one.words)) > WORDS_MOST
    }
    for code in said:
        kept = there.get(code)
        if checklist.item(code) is None or (kept is not None and kept.is_record):
            wrong[f"met_{code}"] = msg("这一项由日常记录回答，或者不在标准里，不用填。")
    if wrong:
        raise BadDrive(msg("还没有保存，请看标出的地方。"), fields=wrong)
    changed = sum(_answer(row, code, one, there.get(code), actor, now) for code, one in said.items())
    if changed:
        row.typed = sum(Answer.objects.filter(application=row).values_list("typed", flat=True))
        row.save(update_fields=["typed"])
    return changed


def _answer(row: Application, code: str, said: Said, kept: Answer | None, actor: Actor, now: datetime) -> bool:
    words = words_of(said.words)
    if kept is not None and (kept.met, kept.words) == (said.met, words.text):
        return False
    if kept is None and said.met is None and not words.text:
        return False
    Answer.objects.update_or_create(
        application=row, item=code,
        defaults={"is_record": False, "is_carried": False, "met": said.met, "words": words.text, "salt": words.salt,
                  "typed": (said.met is not None) + bool(words.text), "staff_id": actor.staff_id, "answered_at": now},
    )  # fmt: skip
    return True


def _check_draft(row: Application) -> None:
    if row.state != State.DRAFT:
        raise DriveMovedOn(
            msg("“%(place)s”的申报已经送出，不能再改。要改，请先撤回，再重新申报。"), place=row.place_name
        )


@transaction.atomic
def application_send(*, application_id: int, actor: Actor, now: datetime) -> None:
    """Hand an application in: the records are read once more, and every item has an answer.

    Raises:
        SignInNeeded, NotAllowed, NotYours: not the unit that applies.
        NoSuchDrive, DriveMovedOn: none in sight, or handed in already.
        DriveOver, NotAdmitted, WrongPlace: the term is over, the admission has ended, the place was closed.
        NotWhole: items without an answer.
    """
    check(actor, APPLY)
    row = held_application(application_id)
    check_applicant(row, actor)
    _check_draft(row)
    on = local_date(now)
    check_open(row.drive, on)
    _place(row.drive, row.place_id, on)
    checklist = checklist_of(row.drive)
    _answer_by_records(row, checklist, now)
    check_answered(checklist, standings(row))
    answers = {one.item: one for one in Answer.objects.filter(application=row)}
    row.applied_at = now
    payload = ApplicationMade(
        row.drive_id, row.place_id, tuple(_said(item, answers[item.code]) for item in checklist.items),
        tuple(f"{one.item} {words_of(one.words).sealed}" for one in answers.values() if one.words), row.typed,
    )  # fmt: skip
    move(row, State.APPLIED, payload, actor, now)


def _said(item: Item, one: Answer) -> str:
    """An answer as the journal has it: `fire_lane 1`, `late 0 3`, `on_time 1 9/10`."""
    said = f"{item.code} {int(bool(one.met))}"
    if not one.is_record:
        return said
    return f"{said} {one.numerator}" + ("" if one.denominator is None else f"/{one.denominator}")


@transaction.atomic
def application_withdraw(*, application_id: int, actor: Actor, now: datetime) -> None:
    """Take an application back, before somebody has visited.

    Raises:
        SignInNeeded, NotAllowed, NotYours: not the unit that applies.
        NoSuchDrive, DriveMovedOn: none in sight, or no longer to be taken back.
    """
    check(actor, APPLY)
    row = held_application(application_id)
    check_applicant(row, actor)
    move(row, State.WITHDRAWN, ApplicationWithdrawn(row.drive_id, row.place_id), actor, now)


@transaction.atomic
def evidence_use(*, application_id: int, item: str, evidence_id: int, is_on: bool, actor: Actor, now: datetime) -> None:
    """Refer to an object of the archive for an item, or no longer: it lies there once, whatever it serves.

    Raises:
        SignInNeeded, NotAllowed, NotYours, NoSuchDrive: not the unit that applies, or none in sight.
        BadDrive: no such item.
        NoSuchEvidence, EvidenceGone: as `evidence.use_add`.
    """
    check(actor, APPLY)
    row = held_application(application_id)
    check_applicant(row, actor)
    _check_draft(row)
    if checklist_of(row.drive).item(item) is None:
        raise BadDrive(msg("标准里没有这一项。请从页面上选。"))
    use = Use(DRIVE, subject_of(row.pk, item), "", row.scope_code)
    change = evidence.use_add if is_on else evidence.use_end
    change(evidence_id=evidence_id, use=use, actor=actor, now=now)


def subject_of(application_id: int, item: str) -> str:
    """What evidence serves: an item of an application, as the archive names it."""
    return f"{application_id} {item}"[:64]
