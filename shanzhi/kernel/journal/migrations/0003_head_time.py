"""Heads are found by their time as well: the last one of a week, or of a day."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_sealing")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX journal_head_time ON journal_head (signed_at, id)", "DROP INDEX journal_head_time"
        )
    ]
