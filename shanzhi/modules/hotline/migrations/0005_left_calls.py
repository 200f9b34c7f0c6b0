"""Calls that somebody left behind: a supervisor counts them, and ends those of a vacant post unread.

- `hotline_open_of_posts` counts by post and tells no word of a call; for posts of units in the supervisor's place alone.
- `hotline_release` ends what a vacant post of that place has open: the draft goes, nobody has read it. The policies on the
  table stay as they are: a call is its own post's.
"""

from django.db import migrations

PLACE = """
    SELECT s.code INTO place FROM organisation_post p JOIN organisation_unit u ON u.id = p.unit_id
        CROSS JOIN LATERAL (SELECT r.code FROM organisation_region_state r WHERE r.region_id = u.region_id
            ORDER BY lower(r.valid) DESC LIMIT 1) s
        WHERE p.id = wanted;
"""
FUNCTIONS = f"""
CREATE FUNCTION hotline_open_of_posts(posts bigint[], fresh timestamptz)
RETURNS TABLE (post bigint, open bigint, since timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
BEGIN
    IF scope_may('oversight') IS NOT TRUE THEN RETURN; END IF;
    RETURN QUERY SELECT c.post_id, count(*), min(c.opened_at) FROM hotline_call c
        JOIN organisation_post p ON p.id = c.post_id JOIN organisation_unit u ON u.id = p.unit_id
        CROSS JOIN LATERAL (SELECT r.code FROM organisation_region_state r WHERE r.region_id = u.region_id
            ORDER BY lower(r.valid) DESC LIMIT 1) s
        WHERE c.post_id = ANY (posts) AND c.ended_at IS NULL AND s.code::text <@ scope_place()
            AND NOT (c.rung AND c.taken_at IS NULL AND c.opened_at < fresh)
        GROUP BY c.post_id;
END $body$;
CREATE FUNCTION hotline_release(wanted bigint, at timestamptz, on_day date)
RETURNS TABLE (id bigint, step integer) LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $body$
DECLARE
    place text;
BEGIN
    IF scope_may('oversight') IS NOT TRUE THEN RETURN; END IF;
    {PLACE}
    IF place IS NULL OR (place <@ scope_place()) IS NOT TRUE OR EXISTS (
        SELECT 1 FROM organisation_post_holding h WHERE h.post_id = wanted AND h.valid @> on_day
    ) THEN RETURN; END IF;
    RETURN QUERY UPDATE hotline_call c SET ended_at = at, ending = 'dropped', sealed = '', steps = c.steps + 1
        WHERE c.post_id = wanted AND c.ended_at IS NULL RETURNING c.id, c.steps;
END $body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION hotline_open_of_posts SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION hotline_release SET search_path = %I, pg_temp', current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION hotline_open_of_posts FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION hotline_release FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION hotline_open_of_posts TO {{app}}');
SELECT city_ddl('GRANT EXECUTE ON FUNCTION hotline_release TO {{app}}');
"""
BACK = "DROP FUNCTION hotline_release; DROP FUNCTION hotline_open_of_posts;"


class Migration(migrations.Migration):
    dependencies = [("hotline", "0004_taken_rings"), ("organisation", "0008_shapes"), ("access", "0008_offices")]
    operations = [migrations.RunSQL(FUNCTIONS, BACK)]
