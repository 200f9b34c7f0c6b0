"""Issuing an official paper: filled once from the matter as it was at a step, and frozen from then on."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Subject
from shanzhi.kernel.matters.models import Remark
from shanzhi.kernel.matters.operations.step import author_of, lock_matter
from shanzhi.kernel.matters.policy import papers
from shanzhi.kernel.matters.policy.papers import PART, NotIssued, NotOurPaper, PaperIssuedAlready, PaperNotDue
from shanzhi.kernel.matters.policy.payloads import PaperIssued, PaperVoided
from shanzhi.kernel.matters.policy.process import PaperTo
from shanzhi.kernel.matters.queries.papers import NOT_DUE, Draft, draft_of, issues
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.vault.policy.envelope import commit, new_salt

PAPER_TOPIC = "matters.paper"


@transaction.atomic
def paper_issue(
    *, matter_id: int, step: int, code: str, actor: Actor, now: datetime, fields: Mapping[str, object] | None = None
) -> int:
    """Issue the paper `code` of a step, with what was filled in by field code; returns the number of its own entry.

    The text is kept beside the matter's words, masked as they are, and the journal commits to it: it goes with them when
    the reporter has them deleted, and is never changed before. Neither stage nor clock moves. About 12 statements.

    Raises:
        MatterNotFound: not there, or not visible.
        PaperUnknown: the step has no such paper.
        NotOurPaper: another unit did the step.
        PaperIssuedAlready: it was issued before, and not withdrawn.
        PaperNotDue: the matter was withdrawn or went on, and the paper would say what isn't so any more.
        FieldsMissing, FieldsWrong: something is lacking, or can't be used; `fields` says what.
    """
    matter = lock_matter(matter_id)
    draft = draft_of(matter, step, code)
    if not issues(matter, draft.kind, draft.entry, actor):
        raise NotOurPaper(msg("这份文书由办这一步的单位开具，您现在的岗位不能开具。"))
    if draft.issued is not None:
        raise PaperIssuedAlready(msg("这份文书已经开具，不能再改。请刷新页面后打印。"))
    if not draft.is_due:
        raise PaperNotDue(NOT_DUE)
    filled = papers.checked_fill(draft.kind, draft.paper, fields or {})
    facts = {**draft.facts, **filled}
    papers.check_complete(draft.kind, draft.paper, facts)
    text, salt = papers.compose(draft.paper, facts).to_text(), new_salt()
    issued = PaperIssued(
        number=matter.number,
        kind=matter.kind,
        kind_version=draft.kind.version,
        paper=code,
        of_step=step,
        to=draft.paper.to,
        paper_sealed=commit(text, salt).hex(),
    )
    _enter(draft, (PART, text, salt), issued, actor, now)
    _tell_units(draft, matter.steps, actor, now)
    return matter.steps


@transaction.atomic
def paper_void(*, matter_id: int, step: int, code: str, reason: object, actor: Actor, now: datetime) -> int:
    """Withdraw (作废) the paper `code` of a step that is issued, with a reason; returns the number of its own entry.

    The paper and its entry stay as they are; it can be issued anew while it is due. Whoever it was addressed to sees that
    it was withdrawn, when and why. Neither stage nor clock moves.

    Raises:
        MatterNotFound: not there, or not visible.
        PaperUnknown: the step has no such paper.
        NotOurPaper: another unit issued it.
        NotIssued: it isn't issued, or was withdrawn already.
        FieldsMissing, FieldsWrong: the reason is lacking, or can't be used.
    """
    matter = lock_matter(matter_id)
    draft = draft_of(matter, step, code)
    is_ours = draft.issued is None or draft.issued.author_unit_id == actor.unit_id
    if not is_ours or not issues(matter, draft.kind, draft.entry, actor):
        raise NotOurPaper(msg("文书由开具它的单位作废，您现在的岗位不能作废。"))
    if draft.issued is None:
        raise NotIssued(msg("这份文书没有开具，或者已经作废。请刷新后再看。"))
    text, salt = papers.checked_reason(reason), new_salt()
    voided = PaperVoided(
        number=matter.number,
        kind=matter.kind,
        kind_version=draft.kind.version,
        paper=code,
        of_step=step,
        of_issue=draft.issued.step,
        to=draft.paper.to,
        words_sealed=commit(text, salt).hex(),
    )
    _enter(draft, ("words", text, salt), voided, actor, now)
    _tell_units(draft, matter.steps, actor, now, is_void=True)
    return matter.steps


def _enter(
    draft: Draft, words: tuple[str, str, bytes], payload: PaperIssued | PaperVoided, actor: Actor, now: datetime
) -> None:
    """The entry of its own that a paper gets, and its words (part, text, salt) beside the matter's."""
    matter, (part, text, salt) = draft.matter, words
    matter.steps += 1
    matter.save(update_fields=["steps"])
    shown = draft.paper.to == PaperTo.REPORTER
    Remark.objects.bulk_create(
        [Remark(matter=matter, step=matter.steps, part=part, text=text, salt=salt, for_reporter=shown)]
    )
    subject = Subject("matter", matter.pk, matter.steps, matter.scope_code)
    journal.record(payload=payload, subject=subject, author=author_of(actor), happened_at=now)


def _tell_units(draft: Draft, step: int, actor: Actor, now: datetime, *, is_void: bool = False) -> None:
    """The event by which the units that a paper is addressed to are told; the issuing unit itself isn't."""
    units = sorted(set(draft.addressees) - {actor.unit_id})
    if units:
        body = {"matter": draft.matter.pk, "step": step, "paper": draft.paper.code, "units": units, "void": is_void}
        notices.emit(topic=PAPER_TOPIC, body=body, now=now)
