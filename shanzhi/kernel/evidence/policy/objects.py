"""What an object of evidence is: its types, where it came from, what it serves, how long it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shanzhi.core.errors import Conflict, InputError, NotFound
from shanzhi.core.text import is_read, msg
from shanzhi.kernel.catalogue.policy import RuleBookError

SUBJECT = "evidence"
"""The kind of subject under which the journal and the store of files know an object."""
READ, FILE = "archive", "archive_file"
"""Features of roles: reading the archive, and putting things into it."""
TITLE_MOST = 120
MATTER, FIGURE, HAND, VISIT = "matter", "figure", "hand", "visit"
SOURCES: Mapping[str, str] = {
    MATTER: msg("事项办理"),
    FIGURE: msg("指标填报"),
    HAND: msg("直接归档"),
    VISIT: msg("现场核查"),
}
"""Where an object came from."""
ITEM, VALUE, OF_VISIT, DRIVE = "item", "value", "visit", "drive"
USES: Mapping[str, str] = {
    ITEM: msg("验收指标"),
    VALUE: msg("填报的数"),
    OF_VISIT: msg("现场核查"),
    DRIVE: msg("创建活动"),
}
"""What an object may serve."""
REASONS: Mapping[str, str] = {
    "review": msg("核对材料"),
    "score": msg("评分"),
    "visit": msg("现场核查"),
    "handle": msg("办理事项"),
    "write": msg("编写报告"),
    "other": msg("其他工作"),
}
"""For what evidence is opened."""


NOT_THERE = msg("没有找到这份材料，或者您现在的岗位看不到它。请返回档案再找。")


class NoSuchEvidence(NotFound):
    """No such object, or not for this post."""

    code = "no-such-evidence"


class EvidenceUnusable(InputError):
    """What was given for an object can't be used; `fields` says where."""

    code = "evidence-unusable"


class EvidenceThere(Conflict):
    """The same content is in the archive already: `found` are the ids of the objects."""

    code = "evidence-there"

    def __init__(self, message: str, found: tuple[int, ...]) -> None:
        super().__init__(message)
        self.found = found


class EvidenceGone(Conflict):
    """Its file was destroyed after its time of retention."""

    code = "evidence-gone"


@dataclass(frozen=True, slots=True)
class Type:
    """A type of evidence and for how many years it is kept, 0 for ever."""

    code: str
    name: str
    years: int


@dataclass(frozen=True, slots=True)
class Take:
    """What evidence of matters of a kind and category (empty: any) serves: a project, indicators."""

    kind: str
    category: str
    project: str
    keys: tuple[str, ...]

    def fits(self, kind: str, category: str) -> bool:
        """Is this the rule for such a matter?"""
        return self.kind in ("", kind) and (self.category in ("", category) or category.startswith(f"{self.category}."))


@dataclass(frozen=True, slots=True)
class Rules:
    """The rule book's section."""

    ground: str
    types: tuple[Type, ...]
    takes: tuple[Take, ...]

    def type(self, code: str) -> Type | None:
        """A type by its code."""
        return next((one for one in self.types if one.code == code), None)

    def type_name(self, code: str) -> str:
        """What people call a type; its code where the rule book has it no more."""
        found = self.type(code)
        return found.name if found else code

    def take(self, kind: str, category: str) -> Take:
        """What a matter's evidence serves; nothing where no rule fits."""
        return next((one for one in self.takes if one.fits(kind, category)), Take(kind, category, "", ()))

    def keep_until(self, type_code: str, arose_on: date) -> date | None:
        """The last day on which an object is kept: the end of a year, counted from the year after it arose; None: for ever."""
        found = self.type(type_code)
        if found is None or found.years == 0:
            return None
        return date(arose_on.year + found.years, 12, 31)


def parse_rules(tables: Mapping[str, Any]) -> Rules:
    """The section out of its file.

    Raises:
        RuleBookError: what is missing or can't be.
    """
    types = tuple(
        Type(str(row.get("code", "")), str(row.get("name", "")), row.get("years", -1)) for row in tables.get("type", [])
    )
    sound = all(one.code and one.name and type(one.years) is int and 0 <= one.years <= 100 for one in types)
    if not types or not sound or len({one.code for one in types}) < len(types):
        raise RuleBookError(
            msg("evidence.toml 的每个 [[type]] 要有不重复的 code、name 和 years（0 到 100 年，0 为永久）。")
        )
    if not str(tables.get("ground", "")):
        raise RuleBookError(msg("evidence.toml 要写 ground：保管期限的依据。"))
    takes = tuple(
        Take(
            str(row.get("kind", "")), str(row.get("category", "")), str(row.get("project", "")),
            tuple(str(key) for key in row.get("keys", [])),
        )
        for row in tables.get("take", [])
    )  # fmt: skip
    if not all(one.project for one in takes):
        raise RuleBookError(msg("evidence.toml 的每个 [[take]] 要写 project：归入哪个项目。"))
    return Rules(str(tables["ground"]), types, takes)


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody says of an object that they put in. `key`: the indicator that it serves, or empty; `arose_on` None: the
    day that the picture itself tells, else today."""

    title: str
    type: str
    project: str
    region_id: int
    key: str = ""
    arose_on: date | None = None


def check_given(given: Given, rules: Rules, projects: frozenset[str], on: date) -> None:
    """Is it whole?

    Raises:
        EvidenceUnusable: `fields` says what is missing.
    """
    wrong = {}
    if not is_read(given.title) or len(given.title) > TITLE_MOST:
        wrong["title"] = msg("请写标题，120 字以内：写明是什么、哪里的、什么时候的。")
    if rules.type(given.type) is None:
        wrong["type"] = msg("请从列表里选一个类型。")
    if given.project not in projects:
        wrong["project"] = msg("请从列表里选一个项目。")
    if given.arose_on is not None and given.arose_on > on:
        wrong["arose_on"] = msg("形成日期在今天以后，请核对。")
    if wrong:
        raise EvidenceUnusable(msg("材料还没有归档，请按提示补全。"), fields=wrong)


@dataclass(frozen=True, slots=True)
class Use:
    """What an object serves: `kind` of USES, `subject` (a round's uid, the number of a visit, a drive or a value), an
    indicator's `key` and the code of a place; what isn't meant is empty."""

    kind: str
    subject: str = ""
    key: str = ""
    place: str = ""


def check_use(use: Use) -> None:
    """Can it be served?

    Raises:
        EvidenceUnusable: no such kind, or nothing is named.
    """
    if use.kind not in USES or not (use.subject or use.key):
        raise EvidenceUnusable(msg("没有写明用在哪里。请选择指标、核查或者创建活动。"))


def check_why(why: str) -> None:
    """Did whoever opens it say for what?

    Raises:
        EvidenceUnusable: no reason of the list.
    """
    if why not in REASONS:
        raise EvidenceUnusable(msg("请选择为什么打开这份材料。"), fields={"why": msg("请选择一项。")})
