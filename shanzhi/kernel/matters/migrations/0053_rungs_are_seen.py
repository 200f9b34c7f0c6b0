"""Why a matter reached somebody is seen with it: whoever sees the clock sees which rungs were told of it.

The matter follows from the clock, so a rung names it no more: one key less to check for each of a hundred thousand rows.
"""

from django.db import migrations

RIGHTS = """
SELECT city_ddl('GRANT SELECT ON matters_rung TO {app}');
SELECT city_ddl($$CREATE POLICY rung_see ON matters_rung FOR SELECT TO {app}
    USING (EXISTS (SELECT 1 FROM matters_clock c WHERE c.id = clock_id OFFSET 0))$$);
"""
BACK = """
DROP POLICY rung_see ON matters_rung;
SELECT city_ddl('REVOKE SELECT ON matters_rung FROM {app}');
"""
LESS = "ALTER TABLE matters_rung DROP COLUMN matter_id"
MORE = """
ALTER TABLE matters_rung ADD COLUMN matter_id bigint REFERENCES matters_matter (id) DEFERRABLE INITIALLY DEFERRED;
UPDATE matters_rung r SET matter_id = c.matter_id FROM matters_clock c WHERE c.id = r.clock_id;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE matters_rung ALTER COLUMN matter_id SET NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0051_took")]
    operations = [
        migrations.RunSQL(LESS, MORE, state_operations=[migrations.RemoveField("rung", "matter")]),
        migrations.RunSQL(RIGHTS, BACK),
    ]
