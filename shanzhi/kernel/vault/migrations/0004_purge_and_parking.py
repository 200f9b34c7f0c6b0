"""Records of what is still open get a later day, and parked forms say whose browser and address they came from (hashed)."""

from django.db import migrations, models

RIGHTS = "SELECT city_ddl('GRANT UPDATE (expires_on) ON vault_record TO {worker}')"
BACK = "SELECT city_ddl('REVOKE UPDATE (expires_on) ON vault_record FROM {worker}')"


class Migration(migrations.Migration):
    dependencies = [("vault", "0003_key_ledger")]
    operations = [
        migrations.AddField("parkedform", "address", models.BinaryField(max_length=32, default=b"")),
        migrations.AddField("parkedform", "browser", models.BinaryField(max_length=32, default=b"")),
        migrations.RunSQL(RIGHTS, BACK),
    ]
