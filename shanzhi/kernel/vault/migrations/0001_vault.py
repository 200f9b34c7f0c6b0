"""Sealed records and parked forms. Who sees which record is said by the slice that owns the subject."""

from django.db import migrations, models

RIGHTS = """
ALTER TABLE vault_record ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT ON vault_record TO {app}, {importer}');
SELECT city_ddl('GRANT SELECT, INSERT, DELETE ON vault_record TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE vault_record_id_seq TO {app}, {importer}, {worker}');
SELECT city_ddl('CREATE POLICY vault_import ON vault_record FOR ALL TO {importer} USING (true) WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY vault_work ON vault_record FOR ALL TO {worker} USING (true) WITH CHECK (true)');
SELECT city_ddl('GRANT SELECT, INSERT, DELETE ON vault_parkedform TO {app}');
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("journal", "0001_journal"), ("access", "0001_access")]
    operations = [
        migrations.CreateModel(
            name="Record",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject_kind", models.TextField()),
                ("subject_id", models.BigIntegerField()),
                ("purpose", models.TextField()),
                ("part", models.TextField()),
                ("sealed", models.BinaryField()),
                ("blind_index", models.BinaryField(max_length=32, null=True)),
                ("legal_ground", models.TextField()),
                ("kept_at", models.DateTimeField()),
                ("expires_on", models.DateField()),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["subject_kind", "subject_id"], name="vault_record_subject"),
                    models.Index(
                        condition=models.Q(("blind_index__isnull", False)),
                        fields=["blind_index"],
                        name="vault_record_blind",
                    ),
                    models.Index(fields=["expires_on"], name="vault_record_expiry"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["contact", "original"])), name="vault_record_purpose"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("legal_ground__in", ["consent", "duty"])), name="vault_record_ground"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ParkedForm",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("path", models.TextField()),
                ("sealed", models.BinaryField()),
                ("parked_at", models.DateTimeField(db_index=True)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
