"""Parts of a matter that was split: which is whose, seen with either; made by a post that sees both, put back once.

The background lets who works on a part read the whole, and the whole's lead read the parts, and no other unit.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

VISIBLE = "EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = {} OFFSET 0)"
A_POST = "(SELECT scope_post()) IS NOT NULL"
EITHER = f"({VISIBLE.format('matter_id')} OR {VISIBLE.format('whole_id')})"
BOTH = f"{VISIBLE.format('matter_id')} AND {VISIBLE.format('whole_id')}"
RIGHTS = f"""
ALTER TABLE matters_part ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (rejoined_at) ON matters_part TO {{app}}');
SELECT city_ddl('GRANT SELECT ON matters_part TO {{worker}}');
SELECT city_ddl($$CREATE POLICY part_see ON matters_part FOR SELECT TO {{app}} USING ({EITHER})$$);
SELECT city_ddl($$CREATE POLICY part_make ON matters_part FOR INSERT TO {{app}} WITH CHECK (rejoined_at IS NULL
    AND unit_id = (SELECT scope_unit()) AND post_id = (SELECT scope_post()) AND {BOTH})$$);
SELECT city_ddl($$CREATE POLICY part_back ON matters_part FOR UPDATE TO {{app}}
    USING (rejoined_at IS NULL AND {A_POST} AND {VISIBLE.format("whole_id")})
    WITH CHECK (rejoined_at IS NOT NULL AND {VISIBLE.format("whole_id")})$$);
SELECT city_ddl('CREATE POLICY part_work ON matters_part FOR SELECT TO {{worker}} USING (true)');
SELECT city_ddl($$CREATE POLICY participant_parts ON matters_participant FOR INSERT TO {{worker}}
    WITH CHECK (part = 'receiver' AND EXISTS (SELECT 1 FROM matters_part p JOIN matters_assignment a
        ON a.matter_id IN (p.matter_id, p.whole_id) WHERE p.rejoined_at IS NULL
        AND matters_participant.matter_id IN (p.matter_id, p.whole_id) AND a.matter_id <> matters_participant.matter_id
        AND a.unit_id = matters_participant.unit_id AND a.ended_at IS NULL))$$);
"""
BACK = """
DROP POLICY participant_parts ON matters_participant;
"""
TO_ONE = {"on_delete": django.db.models.deletion.PROTECT, "related_name": "+", "db_index": False}


class Migration(migrations.Migration):
    dependencies = [("matters", "0046_helpers")]
    operations = [
        migrations.CreateModel(
            name="Part",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("split_at", models.DateTimeField()),
                ("rejoined_at", models.DateTimeField(null=True)),
                ("whole", models.ForeignKey(to="matters.matter", **TO_ONE | {"db_index": True})),
                (
                    "matter",
                    models.OneToOneField(to="matters.matter", **{k: v for k, v in TO_ONE.items() if k != "db_index"}),
                ),
                ("unit", models.ForeignKey(to="organisation.unit", **TO_ONE)),
                ("post", models.ForeignKey(to="organisation.post", **TO_ONE)),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.CheckConstraint(condition=~Q(matter=F("whole")), name="matters_part_another")],
            },
        ),
        migrations.RunSQL(RIGHTS, BACK),
    ]
