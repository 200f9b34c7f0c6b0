"""A letter's id is its sender's own among those that are used: one that nobody believes keeps no other out."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("packs", "0001_letters")]

    operations = [
        migrations.RemoveConstraint("keptletter", "packs_letter_one_by_uid"),
        migrations.AddConstraint(
            "keptletter",
            models.UniqueConstraint(
                fields=["direction", "sender", "uid"],
                condition=Q(direction="out") | Q(state="read"),
                name="packs_letter_one_by_uid",
            ),
        ),
    ]
