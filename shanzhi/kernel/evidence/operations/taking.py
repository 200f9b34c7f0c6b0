"""Evidence that daily work leaves comes into the archive by itself: no copy is made, nobody types anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.evidence.models import Evidence, Use
from shanzhi.kernel.evidence.operations._common import (
    described_words,
    draft,
    marks_of,
    taken_payload,
    title_of,
    used_payload,
    wait_for,
    write_words,
)
from shanzhi.kernel.evidence.policy.objects import FIGURE, ITEM, MATTER, VALUE
from shanzhi.kernel.evidence.rules import rules
from shanzhi.kernel.files.policy import MP4, PICTURES, FileMissing
from shanzhi.kernel.files.queries import open_stored
from shanzhi.kernel.indicators.policy.definitions import Length
from shanzhi.kernel.indicators.policy.entering import rule_of
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.queries.book import catalogue_in_force
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.matters.queries import categories
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import one_tree

# What offices attached while they worked (never what a reporter sent), and what shows a typed-in figure. As the worker.
_FOUND = """
SELECT a.id, a.subject_kind, a.subject_id, a.scope_code, a.blob_id, b.media_type, b.size, a.purpose, a.added_at, a.taken_at,
       a.lat, a.lon, a.added_by_post, coalesce(p.unit_id, v.unit_id, m.holder_unit_id, 0),
       coalesce(m.number, ''), coalesce(m.kind, ''), coalesce(m.category, ''), coalesce(m.region_id, v.region_id),
       coalesce(v.key, ''), coalesce(v.first, 0), coalesce(v.length, '')
FROM files_attachment a JOIN files_blob b ON b.sha256 = a.blob_id
LEFT JOIN matters_matter m ON a.subject_kind = 'matter' AND m.id = a.subject_id
LEFT JOIN indicators_value v ON a.subject_kind = 'figure' AND v.id = a.subject_id
LEFT JOIN organisation_post p ON p.id = a.added_by_post
WHERE a.purpose IN ('evidence', 'reply') AND (m.id IS NOT NULL OR v.id IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM evidence_object e WHERE e.attachment_id = a.id)
ORDER BY a.id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class _Found:
    """An attachment of daily work that isn't in the archive yet."""

    attachment_id: int
    subject_kind: str
    subject_id: int
    scope_code: str
    sha256: str
    media_type: str
    size: int
    purpose: str
    added_at: datetime
    pictured_at: datetime | None
    lat: Any
    lon: Any
    post_id: int | None
    unit_id: int
    number: str
    kind: str
    category: str
    region_id: int
    key: str
    first: int
    length: str


@transaction.atomic
def evidence_take(*, now: datetime, limit: int = 500) -> int:
    """Take into the archive what daily work attached since; returns how many. Safe to repeat. Worker's role."""
    wait_for("take")
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [limit])
        found = [_Found(*row) for row in cursor.fetchall()]
    if not found:
        return 0
    with one_tree(is_read=True):
        made = [_object(one, now) for one in found]
    Evidence.objects.bulk_create([row for row, *_ in made])
    uses = [_use(row, kind, key, now) for (row, _, keys), one in zip(made, found, strict=True)
            for kind, key in ((VALUE if one.key else ITEM, key) for key in keys)]  # fmt: skip
    Use.objects.bulk_create(uses)
    write_words([(row.pk, described_words(row.title, row.source_key)) for row, *_ in made])
    journal.record_many(_drafts(made, uses, now))
    return len(made)


_Made = tuple[Evidence, str, tuple[str, ...]]


def _drafts(made: Sequence[_Made], uses: Sequence[Use], now: datetime) -> list[Any]:
    by_object: dict[int, list[Use]] = {}
    for use in uses:
        by_object.setdefault(use.evidence_id, []).append(use)
    drafts = []
    for row, sealed, _ in made:
        drafts.append(draft(row, 1, taken_payload(row, sealed, local_date(row.arose_at)), now))
        for step, use in enumerate(by_object.get(row.pk, ()), start=2):
            drafts.append(draft(row, step, used_payload(use), now))
    return drafts


