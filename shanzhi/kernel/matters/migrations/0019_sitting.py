"""Where open matters sit: the counts of a supervisor's page, the lists behind them, and which post has a share in hand.

The search function is made anew with nine more conditions, all of them may be left out. `matters_tally` counts what is open,
once for each region below a place, unit, category and kind, in one pass over an index that holds all it needs: a city
has some ten thousand open matters, so they are counted as they are, and no table of counts can be wrong. Like the search it
runs as the owner and applies the policy's own predicate; only where all the codes asked for lie in the post's places, that arm
of it holds and the others aren't asked.

An assignment says which post of its unit has the share in hand (`post_id`) and, once it was given back, on which ground.
Older ones get the ground out of the journal, and the post of who handled them.
"""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

# Migrations that were carried out don't change any more; their names begin with a digit.
WORDS = import_module("shanzhi.kernel.matters.migrations.0006_words")
BEFORE = import_module("shanzhi.kernel.matters.migrations.0015_stages_in_order")

ARGUMENTS = """is_back boolean,
    holder_is bigint DEFAULT NULL, returned_least integer DEFAULT NULL, idle_since timestamptz DEFAULT NULL,
    ended_from timestamptz DEFAULT NULL, ended_below timestamptz DEFAULT NULL, solved_is boolean DEFAULT NULL,
    bounced_from bigint DEFAULT NULL, bounced_to bigint DEFAULT NULL, bounced_ground text DEFAULT NULL
)"""
# Whoever gets the lead after a return; while nobody has, the centre that took the matter in.
NEXT = """coalesce((SELECT n.unit_id FROM matters_assignment n WHERE n.matter_id = a.matter_id AND n.part = 'lead'
        AND n.id > a.id ORDER BY n.id LIMIT 1), matters_matter.intake_unit_id)"""
CONDITIONS = f"""
    IF holder_is IS NOT NULL THEN found := found || ' AND holder_unit_id = $24'; END IF;
    IF returned_least IS NOT NULL THEN
        found := found || $q$ AND (counts->'returns') IS NOT NULL AND (counts->>'returns')::int >= $25$q$;
    END IF;
    IF idle_since IS NOT NULL THEN found := found || ' AND stage_since <= $26'; END IF;
    IF ended_from IS NOT NULL THEN found := found || ' AND ended_at >= $27'; END IF;
    IF ended_below IS NOT NULL THEN found := found || ' AND ended_at < $28'; END IF;
    IF solved_is IS NOT NULL THEN found := found || ' AND solved = $29'; END IF;
    IF bounced_from IS NOT NULL THEN
        found := found || $q$ AND EXISTS (SELECT 1 FROM matters_assignment a WHERE a.matter_id = matters_matter.id
            AND a.state = 'returned' AND a.unit_id = $30 AND ($32 IS NULL OR a.ground = $32)
            AND ($31 IS NULL OR $31 = {NEXT}))$q$;
    END IF;
"""
LAST = "AND strpos(lower(place_text), $23) > 0'; END IF;"
FUNCTION = (
    BEFORE.FUNCTION.replace("is_back boolean\n)", ARGUMENTS)
    .replace(LAST, LAST + CONDITIONS)
    .replace("OR reported_below IS NOT NULL;", "OR coalesce(reported_below, ended_from, idle_since) IS NOT NULL\n"
             "        OR coalesce(holder_is, returned_least, bounced_from) IS NOT NULL;")
    .replace("channel_is, place_holds;", "channel_is, place_holds, holder_is, returned_least, idle_since,\n"
             "        ended_from, ended_below, solved_is, bounced_from, bounced_to, bounced_ground;")
)  # fmt: skip

