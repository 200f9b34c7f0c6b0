"""Features of roles.toml, stages and errors of rounds. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from shanzhi.core.errors import Conflict, InputError, NotAllowed, NotFound
from shanzhi.core.text import msg

READ, FILL, SIGN, LEAD = "rounds", "rounds_fill", "rounds_sign", "rounds_lead"
"""A city's features: read its rounds; write words and objections; sign off what one is named for; lead the round."""
ORGANISE, SCORE, CENTRE = "rounds_organise", "rounds_score", "rounds_centre"
"""Those of a level above: open rounds and lead a city through them; score items; the spot check."""
UPPER = "rounds_upper"
"""Opens the pages of the levels above; each of their roles has it."""
ROUND_TOPIC = "rounds.city"
PACK_TOPIC, OBJECTION_TOPIC = "rounds.pack", "rounds.objection"
"""Events: a pack is asked for; a city objects."""
WORDS_MOST = 4000
PAPERS_MOST = 9
"""Practice papers of a claim."""


class RoundKind(StrEnum):
    """A trial round changes nothing; a real one counts."""

    TRIAL = "trial"
    REAL = "real"


class Stage(StrEnum):
    """Whose score it is: the city's own, the province's, the centre's."""

    SELF = "self"
    PROVINCE = "province"
    CENTRE = "centre"


ROUND_KINDS: Mapping[RoundKind, str] = {RoundKind.TRIAL: msg("试评"), RoundKind.REAL: msg("正式验收")}
STAGES: Mapping[Stage, str] = {Stage.SELF: msg("自评"), Stage.PROVINCE: msg("省级"), Stage.CENTRE: msg("中央")}


class NoSuchRound(NotFound):
    """No such round, or not for this post."""

    code = "round-unknown"


class NoSuchItem(NotFound):
    """The guideline has no such item."""

    code = "round-item-unknown"


class RoundUnreadable(InputError):
    """A round's text or guideline that can't be used."""

    code = "round-unreadable"


class AnotherCitys(InputError):
    """A round, slip or item of another city."""

    code = "round-other-city"


class StateMovedOn(Conflict):
    """The state of the city's round doesn't allow this (any more)."""

    code = "round-state"


class TooLate(Conflict):
    """A deadline of the round's calendar is over."""

    code = "round-late"


class NotYourPart(NotAllowed):
    """Another post's to do: to write, to sign, to lead."""

    code = "round-not-yours"


class BadScore(InputError):
    """Points that can't be, or a difference without its reason."""

    code = "round-score"


class Incomplete(Conflict):
    """Something is still owed before the next step."""

    code = "round-incomplete"


class PackFailed(Conflict):
    """A pack wasn't built; says what was in the way."""

    code = "round-pack"


class ItemLocked(Conflict):
    """The item is locked: nothing of it changes any more."""

    code = "round-locked"
