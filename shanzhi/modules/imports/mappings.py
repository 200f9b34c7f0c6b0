"""Which columns of a file fill which fields, kept by subject and name; and what imports say in the journal."""

from collections.abc import Mapping as Dictionary
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from shanzhi.core.importing import Subject
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Payload
from shanzhi.kernel.journal.policy import Subject as About
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.imports.models import Mapping
from shanzhi.modules.imports.payloads import MappingSaved
from shanzhi.modules.imports.policy import Columns, MappingTaken, MappingUnusable, mapping_name


@transaction.atomic
def mapping_save(*, subject: Subject, name: str, columns: Columns, now: datetime, author: Author | None = None) -> None:
    """Keep which column fills which field under a name, over an older one of the name if that is the same unit's; the
    command line, where no post acts, over anybody's.

    Raises:
        MappingUnusable: no name, or a field that isn't.
        MappingTaken: another unit has saved one of this name.
    """
    name = mapping_name(name)
    wrong = [field for field in columns.values() if subject.field(field) is None]
    if wrong:
        raise MappingUnusable(msg("没有这些字段：%(wrong)s。"), wrong="、".join(wrong))
    unit_id = author.unit_id if author else None
    new = Mapping(subject=subject.code, name=name, unit_id=unit_id, columns={}, saved_at=now)
    # Of two at once the second waits here, and is judged by what the first has saved.
    Mapping.objects.bulk_create([new], ignore_conflicts=True)
    row = Mapping.objects.get(subject=subject.code, name=name)
    if row.columns == dict(columns):
        return
    if author is not None and row.unit_id != unit_id:
        raise MappingTaken(msg("“%(name)s”是别的单位保存的对应关系，不能覆盖。请换一个名称再保存。"), name=name)
    row = Mapping.objects.select_for_update().get(pk=row.pk)
    row.columns, row.saved_at, row.steps = dict(columns), now, row.steps + 1
    row.save(update_fields=["columns", "saved_at", "steps"])
    fields = tuple(sorted(columns.values()))
    write_down(About("import_mapping", row.pk, row.steps), MappingSaved(subject.code, name, fields), now, author)


def columns_of(subject: Subject, mapping: str, columns: Columns | None) -> Columns | None:
    """What a saved mapping says, `columns` over it; without a name these alone.

    Raises:
        MappingUnusable: there is no mapping of this name.
    """
    if not mapping:
        return columns
    saved: Dictionary[str, Columns] = dict(
        Mapping.objects.filter(subject=subject.code).order_by("name").values_list("name", "columns")
    )
    name = mapping_name(mapping)
    if name not in saved:
        known = "、".join(saved)
        raise MappingUnusable(
            msg("没有叫“%(name)s”的对应关系。已保存的有：%(names)s。"), name=mapping, names=known or "—"
        )
    return {**saved[name], **(columns or {})}


def write_down(about: About, payload: Payload, now: datetime, author: Author | None = None) -> None:
    """An entry about the whole city's imports; signed by the import where no post acts."""
    top = organisation.top_regions(local_date(now))
    subject = replace(about, scope_code=top[0].code if top else "")
    journal.record(payload=payload, subject=subject, author=author or Author("importer"), happened_at=now)
