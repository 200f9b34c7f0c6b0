"""A city's rounds for its own pages: the list, the board, an item, claims, what is owed. Under row-level security."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.evidence import queries as archive
from shanzhi.kernel.files import queries as files
from shanzhi.kernel.indicators.policy.definitions import Indicator, Project
from shanzhi.kernel.indicators.queries import book
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.rounds.book import Ruler, ruler_of
from shanzhi.kernel.rounds.models import Behind, Claim, Duty, Return, RoundCity, Score, Signed
from shanzhi.kernel.rounds.operations._common import missing
from shanzhi.kernel.rounds.operations._scores import as_scored
from shanzhi.kernel.rounds.operations.computing import same_rule, uncut_months
from shanzhi.kernel.rounds.operations.duties import WHOLE
from shanzhi.kernel.rounds.policy.items import (
    ItemKind,
    Scored,
    is_complete,
    item_period,
    kind_of,
    open_keys,
    total_of,
    value_said,
)
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import LEAD, NoSuchRound, RoundKind
from shanzhi.kernel.rounds.queries.handed import last_build
from shanzhi.kernel.rounds.queries.shapes import (
    Board,
    Calendar,
    ClaimRow,
    DutyRow,
    Frame,
    ItemPage,
    ItemRow,
    OwedRow,
    ProjectRow,
    RoundRow,
    ScoreRow,
    SignedRow,
)

_UNTIL = {
    State.INVITED: "self_until",
    State.JOINED: "self_until",
    State.EVALUATING: "self_until",
    State.LOCKED: "self_until",
    State.RETURNED: "self_until",
    State.SENT: "province_until",
    State.RECEIVED: "province_until",
    State.SCORED: "province_until",
    State.THROUGH: "centre_until",
    State.SPOT_CHECKED: "objections_until",
}
SHOWN = 50


def round_rows() -> list[RoundRow]:
    """The rounds of the cities in sight, the latest first; 1 query."""
    rows = RoundCity.objects.select_related("round").filter(round__is_ours=False).order_by("-round__opened_on", "-id")
    return [_round(row) for row in rows[:SHOWN]]


def _round(row: RoundCity) -> RoundRow:
    until = _UNTIL.get(State(row.state))
    return RoundRow(
        row.pk, str(row.round.uid), row.round.name, RoundKind(row.round.kind), row.name, row.city_code, State(row.state),
        row.since, row.until_on or getattr(row.round, until) if until else None, ruler_of(row.round).period,
        row.round.organiser_name,
    )  # fmt: skip


def found_city(city_id: int) -> Any:
    """A city's row of a round with its round, and of it `claimed` projects and `returned` items; 1 query.

    Raises:
        NoSuchRound: none in sight.
    """
    rows = RoundCity.objects.select_related("round").annotate(
        claimed=ArraySubquery(_CLAIMED), returned=ArraySubquery(_RETURNED)
    )
    row = rows.filter(pk=city_id).first()
    if row is None:
        raise missing()
    return row


_CLAIMED = Claim.objects.filter(round_city=OuterRef("pk"), ended_at=None).values("project")
_RETURNED = Return.objects.filter(round_city=OuterRef("pk"), submission=OuterRef("submission")).values(
    said=JSONObject(key="key", reason="reason")
)


def board(city_id: int, on: date, *, evidence: bool = False) -> Board:
    """A city's round whole: every project with its items, with `evidence` also how many objects serve each; 6 queries, and one
    each for that and for the pack of a locked city, and the tree.

    Raises:
        NoSuchRound: none in sight.
    """
    row = found_city(city_id)
    ruler = ruler_of(row.round)
    items = _items(row, ruler, evidence=_evidence(row, ruler) if evidence else {})
    duties, signed = _shared(row, on)
    claimed = set(row.claimed)
    projects = tuple(
        _project(row, one, [item for item in items if item.indicator.project == one.code], duties, signed, claimed)
        for one in ruler.guideline.projects
    )
    scores = {item.indicator.key: _back(item) for item in items if item.kind is not ItemKind.ASSESSED}
    total = total_of(ruler.guideline, ruler.period.last, scores)
    projects = tuple(_with_points(one, total.by_project.get(one.project.code)) for one in projects)
    evaluating = row.state in (State.INVITED, State.JOINED, State.EVALUATING)
    return Board(
        row=_round(row),
        calendar=_calendar(row),
        reason=row.reason,
        submission=row.submission,
        locked_sha256=row.locked_sha256,
        projects=projects,
        head=duties.get(""),
        head_signed=signed.get(""),
        total=total,
        items=len(items),
        owed=sum(one.owed for one in projects),
        typed=sum(one.typed for one in items),
        typed_computed=sum(one.typed for one in items if one.kind is ItemKind.COMPUTED),
        uncut=uncut_months(row) if evaluating else (),
        build=last_build(row) if row.state == State.LOCKED else None,
    )


def frame(city_id: int) -> Frame:
    """A city's round with the names of its projects; 1 query.

    Raises:
        NoSuchRound: none in sight.
    """
    row = found_city(city_id)
    projects = tuple((one.code, one.name) for one in ruler_of(row.round).guideline.projects)
    return Frame(_round(row), row.submission, projects)


def _calendar(row: RoundCity) -> Calendar:
    of = row.round
    return Calendar(of.opened_on, of.self_until, of.province_until, of.centre_until, of.objections_until, row.until_on)


def _back(item: ItemRow) -> Scored:
    value = item.value
    return Scored(
        item.indicator.key, item.indicator.project, value.state.value, value.numerator, value.denominator, item.points,
        item.most,
    )  # fmt: skip


def _evidence(row: RoundCity, ruler: Ruler) -> Mapping[str, int]:
    """How many objects of evidence serve each item; 1 query."""
    return archive.counts_for(list(ruler.items), row.city_code, ruler.period.begins_on, ruler.period.ends_on)


def _items(
    row: Any, ruler: Ruler, only: Iterable[str] | None = None, evidence: Mapping[str, int] = MappingProxyType({})
) -> list[ItemRow]:
    """The items with their last scores of all levels; 1 query. The row as `found_city` reads it."""
    found: dict[tuple[str, str], Score] = {}
    rows = Score.objects.filter(round_city=row, is_last=True)
    if only is not None:
        rows = rows.filter(key__in=list(only))
    for one in rows:
        found[one.key, one.stage] = one
    returned = {one["key"]: one["reason"] for one in row.returned}
    keys = frozenset[str]()
    if row.state == State.EVALUATING:
        keys = open_keys(ruler.items.values(), row.submission, returned)
    wanted = ruler.items.values() if only is None else [ruler.items[key] for key in only]
    return [_item(one, found, keys, returned, evidence.get(one.key, 0)) for one in wanted]


def _item(
    indicator: Indicator,
    found: Mapping[tuple[str, str], Score],
    keys: frozenset[str],
    returned: Mapping[str, str],
    evidence: int,
) -> ItemRow:
    own = found.get((indicator.key, "self"))
    kept = as_scored(own) if own is not None else None
    above = {stage: found.get((indicator.key, stage)) for stage in ("province", "centre")}
    province, centre = above["province"], above["centre"]
    return ItemRow(
        indicator=indicator,
        kind=kind_of(indicator),
        value=value_said(indicator, kept),
        points=kept.points if kept else None,
        most=kept.most if kept else indicator.scoring.most,
        typed=kept.typed if kept else 0,
        is_scored=own is not None,
        is_complete=is_complete(indicator, kept),
        is_open=indicator.key in keys,
        reason=kept.reason if kept else "",
        words=kept.words if kept else "",
        returned=returned.get(indicator.key, ""),
        evidence=evidence,
        province=province.points if province else None,
        centre=centre.points if centre else None,
    )


def _project(
    row: RoundCity,
    project: Project,
    items: list[ItemRow],
    duties: Mapping[str, DutyRow],
    signed: Mapping[str, SignedRow],
    claimed: set[str],
) -> ProjectRow:
    wants = row.state == State.EVALUATING and (not row.submission or any(one.is_open for one in items))
    return ProjectRow(
        project=project,
        items=tuple(items),
        owed=sum(1 for one in items if not one.is_complete),
        typed=sum(one.typed for one in items),
        points=None,
        duty=duties.get(project.code),
        signed=signed.get(project.code),
        wants_signature=wants,
        is_claimed=project.code in claimed,
    )


def _with_points(row: ProjectRow, points: Decimal | None) -> ProjectRow:
    return replace(row, points=points)


def _shared(row: RoundCity, on: date) -> tuple[dict[str, DutyRow], dict[str, SignedRow]]:
    """Who owes what, and signatures that stand, of each project the last; 3 queries and the tree."""
    duties = list(Duty.objects.filter(round_city=row, is_last=True))
    signed = list(Signed.objects.filter(round_city=row, ended_at=None).order_by("submission"))
    ids = {one.signer_post_id for one in duties} | {one.post_id for one in signed}
    posts = organisation.post_cards(ids, on) if ids else {}
    units = organisation.unit_names({one.unit_id for one in duties})
    wanted = row.submission if row.state == State.EVALUATING else None
    owing = {one.project: _duty(one, units, posts) for one in duties}
    standing = {
        one.project: SignedRow(one.project, _post_said(posts.get(one.post_id)), one.signed_at, one.sha256)
        for one in signed
        if wanted is None or one.submission == wanted
    }
    return owing, standing


def _duty(row: Duty, units: Mapping[int, str], posts: Mapping[int, organisation.PostCard]) -> DutyRow:
    return DutyRow(
        row.project, row.unit_id, units.get(row.unit_id, ""), row.role, row.signer_post_id,
        _post_said(posts.get(row.signer_post_id)), row.due_on,
    )  # fmt: skip


def _post_said(card: organisation.PostCard | None) -> str:
    return f"{card.unit_short_name or card.unit_name} {card.title}" if card is not None else ""


def item_page(city_id: int, key: str, on: date) -> ItemPage:
    """One item with its scores of all levels, their history and its evidence; 9 queries and the tree.

    Raises:
        NoSuchRound: no such round or item in sight.
    """
    row = found_city(city_id)
    ruler = ruler_of(row.round)
    indicator = ruler.items.get(key)
    if indicator is None:
        raise NoSuchRound(msg("这一轮的指南里没有“%(key)s”这一项。请从列表里选。"), key=key)
    period = item_period(indicator, ruler.period)
    region = organisation.region_of_code(row.city_code, period.ends_on)
    history = list(Score.objects.filter(round_city=row, key=key).order_by("-at", "-id")[:SHOWN])
    named = {
        one.project: one
        for one in Duty.objects.filter(round_city=row, project__in=[indicator.project, WHOLE], is_last=True)
    }
    duty, head = named.get(indicator.project), named.get(WHOLE)
    units = organisation.unit_names({one.unit_id for one in (*history, duty) if one is not None and one.unit_id})
    own = next((one for one in history if one.stage == "self" and one.is_last), None)
    behind = Behind.objects.filter(round_city=row, key=key).first()
    evidence = archive.item_evidence(
        key, indicator.project, row.city_code, ruler.period.begins_on, ruler.period.ends_on
    )
    return ItemPage(
        row=_round(row),
        project=ruler.guideline.project(indicator.project),
        item=replace(_items(row, ruler, only=[key])[0], evidence=evidence.count),
        evidence=evidence,
        number=own.number if own else 0,
        period=period,
        region_id=region.id if region else None,
        figure=same_rule(book.catalogue_in_force(), indicator, period),
        behind=len(behind.matters) if behind else 0,
        scores=tuple(_score(indicator, one, units) for one in history),
        duty=_duty(duty, units, organisation.post_cards({duty.signer_post_id}, on)) if duty is not None else None,
        head_post_id=head.signer_post_id if head is not None else None,
        due_by=row.until_on or row.round.self_until,
    )


def _score(indicator: Indicator, row: Score, units: Mapping[int, str]) -> ScoreRow:
    return ScoreRow(
        row.stage, row.number, value_said(indicator, as_scored(row)), row.points, row.most, row.reason, row.words,
        units.get(row.unit_id or 0, ""), row.at, row.is_last,
    )  # fmt: skip


def claims(city_id: int) -> list[ClaimRow]:
    """The projects that a city claims as special, with their papers; 3 queries.

    Raises:
        NoSuchRound: none in sight.
    """
    row = found_city(city_id)
    rows = list(Claim.objects.filter(round_city=row, ended_at=None).order_by("project"))
    papers = files.attachments_of_many("round_claim", [one.pk for one in rows])
    return [ClaimRow(one.pk, one.project, one.words, one.claimed_at, tuple(papers.get(one.pk, ()))) for one in rows]


def owed(actor: Actor, on: date) -> list[OwedRow]:
    """What the acting post owes in rounds that are evaluated now: projects' items to complete, and what waits for its
    signature, the most urgent first; 2 queries, and 5 for each round in which it has a part."""
    duties = list(
        Duty.objects.filter(is_last=True, round_city__state=State.EVALUATING.value, round_city__round__is_ours=False)
    )
    mine = [
        one
        for one in duties
        if (one.unit_id, one.role) == (actor.unit_id, actor.role) or one.signer_post_id == actor.post_id
    ]
    found: list[OwedRow] = []
    for city_id in dict.fromkeys(one.round_city_id for one in mine):
        told = board(city_id, on)
        by_code = {one.project.code: one for one in told.projects}
        for duty in (one for one in mine if one.round_city_id == city_id):
            found += _owed(told, by_code.get(duty.project), duty, actor)
    return sorted(found, key=lambda one: (one.due_on, one.to_sign, one.project))


def _owed(told: Board, project: ProjectRow | None, duty: Duty, actor: Actor) -> Iterable[OwedRow]:
    if project is None:
        if duty.signer_post_id == actor.post_id and not told.unsigned:
            yield OwedRow(told.row, "", "", duty.due_on, 0, to_sign=True)
        return
    open_owed = sum(1 for one in project.items if one.is_open and not one.is_complete)
    if (duty.unit_id, duty.role) == (actor.unit_id, actor.role) and open_owed:
        yield OwedRow(told.row, duty.project, project.project.name, duty.due_on, open_owed, to_sign=False)
    if duty.signer_post_id == actor.post_id and project.wants_signature and project.signed is None and not project.owed:
        yield OwedRow(told.row, duty.project, project.project.name, duty.due_on, 0, to_sign=True)


def leads(actor: Actor, row: RoundRow) -> bool:
    """Does the acting post lead this city's round?"""
    role = roles().get(actor.role)
    return role is not None and LEAD in role.may and actor.place.contains(row.city_code)
