"""The sealing of the journal: epochs, leaf numbers, tiles of the Merkle tree, public keys and signed heads."""

from django.db import migrations, models

# previous_*: the tree that the epoch before ended with; shown_*: what had been shown of it, where that is more.
# The first `carried` leaves were written before the epoch; those after them have transactions from `from_transaction` on.
EPOCH = """
CREATE TABLE journal_epoch (
    number integer PRIMARY KEY CHECK (number > 0),
    name text NOT NULL CHECK (name <> ''),
    hash text NOT NULL CHECK (hash IN ('sha256', 'sm3')),
    reason text NOT NULL CHECK (reason <> ''),
    begun_at timestamptz NOT NULL,
    from_transaction xid8 NOT NULL,
    carried bigint NOT NULL CHECK (carried >= 0),
    previous_size bigint CHECK (previous_size >= 0),
    previous_root bytea CHECK (octet_length(previous_root) = 32),
    shown_size bigint CHECK (shown_size > previous_size),
    shown_root bytea CHECK (octet_length(shown_root) = 32),
    CHECK ((number = 1) = (previous_size IS NULL)),
    CHECK ((previous_size IS NULL) = (previous_root IS NULL)),
    CHECK ((shown_size IS NULL) = (shown_root IS NULL))
);
"""

# Which entry a leaf stands for, with the order by which it got its number; the salt is in the leaf's hash.
LEAF = """
CREATE TABLE journal_leaf (
    epoch integer NOT NULL,
    number bigint NOT NULL CHECK (number >= 0),
    recorded_at timestamptz NOT NULL,
    id bigint NOT NULL,
    transaction_id xid8 NOT NULL,
    salt bytea NOT NULL CHECK (octet_length(salt) = 16),
    PRIMARY KEY (epoch, number),
    UNIQUE (recorded_at, id)
);
"""

# A tile holds complete subtrees only and grows up to 256 hashes; what it has it keeps.
TILE = """
CREATE TABLE journal_tile (
    epoch integer NOT NULL,
    level smallint NOT NULL CHECK (level >= 0),
    place bigint NOT NULL CHECK (place >= 0),
    hashes bytea NOT NULL CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0),
    PRIMARY KEY (epoch, level, place)
);
-- Hashes can't be compressed.
ALTER TABLE journal_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
"""

KEY = """
CREATE TABLE journal_key (
    id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{8}$'),
    position integer NOT NULL UNIQUE CHECK (position > 0),
    text text NOT NULL,
    statement text NOT NULL,
    added_at timestamptz NOT NULL
);
"""

HEAD = """
CREATE TABLE journal_head (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    epoch integer NOT NULL REFERENCES journal_epoch (number),
    size bigint NOT NULL CHECK (size >= 0),
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    signed_at timestamptz NOT NULL,
    key_id text NOT NULL REFERENCES journal_key (id),
    note text NOT NULL
);
CREATE INDEX journal_head_size ON journal_head (epoch, size);
"""

TABLES = ("journal_epoch", "journal_leaf", "journal_tile", "journal_key", "journal_head")

REFUSE = """
CREATE FUNCTION journal_seal_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $body$;
CREATE FUNCTION journal_tile_grow() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF (NEW.epoch, NEW.level, NEW.place) IS DISTINCT FROM (OLD.epoch, OLD.level, OLD.place)
        OR octet_length(NEW.hashes) <= octet_length(OLD.hashes)
        OR substr(NEW.hashes, 1, octet_length(OLD.hashes)) <> OLD.hashes
    THEN
        RAISE EXCEPTION 'journal_tile only grows: UPDATE refused' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $body$;
CREATE TRIGGER journal_tile_append_only BEFORE DELETE ON journal_tile
    FOR EACH ROW EXECUTE FUNCTION journal_seal_refuse();
CREATE TRIGGER journal_tile_grows BEFORE UPDATE ON journal_tile
    FOR EACH ROW EXECUTE FUNCTION journal_tile_grow();
"""
GUARD = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION journal_seal_refuse();
"""
NO_TRUNCATE = """
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION journal_seal_refuse();
"""
GUARDS = REFUSE + "".join(
    NO_TRUNCATE.format(table=table) + ("" if table == "journal_tile" else GUARD.format(table=table)) for table in TABLES
)

# Heads, tiles (hashes of salted leaves), epochs and public keys are public. Leaves carry the salts: they are for those
# who see the entry itself.
RIGHTS = """
SELECT city_ddl('GRANT SELECT ON journal_epoch, journal_leaf, journal_tile, journal_key, journal_head TO {app}');
SELECT city_ddl('GRANT SELECT, INSERT ON journal_epoch, journal_leaf, journal_tile, journal_key, journal_head TO {worker}');
SELECT city_ddl('GRANT UPDATE (hashes) ON journal_tile TO {worker}');
ALTER TABLE journal_leaf ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('CREATE POLICY journal_leaf_work ON journal_leaf FOR ALL TO {worker} USING (true) WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY journal_leaf_of_entry ON journal_leaf FOR SELECT TO {app} USING (EXISTS (
    SELECT FROM journal_entry e WHERE e.recorded_at = journal_leaf.recorded_at AND e.id = journal_leaf.id))');
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_journal")]
    operations = [
        migrations.RunSQL(EPOCH, "DROP TABLE journal_epoch"),
        migrations.RunSQL(LEAF, "DROP TABLE journal_leaf"),
        migrations.RunSQL(TILE, "DROP TABLE journal_tile"),
        migrations.RunSQL(KEY, "DROP TABLE journal_key"),
        migrations.RunSQL(HEAD, "DROP TABLE journal_head"),
        migrations.RunSQL(
            GUARDS, "DROP FUNCTION journal_seal_refuse() CASCADE; DROP FUNCTION journal_tile_grow() CASCADE"
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Epoch",
            fields=[
                ("number", models.IntegerField(primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("hash", models.TextField()),
                ("reason", models.TextField()),
                ("begun_at", models.DateTimeField()),
                ("carried", models.BigIntegerField()),
                ("previous_size", models.BigIntegerField(null=True)),
                ("previous_root", models.BinaryField(null=True)),
                ("shown_size", models.BigIntegerField(null=True)),
                ("shown_root", models.BinaryField(null=True)),
            ],
            options={"db_table": "journal_epoch", "managed": False, "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Key",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("position", models.IntegerField(unique=True)),
                ("text", models.TextField()),
                ("statement", models.TextField()),
                ("added_at", models.DateTimeField()),
            ],
            options={"db_table": "journal_key", "managed": False, "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Head",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("epoch", models.IntegerField()),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("signed_at", models.DateTimeField()),
                ("key_id", models.TextField()),
                ("note", models.TextField()),
            ],
            options={"db_table": "journal_head", "managed": False, "default_permissions": ()},
        ),
    ]
