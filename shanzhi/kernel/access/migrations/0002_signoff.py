"""Two-person sign-off: the table, its moves, and who sees and writes which row. Settings for whoever goes by office."""

from django.db import migrations, models

SCOPE = """
CREATE FUNCTION scope_staff() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
    $body$ SELECT NULLIF(current_setting('shanzhi.staff', true), '')::bigint $body$;
CREATE FUNCTION scope_place() RETURNS codemultirange LANGUAGE sql STABLE PARALLEL SAFE AS
    $body$ SELECT NULLIF(current_setting('shanzhi.place', true), '')::codemultirange $body$;
CREATE FUNCTION scope_may(feature text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
    $body$ SELECT feature = ANY (string_to_array(NULLIF(current_setting('shanzhi.features', true), ''), ',')) $body$;
"""
DROP_SCOPE = "DROP FUNCTION scope_staff(); DROP FUNCTION scope_place(); DROP FUNCTION scope_may(text);"

# The same table as `policy.signoff.MOVES`; a test compares them.
GUARD = """
CREATE FUNCTION access_signoff_guard() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('asked', 'approved'), ('asked', 'refused'), ('asked', 'withdrawn'), ('asked', 'expired'),
        ('approved', 'running'), ('approved', 'done'), ('approved', 'expired'),
        ('running', 'done'), ('running', 'failed')
    ) THEN
        RAISE EXCEPTION 'access_signoff: no way from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state <> 'asked' AND (NEW.decided_at, NEW.decided_by_post, NEW.decided_by_staff, NEW.words)
        IS DISTINCT FROM (OLD.decided_at, OLD.decided_by_post, OLD.decided_by_staff, OLD.words) THEN
        RAISE EXCEPTION 'access_signoff: a decision is not changed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $body$;
CREATE TRIGGER access_signoff_moves BEFORE UPDATE ON access_signoff
    FOR EACH ROW EXECUTE FUNCTION access_signoff_guard();
"""

# Whose request it is; who decides and who audits within their place. Only who decides may write an approval, about
# somebody else's request, as themselves. What was asked for is never changed: no role has the right to those columns.
OFFICE = "((SELECT scope_may('signoff')) OR (SELECT scope_may('audit'))) AND scope_code::text <@ (SELECT scope_place())"
CHANGES = "state, expires_at, decided_at, decided_by_post, decided_by_staff, words, ended_at, outcome, tries, steps"
RIGHTS = f"""
ALTER TABLE access_signoff ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE ({CHANGES}) ON access_signoff TO {{app}}');
SELECT city_ddl('GRANT SELECT, UPDATE ({CHANGES}) ON access_signoff TO {{worker}}, {{importer}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE access_signoff_id_seq TO {{app}}');
SELECT city_ddl($$CREATE POLICY signoff_see ON access_signoff FOR SELECT TO {{app}}
    USING (asked_by_staff = (SELECT scope_staff()) OR {OFFICE})$$);
SELECT city_ddl($$CREATE POLICY signoff_ask ON access_signoff FOR INSERT TO {{app}}
    WITH CHECK (state = 'asked' AND asked_by_staff = (SELECT scope_staff()) AND asked_by_post = (SELECT scope_post()))$$);
SELECT city_ddl($$CREATE POLICY signoff_take_back ON access_signoff FOR UPDATE TO {{app}}
    USING (asked_by_staff = (SELECT scope_staff()))
    WITH CHECK (state = 'withdrawn' AND decided_by_staff IS NULL)$$);
SELECT city_ddl($$CREATE POLICY signoff_decide ON access_signoff FOR UPDATE TO {{app}}
    USING ((SELECT scope_may('signoff')) AND scope_code::text <@ (SELECT scope_place()))
    WITH CHECK (state IN ('approved', 'refused') AND decided_by_staff = (SELECT scope_staff())
        AND decided_by_post = (SELECT scope_post()))$$);
SELECT city_ddl('CREATE POLICY signoff_work ON access_signoff FOR ALL TO {{worker}}, {{importer}}
    USING (true) WITH CHECK (true)');
SELECT city_ddl($$CREATE POLICY journal_of_signoff ON journal_entry FOR SELECT TO {{app}}
    USING (subject_kind = 'signoff' AND EXISTS (SELECT 1 FROM access_signoff s WHERE s.id = subject_id))$$);
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0001_access")]
    operations = [
        migrations.RunSQL(SCOPE, DROP_SCOPE),
        migrations.CreateModel(
            name="Signoff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(db_collation="C", max_length=60)),
                ("params", models.JSONField()),
                ("salt", models.BinaryField()),
                ("state", models.CharField(db_collation="C", max_length=10)),
                ("scope_code", models.CharField(db_collation="C", max_length=15)),
                ("asked_at", models.DateTimeField()),
                ("asked_by_post", models.BigIntegerField()),
                ("asked_by_unit", models.BigIntegerField()),
                ("asked_by_staff", models.BigIntegerField()),
                ("expires_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by_post", models.BigIntegerField(null=True)),
                ("decided_by_staff", models.BigIntegerField(null=True)),
                ("words", models.TextField(default="")),
                ("ended_at", models.DateTimeField(null=True)),
                ("outcome", models.TextField(default="")),
                ("tries", models.SmallIntegerField(default=0)),
                ("steps", models.IntegerField(default=1)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["state", "id"], name="access_signoff_state"),
                    models.Index(fields=["asked_by_staff", "-id"], name="access_signoff_mine"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "asked",
                                    "approved",
                                    "refused",
                                    "withdrawn",
                                    "expired",
                                    "running",
                                    "done",
                                    "failed",
                                ],
                            )
                        ),
                        name="access_signoff_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(expires_at__gt=models.F("asked_at")), name="access_signoff_expires_later"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(decided_by_staff=None)
                        | ~models.Q(decided_by_staff=models.F("asked_by_staff"))
                        & ~models.Q(decided_by_post=models.F("asked_by_post")),
                        name="access_signoff_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(state__in=["asked", "withdrawn", "expired"])
                        | models.Q(
                            decided_at__isnull=False, decided_by_post__isnull=False, decided_by_staff__isnull=False
                        ),
                        name="access_signoff_decided",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(state__in=["asked", "approved", "running"], ended_at=None)
                        | ~models.Q(state__in=["asked", "approved", "running"]) & models.Q(ended_at__isnull=False),
                        name="access_signoff_open_or_ended",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, "DROP FUNCTION access_signoff_guard() CASCADE"),
        migrations.RunSQL(RIGHTS, "DROP POLICY journal_of_signoff ON journal_entry"),
    ]
