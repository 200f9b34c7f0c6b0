"""Figures for the auditor: counts by day, without the right to read a single line of what they count."""

from django.db import migrations

# The table of tries comes with 0006; the function looks for it when it is called.
AUDIT = """
CREATE FUNCTION audit_days(since date) RETURNS TABLE (day date, signed_in bigint, failed bigint, readings bigint,
    asked bigint, decided bigint, sessions_ended bigint, tokens bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
#variable_conflict use_column
DECLARE
    since_at timestamptz := since::timestamp AT TIME ZONE 'Asia/Shanghai';
BEGIN
    IF scope_may('audit') IS NOT TRUE THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT (e.at AT TIME ZONE 'Asia/Shanghai')::date AS day,
        coalesce(sum(e.n) FILTER (WHERE e.what = 'in'), 0)::bigint,
        coalesce(sum(e.n) FILTER (WHERE e.what = 'failed'), 0)::bigint,
        coalesce(sum(e.n) FILTER (WHERE e.what = 'vault.read'), 0)::bigint,
        coalesce(sum(e.n) FILTER (WHERE e.what = 'signoff.ask'), 0)::bigint,
        coalesce(sum(e.n) FILTER (WHERE e.what = 'signoff.decide'), 0)::bigint,
        coalesce(sum(e.n) FILTER (WHERE e.what = 'session.end'), 0)::bigint,
        coalesce(sum(e.n) FILTER (WHERE e.what IN ('token.issue', 'token.end')), 0)::bigint
    FROM (
        SELECT j.recorded_at AS at, j.action AS what, 1 AS n FROM journal_entry j
            WHERE j.recorded_at >= since_at AND j.action IN ('vault.read', 'signoff.ask', 'signoff.decide',
                'session.end', 'token.issue', 'token.end')
        UNION ALL SELECT a.at, CASE a.outcome WHEN 'signed_in' THEN 'in' ELSE a.outcome END, 1
            FROM access_sign_in_attempt a WHERE a.at >= since_at AND a.outcome IN ('signed_in', 'failed')
    ) e GROUP BY 1 ORDER BY 1 DESC;
END $body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION audit_days(date) SET search_path = %I, pg_temp', current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION audit_days(date) FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION audit_days(date) TO {app}');
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0003_sessions")]
    operations = [migrations.RunSQL(AUDIT, "DROP FUNCTION audit_days(date)")]
