"""The rules of a call: its four endings and what each of them needs."""

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from shanzhi.core.errors import Conflict, InputError, NotFound
from shanzhi.core.text import clean_text, msg

FEATURE = "desk"
TITLE_MOST, ANSWER_MOST = 100, 4000
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
TO_TRIAGE = "triage"


class Ending(StrEnum):
    """How a call ends (国办发〔2020〕53号: 直接解答, 转接, 不予受理, 派单). `triage` is a dispatch that triage confirms."""

    ANSWERED = "answered"
    PASSED = "passed"
    REFUSED = "refused"
    DISPATCHED = "dispatched"
    TRIAGE = TO_TRIAGE


ENDING_NAMES = {
    Ending.ANSWERED: msg("直接解答"),
    Ending.PASSED: msg("转接"),
    Ending.REFUSED: msg("不予受理"),
    Ending.DISPATCHED: msg("派单"),
    Ending.TRIAGE: msg("交派单台"),
}


class CallNotFound(NotFound):
    """No such call, or another desk's."""

    code = "call-not-found"


class CallOver(Conflict):
    """The call has ended already, in another way."""

    code = "call-over"


class BadRing(InputError):
    """A ring that wasn't signed, or is too old."""

    status = 401
    code = "bad-ring"


class NoDesk(NotFound):
    """Nobody has this extension."""

    code = "no-desk"


class NoItem(NotFound):
    """No such knowledge item."""

    code = "no-knowledge-item"


class BadItem(InputError):
    """A knowledge item can't be kept as it was typed; `fields` says where."""

    code = "bad-knowledge-item"


@dataclass(frozen=True, slots=True)
class Words:
    """What an operator typed during a call; texts as typed, codes or empty."""

    phone: str = ""
    name: str = ""
    title: str = ""
    body: str = ""
    place: str = ""
    region: str = ""
    category: str = ""
    lead: str = ""
    cite: str = ""
    ground: str = ""
    words: str = ""

    @property
    def is_blank(self) -> bool:
        """Was nothing typed at all?"""
        return not any(clean_text(getattr(self, name)) for name in self.__slots__)


def passed_body(to: str) -> str:
    """What a matter says that was passed on before anything was written down."""
    return f"来电转接{to}。"


@dataclass(frozen=True, slots=True)
class NewItem:
    """A knowledge item as it is typed; it holds on both its days, and on all after the first where there is no last."""

    code: str
    title: str
    answer: str
    categories: tuple[str, ...]
    valid_from: date
    valid_until: date | None = None
    is_withdrawn: bool = False

    def cleaned(self) -> "NewItem":
        """The item with clean texts.

        Raises:
            BadItem: a sentence for each field that can't be used.
        """
        made = replace(self, title=clean_text(self.title), answer=clean_text(self.answer), code=self.code.strip())
        backwards = made.valid_until is not None and made.valid_until < made.valid_from
        wrong = {
            "code": "" if _CODE.fullmatch(made.code) else msg("代码用小写字母、数字和短横线，最多 40 个字。"),
            "title": "" if 0 < len(made.title) <= TITLE_MOST else msg("写一个标题，最多 100 字。"),
            "answer": "" if 0 < len(made.answer) <= ANSWER_MOST else msg("写出答复，最多 4000 字。"),
            "valid_until": msg("截止日期不能早于开始日期。") if backwards else "",
        }
        found = {name: sentence for name, sentence in wrong.items() if sentence}
        if found:
            raise BadItem(msg("这条知识还不能保存，请按提示改正。"), fields=found)
        return made
