"""What every step shares: the lock, the clock, the holder, the words, the journal entry and the event."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection

from shanzhi.core.errors import Conflict, NotFound
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.clock.policy import Deadline, Duration
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.matters.models import Assignment, Matter, Remark, Submission
from shanzhi.kernel.matters.operations.checking import checking_unit
from shanzhi.kernel.matters.operations.clocks import clocks_told, follow_move
from shanzhi.kernel.matters.operations.dropping import drop_with_share, drop_with_stage
from shanzhi.kernel.matters.operations.texts import SafeText, expiry, originals, safe
from shanzhi.kernel.matters.policy.payloads_second import STEPS, ShareStands
from shanzhi.kernel.matters.policy.process import Action, Kind, Owner, Result, Verb
from shanzhi.kernel.matters.policy.report import fingerprint
from shanzhi.kernel.matters.policy.shown import is_reporters_ask
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.vault import operations as vault
from shanzhi.kernel.vault.policy.envelope import new_salt

STEP_TOPIC = "matters.step"
MOVED = (
    "stage", "result", "stage_since", "due_at", "warn_at", "ended_at", "in_intake", "holder_unit", "counts", "version",
    "steps",
)  # fmt: skip
SORTED = ("category", "region", "scope_code", "solved", "satisfied")
"""What steps change of a matter. The rest stays as it was reported: the database lets nobody change it."""
KEPT_FROM_WORKER = ("salt", "source", "source_number", "follow_hash")
"""What only the doors need of a matter."""
SHOWN_TO_REPORTER = frozenset(
    {Verb.REFUSE, Verb.REPLY, Verb.REVIEW, Verb.ANSWER, Verb.PASS_ON, Verb.GRANT, Verb.RESPOND, Verb.RECEIVE}
)
COMMUTES = frozenset(
    {
        *(Verb.NOTE, Verb.ATTACH, Verb.ASK, Verb.URGE, Verb.SUPERVISE, Verb.RESPOND),
        *(Verb.ASSIST_DONE, Verb.ASSIST_BACK, Verb.INVOLVE, Verb.EXCUSE),
    }
)
"""Verbs that don't mind what else happened meanwhile: they need no version."""


class MatterNotFound(NotFound):
    """No such matter, or not for this actor."""

    code = "matter-not-found"


class MovedOn(Conflict):
    """The screen shows an older state than the matter has."""

    code = "moved-on"


class KeyReused(Conflict):
    """A submission's key came with another content."""

    code = "key-reused"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a step: the matter's state after it. `replayed`: it had been done before, nothing was done now."""

    matter_id: int
    number: str
    stage: str
    stage_name: str
    version: int
    step: int
    replayed: bool = False


@dataclass(slots=True)
class Step:
    """One step on its way: the locked matter, its kind, what is given, and what the journal will say beyond it."""

    matter: Matter
    kind: Kind
    action: Action
    actor: Actor
    now: datetime
    given: Mapping[str, Any]
    open: list[Assignment]
    tells: dict[str, Any] = field(default_factory=dict)
    limit: Duration | None = None
    """What the dispatch catalogue promises, where a dispatch goes by it."""
    until: date | None = None
    """The day that was filled in for a clock which goes by it."""
    follows: Deadline | None = None
    """By when the lead is due that the matter follows."""
    holder: int | None = None
    """Who holds that lead."""
    joining: list[Assignment] = field(default_factory=list)
    """The shares of co-handlers who come in with this step: written with their promises, once the clocks have moved."""
    passes: bool = False
    """Does the intake pass to another centre?"""
    touched: list[Assignment] = field(default_factory=list)
    """The shares that begin or change with this step, for the journal."""

    def touch(self, *rows: Assignment) -> None:
        """Let the journal tell how these shares stand after the step."""
        self.touched += [row for row in rows if all(row is not other for other in self.touched)]

    @property
    def mine(self) -> Assignment | None:
        """The acting unit's open assignment."""
        return next((row for row in self.open if row.unit_id == self.actor.unit_id), None)

    @property
    def lead(self) -> Assignment | None:
        """The lead's open assignment."""
        return next((row for row in self.open if row.part == "lead"), None)


@contextmanager
def pipelined() -> Iterator[None]:
    """Send the statements within in one go and wait once, at the end: for writes whose results nobody reads.

    A statement that fails is told of at the end, as Django's error, and fails the transaction like any other.
    """
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def author_of(actor: Actor) -> Author:
    """The journal's author for an actor."""
    if actor.kind == "post":
        return Author("post", actor.post_id, actor.unit_id)
    return Author(actor.kind)


def lock_matter(matter_id: int, *, actor: Actor | None = None) -> Matter:
    """The matter, locked until the transaction ends; for the system without `KEPT_FROM_WORKER`.

    Raises:
        MatterNotFound: it isn't there, or row-level security doesn't show it.
    """
    rows = Matter.objects.select_for_update().filter(pk=matter_id)
    if actor is not None and actor.kind == "system":
        rows = rows.defer(*KEPT_FROM_WORKER)
    # Twice: whoever waited for the lock is judged by the new row and the participants of before, so that a matter which
    # was handed over meanwhile seems gone. The second look is a statement of its own and sees both as they are now.
    found = rows.first() or rows.all().first()
    if found is None:
        raise MatterNotFound(msg("没有找到这件事项，或者您现在的岗位看不到它。请核对编号，或换一个岗位。"))
    return found


