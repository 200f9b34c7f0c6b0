"""How a file's columns find the fields of a subject (`core.importing`), and what can be wrong. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shanzhi.core.errors import Conflict, FileUnusable, InputError, NotFound
from shanzhi.core.importing import Field, Parser, RowUnusable, Subject, offer_subject, subjects
from shanzhi.core.text import clean_text, msg

__all__ = [
    "DRAFT_KEPT", "FEATURE", "HEAD_ROWS", "REJECTS_KEPT", "UPLOAD_MOST", "Columns", "Field", "FileUnusable",
    "MappingTaken", "MappingUnusable", "Matched", "Parser", "RowUnusable", "Subject", "UploadMovedOn", "UploadNotFound",
    "mapping_name", "match_columns", "offer_subject", "parse_columns", "plain", "subjects",
]  # fmt: skip

FEATURE = "import"
"""The feature of roles.toml. The keeper's: whoever brings data in has it in hand already, has signed in by two steps, and
answers for what the city then works with. A preview shows texts masked; rejects are given to who brought the file alone."""
UPLOAD_MOST = 60_000_000
"""Bytes that the page takes; what is larger comes by the command line."""
HEAD_ROWS = 20
DRAFT_KEPT = timedelta(days=1)
"""How long a file waits to be started, or to go on after it was stopped."""
REJECTS_KEPT = timedelta(days=7)
NAME_MOST = 40
"""Characters in the name of a saved mapping."""


class UploadNotFound(NotFound):
    """No such import of this post and person, or what was asked of it is gone."""

    code = "import-not-found"


class UploadMovedOn(Conflict):
    """The import isn't in a state in which this can be done."""

    code = "import-moved-on"


class MappingUnusable(InputError):
    """A mapping that doesn't fit the file or the subject; nothing was imported."""

    code = "mapping-unusable"


class MappingTaken(Conflict):
    """Another unit has saved a mapping under this name; theirs stays as it is."""

    code = "mapping-taken"


# A column of a file → the name of the field that it fills.
Columns = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Matched:
    """What a file's columns fill: `columns` by place in the file; `unused` are read by nobody."""

    places: Mapping[str, int]
    columns: Columns
    unused: tuple[str, ...]


def plain(name: str) -> str:
    """A column's name as it is compared: full-width signs, blanks, case and what stands in brackets don't count."""
    text = unicodedata.normalize("NFKC", name).lower()
    return re.sub(r"[\s_\-*:：]|\([^)]*\)|（[^）]*）", "", text)


def match_columns(
    subject: Subject, heading: Sequence[str], given: Columns | None = None, *, is_draft: bool = False
) -> Matched:
    """Find which column fills which field: as `given`, else by name, Chinese title and synonyms, in this order. A draft
    may still lack a needed field.

    Raises:
        MappingUnusable: `given` names a column that isn't there, or a field that isn't.
        FileUnusable: a needed field has no column, or a name stands twice.
    """
    _check_heading(heading)
    found = _guessed(subject, heading) if given is None else _given(subject, heading, given)
    missing = [one for one in subject.fields if one.required and one.name not in found]
    if missing and not is_draft:
        raise FileUnusable(
            msg("第一行缺少这些列：%(missing)s。请补上，或用 --column 列名=字段 指明哪一列是。"),
            missing="、".join(f"{one.title}（{one.name}）" for one in missing),
        )
    used = set(found.values())
    return Matched(
        found,
        {heading[place]: name for name, place in found.items()},
        tuple(name for place, name in enumerate(heading) if name and place not in used),
    )


def _check_heading(heading: Sequence[str]) -> None:
    twice = sorted({name for name in heading if name and heading.count(name) > 1})
    if twice:
        raise FileUnusable(msg("列名重复：%(twice)s。请改名或删去一列再导入。"), twice="、".join(twice))


def _given(subject: Subject, heading: Sequence[str], given: Columns) -> dict[str, int]:
    known = {plain(name): place for place, name in enumerate(heading)}
    absent = [column for column in given if plain(column) not in known]
    if absent:
        raise MappingUnusable(
            msg("这个对应关系是给别的文件的：文件里没有这些列：%(absent)s。请换一个对应关系，或不用它。"),
            absent="、".join(absent),
        )
    wrong = [name for name in given.values() if subject.field(name) is None]
    if wrong:
        raise MappingUnusable(
            msg("没有这些字段：%(wrong)s。可用的是：%(known)s。"),
            wrong="、".join(wrong),
            known="、".join(one.name for one in subject.fields),
        )
    if len(set(given.values())) < len(given):
        raise MappingUnusable(msg("有两列对应同一个字段。一个字段只能由一列填写。"))
    return {name: known[plain(column)] for column, name in given.items()}


def _guessed(subject: Subject, heading: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, name in enumerate(heading):
        places.setdefault(plain(name), place)
    found: dict[str, int] = {}
    for one in subject.fields:
        names = (one.name, one.title, *one.synonyms)
        hit = next((places[plain(name)] for name in names if plain(name) in places), None)
        if hit is not None and hit not in found.values():
            found[one.name] = hit
    return found


def parse_columns(given: Iterable[str]) -> dict[str, str]:
    """`列名=字段` pairs, as they are typed.

    Raises:
        MappingUnusable: one has no "=", or nothing on a side.
    """
    pairs: dict[str, str] = {}
    for text in given:
        column, sign, name = text.rpartition("=")
        if not sign or not column.strip() or not name.strip():
            raise MappingUnusable(msg("“%(text)s”不是 列名=字段。请写成 工单编号=id 这样。"), text=text)
        pairs[column.strip()] = name.strip()
    return pairs


def mapping_name(name: str) -> str:
    """The name of a mapping, cleaned.

    Raises:
        MappingUnusable: empty or too long.
    """
    cleaned = clean_text(name).replace("\n", " ")
    if not cleaned or len(cleaned) > NAME_MOST:
        raise MappingUnusable(msg("对应关系的名称要有 1 到 40 个字。"))
    return cleaned
