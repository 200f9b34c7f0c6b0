"""Drives, their applications, and titles in lists."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from shanzhi.core.text import clean_text
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.drives.models import Application, Drive, Title
from shanzhi.modules.drives.operations._common import checklist_of
from shanzhi.modules.drives.policy.states import State, TitleState
from shanzhi.modules.drives.policy.words import APPLY, DECIDE, VISIT, missing
from shanzhi.modules.drives.queries.shapes import ApplicationRow, DriveRow, DriveView, TitleRow

PAGE, FILE_MOST, DUE_MOST, PLACES_MOST, COUNT_CAP = 25, 20_000, 10, 500, 1_000
COMMUNITY_DIGITS = 12
_WAITING = Q(state__in=[State.APPLIED.value, State.VISITED.value])


def drive_rows() -> list[DriveRow]:
    """The drives, the newest first, with what is in sight of their applications; 2 queries."""
    counts = {
        one["drive"]: one
        for one in Application.objects.values("drive").annotate(
            all=Count("pk"), waiting=Count("pk", filter=_WAITING), titles=Count("pk", filter=Q(state="granted"))
        )
    }
    none = {"all": 0, "waiting": 0, "titles": 0}
    rows = Drive.objects.order_by("-pk")[: 4 * PAGE]
    return [
        DriveRow(
            row.pk, row.name, row.title, row.scope_code, row.until_on, row.months, checklist_of(row).sample,
            counts.get(row.pk, none)["all"], counts.get(row.pk, none)["waiting"], counts.get(row.pk, none)["titles"],
        )
        for row in rows
    ]  # fmt: skip


def due(actor: Actor, features: frozenset[str]) -> tuple[ApplicationRow, ...]:
    """What waits for the acting post: drafts of its unit, places to be visited, what it decides; at most 10; 2 queries."""
    wanted = Q(pk=None)
    if APPLY in features:
        wanted |= Q(state=State.DRAFT.value, unit_id=actor.unit_id or 0)
    if VISIT in features:
        wanted |= Q(state=State.APPLIED.value) & ~Q(unit_id=actor.unit_id or 0)
    if DECIDE in features:
        wanted |= Q(state=State.VISITED.value, drive__decider_post_id=actor.post_id or 0)
    return application_rows(Application.objects.filter(wanted).order_by("pk")[:DUE_MOST])


def application_rows(found: Iterable[Application]) -> tuple[ApplicationRow, ...]:
    """Applications as rows; the drives and the units' names; 2 queries."""
    rows = list(found.select_related("drive") if isinstance(found, QuerySet) else found)
    units = organisation.unit_names({row.unit_id for row in rows}) if rows else {}
    return tuple(as_row(row, units.get(row.unit_id, "")) for row in rows)


def as_row(row: Application, unit: str) -> ApplicationRow:
    """An application, whose drive is read, as a row."""
    return ApplicationRow(
        row.pk, row.drive_id, row.drive.name, row.drive.title, row.place_id, row.place_name, row.scope_code,
        State(row.state), row.unit_id, unit, row.typed, row.begun_at, row.applied_at, row.visited_at, row.decided_at,
    )  # fmt: skip


def drive_view(drive_id: int, actor: Actor, on: date, *, state: str = "", after: int = 0, applies: bool) -> DriveView:
    """A drive with a page of its applications, the newest first, before the one numbered `after`; with `applies` the places
    for which the acting post may apply.

    Raises:
        NoSuchDrive: none in sight.
    """
    row = _drive(drive_id)
    found = _applications(row, state)
    rows = list((found.filter(pk__lt=after) if after else found)[: PAGE + 1])
    posts = organisation.post_cards([row.decider_post_id], on)
    decider = posts.get(row.decider_post_id)
    region = organisation.region_at_or_above(row.scope_code, on)
    units = organisation.unit_names({row.unit_id, *(one.unit_id for one in rows)})
    return DriveView(
        row.pk, row.name, row.title, row.scope_code, region.name if region else row.scope_code, checklist_of(row),
        row.sha256, row.admission_item, any(one.id == row.admission_id for one in organisation.admitted(on)),
        row.opened_at, row.until_on, row.months, units.get(row.unit_id, ""),
        f"{decider.unit_name} {decider.title}" if decider else "", row.decider_post_id,
        tuple(as_row(one, units.get(one.unit_id, "")) for one in rows[:PAGE]),
        rows[PAGE - 1].pk if len(rows) > PAGE else 0, _places(row, actor, on) if applies else (),
    )  # fmt: skip


