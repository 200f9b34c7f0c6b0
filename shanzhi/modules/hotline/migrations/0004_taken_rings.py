"""A ring stays untaken until a desk opens it: one ring at several desks is taken once, and an untaken one isn't kept.

`hotline_ring` opens a call at each desk that an exchange rings at (a hunt group rings several extensions for one caller);
`hotline_take` gives it to the first that opens it and removes it from the others, which nobody's own rights could do.
"""

from django.db import migrations, models

RIGHTS = """
SELECT city_ddl('GRANT SELECT (taken_at) ON hotline_call TO {worker}');
"""

OLD = """
CREATE OR REPLACE FUNCTION hotline_ring(wanted text, ring_hash bytea, call_ref uuid, box bytea, at timestamptz) RETURNS text
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
    EXECUTE format('ALTER FUNCTION hotline_ring(text, bytea, uuid, bytea, timestamptz)'
        ' SET search_path = %I, pg_temp', current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION hotline_ring(text, bytea, uuid, bytea, timestamptz) FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION hotline_ring(text, bytea, uuid, bytea, timestamptz) TO {app}');
"""

RING = """
DROP FUNCTION hotline_ring(text, bytea, uuid, bytea, timestamptz);
CREATE FUNCTION hotline_ring(
    wanted text, ring_hash bytea, ring_name bytea, call_ref uuid, box bytea, at timestamptz
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $body$
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
    -- Rings of one name queue up here, with those who take them: who rings after it was taken rings at nobody's desk.
    PERFORM pg_advisory_xact_lock(hashtextextended('hotline ring ' || encode(ring_name, 'hex'), 0));
    IF EXISTS (SELECT 1 FROM hotline_call c WHERE c.ring_hash = ring_name AND c.taken_at IS NOT NULL) THEN
        RETURN 'again';
    END IF;
    INSERT INTO hotline_call (ref, post_id, rung, ring_hash, opened_at, ending, sealed, steps)
    VALUES (call_ref, desk, true, ring_name, at, '', box, 0);
    RETURN 'rung';
END $body$;
CREATE FUNCTION hotline_take(wanted uuid, at timestamptz) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $body$
DECLARE
    name bytea;
BEGIN
    -- Its own post's alone, by the same comparison as the policy on the table.
    SELECT c.ring_hash INTO name FROM hotline_call c WHERE c.ref = wanted AND c.post_id = scope_post();
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF name IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('hotline ring ' || encode(name, 'hex'), 0));
    END IF;
    UPDATE hotline_call c SET taken_at = at WHERE c.ref = wanted AND c.post_id = scope_post() AND c.taken_at IS NULL;
    IF name IS NOT NULL THEN
        DELETE FROM hotline_call c
        WHERE c.ring_hash = name AND c.ref <> wanted AND c.taken_at IS NULL AND c.ended_at IS NULL
          AND EXISTS (SELECT 1 FROM hotline_call own WHERE own.ref = wanted AND own.taken_at IS NOT NULL);
    END IF;
    RETURN EXISTS (SELECT 1 FROM hotline_call c WHERE c.ref = wanted);
END $body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION hotline_ring SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION hotline_take SET search_path = %I, pg_temp', current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION hotline_ring FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION hotline_take FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION hotline_ring TO {app}');
SELECT city_ddl('GRANT EXECUTE ON FUNCTION hotline_take TO {app}');
"""

UNDO = "DROP FUNCTION hotline_take; DROP FUNCTION hotline_ring;" + OLD


class Migration(migrations.Migration):
    dependencies = [("hotline", "0003_knowledge_ground")]
    operations = [
        migrations.AddField("call", "ring_hash", models.BinaryField(max_length=32, null=True)),
        migrations.AddField("call", "taken_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "call",
            models.Index(
                fields=["ring_hash"], name="hotline_call_ring", condition=models.Q(("ring_hash__isnull", False))
            ),
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
        migrations.RunSQL(RING, UNDO),
    ]
