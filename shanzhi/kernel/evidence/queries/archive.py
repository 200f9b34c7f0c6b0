"""The archive: lists, one object, what is alike. All of it under row-level security: what a post may not see isn't there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import QuerySet

from shanzhi.core.periods import local_date
from shanzhi.kernel.evidence.models import Evidence, Use
from shanzhi.kernel.evidence.policy import objects
from shanzhi.kernel.evidence.policy.likeness import PICTURE_MOST, TEXT_LEAST, Marks, bits_between, share_alike
from shanzhi.kernel.evidence.policy.objects import SUBJECT
from shanzhi.kernel.files.policy import PICTURES
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters.policy.search import query_of
from shanzhi.kernel.organisation import queries as organisation

PAGE = 25
COUNT_CAP = 1000
FOUND_MOST = 2000
LOOKED_AT = 2000
"""Objects of a place, the latest first, that a new one is compared with."""
SHOWN_ALIKE = 5
FILE_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions of a list; what is empty (0, "") doesn't count. `state`: there or gone."""

    words: str = ""
    year: int = 0
    project: str = ""
    type: str = ""
    source: str = ""
    key: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """An object in a list. `place` is the region's name on the day on which it arose."""

    id: int
    sha256: str
    media_type: str
    size: int
    type: str
    project: str
    year: int
    title: str
    source: str
    source_id: int
    source_key: str
    attachment_id: int
    region_id: int
    scope_code: str
    place: str
    unit: str
    arose_at: datetime
    taken_at: datetime
    keep_until: date | None
    gone_at: datetime | None

    @property
    def is_picture(self) -> bool:
        """Has it a preview?"""
        return self.media_type in PICTURES

    @property
    def is_there(self) -> bool:
        """Is its file kept?"""
        return self.gone_at is None


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """25 rows, the last taken in first; `count` stops at 1,001; `has_more`: there is a next page, after the last row's id."""

    rows: tuple[EvidenceRow, ...]
    count: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class UseRow:
    """What an object serves now: since when, said by which post (empty: by daily work itself)."""

    use: objects.Use
    by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an object's history: what was done (the journal's action), by which post, when; `why` of a reading."""

    action: str
    by: str
    at: datetime
    why: str
    payload: dict[str, object]


@dataclass(frozen=True, slots=True)
class EvidenceCard:
    """One object with all that its page shows; `others`: objects with the same content, in sight."""

    row: EvidenceRow
    keep_ground: str
    place: tuple[float, float] | None
    by: str
    uses: tuple[UseRow, ...]
    steps: tuple[Step, ...]
    others: tuple[EvidenceRow, ...]

    @property
    def readings(self) -> tuple[Step, ...]:
        """Who opened it, the latest first."""
        return tuple(step for step in reversed(self.steps) if step.action == "evidence.read")


def _wanted(wanted: Filter) -> QuerySet[Evidence]:
    rows = Evidence.objects.all()
    for name in ("year", "project", "type", "source"):
        if value := getattr(wanted, name):
            rows = rows.filter(**{name: value})
    if wanted.state:
        rows = rows.filter(gone_at__isnull=wanted.state != "gone")
    if wanted.key:
        rows = rows.filter(pk__in=serving([wanted.key]))
    if wanted.words:
        rows = rows.filter(pk__in=_found(wanted))
    return rows


def standing(**wanted: object) -> QuerySet[Use]:
    """Uses that stand, by the last word about each; not asked yet."""
    what = ("evidence", "kind", "subject", "key", "place")
    last = Use.objects.filter(**wanted).order_by(*what, "-pk").distinct(*what)
    return Use.objects.filter(pk__in=last.values("pk"), is_on=True).order_by()


def serving(keys: Iterable[str]) -> QuerySet[Use, int]:
    """The ids of objects that serve one of these indicators; not asked yet."""
    return standing(key__in=list(keys)).values_list("evidence_id", flat=True)


def _found(wanted: Filter) -> list[int]:
    """The ids of the newest 2,000 objects in sight that hold all the words; 1 query."""
    question = query_of(wanted.words)
    if not question:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM evidence_search(%s::tsquery, %s, %s, %s, %s)",
            [question, wanted.year or None, wanted.project or None, wanted.type or None, FOUND_MOST],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def archive_page(wanted: Filter, *, after: int | None = None) -> ArchivePage:
    """A page of the archive; 2 queries, 1 more with words, and the tree."""
    rows = _wanted(wanted)
    count = rows.order_by()[: COUNT_CAP + 1].count()
    listed = rows.filter(pk__lt=after) if after is not None else rows
    found = list(listed.order_by("-pk")[: PAGE + 1])
    return ArchivePage(tuple(archive_rows_of(found[:PAGE])), count, len(found) > PAGE)


def archive_rows(wanted: Filter) -> list[EvidenceRow]:
    """The list for a file, at most 20,000 rows; as many queries as a page."""
    return archive_rows_of(_wanted(wanted).order_by("-pk")[:FILE_MOST])


def years() -> list[int]:
    """The years of which there is anything in sight, the latest first; 1 query."""
    return list(Evidence.objects.order_by("-year").values_list("year", flat=True).distinct())


def archive_rows_of(found: Iterable[Evidence]) -> list[EvidenceRow]:
    """Objects that were read as rows of a list; 1 query and the tree."""
    listed = list(found)
    units = organisation.unit_names({row.unit_id for row in listed})
    names: dict[tuple[str, date], str] = {}
    for row in listed:
        at = (row.scope_code, local_date(row.arose_at))
        if at not in names:
            region = organisation.region_at_or_above(*at)
            names[at] = region.name if region else row.scope_code
    return [_row(row, names[row.scope_code, local_date(row.arose_at)], units.get(row.unit_id, "")) for row in listed]


def _row(row: Evidence, place: str, unit: str) -> EvidenceRow:
    return EvidenceRow(
        row.pk, row.sha256, row.media_type, row.size, row.type, row.project, row.year, row.title, row.source,
        row.source_id, row.source_key, row.attachment_id, row.region_id, row.scope_code, place, unit, row.arose_at,
        row.taken_at, row.keep_until, row.gone_at,
    )  # fmt: skip


def evidence_card(evidence_id: int) -> EvidenceCard:
    """One object with what it serves and its history; 5 queries and the tree.

    Raises:
        NoSuchEvidence: there is none, or not for this post.
    """
    found = Evidence.objects.filter(pk=evidence_id).first()
    if found is None:
        raise objects.NoSuchEvidence(objects.NOT_THERE)
    uses = list(Use.objects.filter(evidence=evidence_id).order_by("pk"))
    entries = journal.entries_of(SUBJECT, evidence_id)
    others = list(Evidence.objects.filter(sha256=found.sha256).exclude(pk=evidence_id).order_by("-pk")[:PAGE])
    posts = {use.post_id for use in uses} | {one.author_post_id or 0 for one in entries} | {found.post_id or 0}
    names = {pk: f"{name.unit_name} {name.title}" for pk, name in organisation.post_names(posts - {0}).items()}
    row, *same = archive_rows_of([found, *others])
    return EvidenceCard(
        row=row,
        keep_ground=found.keep_ground,
        place=None if found.lat is None or found.lon is None else (float(found.lat), float(found.lon)),
        by=names.get(found.post_id or 0, ""),
        uses=tuple(_uses(uses, names)),
        steps=tuple(
            Step(one.action, names.get(one.author_post_id or 0, ""), one.happened_at, str(one.payload.get("why", "")),
                 one.payload)
            for one in entries
        ),
        others=tuple(same),
    )  # fmt: skip


def _uses(rows: Sequence[Use], names: dict[int, str]) -> list[UseRow]:
    last = {objects.Use(row.kind, row.subject, row.key, row.place): row for row in rows}
    return [UseRow(use, names.get(row.post_id, ""), row.added_at) for use, row in last.items() if row.is_on]


def same_content(sha256: str) -> list[EvidenceRow]:
    """The objects in sight with this content, those that are kept first; 1 query and the tree."""
    return archive_rows_of(Evidence.objects.filter(sha256=sha256).order_by("-gone_at", "pk")[:SHOWN_ALIKE])


def alike(marks: Marks, sha256: str, scope_code: str) -> list[EvidenceRow]:
    """Objects of the same place that look or read like a content, the likest first, at most five; 1 query and the tree.

    Compared are the latest 2,000 in sight whose place lies in the same region (`scope_code` and what begins with it).
    """
    rows = Evidence.objects.filter(gone_at=None, scope_code__startswith=scope_code).exclude(sha256=sha256)
    if marks.picture is not None:
        rows = rows.filter(picture__isnull=False)
    elif marks.signature:
        rows = rows.filter(signature__isnull=False)
    else:
        return []
    compared = rows.order_by("-pk").values_list("pk", "picture", "signature")[:LOOKED_AT]
    near = sorted((far, pk) for pk, bits, words in compared if (far := _distance(marks, bits, words)) is not None)
    ids = [pk for _, pk in near[:SHOWN_ALIKE]]
    found = {row.pk: row for row in Evidence.objects.filter(pk__in=ids)} if ids else {}
    return archive_rows_of(found[pk] for pk in ids if pk in found)


def _distance(marks: Marks, picture: int | None, signature: list[int] | None) -> float | None:
    """How far a content is from another, 0 to 1; None where they aren't alike."""
    if marks.picture is not None and picture is not None:
        bits = bits_between(marks.picture, picture)
        return bits / 64 if bits <= PICTURE_MOST else None
    share = share_alike(marks.signature, signature or ())
    return 1 - share if share >= TEXT_LEAST else None