def check_version(matter: Matter, kind: Kind, action: Action, version: int | None) -> None:
    """Raises MovedOn where the screen that the actor saw is older than the matter is."""
    if version is not None and version != matter.version and action.verb not in COMMUTES:
        raise MovedOn(
            msg("这件事项刚刚有了变化，现在是“%(stage)s”。您填写的内容还在，请看过新情况再提交。"),
            stage=(kind.stage(matter.stage).name,),
        )


def claim_submission(
    *, door: str, key: uuid.UUID, content: tuple[object, ...], matter_id: int, step: int, now: datetime
) -> Submission | None:
    """Claim a submission's key for this transaction; the earlier one where it had been carried out already.

    A second sender of the same key waits here until the first has committed.

    Raises:
        KeyReused: the key was used for another content.
    """
    print_ = fingerprint(*content)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO matters_submission (door, key, fingerprint, matter_id, step, sent_at)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [door, key, print_, matter_id, step, now],
        )
        if cursor.rowcount:
            return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('shanzhi.submission', %s, true)", [str(key)])
    earlier = Submission.objects.get(door=door, key=key)
    if bytes(earlier.fingerprint) != print_:
        raise KeyReused(msg("这个提交编号已经用于别的内容。请换一个新的编号再提交。"))
    return earlier


def door_of(actor: Actor) -> str:
    """Whose submissions are told apart by their keys."""
    return f"post:{actor.post_id}" if actor.is_post else actor.kind


def take_part(matter_id: int, units: Mapping[int, str], now: datetime) -> None:
    """Write units as participants before anything is handed to them; those who are there stay as they are."""
    with connection.cursor() as cursor:
        for unit_id, part in units.items():
            cursor.execute(
                "INSERT INTO matters_participant (matter_id, unit_id, part, since) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                [matter_id, unit_id, part, now],
            )


def assign(step: Step, lead: int, co: tuple[int, ...]) -> None:
    """Give the matter to a lead and its co-handlers: rows of visibility first, then the lead's assignment; those of the
    co-handlers follow with their promises (`helping.join_helpers`)."""
    take_part(step.matter.pk, {lead: "holder"} | dict.fromkeys(co, "receiver"), step.now)
    first, *step.joining = (
        Assignment(matter=step.matter, unit_id=unit, part=part, state="waiting", assigned_at=step.now)
        for part, units in (("lead", (lead,)), ("co", co))
        for unit in units
    )
    Assignment.objects.bulk_create([first])
    step.touch(first, *step.joining)
    step.open = [first, *step.joining]
    step.tells.update(lead_unit_id=lead, co_unit_ids=co)


def end_assignments(step: Step, lead_state: str, co_state: str = "over") -> None:
    """End all open assignments, remembering who had the lead."""
    step.touch(*step.open)
    for row in step.open:
        row.state = lead_state if row.part == "lead" else co_state
        row.ended_at = step.now
        row.save(update_fields=["state", "ended_at", "ground"] if row.ground else ["state", "ended_at"])
    if step.lead is not None:
        step.tells.setdefault("from_unit_id", step.lead.unit_id)
    step.open = []
    if step.kind.asks:
        drop_with_share(step.matter, step.now)


def move(step: Step, target: str) -> Deadline | None:
    """Leave the stage for `target`: stop its clock, start the next, hand the turn over, end what ends."""
    matter, kind = step.matter, step.kind
    stage = kind.stage(target)
    step.tells["overdue"] = matter.due_at is not None and step.now > matter.due_at
    result = kind.result(step.action, target)
    if step.action.verb is Verb.GATHER and matter.solved is None:
        result = Result.LAPSED
    if stage.owner is Owner.INTAKE and step.open:
        end_assignments(step, "moved")
    if result is not None and step.open:
        is_done = result in (Result.CLOSED, Result.LAPSED) or step.action.verb is Verb.CHECK_PASS
        end_assignments(step, "done" if is_done else "over")
    deadline = follow_move(
        matter, kind, step.action, target, step.now, limit=step.limit, until=step.until, follows=step.follows
    )
    matter.stage = target
    matter.stage_since = step.now
    matter.result = result
    matter.ended_at = step.now if result is not None else None
    matter.due_at = deadline.due_at if deadline else None
    matter.warn_at = deadline.warn_at if deadline else None
    matter.in_intake = stage.owner is Owner.INTAKE
    matter.holder_unit_id = _holder(step, stage.owner) if deadline else None
    matter.version += 1
    if kind.asks:
        drop_with_stage(matter, kind, step.now)
    return deadline


