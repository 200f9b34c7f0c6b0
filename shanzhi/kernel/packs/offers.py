"""What this slice offers to those below it: what takes two people, and a reader of events."""

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import SignoffField, SignoffKind, offer_signoff
from shanzhi.kernel.notices.policy import on_event
from shanzhi.kernel.packs import operations, payloads  # noqa: F401 - payloads are registered as they are read
from shanzhi.kernel.packs.policy.letter_box import ENTER, FEATURE, TOPIC, WITHDRAW


def offer() -> None:
    """Fill the registries; once, when Django's apps are ready."""
    code = SignoffField("code", msg("平台代码"), "code")
    offer_signoff(
        SignoffKind(
            ENTER,
            msg("登记往来平台"),
            FEATURE,
            (
                code,
                SignoffField("name", msg("平台名称")),
                SignoffField("keys", msg("公钥")),
                SignoffField("reason", msg("依据")),
            ),
            operations.peer_enter_run,
            page="letters:peer_new",
            explain=msg("登记后，这个平台签名的函件就可以使用。请用另外的途径和对方核对公钥。"),
        )
    )
    offer_signoff(
        SignoffKind(
            WITHDRAW,
            msg("撤销往来平台"),
            FEATURE,
            (code, SignoffField("reason", msg("依据"))),
            operations.peer_withdraw_run,
            page="letters:peers",
            explain=msg("撤销后，这个平台的函件只保存，不使用；已经使用的不受影响。"),
        )
    )
    on_event(TOPIC, operations.letters_read)
