"""How what goes out is doing, and where it goes: for the keeper, and for a post about its own unit."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, Q

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor, SignInNeeded
from shanzhi.kernel.notices.gateways import is_offered
from shanzhi.kernel.notices.models import Address, Channel, Delivery, Preference, Subscription
from shanzhi.kernel.notices.operations.keeping import NoSuchSubscription, check_city_keeper, check_keeper
from shanzhi.kernel.notices.operations.planning import destination_of, notice_book
from shanzhi.kernel.notices.policy import signing
from shanzhi.kernel.notices.policy.templates import GATEWAYS
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level, level_of

PAGE = 25
ROWS_SEEN = ("id", "destination", "step", "unit_id", "role", "made_at", "next_at", "tries", "last_error", "state")


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A destination: what waits and since when, what was given up on, since when it fails and why (a code)."""

    code: str
    gateway: str
    name: str
    is_offered: bool
    waiting: int
    waiting_since: datetime | None
    given_up: int
    failing_since: datetime | None
    last_error: str
    next_at: datetime | None
    last_sent_at: datetime | None


def channels(actor: Actor) -> list[ChannelRow]:
    """Every destination, the city's gateways first; 3 queries.

    Raises:
        SignInNeeded, NotAllowed: the acting post is no keeper.
    """
    check_keeper(actor)
    names = {code: name for code, name in GATEWAYS.items() if code != "webhook"}
    running = Subscription.objects.filter(ended_at=None).order_by("id").values_list("id", "name")
    names |= {destination_of(pk): name for pk, name in running}
    counted = {
        row["destination"]: row
        for row in Delivery.objects.filter(state__in=["waiting", "given_up"])
        .values("destination")
        .annotate(
            waiting=Count("id", filter=Q(state="waiting")),
            since=Min("made_at", filter=Q(state="waiting")),
            given_up=Count("id", filter=Q(state="given_up")),
        )
        .order_by()
    }
    doing = {row.code: row for row in Channel.objects.all()}
    made = []
    for code, name in names.items():
        count = counted.get(code)
        state = doing.get(code)
        made.append(
            ChannelRow(
                code=code,
                gateway=code.partition(":")[0],
                name=name,
                is_offered=is_offered(code.partition(":")[0]),
                waiting=count["waiting"] if count else 0,
                waiting_since=count["since"] if count else None,
                given_up=count["given_up"] if count else 0,
                failing_since=state.failing_since if state else None,
                last_error=state.last_error if state else "",
                next_at=state.next_at if state else None,
                last_sent_at=state.last_sent_at if state else None,
            )
        )
    return made


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A message that hasn't arrived: of which step, for which unit (empty: none), why, and when it is tried again."""

    id: int
    destination: str
    step: str
    unit_name: str
    made_at: datetime
    next_at: datetime
    tries: int
    last_error: str
    is_given_up: bool


def deliveries_listed(actor: Actor, *, before: int | None = None) -> list[DeliveryRow]:
    """Messages that failed at least once or were given up on, newest first, one more than a page; 2 queries.

    Raises:
        SignInNeeded, NotAllowed: the acting post is no keeper.
    """
    check_keeper(actor)
    rows = Delivery.objects.filter(Q(state="given_up") | Q(state="waiting", failed_at__isnull=False))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-id").values(*ROWS_SEEN)[: PAGE + 1])
    names = organisation.unit_names({row["unit_id"] for row in found if row["unit_id"]})
    return [
        DeliveryRow(
            row["id"],
            row["destination"],
            row["step"],
            names.get(row["unit_id"], ""),
            row["made_at"],
            row["next_at"],
            row["tries"],
            row["last_error"],
            row["state"] == "given_up",
        )
        for row in found
    ]


def may_change_channels(actor: Actor) -> bool:
    """Is this the city's own keeper? The gateways are the city's; a county's keeper looks on."""
    return level_of(actor.region_code) is Level.CITY


def count_failing(actor: Actor, now: datetime) -> int:
    """How many destinations fail, for the keeper's card; 1 query."""
    return Channel.objects.filter(failures__gt=0).count()