def _holder(step: Step, owner: Owner) -> int:
    if owner is Owner.LINKED and step.holder is not None:
        return step.holder
    if owner in (Owner.LEAD, Owner.REPORTER, Owner.LINKED) and step.lead is not None:
        # While the reporter judges, the lead stands by: an unsolved matter comes back to it.
        return step.lead.unit_id
    if owner in (Owner.REPORTER, Owner.LINKED) and step.matter.holder_unit_id is not None and not step.matter.in_intake:
        # One that follows another has no share of its own: whoever has the lead stands by.
        return step.matter.holder_unit_id
    if owner is Owner.CHECKER:
        unit_id = checking_unit(step.matter, step.kind, step.now)
        if unit_id != step.matter.intake_unit_id:
            take_part(step.matter.pk, {unit_id: "holder"}, step.now)
        return unit_id
    return step.matter.intake_unit_id


def is_shown_to_reporter(step: Step) -> bool:
    """Are the step's words and files for the reporter? Of answers to an urging only that to the reporter's own."""
    verb = step.action.verb
    return verb in SHOWN_TO_REPORTER and (verb is not Verb.RESPOND or is_reporters_ask(step.kind, step.action.ask))


def write_words(step: Step) -> None:
    """Store the step's texts masked, their originals in the vault, and their commitments for the journal."""
    matter = step.matter
    salt = new_salt()
    texts: dict[str, SafeText] = {}
    for part in ("words", "reply"):
        original = str(step.given.get(part) or "")
        if original:
            texts[part] = safe(original, salt)
            step.tells[f"{part}_sealed"] = texts[part].sealed
    if not texts:
        return
    shown = is_shown_to_reporter(step) or step.actor.kind == "reporter"
    Remark.objects.bulk_create(
        Remark(matter=matter, step=matter.steps, part=part, text=text.text, salt=salt, for_reporter=shown)
        for part, text in texts.items()
    )
    keeps = originals(matter.pk, {f"step{matter.steps}.{part}": text for part, text in texts.items()})
    if keeps:
        vault.keep(keeps, now=step.now, expires_on=expiry(step.now, step.kind.retention_months))


def attach_files(step: Step) -> None:
    """Put the step's files onto the matter."""
    stored: tuple[StoredFile, ...] = tuple(step.given.get("files") or ())
    if not stored:
        return
    reporter = step.actor.kind == "reporter"
    purpose = "report" if reporter else "reply" if step.action.verb is Verb.REPLY else "evidence"
    files.attach(
        subject_kind="matter",
        subject_id=step.matter.pk,
        scope_code=step.matter.scope_code,
        stored=stored,
        purpose=purpose,
        post_id=step.actor.post_id,
        now=step.now,
        shown_to_reporter=reporter or is_shown_to_reporter(step),
    )
    step.tells["files"] = tuple(file.sha256 for file in stored)


def about(matter: Matter, kind: Kind, action: str, before: str, deadline: Deadline | None) -> dict[str, Any]:
    """The values of `payloads.About` for a matter as it is after the step."""
    return {
        "number": matter.number,
        "kind": matter.kind,
        "kind_version": kind.version,
        "done_by": action,
        "category": matter.category,
        "region_id": matter.region_id,
        "region_code": matter.scope_code,
        "channel": matter.channel,
        "stage": before,
        "to_stage": matter.stage,
        "result": matter.result,
        "due_at": matter.due_at,
        "warn_at": matter.warn_at,
        "limit": deadline.limit_text if deadline else "",
        "calendar": deadline.calendar_version if deadline else "",
        "holder_unit_id": matter.holder_unit_id,
    }


def finish(step: Step, before: str, deadline: Deadline | None) -> Done:
    """Save the matter, write the journal entry and the event."""
    matter = step.matter
    try:
        fields = MOVED if step.actor.kind == "system" else MOVED + SORTED
        matter.save(update_fields=(*fields, "intake_unit") if step.passes else fields)
    except IntegrityError as error:
        raise MovedOn(msg("这件事项刚刚有了变化。请刷新后再看。"), stage=matter.stage) from error
    payload = STEPS[step.action.verb.value](
        **about(matter, step.kind, step.action.code, before, deadline),
        **clocks_told(matter, step.now),
        shares=tuple(
            ShareStands(row.unit_id, row.part, row.state, row.taken_at, row.due_at, row.ground) for row in step.touched
        ),
        intake_unit_id=matter.intake_unit_id,
        **step.tells,
    )
    journal.record(
        payload=payload,
        subject=Subject("matter", matter.pk, matter.steps, matter.scope_code),
        author=author_of(step.actor),
        happened_at=step.now,
    )
    tell(matter, step.action.code, step.now)
    return done_of(matter, step.kind)


def tell(matter: Matter, action: str, now: datetime) -> None:
    """Write the event that the background works on."""
    notices.emit(
        topic=STEP_TOPIC,
        body={"matter": matter.pk, "step": matter.steps, "action": action, "day": str(local_date(now))},
        now=now,
    )


def done_of(matter: Matter, kind: Kind) -> Done:
    """The matter's state as a step's result."""
    return Done(
        matter.pk,
        matter.number,
        matter.stage,
        kind.stage(matter.stage).name,
        matter.version,
        matter.steps,
    )
