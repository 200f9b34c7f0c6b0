"""What the organiser's pages show of a round: rounds, the rolling board, comparison, teams, results."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.rounds.models import (
    Result,
    Round,
    RoundCity,
    Score,
    Tie,
)
from shanzhi.kernel.rounds.policy.results import Got, PassRule, ProjectTotal, Total, last_of, rule_of, total_of
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import NoSuchRound, Stage
from shanzhi.kernel.rounds.reading import FEATURES, guideline_of_round


@dataclass(frozen=True, slots=True)
class RoundLine:
    """A round in the list: how many cities it has, how many are final, how many have withdrawn."""

    id: int
    name: str
    kind: str
    first: int
    last: int
    days: tuple[date, date, date, date]
    """The last days of self-evaluation, provincial acceptance, spot check, objections."""
    cities: int
    final: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class CityLine:
    """A city on the board: where it stands and since when, its totals side by side (whole points with bonus; None where
    nothing is scored), what waits for somebody."""

    id: int
    code: str
    name: str
    state: State
    since: datetime
    submission: int
    totals: Mapping[Stage, Decimal | None]
    now: Total
    faults: int
    stale: int
    objections: int
    findings: int
    result: Result | None
    unfinished: frozenset[Stage] = frozenset()
    """The levels above whose total lacks items that nobody has scored yet: not to be compared with anything."""

    @property
    def difference(self) -> Decimal | None:
        """The province's total less the city's own; None where one is missing, or not whole."""
        own, province = self.totals[Stage.SELF], self.totals[Stage.PROVINCE]
        is_none = own is None or province is None or Stage.PROVINCE in self.unfinished
        return None if is_none else province - own  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A post of a team: its title and unit, and no name of a person."""

    id: int
    stage: Stage
    post_id: int
    title: str
    unit: str


@dataclass(frozen=True, slots=True)
class Nameable:
    """A post that could be named for a stage's team."""

    post_id: int
    title: str
    unit: str


@dataclass(frozen=True, slots=True)
class PracticeLine:
    """A best practice."""

    city: str
    project: str
    words: str


@dataclass(frozen=True, slots=True)
class Board:
    """A round with all its cities, by their codes."""

    round: Round
    guideline: str
    """The guideline's name."""
    rule: PassRule
    cities: tuple[CityLine, ...]
    members: tuple[MemberLine, ...]
    nameable: Mapping[Stage, tuple[Nameable, ...]]
    practices: tuple[PracticeLine, ...]

    @property
    def counts(self) -> Mapping[State, int]:
        """How many cities stand where."""
        return Counter(city.state for city in self.cities)

    @property
    def is_ready_for_spot_check(self) -> bool:
        """Are all cities through that haven't withdrawn?"""
        states = {city.state for city in self.cities} - {State.WITHDRAWN}
        return bool(states) and states <= {State.THROUGH, State.SPOT_CHECKED, State.FINAL}

    @property
    def is_over(self) -> bool:
        """Has every city its result, or has withdrawn?"""
        return {city.state for city in self.cities} <= {State.FINAL, State.WITHDRAWN}


def rounds_ours() -> tuple[RoundLine, ...]:
    """The rounds that were opened here, the latest first; 2 queries."""
    rows = RoundCity.objects.filter(round__is_ours=True).values("round_id")
    counts: dict[int, Mapping[str, Any]] = {
        row["round_id"]: row
        for row in rows.annotate(
            cities=Count("pk"),
            final=Count("pk", filter=Q(state=State.FINAL)),
            withdrawn=Count("pk", filter=Q(state=State.WITHDRAWN)),
        )
    }
    none: Mapping[str, Any] = {"cities": 0, "final": 0, "withdrawn": 0}
    rows_ = Round.objects.filter(is_ours=True).defer("guideline_text").order_by("-made_at", "-pk")
    return tuple(_line(row, counts.get(row.pk) or none) for row in rows_)


def _line(row: Round, counts: Mapping[str, Any]) -> RoundLine:
    return RoundLine(
        row.pk, row.name, row.kind, row.first, row.last,
        (row.self_until, row.province_until, row.centre_until, row.objections_until), counts["cities"], counts["final"],
        counts["withdrawn"],
    )  # fmt: skip


def round_of(round_id: int) -> Round:
    """A round that was opened here.

    Raises:
        NoSuchRound: none in sight.
    """
    found = Round.objects.filter(pk=round_id, is_ours=True).first()
    if found is None:
        raise NoSuchRound(msg("没有找到这个轮次，或者您现在的岗位看不到它。请核对，或换一个岗位。"))
    return found


