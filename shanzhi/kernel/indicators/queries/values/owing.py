"""What posts owe: figures that they type in, until when, and who has handed in."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from django.db.models import Count, Q

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.indicators.models import Permit
from shanzhi.kernel.indicators.models import Value as Entered
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Indicator, Length, Source
from shanzhi.kernel.indicators.policy.entering import Rule, due_on, rule_of
from shanzhi.kernel.indicators.policy.periods import Period, period_of
from shanzhi.kernel.indicators.queries.values.page import entered_rows
from shanzhi.kernel.indicators.queries.values.reading import place_of, rule, where
from shanzhi.kernel.indicators.queries.values.shapes import Completeness, OwedLine, PermitRow, Place
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.queries import PostCard, one_tree

PERIODS = 2
"""Periods that are listed: the one that ended last, and the one before it."""
_ORDER = {"late": 0, "due": 1, "permitted": 1, "asked": 2, "handed_in": 3}


def owed(actor: Actor, on: date) -> list[OwedLine]:
    """What the acting post owes now, the most urgent first, and what it has handed in lately; 5 statements and the tree."""
    book = catalogue()
    with one_tree(is_read=True):
        wanted = list(_wanted(book, actor, on))
        if not wanted:
            return []
        at = Q(pk__in=[])
        for indicator, period, places in wanted:
            at |= Q(key=indicator.key, first=period.first, region_id__in=list(places))
        values = {(row.key, row.first, row.region_id): row for row in Entered.objects.filter(at, is_last=True)}
        permits = {(row.key, row.first, row.region_id): row for row in Permit.objects.filter(at).order_by("id")}
        known = {place.id: place for *_, places in wanted for place in places.values()}
        told = {row.id: row for row in entered_rows(list(values.values()), {one.key: one for one, *_ in wanted}, known)}
        lines = []
        for indicator, period, places in wanted:
            for place in places.values():
                key = (indicator.key, period.first, place.id)
                value = values.get(key)
                entered = told[value.pk] if value is not None else None
                lines.append(_line(indicator, place, period, on, entered, permits.get(key)))
        return sorted(lines, key=lambda one: (_ORDER[one.state], one.due_on, one.indicator.name, one.place.code))


def _line(
    indicator: Indicator, place: Place, period: Period, on: date, entered: object, permit: Permit | None
) -> OwedLine:
    due, until = due_on(indicator, period), permit.until_on if permit and permit.state == "granted" else None
    if entered is not None:
        state = "handed_in"
    elif on <= due:
        state = "due"
    elif until is not None and on <= until:
        state = "permitted"
    else:
        state = "asked" if permit is not None and permit.state == "asked" else "late"
    return OwedLine(indicator, place, period, due, state, entered, until)  # type: ignore[arg-type]


def _wanted(book: Catalogue, actor: Actor, on: date) -> Iterator[tuple[Indicator, Period, dict[int, Place]]]:
    """The figures that the post types in, by period and region; 1 statement and the tree."""
    cards = organisation.posts_of_roles((actor.role,), on) if actor.role else []
    for key in dict.fromkeys(one.key for one in book.indicators if one.source is not Source.COMPUTED):
        versions = book.versions(key)
        for period in _periods(versions[-1], on):
            indicator = book.indicator(key, period.last)
            if indicator is None or (found := rule_of(indicator)).by != actor.role:
                continue
            places = _places(actor, cards, found, period.ends_on, on)
            if places:
                yield indicator, period, places


def _periods(indicator: Indicator, on: date) -> list[Period]:
    now = period_of(on, indicator.period)
    past = [now.before(steps) for steps in range(1, PERIODS + 1)]
    # What isn't counted at the end but said within the period may be handed in before it is over.
    return past if indicator.source is Source.REPORTED else [now, *past[:1]]


def _places(actor: Actor, cards: Sequence[PostCard], found: Rule, then: date, on: date) -> dict[int, Place]:
    """The regions of the rule's level for which this post is the nearest of its role, whose posts are `cards`."""
    if not any(card.post_id == actor.post_id for card in cards):
        return {}
    top = organisation.region_of_code(actor.region_code, on)
    if top is None:
        return {}
    regions = [top] if top.level.value == found.level.value else list(at_level(top.id, found.level.value, then))
    nearer = [card for card in cards if len(card.region_code) > len(actor.region_code)]
    return {
        one.id: place_of(one)
        for one in regions
        if actor.place.contains(one.code) and not any(card.ranges.contains(one.code) for card in nearer)
    }


def at_level(region_id: int, level: str, on: date) -> Iterator[organisation.RegionRow]:
    """The regions of a level below another, as of a day; zones and grids aside."""
    for one in organisation.children(region_id, on):
        if one.level.value == level:
            yield one
        elif one.level not in (Level.ZONE, Level.GRID):
            yield from at_level(one.id, level, on)


def completeness(key: str, region_id: int, period: Period) -> Completeness:
    """Which regions below (or the region itself) have handed in a typed-in figure; 1 statement and the tree.

    Raises:
        NoSuchIndicator, NoSuchPlace: as `indicator_page`.
        NotTypedIn: it is computed.
    """
    with one_tree(is_read=True):
        indicator = rule(catalogue(), key, period)
        found = rule_of(indicator)
        around = where(region_id, period.ends_on)
        places = (
            [around.place]
            if around.place.level == found.level.value
            else [place_of(one) for one in at_level(region_id, found.level.value, period.ends_on)]
        )
    rows = Entered.objects.filter(key=key, first=period.first, is_last=True, region_id__in=[one.id for one in places])
    there = set(rows.values_list("region_id", flat=True))
    return Completeness(
        indicator,
        period,
        due_on(indicator, period),
        tuple(one for one in places if one.id in there),
        tuple(one for one in places if one.id not in there),
    )


def entered_since(wanted: Sequence[tuple[str, Period]], since: datetime) -> dict[str, int]:
    """How many values of these indicators and periods were typed in from a moment on, in all regions in sight, corrections too;
    keys without any are left out; 1 statement."""
    at = Q(pk__in=[])
    for key, period in wanted:
        at |= Q(key=key, first__gte=period.first, first__lte=period.last)
    rows = Entered.objects.filter(at, entered_at__gte=since).values_list("key").annotate(count=Count("pk"))
    return dict(rows.order_by("key"))


def permits_waiting(actor: Actor) -> list[PermitRow]:
    """Wishes to hand in late that the acting post's unit answers, the oldest first; 1 statement and the tree."""
    with one_tree(is_read=True):
        rows = list(Permit.objects.filter(to_unit_id=actor.unit_id or 0, state="asked").order_by("id")[:200])
        names = organisation.unit_names({row.unit_id for row in rows})
        return [_permit(row, names) for row in rows]


def _permit(row: Permit, names: dict[int, str]) -> PermitRow:
    period = Period(row.first, Length(row.length))
    region = organisation.region_by_id(row.region_id, period.ends_on)
    indicator = catalogue().indicator(row.key, period.last)
    return PermitRow(
        row.pk,
        row.key,
        indicator.name if indicator else row.key,
        place_of(region) if region else Place(row.region_id, row.scope_code, row.scope_code, ""),
        period,
        names.get(row.unit_id, ""),
        row.words,
        row.state,
        row.asked_at,
        row.until_on,
        row.reason,
    )
