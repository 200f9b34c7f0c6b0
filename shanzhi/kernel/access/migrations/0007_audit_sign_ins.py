"""The auditor's figures count sign-ins where they are noted now: the tables of django-axes are gone."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("shanzhi.kernel.access.migrations.0004_audit").AUDIT
CREATE = "CREATE OR REPLACE FUNCTION"
BODY = BEFORE[: BEFORE.index("DO $do$")].replace("CREATE FUNCTION", CREATE)
AXES = BODY[BODY.index("        UNION ALL SELECT a.attempt_time, 'in'") : BODY.index("    ) e GROUP BY")]
# A password that was right and waits for its second step is neither: it becomes one of the two.
ATTEMPTS = """        UNION ALL SELECT a.at, CASE a.outcome WHEN 'signed_in' THEN 'in' ELSE 'failed' END, 1
            FROM access_sign_in_attempt a WHERE a.at >= since_at AND a.outcome IN ('signed_in', 'failed')
"""
PATH = BEFORE[BEFORE.index("DO $do$") : BEFORE.index("REVOKE EXECUTE")]


class Migration(migrations.Migration):
    dependencies = [("access", "0006_sign_in")]
    operations = [migrations.RunSQL(BODY.replace(AXES, ATTEMPTS) + PATH, BODY + PATH)]
