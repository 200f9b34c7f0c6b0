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
from shanzhi.kernel.matters.policy.papers import PART, NotOurPaper, PaperIssuedAlready
from shanzhi.kernel.matters.policy.payloads import PaperIssued
from shanzhi.kernel.matters.policy.process import PaperTo
from shanzhi.kernel.matters.queries.papers import draft_of, issues
from shanzhi.kernel.vault.policy.envelope import commit, new_salt


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
        PaperIssuedAlready: it was issued before.
        FieldsMissing, FieldsWrong: something is lacking, or can't be used; `fields` says what.
    """
    matter = lock_matter(matter_id)
    draft = draft_of(matter, step, code)
    if not issues(matter, draft.kind, draft.entry, actor):
        raise NotOurPaper(msg("这份文书由办这一步的单位开具，您现在的岗位不能开具。"))
    if draft.issued is not None:
        raise PaperIssuedAlready(msg("这份文书已经开具，不能再改。请刷新页面后打印。"))
    filled = papers.checked_fill(draft.kind, draft.paper, fields or {})
    facts = {**draft.facts, **filled}
    papers.check_complete(draft.kind, draft.paper, facts)
    text, salt = papers.compose(draft.paper, facts).to_text(), new_salt()
    matter.steps += 1
    matter.save(update_fields=["steps"])
    Remark.objects.bulk_create(
        [
            Remark(
                matter=matter,
                step=matter.steps,
                part=PART,
                text=text,
                salt=salt,
                for_reporter=draft.paper.to == PaperTo.REPORTER,
            )
        ]
    )
    journal.record(
        payload=PaperIssued(
            number=matter.number,
            kind=matter.kind,
            kind_version=draft.kind.version,
            paper=code,
            of_step=step,
            to=draft.paper.to,
            paper_sealed=commit(text, salt).hex(),
        ),
        subject=Subject("matter", matter.pk, matter.steps, matter.scope_code),
        author=author_of(actor),
        happened_at=now,
    )
    return matter.steps
