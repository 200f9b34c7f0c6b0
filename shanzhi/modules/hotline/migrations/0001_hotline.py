"""Calls and knowledge items, with their rights: a call is its own post's, knowledge is everybody's and the keeper's to edit."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

RIGHTS = """
ALTER TABLE hotline_call ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (ended_at, ending, matter_id, sealed, steps) ON hotline_call TO {app}');
SELECT city_ddl('GRANT SELECT (id, ref, sealed, opened_at, ended_at, rung), UPDATE (sealed), DELETE ON hotline_call TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE hotline_call_id_seq TO {app}');
SELECT city_ddl($$CREATE POLICY call_own ON hotline_call FOR SELECT TO {app} USING (post_id = (SELECT scope_post()))$$);
SELECT city_ddl($$CREATE POLICY call_open ON hotline_call FOR INSERT TO {app}
    WITH CHECK (post_id = (SELECT scope_post()) AND (SELECT scope_may('desk')) AND ended_at IS NULL)$$);
SELECT city_ddl($$CREATE POLICY call_go_on ON hotline_call FOR UPDATE TO {app}
    USING (post_id = (SELECT scope_post()) AND ended_at IS NULL) WITH CHECK (post_id = (SELECT scope_post()))$$);
SELECT city_ddl('CREATE POLICY call_work ON hotline_call FOR ALL TO {worker} USING (ended_at IS NULL)
    WITH CHECK (ended_at IS NULL)');
CREATE TRIGGER hotline_call_key BEFORE INSERT OR UPDATE OF sealed ON hotline_call
    FOR EACH ROW EXECUTE FUNCTION vault_refuse_retired();

ALTER TABLE hotline_knowledgeversion ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (is_newest) ON hotline_knowledgeversion TO {app}, {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE hotline_knowledgeversion_id_seq TO {app}, {importer}');
SELECT city_ddl('CREATE POLICY knowledge_read ON hotline_knowledgeversion FOR SELECT TO {app}, {importer} USING (true)');
SELECT city_ddl($$CREATE POLICY knowledge_add ON hotline_knowledgeversion FOR INSERT TO {app}
    WITH CHECK ((SELECT scope_may('knowledge')) AND post_id = (SELECT scope_post()))$$);
SELECT city_ddl($$CREATE POLICY knowledge_supersede ON hotline_knowledgeversion FOR UPDATE TO {app}
    USING ((SELECT scope_may('knowledge'))) WITH CHECK (NOT is_newest)$$);
SELECT city_ddl('CREATE POLICY knowledge_load ON hotline_knowledgeversion FOR INSERT TO {importer} WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY knowledge_load_over ON hotline_knowledgeversion FOR UPDATE TO {importer}
    USING (true) WITH CHECK (NOT is_newest)');
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("access", "0002_signoff"),
        ("matters", "0007_forgetting"),
        ("organisation", "0001_organisation"),
        ("vault", "0003_key_ledger"),
    ]
    operations = [
        migrations.CreateModel(
            name="Call",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ref", models.UUIDField(unique=True)),
                ("rung", models.BooleanField(default=False)),
                ("opened_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ending", models.CharField(db_collation="C", default="", max_length=12)),
                ("sealed", models.BinaryField(default=b"")),
                ("steps", models.IntegerField(default=0)),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organisation.post"
                    ),
                ),
                (
                    "matter",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matters.matter"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)), fields=["post", "-opened_at"], name="hotline_call_open"
                    ),
                    models.Index(fields=["post", "ended_at"], name="hotline_call_day"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(ended_at__isnull=True, ending="", matter__isnull=True)
                        | (models.Q(ended_at__isnull=False, sealed=b"") & ~models.Q(ending="")),
                        name="hotline_call_ends_whole",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="KnowledgeVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(db_collation="C", max_length=40)),
                ("version", models.IntegerField()),
                ("title", models.TextField()),
                ("answer", models.TextField()),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(db_collation="C", max_length=60), default=list, size=None
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(null=True)),
                ("is_withdrawn", models.BooleanField(default=False)),
                ("is_newest", models.BooleanField(default=True)),
                ("words", django.contrib.postgres.search.SearchVectorField()),
                ("made_at", models.DateTimeField()),
                (
                    "post",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.post",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["words"], name="hotline_knowledge_words")],
                "constraints": [
                    models.UniqueConstraint(fields=("code", "version"), name="hotline_knowledge_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_newest", True)), fields=("code",), name="hotline_knowledge_newest"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("valid_until__isnull", True))
                        | models.Q(("valid_until__gte", models.F("valid_from"))),
                        name="hotline_knowledge_days",
                    ),
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
