"""What goes out: lines for mailboxes, messages, and how their destinations are doing. The worker plans and sends; who keeps
the city sees how it stands and what failed, a unit sees its own; what a message says and of which matter, neither."""

from django.db import migrations, models

LISTED = (
    "id, gateway, destination, step, unit_id, role, made_at, next_at, give_up_at, tries, failed_at, last_error, state,"
    " ended_at"
)
MINE = "(SELECT p.unit_id FROM organisation_post p WHERE p.id = (SELECT scope_post()))"
KEEP = "(SELECT scope_may('keep'))"
RIGHTS = f"""
ALTER TABLE notices_channel ENABLE ROW LEVEL SECURITY;
ALTER TABLE notices_delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE notices_line ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE ON notices_channel TO {{worker}}');
SELECT city_ddl('GRANT SELECT, UPDATE (next_at) ON notices_channel TO {{app}}');
SELECT city_ddl('GRANT SELECT, INSERT, DELETE ON notices_delivery TO {{worker}}');
SELECT city_ddl('GRANT UPDATE (tries, next_at, failed_at, last_error, state, ended_at) ON notices_delivery TO {{worker}}');
SELECT city_ddl('GRANT INSERT, SELECT ({LISTED}) ON notices_delivery TO {{app}}');
SELECT city_ddl('GRANT UPDATE (state, next_at, give_up_at, ended_at) ON notices_delivery TO {{app}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE notices_delivery_id_seq TO {{app}}, {{worker}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (delivery_id), DELETE ON notices_line TO {{worker}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE notices_line_id_seq TO {{worker}}');
SELECT city_ddl('CREATE POLICY channel_work ON notices_channel FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
SELECT city_ddl($$CREATE POLICY channel_keep ON notices_channel FOR ALL TO {{app}} USING ({KEEP}) WITH CHECK ({KEEP})$$);
SELECT city_ddl('CREATE POLICY delivery_work ON notices_delivery FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
SELECT city_ddl($$CREATE POLICY delivery_see ON notices_delivery FOR SELECT TO {{app}} USING ({KEEP} OR unit_id = {MINE})$$);
SELECT city_ddl($$CREATE POLICY delivery_again ON notices_delivery FOR UPDATE TO {{app}}
    USING ({KEEP} AND state IN ('waiting', 'given_up')) WITH CHECK ({KEEP} AND state = 'waiting')$$);
SELECT city_ddl($$CREATE POLICY delivery_test ON notices_delivery FOR INSERT TO {{app}}
    WITH CHECK ({KEEP} AND step = 'test' AND state = 'waiting' AND subject_id IS NULL
        AND (gateway = 'webhook' AND unit_id IS NULL OR gateway = 'mail' AND unit_id = {MINE}))$$);
SELECT city_ddl('CREATE POLICY line_work ON notices_line FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0004_of_office"), ("access", "0008_offices")]
    operations = [
        migrations.CreateModel(
            name="Channel",
            fields=[
                ("code", models.TextField(primary_key=True, serialize=False)),
                ("failing_since", models.DateTimeField(null=True)),
                ("failures", models.IntegerField(default=0)),
                ("next_at", models.DateTimeField(null=True)),
                ("last_error", models.TextField(default="")),
                ("last_sent_at", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gateway", models.TextField()),
                ("destination", models.TextField()),
                ("key", models.UUIDField(unique=True)),
                ("step", models.TextField()),
                ("unit_id", models.BigIntegerField(null=True)),
                ("role", models.TextField(default="")),
                ("subject_kind", models.TextField(default="")),
                ("subject_id", models.BigIntegerField(null=True)),
                ("text", models.TextField(default="")),
                ("body", models.JSONField(default=dict)),
                ("made_at", models.DateTimeField()),
                ("next_at", models.DateTimeField()),
                ("give_up_at", models.DateTimeField()),
                ("tries", models.IntegerField(default=0)),
                ("failed_at", models.DateTimeField(null=True)),
                ("last_error", models.TextField(default="")),
                ("state", models.TextField(default="waiting")),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["gateway", "next_at"],
                        name="notices_delivery_due",
                    ),
                    models.Index(fields=["state", "-id"], name="notices_delivery_state"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "sent", "given_up", "void"])),
                        name="notices_delivery_states",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("state", "waiting")),
                            models.Q(
                                models.Q(("state", "waiting"), _negated=True),
                                models.Q(("ended_at", None), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="notices_delivery_ended",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Line",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("unit_id", models.BigIntegerField()),
                ("role", models.TextField()),
                ("subject_kind", models.TextField()),
                ("subject_id", models.BigIntegerField()),
                ("subject_step", models.IntegerField()),
                ("step", models.TextField()),
                ("text", models.TextField()),
                ("made_at", models.DateTimeField()),
                ("release_at", models.DateTimeField()),
                ("delivery_id", models.BigIntegerField(null=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("delivery_id__isnull", True)),
                        fields=["release_at"],
                        name="notices_line_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("unit_id", "role", "subject_kind", "subject_id", "subject_step", "step"),
                        name="notices_line_once",
                    )
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
