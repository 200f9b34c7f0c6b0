"""The closed loop's tables, and who sees them: row-level security from the first day."""

import django.db.models.deletion
from django.db import migrations, models

# Who sees a matter. Each setting is read once a statement (the sub-selects); unset means NULL, and NULL is never true.
SEES = """
    scope_code::text <@ (SELECT scope_ranges())
    OR (in_intake AND scope_code::text <@ (SELECT scope_intake()))
    OR follow_hash = ANY ((SELECT scope_follow())::text[])
    OR EXISTS (SELECT 1 FROM matters_participant p
               WHERE p.matter_id = matters_matter.id AND p.unit_id = (SELECT scope_unit()))
"""
VISIBLE = "EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = {})"
OF_MATTER = VISIBLE.format("matter_id")

MATTER = f"""
ALTER TABLE matters_matter ENABLE ROW LEVEL SECURITY;
SELECT city_ddl($$CREATE POLICY matter_see ON matters_matter FOR SELECT TO {{app}} USING ({SEES})$$);
SELECT city_ddl($$CREATE POLICY matter_take_in ON matters_matter FOR INSERT TO {{app}} WITH CHECK (
    (SELECT scope_door()) IS NOT NULL AND follow_hash = ANY ((SELECT scope_follow())::text[]))$$);
SELECT city_ddl($$CREATE POLICY matter_change ON matters_matter FOR UPDATE TO {{app}}
    USING ({SEES}) WITH CHECK (true)$$);
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE ON matters_matter TO {{app}}, {{importer}}');
SELECT city_ddl('GRANT SELECT, UPDATE ON matters_matter TO {{worker}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE matters_matter_id_seq TO {{app}}, {{importer}}');
SELECT city_ddl('CREATE POLICY matter_work ON matters_matter FOR ALL TO {{worker}}, {{importer}}
    USING (true) WITH CHECK (true)');
"""

# The matter's policy asks the participants, so theirs may not ask it back in the same query: PostgreSQL calls that
# endless. Reading looks at the unit alone; writing asks through a function, which is a query of its own and runs with
# the caller's rights.
PARTICIPANT = """
CREATE FUNCTION matter_is_visible(wanted bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $body$
BEGIN
    RETURN EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = wanted);
END $body$;
ALTER TABLE matters_participant ENABLE ROW LEVEL SECURITY;
SELECT city_ddl($$CREATE POLICY participant_own ON matters_participant FOR SELECT TO {app}
    USING (unit_id = (SELECT scope_unit()))$$);
SELECT city_ddl($$CREATE POLICY participant_add ON matters_participant FOR INSERT TO {app}
    WITH CHECK (matter_is_visible(matter_id))$$);
SELECT city_ddl('CREATE POLICY participant_work ON matters_participant FOR ALL TO {worker}, {importer}
    USING (true) WITH CHECK (true)');
SELECT city_ddl('GRANT SELECT, INSERT ON matters_participant TO {app}, {importer}');
SELECT city_ddl('GRANT SELECT ON matters_participant TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE matters_participant_id_seq TO {app}, {importer}');
"""

# What belongs to a matter is seen and written by whoever sees the matter. Units see an assignment of theirs as well.
BELONGINGS = {
    "matters_assignment": ("SELECT, INSERT, UPDATE", "SELECT, UPDATE"),
    "matters_clock": ("SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE"),
    "matters_remark": ("SELECT, INSERT", "SELECT, INSERT"),
    "matters_suggestion": ("SELECT", "SELECT, INSERT, UPDATE"),
}

# Of remarks and files a reporter sees what is meant for them; a post sees all.
FOR_A_POST = "(SELECT scope_post()) IS NOT NULL"
SEEN_BY = {"matters_remark": f"(for_reporter OR {FOR_A_POST}) AND "}


def _belonging(table, app, worker):
    sequence = (
        ""
        if table == "matters_suggestion"
        else f"SELECT city_ddl('GRANT USAGE ON SEQUENCE {table}_id_seq TO {{app}}, {{worker}}, {{importer}}');"
    )
    return f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
SELECT city_ddl($$CREATE POLICY belongs ON {table} FOR ALL TO {{app}}
    USING ({SEEN_BY.get(table, "")}{OF_MATTER}) WITH CHECK ({OF_MATTER})$$);
SELECT city_ddl('CREATE POLICY works ON {table} FOR ALL TO {{worker}}, {{importer}} USING (true) WITH CHECK (true)');
SELECT city_ddl('GRANT {app} ON {table} TO {{app}}');
SELECT city_ddl('GRANT {worker} ON {table} TO {{worker}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE ON {table} TO {{importer}}');
{sequence}
"""


# Entries, sealed records and files of a matter are for those who see the matter, to read and to add.
BELOW = f"""
SELECT city_ddl($$CREATE POLICY journal_of_matter ON journal_entry FOR SELECT TO {{app}}
    USING (subject_kind = 'matter' AND {VISIBLE.format("subject_id")})$$);
