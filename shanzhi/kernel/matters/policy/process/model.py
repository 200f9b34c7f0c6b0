"""What a process file says, as plain values: a kind of matter, its stages, actions, fields, counts and papers.

A `Kind` is immutable and holds nothing but its own table, so that many versions are cheap to keep side by side.
`loader.load_kind` makes one from TOML and proves it sound; everything here may rely on that proof.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from shanzhi.kernel.clock.policy import Duration
from shanzhi.kernel.matters.policy.process.paper import Paper
from shanzhi.kernel.matters.policy.process.words import (
    SAME,
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


@dataclass(frozen=True, slots=True)
class Stage:
    """One state of a matter. An end has a `result`, no owner and no limit."""

    code: str
    name: str
    owner: Owner = Owner.NONE
    limit: Duration | None = None
    """None in an end, and where `clock` rules."""
    clock: str = ""
    """Code of the clock that rules here in place of a limit of the stage's own."""
    warn: Duration | None = None
    """How long before it is due the light turns yellow; None: by the clock's own rule."""
    says: str = ""
    """What the resident reads about what comes next; may hold %(unit)s and %(due)s."""
    on_overdue: str = ""
    """Code of the action that the system does when the limit has run out; empty: none, the light is red."""
    result: Result | None = None
    unnamed: str = ""
    """Where a matter goes in place of this stage if no resident is named in it; empty: it stops here all the same."""
    law: str = ""
    """The article or rule that the stage's own limit rests on."""

    @property
    def is_end(self) -> bool:
        """Is the matter over in this stage?"""
        return self.result is not None


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A declared field of actions."""

    code: str
    name: str
    type: FieldType
    max: int | None = None
    """text: characters; score: highest score; units, files: how many."""
    choices: tuple[str, ...] = ()
    hint: str = ""
    scale: Mapping[int, str] = field(default_factory=dict, hash=False)
    """score: what the scores are called that may be given, the best first; empty: any from 1 to `max`."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done in a stage: a button, an operation of the engine, and where it leads."""

    code: str
    name: str
    """The Chinese verb on the button."""
    verb: Verb
    from_stages: tuple[str, ...]
    """Stage codes, with `open` and `any` already spelled out."""
    by: tuple[Role, ...]
    journal: str
    """Name of the journal's action."""
    to: str = ""
    """A stage code or `same`; empty where `outcomes` decides."""
    outcomes: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Answer → stage code; for `rate`: solved and unsolved."""
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    counts: str = ""
    """Code of the count that goes up by one; empty: none."""
    counts_when: str = ""
    """The outcome that counts, where only one does."""
    ask: str = ""
    """Code of what is asked, granted or declined."""
    notify: tuple[Party, ...] = ()
    result: Result | None = None
    """Ends the matter with this result in place of the end stage's own (a lapse that closes)."""

    @property
    def stays(self) -> bool:
        """Does the matter stay in its stage, its clock running on?"""
        return self.to == SAME

    @property
    def fields(self) -> tuple[str, ...]:
        """Codes of every field it takes, needed ones first."""
        return self.needs + self.may

    def counts_up(self, outcome: str = "") -> bool:
        """Does doing it (with this outcome) add one to its count?"""
        return bool(self.counts) and self.counts_when in ("", outcome)


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """A limit that runs on through several stages, whoever holds the matter; beside the limits of single stages.

    It begins when the matter comes into one of `stages` (or, with `starts_by`, when one of these actions is done there),
    and stops when it leaves them, or when an action of `done_by` is done.
    """

    code: str
    name: str
    owner: Owner
    """Who answers for it."""
    limit: Duration
    stages: tuple[str, ...]
    warn: Duration | None = None
    calendar: str = ""
    """Code of its work calendar; empty: the kind's."""
    starts_by: tuple[str, ...] = ()
    done_by: tuple[str, ...] = ()
    once: bool = False
    """Never begins a second time, though the matter comes back."""
    by_catalogue: bool = False
    """With a dispatch, its limit becomes what the dispatch catalogue promises for the category and place."""
    by_field: str = ""
    """Code of a field of type day: an action that fills it in lets the clock, still counted from its start, end on that day.
    `limit` is then the longest that may be promised."""
    law: str = ""
    """The article or rule that it rests on."""


@dataclass(frozen=True, slots=True)
class AskSpec:
    """Something that may be asked on the way, and who decides it by when."""

    code: str
    name: str
    type: AskType
    to: AskTo
    limit: Duration
    """For the answer."""
    clock: str = ""
    """extend: the clock that gets more time; pause: empty, all of them stand still."""
    times: int | None = None
    """How often it may be granted on one matter."""
    most: Duration | None = None
    """pause: the longest that the clocks may stand still; extend: the longest in all, counted from the clock's start."""
    after: str = ""
    """ruling: the count that has to be full before (returns, or refusals by another county)."""
    daily: bool = False
    """urge: once a working day."""
    about: str = ""
    """report: the supervision to which it answers."""
    law: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """Something counted on a matter (returns, reopenings), and what happens when there have been enough."""

    code: str
    name: str
    limit: int | None = None
    after: str = ""
    """The sentence once the limit is reached; may hold %(limit)s and %(who)s."""
    decides: Role = Role.SUPERVISOR
    """Who arbitrates after the limit."""
    then: str = ""
    """Stage where the action leads after the limit, in place of being refused; empty: it is refused."""

    def is_full(self, done: int) -> bool:
        """Have there been as many as the limit allows?"""
        return self.limit is not None and done >= self.limit


