"""Rings from the exchange: which extension stands on which desk, and which rings came already.

`hotline_ring` opens a call at the desk of an extension. Nobody acts when the exchange rings, so it runs as the owner and
does this one thing: a ring that came already does nothing, an extension that nobody has neither. The number is in the
sealed bytes alone.
"""

import django.db.models.deletion
from django.db import migrations, models

RIGHTS = """
ALTER TABLE hotline_ringseen ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT (seen_at), DELETE ON hotline_ringseen TO {worker}');
SELECT city_ddl('CREATE POLICY ring_forget ON hotline_ringseen FOR ALL TO {worker} USING (true) WITH CHECK (false)');
ALTER TABLE hotline_extension ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (post_id) ON hotline_extension TO {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE hotline_extension_id_seq TO {importer}');
SELECT city_ddl('CREATE POLICY extension_keep ON hotline_extension FOR ALL TO {importer} USING (true) WITH CHECK (true)');
"""

RING = """
CREATE FUNCTION hotline_ring(wanted text, ring_hash bytea, call_ref uuid, box bytea, at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER AS $body$
DECLARE
    desk bigint;
BEGIN
    INSERT INTO hotline_ringseen (event_hash, seen_at) VALUES (ring_hash, at) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'again';
    END IF;
    SELECT e.post_id INTO desk FROM hotline_extension e WHERE e.extension = wanted;
    IF desk IS NULL THEN
        RETURN 'nobody';
    END IF;
    INSERT INTO hotline_call (ref, post_id, rung, opened_at, ending, sealed, steps)
    VALUES (call_ref, desk, true, at, '', box, 0);
    RETURN 'rung';
END $body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION hotline_ring SET search_path = %I, pg_temp', current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION hotline_ring FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION hotline_ring TO {app}');
"""


class Migration(migrations.Migration):
    dependencies = [("hotline", "0001_hotline")]
    operations = [
        migrations.CreateModel(
            name="Extension",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("extension", models.CharField(db_collation="C", max_length=20, unique=True)),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organisation.post"
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="RingSeen",
            fields=[
                ("event_hash", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("seen_at", models.DateTimeField(db_index=True)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
        migrations.RunSQL(RING, "DROP FUNCTION hotline_ring"),
    ]
