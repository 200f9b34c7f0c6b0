"""What the program does by itself: suggestions for triage, stages that lapse; and the one reading of contacts."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.expressions import Combinable

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.policy import SYSTEM, Actor
from shanzhi.kernel.journal.policy import Subject
from shanzhi.kernel.matters.models import Assignment, Clock, Matter, Precedent, Submission, Suggestion
from shanzhi.kernel.matters.operations.act import act
from shanzhi.kernel.matters.operations.dispatching import case_rows, cases_on
from shanzhi.kernel.matters.operations.likening import like_matters
from shanzhi.kernel.matters.operations.parting import whole_id_of
from shanzhi.kernel.matters.operations.standing import is_intake
from shanzhi.kernel.matters.operations.step import KEPT_FROM_WORKER, lock_matter
from shanzhi.kernel.matters.policy.dispatching import DispatchCase, choose_case
from shanzhi.kernel.matters.policy.duty import check_duty, departments_duty, may_reach_reporter
from shanzhi.kernel.matters.policy.process import Verb
from shanzhi.kernel.matters.policy.suggest import CODE_LENGTHS, UnitHint, suggest_category, suggest_units
from shanzhi.kernel.matters.rulebook import categories, kind_version, lapsing_stages
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level, UnitKind
from shanzhi.kernel.organisation.queries import UnitRow
from shanzhi.kernel.vault import operations as vault

LAPSE_BATCH = 200
RESUME_BATCH = 200
REMEMBER = timedelta(days=7)


@transaction.atomic
def suggestions_make(*, matter_ids: Sequence[int], now: datetime) -> int:
    """Suggest categories, a unit and like matters near by for matters that wait for triage; returns how many.

    Worker's role. Made twice, the later one stands. 8 queries for the batch, and 2 for each department and place that
    it meets first.
    """
    matters = list(Matter.objects.defer(*KEPT_FROM_WORKER).filter(pk__in=matter_ids, in_intake=True).order_by("pk"))
    rules = categories().rules
    units = UnitFinder(now)
    found = {
        matter.pk: [item.code for item in suggest_category(rules, matter.title, matter.body)] for matter in matters
    }
    likely = {matter.pk: matter.category or next(iter(found[matter.pk]), "") for matter in matters}
    similar = like_matters(matters, likely)
    Suggestion.objects.bulk_create(
        (
            Suggestion(
                matter_id=matter.pk,
                categories=found[matter.pk],
                unit_id=units.lead(likely[matter.pk], matter.scope_code),
                similar=similar.get(matter.pk, []),
                made_at=now,
            )
            for matter in matters
        ),
        update_conflicts=True,
        unique_fields=["matter"],
        update_fields=["categories", "unit", "similar", "made_at"],
    )
    return len(matters)


def precedents_wanted(category: str | Combinable) -> QuerySet[Precedent, tuple[str, int]]:
    """The units that rulings named for a category, by region, the oldest first; not asked yet."""
    rows = Precedent.objects.filter(category=category)
    return rows.order_by("ruled_at").values_list("region_code", "unit_id")


class UnitFinder:
    """Finds the unit that the rule book's hints name, each department and place once."""

    def __init__(self, now: datetime) -> None:
        self.on = local_date(now)
        self._known: dict[UnitHint, int | None] = {}
        self._rows: tuple[DispatchCase, ...] | None = None
        self._units: dict[str, int | None] = {}
        self._precedents: dict[str, dict[str, int]] = {}

    def told(self, category: str, ruled: Iterable[tuple[str, int]], cases: Iterable[Any]) -> None:
        """Take what `precedents_wanted` found for a category, and `cases_wanted`, as read: it isn't read again."""
        self._precedents[category], self._rows = dict(ruled), case_rows(cases)

    def lead(self, category: str, region_code: str) -> int | None:
        """The unit to suggest as lead for a category and a place: by a ruling, else the dispatch catalogue in force, else
        the rule book's hints; None where all lead nowhere."""
        return self.decide(category, region_code)[1]

    def decide(self, category: str, region_code: str) -> tuple[DispatchCase | None, int | None]:
        """As `lead`, with the row of the catalogue that decided; None for it where the rule book's hints did."""
        ruled = self._ruled(category, region_code)
        if ruled is not None:
            return None, ruled
        if self._rows is None:
            self._rows = cases_on(self.on)
        case = choose_case(self._rows, category, region_code)
        found = self.of_case(case, region_code) if case is not None else None
        return (case, found) if found is not None else (None, self._by_hints(category, region_code))

    def ruled_county(self, category: str, region_code: str) -> UnitRow | None:
        """The centre of another county to which a ruling gave this category there."""
        unit = self._precedent(category, region_code)
        is_elsewhere = (
            unit is not None and unit.kind is UnitKind.CENTRE and not region_code.startswith(unit.region_code)
        )
        return unit if is_elsewhere else None

    def is_ruled(self, category: str, region_code: str) -> bool:
        """Does `lead` go by a ruling?"""
        return self._ruled(category, region_code) is not None

    def _ruled(self, category: str, region_code: str) -> int | None:
        """The unit that a ruling named for this category there, while it is open."""
        unit = self._precedent(category, region_code)
        # A centre was ruled to take it over from another county: nobody to dispatch to. And no duty is handed down.
        if unit is None or unit.kind is UnitKind.CENTRE:
            return None
        is_down = unit.kind is UnitKind.COMMUNITY and departments_duty(categories().rules, category)
        return None if is_down else unit.id

    def _precedent(self, category: str, region_code: str) -> UnitRow | None:
        if category not in categories().rules.categories:
            return None
        if category not in self._precedents:
            self._precedents[category] = dict(precedents_wanted(category))
        ruled = self._precedents[category]
        found = next(
            (ruled[code] for code in sorted(ruled, key=len, reverse=True) if region_code.startswith(code)), None
        )
        return organisation.unit_by_id(found, self.on) if found is not None else None

    def helpers(self, case: DispatchCase, region_code: str) -> tuple[int, ...]:
        """The units that a row names beside the lead: by code, or those of a kind at its level (county, for a row with a
        unit of its own)."""
        kinds = {item.code for item in organisation.unit_catalogue().departments} | {"township"}
        found = (
            self.of_case(
                replace(case, unit_code="", unit_kind=code, level=_level_of(code, case.level))
                if code in kinds
                else replace(case, unit_code=code),
                region_code,
            )
            for code in case.co
        )
        return tuple(unit for unit in found if unit is not None)

    def of_case(self, case: DispatchCase, region_code: str) -> int | None:
        """The unit that a row of the catalogue names for a place; None where there is none (any more)."""
        if case.unit_code:
            if case.unit_code not in self._units:
                unit = organisation.unit_by_code(case.unit_code, self.on)
                self._units[case.unit_code] = unit.id if unit else None
            return self._units[case.unit_code]
        hint = UnitHint(case.unit_kind, case.level, region_code[: CODE_LENGTHS[case.level]])
        if len(hint.region_code) < CODE_LENGTHS[case.level]:
            return None
        if hint not in self._known:
            self._known[hint] = self._find(hint)
        return self._known[hint]

    def _by_hints(self, category: str, region_code: str) -> int | None:
        for hint in suggest_units(categories().rules, category, region_code):
            if hint.lead:
                if hint not in self._known:
                    self._known[hint] = self._find(hint)
                if self._known[hint] is not None:
                    return self._known[hint]
        return None

    def _find(self, hint: UnitHint) -> int | None:
        if hint.department != "township":
            unit = organisation.unit_for_department(hint.department, Level(hint.level), hint.region_code, self.on)
            return unit.id if unit else None
        region = organisation.region_of_code(hint.region_code, self.on)
        if region is None:
            return None
        townships = organisation.units_within(
            region.ranges, self.on, kinds=[UnitKind.TOWNSHIP], levels=[Level.TOWNSHIP], limit=1
        )
        return townships[0].id if townships else None


