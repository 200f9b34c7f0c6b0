"""All grounds of the law that a city's offices may use, and holds: records that must stay beyond their term."""

from django.db import migrations, models

# A page says that a hold stands (the slice that owns the subject says to whom); only the worker places and lifts one.
RIGHTS = """
ALTER TABLE vault_hold ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('CREATE POLICY vault_hold_work ON vault_hold FOR ALL TO {worker} USING (true) WITH CHECK (true)');
SELECT city_ddl('GRANT SELECT ON vault_hold TO {app}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (lifted_at) ON vault_hold TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE vault_hold_id_seq TO {worker}');
"""


class Migration(migrations.Migration):
    dependencies = [("vault", "0001_vault")]
    operations = [
        migrations.RemoveConstraint(model_name="record", name="vault_record_ground"),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(("legal_ground__in", ["consent", "contract", "duty", "emergency", "law"])),
                name="vault_record_ground",
            ),
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject_kind", models.TextField()),
                ("subject_id", models.BigIntegerField()),
                ("ground", models.TextField()),
                ("until_on", models.DateField()),
                ("placed_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("lifted_at", None)),
                        fields=["subject_kind", "subject_id"],
                        name="vault_hold_subject",
                    )
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
