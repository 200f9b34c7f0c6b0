"""Where units get their mail, how their posts want to hear, and which other systems are told: a keeper's and a post's to say,
the worker's to read."""

from django.db import migrations, models

MINE = "(SELECT p.unit_id FROM organisation_post p WHERE p.id = (SELECT scope_post()))"
KEEP = "(SELECT scope_may('keep'))"
HERE = (
    f"{KEEP} AND EXISTS (SELECT 1 FROM organisation_unit u JOIN organisation_region_state s ON s.region_id = u.region_id"
    " WHERE u.id = notices_address.unit_id AND s.code <@ (SELECT scope_place()))"
)
ITS_POST = (
    "EXISTS (SELECT 1 FROM organisation_post p WHERE p.id = (SELECT scope_post())"
    " AND p.unit_id = notices_preference.unit_id AND p.role = notices_preference.role)"
)
RIGHTS = f"""
ALTER TABLE notices_address ENABLE ROW LEVEL SECURITY;
ALTER TABLE notices_preference ENABLE ROW LEVEL SECURITY;
ALTER TABLE notices_subscription ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT ON notices_address, notices_preference, notices_subscription TO {{worker}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (email, changed_at, steps) ON notices_address TO {{app}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (mode) ON notices_preference TO {{app}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (key_number, key_changed_at, ended_at, steps) ON notices_subscription TO {{app}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE notices_address_id_seq, notices_preference_id_seq, notices_subscription_id_seq
    TO {{app}}');
SELECT city_ddl('CREATE POLICY address_read ON notices_address FOR SELECT TO {{worker}} USING (true)');
SELECT city_ddl($$CREATE POLICY address_own ON notices_address FOR SELECT TO {{app}} USING (unit_id = {MINE})$$);
SELECT city_ddl($$CREATE POLICY address_keep ON notices_address FOR ALL TO {{app}} USING ({HERE}) WITH CHECK ({HERE})$$);
SELECT city_ddl('CREATE POLICY preference_read ON notices_preference FOR SELECT TO {{worker}} USING (true)');
SELECT city_ddl($$CREATE POLICY preference_own ON notices_preference FOR ALL TO {{app}}
    USING ({ITS_POST}) WITH CHECK ({ITS_POST})$$);
SELECT city_ddl('CREATE POLICY subscription_read ON notices_subscription FOR SELECT TO {{worker}} USING (true)');
SELECT city_ddl($$CREATE POLICY subscription_keep ON notices_subscription FOR ALL TO {{app}}
    USING ({KEEP}) WITH CHECK ({KEEP})$$);
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0005_deliveries"), ("organisation", "0002_office")]
    operations = [
        migrations.CreateModel(
            name="Address",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("unit_id", models.BigIntegerField()),
                ("role", models.TextField(default="")),
                ("email", models.TextField(default="")),
                ("changed_at", models.DateTimeField()),
                ("steps", models.IntegerField(default=1)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("unit_id", "role"), name="notices_address_once"),
                    models.CheckConstraint(
                        condition=models.Q(("email", ""), ("email__regex", "^[^@\\s]+@[^@\\s]+$"), _connector="OR"),
                        name="notices_address_form",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("unit_id", models.BigIntegerField()),
                ("role", models.TextField()),
                ("step", models.TextField()),
                ("mode", models.TextField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("unit_id", "role", "step"), name="notices_preference_once"),
                    models.CheckConstraint(
                        condition=models.Q(("mode__in", ["now", "digest", "none"])), name="notices_preference_mode"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField()),
                ("url", models.TextField()),
                ("kinds", models.JSONField(default=list)),
                ("scope_code", models.TextField(default="")),
                ("key_number", models.IntegerField(default=1)),
                ("key_changed_at", models.DateTimeField()),
                ("made_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("steps", models.IntegerField(default=1)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
