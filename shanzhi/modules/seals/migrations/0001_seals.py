"""Deliveries of heads: the worker's alone (like the outbox, no other role has any right on them), nothing personal in them."""

from django.db import migrations, models

RIGHTS = """
SELECT city_ddl('GRANT SELECT, INSERT ON seals_delivery TO {worker}');
SELECT city_ddl('GRANT UPDATE (tries, last_status, next_at, delivered_at, given_up_at) ON seals_delivery TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE seals_delivery_id_seq TO {worker}');
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("journal", "0003_head_time")]
    operations = [
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address_hash", models.CharField(db_collation="C", max_length=64)),
                ("head_id", models.BigIntegerField()),
                ("occasion", models.CharField(db_collation="C", max_length=5)),
                ("day", models.CharField(db_collation="C", max_length=10)),
                ("tries", models.IntegerField(default=0)),
                ("last_status", models.CharField(db_collation="C", default="", max_length=40)),
                ("made_at", models.DateTimeField()),
                ("next_at", models.DateTimeField()),
                ("delivered_at", models.DateTimeField(null=True)),
                ("given_up_at", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        fields=["next_at"],
                        condition=models.Q(delivered_at__isnull=True, given_up_at__isnull=True),
                        name="seals_delivery_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=["address_hash", "head_id"], name="seals_delivery_once"),
                    models.CheckConstraint(
                        condition=models.Q(occasion__in=["day", "epoch"]), name="seals_delivery_occasion_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(delivered_at__isnull=True) | models.Q(given_up_at__isnull=True),
                        name="seals_delivery_one_end",
                    ),
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
