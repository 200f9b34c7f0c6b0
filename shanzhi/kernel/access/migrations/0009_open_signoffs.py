"""Open sign-offs in figures, for who supervises their place: by post that asked, kind of state and place, and nothing of
what was asked for."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION access_signoffs_open(at timestamptz)
RETURNS TABLE (asked_by bigint, state text, place text, open bigint, until timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
BEGIN
    IF scope_may('oversight') IS NOT TRUE THEN RETURN; END IF;
    RETURN QUERY SELECT s.asked_by_post, s.state::text, s.scope_code::text, count(*), min(s.expires_at)
        FROM access_signoff s
        WHERE (s.state = 'running' OR (s.state IN ('asked', 'approved') AND s.expires_at > at))
            AND s.scope_code::text <@ scope_place()
        GROUP BY 1, 2, 3;
END $body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION access_signoffs_open SET search_path = %I, pg_temp', current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION access_signoffs_open FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION access_signoffs_open TO {app}');
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0008_offices")]
    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION access_signoffs_open")]
