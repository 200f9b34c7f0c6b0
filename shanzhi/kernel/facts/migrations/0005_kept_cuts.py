"""What a cut was made of is kept: each matter's hash, and the text of regions and units, so that a pack can show them.

Its root stands in the journal: kept rows that somebody changes give another one.
"""

from django.db import migrations

KEPT = """
CREATE TABLE fact_cut_leaf (
    month integer NOT NULL,
    matter_id bigint NOT NULL,
    steps integer NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    PRIMARY KEY (month, matter_id)
);
-- By which months a matter is asked for.
CREATE INDEX fact_cut_leaf_matter ON fact_cut_leaf (matter_id, month);
CREATE TABLE fact_cut_tree (
    month integer NOT NULL PRIMARY KEY,
    told text NOT NULL
);
SELECT city_ddl('GRANT SELECT, INSERT ON fact_cut_leaf, fact_cut_tree TO {worker}');
"""


class Migration(migrations.Migration):
    dependencies = [("facts", "0004_between")]
    operations = [migrations.RunSQL(KEPT, "DROP TABLE fact_cut_leaf; DROP TABLE fact_cut_tree")]
