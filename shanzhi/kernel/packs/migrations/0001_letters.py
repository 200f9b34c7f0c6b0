"""Letters that came and went, and the platforms whose letters are believed."""

import django.contrib.postgres.fields
from django.db import migrations, models

RIGHTS = """
SELECT city_ddl('GRANT SELECT ON packs_peer TO {app}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by_signoff) ON packs_peer TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE packs_peer_id_seq TO {worker}');
ALTER TABLE packs_letter ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT ON packs_letter TO {app}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (state, reason, params, settled_at, steps) ON packs_letter TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE packs_letter_id_seq TO {app}, {worker}');
SELECT city_ddl($$CREATE POLICY letter_see ON packs_letter FOR SELECT TO {app} USING ((SELECT scope_may('letters')))$$);
SELECT city_ddl($$CREATE POLICY letter_take_in ON packs_letter FOR INSERT TO {app}
    WITH CHECK ((SELECT scope_may('letters')) AND direction = 'in' AND state = 'kept' AND by_post = (SELECT scope_post()))$$);
SELECT city_ddl('CREATE POLICY letter_work ON packs_letter FOR ALL TO {worker} USING (true) WITH CHECK (true)');
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("access", "0009_open_signoffs"), ("journal", "0004_narrow_rights")]

    operations = [
        migrations.CreateModel(
            name="KeptLetter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(db_collation="C", max_length=64, unique=True)),
                ("direction", models.CharField(choices=[("in", "in"), ("out", "out")], db_collation="C", max_length=3)),
                ("kind", models.CharField(db_collation="C", max_length=100)),
                ("uid", models.CharField(db_collation="C", max_length=100)),
                ("round", models.CharField(db_collation="C", max_length=100)),
                ("sender", models.CharField(db_collation="C", max_length=100)),
                ("receiver", models.CharField(db_collation="C", max_length=100)),
                ("about", models.CharField(max_length=500)),
                ("made_at", models.DateTimeField()),
                ("bytes", models.BigIntegerField()),
                (
                    "signed_by",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(db_collation="C", max_length=8), size=None
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("kept", "kept"), ("read", "read"), ("refused", "refused")],
                        db_collation="C",
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(default="")),
                ("params", models.JSONField(default=dict)),
                ("kept_at", models.DateTimeField()),
                ("by_post", models.BigIntegerField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("steps", models.IntegerField(default=1)),
            ],
            options={
                "db_table": "packs_letter",
                "default_permissions": (),
                "indexes": [models.Index(fields=["direction", "-id"], name="packs_letter_by_direction")],
                "constraints": [
                    models.UniqueConstraint(fields=("sender", "uid"), name="packs_letter_one_by_uid"),
                    models.CheckConstraint(
                        condition=models.Q(("direction__in", ["in", "out"])), name="packs_letter_way"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at__isnull", True), ("state", "kept")),
                            models.Q(
                                ("direction", "in"), ("settled_at__isnull", False), ("state__in", ["read", "refused"])
                            ),
                            _connector="OR",
                        ),
                        name="packs_letter_settled",
                    ),
                    models.CheckConstraint(condition=models.Q(("bytes__gt", 0)), name="packs_letter_has_bytes"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Peer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(db_collation="C", max_length=100)),
                ("name", models.CharField(max_length=100)),
                ("keys", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("since", models.DateTimeField()),
                ("by_post", models.BigIntegerField()),
                ("signoff_id", models.BigIntegerField(unique=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_by_signoff", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "packs_peer",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)), fields=("code",), name="packs_peer_one_by_code"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("withdrawn_at__isnull", True), ("withdrawn_by_signoff__isnull", True)),
                            models.Q(("withdrawn_at__isnull", False), ("withdrawn_by_signoff__isnull", False)),
                            _connector="OR",
                        ),
                        name="packs_peer_withdrawn_whole",
                    ),
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
