"""The worker writes notices and reads none; of an event it changes how often it was tried, never what it says."""

from django.db import migrations

RIGHTS = """
SELECT city_ddl('REVOKE SELECT ON notices_notice FROM {worker}');
DROP POLICY notice_work ON notices_notice;
SELECT city_ddl('CREATE POLICY notice_work ON notices_notice FOR INSERT TO {worker} WITH CHECK (read_at IS NULL)');
SELECT city_ddl('REVOKE UPDATE ON notices_event FROM {worker}');
SELECT city_ddl('GRANT UPDATE (attempts, last_error, not_before) ON notices_event TO {worker}');
"""
BACK = """
SELECT city_ddl('GRANT SELECT ON notices_notice TO {worker}');
DROP POLICY notice_work ON notices_notice;
SELECT city_ddl('CREATE POLICY notice_work ON notices_notice FOR ALL TO {worker} USING (true) WITH CHECK (true)');
SELECT city_ddl('GRANT UPDATE ON notices_event TO {worker}');
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_scrub")]
    operations = [migrations.RunSQL(RIGHTS, BACK)]
