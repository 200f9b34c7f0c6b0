"""Work of a post that was left falls to the unit's head: the share remembers the post that it fell from."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

RIGHTS = "SELECT city_ddl('GRANT UPDATE (post_id, fell_from_id, ground) ON matters_assignment TO {worker}')"
BACK = "SELECT city_ddl('REVOKE UPDATE (post_id, fell_from_id, ground) ON matters_assignment FROM {worker}')"


class Migration(migrations.Migration):
    dependencies = [("matters", "0049_passing"), ("organisation", "0009_goes_on_no_wider")]
    operations = [
        migrations.AddField(
            "assignment",
            "fell_from",
            models.ForeignKey(
                to="organisation.post",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                null=True,
                db_index=False,
            ),
        ),
        migrations.AddIndex(
            "assignment",
            models.Index(
                fields=["matter"],
                name="matters_assignment_fell",
                condition=Q(ended_at=None, fell_from__isnull=False) | Q(ground="vacant.unit"),
            ),
        ),
        migrations.RunSQL(RIGHTS, BACK),
    ]
