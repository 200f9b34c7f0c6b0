"""The importer seals and never opens; the worker opens and throws away, and never seals. Who sees which record is said
by the slice that owns the subject."""

from django.db import migrations

RIGHTS = """
SELECT city_ddl('REVOKE SELECT ON vault_record FROM {importer}');
SELECT city_ddl('REVOKE INSERT ON vault_record FROM {worker}');
SELECT city_ddl('REVOKE ALL ON SEQUENCE vault_record_id_seq FROM {worker}');
REVOKE EXECUTE ON FUNCTION vault_refuse_retired() FROM PUBLIC;
"""
BACK = """
SELECT city_ddl('GRANT SELECT ON vault_record TO {importer}');
SELECT city_ddl('GRANT INSERT ON vault_record TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE vault_record_id_seq TO {worker}');
GRANT EXECUTE ON FUNCTION vault_refuse_retired() TO PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("vault", "0004_purge_and_parking")]
    operations = [migrations.RunSQL(RIGHTS, BACK)]
