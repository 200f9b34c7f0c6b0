"""Reports of one problem under one lead: who is linked under whom, seen with either of them.

A link is made by a post that sees both, for itself, and only ended after that. Of the lead's words the reporter of a
linked matter may read the reply, which is meant for them as well; nothing else of it, and never another's report. The
background lets the lead's units take part in what is linked under it, and no others.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

VISIBLE = "EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = {} OFFSET 0)"
A_POST = "(SELECT scope_post()) IS NOT NULL"
EITHER = f"({VISIBLE.format('matter_id')} OR {VISIBLE.format('lead_id')})"
BOTH = f"{VISIBLE.format('matter_id')} AND {VISIBLE.format('lead_id')}"
READS = f"(for_reporter OR {A_POST}) AND {VISIBLE.format('matter_id')}"
THE_REPLY = f"""(for_reporter AND part = 'reply' AND EXISTS (SELECT 1 FROM matters_link l
    WHERE l.lead_id = matters_remark.matter_id AND l.unlinked_at IS NULL AND {VISIBLE.format("l.matter_id")} OFFSET 0))"""
RIGHTS = f"""
ALTER TABLE matters_link ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (unlinked_at) ON matters_link TO {{app}}');
SELECT city_ddl('GRANT SELECT, UPDATE (unlinked_at, asked) ON matters_link TO {{worker}}');
SELECT city_ddl($$CREATE POLICY link_see ON matters_link FOR SELECT TO {{app}} USING ({EITHER})$$);
SELECT city_ddl($$CREATE POLICY link_make ON matters_link FOR INSERT TO {{app}} WITH CHECK (unlinked_at IS NULL
    AND NOT asked AND unit_id = (SELECT scope_unit()) AND post_id = (SELECT scope_post()) AND {BOTH})$$);
SELECT city_ddl($$CREATE POLICY link_end ON matters_link FOR UPDATE TO {{app}}
    USING (unlinked_at IS NULL AND {A_POST} AND {VISIBLE.format("matter_id")})
    WITH CHECK (unlinked_at IS NOT NULL AND {VISIBLE.format("matter_id")})$$);
SELECT city_ddl('CREATE POLICY link_work ON matters_link FOR SELECT TO {{worker}} USING (true)');
SELECT city_ddl('CREATE POLICY link_follow ON matters_link FOR UPDATE TO {{worker}} USING (unlinked_at IS NULL)
    WITH CHECK (true)');
SELECT city_ddl('GRANT INSERT ON matters_participant TO {{worker}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE matters_participant_id_seq TO {{worker}}');
SELECT city_ddl($$CREATE POLICY participant_follow ON matters_participant FOR INSERT TO {{worker}}
    WITH CHECK (part = 'receiver' AND EXISTS (SELECT 1 FROM matters_link l JOIN matters_assignment a
        ON a.matter_id = l.lead_id WHERE l.matter_id = matters_participant.matter_id AND l.unlinked_at IS NULL
        AND a.unit_id = matters_participant.unit_id AND a.ended_at IS NULL))$$);
ALTER POLICY remark_see ON matters_remark USING (({READS}) OR {THE_REPLY});
"""
BACK = f"""
ALTER POLICY remark_see ON matters_remark USING ({READS});
DROP POLICY participant_follow ON matters_participant;
SELECT city_ddl('REVOKE INSERT ON matters_participant FROM {{worker}}');
SELECT city_ddl('REVOKE USAGE ON SEQUENCE matters_participant_id_seq FROM {{worker}}');
"""
TO_ONE = {"on_delete": django.db.models.deletion.PROTECT, "related_name": "+", "db_index": False}


class Migration(migrations.Migration):
    dependencies = [("matters", "0032_desk_counts")]
    operations = [
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("stage", models.CharField(max_length=40, db_collation="C")),
                ("linked_at", models.DateTimeField()),
                ("unlinked_at", models.DateTimeField(null=True)),
                ("asked", models.BooleanField(default=False, db_default=False)),
                ("matter", models.ForeignKey(to="matters.matter", **TO_ONE)),
                ("lead", models.ForeignKey(to="matters.matter", **TO_ONE | {"db_index": True})),
                ("unit", models.ForeignKey(to="organisation.unit", **TO_ONE)),
                ("post", models.ForeignKey(to="organisation.post", **TO_ONE)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=["matter"], condition=Q(unlinked_at=None), name="matters_link_one_lead"
                    ),
                    models.CheckConstraint(condition=~Q(matter=F("lead")), name="matters_link_another"),
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, BACK),
    ]
