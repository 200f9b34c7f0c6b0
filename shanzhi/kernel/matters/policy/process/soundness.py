"""Proves that a process can run: whatever it refers to is there, every matter has somebody to move it, and ends.

`find_problems` is the whole proof. References come first; the proofs over paths are asked only of a table whose
references hold, since a missing stage would make every path look broken.
"""

from collections.abc import Callable, Collection, Iterator

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process import of_actions, of_clocks, of_linking, of_papers, of_paths, of_stages
from shanzhi.kernel.matters.policy.process.model import FieldSpec, Kind
from shanzhi.kernel.matters.policy.process.of_stages import duplicates, find_strange_marks, unknown
from shanzhi.kernel.matters.policy.process.problem import Problem
from shanzhi.kernel.matters.policy.process.source import NOWHERE, Source
from shanzhi.kernel.matters.policy.process.words import ROLE_NAMES, FieldType, Role, Verb

CHOSEN = frozenset({FieldType.CHOICE, FieldType.LIMIT})
Proof = Callable[[Kind, Source], Iterator[Problem]]


def find_problems(kind: Kind, source: Source = NOWHERE, *, calendars: Collection[str] | None = None) -> list[Problem]:
    """Everything that makes `kind` unsound, with the lines of `source`; empty: it is proven.

    `calendars` are the codes of the work calendars there are; None leaves that unasked.
    """
    found = [problem for proof in _REFERENCES for problem in proof(kind, source)]
    if calendars is not None and kind.calendar not in calendars:
        found.append(unknown(source, ("kind", "calendar"), msg("没有“%(word)s”这个日历。"), kind.calendar, calendars))
    return found or [problem for proof in _PROOFS for problem in proof(kind, source)]


def _find_in_fields(kind: Kind, source: Source) -> Iterator[Problem]:
    yield from duplicates(source, "field", [spec.code for spec in kind.fields])
    for place, spec in enumerate(kind.fields):
        path = ("field", place)
        if spec.type in CHOSEN and not spec.choices:
            yield source.problem(path, msg("选择题没有选项。"), msg("补上 choices。"))
        if spec.type not in CHOSEN and spec.choices:
            yield source.problem(
                (*path, "choices"), msg("只有 choice、limit 类型才有选项。"), msg("删去 choices，或改类型。")
            )
        yield from _find_in_max(source, path, spec)
        if spec.scale and (
            spec.type is not FieldType.SCORE or not all(1 <= score <= (spec.max or 0) for score in spec.scale)
        ):
            message = msg("scale 只给打分题的分数起名，从 1 到 max。")
            yield source.problem((*path, "scale"), message, msg("改分数，或删去 scale。"))


def _find_in_max(source: Source, path: tuple[str | int, ...], spec: FieldSpec) -> Iterator[Problem]:
    measured = spec.type in (FieldType.TEXT, FieldType.SCORE, FieldType.FILES, FieldType.UNITS, FieldType.PARTS)
    if measured and spec.max is None:
        yield source.problem(
            path,
            msg("%(type)s 类型要有上限。"),
            msg("补上 max：文字几个字，打分最高几分，文件或单位最多几个。"),
            type=spec.type,
        )
    if not measured and spec.max is not None:
        yield source.problem((*path, "max"), msg("%(type)s 类型没有上限。"), msg("删去 max。"), type=spec.type)


def _find_in_counts(kind: Kind, source: Source) -> Iterator[Problem]:
    yield from duplicates(source, "count", [count.code for count in kind.counts])
    open_codes = [stage.code for stage in kind.open_stages]
    for place, count in enumerate(kind.counts):
        path = ("count", place)
        if count.limit is not None and not count.after:
            yield source.problem(path, msg("有次数上限，却没有到了上限时的话。"), msg("补上 after，说明由谁裁定。"))
        if count.limit is None and (count.after or count.then):
            yield source.problem(path, msg("没有次数上限，after 和 then 用不上。"), msg("补上 limit，或删去它们。"))
        if count.then and count.then not in open_codes:
            yield unknown(source, (*path, "then"), msg("没有“%(word)s”这个未结环节。"), count.then, open_codes)
        yield from find_strange_marks(source, (*path, "after"), count.after, {"limit": 1, "who": ""})


