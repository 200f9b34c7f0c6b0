"""A matter that holds several problems is split into parts (拆分), each a matter of its own; the whole gathers their answers.

Splitting and putting together again are steps of the whole. What follows as the parts end is the background's
(`parts_follow`), which looks at how things stand, as with linked matters. A whole's id is lower than its parts', and
whoever locks several does it in the order of ids.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.operations import open_door, set_scope
from shanzhi.kernel.clock.policy import Duration, due_at
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Subject
from shanzhi.kernel.matters.models import Assignment, Clock, Link, Matter, Part
from shanzhi.kernel.matters.operations.clocks import (
    calendars,
    clocks_of,
    clocks_told,
    deadline_of,
    running,
    start_clocks,
)
from shanzhi.kernel.matters.operations.finding import keep_words
from shanzhi.kernel.matters.operations.receiving import check_given
from shanzhi.kernel.matters.operations.step import Step, about, assign, author_of, take_part, tell
from shanzhi.kernel.matters.operations.texts import expiry, originals, safe
from shanzhi.kernel.matters.policy.clocks import STAGE, Promise, calendar_of, promises, soonest
from shanzhi.kernel.matters.policy.linking import HasLinked
from shanzhi.kernel.matters.policy.parting import NewPart, PartsMoved, check_parts, part_number, whole_of
from shanzhi.kernel.matters.policy.payloads_second import PartMade, promised_by
from shanzhi.kernel.matters.policy.process import (
    LEAD_ISNT_SPLIT,
    PART_STAYS_WHOLE,
    FieldsWrong,
    FieldType,
    Kind,
    Owner,
    StageForbids,
    Verb,
)
from shanzhi.kernel.matters.policy.report import title_of
from shanzhi.kernel.matters.rulebook import categories, kind_version
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import RegionRow
from shanzhi.kernel.vault import operations as vault
from shanzhi.kernel.vault.policy.envelope import new_salt

SEQUENCE = "matters_matter_id_seq"
PARTS_COUNT = "parts"
"""The code under which a whole counts its parts, beside the counts of its kind."""


def is_part(matter: Matter) -> bool:
    """Is it a part of another?"""
    return bool(whole_of(matter.number))


def check_still_part(step: Step) -> None:
    """Raises PartsMoved for a part that went back into its whole; the background ends it in a moment."""
    if is_part(step.matter) and Part.objects.filter(matter=step.matter, rejoined_at__isnull=False).exists():
        raise PartsMoved(msg("这一部分已经并回整体，不再单独办理。请看整体那一件。"))


def split(step: Step) -> None:
    """Make the parts, each with its category and place and the whole's promise, and give the whole its lead.

    Raises:
        FieldsWrong: what was filled in for the parts (`policy.parting`); a lead that may not have the whole or one of its
            parts (`receiving.check_given`).
        HasLinked: others are linked under the matter, and wait for its one answer.
        StageForbids: it is a part itself.
    """
    matter = step.matter
    if is_part(matter):
        raise StageForbids(PART_STAYS_WHOLE)
    if Link.objects.filter(lead=matter, unlinked_at=None).exists():
        raise HasLinked(LEAD_ISNT_SPLIT)
    code = next(code for code in step.action.needs if step.kind.field(code).type is FieldType.PARTS)
    wanted = check_parts(step.given[code], code, step.kind.field(code).max or 2)
    regions = [_region_of(step, part, code) for part in wanted]
    check_given(step, step.given["lead"], also=[part.category for part in wanted])
    take_part(matter.pk, {step.actor.unit_id or matter.intake_unit_id: "holder"}, step.now)
    assign(step, step.given["lead"], ())
    before = Part.objects.filter(whole=matter).count()
    ids = [
        _make(step, part, region, before + place)
        for place, (part, region) in enumerate(zip(wanted, regions, strict=True), 1)
    ]
    matter.counts = matter.counts | {PARTS_COUNT: len(ids)}
    step.tells["part_ids"] = tuple(ids)


def _region_of(step: Step, part: NewPart, code: str) -> RegionRow:
    on = local_date(step.now)
    found = categories(on).rules.categories.get(part.category)
    if found is None or found.retired:
        raise FieldsWrong(msg("没有这个分类，请从列表里选。"), fields={code: msg("没有这个分类，请从列表里选。")})
    region = (
        organisation.region_of_code(part.region, on)
        if part.region.isdigit()
        else None
        if part.region
        else organisation.region_by_id(step.matter.region_id, on)
    )
    if region is None:
        raise FieldsWrong(msg("没有这个区域，请从列表里选。"), fields={code: msg("没有这个区域，请从列表里选。")})
    actor = step.actor
    is_seen = actor.ranges.contains(region.code) or actor.intake.contains(region.code)
    if actor.is_post and not (is_seen and actor.place.contains(region.code)):
        raise FieldsWrong(
            msg("“%(name)s”不在您的辖区，不能把拆分出来的一部分放到那里。请先上报，由上一级中心拆分。"),
            fields={code: msg("请选本辖区的区域。")},
            name=region.name,
        )
    return region


def _make(step: Step, new: NewPart, region: RegionRow, place: int) -> int:
    """One part: in the intake, accepted already, with the same reporter and the clock that the whole has."""
    whole, kind, now = step.matter, step.kind, step.now
    part_id = open_door(whole.channel, whole.follow_hash, SEQUENCE)
    salt = new_salt()
    body, title = safe(new.about, salt), safe(title_of(new.about), salt)
    begun = _clocks(step)
    deadline = soonest(each.deadline for each in begun)
    part = Matter(
        id=part_id,
        number=part_number(whole.number, place),
        kind=kind.code,
        kind_version=kind.version,
        stage=whole.stage,
        channel=whole.channel,
        title=title.text,
        body=body.text,
        salt=salt,
        category=new.category,
        region_id=region.id,
        region_code=region.code,
        scope_code=region.code,
        place_text=whole.place_text,
        latitude=whole.latitude,
        longitude=whole.longitude,
        reported_at=whole.reported_at,
        stage_since=now,
        due_at=deadline.due_at,
        warn_at=deadline.warn_at,
        intake_unit_id=whole.intake_unit_id,
        holder_unit_id=whole.intake_unit_id,
        follow_hash=whole.follow_hash,
    )
    part.save(force_insert=True)
    keep_words([(part_id, (title.text, body.text, whole.place_text))])
    kept = originals(part_id, {"title": title, "body": body})
    if kept:
        vault.keep(kept, now=now, expires_on=expiry(now, kind.retention_months))
    set_scope(step.actor)
    take_part(part_id, {whole.intake_unit_id: "holder", step.given["lead"]: "receiver"}, now)
    start_clocks(part, kind, whole.stage, begun)
    Part.objects.create(
        whole=whole,
        matter=part,
        split_at=now,
        unit_id=step.actor.unit_id or 0,
        post_id=step.actor.post_id or 0,
    )
    payload = PartMade(
        **about(part, kind, "part", "", deadline),
        whole_id=whole.pk,
        reported_at=whole.reported_at,
        intake_unit_id=whole.intake_unit_id,
        title_sealed=title.sealed,
        body_sealed=body.sealed,
        clocks=clocks_told(part, now)["clocks"],
        promises=promised_by(kind),
    )
    _record(step, part, payload)
    return part_id


def _record(step: Step, part: Matter, payload: PartMade) -> None:
    """The part's first entry, and its event."""
    subject = Subject("matter", part.pk, 1, part.scope_code)
    journal.record(payload=payload, subject=subject, author=author_of(step.actor), happened_at=step.now)
    tell(part, "report", step.now)


