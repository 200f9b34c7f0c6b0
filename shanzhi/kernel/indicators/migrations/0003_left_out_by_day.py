"""How many verdicts of some days were left out of the month's figures by decision: for the rates of a week, by community."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION indicators_left_out(regions bigint[], since date, until date, of_solved text[], of_score text[])
RETURNS TABLE (region_id bigint, day date, rated bigint, solved bigint, scored bigint, pleased bigint)
LANGUAGE sql STABLE SECURITY DEFINER AS $body$
    WITH wanted AS MATERIALIZED (SELECT unnest(regions) AS id WHERE scope_may('figures')),
    left_out AS (
        SELECT matter_id, month, bool_or(indicator = ANY(of_solved)) AS is_solved, bool_or(indicator = ANY(of_score)) AS is_score
        FROM fact_exclusion
        WHERE month BETWEEN extract(year FROM since) * 100 + extract(month FROM since)
            AND extract(year FROM until) * 100 + extract(month FROM until)
        GROUP BY 1, 2
    )
    SELECT w.id, r.rated_on,
        count(*) FILTER (WHERE x.is_solved AND r.solved IS NOT NULL),
        count(*) FILTER (WHERE x.is_solved AND r.solved = 1),
        count(*) FILTER (WHERE x.is_score AND r.satisfied IS NOT NULL),
        count(*) FILTER (WHERE x.is_score AND r.satisfied >= 4)
    FROM left_out x
    JOIN fact_rating r ON r.matter_id = x.matter_id AND r.rated_month = x.month AND r.rated_on BETWEEN since AND until
    JOIN fact_matter f ON f.matter_id = x.matter_id
    LEFT JOIN fact_line l ON l.region_id = f.region_id AND l.nth = 0
        AND l.from_on <= f.reported_on AND f.reported_on < l.until_on
    JOIN wanted w ON w.id = coalesce(l.above_id, f.region_id)
    WHERE x.is_solved OR x.is_score
    GROUP BY 1, 2
$body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION indicators_left_out(bigint[], date, date, text[], text[]) SET search_path = %I, pg_temp',
        current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION indicators_left_out(bigint[], date, date, text[], text[]) FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION indicators_left_out(bigint[], date, date, text[], text[]) TO {app}');
"""


class Migration(migrations.Migration):
    dependencies = [("indicators", "0002_decided_one_by_one"), ("facts", "0005_kept_cuts")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION indicators_left_out(bigint[], date, date, text[], text[])"),
    ]