def board(round_id: int, on: date) -> Board:
    """The rolling board of a round; 5 queries, however many cities.

    Raises:
        NoSuchRound: none in sight.
    """
    cities = list(
        RoundCity.objects.select_related("round").filter(round=round_id, round__is_ours=True).order_by("city_code")
    )
    row = cities[0].round if cities else round_of(round_id)
    ids = [city.pk for city in cities]
    scores = _scores(ids)
    last = {one.round_city_id: one for one in Result.objects.filter(round_city__in=ids, is_last=True)}
    beside = _beside(row.pk, ids, on)
    members, free = _teams(beside.members, on)
    names = {city.pk: city.name for city in cities}
    projects = {one.code: one.name for one in guideline_of_round(row).projects}
    return Board(
        row, guideline_of_round(row).name, rule_of(row.announced),
        tuple(_city(row, city, scores, last, beside.waits) for city in cities), members, free,
        tuple(PracticeLine(names[city], projects.get(project, project), words) for city, project, words in beside.practices),
    )  # fmt: skip


def _scores(ids: Sequence[int]) -> dict[tuple[int, str], dict[str, Got]]:
    made: dict[tuple[int, str], dict[str, Got]] = {}
    rows = Score.objects.filter(round_city__in=ids, is_last=True)
    for city, stage, key, points, vetoed in rows.values_list("round_city_id", "stage", "key", "points", "is_vetoed"):
        made.setdefault((city, stage), {})[key] = Got(points, vetoed)
    return made


_BESIDE = """
(SELECT DISTINCT ON (r.round_city_id) 'faults', r.round_city_id, to_jsonb(jsonb_array_length(r.faults)) FROM rounds_receipt r
    WHERE r.round_city_id = ANY(%(ids)s) ORDER BY r.round_city_id, r.submission DESC)
UNION ALL (SELECT DISTINCT ON (c.round_city_id) 'refused', c.round_city_id,
    to_jsonb(CASE c.state WHEN 'refused' THEN jsonb_array_length(c.faults) ELSE 0 END) FROM rounds_check c
    WHERE c.round_city_id = ANY(%(ids)s) AND c.state <> 'waiting' ORDER BY c.round_city_id, c.id DESC)
UNION ALL SELECT 'stale', c, to_jsonb(count(*)) FROM unnest(%(ids)s::bigint[]) c, rounds_stale(c, %(on)s) GROUP BY c
UNION ALL SELECT 'objections', o.round_city_id, to_jsonb(count(*)) FROM rounds_objection o
    WHERE o.round_city_id = ANY(%(ids)s) AND o.state = 'open' GROUP BY 2
UNION ALL SELECT 'findings', f.round_city_id, to_jsonb(count(*)) FROM rounds_finding f
    WHERE f.round_city_id = ANY(%(ids)s) AND NOT EXISTS (SELECT 1 FROM rounds_closing k WHERE k.finding_id = f.id) GROUP BY 2
UNION ALL (SELECT 'member', m.id, jsonb_build_array(m.stage, m.post_id) FROM rounds_member m
    WHERE m.round_id = %(round)s AND m.ended_at IS NULL)
UNION ALL (SELECT 'practice', p.id, jsonb_build_array(p.round_city_id, p.project, p.words) FROM rounds_practice p
    WHERE p.round_city_id = ANY(%(ids)s))
ORDER BY 1, 2
"""
_COUNTED = ("faults", "refused", "stale", "objections", "findings")


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside a round's cities: what waits at each, by what it is; posts of teams (id → stage and post), practices
    (city, project, words)."""

    waits: dict[str, Counter[int]]
    members: dict[int, tuple[Stage, int]]
    practices: tuple[tuple[int, str, str], ...]


def _beside(round_id: int, ids: Sequence[int], on: date) -> _Beside:
    """Faults of each city's last pack, scores to be given again, open objections and findings; teams; practices. 1 query."""
    waits: dict[str, Counter[int]] = {name: Counter() for name in _COUNTED}
    members: dict[int, tuple[Stage, int]] = {}
    practices = []
    with connection.cursor() as cursor:
        cursor.execute(_BESIDE, {"ids": list(ids), "on": on, "round": round_id})
        for what, pk, told in cursor.fetchall():
            said = json.loads(told) if isinstance(told, str) else told
            if what in waits:
                waits[what][pk] = said
            elif what == "member":
                members[pk] = (Stage(said[0]), said[1])
            else:
                practices.append(tuple(said))
    waits["faults"] |= waits.pop("refused")
    return _Beside(waits, members, tuple(practices))


def _city(
    row: Round,
    city: RoundCity,
    scores: Mapping[tuple[int, str], dict[str, Got]],
    last: Mapping[int, Result],
    waits: Mapping[str, Counter[int]],
) -> CityLine:
    guideline = guideline_of_round(row)
    own, province, centre = (scores.get((city.pk, stage), {}) for stage in Stage)
    stages = {Stage.SELF: own, Stage.PROVINCE: province, Stage.CENTRE: last_of(province, centre) if centre else {}}
    now = total_of(guideline, row.last, last_of(province, centre))
    totals = {stage: total_of(guideline, row.last, got) for stage, got in stages.items()}
    return CityLine(
        city.pk, city.city_code, city.name, State(city.state), city.since, city.submission,
        {stage: total.whole for stage, total in totals.items()}, now,
        waits["faults"][city.pk], waits["stale"][city.pk], waits["objections"][city.pk], waits["findings"][city.pk],
        last.get(city.pk), frozenset(stage for stage, total in totals.items() if _is_unfinished(stage, total)),
    )  # fmt: skip


