"""What a city handed out and heard back: packs, letters, objections, findings. Under row-level security."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from shanzhi.core.text import msg
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.packs.policy.letter_box import LetterNotFound
from shanzhi.kernel.packs.queries import letters
from shanzhi.kernel.packs.queries.kept import PackGone, part_of
from shanzhi.kernel.packs.queries.letters import LetterRow, OpenLetter
from shanzhi.kernel.rounds.book import ruler_of
from shanzhi.kernel.rounds.models import Build, Finding, Objection, RoundCity, Score
from shanzhi.kernel.rounds.operations._common import missing
from shanzhi.kernel.rounds.payloads import RoundCityMoved
from shanzhi.kernel.rounds.policy.slips import SLIP_MEMBER, Listed, read_slip
from shanzhi.kernel.rounds.policy.states import ENDS, State
from shanzhi.kernel.rounds.policy.telling import kept
from shanzhi.kernel.rounds.policy.words import Stage
from shanzhi.kernel.rounds.queries.shapes import BuildRow

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Handed:
    """Whose page it is: the round's and the city's names, where the city stands."""

    city_id: int
    city_code: str
    round: str
    city: str
    state: State
    submission: int


@dataclass(frozen=True, slots=True)
class SentPage:
    """Packs, the latest first, with the number of the letter that each became (0: none, or not for this post); letters of the
    round both ways that aren't these packs, for whoever leads it; when each submission was handed over."""

    of: Handed
    locked_sha256: str
    builds: tuple[tuple[BuildRow, int], ...]
    letters: tuple[LetterRow, ...]
    handed_at: Mapping[int, datetime]


@dataclass(frozen=True, slots=True)
class AboveRow:
    """A score by a level above; `own` are the city's points for the item. Without points `value` says why. `is_open`: it may be
    objected to now."""

    key: str
    name: str
    stage: Stage
    own: Decimal | None
    value: str
    points: Decimal | None
    most: Decimal
    reason: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class ObjectionRow:
    """An objection: `sent_at` says when a letter took it along; `state` is open, upheld or declined."""

    key: str
    name: str
    stage: Stage
    words: str
    objected_at: datetime
    sent_at: datetime | None
    state: str
    decision: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class ObjectionsPage:
    """Scores of the levels above, and what was objected to; `until` is the last day for it."""

    of: Handed
    until: date
    above: tuple[AboveRow, ...]
    objections: tuple[ObjectionRow, ...]


@dataclass(frozen=True, slots=True)
class FindingRow:
    """What a check found, and `where`: the place, or else the region's name; `matter_number` is empty until it became a matter
    here, `stage_name` where the acting post doesn't see that."""

    id: int
    key: str
    name: str
    stage: Stage
    where: str
    words: str
    due_on: date
    found_at: datetime
    matter_number: str
    stage_name: str


def last_build(row: RoundCity) -> BuildRow | None:
    """The last pack of a city's submission; 1 query."""
    found = Build.objects.filter(round_city=row, submission=row.submission).order_by("-pk").first()
    return _build(found) if found is not None else None


def _build(row: Build) -> BuildRow:
    return BuildRow(
        row.pk, row.submission, row.state, row.part, row.done, row.sha256, row.size, row.asked_at, row.ended_at,
        tuple(kept(row.error)),
    )  # fmt: skip


def _found(city_id: int) -> RoundCity:
    row = RoundCity.objects.select_related("round").filter(pk=city_id, round__is_ours=False).first()
    if row is None:
        raise missing()
    return row


def _handed(row: RoundCity) -> Handed:
    return Handed(row.pk, row.city_code, row.round.name, row.name, State(row.state), row.submission)


def sent_page(city_id: int) -> SentPage:
    """What was sent and received about a city's round; 4 queries.

    Raises:
        NoSuchRound: none in sight.
    """
    row = _found(city_id)
    about = letters.letters_about(str(row.round.uid))
    by_hash = {one.sha256: one.id for one in about}
    builds = [_build(one) for one in Build.objects.filter(round_city=row).order_by("-pk")[:SHOWN]]
    packs = {one.sha256 for one in builds if one.sha256}
    return SentPage(
        _handed(row), row.locked_sha256, tuple((one, by_hash.get(one.sha256, 0)) for one in builds),
        tuple(one for one in about if one.direction != "out" or one.sha256 not in packs), _handed_at(row),
    )  # fmt: skip


