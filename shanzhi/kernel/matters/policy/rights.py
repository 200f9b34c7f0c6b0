"""The rights of the person concerned in a matter (PIPL, articles 44 to 47): what they may ask, and how it is told."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from shanzhi.core.errors import Conflict, TooMany
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import Payload, payload

ERASED = msg("已按本人请求删除")
"""What stands where a text was."""
COPIES_A_DAY = 5
A_DAY = timedelta(hours=24)

EraseWhat = Literal["contact", "all"]
"""contact: name and phone, at any time, since they are kept by consent; all: everything else too, once it has ended."""


class StillOpen(Conflict):
    """Everything of a matter can be deleted once it has ended."""

    code = "matter-still-open"


class TooManyCopies(TooMany):
    """More copies in a day than anybody needs."""

    code = "too-many-copies"


@payload("matters.consent")
@dataclass(frozen=True, slots=True)
class Consent(Payload):
    """The reporter changed whether the text may be published."""

    public: bool


@payload("matters.erase_asked")
@dataclass(frozen=True, slots=True)
class EraseAsked(Payload):
    """The reporter asked for deletion: `what` is contact or all."""

    what: str


@payload("matters.erased")
@dataclass(frozen=True, slots=True)
class Erased(Payload):
    """Deleted at the reporter's request: which parts (contact, originals, text, place, point, words, files), and how many
    steps' words and files. Commitments in earlier entries stay, their salts are gone."""

    what: str
    parts: tuple[str, ...]
    steps: int = 0
    files: int = 0


PARTS = {
    "name": msg("称呼"),
    "phone": msg("电话"),
    "title": msg("标题原文"),
    "body": msg("内容原文"),
    "place": msg("地点原文"),
    "words": msg("办理文字原文"),
    "reply": msg("答复原文"),
    "contact": msg("联系方式"),
    "originals": msg("原文"),
    "text": msg("标题和内容"),
    "point": msg("坐标"),
    "remarks": msg("您写的补充和评价"),
    "files": msg("您传的照片和附件"),
}
"""Parts of what is kept, as people read them; a step's part is `step3.words`."""


def part_name(part: str) -> str:
    """The name of a part as people read it (a message id)."""
    return PARTS.get(part.rpartition(".")[2], part)
