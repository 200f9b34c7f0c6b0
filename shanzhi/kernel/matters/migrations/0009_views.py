"""Saved views of the list: a name and an address' query, seen by the post and person alone that saved them."""

from django.db import migrations, models

MINE = "post_id = (SELECT scope_post()) AND staff_id = (SELECT scope_staff())"
RIGHTS = f"""
ALTER TABLE matters_savedview ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (query), DELETE ON matters_savedview TO {{app}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE matters_savedview_id_seq TO {{app}}');
SELECT city_ddl($$CREATE POLICY view_own ON matters_savedview FOR ALL TO {{app}} USING ({MINE}) WITH CHECK ({MINE})$$);
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0008_list_filters"), ("access", "0002_signoff")]
    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("post_id", models.BigIntegerField()),
                ("staff_id", models.BigIntegerField()),
                ("name", models.CharField(max_length=40)),
                ("query", models.CharField(max_length=2000)),
                ("saved_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=["post_id", "staff_id", "name"], name="matters_savedview_once"),
                    models.CheckConstraint(condition=~models.Q(name=""), name="matters_savedview_named"),
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
