"""A fourth way to see: by office, nothing of matters. For whoever looks after posts, sign-ins and sign-offs alone."""

from django.db import migrations, models


def _sees(*words):
    return models.CheckConstraint(condition=models.Q(("sees__in", list(words))), name="organisation_post_sees")


class Migration(migrations.Migration):
    dependencies = [("organisation", "0001_organisation")]
    operations = [
        migrations.RemoveConstraint(model_name="post", name="organisation_post_sees"),
        migrations.AddConstraint(model_name="post", constraint=_sees("region", "intake", "unit", "office")),
    ]
