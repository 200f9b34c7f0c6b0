"""What a keeper and a post decide: mailboxes, subscriptions, how a post wants to hear, trying again, a test message."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from shanzhi.core import outbound
from shanzhi.core.errors import InputError, NotAllowed, NotFound
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor, SignInNeeded, check_may
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Payload, Subject, payload
from shanzhi.kernel.notices.gateways import is_offered
from shanzhi.kernel.notices.models import Address, Channel, Delivery, Preference, Subscription
from shanzhi.kernel.notices.operations.planning import key_of, notice_book
from shanzhi.kernel.notices.policy.templates import MODES
from shanzhi.kernel.notices.sms import send_sms
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level, level_of
from shanzhi.kernel.vault.policy.phones import normalise_phone

FEATURE = "keep"
SUBSCRIPTIONS_MOST = 50
NAME_MOST = 60
URL_MOST = 500
# A mailbox of an office: plain, so that nothing in it can end a header or name two.
_EMAIL = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", re.ASCII)
_EMAIL_MOST = 200
TEST_STEP = "test"
TEST_WORDS = msg("试发：通知渠道通了")


class BadAddress(InputError):
    """A mailbox, unit or address that can't be."""

    code = "bad-notice-address"


class NoSuchSubscription(NotFound):
    """No such subscription, or one that has ended."""

    code = "no-such-subscription"


class NoSuchDelivery(NotFound):
    """No such message, or one that doesn't wait for anything any more."""

    code = "no-such-delivery"


@payload("notices.address")
@dataclass(frozen=True, slots=True)
class AddressChanged(Payload):
    """A unit's duty mailbox was set or taken out; which one stands in no journal."""

    unit_id: int
    role: str
    removed: bool


@payload("notices.subscription")
@dataclass(frozen=True, slots=True)
class SubscriptionChanged(Payload):
    """A subscription was added, got another key, or ended: of which kinds and region, at which host."""

    change: str
    host: str
    kinds: tuple[str, ...]
    scope_code: str
    key_number: int


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """What a keeper fills in: a name, an https address, kinds (none: all) and a region's code (empty: the city)."""

    name: str
    url: str
    kinds: tuple[str, ...]
    scope_code: str


def check_keeper(actor: Actor) -> Author:
    """Raises SignInNeeded or NotAllowed where the acting post is no keeper."""
    check_may(actor, roles().get(actor.role), FEATURE)
    return Author("post", actor.post_id, actor.unit_id)


def check_city_keeper(actor: Actor) -> Author:
    """Raises SignInNeeded or NotAllowed where the acting post isn't the city's own keeper: the gateways are the city's."""
    author = check_keeper(actor)
    if level_of(actor.region_code) is not Level.CITY:
        raise NotAllowed(msg("通知渠道由市级系统管理员维护。请把意见报给市级。"))
    return author


@transaction.atomic
def address_set(*, unit: str, role: str, email: str, actor: Actor, now: datetime) -> int:
    """Say where a unit (by code or name), or one role in it, gets its mail; an empty mailbox takes it out. The unit's id.

    Raises:
        SignInNeeded, NotAllowed: the acting post is no keeper.
        BadAddress: no such unit in the keeper's place, no such role, or no mailbox.
    """
    author = check_keeper(actor)
    email = email.strip()
    if email and (len(email) > _EMAIL_MOST or not _EMAIL.fullmatch(email)):
        raise BadAddress(
            msg("邮箱的写法不对。请写成 zhiban@city.example 的样子，一次只写一个。"),
            fields={"email": msg("请核对邮箱。")},
        )
    if role and role not in roles():
        raise BadAddress(msg("没有这个角色。请重新选择。"), fields={"role": msg("请重新选择。")})
    found = [
        row for row in organisation.units_named(unit.strip(), local_date(now)) if actor.place.contains(row.region_code)
    ]
    if len(found) != 1:
        raise BadAddress(
            msg("没有找到“%(unit)s”，或者不止一个，或者不在您管的范围里。请写单位代码或全称。"),
            fields={"unit": msg("请写单位代码或全称。")},
            unit=unit.strip()[:60],
        )
    row = Address.objects.select_for_update().filter(unit_id=found[0].id, role=role).first()
    is_new = row is None
    if row is None:
        row = Address(unit_id=found[0].id, role=role, steps=0)
    if row.email == email:
        return found[0].id
    row.email, row.changed_at, row.steps = email, now, row.steps + 1
    row.save(update_fields=None if is_new else ["email", "changed_at", "steps"])
    said = AddressChanged(found[0].id, role, removed=not email)
    subject = Subject("notice_address", row.pk, row.steps, found[0].region_code)
    journal.record(payload=said, subject=subject, author=author, happened_at=now)
    return found[0].id


