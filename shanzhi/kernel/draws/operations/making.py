"""From the announcement to the result: the head is taken and our nonce shown, the others show theirs, the draw is made.

Which head: the first that was signed over a tree with the announcement's entry. The journal fixes it, nobody chooses it, and
at that moment nobody knows all nonces, so nobody gains by making it. Only then, and in the same step, our own nonce is
shown, before any other is let in: whoever runs the journal never knows the others' when it could still hold back its own.
"""

from datetime import datetime, timedelta

from django.db import transaction

from shanzhi.core.errors import Conflict, InputError
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.draws.models import Draw, Nonce, Secret, Sheet, Side
from shanzhi.kernel.draws.operations._common import draw_numbered, queue, record
from shanzhi.kernel.draws.policy.announcement import (
    NONCE_BYTES,
    commitment_of,
    draw,
    read_announcement,
    secret_context,
    text_sha256,
)
from shanzhi.kernel.draws.policy.drawfile import nonce_of
from shanzhi.kernel.draws.policy.frame import read_frame
from shanzhi.kernel.draws.policy.payloads import SUBJECT, DrawMade, DrawOpened, NonceShown
from shanzhi.kernel.journal import queries as journaled
from shanzhi.kernel.journal.policy import Author, ProofError, read_head
from shanzhi.kernel.vault import operations as vault


class DrawNotReady(Conflict):
    """Its turn for this hasn't come, or is over; says what it waits for."""

    code = "draw-not-ready"


class NonceRefused(InputError):
    """A nonce that can't be taken: not of this draw, or not what was committed to."""

    code = "nonce-refused"


@transaction.atomic
def draw_open(*, number: int, now: datetime) -> None:
    """Take the first signed head over the announcement and show our own nonce. Background's role.

    Raises:
        NotFound: no such draw.
        DrawNotReady: it is opened, withdrawn or made already, or no head is signed over it yet.
    """
    queue()
    row = draw_numbered(number)
    if row.state != "announced":
        raise DrawNotReady(msg("第 %(number)d 号抽取已经定过树头，或已撤回。"), number=number)
    try:
        proof = journaled.proof_of(SUBJECT, number, steps=[1], first=True)
    except ProofError as error:
        raise DrawNotReady(msg("公告还没有封存，或还没有签树头。请过几秒再试。")) from error
    tree = read_head(proof.trees[0].head).head.tree
    ours = Side.objects.get(draw_id=row.pk, is_ours=True)
    nonce = vault.open_sealed(Secret.objects.get(pk=row.pk).sealed, context=secret_context(row.pk))
    Nonce.objects.create(draw_id=row.pk, place=ours.place, nonce=nonce, shown_at=now)
    Draw.objects.filter(pk=row.pk).update(state="opened", opened_at=now, root=tree.root)
    until = now + timedelta(minutes=row.window)
    payload = DrawOpened(number, tree.epoch, tree.size, tree.root.hex(), ours.place, nonce.hex(), until)
    record(row, payload, Author("system"), now)


@transaction.atomic
def draw_show(*, number: int, nonce: str, actor: Actor, now: datetime) -> str:
    """Take in a side's nonce (64 hexadecimal digits); returns the side's name. Whoever knows it may show it, signed in or not.

    Raises:
        NotFound: no such draw.
        DrawNotReady: before the head is taken, or after the time for showing.
        NonceRefused: it fits no commitment of this draw. The same nonce twice is taken once.
    """
    queue()
    row = draw_numbered(number)
    if row.state == "announced":
        raise DrawNotReady(msg("还没有定树头，现在出示随机数会让别人先知道。请等页面显示“请出示随机数”再来。"))
    try:
        given = nonce_of("".join(nonce.split()))
    except ValueError:
        given = b""
    side = Side.objects.filter(draw_id=row.pk, commitment=commitment_of(given)).first()
    if len(given) != NONCE_BYTES or side is None:
        raise NonceRefused(
            msg("这个随机数和各方事先的承诺都对不上。请核对是不是第 %(number)d 号抽取的，有没有抄错。"),
            number=number, fields={"nonce": msg("请核对随机数。")},
        )  # fmt: skip
    if Nonce.objects.filter(draw_id=row.pk, place=side.place).exists():
        return side.name
    if row.state != "opened" or row.opened_at is None or now >= row.opened_at + timedelta(minutes=row.window):
        raise DrawNotReady(msg("出示随机数的期限已过，或抽取已经结束。没有按时出示的，以承诺代替。"))
    Nonce.objects.create(draw_id=row.pk, place=side.place, nonce=given, shown_at=now)
    author = Author("post", actor.post_id, actor.unit_id) if actor.is_post else Author("reporter")
    record(row, NonceShown(number, side.place, given.hex()), author, now)
    return side.name


@transaction.atomic
def draw_make(*, number: int, now: datetime) -> None:
    """Draw: once all nonces are shown, or the time for showing is over. Background's role.

    Raises:
        NotFound: no such draw.
        DrawNotReady: it isn't opened, is made already, or a side may still show its nonce.
    """
    queue()
    row = draw_numbered(number)
    if row.state != "opened" or row.opened_at is None or row.root is None:
        raise DrawNotReady(msg("第 %(number)d 号抽取现在不能抽：没有定树头，或已经抽完。"), number=number)
    announcement = read_announcement(row.announcement)
    shown = {each.place: bytes(each.nonce) for each in Nonce.objects.filter(draw_id=row.pk)}
    nonces = [shown.get(place) for place in range(len(announcement.sides))]
    if None in nonces and now < row.opened_at + timedelta(minutes=row.window):
        raise DrawNotReady(msg("还有一方没有出示随机数，期限也没有到。请等一等。"))
    sheet = Sheet.objects.get(pk=row.pk)
    result = draw(announcement, read_frame(sheet.frame), bytes(row.root), nonces)
    Sheet.objects.filter(pk=row.pk).update(result=result.text())
    Draw.objects.filter(pk=row.pk).update(state="made", made_at=now)
    forfeited = tuple(place for place, nonce in enumerate(nonces) if nonce is None)
    record(row, DrawMade(number, text_sha256(result.text()), forfeited), Author("system"), now)


def draws_go_on(*, now: datetime) -> int:
    """Open what has its head and make what has its nonces, or whose time is over; returns how many steps. Background's role."""
    steps = 0
    for number in Draw.objects.filter(state="announced").order_by("number").values_list("number", flat=True):
        steps += _maybe_open(number, now)
    for number in Draw.objects.filter(state="opened").order_by("number").values_list("number", flat=True):
        steps += _maybe_make(number, now)
    return steps


def _maybe_open(number: int, now: datetime) -> int:
    try:
        draw_open(number=number, now=now)
    except DrawNotReady:
        return 0
    return 1


def _maybe_make(number: int, now: datetime) -> int:
    try:
        draw_make(number=number, now=now)
    except DrawNotReady:
        return 0
    return 1
