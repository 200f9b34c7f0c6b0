"""May one matter be linked under another as the same problem (重复并单)? Pure."""

from dataclasses import dataclass

from shanzhi.core.errors import Conflict
from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process import LEAD_ISNT_LINKED, FieldsWrong, Kind, Owner


class HasLinked(Conflict):
    """Others are linked under the matter: a lead can't be under another."""

    code = "has-linked"


@dataclass(frozen=True, slots=True)
class Lead:
    """The matter under which another is to be linked: its kind's code, its stage (of `of`), how many are under it."""

    id: int
    kind: str
    of: Kind
    stage: str
    linked: int


def check_link(kind: Kind, matter_id: int, lead: Lead, *, has_linked: bool) -> None:
    """Both the same kind, neither ended, no chains, not too many, and the lead's answer still to come.

    Raises:
        FieldsWrong: the lead can't be one; `same_as` says why.
        HasLinked: others are under the matter itself.
    """
    if has_linked:
        raise HasLinked(LEAD_ISNT_LINKED)
    said = _wrong(kind, matter_id, lead)
    if said:
        raise FieldsWrong(msg("不能并到这件事项。"), fields={"same_as": said})


def _wrong(kind: Kind, matter_id: int, lead: Lead) -> str:
    stage = lead.of.stage(lead.stage)
    if lead.id == matter_id:
        return msg("不能并到自己。请填另一件的编号。")
    if lead.kind != kind.code:
        return msg("两件不是同一类型，不能并。")
    if stage.is_end:
        return msg("那一件已经办结，不能再并。")
    if lead.stage == lead.of.linked_stage:
        return msg("那一件已经并到别的事项。请填它的主件的编号。")
    if lead.stage == lead.of.parted_stage:
        return msg("那一件已经拆分，各部分分开办理，不能再并。请单独办理。")
    if stage.owner in (Owner.REPORTER, Owner.LINKED):
        return msg("那一件已经答复，正在等评价，不能再并。请单独办理。")
    if lead.linked >= kind.linking.most:
        return msg("那一件名下并案的已经到了上限。请另选主件。")
    return ""


def may_lead(kind: Kind, stage: str) -> bool:
    """Could another be linked under a matter that stands in this stage: open, answer still to come, no follower itself?"""
    found = kind.stage(stage)
    return bool(kind.linked_stage) and not found.is_end and found.owner not in (Owner.REPORTER, Owner.LINKED)


def is_collective(kind: Kind, reports: int) -> bool:
    """Is a problem that was reported so many times (the lead's report with them) collective? By reports, never people."""
    return reports >= kind.linking.collective
