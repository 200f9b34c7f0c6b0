"""Figures: what is computed, what posts type in, what is contested; who reads and writes which rows of it."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

SEEN = """(SELECT scope_may('figures')) AND coderange(under::text, under::text || ':') && (SELECT scope_place())"""
MY_UNIT = "(SELECT p.unit_id FROM organisation_post p WHERE p.id = (SELECT scope_post()))"
MINE = f"post_id = (SELECT scope_post()) AND unit_id = {MY_UNIT}"
# Whom a contested count concerns: who asked, who decides, who may change the decision, and who answers for the place.
PARTY = f"""unit_id = {MY_UNIT} OR to_unit_id = {MY_UNIT} OR revise_unit_id = {MY_UNIT}
    OR ((SELECT scope_may('figures_decide')) AND scope_code::text <@ (SELECT scope_place()))"""

COMPUTED = f"""
ALTER TABLE indicators_observation ENABLE ROW LEVEL SECURITY;
ALTER TABLE indicators_computing ENABLE ROW LEVEL SECURITY;
ALTER TABLE indicators_behind ENABLE ROW LEVEL SECURITY;
ALTER TABLE indicators_revision ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT ON indicators_observation, indicators_computing, indicators_behind, indicators_revision TO {{app}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE, DELETE ON indicators_observation, indicators_behind TO {{worker}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (version, computed_at, checked_at, cursor) ON indicators_computing TO {{worker}}');
SELECT city_ddl('GRANT SELECT, INSERT ON indicators_revision TO {{worker}}');
SELECT city_ddl('GRANT SELECT, INSERT, DELETE ON indicators_due TO {{worker}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE indicators_computing_id_seq, indicators_revision_id_seq, indicators_due_id_seq
    TO {{worker}}');
SELECT city_ddl($$CREATE POLICY observation_see ON indicators_observation FOR SELECT TO {{app}} USING ({SEEN})$$);
SELECT city_ddl($$CREATE POLICY behind_see ON indicators_behind FOR SELECT TO {{app}} USING ({SEEN})$$);
SELECT city_ddl('CREATE POLICY behind_work ON indicators_behind FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
SELECT city_ddl($$CREATE POLICY revision_see ON indicators_revision FOR SELECT TO {{app}} USING ({SEEN})$$);
SELECT city_ddl($$CREATE POLICY computing_see ON indicators_computing FOR SELECT TO {{app}}
    USING ((SELECT scope_may('figures')))$$);
SELECT city_ddl('CREATE POLICY observation_work ON indicators_observation FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY computing_work ON indicators_computing FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY revision_work ON indicators_revision FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
"""

TYPED = f"""
ALTER TABLE indicators_value ENABLE ROW LEVEL SECURITY;
ALTER TABLE indicators_permit ENABLE ROW LEVEL SECURITY;
ALTER TABLE indicators_submission ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (is_last) ON indicators_value TO {{app}}, {{importer}}');
SELECT city_ddl('GRANT SELECT ON indicators_value TO {{worker}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE indicators_value_id_seq TO {{app}}, {{importer}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (state, until_on, reason, decided_at, decided_by_post, steps)
    ON indicators_permit TO {{app}}');
SELECT city_ddl('GRANT SELECT ON indicators_permit TO {{importer}}, {{worker}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE indicators_permit_id_seq, indicators_submission_id_seq TO {{app}}');
SELECT city_ddl('GRANT SELECT, INSERT ON indicators_submission TO {{app}}');
SELECT city_ddl('GRANT SELECT (sent_at), DELETE ON indicators_submission TO {{worker}}');
SELECT city_ddl($$CREATE POLICY value_see ON indicators_value FOR SELECT TO {{app}} USING ({SEEN})$$);
SELECT city_ddl($$CREATE POLICY value_enter ON indicators_value FOR INSERT TO {{app}} WITH CHECK (
    (SELECT scope_may('figures_enter')) AND is_last AND {MINE} AND scope_code::text <@ (SELECT scope_place()))$$);
SELECT city_ddl($$CREATE POLICY value_correct ON indicators_value FOR UPDATE TO {{app}}
    USING ((SELECT scope_may('figures_enter')) AND scope_code::text <@ (SELECT scope_place())) WITH CHECK (NOT is_last)$$);
SELECT city_ddl('CREATE POLICY value_work ON indicators_value FOR SELECT TO {{worker}}, {{importer}} USING (true)');
SELECT city_ddl('CREATE POLICY value_load ON indicators_value FOR INSERT TO {{importer}} WITH CHECK (is_last)');
SELECT city_ddl('CREATE POLICY value_load_over ON indicators_value FOR UPDATE TO {{importer}} USING (true)
    WITH CHECK (NOT is_last)');
SELECT city_ddl($$CREATE POLICY permit_see ON indicators_permit FOR SELECT TO {{app}}
    USING (unit_id = {MY_UNIT} OR to_unit_id = {MY_UNIT})$$);
SELECT city_ddl($$CREATE POLICY permit_ask ON indicators_permit FOR INSERT TO {{app}} WITH CHECK (
    (SELECT scope_may('figures_enter')) AND state = 'asked' AND {MINE}
    AND staff_id = (SELECT scope_staff()) AND scope_code::text <@ (SELECT scope_place()))$$);
SELECT city_ddl($$CREATE POLICY permit_decide ON indicators_permit FOR UPDATE TO {{app}}
    USING ((SELECT scope_may('figures_decide')) AND to_unit_id = {MY_UNIT} AND staff_id <> (SELECT scope_staff()))
    WITH CHECK (state IN ('granted', 'declined') AND decided_by_post = (SELECT scope_post()))$$);
SELECT city_ddl('CREATE POLICY permit_work ON indicators_permit FOR SELECT TO {{worker}}, {{importer}} USING (true)');
SELECT city_ddl($$CREATE POLICY submission_own ON indicators_submission FOR ALL TO {{app}}
    USING (post_id = (SELECT scope_post())) WITH CHECK (post_id = (SELECT scope_post()))$$);
SELECT city_ddl('CREATE POLICY submission_forget ON indicators_submission FOR ALL TO {{worker}} USING (true)');
"""

# The same table as `policy.excluding.WAYS`; a test compares them. What was contested is never changed: nobody has the right.
GUARD = """
CREATE FUNCTION indicators_exclusion_guard() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NEW.state = OLD.state OR (OLD.state, NEW.state) NOT IN (
        ('asked', 'granted'), ('asked', 'declined'), ('asked', 'withdrawn'), ('granted', 'declined'), ('declined', 'granted')
    ) THEN
        RAISE EXCEPTION 'indicators_exclusion: no way from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.decided_at IS NULL AND NEW.revised_at IS NOT NULL OR OLD.decided_at IS NOT NULL AND (OLD.revised_at IS NOT NULL OR NEW.revised_at IS NULL
        OR (NEW.decided_at, NEW.decided_by_post) IS DISTINCT FROM (OLD.decided_at, OLD.decided_by_post)) THEN
        RAISE EXCEPTION 'indicators_exclusion: a decision is changed once, by the level above'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $body$;
REVOKE EXECUTE ON FUNCTION indicators_exclusion_guard() FROM PUBLIC;
CREATE TRIGGER indicators_exclusion_moves BEFORE UPDATE ON indicators_exclusion
    FOR EACH ROW EXECUTE FUNCTION indicators_exclusion_guard();
"""
UNGUARD = """
DROP TRIGGER indicators_exclusion_moves ON indicators_exclusion;
DROP FUNCTION indicators_exclusion_guard();
"""

CONTESTED = f"""
ALTER TABLE indicators_exclusion ENABLE ROW LEVEL SECURITY;
ALTER TABLE indicators_said ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (state, decided_at, decided_by_post, revised_at, revised_by_post,
    steps) ON indicators_exclusion TO {{app}}');
SELECT city_ddl('GRANT SELECT ON indicators_exclusion TO {{worker}}');
SELECT city_ddl('GRANT SELECT, INSERT ON indicators_said TO {{app}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE indicators_exclusion_id_seq, indicators_said_id_seq TO {{app}}');
SELECT city_ddl($$CREATE POLICY exclusion_see ON indicators_exclusion FOR SELECT TO {{app}}
    USING ((state = 'granted' AND (SELECT scope_may('figures'))) OR {PARTY})$$);
SELECT city_ddl($$CREATE POLICY exclusion_ask ON indicators_exclusion FOR INSERT TO {{app}} WITH CHECK (
    (SELECT scope_may('figures_contest')) AND state = 'asked' AND {MINE} AND staff_id = (SELECT scope_staff())
    AND EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = matter_id AND m.number = matter_number OFFSET 0))$$);
SELECT city_ddl($$CREATE POLICY exclusion_take_back ON indicators_exclusion FOR UPDATE TO {{app}}
    USING (unit_id = {MY_UNIT} AND state = 'asked') WITH CHECK (state = 'withdrawn' AND unit_id = {MY_UNIT})$$);
SELECT city_ddl($$CREATE POLICY exclusion_decide ON indicators_exclusion FOR UPDATE TO {{app}}
    USING ((SELECT scope_may('figures_decide')) AND to_unit_id = {MY_UNIT} AND state = 'asked'
        AND staff_id <> (SELECT scope_staff()))
    WITH CHECK (state IN ('granted', 'declined') AND (SELECT scope_may('figures_decide')) AND to_unit_id = {MY_UNIT}
        AND decided_by_post = (SELECT scope_post()) AND revised_at IS NULL)$$);
SELECT city_ddl($$CREATE POLICY exclusion_revise ON indicators_exclusion FOR UPDATE TO {{app}}
    USING ((SELECT scope_may('figures_decide')) AND revise_unit_id = {MY_UNIT} AND state IN ('granted', 'declined')
        AND revised_at IS NULL AND staff_id <> (SELECT scope_staff()))
    WITH CHECK (state IN ('granted', 'declined') AND (SELECT scope_may('figures_decide'))
        AND revise_unit_id = {MY_UNIT} AND revised_by_post = (SELECT scope_post()))$$);
SELECT city_ddl('CREATE POLICY exclusion_work ON indicators_exclusion FOR SELECT TO {{worker}} USING (true)');
SELECT city_ddl($$CREATE POLICY said_see ON indicators_said FOR SELECT TO {{app}} USING (EXISTS (
    SELECT 1 FROM indicators_exclusion x WHERE x.id = exclusion_id AND ({PARTY})))$$);
SELECT city_ddl($$CREATE POLICY said_say ON indicators_said FOR INSERT TO {{app}} WITH CHECK (EXISTS (
    SELECT 1 FROM indicators_exclusion x WHERE x.id = exclusion_id AND ({PARTY})))$$);
"""

# Evidence: of a value for whoever sees the value, of a contested count for those whom it concerns; handed in by who asks.
EVIDENCE = """
SELECT city_ddl($$CREATE POLICY files_of_figures ON files_attachment FOR SELECT TO {app} USING (
    (subject_kind = 'figure' AND EXISTS (SELECT 1 FROM indicators_value v WHERE v.id = subject_id))
    OR (subject_kind = 'exclusion' AND EXISTS (SELECT 1 FROM indicators_said s WHERE s.exclusion_id = subject_id)))$$);
SELECT city_ddl($$CREATE POLICY files_onto_figures ON files_attachment AS RESTRICTIVE FOR INSERT TO {app} WITH CHECK (
    (subject_kind <> 'figure' OR EXISTS (
        SELECT 1 FROM indicators_value v WHERE v.id = subject_id AND v.post_id = (SELECT scope_post())))
    AND (subject_kind <> 'exclusion' OR EXISTS (
        SELECT 1 FROM indicators_exclusion x WHERE x.id = subject_id AND x.state = 'asked'
        AND x.post_id = (SELECT scope_post()))))$$);
"""
NO_EVIDENCE = """
DROP POLICY files_of_figures ON files_attachment;
DROP POLICY files_onto_figures ON files_attachment;
"""

# What is left out of figures, as a fact with its twin, projected with the others.
EXCLUDED = """
CREATE TABLE fact_exclusion (
    matter_id bigint NOT NULL,
    exclusion bigint NOT NULL,
    indicator text COLLATE "C" NOT NULL,
    month bigint NOT NULL,
    ground text COLLATE "C" NOT NULL,
    unit_id bigint NOT NULL,
    PRIMARY KEY (matter_id, exclusion)
);
CREATE INDEX fact_exclusion_month ON fact_exclusion (month, indicator);
CREATE TABLE fact_exclusion_spare (LIKE fact_exclusion INCLUDING ALL);
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE, DELETE ON fact_exclusion, fact_exclusion_spare TO {worker}');
"""
NOT_EXCLUDED = "DROP TABLE fact_exclusion; DROP TABLE fact_exclusion_spare"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0009_open_signoffs"),
        ("facts", "0001_facts"),
        ("files", "0003_narrow_rights"),
        ("matters", "0058_whose_turn"),
    ]

    operations = [
        migrations.CreateModel(
            name="Due",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("month", models.IntegerField()),
                ("months", models.SmallIntegerField(default=1)),
                ("reason", models.CharField(db_collation="C", max_length=12)),
                ("about", models.BigIntegerField(default=0)),
                ("asked_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Behind",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "region_id", "month", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("region_id", models.BigIntegerField()),
                ("month", models.IntegerField()),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("under", models.CharField(db_collation="C", max_length=15)),
                ("matters", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                (
                    "numerators",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                (
                    "denominators",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["month", "key"], name="indicators_behind_month")],
            },
        ),
        migrations.CreateModel(
            name="Computing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("month", models.IntegerField()),
                ("months", models.SmallIntegerField()),
                ("version", models.SmallIntegerField()),
                ("computed_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField()),
                ("cursor", models.BigIntegerField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("month", "key", "months"), name="indicators_computing_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Exclusion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("matter_id", models.BigIntegerField()),
                ("matter_number", models.CharField(db_collation="C", max_length=20)),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("month", models.IntegerField()),
                ("region_id", models.BigIntegerField()),
                ("scope_code", models.CharField(db_collation="C", max_length=15)),
                ("unit_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField()),
                ("staff_id", models.BigIntegerField()),
                ("to_unit_id", models.BigIntegerField()),
                ("ground", models.CharField(db_collation="C", max_length=40)),
                ("state", models.CharField(db_collation="C", max_length=10)),
                ("asked_at", models.DateTimeField()),
                ("decide_by", models.DateField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by_post", models.BigIntegerField(null=True)),
                ("revise_unit_id", models.BigIntegerField(null=True)),
                ("revised_at", models.DateTimeField(null=True)),
                ("revised_by_post", models.BigIntegerField(null=True)),
                ("steps", models.IntegerField(default=1)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["month", "key"], name="indicators_exclusion_month"),
                    models.Index(fields=["to_unit_id", "state"], name="indicators_exclusion_to"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state__in", ["asked", "withdrawn"])),
                            models.Q(("decided_at__isnull", False), ("state__in", ["granted", "declined"])),
                            _connector="OR",
                        ),
                        name="indicators_exclusion_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("unit_id", models.F("to_unit_id")), _negated=True),
                            models.Q(("revise_unit_id", models.F("to_unit_id")), _negated=True),
                            models.Q(("revise_unit_id", models.F("unit_id")), _negated=True),
                            models.Q(("post_id", models.F("decided_by_post")), _negated=True),
                        ),
                        name="indicators_exclusion_two",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["asked", "granted"])),
                        fields=("matter_id", "key", "month"),
                        name="indicators_exclusion_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Observation",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "region_id",
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
                ("numerator", models.BigIntegerField()),
                ("denominator", models.BigIntegerField()),
                ("month", models.IntegerField()),
                ("handed_in", models.IntegerField(null=True)),
                ("owed", models.IntegerField(null=True)),
                ("months", models.SmallIntegerField()),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("under", models.CharField(db_collation="C", max_length=15)),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["month", "key"], name="indicators_observation_month")],
            },
        ),
        migrations.CreateModel(
            name="Permit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("region_id", models.BigIntegerField()),
                ("scope_code", models.CharField(db_collation="C", max_length=15)),
                ("first", models.IntegerField()),
                ("length", models.CharField(db_collation="C", max_length=8)),
                ("unit_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField()),
                ("staff_id", models.BigIntegerField()),
                ("to_unit_id", models.BigIntegerField()),
                ("words", models.CharField(max_length=1000)),
                ("state", models.CharField(db_collation="C", max_length=10)),
                ("asked_at", models.DateTimeField()),
                ("until_on", models.DateField(null=True)),
                ("reason", models.CharField(default="", max_length=1000)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by_post", models.BigIntegerField(null=True)),
                ("salt", models.BinaryField()),
                ("steps", models.IntegerField(default=1)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "asked")),
                            models.Q(("decided_at__isnull", False), ("state", "granted"), ("until_on__isnull", False)),
                            models.Q(("decided_at__isnull", False), ("state", "declined"), ("until_on__isnull", True)),
                            _connector="OR",
                        ),
                        name="indicators_permit_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("post_id", models.F("decided_by_post")), _negated=True),
                        name="indicators_permit_two",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "asked")),
                        fields=("region_id", "key", "first"),
                        name="indicators_permit_one_open",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("region_id", models.BigIntegerField()),
                ("month", models.IntegerField()),
                ("months", models.SmallIntegerField()),
                ("number", models.IntegerField()),
                ("under", models.CharField(db_collation="C", max_length=15)),
                ("made_at", models.DateTimeField()),
                ("reason", models.CharField(db_collation="C", max_length=12)),
                ("about", models.BigIntegerField(default=0)),
                ("before_numerator", models.BigIntegerField(default=0)),
                ("before_denominator", models.BigIntegerField(null=True)),
                ("before_version", models.SmallIntegerField()),
                ("after_numerator", models.BigIntegerField(default=0)),
                ("after_denominator", models.BigIntegerField(null=True)),
                ("after_version", models.SmallIntegerField()),
                ("cursor", models.BigIntegerField()),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["about"], name="indicators_revision_about")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("region_id", "key", "month", "months", "number"), name="indicators_revision_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reason__in", ["late", "exclusion", "included", "correction", "redraw", "rule"])
                        ),
                        name="indicators_revision_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("post_id", models.BigIntegerField()),
                ("key", models.UUIDField()),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("made", models.BigIntegerField()),
                ("sent_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("post_id", "key"), name="indicators_submission_once")],
            },
        ),
        migrations.CreateModel(
            name="Value",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("version", models.SmallIntegerField()),
                ("region_id", models.BigIntegerField()),
                ("scope_code", models.CharField(db_collation="C", max_length=15)),
                ("under", models.CharField(db_collation="C", max_length=15)),
                ("first", models.IntegerField()),
                ("length", models.CharField(db_collation="C", max_length=8)),
                ("number", models.IntegerField()),
                ("is_last", models.BooleanField()),
                ("numerator", models.BigIntegerField()),
                ("denominator", models.BigIntegerField()),
                ("words", models.CharField(max_length=1000)),
                ("salt", models.BinaryField()),
                ("confirmed", models.BooleanField()),
                ("late", models.BooleanField()),
                ("unit_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField()),
                ("entered_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("region_id", "key", "first", "number"), name="indicators_value_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_last", True)),
                        fields=("region_id", "key", "first"),
                        name="indicators_value_one_last",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("denominator__gte", 0), ("number__gte", 1), ("numerator__gte", 0)),
                        name="indicators_value_counts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("length__in", ["month", "quarter", "year"])), name="indicators_value_length"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Said",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step", models.IntegerField()),
                ("text", models.CharField(max_length=1000)),
                ("salt", models.BinaryField()),
                (
                    "exclusion",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="indicators.exclusion",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("exclusion", "step"), name="indicators_said_once")],
            },
        ),
        migrations.RunSQL(COMPUTED, migrations.RunSQL.noop),
        migrations.RunSQL(TYPED, migrations.RunSQL.noop),
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.RunSQL(CONTESTED, migrations.RunSQL.noop),
        migrations.RunSQL(EVIDENCE, NO_EVIDENCE),
        migrations.RunSQL(EXCLUDED, NOT_EXCLUDED),
    ]
