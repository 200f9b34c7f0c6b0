"""Units and posts can be changed: each change keeps what was so before. The list of what may be asked of communities."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.db import migrations, models

# The stand-in for the field's own type; a holding may only become shorter, whoever changes it: who held a post on a day
# that has passed stays true.
RULES = """
ALTER TABLE organisation_post_past ALTER COLUMN ranges TYPE codemultirange USING ranges::codemultirange;
ALTER TABLE organisation_admission ADD CONSTRAINT organisation_admission_valid CHECK (NOT isempty(valid));
CREATE FUNCTION organisation_holding_shrinks() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NEW.valid <@ OLD.valid AND lower(NEW.valid) = lower(OLD.valid) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a holding can only end earlier' USING ERRCODE = 'restrict_violation';
END $body$;
REVOKE EXECUTE ON FUNCTION organisation_holding_shrinks() FROM PUBLIC;
CREATE TRIGGER organisation_holding_shrinks BEFORE UPDATE ON organisation_post_holding
    FOR EACH ROW EXECUTE FUNCTION organisation_holding_shrinks();
-- Does somebody go on in a post as a redraw has it: in the same role and sight, from the day on which their post ended?
CREATE FUNCTION organisation_goes_on(post bigint, staff bigint, held daterange) RETURNS boolean LANGUAGE sql STABLE AS $body$
    SELECT EXISTS (
        SELECT 1 FROM organisation_post new
        JOIN organisation_post old ON old.closed_on = new.opened_on AND old.role = new.role AND old.sees = new.sees
            AND (old.ranges IS NULL) = (new.ranges IS NULL)
        JOIN organisation_post_holding was ON was.post_id = old.id AND was.staff_id = staff
            AND upper(was.valid) = new.opened_on
        JOIN organisation_redraw r ON r.effective_on = new.opened_on
        WHERE new.id = post AND lower(held) = new.opened_on
            AND (new.unit_id = old.unit_id OR EXISTS (
                SELECT 1 FROM organisation_unit_heir h JOIN organisation_unit a ON a.id = h.old_unit_id
                JOIN organisation_unit b ON b.id = h.new_unit_id AND b.kind = a.kind
                    AND b.department IS NOT DISTINCT FROM a.department
                WHERE h.old_unit_id = old.unit_id AND h.new_unit_id = new.unit_id AND h.redraw_id = r.id))
            AND (new.region_id = old.region_id OR EXISTS (
                SELECT 1 FROM organisation_redraw_pair p
                WHERE p.redraw_id = r.id AND p.old_region_id = old.region_id AND p.new_region_id = new.region_id)))
$body$;
REVOKE EXECUTE ON FUNCTION organisation_goes_on(bigint, bigint, daterange) FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION organisation_goes_on(bigint, bigint, daterange) TO {app}');
SELECT city_ddl('GRANT SELECT ON organisation_unit_past, organisation_post_past, organisation_admission
    TO {app}, {worker}, {importer}');
SELECT city_ddl('GRANT INSERT ON organisation_admission TO {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE organisation_admission_id_seq TO {importer}');
"""
BACK = """
DROP TRIGGER organisation_holding_shrinks ON organisation_post_holding;
DROP FUNCTION organisation_holding_shrinks();
DROP FUNCTION organisation_goes_on(bigint, bigint, daterange);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("organisation", "0006_succession"),
    ]

    operations = [
        migrations.AddField(
            model_name="post",
            name="version",
            field=models.IntegerField(default=1),
        ),
        migrations.AddField(
            model_name="unit",
            name="capacity",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="unit",
            name="version",
            field=models.IntegerField(default=1),
        ),
        migrations.CreateModel(
            name="Admission",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("item", models.CharField(max_length=100)),
                ("level", models.CharField(max_length=10)),
                ("ground", models.CharField(max_length=300)),
                ("valid", django.contrib.postgres.fields.ranges.DateRangeField()),
            ],
            options={
                "db_table": "organisation_admission",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("level__in", ["community", "grid"]),
                            models.Q(("item", ""), _negated=True),
                            models.Q(("ground", ""), _negated=True),
                        ),
                        name="organisation_admission_whole",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    models.Func(models.F("level"), function="hashtext"),
                                    models.Func(models.F("level"), function="hashtext"),
                                    models.Value("[]"),
                                    function="int4range",
                                ),
                                "&&",
                            ),
                            (
                                models.Func(
                                    models.Func(models.F("item"), models.Value(0), function="hashtextextended"),
                                    models.Func(models.F("item"), models.Value(0), function="hashtextextended"),
                                    models.Value("[]"),
                                    function="int8range",
                                ),
                                "&&",
                            ),
                            ("valid", "&&"),
                        ],
                        name="organisation_admission_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PostPast",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("version", models.IntegerField()),
                ("role", models.CharField(db_collation="C", max_length=40)),
                ("title", models.CharField(max_length=50)),
                ("sees", models.CharField(max_length=10)),
                ("ranges", models.TextField(null=True)),
                ("valid", django.contrib.postgres.fields.ranges.DateRangeField()),
                ("changed_at", models.DateTimeField()),
                ("changed_by_post", models.BigIntegerField(null=True)),
                (
                    "post",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.post",
                    ),
                ),
            ],
            options={
                "db_table": "organisation_post_past",
                "constraints": [
                    models.UniqueConstraint(fields=("post", "version"), name="organisation_post_past_version"),
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
                        name="organisation_post_past_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnitPast",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("version", models.IntegerField()),
                ("name", models.CharField(max_length=100)),
                ("short_name", models.CharField(max_length=100)),
                ("capacity", models.PositiveIntegerField(null=True)),
                ("closed_on", models.DateField(null=True)),
                ("valid", django.contrib.postgres.fields.ranges.DateRangeField()),
                ("changed_at", models.DateTimeField()),
                ("changed_by_post", models.BigIntegerField(null=True)),
                (
                    "parent",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.unit",
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
            ],
            options={
                "db_table": "organisation_unit_past",
                "constraints": [
                    models.UniqueConstraint(fields=("unit", "version"), name="organisation_unit_past_version"),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    models.F("unit_id"), models.F("unit_id"), models.Value("[]"), function="int8range"
                                ),
                                "&&",
                            ),
                            ("valid", "&&"),
                        ],
                        name="organisation_unit_past_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.RunSQL(RULES, BACK),
    ]
