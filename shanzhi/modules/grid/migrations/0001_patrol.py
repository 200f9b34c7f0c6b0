"""Sign-ins at places: written by a grid's staff for their own unit, never changed, seen with the place's grid."""

import django.db.models.deletion
from django.db import migrations, models

RIGHTS = """
ALTER TABLE grid_patrol ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT ON grid_patrol TO {app}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE grid_patrol_id_seq TO {app}');
SELECT city_ddl($$CREATE POLICY patrol_see ON grid_patrol FOR SELECT TO {app}
    USING (unit_id = (SELECT scope_unit()) OR scope_code::text <@ (SELECT scope_ranges()))$$);
SELECT city_ddl($$CREATE POLICY patrol_sign ON grid_patrol FOR INSERT TO {app}
    WITH CHECK ((SELECT scope_may('grid')) AND unit_id = (SELECT scope_unit()))$$);
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("organisation", "0005_places"),
        ("matters", "0020_matter_place"),
        ("access", "0002_signoff"),
    ]
    operations = [
        migrations.CreateModel(
            name="Patrol",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True)),
                ("scope_code", models.CharField(db_collation="C", max_length=15)),
                ("on", models.DateField()),
                ("by_mark", models.BooleanField(default=False)),
                ("distance", models.CharField(db_collation="C", max_length=10)),
                (
                    "place",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.place",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.unit",
                    ),
                ),
                (
                    "matter",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matters.matter",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["place", "-on"], name="grid_patrol_place")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("matter__isnull", True)),
                        fields=("place", "unit", "on"),
                        name="grid_patrol_once_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("distance__in", ["at", "near", "far", "unknown"])),
                        name="grid_patrol_distance",
                    ),
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
