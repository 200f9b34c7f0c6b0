"""What facts have to say of every matter, read from the tables of matters by independent SQL."""

from typing import Any

import psycopg

_MATTERS = """
SELECT m.id, m.number, m.kind, m.kind_version, m.category, m.region_id, m.channel, coalesce(m.source, ''), m.stage,
    coalesce(m.result, ''), (m.ended_at IS NULL)::int, m.reported_at, m.ended_at, m.solved::int, m.satisfied, m.intake_unit_id,
    m.steps, p.place_id,
    (SELECT a.unit_id FROM matters_assignment a WHERE a.matter_id = m.id AND a.part = 'lead' ORDER BY a.id DESC LIMIT 1),
    (SELECT l.lead_id FROM matters_link l WHERE l.matter_id = m.id ORDER BY l.id DESC LIMIT 1),
    (SELECT w.whole_id FROM matters_part w WHERE w.matter_id = m.id),
    (SELECT count(DISTINCT a.unit_id) FROM matters_assignment a WHERE a.matter_id = m.id AND a.part = 'co'),
    (SELECT min(a.taken_at) FROM matters_assignment a WHERE a.matter_id = m.id AND a.part = 'lead'),
    (SELECT count(*) FROM matters_ask k WHERE k.matter_id = m.id AND k.type = 'extend' AND k.state = 'granted'),
    (SELECT count(*) FROM matters_ask k WHERE k.matter_id = m.id AND k.type = 'pause' AND k.state = 'granted'),
    (SELECT count(*) FROM matters_ask k WHERE k.matter_id = m.id AND k.type IN ('urge', 'urge_co')),
    coalesce((m.counts->>'reopenings')::int, -1), coalesce((m.counts->>'check_failures')::int, -1),
    coalesce((m.counts->>'returns')::int, 0) + coalesce((m.counts->>'review_returns')::int, 0)
FROM matters_matter m LEFT JOIN matters_place p ON p.matter_id = m.id ORDER BY m.id
"""
_FACTS = """
SELECT matter_id, number, kind, kind_version, category, region_id, channel, source, stage, result, is_open, reported_at,
    ended_at, solved, satisfied, intake_unit_id, steps, place_id, lead_unit_id, linked_to, part_of, co_handlers, taken_at,
    extensions, pauses, urges, reopenings, failed_checks, returns
FROM fact_matter ORDER BY matter_id
"""
_SHARES = """
SELECT matter_id, unit_id, part, state, ground, assigned_at, taken_at, ended_at, due_at FROM {table} ORDER BY 1, 6, 2, 3, 4, 8
"""
_CLOCKS = """
SELECT matter_id, {code}, stage, limit_text, started_at, due_at, stopped_at FROM {table} ORDER BY matter_id, {number}
"""
_COUNTED = slice(26, 28)
"""Counts that not every kind keeps: -1 where it was never counted."""


def differences(opened: psycopg.Connection) -> list[str]:
    """Everything in which facts and the tables of matters disagree."""
    return [*_of_matters(opened), *_of_shares(opened), *_of_clocks(opened)]


def _of_matters(opened: psycopg.Connection) -> list[str]:
    own = {row[0]: list(row) for row in opened.execute(_MATTERS).fetchall()}
    facts = {row[0]: list(row) for row in opened.execute(_FACTS).fetchall()}
    found = [f"matter {pk}: {'no fact' if pk in own else 'no matter'}" for pk in sorted(own.keys() ^ facts.keys())]
    names = [column.strip() for column in _FACTS.split("FROM", maxsplit=1)[0].replace("SELECT", "").split(",")]
    for pk in own.keys() & facts.keys():
        left, right = own[pk], facts[pk]
        right[_COUNTED] = [
            kept if kept == -1 else count for kept, count in zip(left[_COUNTED], right[_COUNTED], strict=True)
        ]
        found += [
            f"matter {left[1]} {name}: {ours!r}, facts say {theirs!r}"
            for name, ours, theirs in zip(names, left, right, strict=True)
            if ours != theirs
        ]
    return found


def _of_shares(opened: psycopg.Connection) -> list[str]:
    return _differ(
        "share",
        opened.execute(_SHARES.format(table="matters_assignment")).fetchall(),
        opened.execute(_SHARES.format(table="fact_assignment")).fetchall(),
    )


def _of_clocks(opened: psycopg.Connection) -> list[str]:
    return _differ(
        "clock",
        opened.execute(_CLOCKS.format(table="matters_clock", code="code", number="id")).fetchall(),
        opened.execute(_CLOCKS.format(table="fact_clock", code="clock", number="promise")).fetchall(),
    )


def _differ(what: str, own: list[Any], facts: list[Any]) -> list[str]:
    kept, found = list(facts), []
    for row in own:
        if row in kept:
            kept.remove(row)
        else:
            found.append(f"{what} missing: {row}")
    return found + [f"{what} too many: {row}" for row in kept]
