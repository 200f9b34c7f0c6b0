"""Files that somebody brings to the page: seen by the post and person that brought them, sealed, gone when they are done."""

from django.db import migrations, models

MINE = "post_id = (SELECT scope_post()) AND staff_id = (SELECT scope_staff()) AND (SELECT scope_may('import'))"
OWN = f"EXISTS (SELECT 1 FROM imports_upload u WHERE u.id = imports_piece.upload_id AND {MINE.replace('post_id', 'u.post_id', 1).replace('staff_id', 'u.staff_id', 1)})"
RIGHTS = f"""
ALTER TABLE imports_upload ENABLE ROW LEVEL SECURITY;
ALTER TABLE imports_piece ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (columns, source, state, "on", expires_at, ended_at, steps) ON imports_upload TO {{app}}');
SELECT city_ddl('GRANT SELECT, UPDATE (state, reason, started_at, ended_at, expires_at, rows, known, rejected, steps)
    ON imports_upload TO {{worker}}');
SELECT city_ddl('GRANT SELECT, UPDATE (state, done, imported, closed, known, ended_at, steps) ON imports_upload TO {{importer}}');
SELECT city_ddl('GRANT SELECT, INSERT, DELETE ON imports_piece TO {{app}}');
SELECT city_ddl('GRANT SELECT, INSERT, DELETE, UPDATE (sealed) ON imports_piece TO {{worker}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE imports_upload_id_seq, imports_piece_id_seq, imports_mapping_id_seq TO {{app}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE imports_piece_id_seq TO {{worker}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (columns, saved_at, steps) ON imports_mapping TO {{app}}');
SELECT city_ddl($$CREATE POLICY upload_own ON imports_upload FOR SELECT TO {{app}} USING ({MINE})$$);
SELECT city_ddl($$CREATE POLICY upload_bring ON imports_upload FOR INSERT TO {{app}}
    WITH CHECK ({MINE} AND state = 'draft')$$);
SELECT city_ddl($$CREATE POLICY upload_step ON imports_upload FOR UPDATE TO {{app}} USING ({MINE})
    WITH CHECK ({MINE} AND state IN ('draft', 'waiting', 'stopped', 'dropped', 'done'))$$);
SELECT city_ddl('CREATE POLICY upload_work ON imports_upload FOR ALL TO {{worker}}, {{importer}}
    USING (true) WITH CHECK (true)');
SELECT city_ddl($$CREATE POLICY piece_own ON imports_piece FOR ALL TO {{app}} USING ({OWN}) WITH CHECK ({OWN})$$);
SELECT city_ddl('CREATE POLICY piece_work ON imports_piece FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
SELECT city_ddl($$CREATE POLICY mapping_page ON imports_mapping FOR ALL TO {{app}}
    USING ((SELECT scope_may('import'))) WITH CHECK ((SELECT scope_may('import')))$$);
CREATE TRIGGER imports_piece_not_retired BEFORE INSERT OR UPDATE OF sealed ON imports_piece
    FOR EACH ROW EXECUTE FUNCTION vault_refuse_retired();
"""
BACK = """
SELECT city_ddl('DROP POLICY mapping_page ON imports_mapping');
SELECT city_ddl('REVOKE ALL ON imports_mapping FROM {app}');
SELECT city_ddl('REVOKE ALL ON SEQUENCE imports_mapping_id_seq FROM {app}');
"""


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_imports"), ("vault", "0005_narrow_rights")]
    operations = [
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_collation="C", max_length=43, unique=True)),
                ("subject", models.CharField(db_collation="C", max_length=20)),
                ("source", models.CharField(max_length=40)),
                ("file_name", models.CharField(max_length=100)),
                ("size", models.IntegerField()),
                ("sha256", models.CharField(db_collation="C", max_length=64)),
                ("sheet", models.CharField(default="", max_length=100)),
                ("columns", models.JSONField(default=dict)),
                ("on", models.DateField()),
                ("first_id", models.BigIntegerField(null=True)),
                ("post_id", models.BigIntegerField()),
                ("unit_id", models.BigIntegerField()),
                ("staff_id", models.BigIntegerField()),
                ("scope_code", models.CharField(db_collation="C", max_length=15)),
                ("state", models.CharField(db_collation="C", default="draft", max_length=10)),
                ("reason", models.TextField(default="")),
                ("created_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField()),
                ("rows", models.IntegerField(default=0)),
                ("done", models.IntegerField(default=0)),
                ("imported", models.IntegerField(default=0)),
                ("closed", models.IntegerField(default=0)),
                ("known", models.IntegerField(default=0)),
                ("rejected", models.IntegerField(default=0)),
                ("steps", models.IntegerField(default=0)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["staff_id", "-id"], name="imports_upload_mine"),
                    models.Index(fields=["state", "id"], name="imports_upload_state"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["draft", "waiting", "running", "stopped", "done", "failed", "dropped"])
                        ),
                        name="imports_upload_state_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Piece",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("upload_id", models.BigIntegerField()),
                ("part", models.CharField(db_collation="C", max_length=10)),
                ("number", models.IntegerField()),
                ("sealed", models.BinaryField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("upload_id", "part", "number"), name="imports_piece_once")
                ],
                "indexes": [],
            },
        ),
        migrations.RunSQL(RIGHTS, BACK),
    ]
