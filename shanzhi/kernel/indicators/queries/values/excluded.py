"""Contested counts: the published list, one of them for those whom it concerns, and how many each unit has."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.facts.queries.cubes import cube_units
from shanzhi.kernel.files import queries as files
from shanzhi.kernel.indicators.models import Exclusion, Revision, Said
from shanzhi.kernel.indicators.policy.entering import CONTEST, DECIDE
from shanzhi.kernel.indicators.policy.excluding import NoSuchExclusion
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.values import Value
from shanzhi.kernel.indicators.queries.values.reading import place_of
from shanzhi.kernel.indicators.queries.values.revisions import revision_row
from shanzhi.kernel.indicators.queries.values.shapes import (
    ExclusionCard,
    ExclusionRow,
    ExclusionShare,
    FileRow,
    Place,
    SaidRow,
)
from shanzhi.kernel.indicators.rules import catalogue, exclusion_rules
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import one_tree

PAGE = 25


def exclusions(
    *,
    region_id: int | None = None,
    period: Period | None = None,
    key: str = "",
    state: str = "",
    after: int | None = None,
) -> list[ExclusionRow]:
    """Contested counts in sight, the latest first, 26 at most (one more than a page): granted ones are published within the
    city; 3 statements."""
    with one_tree(is_read=True):
        return list(exclusion_rows(key=key, region_id=region_id, period=period, state=state, after=after))


def exclusion_rows(
    *,
    key: str = "",
    region_id: int | None = None,
    period: Period | None = None,
    state: str = "",
    after: int | None = None,
) -> tuple[ExclusionRow, ...]:
    """The same within a page that reads more; 2 statements and the tree."""
    rows = Exclusion.objects.exclude(state="withdrawn") if not state else Exclusion.objects.filter(state=state)
    if key:
        rows = rows.filter(key=key)
    if period is not None:
        rows = rows.filter(month__gte=period.first, month__lte=period.last)
    if region_id is not None:
        on = period.ends_on if period is not None else date.max
        region = organisation.region_by_id(region_id, on)
        if region is None:
            return ()
        rows = rows.extra(where=["scope_code::text <@ %s::codemultirange"], params=[region.ranges.to_pg()])
    if after is not None:
        rows = rows.filter(pk__lt=after)
    return _rows(list(rows.order_by("-pk")[: PAGE + 1]))


def _rows(found: Sequence[Exclusion]) -> tuple[ExclusionRow, ...]:
    if not found:
        return ()
    effects = _own_effects(found)
    names = organisation.unit_names({row.unit_id for row in found} | {row.to_unit_id for row in found})
    return tuple(_row(row, names, *effects.get(row.pk, (None, None))) for row in found)


def _row(row: Exclusion, names: dict[int, str], before: Value | None, after: Value | None) -> ExclusionRow:
    indicator = catalogue().indicator(row.key, row.month)
    ground = exclusion_rules().ground(row.ground)
    return ExclusionRow(
        id=row.pk,
        matter_number=row.matter_number,
        key=row.key,
        name=indicator.name if indicator else row.key,
        month=row.month,
        place=_place(row.region_id, row.scope_code, Period(row.month).ends_on),
        unit=names.get(row.unit_id, ""),
        decider=names.get(row.to_unit_id, ""),
        ground=ground.name if ground else row.ground,
        state=row.state,
        asked_at=row.asked_at,
        decided_at=row.decided_at,
        revised_at=row.revised_at,
        before=before,
        after=after,
    )


def _place(region_id: int, code: str, on: date) -> Place:
    """The region of the matter's figure: its community, where it lies in a grid."""
    row = organisation.region_at_or_above(code, on)
    return place_of(row) if row is not None else Place(region_id, code, code, "")


def _own_effects(found: Sequence[Exclusion]) -> dict[int, tuple[Value, Value]]:
    """Before and after of the figure nearest to the matter; 1 query."""
    book = catalogue()
    nearest: dict[int, Revision] = {}
    for row in Revision.objects.filter(about__in=[one.pk for one in found], months=1).order_by("made_at", "id"):
        known = nearest.get(row.about)
        # The region below has the longest code above it.
        if known is None or row.made_at > known.made_at or len(row.under) > len(known.under):
            nearest[row.about] = row
    told = {pk: revision_row(book, row, Place(row.region_id, "", "", "")) for pk, row in nearest.items()}
    return {pk: (one.before, one.after) for pk, one in told.items()}


