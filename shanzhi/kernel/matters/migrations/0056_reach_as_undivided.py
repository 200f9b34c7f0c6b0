"""By way of a part the reporter is reached by whoever would reach them of an undivided matter: co-handlers go to the spot and
agree on when, a checker calls back and asks whether it is so, the triage desk and the supervisor as everywhere.

Still the contact alone, by way of the part that is one's own, with a reason and an entry in the journal. Over as soon as the
share, the check, the part or the split is.
"""

from django.db import migrations

ROLE = "(SELECT p.role FROM organisation_post p WHERE p.id = (SELECT scope_post()))"
IN_RANGES = "m.scope_code::text <@ (SELECT scope_ranges())"
OF_INTAKE = "m.intake_unit_id = (SELECT scope_unit())"
# As `vault_of_matter` says it of the matter itself (0010), without the reporter, to whom the whole is told anyway.
NEEDED = f"""EXISTS (SELECT 1 FROM matters_part p JOIN matters_matter m ON m.id = p.matter_id
    WHERE p.whole_id = subject_id AND p.rejoined_at IS NULL AND (
    ({ROLE} NOT IN ('keeper', 'security_officer', 'auditor') AND m.ended_at IS NULL AND EXISTS (
        SELECT 1 FROM matters_assignment a
        WHERE a.matter_id = m.id AND a.unit_id = (SELECT scope_unit()) AND a.ended_at IS NULL))
    OR ({ROLE} IN ('dispatcher', 'operator') AND m.in_intake
        AND ({OF_INTAKE} OR {IN_RANGES} OR m.scope_code::text <@ (SELECT scope_intake())))
    OR ({ROLE} = 'checker' AND m.ended_at IS NULL AND NOT m.in_intake AND ({OF_INTAKE} OR {IN_RANGES}))
    OR ({ROLE} = 'supervisor' AND {IN_RANGES})))"""
LEADS = """EXISTS (SELECT 1 FROM matters_part p
    JOIN matters_matter m ON m.id = p.matter_id AND m.ended_at IS NULL
    JOIN matters_assignment a ON a.matter_id = p.matter_id AND a.part = 'lead' AND a.ended_at IS NULL
    WHERE p.whole_id = subject_id AND p.rejoined_at IS NULL AND a.unit_id = (SELECT scope_unit()))"""


def policy(who: str) -> str:
    return f"ALTER POLICY vault_of_whole ON vault_record USING (subject_kind = 'matter' AND purpose = 'contact' AND {who});"


class Migration(migrations.Migration):
    dependencies = [("matters", "0055_promises_follow")]
    operations = [
        migrations.RunSQL(
            policy(NEEDED), policy(f"{ROLE} NOT IN ('keeper', 'security_officer', 'auditor') AND {LEADS}")
        )
    ]
