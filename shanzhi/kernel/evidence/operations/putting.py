"""What a post does with evidence: put it in, put it right, open it, say where it serves."""

from datetime import date, datetime, time

from django.db import connection, transaction

from shanzhi.core.periods import CITY_ZONE, local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.evidence.models import Evidence, Use
from shanzhi.kernel.evidence.operations._common import (
    described_words,
    find,
    marks_of,
    next_step,
    record,
    taken_payload,
    title_of,
    used_payload,
    wait_for,
    write_words,
)
from shanzhi.kernel.evidence.payloads import EvidenceDescribed, EvidenceRead
from shanzhi.kernel.evidence.policy import objects
from shanzhi.kernel.evidence.policy.likeness import Marks
from shanzhi.kernel.evidence.policy.objects import (
    FILE,
    HAND,
    ITEM,
    READ,
    SUBJECT,
    VISIT,
    EvidenceGone,
    EvidenceThere,
    EvidenceUnusable,
    Given,
)
from shanzhi.kernel.evidence.rules import rules
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.files.queries import open_stored
from shanzhi.kernel.indicators.queries.book import catalogue_in_force
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import RegionRow

_NUMBER = "SELECT nextval('evidence_object_id_seq')"
GONE = msg("这份材料已按保存期限销毁（保管到%(day)s），文件不再提供；目录、指纹和经过仍然保留。")


def gone_said(keep_until: date | None) -> EvidenceGone:
    """The error that says that an object's file was destroyed."""
    return EvidenceGone(GONE, day=keep_until)


def content_marks(stored: StoredFile, title: str) -> Marks:
    """What a stored content is found and compared by.

    Raises:
        FileMissing: the store has lost it.
    """
    with open_stored(stored.sha256) as opened:
        return marks_of(opened.read(), stored.media_type, title)


@transaction.atomic
def evidence_put(*, given: Given, stored: StoredFile, actor: Actor, now: datetime, visit: int = 0) -> int:
    """Put an object into the archive by hand, or (`visit`: its number) from a check on site; returns its id.

    Raises:
        SignInNeeded, NotAllowed: the role files nothing.
        EvidenceUnusable: something is missing, or the place isn't the post's; `fields` says what.
        EvidenceThere: the same content is there already: refer to it instead.
    """
    check_may(actor, acting.roles().get(actor.role), FILE)
    today, book = local_date(now), catalogue_in_force()
    objects.check_given(given, rules(), frozenset(one.code for one in book.projects), today)
    if given.key and not book.versions(given.key):
        raise EvidenceUnusable(
            msg("没有“%(key)s”这个指标。"), key=given.key, fields={"key": msg("请从列表里选一个指标。")}
        )
    arose_at = _arose_at(given.arose_on, stored, now)
    region = _region(given.region_id, local_date(arose_at), actor)
    wait_for(stored.sha256)
    same = tuple(
        Evidence.objects.filter(sha256=stored.sha256, gone_at=None).order_by("pk").values_list("pk", flat=True)
    )
    if same:
        raise EvidenceThere(msg("档案里已经有这份材料，没有再存一份。请直接引用。"), same)
    marks = content_marks(stored, given.title)
    shown, salt, sealed = title_of(given.title)
    row = Evidence(
        id=_next_number(), sha256=stored.sha256, media_type=stored.media_type, size=stored.size, type=given.type,
        project=given.project, year=local_date(arose_at).year, title=shown, salt=salt,
        source=VISIT if visit else HAND, source_id=visit, region_id=region.id, scope_code=region.code, arose_at=arose_at,
        taken_at=now, lat=_degrees(stored, "lat"), lon=_degrees(stored, "lon"), unit_id=actor.unit_id or 0,
        post_id=actor.post_id, keep_until=rules().keep_until(given.type, local_date(arose_at)),
        keep_ground=rules().ground, marked_at=now, picture=marks.picture, signature=list(marks.signature) or None,
    )  # fmt: skip
    (row.attachment_id,) = files.attach(
        subject_kind=SUBJECT, subject_id=row.pk, scope_code=region.code, stored=[stored], purpose="evidence",
        post_id=actor.post_id, now=now, shown_to_reporter=False,
    )  # fmt: skip
    row.save(force_insert=True)
    write_words([(row.pk, sorted({*described_words(shown, region.name), *marks.words}))])
    record(row, taken_payload(row, sealed, local_date(arose_at)), actor, now)
    if given.key:
        _add(row, objects.Use(ITEM, "", given.key, region.code), actor, now)
    return row.pk


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_NUMBER)
        return int(cursor.fetchone()[0])


def _degrees(stored: StoredFile, name: str) -> float | None:
    return getattr(stored.place, name) if stored.place else None


