"""What became of each key, how far sealing anew has come, and that nothing is ever sealed under a retired key."""

import django.db.models.deletion
from django.db import migrations, models

# An envelope is version, algorithm, length of the key's id, the id, and the rest. Whoever still holds a ring of before a
# key was retired is refused, and its transaction with it: nothing is lost, because nothing was acknowledged. The lock is
# shared by all who seal; retiring takes it alone for a moment, so that nobody's row is still on its way.
REFUSE = """
CREATE FUNCTION vault_refuse_retired() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(370301);
    IF length(NEW.sealed) > 3 AND EXISTS (
        SELECT 1 FROM vault_key k
        WHERE k.retired_at IS NOT NULL
          AND k.code = convert_from(substring(NEW.sealed FROM 4 FOR get_byte(NEW.sealed, 2)), 'LATIN1')
    ) THEN
        RAISE EXCEPTION 'sealed under a retired key' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $body$;
CREATE TRIGGER vault_record_key BEFORE INSERT OR UPDATE OF sealed ON vault_record
    FOR EACH ROW EXECUTE FUNCTION vault_refuse_retired();
CREATE TRIGGER vault_parkedform_key BEFORE INSERT OR UPDATE OF sealed ON vault_parkedform
    FOR EACH ROW EXECUTE FUNCTION vault_refuse_retired();
"""

# Ids of keys are no secret. Of a record the worker changes the envelope and nothing else.
RIGHTS = """
SELECT city_ddl('GRANT SELECT ON vault_key TO {app}, {importer}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE ON vault_key TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE vault_key_id_seq TO {worker}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE ON vault_rotation TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE vault_rotation_id_seq TO {worker}');
SELECT city_ddl('GRANT UPDATE (sealed) ON vault_record TO {worker}');
SELECT city_ddl('GRANT SELECT, UPDATE (sealed) ON vault_parkedform TO {worker}');
"""
BACK = """
DROP TRIGGER vault_record_key ON vault_record;
DROP TRIGGER vault_parkedform_key ON vault_parkedform;
DROP FUNCTION vault_refuse_retired();
SELECT city_ddl('REVOKE UPDATE (sealed) ON vault_record FROM {worker}');
SELECT city_ddl('REVOKE SELECT, UPDATE (sealed) ON vault_parkedform FROM {worker}');
"""


class Migration(migrations.Migration):
    dependencies = [("vault", "0002_grounds_and_holds")]
    operations = [
        migrations.CreateModel(
            name="Key",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(db_collation="C", max_length=32, unique=True)),
                ("added_at", models.DateTimeField()),
                ("activated_at", models.DateTimeField(null=True)),
                ("retired_at", models.DateTimeField(null=True)),
                ("steps", models.IntegerField(default=0)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Rotation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("algorithm", models.SmallIntegerField()),
                ("started_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("total", models.BigIntegerField()),
                ("moved", models.BigIntegerField(default=0)),
                ("in_pass", models.BigIntegerField(default=0)),
                ("unreadable", models.BigIntegerField(default=0)),
                ("reached", models.JSONField(default=dict)),
                ("signoff", models.TextField(default="")),
                ("reason", models.TextField(default="")),
                ("salt", models.BinaryField()),
                (
                    "key",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="vault.key"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        models.Value(1),
                        condition=models.Q(("done_at__isnull", True)),
                        name="vault_rotation_one_runs",
                    )
                ],
            },
        ),
        migrations.RunSQL(REFUSE, migrations.RunSQL.noop),
        migrations.RunSQL(RIGHTS, BACK),
    ]
