"""The worker knows who holds which post, and writes nothing of it; what was true once is closed by its date and otherwise left alone."""

from django.db import migrations

RIGHTS = """
SELECT city_ddl('REVOKE UPDATE ON organisation_tree_version, organisation_region, organisation_region_state,
    organisation_unit, organisation_staff, organisation_post, organisation_post_holding FROM {importer}');
SELECT city_ddl('GRANT UPDATE (version) ON organisation_tree_version TO {importer}');
SELECT city_ddl('GRANT UPDATE (closed_on) ON organisation_region, organisation_unit, organisation_post TO {importer}');
SELECT city_ddl('GRANT UPDATE (valid) ON organisation_region_state, organisation_post_holding TO {importer}');
"""
BACK = """
SELECT city_ddl('GRANT UPDATE ON organisation_tree_version, organisation_region, organisation_region_state,
    organisation_unit, organisation_staff, organisation_post, organisation_post_holding TO {importer}');
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0002_office")]
    operations = [migrations.RunSQL(RIGHTS, BACK)]
