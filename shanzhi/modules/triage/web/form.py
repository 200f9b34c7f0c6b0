"""The desk's one form: correction, acceptance, dispatch and refusal together, each button with its own part of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext

from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.policy.process import Action, ActionUnknown, Kind
from shanzhi.kernel.matters.queries import ActionChoice, MatterCard, TriageHint
from shanzhi.kernel.matters.web import desk
from shanzhi.modules.triage.operations import Act
from shanzhi.modules.triage.policy import NothingChanged, SuggestionMoved

CODE = "triage"
"""What the form is called among the forms of a matter's page."""
VERBS = ("accept", "dispatch", "correct", "refuse")
SUGGEST = "suggest"
"""The button that asks for a unit by the category that was chosen."""
ACCEPT_AND_DISPATCH = "accept_and_dispatch"
LINK = "link:"
"""How the button beside a look-alike begins; the look-alike's number follows."""
CORRECTED = ("category", "region")


@dataclass(frozen=True, slots=True)
class Buttons:
    """Which of the desk's buttons the matter's stage and the acting post allow; names as the process has them."""

    both: bool
    accept: str
    dispatch: str
    correct: str
    refuse: str
    link: str = ""

    @property
    def any(self) -> bool:
        """Is there anything to decide?"""
        return bool(self.accept or self.dispatch or self.correct or self.refuse)


def verbs_of(card: MatterCard) -> tuple[str, ...]:
    """The verbs for which the desk's one form stands: none of them where the kind has several actions for one (a petition is
    taken in three ways and dispatched three times); there each action has its own form."""
    return VERBS if all(len(card.kind.verb(verb)) <= 1 for verb in VERBS) else ()


def buttons_of(card: MatterCard) -> Buttons:
    """The buttons for a matter. Accepting and dispatching in one go is offered where accepting is."""
    mine = (*verbs_of(card), "link")
    names = {choice.verb: choice.name for choice in reversed(card.actions) if choice.verb in mine}
    accept, dispatch = names.get("accept", ""), names.get("dispatch", "")
    return Buttons(
        bool(accept), accept, dispatch, names.get("correct", ""), names.get("refuse", ""), names.get("link", "")
    )


def joint_choice(kind: Kind) -> ActionChoice:
    """All that the desk's form takes, in the order in which it is filled in."""
    actions = [desk.choice_of(kind, action.code) for verb in VERBS for action in kind.verb(verb)]
    return desk.joint_choice(CODE, "refuse", actions, needed=("category", "region", "lead", "ground"))


def form_block(
    request: ActingRequest, card: MatterCard, hint: TriageHint, posted: desk.Posted | None
) -> desk.ActionBlock:
    """The form with the suggestions filled in, or with what was typed."""
    likely = hint.categories[0][0] if hint.categories else ""
    start = start_of(hint, card.category or likely)
    url = reverse("triage:matter", args=[card.number])
    return desk.action_block(request, card, joint_choice(card.kind), url, posted=posted, start=start)


def with_suggested_unit(request: ActingRequest, matter_id: int) -> QueryDict:
    """What was typed, with the unit that the chosen category and region suggest as the lead."""
    data = request.POST.copy()
    hint = hint_for(request, matter_id, data)
    if hint.unit is not None:
        data["lead"] = str(hint.unit.id)
    return data


def check_lead(request: ActingRequest, matter_id: int) -> None:
    """Raises SuggestionMoved where the lead is a suggestion that the chosen category and region don't make (any more).

    The category can be changed and the button pressed before the new suggestion is drawn, or without script at all; a
    unit that was picked by hand is left alone.
    """
    suggested = request.POST.getlist("was")
    if request.POST.get("lead", "") not in suggested:
        return
    hint = hint_for(request, matter_id, request.POST)
    if hint.unit is not None and str(hint.unit.id) not in suggested:
        raise SuggestionMoved(
            msg("分类或区域改过，建议的主办单位变成了%(unit)s。请核对主办单位，再派单。"),
            fields={"lead": msg("请核对主办单位。")},
            unit=hint.unit.name,
        )


def hint_for(request: ActingRequest, matter_id: int, data: Mapping[str, str] | None = None) -> TriageHint:
    """The hint, following the category and region of a form that is being filled in."""
    region = (data or {}).get("region", "")
    return queries.triage_hint(
        matter_id,
        now=request.now,
        category=(data or {}).get("category", ""),
        region_code=region if region.isdigit() else "",
    )


def start_of(hint: TriageHint, category: str = "") -> desk.Start:
    """What the form begins with: a category and the suggested unit."""
    if hint.unit is None:
        return desk.Start(category)
    return desk.Start(category, str(hint.unit.id), hint.unit.name, gettext(msg("裁定过")) if hint.is_ruled else "")


def lead_block(request: ActingRequest, matter_id: int) -> desk.ActionBlock:
    """The lead's field alone, for a category and region that were just chosen (query: category, region, lead, was)."""
    hint = hint_for(request, matter_id, request.GET)
    start = start_of(hint)
    typed = request.GET.get("lead", "")
    by_hand = bool(typed) and typed != request.GET.get("was", "")
    data = QueryDict(mutable=True)
    data["lead"] = typed if by_hand else start.lead
    card = queries.card(matter_id, actor=request.actor, now=request.now)
    choice = ActionChoice(CODE, "", "refuse", ((card.kind.field("lead"), True),))
    return desk.action_block(request, card, choice, "", posted=desk.Posted(CODE, data), start=start)


def acts_of(
    kind: Kind, button: str, values: Mapping[str, object], corrections: Mapping[str, object]
) -> tuple[Act, Act | None]:
    """What a button does: one step, or two of which the second is the dispatch.

    Raises:
        NothingChanged: a correction without any.
        ActionUnknown: no such button.
    """
    if button == ACCEPT_AND_DISPATCH:
        # The words go to the unit that is to act on them.
        return _part(kind, "accept", values, leave_out="words"), _part(kind, "dispatch", values)
    if button == "dispatch" and corrections:
        return _part(kind, "correct", corrections), _part(kind, "dispatch", values)
    if button == "correct":
        if not corrections:
            raise NothingChanged(msg("分类和区域都没有改动，不用保存。"))
        return _part(kind, "correct", corrections), None
    return _part(kind, button, values), None


def _part(kind: Kind, verb: str, values: Mapping[str, object], leave_out: str = "") -> Act:
    """One step's part of the form: the action of this verb with the fields that it takes."""
    action = action_of(kind, verb)
    return Act(action.code, {code: values[code] for code in action.fields if code in values and code != leave_out})


def action_of(kind: Kind, verb: str) -> Action:
    """The kind's action for a verb of the desk.

    Raises:
        ActionUnknown: it has none.
    """
    found = kind.verb(verb) if verb in (*VERBS, "link") else ()
    if not found:
        raise ActionUnknown(msg("“%(kind)s”没有这个动作。请刷新后再看。"), kind=(kind.name,))
    return found[0]


def changed(request: ActingRequest, values: Mapping[str, object]) -> dict[str, object]:
    """Category and region where the form holds others than the page began with."""
    return {
        code: values[code]
        for code in CORRECTED
        if values.get(code) and values.get(code) != request.POST.get(f"was_{code}", "")
    }
