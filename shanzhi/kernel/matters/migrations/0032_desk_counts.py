"""A desk's own list and count out of one index; words of open matters in an index of their own.

A desk asks for what a unit holds in certain stages: an index in that order gives the page without sorting, and the count
without the rows that are only near. What waits at an intake is little: it is found by its index and never by walking the
city. A count wants no order, so what the bitmaps find is its answer.

Few matters are open. Words are mostly asked of those, so `is_open` stands beside them and a second, small GIN index
holds them alone: the frequent word of an open list was looked up in every matter that ever ended (900 ms). The triggers
keep it, whoever writes; a matter's row is the only source.
"""

from importlib import import_module

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

BEFORE = import_module("shanzhi.kernel.matters.migrations.0022_rare_values")
MADE = BEFORE.BEFORE.made

OPEN = """
CREATE FUNCTION matters_words_are_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $body$
BEGIN
    NEW.is_open := EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = NEW.matter_id AND m.ended_at IS NULL);
    RETURN NEW;
END $body$;
CREATE FUNCTION matters_open_or_ended() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $body$
BEGIN
    UPDATE matters_words SET is_open = NEW.ended_at IS NULL WHERE matter_id = NEW.id;
    RETURN NULL;
END $body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION matters_words_are_open SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION matters_open_or_ended SET search_path = %I, pg_temp', current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION matters_words_are_open, matters_open_or_ended FROM PUBLIC;
CREATE TRIGGER matters_words_are_open BEFORE INSERT ON matters_words
    FOR EACH ROW EXECUTE FUNCTION matters_words_are_open();
CREATE TRIGGER matters_open_or_ended AFTER UPDATE OF ended_at ON matters_matter
    FOR EACH ROW WHEN ((OLD.ended_at IS NULL) <> (NEW.ended_at IS NULL)) EXECUTE FUNCTION matters_open_or_ended();
UPDATE matters_words w SET is_open = true FROM matters_matter m WHERE m.id = w.matter_id AND m.ended_at IS NULL;
"""
OPEN_BACK = """
DROP TRIGGER matters_open_or_ended ON matters_matter;
DROP TRIGGER matters_words_are_open ON matters_words;
DROP FUNCTION matters_open_or_ended, matters_words_are_open;
"""

EDITS = (
    (
        "    scans text;\n",
        """    -- A desk's own list: its index is in the order wanted, and holds what is counted.
    is_desk CONSTANT boolean := is_open AND holder_is IS NOT NULL AND sought IS NULL AND coalesce(by_due, true)
        AND coalesce(category_from, kind_is, channel_is, place_holds) IS NULL
        AND coalesce(returned_least, bounced_from) IS NULL AND solved_is IS NULL
        AND coalesce(reported_from, reported_below, ended_from, ended_below, idle_since) IS NULL;
    is_waiting boolean;
    scans text;
""",
    ),
    (
        "    IF sought IS NOT NULL THEN\n        sight := sight",
        """    is_waiting := sight = 'in_intake';
    IF is_waiting THEN narrow := narrow || ' AND in_intake'; END IF;
    IF sought IS NOT NULL THEN
        sight := sight""",
    ),
    (
        "AND w.words @@ $1)';",
        """AND w.words @@ $1'
            || CASE WHEN is_open THEN ' AND w.is_open)' ELSE ')' END;""",
    ),
    (
        "        WHEN is_few THEN ARRAY['all']\n",
        "        WHEN is_few OR is_desk THEN ARRAY['all']\n        WHEN is_waiting THEN '{some,all}'\n",
    ),
    (
        "FROM matters_words WHERE words @@ $1 LIMIT ' || few + 1",
        """FROM matters_words WHERE words @@ $1'
                || CASE WHEN is_open THEN ' AND is_open' ELSE '' END || ' LIMIT ' || few + 1""",
    ),
    ("AND NOT is_open THEN 40000", "AND NOT is_open AND by_due IS NOT NULL THEN 40000"),
    (
        "            WHEN step = 'some' THEN 'SELECT id",
        """            -- Counted in no order: what the bitmaps find is the answer.
            WHEN step = 'some' AND by_due IS NULL AND sought IS NULL
                THEN 'SELECT id FROM matters_matter WHERE ' || edge || ' AND ' || sight || narrow || ' LIMIT $5'
            WHEN step = 'some' THEN 'SELECT id""",
    ),
    (
        "EXIT WHEN step = 'some' AND named IS NOT NULL;",
        "EXIT WHEN step = 'some' AND (named IS NOT NULL OR (by_due IS NULL AND sought IS NULL));",
    ),
)


def edited(function: str, edits: tuple[tuple[str, str], ...]) -> str:
    """The text with each of the changes made once.

    Raises:
        ValueError: what is to be changed stands there not once.
    """
    for old, new in edits:
        if function.count(old) != 1:
            raise ValueError(old)
        function = function.replace(old, new)
    return function


FUNCTION = edited(BEFORE.FUNCTION, EDITS)
MAKE = MADE(FUNCTION, "matters_search")


class Migration(migrations.Migration):
    dependencies = [("matters", "0031_precedents")]
    operations = [
        migrations.AddIndex(
            "matter",
            models.Index(
                fields=["holder_unit", "stage", "due_at", "id"],
                include=["warn_at", "scope_code"],
                condition=models.Q(ended_at=None),
                name="matters_matter_desk",
            ),
        ),
        migrations.AddField("words", "is_open", models.BooleanField(default=False, db_default=False)),
        migrations.RunSQL(OPEN, OPEN_BACK),
        migrations.AddIndex(
            "words",
            GinIndex(fields=["words"], name="matters_words_open", condition=models.Q(is_open=True)),
        ),
        migrations.RunSQL(["DROP FUNCTION matters_search", MAKE], ["DROP FUNCTION matters_search", BEFORE.MAKE]),
    ]
