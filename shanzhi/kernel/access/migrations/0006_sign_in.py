"""Tries to sign in, under keyed hashes; a number that ends an account's sessions when it is raised."""

from django.db import migrations, models

RIGHTS = """
SELECT city_ddl('GRANT SELECT, INSERT ON access_sign_in_attempt TO {app}');
SELECT city_ddl('GRANT UPDATE (outcome) ON access_sign_in_attempt TO {app}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE access_sign_in_attempt_id_seq TO {app}');
SELECT city_ddl('GRANT SELECT, DELETE ON access_sign_in_attempt TO {worker}');
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0005_resident_session")]
    operations = [
        migrations.AddField("account", "session_epoch", models.PositiveIntegerField(default=0)),
        migrations.CreateModel(
            name="SignInAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name_hash", models.BinaryField(max_length=32)),
                ("place_hash", models.BinaryField(max_length=32)),
                ("known", models.BooleanField()),
                ("at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("failed", "Failed"),
                            ("passed", "Passed"),
                            ("confirmed", "Confirmed"),
                            ("signed_in", "Signed In"),
                        ],
                        max_length=9,
                    ),
                ),
            ],
            options={
                "db_table": "access_sign_in_attempt",
                "default_permissions": (),
                "indexes": [models.Index(fields=["name_hash", "at"], name="access_attempt_by_name")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["failed", "passed", "confirmed", "signed_in"])),
                        name="access_attempt_outcome",
                    )
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
