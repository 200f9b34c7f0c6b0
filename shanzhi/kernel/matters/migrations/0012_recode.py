"""Open matters follow when regions are redrawn: the worker moves where they lie today, and of what has ended nothing."""

from django.db import migrations

RIGHTS = r"""
SELECT city_ddl('GRANT UPDATE (region_id, scope_code) ON matters_matter TO {worker}');
CREATE TRIGGER matters_matter_stays BEFORE UPDATE OF region_id, scope_code ON matters_matter FOR EACH ROW
    WHEN (OLD.ended_at IS NOT NULL AND current_user::text LIKE '%\_worker'
        AND (NEW.region_id, NEW.scope_code) IS DISTINCT FROM (OLD.region_id, OLD.scope_code))
    EXECUTE FUNCTION matters_refuse_change();
"""
BACK = """
DROP TRIGGER matters_matter_stays ON matters_matter;
SELECT city_ddl('REVOKE UPDATE (region_id, scope_code) ON matters_matter FROM {worker}');
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0011_dispatch_catalogue"), ("organisation", "0004_redraw")]
    operations = [migrations.RunSQL(RIGHTS, BACK)]
