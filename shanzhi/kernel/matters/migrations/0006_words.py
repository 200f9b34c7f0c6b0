"""Finding matters: their words in a table of their own, and the one function that looks into it and into lists.

Under a policy only leakproof operators reach an index, and `@@` is none. So the search runs as the owner, who is
under no policy, and applies the policy's own predicate: the function is made out of the policy as it stands. A
migration that changes the policy has to make it anew; a test compares the two. Lists ask it as well: it knows the way in
which somebody sees, and then has not to look at each row for every other way.

Expand: this table. Fill: the job `matters.fill_words` cuts the texts that are there. Nothing needs the words of every
matter, so there is nothing to tighten; `shanzhi doctor` tells how many are missing.
"""

import django.db.models.deletion
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import migrations, models

TABLE = """
ALTER TABLE matters_words ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT INSERT ON matters_words TO {app}, {importer}');
SELECT city_ddl('GRANT INSERT, SELECT (matter_id, tokeniser), UPDATE (words, tokeniser) ON matters_words TO {worker}');
SELECT city_ddl($$CREATE POLICY words_add ON matters_words FOR INSERT TO {app}
    WITH CHECK (EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = matter_id))$$);
SELECT city_ddl('CREATE POLICY words_import ON matters_words FOR INSERT TO {importer} WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY words_work ON matters_words FOR ALL TO {worker} USING (true) WITH CHECK (true)');
"""

