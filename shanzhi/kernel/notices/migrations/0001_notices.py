"""Outbox and notices."""

from django.db import migrations, models

RIGHTS = """
SELECT city_ddl('GRANT INSERT ON notices_event TO {app}, {importer}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE, DELETE ON notices_event TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE notices_event_id_seq TO {app}, {importer}, {worker}');
ALTER TABLE notices_notice ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT ON notices_notice TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE notices_notice_id_seq TO {worker}');
SELECT city_ddl('GRANT SELECT, UPDATE (read_at) ON notices_notice TO {app}');
SELECT city_ddl('CREATE POLICY notice_work ON notices_notice FOR ALL TO {worker} USING (true) WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY notice_own ON notices_notice FOR ALL TO {app}
    USING (unit_id = (SELECT scope_unit())) WITH CHECK (unit_id = (SELECT scope_unit()))');
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("access", "0001_access")]
    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("topic", models.TextField()),
                ("body", models.JSONField()),
                ("created_at", models.DateTimeField()),
                ("attempts", models.SmallIntegerField(default=0)),
                ("not_before", models.DateTimeField(null=True)),
                ("last_error", models.TextField(default="")),
            ],
            options={"db_table": "notices_event", "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("unit_id", models.BigIntegerField()),
                ("role", models.TextField()),
                ("subject_kind", models.TextField()),
                ("subject_id", models.BigIntegerField()),
                ("subject_step", models.IntegerField()),
                ("text", models.TextField()),
                ("params", models.JSONField()),
                ("created_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["unit_id", "role", "-id"], name="notices_notice_unit"),
                    models.Index(
                        condition=models.Q(("read_at__isnull", True)),
                        fields=["unit_id", "role"],
                        name="notices_notice_unread",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("unit_id", "role", "subject_kind", "subject_id", "subject_step", "text"),
                        name="notices_notice_once",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE notices_event ALTER COLUMN attempts SET DEFAULT 0, ALTER COLUMN last_error SET DEFAULT ''",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
