"""What the journal keeps of each step: everything a later figure needs, and no word that anybody wrote.

Texts appear as salted commitments (`*_sealed`, hexadecimal); their salts stand beside the texts and go with them.
Unit, region and category are ids and codes; a change of shape is a new version, never an edit.
"""

from dataclasses import dataclass
from datetime import date, datetime

from shanzhi.kernel.journal.policy import Payload, payload


@dataclass(frozen=True, slots=True, kw_only=True)
class About(Payload):
    """What every step says of its matter: what it is, where, and how its clock stands after the step.

    `region_id` and `region_code` say where it lies after the step (the report's own say where it was reported);
    `stage` before and `to_stage` after; `due_at`, `warn_at`, `limit`, `calendar` of the clock that runs after it (None
    in an end); `holder_unit_id` whose turn it is; `done_by` the action's code in the kind's process.
    """

    number: str
    kind: str
    kind_version: int
    done_by: str
    category: str
    region_id: int
    region_code: str
    place_kind: str = ""
    channel: str
    stage: str
    to_stage: str
    result: str | None = None
    due_at: datetime | None = None
    warn_at: datetime | None = None
    limit: str = ""
    calendar: str = ""
    holder_unit_id: int | None = None


@payload("matters.report")
@dataclass(frozen=True, slots=True, kw_only=True)
class Report(About):
    """A matter was reported. `source` names the system it came from; `files` the hashes of what was sent along."""

    reported_at: datetime
    intake_unit_id: int
    source: str | None = None
    source_number: str | None = None
    has_point: bool = False
    has_contact: bool = False
    public_consent: bool = False
    title_sealed: str = ""
    body_sealed: str = ""
    files: tuple[str, ...] = ()


@payload("matters.recode")
@dataclass(frozen=True, slots=True, kw_only=True)
class Recode(Payload):
    """An open matter followed a redraw of regions: where it lay before and where it lies now."""

    number: str
    old_region_id: int
    old_region_code: str
    region_id: int
    region_code: str


@payload("matters.succeed")
@dataclass(frozen=True, slots=True, kw_only=True)
class Succeed(Payload):
    """A unit ended and another took over its part of an open matter: whose turn it was and is, whose intake it was and is."""

    number: str
    from_holder_unit_id: int | None
    holder_unit_id: int | None
    from_intake_unit_id: int
    intake_unit_id: int


@payload("matters.hand_over")
@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver(Payload):
    """A unit's share passed from the hands of one of its posts into another's; nothing else of the matter changed."""

    number: str
    unit_id: int
    from_post_id: int
    to_post_id: int


@payload("matters.paper")
@dataclass(frozen=True, slots=True, kw_only=True)
class PaperIssued(Payload):
    """An official paper was issued for the step `of_step`: which (its code in the kind's process), to whom, and a commitment
    to its text."""

    number: str
    kind: str
    kind_version: int
    paper: str
    of_step: int
    to: str
    paper_sealed: str


@payload("matters.paper_void")
@dataclass(frozen=True, slots=True)
class PaperVoided(Payload):
    """The paper that the entry `of_issue` issued for the step `of_step` was withdrawn (作废), with a commitment to why."""

    number: str
    kind: str
    kind_version: int
    paper: str
    of_step: int
    of_issue: int
    to: str
    words_sealed: str


@payload("matters.post_fall")
@dataclass(frozen=True, slots=True, kw_only=True)
class PostFall(HandOver):
    """A post was left with work in hand: the unit's share fell to the post of the unit's head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(About):
    """A step of the loop. `words_sealed` and `reply_sealed` commit to what was written, `files` are hashes.

    `ground` code of the rule book; `lead_unit_id`, `co_unit_ids` after a dispatch; `from_unit_id` who had it before;
    `old_category`, `old_region_id` where they were corrected; `count` and `counted` after a step that counts.
    """

    ground: str = ""
    words_sealed: str = ""
    reply_sealed: str = ""
    files: tuple[str, ...] = ()
    from_unit_id: int | None = None
    lead_unit_id: int | None = None
    co_unit_ids: tuple[int, ...] = ()
    old_category: str | None = None
    old_region_id: int | None = None
    count: str = ""
    counted: int | None = None
    solved: bool | None = None
    satisfied: int | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion(Step):
    """Whoever had the matter ended it alone (自办自结); `drawn`: the draw put it up for a check."""

    drawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation(Step):
    """A level handed the matter to the next above (上报): the level that did, and the level of the unit that has it now."""

    from_level: str = ""
    to_level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking(Step):
    """Something was asked, or what was asked was decided, or the clocks went on after a pause.

    `ask` and `clock` codes of the process; `amount` a duration or a day; `asked_unit_id` who is to decide, of a decision
    who had asked; `answer_due_at` by when; `was_due_at` when the matter was due before it was granted.
    """

    ask: str = ""
    clock: str = ""
    amount: str = ""
    asked_unit_id: int | None = None
    answer_due_at: datetime | None = None
    was_due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking(Step):
    """A matter was linked under another as the same problem, unlinked, or followed it; `lead_id` is the other one.

    Of a lead that was opened again, or ended once all verdicts were in, `reports` how many are under it with its own.
    """

    lead_id: int | None = None
    reports: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting(Step):
    """A matter was split into parts, put together again, or gathered their answers: `part_ids`. A part that ended with its
    whole names it: `whole_id`."""

    part_ids: tuple[int, ...] = ()
    whole_id: int | None = None


@payload("matters.part")
@dataclass(frozen=True, slots=True, kw_only=True)
class PartMade(About):
    """One problem out of a matter (`whole_id`) became a matter of its own; reported when the whole was."""

    whole_id: int
    reported_at: datetime
    intake_unit_id: int
    title_sealed: str = ""
    body_sealed: str = ""


@payload("matters.settle")
@dataclass(frozen=True, slots=True, kw_only=True)
class Settle(About):
    """A matter came in from another system already answered, and is closed with that system's own time and reply."""

    source: str
    replied_at: datetime
    reply_sealed: str = ""


