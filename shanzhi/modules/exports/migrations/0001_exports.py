"""Exports: their table, seen by the post and person that asked alone."""

from django.db import migrations, models

MINE = "post_id = (SELECT scope_post()) AND staff_id = (SELECT scope_staff())"
RIGHTS = f"""
ALTER TABLE exports_export ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, UPDATE (state, ended_at, steps) ON exports_export TO {{app}}, {{importer}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE ON exports_export TO {{worker}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE exports_export_id_seq TO {{worker}}');
SELECT city_ddl($$CREATE POLICY export_own ON exports_export FOR SELECT TO {{app}} USING ({MINE})$$);
SELECT city_ddl($$CREATE POLICY export_step ON exports_export FOR UPDATE TO {{app}} USING ({MINE})
    WITH CHECK ({MINE} AND state IN ('ready', 'cancelled'))$$);
SELECT city_ddl('CREATE POLICY export_work ON exports_export FOR ALL TO {{worker}}, {{importer}}
    USING (true) WITH CHECK (true)');
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("access", "0004_audit"), ("matters", "0001_matters")]
    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_collation="C", max_length=43, unique=True)),
                ("signoff_id", models.BigIntegerField(unique=True)),
                ("post_id", models.BigIntegerField()),
                ("unit_id", models.BigIntegerField()),
                ("staff_id", models.BigIntegerField()),
                ("scope_code", models.CharField(db_collation="C", max_length=15)),
                ("params", models.JSONField()),
                ("state", models.CharField(db_collation="C", max_length=10)),
                ("created_at", models.DateTimeField()),
                ("rows_total", models.BigIntegerField(default=0)),
                ("rows_done", models.BigIntegerField(default=0)),
                ("size", models.BigIntegerField(default=0)),
                ("sha256", models.CharField(db_collation="C", default="", max_length=64)),
                ("ready_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("has_file", models.BooleanField(default=False)),
                ("steps", models.IntegerField(default=0)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["staff_id", "-id"], name="exports_export_mine"),
                    models.Index(fields=["state", "id"], name="exports_export_state"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            state__in=["waiting", "writing", "ready", "expired", "ended", "cancelled", "failed"]
                        ),
                        name="exports_export_state_known",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(state="ready")
                        | models.Q(has_file=True, ready_at__isnull=False, expires_at__isnull=False),
                        name="exports_export_ready_has_file",
                    ),
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
