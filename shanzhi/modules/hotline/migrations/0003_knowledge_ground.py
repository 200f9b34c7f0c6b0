"""A knowledge item names the legal ground of its answer, and says whether it is a sample that the city has yet to replace."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hotline", "0002_ringing")]
    operations = [
        migrations.AddField(
            "knowledgeversion", "ground", models.TextField(default="", db_default=""), preserve_default=True
        ),
        migrations.AddField(
            "knowledgeversion", "is_sample", models.BooleanField(default=False, db_default=False), preserve_default=True
        ),
        migrations.AddIndex(
            "knowledgeversion",
            models.Index(fields=["code"], name="hotline_knowledge_list", condition=models.Q(("is_newest", True))),
        ),
    ]
