"""The cubes that dashboards read, each with a twin for rebuilding; the regions that things count under; the tree's version
for which they were filled.

Columns are those of `policy/cubes.py` when this was written; a test holds the two equal.
"""

from django.db import migrations

COHORT = (
    "accepted contacted replied ended open returned returns reopened extended supervised urged late limited on_time rated"
    " solved scored score_sum pleased"
)
COMMON = "due kept missed rated solved scored score_sum pleased unrated"
MATTERS = (
    "reported accepted dispatched replied ended ended_closed ended_lapsed ended_refused ended_withdrawn ended_joined"
    " ended_otherwise given_back " + COMMON
).split() + [f"cohort_{name}" for name in COHORT.split()]
UNITS = ("given given_lead taken done given_back on_time over_time " + COMMON + " cohort_led").split() + [
    f"cohort_{name}" for name in COHORT.split()
]
BINS = 33

CUBES = {
    "fact_cube_day": ("day date NOT NULL, region_id bigint NOT NULL", "day, region_id", MATTERS, ()),
    "fact_cube_month": (
        'month bigint NOT NULL, region_id bigint NOT NULL, level text COLLATE "C" NOT NULL, is_own bigint NOT NULL,'
        ' kind text COLLATE "C" NOT NULL, category_1 text COLLATE "C" NOT NULL',
        "month, region_id, level, is_own, kind, category_1",
        MATTERS,
        ("accepting", "replying", "ending"),
    ),
    "fact_cube_unit": (
        'month bigint NOT NULL, unit_id bigint NOT NULL, kind text COLLATE "C" NOT NULL',
        "month, unit_id, kind",
        UNITS,
        ("taking", "working"),
    ),
}


def made(name: str) -> str:
    """The statements that make a cube. Rows to which nothing contributes any more are found by the second index."""
    keys, key, measures, histograms = CUBES[name]
    columns = ["facts", *measures, *(f"{one}_{number:02d}" for one in histograms for number in range(BINS))]
    counts = ", ".join(f"{column} integer NOT NULL DEFAULT 0" for column in columns)
    return (
        f"CREATE TABLE {name} ({keys}, {counts}, PRIMARY KEY ({key})) WITH (fillfactor = 80);\n"
        f"CREATE INDEX {name}_over ON {name} (facts) WHERE facts = 0;\n"
        + (f"CREATE INDEX {name}_place ON {name} ({key.split(', ')[1]}, {key.split(', ')[0]});\n")
        + f"CREATE TABLE {name}_spare (LIKE {name} INCLUDING ALL);\n"
    )


TABLES = "".join(made(name) for name in CUBES)
BACK = "".join(f"DROP TABLE {name}, {name}_spare;\n" for name in CUBES)

LINES = """
CREATE TABLE fact_line (
    region_id bigint NOT NULL,
    from_on date NOT NULL,
    nth smallint NOT NULL CHECK (nth >= 0),
    until_on date NOT NULL CHECK (until_on > from_on),
    above_id bigint NOT NULL,
    level text COLLATE "C" NOT NULL,
    is_own bigint NOT NULL CHECK (is_own IN (0, 1)),
    PRIMARY KEY (region_id, from_on, nth)
);
CREATE TABLE fact_tree (
    place smallint PRIMARY KEY CHECK (place = 1),
    version uuid NOT NULL
);
"""

# Figures about communities, days and units, without a person: pages read them, the background counts them.
RIGHTS = "".join(
    f"SELECT city_ddl('GRANT SELECT ON {name}{twin} TO {{app}}');\n"
    f"SELECT city_ddl('GRANT SELECT, INSERT, UPDATE, DELETE ON {name}{twin} TO {{worker}}');\n"
    for name in CUBES
    for twin in ("", "_spare")
)
RIGHTS += """
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE, DELETE ON fact_line, fact_tree TO {worker}');
"""


class Migration(migrations.Migration):
    dependencies = [("facts", "0001_facts")]
    operations = [
        migrations.RunSQL(TABLES, BACK),
        migrations.RunSQL(LINES, "DROP TABLE fact_line; DROP TABLE fact_tree"),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