@dataclass(frozen=True, slots=True)
class Linking:
    """Reports of one and the same problem under one lead (重复并单): how many at most, and from how many reports on (the
    lead's own with them) the matter counts as collective. Both count reports, never people."""

    most: int = 50
    collective: int = 5


@dataclass(frozen=True, slots=True)
class Separation:
    """Who may not do what after having done something else in the same matter (不相容岗位分离).

    Each names roles out of handler and checker.
    """

    checker_not: frozenset[Role] = frozenset()
    rater_not: frozenset[Role] = frozenset()
    """`checker` only where none but the reporter rates: who checked isn't kept by person."""
    other_unit: bool = False
    """Who checks is of no unit that handled it."""


@dataclass(frozen=True, slots=True)
class Visibility:
    """What a stranger may read of a public matter, and what more once staff released it with the reporter's consent."""

    public_fields: tuple[str, ...] = ()
    released_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One version of one kind of matter: the whole of its process."""

    code: str
    name: str
    version: int
    initial: str
    intake_level: Level
    stages: tuple[Stage, ...]
    actions: tuple[Action, ...]
    description: str = ""
    public: bool = False
    retention_months: int = 0
    """How long a matter is kept after its end."""
    calendar: str = "office"
    """Code of the work calendar by which its limits run."""
    must: tuple[Verb, ...] = ()
    """Verbs that this kind promises to have."""
    fields: tuple[FieldSpec, ...] = ()
    counts: tuple[Count, ...] = ()
    clocks: tuple[ClockSpec, ...] = ()
    asks: tuple[AskSpec, ...] = ()
    papers: tuple[Paper, ...] = ()
    questions: tuple[str, ...] = ()
    """Codes of the fields that make up the resident's verdict, in order."""
    solved_from: int = 0
    """The verdict is the score alone, and from this one on it finds the matter solved; 0: both are asked."""
    linking: Linking = Linking()
    separation: Separation = Separation()
    sample: int = 0
    """Of 100 matters that somebody ends alone, how many are drawn for a check."""
    visibility: Visibility = Visibility()
    digest: str = ""
    """SHA-256 (hex) over the file's content without comments and order of keys: tells a silent edit."""
    _stages: Mapping[str, Stage] = field(init=False, repr=False, compare=False)
    _actions: Mapping[str, Action] = field(init=False, repr=False, compare=False)
    _fields: Mapping[str, FieldSpec] = field(init=False, repr=False, compare=False)
    _counts: Mapping[str, Count] = field(init=False, repr=False, compare=False)
    _clocks: Mapping[str, ClockSpec] = field(init=False, repr=False, compare=False)
    _asks: Mapping[str, AskSpec] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_stages", {s.code: s for s in self.stages})
        object.__setattr__(self, "_actions", {a.code: a for a in self.actions})
        object.__setattr__(self, "_fields", {f.code: f for f in self.fields})
        object.__setattr__(self, "_counts", {c.code: c for c in self.counts})
        object.__setattr__(self, "_clocks", {c.code: c for c in self.clocks})
        object.__setattr__(self, "_asks", {a.code: a for a in self.asks})

    def stage(self, code: str) -> Stage:
        """The stage with this code; KeyError where there is none."""
        return self._stages[code]

    def action(self, code: str) -> Action:
        """The action with this code; KeyError where there is none."""
        return self._actions[code]

    def roles_at(self, stage: str) -> frozenset[Role]:
        """Whose turn it is in a stage: who may do anything that moves the matter on."""
        return frozenset(
            role for each in self.actions if stage in each.from_stages and not each.stays for role in each.by
        )

    def has_action(self, code: str) -> bool:
        """Is there an action with this code?"""
        return code in self._actions

    def field(self, code: str) -> FieldSpec:
        """The field with this code; KeyError where there is none."""
        return self._fields[code]

    def count(self, code: str) -> Count:
        """The count with this code; KeyError where there is none."""
        return self._counts[code]

    def clock(self, code: str) -> ClockSpec:
        """The clock with this code; KeyError where there is none."""
        return self._clocks[code]

    def limit_of(self, stage: Stage) -> Duration | None:
        """The limit of a stage: its own, or that of the clock that rules there; None in an end."""
        return self.clock(stage.clock).limit if stage.clock else stage.limit

    def ask(self, code: str) -> AskSpec:
        """What may be asked under this code; KeyError where there is nothing."""
        return self._asks[code]

    def refusals(self, ask: AskSpec) -> Count | None:
        """The count of how often what was asked was refused; None: nobody counts."""
        code = next((each.counts for each in self.verb(Verb.DECLINE) if each.ask == ask.code and each.counts), "")
        return self._counts.get(code)

    @property
    def assist_clock(self) -> ClockSpec | None:
        """The clock that each co-handler has for itself; None: the kind promises nothing of them."""
        return next((clock for clock in self.clocks if clock.owner is Owner.CO), None)

    def verdict_by(self, action: Action) -> tuple[FieldSpec, FieldSpec] | None:
        """The score that is the whole verdict, and the answer that follows from it; None where both are asked for."""
        if not self.solved_from or action.verb is not Verb.RATE:
            return None
        specs = [self.field(code) for code in action.fields]
        score = next(spec for spec in specs if spec.type is FieldType.SCORE)
        return score, next(spec for spec in specs if spec.type is FieldType.BOOL)

    def score_name(self, score: int | None) -> str:
        """What a verdict's score is called in this kind (message id); empty where it has no name of its own."""
        return next((spec.scale.get(score or 0, "") for spec in self.fields if spec.scale), "")

    @property
    def linked_stage(self) -> str:
        """Where a matter waits that is linked under another; empty: the kind links none."""
        return next((action.to for action in self.verb(Verb.LINK)), "")

    @property
    def gathering_stage(self) -> str:
        """Where a lead waits for the verdicts on those linked under it; empty: the kind links none."""
        return next((action.from_stages[0] for action in self.verb(Verb.GATHER)), "")

    @property
    def parted_stage(self) -> str:
        """Where a matter waits for its parts; empty: the kind splits none."""
        return next((action.to for action in self.verb(Verb.SPLIT)), "")

    @property
    def joined_stage(self) -> str:
        """Where a part ends, its answer going into the whole's; empty: the kind splits none."""
        return next((action.to for action in self.verb(Verb.FOLD)), "")

    @property
    def open_stages(self) -> tuple[Stage, ...]:
        """The stages that aren't ends, in the file's order."""
        return tuple(s for s in self.stages if not s.is_end)

    def verb(self, verb: str) -> tuple[Action, ...]:
        """The actions that do this verb, in the file's order; often one, may be none."""
        return tuple(a for a in self.actions if a.verb == verb)

    def verb_at(self, verb: str, stage: str) -> tuple[Action, ...]:
        """The actions that do this verb from this stage."""
        return tuple(a for a in self.verb(verb) if stage in a.from_stages)

    def actions_from(self, stage: str, roles: Collection[str]) -> list[Action]:
        """The actions that start in this stage for somebody in any of these roles, in the file's order.

        Only the table: `rules.allowed_actions` also asks for the unit's part, the separation of duties and limits.
        """
        return [a for a in self.actions if stage in a.from_stages and not set(roles).isdisjoint(a.by)]

    def target(
        self,
        action: Action,
        stage: str,
        *,
        outcome: str = "",
        counts: Mapping[str, int] | None = None,
        is_named: bool = True,
    ) -> str:
        """Code of the stage where `action` leads from `stage`, with what was counted before it.

        `outcome` is needed where the action has outcomes (KeyError for one that it doesn't have). `is_named`: a resident
        is named in the matter, who may be asked.
        """
        found = self._target(action, stage, outcome, counts)
        return found if is_named else self.stage(found).unnamed or found

    def _target(self, action: Action, stage: str, outcome: str, counts: Mapping[str, int] | None) -> str:
        if action.counts_up(outcome):
            count = self.count(action.counts)
            if count.then and count.is_full((counts or {}).get(count.code, 0)):
                return count.then
        if action.outcomes:
            return action.outcomes[outcome]
        return stage if action.stays else action.to

    def result(self, action: Action, target: str) -> Result | None:
        """How the matter ends when `action` leads to the stage `target`; None where it doesn't end."""
        end = self.stage(target).result
        return (action.result or end) if end else None