@transaction.atomic
def preferences_set(*, modes: Mapping[str, str], actor: Actor) -> None:
    """Say how the acting post's unit and role want to hear of steps, besides the page: step → one of `MODES`.

    Raises:
        SignInNeeded: nobody acts in a post.
        InputError: no such step or way; nothing is changed.
    """
    if actor.unit_id is None:
        raise SignInNeeded(msg("请先登录。"))
    book = notice_book()
    for step, mode in modes.items():
        if mode not in MODES or book.find("unit", step) is None:
            raise InputError(msg("没有这一项。请刷新后再选。"))
    Preference.objects.bulk_create(
        [Preference(unit_id=actor.unit_id, role=actor.role, step=step, mode=mode) for step, mode in modes.items()],
        update_conflicts=True,
        unique_fields=["unit_id", "role", "step"],
        update_fields=["mode"],
    )


@transaction.atomic
def subscription_add(*, wanted: NewSubscription, known_kinds: Sequence[str], actor: Actor, now: datetime) -> int:
    """Let another system be told of steps; the subscription's id.

    Raises:
        SignInNeeded, NotAllowed: the acting post isn't the city's keeper.
        BadAddress: a name, kind or region that can't be, or too many.
        Refused, Unreachable, TooSlow: an address that we don't call, or whose name isn't known.
    """
    author = check_city_keeper(actor)
    name, url, code = wanted.name.strip(), wanted.url.strip(), wanted.scope_code.strip()
    if not name or len(name) > NAME_MOST:
        raise BadAddress(
            msg("请写对方系统的名称，最多 60 字。"), fields={"name": msg("请写对方系统的名称，最多 60 字。")}
        )
    if set(wanted.kinds) - set(known_kinds):
        raise BadAddress(msg("没有这种事项。请重新选择。"), fields={"kinds": msg("请重新选择。")})
    if code and organisation.region_of_code(code, local_date(now)) is None:
        raise BadAddress(msg("没有这个区域代码。请核对后再填。"), fields={"scope_code": msg("请核对区域代码。")})
    if len(url) > URL_MOST:
        raise BadAddress(msg("网址太长。最多 500 个字符。"), fields={"url": msg("网址太长。最多 500 个字符。")})
    if Subscription.objects.filter(ended_at=None).count() >= SUBSCRIPTIONS_MOST:
        raise BadAddress(msg("最多 %(most)s 个订阅。请先停用不用的。"), most=SUBSCRIPTIONS_MOST)
    outbound.check_url(url, settings.OUTBOUND)
    row = Subscription.objects.create(
        name=name, url=url, kinds=sorted(wanted.kinds), scope_code=code, key_changed_at=now, made_at=now
    )
    _tell(row, "added", author, now)
    return row.pk


@transaction.atomic
def subscription_rotate(*, subscription_id: int, actor: Actor, now: datetime) -> int:
    """Give a subscription another key; the one before signs too for a week. Its number.

    Raises:
        SignInNeeded, NotAllowed: the acting post isn't the city's keeper.
        NoSuchSubscription: none that runs.
    """
    author = check_city_keeper(actor)
    row = _locked(subscription_id)
    row.key_number, row.key_changed_at, row.steps = row.key_number + 1, now, row.steps + 1
    row.save(update_fields=["key_number", "key_changed_at", "steps"])
    _tell(row, "rotated", author, now)
    return row.key_number


@transaction.atomic
def subscription_end(*, subscription_id: int, actor: Actor, now: datetime) -> None:
    """Tell a system no more; what still waited for it isn't sent.

    Raises:
        SignInNeeded, NotAllowed: the acting post isn't the city's keeper.
        NoSuchSubscription: none that runs.
    """
    author = check_city_keeper(actor)
    row = _locked(subscription_id)
    row.ended_at, row.steps = now, row.steps + 1
    row.save(update_fields=["ended_at", "steps"])
    _tell(row, "ended", author, now)