def _clocks(step: Step) -> tuple[Promise, ...]:
    """The stage's own clock, begun now; those through several stages as the whole has them, counted from the report."""
    kind, stage = step.kind, step.matter.stage
    own = [each for each in promises(kind, stage, step.now, calendars(local_date(step.now))) if each.code == STAGE]
    through = [Promise(row.code, deadline_of(row)) for row in running(clocks_of(step.matter)) if row.code != STAGE]
    return (*own, *through)


def limit_of_part(step: Step) -> Duration | None:
    """What the dispatch catalogue promises for a part, where that is no later than the whole's date; else None: that stays."""
    limit = step.limit
    row = next((each for each in running(clocks_of(step.matter)) if _by_catalogue(step.kind, each)), None)
    if limit is None or row is None or not is_part(step.matter):
        return limit
    calendar = calendars(local_date(step.now))(calendar_of(step.kind, row.code))
    last = whole_due(step.matter, row.code) or row.due_at
    return limit if due_at(row.started_at, limit, calendar) <= last else None


def _by_catalogue(kind: Kind, row: Clock) -> bool:
    return row.code != STAGE and kind.clock(row.code).by_catalogue


def whole_due(part: Matter, code: str) -> datetime | None:
    """When the clock of this code of the part's whole is due; None where it doesn't run, or for a matter that is no part."""
    whole = Part.objects.filter(matter=part, rejoined_at=None).values("whole_id")
    rows = Clock.objects.filter(matter_id__in=whole, code=code, stopped_at=None)
    return rows.values_list("due_at", flat=True).first()