def _level_of(kind: str, level: str) -> str:
    return "township" if kind == "township" else level if level in ("city", "county") else "county"


def lapse_due(*, now: datetime) -> int:
    """Do what stages do by themselves when their limit has run out; returns how many matters moved.

    Each in its own transaction; one that somebody else just moved is left alone. Worker's role.
    """
    lapsing = lapsing_stages()
    due = Matter.objects.filter(ended_at=None, due_at__lt=now, stage__in={stage for _, _, stage in lapsing})
    done = 0
    for pk, kind, kind_at, stage, version in due.order_by("due_at", "pk").values_list(
        "pk", "kind", "kind_version", "stage", "version"
    )[: 2 * LAPSE_BATCH]:
        action = lapsing.get((kind, kind_at, stage))
        if action is None:
            continue
        try:
            # With the version: a matter that came back to this stage meanwhile has a new limit to run.
            act(matter_id=pk, action=action, actor=SYSTEM, now=now, version=version)
        except DomainError:
            continue
        done += 1
        if done >= LAPSE_BATCH:
            break
    return done


def resume_due(*, now: datetime) -> int:
    """Let clocks go on whose pause is over; returns how many matters did. Each in its own transaction. Worker's role."""
    held = Clock.objects.filter(stopped_at=None, paused_at__isnull=False, due_at__lte=now)
    done = 0
    for pk, kind_code, kind_at, version in (
        Matter.objects.filter(pk__in=held.order_by("due_at").values("matter_id")[:RESUME_BATCH])
        .order_by("pk")
        .values_list("pk", "kind", "kind_version", "version")
    ):
        action = next(action.code for action in kind_version(kind_code, kind_at).verb(Verb.RESUME))
        try:
            act(matter_id=pk, action=action, actor=SYSTEM, now=now, version=version)
        except DomainError:
            continue
        done += 1
    return done


