"""Which rung of the ladder was told of which clock: written once, by the worker alone."""

import django.db.models.deletion
from django.db import migrations, models

RIGHTS = """
ALTER TABLE matters_rung ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT ON matters_rung TO {worker}');
SELECT city_ddl('CREATE POLICY rung_work ON matters_rung TO {worker} USING (true) WITH CHECK (true)');
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0043_supervision")]
    operations = [
        migrations.CreateModel(
            name="Rung",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rung", models.CharField(max_length=40, db_collation="C")),
                ("told_at", models.DateTimeField()),
                *(
                    (
                        name,
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=f"matters.{name}",
                            db_index=False,
                        ),
                    )
                    for name in ("matter", "clock")
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=["clock", "rung"], name="matters_rung_once")],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
