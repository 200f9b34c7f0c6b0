"""Changes of who may act: tokens issued and ended, sign-ins opened, sessions ended, what takes two people."""

from django.contrib.auth.hashers import make_password
from django.db import transaction

from shanzhi.kernel.access.attempts import (
    attempt_begin,
    attempt_confirmed,
    attempt_passed,
    attempts_forget,
    code_attempt_begin,
    sign_in_done,
)
from shanzhi.kernel.access.factors import code_use, factors_reset, sessions_end, totp_counter_used
from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.operations.sessions import (
    session_end,
    session_end_others,
    sessions_end_from_terminal,
    sessions_end_of,
    sessions_forget,
)
from shanzhi.kernel.access.operations.signoffs import (
    Approval,
    signoff_ask,
    signoff_decide,
    signoff_run_due,
    signoff_use,
    signoff_withdraw,
    signoffs_withdraw_left,
)
from shanzhi.kernel.access.operations.tokens import token_end, token_hash, token_issue, token_used
from shanzhi.kernel.access.operations.upkeep import end_what_ended
from shanzhi.kernel.access.resident import Resident, resident_end, resident_open, resident_seen, residents_forget
from shanzhi.kernel.access.scope import acting, open_door, set_scope

__all__ = [
    "Approval",
    "Resident",
    "account_open",
    "acting",
    "attempt_begin",
    "attempt_confirmed",
    "attempt_passed",
    "attempts_forget",
    "code_attempt_begin",
    "code_use",
    "end_what_ended",
    "factors_reset",
    "open_door",
    "password_set",
    "resident_end",
    "resident_open",
    "resident_seen",
    "residents_forget",
    "session_end",
    "session_end_others",
    "sessions_end",
    "sessions_end_from_terminal",
    "sessions_end_of",
    "sessions_forget",
    "set_scope",
    "sign_in_done",
    "signoff_ask",
    "signoff_decide",
    "signoff_run_due",
    "signoff_use",
    "signoff_withdraw",
    "signoffs_withdraw_left",
    "token_end",
    "token_hash",
    "token_issue",
    "token_used",
    "totp_counter_used",
]


def password_set(*, account: Account, password: str) -> None:
    """A new password, and nothing else of the account: of that the web has no right to write anything."""
    account.set_password(password)
    account.save(update_fields=["password"])


@transaction.atomic
def account_open(*, username: str, staff_id: int, password: str | None) -> int:
    """Open (or reset) a sign-in for a staff member; without a password nobody can sign in with it yet."""
    values = {"staff_id": staff_id, "password": make_password(password), "is_active": True}
    # Created or reset, no other column is written: the importer may write no other.
    account, is_new = Account.objects.get_or_create(username=username, defaults=values)
    if not is_new:
        Account.objects.filter(pk=account.pk).update(**values)
    return account.pk
