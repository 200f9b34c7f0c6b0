"""Deciding what holds from which day: shared by processes, categories and the calendar."""

from datetime import date, datetime

from django.db import connection

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters.models import GoLive
from shanzhi.kernel.matters.policy.golive import Decision, NotTheCitys, RulesMovedOn, check_day, last_decision
from shanzhi.kernel.matters.rulebook import forget_kinds
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level


def check_whole_city(actor: Actor, now: datetime) -> None:
    """Raises NotTheCitys for a post that stands for less than the city; a command at the server stands for all of it."""
    if not actor.is_post:
        return
    region = organisation.region_of_code(actor.region_code, local_date(now)) if actor.region_code else None
    if region is None or region.level not in (Level.CITY, Level.PROVINCE):
        raise NotTheCitys(msg("规则全市统一，由市级的系统管理员来定。请联系市级管理员。"))


def decided(subject: str) -> tuple[Decision, ...]:
    """All decisions on a subject, as the database has them now."""
    rows = GoLive.objects.filter(subject=subject).order_by("pk")
    return tuple(Decision(*row) for row in rows.values_list("pk", "subject", "number", "holds_from"))


def take_turn(subject: str, based_on: int) -> Decision | None:
    """Let decisions on one subject queue up until the transaction ends; returns the last one.

    `based_on` is the number of decisions that the screen had seen (their highest id; 0: none).

    Raises:
        RulesMovedOn: somebody has decided since.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('matters.golive ' || %s, 0))", [subject])
    rows = decided(subject)
    if max((row.id for row in rows), default=0) != based_on:
        raise RulesMovedOn(msg("刚刚有人改过这里，您看到的已经不是最新的。请看过新内容再提交，您填写的还在。"))
    return last_decision(rows)


def decide(*, subject: str, number: int, holds_from: date, last: Decision | None, actor: Actor, now: datetime) -> int:
    """Write a decision; returns its id.

    Raises:
        BadDay: the day is past, too far, or before the one that was decided last.
    """
    check_day(holds_from, local_date(now), last)
    row = GoLive.objects.create(
        subject=subject, number=number, holds_from=holds_from, decided_at=now, post_id=actor.post_id
    )
    forget_kinds()
    return int(row.pk)