def transitions(kind: Kind) -> Iterator[tuple[Stage, Action, str]]:
    """Every (stage, action, code of the stage it leads to) of the table, one for each outcome and each overflow."""
    for stage in kind.stages:
        for action in kind.actions:
            if stage.code not in action.from_stages:
                continue
            for target in targets(kind, action, stage.code):
                yield stage, action, target


def targets(kind: Kind, action: Action, stage: str) -> tuple[str, ...]:
    """Codes of every stage where `action` can lead from `stage`, each once."""
    found = dict.fromkeys(action.outcomes.values() if action.outcomes else (stage if action.stays else action.to,))
    if action.counts and kind.count(action.counts).then:
        found[kind.count(action.counts).then] = None
    if kind.linked_stage and action.verb in (Verb.RATE, Verb.LAPSE, Verb.CHECK_PASS):
        # A lead waits for the verdicts on those linked under it; a linked one that isn't solved goes back to its lead.
        found[kind.gathering_stage] = None
        if action.verb is Verb.RATE:
            found[kind.linked_stage] = None
    if kind.joined_stage and any(kind.stage(code).owner is Owner.REPORTER for code in found):
        # A part isn't put to its reporter: the whole is.
        found[kind.joined_stage] = None
    unnamed = [kind.stage(code).unnamed for code in found]
    return tuple(found | dict.fromkeys(code for code in unnamed if code))
