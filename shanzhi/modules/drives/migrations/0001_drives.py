"""Tables of drives; who reads and writes what of drives; the moves that there are; who may not visit; what is counted of the matters at a place.

Titles are public. Applications are read in their place and by the unit that applies. `drives_counts` says whole numbers about
the matters at a place, whoever asks sees the same, and no matter.
"""

import django.db.models.deletion
from django.db import migrations, models

MY_UNIT = "(SELECT p.unit_id FROM organisation_post p WHERE p.id = (SELECT scope_post()))"
MINE = f"post_id = (SELECT scope_post()) AND unit_id = {MY_UNIT}"
IN_PLACE = "scope_code::text <@ (SELECT scope_place())"
OF = "EXISTS (SELECT 1 FROM drives_application a WHERE a.id = application_id{more})"
SEEN = OF.format(more="")
NAMED = "EXISTS (SELECT 1 FROM drives_drive d WHERE d.id = drive_id AND d.decider_post_id = (SELECT scope_post()))"
OF_TITLE = "EXISTS (SELECT 1 FROM drives_title t JOIN drives_application a ON a.id = t.application_id WHERE t.id = title_id{more})"
DECIDES = "(SELECT scope_may('drives_decide'))"
HEARS = f"""{DECIDES} AND EXISTS (SELECT 1 FROM drives_title t JOIN drives_drive d ON d.id = t.drive_id
    WHERE t.id = title_id AND t.state = 'in_force' AND d.decider_post_id = (SELECT scope_post()))"""
TABLES = (
    "drives_drive", "drives_application", "drives_answer", "drives_look", "drives_title", "drives_hearing",
)  # fmt: skip

