"""Whoever calls the search function by themselves, with any argument at all, gets what the policy shows them and no more."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import psycopg
import pytest
from psycopg import errors

from shanzhi.core.ranges import next_code
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.queries import NOBODY, Bounced, Sitting, Took
from tests.city import NOW
from tests.concurrency.committed import City, as_role, scope
from tests.protection.test_search_what_is_mine import (
    ACTORS,
    CODES,
    STAGES,
    WORD,
    Crowd,
    any_filter,
    anybody,
    crowd,
    standing,
)

__all__ = ["crowd", "standing"]

ARGUMENTS = {
    "sought": "tsquery", "way": "text", "by_due": "boolean", "past_at": "timestamptz", "past_id": "bigint",
    "most": "integer", "only_open": "boolean", "stages": "text[]", "share_unit": "bigint", "share_part": "text",
    "code_from": "text", "code_below": "text", "category_from": "text", "category_below": "text",
    "due_from": "timestamptz", "due_below": "timestamptz", "warn_past": "timestamptz", "warn_upto": "timestamptz",
    "reported_from": "timestamptz", "reported_below": "timestamptz", "kind_is": "text", "channel_is": "text",
    "place_holds": "text", "is_back": "boolean", "holder_is": "bigint", "returned_least": "integer",
    "idle_since": "timestamptz", "ended_from": "timestamptz", "ended_below": "timestamptz", "solved_is": "boolean",
    "bounced_from": "bigint", "bounced_to": "bigint", "bounced_ground": "text", "linked_least": "integer",
    "answered_is": "boolean", "took_least": "integer", "took_most": "integer", "led_by": "bigint", "kept_is": "boolean",
    "promises": "text[]",
}  # fmt: skip
SEARCH = f"SELECT matters_search({', '.join(f'%({name})s::{kind}' for name, kind in ARGUMENTS.items())})"
ENDED = (
    "UPDATE matters_matter SET ended_at = %(at)s, result = 'closed', solved = %(solved)s, due_at = NULL, warn_at = NULL,"
    " holder_unit_id = NULL WHERE id = %(id)s"
)
SITS = (
    "UPDATE matters_matter SET holder_unit_id = %(unit)s, stage_since = %(at)s, counts = jsonb_build_object('returns',"
    " %(returns)s::int, 'linked', %(linked)s::int) WHERE id = %(id)s AND ended_at IS NULL"
)
GAVE_BACK = (
    "INSERT INTO matters_assignment (matter_id, unit_id, part, state, assigned_at, ended_at, ground)"
    " VALUES (%(id)s, %(unit)s, 'lead', 'returned', %(at)s, %(at)s, %(ground)s)"
)
LEADS = (
    "INSERT INTO matters_assignment (matter_id, unit_id, part, state, assigned_at)"
    " VALUES (%(id)s, %(unit)s, 'lead', 'waiting', %(at)s)"
)
GROUNDS = ("not-ours", "no-facts")


@pytest.fixture(scope="module")
def sitting(city: City, crowd: Crowd) -> Crowd:
    """The crowd, of which some have ended, some sit, some were given back."""
    random = Random(17)
    with as_role(city.installation, "owner") as owner:
        rows = owner.execute("SELECT id FROM matters_matter WHERE id >= 10000000 ORDER BY id").fetchall()
        for (pk,) in rows:
            at = NOW - timedelta(days=random.randrange(40))
            values = {
                "id": pk,
                "at": at,
                "unit": random.choice(crowd.units),
                "returns": random.choice((0, 1, 2, 5)),
                "linked": random.choice((0, 1, 4)),
                "solved": random.choice((True, False, None)),
                "ground": random.choice(GROUNDS),
            }
            if random.random() < 0.5:
                owner.execute(GAVE_BACK, values)
                owner.execute(LEADS, values | {"unit": random.choice(crowd.units)})
            owner.execute(ENDED if random.random() < 0.3 else SITS, values)
        owner.commit()
    return crowd


def crafted(random: Random, crowd: Crowd) -> dict[str, object]:
    """Any arguments: most of them none, the rest right, wrong, or those of somebody else."""
    units = (*crowd.units, 0, -1, 999_999)
    moment = NOW + timedelta(hours=random.randrange(-900, 900))
    codes = [*(code for code in CODES if code), "", "0", "9", "~", "370", "3703'", "' OR true --"]
    span = random.choice(codes), random.choice((*codes, *(next_code(code) for code in CODES if code)))
    offers: dict[str, tuple[object, ...]] = {
        "past_at": (moment,),
        "past_id": (0, -1, 10_000_100, 2**62),
        "stages": (list(random.sample(STAGES, k=2)), [], ["' OR true --"], [None]),
        "share_unit": units,
        "share_part": ("lead", "co", "' OR true --"),
        "category_from": ("housing.", "", "' OR true --"),
        "category_below": ("housing/", "~", ""),
        "kind_is": ("request", "' OR true --"),
        "channel_is": ("web", "' OR true --"),
        "place_holds": ("花园", "路", "", "%", "' OR true --"),
        "holder_is": units,
        "returned_least": (0, 1, 2, -5, 2**31 - 1),
        "linked_least": (0, 1, 4, -5, 2**31 - 1),
        "solved_is": (True, False),
        "bounced_from": units,
        "bounced_to": units,
        "bounced_ground": (*GROUNDS, "' OR true --"),
        "answered_is": (True, False),
        "took_least": (0, 1, -5, 2**31 - 1),
        "took_most": (0, 30, -5, 2**31 - 1),
        "led_by": units,
        "kept_is": (True, False),
        "promises": (["handle"], [], ["' OR true --"], [None]),
    }
    offers |= {name: (moment, NOW) for name, kind in ARGUMENTS.items() if kind == "timestamptz"}
    given = {name: random.choice(offers[name]) if random.random() < 0.12 else None for name in offers}
    return {
        **given,
        "sought": random.choice((None, f"'{WORD}'")),
        "way": random.choice(("any", "place", "intake", "part", "every", "", "part'; --", None)),
        "by_due": random.choice((None, True, False)),
        "most": random.choice((0, 1, 25, 100_000, 2**31 - 1, None)),
        "only_open": random.choice((True, False, None)),
        "code_from": random.choice((None, span[0])),
        "code_below": random.choice((None, span[1])),
        "is_back": random.choice((True, False, None)),
    }


def test_it_shows_by_no_arguments_what_the_policy_does_not(city: City, sitting: Crowd) -> None:
    random, found, asked = Random(19), 0, 0
    with as_role(city.installation, "app") as opened:
        for _ in range(ACTORS):
            actor = anybody(sitting, random)
            scope(opened, actor)
            visible = {row[0] for row in opened.execute("SELECT id FROM matters_matter").fetchall()}
            for _ in range(12):
                given = crafted(random, sitting)
                rows = asks(opened, given)
                assert rows <= visible, (actor, given)
                found, asked = found + len(rows), asked + bool(rows)
    assert asked > ACTORS, "else it proves nothing"
    assert found > ACTORS


def asks(opened: psycopg.Connection, given: dict[str, object]) -> set[int]:
    """What comes out; nothing where the database refuses the arguments."""
    try:
        with opened.transaction():
            return {row[0] for row in opened.execute(SEARCH, given).fetchall()}
    except (errors.DataError, errors.InvalidRowCountInLimitClause):
        return set()


def test_a_part_is_the_own_unit_s_whatever_unit_is_named(city: City, sitting: Crowd) -> None:
    """`share_unit` narrows and never opens: of another unit's shares those come out that are seen anyway."""
    nothing: dict[str, object] = dict.fromkeys(ARGUMENTS) | {"way": "part", "most": 100_000, "only_open": False}
    with as_role(city.installation, "app") as opened:
        for own in sitting.units:
            for settings in ({}, {"ranges": "{[3703,3704)}"}, {"place": "{[3703,3704)}"}, {"intake": "{[3703,3704)}"}):
                values = {"unit": str(own), "ranges": "", "intake": "", "place": "", "follow": "", **settings}
                for name, value in values.items():
                    opened.execute("SELECT set_config(%s, %s, true)", [f"shanzhi.{name}", value])
                visible = {row[0] for row in opened.execute("SELECT id FROM matters_matter").fetchall()}
                for other in sitting.units:
                    assert asks(opened, nothing | {"share_unit": other}) <= visible
                    assert asks(opened, nothing | {"holder_is": other, "bounced_from": own}) <= visible


