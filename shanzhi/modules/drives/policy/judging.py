"""What a title needs: every item that it must have, and enough of the others, answered and found."""

from collections.abc import Mapping
from dataclasses import dataclass

from shanzhi.core.text import msg
from shanzhi.modules.drives.policy.checklist import Checklist, Item
from shanzhi.modules.drives.policy.words import NotWhole, NotYours


@dataclass(frozen=True, slots=True)
class Standing:
    """How an item stands: `met` by its answer (None: no answer), `found` on site (None: not looked at)."""

    met: bool | None = None
    found: bool | None = None


def reaches(item: Item, standing: Standing) -> bool:
    """Is an item reached? What was looked at counts as it was found, whatever the answer says."""
    if standing.found is not None:
        return standing.found
    return bool(standing.met) and not item.visit


def lacking(checklist: Checklist, standings: Mapping[str, Standing]) -> tuple[Item, ...]:
    """The items for want of which no title can be granted: those that it must have, then, where too few of the others are
    reached, those of them that aren't."""
    not_reached = [one for one in checklist.items if not reaches(one, standings.get(one.code, Standing()))]
    optional = [one for one in not_reached if not one.must]
    reached = sum(not one.must for one in checklist.items) - len(optional)
    must = [one for one in not_reached if one.must]
    return tuple(must + (optional if reached < checklist.optional_least else []))


def check_grantable(checklist: Checklist, standings: Mapping[str, Standing]) -> None:
    """May a title be granted?

    Raises:
        NotWhole: names the items for want of which it may not.
    """
    items = lacking(checklist, standings)
    if items:
        raise NotWhole(
            msg("还有 %(count)s 项没有达到，不能授予：%(items)s。可以不予授予，写明理由。"),
            count=len(items),
            items="、".join(one.name for one in items[:5]),
        )


def check_answered(checklist: Checklist, standings: Mapping[str, Standing]) -> None:
    """May an application be handed in?

    Raises:
        NotWhole: names the items that have no answer.
    """
    open_ = [one.name for one in checklist.items if standings.get(one.code, Standing()).met is None]
    if open_:
        raise NotWhole(
            msg("还有 %(count)s 项没有回答：%(items)s。请逐项回答后再申报。"),
            count=len(open_),
            items="、".join(open_[:5]),
        )


def check_visitor(*, same_unit: bool, has_answered: bool, is_tied: bool, place: str) -> None:
    """May somebody visit a place for an application?

    Raises:
        NotYours: they are of the applicant's unit, wrote the application, or worked there in the last three years.
    """
    if same_unit or has_answered:
        raise NotYours(msg("“%(place)s”由您的单位申报，不能由本单位的人核查。请由别的单位核查。"), place=place)
    if is_tied:
        raise NotYours(msg("您三年内在“%(place)s”所在的村（社区）工作过，不能核查。请由别的核查员核查。"), place=place)
