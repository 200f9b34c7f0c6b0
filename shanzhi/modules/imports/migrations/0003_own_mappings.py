"""A saved mapping is the unit's that saved it: others use it, and save their own under another name.

What was saved on the command line, or before this, is nobody's on the page; the command line saves any anew.
"""

from django.db import migrations, models

RIGHTS = """
SELECT city_ddl('DROP POLICY mapping_page ON imports_mapping');
SELECT city_ddl($$CREATE POLICY mapping_use ON imports_mapping FOR SELECT TO {app} USING ((SELECT scope_may('import')))$$);
SELECT city_ddl($$CREATE POLICY mapping_save ON imports_mapping FOR INSERT TO {app}
    WITH CHECK ((SELECT scope_may('import')) AND unit_id = (SELECT unit_id FROM organisation_post WHERE id = scope_post()))$$);
SELECT city_ddl($$CREATE POLICY mapping_own ON imports_mapping FOR UPDATE TO {app}
    USING ((SELECT scope_may('import')) AND unit_id = (SELECT unit_id FROM organisation_post WHERE id = scope_post()))$$);
"""
BACK = """
SELECT city_ddl('DROP POLICY mapping_own ON imports_mapping');
SELECT city_ddl('DROP POLICY mapping_save ON imports_mapping');
SELECT city_ddl('DROP POLICY mapping_use ON imports_mapping');
SELECT city_ddl($$CREATE POLICY mapping_page ON imports_mapping FOR ALL TO {app}
    USING ((SELECT scope_may('import'))) WITH CHECK ((SELECT scope_may('import')))$$);
"""


class Migration(migrations.Migration):
    dependencies = [("imports", "0002_uploads"), ("organisation", "0008_shapes")]
    operations = [
        migrations.AddField("mapping", "unit_id", models.BigIntegerField(null=True)),
        migrations.RunSQL(RIGHTS, BACK),
    ]
