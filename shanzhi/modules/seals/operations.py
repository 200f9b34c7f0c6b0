"""Sending heads to those who keep them: each day's last head, and each epoch's first, to every address of the setting.

A try is claimed and committed before anything is sent, so that no transaction stays open while another server thinks
(it would hold sealing back), two workers never send the same, and one that dies leaves nothing locked: after `LEASE`
another takes it up. So a head may arrive twice; it is the same note both times.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from shanzhi.core import outbound
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.kernel.journal import queries as journal
from shanzhi.modules.seals import policy
from shanzhi.modules.seals.models import Delivery as Row
from shanzhi.modules.seals.queries import keys

DAYS = policy.GIVE_UP_AFTER.days
SECONDS = 10.0
MOST_ANSWER = 65_536
AT_ONCE = 100
"""How many tries one run makes at most."""
_STATUS_MOST = 40
_OPEN = {"delivered_at__isnull": True, "given_up_at__isnull": True}


def heads_deliver(*, now: datetime) -> int:
    """Note what has to be sent, send what is due; returns how many heads arrived."""
    addresses: dict[str, str] = {policy.address_hash(each): each for each in settings.SEAL_WEBHOOKS}
    deliveries_plan(addresses=tuple(addresses), now=now)
    arrived, silent = 0, set[str]()
    for _ in range(AT_ONCE):
        claimed = _claim(now, besides=silent)
        if claimed is None:
            break
        address = addresses.get(claimed.address_hash)
        status = "no-such-address" if address is None else _send(address, claimed)
        if _record(claimed, status, is_known=address is not None, now=now):
            arrived += 1
        else:
            # One that doesn't answer isn't asked again in this run.
            silent.add(claimed.address_hash)
    return arrived


@transaction.atomic
def deliveries_plan(*, addresses: Sequence[str], now: datetime) -> int:
    """Note a delivery to each address (by its hash) of the last days' and new epochs' heads; those noted already stay as
    they are. Returns how many heads there are. One query a day."""
    if not addresses:
        return 0
    wanted: dict[int, tuple[policy.Occasion, str]] = {}
    for epoch in journal.epochs():
        if now - epoch.begun_at < policy.GIVE_UP_AFTER and (first := journal.head_first_of(epoch.number)):
            wanted[first.id] = ("epoch", local_date(first.signed_at).isoformat())
    for day, start, end in policy.days_before(now, DAYS):
        if last := journal.head_last_in(start, end):
            wanted.setdefault(last.id, ("day", day.isoformat()))
    rows = [
        Row(address_hash=address, head_id=head, occasion=occasion, day=day, made_at=now, next_at=now)
        for address in addresses
        for head, (occasion, day) in wanted.items()
    ]
    Row.objects.bulk_create(rows, ignore_conflicts=True)
    return len(wanted)


@transaction.atomic
def _claim(now: datetime, *, besides: set[str]) -> Row | None:
    """Take the next try that is due, the oldest first."""
    due = Row.objects.filter(next_at__lte=now, **_OPEN).exclude(address_hash__in=besides)
    row: Row | None = due.select_for_update(skip_locked=True).order_by("next_at", "id").first()
    if row is None:
        return None
    row.tries += 1
    row.next_at = now + policy.LEASE
    row.save(update_fields=["tries", "next_at"])
    return row


def _send(address: str, row: Row) -> str:
    """Send one head; returns the other side's status, or the code of what went wrong. The address stands in no log."""
    body = policy.body_of(
        note=journal.head_of(row.head_id).note,
        occasion="epoch" if row.occasion == "epoch" else "day",
        day=row.day,
        keys=[key.text for key in keys()],
        page=reverse("seals:head", args=[row.head_id]),
    )
    headers = {"Content-Type": "application/json; charset=utf-8", "Shanzhi-Delivery": f"{row.head_id}"}
    rules = replace(settings.OUTBOUND, seconds=SECONDS, most_bytes=MOST_ANSWER)
    try:
        return str(outbound.send("POST", address, rules=rules, body=body, headers=headers).status)
    except DomainError as error:
        return error.code[:_STATUS_MOST]


@transaction.atomic
def _record(row: Row, status: str, *, is_known: bool, now: datetime) -> bool:
    """Write down how a try ended; did the head arrive?"""
    row.last_status = status
    has_arrived = len(status) == 3 and status.startswith("2")
    if has_arrived:
        row.delivered_at = now
    elif not is_known or policy.is_over(row.made_at, now):
        row.given_up_at = now
    else:
        row.next_at = policy.next_try(row.tries, now)
    row.save(update_fields=["last_status", "next_at", "delivered_at", "given_up_at"])
    return has_arrived
