"""Draws. What was announced is everybody's and never changes; our own nonce is the background's alone until it is shown; a nonce
gets in only where the database itself finds that it fits its commitment."""

from django.db import migrations, models

MAY = "(SELECT scope_may('draws')) AND (SELECT scope_post()) IS NOT NULL"
# What comes with an announcement has to be what it says.
NEW = "EXISTS (SELECT 1 FROM draws_draw d WHERE d.state = 'announced' AND d.id ="
COMMITTED = f"{NEW} draws_side.draw_id AND position(draws_side.commitment::text IN d.announcement) > 0)"
SEALED = f"{NEW} draws_secret.draw_id)"
FRAMED = (
    f"{NEW} draws_sheet.draw_id"
    " AND position(encode(sha256(convert_to(draws_sheet.frame, 'UTF8')), 'hex') IN d.announcement) > 0)"
)

RIGHTS = f"""
ALTER TABLE draws_draw ENABLE ROW LEVEL SECURITY;
ALTER TABLE draws_side ENABLE ROW LEVEL SECURITY;
ALTER TABLE draws_secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE draws_nonce ENABLE ROW LEVEL SECURITY;
ALTER TABLE draws_sheet ENABLE ROW LEVEL SECURITY;
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (ground, state, withdrawn_at) ON draws_draw TO {{app}}');
SELECT city_ddl('GRANT SELECT, UPDATE (made_at, opened_at, root, state) ON draws_draw TO {{worker}}');
SELECT city_ddl('GRANT SELECT, INSERT ON draws_side TO {{app}}');
SELECT city_ddl('GRANT SELECT ON draws_side TO {{worker}}');
SELECT city_ddl('GRANT INSERT ON draws_secret TO {{app}}');
SELECT city_ddl('GRANT SELECT, UPDATE (sealed) ON draws_secret TO {{worker}}');
SELECT city_ddl('GRANT SELECT, INSERT ON draws_nonce TO {{app}}, {{worker}}');
SELECT city_ddl('GRANT SELECT, INSERT, UPDATE (is_public) ON draws_sheet TO {{app}}');
SELECT city_ddl('GRANT SELECT, UPDATE (result) ON draws_sheet TO {{worker}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE draws_draw_id_seq, draws_side_id_seq TO {{app}}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE draws_nonce_id_seq TO {{app}}, {{worker}}');
SELECT city_ddl('CREATE POLICY draw_see ON draws_draw FOR SELECT TO {{app}} USING (true)');
SELECT city_ddl($$CREATE POLICY draw_announce ON draws_draw FOR INSERT TO {{app}} WITH CHECK ({MAY} AND state = 'announced')$$);
SELECT city_ddl($$CREATE POLICY draw_withdraw ON draws_draw FOR UPDATE TO {{app}}
    USING ({MAY} AND state = 'announced') WITH CHECK (state = 'withdrawn')$$);
SELECT city_ddl('CREATE POLICY draw_work ON draws_draw FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY side_see ON draws_side FOR SELECT TO {{app}}, {{worker}} USING (true)');
SELECT city_ddl($$CREATE POLICY side_announce ON draws_side FOR INSERT TO {{app}} WITH CHECK ({MAY} AND
    {COMMITTED})$$);
SELECT city_ddl($$CREATE POLICY secret_announce ON draws_secret FOR INSERT TO {{app}} WITH CHECK ({MAY} AND
    {SEALED})$$);
SELECT city_ddl('CREATE POLICY secret_work ON draws_secret FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
SELECT city_ddl('CREATE POLICY nonce_see ON draws_nonce FOR SELECT TO {{app}}, {{worker}} USING (true)');
SELECT city_ddl($$CREATE POLICY nonce_show ON draws_nonce FOR INSERT TO {{app}}, {{worker}} WITH CHECK (EXISTS (
    SELECT 1 FROM draws_side s JOIN draws_draw d ON d.id = s.draw_id
    WHERE s.draw_id = draws_nonce.draw_id AND s.place = draws_nonce.place
        AND (d.state = 'opened' OR s.is_ours AND d.state = 'announced')
        AND s.commitment::text = encode(sha256(draws_nonce.nonce), 'hex')))$$);
SELECT city_ddl($$CREATE POLICY sheet_see ON draws_sheet FOR SELECT TO {{app}}
    USING (is_public OR (SELECT scope_may('draws')))$$);
SELECT city_ddl($$CREATE POLICY sheet_announce ON draws_sheet FOR INSERT TO {{app}} WITH CHECK ({MAY} AND result = '' AND
    {FRAMED})$$);
SELECT city_ddl($$CREATE POLICY sheet_publish ON draws_sheet FOR UPDATE TO {{app}} USING ({MAY}) WITH CHECK (is_public)$$);
SELECT city_ddl('CREATE POLICY sheet_work ON draws_sheet FOR ALL TO {{worker}} USING (true) WITH CHECK (true)');
SELECT city_ddl($$CREATE POLICY journal_of_draws ON journal_entry FOR SELECT TO {{app}} USING (subject_kind = 'draw')$$);
SELECT city_ddl($$CREATE POLICY journal_onto_draws ON journal_entry AS RESTRICTIVE FOR INSERT TO {{app}}
    WITH CHECK (subject_kind <> 'draw' OR action = 'draws.show' OR ({MAY}))$$);
CREATE TRIGGER draws_secret_not_retired BEFORE INSERT OR UPDATE OF sealed ON draws_secret
    FOR EACH ROW EXECUTE FUNCTION vault_refuse_retired();
"""
BACK = """
DROP POLICY journal_of_draws ON journal_entry;
DROP POLICY journal_onto_draws ON journal_entry;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("access", "0009_open_signoffs"),
        ("journal", "0004_narrow_rights"),
        ("vault", "0005_narrow_rights"),
    ]
    operations = [
        migrations.CreateModel(
            name="Secret",
            fields=[
                ("draw_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("sealed", models.BinaryField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Sheet",
            fields=[
                ("draw_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("frame", models.TextField(db_collation="C")),
                ("result", models.TextField(db_collation="C", default="")),
                ("is_public", models.BooleanField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Draw",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.IntegerField(unique=True)),
                ("purpose", models.CharField(db_collation="C", max_length=100)),
                ("turn", models.IntegerField()),
                ("subject", models.CharField(max_length=200)),
                ("method", models.CharField(db_collation="C", max_length=8)),
                ("announcement", models.TextField(db_collation="C")),
                ("size", models.IntegerField()),
                ("take", models.IntegerField()),
                ("window", models.IntegerField()),
                ("unit_id", models.BigIntegerField()),
                ("state", models.CharField(db_collation="C", max_length=10)),
                ("ground", models.CharField(db_collation="C", default="", max_length=10)),
                ("announced_at", models.DateTimeField()),
                ("opened_at", models.DateTimeField(null=True)),
                ("made_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("root", models.BinaryField(null=True)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("purpose", "turn"), name="draws_draw_turn"),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["announced", "opened"])),
                        fields=("purpose",),
                        name="draws_draw_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("made_at", None), ("opened_at", None), ("state", "announced"), ("withdrawn_at", None)
                            ),
                            models.Q(
                                ("made_at", None),
                                ("opened_at__isnull", False),
                                ("root__isnull", False),
                                ("state", "opened"),
                                ("withdrawn_at", None),
                            ),
                            models.Q(
                                ("made_at__isnull", False),
                                ("opened_at__isnull", False),
                                ("state", "made"),
                                ("withdrawn_at", None),
                            ),
                            models.Q(
                                ("made_at", None),
                                ("opened_at", None),
                                ("state", "withdrawn"),
                                ("withdrawn_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="draws_draw_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Nonce",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("draw_id", models.BigIntegerField()),
                ("place", models.SmallIntegerField()),
                ("nonce", models.BinaryField()),
                ("shown_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("draw_id", "place"), name="draws_nonce_once")],
            },
        ),
        migrations.CreateModel(
            name="Side",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("draw_id", models.BigIntegerField()),
                ("place", models.SmallIntegerField()),
                ("name", models.CharField(max_length=100)),
                ("is_ours", models.BooleanField()),
                ("commitment", models.CharField(db_collation="C", max_length=64, unique=True)),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("draw_id", "place"), name="draws_side_once")],
            },
        ),
        migrations.RunSQL(RIGHTS, BACK),
    ]
