"""Every read of draws. What was announced is everybody's; lists and results that are kept back are for posts that draw."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from shanzhi.core.errors import Conflict, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.draws.models import Draw, Nonce, Sheet, Side
from shanzhi.kernel.draws.policy.announcement import Announcement, Result, read_announcement
from shanzhi.kernel.draws.policy.drawfile import DrawFile, proof_name, read_result, write_draw
from shanzhi.kernel.draws.policy.frame import Item, read_frame
from shanzhi.kernel.draws.policy.payloads import SUBJECT
from shanzhi.kernel.journal import queries as journal

PAGE = 25
_NUMBER_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class DrawRow:
    """A draw in a list. `state`: announced, opened, made, withdrawn."""

    number: int
    purpose: str
    turn: int
    subject: str
    state: str
    size: int
    take: int
    announced_at: datetime


@dataclass(frozen=True, slots=True)
class SideRow:
    """A side with its commitment, and its nonce (both hexadecimal) once it is shown; `forfeited`: the draw was made without."""

    name: str
    is_ours: bool
    commitment: str
    nonce: str
    shown_at: datetime | None
    forfeited: bool


@dataclass(frozen=True, slots=True)
class DrawView:
    """One draw whole. `items` and `result` are there for those who may see them; `root` (hexadecimal) is that of the head that
    was taken, `until` the end of the time for showing."""

    row: DrawRow
    announcement: Announcement
    sides: tuple[SideRow, ...]
    ground: str
    opened_at: datetime | None
    root: str
    until: datetime | None
    made_at: datetime | None
    withdrawn_at: datetime | None
    is_public: bool
    is_seen: bool
    items: tuple[Item, ...]
    result: Result | None


class DrawNotMade(Conflict):
    """There is no draw file yet."""

    code = "draw-not-made"


def _row(row: Draw) -> DrawRow:
    return DrawRow(
        row.number, row.purpose, row.turn, row.subject, row.state, row.size, row.take, row.announced_at
    )  # fmt: skip


def draws(*, before: int | None = None, limit: int = PAGE) -> tuple[tuple[DrawRow, ...], int | None]:
    """A page of draws, the newest first, and what leads to the next page; 1 query."""
    rows = Draw.objects.order_by("-number")
    found = list((rows.filter(number__lt=before) if before else rows)[: limit + 1])
    return tuple(_row(row) for row in found[:limit]), found[limit - 1].number if len(found) > limit else None


def draws_of(purpose: str) -> tuple[DrawRow, ...]:
    """All draws of one purpose in their turn; the last one counts; 1 query."""
    return tuple(_row(row) for row in Draw.objects.filter(purpose=purpose).order_by("turn"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """A draw with what came out of it, for who uses it: `items` and `result` for those who may see them; `until`: the end of
    the time for showing."""

    row: DrawRow
    until: datetime | None
    is_public: bool
    items: tuple[Item, ...]
    result: Result | None


def outcome_of(purpose: str) -> Outcome | None:
    """The last draw of a purpose that wasn't withdrawn; None without one; 2 queries."""
    row = Draw.objects.filter(purpose=purpose).exclude(state="withdrawn").order_by("-turn").first()
    if row is None:
        return None
    sheet = Sheet.objects.filter(pk=row.pk).first()
    return Outcome(
        _row(row),
        row.opened_at + timedelta(minutes=row.window) if row.opened_at else None,
        sheet is not None and sheet.is_public,
        read_frame(sheet.frame) if sheet else (),
        read_result(json.loads(sheet.result)) if sheet and sheet.result else None,
    )


def draws_for(purposes: Collection[str]) -> tuple[DrawRow, ...]:
    """All draws for these purposes, by number; 1 query."""
    return tuple(_row(row) for row in Draw.objects.filter(purpose__in=purposes).order_by("number"))


def draw(number: int) -> DrawView:
    """One draw; 4 queries.

    Raises:
        NotFound: there is none of this number.
    """
    row = _numbered(number)
    sheet = Sheet.objects.filter(pk=row.pk).first()
    return DrawView(
        row=_row(row),
        announcement=read_announcement(row.announcement),
        sides=_sides(row),
        ground=row.ground,
        opened_at=row.opened_at,
        root=bytes(row.root).hex() if row.root else "",
        until=row.opened_at + timedelta(minutes=row.window) if row.opened_at else None,
        made_at=row.made_at,
        withdrawn_at=row.withdrawn_at,
        is_public=sheet is not None and sheet.is_public,
        is_seen=sheet is not None,
        items=read_frame(sheet.frame) if sheet else (),
        result=read_result(json.loads(sheet.result)) if sheet and sheet.result else None,
    )


def _numbered(number: int) -> Draw:
    row = Draw.objects.filter(number=number).first() if 0 < number <= _NUMBER_MOST else None
    if row is None:
        raise NotFound(msg("没有第 %(number)s 号抽取。请从抽取列表里选。"), number=str(number)[:20])
    return row


def _sides(row: Draw) -> tuple[SideRow, ...]:
    shown = {each.place: each for each in Nonce.objects.filter(draw_id=row.pk)}
    found = []
    for side in Side.objects.filter(draw_id=row.pk).order_by("place"):
        nonce = shown.get(side.place)
        found.append(
            SideRow(
                side.name,
                side.is_ours,
                side.commitment,
                bytes(nonce.nonce).hex() if nonce else "",
                nonce.shown_at if nonce else None,
                nonce is None and row.state == "made",
            )
        )
    return tuple(found)


def draw_file(number: int) -> str:
    """The draw file of a draw that is made.

    Raises:
        NotFound: there is none of this number, or its list is kept back.
        DrawNotMade: it isn't made yet.
        ProofError: its last step isn't sealed yet.
    """
    row = _numbered(number)
    sheet = Sheet.objects.filter(pk=row.pk).first()
    if sheet is None:
        raise NotFound(msg("第 %(number)d 号抽取的名单和结果还没有公开。"), number=number)
    if row.state != "made":
        raise DrawNotMade(msg("第 %(number)d 号抽取还没有抽完，没有文件可取。"), number=number)
    shown = {each.place: bytes(each.nonce) for each in Nonce.objects.filter(draw_id=row.pk)}
    sides = read_announcement(row.announcement).sides
    name = proof_name(number)
    return write_draw(
        DrawFile(
            row.announcement,
            sheet.frame,
            tuple(shown.get(place) for place in range(len(sides))),
            journal.proof_of(SUBJECT, number, number=name, steps=[1], first=True),
            journal.proof_of(SUBJECT, number, number=name),
            read_result(json.loads(sheet.result)),
        )
    )
