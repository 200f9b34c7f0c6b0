"""What stands on a grid worker's page. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from shanzhi.core.errors import Conflict, InputError
from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process import OWNER_ROLES, Kind, Owner, Role, Verb

INCIDENT = "incident"
GRID_ROLES = frozenset({Role.GRID_WORKER, Role.GRID_CHIEF})


AT_M, NEAR_M = 150.0, 1_000.0
"""Up to how many metres a sign-in was at its place, or near it. Only the class is kept."""
COMMUNITY_DIGITS = 12
DISTANCES = {
    "at": msg("在场所附近"),
    "near": msg("离场所不到 1 公里"),
    "far": msg("离场所 1 公里以上"),
    "unknown": msg("没有取位置"),
}
_OFFICE_PHONE = re.compile(r"(?:0\d{2,3}-?)?\d{7,8}(?:-\d{1,6})?|(?:400|800)-?\d{3}-?\d{4}|1\d{4}|9\d{4}")


class BadPhones(InputError):
    """The rule book's office phones are wrong."""

    code = "bad-office-phones"


class BadMark(InputError):
    """A QR code that isn't this place's."""

    code = "bad-mark"


class OutsideMyGrid(Conflict):
    """A place of another community."""

    code = "outside-my-grid"


class NoGrid(Conflict):
    """The acting post stands for no grid."""

    code = "no-grid"


def due_stages(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """The stages in which a grid's staff move a matter on: what is due from them. No stage is named here."""
    found = (
        stage.code
        for kind in kinds
        for stage in kind.stages
        if stage.owner is Owner.LEAD and OWNER_ROLES[stage.owner] & GRID_ROLES
        for action in kind.actions
        if stage.code in action.from_stages and not action.stays and GRID_ROLES & set(action.by)
    )
    return tuple(dict.fromkeys(found))


def take_up_of(kind: Kind) -> str:
    """Code of the action by which a grid worker takes up what was just reported; empty where the kind has none."""
    found = (action for action in kind.verb_at(Verb.TAKE_UP, kind.initial) if GRID_ROLES & set(action.by))
    return next((action.code for action in found), "")


def own_places(region_code: str) -> CodeRanges:
    """Whose places a grid's staff look after: the grid's own, and those that lie in its community and in no grid."""
    if not region_code:
        return CodeRanges()
    community = region_code[:COMMUNITY_DIGITS]
    # Just the community's own code: all that is longer and begins with it comes after its "0".
    return CodeRanges.from_prefixes(region_code).union(CodeRanges.of([(community, f"{community}0")]))


def distance_class(metres: float | None) -> str:
    """How far a sign-in was from its place, in four words; None where nobody said where they were."""
    if metres is None:
        return "unknown"
    return "at" if metres <= AT_M else "near" if metres <= NEAR_M else "far"


@dataclass(frozen=True, slots=True)
class Due:
    """When a place is to be inspected: `on` the day (None: never), `late` days since, `last` the last time."""

    on: date | None
    last: date | None
    late: int

    @property
    def is_due(self) -> bool:
        """Is it to be inspected today, or was it before?"""
        return self.late >= 0 and self.on is not None


def due_of(interval: int, since: date, last: date | None, today: date) -> Due:
    """When a place is due that is inspected every `interval` days (0: never) and known since a day: one that nobody has
    been to is due from that day on, so that it stands among the others by how long it has waited."""
    if interval <= 0:
        return Due(None, last, -1)
    on = last + timedelta(days=interval) if last else since
    return Due(on, last, (today - on).days)


def parse_office_phones(tables: Mapping[str, Any]) -> Mapping[str, str]:
    """Unit's code → office phone, out of the rule book's tables.

    Raises:
        BadPhones: a line without unit, a mobile phone, a unit twice.
    """
    phones: dict[str, str] = {}
    for entry in tables.get("phone", ()):
        unit, number = str(entry.get("unit", "")), str(entry.get("number", ""))
        if not unit or unit in phones or not _OFFICE_PHONE.fullmatch(number):
            raise BadPhones(
                msg(
                    "office_phones.toml 里“%(unit)s”的电话“%(number)s”不能用：要写单位代码和办公电话，不写手机，不重复。"
                ),
                unit=unit,
                number=number,
            )
        phones[unit] = number
    return phones
