"""Rounds: who reads and writes which rows, the moves that there are, and that nothing changes once it is locked."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


def of_city() -> tuple[str, models.Field]:
    """The key of a city's row."""
    key = models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rounds.roundcity")
    return "round_city", key


MY_UNIT = "(SELECT p.unit_id FROM organisation_post p WHERE p.id = (SELECT scope_post()))"
MINE = f"post_id = (SELECT scope_post()) AND unit_id = {MY_UNIT}"
IN_PLACE = "city_code::text <@ (SELECT scope_place())"
# A city's round is read by posts of the city's own level and by units that owe a part of it.
OF_CITY = "EXISTS (SELECT 1 FROM rounds_city c WHERE c.id = round_city_id)"
OF_PLACE = f"EXISTS (SELECT 1 FROM rounds_city c WHERE c.id = round_city_id AND c.{IN_PLACE})"
ABOVE = "(SELECT scope_may('rounds_organise') OR scope_may('rounds_score') OR scope_may('rounds_centre'))"
LEADS = "(SELECT scope_may('rounds_lead') OR scope_may('rounds_organise') OR scope_may('rounds_centre'))"
SCORER = """(stage = 'self' AND (SELECT scope_may('rounds_fill') OR scope_may('rounds_lead'))
    OR stage = 'province' AND (SELECT scope_may('rounds_score') OR scope_may('rounds_lead') OR scope_may('rounds_organise'))
    OR stage = 'centre' AND (SELECT scope_may('rounds_centre') OR scope_may('rounds_lead') OR scope_may('rounds_organise')))"""
TABLES = (
    "rounds_round", "rounds_city", "rounds_score", "rounds_claim", "rounds_duty", "rounds_signed", "rounds_return",
    "rounds_objection", "rounds_finding", "rounds_behind", "rounds_build",
)  # fmt: skip

