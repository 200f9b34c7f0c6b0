"""What the web may change of accounts and tokens, whose name it may write into the journal, who reads the settings."""

from django.db import migrations

SCOPE = (
    "scope_ranges(), scope_intake(), scope_unit(), scope_post(), scope_follow(), scope_door(), scope_staff(), scope_place(),"
    " scope_may(text)"
)

# An entry is by the post that acts, or by a reporter where no post does: nobody signs as somebody else.
# At a terminal, factors and tokens are looked after in the system's name, by nobody's post.
RIGHTS = f"""
SELECT city_ddl('REVOKE UPDATE ON access_account FROM {{app}}');
SELECT city_ddl('GRANT UPDATE (password, last_login, session_epoch) ON access_account TO {{app}}');
SELECT city_ddl('REVOKE UPDATE ON access_account FROM {{importer}}');
SELECT city_ddl('GRANT UPDATE (staff_id, password, is_active) ON access_account TO {{importer}}');
SELECT city_ddl('REVOKE UPDATE ON access_token FROM {{app}}, {{importer}}');
SELECT city_ddl('GRANT UPDATE (ended_at) ON access_token TO {{app}}, {{importer}}');
SELECT city_ddl('GRANT UPDATE (used_on) ON access_token TO {{app}}');
SELECT city_ddl($$CREATE POLICY journal_append ON journal_entry FOR INSERT TO {{app}} WITH CHECK (
    (author_kind = 'post' AND author_post_id = (SELECT scope_post())
        AND author_unit_id = (SELECT p.unit_id FROM organisation_post p WHERE p.id = (SELECT scope_post())))
    OR (author_kind = 'reporter' AND (SELECT scope_post()) IS NULL)
    OR (author_kind = 'system' AND subject_kind IN ('account', 'token') AND (SELECT scope_post()) IS NULL))$$);
REVOKE EXECUTE ON FUNCTION {SCOPE}, access_signoff_guard() FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION {SCOPE} TO {{app}}');
"""
BACK = f"""
SELECT city_ddl('GRANT UPDATE ON access_account TO {{app}}, {{importer}}');
SELECT city_ddl('GRANT UPDATE ON access_token TO {{app}}, {{importer}}');
DROP POLICY journal_append ON journal_entry;
GRANT EXECUTE ON FUNCTION {SCOPE}, access_signoff_guard() TO PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0006_sign_in"), ("journal", "0004_narrow_rights")]
    operations = [migrations.RunSQL(RIGHTS, BACK)]
