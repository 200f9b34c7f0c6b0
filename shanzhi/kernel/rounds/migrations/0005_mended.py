"""A finding whose matter was closed in the city is told above by a letter, which the background reads."""

from django.db import migrations

TELL = "SELECT city_ddl('GRANT UPDATE (matter_number) ON rounds_finding TO {worker}')"
UNTELL = "SELECT city_ddl('REVOKE UPDATE (matter_number) ON rounds_finding FROM {worker}')"


class Migration(migrations.Migration):
    dependencies = [("rounds", "0004_letters_of_the_city")]

    operations = [migrations.RunSQL(TELL, UNTELL)]