def _object(one: _Found, now: datetime) -> _Made:
    arose_at = one.pictured_at or one.added_at
    type_code = "photo" if one.media_type in PICTURES | {MP4} else "paper"
    title, project, keys, year = _of_figure(one) if one.key else _of_matter(one)
    shown, salt, sealed = title_of(title)
    until = rules().keep_until(type_code, local_date(arose_at))
    row = Evidence(
        sha256=one.sha256, media_type=one.media_type, size=one.size, type=type_code, project=project,
        year=year or local_date(arose_at).year, title=shown[:200], salt=salt, source=FIGURE if one.key else MATTER,
        source_id=one.subject_id, source_key=_record(one), attachment_id=one.attachment_id,
        region_id=one.region_id, scope_code=one.scope_code, arose_at=arose_at, taken_at=now, lat=one.lat, lon=one.lon,
        unit_id=one.unit_id, post_id=one.post_id, keep_until=until, keep_ground=rules().ground, steps=1 + len(keys),
    )  # fmt: skip
    return row, sealed, keys


def _record(one: _Found) -> str:
    """By what people know the record: a matter's number, or an indicator's key and period."""
    return f"{one.key} {Period(one.first, Length(one.length))}" if one.key else one.number


def _of_matter(one: _Found) -> tuple[str, str, tuple[str, ...], int]:
    """Title, project, indicators and year (0: as it arose) of what was attached to a matter. No word of the matter's own is in
    the title, so that none outlives it."""
    take = rules().take(one.kind, one.category)
    what = msg("办理照片") if one.media_type in PICTURES else msg("办理材料")
    if one.purpose == "reply":
        what = msg("答复附件")
    known = {key.key for key in catalogue_in_force().indicators}
    name = categories().name(one.category).rpartition(" · ")[2] if one.category else msg("事项")
    return f"{name}：{what}（{one.number}）", take.project, tuple(key for key in take.keys if key in known), 0


def _of_figure(one: _Found) -> tuple[str, str, tuple[str, ...], int]:
    """Title, project, indicator and year of what shows a typed-in figure."""
    period = Period(one.first, Length(one.length))
    book = catalogue_in_force()
    indicator = book.indicator(one.key, period.last)
    region = organisation.region_by_id(one.region_id, period.ends_on)
    where = region.name if region else one.scope_code
    paper = (rule_of(indicator).paper if indicator else "") or msg("证明材料")
    name = indicator.name if indicator else one.key
    project = indicator.project if indicator else ""
    return f"{name}：{paper}（{where}，{period}）", project, (one.key,), period.first // 100


def _use(row: Evidence, kind: str, key: str, now: datetime) -> Use:
    subject = str(row.source_id) if kind == VALUE else ""
    return Use(evidence=row, kind=kind, subject=subject, key=key, place=row.scope_code, is_on=True, added_at=now)


@transaction.atomic
def evidence_mark(*, now: datetime, limit: int = 50) -> int:
    """Look into the contents that came by themselves: their words, and what they are compared by; returns how many. What
    the store has lost is passed over. Worker's role."""
    rows = (
        Evidence.objects.filter(marked_at=None, gone_at=None).order_by("pk").select_for_update(skip_locked=True)[:limit]
    )
    written: list[tuple[int, Sequence[str]]] = []
    for row in rows:
        row.marked_at = now
        try:
            with open_stored(row.sha256) as opened:
                marks = marks_of(opened.read(), row.media_type, row.title)
        except FileMissing:
            row.save(update_fields=["marked_at"])
            continue
        row.picture, row.signature = marks.picture, list(marks.signature) or None
        row.save(update_fields=["marked_at", "picture", "signature"])
        if marks.words:
            written.append((row.pk, sorted({*described_words(row.title, row.source_key), *marks.words})))
    write_words(written, anew=True)
    return len(rows)