def _arose_at(said: date | None, stored: StoredFile, now: datetime) -> datetime:
    """The day that somebody says counts before the picture's own, whose clock may be wrong; of that day its time is kept."""
    if said is None:
        return stored.taken_at or now
    if stored.taken_at is not None and local_date(stored.taken_at) == said:
        return stored.taken_at
    return datetime.combine(said, time(), CITY_ZONE)


def _region(region_id: int, on: date, actor: Actor) -> RegionRow:
    region = organisation.region_by_id(region_id, on)
    if region is None or not actor.place.contains(region.code):
        raise EvidenceUnusable(
            msg("这个地方不归您现在的岗位，或者那时还没有。请另选区域。"), fields={"region_id": msg("请另选区域。")}
        )
    return region


@transaction.atomic
def evidence_describe(*, evidence_id: int, type: str, project: str, title: str, actor: Actor, now: datetime) -> None:
    """Put an object's type and project right, and the title of one that was put in by hand.

    Raises:
        SignInNeeded, NotAllowed: the role files nothing.
        NoSuchEvidence: there is none, or not for this post.
        EvidenceUnusable: `fields` says what is missing.
    """
    check_may(actor, acting.roles().get(actor.role), FILE)
    row = find(evidence_id)
    written = title if row.source in (HAND, VISIT) else row.title
    given = Given(written, type, project, row.region_id)
    projects = frozenset(one.code for one in catalogue_in_force().projects)
    objects.check_given(given, rules(), projects, local_date(now))
    shown, salt, sealed = title_of(written)
    row.type, row.project, row.title, row.salt = type, project, shown, salt
    next_step(row, "type", "project", "title", "salt")
    record(row, EvidenceDescribed(type, project, sealed), actor, now)


@transaction.atomic
def evidence_open(*, evidence_id: int, why: str, actor: Actor, now: datetime) -> int:
    """Open an object: who, when and why is written into its history; returns the number of the file (attachment).

    Raises:
        SignInNeeded, NotAllowed: the role doesn't read the archive.
        EvidenceUnusable: no reason is given.
        NoSuchEvidence: there is none, or not for this post.
        EvidenceGone: its file was destroyed.
    """
    check_may(actor, acting.roles().get(actor.role), READ)
    objects.check_why(why)
    row = find(evidence_id)
    if row.gone_at is not None:
        raise gone_said(row.keep_until)
    next_step(row)
    record(row, EvidenceRead(why), actor, now)
    return row.attachment_id


@transaction.atomic
def use_add(*, evidence_id: int, use: objects.Use, actor: Actor, now: datetime) -> bool:
    """Say that an object serves something; returns whether that is new.

    Raises:
        SignInNeeded, NotAllowed: the role files nothing.
        NoSuchEvidence: there is none, or not for this post.
        EvidenceUnusable: it names nothing that can be served, or an indicator that isn't there.
        EvidenceGone: its file was destroyed.
    """
    check_may(actor, acting.roles().get(actor.role), FILE)
    objects.check_use(use)
    if use.key and not catalogue_in_force().versions(use.key):
        raise EvidenceUnusable(
            msg("没有“%(key)s”这个指标。"), key=use.key, fields={"key": msg("请从列表里选一个指标。")}
        )
    row = find(evidence_id)
    if row.gone_at is not None:
        raise gone_said(row.keep_until)
    return _add(row, use, actor, now)


@transaction.atomic
def use_end(*, evidence_id: int, use: objects.Use, actor: Actor, now: datetime) -> bool:
    """Say that an object serves something no longer; returns whether it did. What was before stays in its history.

    Raises:
        SignInNeeded, NotAllowed, NoSuchEvidence: as `use_add`.
    """
    check_may(actor, acting.roles().get(actor.role), FILE)
    row = find(evidence_id)
    if not _is_on(row, use):
        return False
    _write(row, use, actor, now, is_on=False)
    return True


def _add(row: Evidence, use: objects.Use, actor: Actor, now: datetime) -> bool:
    if _is_on(row, use):
        return False
    _write(row, use, actor, now, is_on=True)
    return True


def _is_on(row: Evidence, use: objects.Use) -> bool:
    found = Use.objects.filter(evidence=row, kind=use.kind, subject=use.subject, key=use.key, place=use.place)
    return bool(found.order_by("-pk").values_list("is_on", flat=True).first())


def _write(row: Evidence, use: objects.Use, actor: Actor, now: datetime, *, is_on: bool) -> None:
    made = Use.objects.create(
        evidence=row, kind=use.kind, subject=use.subject, key=use.key, place=use.place, is_on=is_on,
        unit_id=actor.unit_id or 0, post_id=actor.post_id or 0, added_at=now,
    )  # fmt: skip
    next_step(row)
    record(row, used_payload(made), actor, now)
