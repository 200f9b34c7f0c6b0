"""Whoever leads a part reaches the reporter of the whole: the contact is kept once, with the whole.

The contact alone: what the whole told in full is no part's business, and neither is the contact a co-handler's or a checker's of a part.
Over for the unit as soon as its share, the part or the split is.
"""

from django.db import migrations

# The part is seen by its lead, so no look past row-level security is needed; the whole itself need not be seen yet.
LEADS = """EXISTS (SELECT 1 FROM matters_part p
    JOIN matters_matter m ON m.id = p.matter_id AND m.ended_at IS NULL
    JOIN matters_assignment a ON a.matter_id = p.matter_id AND a.part = 'lead' AND a.ended_at IS NULL
    WHERE p.whole_id = subject_id AND p.rejoined_at IS NULL AND a.unit_id = (SELECT scope_unit()))"""
ROLE = "(SELECT p.role FROM organisation_post p WHERE p.id = (SELECT scope_post()))"
RIGHTS = f"""
SELECT city_ddl($$CREATE POLICY vault_of_whole ON vault_record FOR SELECT TO {{app}}
    USING (subject_kind = 'matter' AND purpose = 'contact'
        AND {ROLE} NOT IN ('keeper', 'security_officer', 'auditor') AND {LEADS})$$);
"""
BACK = "DROP POLICY vault_of_whole ON vault_record;"


class Migration(migrations.Migration):
    dependencies = [("matters", "0053_rungs_are_seen"), ("vault", "0005_narrow_rights")]
    operations = [migrations.RunSQL(RIGHTS, BACK)]
