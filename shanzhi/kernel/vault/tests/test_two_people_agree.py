"""The key is changed, and records are kept longer, only after a second person has agreed; the worker then does it."""

from django.conf import settings

from shanzhi.config import database
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access.models import Signoff
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.vault import keys, queries
from tests.city import NOW
from tests.concurrency.committed import City


def ask(city: City, kind: str, fields: dict[str, str]) -> int:
    with database.acting_as(city.installation, "app"), acting(city.cast.keeper):
        return access.signoff_ask(kind=kind, fields=fields, actor=city.cast.keeper, now=NOW)


def agree(city: City, number: int) -> None:
    officer = city.cast.security_officer
    with database.acting_as(city.installation, "app"), acting(officer):
        access.signoff_decide(signoff_id=number, approve=True, words="同意", actor=officer, now=NOW)


def outcome(number: int) -> tuple[str, str]:
    access.signoff_run_due(now=NOW)
    row = Signoff.objects.get(pk=number)
    return row.state, row.outcome


def test_it_changes_the_key_once_another_has_agreed(working):
    number = ask(working, "vault.rotate", {"key": "agreed", "reason": "年度更换"})
    assert outcome(number)[0] == "asked"
    assert keys.keyring().active_id == "k1"
    agree(working, number)
    assert outcome(number) == ("done", "已启用密钥“agreed”，0 条旧内容将在后台重新加密。")
    assert keys.keyring().active_id == "agreed"
    assert "agreed:" in settings.INSTALLATION.keyring_text()


def test_it_holds_records_once_another_has_agreed(working):
    with database.acting_as(working.installation, "app"), acting(ANYONE):
        made = matters.report(
            new=NewReport(body="电梯坏了", region_code="370303009006", contact_phone="13812345678"),
            actor=ANYONE,
            now=NOW,
        )
    fields = {"number": made.number, "ground": "lawsuit", "until": "2026-06-30", "reason": "已起诉"}
    number = ask(working, "vault.hold", fields)
    assert queries.holds("matter", made.matter_id, NOW.date()) == ()
    agree(working, number)
    assert outcome(number) == ("done", f"{made.number} 的个人信息依法保存到 2026-06-30。")
    assert [row.ground for row in queries.holds("matter", made.matter_id, NOW.date())] == ["lawsuit"]


def test_it_says_why_what_was_agreed_to_could_not_be_done(working):
    fields = {"number": "20260101-000009", "ground": "archive", "until": "2026-06-30", "reason": "归档"}
    number = ask(working, "vault.hold", fields)
    agree(working, number)
    assert outcome(number) == ("failed", "没有找到“20260101-000009”。请核对编号。")
