"""What is promised beside the clocks follows the calendar: a co-handler's date, and by when what was asked is answered.

The worker alone moves them, and the journal tells; whoever was promised something keeps it otherwise. Of what is open, dates
in 2027 and later rest on no notice yet.
"""

from django.db import migrations, models

RIGHTS = """
UPDATE matters_assignment SET is_provisional = true WHERE ended_at IS NULL AND due_at >= '2027-01-01 00:00+08';
UPDATE matters_ask SET is_provisional = true WHERE state = 'open' AND due_at >= '2027-01-01 00:00+08';
SELECT city_ddl('GRANT UPDATE (due_at, warn_at, calendar_version, is_provisional) ON matters_assignment, matters_ask TO {worker}');
SELECT city_ddl($$CREATE POLICY ask_follow ON matters_ask FOR UPDATE TO {worker}
    USING (state = 'open') WITH CHECK (state = 'open')$$);
"""
BACK = """
DROP POLICY ask_follow ON matters_ask;
SELECT city_ddl('REVOKE UPDATE (due_at, warn_at, calendar_version, is_provisional) ON matters_assignment, matters_ask FROM {worker}');
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0054_reach_through_a_part")]
    operations = [
        migrations.AddField("assignment", "is_provisional", models.BooleanField(default=False, db_default=False)),
        migrations.AddField("ask", "is_provisional", models.BooleanField(default=False, db_default=False)),
        migrations.RunSQL(RIGHTS, BACK),
    ]