# `digits`: how long a code of the level below is. What lies at the place itself has a shorter one.
TALLY = """
CREATE FUNCTION matters_tally(code_from text, code_below text, digits integer, past timestamptz, idle_since timestamptz,
    resident_stages text[]
) RETURNS TABLE (dimension integer, item text, open integer, late integer, warning integer, returned integer,
    idle integer, resident integer, days integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 500 AS $body$
DECLARE
    span codemultirange := CASE WHEN code_from <> '' AND code_from < code_below COLLATE "C"
        THEN codemultirange(coderange(code_from, code_below)) END;
BEGIN
    -- OFFSET 0: what a row counts for is worked out once, not once for each grouping.
    RETURN QUERY EXECUTE 'WITH counted AS ('
        ' SELECT grouping(region, unit, category, kind) AS dimension, coalesce(region, unit::text, category, kind) AS item,'
        ' age, count(*) AS open, count(*) FILTER (WHERE is_late) AS late, count(*) FILTER (WHERE is_near) AS warning,'
        ' count(*) FILTER (WHERE is_back) AS returned, count(*) FILTER (WHERE is_idle) AS idle,'
        ' count(*) FILTER (WHERE is_asked) AS resident'
        ' FROM (SELECT left(scope_code, $3) AS region, holder_unit_id AS unit, split_part(category, $q$.$q$, 1) AS category,'
        ' kind, due_at < $4 AS is_late, warn_at <= $4 AND due_at >= $4 AS is_near,'
        ' (counts->$q$returns$q$) IS NOT NULL AND (counts->>$q$returns$q$)::int >= 2 AS is_back,'
        ' stage_since <= $5 AS is_idle, stage = ANY ($6) AS is_asked,'
        ' greatest(0, extract(epoch FROM $4 - reported_at)::bigint / 86400)::int AS age'
        ' FROM matters_matter WHERE ended_at IS NULL'
        || CASE WHEN code_from IS NOT NULL THEN ' AND scope_code >= $1 AND scope_code < $2' ELSE '' END
        || CASE WHEN span <@ scope_ranges() THEN '' ELSE $q$ AND (@predicate@)$q$ END
        || ' OFFSET 0) now_open GROUP BY GROUPING SETS ((region, age), (unit, age), (category, age), (kind, age)))'
        ' SELECT dimension, item, sum(open)::int, sum(late)::int, sum(warning)::int, sum(returned)::int, sum(idle)::int,'
        ' sum(resident)::int, min(age) FILTER (WHERE 2 * upto >= every)::int FROM ('
        ' SELECT *, sum(open) OVER (PARTITION BY dimension, item ORDER BY age) AS upto,'
        ' sum(open) OVER (PARTITION BY dimension, item) AS every FROM counted) ranked GROUP BY dimension, item'
        USING code_from, code_below, digits, past, idle_since, resident_stages;
END $body$
"""
# What ended between two moments, and the residents' verdicts.
ENDED = """
CREATE FUNCTION matters_ended(code_from text, code_below text, ended_from timestamptz, ended_below timestamptz)
RETURNS TABLE (ended integer, solved integer, unsolved integer) LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 AS $body$
DECLARE
    span codemultirange := CASE WHEN code_from <> '' AND code_from < code_below COLLATE "C"
        THEN codemultirange(coderange(code_from, code_below)) END;
BEGIN
    RETURN QUERY EXECUTE 'SELECT count(*)::int, (count(*) FILTER (WHERE matters_matter.solved))::int,'
        ' (count(*) FILTER (WHERE NOT matters_matter.solved))::int FROM matters_matter'
        ' WHERE ended_at >= $3 AND ended_at < $4'
        || CASE WHEN code_from IS NOT NULL THEN ' AND scope_code >= $1 AND scope_code < $2' ELSE '' END
        || CASE WHEN span <@ scope_ranges() THEN '' ELSE $q$ AND (@predicate@)$q$ END
        USING code_from, code_below, ended_from, ended_below;
END $body$
"""
# Open matters that were given back: by whom, who led them next, on which ground, and how many.
BOUNCES = f"""
CREATE FUNCTION matters_bounces(code_from text, code_below text)
RETURNS TABLE (from_unit_id bigint, to_unit_id bigint, ground text, matters integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 AS $body$
DECLARE
    span codemultirange := CASE WHEN code_from <> '' AND code_from < code_below COLLATE "C"
        THEN codemultirange(coderange(code_from, code_below)) END;
BEGIN
    RETURN QUERY EXECUTE $q$SELECT a.unit_id, {NEXT}, a.ground::text, count(DISTINCT a.matter_id)::int
        FROM matters_matter JOIN matters_assignment a ON a.matter_id = matters_matter.id AND a.state = 'returned'
        WHERE matters_matter.ended_at IS NULL$q$
        || CASE WHEN code_from IS NOT NULL THEN ' AND scope_code >= $1 AND scope_code < $2' ELSE '' END
        || CASE WHEN span <@ scope_ranges() THEN '' ELSE $q$ AND (@predicate@)$q$ END || ' GROUP BY 1, 2, 3'
        USING code_from, code_below;
END $body$
"""


