"""The worker may take files off a subject whose reporter has them deleted, and forget what nobody needs."""

from django.db import migrations

RIGHTS = """
SELECT city_ddl('GRANT DELETE ON files_attachment TO {worker}');
SELECT city_ddl('GRANT DELETE ON files_blob TO {worker}');
SELECT city_ddl('CREATE POLICY files_let_go ON files_attachment FOR DELETE TO {worker} USING (true)');
"""
BACK = """
DROP POLICY files_let_go ON files_attachment;
SELECT city_ddl('REVOKE DELETE ON files_attachment FROM {worker}');
SELECT city_ddl('REVOKE DELETE ON files_blob FROM {worker}');
"""


class Migration(migrations.Migration):
    dependencies = [("files", "0001_files")]
    operations = [migrations.RunSQL(RIGHTS, BACK)]
