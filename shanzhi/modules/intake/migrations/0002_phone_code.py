"""Codes sent to phones, for five minutes each: hashes and blind indexes, no phone."""

from django.db import migrations, models

RIGHTS = """
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE, DELETE ON intake_phone_code TO {app}');
SELECT city_ddl('GRANT SELECT, DELETE ON intake_phone_code TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE intake_phone_code_id_seq TO {app}');
"""


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_intake")]
    operations = [
        migrations.CreateModel(
            name="PhoneCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("blind_index", models.BinaryField(max_length=32, unique=True)),
                ("code_hash", models.BinaryField(max_length=32)),
                ("tries", models.SmallIntegerField()),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
            options={"db_table": "intake_phone_code", "default_permissions": ()},
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
