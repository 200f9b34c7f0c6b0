"""The importer writes its entries and counts those of units and places; whose entries the others write is said where authors are known."""

from django.db import migrations

RIGHTS = """
DROP POLICY journal_append ON journal_entry;
DROP POLICY journal_work ON journal_entry;
SELECT city_ddl('REVOKE SELECT ON journal_entry FROM {importer}');
SELECT city_ddl('CREATE POLICY journal_work ON journal_entry FOR SELECT TO {worker} USING (true)');
SELECT city_ddl('GRANT SELECT (subject_kind, subject_id, subject_step) ON journal_entry TO {importer}');
SELECT city_ddl($$CREATE POLICY journal_steps ON journal_entry FOR SELECT TO {importer}
    USING (subject_kind <> 'matter')$$);
SELECT city_ddl($$CREATE POLICY journal_append_work ON journal_entry FOR INSERT TO {worker}
    WITH CHECK (author_kind = 'system'
        OR (author_kind = 'reporter' AND action IN ('matters.erased', 'vault.erased')))$$);
SELECT city_ddl($$CREATE POLICY journal_append_import ON journal_entry FOR INSERT TO {importer}
    WITH CHECK (author_kind = 'importer' OR (author_kind = 'system' AND subject_kind <> 'matter'))$$);
REVOKE EXECUTE ON FUNCTION journal_refuse(), journal_seal_refuse(), journal_tile_grow() FROM PUBLIC;
"""
BACK = """
DROP POLICY journal_steps ON journal_entry;
DROP POLICY journal_work ON journal_entry;
DROP POLICY journal_append_work ON journal_entry;
DROP POLICY journal_append_import ON journal_entry;
SELECT city_ddl('GRANT SELECT ON journal_entry TO {importer}');
SELECT city_ddl('CREATE POLICY journal_append ON journal_entry FOR INSERT TO {app}, {worker}, {importer}
    WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY journal_work ON journal_entry FOR SELECT TO {worker}, {importer} USING (true)');
GRANT EXECUTE ON FUNCTION journal_refuse(), journal_seal_refuse(), journal_tile_grow() TO PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_head_time")]
    operations = [migrations.RunSQL(RIGHTS, BACK)]
