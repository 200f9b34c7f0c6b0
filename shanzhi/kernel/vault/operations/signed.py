"""What the worker carries out after a second person has approved it: named texts in, one sentence out."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.access.operations import signoff_use
from shanzhi.kernel.vault.keys import keyring_again
from shanzhi.kernel.vault.operations.keys import key_activate, key_add
from shanzhi.kernel.vault.operations.retention import hold_place
from shanzhi.kernel.vault.policy.keeping import BadHold


def fresh_key_id(now: datetime) -> str:
    """An id for a key that is made now, which the ring doesn't have."""
    base = f"k{now:%Y%m%d}"
    return next(name for name in (base, *(f"{base}-{place}" for place in range(2, 100))) if name not in _ids())


def rotate(params: Mapping[str, str], now: datetime) -> str:
    """Change the data key: `key` (an id; fresh where empty) is added where the ring lacks it, and seals from now on;
    everything else is sealed anew in the background. `@signoff` is the approval's number, `reason` says why.

    Raises:
        InputError, KeyStep, BadKeyRing: see `key_add` and `key_activate`; nothing was changed, or a key was added.
    """
    key_id = params.get("key", "").strip() or fresh_key_id(now)
    if key_id not in _ids():
        key_add(key_id=key_id, now=now)
    rows = key_activate(key_id=key_id, now=now, signoff=params.get("@signoff", ""), reason=params.get("reason", ""))
    return msg("已启用密钥“%(key)s”，%(rows)s 条旧内容将在后台重新加密。") % {"key": key_id, "rows": f"{rows:,}"}


ROTATE, HOLD = "vault.rotate", "vault.hold"
"""Codes of the two kinds of sign-off."""


@transaction.atomic
def rotate_by_signoff(*, signoff_id: int, now: datetime) -> str:
    """Change the data key by an approval that the worker hasn't taken up yet: for the command line.

    Raises:
        SignoffMissing: no such approval, used already, or run out.
    """
    approval = signoff_use(kind=ROTATE, now=now, signoff_id=signoff_id)
    return rotate({**approval.params, "@signoff": str(approval.signoff_id)}, now)


def hold(params: Mapping[str, str], now: datetime) -> str:
    """Keep a matter's records beyond their term: `number`, `ground` (a code of `HOLD_GROUNDS`), `until` (ISO date),
    `@signoff` the approval's number.

    Raises:
        BadHold, SubjectNotFound: see `hold_place`; nothing was changed.
        InputError: no approval is named.
    """
    if not params.get("@signoff"):
        raise InputError(msg("延长保存要有另一人的批准。请先提交申请。"))
    try:
        until_on = date.fromisoformat(params.get("until", ""))
    except ValueError as error:
        raise BadHold(
            msg("日期读不懂。请写成 2026-01-31 的样子。"), fields={"until": msg("请写成 2026-01-31 的样子。")}
        ) from error
    hold_place(
        kind=params.get("kind") or "matter",
        number=params.get("number", ""),
        ground=params.get("ground", ""),
        until_on=until_on,
        now=now,
        signoff=params["@signoff"],
    )
    return msg("%(number)s 的个人信息依法保存到 %(until)s。") % {
        "number": params.get("number", ""),
        "until": until_on.isoformat(),
    }


def _ids() -> tuple[str, ...]:
    return keyring_again().ids