# Only the conditions that are wanted are put together, out of the fixed pieces below; values go in as parameters and are
# known when the plan is made. So rare words are looked up in the index, and frequent ones met by walking the list in its
# order. `way` drives the plan. By a way that shows all that it leads to (the unit's part; codes from code_from to below
# code_below that lie in the places, or of those in the intake the waiting ones) the row is visible by that arm of the
# predicate; by any other way the whole predicate is asked. `sought` NULL asks for no words; with words the whole predicate
# is asked in any case: without it the planner takes a rare word for a frequent one and looks through the whole list. A
# unit's parts, where they are few, are named one by one: it thinks that every unit has as many as most.
FUNCTION = """
CREATE FUNCTION matters_search(
    sought tsquery, way text, by_due boolean, past_at timestamptz, past_id bigint, most integer, only_open boolean,
    stages text[], share_unit bigint, share_part text, code_from text, code_below text, category_from text,
    category_below text, due_from timestamptz, due_below timestamptz, warn_past timestamptz, warn_upto timestamptz,
    reported_from timestamptz, reported_below timestamptz
) RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 26 AS $body$
DECLARE
    span codemultirange := CASE WHEN code_from <> '' AND code_from < code_below COLLATE "C"
        THEN codemultirange(coderange(code_from, code_below)) END;
    own_unit bigint := scope_unit();
    own_parts bigint[] := CASE WHEN way = 'part' THEN
        ARRAY(SELECT p.matter_id FROM matters_participant p WHERE p.unit_id = own_unit LIMIT 5001) END;
    found text := 'SELECT matters_matter.id FROM matters_matter WHERE ';
BEGIN
    found := found || CASE
        WHEN way = 'part' AND cardinality(own_parts) <= 5000 THEN 'id = ANY ($20)'
        WHEN way = 'part' AND sought IS NULL
            THEN 'id IN (SELECT p.matter_id FROM matters_participant p WHERE p.unit_id = $19)'
        WHEN way = 'place' AND sought IS NULL AND span <@ scope_ranges() THEN 'true'
        WHEN way = 'intake' AND sought IS NULL AND span <@ scope_intake() THEN 'in_intake'
        ELSE $q$(@predicate@)$q$ END;
    IF sought IS NOT NULL THEN
        found := found || ' AND EXISTS (SELECT 1 FROM matters_words w WHERE w.matter_id = matters_matter.id AND w.words @@ $1)'
            || CASE way
            WHEN 'part' THEN ' AND id IN (SELECT p.matter_id FROM matters_participant p WHERE p.unit_id = $19)'
            WHEN 'intake' THEN ' AND in_intake' ELSE '' END;
    END IF;
    IF only_open THEN found := found || ' AND ended_at IS NULL'; END IF;
    IF stages IS NOT NULL THEN found := found || ' AND stage = ANY ($6)'; END IF;
    IF share_unit IS NOT NULL THEN
        found := found || ' AND EXISTS (SELECT 1 FROM matters_assignment a WHERE a.matter_id = matters_matter.id'
            ' AND a.unit_id = $7 AND a.ended_at IS NULL AND ($8 IS NULL OR a.part = $8))';
    END IF;
    IF code_from IS NOT NULL THEN found := found || ' AND scope_code >= $9 AND scope_code < $10'; END IF;
    IF category_from IS NOT NULL THEN found := found || ' AND category >= $11 AND category < $18'; END IF;
    IF due_from IS NOT NULL THEN found := found || ' AND due_at >= $12'; END IF;
    IF due_below IS NOT NULL THEN found := found || ' AND due_at < $13'; END IF;
    IF warn_past IS NOT NULL THEN found := found || ' AND warn_at > $14'; END IF;
    IF warn_upto IS NOT NULL THEN found := found || ' AND warn_at <= $15'; END IF;
    IF reported_from IS NOT NULL THEN found := found || ' AND reported_at >= $16'; END IF;
    IF reported_below IS NOT NULL THEN found := found || ' AND reported_at < $17'; END IF;
    IF past_at IS NOT NULL THEN
        found := found || CASE WHEN by_due
            THEN ' AND (due_at > $3 OR (due_at = $3 AND id > $4) OR due_at IS NULL)'
            ELSE ' AND (reported_at, id) < ($3, $4)' END;
    END IF;
    found := found || CASE WHEN by_due THEN ' ORDER BY due_at, id' WHEN NOT by_due THEN ' ORDER BY reported_at DESC, id DESC'
        ELSE '' END || ' LIMIT $5';
    RETURN QUERY EXECUTE found USING sought, by_due, past_at, past_id, most, stages, share_unit, share_part, code_from,
        code_below, category_from, due_from, due_below, warn_past, warn_upto, reported_from, reported_below, category_below,
        own_unit, own_parts;
END $body$
"""
MAKE = f"""
DO $do$
DECLARE
    made text := $made$ {FUNCTION} $made$;
    predicate text;
BEGIN
    SELECT pg_get_expr(polqual, polrelid) INTO STRICT predicate FROM pg_policy
    WHERE polrelid = 'matters_matter'::regclass AND polname = 'matter_see';
    EXECUTE replace(made, '@predicate@', predicate);
    EXECUTE format('ALTER FUNCTION matters_search SET search_path = %I, pg_temp', current_schema());
    REVOKE EXECUTE ON FUNCTION matters_search FROM PUBLIC;
    PERFORM city_ddl('GRANT EXECUTE ON FUNCTION matters_search TO {{app}}');
END $do$;
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0005_narrow_rights")]
    operations = [
        migrations.CreateModel(
            name="Words",
            fields=[
                (
                    "matter",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="matters.matter",
                    ),
                ),
                ("words", SearchVectorField()),
                ("tokeniser", models.SmallIntegerField()),
            ],
            options={
                "default_permissions": (),
                "indexes": [GinIndex(fields=["words"], name="matters_words_found")],
            },
        ),
        migrations.RunSQL(TABLE, migrations.RunSQL.noop),
        migrations.RunSQL(MAKE, "DROP FUNCTION matters_search"),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(
                condition=models.Q(("ended_at", None)), fields=["due_at", "id"], name="matters_matter_due"
            ),
        ),
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(
                condition=models.Q(("in_intake", True)), fields=["scope_code", "due_at"], name="matters_matter_intake"
            ),
        ),
    ]
