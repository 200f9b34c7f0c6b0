"""The operator of the hotline: finds a caller's open matters, and may reach a reporter as triage may.

- `matters_open_of_phone` leads from a phone's blind index to what may be told of its open matters without opening
  anything: number, title (masked as it is stored), process and stage. It looks past row-level security, so it is narrow:
  only for a post that may open the desk, in the place that the post stands for, at most 20 rows.
- the policy on sealed records lets the operator in where it lets the dispatcher in: while the matter is in intake.
"""

from django.db import migrations

ROLE = "(SELECT p.role FROM organisation_post p WHERE p.id = (SELECT scope_post()))"
IN_RANGES = "m.scope_code::text <@ (SELECT scope_ranges())"
OF_INTAKE = "m.intake_unit_id = (SELECT scope_unit())"


def _needed(triage: str) -> str:
    """As migration 0002 says it, with these roles at the triage desk."""
    return f"""EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = subject_id AND (
    m.follow_hash = ANY ((SELECT scope_follow())::text[])
    OR ({ROLE} NOT IN ('keeper', 'security_officer', 'auditor') AND m.ended_at IS NULL AND EXISTS (
        SELECT 1 FROM matters_assignment a
        WHERE a.matter_id = m.id AND a.unit_id = (SELECT scope_unit()) AND a.ended_at IS NULL))
    OR ({ROLE} {triage} AND m.in_intake
        AND ({OF_INTAKE} OR {IN_RANGES} OR m.scope_code::text <@ (SELECT scope_intake())))
    OR ({ROLE} = 'checker' AND m.ended_at IS NULL AND NOT m.in_intake AND ({OF_INTAKE} OR {IN_RANGES}))
    OR ({ROLE} = 'supervisor' AND {IN_RANGES})))"""


def _policy(triage: str) -> str:
    return f"ALTER POLICY vault_of_matter ON vault_record USING (subject_kind = 'matter' AND {_needed(triage)});"


PHONE = """
CREATE FUNCTION matters_open_of_phone(wanted bytea)
RETURNS TABLE (number text, title text, kind text, kind_version integer, stage text, reported_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
BEGIN
    IF wanted IS NULL OR octet_length(wanted) <> 32 OR scope_post() IS NULL OR scope_may('desk') IS NOT TRUE THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT m.number::text, m.title::text, m.kind::text, m.kind_version::integer, m.stage::text, m.reported_at
        FROM vault_record r JOIN matters_matter m ON m.id = r.subject_id
        WHERE r.subject_kind = 'matter' AND r.purpose = 'contact' AND r.part = 'phone' AND r.blind_index = wanted
            AND m.ended_at IS NULL AND m.scope_code::text <@ scope_place()
        ORDER BY m.reported_at DESC, m.id DESC LIMIT 20;
END $body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION matters_open_of_phone(bytea) SET search_path = %I, pg_temp', current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION matters_open_of_phone(bytea) FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION matters_open_of_phone(bytea) TO {app}');
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0009_views")]
    operations = [
        migrations.RunSQL(PHONE, "DROP FUNCTION matters_open_of_phone(bytea)"),
        migrations.RunSQL(_policy("IN ('dispatcher', 'operator')"), _policy("= 'dispatcher'")),
    ]
