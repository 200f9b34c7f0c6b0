"""The dispatch catalogue (派单目录): versions with the day from which they hold, and their rows."""

import django.db.models.deletion
from django.db import migrations, models

RIGHTS = """
ALTER TABLE matters_dispatchversion ENABLE ROW LEVEL SECURITY;
ALTER TABLE matters_dispatchrow ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (live_at) ON matters_dispatchversion TO {app}, {importer}');
SELECT city_ddl('GRANT SELECT, INSERT ON matters_dispatchrow TO {app}, {importer}');
SELECT city_ddl('GRANT SELECT ON matters_dispatchversion, matters_dispatchrow TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE matters_dispatchversion_id_seq TO {app}, {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE matters_dispatchrow_id_seq TO {app}, {importer}');
SELECT city_ddl('CREATE POLICY dispatch_read ON matters_dispatchversion FOR SELECT TO {app}, {importer}, {worker}
    USING (true)');
SELECT city_ddl('CREATE POLICY dispatch_read ON matters_dispatchrow FOR SELECT TO {app}, {importer}, {worker}
    USING (true)');
SELECT city_ddl($$CREATE POLICY dispatch_write ON matters_dispatchversion FOR INSERT TO {app}
    WITH CHECK ((SELECT scope_may('keep')) AND post_id = (SELECT scope_post()) AND live_at IS NULL)$$);
SELECT city_ddl($$CREATE POLICY dispatch_go_live ON matters_dispatchversion FOR UPDATE TO {app}
    USING ((SELECT scope_may('keep')) AND live_at IS NULL) WITH CHECK (live_at IS NOT NULL)$$);
SELECT city_ddl($$CREATE POLICY dispatch_write ON matters_dispatchrow FOR INSERT TO {app}
    WITH CHECK ((SELECT scope_may('keep')) AND EXISTS (SELECT 1 FROM matters_dispatchversion v
        WHERE v.id = version_id AND v.live_at IS NULL))$$);
SELECT city_ddl('CREATE POLICY dispatch_load ON matters_dispatchversion FOR INSERT TO {importer}
    WITH CHECK (live_at IS NULL)');
SELECT city_ddl('CREATE POLICY dispatch_load_live ON matters_dispatchversion FOR UPDATE TO {importer}
    USING (live_at IS NULL) WITH CHECK (live_at IS NOT NULL)');
SELECT city_ddl('CREATE POLICY dispatch_load ON matters_dispatchrow FOR INSERT TO {importer}
    WITH CHECK (EXISTS (SELECT 1 FROM matters_dispatchversion v WHERE v.id = version_id AND v.live_at IS NULL))');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("matters", "0010_operators"),
        ("access", "0002_signoff"),
        ("organisation", "0001_organisation"),
    ]
    operations = [
        migrations.CreateModel(
            name="DispatchVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("holds_from", models.DateField()),
                ("note", models.TextField(default="")),
                ("loaded_at", models.DateTimeField()),
                ("live_at", models.DateTimeField(null=True)),
                (
                    "post",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisation.post",
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="DispatchRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("category", models.CharField(db_collation="C", max_length=60)),
                ("region_code", models.CharField(db_collation="C", default="", max_length=15)),
                ("level", models.CharField(db_collation="C", default="", max_length=10)),
                ("unit_code", models.CharField(db_collation="C", default="", max_length=80)),
                ("unit_kind", models.CharField(db_collation="C", default="", max_length=60)),
                ("limit_text", models.CharField(db_collation="C", max_length=12)),
                ("ground", models.TextField()),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matters.dispatchversion"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "category", "region_code"), name="matters_dispatch_one_row_a_case"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(unit_kind="", level="") & ~models.Q(unit_code="")
                        | models.Q(unit_code="", level__in=("city", "county", "township")) & ~models.Q(unit_kind=""),
                        name="matters_dispatch_one_unit",
                    ),
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
