"""How a file's columns find the fields of a subject (`core.importing`), and what can be wrong. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shanzhi.core.errors import InputError
from shanzhi.core.importing import Field, Parser, RowUnusable, Subject, offer_subject, subjects
from shanzhi.core.text import clean_text, msg

__all__ = [
    "Columns", "Field", "FileUnusable", "MappingUnusable", "Matched", "Parser", "RowUnusable", "Subject",
    "mapping_name", "match_columns", "offer_subject", "parse_columns", "plain", "subjects",
]  # fmt: skip

NAME_MOST = 40
"""Characters in the name of a saved mapping."""


class FileUnusable(InputError):
    """A file from which nothing can be imported; nothing was."""

    code = "file-unusable"


class MappingUnusable(InputError):
    """A mapping that doesn't fit the file or the subject; nothing was imported."""

    code = "mapping-unusable"


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


def match_columns(subject: Subject, heading: Sequence[str], given: Columns | None = None) -> Matched:
    """Find which column fills which field: as `given`, else by name, Chinese title and synonyms, in this order.

    Raises:
        MappingUnusable: `given` names a column that isn't there, or a field that isn't.
        FileUnusable: a needed field has no column, or a name stands twice.
    """
    _check_heading(heading)
    found = _given(subject, heading, given) if given else _guessed(subject, heading)
    missing = [one for one in subject.fields if one.required and one.name not in found]
    if missing:
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