def exclusion_card(pk: int, actor: Actor, on: date) -> ExclusionCard:
    """One contested count with what may be done now; at most 6 statements.

    Raises:
        NoSuchExclusion: there is none, or not for this post.
    """
    row = Exclusion.objects.filter(pk=pk).first()
    if row is None:
        raise NoSuchExclusion(msg("没有找到这件申诉，或者您现在的岗位看不到它。请核对编号，或换一个岗位。"))
    with one_tree(is_read=True):
        said = tuple(SaidRow(one.step, one.text) for one in Said.objects.filter(exclusion_id=pk).order_by("step"))
        effects = []
        for one in _effects(row):
            region = organisation.region_by_id(one.region_id, Period(one.month).ends_on)
            at = place_of(region) if region else Place(one.region_id, one.under, "", "")
            effects.append(revision_row(catalogue(), one, at))
        return ExclusionCard(
            row=_rows([row])[0],
            said=said,
            evidence=tuple(FileRow(one.id, one.name, one.sha256) for one in files.attachments_of("exclusion", pk)),
            decide_by=row.decide_by,
            effects=tuple(effects),
            may=may_do(row, actor, on),
        )


def _effects(row: Exclusion) -> list[Revision]:
    """The revisions that followed from a decision: each has its own."""
    return list(Revision.objects.filter(about=row.pk, key=row.key).order_by("made_at", "id"))


def may_do(row: Exclusion, actor: Actor, on: date) -> frozenset[str]:
    """What the acting post may do with a contested count now; the operations judge again."""
    role = roles().get(actor.role) if actor.is_post else None
    features = role.may if role else frozenset()
    found = set()
    if row.state == "asked" and row.unit_id == actor.unit_id and CONTEST in features:
        found.add("withdraw")
    is_other = actor.staff_id != row.staff_id and actor.post_id != row.post_id
    if DECIDE in features and is_other:
        if row.state == "asked" and row.to_unit_id == actor.unit_id:
            found.add("decide")
        if row.decided_at is not None and row.revised_at is None and row.revise_unit_id == actor.unit_id:
            until = local_date(row.decided_at) + timedelta(days=exclusion_rules().revise_days)
            found |= {"revise"} if on <= until else set()
    return frozenset(found)


def exclusion_shares(period: Period, region_id: int | None = None) -> list[ExclusionShare]:
    """How much of each unit's matters was left out of figures on its wish, the largest share first; 3 statements."""
    rows = Exclusion.objects.filter(month__gte=period.first, month__lte=period.last)
    with one_tree(is_read=True):
        if region_id is not None:
            region = organisation.region_by_id(region_id, period.ends_on)
            rows = rows.extra(
                where=["scope_code::text <@ %s::codemultirange"], params=[region.ranges.to_pg() if region else "{}"]
            )
        found = _counts(rows)
        return shares_of([unit for unit, *_ in found], period, {unit: rest for unit, *rest in found})


def _counts(rows: QuerySet[Exclusion]) -> list[tuple[int, int, int, int]]:
    """Units with their granted, declined and waiting matters."""
    counted = rows.values_list("unit_id").annotate(
        **{
            state: Count("matter_id", filter=Q(state=state), distinct=True)
            for state in ("granted", "declined", "asked")
        }
    )
    return list(counted)


def unit_share(unit_id: int, period: Period) -> ExclusionShare:
    """The same of one unit; 2 statements."""
    rows = Exclusion.objects.filter(unit_id=unit_id, month__gte=period.first, month__lte=period.last)
    found = {unit: rest for unit, *rest in _counts(rows)}
    return shares_of([unit_id], period, found)[0]


def shares_of(units: list[int], period: Period, found: dict[int, list[int]]) -> list[ExclusionShare]:
    """Shares of units out of their counts; 1 statement."""
    given: dict[int, int] = {}
    for row in cube_units(units, since=period.first, until=period.last, measures=("given",)) if units else ():
        given[row.of] = given.get(row.of, 0) + row.counts["given"]
    names = organisation.unit_names(units)
    made = []
    for unit in units:
        granted, declined, waiting = found.get(unit, [0, 0, 0])
        counted = given.get(unit, 0)
        share = (Decimal(100 * granted) / counted).quantize(Decimal("0.1")) if counted else None
        made.append(ExclusionShare(unit, names.get(unit, ""), granted, declined, waiting, counted, share))
    return sorted(made, key=lambda one: (-(one.share or 0), -one.granted, one.unit))
