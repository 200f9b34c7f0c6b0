"""Co-handlers: each has a promise of its own in its share, and the entry with which the share ended.

The promise is written with the share and can't be changed after. Of a co-handler's result the lead may let the reporter
read the words, once, and never take them back. Several co-handlers may be urged at the same time, each once.
"""

from django.db import migrations, models
from django.db.models import F, Q

OF_MATTER = "EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = matter_id OFFSET 0)"
LEADS = """EXISTS (SELECT 1 FROM matters_assignment a WHERE a.matter_id = matters_remark.matter_id AND a.part = 'lead'
    AND a.ended_at IS NULL AND a.unit_id = (SELECT scope_unit()))"""
A_RESULT = """EXISTS (SELECT 1 FROM matters_assignment a WHERE a.matter_id = matters_remark.matter_id AND a.part = 'co'
    AND a.state = 'done' AND a.result_step = matters_remark.step)"""
RIGHTS = f"""
SELECT city_ddl('GRANT UPDATE (result_step) ON matters_assignment TO {{app}}');
SELECT city_ddl('GRANT UPDATE (for_reporter) ON matters_remark TO {{app}}');
SELECT city_ddl($$CREATE POLICY remark_include ON matters_remark FOR UPDATE TO {{app}}
    USING (NOT for_reporter AND part = 'words' AND (SELECT scope_post()) IS NOT NULL AND {OF_MATTER} AND {LEADS} AND {A_RESULT})
    WITH CHECK (for_reporter)$$);
"""
BACK = """
DROP POLICY remark_include ON matters_remark;
SELECT city_ddl('REVOKE UPDATE (for_reporter) ON matters_remark FROM {app}');
SELECT city_ddl('REVOKE UPDATE (result_step) ON matters_assignment FROM {app}');
"""
OPEN = Q(state="open")
WAS = ["done", "returned", "moved", "over"]


def states(ended: list[str]) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(state__in=["waiting", "taken"], ended_at=None) | Q(state__in=ended, ended_at__isnull=False),
        name="matters_assignment_state",
    )


class Migration(migrations.Migration):
    dependencies = [("matters", "0045_repeated")]
    operations = [
        migrations.AddField("assignment", "due_at", models.DateTimeField(null=True)),
        migrations.AddField("assignment", "warn_at", models.DateTimeField(null=True)),
        migrations.AddField("assignment", "limit_text", models.CharField(max_length=20, default="", db_default="")),
        migrations.AddField(
            "assignment", "calendar_version", models.CharField(max_length=80, default="", db_default="")
        ),
        migrations.AddField("assignment", "result_step", models.IntegerField(null=True)),
        migrations.RemoveConstraint("assignment", "matters_assignment_state"),
        migrations.AddConstraint("assignment", states([*WAS, "excused"])),
        migrations.AddConstraint(
            "assignment",
            models.CheckConstraint(
                condition=Q(due_at=None, warn_at=None) | Q(part="co", warn_at__lte=F("due_at")),
                name="matters_assignment_promise",
            ),
        ),
        migrations.RemoveConstraint("ask", "matters_ask_once"),
        migrations.AddConstraint(
            "ask",
            models.UniqueConstraint(
                fields=["matter", "code"], condition=OPEN & ~Q(type="urge_co"), name="matters_ask_once"
            ),
        ),
        migrations.AddConstraint(
            "ask",
            models.UniqueConstraint(fields=["matter", "code", "to_unit"], condition=OPEN, name="matters_ask_once_each"),
        ),
        migrations.RunSQL(RIGHTS, BACK),
    ]
