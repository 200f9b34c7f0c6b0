"""Clocks that run through several stages, stand still and get more time; and what is asked about a matter on its way.

A promise stays as it was given: a clock can only be stopped, an extension or a pause writes the next row of its code.
An ask is written by a post of the unit that asks, and answered by a post of the unit that it was put to: the database
holds both, and that nobody answers their own.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

OF_MATTER = "EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = matter_id OFFSET 0)"
RIGHTS = f"""
ALTER TABLE matters_ask ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (state, decided_at, decided_step) ON matters_ask TO {{app}}');
SELECT city_ddl('GRANT SELECT, UPDATE (state, decided_at, decided_step) ON matters_ask TO {{worker}}');
SELECT city_ddl($$CREATE POLICY ask_see ON matters_ask FOR SELECT TO {{app}} USING ({OF_MATTER})$$);
SELECT city_ddl($$CREATE POLICY ask_put ON matters_ask FOR INSERT TO {{app}} WITH CHECK (state = 'open'
    AND unit_id = (SELECT scope_unit()) AND post_id = (SELECT scope_post()) AND {OF_MATTER})$$);
SELECT city_ddl($$CREATE POLICY ask_answer ON matters_ask FOR UPDATE TO {{app}} USING (state = 'open' AND {OF_MATTER})
    WITH CHECK (state <> 'open' AND {OF_MATTER} AND (state = 'dropped'
        OR (to_unit_id = (SELECT scope_unit()) AND staff_id IS DISTINCT FROM (SELECT scope_staff()))))$$);
SELECT city_ddl('CREATE POLICY ask_work ON matters_ask FOR SELECT TO {{worker}} USING (true)');
SELECT city_ddl($$CREATE POLICY ask_drop ON matters_ask FOR UPDATE TO {{worker}} USING (state = 'open')
    WITH CHECK (state = 'dropped')$$);
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0022_rare_values"), ("organisation", "0008_shapes")]
    operations = [
        migrations.AddField(
            "clock", "code", models.CharField(max_length=40, default="", db_default="", db_collation="C")
        ),
        migrations.AddField("clock", "paused_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "clock",
            "calendar",
            models.CharField(max_length=40, default="office", db_default="office", db_collation="C"),
        ),
        migrations.AddField("clock", "is_provisional", models.BooleanField(default=False, db_default=False)),
        migrations.AddField("clock", "course", models.JSONField(null=True)),
        migrations.RemoveConstraint("clock", "matters_clock_one_runs"),
        migrations.AddConstraint(
            "clock",
            models.UniqueConstraint(
                fields=["matter", "code"], name="matters_clock_one_runs", condition=Q(stopped_at=None)
            ),
        ),
        migrations.AddIndex(
            "clock",
            models.Index(
                fields=["due_at"], name="matters_clock_paused", condition=Q(stopped_at=None, paused_at__isnull=False)
            ),
        ),
        migrations.AddIndex(
            "clock",
            models.Index(
                fields=["due_at"], name="matters_clock_unsure", condition=Q(stopped_at=None, is_provisional=True)
            ),
        ),
        migrations.CreateModel(
            name="Ask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, db_collation="C")),
                ("clock", models.CharField(max_length=40, default="", db_collation="C")),
                ("amount", models.CharField(max_length=20, default="", db_collation="C")),
                ("ground", models.CharField(max_length=60, default="", db_collation="C")),
                ("step", models.IntegerField()),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("warn_at", models.DateTimeField()),
                ("limit_text", models.CharField(max_length=20)),
                ("calendar_version", models.CharField(max_length=80)),
                ("state", models.CharField(max_length=10, default="open", db_collation="C")),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_step", models.IntegerField(null=True)),
                (
                    "matter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matters.matter"
                    ),
                ),
                *(
                    (
                        name,
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=to,
                            db_index=False,
                            null=null,
                        ),
                    )
                    for name, to, null in (
                        ("unit", "organisation.unit", False),
                        ("post", "organisation.post", False),
                        ("staff", "organisation.staff", True),
                        ("to_unit", "organisation.unit", False),
                    )
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["to_unit", "due_at"], name="matters_ask_to", condition=Q(state="open"))
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["matter", "code"], name="matters_ask_once", condition=Q(state="open")
                    ),
                    models.CheckConstraint(
                        condition=Q(state="open", decided_at=None)
                        | Q(state__in=["granted", "declined", "dropped"], decided_at__isnull=False),
                        name="matters_ask_decided",
                    ),
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
