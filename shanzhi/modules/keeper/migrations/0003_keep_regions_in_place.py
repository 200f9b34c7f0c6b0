"""A keeper redraws regions of the own place alone, by the database too.

Which codes a region ever had decides whose its units, posts, places and outlines are to keep: whoever could write a code of
their own into another county's region would have all of it. The trigger on the statement asks for a keeper (0001), this one
for the place of each row.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION keeper_in_place() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    place codemultirange := scope_place();
    is_mine boolean;
BEGIN
    IF TG_TABLE_NAME = 'organisation_region' THEN
        is_mine := EXISTS (
            SELECT 1 FROM organisation_region_state s
            WHERE s.region_id = NEW.id AND s.code::text <@ place AND upper(s.valid) = NEW.closed_on);
    ELSIF TG_TABLE_NAME = 'organisation_redraw_pair' THEN
        is_mine := EXISTS (
            SELECT 1 FROM organisation_region_state s
            WHERE s.region_id = NEW.old_region_id AND s.code = NEW.old_code AND s.code::text <@ place
        ) AND (NEW.new_region_id IS NULL OR EXISTS (
            SELECT 1 FROM organisation_region_state s
            WHERE s.region_id = NEW.new_region_id AND s.code = NEW.new_code AND s.code::text <@ place));
    ELSIF TG_OP = 'UPDATE' THEN
        -- Only the newest state ends; what a region was before is history.
        is_mine := NEW.code::text <@ place AND NOT EXISTS (
            SELECT 1 FROM organisation_region_state s
            WHERE s.region_id = NEW.region_id AND lower(s.valid) >= upper(OLD.valid));
    ELSE
        -- A new region, or one whose state of the day before lies in the place too.
        is_mine := NEW.code::text <@ place AND (
            NOT EXISTS (SELECT 1 FROM organisation_region_state s WHERE s.region_id = NEW.region_id)
            OR EXISTS (
                SELECT 1 FROM organisation_region_state s WHERE s.region_id = NEW.region_id
                  AND s.valid @> (lower(NEW.valid) - 1) AND s.code::text <@ place));
    END IF;
    IF is_mine IS NOT TRUE THEN
        RAISE EXCEPTION 'for keepers of the place' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $body$;
REVOKE EXECUTE ON FUNCTION keeper_in_place() FROM PUBLIC;
CREATE TRIGGER organisation_region_state_in_place BEFORE INSERT OR UPDATE ON organisation_region_state FOR EACH ROW
    WHEN (current_user::text LIKE '%\\_app') EXECUTE FUNCTION keeper_in_place();
CREATE TRIGGER organisation_region_in_place BEFORE UPDATE ON organisation_region FOR EACH ROW
    WHEN (current_user::text LIKE '%\\_app') EXECUTE FUNCTION keeper_in_place();
CREATE TRIGGER organisation_redraw_pair_in_place BEFORE INSERT ON organisation_redraw_pair FOR EACH ROW
    WHEN (current_user::text LIKE '%\\_app') EXECUTE FUNCTION keeper_in_place();
"""
UNGUARD = """
DROP TRIGGER organisation_redraw_pair_in_place ON organisation_redraw_pair;
DROP TRIGGER organisation_region_in_place ON organisation_region;
DROP TRIGGER organisation_region_state_in_place ON organisation_region_state;
DROP FUNCTION keeper_in_place();
"""


class Migration(migrations.Migration):
    dependencies = [("keeper", "0002_keep_offices")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
