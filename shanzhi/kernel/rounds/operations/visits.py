"""Checks on site, and what they find."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, is_read, msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.rounds.models import Closing, Finding, RoundCity, Score, Visit
from shanzhi.kernel.rounds.operations._common import locked_city, missing, words_of, write
from shanzhi.kernel.rounds.operations._upper import check_assesses, item_of, queue_for
from shanzhi.kernel.rounds.operations.marking import checked_reference
from shanzhi.kernel.rounds.payloads_upper import FindingClosed, FindingMade, VisitKept
from shanzhi.kernel.rounds.policy.ties import check_not_scorer
from shanzhi.kernel.rounds.policy.words import WORDS_MOST, BadScore, Stage, StateMovedOn
from shanzhi.kernel.rounds.reading import FEATURES

PLACE_MOST = 200
PHOTOS_MOST = 9


@dataclass(frozen=True, slots=True)
class OnSite:
    """A check on site as it was typed on the phone. `counted` of `of`: what was counted there (None: nothing was)."""

    uid: UUID
    key: str
    region_code: str
    place: str
    words: str
    contradicts: bool
    visited_at: datetime
    latitude: float | None = None
    longitude: float | None = None
    counted: int | None = None
    of: int | None = None


@transaction.atomic
def visit_keep(
    *, city_id: int, stage: Stage, seen: OnSite, stored: Sequence[StoredFile] = (), actor: Actor, now: datetime
) -> int:
    """Keep a check on site; returns its id. The same `uid` again is the one that is kept, so a phone may send it twice.

    Raises:
        as `item_mark`; CheckedIt: the same person scored the item.
        BadScore: place, words or counts can't be; a time that is to come; `fields` says where.
    """
    queue_for("visit", seen.uid)
    kept = Visit.objects.filter(uid=seen.uid).first()
    if kept is not None:
        return kept.pk
    row = locked_city(city_id)
    check_assesses(row, stage, actor, now)
    item = item_of(row, seen.key)
    scored = Score.objects.filter(round_city=row, key=seen.key, staff_id=actor.staff_id or 0).exclude(stage=Stage.SELF)
    check_not_scorer(scored.exists(), item.name)
    _check_seen(row, seen, len(stored), now)
    said = words_of(seen.words)
    made = Visit.objects.create(
        round_city=row, uid=seen.uid, key=seen.key, stage=stage.value, region_code=seen.region_code,
        place=words_of(seen.place).text, latitude=seen.latitude, longitude=seen.longitude, words=said.text, salt=said.salt,
        numerator=seen.counted, denominator=seen.of, contradicts=seen.contradicts, visited_at=seen.visited_at,
        unit_id=actor.unit_id or 0, post_id=actor.post_id or 0, staff_id=actor.staff_id or 0, kept_at=now,
    )  # fmt: skip
    if stored:
        files.attach(
            subject_kind="visit", subject_id=made.pk, scope_code=row.city_code, stored=stored, purpose="evidence",
            post_id=actor.post_id, now=now, shown_to_reporter=False,
        )  # fmt: skip
    payload = VisitKept(
        str(row.round.uid), row.city_code, seen.key, stage.value, str(seen.uid), seen.region_code, seen.counted, seen.of,
        seen.contradicts, said.sealed, tuple(file.sha256 for file in stored),
    )  # fmt: skip
    write(row, payload, actor, now)
    return made.pk


def _check_seen(row: RoundCity, seen: OnSite, photos: int, now: datetime) -> None:
    """Raises BadScore where something of it can't be."""
    wrong: dict[str, str] = {}
    if not is_read(seen.place) or len(clean_text(seen.place)) > PLACE_MOST:
        wrong["place"] = msg("请写明地点，最多 200 个字。")
    if not is_read(seen.words) or len(clean_text(seen.words)) > WORDS_MOST:
        wrong["words"] = msg("请写明看到了什么，最多 4000 个字。")
    if not seen.region_code.startswith(row.city_code) or (
        organisation.region_of_code(seen.region_code, local_date(now)) is None
    ):
        wrong["region"] = msg("请选这个城市或者它的区县。")
    if counts := _counts_wrong(seen):
        wrong["counted"] = counts
    if seen.visited_at > now:
        wrong["visited_at"] = msg("现场时间还没有到。请核对。")
    if photos > PHOTOS_MOST:
        wrong["files"] = msg("最多 9 张照片。")
    if wrong:
        raise BadScore(msg("现场记录还不能保存，请看标出的地方。"), fields=wrong)


