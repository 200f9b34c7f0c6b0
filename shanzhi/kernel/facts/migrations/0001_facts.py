"""The tables of facts, each projected one with a twin (`_spare`) into which it is rebuilt, and how they change places.

Columns are those of `policy/columns.py` when this was written; a test holds the two equal.
"""

from django.db import migrations

TABLES = """
CREATE TABLE fact_matter (
    matter_id bigint NOT NULL,
    number text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    category text COLLATE "C" NOT NULL,
    category_1 text COLLATE "C" NOT NULL,
    region_id bigint NOT NULL,
    channel text COLLATE "C" NOT NULL,
    kind_version bigint NOT NULL,
    category_reported text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    region_code text COLLATE "C" NOT NULL,
    place_id bigint,
    place_kind text COLLATE "C" NOT NULL,
    intake_unit_id bigint NOT NULL,
    lead_unit_id bigint,
    linked_to bigint,
    part_of bigint,
    reported_at timestamptz NOT NULL,
    reported_on date NOT NULL,
    reported_month bigint NOT NULL,
    accepted_at timestamptz,
    dispatched_at timestamptz,
    taken_at timestamptz,
    contacted_at timestamptz,
    replied_at timestamptz,
    ended_at timestamptz,
    ended_on date,
    ended_month bigint,
    stage text COLLATE "C" NOT NULL,
    result text COLLATE "C" NOT NULL,
    is_open bigint NOT NULL,
    solved bigint,
    satisfied bigint,
    rated_month bigint,
    accept_seconds bigint,
    dispatch_seconds bigint,
    take_seconds bigint,
    contact_seconds bigint,
    reply_seconds bigint,
    end_seconds bigint,
    on_time bigint,
    was_late bigint NOT NULL,
    returns bigint NOT NULL,
    reopenings bigint NOT NULL,
    failed_checks bigint NOT NULL,
    extensions bigint NOT NULL,
    pauses bigint NOT NULL,
    urges bigint NOT NULL,
    supervisions bigint NOT NULL,
    escalations bigint NOT NULL,
    co_handlers bigint NOT NULL,
    papers bigint NOT NULL,
    steps bigint NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (matter_id)
);
CREATE INDEX fact_matter_month ON fact_matter (reported_month);
CREATE TABLE fact_step (
    matter_id bigint NOT NULL,
    step bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    category text COLLATE "C" NOT NULL,
    category_1 text COLLATE "C" NOT NULL,
    region_id bigint NOT NULL,
    channel text COLLATE "C" NOT NULL,
    action text COLLATE "C" NOT NULL,
    done_by text COLLATE "C" NOT NULL,
    stage text COLLATE "C" NOT NULL,
    to_stage text COLLATE "C" NOT NULL,
    author_kind text COLLATE "C" NOT NULL,
    unit_id bigint,
    holder_unit_id bigint,
    ground text COLLATE "C" NOT NULL,
    result text COLLATE "C" NOT NULL,
    happened_at timestamptz NOT NULL,
    happened_on date NOT NULL,
    month bigint NOT NULL,
    is_late bigint NOT NULL,
    seconds bigint NOT NULL,
    PRIMARY KEY (matter_id, step)
);
CREATE INDEX fact_step_month ON fact_step (month);
CREATE TABLE fact_assignment (
    matter_id bigint NOT NULL,
    share bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    category text COLLATE "C" NOT NULL,
    category_1 text COLLATE "C" NOT NULL,
    region_id bigint NOT NULL,
    channel text COLLATE "C" NOT NULL,
    unit_id bigint NOT NULL,
    part text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    ground text COLLATE "C" NOT NULL,
    assigned_at timestamptz NOT NULL,
    assigned_on date NOT NULL,
    assigned_month bigint NOT NULL,
    taken_at timestamptz,
    ended_at timestamptz,
    ended_month bigint,
    due_at timestamptz,
    take_seconds bigint,
    seconds bigint,
    on_time bigint,
    PRIMARY KEY (matter_id, share)
);
CREATE INDEX fact_assignment_month ON fact_assignment (assigned_month);
CREATE TABLE fact_clock (
    matter_id bigint NOT NULL,
    promise bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    category text COLLATE "C" NOT NULL,
    category_1 text COLLATE "C" NOT NULL,
    region_id bigint NOT NULL,
    channel text COLLATE "C" NOT NULL,
    clock text COLLATE "C" NOT NULL,
    stage text COLLATE "C" NOT NULL,
    unit_id bigint,
    limit_text text COLLATE "C" NOT NULL,
    started_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    due_on date NOT NULL,
    due_month bigint NOT NULL,
    stopped_at timestamptz,
    stopped_month bigint,
    ended_by text COLLATE "C" NOT NULL,
    kept bigint,
    late_seconds bigint,
    PRIMARY KEY (matter_id, promise)
);
CREATE INDEX fact_clock_month ON fact_clock (due_month);
CREATE TABLE fact_rating (
    matter_id bigint NOT NULL,
    verdict bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    category text COLLATE "C" NOT NULL,
    category_1 text COLLATE "C" NOT NULL,
    region_id bigint NOT NULL,
    channel text COLLATE "C" NOT NULL,
    step bigint NOT NULL,
    reported_month bigint NOT NULL,
    rated_at timestamptz NOT NULL,
    rated_on date NOT NULL,
    rated_month bigint NOT NULL,
    unit_id bigint,
    solved bigint,
    satisfied bigint,
    is_lapsed bigint NOT NULL,
    PRIMARY KEY (matter_id, verdict)
);
CREATE INDEX fact_rating_month ON fact_rating (rated_month);
CREATE TABLE fact_region (
    region_id bigint NOT NULL,
    from_on date NOT NULL,
    until_on date,
    level text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    parent_id bigint,
    PRIMARY KEY (region_id, from_on)
);
CREATE TABLE fact_unit (
    unit_id bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    region_id bigint NOT NULL,
    opened_on date NOT NULL,
    closed_on date,
    PRIMARY KEY (unit_id)
);
"""

