"""The journal: append-only, partitioned by month of recording; the code-range types that scopes are made of."""

from django.db import migrations, models

TYPES = """
CREATE TYPE coderange AS RANGE (subtype = text, collation = "C", multirange_type_name = codemultirange);
"""

# transaction_id lets the sealing take entries in the order of commits without skipping one that commits late.
TABLE = """
CREATE SEQUENCE journal_entry_id_seq AS bigint;
CREATE TABLE journal_entry (
    id bigint NOT NULL DEFAULT nextval('journal_entry_id_seq'),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    happened_at timestamptz NOT NULL,
    action text NOT NULL CHECK (action <> ''),
    version smallint NOT NULL CHECK (version > 0),
    subject_kind text NOT NULL CHECK (subject_kind <> ''),
    subject_id bigint NOT NULL,
    subject_step integer NOT NULL CHECK (subject_step > 0),
    scope_code text COLLATE "C" NOT NULL,
    author_kind text NOT NULL CHECK (author_kind IN ('post', 'reporter', 'system', 'importer')),
    author_post_id bigint,
    author_unit_id bigint,
    payload jsonb NOT NULL,
    CHECK ((author_kind = 'post') = (author_post_id IS NOT NULL)),
    PRIMARY KEY (recorded_at, id)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX journal_entry_subject ON journal_entry (subject_kind, subject_id, id);
CREATE INDEX journal_entry_order ON journal_entry (transaction_id, id);
CREATE TABLE journal_entry_rest PARTITION OF journal_entry DEFAULT;
ALTER SEQUENCE journal_entry_id_seq OWNED BY journal_entry.id;
"""

IMMUTABLE = """
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'journal_entry is append-only: % refused', TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $body$;
CREATE TRIGGER journal_entry_append_only BEFORE UPDATE OR DELETE ON journal_entry
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_entry_no_truncate BEFORE TRUNCATE ON journal_entry
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
-- Partitions inherit triggers for rows, never those for statements.
CREATE TRIGGER journal_rest_no_truncate BEFORE TRUNCATE ON journal_entry_rest
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
"""

# Months ahead; a month that is there already is left alone. The worker may call it and owns nothing. A month whose
# first entries lie in the DEFAULT partition already (no worker ran for months) stays there: it must not keep the
# months after it from being made.
MONTHS = """
CREATE FUNCTION journal_make_months(first_on date, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER AS $body$
DECLARE
    month_on date;
    name text;
    made integer := 0;
BEGIN
    FOR i IN 0 .. months - 1 LOOP
        month_on := (date_trunc('month', first_on) + make_interval(months => i))::date;
        name := 'journal_entry_' || to_char(month_on, 'YYYYMM');
        IF to_regclass(quote_ident(current_schema()) || '.' || name) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE TABLE %I PARTITION OF journal_entry FOR VALUES FROM (%L) TO (%L)', name,
                    month_on::timestamp AT TIME ZONE 'Asia/Shanghai',
                    (month_on + interval '1 month')::timestamp AT TIME ZONE 'Asia/Shanghai');
            EXCEPTION WHEN check_violation THEN
                CONTINUE;
            END;
            -- Rights and policies stand on the parent only; direct reading of a month is nobody's.
            EXECUTE format('CREATE TRIGGER journal_month_no_truncate BEFORE TRUNCATE ON %I'
                ' FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()', name);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION journal_make_months(date, integer) SET search_path = %I, pg_temp', current_schema());
END $do$;
SELECT journal_make_months(current_date, 3);
REVOKE EXECUTE ON FUNCTION journal_make_months(date, integer) FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION journal_make_months(date, integer) TO {worker}');
"""

# recorded_at, id and transaction_id are the database's own: nobody may give them.
COLUMNS = (
    "happened_at, action, version, subject_kind, subject_id, subject_step, scope_code,"
    " author_kind, author_post_id, author_unit_id, payload"
)
RIGHTS = f"""
ALTER TABLE journal_entry ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT INSERT ({COLUMNS}) ON journal_entry TO {{app}}, {{worker}}, {{importer}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE journal_entry_id_seq TO {{app}}, {{worker}}, {{importer}}');
SELECT city_ddl('GRANT SELECT ON journal_entry TO {{app}}, {{worker}}, {{importer}}');
SELECT city_ddl('CREATE POLICY journal_append ON journal_entry FOR INSERT TO {{app}}, {{worker}}, {{importer}}
    WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY journal_work ON journal_entry FOR SELECT TO {{worker}}, {{importer}} USING (true)');
"""

DROP_TABLE = "DROP TABLE journal_entry CASCADE; DROP FUNCTION IF EXISTS journal_refuse()"


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(TYPES, "DROP TYPE coderange"),
        migrations.RunSQL(TABLE, DROP_TABLE),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField()),
                ("happened_at", models.DateTimeField()),
                ("action", models.TextField()),
                ("version", models.SmallIntegerField()),
                ("subject_kind", models.TextField()),
                ("subject_id", models.BigIntegerField()),
                ("subject_step", models.IntegerField()),
                ("scope_code", models.TextField(db_collation="C")),
                ("author_kind", models.TextField()),
                ("author_post_id", models.BigIntegerField(null=True)),
                ("author_unit_id", models.BigIntegerField(null=True)),
                ("payload", models.JSONField()),
            ],
            options={"db_table": "journal_entry", "managed": False, "default_permissions": ()},
        ),
        migrations.RunSQL(IMMUTABLE, "DROP FUNCTION journal_refuse() CASCADE"),
        migrations.RunSQL(MONTHS, "DROP FUNCTION journal_make_months(date, integer)"),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
