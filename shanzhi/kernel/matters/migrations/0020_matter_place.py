"""Which place (场所) a matter is about: one row beside the matter, seen with it, gone with its words."""

import django.db.models.deletion
from django.db import migrations, models

OF_MATTER = "EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = matter_id)"
# The word is that of `policy.rights.ERASED`.
ERASED = "已按本人请求删除"
RIGHTS = f"""
ALTER TABLE matters_place ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT ON matters_place TO {{app}}');
SELECT city_ddl('GRANT SELECT (matter_id), DELETE ON matters_place TO {{worker}}');
SELECT city_ddl($$CREATE POLICY place_see ON matters_place FOR SELECT TO {{app}} USING ({OF_MATTER})$$);
SELECT city_ddl($$CREATE POLICY place_keep ON matters_place FOR INSERT TO {{app}} WITH CHECK ({OF_MATTER})$$);
SELECT city_ddl('CREATE POLICY place_work ON matters_place FOR SELECT TO {{worker}} USING (true)');
SELECT city_ddl($$CREATE POLICY place_forget ON matters_place FOR DELETE TO {{worker}}
    USING (EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = matter_id AND m.title = '{ERASED}'
        AND m.salt = ''::bytea))$$);
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0019_sitting"), ("organisation", "0005_places")]
    operations = [
        migrations.CreateModel(
            name="MatterPlace",
            fields=[
                (
                    "matter",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="matters.matter",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organisation.place"
                    ),
                ),
            ],
            options={"db_table": "matters_place", "default_permissions": ()},
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
