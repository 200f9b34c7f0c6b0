"""Django's handle on the module."""

from django.apps import AppConfig

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NavEntry, SignoffField, SignoffKind, offer_page, offer_signoff
from shanzhi.kernel.organisation.policy import on_holding_ended
from shanzhi.modules.exports.policy import COLUMNS, FEATURE, FORMATS, KIND


class ExportsConfig(AppConfig):
    """Bulk export by two people."""

    name = "shanzhi.modules.exports"
    label = "exports"

    def ready(self) -> None:
        """Offer the page and the kind of sign-off; hear of ended holdings."""
        # Imported here: they need Django's models.
        from shanzhi.modules.exports import operations, payloads  # noqa: F401, PLC0415

        offer_page(NavEntry("exports:list", msg("批量导出"), 82, feature=FEATURE))
        offer_signoff(
            SignoffKind(
                KIND,
                msg("批量导出事项"),
                FEATURE,
                (
                    SignoffField("since", msg("反映日期从"), "date"),
                    SignoffField("until", msg("到"), "date"),
                    SignoffField("region", msg("区域代码"), "code", required=False),
                    SignoffField("category", msg("分类代码"), "code", required=False),
                    SignoffField("matter_kind", msg("事项类型"), "code", required=False),
                    SignoffField("columns", msg("栏目"), "code", say=_say_columns),
                    SignoffField("format", msg("文件格式"), "choice", choices=tuple(FORMATS.items())),
                    SignoffField("reason", msg("用途和理由")),
                ),
                operations.export_begin,
                page="exports:ask",
                explain=msg("按申请人岗位的可见范围生成文件，不含联系方式、原文和任何填写的文字。"),
            )
        )
        on_holding_ended(operations.after_holding)


def _say_columns(value: str) -> str:
    """The columns' heads."""
    return "、".join(COLUMNS[code].label if code in COLUMNS else code for code in value.split(","))
