"""Who takes over from a unit whose region ends, and which redraw takes back which. By the importer, or a keeper's page."""

import django.db.models.deletion
from django.db import migrations, models

RIGHTS = """
SELECT city_ddl('GRANT SELECT ON organisation_unit_heir TO {app}, {worker}, {importer}');
SELECT city_ddl('GRANT INSERT ON organisation_unit_heir TO {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE organisation_unit_heir_id_seq TO {importer}');
SELECT city_ddl('GRANT UPDATE (parent_id) ON organisation_unit TO {importer}');
"""
BACK = """
SELECT city_ddl('REVOKE UPDATE (parent_id) ON organisation_unit FROM {importer}');
"""


def _key(model: str, *, null: bool = False) -> models.ForeignKey:
    return models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=model, null=null
    )


class Migration(migrations.Migration):
    dependencies = [("organisation", "0005_places")]
    operations = [
        migrations.AddField("redraw", "undoes", _key("organisation.redraw", null=True)),
        migrations.AddField("redraw", "plan", models.TextField(default="")),
        migrations.CreateModel(
            name="UnitHeir",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("effective_on", models.DateField()),
                ("old_unit", _key("organisation.unit")),
                ("new_unit", _key("organisation.unit")),
                ("redraw", _key("organisation.redraw", null=True)),
            ],
            options={
                "db_table": "organisation_unit_heir",
                "constraints": [
                    models.UniqueConstraint(fields=("old_unit",), name="organisation_unit_heir_once"),
                    models.CheckConstraint(
                        condition=~models.Q(old_unit=models.F("new_unit")), name="organisation_unit_heir_another"
                    ),
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, BACK),
    ]
