"""Accounts and tokens; the functions by which policies read who is acting."""

import django.db.models.deletion
from django.db import migrations, models

# Each returns NULL when nothing is set, and a comparison with NULL is never true: without a scope nothing is seen.
SCOPE = """
CREATE FUNCTION scope_ranges() RETURNS codemultirange LANGUAGE sql STABLE PARALLEL SAFE AS
    $body$ SELECT NULLIF(current_setting('shanzhi.ranges', true), '')::codemultirange $body$;
CREATE FUNCTION scope_intake() RETURNS codemultirange LANGUAGE sql STABLE PARALLEL SAFE AS
    $body$ SELECT NULLIF(current_setting('shanzhi.intake', true), '')::codemultirange $body$;
CREATE FUNCTION scope_unit() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
    $body$ SELECT NULLIF(current_setting('shanzhi.unit', true), '')::bigint $body$;
CREATE FUNCTION scope_post() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
    $body$ SELECT NULLIF(current_setting('shanzhi.post', true), '')::bigint $body$;
CREATE FUNCTION scope_follow() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS
    $body$ SELECT string_to_array(NULLIF(current_setting('shanzhi.follow', true), ''), ',') $body$;
CREATE FUNCTION scope_door() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
    $body$ SELECT NULLIF(current_setting('shanzhi.door', true), '') $body$;
"""
DROP_SCOPE = """
DROP FUNCTION scope_ranges(); DROP FUNCTION scope_intake(); DROP FUNCTION scope_unit();
DROP FUNCTION scope_post(); DROP FUNCTION scope_follow(); DROP FUNCTION scope_door();
"""

RIGHTS = """
SELECT city_ddl('GRANT SELECT, UPDATE ON access_account TO {app}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE ON access_account TO {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE access_account_id_seq TO {importer}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE ON access_token TO {app}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE ON access_token TO {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE access_token_id_seq TO {app}, {importer}');
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("journal", "0001_journal"),
        ("organisation", "0001_organisation"),
    ]
    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("username", models.CharField(max_length=150, unique=True)),
                ("email", models.EmailField(blank=True, default="", max_length=254)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "staff",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.staff",
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("label", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organisation.post"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))),
                        name="access_token_expires_later",
                    )
                ],
            },
        ),
        migrations.RunSQL(SCOPE, DROP_SCOPE),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
