"""A matter's intake and county pass to others only in the ways in which they may.

- Another centre takes over the intake: given by the one that has it, by a post in whose place the matter lies, by the unit that
  led it just now (escalation), or by an answer that this unit gave in this very step (transfer accepted, or ruled on).
- A precedent rests on a ruling, on nothing else that was granted.
- Another county: by a post that stands for both, or by such an answer, and then only the county that was asked.
"""

from django.db import migrations

ANSWERED = """EXISTS (SELECT 1 FROM matters_ask a WHERE a.matter_id = NEW.id AND a.state = 'granted'
        AND a.decided_step = NEW.steps AND a.to_unit_id = scope_unit() AND (a.type = 'ruling'
            OR (a.type = 'cross' AND left(a.amount, 6) = left(NEW.scope_code, 6))))"""
SEEN = "({code}::text <@ scope_ranges() OR {code}::text <@ scope_intake()) IS TRUE"
GUARD = f"""
CREATE FUNCTION matters_passes() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF session_user::text NOT LIKE '%\\_app' THEN
        RETURN NEW;
    END IF;
    IF NEW.intake_unit_id <> OLD.intake_unit_id AND NOT (EXISTS (
            SELECT 1 FROM organisation_unit u WHERE u.id = NEW.intake_unit_id AND u.kind = 'centre')
        AND (OLD.intake_unit_id = scope_unit() OR {SEEN.format(code="OLD.scope_code")} OR {ANSWERED}
            OR EXISTS (SELECT 1 FROM matters_assignment s WHERE s.matter_id = NEW.id AND s.part = 'lead'
                AND s.unit_id = scope_unit() AND s.ended_at = NEW.stage_since))) THEN
        RAISE EXCEPTION 'matters_matter %: its intake is not this post''s to give', NEW.id USING ERRCODE = '42501';
    END IF;
    IF left(NEW.scope_code, 6) <> left(OLD.scope_code, 6) AND NOT ({ANSWERED}
        OR ({SEEN.format(code="OLD.scope_code")} AND {SEEN.format(code="NEW.scope_code")})) THEN
        RAISE EXCEPTION 'matters_matter %: another county takes it over by its own answer', NEW.id USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $body$;
CREATE TRIGGER matters_matter_passes BEFORE UPDATE OF intake_unit_id, scope_code ON matters_matter FOR EACH ROW
    WHEN (OLD.intake_unit_id IS DISTINCT FROM NEW.intake_unit_id OR OLD.scope_code IS DISTINCT FROM NEW.scope_code)
    EXECUTE FUNCTION matters_passes();
REVOKE EXECUTE ON FUNCTION matters_passes() FROM PUBLIC;
SELECT city_ddl('GRANT UPDATE (intake_unit_id) ON matters_matter TO {{app}}, {{worker}}');
"""
RULED = """
ALTER POLICY precedent_set ON matters_precedent
    WITH CHECK (by_unit_id = (SELECT scope_unit()) AND EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = matter_id
        AND m.category = matters_precedent.category AND m.scope_code LIKE matters_precedent.region_code || '%')
        AND EXISTS (SELECT 1 FROM matters_ask a WHERE a.matter_id = matters_precedent.matter_id AND a.state = 'granted'
        {ruling}AND a.to_unit_id = (SELECT scope_unit())));
"""
BACK = """
DROP TRIGGER matters_matter_passes ON matters_matter;
DROP FUNCTION matters_passes();
SELECT city_ddl('REVOKE UPDATE (intake_unit_id) ON matters_matter FROM {app}, {worker}');
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0047_parts")]
    operations = [
        migrations.RunSQL(GUARD, BACK),
        migrations.RunSQL(RULED.replace("{ruling}", "AND a.type = 'ruling' "), RULED.replace("{ruling}", "")),
    ]
