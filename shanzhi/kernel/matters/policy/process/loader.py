"""From the text of a process file to a proven `Kind`, or to the list of what is wrong with it."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy import Duration
from shanzhi.kernel.matters.policy.process import shape
from shanzhi.kernel.matters.policy.process.limits import maybe_duration, retention_months
from shanzhi.kernel.matters.policy.process.model import (
    Action,
    AskSpec,
    ClockSpec,
    Count,
    FieldSpec,
    Kind,
    Linking,
    Separation,
    Stage,
    Visibility,
)
from shanzhi.kernel.matters.policy.process.paper import Paper, PaperForm
from shanzhi.kernel.matters.policy.process.positions import Path
from shanzhi.kernel.matters.policy.process.problem import Problem, did_you_mean
from shanzhi.kernel.matters.policy.process.soundness import find_problems
from shanzhi.kernel.matters.policy.process.source import Source, read_source
from shanzhi.kernel.matters.policy.process.words import (
    ANY,
    OPEN,
    AskTo,
    AskType,
    FieldType,
    Level,
    Owner,
    Party,
    Result,
    Role,
    Verb,
)

Row = Mapping[str, Any]


def load_kind(text: str, *, calendars: Collection[str] | None = None) -> Kind | list[Problem]:
    """The kind that a process file describes, proven sound; or every problem found, in the order of the lines.

    `calendars` are the codes of the work calendars that the city has; None leaves that unasked.
    Problems of form (a key, a type, a word out of a closed set) are told first, since what they spoil can't be proved.
    """
    source = read_source(text)
    if isinstance(source, Problem):
        return [source]
    problems = list(_find_misshapes(source))
    if not problems:
        kind = _build(source)
        problems = find_problems(kind, source, calendars=calendars)
        if not problems:
            return kind
    return sorted(problems, key=lambda problem: problem.line)


def _find_misshapes(source: Source) -> Iterator[Problem]:
    for name in source.tables:
        if name not in shape.TABLES:
            mend, params = did_you_mean(name, shape.TABLES)
            yield source.problem((name,), msg("不认识“%(word)s”这张表。"), mend, word=name, **params)
    for name, table in shape.TABLES.items():
        value = source.tables.get(name)
        if value is None:
            if table.required:
                yield source.problem((), msg("缺少 %(table)s。"), msg("补上这张表。"), table=_header(name, table))
        elif table.many:
            yield from _find_in_list(source, name, table, value)
        elif isinstance(value, dict):
            yield from _find_in_table(source, (name,), table, value)
        else:
            yield _not_a_table(source, name, table)


def _find_in_list(source: Source, name: str, table: shape.Table, value: object) -> Iterator[Problem]:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        yield _not_a_table(source, name, table)
        return
    if table.required and not value:
        yield source.problem((name,), msg("%(table)s 一项也没有。"), msg("至少写一项。"), table=_header(name, table))
    for place, row in enumerate(value):
        yield from _find_in_table(source, (name, place), table, row)


def _header(name: str, table: shape.Table) -> str:
    return f"[[{name}]]" if table.many else f"[{name}]"


def _not_a_table(source: Source, name: str, table: shape.Table) -> Problem:
    return source.problem(
        (name,), msg("%(name)s 的写法不对。"), msg("写成 %(table)s。"), name=name, table=_header(name, table)
    )


def _find_in_table(source: Source, path: Path, table: shape.Table, row: Row) -> Iterator[Problem]:
    for word in row:
        if word not in table.keys:
            mend, params = did_you_mean(word, table.keys)
            yield source.problem((*path, word), msg("不认识“%(word)s”这个键。"), mend, word=word, **params)
    for word, key in table.keys.items():
        if word in row:
            yield from _find_in_value(source, (*path, word), key, row[word])
        elif key.required:
            yield source.problem(path, msg("缺少 %(key)s。"), shape.EXPECTED[key.shape], key=word)


def _find_in_value(source: Source, path: Path, key: shape.Key, value: object) -> Iterator[Problem]:
    if not shape.fits(key.shape, value):
        shown = json.dumps(value, ensure_ascii=False, default=str)
        yield source.problem(path, msg("%(shown)s 不能用在这里。"), shape.EXPECTED[key.shape], shown=shown)
        return
    if isinstance(value, list):
        for place, word in enumerate(value):
            if word in value[:place]:
                yield source.problem((*path, place), msg("“%(word)s”写了两次。"), msg("删去一个。"), word=word)
            yield from _find_strange_word(source, (*path, place), key, word)
    elif isinstance(value, str):
        yield from _find_strange_word(source, path, key, value)


def _find_strange_word(source: Source, path: Path, key: shape.Key, word: str) -> Iterator[Problem]:
    if key.choices and word not in key.choices:
        mend, params = did_you_mean(word, key.choices)
        yield source.problem(path, msg("“%(word)s”不在可选的词里。"), mend, word=word, **params)


def _build(source: Source) -> Kind:
    tables = source.tables
    kind: Row = tables["kind"]
    stages = tuple(_stage(row) for row in tables["stage"])
    check: Row = tables.get("check", {})
    visibility: Row = tables.get("visibility", {})
    return Kind(
        code=kind["code"],
        name=kind["name"],
        version=kind["version"],
        description=kind.get("description", ""),
        initial=kind["initial"],
        intake_level=Level(kind["intake_level"]),
        public=kind.get("public", False),
        retention_months=retention_months(kind["retention"]) or 0,
        calendar=kind.get("calendar", "office"),
        must=tuple(Verb(verb) for verb in kind.get("must", ())),
        stages=stages,
        fields=tuple(_field(row) for row in tables.get("field", ())),
        actions=tuple(_action(row, stages) for row in tables["action"]),
        counts=tuple(_count(row) for row in tables.get("count", ())),
        clocks=tuple(_clock(row) for row in tables.get("clock", ())),
        asks=tuple(_ask(row) for row in tables.get("ask", ())),
        papers=tuple(_paper(row) for row in tables.get("paper", ())),
        questions=tuple(tables.get("rating", {}).get("questions", ())),
        solved_from=tables.get("rating", {}).get("solved_from", 0),
        linking=Linking(**tables.get("linking", {})),
        separation=Separation(
            checker_not=frozenset(Role(role) for role in check.get("checker_not", ())),
            rater_not=frozenset(Role(role) for role in check.get("rater_not", ())),
            other_unit=check.get("other_unit", False),
        ),
        sample=check.get("sample", 0),
        visibility=Visibility(
            public_fields=tuple(visibility.get("public_fields", ())),
            released_fields=tuple(visibility.get("released_fields", ())),
        ),
        digest=_digest(tables),
    )


def _digest(tables: Mapping[str, Any]) -> str:
    content = json.dumps(tables, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _stage(row: Row) -> Stage:
    return Stage(
        code=row["code"],
        name=row["name"],
        owner=Owner(row.get("owner", Owner.NONE)),
        limit=maybe_duration(row.get("limit", "")),
        clock=row.get("clock", ""),
        warn=maybe_duration(row.get("warn", "")),
        says=row.get("says", ""),
        on_overdue=row.get("on_overdue", ""),
        result=Result(row["end"]) if "end" in row else None,
        unnamed=row.get("unnamed", ""),
        law=row.get("law", ""),
    )


def _field(row: Row) -> FieldSpec:
    return FieldSpec(
        code=row["code"],
        name=row["name"],
        type=FieldType(row["type"]),
        max=row.get("max"),
        choices=tuple(row.get("choices", ())),
        hint=row.get("hint", ""),
        scale={int(score): name for score, name in sorted(row.get("scale", {}).items(), key=_by_score)},
    )


def _by_score(named: tuple[str, str]) -> int:
    """The best first."""
    return -int(named[0])


def _count(row: Row) -> Count:
    return Count(
        code=row["code"],
        name=row["name"],
        limit=row.get("limit"),
        after=row.get("after", ""),
        decides=Role(row.get("decides", Role.SUPERVISOR)),
        then=row.get("then", ""),
    )


def _clock(row: Row) -> ClockSpec:
    return ClockSpec(
        code=row["code"],
        name=row["name"],
        owner=Owner(row["owner"]),
        limit=Duration.parse(row["limit"]),
        stages=tuple(row["in"]),
        warn=maybe_duration(row.get("warn", "")),
        calendar=row.get("calendar", ""),
        starts_by=tuple(row.get("starts_by", ())),
        done_by=tuple(row.get("done_by", ())),
        once=row.get("once", False),
        by_catalogue=row.get("by_catalogue", False),
        by_field=row.get("by_field", ""),
        law=row.get("law", ""),
    )


def _ask(row: Row) -> AskSpec:
    return AskSpec(
        code=row["code"],
        name=row["name"],
        type=AskType(row["type"]),
        to=AskTo(row["to"]),
        limit=Duration.parse(row["limit"]),
        clock=row.get("clock", ""),
        times=row.get("times"),
        most=maybe_duration(row.get("most", "")),
        after=row.get("after", ""),
        daily=row.get("daily", False),
        about=row.get("about", ""),
        law=row.get("law", ""),
    )


def _paper(row: Row) -> Paper:
    return Paper(
        code=row["code"],
        name=row["name"],
        action=row["action"],
        to=row.get("to", ""),
        hail=row.get("hail", ""),
        form=row.get("form", PaperForm.LETTER),
        title=row.get("title", ""),
        text=row.get("text", ""),
        fill=tuple(row.get("fill", ())),
        may=tuple(row.get("may", ())),
        clock=row.get("clock", ""),
        law=row.get("law", ""),
    )


def _action(row: Row, stages: tuple[Stage, ...]) -> Action:
    return Action(
        code=row["code"],
        name=row["name"],
        verb=Verb(row["verb"]),
        from_stages=_spelled_out(row["from"], stages),
        to=row.get("to", ""),
        outcomes=dict(row.get("outcomes", {})),
        by=tuple(Role(role) for role in row["by"]),
        needs=tuple(row.get("needs", ())),
        may=tuple(row.get("may", ())),
        journal=row.get("journal", f"matters.{row['verb']}"),
        counts=row.get("counts", ""),
        counts_when=row.get("counts_when", ""),
        ask=row.get("ask", ""),
        notify=tuple(Party(party) for party in row.get("notify", ())),
        result=Result(row["result"]) if "result" in row else None,
    )


def _spelled_out(names: list[str], stages: tuple[Stage, ...]) -> tuple[str, ...]:
    """Stage codes for an action's `from`, in the order given, each once."""
    found: dict[str, None] = {}
    for name in names:
        if name in (OPEN, ANY):
            found.update(dict.fromkeys(s.code for s in stages if name == ANY or not s.is_end))
        else:
            found[name] = None
    return tuple(found)
