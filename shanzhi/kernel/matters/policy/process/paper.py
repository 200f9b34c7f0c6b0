"""What a process file says of its papers: which action gives rise to one, to whom it goes, what stands in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shanzhi.core.text import msg


class PaperTo(StrEnum):
    """Whom a paper is addressed to."""

    REPORTER = "reporter"
    LEAD = "lead"
    CO = "co"
    INTAKE = "intake"


class PaperForm(StrEnum):
    """How a paper is laid out: a letter (信函), or a slip with a row for each line (单、表)."""

    LETTER = "letter"
    SLIP = "slip"


REPORT = "report"
"""In place of an action: the taking in itself."""
SLOTS: Mapping[str, str] = {
    "number": msg("编号"),
    "title": msg("标题"),
    "body": msg("反映的内容"),
    "category": msg("分类"),
    "region": msg("区域"),
    "place": msg("地点"),
    "channel": msg("来源"),
    "reported_on": msg("登记日期"),
    "on": msg("这一步的日期"),
    "unit": msg("作出单位"),
    "lead": msg("主办单位"),
    "co": msg("协办单位"),
    "due": msg("下一步的期限"),
    "until": msg("时钟的期限"),
    "words": msg("说明"),
    "reply": msg("书面意见"),
    "ground": msg("理由"),
    "ground_channel": msg("可以去的渠道"),
    "amount": msg("申请内容"),
    "passed_to": msg("转往"),
    "solved": msg("评价"),
    "satisfied": msg("满意程度"),
    "before_unit": msg("上一次答复的单位"),
    "before_on": msg("上一次答复的日期"),
    "asked_on": msg("上一次请求或评价的日期"),
    "asked": msg("上一次请求或评价的内容"),
    "intake": msg("受理中心"),
}
"""What a paper's text may hold as %(name)s, with what each is called; codes of its `fill` come on top."""

MARK = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Paper:
    """An official paper that an action gives rise to. Without `text` it is only named, and can't be printed."""

    code: str
    name: str
    action: str
    to: str = ""
    """`PaperTo`; empty: to nobody in particular."""
    hail: str = ""
    """How the reporter is addressed; the name is put there for a reason that is told."""
    form: str = PaperForm.LETTER
    title: str = ""
    """Empty: the name."""
    text: str = ""
    """One paragraph or row a line, filled from `SLOTS` and `fill`; of a row what stands before the first ： is its head."""
    fill: tuple[str, ...] = ()
    """Codes of fields (text or choice) that are filled in when it is issued."""
    may: tuple[str, ...] = ()
    """Slots that may be empty: a line that holds one is then left out."""
    clock: str = ""
    """The clock whose date is %(until)s."""
    law: str = ""
    """The article or rule that it rests on."""

    @property
    def is_printable(self) -> bool:
        """Is there anything to print?"""
        return bool(self.text)

    @property
    def lines(self) -> tuple[str, ...]:
        """The text's lines, empty ones left out."""
        return tuple(line.strip() for line in self.text.splitlines() if line.strip())


def marks(text: str) -> tuple[str, ...]:
    """Names of the slots that stand in a text, each once."""
    return tuple(dict.fromkeys(MARK.findall(text)))
