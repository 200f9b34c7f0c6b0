"""Sessions in a table that the application can't read as a whole; tokens that somebody answers for."""

import django.db.models.deletion
from django.db import migrations, models

# Each function is the owner's, sees the table whole, and gives out one row to whoever shows the hash of its key.
# `seen_at` is written once in ten minutes, and never waited for.
FUNCTIONS = """
CREATE FUNCTION session_read(wanted bytea, at timestamptz) RETURNS TABLE (id bigint, data text)
LANGUAGE plpgsql SECURITY DEFINER AS $body$
#variable_conflict use_column
BEGIN
    UPDATE access_session s SET seen_at = at WHERE s.id = (
        SELECT o.id FROM access_session o WHERE o.key_hash = wanted AND o.expires_at > at
            AND o.seen_at < at - interval '10 minutes' FOR UPDATE SKIP LOCKED);
    RETURN QUERY SELECT s.id, s.data FROM access_session s WHERE s.key_hash = wanted AND s.expires_at > at;
END $body$;
CREATE FUNCTION session_write(wanted bytea, kept text, account bigint, post bigint, device_words text,
    place_words text, at timestamptz, until timestamptz, must_create boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER AS $body$
DECLARE
    staff bigint := (SELECT a.staff_id FROM access_account a WHERE a.id = account);
BEGIN
    IF must_create THEN
        INSERT INTO access_session (key_hash, data, account_id, staff_id, post_id, device, place, started_at, seen_at,
            expires_at) VALUES (wanted, kept, account, staff, post, device_words, place_words, at, at, until)
            ON CONFLICT (key_hash) DO NOTHING;
    ELSE
        UPDATE access_session SET data = kept, account_id = account, staff_id = staff, post_id = post,
            device = device_words, place = place_words WHERE key_hash = wanted AND expires_at > at;
    END IF;
    RETURN FOUND;
END $body$;
CREATE FUNCTION session_delete(wanted bytea) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $body$
BEGIN
    DELETE FROM access_session WHERE key_hash = wanted;
    RETURN FOUND;
END $body$;
-- For whoever may end somebody's sessions: how many there are and when one was last used; nothing of what was done.
CREATE FUNCTION session_counts(staff bigint[], at timestamptz)
    RETURNS TABLE (staff_id bigint, sessions bigint, seen_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER AS $body$
    SELECT s.staff_id, count(*), max(s.seen_at) FROM access_session s
    WHERE s.staff_id = ANY (staff) AND s.expires_at > at AND (SELECT scope_may('sessions')) GROUP BY s.staff_id
$body$;
-- One's own: this one (`only`), or all but this one (`keep`).
CREATE FUNCTION session_end_own(only_one bigint, keep bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $body$
DECLARE
    ended bigint;
BEGIN
    DELETE FROM access_session s WHERE s.staff_id = scope_staff()
        AND (only_one IS NULL OR s.id = only_one) AND (keep IS NULL OR s.id <> keep);
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END $body$;
CREATE FUNCTION session_end_all(staff bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $body$
DECLARE
    ended bigint;
BEGIN
    IF scope_may('sessions') IS NOT TRUE OR NOT EXISTS (
        SELECT 1 FROM organisation_post_holding h JOIN organisation_post p ON p.id = h.post_id
        JOIN organisation_region_state r ON r.region_id = p.region_id
        WHERE h.staff_id = staff AND r.code::text <@ scope_place()
    ) THEN
        RETURN 0;
    END IF;
    DELETE FROM access_session s WHERE s.staff_id = staff;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END $body$;
DO $do$
DECLARE
    each regprocedure;
BEGIN
    FOR each IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.proname IN
        ('session_read', 'session_write', 'session_delete', 'session_counts', 'session_end_own',
        'session_end_all') LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', each, current_schema());
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', each);
        PERFORM city_ddl(format('GRANT EXECUTE ON FUNCTION %s TO {app}', each));
    END LOOP;
END $do$;
"""
DROP_FUNCTIONS = """
DROP FUNCTION session_read(bytea, timestamptz);
DROP FUNCTION session_write(bytea, text, bigint, bigint, text, text, timestamptz, timestamptz, boolean);
DROP FUNCTION session_delete(bytea);
DROP FUNCTION session_counts(bigint[], timestamptz);
DROP FUNCTION session_end_own(bigint, bigint);
DROP FUNCTION session_end_all(bigint);
"""

SHOWN = "id, account_id, staff_id, post_id, device, place, started_at, seen_at, expires_at"
RIGHTS = f"""
ALTER TABLE access_session ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT ({SHOWN}) ON access_session TO {{app}}');
SELECT city_ddl('GRANT SELECT ({SHOWN}), DELETE ON access_session TO {{worker}}, {{importer}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE access_session_id_seq TO {{app}}, {{worker}}, {{importer}}');
SELECT city_ddl($$CREATE POLICY session_own ON access_session FOR SELECT TO {{app}}
    USING (staff_id = (SELECT scope_staff()))$$);
SELECT city_ddl('CREATE POLICY session_work ON access_session FOR ALL TO {{worker}}, {{importer}} USING (true)');
SELECT city_ddl('GRANT SELECT, UPDATE (ended_at) ON access_token TO {{worker}}');
SELECT city_ddl($$CREATE POLICY journal_of_access ON journal_entry FOR SELECT TO {{app}}
    USING (subject_kind IN ('session', 'token') AND (SELECT scope_may('audit'))
        AND scope_code::text <@ (SELECT scope_place()))$$);
"""

# Sessions of before are over: everybody signs in once more, and nobody can read the old keys.
OLD = """
DO $do$ BEGIN
    IF to_regclass('django_session') IS NOT NULL THEN
        DELETE FROM django_session;
        PERFORM city_ddl('REVOKE ALL ON django_session FROM {app}, {worker}');
    END IF;
END $do$;
"""

# A token from before is its post's holder's; one of a vacant post has nobody who answers for it, and ends.
FILL = """
UPDATE access_token t SET staff_id = h.staff_id FROM organisation_post_holding h
    WHERE h.post_id = t.post_id AND h.valid @> current_date AND t.ended_at IS NULL;
UPDATE access_token SET ended_at = now() WHERE staff_id IS NULL AND ended_at IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0002_signoff")]
    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key_hash", models.BinaryField(max_length=32, unique=True)),
                ("data", models.TextField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="access.account",
                    ),
                ),
                ("staff_id", models.BigIntegerField(null=True)),
                ("post_id", models.BigIntegerField(null=True)),
                ("device", models.TextField()),
                ("place", models.TextField()),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["staff_id", "-seen_at"], name="access_session_staff"),
                    models.Index(fields=["expires_at"], name="access_session_expires"),
                ],
            },
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.AddField(
            model_name="token",
            name="staff",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organisation.staff",
            ),
        ),
        migrations.AddField(model_name="token", name="issued_by_post", field=models.BigIntegerField(null=True)),
        migrations.AddField(model_name="token", name="used_on", field=models.DateField(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        # The constraint waits for the rows of FILL, whose triggers must have run before the table changes again.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="token",
            constraint=models.CheckConstraint(
                condition=models.Q(staff__isnull=False) | models.Q(ended_at__isnull=False),
                name="access_token_has_somebody",
            ),
        ),
        migrations.RunSQL(RIGHTS, "DROP POLICY journal_of_access ON journal_entry"),
        migrations.RunSQL(OLD, migrations.RunSQL.noop),
    ]
