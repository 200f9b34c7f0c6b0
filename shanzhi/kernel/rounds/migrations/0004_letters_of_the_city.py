"""Whoever leads a city's round fetches its letters: the pack to be carried, and sees those that came."""

from django.db import migrations

SEE = """
SELECT city_ddl($$CREATE POLICY letter_of_round ON packs_letter FOR SELECT TO {app} USING (
    (SELECT scope_may('rounds_lead')) AND EXISTS (SELECT 1 FROM rounds_city c JOIN rounds_round r ON r.id = c.round_id
        WHERE r.uid::text = packs_letter.round AND c.city_code::text <@ (SELECT scope_place())))$$);
"""


class Migration(migrations.Migration):
    dependencies = [("rounds", "0003_checks"), ("packs", "0001_letters")]

    operations = [migrations.RunSQL(SEE, "DROP POLICY letter_of_round ON packs_letter")]
