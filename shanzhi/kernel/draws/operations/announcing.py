"""Announcing a draw before anything of it can be known, taking it back while nothing is, publishing what was kept back."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from shanzhi.core.errors import Conflict
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.draws.models import Draw, Secret, Sheet, Side
from shanzhi.kernel.draws.operations._common import draw_numbered, queue, record
from shanzhi.kernel.draws.policy import FEATURE
from shanzhi.kernel.draws.policy.announcement import (
    GROUNDS,
    NONCE_BYTES,
    Announcement,
    BadAnnouncement,
    Ground,
    Method,
    check_announcement,
    check_weights,
    commitment_of,
    secret_context,
    strata_of,
)
from shanzhi.kernel.draws.policy.announcement import Side as AnnouncedSide
from shanzhi.kernel.draws.policy.frame import SALT_DIGITS, Item, frame_sha256, frame_text
from shanzhi.kernel.draws.policy.payloads import DrawAnnounced, DrawPublished, DrawWithdrawn
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.vault import operations as vault


class DrawAnnouncedAlready(Conflict):
    """A draw for this purpose is running, or was there before and no ground is given."""

    code = "draw-announced-already"


@dataclass(frozen=True, slots=True)
class PlannedStratum:
    """A part of the list that is drawn from by itself: its code as the items name it, a name, how many are taken."""

    code: str
    name: str
    take: int


@dataclass(frozen=True, slots=True)
class PlannedSide:
    """Who puts a nonce in: with the commitment that they sent (64 hexadecimal digits), or without one: our own side."""

    name: str
    commitment: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be drawn, for whom. `purpose` names what the draw is for in the caller's own words (a round's uid and stage):
    draws of one purpose are counted. `again` is the ground where there was one before; `window` the minutes for showing.

    `subject`, names and labels become public (with `is_public` at once, otherwise when it is published): no personal data.
    """

    purpose: str
    subject: str
    items: Sequence[Item]
    strata: Sequence[PlannedStratum]
    sides: Sequence[PlannedSide]
    window: int
    method: Method = "equal"
    again: Ground = ""
    is_public: bool = True


