"""The worker moves an open matter only from a region that was redrawn, and only to what a redraw made of one."""

from django.db import migrations

KEPT = r"""
CREATE FUNCTION matters_follow_a_redraw() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM organisation_redraw_pair p WHERE p.old_region_id = OLD.region_id
            AND p.old_code = OLD.scope_code)
        OR NOT EXISTS (SELECT 1 FROM organisation_redraw_pair p WHERE p.new_region_id = NEW.region_id
            AND p.new_code = NEW.scope_code)
    THEN
        RAISE EXCEPTION 'no change of regions leads there' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $body$;
REVOKE EXECUTE ON FUNCTION matters_follow_a_redraw() FROM PUBLIC;
CREATE TRIGGER matters_matter_follows BEFORE UPDATE OF region_id, scope_code ON matters_matter FOR EACH ROW
    WHEN (OLD.ended_at IS NULL AND current_user::text LIKE '%\_worker'
        AND (NEW.region_id, NEW.scope_code) IS DISTINCT FROM (OLD.region_id, OLD.scope_code))
    EXECUTE FUNCTION matters_follow_a_redraw();
"""
BACK = """
DROP TRIGGER matters_matter_follows ON matters_matter;
DROP FUNCTION matters_follow_a_redraw();
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0012_recode")]
    operations = [migrations.RunSQL(KEPT, BACK)]
