"""Decisions about counts are brought into figures one by one; what can't be added up is kept as computed anew under other
trees; whoever contests a count is told whether it is one.

`indicators_counts` looks past row-level security, so it is narrow: yes or no about one matter, for a post that contests.
"""

from django.db import migrations, models

SEEN = """(SELECT scope_may('figures')) AND coderange(under::text, under::text || ':') && (SELECT scope_place())"""

# What was decided so far is in the figures. The guard is about what people decide, not about what the background has done.
CARRIED = """
DROP TRIGGER indicators_exclusion_moves ON indicators_exclusion;
UPDATE indicators_exclusion SET is_left_out = true WHERE state = 'granted';
CREATE TRIGGER indicators_exclusion_moves
    BEFORE UPDATE OF state, decided_at, decided_by_post, revised_at, revised_by_post, steps ON indicators_exclusion
    FOR EACH ROW EXECUTE FUNCTION indicators_exclusion_guard();
SELECT city_ddl('GRANT UPDATE (is_left_out) ON indicators_exclusion TO {worker}');
SELECT city_ddl('CREATE POLICY exclusion_carry ON indicators_exclusion FOR UPDATE TO {worker} USING (true) WITH CHECK (true)');
"""
NOT_CARRIED = """
DROP POLICY exclusion_carry ON indicators_exclusion;
DROP TRIGGER indicators_exclusion_moves ON indicators_exclusion;
CREATE TRIGGER indicators_exclusion_moves BEFORE UPDATE ON indicators_exclusion
    FOR EACH ROW EXECUTE FUNCTION indicators_exclusion_guard();
"""

RESTATED = f"""
ALTER TABLE indicators_restated ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT ON indicators_restated TO {{app}}');
SELECT city_ddl('GRANT SELECT, INSERT, DELETE ON indicators_restated TO {{worker}}');
SELECT city_ddl('GRANT UPDATE (tree) ON indicators_computing TO {{worker}}');
SELECT city_ddl($$CREATE POLICY restated_see ON indicators_restated FOR SELECT TO {{app}} USING ({SEEN})$$);
SELECT city_ddl('CREATE POLICY restated_work ON indicators_restated FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
"""

COUNTS = """
CREATE FUNCTION indicators_counts(wanted_key text, wanted_month integer, wanted_matter bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
BEGIN
    RETURN scope_post() IS NOT NULL AND scope_may('figures_contest') IS TRUE AND EXISTS (
        SELECT 1 FROM indicators_behind b
        WHERE b.month = wanted_month AND b.key = wanted_key AND b.matters @> ARRAY[wanted_matter]);
END $body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION indicators_counts(text, integer, bigint) SET search_path = %I, pg_temp', current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION indicators_counts(text, integer, bigint) FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION indicators_counts(text, integer, bigint) TO {app}');
"""
NO_COUNTS = "DROP FUNCTION indicators_counts(text, integer, bigint)"


class Migration(migrations.Migration):
    dependencies = [("indicators", "0001_values")]

    operations = [
        migrations.AddField(model_name="computing", name="tree", field=models.UUIDField(null=True)),
        migrations.AddField(
            model_name="exclusion", name="is_left_out", field=models.BooleanField(db_default=False, default=False)
        ),
        migrations.CreateModel(
            name="Restated",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "region_id",
                        "tree_on",
                        "month",
                        "key",
                        "months",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("region_id", models.BigIntegerField()),
                ("numerator", models.BigIntegerField(null=True)),
                ("denominator", models.BigIntegerField()),
                ("tree_on", models.DateField()),
                ("month", models.IntegerField()),
                ("months", models.SmallIntegerField()),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("under", models.CharField(db_collation="C", max_length=15)),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["month", "key"], name="indicators_restated_month")],
            },
        ),
        migrations.RunSQL(CARRIED, NOT_CARRIED),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_left_out", False), ("state__in", ["granted", "declined"]), _connector="OR"),
                name="indicators_exclusion_left_out",
            ),
        ),
        migrations.RunSQL(RESTATED, migrations.RunSQL.noop),
        migrations.RunSQL(COUNTS, NO_COUNTS),
    ]
