"""Evidence: files by their content, and what they belong to.

Who sees which attachment is said by the slice that owns the subject: until it adds its policy, nobody does.
"""

from django.db import migrations, models
from django.db.models import Q

RIGHTS = """
SELECT city_ddl('GRANT SELECT, INSERT ON files_blob TO {app}, {importer}');
SELECT city_ddl('GRANT SELECT ON files_blob TO {worker}');
ALTER TABLE files_attachment ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT ON files_attachment TO {app}, {importer}');
SELECT city_ddl('GRANT SELECT ON files_attachment TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE files_attachment_id_seq TO {app}, {importer}');
SELECT city_ddl('CREATE POLICY files_attach ON files_attachment FOR INSERT TO {app}, {importer} WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY files_work ON files_attachment FOR SELECT TO {worker} USING (true)');
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("journal", "0001_journal")]
    operations = [
        migrations.CreateModel(
            name="Blob",
            fields=[
                ("sha256", models.TextField(db_collation="C", primary_key=True, serialize=False)),
                ("media_type", models.TextField()),
                ("size", models.BigIntegerField()),
                ("width", models.IntegerField(null=True)),
                ("height", models.IntegerField(null=True)),
                ("stored_at", models.DateTimeField()),
            ],
            options={
                "db_table": "files_blob",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(("sha256__regex", "^[0-9a-f]{64}$")), name="files_blob_sha256_is_hex"
                    ),
                    models.CheckConstraint(condition=Q(("size__gt", 0)), name="files_blob_size_is_positive"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("subject_kind", models.TextField()),
                ("subject_id", models.BigIntegerField()),
                ("scope_code", models.TextField(db_collation="C")),
                (
                    "blob",
                    models.ForeignKey(
                        db_index=False, on_delete=models.deletion.PROTECT, related_name="+", to="files.blob"
                    ),
                ),
                ("name", models.TextField()),
                ("position", models.SmallIntegerField()),
                ("purpose", models.TextField()),
                ("shown_to_reporter", models.BooleanField()),
                ("added_by_post", models.BigIntegerField(null=True)),
                ("added_at", models.DateTimeField()),
                ("lat", models.DecimalField(decimal_places=6, max_digits=8, null=True)),
                ("lon", models.DecimalField(decimal_places=6, max_digits=9, null=True)),
                ("datum", models.TextField(null=True)),
                ("taken_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "files_attachment",
                "default_permissions": (),
                "indexes": [models.Index(fields=["subject_kind", "subject_id", "id"], name="files_attachment_subject")],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(("purpose__in", ["evidence", "report", "reply"])),
                        name="files_attachment_purpose_is_known",
                    ),
                    models.CheckConstraint(
                        condition=Q(("datum__isnull", True), ("lat__isnull", True), ("lon__isnull", True))
                        | Q(("datum", "WGS84"), ("lat__range", (-90, 90)), ("lon__range", (-180, 180))),
                        name="files_attachment_place_is_whole",
                    ),
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
