"""The worker writes notices, rewords those of a deleted matter and reads none; of an event it changes how often it was tried, never what it says."""

from django.db import migrations

RIGHTS = """
SELECT city_ddl('REVOKE SELECT ON notices_notice FROM {worker}');
DROP POLICY notice_work ON notices_notice;
SELECT city_ddl('CREATE POLICY notice_work ON notices_notice FOR INSERT TO {worker} WITH CHECK (read_at IS NULL)');
SELECT city_ddl('GRANT SELECT (subject_kind, subject_id) ON notices_notice TO {worker}');
SELECT city_ddl('CREATE POLICY notice_found ON notices_notice FOR SELECT TO {worker} USING (true)');
SELECT city_ddl('CREATE POLICY notice_reword ON notices_notice FOR UPDATE TO {worker} USING (true)');
SELECT city_ddl('REVOKE UPDATE ON notices_event FROM {worker}');
SELECT city_ddl('GRANT UPDATE (attempts, last_error, not_before) ON notices_event TO {worker}');
"""
BACK = """
DROP POLICY notice_found ON notices_notice;
DROP POLICY notice_reword ON notices_notice;
SELECT city_ddl('GRANT SELECT ON notices_notice TO {worker}');
DROP POLICY notice_work ON notices_notice;
SELECT city_ddl('CREATE POLICY notice_work ON notices_notice FOR ALL TO {worker} USING (true) WITH CHECK (true)');
SELECT city_ddl('GRANT UPDATE ON notices_event TO {worker}');
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_scrub")]
    operations = [migrations.RunSQL(RIGHTS, BACK)]
