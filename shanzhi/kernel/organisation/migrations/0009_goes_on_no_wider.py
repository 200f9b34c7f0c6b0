"""Whoever goes on after a redraw sees no more than the redraw gives: the codes of both posts and regions are compared.

A redraw is written by a keeper, who could write one that never was: a grid's post would go on in the county. So the level
stays, the old region ends on that day where it isn't the same, and a post with codes of its own keeps those and what took
the place of regions that it held whole: the same as `policy.succession` works out.
"""

from django.db import migrations

HEAD = """
CREATE OR REPLACE FUNCTION organisation_goes_on(post bigint, staff bigint, held daterange)
RETURNS boolean LANGUAGE sql STABLE AS $body$
    SELECT EXISTS (
        SELECT 1 FROM organisation_post new
        JOIN organisation_post old ON old.closed_on = new.opened_on AND old.role = new.role AND old.sees = new.sees
            AND (old.ranges IS NULL) = (new.ranges IS NULL)
        JOIN organisation_post_holding was ON was.post_id = old.id AND was.staff_id = staff
            AND upper(was.valid) = new.opened_on
        JOIN organisation_redraw r ON r.effective_on = new.opened_on
        WHERE new.id = post AND lower(held) = new.opened_on
            AND (new.unit_id = old.unit_id OR EXISTS (
                SELECT 1 FROM organisation_unit_heir h JOIN organisation_unit a ON a.id = h.old_unit_id
                JOIN organisation_unit b ON b.id = h.new_unit_id AND b.kind = a.kind
                    AND b.department IS NOT DISTINCT FROM a.department{ended}
                WHERE h.old_unit_id = old.unit_id AND h.new_unit_id = new.unit_id AND h.redraw_id = r.id))
            AND (new.region_id = old.region_id OR EXISTS (
                SELECT 1 FROM organisation_redraw_pair p{real}
                WHERE p.redraw_id = r.id AND p.old_region_id = old.region_id AND p.new_region_id = new.region_id)){codes})
$body$;
"""
# A unit that goes on itself hands nobody on.
ENDED = " AND a.closed_on = new.opened_on"
# The state that ended on the day, and one of the same level that took its place.
REAL = """
                JOIN organisation_region_state a ON a.region_id = p.old_region_id AND upper(a.valid) = new.opened_on
                JOIN organisation_region_state b ON b.region_id = p.new_region_id AND b.valid @> new.opened_on
                    AND b.level = a.level"""
# As `succession._follow`: of a region that was held whole the post goes on holding the same, or a new one of which it held
# every part; a region that took another one in was never the post's.
CODES = """
            AND (new.ranges IS NULL OR new.ranges <@ (old.ranges + COALESCE((
                SELECT range_agg(b.ranges) FROM organisation_redraw_pair p
                JOIN organisation_region_state a ON a.region_id = p.old_region_id AND upper(a.valid) = new.opened_on
                JOIN organisation_region_state b ON b.region_id = p.new_region_id AND lower(b.valid) = new.opened_on
                    AND b.level = a.level
                WHERE p.redraw_id = r.id AND a.ranges <@ old.ranges
                    AND (p.new_region_id = p.old_region_id OR (
                        NOT EXISTS (SELECT 1 FROM organisation_region_state x
                            WHERE x.region_id = p.new_region_id AND lower(x.valid) < new.opened_on)
                        AND NOT EXISTS (SELECT 1 FROM organisation_redraw_pair q
                            JOIN organisation_region_state c ON c.region_id = q.old_region_id
                                AND upper(c.valid) = new.opened_on
                            WHERE q.redraw_id = r.id AND q.new_region_id = p.new_region_id
                                AND (c.ranges <@ old.ranges) IS NOT TRUE)))
                ), '{}'::codemultirange)))"""


def _body(**parts):
    return HEAD.format(**{"ended": "", "real": "", "codes": "", **parts})


class Migration(migrations.Migration):
    dependencies = [("organisation", "0008_shapes"), ("access", "0008_offices")]
    operations = [migrations.RunSQL(_body(ended=ENDED, real=REAL, codes=CODES), _body())]
