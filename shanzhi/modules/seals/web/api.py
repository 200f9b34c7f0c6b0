"""Seals for machines: whoever keeps this city's heads fetches them here and checks that the journal has only grown."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.params.functions import Query

from shanzhi.core.errors import NotFound
from shanzhi.core.periods import CITY_ZONE
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.auth import PROBLEMS, Problem, anyone
from shanzhi.kernel.journal.policy import read_head
from shanzhi.kernel.journal.queries import HeadRow
from shanzhi.modules.seals import queries

router = Router(tags=["seals"])
NUMBER_MOST = 2**62
PAGE_MOST = 100
FRESH, STEADY = 10, 3600
"""Seconds for which an answer may be kept: heads come every ten seconds, and a proof between two sizes never changes."""
Before = Annotated[int | None, Query(ge=1, le=NUMBER_MOST)]
Limit = Annotated[int, Query(ge=1, le=PAGE_MOST)]
Size = Annotated[int, Query(ge=1, le=NUMBER_MOST)]
EpochNumber = Annotated[int, Query(ge=1, le=2**31 - 1)]


class SealHeadOut(Schema):
    """A signed head. `note` is what was signed (C2SP signed-note and tlog-checkpoint); the rest says the same in parts.

    `root` is in hexadecimal, `hash` is sha256 or sm3; `id` counts the heads of this city.
    """

    id: int
    log: str
    epoch: int
    size: int
    root: str
    hash: str
    signed_at: datetime
    key_id: str
    note: str


class SealHeadsOut(Schema):
    """A page of heads, newest first; `before` leads to the next page, null on the last."""

    heads: list[SealHeadOut]
    before: int | None


class SealKeyOut(Schema):
    """A public key as a line of text; `statement` is the note by which the key before it names it, empty for the first."""

    id: str
    text: str
    statement: str
    added_at: datetime


class SealKeysOut(Schema):
    """All public keys, the first one first."""

    keys: list[SealKeyOut]


class SealEpochOut(Schema):
    """An epoch: one tree. `previous_size` is how far the tree before it went; `shown_size` how far it had been shown,
    where a restore lost some of it."""

    number: int
    log: str
    hash: str
    reason: str
    begun_at: datetime
    previous_size: int | None
    shown_size: int | None


class SealEpochsOut(Schema):
    """All epochs, the first one first."""

    epochs: list[SealEpochOut]


class SealConsistencyOut(Schema):
    """The hashes (Base64) that prove that a tree has only grown from one size to another: RFC 9162, section 2.1.4."""

    epoch: int
    old: int
    new: int
    path: list[str]


def _head(row: HeadRow) -> SealHeadOut:
    signed = read_head(row.note).head
    return SealHeadOut(
        id=row.id,
        log=signed.name,
        epoch=row.epoch,
        size=row.size,
        root=row.root.hex(),
        hash=signed.hash,
        signed_at=row.signed_at.astimezone(CITY_ZONE),
        key_id=row.key_id,
        note=row.note,
    )


def _kept(response: HttpResponse, seconds: int) -> None:
    response["Cache-Control"] = f"public, max-age={seconds}"


@router.get(
    "/seals",
    auth=anyone,
    response={200: SealHeadOut, PROBLEMS: Problem},
    summary="The newest head",
    url_name="seal_now",
)
def seal_now(request: HttpRequest, response: HttpResponse) -> SealHeadOut:
    """The newest signed head of the journal; 404 before the first sealing."""
    rows, _ = queries.heads(limit=1)
    if not rows:
        raise NotFound(msg("还没有封存过。请稍后再取。"))
    _kept(response, FRESH)
    return _head(rows[0])


@router.get(
    "/seals/heads",
    auth=anyone,
    response={200: SealHeadsOut, PROBLEMS: Problem},
    summary="Heads",
    url_name="seal_heads",
)
def seal_heads(
    request: HttpRequest, response: HttpResponse, before: Before = None, limit: Limit = queries.PAGE
) -> SealHeadsOut:
    """Heads, newest first."""
    rows, further = queries.heads(before=before, limit=limit)
    _kept(response, FRESH)
    return SealHeadsOut(heads=[_head(row) for row in rows], before=further)


@router.get(
    "/seals/keys",
    auth=anyone,
    response={200: SealKeysOut, PROBLEMS: Problem},
    summary="Public keys",
    url_name="seal_keys",
)
def seal_keys(request: HttpRequest, response: HttpResponse) -> SealKeysOut:
    """The keys that sign heads."""
    _kept(response, FRESH)
    found = queries.keys()
    keys = [
        SealKeyOut(id=row.id, text=row.text, statement=row.statement, added_at=row.added_at.astimezone(CITY_ZONE))
        for row in found
    ]
    return SealKeysOut(keys=keys)


@router.get(
    "/seals/epochs",
    auth=anyone,
    response={200: SealEpochsOut, PROBLEMS: Problem},
    summary="Epochs",
    url_name="seal_epochs",
)
def seal_epochs(request: HttpRequest, response: HttpResponse) -> SealEpochsOut:
    """The trees that there have been, and how each ended."""
    _kept(response, FRESH)
    epochs = [
        SealEpochOut(
            number=row.number,
            log=row.name,
            hash=row.hash,
            reason=row.reason,
            begun_at=row.begun_at.astimezone(CITY_ZONE),
            previous_size=row.previous_size,
            shown_size=row.shown_size,
        )
        for row in queries.epochs()
    ]
    return SealEpochsOut(epochs=epochs)


@router.get(
    "/seals/consistency",
    auth=anyone,
    response={200: SealConsistencyOut, PROBLEMS: Problem},
    summary="Proof that a tree has only grown",
    url_name="seal_consistency",
)
def seal_consistency(
    request: HttpRequest, response: HttpResponse, epoch: EpochNumber, old: Size, new: Size
) -> SealConsistencyOut:
    """The proof between two sizes of an epoch's tree; 404 where the tree hasn't grown as far, or `old` is above `new`."""
    path: Sequence[bytes] = queries.grown(epoch=epoch, old=old, new=new)
    _kept(response, STEADY)
    return SealConsistencyOut(epoch=epoch, old=old, new=new, path=[base64.b64encode(part).decode() for part in path])