def _locked(subscription_id: int) -> Subscription:
    row: Subscription | None = (
        Subscription.objects.select_for_update().filter(pk=subscription_id, ended_at=None).first()
    )
    if row is None:
        raise NoSuchSubscription(msg("没有这个订阅，或者已经停用。请刷新后再看。"))
    return row


def _tell(row: Subscription, change: str, author: Author, now: datetime) -> None:
    said = SubscriptionChanged(
        change, urlsplit(row.url).hostname or "", tuple(row.kinds), row.scope_code, row.key_number
    )
    subject = Subject("notice_subscription", row.pk, row.steps, row.scope_code)
    journal.record(payload=said, subject=subject, author=author, happened_at=now)


@transaction.atomic
def channel_retry(*, destination: str, actor: Actor, now: datetime) -> int:
    """Try a destination again now: whatever waits, and what was given up on; how many messages.

    Raises:
        SignInNeeded, NotAllowed: the acting post isn't the city's keeper.
    """
    check_city_keeper(actor)
    Channel.objects.filter(code=destination).update(next_at=now)
    return _again(Delivery.objects.filter(destination=destination), now)


@transaction.atomic
def delivery_retry(*, delivery_id: int, actor: Actor, now: datetime) -> None:
    """Try one message again now.

    Raises:
        SignInNeeded, NotAllowed: the acting post isn't the city's keeper.
        NoSuchDelivery: it was sent, or there is none.
    """
    check_city_keeper(actor)
    found = Delivery.objects.filter(pk=delivery_id)
    destination = found.values_list("destination", flat=True).first()
    if destination is None or not _again(found, now):
        raise NoSuchDelivery(msg("这一条已经发出，或者不用再发。请刷新后再看。"))
    Channel.objects.filter(code=destination).update(next_at=now)


def _again(rows: QuerySet[Delivery], now: datetime) -> int:
    """From now on, for as long as at first."""
    count = 0
    for gateway, limit in notice_book().give_up.items():
        mine = rows.filter(gateway=gateway, state__in=["waiting", "given_up"])
        count += mine.update(state="waiting", ended_at=None, next_at=now, give_up_at=now + limit)
    return count


def sms_test(*, phone: str, actor: Actor, now: datetime) -> str:
    """Send a test message to a phone that the keeper types in and that is kept nowhere; what a demo shows instead.

    Raises:
        SignInNeeded, NotAllowed: the acting post isn't the city's keeper.
        InvalidPhone, SmsOff, SmsFailed: no phone; no text messages; not taken.
    """
    check_city_keeper(actor)
    return send_sms(phone=normalise_phone(phone), text=gettext(TEST_WORDS), now=now).shown


@transaction.atomic
def test_ask(*, destination: str, actor: Actor, now: datetime) -> None:
    """Send a test message: by mail to the mailbox of the keeper's own unit, or to a subscription.

    Raises:
        SignInNeeded, NotAllowed: the acting post isn't the city's keeper.
        BadAddress: mail isn't set up, or the unit has no mailbox; no such subscription.
    """
    check_city_keeper(actor)
    gateway, _, number = destination.partition(":")
    limit = notice_book().give_up.get(gateway)
    more: dict[str, Any]
    once = f"test:{destination}:{actor.post_id}:{now.isoformat()}"
    if gateway == "mail":
        if not is_offered("mail"):
            raise BadAddress(msg("还没有设置邮件服务器。请看 docs/notices.md。"))
        if not Address.objects.filter(unit_id=actor.unit_id or 0, role__in=["", actor.role]).exclude(email="").exists():
            raise BadAddress(msg("您的单位还没有值班邮箱。请先登记，再试发。"))
        more = {"unit_id": actor.unit_id, "role": actor.role, "text": gettext(TEST_WORDS)}
    elif (
        gateway == "webhook"
        and number.isdigit()
        and Subscription.objects.filter(pk=int(number), ended_at=None).exists()
    ):
        more = {"text": TEST_STEP, "body": {"at": now.isoformat(), "data": {}}}
    else:
        raise BadAddress(msg("没有这个渠道，或者已经停用。请刷新后再看。"))
    Delivery.objects.create(
        gateway=gateway, destination=destination, key=key_of(once), step=TEST_STEP, made_at=now, next_at=now,
        give_up_at=now + limit if limit else now, **more,
    )  # fmt: skip
