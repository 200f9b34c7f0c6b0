"""Only the web takes in and shows files, and the worker lets go of a report's; a file is put onto a matter in the name of the post that does it."""

from django.db import migrations

RIGHTS = """
SELECT city_ddl('REVOKE ALL ON files_blob, files_attachment FROM {worker}, {importer}');
SELECT city_ddl('REVOKE ALL ON SEQUENCE files_attachment_id_seq FROM {importer}');
SELECT city_ddl('GRANT SELECT, DELETE ON files_blob TO {worker}');
SELECT city_ddl('GRANT SELECT (id, subject_kind, subject_id, purpose, blob_id), DELETE ON files_attachment TO {worker}');
ALTER POLICY files_let_go ON files_attachment USING (purpose = 'report');
DROP POLICY files_attach ON files_attachment;
SELECT city_ddl('CREATE POLICY files_attach ON files_attachment FOR INSERT TO {app}
    WITH CHECK (added_by_post IS NOT DISTINCT FROM (SELECT scope_post()))');
"""
BACK = """
SELECT city_ddl('GRANT SELECT, INSERT ON files_blob, files_attachment TO {importer}');
SELECT city_ddl('GRANT SELECT ON files_blob, files_attachment TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE files_attachment_id_seq TO {importer}');
DROP POLICY files_attach ON files_attachment;
SELECT city_ddl('CREATE POLICY files_attach ON files_attachment FOR INSERT TO {app}, {importer} WITH CHECK (true)');
ALTER POLICY files_let_go ON files_attachment USING (true);
"""


class Migration(migrations.Migration):
    dependencies = [("files", "0002_let_go"), ("access", "0007_narrow_rights")]
    operations = [migrations.RunSQL(RIGHTS, BACK)]
