"""Places with their dated versions: everybody reads, who keeps the city's tables edits within their own places."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.db import migrations, models

RIGHTS = """
ALTER TABLE organisation_place ENABLE ROW LEVEL SECURITY;
ALTER TABLE organisation_place_version ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT ON organisation_place, organisation_place_version TO {app}, {worker}, {importer}');
SELECT city_ddl('GRANT INSERT ON organisation_place TO {app}, {importer}');
SELECT city_ddl('GRANT INSERT, UPDATE (holds_until) ON organisation_place_version TO {app}, {worker}, {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE organisation_place_id_seq TO {app}, {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE organisation_place_version_id_seq TO {app}, {worker}, {importer}');
SELECT city_ddl('CREATE POLICY place_read ON organisation_place FOR SELECT TO {app}, {worker}, {importer} USING (true)');
SELECT city_ddl($$CREATE POLICY place_add ON organisation_place FOR INSERT TO {app}
    WITH CHECK ((SELECT scope_may('keep')))$$);
SELECT city_ddl('CREATE POLICY place_load ON organisation_place FOR INSERT TO {importer} WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY place_read ON organisation_place_version FOR SELECT TO {app}, {worker}, {importer}
    USING (true)');
SELECT city_ddl($$CREATE POLICY place_say ON organisation_place_version FOR INSERT TO {app}
    WITH CHECK ((SELECT scope_may('keep')) AND post_id = (SELECT scope_post()) AND EXISTS (
        SELECT 1 FROM organisation_region_state s WHERE s.region_id = organisation_place_version.region_id
        AND s.code <@ (SELECT scope_place())))$$);
SELECT city_ddl($$CREATE POLICY place_end ON organisation_place_version FOR UPDATE TO {app}
    USING ((SELECT scope_may('keep')) AND EXISTS (
        SELECT 1 FROM organisation_region_state s WHERE s.region_id = organisation_place_version.region_id
        AND s.code <@ (SELECT scope_place()))) WITH CHECK (holds_until IS NOT NULL)$$);
SELECT city_ddl('CREATE POLICY place_load ON organisation_place_version FOR INSERT TO {worker}, {importer}
    WITH CHECK (post_id IS NULL)');
SELECT city_ddl('CREATE POLICY place_load_over ON organisation_place_version FOR UPDATE TO {worker}, {importer}
    USING (true) WITH CHECK (holds_until IS NOT NULL)');
"""
MARK = "ALTER TABLE organisation_place ADD CONSTRAINT organisation_place_mark CHECK (mark ~ '^[0-9a-f]{16}$')"


class Migration(migrations.Migration):
    # Who acts is said by functions of access, which stand since its second migration.
    dependencies = [("organisation", "0004_redraw"), ("access", "0002_signoff")]
    operations = [
        migrations.CreateModel(
            name="Place",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("source", models.CharField(db_collation="C", max_length=40, null=True)),
                ("source_number", models.CharField(db_collation="C", max_length=40, null=True)),
                ("mark", models.CharField(db_collation="C", max_length=16)),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "db_table": "organisation_place",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("source__isnull", False)),
                        fields=("source", "source_number"),
                        name="organisation_place_source",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source__isnull", True), ("source_number__isnull", True))
                        | models.Q(("source__isnull", False), ("source_number__isnull", False)),
                        name="organisation_place_source_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PlaceVersion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("version", models.IntegerField()),
                ("kind", models.CharField(db_collation="C", max_length=20)),
                ("name", models.CharField(max_length=60)),
                ("plain", models.CharField(db_collation="C", max_length=80)),
                ("also", models.CharField(default="", max_length=200)),
                ("address", models.CharField(default="", max_length=200)),
                ("latitude", models.DecimalField(decimal_places=6, max_digits=9, null=True)),
                ("longitude", models.DecimalField(decimal_places=6, max_digits=9, null=True)),
                ("firm", models.CharField(default="", max_length=60)),
                ("firm_phone", models.CharField(default="", max_length=20)),
                ("committee", models.CharField(default="", max_length=60)),
                ("committee_phone", models.CharField(default="", max_length=20)),
                ("is_closed", models.BooleanField(default=False)),
                ("holds_from", models.DateField()),
                ("holds_until", models.DateField(null=True)),
                ("made_at", models.DateTimeField()),
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
                    "region",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.region",
                    ),
                ),
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
                "db_table": "organisation_place_version",
                "indexes": [
                    models.Index(fields=["latitude", "longitude"], name="organisation_place_point"),
                    models.Index(fields=["region"], name="organisation_place_region"),
                    models.Index(fields=["plain"], name="organisation_place_plain"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("place", "version"), name="organisation_place_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("holds_until__isnull", True),
                            ("holds_until__gte", models.F("holds_from")),
                            _connector="OR",
                        ),
                        name="organisation_place_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("latitude__isnull", True), ("longitude__isnull", True))
                        | models.Q(
                            ("latitude__gte", -90),
                            ("latitude__lte", 90),
                            ("longitude__gte", -180),
                            ("longitude__lte", 180),
                        ),
                        name="organisation_place_in_degrees",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    models.F("place_id"),
                                    models.F("place_id"),
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
                        name="organisation_place_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.RunSQL(MARK, "ALTER TABLE organisation_place DROP CONSTRAINT organisation_place_mark"),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
