"""An action as a page shows it: its form, where it is sent, and what helps to fill it in."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.translation import gettext

from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.policy.process import FieldsMissing, FieldSpec, FieldType, Verb
from shanzhi.kernel.matters.queries import ActionChoice, Ground, MatterCard, Receiving, ReplyTemplate, suggested_unit
from shanzhi.kernel.matters.web import show
from shanzhi.kernel.matters.web.forms import OFFERED, PICKED, ActionForm, grounds_for
from shanzhi.kernel.matters.web.picker import Picker, elsewhere_picker, picker, search_name, units_below

FIND = "find"
"""Name of the buttons that send a form only to get it back: a search, a reply template."""
TEMPLATE = "template:"
STERN_VERBS = frozenset({"refuse", "hand_back", "check_fail", "withdraw", "decline"})
ELSEWHERE_VERBS = frozenset({"ask", "rule"})
"""What is asked or ruled about a place concerns another county: it is chosen from the whole city."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A form that was sent and comes back: as a search, with an error, or after a new sign-in."""

    action: str
    data: QueryDict
    error: DomainError | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """What a form begins with where nothing was typed yet: a category's code, a suggested lead unit's id and name,
    and in a word by what it is suggested (empty: by the rule book)."""

    category: str = ""
    lead: str = ""
    lead_name: str = ""
    lead_note: str = ""


@dataclass(frozen=True, slots=True)
class ActionBlock:
    """One action: its form, its address, its key; the grounds it may give and the templates that it offers."""

    choice: ActionChoice
    form: ActionForm
    url: str
    key: str
    draft: str
    """The name under which the browser keeps what is typed, until it was sent."""
    tone: str
    grounds: tuple[Ground, ...]
    ground: Ground | None
    templates: tuple[ReplyTemplate, ...]
    has_files: bool
    has_search: bool
    is_back: bool
    """Was it sent and has it come back?"""
    said: str
    """What was wrong with it as a whole, for the head of its problems; empty where these say all of it."""


def action_block(
    request: ActingRequest,
    card: MatterCard,
    choice: ActionChoice,
    url: str,
    *,
    posted: Posted | None = None,
    start: Start | None = None,
) -> ActionBlock:
    """The block of one action; filled in with what was `posted` for it. 3 queries more where a unit is chosen."""
    choice = replace(choice, fields=tuple(each for each in choice.fields if _is_offered(card, each[0])))
    if choice.verb == Verb.SPLIT:
        # Who joins the answers is for the dispatcher to say: what is suggested is for the one problem of a category.
        start = Start()
    mine = posted if posted is not None and posted.action == choice.code else None
    data = _with_template(card, choice, mine, request) if mine else None
    types = {spec.type for spec, _ in choice.fields}
    listed = tuple(grounds_for(choice.grounds)) if FieldType.GROUND in types else ()
    chosen = data.get("ground", "") if data is not None else ""
    form = ActionForm(
        choice,
        data=data,
        initial={"category": start.category if start else card.category},
        pickers={
            spec.code: _picker(request, card, choice, spec, data, start)
            for spec, _ in choice.fields
            if spec.type in PICKED
        },
        options={spec.code: _options(card, spec) for spec, _ in choice.fields if spec.type in OFFERED},
        problems=mine.error.fields if mine and mine.error else None,
    )
    return ActionBlock(
        choice=choice,
        form=form,
        url=url,
        key=str(uuid.uuid4()),
        draft=draft_name(card.id, choice.code),
        tone="bad" if choice.verb in STERN_VERBS else "plain",
        grounds=listed,
        ground=next((ground for ground in listed if ground.code == chosen), None),
        templates=tuple(_templates() if choice.verb == "reply" else ()),
        has_files=FieldType.FILES in types,
        has_search=not PICKED.isdisjoint(types),
        is_back=mine is not None,
        said=_said(mine.error) if mine is not None else "",
    )


def _said(error: DomainError | None) -> str:
    """An error's sentence. That something is missing each field says itself."""
    return "" if error is None or isinstance(error, FieldsMissing) else error.sentence(gettext)


def _is_offered(card: MatterCard, spec: FieldSpec) -> bool:
    """Is there a result that might be included? Without one the field isn't shown."""
    return spec.type is not FieldType.RESULTS or bool(_options(card, spec))


