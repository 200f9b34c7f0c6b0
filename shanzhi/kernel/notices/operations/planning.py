"""What is to go out by the gateways: written in the transaction that tells of it, once however often it is told.

For units' mailboxes lines are gathered and become one message (`digest_due`); what goes out at once is a digest too, of what
came together in that moment. Reporters and other systems get a message for each step. Worker's role throughout.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, cast
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from shanzhi.core.text import msg
from shanzhi.kernel.catalogue import queries as catalogue
from shanzhi.kernel.notices.gateways import is_offered
from shanzhi.kernel.notices.models import Address, Delivery, Line, Preference, Subscription
from shanzhi.kernel.notices.policy.contacts import calendar
from shanzhi.kernel.notices.policy.moments import next_digest, release_at
from shanzhi.kernel.notices.policy.templates import Mode, NoticeBook

KEEP = timedelta(days=30)
"""How long sent messages and lines stay listed; what was given up on stays three times as long."""
LINES_A_MESSAGE = 100
BATCH = 2_000
NO_LINK = msg("本市诉求网页")


def notice_book() -> NoticeBook:
    """The rule book's section."""
    return cast(NoticeBook, catalogue.section("notices"))


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line for a unit's mailbox, as `NewNotice` has it."""

    unit_id: int
    role: str
    subject_kind: str
    subject_id: int
    subject_step: int
    step: str
    kind: str
    facts: Mapping[str, str]
    urgent: bool


@dataclass(frozen=True, slots=True)
class ToReporter:
    """A step that the reporter of a subject may be told of; `facts` fill the template's places."""

    step: str
    kind: str
    subject_kind: str
    subject_id: int
    subject_step: int
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outward:
    """A step that other systems may be told of: `subject` is its number, `data` plain values without personal content."""

    step: str
    kind: str
    scope_code: str
    subject: str
    subject_step: int
    happened_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


def key_of(once: str) -> UUID:
    """The idempotency key of what a delivery is about: the same in this installation, however often it is planned."""
    return uuid5(uuid5(NAMESPACE_URL, str(settings.NOTICES_SOURCE)), once)


def lines_plan(lines: Sequence[NewLine], *, now: datetime) -> int:
    """Note what mailboxes get of these lines: by template, by what the posts want, and where there is a mailbox; returns
    how many. At most 3 queries."""
    if not lines or not is_offered("mail"):
        return 0
    units = {line.unit_id for line in lines}
    boxes = set(Address.objects.filter(unit_id__in=units).exclude(email="").values_list("unit_id", "role"))
    if not boxes:
        return 0
    wanted = {
        (row.unit_id, row.role, row.step): cast(Mode, row.mode) for row in Preference.objects.filter(unit_id__in=units)
    }
    rows = [
        row
        for line in lines
        if boxes & {(line.unit_id, line.role), (line.unit_id, "")}
        for row in _line(line, wanted.get((line.unit_id, line.role, line.step)), now)
    ]
    Line.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _line(line: NewLine, wanted: Mode | None, now: datetime) -> Iterable[Line]:
    book = notice_book()
    template = book.find("unit", line.step, line.kind)
    mode = wanted or (template.mode if template else "none")
    if template is None or mode == "none":
        return
    if line.urgent or template.urgent:
        release = now
    elif mode == "now":
        release = release_at(now, book.quiet["mail"], calendar())
    else:
        release = next_digest(now, book.digest, calendar())
    yield Line(
        unit_id=line.unit_id,
        role=line.role,
        subject_kind=line.subject_kind,
        subject_id=line.subject_id,
        subject_step=line.subject_step,
        step=line.step,
        text=template.filled(line.facts),
        made_at=now,
        release_at=release,
    )


