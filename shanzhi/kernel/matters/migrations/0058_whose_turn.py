"""By unit only what it is that unit's turn to do is counted: what waits for a reporter, or for the matters that it is linked
with, keeps its holder (who stands by) and is nobody's to do. It is counted under lines of its own, so that all lines add up."""

from importlib import import_module

from django.db import migrations

# Migrations that were carried out don't change any more; their names begin with a digit.
BEFORE = import_module("shanzhi.kernel.matters.migrations.0019_sitting")
EDITED = import_module("shanzhi.kernel.matters.migrations.0032_desk_counts").edited

TALLY = EDITED(
    BEFORE.TALLY,
    (
        ("    resident_stages text[]\n)", "    resident_stages text[], turn_stages text[]\n)"),
        (
            "holder_unit_id AS unit,",
            "CASE WHEN stage = ANY ($7) THEN holder_unit_id::text WHEN stage = ANY ($6) THEN $q$.reporter$q$"
            " ELSE $q$.linked$q$ END AS unit,",
        ),
        ("unit::text, category, kind) AS item", "unit, category, kind) AS item"),
        ("idle_since, resident_stages;", "idle_since, resident_stages, turn_stages;"),
    ),
)


class Migration(migrations.Migration):
    dependencies = [("matters", "0057_asks_have_heirs")]
    operations = [
        migrations.RunSQL(
            ["DROP FUNCTION matters_tally", BEFORE.made(TALLY, "matters_tally")],
            ["DROP FUNCTION matters_tally", BEFORE.made(BEFORE.TALLY, "matters_tally")],
        )
    ]
