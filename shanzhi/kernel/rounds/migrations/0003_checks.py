"""What the check of each pack that came has said: kept by the background, read by the levels above. Whoever scores for the
province decides objections to its scores too: the policy let them say so and changed nothing."""

import django.db.models.deletion
from django.db import migrations, models

ABOVE = "(SELECT scope_may('rounds_organise') OR scope_may('rounds_score') OR scope_may('rounds_centre'))"
OF_CITY = "EXISTS (SELECT 1 FROM rounds_city c WHERE c.id = round_city_id)"
GRANTS = f"""
ALTER TABLE rounds_check ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT ON rounds_check TO {{app}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (state, faults, more, seed, checked_at) ON rounds_check TO {{worker}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE rounds_check_id_seq TO {{worker}}');
SELECT city_ddl($$CREATE POLICY check_see ON rounds_check FOR SELECT TO {{app}} USING ({ABOVE} AND {OF_CITY})$$);
SELECT city_ddl('GRANT SELECT ON rounds_result TO {{worker}}');
SELECT city_ddl('CREATE POLICY check_work ON rounds_check FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
"""


LEADS = "(SELECT scope_may('rounds_lead') OR scope_may('rounds_organise') OR scope_may('rounds_centre'))"
DECIDES = """(SELECT scope_may('rounds_lead') OR scope_may('rounds_organise') OR scope_may('rounds_score')
    OR scope_may('rounds_centre'))"""
OF_PLACE = """EXISTS (SELECT 1 FROM rounds_city c WHERE c.id = round_city_id
    AND c.city_code::text <@ (SELECT scope_place()))"""


# The published list goes out in letters.
TOLD = "SELECT city_ddl('CREATE POLICY result_tell ON rounds_result FOR SELECT TO {worker} USING (true)');"
NOT_TOLD = """DROP POLICY result_tell ON rounds_result;
SELECT city_ddl('REVOKE SELECT ON rounds_result FROM {worker}');"""


def decided_by(who: str) -> str:
    """The policy under which an open objection is sent or decided."""
    return f"""DROP POLICY objection_step ON rounds_objection;
SELECT city_ddl($$CREATE POLICY objection_step ON rounds_objection FOR UPDATE TO {{app}}
    USING ({who} AND state = 'open' AND {OF_PLACE}) WITH CHECK ({who})$$);"""


class Migration(migrations.Migration):
    dependencies = [
        ("rounds", "0002_upper"),
    ]

    operations = [
        migrations.CreateModel(
            name="Check",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("letter_id", models.BigIntegerField(unique=True)),
                ("sha256", models.CharField(db_collation="C", max_length=64)),
                ("state", models.CharField(db_collation="C", max_length=8)),
                ("faults", models.JSONField(default=list)),
                ("more", models.IntegerField(default=0)),
                ("seed", models.CharField(db_collation="C", default="", max_length=40)),
                ("came_at", models.DateTimeField()),
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
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("checked_at__isnull", True), ("state", "waiting")),
                            models.Q(("checked_at__isnull", False), ("state__in", ["passed", "refused"])),
                            _connector="OR",
                        ),
                        name="rounds_check_state",
                    )
                ],
            },
        ),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
        migrations.RunSQL(decided_by(DECIDES), decided_by(LEADS)),
        migrations.RunSQL(TOLD, NOT_TOLD),
    ]