@transaction.atomic
def digest_due(now: datetime) -> int:
    """Put the lines that are due into messages, one for each unit and role (at most `LINES_A_MESSAGE` lines in each);
    returns how many messages. 3 queries, and 1 more for each message."""
    rows = list(
        Line.objects.select_for_update(skip_locked=True)
        .filter(delivery_id=None, release_at__lte=now)
        .order_by("unit_id", "role", "id")[:BATCH]
    )
    made = 0
    limit = notice_book().give_up["mail"]
    for (unit_id, role), group in groupby(rows, key=lambda row: (row.unit_id, row.role)):
        mine = list(group)
        for start in range(0, len(mine), LINES_A_MESSAGE):
            part = mine[start : start + LINES_A_MESSAGE]
            delivery = Delivery.objects.create(
                gateway="mail",
                destination="mail",
                key=key_of(f"mail:{unit_id}:{role}:{part[0].pk}-{part[-1].pk}"),
                step=part[0].step if len(part) == 1 else "digest",
                unit_id=unit_id,
                role=role,
                text=part[0].text if len(part) == 1 else gettext("%(count)s 条办理通知") % {"count": len(part)},
                body={"lines": [row.text for row in part]},
                made_at=now,
                next_at=now,
                give_up_at=now + limit,
            )
            Line.objects.filter(pk__in=[row.pk for row in part]).update(delivery_id=delivery.pk)
            made += 1
    return made


def reporters_plan(items: Sequence[ToReporter], *, now: datetime) -> int:
    """Note the text messages to reporters: number, stage, date and address, where the rule book has a template; the phone
    is read when it is sent. Returns how many. 1 query."""
    if not items or not is_offered("sms"):
        return 0
    book = notice_book()
    link = f"{settings.PUBLIC_URL}/follow/" if settings.PUBLIC_URL else gettext(NO_LINK)
    rows = []
    for item in items:
        template = book.find("reporter", item.step, item.kind)
        if template is None:
            continue
        start = now if template.urgent else release_at(now, book.quiet["sms"], calendar())
        rows.append(
            Delivery(
                gateway="sms",
                destination="sms",
                key=key_of(f"sms:{item.subject_kind}:{item.subject_id}:{item.subject_step}:{item.step}"),
                step=item.step,
                subject_kind=item.subject_kind,
                subject_id=item.subject_id,
                text=template.filled({**item.facts, "link": link}),
                made_at=now,
                next_at=start,
                give_up_at=start + book.give_up["sms"],
            )
        )
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def outward_plan(items: Sequence[Outward], *, now: datetime) -> int:
    """Note the messages to other systems that wait for these steps; returns how many. 2 queries."""
    subscriptions = list(Subscription.objects.filter(ended_at=None)) if items else []
    limit = notice_book().give_up["webhook"] if subscriptions else timedelta()
    rows = [
        Delivery(
            gateway="webhook",
            destination=destination_of(one.pk),
            key=key_of(f"webhook:{one.pk}:{item.subject}:{item.subject_step}:{item.step}"),
            step=item.step,
            text=item.subject,
            body={"at": item.happened_at.isoformat(), "data": dict(item.data)},
            made_at=now,
            next_at=now,
            give_up_at=now + limit,
        )
        for one in subscriptions
        for item in items
        if _wants(one.kinds, one.scope_code, item)
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _wants(kinds: Collection[str], scope_code: str, item: Outward) -> bool:
    return (not kinds or item.kind in kinds) and item.scope_code.startswith(scope_code)


def destination_of(subscription_id: int) -> str:
    """By what a subscription stands among the channels."""
    return f"webhook:{subscription_id}"


@transaction.atomic
def deliveries_forget(*, now: datetime) -> int:
    """Throw away messages and lines that are long done; returns how many messages. What waits is never touched."""
    Line.objects.filter(delivery_id__isnull=False, made_at__lt=now - KEEP).delete()
    done, _ = Delivery.objects.filter(state__in=["sent", "void"], ended_at__lt=now - KEEP).delete()
    given_up, _ = Delivery.objects.filter(state="given_up", ended_at__lt=now - 3 * KEEP).delete()
    return done + given_up
