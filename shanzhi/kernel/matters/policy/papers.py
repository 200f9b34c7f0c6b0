"""Official papers: what stands in one, filled from a matter as it was at a step, and frozen when it is issued. Pure.

A paper is a template of the process file (`policy.process.Paper`). Filled it is a `Sheet`, which is kept as text from
the moment it is issued: printed again, it says the same, whatever became of the matter, its units or its process.
Layout by GB/T 9704-2012 (《党政机关公文格式》) where it applies: sender, number, title, addressee, text, signature, date.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date

from shanzhi.core.errors import Conflict, NotAllowed, NotFound
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.matters.policy.process import (
    REPORT,
    SLOTS,
    Action,
    FieldsMissing,
    FieldSpec,
    FieldsWrong,
    FieldType,
    Kind,
    Paper,
    PaperForm,
    PaperTo,
    Role,
    marks,
)
from shanzhi.kernel.vault.policy.masking import mask

PART = "paper"
"""The part under which an issued paper's text stands beside the words of its step."""


class PaperUnknown(NotFound):
    """The step gave rise to no such paper, or it hasn't been issued and this actor doesn't issue it."""

    code = "paper-unknown"


class PaperIssuedAlready(Conflict):
    """It was issued before; an issued paper isn't changed."""

    code = "paper-issued"


class NotOurPaper(NotAllowed):
    """Another unit issues it."""

    code = "not-our-paper"


class NotIssued(Conflict):
    """It isn't issued, or was withdrawn already."""

    code = "paper-not-issued"


class PaperNotDue(Conflict):
    """What the paper was to say doesn't hold any more, so none is issued."""

    code = "paper-not-due"


class PaperGone(NotFound):
    """The text was deleted at its reporter's request."""

    code = "paper-gone"


class PaperSpoilt(Conflict):
    """The kept text isn't the one that the journal committed to."""

    code = "paper-spoilt"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A filled paper. `lines` are paragraphs, or rows as head and text (head empty: across); dates as 2025年11月18日."""

    form: str
    name: str
    title: str
    unit: str
    on: str
    to: str
    lines: tuple[tuple[str, str], ...]
    doc_no: str = ""
    law: str = ""

    def to_text(self) -> str:
        """As it is kept: JSON with its keys in order."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "Sheet":
        """What `to_text` made.

        Raises:
            PaperGone: the text was deleted.
        """
        try:
            found = json.loads(text)
        except ValueError:
            raise PaperGone(msg("这份文书的内容已按反映人的请求删除，只保留开具的记录。")) from None
        return cls(**found | {"lines": tuple((head, said) for head, said in found["lines"])})


def day_text(day: date) -> str:
    """A date as papers write it, in Arabic numerals without leading noughts (GB/T 9704-2012, 7.3.5.5)."""
    return f"{day.year}年{day.month}月{day.day}日"


def paper_of(kind: Kind, action: str, code: str) -> Paper:
    """The printable paper `code` of an action.

    Raises:
        PaperUnknown: there is none.
    """
    found = next((p for p in kind.papers if p.code == code and p.action == action and p.is_printable), None)
    if found is None:
        raise PaperUnknown(msg("这一步没有这份文书。请回到事项页，从“文书”里打开。"))
    return found


def papers_of(kind: Kind, action: str) -> tuple[Paper, ...]:
    """The printable papers to which an action gives rise."""
    return tuple(paper for paper in kind.papers if paper.action == action and paper.is_printable)


def may_issue(
    action: Action | None, *, roles: Collection[str], unit_id: int | None, author_unit_id: int | None, is_intake: bool
) -> bool:
    """May a post issue the paper of a step? Of its own unit's steps whoever could do them; of what the reporter or the
    system did, and of the taking in itself (no `action`), the centre that took the matter in."""
    if author_unit_id is None or action is None:
        return is_intake and Role.DISPATCHER in roles
    return unit_id == author_unit_id and not set(roles).isdisjoint(action.by)


@dataclass(frozen=True, slots=True)
class Since:
    """What became of a matter after a step, as far as it bears on the papers of that step."""

    is_withdrawn: bool = False
    """It was withdrawn, by a later step."""
    is_decided: bool = False
    """It has left the stage in which it was taken in."""
    is_done_anew: bool = False
    """The same action was done again."""
    is_elsewhere: bool = False
    """Another unit was given it, or the unit gave it back."""


def is_due(paper: Paper, since: Since) -> bool:
    """Is a paper that nobody has issued yet still to be issued?

    Not where it would say what isn't so any more: of a matter that its reporter withdrew, nothing but the papers of that
    step itself; of an action that was done again, those of the last time; what goes to a unit, while it has the matter; the
    note that a report was received, until the centre has decided what becomes of it. All else stays due until it is issued,
    beyond the matter's end too: an answer or a refusal is served on paper whatever came after.
    """
    if since.is_withdrawn or since.is_done_anew:
        return False
    if paper.action == REPORT:
        return not since.is_decided
    return not (paper.to in (PaperTo.LEAD, PaperTo.CO) and since.is_elsewhere)


