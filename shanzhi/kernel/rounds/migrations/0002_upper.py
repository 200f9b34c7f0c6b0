"""The organiser's side of rounds: teams, ties, packs received, looks, visits, closings, results; who reads and writes them,
and what the database itself refuses: a score or visit by somebody with a tie, or by whoever did the other.

A tie is read as a row by whoever declared it alone. `rounds_tied` answers yes or no about one member of staff and one city: to
themselves, and to whoever names members; `rounds_stale` says which scores of a city are to be given anew, and not whose they are.
"""

import django.db.models.deletion
from django.db import migrations, models

MY_UNIT = "(SELECT p.unit_id FROM organisation_post p WHERE p.id = (SELECT scope_post()))"
MINE = f"post_id = (SELECT scope_post()) AND unit_id = {MY_UNIT}"
OF_CITY = "EXISTS (SELECT 1 FROM rounds_city c WHERE c.id = round_city_id)"
ABOVE = "(SELECT scope_may('rounds_organise') OR scope_may('rounds_score') OR scope_may('rounds_centre'))"
STAGED = """(stage = 'province' AND (SELECT scope_may('rounds_score')) OR stage = 'centre' AND (SELECT scope_may('rounds_centre')))"""
NAMES = """(stage = 'province' AND (SELECT scope_may('rounds_organise')) OR stage = 'centre' AND (SELECT scope_may('rounds_centre')))"""
TABLES = (
    "rounds_member", "rounds_tie", "rounds_receipt", "rounds_look", "rounds_visit", "rounds_closing", "rounds_result",
    "rounds_practice",
)  # fmt: skip