GRANTS = (
    "\n".join(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;" for table in TABLES)
    + f"""
SELECT city_ddl('GRANT SELECT, INSERT ON {", ".join(TABLES)} TO {{app}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE {", ".join(f"{t}_id_seq" for t in TABLES)} TO {{app}}');
SELECT city_ddl('GRANT UPDATE (until_on, steps) ON drives_drive TO {{app}}');
SELECT city_ddl('GRANT UPDATE (state, steps, typed, applied_at, visited_at, decided_at, reason) ON drives_application TO {{app}}');
SELECT city_ddl('GRANT UPDATE (is_record, is_carried, met, numerator, denominator, words, salt, typed, staff_id, answered_at)
    ON drives_answer TO {{app}}');
SELECT city_ddl('GRANT UPDATE (state, ended_on, ground) ON drives_title TO {{app}}');
SELECT city_ddl('GRANT UPDATE (statement, statement_salt, stated_at, ended_at, outcome, decision) ON drives_hearing TO {{app}}');
SELECT city_ddl('GRANT SELECT ON drives_drive, drives_application, drives_title TO {{worker}}');
SELECT city_ddl('GRANT UPDATE (steps) ON drives_application TO {{worker}}');
SELECT city_ddl('GRANT UPDATE (state, ended_on) ON drives_title TO {{worker}}');
SELECT city_ddl('CREATE POLICY drive_work ON drives_drive FOR SELECT TO {{worker}} USING (true)');
SELECT city_ddl('CREATE POLICY application_work ON drives_application FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY title_work ON drives_title FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
SELECT city_ddl($$CREATE POLICY drive_see ON drives_drive FOR SELECT TO {{app}} USING ((SELECT scope_may('drives')))$$);
SELECT city_ddl($$CREATE POLICY drive_open ON drives_drive FOR INSERT TO {{app}} WITH CHECK (
    (SELECT scope_may('drives_open')) AND {MINE} AND {IN_PLACE} AND EXISTS (SELECT 1 FROM organisation_admission o
        WHERE o.id = admission_id AND o.level = 'community' AND o.valid @> (opened_at AT TIME ZONE 'Asia/Shanghai')::date))$$);
SELECT city_ddl($$CREATE POLICY drive_close ON drives_drive FOR UPDATE TO {{app}}
    USING ((SELECT scope_may('drives_open')) AND {IN_PLACE})$$);
SELECT city_ddl($$CREATE POLICY application_see ON drives_application FOR SELECT TO {{app}} USING (
    (SELECT scope_may('drives')) AND ({IN_PLACE} OR unit_id = {MY_UNIT}))$$);
SELECT city_ddl($$CREATE POLICY application_begin ON drives_application FOR INSERT TO {{app}} WITH CHECK (
    (SELECT scope_may('drives_apply')) AND {IN_PLACE} AND unit_id = {MY_UNIT} AND staff_id = (SELECT scope_staff())
    AND state = 'draft' AND EXISTS (SELECT 1 FROM drives_drive d WHERE d.id = drive_id
        AND starts_with(scope_code::text, d.scope_code::text)
        AND (begun_at AT TIME ZONE 'Asia/Shanghai')::date <= d.until_on))$$);
SELECT city_ddl($$CREATE POLICY application_step ON drives_application FOR UPDATE TO {{app}} USING (
    (SELECT scope_may('drives_apply')) AND unit_id = {MY_UNIT}
    OR {IN_PLACE} AND (SELECT scope_may('drives_visit') OR scope_may('drives_decide')))$$);
SELECT city_ddl($$CREATE POLICY answer_see ON drives_answer FOR SELECT TO {{app}} USING ({SEEN})$$);
SELECT city_ddl($$CREATE POLICY answer_give ON drives_answer FOR INSERT TO {{app}} WITH CHECK (
    (SELECT scope_may('drives_apply')) AND {OF.format(more=f" AND a.state = 'draft' AND a.unit_id = {MY_UNIT}")})$$);
SELECT city_ddl($$CREATE POLICY answer_again ON drives_answer FOR UPDATE TO {{app}} USING (
    (SELECT scope_may('drives_apply')) AND {OF.format(more=f" AND a.state = 'draft' AND a.unit_id = {MY_UNIT}")})$$);
SELECT city_ddl($$CREATE POLICY look_see ON drives_look FOR SELECT TO {{app}} USING ({SEEN})$$);
SELECT city_ddl($$CREATE POLICY look_keep ON drives_look FOR INSERT TO {{app}} WITH CHECK (
    (SELECT scope_may('drives_visit')) AND {MINE} AND staff_id = (SELECT scope_staff()) AND {SEEN})$$);
SELECT city_ddl('CREATE POLICY title_see ON drives_title FOR SELECT TO {{app}} USING (true)');
SELECT city_ddl($$CREATE POLICY title_grant ON drives_title FOR INSERT TO {{app}} WITH CHECK (
    {DECIDES} AND {MINE} AND state = 'in_force' AND {NAMED} AND {OF.format(more=" AND a.state = 'visited'")})$$);
SELECT city_ddl($$CREATE POLICY title_end ON drives_title FOR UPDATE TO {{app}}
    USING ({DECIDES} AND {IN_PLACE} AND state = 'in_force') WITH CHECK (state <> 'in_force')$$);
SELECT city_ddl($$CREATE POLICY hearing_see ON drives_hearing FOR SELECT TO {{app}} USING ({OF_TITLE.format(more="")})$$);
SELECT city_ddl($$CREATE POLICY hearing_open ON drives_hearing FOR INSERT TO {{app}} WITH CHECK (
    {HEARS} AND post_id = (SELECT scope_post()) AND stated_at IS NULL AND ended_at IS NULL)$$);
SELECT city_ddl($$CREATE POLICY hearing_state ON drives_hearing FOR UPDATE TO {{app}} USING (
    ended_at IS NULL AND stated_at IS NULL AND (SELECT scope_may('drives_apply'))
    AND {OF_TITLE.format(more=f" AND a.unit_id = {MY_UNIT}")})
    WITH CHECK (stated_at IS NOT NULL AND ended_at IS NULL)$$);
SELECT city_ddl($$CREATE POLICY hearing_end ON drives_hearing FOR UPDATE TO {{app}}
    USING (ended_at IS NULL AND {HEARS}) WITH CHECK (ended_at IS NOT NULL)$$);
"""
)

# Entries are read with what they are about; photos with their look, onto one's own alone.
OF_ENTRY = """(subject_kind = 'drive' AND EXISTS (SELECT 1 FROM drives_drive d WHERE d.id = subject_id)
    OR subject_kind = 'drive_application' AND EXISTS (SELECT 1 FROM drives_application a WHERE a.id = subject_id))"""
BESIDE = f"""
SELECT city_ddl($$CREATE POLICY journal_of_drives ON journal_entry FOR SELECT TO {{app}} USING ({OF_ENTRY})$$);
SELECT city_ddl($$CREATE POLICY journal_onto_drives ON journal_entry AS RESTRICTIVE FOR INSERT TO {{app}} WITH CHECK (
    subject_kind NOT IN ('drive', 'drive_application') OR {OF_ENTRY})$$);
SELECT city_ddl($$CREATE POLICY files_of_drives ON files_attachment FOR SELECT TO {{app}} USING (
    subject_kind = 'drive_look' AND EXISTS (SELECT 1 FROM drives_look l WHERE l.id = subject_id))$$);
SELECT city_ddl($$CREATE POLICY files_onto_drives ON files_attachment AS RESTRICTIVE FOR INSERT TO {{app}} WITH CHECK (
    subject_kind <> 'drive_look' OR EXISTS (SELECT 1 FROM drives_look l WHERE l.id = subject_id
        AND l.post_id = (SELECT scope_post())))$$);
"""
NOT_BESIDE = """
DROP POLICY journal_of_drives ON journal_entry;
DROP POLICY journal_onto_drives ON journal_entry;
DROP POLICY files_of_drives ON files_attachment;
DROP POLICY files_onto_drives ON files_attachment;
"""

# The same table as `policy.states.WAYS`; a test compares them.
GUARDS = """
CREATE FUNCTION drives_application_guard() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('draft', 'applied'), ('draft', 'withdrawn'), ('applied', 'withdrawn'), ('applied', 'visited'),
        ('applied', 'refused'), ('visited', 'granted'), ('visited', 'refused')
    ) THEN
        RAISE EXCEPTION 'drives_application: no way from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state <> OLD.state AND (CASE NEW.state
        WHEN 'visited' THEN scope_may('drives_visit')
        WHEN 'granted' THEN scope_may('drives_decide')
        WHEN 'refused' THEN scope_may('drives_decide')
        ELSE scope_may('drives_apply') END) IS NOT TRUE THEN
        RAISE EXCEPTION 'drives_application: not a move of this post' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.steps < OLD.steps THEN
        RAISE EXCEPTION 'drives_application: steps only grow' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $body$;
CREATE FUNCTION drives_look_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $body$
DECLARE
    found record;
BEGIN
    SELECT a.unit_id, a.staff_id, a.state, left(a.scope_code::text, 12) AS community INTO found
        FROM drives_application a WHERE a.id = NEW.application_id;
    IF found.state NOT IN ('applied', 'visited') THEN
        RAISE EXCEPTION 'drives_look: nobody visits what is %', found.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF found.unit_id = NEW.unit_id OR found.staff_id = NEW.staff_id OR EXISTS (SELECT 1 FROM drives_answer x
            WHERE x.application_id = NEW.application_id AND x.staff_id = NEW.staff_id) THEN
        RAISE EXCEPTION 'drives_look: who applies does not visit' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF rounds_has_tie(NEW.staff_id, found.community, (NEW.seen_at AT TIME ZONE 'Asia/Shanghai')::date) THEN
        RAISE EXCEPTION 'drives_look: tied to the place' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $body$;
CREATE FUNCTION drives_title_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $body$
BEGIN
    IF EXISTS (SELECT 1 FROM drives_look l WHERE l.application_id = NEW.application_id
            AND (l.post_id = NEW.post_id OR l.staff_id = scope_staff()))
        OR EXISTS (SELECT 1 FROM drives_application a WHERE a.id = NEW.application_id AND a.unit_id = NEW.unit_id) THEN
        RAISE EXCEPTION 'drives_title: who visits or applies does not decide' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $body$;
CREATE FUNCTION drives_title_end_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $body$
BEGIN
    IF NEW.state = 'withdrawn' AND NOT EXISTS (SELECT 1 FROM drives_hearing h
            WHERE h.title_id = NEW.id AND h.outcome = 'withdrawn' AND h.ground = NEW.ground) THEN
        RAISE EXCEPTION 'drives_title: its holder was not heard' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $body$;
CREATE TRIGGER drives_application_moves BEFORE UPDATE ON drives_application
    FOR EACH ROW EXECUTE FUNCTION drives_application_guard();
CREATE TRIGGER drives_look_apart BEFORE INSERT ON drives_look FOR EACH ROW EXECUTE FUNCTION drives_look_guard();
CREATE TRIGGER drives_title_apart BEFORE INSERT ON drives_title FOR EACH ROW EXECUTE FUNCTION drives_title_guard();
CREATE TRIGGER drives_title_heard BEFORE UPDATE ON drives_title FOR EACH ROW EXECUTE FUNCTION drives_title_end_guard();
CREATE FUNCTION drives_counts(place bigint, since date, until timestamptz, of_kinds text[], of_category text)
RETURNS TABLE (reported bigint, ended bigint, open_late bigint, reopened bigint, timed bigint, on_time bigint,
    judged bigint, solved bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
BEGIN
    IF scope_may('drives') IS NOT TRUE THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT count(*), count(*) FILTER (WHERE f.is_open = 0),
        count(*) FILTER (WHERE f.is_open = 1 AND m.due_at < until), count(*) FILTER (WHERE f.reopenings > 0),
        count(f.on_time), count(*) FILTER (WHERE f.on_time = 1), count(f.solved), count(*) FILTER (WHERE f.solved = 1)
    FROM matters_place p JOIN fact_matter f ON f.matter_id = p.matter_id JOIN matters_matter m ON m.id = p.matter_id
    WHERE p.place_id = place AND f.reported_on >= since AND f.reported_at <= until
        AND (cardinality(of_kinds) = 0 OR f.kind = ANY(of_kinds))
        AND (of_category = '' OR f.category = of_category OR starts_with(f.category, of_category || '.'));
END $body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION drives_look_guard() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION drives_title_guard() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION drives_title_end_guard() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION drives_counts(bigint, date, timestamptz, text[], text) SET search_path = %I, pg_temp',
        current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION drives_application_guard(), drives_look_guard(), drives_title_guard(), drives_title_end_guard(),
    drives_counts(bigint, date, timestamptz, text[], text) FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION drives_counts(bigint, date, timestamptz, text[], text) TO {app}');
"""
NO_GUARDS = """
DROP TRIGGER drives_application_moves ON drives_application;
DROP TRIGGER drives_look_apart ON drives_look;
DROP TRIGGER drives_title_apart ON drives_title;
DROP TRIGGER drives_title_heard ON drives_title;
DROP FUNCTION drives_application_guard();
DROP FUNCTION drives_look_guard();
DROP FUNCTION drives_title_guard();
DROP FUNCTION drives_title_end_guard();
DROP FUNCTION drives_counts(bigint, date, timestamptz, text[], text);
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("rounds", "0004_letters_of_the_city"),
        ("facts", "0005_kept_cuts"),
        ("evidence", "0001_evidence"),
    ]
    operations = [
        migrations.CreateModel(
            name="Drive",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("scope_code", models.CharField(db_collation="C", max_length=15)),
                ("checklist", models.TextField()),
                ("sha256", models.CharField(db_collation="C", max_length=64)),
                ("code", models.CharField(db_collation="C", max_length=40)),
                ("version", models.SmallIntegerField()),
                ("title", models.CharField(max_length=60)),
                ("place_kinds", models.JSONField()),
                ("admission_id", models.BigIntegerField()),
                ("admission_item", models.CharField(max_length=100)),
                ("until_on", models.DateField()),
                ("months", models.SmallIntegerField()),
                ("decider_post_id", models.BigIntegerField()),
                ("unit_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField()),
                ("role", models.CharField(db_collation="C", max_length=40)),
                ("opened_at", models.DateTimeField()),
                ("steps", models.IntegerField(default=1)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("months__gte", 1)), name="drives_drive_months")
                ],
            },
        ),
        migrations.CreateModel(
            name="Application",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place_id", models.BigIntegerField()),
                ("place_name", models.CharField(max_length=60)),
                ("scope_code", models.CharField(db_collation="C", max_length=15)),
                ("state", models.CharField(db_collation="C", max_length=12)),
                ("steps", models.IntegerField(default=1)),
                ("renews", models.BigIntegerField(null=True)),
                ("typed", models.IntegerField(default=0)),
                ("unit_id", models.BigIntegerField()),
                ("role", models.CharField(db_collation="C", max_length=40)),
                ("staff_id", models.BigIntegerField()),
                ("begun_at", models.DateTimeField()),
                ("applied_at", models.DateTimeField(null=True)),
                ("visited_at", models.DateTimeField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(default="", max_length=1000)),
                (
                    "drive",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="drives.drive"),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Look",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(unique=True)),
                ("item", models.CharField(db_collation="C", max_length=40)),
                ("found", models.BooleanField()),
                ("words", models.CharField(max_length=1000)),
                ("salt", models.BinaryField()),
                ("latitude", models.FloatField(null=True)),
                ("longitude", models.FloatField(null=True)),
                ("seen_at", models.DateTimeField()),
                ("matter_number", models.CharField(db_collation="C", default="", max_length=20)),
                ("unit_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField()),
                ("staff_id", models.BigIntegerField()),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="drives.application"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Title",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(db_collation="C", max_length=40)),
                ("name", models.CharField(max_length=60)),
                ("place_id", models.BigIntegerField()),
                ("place_name", models.CharField(max_length=60)),
                ("place_kind", models.CharField(db_collation="C", max_length=20)),
                ("scope_code", models.CharField(db_collation="C", max_length=15)),
                ("state", models.CharField(db_collation="C", max_length=12)),
                ("granted_on", models.DateField()),
                ("until_on", models.DateField()),
                ("unit_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField()),
                ("ended_on", models.DateField(null=True)),
                ("ground", models.CharField(db_collation="C", default="", max_length=12)),
                (
                    "application",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="drives.application"
                    ),
                ),
                (
                    "drive",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="drives.drive"),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Hearing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ground", models.CharField(db_collation="C", max_length=12)),
                ("words", models.CharField(max_length=1000)),
                ("salt", models.BinaryField()),
                ("until_on", models.DateField()),
                ("opened_at", models.DateTimeField()),
                ("post_id", models.BigIntegerField()),
                ("statement", models.CharField(default="", max_length=1000)),
                ("statement_salt", models.BinaryField(default=bytes)),
                ("stated_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(db_collation="C", default="", max_length=12)),
                ("decision", models.CharField(default="", max_length=1000)),
                (
                    "title",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="drives.title"),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item", models.CharField(db_collation="C", max_length=40)),
                ("is_record", models.BooleanField()),
                ("is_carried", models.BooleanField(default=False)),
                ("met", models.BooleanField(null=True)),
                ("numerator", models.BigIntegerField(null=True)),
                ("denominator", models.BigIntegerField(null=True)),
                ("words", models.CharField(default="", max_length=1000)),
                ("salt", models.BinaryField(default=bytes)),
                ("typed", models.SmallIntegerField(default=0)),
                ("staff_id", models.BigIntegerField(null=True)),
                ("answered_at", models.DateTimeField()),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="drives.application"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("application", "item"), name="drives_answer_once"),
                    models.CheckConstraint(
                        condition=models.Q(("is_record", False), ("typed", 0), _connector="OR"),
                        name="drives_answer_records_are_not_typed",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(fields=["scope_code", "state"], name="drives_application_scope"),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "applied", "visited", "granted", "refused", "withdrawn"])),
                name="drives_application_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["draft", "applied", "visited"])),
                fields=("drive", "place_id"),
                name="drives_application_one_open",
            ),
        ),
        migrations.AddIndex(
            model_name="look",
            index=models.Index(fields=["application", "item", "id"], name="drives_look_item"),
        ),
        migrations.AddIndex(
            model_name="title",
            index=models.Index(fields=["state", "until_on"], name="drives_title_until"),
        ),
        migrations.AddConstraint(
            model_name="title",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_on", None), ("ground", ""), ("state", "in_force")),
                    models.Q(("ended_on__isnull", False), ("ground", ""), ("state", "expired")),
                    models.Q(
                        ("ended_on__isnull", False), ("state", "withdrawn"), models.Q(("ground", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="drives_title_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="title",
            constraint=models.CheckConstraint(
                condition=models.Q(("until_on__gt", models.F("granted_on"))), name="drives_title_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="title",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "in_force")), fields=("code", "place_id"), name="drives_title_one_in_force"
            ),
        ),
        migrations.AddConstraint(
            model_name="hearing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("outcome", "")),
                    models.Q(("ended_at__isnull", False), ("outcome__in", ["withdrawn", "dropped"])),
                    _connector="OR",
                ),
                name="drives_hearing_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="hearing",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("title",), name="drives_hearing_one_open"
            ),
        ),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        migrations.RunSQL(BESIDE, NOT_BESIDE),
    ]
