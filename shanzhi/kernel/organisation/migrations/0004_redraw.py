"""Changes of the region tree as they were carried out, and what became of each region: matters follow by them."""

import django.db.models.deletion
from django.db import migrations, models

RIGHTS = """
SELECT city_ddl('GRANT SELECT ON organisation_redraw, organisation_redraw_pair TO {app}, {worker}, {importer}');
SELECT city_ddl('GRANT INSERT ON organisation_redraw, organisation_redraw_pair TO {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE organisation_redraw_id_seq, organisation_redraw_pair_id_seq TO {importer}');
SELECT city_ddl('GRANT UPDATE (followed_at) ON organisation_redraw TO {worker}');
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0003_narrow_rights")]
    operations = [
        migrations.CreateModel(
            name="Redraw",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("effective_on", models.DateField()),
                ("made_at", models.DateTimeField()),
                ("followed_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "organisation_redraw"},
        ),
        migrations.CreateModel(
            name="RedrawPair",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("old_code", models.TextField(db_collation="C")),
                ("new_code", models.TextField(null=True, db_collation="C")),
                (
                    "redraw",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.redraw",
                    ),
                ),
                (
                    "old_region",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.region",
                    ),
                ),
                (
                    "new_region",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.region",
                    ),
                ),
            ],
            options={
                "db_table": "organisation_redraw_pair",
                "indexes": [models.Index(fields=["old_region"], name="organisation_redraw_old")],
                "constraints": [
                    models.UniqueConstraint(fields=("redraw", "old_region"), name="organisation_redraw_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("new_code__isnull", True), ("new_region__isnull", True)),
                            models.Q(("new_code__isnull", False), ("new_region__isnull", False)),
                            _connector="OR",
                        ),
                        name="organisation_redraw_whole",
                    ),
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