def _counts_wrong(seen: OnSite) -> str:
    """What is wrong with what was counted there; empty where nothing is."""
    if seen.counted is None and seen.of is None:
        return ""
    if seen.counted is None or seen.of is None or seen.counted < 0 or seen.of < 1:
        return msg("现场数要两个都填：查了多少，其中符合多少；没有数就都不填。")
    return msg("符合的不能比查的多。请核对这两个数。") if seen.counted > seen.of else ""


@transaction.atomic
def finding_make(
    *, city_id: int, stage: Stage, key: str, region_code: str, place: str, words: str, due_on: date, actor: Actor,
    now: datetime,
) -> int:  # fmt: skip
    """Make what a check found a finding, for the city to mend by a day; it goes along with the next slip. Returns its id.

    Raises:
        as `item_mark`; BadScore: no words, a place outside the city, or a day that is over.
    """
    row = locked_city(city_id)
    check_assesses(row, stage, actor, now)
    item_of(row, key)
    wrong: dict[str, str] = {}
    if not is_read(words) or len(clean_text(words)) > WORDS_MOST:
        wrong["words"] = msg("请写明发现的问题和要怎么改。")
    if not region_code.startswith(row.city_code):
        wrong["region"] = msg("请选这个城市或者它的区县。")
    if due_on < local_date(now):
        wrong["due_on"] = msg("整改期限已经过了，请改成今天以后的日子。")
    if wrong:
        raise BadScore(msg("问题还不能交办，请看标出的地方。"), fields=wrong)
    said, uid = words_of(words), uuid4()
    made = Finding.objects.create(
        round_city=row, uid=uid, key=key, stage=stage.value, region_code=region_code,
        place=words_of(place, PLACE_MOST).text, words=said.text, due_on=due_on, unit_id=actor.unit_id,
        post_id=actor.post_id, found_at=now,
    )  # fmt: skip
    payload = FindingMade(
        str(row.round.uid), row.city_code, key, stage.value, str(uid), region_code, due_on.isoformat(), said.sealed
    )
    write(row, payload, actor, now)
    return made.pk


@transaction.atomic
def finding_close(*, finding_id: int, reference: str, words: str, actor: Actor, now: datetime) -> None:
    """A finding came back closed: the number of the city's matter, and what was mended.

    Raises:
        SignInNeeded, NotAllowed: not a post of the finding's stage.
        NoSuchRound: no such finding in sight.
        StateMovedOn: it is closed already.
        BadScore: no reference.
    """
    found = Finding.objects.select_related("round_city__round").filter(pk=finding_id).first()
    if found is None:
        raise missing()
    check_may(actor, acting.roles().get(actor.role), FEATURES[Stage(found.stage)])
    row = locked_city(found.round_city_id)
    if Closing.objects.filter(finding=found).exists():
        raise StateMovedOn(msg("这个问题已经销号了。请刷新页面。"))
    reference = checked_reference(reference, msg("请填城市办理这个问题的事项编号。"))
    Closing.objects.create(
        finding=found, reference=reference, words=words_of(words, 1000).text, unit_id=actor.unit_id or 0,
        post_id=actor.post_id or 0, closed_at=now,
    )  # fmt: skip
    write(row, FindingClosed(str(row.round.uid), row.city_code, str(found.uid), reference), actor, now)