def _options(card: MatterCard, spec: FieldSpec) -> list[tuple[str, str]]:
    """The co-handlers whose results are awaited, or those who gave one."""
    wanted = ((share.state == "done") if spec.type is FieldType.RESULTS else share.is_open for share in card.shares)
    return [
        (str(share.unit_id), share.unit_name)
        for share, fits in zip(card.shares, wanted, strict=True)
        if fits and share.part == "co"
    ]


def draft_name(matter_id: int, form: str) -> str:
    """The name of a form's draft in the browser."""
    return f"matter-{matter_id}-{form}"


def joint_choice(code: str, verb: str, choices: Collection[ActionChoice], needed: Collection[str] = ()) -> ActionChoice:
    """Several actions as one form: each field once; `needed` ones aren't called optional; grounds are those of `verb`."""
    fields: dict[str, FieldSpec] = {spec.code: spec for choice in choices for spec, _ in choice.fields}
    listed = next((choice.grounds for choice in choices if choice.verb == verb), "")
    return ActionChoice(code, "", verb, tuple((spec, spec.code in needed) for spec in fields.values()), listed)


def _picker(
    request: ActingRequest,
    card: MatterCard,
    choice: ActionChoice,
    spec: FieldSpec,
    data: QueryDict | None,
    start: Start | None,
) -> Picker:
    suggested: list[str] = []
    if spec.type is FieldType.REGION and choice.verb in ELSEWHERE_VERBS:
        return elsewhere_picker(request, spec.code, card.region_code, data)
    if spec.type is FieldType.UNIT and choice.verb == "hand_down":
        suggested = units_below(card.region_code, request)
    elif spec.type is FieldType.UNIT and choice.verb != "rule":
        # Whom the rule book would name was just disputed: a ruling chooses freely.
        unit = start.lead if start else suggested_unit(card.category, card.region_code, request.now)
        suggested = [str(unit)] if unit else []
    # Where another county lays what it takes over isn't where it lay.
    lies = [] if choice.verb == "receive" else [card.region_code]
    first = lies if spec.type is FieldType.REGION else suggested
    return picker(
        request,
        spec.code,
        spec.type.value,
        chosen=data.getlist(spec.code) if data is not None else first,
        suggested=suggested,
        words=data.get(search_name(spec.code), "") if data is not None else "",
        known=_known(card, spec, start),
        note=start.lead_note if start else "",
        wanted=_wanted(card, choice, spec, data),
    )


def _wanted(card: MatterCard, choice: ActionChoice, spec: FieldSpec, data: QueryDict | None) -> Receiving | None:
    """For what a unit is chosen: what is offered is what the step takes."""
    if spec.type not in (FieldType.UNIT, FieldType.UNITS):
        return None
    category = (data.get("category") if data is not None else "") or card.category
    is_co = spec.type is FieldType.UNITS
    has_part = frozenset(share.unit_id for share in card.shares if share.is_open) if is_co else frozenset()
    return Receiving(card.kind, choice.code, category, is_co, has_part)


def _known(card: MatterCard, spec: FieldSpec, start: Start | None) -> dict[str, str]:
    """Names that need no look-up."""
    if spec.type is FieldType.REGION:
        return {card.region_code: card.region_name}
    return {start.lead: start.lead_name} if start and start.lead_name else {}


def _templates() -> list[ReplyTemplate]:
    return [template for template in queries.grounds().templates if template.use == "reply"]


def _with_template(card: MatterCard, choice: ActionChoice, posted: Posted, request: ActingRequest) -> QueryDict:
    """What was typed; with a reply template behind it, if its button was pressed. What we know is filled in."""
    wanted = posted.data.get(FIND, "")
    template = next((row for row in _templates() if f"{TEMPLATE}{row.code}" == wanted), None)
    if template is None or choice.verb != "reply":
        return posted.data
    text = gettext(template.text)
    known = {
        "when": show.when(card.reported_at, request.now),
        "number": card.number,
        "unit": request.actor.unit_name,
        "due": show.when(card.due_at, request.now),
    }
    for place, value in known.items():
        text = text.replace("{" + place + "}", value)
    data = posted.data.copy()
    typed = data.get("reply", "").strip()
    data["reply"] = f"{typed}\n\n{text}" if typed else text
    return data
