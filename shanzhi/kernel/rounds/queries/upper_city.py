"""What the provincial desk shows of a city: items with three scores, what was recomputed, what is to be looked at; an item's
page with everything said and seen about it; one's own visits."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.files import queries as files
from shanzhi.kernel.indicators.policy.definitions import Indicator
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.values import Numbers, Value, value_of
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.rounds.models import (
    Check,
    Closing,
    Finding,
    Look,
    Member,
    Objection,
    Receipt,
    Round,
    RoundCity,
    Score,
    Visit,
)
from shanzhi.kernel.rounds.policy.items import round_period, typed_outside
from shanzhi.kernel.rounds.policy.marking import is_counted
from shanzhi.kernel.rounds.policy.results import items_of
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import NoSuchItem, NoSuchRound, Stage
from shanzhi.kernel.rounds.reading import ASSESSES, guideline_of_round


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An item of a city: the last score of each level (None: none), the figure as handed in and as recomputed from the pack's
    records. `is_new`: it differs from what was handed in before; `is_stale`: its scorer has a tie by now; `upheld`:
    an objection and the decision, since which the province hasn't scored it again."""

    item: Indicator
    project: str
    scores: Mapping[Stage, Score | None]
    handed: Value | None
    recomputed: Value | None
    is_new: bool
    is_stale: bool
    is_open: bool
    returned: str
    upheld: str
    looks: int
    visits: int
    findings: int
    outside: Period | None = None
    """The period of a typed-in figure that the pack can't have, since it isn't in the round's months: nothing is to compare."""

    @property
    def is_counted(self) -> bool:
        """Does an assessor type in a number of events?"""
        return is_counted(self.item)

    @property
    def differs(self) -> bool:
        """Was another figure computed from the records than was handed in?"""
        return self.handed is not None and self.recomputed is not None and self.handed.exact != self.recomputed.exact

    @property
    def gap(self) -> Decimal | None:
        """The province's points less the city's own."""
        own, province = self.scores[Stage.SELF], self.scores[Stage.PROVINCE]
        return None if not (own and province) or own.points is None or province.points is None else (
            province.points - own.points
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desk:
    """A city with its items, by project in the guideline's order. `check`: what the check of its last pack has said."""

    city: RoundCity
    state: State
    receipt: Receipt | None
    check: Check | None
    lines: tuple[ItemLine, ...]
    is_member: frozenset[Stage]
    claims: tuple[str, ...]
    objections: tuple[Objection, ...]
    findings: tuple["FindingLine", ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """How a finding was closed: the number of the city's matter, and words."""

    reference: str
    words: str


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding and how it was closed, if it was."""

    finding: Finding
    item: str
    closing: Closed | None


@dataclass(frozen=True, slots=True)
class VisitLine:
    """A check on site with its photos (ids of attachments)."""

    visit: Visit
    item: str
    city: str
    photos: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item of a city with its whole history."""

    desk: Desk
    line: ItemLine
    history: tuple[Score, ...]
    looks: tuple[Look, ...]
    visits: tuple[VisitLine, ...]
    stage: Stage | None
    """At which stage the acting post may assess it now; None at none."""


def city_of(city_id: int) -> RoundCity:
    """A city of a round that was opened here.

    Raises:
        NoSuchRound: none in sight.
    """
    found = RoundCity.objects.select_related("round").filter(pk=city_id, round__is_ours=True).first()
    if found is None:
        raise NoSuchRound(msg("没有找到这个轮次，或者您现在的岗位看不到它。请核对，或换一个岗位。"))
    return found


_MARKS = """
SELECT 'look', key, count(*)::int, '' FROM rounds_look WHERE round_city_id = %(city)s GROUP BY key
UNION ALL SELECT 'visit', key, count(*)::int, '' FROM rounds_visit WHERE round_city_id = %(city)s GROUP BY key
UNION ALL SELECT 'stale', key, 1, stage FROM rounds_stale(%(city)s, %(on)s)
UNION ALL SELECT 'return', key, submission, reason FROM rounds_return WHERE round_city_id = %(city)s
UNION ALL SELECT 'member', stage, 1, '' FROM rounds_member
    WHERE round_id = %(round)s AND post_id = %(post)s AND ended_at IS NULL
UNION ALL SELECT 'claim', project, 1, '' FROM rounds_claim WHERE round_city_id = %(city)s AND ended_at IS NULL
UNION ALL SELECT 'upheld', key, 1, words || chr(10) || decision FROM rounds_objection o
    WHERE round_city_id = %(city)s AND stage = 'province' AND state = 'upheld' AND NOT EXISTS (
        SELECT 1 FROM rounds_score s WHERE s.round_city_id = o.round_city_id AND s.key = o.key AND s.stage = o.stage
        AND s.at >= o.decided_at)
ORDER BY 1, 3, 2
"""


def _marks(city: RoundCity, actor: Actor, on: date) -> dict[str, dict[str, tuple[int, str]]]:
    """What is noted about a city's items, by what it is and key: how many, and words (of a return the last one's); which
    stages' team the acting post is in; what is claimed. 1 query."""
    found: dict[str, dict[str, tuple[int, str]]] = {
        name: {} for name in ("look", "visit", "stale", "return", "member", "claim", "upheld")
    }
    asked: dict[str, int | date] = {"city": city.pk, "round": city.round_id, "post": actor.post_id or 0, "on": on}
    with connection.cursor() as cursor:
        cursor.execute(_MARKS, asked)
        for what, key, count, words in cursor.fetchall():
            found[what][key] = (count, words)
    return found


def desk(city_id: int, actor: Actor, on: date) -> Desk:
    """A city's items at a glance; 7 queries, however many items.

    Raises:
        NoSuchRound: none in sight.
    """
    city = city_of(city_id)
    receipt = Receipt.objects.filter(round_city=city).order_by("-submission").first()
    return _desk(
        city, receipt, Check.objects.filter(round_city=city).order_by("pk").last(),
        list(Score.objects.filter(round_city=city, is_last=True)), _marks(city, actor, on),
        tuple(Objection.objects.filter(round_city=city).order_by("objected_at")), _findings(city),
    )  # fmt: skip


def _desk(
    city: RoundCity, receipt: Receipt | None, check: Check | None, last: list[Score],
    marks: Mapping[str, Mapping[str, tuple[int, str]]], objections: tuple[Objection, ...], findings: tuple[FindingLine, ...],
) -> Desk:  # fmt: skip
    guideline, month = guideline_of_round(city.round), city.round.last
    period = round_period(city.round.first, month)
    scores = {(one.key, Stage(one.stage)): one for one in last}
    found: Counter[str] = Counter(one.finding.key for one in findings)
    projects = {project.code: project.name for project in guideline.projects}
    none = (0, "")
    lines = []
    for item in items_of(guideline, month):
        mine = {stage: scores.get((item.key, stage)) for stage in Stage}
        own, province = mine[Stage.SELF], mine[Stage.PROVINCE]
        pair = receipt.recomputed.get(item.key) if receipt is not None else None
        lines.append(
            ItemLine(
                item,
                projects[item.project],
                mine,
                None if own is None else _value(item, own.numerator, own.denominator),
                _value(item, *pair) if pair else None,
                is_new=own is not None and own.number > 1 and receipt is not None and own.at == receipt.received_at,
                is_stale=item.key in marks["stale"],
                is_open=province is None or (own is not None and own.at > province.at) or item.key in marks["upheld"],
                returned=marks["return"].get(item.key, none)[1],
                upheld=marks["upheld"].get(item.key, none)[1],
                looks=marks["look"].get(item.key, none)[0],
                visits=marks["visit"].get(item.key, none)[0],
                findings=found[item.key],
                outside=None if pair or own is None or own.denominator is None else typed_outside(item, period),
            )
        )
    return Desk(
        city, State(city.state), receipt, check, tuple(lines), frozenset(Stage(one) for one in marks["member"]),
        tuple(marks["claim"]), objections, findings,
    )  # fmt: skip


def _value(item: Indicator, numerator: int | None, denominator: int | None) -> Value | None:
    return None if denominator is None else value_of(item, Numbers(numerator, denominator))


def _findings(city: RoundCity) -> tuple[FindingLine, ...]:
    """A city's findings with how they were closed; 1 query."""
    closed = Closing.objects.filter(finding=OuterRef("pk"))
    made = JSONObject(reference="reference", words="words")
    rows = (
        Finding.objects.filter(round_city=city).annotate(closed=Subquery(closed.values(json=made)[:1])).order_by("pk")
    )
    names = {item.key: item.name for item in items_here(city)}
    return tuple(
        FindingLine(one, names.get(one.key, one.key), Closed(**one.closed) if one.closed is not None else None)
        for one in rows
    )


def stage_now(found: Desk) -> Stage | None:
    """At which stage the acting post may assess the city now."""
    return next((stage for stage in ASSESSES if stage in found.is_member and found.state in ASSESSES[stage]), None)


def item_page(city_id: int, key: str, actor: Actor, on: date) -> ItemPage:
    """One item with everything said and seen about it; 7 queries. Its desk has neither objections nor findings.

    Raises:
        NoSuchRound, NoSuchItem: not in sight, not in the guideline.
    """
    city = city_of(city_id)
    history = list(Score.objects.filter(round_city=city, key=key).order_by("-at", "-pk"))
    receipt = Receipt.objects.filter(round_city=city).order_by("-submission").first()
    found = _desk(city, receipt, None, [one for one in history if one.is_last], _marks(city, actor, on), (), ())
    line = next((one for one in found.lines if one.item.key == key), None)
    if line is None:
        raise NoSuchItem(msg("指南里没有“%(key)s”这一项。请从页面上选。"), key=key[:40])
    return ItemPage(
        found, line, tuple(history), tuple(Look.objects.filter(round_city=city, key=key).order_by("-pk")),
        _visits(Visit.objects.filter(round_city=city, key=key), {key: line.item.name}), stage_now(found),
    )  # fmt: skip


def _visits(rows: QuerySet[Visit], names: Mapping[str, str]) -> tuple[VisitLine, ...]:
    listed = list(rows.select_related("round_city").order_by("-visited_at", "-pk"))
    photos = files.attachments_of_many("visit", [one.pk for one in listed])
    return tuple(
        VisitLine(
            one, names.get(one.key, one.key), one.round_city.name, tuple(each.id for each in photos.get(one.pk, ()))
        )
        for one in listed
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a check can be: the city and its counties."""

    code: str
    name: str


def places_of(city: RoundCity, on: date) -> tuple[Place, ...]:
    """The city and its counties, by their codes."""
    rows = organisation.children(city.city_code, on)
    return (Place(city.city_code, city.name), *(Place(row.code, row.name) for row in rows))


@dataclass(frozen=True, slots=True)
class Due:
    """A city that the acting post may visit now."""

    city: RoundCity
    round_name: str
    stage: Stage
    items: tuple[Indicator, ...]


def my_visits(actor: Actor) -> tuple[tuple[Due, ...], tuple[VisitLine, ...]]:
    """The cities that the acting post may check now, and its own last 25 visits."""
    teams = {
        (one.round_id, Stage(one.stage)) for one in Member.objects.filter(post_id=actor.post_id or 0, ended_at=None)
    }
    rows = RoundCity.objects.select_related("round").filter(round__in={pk for pk, _ in teams}).order_by("city_code")
    due = tuple(
        Due(row, row.round.name, stage, items_of(guideline_of_round(row.round), row.round.last))
        for row in rows
        for stage in ASSESSES
        if (row.round_id, stage) in teams and State(row.state) in ASSESSES[stage]
    )
    mine = Visit.objects.filter(staff_id=actor.staff_id or 0)
    rounds = Round.objects.filter(pk__in=mine.values("round_city__round_id"))
    names = {item.key: item.name for one in rounds for item in guideline_of_round(one).in_month(one.last)}
    recent = mine.filter(pk__in=mine.order_by("-pk").values("pk")[:25])
    return due, _visits(recent, names)


def items_here(city: RoundCity) -> tuple[Indicator, ...]:
    """The items of a city's round."""
    return items_of(guideline_of_round(city.round), city.round.last)
