"""What the level above ruled about whose duty something is: kept for the next matter of its kind in the same place."""

import django.db.models.deletion
from django.db import migrations, models

RIGHTS = """
ALTER TABLE matters_precedent ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT ON matters_precedent TO {app}');
SELECT city_ddl('GRANT SELECT ON matters_precedent TO {worker}');
SELECT city_ddl('CREATE POLICY precedent_see ON matters_precedent FOR SELECT TO {app}, {worker} USING (true)');
SELECT city_ddl($$CREATE POLICY precedent_set ON matters_precedent FOR INSERT TO {app}
    WITH CHECK (by_unit_id = (SELECT scope_unit()) AND EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = matter_id
        AND m.category = matters_precedent.category AND m.scope_code LIKE matters_precedent.region_code || '%')
        AND EXISTS (SELECT 1 FROM matters_ask a WHERE a.matter_id = matters_precedent.matter_id AND a.state = 'granted'
        AND a.to_unit_id = (SELECT scope_unit())))$$);
"""
TO_ONE = {"on_delete": django.db.models.deletion.PROTECT, "related_name": "+", "db_index": False}


class Migration(migrations.Migration):
    dependencies = [("matters", "0030_clocks")]
    operations = [
        migrations.CreateModel(
            name="Precedent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("category", models.CharField(max_length=60, db_collation="C")),
                ("region_code", models.CharField(max_length=15, db_collation="C")),
                ("ruled_at", models.DateTimeField()),
                ("unit", models.ForeignKey(to="organisation.unit", **TO_ONE)),
                ("by_unit", models.ForeignKey(to="organisation.unit", **TO_ONE)),
                ("matter", models.ForeignKey(to="matters.matter", **TO_ONE)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["category", "region_code", "-ruled_at"], name="matters_precedent_newest")
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
