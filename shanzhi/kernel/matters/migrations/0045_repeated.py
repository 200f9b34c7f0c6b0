"""Lists and counts of problems that were reported more than once: by how many reports stand behind a matter, never by whom.

The search function is made anew with one condition more, which may be left out: under a matter are at least so many
others. `matters_repeated` counts such matters as they are at that moment; like the search it runs as the owner and applies the
policy's own predicate, and only where all the codes asked for lie in the post's places, that arm of it holds.
"""

from importlib import import_module

from django.db import migrations

# Migrations that were carried out don't change any more; their names begin with a digit.
SITTING = import_module("shanzhi.kernel.matters.migrations.0019_sitting")
BEFORE = import_module("shanzhi.kernel.matters.migrations.0032_desk_counts")

LAST = "bounced_ground text DEFAULT NULL\n)"
NARROW = "coalesce(holder_is, returned_least, bounced_from"
PLACED = "AND strpos(lower(place_text), $23) > 0';\n    END IF;"
CONDITION = """
    IF linked_least IS NOT NULL THEN
        narrow := narrow || $q$ AND (counts->'linked') IS NOT NULL AND (counts->>'linked')::int >= $35$q$;
    END IF;"""
FUNCTION = (
    BEFORE.FUNCTION.replace(LAST, LAST.replace("\n)", ", linked_least integer DEFAULT NULL\n)"))
    .replace(NARROW, f"{NARROW}, linked_least")
    .replace(PLACED, PLACED + CONDITION)
    .replace("named, place_has", "named, place_has, linked_least")
)
MAKE = SITTING.made(FUNCTION, "matters_search")

# Of the open matters under which others are: how many, how many of them were reported `collective` times and more, and how
# many reports stand behind all of them.
REPEATED = """
CREATE FUNCTION matters_repeated(code_from text, code_below text, collective integer)
RETURNS TABLE (matters integer, of_many integer, reports integer) LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 AS $body$
DECLARE
    span codemultirange := CASE WHEN code_from <> '' AND code_from < code_below COLLATE "C"
        THEN codemultirange(coderange(code_from, code_below)) END;
BEGIN
    RETURN QUERY EXECUTE $q$SELECT count(*)::int, (count(*) FILTER (WHERE 1 + (counts->>'linked')::int >= $3))::int,
        coalesce(sum(1 + (counts->>'linked')::int), 0)::int FROM matters_matter
        WHERE ended_at IS NULL AND (counts->'linked') IS NOT NULL AND (counts->>'linked')::int > 0$q$
        || CASE WHEN code_from IS NOT NULL THEN ' AND scope_code >= $1 AND scope_code < $2' ELSE '' END
        || CASE WHEN span <@ scope_ranges() THEN '' ELSE $q$ AND (@predicate@)$q$ END
        USING code_from, code_below, collective;
END $body$
"""
INDEX = """
CREATE INDEX matters_matter_linked ON matters_matter (reported_at DESC, id DESC) WHERE (counts->'linked') IS NOT NULL
"""


# Reports about one place are compared with each other by the background.
PLACES = "SELECT city_ddl('GRANT SELECT (place_id) ON matters_place TO {worker}')"
PLACES_BACK = "SELECT city_ddl('REVOKE SELECT (place_id) ON matters_place FROM {worker}')"


class Migration(migrations.Migration):
    dependencies = [("matters", "0044_rungs")]
    operations = [
        migrations.RunSQL(PLACES, PLACES_BACK),
        migrations.RunSQL(INDEX, "DROP INDEX matters_matter_linked"),
        migrations.RunSQL(["DROP FUNCTION matters_search", MAKE], ["DROP FUNCTION matters_search", BEFORE.MAKE]),
        migrations.RunSQL(SITTING.made(REPEATED, "matters_repeated"), "DROP FUNCTION matters_repeated"),
    ]
