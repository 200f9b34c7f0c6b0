"""Each role may do with matters what it does, and nothing else: columns, verbs, rows.

The predicate of sight says what it said. It asks for the unit without a sub-select now: so the planner knows which unit
it is, and reads the parts of a unit that has few at once, and asks row by row for a centre that has a million. Where a row
asks for its matter, `OFFSET 0` keeps it from answering by reading every matter.
"""

from django.db import migrations

SEES = """
    scope_code::text <@ (SELECT scope_ranges())
    OR (in_intake AND scope_code::text <@ (SELECT scope_intake()))
    OR follow_hash = ANY ((SELECT scope_follow())::text[])
    OR EXISTS (SELECT 1 FROM matters_participant p
               WHERE p.matter_id = matters_matter.id AND p.unit_id = scope_unit())
"""
VISIBLE = "EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = {} OFFSET 0)"
OF_MATTER = VISIBLE.format("matter_id")
A_POST = "(SELECT scope_post()) IS NOT NULL"

# What steps change. Everything else of a matter is as it was reported, for good.
MOVED = "stage, result, stage_since, due_at, warn_at, ended_at, in_intake, holder_unit_id, counts, version, steps"
SORTED = "category, region_id, scope_code, solved, satisfied"
WORKED = (
    "id, number, kind, kind_version, stage, result, channel, title, body, category, region_id, region_code, scope_code,"
    " place_text, latitude, longitude, reported_at, stage_since, due_at, warn_at, ended_at, intake_unit_id,"
    " holder_unit_id, in_intake, counts, solved, satisfied, public_consent, version, steps"
)

# A new matter is as a report leaves it. A changed one has to stay in sight of whoever changed it (of an UPDATE that
# reads nothing the policy for reading isn't asked); so whoever hands it over takes part first.
MATTER = f"""
ALTER POLICY matter_see ON matters_matter USING ({SEES});
ALTER POLICY matter_change ON matters_matter USING ({SEES}) WITH CHECK ({SEES});
ALTER POLICY matter_take_in ON matters_matter WITH CHECK (
    channel = (SELECT scope_door()) AND follow_hash = ANY ((SELECT scope_follow())::text[])
    AND in_intake AND ended_at IS NULL AND version = 1 AND steps = 1 AND region_code = scope_code);
DROP POLICY matter_work ON matters_matter;
SELECT city_ddl($$CREATE POLICY matter_work ON matters_matter FOR SELECT TO {{worker}} USING (true)$$);
SELECT city_ddl($$CREATE POLICY matter_lapse ON matters_matter FOR UPDATE TO {{worker}} USING (ended_at IS NULL)
    WITH CHECK (true)$$);
SELECT city_ddl($$CREATE POLICY matter_import ON matters_matter FOR INSERT TO {{importer}}
    WITH CHECK (channel = 'import' AND source IS NOT NULL AND version = 1)$$);
SELECT city_ddl($$CREATE POLICY matter_known ON matters_matter FOR SELECT TO {{importer}} USING (channel = 'import')$$);
SELECT city_ddl('REVOKE UPDATE ON matters_matter FROM {{app}}, {{worker}}, {{importer}}');
SELECT city_ddl('REVOKE SELECT ON matters_matter FROM {{worker}}, {{importer}}');
SELECT city_ddl('GRANT UPDATE ({MOVED}, {SORTED}) ON matters_matter TO {{app}}');
SELECT city_ddl('GRANT SELECT ({WORKED}), UPDATE ({MOVED}) ON matters_matter TO {{worker}}');
SELECT city_ddl('GRANT SELECT (source, source_number) ON matters_matter TO {{importer}}');
"""

PARTICIPANT = """
ALTER POLICY participant_own ON matters_participant USING (unit_id = scope_unit());
DROP POLICY participant_work ON matters_participant;
SELECT city_ddl('REVOKE ALL ON matters_participant FROM {worker}, {importer}');
SELECT city_ddl('REVOKE ALL ON SEQUENCE matters_participant_id_seq FROM {importer}');
"""

