"""A keeper numbers the next step of whatever is kept: staff and the admission list as well as regions, units and posts."""

from django.db import migrations

_POLICY = """
ALTER POLICY journal_of_keeping ON journal_entry
    USING (subject_kind IN ({kinds}) AND (SELECT scope_may('keep')))
"""
WIDE = _POLICY.format(kinds="'region', 'unit', 'post', 'staff', 'admission'")
NARROW = _POLICY.format(kinds="'region', 'unit', 'post'")


class Migration(migrations.Migration):
    dependencies = [("keeper", "0001_keep_regions"), ("access", "0008_offices")]
    operations = [migrations.RunSQL(WIDE, NARROW)]
