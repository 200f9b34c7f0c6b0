"""Desks and lists of one stage: each stage is read in the order of its index, soonest due first.

`stage = ANY (…)` was read whole and sorted, 16,000 rows of a stage for the first 26 (63 ms, now 1). The policy's own
predicate stands in the function as before (0006 tells why, ADR 0010).
"""

from importlib import import_module

from django.db import migrations

# A migration that was carried out doesn't change any more; its name begins with a digit.
FIRST = import_module("shanzhi.kernel.matters.migrations.0006_words")
BEFORE = import_module("shanzhi.kernel.matters.migrations.0008_list_filters")
CHANGES = (
    (
        "    found text := 'SELECT id FROM matters_matter WHERE ';\n",
        "    is_by_stage boolean := coalesce(by_due, false) AND only_open AND stages IS NOT NULL AND sought IS NULL"
        " AND (way <> 'part' OR cardinality(own_parts) > parts_most);\n    found text := 'SELECT id FROM matters_matter WHERE ';\n",
    ),
    (
        "    found := found || CASE\n        WHEN way = 'part' AND cardinality",
        "    IF is_by_stage THEN\n        found := 'SELECT id FROM (SELECT DISTINCT unnest($6) AS code) one CROSS JOIN LATERAL ('\n"
        "            'SELECT id, due_at FROM matters_matter WHERE stage = one.code AND ';\n    END IF;\n"
        "    found := found || CASE\n        WHEN way = 'part' AND cardinality",
    ),
    (
        "    IF stages IS NOT NULL THEN found",
        "    IF stages IS NOT NULL AND NOT is_by_stage THEN found",
    ),
    (
        "    IF is_apart THEN found := found || ' OFFSET 0) narrowed'; END IF;\n",
        "    IF is_apart THEN found := found || ' OFFSET 0) narrowed'; END IF;\n    IF is_by_stage THEN\n"
        "        found := found || CASE WHEN is_back THEN ' ORDER BY due_at DESC, id DESC' ELSE ' ORDER BY due_at, id' END\n"
        "            || ' LIMIT $5) narrowed';\n    END IF;\n",
    ),
)


def _changed(function: str) -> str:
    for old, new in CHANGES:
        if function.count(old) != 1:
            raise ValueError(old)
        function = function.replace(old, new)
    return function


FUNCTION = _changed(BEFORE.FUNCTION)
MAKE = FIRST.MAKE.replace(FIRST.FUNCTION, FUNCTION)


class Migration(migrations.Migration):
    dependencies = [("matters", "0014_audit_lists")]
    operations = [
        migrations.RunSQL(["DROP FUNCTION matters_search", MAKE], ["DROP FUNCTION matters_search", BEFORE.MAKE]),
    ]