# A unit's own shares need no look at the matter: it takes part wherever it has one. Only posts give work to units; a
# reporter may end it (by taking the matter back, or by a verdict) and let clocks run.
BELONGINGS = f"""
DROP POLICY belongs ON matters_assignment;
DROP POLICY belongs ON matters_clock;
DROP POLICY belongs ON matters_remark;
DROP POLICY belongs ON matters_suggestion;
DROP POLICY works ON matters_assignment;
DROP POLICY works ON matters_clock;
DROP POLICY works ON matters_remark;
DROP POLICY works ON matters_suggestion;

SELECT city_ddl($$CREATE POLICY assignment_see ON matters_assignment FOR SELECT TO {{app}}
    USING (unit_id = (SELECT scope_unit()) OR {OF_MATTER})$$);
SELECT city_ddl($$CREATE POLICY assignment_give ON matters_assignment FOR INSERT TO {{app}}
    WITH CHECK ({A_POST} AND ended_at IS NULL AND {OF_MATTER})$$);
SELECT city_ddl($$CREATE POLICY assignment_move ON matters_assignment FOR UPDATE TO {{app}} USING ({OF_MATTER})$$);
SELECT city_ddl('CREATE POLICY assignment_work ON matters_assignment FOR SELECT TO {{worker}} USING (true)');
SELECT city_ddl('CREATE POLICY assignment_end ON matters_assignment FOR UPDATE TO {{worker}} USING (ended_at IS NULL)
    WITH CHECK (true)');
SELECT city_ddl('REVOKE ALL ON matters_assignment FROM {{app}}, {{worker}}, {{importer}}');
SELECT city_ddl('REVOKE ALL ON SEQUENCE matters_assignment_id_seq FROM {{worker}}, {{importer}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (state, taken_at, handled_by_id, ended_at) ON matters_assignment TO {{app}}');
SELECT city_ddl('GRANT SELECT, UPDATE (state, ended_at) ON matters_assignment TO {{worker}}');

SELECT city_ddl($$CREATE POLICY clock_see ON matters_clock FOR SELECT TO {{app}} USING ({OF_MATTER})$$);
SELECT city_ddl($$CREATE POLICY clock_start ON matters_clock FOR INSERT TO {{app}} WITH CHECK ({OF_MATTER})$$);
SELECT city_ddl($$CREATE POLICY clock_stop ON matters_clock FOR UPDATE TO {{app}}
    USING (stopped_at IS NULL AND {OF_MATTER}) WITH CHECK (stopped_at IS NOT NULL AND {OF_MATTER})$$);
SELECT city_ddl('CREATE POLICY clock_work ON matters_clock FOR SELECT TO {{worker}} USING (true)');
SELECT city_ddl('CREATE POLICY clock_go_on ON matters_clock FOR INSERT TO {{worker}} WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY clock_lapse ON matters_clock FOR UPDATE TO {{worker}} USING (stopped_at IS NULL)
    WITH CHECK (stopped_at IS NOT NULL)');
SELECT city_ddl('CREATE POLICY clock_import ON matters_clock FOR INSERT TO {{importer}} WITH CHECK (stopped_at IS NULL)');
SELECT city_ddl('REVOKE ALL ON matters_clock FROM {{app}}, {{worker}}, {{importer}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (stopped_at) ON matters_clock TO {{app}}, {{worker}}');
SELECT city_ddl('GRANT INSERT ON matters_clock TO {{importer}}');

SELECT city_ddl($$CREATE POLICY remark_see ON matters_remark FOR SELECT TO {{app}}
    USING ((for_reporter OR {A_POST}) AND {OF_MATTER})$$);
SELECT city_ddl($$CREATE POLICY remark_add ON matters_remark FOR INSERT TO {{app}}
    WITH CHECK ((for_reporter OR {A_POST}) AND {OF_MATTER})$$);
SELECT city_ddl('CREATE POLICY remark_import ON matters_remark FOR INSERT TO {{importer}} WITH CHECK (true)');
SELECT city_ddl('REVOKE ALL ON matters_remark FROM {{worker}}, {{importer}}');
SELECT city_ddl('REVOKE ALL ON SEQUENCE matters_remark_id_seq FROM {{worker}}');
SELECT city_ddl('GRANT INSERT ON matters_remark TO {{importer}}');

SELECT city_ddl($$CREATE POLICY suggestion_see ON matters_suggestion FOR SELECT TO {{app}}
    USING ({A_POST} AND {OF_MATTER})$$);
SELECT city_ddl('CREATE POLICY suggestion_work ON matters_suggestion FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
SELECT city_ddl('REVOKE ALL ON matters_suggestion FROM {{worker}}, {{importer}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (categories, unit_id, "similar", made_at) ON matters_suggestion TO {{worker}}');
"""

