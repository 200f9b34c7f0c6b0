"""Edits of the tree of categories: each makes the next edition's tables out of the last one's. Pure.

A code once used is never used for anything else and never goes: what is withdrawn or merged stays in the tree as retired,
so that old matters keep their category, with its name, and are found by it.
"""

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shanzhi.core.errors import InputError
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.matters.policy.suggest import LEVELS, WEIGHTS

NAME_MOST, HELP_MOST, WORDS_MOST = 30, 100, 200
CATEGORIES_MOST = 2000
_FIRST = re.compile(r"[a-z][a-z0-9-]{1,29}", re.ASCII)
_SECOND = re.compile(r"[a-z][a-z0-9-]{1,29}\.[a-z][a-z0-9-]{0,28}[a-z0-9]", re.ASCII)
Tables = Mapping[str, Any]


class BadCategory(InputError):
    """This edit can't be made; `fields` says where."""

    code = "bad-category"


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category as a line of a table: a second-level code has its first level before the dot. `into`: where it was
    merged; `is_retired`: new matters don't get it."""

    code: str
    name: str
    help: str = ""
    department: str = ""
    level: str = ""
    words: str = ""
    is_retired: bool = False
    into: str = ""


def rows_of(tables: Tables) -> tuple[CategoryRow, ...]:
    """The whole tree as lines, each first level before its second one."""
    return tuple(_rows(tables))


def _rows(tables: Tables) -> Iterator[CategoryRow]:
    for first in tables.get("first", ()):
        yield CategoryRow(first["code"], first["name"], first.get("help", ""), is_retired=bool(first.get("retired")))
        for entry in first.get("second", ()):
            yield CategoryRow(
                entry["code"],
                entry["name"],
                "",
                entry["department"],
                entry.get("level", ""),
                " ".join(word for key in WEIGHTS for word in entry.get(key, ())),
                bool(entry.get("retired")),
                entry.get("into", ""),
            )


def added(tables: Tables, row: CategoryRow, departments: Iterable[str]) -> dict[str, Any]:
    """The tree with one more category: a first level, or below the first level that its code names.

    Raises:
        BadCategory: a code that was used before or isn't one, no such first level, no name, an unknown department or level.
    """
    made = _copy(tables)
    code, name = row.code.strip(), _name(row.name)
    if _found(made, code) is not None:
        raise _bad("code", msg("代码“%(code)s”已经用过。代码不能重复用，也不能改作他用，请换一个。"), code=code)
    if "." not in code:
        if not _FIRST.fullmatch(code):
            raise _bad("code", msg("一级分类的代码用小写字母、数字和连字符，2 到 30 个，如 water-supply。"))
        entry = {"code": code, "name": name, "help": clean_text(row.help)[:HELP_MOST], "second": []}
        made.setdefault("first", []).append(entry)
        return made
    _first_of(made, code).setdefault("second", []).append(_second(row, code, name, frozenset(departments)))
    return made


def _first_of(tables: Tables, code: str) -> dict[str, Any]:
    if not _SECOND.fullmatch(code):
        raise _bad("code", msg("二级分类的代码写成“一级代码.名字”，用小写字母、数字和连字符。"))
    first = _found(tables, code.partition(".")[0])
    if first is None or first.get("retired"):
        raise _bad("code", msg("没有“%(first)s”这个一级分类。请先加一级分类。"), first=code.partition(".")[0])
    return first


def _second(row: CategoryRow, code: str, name: str, departments: frozenset[str]) -> dict[str, Any]:
    if row.department not in departments | {"township"}:
        raise _bad("department", msg("没有“%(code)s”这种单位。请从列表里选首选承办单位。"), code=row.department)
    if row.level and row.level not in LEVELS:
        raise _bad("level", msg("承办层级请选市级、县级或乡镇级。"))
    entry = {"code": code, "name": name, "department": row.department, "keywords": _words(row.words)}
    return entry | ({"level": row.level} if row.level else {})


def renamed(tables: Tables, code: str, name: str) -> dict[str, Any]:
    """The tree with another name for a category; its code stays.

    Raises:
        BadCategory: no such category, no name, or another of its level is called so.
    """
    made = _copy(tables)
    entry, name = _there(made, code), _name(name)
    prefix = code.rpartition(".")[0]
    if any(
        row.name == name and row.code != code and row.code.rpartition(".")[0] == prefix and not row.is_retired
        for row in rows_of(made)
    ):
        raise _bad("name", msg("同一级里已经有“%(name)s”。请换一个名称，或把两个分类合并。"), name=name)
    entry["name"] = name
    return made


def merged(tables: Tables, code: str, into: str) -> dict[str, Any]:
    """The tree in which a second-level category goes into another: new matters get that one, which takes over its words.

    Raises:
        BadCategory: into itself, into one that is retired or unknown, or a first level.
    """
    made = _copy(tables)
    if code == into:
        raise _bad("into", msg("分类不能并入自己。请另选一个。"))
    if "." not in code or "." not in into:
        raise _bad("into", msg("只有二级分类能合并。一级分类请先把下面的二级分类并走，再停用。"))
    entry, target = _there(made, code), _there(made, into)
    if entry.get("retired"):
        raise _bad("into", msg("这个分类已经停用，不用再合并。"))
    if target.get("retired"):
        raise _bad("into", msg("“%(name)s”已经停用，不能并入。请另选一个。"), name=target["name"])
    _hand_over_words(entry, target)
    entry["retired"], entry["into"] = True, into
    for other in _seconds(made):
        # What was merged into it before goes on to where it goes.
        if other.get("into") == code:
            other["into"] = into
    return made


