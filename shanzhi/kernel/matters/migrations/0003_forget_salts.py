"""When an original is deleted, the salt of its commitment goes too: the worker may empty it, and nothing else of a remark."""

from django.db import migrations

GRANT = "SELECT city_ddl('GRANT UPDATE (salt) ON matters_remark TO {worker}')"
REVOKE = "SELECT city_ddl('REVOKE UPDATE (salt) ON matters_remark FROM {worker}')"


class Migration(migrations.Migration):
    dependencies = [("matters", "0002_need_to_know")]
    operations = [migrations.RunSQL(GRANT, REVOKE)]
