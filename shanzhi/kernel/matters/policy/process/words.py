"""The closed sets of words in a process file, what they are called, and the engine's contract for each verb."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from shanzhi.core.text import msg

SAME = "same"
"""The word for "stays where it is" in an action's `to`."""

OPEN = "open"
"""The word for "every stage that isn't an end" in an action's `from`."""

ANY = "any"
"""The word for "every stage, ends too" in an action's `from`."""


class Owner(StrEnum):
    """Whose turn it is in a stage."""

    INTAKE = "intake"
    LEAD = "lead"
    CO = "co"
    """A co-handler (协办): of a clock only, which each of them has for itself; never of a stage."""
    CHECKER = "checker"
    REPORTER = "reporter"
    LINKED = "linked"
    """Nobody's own turn: it waits for the matters that it is linked with (并案), and the system moves it on."""
    NONE = "none"


class Role(StrEnum):
    """In what role a person does an action; `reporter` is the person who reported, `system` nobody at all."""

    DISPATCHER = "dispatcher"
    OPERATOR = "operator"
    HANDLER = "handler"
    CHECKER = "checker"
    SUPERVISOR = "supervisor"
    KEEPER = "keeper"
    GRID_CHIEF = "grid_chief"
    GRID_WORKER = "grid_worker"
    REPORTER = "reporter"
    SYSTEM = "system"


ROLE_NAMES: Mapping[Role, str] = MappingProxyType(
    {
        Role.DISPATCHER: msg("受理派单员"),
        Role.OPERATOR: msg("接线员"),
        Role.HANDLER: msg("承办员"),
        Role.CHECKER: msg("核查员"),
        Role.SUPERVISOR: msg("督办员"),
        Role.KEEPER: msg("管理员"),
        Role.GRID_CHIEF: msg("网格长"),
        Role.GRID_WORKER: msg("网格员"),
        Role.REPORTER: msg("反映人"),
        Role.SYSTEM: msg("系统"),
    }
)
"""What a role is called on a page (message ids)."""

OWNER_NAMES: Mapping[Owner, str] = MappingProxyType(
    {
        Owner.INTAKE: msg("受理中心"),
        Owner.LEAD: msg("主办单位"),
        Owner.CO: msg("协办单位"),
        Owner.CHECKER: msg("核查岗"),
        Owner.REPORTER: msg("反映人"),
        Owner.LINKED: msg("并案事项"),
        Owner.NONE: msg("无"),
    }
)
"""What the owner of a stage is called on a page (message ids)."""

OWNER_ROLES: Mapping[Owner, frozenset[Role]] = MappingProxyType(
    {
        Owner.INTAKE: frozenset({Role.DISPATCHER}),
        Owner.LEAD: frozenset({Role.HANDLER, Role.GRID_CHIEF, Role.GRID_WORKER}),
        Owner.CO: frozenset(),
        Owner.CHECKER: frozenset({Role.CHECKER}),
        Owner.REPORTER: frozenset({Role.REPORTER}),
        Owner.LINKED: frozenset({Role.SYSTEM}),
        Owner.NONE: frozenset(),
    }
)
"""In which roles the owner of a stage moves the matter on."""