def _find_in_rules(kind: Kind, source: Source) -> Iterator[Problem]:
    """must, check, rating, visibility."""
    for verb in kind.must:
        if not kind.verb(verb):
            yield source.problem(
                ("kind", "must", kind.must.index(verb)),
                msg("说好要有的操作 %(verb)s，没有哪个动作来做。"),
                msg('补一个 verb = "%(verb)s" 的动作，或从 must 里删去。'),
                verb=verb,
            )
    if kind.sample > 100:
        yield source.problem(
            ("check", "sample"), msg("抽查比例是百分之几，最多 100。"), msg("写 1 到 100；不抽查就删去。")
        )
    if kind.separation.checker_not and not (kind.verb(Verb.CHECK_PASS) or kind.verb(Verb.CHECK_FAIL)):
        yield source.problem(
            ("check", "checker_not"), msg("没有核查的动作，这一条管不着谁。"), msg("删去，或补上核查动作。")
        )
    if kind.separation.rater_not and not kind.verb(Verb.RATE):
        yield source.problem(
            ("check", "rater_not"), msg("没有评价的动作，这一条管不着谁。"), msg("删去，或补上评价动作。")
        )
    if Role.CHECKER in kind.separation.checker_not:
        yield source.problem(
            ("check", "checker_not"), msg("核查员不能和自己分开。"), msg("从 checker_not 里删去 checker。")
        )
    if kind.public and not kind.visibility.public_fields:
        yield source.problem(
            ("kind", "public"),
            msg("对外公开，却没说公开哪些内容。"),
            msg("在 [visibility] 里写 public_fields，或改 public = false。"),
        )


def _find_in_raters(kind: Kind, source: Source) -> Iterator[Problem]:
    """Of who checked nothing but the post is kept: a person who rates as staff can't be told from them."""
    staff = [role for action in kind.verb(Verb.RATE) for role in action.by if role is not Role.REPORTER]
    if Role.CHECKER in kind.separation.rater_not and staff:
        yield source.problem(
            ("check", "rater_not"),
            msg("评价也能由%(roles)s登记，而核查过的人没有记下是谁，“核查过的不能评价”拦不住。"),
            msg("从 rater_not 里删去 checker，或让评价只由 reporter 来做。"),
            roles="、".join(ROLE_NAMES[role] for role in dict.fromkeys(staff)),
        )


def _find_in_rating(kind: Kind, source: Source) -> Iterator[Problem]:
    rates = kind.verb(Verb.RATE)
    if kind.questions and not rates:
        yield source.problem(
            ("rating",), msg("有评价问题，没有评价动作。"), msg('补上 verb = "rate" 的动作，或删去 [rating]。')
        )
    if rates and not kind.questions:
        place = kind.actions.index(rates[0])
        yield source.problem(("action", place), msg("有评价动作，没有评价问题。"), msg("补上 [rating] 的 questions。"))
    asked = {code for action in rates for code in action.fields}
    for place, code in enumerate(kind.questions):
        if rates and code not in asked:
            path = ("rating", "questions", place)
            yield unknown(source, path, msg("评价动作里没有“%(word)s”这项内容。"), code, asked)
    for action in rates if kind.questions else ():
        for place, code in enumerate(action.needs):
            if code not in kind.questions:
                yield source.problem(
                    ("action", kind.actions.index(action), "needs", place),
                    msg("评价必须填“%(word)s”，可评价问题里没有它。"),
                    msg("加进 [rating] 的 questions。"),
                    word=code,
                )


def _find_in_verdict(kind: Kind, source: Source) -> Iterator[Problem]:
    """A verdict by the score alone can say either, and asks for a score."""
    if not kind.solved_from:
        return
    for action in kind.verb(Verb.RATE):
        scores = [kind.field(code) for code in action.fields if kind.field(code).type is FieldType.SCORE]
        named = list(scores[0].scale or range(1, (scores[0].max or 0) + 1)) if scores else []
        if not named or not min(named) < kind.solved_from <= max(named):
            yield source.problem(
                ("rating", "solved_from"),
                msg("按 solved_from 从打分看出是否解决，要有一道打分题，分数在它上下都有。"),
                msg("改 solved_from，或给“%(action)s”补上打分题。"),
                action=action.name,
            )


_REFERENCES: tuple[Proof, ...] = (
    of_stages.find_in_stages,
    _find_in_fields,
    _find_in_counts,
    of_actions.find_in_actions,
    of_clocks.find_in_clocks,
    of_clocks.find_in_asks,
    of_clocks.find_wrong_limits,
    of_papers.find_in_papers,
    _find_in_rules,
    _find_in_raters,
    _find_in_rating,
    _find_in_verdict,
)

_PROOFS: tuple[Proof, ...] = (
    of_actions.find_unused,
    of_clocks.find_wrong_answers,
    of_linking.find_in_linking,
    of_paths.find_in_paths,
)
