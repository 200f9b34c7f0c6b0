"""Regions with dated codes, units, staff, posts and who held them; the rights of each role."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.db import migrations, models

# Text in Django's record and a set of code ranges in the database: the type is not one that Django knows, and the
# field that does may not be imported here.
RANGES = """
ALTER TABLE organisation_region_state ALTER COLUMN ranges TYPE codemultirange USING ranges::codemultirange;
ALTER TABLE organisation_region_state ADD CONSTRAINT organisation_state_ranges CHECK (NOT isempty(ranges));
ALTER TABLE organisation_region_state ADD CONSTRAINT organisation_state_valid CHECK (NOT isempty(valid));
ALTER TABLE organisation_post ALTER COLUMN ranges TYPE codemultirange USING ranges::codemultirange;
ALTER TABLE organisation_post_holding ADD CONSTRAINT organisation_holding_valid CHECK (NOT isempty(valid));
"""

# The state's copy of the level can't differ from the region's.
LEVEL = """
ALTER TABLE organisation_region_state ADD CONSTRAINT organisation_state_level
    FOREIGN KEY (region_id, level) REFERENCES organisation_region (id, level);
"""

RIGHTS = """
SELECT city_ddl('GRANT SELECT ON organisation_tree_version, organisation_region, organisation_region_state,
    organisation_unit, organisation_staff, organisation_post, organisation_post_holding
    TO {app}, {worker}, {importer}');
SELECT city_ddl('GRANT INSERT, UPDATE ON organisation_tree_version, organisation_region, organisation_region_state,
    organisation_unit, organisation_staff, organisation_post, organisation_post_holding
    TO {importer}');
"""


# The indexes of foreign keys are named and made one by one, where a query needs them.
KEY = {"db_index": False, "on_delete": django.db.models.deletion.PROTECT, "related_name": "+"}


class Migration(migrations.Migration):
    initial = True
    dependencies = [("journal", "0001_journal")]
    operations = [
        migrations.CreateModel(
            name="Region",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("level", models.CharField(max_length=10)),
                ("opened_on", models.DateField()),
                ("closed_on", models.DateField(null=True)),
            ],
            options={
                "db_table": "organisation_region",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closed_on__isnull", True), ("closed_on__gte", models.F("opened_on")), _connector="OR"
                        ),
                        name="organisation_region_dates",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("level__in", ["province", "city", "county", "township", "community", "grid", "zone"])
                        ),
                        name="organisation_region_level",
                    ),
                    models.UniqueConstraint(fields=("id", "level"), name="organisation_region_id_level"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Staff",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=50)),
                ("work_number", models.CharField(db_collation="C", max_length=32)),
            ],
            options={
                "db_table": "organisation_staff",
                "constraints": [models.UniqueConstraint(fields=("work_number",), name="organisation_staff_number")],
            },
        ),
        migrations.CreateModel(
            name="TreeVersion",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("version", models.UUIDField()),
            ],
            options={
                "db_table": "organisation_tree_version",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="organisation_tree_version_one")
                ],
            },
        ),
        migrations.CreateModel(
            name="Unit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=100)),
                ("short_name", models.CharField(max_length=100)),
                ("code", models.CharField(db_collation="C", max_length=64)),
                ("level", models.CharField(max_length=10)),
                ("department", models.CharField(db_collation="C", max_length=40, null=True)),
                ("opened_on", models.DateField()),
                ("closed_on", models.DateField(null=True)),
                ("parent", models.ForeignKey(null=True, to="organisation.unit", **KEY)),
                ("region", models.ForeignKey(to="organisation.region", **KEY)),
            ],
            options={
                "db_table": "organisation_unit",
            },
        ),
        migrations.CreateModel(
            name="Post",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("role", models.CharField(db_collation="C", max_length=40)),
                ("title", models.CharField(max_length=50)),
                ("seat", models.SmallIntegerField(default=1)),
                ("sees", models.CharField(max_length=10)),
                ("ranges", models.TextField(null=True)),
                ("opened_on", models.DateField()),
                ("closed_on", models.DateField(null=True)),
                ("region", models.ForeignKey(to="organisation.region", **KEY)),
                ("unit", models.ForeignKey(to="organisation.unit", **KEY)),
            ],
            options={
                "db_table": "organisation_post",
            },
        ),
        migrations.CreateModel(
            name="RegionState",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("level", models.CharField(max_length=10)),
                ("code", models.TextField(db_collation="C")),
                ("name", models.CharField(max_length=100)),
                ("short_name", models.CharField(max_length=100)),
                ("ranges", models.TextField()),
                ("valid", django.contrib.postgres.fields.ranges.DateRangeField()),
                ("parent", models.ForeignKey(null=True, to="organisation.region", **KEY)),
                ("region", models.ForeignKey(to="organisation.region", **KEY)),
            ],
            options={
                "db_table": "organisation_region_state",
                "indexes": [
                    models.Index(fields=["code"], name="organisation_state_code"),
                    models.Index(fields=["region"], name="organisation_state_region"),
                    models.Index(fields=["parent"], name="organisation_state_parent"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code__regex", "^[0-9]{2}$"), ("level", "province")),
                            models.Q(("code__regex", "^([0-9]{2}|[0-9]{4}|[0-9]{6})$"), ("level", "city")),
                            models.Q(("code__regex", "^[0-9]{6}$"), ("level", "county")),
                            models.Q(("code__regex", "^[0-9]{9}$"), ("level", "township")),
                            models.Q(("code__regex", "^[0-9]{12}$"), ("level", "community")),
                            models.Q(("code__regex", "^[0-9]{15}$"), ("level", "grid")),
                            models.Q(("code__regex", "^([0-9]{6}|[0-9]{9})$"), ("level", "zone")),
                            _connector="OR",
                        ),
                        name="organisation_state_code_shape",
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
                            ("valid", "&&"),
                        ],
                        name="organisation_state_one_at_a_time",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    models.F("code"), models.F("code"), models.Value("[]"), function="coderange"
                                ),
                                "&&",
                            ),
                            ("valid", "&&"),
                        ],
                        name="organisation_state_one_per_code",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PostHolding",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("valid", django.contrib.postgres.fields.ranges.DateRangeField()),
                ("post", models.ForeignKey(to="organisation.post", **KEY)),
                ("staff", models.ForeignKey(to="organisation.staff", **KEY)),
            ],
            options={
                "db_table": "organisation_post_holding",
                "indexes": [
                    models.Index(fields=["post"], name="organisation_holding_post"),
                    models.Index(fields=["staff"], name="organisation_holding_staff"),
                ],
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    models.F("post_id"), models.F("post_id"), models.Value("[]"), function="int8range"
                                ),
                                "&&",
                            ),
                            ("valid", "&&"),
                        ],
                        name="organisation_holding_one_at_a_time",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="unit",
            index=models.Index(fields=["region", "kind"], name="organisation_unit_region"),
        ),
        migrations.AddIndex(
            model_name="unit",
            index=models.Index(fields=["parent"], name="organisation_unit_parent"),
        ),
        migrations.AddIndex(
            model_name="unit",
            index=models.Index(
                condition=models.Q(("department__isnull", False)),
                fields=["department", "region"],
                name="organisation_unit_department",
            ),
        ),
        migrations.AddConstraint(
            model_name="unit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_on__isnull", True), ("closed_on__gte", models.F("opened_on")), _connector="OR"
                ),
                name="organisation_unit_dates",
            ),
        ),
        migrations.AddConstraint(
            model_name="unit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        ["centre", "department", "township", "community", "public_utility", "mediation", "volunteer"],
                    )
                ),
                name="organisation_unit_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="unit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("level__in", ["province", "city", "county", "township", "community", "grid", "zone"])
                ),
                name="organisation_unit_level",
            ),
        ),
        migrations.AddConstraint(
            model_name="unit",
            constraint=models.UniqueConstraint(fields=("code",), name="organisation_unit_code"),
        ),
        migrations.AddConstraint(
            model_name="unit",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__regex", "^[a-z0-9][a-z0-9-]*$")), name="organisation_unit_slug"
            ),
        ),
        migrations.AddConstraint(
            model_name="unit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("department__isnull", False), ("kind", "department")),
                    ("kind", "public_utility"),
                    models.Q(
                        models.Q(("kind__in", ["department", "public_utility"]), _negated=True),
                        ("department__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="organisation_unit_has_type",
            ),
        ),
        migrations.AddConstraint(
            model_name="unit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_on__isnull", True), ("kind", "centre")),
                fields=("region",),
                name="organisation_unit_one_centre",
            ),
        ),
        migrations.AddConstraint(
            model_name="unit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_on__isnull", True), ("department__isnull", False)),
                fields=("department", "region"),
                name="organisation_unit_one_of_a_type",
            ),
        ),
        migrations.AddIndex(
            model_name="post",
            index=models.Index(fields=["unit"], name="organisation_post_unit"),
        ),
        migrations.AddIndex(
            model_name="post",
            index=models.Index(fields=["region"], name="organisation_post_region"),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_on__isnull", True), ("closed_on__gte", models.F("opened_on")), _connector="OR"
                ),
                name="organisation_post_dates",
            ),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.CheckConstraint(
                condition=models.Q(("sees__in", ["region", "intake", "unit"])), name="organisation_post_sees"
            ),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.CheckConstraint(
                condition=models.Q(("seat__gte", 1)), name="organisation_post_seat_from_1"
            ),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_on__isnull", True)),
                fields=("unit", "role", "region", "seat"),
                name="organisation_post_one_of_a_seat",
            ),
        ),
        migrations.RunSQL(RANGES, migrations.RunSQL.noop),
        migrations.RunSQL(LEVEL, "ALTER TABLE organisation_region_state DROP CONSTRAINT organisation_state_level"),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
