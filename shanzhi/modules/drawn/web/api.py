"""Draws for machines: what was announced, how it stands, and the file that does it again."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.params.functions import Path, Query

from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.access.web.auth import PROBLEMS, Problem, anyone
from shanzhi.kernel.draws import queries

router = Router(tags=["draws"])
NUMBER_MOST = 2**31 - 1
Before = Annotated[int | None, Query(ge=1, le=NUMBER_MOST)]
Number = Annotated[int, Path(ge=1, le=NUMBER_MOST)]


class DrawOut(Schema):
    """A draw in a list. `state`: announced, opened (nonces are to be shown), made, withdrawn; `size` how many may be drawn,
    `take` how many are; `turn` counts the announcements for one purpose."""

    number: int
    purpose: str
    turn: int
    subject: str
    state: str
    size: int
    take: int
    announced_at: datetime


class DrawsOut(Schema):
    """A page of draws, newest first; `before` leads to the next page, null on the last."""

    draws: list[DrawOut]
    before: int | None


class DrawSideOut(Schema):
    """A side with the SHA-256 of its nonce, and the nonce once it is shown (both hexadecimal)."""

    name: str
    commitment: str
    nonce: str
    forfeited: bool


class DrawStratumOut(Schema):
    """A part of the list that is drawn from by itself: ids in the order in which they were drawn, once they are public."""

    code: str
    name: str
    size: int
    take: int
    drawn: list[str] | None


class DrawWholeOut(DrawOut):
    """One draw. `announcement` is the text whose SHA-256 the journal holds; `until` the end of the time for showing nonces."""

    announcement: str
    sides: list[DrawSideOut]
    strata: list[DrawStratumOut]
    until: datetime | None
    is_public: bool


def _row(row: queries.DrawRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "purpose": row.purpose,
        "turn": row.turn,
        "subject": row.subject,
        "state": row.state,
        "size": row.size,
        "take": row.take,
        "announced_at": row.announced_at.astimezone(CITY_ZONE),
    }


@router.get("/draws", auth=anyone, response={200: DrawsOut, PROBLEMS: Problem}, summary="Draws", url_name="draws")
def draws(request: HttpRequest, before: Before = None) -> DrawsOut:
    """Draws, newest first; each that was ever announced is here."""
    rows, further = queries.draws(before=before)
    return DrawsOut(draws=[DrawOut(**_row(row)) for row in rows], before=further)


@router.get(
    "/draws/{number}", auth=anyone, response={200: DrawWholeOut, PROBLEMS: Problem}, summary="One draw", url_name="draw"
)
def draw(request: HttpRequest, number: Number) -> DrawWholeOut:
    """One draw with its sides; what was drawn once it is made and public."""
    view = queries.draw(number)
    drawn = dict(view.result.drawn) if view.result else {}
    return DrawWholeOut(
        **_row(view.row),
        announcement=view.announcement.text(),
        sides=[
            DrawSideOut(name=each.name, commitment=each.commitment, nonce=each.nonce, forfeited=each.forfeited)
            for each in view.sides
        ],
        strata=[
            DrawStratumOut(
                code=each.code,
                name=each.name,
                size=each.size,
                take=each.take,
                drawn=list(drawn[each.code]) if each.code in drawn else None,
            )
            for each in view.announcement.strata
        ],
        until=view.until.astimezone(CITY_ZONE) if view.until else None,
        is_public=view.is_public,
    )


@router.get(
    "/draws/{number}/file", auth=anyone, response={PROBLEMS: Problem}, summary="Draw file", url_name="draw_file"
)
def draw_file(request: HttpRequest, number: Number) -> HttpResponse:
    """The file with which anybody does a draw again (`shanzhi-draw-1`); 409 before it is made."""
    return HttpResponse(queries.draw_file(number), content_type="application/json; charset=utf-8")
