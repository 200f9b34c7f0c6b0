"""The rules of a call: its endings and what each of them needs."""

import re
import tomllib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from shanzhi.core.errors import Conflict, InputError, NotFound
from shanzhi.core.text import clean_text, msg

FEATURE = "desk"
KNOWLEDGE, KNOWLEDGE_READ = "knowledge", "knowledge_read"
DISPATCH, DISPATCH_READ = "keep", "dispatch_read"
TITLE_MOST, ANSWER_MOST, GROUND_MOST = 100, 4000, 300
CATEGORIES_MOST = 3
REVIEW_WITHIN = timedelta(days=30)
"""How long before its last day an item is listed as due for review."""
FORGET_AFTER = timedelta(hours=24)
"""How long a call that was never ended is kept, with its draft."""
RING_KEPT = timedelta(minutes=10)
"""How long a ring is kept that no desk has opened, and with it the caller's number."""
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
SAID_MOST, TAIL = 12, 4
ID_DIGITS = 15
TO_TRIAGE = "triage"
NO_HELP = "-"


class Ending(StrEnum):
    """How a call ends (国办发〔2020〕53号: 直接解答, 转接, 不予受理, 派单). `triage` is a dispatch that triage confirms,
    `linked` puts the report under another of the same problem (重复并单)."""

    ANSWERED = "answered"
    PASSED = "passed"
    REFUSED = "refused"
    DISPATCHED = "dispatched"
    LINKED = "linked"
    TRIAGE = TO_TRIAGE


ENDING_NAMES = {
    Ending.ANSWERED: msg("直接解答"),
    Ending.PASSED: msg("转接"),
    Ending.REFUSED: msg("不予受理"),
    Ending.DISPATCHED: msg("派单"),
    Ending.LINKED: msg("并单"),
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


class ItemMovedOn(Conflict):
    """Somebody else has edited the item meanwhile."""

    code = "knowledge-moved-on"


class BadItem(InputError):
    """A knowledge item can't be kept as it was typed; `fields` says where."""

    code = "bad-knowledge-item"


@dataclass(frozen=True, slots=True)
class Words:
    """What an operator typed during a call; texts as typed, codes or empty. `site` is the id of a place (场所). `co` are ids
    of units with commas between, empty where the suggested ones are to help, NO_HELP where none is."""

    phone: str = ""
    name: str = ""
    title: str = ""
    body: str = ""
    place: str = ""
    region: str = ""
    category: str = ""
    lead: str = ""
    co: str = ""
    cite: str = ""
    ground: str = ""
    words: str = ""
    site: str = ""

    @property
    def site_id(self) -> int | None:
        """The place's id; None for none, or for what can't be one."""
        is_id = self.site.isascii() and self.site.isdigit() and len(self.site) <= ID_DIGITS
        return int(self.site) if is_id else None

    @property
    def is_blank(self) -> bool:
        """Was nothing typed at all?"""
        return not any(clean_text(getattr(self, name)) for name in self.__slots__)


def told_apart(words: Words) -> tuple[str, str]:
    """What tells an unfinished call from others to its own operator: the first words of its title or text, and the last
    four digits of the number where nothing is written yet; the other one empty.

    The least that does (article 6 of the Personal Information Protection Law): never name, nor the whole number.
    """
    said = " ".join(clean_text(words.title or words.body).split())
    if said:
        return (said if len(said) <= SAID_MOST else f"{said[:SAID_MOST]}…"), ""
    digits = "".join(sign for sign in words.phone if sign.isascii() and sign.isdigit())
    return "", digits[-TAIL:] if len(digits) > TAIL else ""


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
    ground: str = ""
    is_sample: bool = False

    def cleaned(self) -> "NewItem":
        """The item with clean texts.

        Raises:
            BadItem: a sentence for each field that can't be used.
        """
        made = replace(
            self,
            title=clean_text(self.title),
            answer=clean_text(self.answer),
            ground=clean_text(self.ground),
            code=self.code.strip(),
            categories=tuple(dict.fromkeys(code for code in self.categories if code)),
        )
        backwards = made.valid_until is not None and made.valid_until < made.valid_from
        wrong = {
            "code": "" if _CODE.fullmatch(made.code) else msg("代码用小写字母、数字和短横线，最多 40 个字。"),
            "title": "" if 0 < len(made.title) <= TITLE_MOST else msg("写一个标题，最多 100 字。"),
            "answer": "" if 0 < len(made.answer) <= ANSWER_MOST else msg("写出答复，最多 4000 字。"),
            "ground": "" if len(made.ground) <= GROUND_MOST else msg("依据最多 300 字。"),
            "categories": "" if len(made.categories) <= CATEGORIES_MOST else msg("最多选三个分类。"),
            "valid_until": msg("截止日期不能早于开始日期。") if backwards else "",
        }
        found = {name: sentence for name, sentence in wrong.items() if sentence}
        if found:
            raise BadItem(msg("这条知识还不能保存，请按提示改正。"), fields=found)
        return made


class Standing(StrEnum):
    """Which knowledge items a list shows, by how they stand on a day."""

    VALID = "valid"
    DUE = "due"
    WITHDRAWN = "withdrawn"
    ALL = "all"


STANDING_NAMES = {
    Standing.VALID: msg("有效"),
    Standing.DUE: msg("待复核"),
    Standing.WITHDRAWN: msg("已撤下"),
    Standing.ALL: msg("全部"),
}


def read_items(text: str) -> tuple[NewItem, ...]:
    """Knowledge items out of a TOML file: `[[item]]` with code, title, answer, categories, valid_from and perhaps
    valid_until, ground; `sample = true` at the top marks all of them as samples. Cleaned.

    Raises:
        BadItem: it is no such file, or an item can't be used: which one, and why.
    """
    try:
        told = tomllib.loads(text)
        rows = [dict(row) for row in told["item"]]
        is_sample = told.get("sample", False) is True
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadItem(msg("读不懂这个文件。请用 TOML 格式，每条写成 [[item]]。")) from error
    made = tuple(_item(row, place, is_sample=is_sample) for place, row in enumerate(rows, start=1))
    twice = next(
        (item.code for place, item in enumerate(made) if item.code in {each.code for each in made[:place]}), ""
    )
    if twice:
        raise BadItem(msg("代码“%(code)s”写了两次。每条知识用一个代码。"), code=twice)
    return made


def _item(row: dict[str, object], place: int, *, is_sample: bool) -> NewItem:
    try:
        listed = row.get("categories", [])
        since, until = row["valid_from"], row.get("valid_until")
        if not isinstance(listed, list) or not isinstance(since, date) or not isinstance(until, date | None):
            raise TypeError
        new = NewItem(
            code=str(row["code"]),
            title=str(row["title"]),
            answer=str(row["answer"]),
            categories=tuple(map(str, listed)),
            valid_from=since,
            valid_until=until,
            ground=str(row.get("ground", "")),
            is_sample=is_sample,
        )
        return new.cleaned()
    except (KeyError, TypeError) as error:
        raise BadItem(
            msg("第 %(place)d 条写法不对。要有 code、title、answer、categories、valid_from，日期不加引号。"),
            place=place,
        ) from error
    except BadItem as error:
        raise BadItem(
            msg("第 %(place)d 条不能用：%(wrong)s"), place=place, wrong=tuple(error.fields.values())
        ) from error
