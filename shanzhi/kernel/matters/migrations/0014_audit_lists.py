"""For the auditor: which lists were taken along as files, without the right to read the journal."""

from django.db import migrations

LISTS = """
CREATE FUNCTION audit_lists(before_id bigint, most int) RETURNS TABLE (id bigint, at timestamptz, post_id bigint,
    payload jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
#variable_conflict use_column
BEGIN
    IF scope_may('audit') IS NOT TRUE THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT j.id, j.recorded_at, j.author_post_id, j.payload FROM journal_entry j
        WHERE j.subject_kind = 'list' AND j.action = 'matters.list_take' AND j.id < coalesce(before_id, 9223372036854775807)
        ORDER BY j.id DESC LIMIT least(most, 100);
END $body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION audit_lists(bigint, int) SET search_path = %I, pg_temp', current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION audit_lists(bigint, int) FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION audit_lists(bigint, int) TO {app}');
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0013_recode_pairs"), ("access", "0007_narrow_rights")]
    operations = [migrations.RunSQL(LISTS, "DROP FUNCTION audit_lists(bigint, int)")]