class Verb(StrEnum):
    """The operations that the engine knows: a closed set. A kind names, limits and wires them; it invents none."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    ANSWER = "answer"
    PASS_ON = "pass_on"  # noqa: S105 (no password)
    CORRECT = "correct"
    DISPATCH = "dispatch"
    TAKE = "take"
    HAND_BACK = "hand_back"
    TRANSFER = "transfer"
    REPLY = "reply"
    ASSIST_DONE = "assist_done"
    ASSIST_BACK = "assist_back"
    INVOLVE = "involve"
    EXCUSE = "excuse"
    CHECK_PASS = "check_pass"  # noqa: S105 (no password)
    CHECK_FAIL = "check_fail"
    RATE = "rate"
    LAPSE = "lapse"
    WITHDRAW = "withdraw"
    NOTE = "note"
    ATTACH = "attach"
    TAKE_UP = "take_up"
    CONCLUDE = "conclude"
    ESCALATE = "escalate"
    ENTRUST = "entrust"
    GIVE_BACK = "give_back"
    ASK = "ask"
    GRANT = "grant"
    DECLINE = "decline"
    RESUME = "resume"
    RULE = "rule"
    APPEAL = "appeal"
    REVIEW = "review"
    LINK = "link"
    UNLINK = "unlink"
    FOLLOW = "follow"
    REOPEN = "reopen"
    GATHER = "gather"
    SPLIT = "split"
    REJOIN = "rejoin"
    COLLECT = "collect"
    FOLD = "fold"
    URGE = "urge"
    SUPERVISE = "supervise"
    RESPOND = "respond"
    REPORT_BACK = "report_back"
    CLEAR = "clear"
    INSIST = "insist"
    RECEIVE = "receive"
    HAND_DOWN = "hand_down"
    VACATE = "vacate"


class AskType(StrEnum):
    """What a unit can ask about a matter that is on its way; somebody else decides, by a limit of its own.

    extend: more time on a clock (延期) · pause: the clocks stand still until a day (暂停计时) · ruling: whose duty it is
    (裁定), once a matter was given back as often as the kind allows · cross: another county takes it over (跨区县移交).

    The other way round, put to the lead: urge: it says by a limit how things stand (催办) · supervise: on a named ground
    it has to report by a clock of its own (督办); report: that report, which whoever supervises accepts, or goes on.

    urge_co: the lead urges one of its co-handlers (催办协办).
    """

    EXTEND = "extend"
    PAUSE = "pause"
    RULING = "ruling"
    URGE = "urge"
    SUPERVISE = "supervise"
    REPORT = "report"
    URGE_CO = "urge_co"
    CROSS = "cross"


class AskTo(StrEnum):
    """Who decides what was asked: the level above the asking unit, the centre that took the matter in, the head of the
    asking unit itself (never the person who asked), the lead, one of its co-handlers, whoever supervises it, or the centre of
    the county that is to take it over."""

    ABOVE = "above"
    INTAKE = "intake"
    UNIT = "unit"
    LEAD = "lead"
    CO = "co"
    OVERSEER = "overseer"
    RECEIVER = "receiver"


class Result(StrEnum):
    """How a matter ended; `lapsed` is closed without a verdict, `joined` a part whose answer went into its whole's, and
    both are counted apart."""

    CLOSED = "closed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    JOINED = "joined"


class FieldType(StrEnum):
    """What kind of value a field of an action takes.

    text (str) · cite (a knowledge item and its version, "code@3") · ground (a code of the grounds catalogue) · unit (one
    unit id) · units (several) · category · region (a code) · choice (one of `choices`) · bool · score (1 to `max`) ·
    files (up to `max` of them) · matter (the number of another one) · limit (a duration, one of `choices`: "5wd") · day
    (an ISO date) · helper (the unit id of a co-handler whose result is awaited) · results (unit ids of co-handlers that
    gave one) · parts (two or more problems out of one matter, up to `max`, each with `about`, `category`, `region`).
    """

    TEXT = "text"
    CITE = "cite"
    GROUND = "ground"
    UNIT = "unit"
    UNITS = "units"
    CATEGORY = "category"
    REGION = "region"
    CHOICE = "choice"
    BOOL = "bool"
    SCORE = "score"
    FILES = "files"
    LIMIT = "limit"
    DAY = "day"
    MATTER = "matter"
    HELPER = "helper"
    RESULTS = "results"
    PARTS = "parts"


class Level(StrEnum):
    """The level of the governance centre that takes a kind in."""

    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    COMMUNITY = "community"


class Party(StrEnum):
    """Who can be told of an action."""

    REPORTER = "reporter"
    INTAKE = "intake"
    LEAD = "lead"
    CO = "co"
    CHECKER = "checker"
    SUPERVISOR = "supervisor"
    ASKED = "asked"
    """Whoever is to answer what was asked."""
    ASKER = "asker"
    """Whoever asked what was answered last."""


class Part(StrEnum):
    """The part that a handler's unit must have in the matter before a verb is its to do."""

    LEAD = "lead"
    CO = "co"
    EITHER = "either"
    PLACE = "place"
    """None yet: the matter lies in its place."""


@dataclass(frozen=True, slots=True)
class VerbRule:
    """What the engine demands of every action with this verb, whatever the kind.

    `part` the unit's part in the matter; `stays` True: never moves the matter, False: always moves it, None: either;
    `takes` types of fields of which one must be among the needed ones (empty: none); `result` the end that it must
    lead to; `outcomes` the answers that decide where it leads (empty: `to` decides); `only` the one role allowed; `held`:
    whatever the role, the acting unit must be the one that holds the matter (a centre to which it was escalated too);
    `asks`: names what is asked, and whoever decides is whom it was put to.
    """

    part: Part = Part.EITHER
    stays: bool | None = False
    takes: frozenset[FieldType] = frozenset()
    result: Result | None = None
    outcomes: frozenset[str] = frozenset()
    only: Role | None = None
    held: bool = False
    asks: bool = False


SOLVED, UNSOLVED = "solved", "unsolved"
DRAWN, PASSED = "drawn", "passed"
UNDECIDED, DECIDED = "undecided", "decided"
"""Where a matter was before it was linked under another: still to be accepted, or accepted."""

