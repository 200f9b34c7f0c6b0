"""Why personal data is kept, why it goes, and why it may have to stay: closed tables, each line with its law.

Articles are those of the Personal Information Protection Law (个人信息保护法, in force since 2021-11-01).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from shanzhi.core.errors import Conflict, InputError
from shanzhi.core.text import msg

LegalGround = Literal["consent", "contract", "duty", "emergency", "law"]


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground of the law: its article, and the sentence that the person concerned reads."""

    article: str
    sentence: str


LEGAL_GROUNDS: Mapping[str, Ground] = {
    "consent": Ground(msg("《个人信息保护法》第十三条第一款第（一）项"), msg("您同意我们保存，以便联系您。")),
    "contract": Ground(msg("《个人信息保护法》第十三条第一款第（二）项"), msg("订立、履行您作为一方的合同所必需。")),
    "duty": Ground(msg("《个人信息保护法》第十三条第一款第（三）项"), msg("履行法定职责、办理您反映的事项所必需。")),
    "emergency": Ground(
        msg("《个人信息保护法》第十三条第一款第（四）项"), msg("紧急情况下保护生命健康和财产安全所必需。")
    ),
    "law": Ground(msg("《个人信息保护法》第十三条第一款第（七）项"), msg("法律、行政法规规定应当保存。")),
}
"""Why a record may be kept (article 13). News reporting (5) and what somebody made public (6) are no grounds of a city's
offices for keeping a contact, so they aren't offered."""

ERASE_REASONS: Mapping[str, Ground] = {
    "expired": Ground(msg("《个人信息保护法》第四十七条第一款第（二）项"), msg("保存期限已到，已按期删除")),
    "purpose": Ground(msg("《个人信息保护法》第四十七条第一款第（一）项"), msg("办理中不再需要，已删除")),
    "withdrawn": Ground(msg("《个人信息保护法》第四十七条第一款第（三）项"), msg("本人撤回同意，已删除")),
    "unlawful": Ground(msg("《个人信息保护法》第四十七条第一款第（四）项"), msg("不应收集，已删除")),
    "law": Ground(msg("《个人信息保护法》第四十七条第一款第（五）项"), msg("依法应当删除，已删除")),
    "correction": Ground(msg("《个人信息保护法》第四十六条"), msg("本人更正，原内容已删除")),
}
"""Why a record goes (articles 46 and 47); the sentence stands on the matter's page."""

HOLD_GROUNDS: Mapping[str, Ground] = {
    "lawsuit": Ground(msg("《民事诉讼法》《行政诉讼法》关于举证和调查取证的规定"), msg("诉讼或者仲裁需要")),
    "review": Ground(msg("《行政复议法》关于提交证据的规定"), msg("行政复议需要")),
    "discipline": Ground(msg("《监察法》《审计法》关于提供资料的规定"), msg("监察、审计需要")),
    "archive": Ground(msg("《档案法》关于归档保管的规定"), msg("依法归档需要")),
}
"""Why records stay beyond their term (article 47, paragraph 2: a term set by law hasn't run out)."""

HOLD_MOST_YEARS = 3


class OnHold(Conflict):
    """The records must be kept for now: a hold with a legal ground stands over them."""

    code = "vault-on-hold"


class BadHold(InputError):
    """A hold without a ground of the list, or with a day that can't be."""

    code = "bad-hold"


def check_hold(ground: str, until_on: date, today: date) -> None:
    """Raises BadHold where the ground isn't in `HOLD_GROUNDS`, or the day isn't ahead and within three years."""
    if ground not in HOLD_GROUNDS:
        raise BadHold(msg("没有这种延长保存的依据。请从列表中选择。"), fields={"ground": msg("请从列表中选择。")})
    last = today.replace(year=today.year + HOLD_MOST_YEARS, day=min(today.day, 28))
    if not today < until_on <= last:
        raise BadHold(
            msg("延长保存的截止日要在今天之后、三年之内。到期仍需要的，可以再延长。"),
            fields={"until": msg("请填今天之后、三年之内的日期。")},
        )
