"""A sign-in is of a place of the own community, under that place's code, of a day on which the person held the post.

`recorded_on` is the database's own day, which nobody may give: a sign-in that was written down later shows it.
"""

from django.db import migrations, models

# Both regions as of the day: of the place, which stands open, and of the post. Twelve digits are a community's.
OWN = """
    (SELECT scope_may('grid')) AND unit_id = (SELECT scope_unit())
    AND "on" <= (now() AT TIME ZONE 'Asia/Shanghai')::date + 1
    AND EXISTS (
        SELECT 1 FROM organisation_post p
        JOIN organisation_post_holding h ON h.post_id = p.id AND h.staff_id = scope_staff() AND h.valid @> grid_patrol."on"
        JOIN organisation_region_state mine ON mine.region_id = p.region_id AND mine.valid @> grid_patrol."on"
        JOIN organisation_place_version v ON v.place_id = grid_patrol.place_id AND NOT v.is_closed
            AND v.holds_from <= grid_patrol."on" AND (v.holds_until IS NULL OR v.holds_until > grid_patrol."on")
        JOIN organisation_region_state there ON there.region_id = v.region_id AND there.valid @> grid_patrol."on"
        WHERE p.id = scope_post() AND p.unit_id = grid_patrol.unit_id AND there.code = grid_patrol.scope_code
            AND mine.level = 'grid' AND left(there.code, 12) = left(mine.code, 12))
    AND (matter_id IS NULL OR EXISTS (
        SELECT 1 FROM matters_place m WHERE m.matter_id = grid_patrol.matter_id AND m.place_id = grid_patrol.place_id))
"""
RIGHTS = f"""
ALTER TABLE grid_patrol ADD COLUMN recorded_on date NOT NULL DEFAULT (now() AT TIME ZONE 'Asia/Shanghai')::date;
SELECT city_ddl('REVOKE INSERT ON grid_patrol FROM {{app}}');
SELECT city_ddl('GRANT INSERT (key, place_id, unit_id, scope_code, "on", by_mark, distance, matter_id)
    ON grid_patrol TO {{app}}');
SELECT city_ddl('DROP POLICY patrol_sign ON grid_patrol');
SELECT city_ddl($$CREATE POLICY patrol_sign ON grid_patrol FOR INSERT TO {{app}} WITH CHECK ({OWN})$$);
"""
BACK = """
SELECT city_ddl('DROP POLICY patrol_sign ON grid_patrol');
SELECT city_ddl($$CREATE POLICY patrol_sign ON grid_patrol FOR INSERT TO {app}
    WITH CHECK ((SELECT scope_may('grid')) AND unit_id = (SELECT scope_unit()))$$);
SELECT city_ddl('REVOKE INSERT (key, place_id, unit_id, scope_code, "on", by_mark, distance, matter_id)
    ON grid_patrol FROM {app}');
SELECT city_ddl('GRANT INSERT ON grid_patrol TO {app}');
ALTER TABLE grid_patrol DROP COLUMN recorded_on;
"""


class Migration(migrations.Migration):
    dependencies = [("grid", "0001_patrol"), ("organisation", "0008_shapes")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(RIGHTS, BACK)],
            state_operations=[migrations.AddField("patrol", "recorded_on", models.DateField(editable=False))],
        )
    ]