def deliveries_backlog() -> dict[str, tuple[int, int]]:
    """By gateway: how many messages wait, and how many were given up on (worker's role); 1 query."""
    rows = (
        Delivery.objects.filter(state__in=["waiting", "given_up"])
        .values_list("gateway")
        .annotate(waiting=Count("id", filter=Q(state="waiting")), given_up=Count("id", filter=Q(state="given_up")))
        .order_by()
    )
    found = {gateway: (waiting, given_up) for gateway, waiting, given_up in rows}
    return {gateway: found.get(gateway, (0, 0)) for gateway in GATEWAYS}


@dataclass(frozen=True, slots=True)
class AddressRow:
    """A duty mailbox; `role` empty: of the whole unit."""

    id: int
    unit_id: int
    unit_name: str
    role: str
    email: str
    changed_at: datetime


def addresses_page(actor: Actor, *, after: int = 0) -> list[AddressRow]:
    """Mailboxes in the keeper's place, in the order in which they were entered, one more than a page; 2 queries.

    Raises:
        SignInNeeded, NotAllowed: the acting post is no keeper.
    """
    check_keeper(actor)
    rows = list(Address.objects.exclude(email="").filter(pk__gt=after).order_by("id")[: PAGE + 1])
    names = organisation.unit_names({row.unit_id for row in rows})
    return [
        AddressRow(row.pk, row.unit_id, names.get(row.unit_id, ""), row.role, row.email, row.changed_at) for row in rows
    ]


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """Another system that is told; `old_key_until`: until then the key before signs too."""

    id: int
    name: str
    url: str
    kinds: tuple[str, ...]
    scope_code: str
    key_number: int
    old_key_until: datetime | None
    made_at: datetime
    ended_at: datetime | None


def subscriptions(actor: Actor) -> list[SubscriptionRow]:
    """The subscriptions that run, oldest first (50 at most); 1 query.

    Raises:
        SignInNeeded, NotAllowed: the acting post isn't the city's keeper.
    """
    check_city_keeper(actor)
    return [_row(row) for row in Subscription.objects.filter(ended_at=None).order_by("id")]


def subscription(pk: int, actor: Actor) -> SubscriptionRow:
    """One subscription that runs; 1 query.

    Raises:
        SignInNeeded, NotAllowed: the acting post isn't the city's keeper.
        NoSuchSubscription: none that runs.
    """
    check_city_keeper(actor)
    row = Subscription.objects.filter(pk=pk, ended_at=None).first()
    if row is None:
        raise NoSuchSubscription(msg("没有这个订阅，或者已经停用。请刷新后再看。"))
    return _row(row)


def subscription_secret(row: SubscriptionRow) -> str:
    """The secret with which its receiver checks our signature, as `whsec_…`; made anew each time, kept in no table."""
    return signing.secret_text(signing.key_of(settings.NOTICES_KEY, row.id, row.key_number))


def _row(row: Subscription) -> SubscriptionRow:
    until: timedelta = signing.OVERLAP
    return SubscriptionRow(
        row.pk,
        row.name,
        row.url,
        tuple(row.kinds),
        row.scope_code,
        row.key_number,
        row.key_changed_at + until if row.key_number > 1 else None,
        row.made_at,
        row.ended_at,
    )


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    """How a post hears of a step; `is_own`: it chose so itself."""

    step: str
    name: str
    mode: str
    is_own: bool


def preferences_of(actor: Actor) -> tuple[list[PreferenceRow], str]:
    """How the acting post's unit and role hear of each step, and the mailbox that they have (or nothing); 2 queries.

    Raises:
        SignInNeeded: nobody acts in a post.
    """
    if actor.unit_id is None:
        raise SignInNeeded(msg("请先登录。"))
    own = dict(Preference.objects.filter(unit_id=actor.unit_id, role=actor.role).values_list("step", "mode"))
    boxes = dict(Address.objects.filter(unit_id=actor.unit_id, role__in=["", actor.role]).values_list("role", "email"))
    rows = [
        PreferenceRow(one.step, one.name, own.get(one.step, one.mode), one.step in own)
        for one in notice_book().steps_of_units()
    ]
    return rows, boxes.get(actor.role) or boxes.get("", "")