@transaction.atomic
def submissions_forget(*, now: datetime) -> int:
    """Forget submissions older than a week; returns how many. Worker's role."""
    deleted, _ = Submission.objects.filter(sent_at__lt=now - REMEMBER).delete()
    return deleted


def needs_reporter(matter: Matter, actor: Actor, *, has_open_share: bool) -> bool:
    """Does the acting post need to reach the matter's reporter now? (`policy.duty.may_reach_reporter`)"""
    stage = kind_version(matter.kind, matter.kind_version).stage(matter.stage)
    return may_reach_reporter(
        actor.role,
        None if stage.is_end else stage.owner,
        has_open_share=has_open_share,
        is_intake=is_intake(matter, actor),
        is_in_range=actor.ranges.contains(matter.scope_code),
    )


@transaction.atomic
def phone_for_notice(matter_id: int, now: datetime) -> str:
    """The reporter's phone, at the moment in which they are told something; journaled, and the reporter sees it. Nothing
    where none is kept. Worker's role.

    Raises:
        MatterNotFound: not there.
    """
    matter = lock_matter(matter_id, actor=SYSTEM)
    subject = Subject("matter", matter.pk, matter.steps + 1, matter.scope_code)
    found = vault.read_for_notice(subject=subject, part="phone", now=now)
    if found:
        matter.steps += 1
        matter.save(update_fields=["steps"])
    return found


@transaction.atomic
def reveal_contact(
    *, matter_id: int, reason: str, actor: Actor, now: datetime, originals: bool = False, parts: Collection[str] = ()
) -> dict[str, str]:
    """The reporter's contact (or the originals of masked texts) by part, for a named reason; journaled. `parts`: these
    alone are read, and told of (all, where none is named). Of what was split the whole keeps the contact, and whoever would
    reach the reporter of an undivided matter reads it there by way of the part; it is told of with the part.

    Raises:
        MatterNotFound: not there, or not visible to the actor.
        NoDuty: the actor's post sees it, and has nothing to do with its reporter now (`policy.duty`).
        InputError: no such reason.
    """
    matter = lock_matter(matter_id)
    if actor.is_post:
        mine = Assignment.objects.filter(matter=matter, unit=actor.unit_id, ended_at=None)
        check_duty(needs_reporter(matter, actor, has_open_share=mine.exists()))
    matter.steps += 1
    found = vault.reveal(
        subject=Subject("matter", matter.pk, matter.steps, matter.scope_code),
        purposes=["original"] if originals else ["contact"],
        reason=reason,
        actor=actor,
        now=now,
        parts=parts,
        kept_with=None if originals else whole_id_of(matter),
    )
    if found:
        matter.save(update_fields=["steps"])
    return found
