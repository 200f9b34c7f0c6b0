"""What the vault asks matters: which have ended and since when, their next step, and the salts that have to go."""

from collections.abc import Collection, Mapping
from datetime import date

from django.db import connection

from shanzhi.kernel.journal.policy import Subject
from shanzhi.kernel.matters.models import Matter, Part, Remark
from shanzhi.kernel.matters.operations.texts import expiry
from shanzhi.kernel.matters.policy.report import normalise_number
from shanzhi.kernel.matters.rulebook import kind_version
from shanzhi.kernel.vault.policy.subjects import SubjectKind

OF_THE_REPORT = frozenset({"title", "body", "place"})
"""Parts whose commitments share the matter's own salt; those of a step (`step4.words`) have the step's."""


def term_ends(matter_ids: Collection[int]) -> Mapping[int, date]:
    """Of these matters those that have ended, each with the day until which its kind keeps its personal data, counted
    from its end, of a part from its whole's; 2 queries, and one for each kind that this process meets first."""
    wholes = wholes_by_part(matter_ids)
    ended = Matter.objects.filter(pk__in={*matter_ids, *wholes.values()}, ended_at__isnull=False)
    rows = ended.values_list("pk", "ended_at", "kind", "kind_version")
    until = {pk: expiry(at, kind_version(kind, version).retention_months) for pk, at, kind, version in rows if at}
    both = {pk: (until.get(pk), until.get(wholes.get(pk, pk))) for pk in matter_ids}
    return {pk: of_whole for pk, (own, of_whole) in both.items() if own and of_whole}


def wholes_by_part(matter_ids: Collection[int]) -> Mapping[int, int]:
    """Of these matters the parts, each with its whole: what is kept of a part is kept as its whole's is; 1 query."""
    return dict(Part.objects.filter(matter_id__in=matter_ids).values_list("matter_id", "whole_id"))


def lock(matter_ids: Collection[int]) -> frozenset[int]:
    """Lock those of these matters that nobody is acting on."""
    rows = Matter.objects.select_for_update(skip_locked=True).filter(pk__in=matter_ids)
    return frozenset(rows.values_list("pk", flat=True))


def entries(matter_ids: Collection[int]) -> Mapping[int, Subject]:
    """Count one more step of each matter, for an entry of the journal that the caller writes now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE matters_matter SET steps = steps + 1 WHERE id = ANY (%s) RETURNING id, steps, scope_code",
            [list(matter_ids)],
        )
        return {int(pk): Subject("matter", int(pk), int(step), code) for pk, step, code in cursor.fetchall()}


def salts_forget(matter_id: int, parts: Collection[str]) -> None:
    """Remove the salts of the commitments to these parts, and every copy of them; the masked texts stay. Worker's role."""
    steps = {int(part[4:].partition(".")[0]) for part in parts if part.startswith("step")}
    salts = {
        bytes(salt) for salt in Remark.objects.filter(matter=matter_id, step__in=steps).values_list("salt", flat=True)
    }
    if OF_THE_REPORT & set(parts):
        salts |= {bytes(salt) for salt in Matter.objects.filter(pk=matter_id).values_list("salt", flat=True)}
    if not salts:
        return
    Matter.objects.filter(pk=matter_id, salt__in=salts).update(salt=b"")
    Remark.objects.filter(matter=matter_id, salt__in=salts).update(salt=b"")


def matter_of_number(number: str) -> int | None:
    """The matter with this number, as people type it; None where there is none."""
    normal = normalise_number(number)
    return Matter.objects.filter(number=normal).values_list("pk", flat=True).first() if normal else None


SUBJECT = SubjectKind("matter", term_ends, lock, entries, salts_forget, matter_of_number, wholes_by_part)
