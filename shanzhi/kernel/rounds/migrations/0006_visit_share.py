"""What fits on site can't be more than what was checked there. What was kept before stays as it was said."""

from django.db import migrations, models

ADD = """ALTER TABLE rounds_visit ADD CONSTRAINT rounds_visit_share
    CHECK (numerator IS NULL OR numerator <= denominator) NOT VALID"""
DROP = "ALTER TABLE rounds_visit DROP CONSTRAINT rounds_visit_share"


class Migration(migrations.Migration):
    dependencies = [("rounds", "0005_mended")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ADD, DROP)],
            state_operations=[
                migrations.AddConstraint(
                    model_name="visit",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("numerator__isnull", True), ("numerator__lte", models.F("denominator")), _connector="OR"
                        ),
                        name="rounds_visit_share",
                    ),
                )
            ],
        )
    ]
