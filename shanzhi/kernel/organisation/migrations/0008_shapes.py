"""Outlines of regions, dated: everybody reads, a keeper's post adds within its own place; a draft is its own post's alone."""

import django.contrib.postgres.constraints
import django.db.models.deletion
from django.db import migrations, models

RIGHTS = """
ALTER TABLE organisation_shape_load ENABLE ROW LEVEL SECURITY;
ALTER TABLE organisation_region_shape ENABLE ROW LEVEL SECURITY;
ALTER TABLE organisation_shape_draft ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT ON organisation_shape_load, organisation_region_shape TO {app}, {worker}, {importer}');
SELECT city_ddl('GRANT INSERT ON organisation_shape_load TO {app}, {importer}');
SELECT city_ddl('GRANT INSERT, UPDATE (holds_until) ON organisation_region_shape TO {app}, {importer}');
SELECT city_ddl('GRANT SELECT, INSERT, DELETE ON organisation_shape_draft TO {app}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE organisation_shape_load_id_seq, organisation_region_shape_id_seq
    TO {app}, {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE organisation_shape_draft_id_seq TO {app}');
SELECT city_ddl('CREATE POLICY shape_read ON organisation_shape_load FOR SELECT TO {app}, {worker}, {importer} USING (true)');
SELECT city_ddl('CREATE POLICY shape_read ON organisation_region_shape FOR SELECT TO {app}, {worker}, {importer}
    USING (true)');
SELECT city_ddl($$CREATE POLICY shape_add ON organisation_shape_load FOR INSERT TO {app}
    WITH CHECK ((SELECT scope_may('keep')) AND post_id = (SELECT scope_post()))$$);
SELECT city_ddl('CREATE POLICY shape_load ON organisation_shape_load FOR INSERT TO {importer} WITH CHECK (post_id IS NULL)');
SELECT city_ddl($$CREATE POLICY shape_add ON organisation_region_shape FOR INSERT TO {app}
    WITH CHECK ((SELECT scope_may('keep')) AND EXISTS (
        SELECT 1 FROM organisation_region_state s WHERE s.region_id = organisation_region_shape.region_id
        AND s.code <@ (SELECT scope_place())))$$);
SELECT city_ddl($$CREATE POLICY shape_end ON organisation_region_shape FOR UPDATE TO {app}
    USING ((SELECT scope_may('keep')) AND EXISTS (
        SELECT 1 FROM organisation_region_state s WHERE s.region_id = organisation_region_shape.region_id
        AND s.code <@ (SELECT scope_place()))) WITH CHECK (holds_until IS NOT NULL)$$);
SELECT city_ddl('CREATE POLICY shape_load ON organisation_region_shape FOR INSERT TO {importer} WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY shape_load_over ON organisation_region_shape FOR UPDATE TO {importer}
    USING (true) WITH CHECK (holds_until IS NOT NULL)');
SELECT city_ddl($$CREATE POLICY shape_draft ON organisation_shape_draft FOR ALL TO {app}
    USING ((SELECT scope_may('keep')) AND post_id = (SELECT scope_post()))$$);
"""


def _key(model: str) -> models.ForeignKey:
    return models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=f"organisation.{model}"
    )


class Migration(migrations.Migration):
    # Who acts is said by functions of access, which stand since its second migration.
    dependencies = [("organisation", "0007_offices"), ("access", "0002_signoff")]
    operations = [
        migrations.CreateModel(
            name="ShapeLoad",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("digest", models.CharField(db_collation="C", max_length=64)),
                ("datum", models.CharField(db_collation="C", max_length=10)),
                ("holds_from", models.DateField()),
                ("shapes", models.IntegerField()),
                ("made_at", models.DateTimeField()),
                (
                    "post",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.post",
                    ),
                ),
            ],
            options={
                "db_table": "organisation_shape_load",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("shapes__gt", 0)), name="organisation_shape_load_some")
                ],
            },
        ),
        migrations.CreateModel(
            name="RegionShape",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("outline", models.BinaryField()),
                ("sketch", models.BinaryField()),
                ("area_m2", models.FloatField()),
                ("south", models.FloatField()),
                ("north", models.FloatField()),
                ("west", models.FloatField()),
                ("east", models.FloatField()),
                ("holds_from", models.DateField()),
                ("holds_until", models.DateField(null=True)),
                ("region", _key("region")),
                ("load", _key("shapeload")),
            ],
            options={
                "db_table": "organisation_region_shape",
                "indexes": [models.Index(fields=["south", "north", "west", "east"], name="organisation_shape_box")],
                "constraints": [
                    models.UniqueConstraint(fields=("region", "load"), name="organisation_shape_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("holds_until__isnull", True),
                            ("holds_until__gte", models.F("holds_from")),
                            _connector="OR",
                        ),
                        name="organisation_shape_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("area_m2__gt", 0),
                            ("east__lte", 180),
                            ("north__lte", 90),
                            ("south__gte", -90),
                            ("west__gte", -180),
                            ("south__lt", models.F("north")),
                            ("west__lt", models.F("east")),
                        ),
                        name="organisation_shape_in_degrees",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    models.F("region_id"),
                                    models.F("region_id"),
                                    models.Value("[]"),
                                    function="int8range",
                                ),
                                "&&",
                            ),
                            (
                                models.Func(
                                    models.F("holds_from"),
                                    models.F("holds_until"),
                                    models.Value("[)"),
                                    function="daterange",
                                ),
                                "&&",
                            ),
                        ],
                        name="organisation_shape_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShapeDraft",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("digest", models.CharField(db_collation="C", max_length=64)),
                ("datum", models.CharField(db_collation="C", max_length=10)),
                ("code_field", models.CharField(default="", max_length=40)),
                ("content", models.BinaryField()),
                ("made_at", models.DateTimeField()),
                (
                    "post",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organisation.post"
                    ),
                ),
            ],
            options={"db_table": "organisation_shape_draft"},
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