def made(function: str, name: str) -> str:
    """The statement that makes a function out of the policy as it stands, as 0006 makes the search."""
    text: str = WORDS.MAKE.replace(WORDS.FUNCTION, function)
    return text.replace("FUNCTION matters_search", f"FUNCTION {name}")


MAKE = made(FUNCTION, "matters_search")

IN_HAND = """
CREATE FUNCTION matters_in_hand_of_its_unit() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM organisation_post p WHERE p.id = NEW.post_id AND p.unit_id = NEW.unit_id) THEN
        RAISE EXCEPTION 'matters_assignment: post % is not of unit %', NEW.post_id, NEW.unit_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $body$;
CREATE TRIGGER matters_assignment_in_hand BEFORE INSERT OR UPDATE OF post_id ON matters_assignment
    FOR EACH ROW WHEN (NEW.post_id IS NOT NULL) EXECUTE FUNCTION matters_in_hand_of_its_unit();
SELECT city_ddl('GRANT UPDATE (post_id, ground) ON matters_assignment TO {app}');
UPDATE matters_assignment a SET ground = j.payload->>'ground' FROM journal_entry j
    WHERE a.state = 'returned' AND j.subject_kind = 'matter' AND j.subject_id = a.matter_id
    AND j.action IN ('matters.hand_back', 'matters.give_back') AND j.happened_at = a.ended_at
    AND j.payload->>'ground' IS NOT NULL;
UPDATE matters_assignment a SET post_id = (
    SELECT h.post_id FROM organisation_post_holding h JOIN organisation_post p ON p.id = h.post_id
    WHERE h.staff_id = a.handled_by_id AND p.unit_id = a.unit_id AND h.valid @> a.taken_at::date ORDER BY h.post_id LIMIT 1)
    WHERE a.ended_at IS NULL AND a.handled_by_id IS NOT NULL;
"""
IN_HAND_BACK = """
DROP TRIGGER matters_assignment_in_hand ON matters_assignment;
DROP FUNCTION matters_in_hand_of_its_unit();
SELECT city_ddl('REVOKE UPDATE (post_id, ground) ON matters_assignment FROM {app}');
"""
RETURNED = """
CREATE INDEX matters_matter_returned ON matters_matter (due_at, id)
    WHERE ended_at IS NULL AND (counts->'returns') IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0018_rule_editions"), ("organisation", "0006_succession"), ("journal", "0001_journal")]
    operations = [
        migrations.AddField(
            model_name="assignment",
            name="post",
            field=models.ForeignKey(
                to="organisation.post",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                null=True,
                db_index=False,
            ),
        ),
        migrations.AddField(
            model_name="assignment",
            name="ground",
            field=models.CharField(max_length=60, default="", db_default="", db_collation="C"),
        ),
        migrations.RunSQL(IN_HAND, IN_HAND_BACK),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(
                fields=["scope_code"],
                include=[
                    *("holder_unit", "category", "kind", "stage", "due_at", "warn_at", "stage_since", "reported_at"),
                    "counts",
                ],
                condition=Q(ended_at=None),
                name="matters_matter_open",
            ),
        ),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(fields=["stage_since"], condition=Q(ended_at=None), name="matters_matter_idle"),
        ),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(
                fields=["ended_at"],
                include=["scope_code", "result", "solved"],
                condition=Q(ended_at__isnull=False),
                name="matters_matter_ended",
            ),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                fields=["unit", "matter"], condition=Q(state="returned"), name="matters_assignment_back"
            ),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                fields=["post", "matter"],
                condition=Q(ended_at=None, post__isnull=False),
                name="matters_assignment_post",
            ),
        ),
        migrations.RunSQL(RETURNED, "DROP INDEX matters_matter_returned"),
        migrations.RunSQL(["DROP FUNCTION matters_search", MAKE], ["DROP FUNCTION matters_search", BEFORE.MAKE]),
        migrations.RunSQL(made(TALLY, "matters_tally"), "DROP FUNCTION matters_tally"),
        migrations.RunSQL(made(ENDED, "matters_ended"), "DROP FUNCTION matters_ended"),
        migrations.RunSQL(made(BOUNCES, "matters_bounces"), "DROP FUNCTION matters_bounces"),
    ]