def part_target(step: Step, target: str) -> str:
    """Where a step leads a part that would be put to its reporter: it ends, and the whole asks for the one verdict."""
    if not step.kind.joined_stage or not is_part(step.matter):
        return target
    return step.kind.joined_stage if step.kind.stage(target).owner is Owner.REPORTER else target


def whole_id_of(matter: Matter) -> int | None:
    """The whole to which a part belongs; None for what is none, or went back into it."""
    rows = Part.objects.filter(matter=matter, rejoined_at=None) if is_part(matter) else Part.objects.none()
    return rows.values_list("whole_id", flat=True).first()


def parts_now(whole_id: int) -> QuerySet[Part]:
    """The parts of a whole's present split. Those of an earlier one, whose answers were joined before the whole was given
    back and split again, have ended and are the past; their numbers stay theirs."""
    rows = Part.objects.filter(whole_id=whole_id, rejoined_at=None)
    return rows.filter(split_at=rows.order_by("-split_at").values("split_at")[:1])


def rejoin(step: Step) -> None:
    """Undo a split on which nobody has worked; the background ends the parts.

    Raises:
        PartsMoved: a part was dispatched, or ended.
    """
    rows = list(parts_now(step.matter.pk).order_by("matter_id"))
    ids = [row.matter_id for row in rows]
    parts = list(Matter.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    given = Assignment.objects.filter(matter_id__in=ids).exists()
    if given or len(parts) != len(ids) or any(part.ended_at is not None or not part.in_intake for part in parts):
        raise PartsMoved(msg("有的部分已经派单或者办结，不能并回。请等各部分办完后汇总答复。"))
    Part.objects.filter(pk__in=[row.pk for row in rows]).update(rejoined_at=step.now)
    step.tells["part_ids"] = tuple(ids)


def tell_parts(step: Step) -> None:
    """Which parts a whole gathers; of a part that ends, its whole."""
    if is_part(step.matter):
        step.tells["whole_id"] = Part.objects.filter(matter=step.matter).values_list("whole_id", flat=True).first()
    else:
        ids = parts_now(step.matter.pk).order_by("matter_id")
        step.tells["part_ids"] = tuple(ids.values_list("matter_id", flat=True))


def parts_ever(whole_id: int) -> list[int]:
    """Everything that was ever split off a matter, also what went back into it; ascending."""
    return list(Part.objects.filter(whole_id=whole_id).order_by("matter_id").values_list("matter_id", flat=True))


def wholes_of(matter_ids: Iterable[int]) -> list[int]:
    """The wholes to which these matters belong, or which they are; ascending."""
    ids = set(matter_ids)
    found = Part.objects.filter(Q(matter_id__in=ids) | Q(whole_id__in=ids)).values_list("whole_id", flat=True)
    return sorted(set(found))


@transaction.atomic
def whole_with_parts(whole_id: int, defer: Sequence[str]) -> tuple[Matter, list[Matter], set[int]]:
    """A whole, its parts and the ids of those that went back into it; all locked, in the order of ids."""
    rows = {row.matter_id: row for row in Part.objects.filter(whole_id=whole_id)}
    found = Matter.objects.defer(*defer).select_for_update().filter(pk__in={whole_id, *rows}).order_by("pk")
    matters = {matter.pk: matter for matter in found}
    back = set(Part.objects.filter(whole_id=whole_id, rejoined_at__isnull=False).values_list("matter_id", flat=True))
    return matters[whole_id], [matter for pk, matter in matters.items() if pk != whole_id], back


def kind_of_row(matter: Matter) -> Kind:
    """The process under which a matter runs."""
    return kind_version(matter.kind, matter.kind_version)


def verb_code(kind: Kind, verb: Verb) -> str:
    """The code of the kind's one action with a verb."""
    return kind.verb(verb)[0].code
