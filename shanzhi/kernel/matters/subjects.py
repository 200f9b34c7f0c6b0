"""Categories from a city's own file: new codes are added, known ones renamed, merged, withdrawn or taken up again."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction

from shanzhi.core.importing import Circumstances, Field, Subject, Taken
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as access
from shanzhi.kernel.access.policy import IMPORTER
from shanzhi.kernel.matters.operations.golive import check_whole_city
from shanzhi.kernel.matters.operations.rules import Deciding, categories_replace
from shanzhi.kernel.matters.policy.categories import BadCategory, CategoryRow
from shanzhi.kernel.matters.policy.golive import CATEGORIES
from shanzhi.kernel.matters.queries.rules import category_tree, section_state

_HEADING = 2
"""The row of a sheet on which the first category stands, the heading being the first."""
_YES = frozenset({"是", "1", "true", "yes", "停用"})


def _plain(cell: str, _column: str) -> str:
    # A sheet that was taken along marks what begins like a formula.
    return cell.strip().removeprefix("'")


def _is_retired(cell: str, _column: str) -> bool:
    return cell.strip().lower() in _YES


CATEGORY_FIELDS = (
    Field("code", msg("代码"), "water.leak", True, _plain, ("分类代码", "编码")),
    Field("name", msg("名称"), "水管漏水", True, _plain, ("分类名称", "分类")),
    Field("help", msg("说明"), "自来水管、消防管漏水", parse=_plain),
    Field(
        "department", msg("首选承办单位类型"), "housing-construction", parse=_plain, synonyms=("承办单位类型", "部门")
    ),
    Field("level", msg("承办层级"), "county", parse=_plain, synonyms=("层级",)),
    Field("words", msg("提示词"), "漏水 水管", parse=_plain, synonyms=("关键词",)),
    Field("is_retired", msg("停用"), "", parse=_is_retired),
    Field("into", msg("并入"), "", parse=_plain, synonyms=("并入代码",)),
)


def categories_take(rows: Sequence[Mapping[str, Any]], how: Circumstances) -> Taken:
    """Take over categories as one edition that holds from `how.on`; rows at fault are left out with their reasons.

    Raises:
        NotTheCitys: the post that began the import stands for less than the city.
        BadDay: the day is past, too far, or before the edition that was decided last.
    """
    if how.post_id is not None:
        check_whole_city(access.actor_of_post(how.post_id, how.on), how.now)
    before = {row.code: row for row in category_tree(how.on).rows}
    given = {at: CategoryRow(**row) for at, row in enumerate(rows)}
    known = {at for at, row in given.items() if row.code in before and _same(before[row.code], row)}
    wrong = _written(given, known, how)
    good = [at for at in given if at not in wrong]
    stood = known - wrong.keys()
    becomes = {at: msg("原已有，不动") if at in stood else msg("新增或变更") for at in good}
    return Taken(len(good) - len(stood), len(stood), wrong, becomes)


CATEGORIES_SUBJECT = Subject("categories", msg("分类"), CATEGORY_FIELDS, categories_take)


def _same(before: CategoryRow, row: CategoryRow) -> bool:
    ended = before.is_retired, before.into
    return before.name == row.name and ended == (row.is_retired or bool(row.into), row.into)


@transaction.atomic
def _written(given: Mapping[int, CategoryRow], known: Collection[int], how: Circumstances) -> dict[int, str]:
    """Write what is good as one edition, if any of it is new; returns why the rest isn't good, by its place."""
    deciding = Deciding(how.on, section_state(CATEGORIES, how.on).seen, IMPORTER, how.now)
    wrong: dict[int, str] = {}
    while rows := [(at + _HEADING, row) for at, row in given.items() if at not in wrong]:
        try:
            categories_replace(rows=rows, how=deciding)
            break
        except BadCategory as error:
            if not error.fields:
                raise
            wrong |= {int(line) - _HEADING: str(reason) for line, reason in error.fields.items()}
    if how.is_preview or given.keys() - wrong.keys() <= set(known):
        transaction.set_rollback(True)
    return wrong
