"""Changes of who may act: tokens issued and ended, sign-ins opened."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.access.models import Account, Token
from shanzhi.kernel.access.operations.signoffs import (
    Approval,
    signoff_ask,
    signoff_decide,
    signoff_run_due,
    signoff_use,
    signoff_withdraw,
)
from shanzhi.kernel.access.resident import Resident, resident_end, resident_open, resident_seen, residents_forget
from shanzhi.kernel.access.scope import acting, open_door, set_scope

__all__ = [
    "Approval",
    "Resident",
    "account_open",
    "acting",
    "open_door",
    "resident_end",
    "resident_open",
    "resident_seen",
    "residents_forget",
    "set_scope",
    "signoff_ask",
    "signoff_decide",
    "signoff_run_due",
    "signoff_use",
    "signoff_withdraw",
    "token_end",
    "token_hash",
    "token_issue",
]


def token_hash(token: str) -> bytes:
    """The SHA-256 under which a token is kept; a token has 256 bits of chance, so it needs no slow hash."""
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def token_issue(*, post_id: int, label: str, now: datetime, days: int = 365) -> str:
    """A new token for a post; shown once, kept as a hash only.

    Raises:
        InputError: no label, or a term outside 1 to 730 days.
    """
    if not label.strip() or not 1 <= days <= 730:
        raise InputError(msg("令牌要有名称，有效期为 1 到 730 天。请补全后再试。"))
    token = f"sz_{secrets.token_urlsafe(32)}"
    Token.objects.create(
        post_id=post_id,
        token_hash=token_hash(token),
        label=label.strip(),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return token


@transaction.atomic
def token_end(*, token_id: int, now: datetime) -> None:
    """End a token at once; ending it again changes nothing."""
    Token.objects.filter(pk=token_id, ended_at=None).update(ended_at=now)


@transaction.atomic
def account_open(*, username: str, staff_id: int, password: str | None) -> int:
    """Open (or reset) a sign-in for a staff member; without a password nobody can sign in with it yet."""
    account, _ = Account.objects.update_or_create(
        username=username, defaults={"staff_id": staff_id, "password": make_password(password), "is_active": True}
    )
    return account.pk
