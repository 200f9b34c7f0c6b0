"""Regions as a subject of imports: judged row by row, the good ones taken over together from a day on."""

from collections.abc import Mapping, Sequence
from typing import Any

from shanzhi.core.importing import Circumstances, Taken
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation.operations import RegionGiven
from shanzhi.modules.imports.policy import Field, Subject, offer_subject


def take(rows: Sequence[Mapping[str, Any]], how: Circumstances) -> Taken:
    """Take over regions, or judge them; an existing code is never renamed or moved.

    Raises:
        RegionRefused: they lie in several cities, or in none.
    """
    judged = organisation.regions_judge([RegionGiven(**row) for row in rows], how.on)
    if not how.is_preview:
        good = list(judged.good.values())
        organisation.regions_add(rows=good, on=how.on, now=how.now, author=Author("importer"))
    becomes = {at: msg("新的区域：%(name)s") % {"name": row.name} for at, row in judged.good.items()}
    return Taken(len(judged.good), judged.known, judged.wrong, becomes)


REGIONS = Subject(
    "regions",
    msg("区域"),
    (
        Field("code", msg("区域代码"), "370303009006", True, synonyms=("代码", "区划代码", "行政区划代码", "编码")),
        Field("name", msg("名称"), "世纪花园社区居委会", True, synonyms=("区域名称", "区划名称", "单位名称")),
        Field("parent_code", msg("上级代码"), "370303009", synonyms=("上级区域代码", "父级代码", "所属代码")),
        Field("short_name", msg("简称"), "世纪花园社区"),
    ),
    take,
)
offer_subject(REGIONS)