@payload("matters.answer")
@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Step):
    """A call was answered at once, by version `cited_version` of the knowledge item `cited`."""

    cited: str
    cited_version: int


@payload("matters.pass_on")
@dataclass(frozen=True, slots=True, kw_only=True)
class PassOn(Step):
    """A call was passed on to whoever acts at once: `passed_to` as the process file names it ("110")."""

    passed_to: str


@payload("matters.clear")
@dataclass(frozen=True, slots=True, kw_only=True)
class Clear(Asking):
    """A supervision ended with two answers (一案双查): is the claim solved, was the unit negligent. About a unit, no person."""

    claim_solved: bool
    negligent: bool


def _steps() -> dict[str, type[Step]]:
    """One payload class a verb, each under its own action; of one shape but where a verb tells more."""
    verbs = (
        "accept refuse correct dispatch take hand_back transfer reply assist_done assist_back involve excuse check_pass"
        " check_fail rate lapse"
        " withdraw note attach take_up conclude escalate entrust give_back ask grant decline resume rule appeal review"
        " link unlink follow reopen gather split rejoin collect fold urge supervise respond report_back insist receive"
        " hand_down vacate"
    )
    shapes: dict[str, type[Step]] = {
        "conclude": Conclusion,
        "escalate": Escalation,
        **dict.fromkeys(("ask", "grant", "decline", "resume", "rule"), Asking),
        **dict.fromkeys(("link", "unlink", "follow", "reopen", "gather"), Linking),
        **dict.fromkeys(("split", "rejoin", "collect", "fold"), Parting),
        **dict.fromkeys(("urge", "supervise", "respond", "report_back", "insist", "receive"), Asking),
    }
    made: dict[str, type[Step]] = {"answer": Answer, "pass_on": PassOn, "clear": Clear}
    for verb in verbs.split():
        shape = shapes.get(verb, Step)
        plain: type[Step] = type(f"Step_{verb}", (shape,), {"__doc__": shape.__doc__, "__slots__": ()})
        made[verb] = payload(f"matters.{verb}")(plain)
    return made


STEPS = _steps()
"""Verb of the engine → payload class."""


@payload("matters.list_take")
@dataclass(frozen=True, slots=True, kw_only=True)
class ListTaken(Payload):
    """A list was taken out as a file: from which page, by which conditions, which columns and how many rows, its SHA-256.

    Of words that were looked for it says only that there were some: they may name somebody.
    """

    page: str
    stages: tuple[str, ...]
    unit_id: int | None
    region: str
    category: str
    matter_kind: str
    channel: str
    light: str
    since: date | None
    until: date | None
    open_only: bool
    by_words: bool
    by_place: bool
    columns: tuple[str, ...]
    file_format: str
    rows: int
    sha256: str


@payload("matters.dispatch_loaded")
@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchLoaded(Payload):
    """A draft of the dispatch catalogue was loaded: how many rows, and the day from which it is meant to hold."""

    rows: int
    holds_from: date


@payload("matters.dispatch_edited")
@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchEdited(Payload):
    """A row of a draft of the dispatch catalogue was added, changed or removed (`what`): for which category and place."""

    what: str
    category: str
    region_code: str


@payload("matters.dispatch_live")
@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchLive(Payload):
    """A version of the dispatch catalogue went live: it decides suggestions from this day on."""

    rows: int
    holds_from: date


@payload("matters.process_uploaded")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUploaded(Payload):
    """A version of a kind's process was uploaded as a draft; the digest is of its content."""

    kind: str
    kind_version: int
    digest: str


@payload("matters.process_live")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessLive(Payload):
    """What is reported from a day on runs under a version; `was` is the one that would have held (0: none), `kept_on` how
    many open matters end under their own because they couldn't go on under the new one."""

    kind: str
    kind_version: int
    was: int
    holds_from: date
    kept_on: int


@payload("matters.rules_live")
@dataclass(frozen=True, slots=True, kw_only=True)
class RulesLive(Payload):
    """An edition of a section of the rule book (categories, calendar) holds from a day on; number 0 is the shipped file.

    `edit` says what was done (add, rename, merge, withdraw, replace, undo), `codes` to which of its entries.
    """

    section: str
    number: int
    was: int
    edit: str
    codes: tuple[str, ...]
    digest: str
    holds_from: date


@payload("matters.due_moved")
@dataclass(frozen=True, slots=True, kw_only=True)
class DueMoved(Payload):
    """The last day of a limit became a day off: the due date went to the next working day (civil code, art. 203)."""

    number: str
    stage: str
    limit: str
    was_due_at: datetime
    due_at: datetime
    calendar: str
