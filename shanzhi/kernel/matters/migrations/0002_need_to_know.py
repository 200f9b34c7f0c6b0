"""Contacts and originals are for whoever has to do with the matter now, not for everybody who sees it."""

from django.db import migrations

VISIBLE = "EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = subject_id)"
# The role of the acting post, looked up once a statement; NULL without a post, and NULL is never true.
ROLE = "(SELECT p.role FROM organisation_post p WHERE p.id = (SELECT scope_post()))"
IN_RANGES = "m.scope_code::text <@ (SELECT scope_ranges())"
OF_INTAKE = "m.intake_unit_id = (SELECT scope_unit())"

# As `policy.duty.may_reach_reporter` says it, as far as a row knows: whose turn a stage is stands in the kind's file, so
# a checker is let in here from dispatch to end, and held to the stage of checking there.
NEEDED = f"""EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = subject_id AND (
    m.follow_hash = ANY ((SELECT scope_follow())::text[])
    OR ({ROLE} NOT IN ('keeper', 'security_officer', 'auditor') AND m.ended_at IS NULL AND EXISTS (
        SELECT 1 FROM matters_assignment a
        WHERE a.matter_id = m.id AND a.unit_id = (SELECT scope_unit()) AND a.ended_at IS NULL))
    OR ({ROLE} = 'dispatcher' AND m.in_intake
        AND ({OF_INTAKE} OR {IN_RANGES} OR m.scope_code::text <@ (SELECT scope_intake())))
    OR ({ROLE} = 'checker' AND m.ended_at IS NULL AND NOT m.in_intake AND ({OF_INTAKE} OR {IN_RANGES}))
    OR ({ROLE} = 'supervisor' AND {IN_RANGES})))"""

NARROW = f"""
DROP POLICY vault_of_matter ON vault_record;
SELECT city_ddl($$CREATE POLICY vault_of_matter ON vault_record FOR SELECT TO {{app}}
    USING (subject_kind = 'matter' AND {NEEDED})$$);
SELECT city_ddl($$CREATE POLICY vault_onto_matter ON vault_record FOR INSERT TO {{app}}
    WITH CHECK (subject_kind = 'matter' AND {VISIBLE})$$);
SELECT city_ddl($$CREATE POLICY hold_of_matter ON vault_hold FOR SELECT TO {{app}}
    USING (subject_kind = 'matter' AND {VISIBLE})$$);
"""
WIDE = f"""
DROP POLICY hold_of_matter ON vault_hold;
DROP POLICY vault_onto_matter ON vault_record;
DROP POLICY vault_of_matter ON vault_record;
SELECT city_ddl($$CREATE POLICY vault_of_matter ON vault_record FOR ALL TO {{app}}
    USING (subject_kind = 'matter' AND {VISIBLE}) WITH CHECK (subject_kind = 'matter' AND {VISIBLE})$$);
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0001_matters"), ("vault", "0002_grounds_and_holds")]
    operations = [migrations.RunSQL(NARROW, WIDE)]