def _drive(drive_id: int) -> Drive:
    row = Drive.objects.filter(pk=drive_id).first()
    if row is None:
        raise missing()
    return row


def _applications(row: Drive, state: str) -> QuerySet[Application]:
    found = Application.objects.filter(drive=row).select_related("drive").order_by("-pk")
    return found.filter(state=state) if state in tuple(State) else found


def _places(row: Drive, actor: Actor, on: date) -> tuple[tuple[int, str], ...]:
    """Open places of the drive's kinds in the post's place that have no application under way; at most 500."""
    under_way = set(
        Application.objects.filter(drive=row, state__in=["draft", "applied", "visited", "granted"]).values_list(
            "place_id", flat=True
        )
    )
    there = organisation.places_within(actor.place, on, kinds=row.place_kinds, limit=PLACES_MOST)
    return tuple(
        (one.id, f"{one.name}（{one.region_path.split(' ')[-1]}）")
        for one in there
        if one.id not in under_way and one.region_code.startswith(row.scope_code)
    )


def application_file(drive_id: int, state: str) -> tuple[str, Iterator[ApplicationRow]]:
    """A drive's name and all its applications in sight, at most 20,000; 3 queries.

    Raises:
        NoSuchDrive: none in sight.
    """
    row = _drive(drive_id)
    return row.name, iter(application_rows(_applications(row, state)[:FILE_MOST]))


@dataclass(frozen=True, slots=True)
class TitleFilter:
    """Which titles: of a checklist, with words in the place's name, below a code, in a state."""

    code: str = ""
    words: str = ""
    region: str = ""
    state: TitleState = TitleState.IN_FORCE


@dataclass(frozen=True, slots=True)
class TitlesPage:
    """25 titles, the newest first; `after` leads to the next page (0: there is none); `count` stops at 1,001; `names` are the
    titles that there are, by checklist; `regions` the paths of the titles' communities, by code."""

    rows: tuple[TitleRow, ...]
    after: int
    count: int
    names: tuple[tuple[str, str], ...]
    regions: Mapping[str, str]

    def region_of(self, row: TitleRow) -> str:
        """Where a title's place lies, down to its community; its code where no region has it any more."""
        return self.regions.get(row.scope_code[:COMMUNITY_DIGITS], row.scope_code)


def titles_page(wanted: TitleFilter, on: date, *, after: int = 0) -> TitlesPage:
    """A page of titles, for everybody, with regions as they are called on a day; 4 queries."""
    found = _titles(wanted)
    rows = list((found.filter(pk__lt=after) if after else found)[: PAGE + 1])
    names = dict(Title.objects.order_by("pk").values_list("code", "name").distinct())
    return TitlesPage(
        tuple(as_title(row) for row in rows[:PAGE]),
        rows[PAGE - 1].pk if len(rows) > PAGE else 0,
        found[: COUNT_CAP + 1].count(),
        tuple(sorted(names.items())),
        organisation.paths_of_codes({row.scope_code[:COMMUNITY_DIGITS] for row in rows[:PAGE]}, on),
    )


def title_rows(wanted: TitleFilter) -> list[TitleRow]:
    """All titles of a filter, at most 20,000; 1 query."""
    return [as_title(row) for row in _titles(wanted)[:FILE_MOST]]


def _titles(wanted: TitleFilter) -> QuerySet[Title]:
    found = Title.objects.filter(state=wanted.state.value).order_by("-pk")
    if wanted.code:
        found = found.filter(code=wanted.code)
    if wanted.region:
        found = found.filter(scope_code__startswith=wanted.region)
    for word in clean_text(wanted.words).split()[:4]:
        found = found.filter(place_name__contains=word)
    return found


def as_title(row: Title) -> TitleRow:
    """A title as everybody may see it."""
    return TitleRow(
        row.pk, row.application_id, row.code, row.name, row.place_id, row.place_name, row.place_kind, row.scope_code,
        TitleState(row.state), row.granted_on, row.until_on, row.ended_on, row.ground,
    )  # fmt: skip
