"""A keeper redraws regions in the web: rights for it, held to posts that keep the rule book by a trigger on each table."""

from django.db import migrations

_INSERTED = (
    "organisation_region, organisation_region_state, organisation_redraw, organisation_redraw_pair, organisation_unit,"
    " organisation_unit_heir, organisation_post, organisation_post_holding, organisation_tree_version"
)
_UPDATED = (
    ("organisation_region", "closed_on"),
    ("organisation_region_state", "valid"),
    ("organisation_unit", "closed_on, parent_id"),
    ("organisation_post", "closed_on"),
    ("organisation_post_holding", "valid"),
    ("organisation_tree_version", "version"),
)
_SEQUENCES = ", ".join(f"{table.strip()}_id_seq" for table in _INSERTED.split(",")[:-1])

GRANTS = "\n".join(
    [
        f"SELECT city_ddl('GRANT INSERT ON {_INSERTED} TO {{app}}');",
        f"SELECT city_ddl('GRANT USAGE ON SEQUENCE {_SEQUENCES} TO {{app}}');",
        *(f"SELECT city_ddl('GRANT UPDATE ({columns}) ON {table} TO {{app}}');" for table, columns in _UPDATED),
    ]
)
REVOKES = "\n".join(
    [
        f"SELECT city_ddl('REVOKE INSERT ON {_INSERTED} FROM {{app}}');",
        f"SELECT city_ddl('REVOKE USAGE ON SEQUENCE {_SEQUENCES} FROM {{app}}');",
        *(f"SELECT city_ddl('REVOKE UPDATE ({columns}) ON {table} FROM {{app}}');" for table, columns in _UPDATED),
    ]
)
# By trigger and not by policy: who reads these tables, all day long, is asked nothing.
GUARD = """
CREATE FUNCTION keeper_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF scope_post() IS NULL OR scope_may('keep') IS NOT TRUE THEN
        RAISE EXCEPTION 'for keepers' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $body$;
REVOKE EXECUTE ON FUNCTION keeper_only() FROM PUBLIC;
""" + "\n".join(
    f"CREATE TRIGGER {table.strip()}_keepers BEFORE INSERT OR UPDATE ON {table.strip()} FOR EACH STATEMENT"
    " WHEN (current_user::text LIKE '%\\_app') EXECUTE FUNCTION keeper_only();"
    for table in _INSERTED.split(",")
)
UNGUARD = (
    "\n".join(f"DROP TRIGGER {table.strip()}_keepers ON {table.strip()};" for table in _INSERTED.split(","))
    + "\nDROP FUNCTION keeper_only();"
)
JOURNAL = """
SELECT city_ddl($$CREATE POLICY journal_of_keeping ON journal_entry FOR SELECT TO {app}
    USING (subject_kind IN ('region', 'unit', 'post') AND (SELECT scope_may('keep')))$$);
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("organisation", "0006_succession"), ("access", "0007_narrow_rights"), ("journal", "0001_journal")]
    operations = [
        migrations.RunSQL(GRANTS, REVOKES),
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.RunSQL(JOURNAL, "DROP POLICY journal_of_keeping ON journal_entry"),
    ]