def _hand_over_words(entry: Mapping[str, Any], target: dict[str, Any]) -> None:
    for key in WEIGHTS:
        known = {word for each in WEIGHTS for word in target.get(each, ())}
        more = [word for word in entry.get(key, ()) if word not in known]
        if more:
            target[key] = [*target.get(key, ()), *more]


def withdrawn(tables: Tables, code: str) -> dict[str, Any]:
    """The tree in which new matters don't get a category any more.

    Raises:
        BadCategory: no such category, retired already, a first level with second ones in use, or the last one in use.
    """
    made = _copy(tables)
    entry = _there(made, code)
    if entry.get("retired"):
        raise _bad("code", msg("这个分类已经停用。"))
    if any(not second.get("retired") for second in entry.get("second", ())):
        raise _bad("code", msg("“%(name)s”下面还有在用的二级分类。请先停用或并走它们。"), name=entry["name"])
    entry["retired"] = True
    if not any(not second.get("retired") for second in _seconds(made)):
        raise _bad("code", msg("这是最后一个在用的分类，不能停用。"))
    return made


def restored(tables: Tables, code: str) -> dict[str, Any]:
    """The tree in which a withdrawn or merged category is in use again.

    Raises:
        BadCategory: no such category, or it is in use.
    """
    made = _copy(tables)
    entry = _there(made, code)
    if not entry.pop("retired", False):
        raise _bad("code", msg("这个分类正在使用，不用恢复。"))
    entry.pop("into", None)
    first = _found(made, code.partition(".")[0])
    if first is not None:
        first.pop("retired", None)
    return made


def replaced(tables: Tables, rows: Iterable[tuple[int, CategoryRow]], departments: Iterable[str]) -> dict[str, Any]:
    """The tree after a file of (line, category): new codes are added, known ones renamed, withdrawn or taken up again.
    What the file leaves out stays as it was.

    Raises:
        BadCategory: with a sentence for each line at fault, as `fields` "行 N"; nothing is taken over.
    """
    made, wrong, seen = _copy(tables), dict[str, str](), dict[str, int]()
    known = frozenset(departments)
    for line, row in rows:
        try:
            if row.code in seen:
                raise _bad(
                    "code",
                    msg("代码“%(code)s”在文件里出现了两次（另一处在第 %(line)s 行）。请删去一行。"),
                    code=row.code,
                    line=seen[row.code],
                )
            seen[row.code] = line
            made = _taken(made, row, known)
        except BadCategory as error:
            wrong[str(line)] = str(error)
    if len(rows_of(made)) > CATEGORIES_MOST:
        raise BadCategory(msg("分类最多 2,000 个。请减少后再传。"))
    if wrong:
        raise BadCategory(
            msg("有 %(count)s 行不能用，什么也没有改。请按下面的提示改好再传。"), fields=wrong, count=len(wrong)
        )
    return made


def _taken(tables: dict[str, Any], row: CategoryRow, departments: frozenset[str]) -> dict[str, Any]:
    entry = _found(tables, row.code)
    made = tables
    if entry is None:
        made = added(tables, row, departments)
    elif entry["name"] != row.name:
        made = renamed(tables, row.code, row.name)
    is_retired = bool((_found(made, row.code) or {}).get("retired"))
    if row.into and not is_retired:
        return merged(made, row.code, row.into)
    if row.is_retired and not is_retired:
        return withdrawn(made, row.code)
    if is_retired and not row.is_retired:
        return restored(made, row.code)
    return made


def changed_codes(before: Tables, after: Tables) -> tuple[str, ...]:
    """Codes of the categories that are new or otherwise after an edit, in the tree's order."""
    old = {row.code: row for row in rows_of(before)}
    return tuple(row.code for row in rows_of(after) if old.get(row.code) != row)


def _copy(tables: Tables) -> dict[str, Any]:
    return copy.deepcopy(dict(tables))


def _seconds(tables: Tables) -> Iterator[dict[str, Any]]:
    for first in tables.get("first", ()):
        yield from first.get("second", ())


def _found(tables: Tables, code: str) -> dict[str, Any] | None:
    every = [*tables.get("first", ()), *_seconds(tables)]
    return next((entry for entry in every if entry["code"] == code), None)


def _there(tables: Tables, code: str) -> dict[str, Any]:
    entry = _found(tables, code)
    if entry is None:
        raise _bad("code", msg("没有“%(code)s”这个分类。请从列表里选。"), code=code)
    return entry


def _name(text: str) -> str:
    name = clean_text(text).strip()
    if not name or len(name) > NAME_MOST or "\n" in name:
        raise _bad("name", msg("请填写名称，一行，最多 30 个字。"))
    return name


def _words(text: str) -> list[str]:
    words = list(dict.fromkeys(word for word in re.split(r"[\s,，、;；]+", text[:2000]) if word))
    if any(len(word) < 2 for word in words):
        raise _bad("words", msg("提示词至少两个字。请改好，用空格隔开。"))
    return words[:WORDS_MOST]


def _bad(field: str, message: str, **params: object) -> BadCategory:
    error = BadCategory(message, fields=None, **params)
    error.fields[field] = str(error)
    return error
