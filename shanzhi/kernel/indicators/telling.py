"""Telling units: what waits for their answer, what came of what they asked, which figure they owe."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.indicators.models import Exclusion, Permit, Value
from shanzhi.kernel.indicators.policy.definitions import Indicator, Length, Source
from shanzhi.kernel.indicators.policy.entering import CONTEST, DECIDE, due_on, rule_of
from shanzhi.kernel.indicators.policy.periods import Period, period_of
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices.operations import NewNotice
from shanzhi.kernel.notices.policy import Happened, offer_places, register_text
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level

TEXTS = {
    "indicators.permit_asked": msg("申请补报待您答复：%(name)s %(period)s（%(region)s）"),
    "indicators.permit_granted": msg("补报申请已同意：%(name)s %(period)s（%(region)s）"),
    "indicators.permit_declined": msg("补报申请未同意：%(name)s %(period)s（%(region)s）"),
    "indicators.exclusion_asked": msg("申诉待您决定：%(name)s %(period)s（事项 %(number)s）"),
    "indicators.exclusion_granted": msg("申诉已同意，已剔除：%(name)s %(period)s（事项 %(number)s）"),
    "indicators.exclusion_declined": msg("申诉未同意，照常计算：%(name)s %(period)s（事项 %(number)s）"),
    "indicators.exclusion_withdrawn": msg("申诉已撤回：%(name)s %(period)s（事项 %(number)s）"),
    "indicators.owed_soon": msg("请在 %(due)s 以前填报：%(name)s %(period)s（%(region)s）"),
    "indicators.owed_late": msg("填报已过期，请申请补报：%(name)s %(period)s（%(region)s）"),
}
"""Notice texts; exclusions and permits by the state that was reached."""
AHEAD = timedelta(days=3)
"""How long before its date somebody is reminded."""

for code, text in TEXTS.items():
    register_text(code, text)
offer_places("unit", "indicators.", {"city": ""})


def of_permits(events: Sequence[Happened], now: datetime) -> None:
    """Tell who answers a wish to hand in late, then who asked (worker)."""
    notices.notices_write(list(_of_permits(events)), now=now)


def _of_permits(events: Sequence[Happened]) -> Iterator[NewNotice]:
    rows = Permit.objects.in_bulk([int(event.body["permit"]) for event in events])
    for event in events:
        row = rows.get(int(event.body["permit"]))
        if row is None:
            continue
        state, period = str(event.body["state"]), Period(row.first, Length(row.length))
        region = organisation.region_by_id(row.region_id, period.ends_on)
        params = {
            "name": _name(row.key, period),
            "period": str(period),
            "region": region.name if region else row.scope_code,
            "permit": row.pk,
        }
        rule = catalogue().indicator(row.key, period.last)
        told = (
            _deciding(row.to_unit_id) if state == "asked" else [(row.unit_id, rule_of(rule).by if rule else "keeper")]
        )
        for unit_id, role in told:
            step = int(event.body["step"])
            yield NewNotice(unit_id, role, "figure_permit", row.pk, step, f"indicators.permit_{state}", params)


def of_exclusions(events: Sequence[Happened], now: datetime) -> None:
    """Tell who decides a contested count, then who asked, and the decider of a change (worker)."""
    notices.notices_write(list(_of_exclusions(events)), now=now)


def _of_exclusions(events: Sequence[Happened]) -> Iterator[NewNotice]:
    rows = Exclusion.objects.in_bulk([int(event.body["exclusion"]) for event in events])
    for event in events:
        row = rows.get(int(event.body["exclusion"]))
        if row is None:
            continue
        state, period = str(event.body["state"]), Period(row.month)
        params = {
            "name": _name(row.key, period),
            "period": str(period),
            "number": row.matter_number,
            "exclusion": row.pk,
        }
        told = _deciding(row.to_unit_id) if state in ("asked", "withdrawn") else _contesting(row.unit_id)
        if state in ("granted", "declined") and row.revised_at is not None:
            told = [*told, *_deciding(row.to_unit_id)]
        for unit_id, role in told:
            step = int(event.body["step"])
            yield NewNotice(unit_id, role, "exclusion", row.pk, step, f"indicators.exclusion_{state}", params)


def _name(key: str, period: Period) -> str:
    found = catalogue().indicator(key, period.last)
    return found.name if found else key


def _deciding(unit_id: int) -> list[tuple[int, str]]:
    return [(unit_id, role.code) for role in roles().values() if DECIDE in role.may]


def _contesting(unit_id: int) -> list[tuple[int, str]]:
    return [(unit_id, role.code) for role in roles().values() if CONTEST in role.may]


def remind(*, now: datetime) -> int:
    """Remind of figures whose time is nearly over, or has passed; each unit, figure and period once. Returns how many lines
    were written. Worker's role."""
    on, lines = local_date(now), []
    book = catalogue()
    for key in dict.fromkeys(one.key for one in book.indicators if one.source is not Source.COMPUTED):
        versions = book.versions(key)
        period = period_of(on, versions[-1].period).before()
        indicator = book.indicator(key, period.last)
        if indicator is not None and on >= due_on(indicator, period) - AHEAD:
            lines += list(_owed(indicator, period, on))
    notices.notices_write(lines, now=now)
    return len(lines)


def _owed(indicator: Indicator, period: Period, on: date) -> Iterator[NewNotice]:
    rule, due = rule_of(indicator), due_on(indicator, period)
    there = set(
        Value.objects.filter(key=indicator.key, first=period.first, is_last=True).values_list("region_id", flat=True)
    )
    cards = organisation.posts_of_roles((rule.by,), on)
    late = on > due
    for top in organisation.top_regions(period.ends_on):
        for region in organisation_level(top.id, Level(rule.level.value), period.ends_on):
            fitting = [card for card in cards if card.ranges.contains(region.code)]
            if region.id in there or not fitting:
                continue
            nearest = max(len(card.region_code) for card in fitting)
            params = {"name": indicator.name, "period": str(period), "region": region.name, "due": str(due)}
            for unit_id in {card.unit_id for card in fitting if len(card.region_code) == nearest}:
                text = "indicators.owed_late" if late else "indicators.owed_soon"
                # Which figure of which period it is stands in the kind of subject, so that each is told of once.
                about = f"figure:{indicator.key}:{period}"
                yield NewNotice(unit_id, rule.by, about, region.id, 1, text, params)


def organisation_level(region_id: int, level: Level, on: date) -> Iterator[organisation.RegionRow]:
    """The regions of a level at or below one, by the tree that the process keeps."""
    row = organisation.region_by_id(region_id, on)
    if row is not None and row.level is level:
        yield row
        return
    for child in organisation.children(region_id, on):
        if child.level not in (Level.ZONE, Level.GRID):
            yield from organisation_level(child.id, level, on)