# A submission is found again by whoever knows its key: the setting names it.
REST = """
CREATE FUNCTION scope_submission() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
    $body$ SELECT NULLIF(current_setting('shanzhi.submission', true), '')::uuid $body$;
ALTER TABLE matters_submission ENABLE ROW LEVEL SECURITY;
SELECT city_ddl($$CREATE POLICY submission_claim ON matters_submission FOR INSERT TO {app}
    WITH CHECK (door = COALESCE('post:' || (SELECT scope_post()), 'reporter'))$$);
SELECT city_ddl('CREATE POLICY submission_again ON matters_submission FOR SELECT TO {app}
    USING (key = (SELECT scope_submission()))');
SELECT city_ddl('CREATE POLICY submission_old ON matters_submission FOR SELECT TO {worker} USING (true)');
SELECT city_ddl($$CREATE POLICY submission_forget ON matters_submission FOR DELETE TO {worker}
    USING (sent_at < now() - interval '1 day')$$);
SELECT city_ddl('REVOKE ALL ON matters_submission FROM {worker}, {importer}');
SELECT city_ddl('REVOKE ALL ON SEQUENCE matters_submission_id_seq FROM {worker}, {importer}');
SELECT city_ddl('GRANT SELECT (sent_at), DELETE ON matters_submission TO {worker}');
REVOKE EXECUTE ON FUNCTION scope_submission(), matter_is_visible(bigint) FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION scope_submission(), matter_is_visible(bigint) TO {app}');
"""

# What belongs to a matter in the slices below: entries, sealed records, files.
BELOW = f"""
ALTER POLICY journal_of_matter ON journal_entry
    USING (subject_kind = 'matter' AND {VISIBLE.format("subject_id")});
ALTER POLICY files_of_matter ON files_attachment
    USING (subject_kind = 'matter' AND (shown_to_reporter OR {A_POST}) AND {VISIBLE.format("subject_id")});
ALTER POLICY files_onto_matter ON files_attachment
    WITH CHECK (subject_kind <> 'matter' OR ((shown_to_reporter OR {A_POST}) AND {VISIBLE.format("subject_id")}));
DROP POLICY vault_import ON vault_record;
SELECT city_ddl($$CREATE POLICY vault_import ON vault_record FOR INSERT TO {{importer}}
    WITH CHECK (subject_kind = 'matter' AND purpose = 'original')$$);
"""