def _handed_at(row: RoundCity) -> dict[int, datetime]:
    """When each submission was sent, by its number: the journal's steps to “sent”, of which each submission has one."""
    moves = journal.entries_by_action("round_city", [row.pk], [RoundCityMoved.action], limit=SHOWN)
    steps = [one.happened_at for one in reversed(moves) if one.payload["after"] == State.SENT.value]
    return dict(enumerate(steps, start=1))


def list_published(city_id: int) -> tuple[Listed, ...]:
    """The list of those who pass, by the cities' codes, as the organiser's last slip tells it; empty before it is published,
    for posts that don't see letters, and where the letter's file is gone. 2 queries and a letter's file.

    Raises:
        NoSuchRound: none in sight.
    """
    row = _found(city_id)
    if State(row.state) is not State.FINAL:
        return ()
    about = letters.letters_about(str(row.round.uid))
    last = next((one for one in about if (one.kind, one.direction, one.state) == ("slip", "in", "read")), None)
    try:
        body = part_of(letters.letter_path(last.sha256), SLIP_MEMBER) if last is not None else None
    except PackGone:
        return ()
    return read_slip(body).listed if body is not None else ()


def letter_of_city(city_id: int, letter_id: int) -> OpenLetter:
    """A letter about a city's round, to be carried; 3 queries.

    Raises:
        NoSuchRound, LetterNotFound: none in sight, or about another round.
    """
    row = _found(city_id)
    if letters.letter(letter_id).round != str(row.round.uid):
        raise LetterNotFound(msg("没有找到这份函件，或者您现在的岗位看不到它。请返回列表再试。"))
    return letters.letter_file(letter_id)


def objections_page(city_id: int, on: date) -> ObjectionsPage:
    """Scores of the levels above and objections to them; 3 queries.

    Raises:
        NoSuchRound: none in sight.
    """
    row = _found(city_id)
    items = ruler_of(row.round).items
    objections = list(Objection.objects.filter(round_city=row).order_by("-pk")[:SHOWN])
    open_ = {(one.key, one.stage) for one in objections if one.state == "open"}
    may = on <= row.round.objections_until and State(row.state) not in ENDS
    scores = {(one.key, one.stage): one for one in Score.objects.filter(round_city=row, is_last=True)}
    above = tuple(
        _above(
            scores[key, stage], items[key].name, scores.get((key, Stage.SELF.value)), may and (key, stage) not in open_
        )
        for key in items
        for stage in (Stage.PROVINCE.value, Stage.CENTRE.value)
        if (key, stage) in scores
    )
    rows = tuple(
        ObjectionRow(
            one.key, items[one.key].name if one.key in items else one.key, Stage(one.stage), one.words, one.objected_at,
            one.sent_at, one.state, one.decision, one.decided_at,
        )
        for one in objections
    )  # fmt: skip
    return ObjectionsPage(_handed(row), row.round.objections_until, above, rows)


def _above(row: Score, name: str, own: Score | None, is_open: bool) -> AboveRow:
    return AboveRow(
        row.key, name, Stage(row.stage), own.points if own else None, row.value, row.points, row.most, row.reason, is_open
    )  # fmt: skip


def findings_page(city_id: int, on: date) -> tuple[Handed, tuple[FindingRow, ...]]:
    """What was found in a city, the earliest due first, with regions named as of a date; 4 queries.

    Raises:
        NoSuchRound: none in sight.
    """
    row = _found(city_id)
    items = ruler_of(row.round).items
    found = list(Finding.objects.filter(round_city=row).order_by("due_on", "pk")[:SHOWN])
    behind = matters.matters_behind([one.matter_id for one in found if one.matter_id])
    named = organisation.paths_of_codes({one.region_code for one in found if not one.place}, on)
    return _handed(row), tuple(
        FindingRow(
            one.pk, one.key, items[one.key].name if one.key in items else one.key, Stage(one.stage),
            one.place or named.get(one.region_code, one.region_code), one.words, one.due_on, one.found_at, one.matter_number,
            behind[one.matter_id].stage_name if one.matter_id in behind else "",
        )
        for one in found
    )  # fmt: skip
