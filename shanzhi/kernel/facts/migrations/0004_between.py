"""What was counted between two days by category, unit and region, for who reads figures: counts, no id of a matter."""

from django.db import migrations

BASE = """LEFT JOIN fact_line l ON l.region_id = f.region_id AND l.nth = 0
        AND l.from_on <= f.reported_on AND f.reported_on < l.until_on
        JOIN wanted w ON w.id = coalesce(l.above_id, f.region_id)"""
OF_MATTER = f"""JOIN fact_matter f ON f.matter_id = x.matter_id
        {BASE}"""
MONTHS = """BETWEEN extract(year FROM since) * 100 + extract(month FROM since)
            AND extract(year FROM until) * 100 + extract(month FROM until)"""

FUNCTION = f"""
CREATE FUNCTION facts_between(regions bigint[], since date, until date, at timestamptz)
RETURNS TABLE (about text, code text, day date, measure text, counted bigint)
LANGUAGE sql STABLE SECURITY DEFINER AS $body$
    WITH wanted AS MATERIALIZED (SELECT unnest(regions) AS id WHERE scope_may('figures')),
    reported AS (
        SELECT f.category_1 FROM fact_matter f {BASE}
        WHERE f.reported_month {MONTHS} AND f.reported_on BETWEEN since AND until
    ),
    given AS (
        SELECT x.unit_id FROM fact_assignment x {OF_MATTER}
        WHERE x.assigned_month {MONTHS} AND x.assigned_on BETWEEN since AND until
    ),
    due AS MATERIALIZED (
        SELECT x.unit_id, x.due_on, w.id, x.kept FROM fact_clock x {OF_MATTER}
        WHERE x.due_month {MONTHS} AND x.due_on BETWEEN since AND until
            AND (x.kept IS NOT NULL OR (x.ended_by = '' AND x.due_at < at))
    ),
    verdict AS (
        SELECT x.unit_id, x.solved FROM fact_rating x {OF_MATTER}
        WHERE x.rated_month {MONTHS} AND x.rated_on BETWEEN since AND until AND x.solved IS NOT NULL
    )
    SELECT 'category', category_1, NULL::date, 'reported', count(*) FROM reported GROUP BY 2
    UNION ALL SELECT 'unit', unit_id::text, NULL, 'given', count(*) FROM given GROUP BY 2
    UNION ALL SELECT 'unit', unit_id::text, NULL, 'due', count(*) FROM due WHERE unit_id IS NOT NULL GROUP BY 2
    UNION ALL SELECT 'unit', unit_id::text, NULL, 'kept', count(*) FROM due WHERE unit_id IS NOT NULL AND kept = 1 GROUP BY 2
    UNION ALL SELECT 'unit', unit_id::text, NULL, 'rated', count(*) FROM verdict WHERE unit_id IS NOT NULL GROUP BY 2
    UNION ALL SELECT 'unit', unit_id::text, NULL, 'solved', count(*) FROM verdict
        WHERE unit_id IS NOT NULL AND solved = 1 GROUP BY 2
    UNION ALL SELECT 'region', id::text, due_on, 'running_late', count(*) FROM due WHERE kept IS NULL GROUP BY 2, 3
$body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION facts_between(bigint[], date, date, timestamptz) SET search_path = %I, pg_temp',
        current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION facts_between(bigint[], date, date, timestamptz) FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION facts_between(bigint[], date, date, timestamptz) TO {{app}}');
"""


class Migration(migrations.Migration):
    dependencies = [("facts", "0003_what_became"), ("access", "0002_signoff")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION facts_between(bigint[], date, date, timestamptz)"),
    ]