GRANTS = (
    "\n".join(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;" for table in TABLES)
    + f"""
SELECT city_ddl('GRANT SELECT, INSERT ON {", ".join(TABLES)} TO {{app}}');
SELECT city_ddl('GRANT SELECT, INSERT ON rounds_receipt TO {{worker}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE {", ".join(f"{t}_id_seq" for t in TABLES)} TO {{app}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE rounds_receipt_id_seq TO {{worker}}');
SELECT city_ddl('GRANT UPDATE (ended_at) ON rounds_member TO {{app}}');
SELECT city_ddl('GRANT UPDATE (is_last) ON rounds_result TO {{app}}');
SELECT city_ddl('GRANT UPDATE (faults, recomputed, checked_at) ON rounds_receipt TO {{worker}}');
SELECT city_ddl($$CREATE POLICY member_see ON rounds_member FOR SELECT TO {{app}} USING ({ABOVE})$$);
SELECT city_ddl($$CREATE POLICY member_name ON rounds_member FOR INSERT TO {{app}} WITH CHECK (
    {NAMES} AND ended_at IS NULL AND named_by_post = (SELECT scope_post()))$$);
SELECT city_ddl($$CREATE POLICY member_end ON rounds_member FOR UPDATE TO {{app}}
    USING ({NAMES} AND ended_at IS NULL) WITH CHECK (ended_at IS NOT NULL)$$);
SELECT city_ddl($$CREATE POLICY tie_own ON rounds_tie FOR SELECT TO {{app}} USING (staff_id = (SELECT scope_staff()))$$);
SELECT city_ddl($$CREATE POLICY tie_declare ON rounds_tie FOR INSERT TO {{app}} WITH CHECK (
    staff_id = (SELECT scope_staff()) AND post_id = (SELECT scope_post()) AND {ABOVE})$$);
SELECT city_ddl($$CREATE POLICY receipt_see ON rounds_receipt FOR SELECT TO {{app}} USING ({ABOVE} AND {OF_CITY})$$);
SELECT city_ddl($$CREATE POLICY receipt_keep ON rounds_receipt FOR INSERT TO {{app}} WITH CHECK (
    (SELECT scope_may('rounds_organise')) AND {OF_CITY} AND checked_at IS NULL)$$);
SELECT city_ddl('CREATE POLICY receipt_work ON rounds_receipt FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
SELECT city_ddl($$CREATE POLICY look_see ON rounds_look FOR SELECT TO {{app}} USING ({ABOVE} AND {OF_CITY})$$);
SELECT city_ddl($$CREATE POLICY look_keep ON rounds_look FOR INSERT TO {{app}} WITH CHECK ({OF_CITY} AND {MINE} AND {STAGED})$$);
SELECT city_ddl($$CREATE POLICY visit_see ON rounds_visit FOR SELECT TO {{app}} USING ({ABOVE} AND {OF_CITY})$$);
SELECT city_ddl($$CREATE POLICY visit_keep ON rounds_visit FOR INSERT TO {{app}} WITH CHECK (
    {OF_CITY} AND {MINE} AND staff_id = (SELECT scope_staff()) AND {STAGED})$$);
SELECT city_ddl($$CREATE POLICY closing_see ON rounds_closing FOR SELECT TO {{app}} USING (
    EXISTS (SELECT 1 FROM rounds_finding f WHERE f.id = finding_id))$$);
SELECT city_ddl($$CREATE POLICY closing_close ON rounds_closing FOR INSERT TO {{app}} WITH CHECK (
    {ABOVE} AND {MINE} AND EXISTS (SELECT 1 FROM rounds_finding f WHERE f.id = finding_id))$$);
SELECT city_ddl($$CREATE POLICY result_see ON rounds_result FOR SELECT TO {{app}} USING ({OF_CITY})$$);
SELECT city_ddl($$CREATE POLICY result_publish ON rounds_result FOR INSERT TO {{app}} WITH CHECK (
    {OF_CITY} AND {MINE} AND is_last AND (SELECT scope_may('rounds_centre')))$$);
SELECT city_ddl($$CREATE POLICY result_over ON rounds_result FOR UPDATE TO {{app}}
    USING ((SELECT scope_may('rounds_centre')) AND is_last) WITH CHECK (NOT is_last)$$);
SELECT city_ddl($$CREATE POLICY practice_see ON rounds_practice FOR SELECT TO {{app}} USING ({OF_CITY})$$);
SELECT city_ddl($$CREATE POLICY practice_name ON rounds_practice FOR INSERT TO {{app}} WITH CHECK (
    {OF_CITY} AND {MINE} AND (SELECT scope_may('rounds_centre')))$$);
"""
)

# Who is tied: the same rule as `policy.ties`, which a test compares. Below it, what follows for scores and visits.
TIES = """
CREATE FUNCTION rounds_has_tie(who bigint, city text, on_day date) RETURNS boolean LANGUAGE sql STABLE AS $body$
    SELECT EXISTS (
        SELECT 1 FROM rounds_tie t WHERE t.staff_id = who AND starts_with(t.region_code, city)
        AND (t.until_on IS NULL OR on_day < (t.until_on + interval '3 years')::date))
    OR EXISTS (
        SELECT 1 FROM organisation_post_holding h
        JOIN organisation_post p ON p.id = h.post_id
        JOIN organisation_region_state s ON s.region_id = p.region_id AND s.valid && h.valid
        WHERE h.staff_id = who AND starts_with(s.code, city) AND lower(h.valid) <= on_day
        AND (upper(h.valid) IS NULL OR on_day < (upper(h.valid) + interval '3 years')::date))
$body$;
CREATE FUNCTION rounds_tied(who bigint, city text, on_day date) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
BEGIN
    IF (who = scope_staff() OR scope_may('rounds_organise') OR scope_may('rounds_centre')) IS NOT TRUE THEN
        RETURN NULL;
    END IF;
    RETURN rounds_has_tie(who, city, on_day);
END $body$;
CREATE FUNCTION rounds_stale(city_row bigint, on_day date) RETURNS TABLE (key text, stage text)
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
BEGIN
    IF (scope_may('rounds_organise') OR scope_may('rounds_score') OR scope_may('rounds_centre')) IS NOT TRUE THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT s.key::text, s.stage::text FROM rounds_score s
        JOIN rounds_city c ON c.id = s.round_city_id
        WHERE s.round_city_id = city_row AND s.is_last AND s.stage <> 'self' AND s.staff_id IS NOT NULL
        AND rounds_has_tie(s.staff_id, c.city_code::text, on_day);
END $body$;
CREATE FUNCTION rounds_upper_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $body$
DECLARE
    found record;
    day date;
BEGIN
    IF NEW.stage = 'self' THEN
        RETURN NEW;
    END IF;
    SELECT c.city_code::text AS city, c.state, c.round_id, r.is_ours INTO found
        FROM rounds_city c JOIN rounds_round r ON r.id = c.round_id WHERE c.id = NEW.round_city_id;
    IF NOT found.is_ours THEN
        RETURN NEW;
    END IF;
    day := (CASE TG_TABLE_NAME WHEN 'rounds_score' THEN to_jsonb(NEW)->>'at' ELSE to_jsonb(NEW)->>'kept_at' END)::timestamptz::date;
    IF (NEW.stage, found.state) NOT IN (('province', 'received'), ('province', 'scored'), ('centre', 'through'),
            ('centre', 'spot_checked')) THEN
        RAISE EXCEPTION 'rounds: % does not assess a city that is %', NEW.stage, found.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM rounds_member m WHERE m.round_id = found.round_id AND m.stage = NEW.stage
            AND m.post_id = NEW.post_id AND m.ended_at IS NULL) THEN
        RAISE EXCEPTION 'rounds: not in the team' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF rounds_has_tie(NEW.staff_id, found.city, day) THEN
        RAISE EXCEPTION 'rounds: tied to the city' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_TABLE_NAME = 'rounds_score' AND EXISTS (SELECT 1 FROM rounds_visit v WHERE v.round_city_id = NEW.round_city_id
            AND v.key = NEW.key AND v.staff_id = NEW.staff_id)
        OR TG_TABLE_NAME = 'rounds_visit' AND EXISTS (SELECT 1 FROM rounds_score s WHERE s.round_city_id = NEW.round_city_id
            AND s.key = NEW.key AND s.stage <> 'self' AND s.staff_id = NEW.staff_id) THEN
        RAISE EXCEPTION 'rounds: who checks an item does not score it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $body$;
CREATE FUNCTION rounds_decider_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $body$
BEGIN
    IF NEW.state <> OLD.state AND EXISTS (
        SELECT 1 FROM rounds_score s JOIN rounds_city c ON c.id = s.round_city_id JOIN rounds_round r ON r.id = c.round_id
        WHERE r.is_ours AND s.round_city_id = NEW.round_city_id AND s.key = NEW.key AND s.stage = NEW.stage
        AND (s.post_id = NEW.decided_by_post OR s.staff_id = scope_staff())) THEN
        RAISE EXCEPTION 'rounds: nobody decides about a score of their own' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION rounds_has_tie(bigint, text, date) SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION rounds_tied(bigint, text, date) SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION rounds_stale(bigint, date) SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION rounds_upper_guard() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION rounds_decider_guard() SET search_path = %I, pg_temp', current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION rounds_has_tie(bigint, text, date), rounds_tied(bigint, text, date), rounds_stale(bigint, date),
    rounds_upper_guard(), rounds_decider_guard() FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION rounds_tied(bigint, text, date), rounds_stale(bigint, date) TO {app}');
CREATE TRIGGER rounds_score_upper BEFORE INSERT ON rounds_score FOR EACH ROW EXECUTE FUNCTION rounds_upper_guard();
CREATE TRIGGER rounds_visit_upper BEFORE INSERT ON rounds_visit FOR EACH ROW EXECUTE FUNCTION rounds_upper_guard();
CREATE TRIGGER rounds_objection_decider BEFORE UPDATE ON rounds_objection
    FOR EACH ROW EXECUTE FUNCTION rounds_decider_guard();
"""
NO_TIES = """
DROP TRIGGER rounds_score_upper ON rounds_score;
DROP TRIGGER rounds_visit_upper ON rounds_visit;
DROP TRIGGER rounds_objection_decider ON rounds_objection;
DROP FUNCTION rounds_upper_guard();
DROP FUNCTION rounds_decider_guard();
DROP FUNCTION rounds_stale(bigint, date);
DROP FUNCTION rounds_tied(bigint, text, date);
DROP FUNCTION rounds_has_tie(bigint, text, date);
"""

# Photos of a visit: read with it, handed in by whoever made it.
BESIDE = """
SELECT city_ddl($$CREATE POLICY files_of_visits ON files_attachment FOR SELECT TO {app} USING (
    subject_kind = 'visit' AND EXISTS (SELECT 1 FROM rounds_visit v WHERE v.id = subject_id))$$);
SELECT city_ddl($$CREATE POLICY files_onto_visits ON files_attachment AS RESTRICTIVE FOR INSERT TO {app} WITH CHECK (
    subject_kind <> 'visit' OR EXISTS (SELECT 1 FROM rounds_visit v WHERE v.id = subject_id
        AND v.post_id = (SELECT scope_post())))$$);
"""
NOT_BESIDE = """
DROP POLICY files_of_visits ON files_attachment;
DROP POLICY files_onto_visits ON files_attachment;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("rounds", "0001_rounds"),
    ]

    operations = [
        migrations.CreateModel(
            name="Closing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=100)),
                ("words", models.CharField(max_length=1000)),
                ("unit_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField()),
                ("closed_at", models.DateTimeField()),
                (
                    "finding",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rounds.finding"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Tie",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("staff_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField()),
                ("region_code", models.CharField(db_collation="C", max_length=15)),
                ("until_on", models.DateField(null=True)),
                ("declared_at", models.DateTimeField()),
                ("salt", models.BinaryField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("staff_id", "region_code", "until_on"), name="rounds_tie_once", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Look",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("stage", models.CharField(db_collation="C", max_length=8)),
                ("kind", models.CharField(db_collation="C", max_length=8)),
                ("reference", models.CharField(max_length=100)),
                ("is_right", models.BooleanField()),
                ("words", models.CharField(default="", max_length=1000)),
                ("unit_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField()),
                ("looked_at", models.DateTimeField()),
                (
                    "round_city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rounds.roundcity"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("stage__in", ["province", "centre"]), ("kind__in", ["evidence", "matter"])),
                        name="rounds_look_kind",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stage", models.CharField(db_collation="C", max_length=8)),
                ("post_id", models.BigIntegerField()),
                ("unit_id", models.BigIntegerField()),
                ("named_by_post", models.BigIntegerField()),
                ("named_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "round",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rounds.round"),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("stage__in", ["province", "centre"])), name="rounds_member_stage"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("round", "stage", "post_id"),
                        name="rounds_member_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Practice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("project", models.CharField(db_collation="C", max_length=40)),
                ("words", models.CharField(max_length=1000)),
                ("unit_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField()),
                ("named_at", models.DateTimeField()),
                (
                    "round_city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rounds.roundcity"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("round_city", "project"), name="rounds_practice_once")],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("submission", models.IntegerField()),
                ("letter_uid", models.UUIDField(unique=True)),
                ("sha256", models.CharField(db_collation="C", max_length=64)),
                ("program", models.CharField(default="", max_length=100)),
                ("faults", models.JSONField(default=list)),
                ("recomputed", models.JSONField(default=dict)),
                ("received_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField(null=True)),
                (
                    "round_city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rounds.roundcity"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("round_city", "submission"), name="rounds_receipt_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Result",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.IntegerField()),
                ("is_last", models.BooleanField(default=True)),
                ("total", models.DecimalField(decimal_places=2, max_digits=9, null=True)),
                ("bonus", models.DecimalField(decimal_places=2, max_digits=9)),
                ("vetoes", models.IntegerField()),
                ("passes", models.BooleanField()),
                ("pass_at", models.DecimalField(decimal_places=2, max_digits=5)),
                ("unit_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField()),
                ("published_at", models.DateTimeField()),
                (
                    "round_city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rounds.roundcity"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("round_city", "number"), name="rounds_result_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_last", True)), fields=("round_city",), name="rounds_result_one_last"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(unique=True)),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("stage", models.CharField(db_collation="C", max_length=8)),
                ("region_code", models.CharField(db_collation="C", max_length=15)),
                ("place", models.CharField(max_length=200)),
                ("latitude", models.FloatField(null=True)),
                ("longitude", models.FloatField(null=True)),
                ("words", models.CharField(max_length=4000)),
                ("salt", models.BinaryField()),
                ("numerator", models.BigIntegerField(null=True)),
                ("denominator", models.BigIntegerField(null=True)),
                ("contradicts", models.BooleanField()),
                ("visited_at", models.DateTimeField()),
                ("unit_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField()),
                ("staff_id", models.BigIntegerField()),
                ("kept_at", models.DateTimeField()),
                (
                    "round_city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rounds.roundcity"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["round_city", "key"], name="rounds_visit_item")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("stage__in", ["province", "centre"])), name="rounds_visit_stage"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("denominator__isnull", True), ("numerator__isnull", True)),
                            models.Q(("denominator__gte", 1), ("numerator__gte", 0)),
                            _connector="OR",
                        ),
                        name="rounds_visit_counts",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
        migrations.RunSQL(TIES, NO_TIES),
        migrations.RunSQL(BESIDE, NOT_BESIDE),
    ]
