"""Runs and mappings of imports: the importer's, and nobody else's."""

from django.db import migrations, models

RIGHTS = """
ALTER TABLE imports_mapping ENABLE ROW LEVEL SECURITY;
ALTER TABLE imports_run ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (columns, saved_at, steps) ON imports_mapping TO {importer}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (state, ended_at, starts, imported, closed, known, rejected)
    ON imports_run TO {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE imports_mapping_id_seq, imports_run_id_seq TO {importer}');
SELECT city_ddl('CREATE POLICY mapping_keep ON imports_mapping FOR ALL TO {importer} USING (true) WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY run_see ON imports_run FOR SELECT TO {importer} USING (true)');
SELECT city_ddl($$CREATE POLICY run_begin ON imports_run FOR INSERT TO {importer} WITH CHECK (state = 'running')$$);
SELECT city_ddl($$CREATE POLICY run_go_on ON imports_run FOR UPDATE TO {importer} USING (state = 'running')
    WITH CHECK (true)$$);
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("access", "0007_narrow_rights"), ("matters", "0005_narrow_rights")]
    operations = [
        migrations.CreateModel(
            name="Mapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(db_collation="C", max_length=20)),
                ("name", models.CharField(max_length=40)),
                ("columns", models.JSONField()),
                ("saved_at", models.DateTimeField()),
                ("steps", models.IntegerField(default=0)),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=["subject", "name"], name="imports_mapping_once")],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(db_collation="C", max_length=20)),
                ("source", models.CharField(max_length=40)),
                ("sha256", models.CharField(db_collation="C", max_length=64)),
                ("form", models.CharField(db_collation="C", max_length=10)),
                ("encoding", models.CharField(db_collation="C", max_length=10)),
                ("state", models.CharField(db_collation="C", default="running", max_length=10)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("starts", models.IntegerField(default=1)),
                ("rows", models.IntegerField()),
                ("imported", models.IntegerField(default=0)),
                ("closed", models.IntegerField(default=0)),
                ("known", models.IntegerField(default=0)),
                ("rejected", models.IntegerField(default=0)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=["subject", "source", "sha256"],
                        name="imports_run_one_runs",
                        condition=models.Q(state="running"),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(state="running", ended_at=None)
                        | models.Q(state="done", ended_at__isnull=False),
                        name="imports_run_state",
                    ),
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