def checked_fill(kind: Kind, paper: Paper, given: Mapping[str, object]) -> dict[str, str]:
    """What was filled in for a paper, clean, by field code; empty ones too.

    Raises:
        FieldsWrong: too long, not offered, or a person's number in it.
    """
    made: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for code in paper.fill:
        spec = kind.field(code)
        made[code] = clean_text(str(given.get(code) or "")).strip()
        problem = _wrong(spec, made[code])
        if problem:
            wrong[code] = problem
    if wrong:
        raise FieldsWrong(msg("有%(count)s项内容不能用，请按提示改正。"), fields=wrong, count=len(wrong))
    return made


def _wrong(spec: FieldSpec, value: str) -> str:
    if spec.type is FieldType.CHOICE:
        return msg("请从列表里选。") if value and value not in spec.choices else ""
    if len(value) > (spec.max or 0):
        return msg("太长了，请写短一些。")
    if mask(value).text != value:
        return msg("文书里不写个人的电话、证件号和车牌号，请删去。")
    return ""


REASON_MOST = 500


def checked_reason(given: object) -> str:
    """Why an issued paper is withdrawn, clean.

    Raises:
        FieldsMissing, FieldsWrong: blank, too long, or a person's number in it.
    """
    reason = clean_text(str(given or "")).strip()
    if not reason:
        raise FieldsMissing(msg("请写明为什么作废，收件人会看到。"), fields={"reason": msg("请填写。")})
    spec = FieldSpec(code="reason", name="", type=FieldType.TEXT, max=REASON_MOST)
    problem = _wrong(spec, reason)
    if problem:
        raise FieldsWrong(msg("作废理由不能用，请按提示改正。"), fields={"reason": problem})
    return reason


def lacking(paper: Paper, facts: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the slots that are needed and empty: what is filled in first, then in the text's order."""
    needed = [*paper.fill, *(mark for text in (paper.title, paper.hail, *paper.lines) for mark in marks(text))]
    return tuple(dict.fromkeys(mark for mark in needed if not facts.get(mark) and mark not in paper.may))


def check_complete(kind: Kind, paper: Paper, facts: Mapping[str, str]) -> None:
    """Nothing that the paper needs is empty.

    Raises:
        FieldsMissing: something is; `fields` names what can be filled in here, the sentence all the rest.
    """
    names = lacking(paper, facts)
    here = {code: msg("请填写。") for code in paper.fill if code in names}
    there = tuple(SLOTS[name] for name in names if name in SLOTS)
    if there:
        raise FieldsMissing(
            msg("“%(paper)s”还缺%(what)s，不能开具。请先在事项里补上。"),
            fields=here,
            paper=(paper.name,),
            what=there,
        )
    if here:
        raise FieldsMissing(msg("“%(paper)s”还有内容没有填，请填写后再开具。"), fields=here, paper=(paper.name,))


def compose(paper: Paper, facts: Mapping[str, str]) -> Sheet:
    """The paper filled from `facts` (by slot). What is lacking is left as a rule to write on: only drafts show that."""
    left_out = {mark for mark in paper.may if not facts.get(mark)}
    filled = {name: facts.get(name) or "＿＿＿＿" for name in (*SLOTS, *paper.fill)}
    lines = [line % filled for line in paper.lines if left_out.isdisjoint(marks(line))]
    is_slip = paper.form == PaperForm.SLIP
    return Sheet(
        form=paper.form,
        name=paper.name,
        title=(paper.title or paper.name) % filled,
        unit=filled["unit"],
        on=filled["on"],
        to="" if is_slip and paper.to == PaperTo.REPORTER else _addressee(paper, filled),
        lines=tuple(row for line in lines for row in (_row(line) if is_slip else _paragraphs(line))),
        doc_no=facts.get("doc_no", ""),
        law=paper.law,
    )


def _addressee(paper: Paper, filled: Mapping[str, str]) -> str:
    by_party = {PaperTo.LEAD: filled["lead"], PaperTo.CO: filled["co"], PaperTo.INTAKE: filled["intake"]}
    return by_party.get(PaperTo(paper.to), paper.hail % filled) if paper.to else ""


def _row(line: str) -> tuple[tuple[str, str], ...]:
    head, colon, said = line.partition("：")
    return ((head, said),) if colon else (("", line),)


def _paragraphs(line: str) -> tuple[tuple[str, str], ...]:
    return tuple(("", part.strip()) for part in line.splitlines() if part.strip())
