"""Urging and supervision: what is put to the lead of a matter, by a post or by the reporter.

Who decides follows from the type: an urging is answered by the unit that leads now; a supervision is ended by the unit that
began it; everything else by the unit that it was put to, and nobody decides what they asked themselves.
"""

import django.db.models.deletion
from django.db import migrations, models

OF_MATTER = "EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = matter_id OFFSET 0)"
LEADS = """EXISTS (SELECT 1 FROM matters_assignment a WHERE a.matter_id = matters_ask.matter_id AND a.part = 'lead'
    AND a.ended_at IS NULL AND a.unit_id = (SELECT scope_unit()))"""
DECIDES = f"""(type = 'urge' AND {LEADS} AND staff_id IS DISTINCT FROM (SELECT scope_staff()))
    OR (type = 'supervise' AND unit_id = (SELECT scope_unit()))
    OR (type NOT IN ('urge', 'supervise') AND to_unit_id = (SELECT scope_unit())
        AND staff_id IS DISTINCT FROM (SELECT scope_staff()))"""
RIGHTS = f"""
ALTER POLICY ask_answer ON matters_ask WITH CHECK (state <> 'open' AND {OF_MATTER} AND ((state = 'dropped' AND type <> 'supervise') OR {DECIDES}));
SELECT city_ddl($$CREATE POLICY ask_urge ON matters_ask FOR INSERT TO {{app}} WITH CHECK (state = 'open'
    AND type = 'urge' AND post_id IS NULL AND staff_id IS NULL AND (SELECT scope_post()) IS NULL
    AND EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = matter_id AND m.intake_unit_id = unit_id
        AND m.follow_hash = ANY ((SELECT scope_follow())::text[])))$$);
"""
BACK = f"""
DROP POLICY ask_urge ON matters_ask;
ALTER POLICY ask_answer ON matters_ask WITH CHECK (state <> 'open' AND {OF_MATTER} AND (state = 'dropped'
    OR (to_unit_id = (SELECT scope_unit()) AND staff_id IS DISTINCT FROM (SELECT scope_staff()))));
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0040_links")]
    operations = [
        migrations.AddField(
            "ask", "type", models.CharField(max_length=20, default="", db_default="", db_collation="C")
        ),
        migrations.AlterField(
            "ask",
            "post",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organisation.post",
                db_index=False,
                null=True,
            ),
        ),
        migrations.RunSQL(RIGHTS, BACK),
    ]