SELECT city_ddl($$CREATE POLICY vault_of_matter ON vault_record FOR ALL TO {{app}}
    USING (subject_kind = 'matter' AND {VISIBLE.format("subject_id")})
    WITH CHECK (subject_kind = 'matter' AND {VISIBLE.format("subject_id")})$$);
SELECT city_ddl($$CREATE POLICY files_onto_matter ON files_attachment AS RESTRICTIVE FOR INSERT TO {{app}}
    WITH CHECK (subject_kind <> 'matter' OR {VISIBLE.format("subject_id")})$$);
SELECT city_ddl($$CREATE POLICY journal_onto_matter ON journal_entry AS RESTRICTIVE FOR INSERT TO {{app}}
    WITH CHECK (subject_kind <> 'matter' OR {VISIBLE.format("subject_id")})$$);
SELECT city_ddl($$CREATE POLICY files_of_matter ON files_attachment FOR SELECT TO {{app}}
    USING (subject_kind = 'matter' AND (shown_to_reporter OR {FOR_A_POST}) AND {VISIBLE.format("subject_id")})$$);
"""
DROP_BELOW = """
DROP POLICY journal_of_matter ON journal_entry;
DROP POLICY vault_of_matter ON vault_record;
DROP POLICY files_of_matter ON files_attachment;
DROP POLICY files_onto_matter ON files_attachment;
DROP POLICY journal_onto_matter ON journal_entry;
"""

REST = """
SELECT city_ddl('GRANT SELECT, INSERT ON matters_submission TO {app}, {worker}, {importer}');
SELECT city_ddl('GRANT DELETE ON matters_submission TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE matters_submission_id_seq TO {app}, {worker}, {importer}');
SELECT city_ddl('GRANT SELECT ON matters_kindversion TO {app}, {worker}');
SELECT city_ddl('GRANT SELECT, INSERT ON matters_kindversion TO {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE matters_kindversion_id_seq TO {importer}');
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("organisation", "0001_organisation"),
        ("access", "0001_access"),
        ("vault", "0001_vault"),
        ("files", "0001_files"),
        ("notices", "0001_notices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Matter",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.CharField(db_collation="C", max_length=20, unique=True)),
                ("kind", models.CharField(db_collation="C", max_length=40)),
                ("kind_version", models.SmallIntegerField()),
                ("stage", models.CharField(db_collation="C", max_length=40)),
                ("result", models.CharField(db_collation="C", max_length=40, null=True)),
                ("channel", models.CharField(db_collation="C", max_length=20)),
                ("source", models.CharField(db_collation="C", max_length=40, null=True)),
                ("source_number", models.CharField(db_collation="C", max_length=80, null=True)),
                ("title", models.TextField()),
                ("body", models.TextField()),
                ("salt", models.BinaryField()),
                ("category", models.CharField(db_collation="C", max_length=60)),
                ("region_code", models.CharField(db_collation="C", max_length=15)),
                ("scope_code", models.CharField(db_collation="C", max_length=15)),
                ("place_text", models.TextField(default="")),
                ("latitude", models.DecimalField(decimal_places=6, max_digits=9, null=True)),
                ("longitude", models.DecimalField(decimal_places=6, max_digits=9, null=True)),
                ("reported_at", models.DateTimeField()),
                ("stage_since", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                ("warn_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("in_intake", models.BooleanField(default=True)),
                ("counts", models.JSONField(default=dict)),
                ("solved", models.BooleanField(null=True)),
                ("satisfied", models.SmallIntegerField(null=True)),
                ("public_consent", models.BooleanField(default=False)),
                ("follow_hash", models.CharField(db_collation="C", max_length=64)),
                ("version", models.IntegerField(default=1)),
                ("steps", models.IntegerField(default=1)),
                (
                    "holder_unit",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.unit",
                    ),
                ),
                (
                    "intake_unit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.unit",
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
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="KindVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(db_collation="C", max_length=40)),
                ("version", models.SmallIntegerField()),
                ("source", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("loaded_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("code", "version"), name="matters_kindversion_once")],
            },
        ),
        migrations.CreateModel(
            name="Clock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stage", models.CharField(db_collation="C", max_length=40)),
                ("limit_text", models.CharField(max_length=20)),
                ("calendar_version", models.CharField(max_length=80)),
                ("started_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("warn_at", models.DateTimeField()),
                ("stopped_at", models.DateTimeField(null=True)),
                (
                    "matter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matters.matter"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("part", models.CharField(db_collation="C", max_length=10)),
                ("state", models.CharField(db_collation="C", max_length=10)),
                ("assigned_at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "handled_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.staff",
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matters.matter"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Participant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("part", models.CharField(db_collation="C", max_length=20)),
                ("since", models.DateTimeField()),
                (
                    "matter",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matters.matter",
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
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Remark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step", models.IntegerField()),
                ("part", models.CharField(db_collation="C", max_length=20)),
                ("text", models.TextField()),
                ("salt", models.BinaryField()),
                ("for_reporter", models.BooleanField()),
                (
                    "matter",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matters.matter",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("door", models.CharField(db_collation="C", max_length=40)),
                ("key", models.UUIDField()),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("matter_id", models.BigIntegerField()),
                ("step", models.IntegerField()),
                ("sent_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("door", "key"), name="matters_submission_once")],
            },
        ),
        migrations.CreateModel(
            name="Suggestion",
            fields=[
                (
                    "matter",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="matters.matter",
                    ),
                ),
                ("categories", models.JSONField()),
                ("similar", models.JSONField()),
                ("made_at", models.DateTimeField()),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.unit",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(
                condition=models.Q(("ended_at", None)), fields=["stage", "due_at", "id"], name="matters_matter_stage"
            ),
        ),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(fields=["scope_code", "id"], name="matters_matter_scope"),
        ),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(
                condition=models.Q(("ended_at", None)), fields=["holder_unit", "due_at"], name="matters_matter_holder"
            ),
        ),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(fields=["category", "scope_code", "reported_at"], name="matters_matter_like"),
        ),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(fields=["follow_hash"], name="matters_matter_follow"),
        ),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(fields=["-reported_at", "-id"], name="matters_matter_newest"),
        ),
        migrations.AddConstraint(
            model_name="matter",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source__isnull", False)),
                fields=("source", "source_number"),
                name="matters_matter_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="matter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("source__isnull", True), ("source_number__isnull", True)),
                    models.Q(("source__isnull", False), ("source_number__isnull", False)),
                    _connector="OR",
                ),
                name="matters_matter_source_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="matter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("due_at__isnull", False), ("ended_at__isnull", True), ("result__isnull", True)),
                    models.Q(
                        ("due_at__isnull", True),
                        ("ended_at__isnull", False),
                        ("holder_unit__isnull", True),
                        ("result__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="matters_matter_open_or_ended",
            ),
        ),
        migrations.AddConstraint(
            model_name="matter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("latitude__isnull", True), ("longitude__isnull", True)),
                    models.Q(
                        ("latitude__gte", -90), ("latitude__lte", 90), ("longitude__gte", -180), ("longitude__lte", 180)
                    ),
                    _connector="OR",
                ),
                name="matters_matter_point",
            ),
        ),
        migrations.AddConstraint(
            model_name="matter",
            constraint=models.CheckConstraint(
                condition=models.Q(("satisfied", None), ("satisfied__range", (1, 5)), _connector="OR"),
                name="matters_matter_score",
            ),
        ),
        migrations.AddConstraint(
            model_name="matter",
            constraint=models.CheckConstraint(
                condition=models.Q(("steps__gte", models.F("version"))), name="matters_matter_counters"
            ),
        ),
        migrations.AddConstraint(
            model_name="clock",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stopped_at", None)), fields=("matter",), name="matters_clock_one_runs"
            ),
        ),
        migrations.AddConstraint(
            model_name="clock",
            constraint=models.CheckConstraint(
                condition=models.Q(("warn_at__lte", models.F("due_at"))), name="matters_clock_warns_first"
            ),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                condition=models.Q(("ended_at", None)), fields=["unit", "matter"], name="matters_assignment_unit"
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("matter", "unit"), name="matters_assignment_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None), ("part", "lead")),
                fields=("matter",),
                name="matters_assignment_one_lead",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(("part__in", ["lead", "co"])), name="matters_assignment_part"
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state__in", ["waiting", "taken"])),
                    models.Q(("ended_at__isnull", False), ("state__in", ["done", "returned", "moved", "over"])),
                    _connector="OR",
                ),
                name="matters_assignment_state",
            ),
        ),
        migrations.AddIndex(
            model_name="participant",
            index=models.Index(fields=["unit", "matter"], name="matters_participant_unit"),
        ),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.UniqueConstraint(fields=("matter", "unit"), name="matters_participant_once"),
        ),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.CheckConstraint(
                condition=models.Q(("part__in", ["holder", "past_holder", "receiver", "caller"])),
                name="matters_participant_part",
            ),
        ),
        migrations.AddConstraint(
            model_name="remark",
            constraint=models.UniqueConstraint(fields=("matter", "step", "part"), name="matters_remark_once"),
        ),
        migrations.RunSQL(MATTER, "DROP POLICY matter_see ON matters_matter"),
        migrations.RunSQL(PARTICIPANT, "DROP FUNCTION matter_is_visible(bigint) CASCADE"),
        *(
            migrations.RunSQL(_belonging(table, *rights), migrations.RunSQL.noop)
            for table, rights in BELONGINGS.items()
        ),
        migrations.RunSQL(BELOW, DROP_BELOW),
        migrations.RunSQL(REST, migrations.RunSQL.noop),
    ]
