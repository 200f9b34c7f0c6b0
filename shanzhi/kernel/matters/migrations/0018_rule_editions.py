"""Versions of processes and editions of the rule book, and the days from which they hold: rows are only added."""

import django.db.models.deletion
from django.db import migrations, models

RIGHTS = """
ALTER TABLE matters_kindversion ENABLE ROW LEVEL SECURITY;
ALTER TABLE matters_ruleedition ENABLE ROW LEVEL SECURITY;
ALTER TABLE matters_golive ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT INSERT ON matters_kindversion TO {app}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE matters_kindversion_id_seq TO {app}');
SELECT city_ddl('GRANT SELECT, INSERT ON matters_ruleedition, matters_golive TO {app}, {importer}');
SELECT city_ddl('GRANT SELECT ON matters_ruleedition, matters_golive TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE matters_ruleedition_id_seq TO {app}, {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE matters_golive_id_seq TO {app}, {importer}');
SELECT city_ddl('CREATE POLICY rules_read ON matters_kindversion FOR SELECT TO {app}, {importer}, {worker} USING (true)');
SELECT city_ddl('CREATE POLICY rules_read ON matters_ruleedition FOR SELECT TO {app}, {importer}, {worker} USING (true)');
SELECT city_ddl('CREATE POLICY rules_read ON matters_golive FOR SELECT TO {app}, {importer}, {worker} USING (true)');
SELECT city_ddl($$CREATE POLICY rules_keep ON matters_kindversion FOR INSERT TO {app}
    WITH CHECK ((SELECT scope_may('keep')) AND post_id = (SELECT scope_post()))$$);
SELECT city_ddl($$CREATE POLICY rules_keep ON matters_ruleedition FOR INSERT TO {app}
    WITH CHECK ((SELECT scope_may('keep')) AND post_id = (SELECT scope_post()))$$);
SELECT city_ddl($$CREATE POLICY rules_keep ON matters_golive FOR INSERT TO {app}
    WITH CHECK ((SELECT scope_may('keep')) AND post_id = (SELECT scope_post()))$$);
SELECT city_ddl('CREATE POLICY rules_load ON matters_kindversion FOR INSERT TO {importer} WITH CHECK (post_id IS NULL)');
SELECT city_ddl('CREATE POLICY rules_load ON matters_ruleedition FOR INSERT TO {importer} WITH CHECK (post_id IS NULL)');
SELECT city_ddl('CREATE POLICY rules_load ON matters_golive FOR INSERT TO {importer} WITH CHECK (post_id IS NULL)');
SELECT city_ddl($$CREATE POLICY journal_of_rules ON journal_entry FOR SELECT TO {app}
    USING (subject_kind IN ('process', 'rules') AND ((SELECT scope_may('keep')) OR (SELECT scope_may('audit'))))$$);
-- What a city runs already has held since the day on which it was taken over.
INSERT INTO matters_golive (subject, number, holds_from, decided_at)
    SELECT 'kind:' || code, version, (loaded_at AT TIME ZONE 'Asia/Shanghai')::date, loaded_at
    FROM matters_kindversion ORDER BY code, version;
"""
BACK = """
SELECT city_ddl('DROP POLICY journal_of_rules ON journal_entry');
SELECT city_ddl('DROP POLICY rules_read ON matters_kindversion');
SELECT city_ddl('DROP POLICY rules_keep ON matters_kindversion');
SELECT city_ddl('DROP POLICY rules_load ON matters_kindversion');
ALTER TABLE matters_kindversion DISABLE ROW LEVEL SECURITY;
SELECT city_ddl('REVOKE INSERT ON matters_kindversion FROM {app}');
SELECT city_ddl('REVOKE USAGE ON SEQUENCE matters_kindversion_id_seq FROM {app}');
"""
POST = {
    "db_index": False,
    "null": True,
    "on_delete": django.db.models.deletion.PROTECT,
    "related_name": "+",
    "to": "organisation.post",
}


class Migration(migrations.Migration):
    dependencies = [
        ("matters", "0017_unit_heirs"),
        ("access", "0002_signoff"),
        ("journal", "0004_narrow_rights"),
        ("organisation", "0001_organisation"),
    ]
    operations = [
        migrations.AddField("kindversion", "note", models.CharField(default="", max_length=200)),
        migrations.AddField("kindversion", "post", models.ForeignKey(**POST)),
        migrations.CreateModel(
            name="RuleEdition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("section", models.CharField(db_collation="C", max_length=40)),
                ("number", models.SmallIntegerField()),
                ("tables", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("note", models.CharField(default="", max_length=200)),
                ("made_at", models.DateTimeField()),
                ("post", models.ForeignKey(**POST)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("section", "number"), name="matters_ruleedition_once"),
                    models.CheckConstraint(condition=models.Q(number__gte=1), name="matters_ruleedition_counted"),
                ],
            },
        ),
        migrations.CreateModel(
            name="GoLive",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(db_collation="C", max_length=50)),
                ("number", models.SmallIntegerField()),
                ("holds_from", models.DateField()),
                ("decided_at", models.DateTimeField()),
                ("post", models.ForeignKey(**POST)),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["subject", "holds_from"], name="matters_golive_in_force")],
            },
        ),
        migrations.RunSQL(RIGHTS, BACK),
    ]
