"""A draft is the person's who took the call, not the post's: who holds the post next reads none of it.

Somebody on the line confides in whoever listens. While a call isn't ended it says whose it is; afterwards nobody's name is
kept. A ring that nobody has opened belongs to the desk. What a person has left ends with its day, or a supervisor ends it
unread.
"""

import django.db.models.deletion
from django.db import migrations, models

MINE = "(staff_id = (SELECT scope_staff()) OR (staff_id IS NULL AND taken_at IS NULL))"
FILL = """
UPDATE hotline_call c SET staff_id = h.staff_id FROM organisation_post_holding h
WHERE c.ended_at IS NULL AND c.taken_at IS NOT NULL AND h.post_id = c.post_id
    AND h.valid @> (c.taken_at AT TIME ZONE 'Asia/Shanghai')::date;
"""
TAKE = """
CREATE OR REPLACE FUNCTION hotline_take(wanted uuid, at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER AS $body$
DECLARE
    name bytea;
BEGIN
    -- Its own post's alone, by the same comparison as the policy on the table.
    SELECT c.ring_hash INTO name FROM hotline_call c WHERE c.ref = wanted AND c.post_id = scope_post(){mine};
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF name IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('hotline ring ' || encode(name, 'hex'), 0));
    END IF;
    UPDATE hotline_call c SET taken_at = at{take}
        WHERE c.ref = wanted AND c.post_id = scope_post() AND c.taken_at IS NULL;
    IF name IS NOT NULL THEN
        DELETE FROM hotline_call c
        WHERE c.ring_hash = name AND c.ref <> wanted AND c.taken_at IS NULL AND c.ended_at IS NULL
          AND EXISTS (SELECT 1 FROM hotline_call own WHERE own.ref = wanted AND own.taken_at IS NOT NULL);
    END IF;
    RETURN EXISTS (SELECT 1 FROM hotline_call c WHERE c.ref = wanted);
END $body$;
"""
RELEASE = """
CREATE OR REPLACE FUNCTION hotline_release(wanted bigint, at timestamptz, on_day date)
RETURNS TABLE (id bigint, step integer) LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $body$
DECLARE
    place text;
BEGIN
    IF scope_may('oversight') IS NOT TRUE THEN RETURN; END IF;
    SELECT s.code INTO place FROM organisation_post p JOIN organisation_unit u ON u.id = p.unit_id
        CROSS JOIN LATERAL (SELECT r.code FROM organisation_region_state r WHERE r.region_id = u.region_id
            ORDER BY lower(r.valid) DESC LIMIT 1) s
        WHERE p.id = wanted;
    IF place IS NULL OR (place <@ scope_place()) IS NOT TRUE OR EXISTS (
        SELECT 1 FROM organisation_post_holding h WHERE h.post_id = wanted AND h.valid @> on_day
    ) THEN RETURN; END IF;
    RETURN QUERY UPDATE hotline_call c SET ended_at = at, ending = 'dropped', sealed = '', steps = c.steps + 1{nobody}
        WHERE c.post_id = wanted AND c.ended_at IS NULL RETURNING c.id, c.steps;
END $body$;
"""
# CREATE OR REPLACE forgets the search path.
PATH = """
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION hotline_take SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION hotline_release SET search_path = %I, pg_temp', current_schema());
END $do$;
"""
OWN = " AND (c.ended_at IS NOT NULL OR c.staff_id = scope_staff() OR (c.staff_id IS NULL AND c.taken_at IS NULL))"
RULES = (
    FILL
    + f"""
SELECT city_ddl('GRANT UPDATE (staff_id) ON hotline_call TO {{app}}');
SELECT city_ddl($$ALTER POLICY call_own ON hotline_call
    USING (post_id = (SELECT scope_post()) AND (ended_at IS NOT NULL OR {MINE}))$$);
SELECT city_ddl($$ALTER POLICY call_open ON hotline_call
    WITH CHECK (post_id = (SELECT scope_post()) AND (SELECT scope_may('desk')) AND ended_at IS NULL
        AND staff_id = (SELECT scope_staff()))$$);
SELECT city_ddl($$ALTER POLICY call_go_on ON hotline_call
    USING (post_id = (SELECT scope_post()) AND ended_at IS NULL AND {MINE})
    WITH CHECK (post_id = (SELECT scope_post()) AND (ended_at IS NOT NULL OR staff_id = (SELECT scope_staff())))$$);
"""
    + TAKE.format(mine=OWN, take=", staff_id = scope_staff()")
    + RELEASE.format(nobody=", staff_id = NULL")
    + PATH
)
BACK = (
    """
SELECT city_ddl('REVOKE UPDATE (staff_id) ON hotline_call FROM {app}');
SELECT city_ddl($$ALTER POLICY call_own ON hotline_call USING (post_id = (SELECT scope_post()))$$);
SELECT city_ddl($$ALTER POLICY call_open ON hotline_call
    WITH CHECK (post_id = (SELECT scope_post()) AND (SELECT scope_may('desk')) AND ended_at IS NULL)$$);
SELECT city_ddl($$ALTER POLICY call_go_on ON hotline_call
    USING (post_id = (SELECT scope_post()) AND ended_at IS NULL) WITH CHECK (post_id = (SELECT scope_post()))$$);
"""
    + TAKE.format(mine="", take="")
    + RELEASE.format(nobody="")
    + PATH
)


class Migration(migrations.Migration):
    dependencies = [("hotline", "0005_left_calls")]
    operations = [
        migrations.AddField(
            "call",
            "staff",
            models.ForeignKey(
                "organisation.Staff",
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
            ),
        ),
        migrations.RunSQL(RULES, BACK),
        migrations.AddConstraint(
            "call",
            models.CheckConstraint(
                name="hotline_call_nobody_s_when_ended",
                condition=models.Q(("ended_at__isnull", True)) | models.Q(("staff__isnull", True)),
            ),
        ),
    ]
