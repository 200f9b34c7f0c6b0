"""Which open matters are likely the same problem as a new report: found by place and time, judged by `policy.alike`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from shanzhi.core.ranges import next_code
from shanzhi.kernel.matters.models import Matter, MatterPlace, Suggestion
from shanzhi.kernel.matters.policy.alike import LIKE_WITHIN, Report, likest, telling
from shanzhi.kernel.matters.policy.linking import may_lead
from shanzhi.kernel.matters.policy.suggest import CODE_LENGTHS
from shanzhi.kernel.matters.rulebook import categories, kind_version

NEAR_MOST = 60
"""So many of the newest in the community, the township and about the place are compared with a report."""
COMMUNITY_DIGITS, TOWNSHIP_DIGITS = 12, CODE_LENGTHS["township"]
BODY_READ = 600
"""Characters of a text that are compared; what it is about is said at its start."""
_READ = ("id", "title", "body", "place_text", "category", "scope_code", "reported_at", "stage", "kind", "kind_version")
Guess = tuple[int, list[str]]
"""A matter and the categories that were guessed for it."""
About = tuple[int, int]
"""A matter and the place that it is about."""
_NEAR = """
SELECT w.id, array(
    (SELECT m.id FROM matters_matter m WHERE m.ended_at IS NULL AND m.kind = w.kind AND m.reported_at >= w.since
        AND m.id <> w.id AND m.scope_code >= w.community AND m.scope_code < w.community_below
        ORDER BY m.reported_at DESC, m.id DESC LIMIT w.most)
    UNION (SELECT m.id FROM matters_matter m WHERE m.ended_at IS NULL AND m.kind = w.kind AND m.reported_at >= w.since
        AND m.id <> w.id AND m.scope_code >= w.township AND m.scope_code < w.township_below
        ORDER BY m.reported_at DESC, m.id DESC LIMIT w.most)
    UNION (SELECT m.id FROM matters_place p JOIN matters_matter m ON m.id = p.matter_id WHERE p.place_id = w.place
        AND m.ended_at IS NULL AND m.kind = w.kind AND m.reported_at >= w.since AND m.id <> w.id
        ORDER BY m.id DESC LIMIT w.most))
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[],
    %s::integer[]) AS w (id, kind, community, community_below, township, township_below, place, since, most)
"""


def like_matters(matters: Sequence[Matter], likely: Mapping[int, str]) -> dict[int, list[int]]:
    """For each matter the open ones that likely tell of the same problem and could be its lead, the likeliest first.

    `likely`: their categories, known or guessed. 4 queries for the batch.
    """
    places = _places(matter.pk for matter in matters)
    wanted = [_asked(matter, places) for matter in matters if len(matter.scope_code) >= TOWNSHIP_DIGITS]
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, [list(column) for column in zip(*wanted, strict=True)])
        near: dict[int, list[int]] = dict(cursor.fetchall())
    others = _others({pk for found in near.values() for pk in found}, likely)
    return {
        matter.pk: likest(
            _report(matter, likely.get(matter.pk, ""), places), (others[pk] for pk in near[matter.pk] if pk in others)
        )
        for matter in matters
        if matter.pk in near
    }


def same_among(
    matters: Iterable[Matter],
    guesses: Iterable[Guess],
    places: Iterable[About],
    *,
    text: str,
    category: str,
    code: str,
    place_id: int | None,
    now: datetime,
) -> list[int]:
    """Which of these visible matters likely tell of what somebody is saying now, and could be its lead; the likeliest first.

    With what `guesses_wanted` and `places_wanted` found of them. `code` and `place_id`: where it is, as far as that is
    known. No query.
    """
    words = telling(text[:BODY_READ], topics=categories().rules.points)
    said = Report(id=0, words=words, category=category, place_id=place_id, code=code, reported_at=now)
    return likest(said, _compared(matters, _first_guess(guesses), dict(places)).values())


def _asked(matter: Matter, places: Mapping[int, int]) -> tuple[object, ...]:
    community, township = matter.scope_code[:COMMUNITY_DIGITS], matter.scope_code[:TOWNSHIP_DIGITS]
    return (
        *(matter.pk, matter.kind, community, next_code(community), township, next_code(township)),
        *(places.get(matter.pk), matter.reported_at - LIKE_WITHIN, NEAR_MOST),
    )


def guesses_wanted(ids: Collection[int]) -> QuerySet[Suggestion, Guess]:
    """The categories that the background guessed for these matters, likeliest first; not asked yet."""
    return Suggestion.objects.filter(matter_id__in=ids).values_list("matter_id", "categories")


def places_wanted(ids: Collection[int]) -> QuerySet[MatterPlace, About]:
    """The places (场所) that these matters are about; not asked yet."""
    return MatterPlace.objects.filter(matter_id__in=ids).values_list("matter_id", "place_id")


def _places(ids: Iterable[int]) -> dict[int, int]:
    return dict(places_wanted(list(ids)))


def _first_guess(guesses: Iterable[Guess]) -> dict[int, str]:
    return {pk: next(iter(codes), "") for pk, codes in guesses}


def _others(ids: set[int], likely: Mapping[int, str]) -> dict[int, Report]:
    """Those that could be a lead, as they are compared; 3 queries."""
    guessed = _first_guess(guesses_wanted(ids)) | dict(likely)
    return _compared(Matter.objects.filter(pk__in=ids).only(*_READ), guessed, _places(ids))


def _compared(matters: Iterable[Matter], guessed: Mapping[int, str], places: Mapping[int, int]) -> dict[int, Report]:
    """Those of the matters that could be a lead; what nobody has put into a category goes by what was guessed."""
    return {
        row.pk: _report(row, row.category or guessed.get(row.pk, ""), places)
        for row in matters
        if may_lead(kind_version(row.kind, row.kind_version), row.stage)
    }


def _report(matter: Matter, category: str, places: Mapping[int, int]) -> Report:
    return Report(
        id=matter.pk,
        words=telling(matter.title, matter.body[:BODY_READ], matter.place_text, topics=categories().rules.points),
        category=category,
        place_id=places.get(matter.pk),
        code=matter.scope_code,
        reported_at=matter.reported_at,
    )
