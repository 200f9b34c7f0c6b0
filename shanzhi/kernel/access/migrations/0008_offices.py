"""Who may change units, posts and staff: a keeper in their place. Nobody alone gives anybody a post or a wider sight:
the worker does, after two people have agreed to just that. Whose post ends with a redraw goes on in the one that takes over."""

from django.db import migrations

KEEPS = "(SELECT scope_may('keep'))"


def _here(region):
    """Does a region lie in the acting post's place, under any code that it ever had?"""
    return (
        f"EXISTS (SELECT 1 FROM organisation_region_state s WHERE s.region_id = {region}"
        " AND s.code::text <@ (SELECT scope_place()))"
    )


def _agreed(kind, *pairs):
    """Is a sign-off about just this being carried out?"""
    same = "".join(f" AND s.params ->> '{field}' = ({column})::text" for field, column in pairs)
    return f"EXISTS (SELECT 1 FROM access_signoff s WHERE s.kind = '{kind}' AND s.state = 'running'{same})"


OPEN = ("unit", "unit_past", "unit_heir", "post", "post_past", "post_holding", "staff", "tree_version", "admission")
HERE_UNIT = _here("organisation_unit.region_id")
HERE_POST = _here("organisation_post.region_id")
HERE_HOLDING = (
    "EXISTS (SELECT 1 FROM organisation_post p JOIN organisation_region_state s ON s.region_id = p.region_id"
    " WHERE p.id = organisation_post_holding.post_id AND s.code::text <@ (SELECT scope_place()))"
)
HERE_HEIR = " AND ".join(
    f"EXISTS (SELECT 1 FROM organisation_unit u JOIN organisation_region_state s ON s.region_id = u.region_id"
    f" WHERE u.id = organisation_unit_heir.{unit} AND s.code::text <@ (SELECT scope_place()))"
    for unit in ("old_unit_id", "new_unit_id")
)
BY_ME = "changed_by_post = (SELECT scope_post())"
APPOINTED = _agreed(
    "post.appoint", ("post", "organisation_post_holding.post_id"), ("staff", "organisation_post_holding.staff_id")
)
GOES_ON = (
    "organisation_goes_on(organisation_post_holding.post_id, organisation_post_holding.staff_id,"
    " organisation_post_holding.valid)"
)
CHANGED = _agreed("post.change", ("post", "organisation_post.id"))
CHANGED_PAST = _agreed("post.change", ("post", "organisation_post_past.post_id"))
RULES = (
    ("unit_open", "unit", "INSERT", "app", "", f"{KEEPS} AND {HERE_UNIT}"),
    ("unit_keep", "unit", "UPDATE", "app", f"{KEEPS} AND {HERE_UNIT}", ""),
    ("unit_past_add", "unit_past", "INSERT", "app", "", f"{KEEPS} AND {BY_ME}"),
    ("heir_add", "unit_heir", "INSERT", "app", "", f"{KEEPS} AND {HERE_HEIR}"),
    ("post_open", "post", "INSERT", "app", "", f"{KEEPS} AND {HERE_POST}"),
    ("post_keep", "post", "UPDATE", "app", f"{KEEPS} AND {HERE_POST}", ""),
    ("post_agreed", "post", "UPDATE", "worker", "true", CHANGED),
    ("post_past_add", "post_past", "INSERT", "app", "", f"{KEEPS} AND {BY_ME}"),
    ("post_past_agreed", "post_past", "INSERT", "worker", "", CHANGED_PAST),
    ("holding_end", "post_holding", "UPDATE", "app", f"{KEEPS} AND {HERE_HOLDING}", ""),
    ("holding_goes_on", "post_holding", "INSERT", "app", "", f"{KEEPS} AND {HERE_HOLDING} AND {GOES_ON}"),
    ("holding_agreed", "post_holding", "INSERT", "worker", "", APPOINTED),
    ("staff_add", "staff", "INSERT", "app", "", KEEPS),
    ("tree_renew", "tree_version", "UPDATE", "app", KEEPS, ""),
    ("admission_add", "admission", "INSERT", "app", "", KEEPS),
    ("admission_end", "admission", "UPDATE", "app", KEEPS, ""),
)


