"""Sending what is due: claim and commit, send, write down what became of it.

Nothing is open while another server thinks: a try is claimed and committed first, so that two workers never send the same
and one that was killed leaves nothing locked; after `LEASE` another takes it up. So a message may go out twice, under the
same key. A destination that fails rests as a whole and is asked by one message at a time; the others' turn comes when it
answers again, and no other destination waits for it.
"""

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from shanzhi.core.errors import DomainError
from shanzhi.kernel.notices.gateways import Failed, Message, Outcome, Sent, Void, gateway_of
from shanzhi.kernel.notices.models import Address, Channel, Delivery, Subscription
from shanzhi.kernel.notices.policy import signing
from shanzhi.kernel.notices.policy.contacts import phone_reader
from shanzhi.kernel.notices.policy.moments import LEASE, next_try

AT_ONCE = 50
"""How many tries one run makes at most."""

_CLAIM = """
UPDATE notices_delivery SET tries = tries + 1, next_at = %(until)s WHERE id = (
    SELECT d.id FROM notices_delivery d
    WHERE d.gateway = %(gateway)s AND d.state = 'waiting' AND d.next_at <= %(now)s
      AND NOT EXISTS (SELECT 1 FROM notices_channel c WHERE c.code = d.destination AND c.next_at > %(now)s)
    ORDER BY d.next_at, d.id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""


def deliver_due(*, gateway: str, now: datetime, most: int = AT_ONCE) -> int:
    """Send by one gateway what is due; returns how many tries were made. Worker's role, outside any transaction."""
    if not gateway_of(gateway).is_offered:
        return 0
    _give_up(gateway, now)
    tries = 0
    while tries < most and send_once(gateway=gateway, now=now):
        tries += 1
    return tries


def send_once(*, gateway: str, now: datetime) -> bool:
    """Try the oldest message that is due; was there one?"""
    row = _claim(gateway, now)
    if row is None:
        return False
    found = _message(row, now)
    outcome = gateway_of(gateway).send(found, now=now) if isinstance(found, Message) else found
    _record(row, outcome, now)
    return True


@transaction.atomic
def _give_up(gateway: str, now: datetime) -> None:
    """What was tried, or waited for a failing destination, long enough: it stays listed."""
    overdue = Delivery.objects.filter(gateway=gateway, state="waiting", give_up_at__lte=now)
    overdue.update(state="given_up", ended_at=now)


@transaction.atomic
def _claim(gateway: str, now: datetime) -> Delivery | None:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"gateway": gateway, "now": now, "until": now + LEASE})
        found = cursor.fetchone()
        if found is None:
            return None
        row = Delivery.objects.get(pk=found[0])
        # Whoever sends by a destination that failed is its one scout: nobody else tries until the scout is back.
        Channel.objects.filter(code=row.destination, failures__gt=0).update(next_at=now + LEASE)
        return row


def _message(row: Delivery, now: datetime) -> Message | Void:
    """The message with whom it is for, which stands in the row of none: looked up at the moment of sending."""
    keys: tuple[bytes, ...] = ()
    if row.gateway == "webhook":
        one = Subscription.objects.filter(pk=int(row.destination.partition(":")[2]), ended_at=None).first()
        to = one.url if one else ""
        keys = _keys(one, now) if one else ()
    elif row.gateway == "mail":
        boxes = dict(Address.objects.filter(unit_id=row.unit_id or 0).values_list("role", "email"))
        to = boxes.get(row.role) or boxes.get("", "")
    else:
        to = _phone(row, now)
    if not to:
        return Void({"webhook": "no-subscription", "mail": "no-mailbox"}.get(row.gateway, "no-phone"))
    return Message(row.key, row.step, to, row.text, row.body, row.made_at, keys)


def _keys(one: Subscription, now: datetime) -> tuple[bytes, ...]:
    numbers = [one.key_number]
    if one.key_number > 1 and now - one.key_changed_at < signing.OVERLAP:
        numbers.append(one.key_number - 1)
    return tuple(signing.key_of(settings.NOTICES_KEY, one.pk, number) for number in numbers)


def _phone(row: Delivery, now: datetime) -> str:
    """The reporter's phone, read and recorded by the slice that keeps it; nothing where its subject is gone."""
    read = phone_reader(row.subject_kind)
    try:
        return read(row.subject_id, now) if read and row.subject_id is not None else ""
    except DomainError:
        return ""


@transaction.atomic
def _record(row: Delivery, outcome: Outcome, now: datetime) -> None:
    """Write down how a try ended, for the message and for its destination."""
    if isinstance(outcome, Failed):
        _record_failure(row, outcome, now)
        return
    row.state = "void" if isinstance(outcome, Void) else "sent"
    row.last_error = outcome.code if isinstance(outcome, Void) else ""
    row.ended_at = now
    row.save(update_fields=["state", "last_error", "ended_at"])
    if isinstance(outcome, Sent):
        _answered(row.destination, last_sent_at=now)
    else:
        # Nobody was asked: the next one is the scout.
        Channel.objects.filter(code=row.destination, failures__gt=0).update(next_at=now)


def _answered(destination: str, **more: datetime) -> None:
    Channel.objects.update_or_create(
        code=destination, defaults={"failing_since": None, "failures": 0, "next_at": None, "last_error": "", **more}
    )


def _record_failure(row: Delivery, failed: Failed, now: datetime) -> None:
    row.last_error = failed.code
    row.failed_at = row.failed_at or now
    if failed.for_good or now >= row.give_up_at:
        row.state, row.ended_at = "given_up", now
    else:
        row.next_at = next_try(str(row.key), row.tries, now)
    row.save(update_fields=["last_error", "failed_at", "state", "ended_at", "next_at"])
    if not failed.whole:
        # It doesn't take this message; but it is there.
        _answered(row.destination)
    else:
        channel, _ = Channel.objects.get_or_create(code=row.destination)
        channel.failures = F("failures") + 1
        channel.failing_since = channel.failing_since or now
        channel.last_error = failed.code
        channel.save()
        channel.refresh_from_db()
        channel.next_at = next_try(row.destination, channel.failures, now)
        channel.save(update_fields=["next_at"])