VERB_RULES: Mapping[Verb, VerbRule] = MappingProxyType(
    {
        Verb.ACCEPT: VerbRule(),
        Verb.REFUSE: VerbRule(takes=frozenset({FieldType.GROUND}), result=Result.REFUSED),
        Verb.ANSWER: VerbRule(takes=frozenset({FieldType.CITE}), result=Result.CLOSED),
        Verb.PASS_ON: VerbRule(takes=frozenset({FieldType.CHOICE}), result=Result.CLOSED),
        Verb.CORRECT: VerbRule(stays=True),
        Verb.DISPATCH: VerbRule(takes=frozenset({FieldType.UNIT})),
        Verb.TAKE: VerbRule(part=Part.LEAD),
        Verb.HAND_BACK: VerbRule(part=Part.LEAD, takes=frozenset({FieldType.GROUND})),
        Verb.TRANSFER: VerbRule(takes=frozenset({FieldType.UNIT})),
        Verb.REPLY: VerbRule(part=Part.LEAD, takes=frozenset({FieldType.TEXT})),
        Verb.ASSIST_DONE: VerbRule(part=Part.CO, stays=True, takes=frozenset({FieldType.TEXT})),
        Verb.ASSIST_BACK: VerbRule(part=Part.CO, stays=True, takes=frozenset({FieldType.GROUND})),
        Verb.INVOLVE: VerbRule(part=Part.LEAD, stays=True, takes=frozenset({FieldType.UNITS}), held=True),
        Verb.EXCUSE: VerbRule(part=Part.LEAD, stays=True, takes=frozenset({FieldType.HELPER}), held=True),
        Verb.CHECK_PASS: VerbRule(),
        Verb.CHECK_FAIL: VerbRule(takes=frozenset({FieldType.GROUND, FieldType.TEXT})),
        Verb.RATE: VerbRule(takes=frozenset({FieldType.BOOL}), outcomes=frozenset({SOLVED, UNSOLVED})),
        Verb.LAPSE: VerbRule(only=Role.SYSTEM),
        Verb.WITHDRAW: VerbRule(result=Result.WITHDRAWN),
        Verb.NOTE: VerbRule(stays=True, takes=frozenset({FieldType.TEXT})),
        Verb.ATTACH: VerbRule(stays=True, takes=frozenset({FieldType.FILES})),
        Verb.TAKE_UP: VerbRule(part=Part.PLACE),
        Verb.CONCLUDE: VerbRule(
            part=Part.LEAD, takes=frozenset({FieldType.TEXT}), outcomes=frozenset({DRAWN, PASSED}), held=True
        ),
        Verb.ESCALATE: VerbRule(part=Part.LEAD, takes=frozenset({FieldType.TEXT}), held=True),
        Verb.ENTRUST: VerbRule(part=Part.LEAD, takes=frozenset({FieldType.UNIT}), held=True),
        Verb.GIVE_BACK: VerbRule(part=Part.LEAD, takes=frozenset({FieldType.GROUND}), held=True),
        Verb.ASK: VerbRule(part=Part.LEAD, stays=True, takes=frozenset({FieldType.GROUND}), asks=True),
        Verb.GRANT: VerbRule(stays=True, asks=True),
        Verb.DECLINE: VerbRule(stays=True, takes=frozenset({FieldType.TEXT}), asks=True),
        Verb.RESUME: VerbRule(part=Part.LEAD, stays=True),
        Verb.RULE: VerbRule(takes=frozenset({FieldType.UNIT, FieldType.REGION}), asks=True),
        Verb.APPEAL: VerbRule(takes=frozenset({FieldType.TEXT})),
        Verb.REVIEW: VerbRule(part=Part.LEAD, takes=frozenset({FieldType.TEXT})),
        Verb.LINK: VerbRule(takes=frozenset({FieldType.MATTER})),
        Verb.UNLINK: VerbRule(outcomes=frozenset({UNDECIDED, DECIDED})),
        Verb.FOLLOW: VerbRule(stays=None, only=Role.SYSTEM),
        Verb.REOPEN: VerbRule(only=Role.SYSTEM),
        Verb.GATHER: VerbRule(only=Role.SYSTEM),
        Verb.SPLIT: VerbRule(takes=frozenset({FieldType.PARTS})),
        Verb.REJOIN: VerbRule(),
        Verb.COLLECT: VerbRule(only=Role.SYSTEM),
        Verb.FOLD: VerbRule(only=Role.SYSTEM, result=Result.JOINED),
        Verb.URGE: VerbRule(stays=True, asks=True),
        Verb.SUPERVISE: VerbRule(stays=True, takes=frozenset({FieldType.GROUND}), asks=True),
        Verb.RESPOND: VerbRule(part=Part.LEAD, stays=True, takes=frozenset({FieldType.TEXT}), asks=True, held=True),
        Verb.REPORT_BACK: VerbRule(part=Part.LEAD, stays=True, takes=frozenset({FieldType.TEXT}), asks=True, held=True),
        Verb.CLEAR: VerbRule(stays=True, takes=frozenset({FieldType.BOOL}), asks=True),
        Verb.INSIST: VerbRule(stays=True, takes=frozenset({FieldType.TEXT}), asks=True),
        Verb.RECEIVE: VerbRule(asks=True),
        Verb.HAND_DOWN: VerbRule(takes=frozenset({FieldType.UNIT})),
        Verb.VACATE: VerbRule(stays=None, only=Role.SYSTEM),
    }
)
"""The engine's contract with every kind, verb by verb."""