# How far the journal is projected: the number of the next leaf, and how many entries were taken; and what is known of each
# open matter beside its rows, by which the next entry is folded.
PROGRESS = """
CREATE TABLE fact_cursor (
    place smallint PRIMARY KEY CHECK (place = 1),
    epoch integer NOT NULL CHECK (epoch > 0),
    number bigint NOT NULL CHECK (number >= 0),
    entries bigint NOT NULL CHECK (entries >= 0),
    recorded_at timestamptz,
    projected_at timestamptz NOT NULL
);
CREATE TABLE fact_state (
    matter_id bigint PRIMARY KEY,
    steps integer NOT NULL,
    state text NOT NULL
) WITH (fillfactor = 70);
"""

PROJECTED = "fact_matter, fact_step, fact_assignment, fact_clock, fact_rating, fact_cursor, fact_state"
SPARE = "".join(f"CREATE TABLE {name}_spare (LIKE {name} INCLUDING ALL);\n" for name in PROJECTED.split(", "))

# A table with a twin is one of the set that is rebuilt as a whole; later slices add theirs by the same ending.
SWAP = """
CREATE FUNCTION facts_swap() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER AS $body$
DECLARE
    name text;
    swapped integer := 0;
BEGIN
    FOR name IN SELECT left(relname, -6) FROM pg_class WHERE relnamespace = current_schema()::regnamespace
        AND relkind = 'r' AND relname LIKE 'fact\\_%\\_spare' ORDER BY relname LOOP
        EXECUTE format('ALTER TABLE %I RENAME TO %I', name, name || '_old');
        EXECUTE format('ALTER TABLE %I RENAME TO %I', name || '_spare', name);
        EXECUTE format('ALTER TABLE %I RENAME TO %I', name || '_old', name || '_spare');
        swapped := swapped + 1;
    END LOOP;
    RETURN swapped;
END $body$;
CREATE FUNCTION facts_empty_spare() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER AS $body$
DECLARE
    name text;
    emptied integer := 0;
BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace
        AND relkind = 'r' AND relname LIKE 'fact\\_%\\_spare' ORDER BY relname LOOP
        EXECUTE format('TRUNCATE %I', name);
        emptied := emptied + 1;
    END LOOP;
    RETURN emptied;
END $body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION facts_swap() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION facts_empty_spare() SET search_path = %I, pg_temp', current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION facts_swap(), facts_empty_spare() FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION facts_swap(), facts_empty_spare() TO {worker}');
"""

# Facts are written and read by the background alone: pages show figures that were counted from them, and records as
# whoever looks may see them.
RIGHTS = "".join(
    f"SELECT city_ddl('GRANT SELECT, INSERT, UPDATE, DELETE ON {name}{twin} TO {{worker}}');\n"
    for name in PROJECTED.split(", ")
    for twin in ("", "_spare")
)
RIGHTS += """
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE, DELETE ON fact_region, fact_unit TO {worker}');
"""

FACTS = (*PROJECTED.split(", ")[:5], "fact_region", "fact_unit")


class Migration(migrations.Migration):
    initial = True
    dependencies = [("journal", "0004_narrow_rights")]
    operations = [
        migrations.RunSQL(TABLES, "".join(f"DROP TABLE {name};\n" for name in FACTS)),
        migrations.RunSQL(PROGRESS, "DROP TABLE fact_cursor; DROP TABLE fact_state"),
        migrations.RunSQL(SPARE, "".join(f"DROP TABLE {name}_spare;\n" for name in PROJECTED.split(", "))),
        migrations.RunSQL(SWAP, "DROP FUNCTION facts_swap(); DROP FUNCTION facts_empty_spare()"),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