def _is_unfinished(stage: Stage, total: Total) -> bool:
    """Has a level above begun to score, and items are left? A city itself leaves to them what assessors alone count."""
    return stage is not Stage.SELF and total.whole is not None and bool(total.missing)


def _teams(
    named: Mapping[int, tuple[Stage, int]], on: date
) -> tuple[tuple[MemberLine, ...], dict[Stage, tuple[Nameable, ...]]]:
    """The posts of a round's teams, and those that could be named, by stage: whose role may assess there; 1 query."""
    may = {stage: {code for code, role in acting.roles().items() if FEATURES[stage] in role.may} for stage in FEATURES}
    cards = organisation.posts_of_roles(sorted(set().union(*may.values())), on)
    by_id = {card.post_id: card for card in cards}
    members = tuple(
        MemberLine(pk, stage, post_id, *((card.title, card.unit_short_name) if card else (str(post_id), "")))
        for pk, (stage, post_id) in named.items()
        for card in (by_id.get(post_id),)
    )
    there = {(one.stage, one.post_id) for one in members}
    free = {
        stage: tuple(
            Nameable(card.post_id, card.title, card.unit_short_name)
            for card in cards
            if card.role in roles and card.staff_id is not None and (stage, card.post_id) not in there
        )
        for stage, roles in may.items()
    }
    return members, free


@dataclass(frozen=True, slots=True)
class Compared:
    """A project over all cities of a round: each city's three values, in the board's order. Without a name: the totals, of
    which `unfinished` says by city at which levels items are still unscored."""

    code: str
    name: str
    cells: tuple[Mapping[Stage, Decimal | None], ...]
    unfinished: tuple[frozenset[Stage], ...] = ()


def compared(round_id: int) -> tuple[Round, tuple[RoundCity, ...], tuple[Compared, ...]]:
    """Projects by cities, the three levels side by side, by the cities' codes: no order by points. What the centre didn't score
    holds as the province scored it; a project of which it scored nothing has none of its; 3 queries.

    Raises:
        NoSuchRound: none in sight.
    """
    row = round_of(round_id)
    cities = tuple(RoundCity.objects.filter(round=row).exclude(state=State.WITHDRAWN).order_by("city_code"))
    scores = _scores([city.pk for city in cities])
    guideline = guideline_of_round(row)
    projects = {item.key: item.project for item in guideline.in_month(row.last)}
    totals: dict[tuple[int, Stage], dict[str, ProjectTotal]] = {}
    whole: dict[tuple[int, Stage], Total] = {}
    for city in cities:
        given = {stage: scores.get((city.pk, stage), {}) for stage in Stage}
        checked = {projects[key] for key in given[Stage.CENTRE]}
        given[Stage.CENTRE] = {
            key: got
            for key, got in last_of(given[Stage.PROVINCE], given[Stage.CENTRE]).items()
            if projects[key] in checked
        }
        for stage in Stage:
            total = total_of(guideline, row.last, given[stage])
            totals[city.pk, stage] = {one.project.code: one for one in total.projects}
            whole[city.pk, stage] = total
        if checked:
            last = last_of(scores.get((city.pk, Stage.PROVINCE), {}), scores.get((city.pk, Stage.CENTRE), {}))
            whole[city.pk, Stage.CENTRE] = total_of(guideline, row.last, last)
    lines = [
        Compared(
            project.code,
            project.name,
            tuple({stage: _value(totals[city.pk, stage].get(project.code)) for stage in Stage} for city in cities),
        )
        for project in guideline.projects
    ]
    cells = tuple({stage: whole[city.pk, stage].whole for stage in Stage} for city in cities)
    left = tuple(frozenset(at for at in Stage if _is_unfinished(at, whole[city.pk, at])) for city in cities)
    lines.append(Compared("", "", cells, left))
    return row, cities, tuple(lines)


def _value(found: ProjectTotal | None) -> Decimal | None:
    return found.value if found else None


def my_ties() -> tuple[Tie, ...]:
    """The ties that the acting member of staff declared; nobody else's are in sight."""
    return tuple(Tie.objects.order_by("-declared_at", "-pk"))


def regions_to_declare(on: date) -> list[tuple[str, str]]:
    """The cities and counties of this installation as (code, name with its city's), by code; 1 query."""
    made: list[tuple[str, str]] = []
    with organisation.one_tree(is_read=True):
        for top in organisation.top_regions(on):
            for city in sorted(organisation.children(top.code, on), key=lambda row: row.code):
                made.append((city.code, city.name))
                made += [(row.code, f"{city.name}{row.name}") for row in organisation.children(city.code, on)]
    return made
