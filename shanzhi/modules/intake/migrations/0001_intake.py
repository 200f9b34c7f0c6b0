"""The public list and the counts of wrong follow codes, with their rights."""

from django.db import migrations, models

# Everybody may read the public list; it holds nothing that isn't public. Only the worker fills it.
RIGHTS = """
SELECT city_ddl('GRANT SELECT ON intake_public_matter TO {app}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE, DELETE ON intake_public_matter TO {worker}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE, DELETE ON intake_guess TO {app}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE intake_guess_id_seq TO {app}');
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("matters", "0001_matters")]

    operations = [
        migrations.CreateModel(
            name="PublicMatter",
            fields=[
                ("matter_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("category", models.CharField(db_collation="C", max_length=60)),
                ("township_code", models.CharField(db_collation="C", max_length=15)),
                ("township_name", models.TextField()),
                ("stage_name", models.TextField()),
                ("is_ended", models.BooleanField()),
                ("result", models.CharField(db_collation="C", max_length=40, null=True)),
                ("latitude", models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ("longitude", models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ("reported_on", models.DateField()),
                ("ended_on", models.DateField(null=True)),
            ],
            options={
                "db_table": "intake_public_matter",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["-reported_on", "-matter_id"], name="intake_public_newest"),
                    models.Index(fields=["township_code", "-reported_on", "-matter_id"], name="intake_public_place"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Guess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(db_collation="C", max_length=64)),
                ("window_at", models.DateTimeField(db_index=True)),
                ("failures", models.IntegerField()),
            ],
            options={
                "db_table": "intake_guess",
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("subject", "window_at"), name="intake_guess_once")],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