def _policy(name, table, verb, role, using, check):
    words = f"CREATE POLICY {name} ON organisation_{table} FOR {verb} TO {{{role}}}"
    words += f" USING ({using})" if using else ""
    words += f" WITH CHECK ({check})" if check else ""
    return f"SELECT city_ddl($${words}$$);"


RIGHTS = "\n".join(
    [
        *(f"ALTER TABLE organisation_{table} ENABLE ROW LEVEL SECURITY;" for table in OPEN),
        *(_policy(f"{table}_read", table, "SELECT", "app}, {worker", "true", "") for table in OPEN),
        *(_policy(f"{table}_load", table, "ALL", "importer", "true", "true") for table in OPEN),
        *(_policy(*rule) for rule in RULES),
        """
SELECT city_ddl('GRANT INSERT ON organisation_unit, organisation_unit_past, organisation_unit_heir,
    organisation_post, organisation_post_past, organisation_post_holding, organisation_staff, organisation_admission TO {app}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE organisation_unit_id_seq, organisation_unit_past_id_seq, organisation_unit_heir_id_seq,
    organisation_post_id_seq, organisation_post_past_id_seq, organisation_post_holding_id_seq, organisation_staff_id_seq, organisation_admission_id_seq TO {app}');
SELECT city_ddl('GRANT UPDATE (name, short_name, parent_id, capacity, closed_on, version) ON organisation_unit TO {app}');
SELECT city_ddl('GRANT UPDATE (title, closed_on, version) ON organisation_post TO {app}');
SELECT city_ddl('GRANT UPDATE (valid) ON organisation_post_holding, organisation_admission TO {app}');
SELECT city_ddl('GRANT UPDATE (version) ON organisation_tree_version TO {app}');
SELECT city_ddl('GRANT INSERT ON organisation_post_holding, organisation_post_past TO {worker}');
SELECT city_ddl('GRANT USAGE ON SEQUENCE organisation_post_holding_id_seq, organisation_post_past_id_seq TO {worker}');
SELECT city_ddl('GRANT UPDATE (role, sees, ranges, version) ON organisation_post TO {worker}');
""",
    ]
)
BACK = "\n".join(
    [
        *(f"DROP POLICY {rule[0]} ON organisation_{rule[1]};" for rule in RULES),
        *(f"DROP POLICY {table}_load ON organisation_{table};" for table in OPEN),
        *(f"DROP POLICY {table}_read ON organisation_{table};" for table in OPEN),
        *(f"ALTER TABLE organisation_{table} DISABLE ROW LEVEL SECURITY;" for table in OPEN),
        """
SELECT city_ddl('REVOKE INSERT ON organisation_unit, organisation_unit_past, organisation_unit_heir,
    organisation_post, organisation_post_past, organisation_post_holding, organisation_staff, organisation_admission FROM {app}');
SELECT city_ddl('REVOKE UPDATE (name, short_name, parent_id, capacity, closed_on, version) ON organisation_unit FROM {app}');
SELECT city_ddl('REVOKE UPDATE (title, closed_on, version) ON organisation_post FROM {app}');
SELECT city_ddl('REVOKE UPDATE (valid) ON organisation_post_holding, organisation_admission FROM {app}');
SELECT city_ddl('REVOKE UPDATE (version) ON organisation_tree_version FROM {app}');
SELECT city_ddl('REVOKE INSERT ON organisation_post_holding, organisation_post_past FROM {worker}');
SELECT city_ddl('REVOKE UPDATE (role, sees, ranges, version) ON organisation_post FROM {worker}');
""",
    ]
)


class Migration(migrations.Migration):
    dependencies = [("access", "0007_narrow_rights"), ("organisation", "0007_offices")]
    operations = [migrations.RunSQL(RIGHTS, BACK)]
