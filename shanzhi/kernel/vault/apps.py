"""Django's handle on the slice."""

from django.apps import AppConfig

from shanzhi.core.text import msg


class VaultConfig(AppConfig):
    """The vault."""

    name = "shanzhi.kernel.vault"
    label = "vault"

    def ready(self) -> None:
        """Offer what takes two people: changing the data key, and keeping records beyond their term."""
        # Imported here: registries are filled once Django's apps are ready.
        from shanzhi.kernel.access.policy import SignoffField, SignoffKind, offer_signoff  # noqa: PLC0415
        from shanzhi.kernel.vault.operations.signed import HOLD, ROTATE, hold, rotate  # noqa: PLC0415
        from shanzhi.kernel.vault.policy.keeping import HOLD_GROUNDS  # noqa: PLC0415

        why = SignoffField("reason", msg("理由"))
        offer_signoff(
            SignoffKind(
                code=ROTATE,
                name=msg("更换加密密钥"),
                asks="keep",
                fields=(
                    SignoffField(
                        "key",
                        msg("密钥编号"),
                        required=False,
                        help=msg("留空时新建一把；多台服务器时，先用命令行增加并分发。"),
                    ),
                    why,
                ),
                run=rotate,
                explain=msg("同意后立即启用新密钥，旧内容在后台重新加密，期间不影响使用。"),
            )
        )
        offer_signoff(
            SignoffKind(
                code=HOLD,
                name=msg("延长保存个人信息"),
                asks="keep",
                fields=(
                    SignoffField("number", msg("事项编号")),
                    SignoffField(
                        "ground",
                        msg("依据"),
                        "choice",
                        choices=tuple((code, ground.sentence) for code, ground in HOLD_GROUNDS.items()),
                    ),
                    SignoffField("until", msg("保存到"), "date"),
                    why,
                ),
                run=hold,
                explain=msg("到期仍按原期限删除；延长期间，反映人要求删除的，答复依法暂不删除。"),
            )
        )
