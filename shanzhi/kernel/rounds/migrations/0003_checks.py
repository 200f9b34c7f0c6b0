"""What the check of each pack that came has said: kept by the background, read by the levels above."""

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
SELECT city_ddl('CREATE POLICY check_work ON rounds_check FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
"""


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
    ]
