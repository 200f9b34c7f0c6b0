"""The published list as an official paper (DOCX, PDF) and as a workbook."""

from datetime import datetime
from decimal import Decimal
from io import BytesIO

from django.http import FileResponse
from django.utils.translation import gettext

from shanzhi.core.errors import InputError
from shanzhi.core.papers import (
    MEDIA_TYPES,
    Align,
    Cell,
    Column,
    Document,
    Heading,
    Number,
    Paragraph,
    Table,
    to_docx,
    to_pdf,
    to_xlsx,
)
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.rounds.policy.words import ROUND_KINDS, RoundKind, Stage
from shanzhi.kernel.rounds.queries.upper import Board, CityLine
from shanzhi.ui.downloads import send_file
from shanzhi.ui.invented import invented_lines

WRITERS = {"pdf": to_pdf, "docx": to_docx, "xlsx": to_xlsx}


class NoSuchPaper(InputError):
    """No such format, or nothing was published yet."""

    code = "round-paper"


def results_file(request: ActingRequest, board: Board, made_at: datetime) -> FileResponse:
    """The published list of a round in the address's format.

    Raises:
        NoSuchPaper: no such format, or nothing was published yet.
    """
    kind = request.GET.get("format", "")
    if kind not in WRITERS:
        raise NoSuchPaper(msg("没有这种格式。可以下载 pdf、docx 或 xlsx。"))
    if not any(city.result for city in board.cities):
        raise NoSuchPaper(msg("结果还没有公布，没有可以下载的名单。"))
    content = WRITERS[kind](document(board, request.actor.unit_name, made_at))
    return send_file(BytesIO(content), f"{board.round.name}-{made_at:%Y%m%d}.{kind}", MEDIA_TYPES[kind])


def document(board: Board, issuer: str, made_at: datetime) -> Document:
    """The list as a paper: who passes, every city's three totals by code, best practices."""
    passed = [city for city in board.cities if city.result and city.result.passes]
    names = gettext(msg("、")).join(city.name for city in passed)
    said = gettext(msg("达标分数 %(points)s 分，有一票否决的不达标。达标的城市 %(count)s 个：%(names)s。")) % {
        "points": board.rule.points,
        "count": len(passed),
        "names": names or gettext(msg("无")),
    }
    guideline = gettext(msg("指南：%(name)s第 %(version)s 版，SHA-256 %(hash)s。按区域代码排列，不排名次。")) % {
        "name": board.guideline,
        "version": board.round.guideline_version,
        # In groups, between which a line may break.
        "hash": " ".join(board.round.guideline_sha256[at : at + 8] for at in range(0, 64, 8)),
    }
    blocks: list[Heading | Paragraph | Table] = [
        Heading(gettext(msg("达标名单"))),
        Paragraph(said),
        _table(board),
        Paragraph(guideline),
    ]
    if board.practices:
        blocks.append(Heading(gettext(msg("最佳实践"))))
        blocks += [
            Paragraph(one.words, lead=f"{one.city} · {one.project}" + gettext(msg("："))) for one in board.practices
        ]
    invented = list(invented_lines())
    return Document(
        gettext(msg("%(name)s结果名单")) % {"name": board.round.name},
        issuer,
        made_at.date(),
        made_at,
        tuple(blocks),
        subtitle=gettext(ROUND_KINDS[RoundKind(board.round.kind)]),
        mark=gettext(msg("示例")) if invented else "",
    )


def _table(board: Board) -> Table:
    columns = (
        Column(gettext(msg("城市")), width=2),
        *(Column(gettext(head), Align.RIGHT) for head in (msg("自评"), msg("省级"), msg("中央"), msg("总分"))),
        Column(gettext(msg("一票否决")), Align.RIGHT),
        Column(gettext(msg("结果"))),
    )
    rows = tuple(_row(city) for city in board.cities if city.result)
    return Table(gettext(msg("各城市得分和结果")), columns, rows)


def _row(city: CityLine) -> tuple[Cell, ...]:
    found = city.result
    passes = found is not None and found.passes
    return (
        city.name,
        *(_points(city.totals[stage]) for stage in Stage),
        _points(found.total if found else None),
        Number(str(found.vetoes if found else 0), found.vetoes if found else 0),
        gettext(msg("达标")) if passes else gettext(msg("未达标")),
    )


def _points(points: Decimal | None) -> Cell:
    return "—" if points is None else Number(f"{points:.2f}", points, "0.00")
