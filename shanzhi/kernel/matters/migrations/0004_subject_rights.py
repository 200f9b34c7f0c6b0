"""What the rights of the person concerned need of the database, and nothing more (PIPL, articles 44 to 47).

- the worker, which alone deletes, may overwrite the words of a step;
- a reporter who has shown a code may overwrite contact data of the own matter;
- `matters_follow_of_phone` leads from a phone's blind index to the follow hashes of its matters. It looks past row-level
  security, so it is narrow: equality on one value of 32 bytes that nobody can compute without the key ring, at most 200
  rows, hashes only. It opens nothing by itself: the caller still has to act under these hashes.
"""

from django.db import migrations

RIGHTS = """
SELECT city_ddl('GRANT UPDATE (text) ON matters_remark TO {worker}');
SELECT city_ddl('GRANT UPDATE (sealed, blind_index, kept_at) ON vault_record TO {app}');
SELECT city_ddl($$CREATE POLICY vault_correct_own ON vault_record FOR UPDATE TO {app}
    USING (subject_kind = 'matter' AND purpose = 'contact' AND (SELECT scope_post()) IS NULL AND EXISTS (
        SELECT 1 FROM matters_matter m WHERE m.id = subject_id AND m.follow_hash = ANY ((SELECT scope_follow())::text[])))
    WITH CHECK (subject_kind = 'matter' AND purpose = 'contact' AND (SELECT scope_post()) IS NULL)$$);
"""
BACK = """
DROP POLICY vault_correct_own ON vault_record;
SELECT city_ddl('REVOKE UPDATE (sealed, blind_index, kept_at) ON vault_record FROM {app}');
SELECT city_ddl('REVOKE UPDATE (text) ON matters_remark FROM {worker}');
"""

PHONE = """
CREATE FUNCTION matters_follow_of_phone(wanted bytea) RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
BEGIN
    IF wanted IS NULL OR octet_length(wanted) <> 32 THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT m.follow_hash::text FROM vault_record r JOIN matters_matter m ON m.id = r.subject_id
        WHERE r.subject_kind = 'matter' AND r.purpose = 'contact' AND r.part = 'phone' AND r.blind_index = wanted
        ORDER BY m.reported_at DESC, m.id DESC LIMIT 200;
END $body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION matters_follow_of_phone(bytea) SET search_path = %I, pg_temp', current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION matters_follow_of_phone(bytea) FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION matters_follow_of_phone(bytea) TO {app}');
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0003_forget_salts"), ("vault", "0002_grounds_and_holds")]
    operations = [
        migrations.RunSQL(RIGHTS, BACK),
        migrations.RunSQL(PHONE, "DROP FUNCTION matters_follow_of_phone(bytea)"),
    ]
