"""What the rights of the person concerned and the terms of keeping need, beside the narrow rights of 0005.

The worker deletes words, salts and submissions and takes nothing else; a reporter takes a consent back. What a row can't
say of its own past is said by triggers, for every role: a text changes only into the words that stand for a deleted one,
a salt only into none, a consent is never given for anybody, and what has ended isn't moved by the worker any more.
"""

from django.db import migrations

# The word is that of `policy.rights.ERASED`; a test compares them.
ERASED = "已按本人请求删除"
STATE = "stage, result, stage_since, ended_at, due_at, warn_at, in_intake, holder_unit_id, counts, version"
TEXTS = "title, body, place_text, latitude, longitude"


def _row(name: str) -> str:
    return ", ".join(f"{name}.{column}" for column in TEXTS.split(", "))


def _state(name: str) -> str:
    return ", ".join(f"{name}.{column}" for column in STATE.split(", "))


KEPT = rf"""
CREATE FUNCTION matters_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION '%: what was written is deleted or stays' , TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $body$;
REVOKE EXECUTE ON FUNCTION matters_refuse_change() FROM PUBLIC;
CREATE TRIGGER matters_matter_texts BEFORE UPDATE OF {TEXTS} ON matters_matter FOR EACH ROW
    WHEN (({_row("NEW")}) IS DISTINCT FROM ({_row("OLD")}) AND (NEW.ended_at IS NULL OR NEW.title <> '{ERASED}'
        OR NEW.body <> '{ERASED}' OR NEW.place_text NOT IN ('', '{ERASED}') OR NEW.latitude IS NOT NULL
        OR NEW.longitude IS NOT NULL OR NEW.salt <> ''::bytea))
    EXECUTE FUNCTION matters_refuse_change();
CREATE TRIGGER matters_matter_salt BEFORE UPDATE OF salt ON matters_matter FOR EACH ROW
    WHEN (NEW.salt <> OLD.salt AND NEW.salt <> ''::bytea) EXECUTE FUNCTION matters_refuse_change();
CREATE TRIGGER matters_matter_consent BEFORE UPDATE OF public_consent ON matters_matter FOR EACH ROW
    WHEN (NEW.public_consent AND NOT OLD.public_consent) EXECUTE FUNCTION matters_refuse_change();
CREATE TRIGGER matters_matter_rests BEFORE UPDATE ON matters_matter FOR EACH ROW
    WHEN (OLD.ended_at IS NOT NULL AND current_user::text LIKE '%\_worker'
        AND ({_state("NEW")}) IS DISTINCT FROM ({_state("OLD")}))
    EXECUTE FUNCTION matters_refuse_change();
CREATE TRIGGER matters_remark_text BEFORE UPDATE OF text ON matters_remark FOR EACH ROW
    WHEN (NEW.text <> OLD.text AND (NEW.text <> '{ERASED}' OR NEW.salt <> ''::bytea))
    EXECUTE FUNCTION matters_refuse_change();
CREATE TRIGGER matters_remark_salt BEFORE UPDATE OF salt ON matters_remark FOR EACH ROW
    WHEN (NEW.salt <> OLD.salt AND NEW.salt <> ''::bytea) EXECUTE FUNCTION matters_refuse_change();
"""
KEPT_BACK = """
DROP TRIGGER matters_matter_texts ON matters_matter;
DROP TRIGGER matters_matter_salt ON matters_matter;
DROP TRIGGER matters_matter_consent ON matters_matter;
DROP TRIGGER matters_matter_rests ON matters_matter;
DROP TRIGGER matters_remark_text ON matters_remark;
DROP TRIGGER matters_remark_salt ON matters_remark;
DROP FUNCTION matters_refuse_change();
"""

RIGHTS = f"""
SELECT city_ddl('GRANT UPDATE (public_consent) ON matters_matter TO {{app}}');
SELECT city_ddl('GRANT SELECT (salt), UPDATE ({TEXTS}, salt, public_consent) ON matters_matter TO {{worker}}');
SELECT city_ddl('CREATE POLICY matter_forget ON matters_matter FOR UPDATE TO {{worker}} USING (ended_at IS NOT NULL)
    WITH CHECK (ended_at IS NOT NULL)');
SELECT city_ddl('GRANT SELECT (id, matter_id, step, text, salt), UPDATE (text, salt) ON matters_remark TO {{worker}}');
SELECT city_ddl('CREATE POLICY remark_work ON matters_remark FOR SELECT TO {{worker}} USING (true)');
SELECT city_ddl($$CREATE POLICY remark_forget ON matters_remark FOR UPDATE TO {{worker}} USING (true)
    WITH CHECK (salt = ''::bytea)$$);
SELECT city_ddl('GRANT SELECT (matter_id) ON matters_submission TO {{worker}}');
SELECT city_ddl($$CREATE POLICY submission_erase ON matters_submission FOR DELETE TO {{worker}}
    USING (EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = matter_id AND m.title = '{ERASED}'
        AND m.salt = ''::bytea))$$);
"""
RIGHTS_BACK = f"""
DROP POLICY submission_erase ON matters_submission;
SELECT city_ddl('REVOKE SELECT (matter_id) ON matters_submission FROM {{worker}}');
DROP POLICY remark_forget ON matters_remark;
DROP POLICY remark_work ON matters_remark;
SELECT city_ddl('REVOKE SELECT (id, matter_id, step, text, salt), UPDATE (text, salt) ON matters_remark FROM {{worker}}');
DROP POLICY matter_forget ON matters_matter;
SELECT city_ddl('REVOKE SELECT (salt), UPDATE ({TEXTS}, salt, public_consent) ON matters_matter FROM {{worker}}');
SELECT city_ddl('REVOKE UPDATE (public_consent) ON matters_matter FROM {{app}}');
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0006_words"), ("files", "0003_narrow_rights")]
    operations = [migrations.RunSQL(KEPT, KEPT_BACK), migrations.RunSQL(RIGHTS, RIGHTS_BACK)]
