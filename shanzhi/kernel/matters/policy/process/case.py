"""A person before a matter: all that the judgement of `rules` depends on, and the sentences with which it refuses."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shanzhi.core.errors import Conflict, NotAllowed, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.model import Kind
from shanzhi.kernel.matters.policy.process.words import Role


class ActionUnknown(NotFound):
    """The kind has no such action."""

    code = "action-unknown"


class StageForbids(Conflict):
    """The matter has moved on, or this can't be done in its stage."""

    code = "stage-forbids"


class RoleForbids(NotAllowed):
    """Somebody else's to do."""

    code = "role-forbids"


class SamePerson(NotAllowed):
    """Who did the one may not do the other in the same matter (不相容岗位分离)."""

    code = "same-person"


class LimitReached(Conflict):
    """It has been done as often as the kind allows; somebody arbitrates now."""

    code = "limit-reached"


class ClockRunOut(Conflict):
    """More time was asked for after the time was over."""

    code = "clock-run-out"


class NobodyAbove(Conflict):
    """There is no level above, or nobody there to hand the matter to."""

    code = "nobody-above"


class NotForThisLevel(NotAllowed):
    """Another level, or another sort of unit, does this."""

    code = "not-for-this-level"


TOP_ALREADY = msg("您这里已经是最高一级，不能再上报。请办理，或转给承办单位。")
NO_ESCALATION = msg("上报由村（社区）、乡镇（街道）和综治中心来做。部门不归本单位办理的，请退单并写明依据。")
PART_STAYS_WHOLE = msg("这是拆分出来的一部分，不能再拆。请退回后由整体那一件重新拆分。")
PART_ISNT_LINKED = msg("拆分出来的部分不能并单：它的答复归整体那一件。请把整体那一件并过去。")
PART_ISNT_PAUSED = msg("拆分出来的部分不能单独暂停：整体的时限照走。")
LEAD_ISNT_LINKED = msg("这件事项名下已有并案的事项，不能再并到别的事项。请把那一件并过来，或先取消并单。")
LEAD_ISNT_SPLIT = msg("这件事项名下有并案的事项，不能拆分。请先取消并单。")
RULED_STAYS = msg("这件事项由谁办理已经裁定，裁定是终局的，不能%(action)s。请督促主办单位办理。")
CROSSES_FROM_COUNTY = msg("跨区县移交由区县中心提出。请先上报区县中心，由它移交。")
"""With what the buttons and the operations refuse alike."""


@dataclass(frozen=True, slots=True)
class AskState:
    """How what may be asked under `code` stands on a matter: open or not, how often it was granted and declined.

    Of an open one: was it this person (or their unit) who asked, and is it this unit's to decide?
    """

    code: str
    is_open: bool = False
    is_mine: bool = False
    is_to_us: bool = False
    granted: int = 0
    declined: int = 0
    is_ours: bool = False
    """Was it this unit that asked?"""
    is_today: bool = False
    """Was it asked on this working day already?"""


@dataclass(frozen=True, slots=True)
class ClockState:
    """How a running clock stands; `code` is empty for the stage's own."""

    code: str
    is_overdue: bool
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A person before a matter in `stage`. What isn't said of them they are not and did not."""

    kind: Kind
    stage: str
    roles: frozenset[str] = frozenset()
    """Of the acting post; `system` for the system."""
    is_lead: bool = False
    is_co: bool = False
    is_led: bool = True
    """Does some unit lead the matter itself now?"""
    is_intake: bool = True
    """Does the acting unit answer for the matter's intake?"""
    is_reporter: bool = False
    did: frozenset[Role] = frozenset()
    """Out of handler and checker: what this person did in the matter before."""
    is_colleague: bool = False
    """Did the acting unit handle it?"""
    counts: Mapping[str, int] = field(default_factory=dict)
    """By count code."""
    asks: tuple[AskState, ...] = ()
    clocks: tuple[ClockState, ...] = ()
    is_content: bool = False
    """Did the reporter's own verdict find it solved?"""
    has_helpers: bool = True
    """Is a co-handler's result awaited?"""
    is_part: bool = False
    """Was it split off another matter?"""
    has_level_above: bool = True
    """Does a level stand above the acting unit's, to which it could pass the matter up?"""
    is_in_line: bool = True
    """Does the acting unit stand in the line of levels (community, township, centre)? Departments stand beside it."""

    is_ruled: bool = False
    """Was it ruled who leads it, and is that unit the lead still, with somebody there?"""
    has_linked: bool = False
    """Are others linked under it?"""
    is_settled: bool = False
    """Was it ruled before that such matters there are this county's, which is asked to take this one?"""
    is_from_county: bool = True
    """Is the acting unit of a county's level or above?"""

    def ask(self, code: str) -> AskState:
        """How what may be asked under `code` stands."""
        return next((each for each in self.asks if each.code == code), AskState(code))
