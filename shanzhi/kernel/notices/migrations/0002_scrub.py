"""The worker may take a deleted title out of lines that were written already."""

from django.db import migrations

RIGHTS = "SELECT city_ddl('GRANT UPDATE (params) ON notices_notice TO {worker}');"
BACK = "SELECT city_ddl('REVOKE UPDATE (params) ON notices_notice FROM {worker}');"


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_notices")]
    operations = [migrations.RunSQL(RIGHTS, BACK)]
