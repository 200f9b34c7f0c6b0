"""What took the place of a region that ended, with the region's own rows.

The tree's version is made unknown, so that the background fills regions anew; nothing that is counted moves by it.
"""

from django.db import migrations

COLUMN = """
ALTER TABLE fact_region ADD COLUMN became_id bigint;
UPDATE fact_tree SET version = gen_random_uuid();
"""


class Migration(migrations.Migration):
    dependencies = [("facts", "0002_cubes")]

    operations = [migrations.RunSQL(COLUMN, "ALTER TABLE fact_region DROP COLUMN became_id")]
