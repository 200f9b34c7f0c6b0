"""Linked matters follow their lead, by the background: one lead a transaction, all of its rows locked in the order of ids.

It only looks at how things stand, so that it can be done again at any time, by an event or by none. A lead ends when every
verdict on those under it is in or has lapsed; one "not solved" opens it again, once, however many say so until then.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from shanzhi.kernel.access.policy import SYSTEM
from shanzhi.kernel.matters.models import Link, Matter
from shanzhi.kernel.matters.operations.act import act
from shanzhi.kernel.matters.operations.linking import deadline_by, units_of
from shanzhi.kernel.matters.operations.step import KEPT_FROM_WORKER, take_part
from shanzhi.kernel.matters.policy.process import Kind, Owner, Verb
from shanzhi.kernel.matters.rulebook import kind_version

LINKED_COUNT = "linked"
"""The code under which a lead counts the reports under it, beside the counts of its kind."""


def links_follow(*, matter_ids: Iterable[int], now: datetime) -> int:
    """Let what is linked with these matters follow; returns how many steps were taken. Worker's role."""
    ids = set(matter_ids)
    leads = Link.objects.filter(Q(matter_id__in=ids) | Q(lead_id__in=ids)).values_list("lead_id", flat=True)
    return sum(_lead_follow(lead_id, now) for lead_id in sorted(set(leads)))


@transaction.atomic
def _lead_follow(lead_id: int, now: datetime) -> int:
    rows = Link.objects.filter(lead_id=lead_id, unlinked_at=None)
    of = {lead_id, *rows.values_list("matter_id", flat=True)}
    # The links are read once their matters are held: who linked or unlinked meanwhile writes an event of their own.
    found = Matter.objects.defer(*KEPT_FROM_WORKER).select_for_update().filter(pk__in=of).order_by("pk")
    matters = {matter.pk: matter for matter in found}
    links = [link for link in rows.order_by("matter_id") if link.matter_id in matters]
    return _Following(matters[lead_id], links, matters, now).run()


class _Following:
    """One lead and those linked under it, all locked."""

    def __init__(self, lead: Matter, links: list[Link], matters: dict[int, Matter], now: datetime) -> None:
        self.lead, self.links, self.matters, self.now = lead, links, matters, now
        self.stands_by: tuple[datetime | None, datetime | None, int | None] = (None, None, None)
        self.done = 0

    def run(self) -> int:
        """Take the steps that are due; returns how many."""
        self._count()
        self._reopen()
        by = deadline_by(self.lead)
        self.stands_by = (by.due_at if by else None, by.warn_at if by else None, self.lead.holder_unit_id)
        for link in self.links:
            if self.matters[link.matter_id].ended_at is None:
                self._follow(link)
        is_waiting = self.lead.ended_at is None and self.lead.stage == _kind(self.lead).gathering_stage
        if is_waiting and all(self.matters[link.matter_id].ended_at is not None for link in self.links):
            self._act(self.lead, _kind(self.lead).verb(Verb.GATHER)[0].code)
        return self.done

    def _count(self) -> None:
        """How many reports are under the lead, for lists and figures; what was so at its end stays."""
        if self.lead.ended_at is None and self.lead.counts.get(LINKED_COUNT, 0) != len(self.links):
            self.lead.counts = self.lead.counts | {LINKED_COUNT: len(self.links)}
            self.lead.save(update_fields=["counts"])

    def _reopen(self) -> None:
        """Whoever was asked and waits for the lead again was told "not solved"."""
        unsolved = [link for link in self.links if link.asked and self._waits(link)]
        if not unsolved:
            return
        Link.objects.filter(pk__in=[link.pk for link in unsolved]).update(asked=False)
        for link in unsolved:
            link.asked = False
        again = _kind(self.lead).verb_at(Verb.REOPEN, self.lead.stage)
        if self.lead.ended_at is None and again:
            self._act(self.lead, again[0].code)
            self.lead = Matter.objects.defer(*KEPT_FROM_WORKER).get(pk=self.lead.pk)

    def _waits(self, link: Link) -> bool:
        matter = self.matters[link.matter_id]
        return matter.ended_at is None and matter.stage == _kind(matter).linked_stage

    def _follow(self, link: Link) -> None:
        matter = self.matters[link.matter_id]
        kind = _kind(matter)
        if not self._waits(link):
            self._wait_again(link)
            return
        if self.lead.ended_at is not None:
            self._act(matter, kind.verb(Verb.UNLINK)[0].code)
            return
        take_part(matter.pk, dict.fromkeys(units_of(self.lead), "receiver"), self.now)
        if self._is_answered():
            self._act(matter, next(row.code for row in kind.verb_at(Verb.FOLLOW, matter.stage) if not row.stays))
            Link.objects.filter(pk=link.pk).update(asked=True)
        elif (matter.due_at, matter.warn_at, matter.holder_unit_id) != self.stands_by:
            self._act(matter, next(row.code for row in kind.verb_at(Verb.FOLLOW, matter.stage) if row.stays))

    def _wait_again(self, link: Link) -> None:
        """The answer that this reporter is asked about was found wanting by another: they wait for the next one."""
        matter = self.matters[link.matter_id]
        again = _kind(matter).verb_at(Verb.FOLLOW, matter.stage)
        if link.asked and again and self.lead.ended_at is None and not self._is_answered():
            self._act(matter, again[0].code)
            Link.objects.filter(pk=link.pk).update(asked=False)

    def _is_answered(self) -> bool:
        return _kind(self.lead).stage(self.lead.stage).owner in (Owner.REPORTER, Owner.LINKED)

    def _act(self, matter: Matter, action: str) -> None:
        act(matter_id=matter.pk, action=action, actor=SYSTEM, now=self.now)
        self.done += 1


def _kind(matter: Matter) -> Kind:
    return kind_version(matter.kind, matter.kind_version)
