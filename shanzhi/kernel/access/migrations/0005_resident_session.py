"""Sessions of residents who gave a phone code: follow hashes for half an hour, and nothing about anybody."""

from django.db import migrations, models

RIGHTS = """
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (seen_at), DELETE ON access_resident_session TO {app}');
SELECT city_ddl('GRANT SELECT, DELETE ON access_resident_session TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE access_resident_session_id_seq TO {app}');
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0004_audit")]
    operations = [
        migrations.CreateModel(
            name="ResidentSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("follow", models.JSONField()),
                ("opened_at", models.DateTimeField(db_index=True)),
                ("seen_at", models.DateTimeField(db_index=True)),
            ],
            options={"db_table": "access_resident_session", "default_permissions": ()},
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