# Back to what 0001 had made.
SAW = SEES.replace("= scope_unit())", "= (SELECT scope_unit()))")
MATTER_BACK = f"""
ALTER POLICY matter_see ON matters_matter USING ({SAW});
ALTER POLICY matter_change ON matters_matter USING ({SAW}) WITH CHECK (true);
ALTER POLICY matter_take_in ON matters_matter WITH CHECK (
    (SELECT scope_door()) IS NOT NULL AND follow_hash = ANY ((SELECT scope_follow())::text[]));
DROP POLICY matter_work ON matters_matter;
DROP POLICY matter_lapse ON matters_matter;
DROP POLICY matter_import ON matters_matter;
DROP POLICY matter_known ON matters_matter;
SELECT city_ddl('CREATE POLICY matter_work ON matters_matter FOR ALL TO {{worker}}, {{importer}}
    USING (true) WITH CHECK (true)');
SELECT city_ddl('GRANT SELECT, UPDATE ON matters_matter TO {{app}}, {{worker}}, {{importer}}');
"""
PARTICIPANT_BACK = """
ALTER POLICY participant_own ON matters_participant USING (unit_id = (SELECT scope_unit()));
SELECT city_ddl('CREATE POLICY participant_work ON matters_participant FOR ALL TO {worker}, {importer}
    USING (true) WITH CHECK (true)');
SELECT city_ddl('GRANT SELECT ON matters_participant TO {worker}, {importer}');
SELECT city_ddl('GRANT INSERT ON matters_participant TO {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE matters_participant_id_seq TO {importer}');
"""
MADE = {
    "matters_assignment": "see give move work end",
    "matters_clock": "see start stop work go_on lapse import",
    "matters_remark": "see add import",
    "matters_suggestion": "see work",
}
BELONGED = VISIBLE.format("matter_id").replace(" OFFSET 0", "")
BELONGINGS_BACK = (
    "".join(
        "".join(f"DROP POLICY {table.removeprefix('matters_')}_{name} ON {table};\n" for name in names.split())
        + f"""
SELECT city_ddl($$CREATE POLICY belongs ON {table} FOR ALL TO {{app}}
    USING ({f"(for_reporter OR {A_POST}) AND " if table == "matters_remark" else ""}{BELONGED})
    WITH CHECK ({BELONGED})$$);
SELECT city_ddl('CREATE POLICY works ON {table} FOR ALL TO {{worker}}, {{importer}} USING (true) WITH CHECK (true)');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE ON {table} TO {{app}}, {{worker}}, {{importer}}');
"""
        for table, names in MADE.items()
    )
    + """
SELECT city_ddl('REVOKE INSERT ON matters_assignment FROM {worker}');
SELECT city_ddl('REVOKE UPDATE ON matters_remark FROM {app}, {worker}');
SELECT city_ddl('REVOKE INSERT, UPDATE ON matters_suggestion FROM {app}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE matters_assignment_id_seq TO {worker}, {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE matters_remark_id_seq TO {worker}');
"""
)
REST_BACK = """
DROP POLICY submission_claim ON matters_submission;
DROP POLICY submission_again ON matters_submission;
DROP POLICY submission_old ON matters_submission;
DROP POLICY submission_forget ON matters_submission;
ALTER TABLE matters_submission DISABLE ROW LEVEL SECURITY;
DROP FUNCTION scope_submission();
SELECT city_ddl('GRANT SELECT, INSERT ON matters_submission TO {worker}, {importer}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE matters_submission_id_seq TO {worker}, {importer}');
GRANT EXECUTE ON FUNCTION matter_is_visible(bigint) TO PUBLIC;
"""
BELOW_BACK = f"""
DROP POLICY vault_import ON vault_record;
SELECT city_ddl('CREATE POLICY vault_import ON vault_record FOR ALL TO {{importer}} USING (true) WITH CHECK (true)');
ALTER POLICY files_onto_matter ON files_attachment
    WITH CHECK (subject_kind <> 'matter' OR {VISIBLE.format("subject_id")});
"""


class Migration(migrations.Migration):
    dependencies = [
        ("matters", "0004_subject_rights"),
        ("access", "0007_narrow_rights"),
        ("vault", "0005_narrow_rights"),
        ("files", "0003_narrow_rights"),
        ("notices", "0003_narrow_rights"),
    ]
    operations = [
        migrations.RunSQL(MATTER, MATTER_BACK),
        migrations.RunSQL(PARTICIPANT, PARTICIPANT_BACK),
        migrations.RunSQL(BELONGINGS, BELONGINGS_BACK),
        migrations.RunSQL(REST, REST_BACK),
        migrations.RunSQL(BELOW, BELOW_BACK),
    ]
