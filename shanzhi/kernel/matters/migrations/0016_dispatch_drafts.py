"""A draft of the dispatch catalogue is edited row by row; a row names who helps beside the lead.

What is live stays as it is: only rows of a draft are changed or taken out, and each carries how often it was changed, so
that of two keepers the second is told what the first has done.
"""

import django.contrib.postgres.fields
from django.db import migrations, models

RIGHTS = """
SELECT city_ddl($$GRANT UPDATE (category, region_code, level, unit_code, unit_kind, limit_text, ground, co_codes, edit),
    DELETE ON matters_dispatchrow TO {app}$$);
SELECT city_ddl('GRANT UPDATE (holds_from, note, steps) ON matters_dispatchversion TO {app}, {importer}');
SELECT city_ddl($$CREATE POLICY dispatch_draft ON matters_dispatchversion FOR UPDATE TO {app}
    USING ((SELECT scope_may('keep')) AND live_at IS NULL) WITH CHECK (live_at IS NULL)$$);
SELECT city_ddl('CREATE POLICY dispatch_load_draft ON matters_dispatchversion FOR UPDATE TO {importer}
    USING (live_at IS NULL) WITH CHECK (live_at IS NULL)');
SELECT city_ddl($$CREATE POLICY dispatch_change ON matters_dispatchrow FOR UPDATE TO {app}
    USING ((SELECT scope_may('keep')) AND EXISTS (SELECT 1 FROM matters_dispatchversion v
        WHERE v.id = version_id AND v.live_at IS NULL))$$);
SELECT city_ddl($$CREATE POLICY dispatch_take_out ON matters_dispatchrow FOR DELETE TO {app}
    USING ((SELECT scope_may('keep')) AND EXISTS (SELECT 1 FROM matters_dispatchversion v
        WHERE v.id = version_id AND v.live_at IS NULL))$$);
"""
UNDO = """
DROP POLICY dispatch_take_out ON matters_dispatchrow;
DROP POLICY dispatch_change ON matters_dispatchrow;
DROP POLICY dispatch_load_draft ON matters_dispatchversion;
DROP POLICY dispatch_draft ON matters_dispatchversion;
SELECT city_ddl($$REVOKE UPDATE (category, region_code, level, unit_code, unit_kind, limit_text, ground, co_codes, edit),
    DELETE ON matters_dispatchrow FROM {app}$$);
SELECT city_ddl('REVOKE UPDATE (holds_from, note, steps) ON matters_dispatchversion FROM {app}, {importer}');
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0015_stages_in_order")]
    operations = [
        migrations.AddField(
            "dispatchrow",
            "co_codes",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(db_collation="C", max_length=80), default=list, db_default=[], size=None
            ),
        ),
        migrations.AddField("dispatchrow", "edit", models.IntegerField(default=1, db_default=1)),
        migrations.AddField("dispatchversion", "steps", models.IntegerField(default=2, db_default=2)),
        migrations.RunSQL(RIGHTS, UNDO),
    ]
