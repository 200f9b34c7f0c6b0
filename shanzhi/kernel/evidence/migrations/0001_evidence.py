"""Evidence: each object collected once, where it serves, by which words it is found; who sees which.

An object of a matter is there for whoever sees the matter, one of a typed-in figure for whoever sees the figure, one that was
put in by hand for its unit and for posts in whose place it lies. `evidence_search` runs as the owner, since under a policy no
index of words is reached (ADR 0010), and applies the same predicate: the policies of matters and of values are put into it as
they stand. A migration that changes one of them has to make it anew; a test compares them.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

MY_UNIT = "(SELECT p.unit_id FROM organisation_post p WHERE p.id = (SELECT scope_post()))"
SEEN = f"""(SELECT scope_may('archive')) AND CASE evidence_object.source
    WHEN 'matter' THEN EXISTS (SELECT 1 FROM matters_matter WHERE matters_matter.id = evidence_object.source_id@matter@)
    WHEN 'figure' THEN EXISTS (SELECT 1 FROM indicators_value WHERE indicators_value.id = evidence_object.source_id@value@)
    ELSE evidence_object.unit_id = {MY_UNIT} OR evidence_object.scope_code::text <@ (SELECT scope_place()) END"""
PLAIN = SEEN.replace("@matter@", "").replace("@value@", "")
OF_OBJECT = "EXISTS (SELECT 1 FROM evidence_object o WHERE o.id = {})"
FILES = "(SELECT scope_may('archive_file'))"

RIGHTS = f"""
ALTER TABLE evidence_object ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence_use ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence_words ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (type, project, title, salt, steps) ON evidence_object TO {{app}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (steps, gone_at, marked_at, picture, signature) ON evidence_object TO {{worker}}');
SELECT city_ddl('GRANT SELECT, INSERT ON evidence_use TO {{app}}, {{worker}}');
SELECT city_ddl('GRANT INSERT ON evidence_words TO {{app}}');
SELECT city_ddl('GRANT SELECT (evidence_id), INSERT, UPDATE (words), DELETE ON evidence_words TO {{worker}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE evidence_object_id_seq, evidence_use_id_seq TO {{app}}, {{worker}}');
SELECT city_ddl($$CREATE POLICY evidence_see ON evidence_object FOR SELECT TO {{app}} USING ({PLAIN})$$);
SELECT city_ddl($$CREATE POLICY evidence_put ON evidence_object FOR INSERT TO {{app}} WITH CHECK (
    {FILES} AND source IN ('hand', 'visit') AND post_id = (SELECT scope_post()) AND unit_id = {MY_UNIT}
    AND scope_code::text <@ (SELECT scope_place()) AND gone_at IS NULL)$$);
SELECT city_ddl($$CREATE POLICY evidence_step ON evidence_object FOR UPDATE TO {{app}} USING ({PLAIN})$$);
SELECT city_ddl('CREATE POLICY evidence_work ON evidence_object FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
SELECT city_ddl($$CREATE POLICY use_see ON evidence_use FOR SELECT TO {{app}} USING ({OF_OBJECT.format("evidence_id")})$$);
SELECT city_ddl($$CREATE POLICY use_say ON evidence_use FOR INSERT TO {{app}} WITH CHECK (
    {FILES} AND post_id = (SELECT scope_post()) AND unit_id = {MY_UNIT} AND {OF_OBJECT.format("evidence_id")})$$);
SELECT city_ddl('CREATE POLICY use_work ON evidence_use FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
SELECT city_ddl($$CREATE POLICY words_put ON evidence_words FOR INSERT TO {{app}} WITH CHECK (
    {FILES} AND {OF_OBJECT.format("evidence_id")})$$);
SELECT city_ddl('CREATE POLICY words_work ON evidence_words FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
"""

# An object's own file: attached before the object is written, and never to one that is there.
BELOW = f"""
SELECT city_ddl($$CREATE POLICY files_of_evidence ON files_attachment FOR SELECT TO {{app}}
    USING (subject_kind = 'evidence' AND {OF_OBJECT.format("subject_id")})$$);
SELECT city_ddl($$CREATE POLICY files_onto_evidence ON files_attachment AS RESTRICTIVE FOR INSERT TO {{app}} WITH CHECK (
    subject_kind <> 'evidence' OR ({FILES} AND NOT {OF_OBJECT.format("subject_id")}))$$);
SELECT city_ddl($$CREATE POLICY files_retire ON files_attachment FOR DELETE TO {{worker}} USING (purpose <> 'report' AND EXISTS (
    SELECT 1 FROM evidence_object o WHERE o.attachment_id = files_attachment.id AND o.gone_at IS NOT NULL))$$);
SELECT city_ddl('GRANT SELECT (scope_code, added_by_post, added_at, lat, lon, taken_at) ON files_attachment TO {{worker}}');
SELECT city_ddl($$CREATE POLICY journal_of_evidence ON journal_entry FOR SELECT TO {{app}}
    USING (subject_kind = 'evidence' AND {OF_OBJECT.format("subject_id")})$$);
"""
NOT_BELOW = """
DROP POLICY files_of_evidence ON files_attachment;
DROP POLICY files_onto_evidence ON files_attachment;
DROP POLICY files_retire ON files_attachment;
DROP POLICY journal_of_evidence ON journal_entry;
SELECT city_ddl('REVOKE SELECT (scope_code, added_by_post, added_at, lat, lon, taken_at) ON files_attachment FROM {worker}');
"""

FUNCTION = f"""
CREATE FUNCTION evidence_search(sought tsquery, of_year integer, of_project text, of_type text, most integer)
RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 AS $body$
BEGIN
    RETURN QUERY SELECT evidence_object.id FROM evidence_object
        JOIN evidence_words ON evidence_words.evidence_id = evidence_object.id
        WHERE evidence_words.words @@ sought AND (of_year IS NULL OR evidence_object.year = of_year)
            AND (of_project IS NULL OR evidence_object.project = of_project)
            AND (of_type IS NULL OR evidence_object.type = of_type) AND ({SEEN})
        ORDER BY evidence_object.id DESC LIMIT most;
END $body$
"""
SEARCH = f"""
DO $do$
DECLARE
    made text := $made$ {FUNCTION} $made$;
    matter text;
    figure text;
BEGIN
    SELECT pg_get_expr(polqual, polrelid) INTO STRICT matter FROM pg_policy
    WHERE polrelid = 'matters_matter'::regclass AND polname = 'matter_see';
    SELECT pg_get_expr(polqual, polrelid) INTO STRICT figure FROM pg_policy
    WHERE polrelid = 'indicators_value'::regclass AND polname = 'value_see';
    EXECUTE replace(replace(made, '@matter@', ' AND ' || matter), '@value@', ' AND ' || figure);
    EXECUTE format('ALTER FUNCTION evidence_search SET search_path = %I, pg_temp', current_schema());
    REVOKE EXECUTE ON FUNCTION evidence_search FROM PUBLIC;
    PERFORM city_ddl('GRANT EXECUTE ON FUNCTION evidence_search TO {{app}}');
END $do$;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("indicators", "0002_decided_one_by_one"),
        ("matters", "0058_whose_turn"),
    ]

    operations = [
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(db_collation="C", max_length=64)),
                ("media_type", models.TextField()),
                ("size", models.BigIntegerField()),
                ("type", models.CharField(db_collation="C", max_length=20)),
                ("project", models.CharField(db_collation="C", max_length=40)),
                ("year", models.SmallIntegerField()),
                ("title", models.CharField(max_length=200)),
                ("salt", models.BinaryField()),
                ("source", models.CharField(db_collation="C", max_length=10)),
                ("source_id", models.BigIntegerField(default=0)),
                ("source_key", models.CharField(default="", max_length=60)),
                ("attachment_id", models.BigIntegerField(unique=True)),
                ("region_id", models.BigIntegerField()),
                ("scope_code", models.CharField(db_collation="C", max_length=15)),
                ("arose_at", models.DateTimeField()),
                ("taken_at", models.DateTimeField()),
                ("lat", models.DecimalField(decimal_places=6, max_digits=8, null=True)),
                ("lon", models.DecimalField(decimal_places=6, max_digits=9, null=True)),
                ("unit_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField(null=True)),
                ("keep_until", models.DateField(null=True)),
                ("keep_ground", models.CharField(max_length=200)),
                ("gone_at", models.DateTimeField(null=True)),
                ("steps", models.IntegerField(default=1)),
                ("marked_at", models.DateTimeField(null=True)),
                ("picture", models.BigIntegerField(null=True)),
                (
                    "signature",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), null=True, size=None),
                ),
            ],
            options={
                "db_table": "evidence_object",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Use",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(db_collation="C", max_length=10)),
                ("subject", models.CharField(db_collation="C", max_length=64)),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("place", models.CharField(db_collation="C", max_length=15)),
                ("is_on", models.BooleanField()),
                ("unit_id", models.BigIntegerField(default=0)),
                ("post_id", models.BigIntegerField(default=0)),
                ("added_at", models.DateTimeField()),
            ],
            options={
                "db_table": "evidence_use",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Words",
            fields=[
                (
                    "evidence",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="evidence.evidence",
                    ),
                ),
                ("words", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                "db_table": "evidence_words",
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(fields=["sha256"], name="evidence_object_sha256"),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(fields=["source", "source_id"], name="evidence_object_source"),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(fields=["year", "project", "-id"], name="evidence_object_year"),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(
                condition=models.Q(("gone_at__isnull", True), ("keep_until__isnull", False)),
                fields=["keep_until"],
                name="evidence_object_keep_until",
            ),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(
                condition=models.Q(("gone_at__isnull", True), ("marked_at__isnull", True)),
                fields=["id"],
                name="evidence_object_unmarked",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="evidence_object_sha256_is_hex"
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["matter", "figure", "hand", "visit"])),
                name="evidence_object_source_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(("gone_at__isnull", True), ("keep_until__isnull", False), _connector="OR"),
                name="evidence_object_gone_by_date",
            ),
        ),
        migrations.AddField(
            model_name="use",
            name="evidence",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="evidence.evidence"
            ),
        ),
        migrations.AddIndex(
            model_name="words",
            index=django.contrib.postgres.indexes.GinIndex(fields=["words"], name="evidence_words_words"),
        ),
        migrations.AddIndex(
            model_name="use",
            index=models.Index(fields=["evidence", "id"], name="evidence_use_of"),
        ),
        migrations.AddIndex(
            model_name="use",
            index=models.Index(fields=["key", "evidence"], name="evidence_use_key"),
        ),
        migrations.AddIndex(
            model_name="use",
            index=models.Index(fields=["kind", "subject"], name="evidence_use_subject"),
        ),
        migrations.AddConstraint(
            model_name="use",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["item", "value", "visit", "drive"])), name="evidence_use_kind_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="use",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("subject", ""), _negated=True), models.Q(("key", ""), _negated=True), _connector="OR"
                ),
                name="evidence_use_names_something",
            ),
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
        migrations.RunSQL(BELOW, NOT_BELOW),
        migrations.RunSQL(SEARCH, "DROP FUNCTION evidence_search(tsquery, integer, text, text, integer)"),
    ]
