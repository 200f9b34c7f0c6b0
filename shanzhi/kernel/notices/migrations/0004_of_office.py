"""Notices for posts that see by office: of their unit, and never of a matter."""

from django.db import migrations

# Such a post has no `scope_unit()`: what its unit takes part in isn't its own. What it is told of (sign-offs) is.
OF_OFFICE = """
SELECT city_ddl($$CREATE POLICY notice_of_office ON notices_notice FOR ALL TO {app}
    USING (subject_kind <> 'matter' AND unit_id = (
        SELECT p.unit_id FROM organisation_post p WHERE p.id = (SELECT scope_post()) AND p.sees = 'office'))
    WITH CHECK (subject_kind <> 'matter' AND unit_id = (
        SELECT p.unit_id FROM organisation_post p WHERE p.id = (SELECT scope_post()) AND p.sees = 'office'))$$);
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0003_narrow_rights"), ("access", "0004_audit"), ("organisation", "0002_office")]
    operations = [migrations.RunSQL(OF_OFFICE, "DROP POLICY notice_of_office ON notices_notice")]