def any_sitting(random: Random, crowd: Crowd) -> Sitting:
    day = NOW.date()
    bounced = Bounced(
        random.choice(crowd.units), random.choice((None, *crowd.units[:2])), random.choice(("", *GROUNDS))
    )
    return Sitting(
        holder_id=random.choice((None, None, *crowd.units)),
        returned=random.choice((0, 0, 0, 1, 2)),
        idle_days=random.choice((0, 0, 0, 3, 20)),
        ended_from=random.choice((None, None, None, day - timedelta(days=20))),
        ended_to=random.choice((None, None, None, day - timedelta(days=5))),
        solved=random.choice((None, None, True, False)),
        bounced=random.choice((None, None, bounced)),
        reports=random.choice((0, 0, 0, 2, 5)),
        took=random.choice((Took(), Took(), Took(), any_took(random, crowd))),
    )


def any_took(random: Random, crowd: Crowd) -> Took:
    return Took(
        answered=random.choice((None, None, None, True, False)),
        least=random.choice((None, None, None, 5)),
        most=random.choice((None, None, None, 30)),
        led_by=random.choice((None, None, None, NOBODY, *crowd.units)),
        kept=random.choice((None, None, None, None, True, False)),
    )


def test_where_it_sits_is_the_same_by_the_function_and_by_the_policy(city: City, sitting: Crowd) -> None:
    """Returned, idle, solved, bounced, held, ended, with any other condition: the same rows, and the same count."""
    random, seen = Random(23), 0
    for _ in range(max(60, ACTORS)):
        actor = replace(anybody(sitting, random), follow=())
        where = any_sitting(random, sitting)
        wanted = replace(any_filter(random, sitting), sitting=where, open_only=False)
        if random.random() < 0.7:
            wanted = queries.ListFilter(sitting=where, open_only=False, sort=wanted.sort)
        with acting(actor):
            told = queries.matters_page(wanted, now=NOW, actor=actor, size=2000)
            plain = queries.matters_page(wanted, now=NOW, size=2000)
        assert [row.id for row in told.rows] == [row.id for row in plain.rows], (actor, wanted)
        assert (told.total, told.total_capped) == (plain.total, plain.total_capped)
        seen += len(plain.rows)
    assert seen > ACTORS, "else it proves nothing"