GRANTS = (
    "\n".join(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;" for table in TABLES)
    + f"""
SELECT city_ddl('GRANT SELECT, INSERT ON {", ".join(TABLES[:-2])} TO {{app}}, {{worker}}, {{importer}}');
SELECT city_ddl('GRANT SELECT, INSERT ON rounds_behind TO {{worker}}');
SELECT city_ddl('GRANT SELECT, INSERT ON rounds_build TO {{app}}, {{worker}}');
SELECT city_ddl('GRANT SELECT ON rounds_behind TO {{app}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE {", ".join(f"{t}_id_seq" for t in TABLES[:-2])} TO {{app}}, {{worker}}, {{importer}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE rounds_behind_id_seq TO {{worker}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE rounds_build_id_seq TO {{app}}, {{worker}}');
SELECT city_ddl('GRANT UPDATE (state, since, steps, submission, reason, until_on, locked_sha256, pack_sha256)
    ON rounds_city TO {{app}}, {{worker}}, {{importer}}');
SELECT city_ddl('GRANT UPDATE (is_last) ON rounds_score, rounds_duty TO {{app}}, {{worker}}, {{importer}}');
SELECT city_ddl('GRANT UPDATE (ended_at) ON rounds_claim TO {{app}}');
SELECT city_ddl('GRANT UPDATE (ended_at) ON rounds_signed TO {{app}}, {{worker}}, {{importer}}');
SELECT city_ddl('GRANT UPDATE (sent_at, state, decision, decided_at, decided_by_post) ON rounds_objection
    TO {{app}}, {{worker}}, {{importer}}');
SELECT city_ddl('GRANT UPDATE (state, part, done, total, sha256, size, letter_uid, error, ended_at) ON rounds_build TO {{worker}}');
SELECT city_ddl('GRANT UPDATE (matters, numerators, denominators, is_capped) ON rounds_behind TO {{worker}}');
SELECT city_ddl('GRANT UPDATE (matter_id, matter_number) ON rounds_finding TO {{app}}, {{importer}}');
"""
    + "\n".join(
        f"SELECT city_ddl('CREATE POLICY {table.removeprefix('rounds_')}_work ON {table} FOR ALL"
        " TO {worker}, {importer} USING (true) WITH CHECK (true)');"
        for table in TABLES
    )
)

CITY = f"""
SELECT city_ddl($$CREATE POLICY round_see ON rounds_round FOR SELECT TO {{app}} USING ((SELECT scope_may('rounds')))$$);
SELECT city_ddl($$CREATE POLICY round_open ON rounds_round FOR INSERT TO {{app}} WITH CHECK ({LEADS})$$);
SELECT city_ddl($$CREATE POLICY duty_see ON rounds_duty FOR SELECT TO {{app}} USING (
    (SELECT scope_may('rounds')) AND ({IN_PLACE} OR unit_id = {MY_UNIT} OR signer_post_id = (SELECT scope_post())))$$);
SELECT city_ddl($$CREATE POLICY city_see ON rounds_city FOR SELECT TO {{app}} USING (
    (SELECT scope_may('rounds')) AND ({IN_PLACE}
    OR EXISTS (SELECT 1 FROM rounds_duty d WHERE d.round_city_id = rounds_city.id
        AND (d.unit_id = {MY_UNIT} OR d.signer_post_id = (SELECT scope_post())))))$$);
SELECT city_ddl($$CREATE POLICY city_open ON rounds_city FOR INSERT TO {{app}} WITH CHECK (
    {LEADS} AND {IN_PLACE} AND state = 'invited')$$);
SELECT city_ddl($$CREATE POLICY city_move ON rounds_city FOR UPDATE TO {{app}}
    USING ((SELECT scope_may('rounds_fill') OR scope_may('rounds_sign')) OR {LEADS} OR {ABOVE}) WITH CHECK (true)$$);
SELECT city_ddl($$CREATE POLICY duty_give ON rounds_duty FOR INSERT TO {{app}} WITH CHECK (
    (SELECT scope_may('rounds_lead')) AND {IN_PLACE} AND is_last)$$);
SELECT city_ddl($$CREATE POLICY duty_over ON rounds_duty FOR UPDATE TO {{app}}
    USING ((SELECT scope_may('rounds_lead')) AND {IN_PLACE}) WITH CHECK (NOT is_last)$$);
"""

ITEMS = f"""
SELECT city_ddl($$CREATE POLICY score_see ON rounds_score FOR SELECT TO {{app}} USING ({OF_CITY})$$);
SELECT city_ddl($$CREATE POLICY score_give ON rounds_score FOR INSERT TO {{app}} WITH CHECK (
    {OF_CITY} AND is_last AND (({MINE} AND staff_id = (SELECT scope_staff())) OR (post_id IS NULL AND (SELECT scope_may('rounds_lead')))) AND {SCORER})$$);
SELECT city_ddl($$CREATE POLICY score_over ON rounds_score FOR UPDATE TO {{app}}
    USING ({SCORER}) WITH CHECK (NOT is_last)$$);
SELECT city_ddl($$CREATE POLICY claim_see ON rounds_claim FOR SELECT TO {{app}} USING ({OF_CITY})$$);
SELECT city_ddl($$CREATE POLICY claim_make ON rounds_claim FOR INSERT TO {{app}} WITH CHECK (
    {OF_PLACE} AND {MINE} AND (SELECT scope_may('rounds_lead')) AND ended_at IS NULL)$$);
SELECT city_ddl($$CREATE POLICY claim_end ON rounds_claim FOR UPDATE TO {{app}}
    USING ((SELECT scope_may('rounds_lead')) AND ended_at IS NULL) WITH CHECK (ended_at IS NOT NULL)$$);
SELECT city_ddl($$CREATE POLICY signed_see ON rounds_signed FOR SELECT TO {{app}} USING ({OF_CITY})$$);
SELECT city_ddl($$CREATE POLICY signed_sign ON rounds_signed FOR INSERT TO {{app}} WITH CHECK (
    {MINE} AND staff_id = (SELECT scope_staff()) AND ended_at IS NULL AND (SELECT scope_may('rounds_sign'))
    AND EXISTS (SELECT 1 FROM rounds_duty d WHERE d.round_city_id = rounds_signed.round_city_id
        AND d.project = rounds_signed.project AND d.is_last AND d.signer_post_id = (SELECT scope_post())))$$);
SELECT city_ddl($$CREATE POLICY signed_end ON rounds_signed FOR UPDATE TO {{app}}
    USING (ended_at IS NULL AND (SELECT scope_may('rounds_fill') OR scope_may('rounds_lead'))) WITH CHECK (ended_at IS NOT NULL)$$);
"""

LETTERS = f"""
SELECT city_ddl($$CREATE POLICY behind_see ON rounds_behind FOR SELECT TO {{app}} USING ({OF_CITY})$$);
SELECT city_ddl($$CREATE POLICY build_see ON rounds_build FOR SELECT TO {{app}} USING ({OF_CITY})$$);
SELECT city_ddl($$CREATE POLICY build_ask ON rounds_build FOR INSERT TO {{app}} WITH CHECK (
    {OF_PLACE} AND {MINE} AND (SELECT scope_may('rounds_lead')) AND state = 'waiting')$$);
SELECT city_ddl($$CREATE POLICY return_see ON rounds_return FOR SELECT TO {{app}} USING ({OF_CITY})$$);
SELECT city_ddl($$CREATE POLICY return_give ON rounds_return FOR INSERT TO {{app}} WITH CHECK ({OF_PLACE} AND {LEADS})$$);
SELECT city_ddl($$CREATE POLICY objection_see ON rounds_objection FOR SELECT TO {{app}} USING ({OF_CITY})$$);
SELECT city_ddl($$CREATE POLICY objection_make ON rounds_objection FOR INSERT TO {{app}} WITH CHECK (
    {OF_PLACE} AND {LEADS} AND state = 'open')$$);
SELECT city_ddl($$CREATE POLICY objection_step ON rounds_objection FOR UPDATE TO {{app}}
    USING ({LEADS} AND state = 'open' AND {OF_PLACE}) WITH CHECK ({LEADS})$$);
SELECT city_ddl($$CREATE POLICY finding_see ON rounds_finding FOR SELECT TO {{app}} USING ({OF_CITY})$$);
SELECT city_ddl($$CREATE POLICY finding_make ON rounds_finding FOR INSERT TO {{app}} WITH CHECK (
    {OF_PLACE} AND (SELECT scope_may('rounds_lead') OR scope_may('rounds_organise') OR scope_may('rounds_score')
    OR scope_may('rounds_centre')))$$);
SELECT city_ddl($$CREATE POLICY finding_link ON rounds_finding FOR UPDATE TO {{app}}
    USING ((SELECT scope_may('rounds_lead')) AND matter_id IS NULL) WITH CHECK (matter_id IS NOT NULL)$$);
"""

# Entries of a round are read with it; practice papers with their claim, onto one's own alone.
BESIDE = """
SELECT city_ddl($$CREATE POLICY journal_of_round ON journal_entry FOR SELECT TO {app} USING (
    (subject_kind = 'fact_month' AND (SELECT scope_may('rounds')))
    OR (subject_kind = 'round_city' AND EXISTS (SELECT 1 FROM rounds_city c WHERE c.id = subject_id)))$$);
SELECT city_ddl($$CREATE POLICY journal_onto_round ON journal_entry AS RESTRICTIVE FOR INSERT TO {app} WITH CHECK (
    subject_kind <> 'round_city' OR EXISTS (SELECT 1 FROM rounds_city c WHERE c.id = subject_id))$$);
SELECT city_ddl($$CREATE POLICY files_of_rounds ON files_attachment FOR SELECT TO {app} USING (
    subject_kind = 'round_claim' AND EXISTS (SELECT 1 FROM rounds_claim c WHERE c.id = subject_id))$$);
SELECT city_ddl($$CREATE POLICY files_onto_rounds ON files_attachment AS RESTRICTIVE FOR INSERT TO {app} WITH CHECK (
    subject_kind <> 'round_claim' OR EXISTS (SELECT 1 FROM rounds_claim c WHERE c.id = subject_id
        AND c.post_id = (SELECT scope_post()) AND c.ended_at IS NULL))$$);
"""
NOT_BESIDE = """
DROP POLICY journal_of_round ON journal_entry;
DROP POLICY journal_onto_round ON journal_entry;
DROP POLICY files_of_rounds ON files_attachment;
DROP POLICY files_onto_rounds ON files_attachment;
"""

# The same table as `policy.states.WAYS`; a test compares them.
GUARD = """
CREATE FUNCTION rounds_city_guard() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('invited', 'joined'), ('joined', 'evaluating'), ('evaluating', 'locked'), ('locked', 'sent'), ('sent', 'received'),
        ('received', 'scored'), ('received', 'returned'), ('scored', 'returned'), ('returned', 'evaluating'),
        ('scored', 'through'), ('through', 'spot_checked'), ('spot_checked', 'final'), ('through', 'final'),
        ('invited', 'withdrawn'), ('joined', 'withdrawn'), ('evaluating', 'withdrawn'), ('locked', 'withdrawn'),
        ('sent', 'withdrawn'), ('received', 'withdrawn'), ('scored', 'withdrawn'), ('returned', 'withdrawn')
    ) THEN
        RAISE EXCEPTION 'rounds_city: no way from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- Where no post acts, the background or a program that carries letters does: neither may ask for a post's features.
    IF NEW.state <> OLD.state AND NULLIF(current_setting('shanzhi.post', true), '') IS NOT NULL THEN
        IF (scope_may('rounds_lead') OR scope_may('rounds_organise') OR scope_may('rounds_centre')
            OR NEW.state = 'locked' AND scope_may('rounds_sign')) IS NOT TRUE THEN
            RAISE EXCEPTION 'rounds_city: not a move of this post' USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    IF NEW.steps < OLD.steps OR NEW.submission < OLD.submission THEN
        RAISE EXCEPTION 'rounds_city: steps and submissions only grow' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $body$;
CREATE TRIGGER rounds_city_moves BEFORE UPDATE ON rounds_city FOR EACH ROW EXECUTE FUNCTION rounds_city_guard();
CREATE FUNCTION rounds_locked_guard() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    found record;
BEGIN
    -- Claims have neither stage nor key.
    IF to_jsonb(NEW)->>'stage' <> 'self' THEN
        RETURN NEW;
    END IF;
    SELECT c.state, c.submission INTO found FROM rounds_city c WHERE c.id = NEW.round_city_id;
    IF found.state IS DISTINCT FROM 'evaluating' THEN
        RAISE EXCEPTION 'rounds: what was handed in is locked' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF found.submission > 0 AND (TG_TABLE_NAME = 'rounds_claim' OR NOT EXISTS (
        SELECT 1 FROM rounds_return r WHERE r.round_city_id = NEW.round_city_id AND r.submission = found.submission
        AND to_jsonb(NEW)->>'key' = r.key)) THEN
        RAISE EXCEPTION 'rounds: only returned items are open again' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $body$;
REVOKE EXECUTE ON FUNCTION rounds_city_guard(), rounds_locked_guard() FROM PUBLIC;
CREATE TRIGGER rounds_score_locked BEFORE INSERT OR UPDATE ON rounds_score
    FOR EACH ROW EXECUTE FUNCTION rounds_locked_guard();
CREATE TRIGGER rounds_claim_locked BEFORE INSERT OR UPDATE ON rounds_claim
    FOR EACH ROW EXECUTE FUNCTION rounds_locked_guard();
"""
UNGUARD = """
DROP TRIGGER rounds_city_moves ON rounds_city;
DROP TRIGGER rounds_score_locked ON rounds_score;
DROP TRIGGER rounds_claim_locked ON rounds_claim;
DROP FUNCTION rounds_city_guard();
DROP FUNCTION rounds_locked_guard();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("indicators", "0002_decided_one_by_one")]

    operations = [
        migrations.CreateModel(
            name="Round",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(unique=True)),
                ("name", models.CharField(max_length=100)),
                ("kind", models.CharField(db_collation="C", max_length=8)),
                ("guideline_code", models.CharField(db_collation="C", max_length=40)),
                ("guideline_version", models.SmallIntegerField()),
                ("guideline_sha256", models.CharField(db_collation="C", max_length=64)),
                ("guideline_text", models.TextField()),
                ("first", models.IntegerField()),
                ("last", models.IntegerField()),
                ("opened_on", models.DateField()),
                ("self_until", models.DateField()),
                ("province_until", models.DateField()),
                ("centre_until", models.DateField()),
                ("objections_until", models.DateField()),
                ("organiser_code", models.CharField(db_collation="C", max_length=15)),
                ("organiser_name", models.CharField(max_length=100)),
                ("is_ours", models.BooleanField()),
                ("letter_uid", models.UUIDField(null=True)),
                ("announced", models.JSONField(default=list)),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["trial", "real"])), name="rounds_round_kind"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("first__lte", models.F("last")),
                            ("opened_on__lte", models.F("self_until")),
                            ("self_until__lte", models.F("province_until")),
                            ("province_until__lte", models.F("centre_until")),
                            ("centre_until__lte", models.F("objections_until")),
                        ),
                        name="rounds_round_calendar",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RoundCity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("city_code", models.CharField(db_collation="C", max_length=15)),
                ("name", models.CharField(max_length=100)),
                ("state", models.CharField(db_collation="C", max_length=12)),
                ("since", models.DateTimeField()),
                ("steps", models.IntegerField(default=1)),
                ("submission", models.IntegerField(default=0)),
                ("reason", models.CharField(default="", max_length=1000)),
                ("until_on", models.DateField(null=True)),
                ("locked_sha256", models.CharField(db_collation="C", default="", max_length=64)),
                ("pack_sha256", models.CharField(db_collation="C", default="", max_length=64)),
                (
                    "round",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rounds.round"),
                ),
            ],
            options={
                "db_table": "rounds_city",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Return",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("submission", models.IntegerField()),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("reason", models.CharField(max_length=1000)),
                ("unit_id", models.BigIntegerField(null=True)),
                ("post_id", models.BigIntegerField(null=True)),
                ("returned_at", models.DateTimeField()),
                of_city(),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Objection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(unique=True)),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("stage", models.CharField(db_collation="C", max_length=8)),
                ("words", models.CharField(max_length=4000)),
                ("salt", models.BinaryField(default=bytes)),
                ("unit_id", models.BigIntegerField(null=True)),
                ("post_id", models.BigIntegerField(null=True)),
                ("staff_id", models.BigIntegerField(null=True)),
                ("objected_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("state", models.CharField(db_collation="C", max_length=10)),
                ("decision", models.CharField(default="", max_length=4000)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by_post", models.BigIntegerField(null=True)),
                of_city(),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(unique=True)),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("stage", models.CharField(db_collation="C", max_length=8)),
                ("region_code", models.CharField(db_collation="C", max_length=15)),
                ("place", models.CharField(default="", max_length=200)),
                ("words", models.CharField(max_length=4000)),
                ("due_on", models.DateField()),
                ("unit_id", models.BigIntegerField(null=True)),
                ("post_id", models.BigIntegerField(null=True)),
                ("found_at", models.DateTimeField()),
                ("matter_id", models.BigIntegerField(null=True)),
                ("matter_number", models.CharField(db_collation="C", default="", max_length=20)),
                of_city(),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Duty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("city_code", models.CharField(db_collation="C", max_length=15)),
                ("project", models.CharField(db_collation="C", max_length=40)),
                ("unit_id", models.BigIntegerField()),
                ("role", models.CharField(db_collation="C", max_length=40)),
                ("signer_post_id", models.BigIntegerField()),
                ("due_on", models.DateField()),
                ("given_at", models.DateTimeField()),
                ("is_last", models.BooleanField(default=True)),
                of_city(),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("project", models.CharField(db_collation="C", max_length=40)),
                ("words", models.CharField(max_length=4000)),
                ("salt", models.BinaryField(default=bytes)),
                ("unit_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField()),
                ("claimed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                of_city(),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Build",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("submission", models.IntegerField()),
                ("state", models.CharField(db_collation="C", max_length=8)),
                ("part", models.CharField(default="", max_length=100)),
                ("done", models.IntegerField(default=0)),
                ("total", models.IntegerField(default=0)),
                ("sha256", models.CharField(db_collation="C", default="", max_length=64)),
                ("size", models.BigIntegerField(default=0)),
                ("letter_uid", models.UUIDField(null=True)),
                ("error", models.CharField(default="", max_length=1000)),
                ("asked_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("unit_id", models.BigIntegerField(null=True)),
                ("post_id", models.BigIntegerField(null=True)),
                of_city(),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Behind",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("matters", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                (
                    "numerators",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                (
                    "denominators",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("is_capped", models.BooleanField()),
                of_city(),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Score",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("project", models.CharField(db_collation="C", max_length=40)),
                ("key", models.CharField(db_collation="C", max_length=40)),
                ("stage", models.CharField(db_collation="C", max_length=8)),
                ("number", models.IntegerField()),
                ("is_last", models.BooleanField(default=True)),
                ("numerator", models.BigIntegerField(null=True)),
                ("denominator", models.BigIntegerField(null=True)),
                ("value", models.CharField(db_collation="C", max_length=16)),
                ("points", models.DecimalField(decimal_places=2, max_digits=9, null=True)),
                ("most", models.DecimalField(decimal_places=2, max_digits=9)),
                ("is_vetoed", models.BooleanField(default=False)),
                ("reason", models.CharField(default="", max_length=4000)),
                ("words", models.CharField(default="", max_length=4000)),
                ("salt", models.BinaryField(default=bytes)),
                ("typed", models.SmallIntegerField(default=0)),
                ("unit_id", models.BigIntegerField(null=True)),
                ("post_id", models.BigIntegerField(null=True)),
                ("staff_id", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
                of_city(),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Signed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("project", models.CharField(db_collation="C", max_length=40)),
                ("submission", models.IntegerField()),
                ("sha256", models.CharField(db_collation="C", max_length=64)),
                ("unit_id", models.BigIntegerField()),
                ("post_id", models.BigIntegerField()),
                ("staff_id", models.BigIntegerField()),
                ("signed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                of_city(),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddConstraint(
            model_name="roundcity",
            constraint=models.UniqueConstraint(fields=("round", "city_code"), name="rounds_city_once"),
        ),
        migrations.AddConstraint(
            model_name="roundcity",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "invited",
                            "joined",
                            "evaluating",
                            "locked",
                            "sent",
                            "received",
                            "scored",
                            "returned",
                            "through",
                            "spot_checked",
                            "final",
                            "withdrawn",
                        ],
                    )
                ),
                name="rounds_city_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.UniqueConstraint(fields=("round_city", "submission", "key"), name="rounds_return_once"),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("state", "open")),
                    models.Q(("decided_at__isnull", False), ("state__in", ["upheld", "declined"])),
                    _connector="OR",
                ),
                name="rounds_objection_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("round_city", "key", "stage"),
                name="rounds_objection_one_open",
            ),
        ),
        migrations.AddIndex(
            model_name="duty",
            index=models.Index(fields=["unit_id", "is_last"], name="rounds_duty_unit"),
        ),
        migrations.AddConstraint(
            model_name="duty",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_last", True)), fields=("round_city", "project"), name="rounds_duty_one_last"
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("round_city", "project"),
                name="rounds_claim_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="build",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "running", "done", "failed"])), name="rounds_build_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="build",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["waiting", "running"])),
                fields=("round_city",),
                name="rounds_build_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="behind",
            constraint=models.UniqueConstraint(fields=("round_city", "key"), name="rounds_behind_once"),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.UniqueConstraint(
                fields=("round_city", "key", "stage", "number"), name="rounds_score_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_last", True)),
                fields=("round_city", "key", "stage"),
                name="rounds_score_one_last",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("stage__in", ["self", "province", "centre"]), ("typed__gte", 0), ("number__gte", 1)
                ),
                name="rounds_score_stage",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("points__isnull", True), ("points__lte", models.F("most")), _connector="OR"),
                name="rounds_score_most",
            ),
        ),
        migrations.AddConstraint(
            model_name="signed",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("round_city", "project", "submission"),
                name="rounds_signed_once",
            ),
        ),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
        migrations.RunSQL(CITY, migrations.RunSQL.noop),
        migrations.RunSQL(ITEMS, migrations.RunSQL.noop),
        migrations.RunSQL(LETTERS, migrations.RunSQL.noop),
        migrations.RunSQL(BESIDE, NOT_BESIDE),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