@transaction.atomic
def draw_announce(*, plan: Plan, actor: Actor, now: datetime) -> int:
    """Announce a draw: list, strata, numbers, weights, commitments, all in the journal; returns its number.

    Our own nonce is made here and sealed. Numbers are consecutive, and the announcement names those of the same purpose
    before it: whoever draws again until it suits them does so before everybody's eyes.

    Raises:
        SignInNeeded, NotAllowed: not a post that draws.
        BadFrame, BadAnnouncement: it can't be drawn so; says where.
        DrawAnnouncedAlready: one of this purpose is running, or there was one and no ground is given.
    """
    check_may(actor, acting.roles().get(actor.role), FEATURE)
    if sum(not side.commitment for side in plan.sides) != 1:
        raise BadAnnouncement(msg("各方中有且只有本方不填承诺：本方的随机数由系统生成。"))
    frame = frame_text(plan.items, "" if plan.is_public else secrets.token_hex(SALT_DIGITS // 2))
    strata = strata_of(plan.items, [(each.code, each.name, each.take) for each in plan.strata])
    check_weights(plan.method, plan.items)
    queue()
    earlier = _earlier(plan)
    nonce = secrets.token_bytes(NONCE_BYTES)
    announcement = Announcement(
        number=(Draw.objects.aggregate(last=Max("number"))["last"] or 0) + 1,
        purpose=plan.purpose,
        turn=len(earlier) + 1,
        earlier=earlier,
        ground=plan.again,
        subject=plan.subject,
        method=plan.method,
        frame=frame_sha256(frame),
        strata=strata,
        sides=tuple(AnnouncedSide(side.name, side.commitment or commitment_of(nonce)) for side in plan.sides),
        window=plan.window,
        announced_at=now.replace(microsecond=0),
    )
    check_announcement(announcement)
    if Side.objects.filter(commitment__in=[side.commitment for side in announcement.sides]).exists():
        raise BadAnnouncement(msg("有一方的承诺在以前的抽取里用过。请那一方重新生成一个随机数。"))
    _keep(announcement, plan, frame, nonce, actor, now)
    return announcement.number


def _earlier(plan: Plan) -> tuple[int, ...]:
    """Numbers of the draws of this purpose before, in their order.

    Raises:
        DrawAnnouncedAlready: one is running, or there were some and no ground is given.
    """
    before = list(Draw.objects.filter(purpose=plan.purpose).order_by("turn").values_list("number", "state"))
    for number, state in before:
        if state in {"announced", "opened"}:
            raise DrawAnnouncedAlready(
                msg("这个用途的第 %(number)d 号抽取正在进行。请等它抽完，或在定树头之前撤回。"), number=number
            )
    if before and not plan.again:
        raise DrawAnnouncedAlready(
            msg("这个用途已经抽过（第 %(number)d 号）。确要再抽的，请选理由；次数和理由都会公开。"),
            number=before[-1][0],
        )
    if plan.again and not before:
        raise BadAnnouncement(msg("这个用途还没有抽过，不用填再抽的理由。"))
    return tuple(number for number, _ in before)


def _keep(announcement: Announcement, plan: Plan, frame: str, nonce: bytes, actor: Actor, now: datetime) -> None:
    size = sum(stratum.size for stratum in announcement.strata)
    take = sum(stratum.take for stratum in announcement.strata)
    row = Draw.objects.create(
        number=announcement.number, purpose=announcement.purpose, turn=announcement.turn, subject=announcement.subject,
        method=announcement.method, announcement=announcement.text(), size=size, take=take, window=announcement.window,
        unit_id=actor.unit_id or 0, state="announced", announced_at=now,
    )  # fmt: skip
    for place, side in enumerate(announcement.sides):
        is_ours = not plan.sides[place].commitment
        Side.objects.create(
            draw_id=row.pk, place=place, name=side.name, is_ours=is_ours, commitment=side.commitment
        )  # fmt: skip
    Secret.objects.create(
        draw_id=row.pk, sealed=vault.keyring().seal(nonce, context=secret_context(row.pk))
    )  # fmt: skip
    Sheet.objects.create(draw_id=row.pk, frame=frame, is_public=plan.is_public)
    payload = DrawAnnounced(
        announcement.number, announcement.purpose, announcement.turn, announcement.ground, announcement.sha256,
        announcement.frame, size, take, announcement.window,
    )  # fmt: skip
    record(row, payload, Author("post", actor.post_id, actor.unit_id), now)


@transaction.atomic
def draw_withdraw(*, number: int, ground: Ground, actor: Actor, now: datetime) -> None:
    """Take a draw back while nothing of it can be known: before the head is taken. Number and ground stay public.

    Raises:
        SignInNeeded, NotAllowed: not a post that draws.
        NotFound: no such draw.
        BadAnnouncement: no ground of the list.
        Conflict: its head is taken; it goes on to its end.
    """
    check_may(actor, acting.roles().get(actor.role), FEATURE)
    if ground not in GROUNDS or ground == "again":
        raise BadAnnouncement(msg("请从清单里选撤回的理由。"))
    queue()
    row = draw_numbered(number)
    if row.state != "announced":
        raise Conflict(msg("第 %(number)d 号抽取已经定了树头，不能撤回：结果将由随机数决定。"), number=number)
    Draw.objects.filter(pk=row.pk).update(state="withdrawn", ground=ground, withdrawn_at=now)
    record(row, DrawWithdrawn(number, ground), Author("post", actor.post_id, actor.unit_id), now)


@transaction.atomic
def draw_publish(*, number: int, actor: Actor, now: datetime) -> None:
    """Make list and result public that were kept back (places that are visited unannounced); twice is once.

    Raises:
        SignInNeeded, NotAllowed: not a post that draws.
        NotFound: no such draw.
    """
    check_may(actor, acting.roles().get(actor.role), FEATURE)
    queue()
    row = draw_numbered(number)
    if Sheet.objects.filter(draw_id=row.pk, is_public=False).update(is_public=True):
        record(row, DrawPublished(number), Author("post", actor.post_id, actor.unit_id), now)
