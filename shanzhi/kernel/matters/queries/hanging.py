"""What hangs on one matter: its rows in every table, read in one statement."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from shanzhi.kernel.files import queries as files
from shanzhi.kernel.files.queries import AttachmentRow
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.queries import EntryRow
from shanzhi.kernel.matters.models import Ask, Assignment, Clock, Link, Matter, Part, Remark, Rung
from shanzhi.kernel.matters.operations.parting import parts_now
from shanzhi.kernel.matters.policy.papers import PART
from shanzhi.kernel.matters.queries.together import together
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.vault import queries as vault


@dataclass(frozen=True, slots=True)
class Hanging:
    """A visible matter and what hangs on it, as far as row-level security shows it, each in the order in which it came.

    `leads` is the matter under which it is linked, with its `answers`, the newest first, and `linked`, how many are linked
    under that one; `under` those linked under it; `parts` those split off it last, with their answers in `replies`;
    `kept_of_whole` the contact that is kept with the whole of which it is a part.
    """

    matter: Matter
    shares: list[Assignment]
    clocks: list[Clock]
    asks: list[Ask]
    entries: list[EntryRow]
    remarks: list[Remark]
    kept: frozenset[str]
    attachments: tuple[AttachmentRow, ...]
    rungs: list[Rung]
    links: list[Link]
    leads: list[Matter]
    under: list[Matter]
    answers: list[str]
    linked: int
    parts: list[Matter]
    replies: dict[int, str]
    kept_of_whole: frozenset[str]

    @property
    def has_linked(self) -> bool:
        """Are others linked under it?"""
        return any(link.lead_id == self.matter.pk for link in self.links)


def hanging(matter_id: int, *, on: date | None = None) -> Hanging | None:
    """The matter with all that hangs on it; None where it isn't visible; 1 query. Read along as of a day: the name of its
    grid, if it lies in one."""
    mine = Matter.objects.filter(pk=matter_id)
    own = Link.objects.filter(matter_id=matter_id, unlinked_at=None).values("lead_id")
    under = Link.objects.filter(lead_id=matter_id, unlinked_at=None).values("matter_id")
    parts = parts_now(matter_id).values("matter_id")
    replies = Remark.objects.filter(part="reply", for_reporter=True)
    rows = together(
        mine,
        Assignment.objects.filter(matter_id=matter_id).order_by("id"),
        Clock.objects.filter(matter_id=matter_id).order_by("id"),
        Ask.objects.filter(matter_id=matter_id).order_by("id"),
        journal.entries_wanted("matter", matter_id),
        Remark.objects.filter(matter_id=matter_id).exclude(part=PART),
        vault.parts_wanted("matter", matter_id),
        files.attachments_wanted("matter", matter_id),
        Rung.objects.filter(clock_id__in=Clock.objects.filter(matter_id=matter_id).values("pk")).order_by(
            "told_at", "id"
        ),
        Link.objects.filter(Q(matter_id=matter_id) | Q(lead_id=matter_id), unlinked_at=None).order_by(
            "linked_at", "id"
        ),
        Matter.objects.filter(pk__in=own),
        Matter.objects.filter(pk__in=under).order_by("reported_at", "pk"),
        replies.filter(matter_id__in=own).order_by("-step").values_list("text", flat=True),
        Link.objects.filter(lead_id__in=own, unlinked_at=None).values_list("lead_id").annotate(Count("pk")).order_by(),
        Matter.objects.filter(pk__in=parts).order_by("pk"),
        replies.filter(matter_id__in=parts).order_by("step"),
        vault.contacts_wanted("matter", Part.objects.filter(matter_id=matter_id, rejoined_at=None).values("whole_id")),
        *([organisation.grids_wanted(mine.values("region_id"), on)] if on else ()),
    )
    if not rows[0]:
        return None
    if on:
        organisation.grids_told(rows[-1], on)
    return Hanging(
        matter=rows[0][0],
        shares=rows[1],
        clocks=rows[2],
        asks=rows[3],
        entries=journal.entry_rows(rows[4]),
        remarks=rows[5],
        kept=frozenset(rows[6]),
        attachments=tuple(files.attachment_rows(rows[7])),
        rungs=rows[8],
        links=rows[9],
        leads=rows[10],
        under=rows[11],
        answers=rows[12],
        linked=sum(count for _, count in rows[13]),
        parts=rows[14],
        replies={row.matter_id: row.text for row in rows[15]},
        kept_of_whole=frozenset(rows[16]),
    )
